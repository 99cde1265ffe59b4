// Four ways to train the same network, what they reach, and how good the guesses are on the way.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <xgrad/nn/metrics.hpp>

#include "parts.hpp"

namespace synthetic_gradients {
namespace {

enum class Method { back_propagation, with_label, without_label, top_only };
constexpr Method methods[] = {Method::back_propagation, Method::with_label, Method::without_label,
                              Method::top_only};

std::string name(Method method)
{
    switch (method) {
    case Method::back_propagation: return "back_propagation";
    case Method::with_label: return "with_label";
    case Method::without_label: return "without_label";
    case Method::top_only: return "top_only";
    }
    return {};
}

struct Run {
    std::vector<double> loss, train,
        test;  // at each look: mean loss and accuracy in training, accuracy on held-out rows
    std::vector<std::vector<double>>
        similarity;  // at each look, for each hidden layer: of guesses and gradients
};

constexpr std::int64_t looks = 40;  // of each run, evenly apart

// Mean loss and accuracy, by the running statistics of batch norm.
std::pair<double, double> measure(const Network& net, const nn::Dataset& rows)
{
    Tape tape({.training = false});
    const Variable y = net(tape.constant(rows.x));
    return {nn::cross_entropy(y, rows.t).item(), nn::accuracy(y.array(), rows.t)};
}

//! [similarity]
// The cosine between all guesses of a layer and the gradients that back-propagation would bring, over the rows.
std::vector<double> similarity(const Network& net, const Guesses& guesses, const nn::Dataset& rows)
{
    Tape tape;
    const Variable label = one_hot(tape.constant(rows.t), digits, float64);
    std::vector<Variable> h{tape.constant(rows.x)};
    for (const Hidden& layer : net.hidden) h.push_back(layer(h.back()));  // not detached
    const Variable loss = nn::cross_entropy(net.out(h.back()), rows.t, nn::Reduction::sum);
    const Gradients truth = grad(loss, std::vector<Target>(h.begin() + 1, h.end()));
    std::vector<double> result;
    for (std::size_t k = 0; k < net.hidden.size(); ++k) {
        const Variable guess = guesses(k, h[k + 1], label), gradient = truth[h[k + 1]];
        result.push_back((sum(guess * gradient) / (norm(guess) * norm(gradient))).item());
    }
    return result;
}
//! [similarity]

// How many epochs of batches of 64, at which rate; with batch norm or without. The same for all methods.
struct Training {
    std::int64_t epochs;
    double rate = 0.01, last = 3e-4;
    bool normalised = true;
};

Run train(Method method, std::size_t layers, std::uint64_t seed, const nn::Split& rows, const Training& how)
{
    const bool guessing = method == Method::with_label || method == Method::without_label;
    //! [train]
    Network net(layers);
    for (Hidden& layer : net.hidden) layer.normalised = how.normalised;
    nn::initialise(net, nn::kaiming_uniform, seed);
    const Guesses guesses(layers, method == Method::with_label);
    std::vector<Parameter> trained =
        method == Method::top_only ? nn::parameters(net.out) : nn::parameters(net);
    if (guessing)
        for (const Parameter& p : nn::parameters(guesses)) trained.push_back(p);
    nn::Optimizer adam(nn::Adam{.rate = how.rate}, trained);
    const auto batches = rows.train.batches(64, {.epochs = how.epochs, .seed = seed, .drop_last = true});
    adam.schedule({.gamma = std::pow(how.last / how.rate, 1.0 / static_cast<double>(batches.count()))});
    auto step = nn::compile(
        [&](std::span<const Variable> in) {
            return guessing ? decoupled(net, guesses, in[0], in[1]).total : whole(net, in[0], in[1]);
        },
        std::move(adam));
    //! [train]
    Run run;
    std::int64_t done = 0;
    const std::int64_t apart = batches.count() / looks;
    const auto look = [&] {
        const auto [loss, accuracy] = measure(net, rows.train);
        run.loss.push_back(loss), run.train.push_back(accuracy);
        run.test.push_back(measure(net, rows.test).second);
        if (guessing) run.similarity.push_back(similarity(net, guesses, rows.train));
    };
    look();
    for (auto [x, t] : batches) {
        step(x, t);
        if (++done % apart == 0 && done / apart < looks) look();
    }
    look();
    return run;
}

double mean(const std::vector<double>& values)
{
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}
double least(const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); }
double largest(const std::vector<double>& values) { return *std::max_element(values.begin(), values.end()); }

// What the seeds of one method have at each look.
std::vector<double> at(const std::vector<Run>& runs, std::size_t look, std::vector<double> Run::*what)
{
    std::vector<double> values;
    for (const Run& run : runs) values.push_back((run.*what)[look]);
    return values;
}

void save_curves(const std::vector<std::vector<Run>>& runs, const Training& how, const std::string& path)
{
    std::vector<std::string> columns{"epoch"};
    for (const Method method : methods)
        for (const char* what : {"_loss", "_loss_low", "_loss_high", "_error", "_error_low", "_error_high"})
            columns.push_back(name(method) + what);
    common::Table table(columns);
    for (std::size_t look = 0; look < runs[0][0].loss.size(); ++look) {
        std::vector<double> row{static_cast<double>(how.epochs) * static_cast<double>(look) / looks};
        for (const auto& seeds : runs) {
            const std::vector<double> loss = at(seeds, look, &Run::loss), right = at(seeds, look, &Run::test);
            row.insert(row.end(), {mean(loss), least(loss), largest(loss), 1 - mean(right),
                                   1 - largest(right), 1 - least(right)});
        }
        table.add(row);
    }
    table.save(path);
}

// Means over the seeds, for each hidden layer from the bottom; with the label and without.
void save_similarity(const std::vector<std::vector<Run>>& runs, std::size_t layers, const Training& how,
                     const std::string& path)
{
    std::vector<std::string> columns{"epoch"};
    for (const char* kind : {"with_label_", "without_label_"})
        for (std::size_t k = 1; k <= layers; ++k) columns.push_back(kind + std::to_string(k));
    common::Table table(columns);
    for (std::size_t look = 1; look < runs[1][0].similarity.size(); ++look) {  // at first the guesses are 0
        std::vector<double> row{static_cast<double>(how.epochs) * static_cast<double>(look) / looks};
        for (const std::size_t method : {1, 2})
            for (std::size_t k = 0; k < layers; ++k) {
                std::vector<double> seeds;
                for (const Run& run : runs[method]) seeds.push_back(run.similarity[look][k]);
                row.push_back(mean(seeds));
            }
        table.add(row);
    }
    table.save(path);
}

// Every run of this depth; reports what each reached.
std::vector<std::vector<Run>> all_runs(common::Report& report, std::size_t layers, std::uint64_t seeds,
                                       const nn::Split& rows, const Training& how)
{
    const std::string depth = "_" + std::to_string(layers) + "_layers";
    nn::Progress progress(
        std::to_string(layers) + " hidden layers, four ways, " + std::to_string(seeds) + " seeds",
        static_cast<std::int64_t>(4 * seeds));
    std::vector<std::vector<Run>> runs;
    for (const Method method : methods) {
        runs.emplace_back();
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            runs.back().push_back(train(method, layers, seed, rows, how));
            progress.step(name(method));
        }
    }
    progress.finish();
    for (std::size_t m = 0; m < runs.size(); ++m) {
        const std::string which = name(methods[m]) + depth;
        for (std::size_t seed = 0; seed < seeds; ++seed) {
            const std::string number = "_seed_" + std::to_string(seed + 1);
            report.value(30, "training_accuracy_" + which + number, runs[m][seed].train.back());
            report.value(30, "test_accuracy_" + which + number, runs[m][seed].test.back());
        }
        const std::vector<double> test = at(runs[m], looks, &Run::test);
        report.value(30, "test_accuracy_" + which, mean(test));
        report.value(30, "spread_of_test_accuracy_" + which, largest(test) - least(test));
        report.value(30, "training_loss_" + which, mean(at(runs[m], looks, &Run::loss)));
    }
    return runs;
}

}  // namespace

