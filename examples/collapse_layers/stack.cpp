// Row 26: n Linear layers are one, y = x W' + b': the formula, the gradient, a model that goes on, pictures that dot reads.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <xgrad/draw.hpp>

#include "examples/common/data.hpp"
#include "parts.hpp"

using namespace xgrad;

namespace collapse_layers {
namespace {

// ---------------------------------------------------------------- the formula, for 2 to 10 layers

void formula(common::Report& report)
{
    constexpr std::int64_t widths[] = {7, 9, 6, 8, 8, 7, 9, 8, 6, 7, 5};
    double weight = 0, bias = 0, outputs = 0, gradient = 0, wrong_order = INFINITY;
    bool one_product_one_sum = true, holds = true;
    for (std::size_t n = 2; n <= 10; ++n) {
        std::vector<nn::Linear> layers;
        nn::Sequential net;
        for (std::size_t k = 0; k < n; ++k) {
            layers.emplace_back(widths[k], widths[k + 1], float64);
            net.add(layers.back());
        }
        fill(net, static_cast<unsigned>(100 * n));
        const Graph graph = record(net, uniform({64, 7}, 1));
        const auto [one, certificate] = collapse_linear(graph);
        one_product_one_sum =
            one_product_one_sum && ops_of(one) == "matmul add" && certificate.nodes_after == 2;
        holds = holds && certificate.holds();

        PlainMap plain = PlainMap::of(layers[0]);
        for (std::size_t k = 1; k < n; ++k) plain = plain.then(PlainMap::of(layers[k]));
        const Leaves leaves = weight_and_bias(one);
        weight = std::max(weight, difference(leaves.weight, plain.w));
        bias = std::max(bias, difference(leaves.bias, plain.b));
        const Array x = uniform({50, 7}, 2), c = uniform({50, static_cast<std::int64_t>(plain.m)}, 3);
        outputs = std::max(outputs, difference(run(one, x), plain(x)));
        // dy/dx for a cotangent c is c W'.T.
        PlainMap transposed{plain.m, plain.n, std::vector<long double>(plain.w.size()),
                            std::vector<long double>(plain.n, 0)};
        for (std::size_t i = 0; i < plain.n; ++i)
            for (std::size_t j = 0; j < plain.m; ++j)
                transposed.w[j * plain.n + i] = plain.w[i * plain.m + j];
        const std::vector<double> wanted = transposed(c);
        gradient = std::max({gradient, difference(pulled_back(one, x, c), wanted),
                             difference(pulled_back(graph, x, c), wanted)});
    }
    // Square layers, for which the wrong order W3 W2 W1 would go unnoticed by shapes.
    nn::Linear a(6, 6, float64), b(6, 6, float64), c(6, 6, float64);
    nn::Sequential square(a, b, c);
    fill(square, 5);
    const PlainMap right = PlainMap::of(a).then(PlainMap::of(b)).then(PlainMap::of(c)),
                   wrong = PlainMap::of(c).then(PlainMap::of(b)).then(PlainMap::of(a));
    const Leaves leaves = weight_and_bias(collapse_linear(record(square, uniform({64, 6}, 1))).graph);
    weight = std::max(weight, difference(leaves.weight, right.w));
    wrong_order = difference(leaves.weight, wrong.w);

    report.holds(26, "one_product_and_one_sum", one_product_one_sum);
    report.at_most(26, "weight_against_loops", weight, 1e-14);
    report.at_most(26, "bias_against_loops", bias, 1e-14);
    report.at_most(26, "outputs_against_loops", outputs, 1e-13);
    report.at_most(26, "gradient_before_and_after_against_loops", gradient, 1e-13);
    report.at_least(26, "weight_in_the_wrong_order", wrong_order, 0.1);
    report.holds(26, "certificates", holds);
}

// ---------------------------------------------------------------- a model on real data

//! [model]
struct Stack {
    nn::Sequential net{nn::Linear(30, 16, float64), nn::Linear(16, 8, float64), nn::Linear(8, 1, float64)};
    static constexpr auto members() { return std::tuple{field("net", &Stack::net)}; }
    Variable operator()(Variable x) const { return net(x); }
};
//! [model]

double accuracy(const std::vector<double>& y, const Array& t)
{
    const std::vector<double> labels = numbers(t);
    double right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) right += (y[i] > 0) == (labels[i] > 0);
    return right / static_cast<double>(y.size());
}

void model(common::Report& report)
{
    const std::string out = report.options().out;
    const nn::Dataset all = nn::read_csv<double>(common::data_file("breast_cancer.csv"),
                                                 {.target = "diagnosis", .positive = "malignant"});
    auto [train, test] = nn::split(all, 0.8, /*seed=*/1, {.stratified = true});
    nn::standardise(train, test);
    const int steps = report.options().quick ? 100 : 400;
    nn::Progress progress("three linear layers", steps);
    //! [train]
    Stack stack;
    nn::initialise(stack, nn::xavier_uniform, /*seed=*/3);
    auto step = nn::compile(stack, nn::logistic_loss, nn::Adam{.rate = 0.01});
    for (int i = 0; i < steps; ++i) {
        step(train.x, train.t);
        progress.step();
    }
    //! [train]
    progress.finish();
    //! [collapse]
    const Graph deep = record(stack, test.x);
    const auto [one, certificate] = collapse_linear(deep);
    std::cout << certificate;
    draw(certificate, {.title = "Three linear layers are one layer"}).save(out + "/collapse.svg");
    //! [collapse]
    draw(certificate).save(out + "/collapse.dot");
    draw(deep, {.title = "before"}).save(out + "/before.dot");
    draw(one, {.title = "after"}).save(out + "/after.dot");

    const std::vector<double> before = run(deep, test.x), after = run(one, test.x);
    double other_side = 0;
    for (std::size_t i = 0; i < before.size(); ++i) other_side += (before[i] > 0) != (after[i] > 0);
    report.value(26, "accuracy_of_three_layers", accuracy(before, test.t));
    report.equals(26, "accuracy_of_one", accuracy(after, test.t), accuracy(before, test.t));
    report.equals(26, "rows_decided_otherwise", other_side, 0);
    report.holds(26, "certificate", certificate.holds());
    report.equals(26, "parameters_before", static_cast<double>(certificate.parameters_before), 641);
    report.equals(26, "parameters_after", static_cast<double>(certificate.parameters_after), 31);
    report.at_most(26, "on_another_number_of_rows", difference(run(one, test.x.rows(0, 1)), {before[0]}),
                   1e-13);

    // The result is a model: in mode `parameters` it trains on.
    //! [trains]
    const Graph single = collapse_linear(deep, {.mode = CollapseMode::parameters}).graph;
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.1}, single);
    double first = 0, last = 0;
    for (int i = 0; i < 50; ++i) {
        Tape tape;
        const Variable loss = nn::logistic_loss(single(tape.constant(train.x)), tape.constant(train.t));
        (i == 0 ? first : last) = loss.item();
        optimizer.step(grad(loss, optimizer.parameters()));
    }
    //! [trains]
    report.at_most(26, "loss_of_one_trained_on", last / first, 1 - 1e-6);
    Tape tape;
    const double deep_loss = nn::logistic_loss(stack(tape.constant(train.x)), tape.constant(train.t)).item();
    report.equals(26, "loss_where_it_began", first, deep_loss, 1e-12);

    // In mode `symbolic` the old parameters train, and get the gradients that they had.
    const Certificate symbolic = collapse_linear(deep, {.mode = CollapseMode::symbolic}).certificate;
    report.holds(26, "symbolic_certificate", symbolic.holds());
    report.at_most(26, "gradients_of_old_parameters", symbolic.parameter_gradient_error,
                   symbolic.parameter_gradient_bound);
}

