// Four output layers on one data set.
#include "heads.hpp"

#include <cmath>
#include <functional>
#include <numbers>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/figure.hpp"

using namespace xgrad;

namespace relu_neuron {
namespace {

//! [model]
struct Neuron {
    nn::Linear out{2, 1, {.dtype = DType::float64}};
    static constexpr auto members() { return std::tuple{field("out", &Neuron::out)}; }
    Variable operator()(Variable x) const { return out(x); }
};
//! [model]

struct Blobs {
    Array x, t;  // [n, 2]; [n, 1], -1 or +1
    std::int64_t size = 0;
    double negatives = 0;  // their share
};

// Points in two discs of radius 1 around (-2, -1) and (2, 1), on a sunflower's spiral (Vogel 1979), so that there is nothing to
// draw by chance. Between the discs there is a gap, so some line has all points at t y >= 1.
Blobs blobs(std::int64_t negatives, std::int64_t positives)
{
    const std::int64_t n = negatives + positives;
    xt::xarray<double> x = xt::zeros<double>({n, std::int64_t{2}}),
                       t = xt::zeros<double>({n, std::int64_t{1}});
    const double golden = std::numbers::pi * (3 - std::sqrt(5.0));
    for (std::int64_t i = 0; i < n; ++i) {
        const bool positive = i >= negatives;
        const double k = static_cast<double>(positive ? i - negatives : i),
                     of = static_cast<double>(positive ? positives : negatives);
        const double radius = std::sqrt((k + 0.5) / of), angle = k * golden;
        x(i, 0) = (positive ? 2 : -2) + radius * std::cos(angle);
        x(i, 1) = (positive ? 1 : -1) + radius * std::sin(angle);
        t(i, 0) = positive ? 1 : -1;
    }
    return {x, t, n, static_cast<double>(negatives) / static_cast<double>(n)};
}

using Head = std::function<Variable(const Neuron&, Variable x)>;
using Loss = std::function<Variable(const Neuron&, Variable x, Variable t)>;

struct Trained {
    Neuron neuron;
    double loss = 0, hinge = 0, accuracy = 0;
};

// Full-batch Adam. What counts as right is an output above 0 for t = +1 and not above 0 for t = -1: a ReLU output is never below.
Trained train(const std::string& name, const Blobs& data, const Head& head, const Loss& loss, int steps)
{
    Trained result;
    nn::initialise(result.neuron, nn::xavier_uniform, /*seed=*/5);
    nn::Optimizer optimizer(nn::Adam{.rate = 0.05}, result.neuron);
    optimizer.schedule({.gamma = std::pow(1e-2, 1.0 / steps)});
    auto step = nn::compile([&](std::span<const Variable> in) { return loss(result.neuron, in[0], in[1]); },
                            std::move(optimizer));
    nn::Progress progress(name, steps);
    for (int k = 0; k < steps; ++k) {
        result.loss = step(data.x, data.t);
        progress.step("loss " + std::to_string(result.loss));
    }
    progress.finish();
    Tape tape;
    const Variable x = tape.constant(data.x), t = tape.constant(data.t), y = head(result.neuron, x);
    result.loss = loss(result.neuron, x, t).item();
    result.hinge = nn::hinge_loss(y, t).item();
    const Variable right = equal(where(y > 0.0, 1.0, -1.0), t);
    result.accuracy = mean(cast(right, DType::float64)).item();
    return result;
}

}  // namespace

void four_heads(common::Report& report)
{
    const std::string& out = report.options().out;
    const Blobs data = blobs(60, 40);
    const int steps = 2000;
    const Head linear = [](const Neuron& neuron, Variable x) { return neuron(x); };
    const Head rectified = [](const Neuron& neuron, Variable x) { return relu(neuron(x)); };

    //! [heads]
    const Trained a = train(
        "sigmoid + cross-entropy", data, linear,
        [](const Neuron& net, Variable x, Variable t) {
            return nn::binary_cross_entropy(sigmoid(net(x)), 0.5 * t + 0.5);
        },
        steps);
    const Trained b = train(
        "ReLU + hinge", data, rectified,
        [](const Neuron& net, Variable x, Variable t) {
            return nn::hinge_loss(relu(net(x)), t);  // "a ReLU neuron with the SVM's loss"
        },
        steps);
    const Trained c = train(
        "linear + hinge", data, linear,
        [](const Neuron& net, Variable x, Variable t) { return nn::hinge_loss(net(x), t); }, steps);
    const Trained d = train(
        "linear + logistic loss", data, linear,
        [](const Neuron& net, Variable x, Variable t) { return nn::logistic_loss(net(x), t); }, steps);
    //! [heads]

    report.value(2, "share_of_negatives", data.negatives);
    report.at_least(2, "hinge_of_the_relu_output", b.hinge, data.negatives);
    report.equals(2, "accuracy_of_the_relu_output", b.accuracy, 1);  // and nothing seems to be wrong
    report.at_most(2, "hinge_of_the_linear_output", c.hinge, 1e-6);
    report.equals(2, "accuracy_of_the_linear_output", c.accuracy, 1);
    report.value(2, "hinge_of_the_sigmoid_neuron", a.hinge);
    report.value(2, "hinge_of_the_logistic_neuron", d.hinge);
    report.equals(2, "sigmoid_and_logistic_loss_agree", a.loss, d.loss, 1e-9);

    // The outputs along the line through the centres of the blobs, and the points as seen from it.
    common::Table lines({"s", "sigmoid", "relu", "linear_hinge", "linear_logistic"});
    const double length = std::sqrt(5.0);
    const auto at = [&](const Trained& trained, double s, bool rectify) {
        Tape tape;
        const Variable x = tape.constant(xt::xarray<double>{{s * 2 / length, s / length}});
        const Variable y = trained.neuron(x);
        return (rectify ? relu(y) : y).item();
    };
    for (double s = -3.6; s <= 3.6001; s += 0.05)
        lines.add(
            {s, 1 / (1 + std::exp(-at(a, s, false))), at(b, s, true), at(c, s, false), at(d, s, false)});
    lines.save(out + "/heads.csv");
    common::Table points({"s", "t"});
    const auto x = data.x.value<double>(), t = data.t.value<double>();
    for (std::int64_t i = 0; i < data.size; ++i) points.add({(2 * x(i, 0) + x(i, 1)) / length, t(i, 0)});
    points.save(out + "/points.csv");
    common::draw_figure(out, "heads", "heads");
}

}  // namespace relu_neuron