void learning_curves(common::Report& report)
{
    const std::string out = report.options().out;
    const bool quick = report.options().quick;
    const nn::Split rows = data();
    const Training how{.epochs = quick ? 60 : 200};
    for (const std::size_t layers : {3, 6}) {
        if (quick && layers == 6) continue;  // reported by the full form
        const auto runs = all_runs(report, layers, 3, rows, how);
        const auto last = [&](std::size_t method) { return at(runs[method], looks, &Run::test); };
        for (const std::size_t method : {1, 2})
            for (std::size_t k = 0; k < layers; ++k) {
                std::vector<double> early;
                for (const Run& run : runs[method]) early.push_back(run.similarity[1][k]);
                report.value(30,
                             "cosine_" + name(methods[method]) + "_" + std::to_string(layers) +
                                 "_layers_early_in_layer_" + std::to_string(k + 1),
                             mean(early));
            }
        if (layers == 3) {
            report.equals(30, "test_accuracy_with_label_minus_back_propagation",
                          mean(last(1)) - mean(last(0)), 0, 0.01);
            report.at_least(30, "worst_with_label_minus_best_top_only", least(last(1)) - largest(last(3)),
                            0.05);
            report.at_least(30, "worst_without_label_minus_best_top_only", least(last(2)) - largest(last(3)),
                            0.05);
        }
        const std::string file = std::to_string(layers) + ".csv";
        save_curves(runs, how, out + "/synthetic_curves_" + file);
        save_similarity(runs, layers, how, out + "/synthetic_guesses_" + file);
    }
    // What the pixels alone are good for: no hidden layer at all.
    const double linear = train(Method::back_propagation, 0, 1, rows, how).test.back();
    report.value(30, "test_accuracy_of_a_linear_classifier", linear);
    if (quick) return;  // the figures have both depths side by side

    // Batch norm left out: what becomes of the two that were alike.
    const Training bare{.epochs = how.epochs, .normalised = false};
    nn::Progress progress("without batch norm", 12);
    for (const std::size_t layers : {3, 6})
        for (const Method method : {Method::back_propagation, Method::with_label}) {
            std::vector<double> test;
            for (std::uint64_t seed = 1; seed <= 3; ++seed) {
                test.push_back(train(method, layers, seed, rows, bare).test.back());
                progress.step(name(method));
            }
            const std::string which = name(method) + "_" + std::to_string(layers) + "_layers_no_batch_norm";
            report.value(30, "test_accuracy_" + which, mean(test));
            report.value(30, "spread_of_test_accuracy_" + which, largest(test) - least(test));
        }
    progress.finish();
    common::draw_figure(out, "synthetic_curves", "synthetic_curves",
                        {{"linear", std::to_string(1 - linear)}});
    common::draw_figure(out, "synthetic_guesses", "synthetic_guesses");
}

}  // namespace synthetic_gradients