// ---------------------------------------------------------------- what is refused, and why

void refusals(common::Report& report)
{
    const std::string out = report.options().out;
    //! [refusals]
    nn::Sequential bottleneck(nn::Linear(3, 2, float64), nn::Linear(2, 3, float64));
    const Certificate rank =
        collapse_linear(record(bottleneck, uniform({64, 3}, 1)), {.mode = CollapseMode::parameters})
            .certificate;
    nn::Sequential narrow(nn::Linear(784, 32), nn::Linear(32, 784));
    const Certificate dearer =
        collapse_linear(record(narrow, uniform({64, 784}, 1).cast(DType::float32))).certificate;
    draw(rank, {.title = "3-2-3: the same function, another class of models"})
        .save(out + "/refused-rank.svg");
    draw(dearer, {.title = "784-32-784: one layer would cost more"}).save(out + "/refused-dearer.svg");
    //! [refusals]
    draw(rank).save(out + "/refused-rank.dot");
    draw(dearer).save(out + "/refused-dearer.dot");
    std::cout << rank << dearer;
    report.holds(26, "bottleneck_refused_for_training",
                 rank.merged.empty() && rank.refusals.size() == 1 &&
                     rank.refusals[0].reason == RefusalReason::other_model_class);
    report.holds(26, "dearer_refused",
                 dearer.merged.empty() && dearer.refusals.size() == 1 &&
                     dearer.refusals[0].reason == RefusalReason::dearer);
}

