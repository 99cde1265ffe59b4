// Row 25: what stands before and behind a ReLU merges, nothing merges across it; and what a bounded output cannot reach.
#include <algorithm>
#include <cmath>
#include <iostream>

#include <xgrad/draw.hpp>

#include "examples/common/figure.hpp"
#include "parts.hpp"

using namespace xgrad;

namespace collapse_layers {
namespace {

// L-L-ReLU-L-L, as in the barrier's picture.
struct Bent {
    nn::Linear a{6, 5, float64}, b{5, 4, float64}, c{4, 5, float64}, d{5, 3, float64};
    static constexpr auto members()
    {
        return std::tuple{field("a", &Bent::a), field("b", &Bent::b), field("c", &Bent::c),
                          field("d", &Bent::d)};
    }
    Variable operator()(Variable x) const { return d(c(relu(b(a(x))))); }
};

void partial_collapse(common::Report& report)
{
    Bent net;
    fill(net, 25);
    //! [partial]
    const Graph graph = record(net, uniform({64, 6}, /*seed=*/1));
    const auto [small, certificate] = collapse_linear(graph);  // L-L-ReLU-L-L becomes L-ReLU-L
    std::cout << certificate;
    //! [partial]
    draw(certificate, {.title = "A ReLU stops the collapse: each side collapses by itself"})
        .save(report.options().out + "/barrier.svg");
    draw(certificate).save(report.options().out + "/barrier.dot");

    report.holds(25, "ops_are_l_relu_l", ops_of(small) == "matmul add relu matmul add");
    report.equals(25, "stretches_merged", static_cast<double>(certificate.merged.size()), 2);
    report.holds(25, "relu_named",
                 certificate.refusals.size() == 1 &&
                     certificate.refusals[0].reason == RefusalReason::not_affine &&
                     certificate.refusals[0].text.starts_with("relu "));
    report.holds(25, "certificate", certificate.holds());

    const Array x = uniform({500, 6}, 2);
    const PlainMap before = PlainMap::of(net.a).then(PlainMap::of(net.b)),
                   behind = PlainMap::of(net.c).then(PlainMap::of(net.d));
    std::vector<double> middle = before(x);
    for (double& h : middle) h = std::max(h, 0.0);
    Array bent(DType::float64, {500, 4});
    std::copy(middle.begin(), middle.end(), static_cast<double*>(bent.mutable_data()));
    report.at_most(25, "outputs_against_loops", difference(run(small, x), behind(bent)), 1e-13);
    // Merged across the ReLU, the layers would be another function.
    report.at_least(25, "outputs_merged_across", difference(before.then(behind)(x), run(small, x)), 0.1);
}

enum class Head { linear, tanh, sigmoid, relu };

struct Fit {
    std::vector<double> y;
    double mse = 0;
};

// A hidden layer of 16 tanh units and one of four heads, trained on t = 10 x.
Fit fit(Head head, const char* name, const Array& x, const Array& t, int steps)
{
    struct Net {
        nn::Linear hidden{1, 16, float64}, out{16, 1, float64};
        Head head;
        static constexpr auto members()
        {
            return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
        }
        Variable operator()(Variable x) const
        {
            const Variable y = out(xgrad::tanh(hidden(x)));
            switch (head) {
            case Head::tanh: return xgrad::tanh(y);
            case Head::sigmoid: return sigmoid(y);
            case Head::relu: return relu(y);
            case Head::linear: break;
            }
            return y;
        }
    };
    Net net{.head = head};
    nn::initialise(net, nn::xavier_uniform, /*seed=*/7);
    auto step = nn::compile(net, nn::mse_loss, nn::Adam{.rate = 0.02});
    step.optimizer().schedule(nn::ExponentialDecay{.gamma = 0.5, .every = std::max(steps / 8, 1)});
    nn::Progress progress(name, steps);
    for (int i = 0; i < steps; ++i) {
        step(x, t);
        progress.step();
    }
    progress.finish();
    Fit result{run(record(net, x), x)};
    const std::vector<double> wanted = numbers(t);
    for (std::size_t i = 0; i < wanted.size(); ++i)
        result.mse += std::pow(result.y[i] - wanted[i], 2) / static_cast<double>(wanted.size());
    return result;
}

// No function with values in [low, high] comes nearer to the targets than the nearest point of that range.
double floor_of(const Array& t, double low, double high)
{
    double sum = 0;
    for (const double wanted : numbers(t)) sum += std::pow(wanted - std::clamp(wanted, low, high), 2);
    return sum / static_cast<double>(t.size());
}

void heads(common::Report& report)
{
    constexpr std::int64_t points = 101;
    Array x(DType::float64, {points, 1}), t(DType::float64, {points, 1});
    for (std::int64_t i = 0; i < points; ++i) {
        static_cast<double*>(x.mutable_data())[i] = -1 + 0.02 * static_cast<double>(i);
        static_cast<double*>(t.mutable_data())[i] = 10 * (-1 + 0.02 * static_cast<double>(i));
    }
    const int steps = report.options().quick ? 4000 : 8000;
    const Fit linear = fit(Head::linear, "linear head", x, t, steps),
              tanh = fit(Head::tanh, "tanh head", x, t, steps),
              sigmoid = fit(Head::sigmoid, "sigmoid head", x, t, steps),
              relu = fit(Head::relu, "ReLU head", x, t, steps);

    report.at_most(25, "linear_head_mse", linear.mse, 1e-3);
    // Above the floor, by theorem; and near it: not for want of training.
    const auto bounded = [&](const std::string& name, const Fit& fit, double low, double high) {
        const double floor = floor_of(t, low, high);
        report.at_least(25, name + "_head_mse", fit.mse, floor);
        report.at_most(25, name + "_head_over_its_floor", fit.mse / floor, 1.02);
    };
    bounded("tanh", tanh, -1, 1);
    bounded("sigmoid", sigmoid, 0, 1);
    bounded("relu", relu, 0, INFINITY);

    common::Table table({"x", "target", "linear", "tanh", "sigmoid", "relu"});
    const std::vector<double> at = numbers(x), wanted = numbers(t);
    for (std::size_t i = 0; i < at.size(); ++i)
        table.add({at[i], wanted[i], linear.y[i], tanh.y[i], sigmoid.y[i], relu.y[i]});
    table.save(report.options().out + "/output_heads.csv");
    common::draw_figure(report.options().out, "output_heads", "output_heads");
}

}  // namespace

void output_layers(common::Report& report)
{
    partial_collapse(report);
    heads(report);
}

}  // namespace collapse_layers