// ---------------------------------------------------------------- dot

// Names as users may write them, and as DOT may misread them.
struct Hostile {
    nn::Linear a{4, 4, float64}, b{4, 4, float64};
    static constexpr auto members()
    {
        return std::tuple{field("say \"hi\" <b>&amp;</b>", &Hostile::a), field("{a|b} \\N \\", &Hostile::b)};
    }
    Variable operator()(Variable x) const { return b(a(x)); }
};

std::string read_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// The text between tags, as a reader of the picture sees it.
std::string visible_text(const std::string& svg)
{
    std::string text;
    bool tag = false;
    for (const char c : svg) {
        if (c == '<') tag = true;
        if (!tag) text += c;
        if (c == '>') tag = false;
    }
    for (const auto& [code, letter] : {std::pair<std::string, std::string>{"&lt;", "<"},
                                       {"&gt;", ">"},
                                       {"&quot;", "\""},
                                       {"&#39;", "'"},
                                       {"&#160;", " "},
                                       {"&#45;", "-"},
                                       {"&amp;", "&"}})
        for (std::size_t at = 0; (at = text.find(code, at)) != std::string::npos; at += letter.size())
            text.replace(at, code.size(), letter);
    return text;
}

void dot_reads_them(common::Report& report)
{
    const std::string out = report.options().out;
    Hostile net;
    const Certificate names = collapse_linear(record(net, uniform({8, 4}, 1))).certificate;
    draw(names, {.title = "Names as written: <i>&\"\\N\""}).save(out + "/names.dot");
    draw(record(net, uniform({8, 4}, 1))).save(out + "/names-before.dot");

    if (std::system("dot -V > /dev/null 2>&1") != 0)
        throw DataError(
            "row 26 asks the program dot to read the pictures: it is not there (Debian package graphviz)");
    double files = 0, accepted = 0;
    for (const auto& entry : std::filesystem::directory_iterator(out)) {
        if (entry.path().extension() != ".dot") continue;
        const std::string base = out + "/" + entry.path().stem().string();
        const std::string command =
            "dot -Tsvg '" + base + ".dot' > '" + base + ".dot.svg' 2> '" + base + ".dot.log'";
        const bool silent = std::system(command.c_str()) == 0 && read_file(base + ".dot.log").empty();
        if (!silent) std::cerr << base << ".dot: dot says " << read_file(base + ".dot.log") << "\n";
        ++files;
        accepted += silent;
    }
    report.at_least(26, "files_of_pictures", files, 8);
    report.equals(26, "files_that_dot_accepts", accepted, files);
    const std::string text = visible_text(read_file(out + "/names.dot.svg"));
    report.holds(26, "names_drawn_as_written",
                 text.find("say \"hi\" <b>&amp;</b>") != std::string::npos &&
                     text.find("{a|b} \\N \\") != std::string::npos &&
                     text.find("Names as written: <i>&\"\\N\"") != std::string::npos);
}

}  // namespace

void one_layer(common::Report& report)
{
    formula(report);
    model(report);
    refusals(report);
    dot_reads_them(report);
}

}  // namespace collapse_layers
