// Moons, circles, spirals: boundaries of a linear network and of tanh networks, and what the last hidden layer does to the plane.
#include "boundaries.hpp"

#include <algorithm>
#include <cmath>

#include <xtensor/xtensor.hpp>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/figure.hpp"

using namespace xgrad;

namespace bending_space {
namespace {

constexpr nn::LinearOptions float64{.dtype = DType::float64};

//! [bender]
// Before the output there are two numbers, so that one can draw where the layers take the plane; the output is a line there.
struct Bender {
    nn::Linear first{2, 24, float64}, second{24, 24, float64}, bent{24, 2, float64}, out{2, 1, float64};
    static constexpr auto members()
    {
        return std::tuple{field("first", &Bender::first), field("second", &Bender::second),
                          field("bent", &Bender::bent), field("out", &Bender::out)};
    }
    Variable plane(Variable x) const { return bent(tanh(second(tanh(first(x))))); }
    Variable operator()(Variable x) const { return out(plane(x)); }
};
//! [bender]

nn::Dataset in_float64(nn::Dataset data)
{
    data.x = data.x.cast(DType::float64), data.t = data.t.cast(DType::float64);
    return data;
}

template <class Model>
void train(const std::string& title, Model& model, const nn::Dataset& data, int steps)
{
    nn::initialise(model, nn::xavier_uniform, /*seed=*/3);
    nn::Optimizer optimizer(nn::Adam{.rate = 0.01}, model);
    optimizer.schedule({.gamma = std::pow(1e-2, 1.0 / steps)});
    auto step =
        nn::compile([&](std::span<const Variable> in) { return nn::logistic_loss(model(in[0]), in[1]); },
                    std::move(optimizer));
    nn::Progress progress(title, steps);
    for (int k = 0; k < steps; ++k) progress.step("loss " + std::to_string(step(data.x, data.t)));
    progress.finish();
}

template <class Model>
double accuracy(const Model& model, const nn::Dataset& data)
{
    Tape tape;
    const Variable right = model(tape.constant(data.x)) * tape.constant(data.t) > 0.0;
    return mean(cast(right, DType::float64)).item();
}

constexpr int cells = 80;

// Outputs over [-edge, edge]^2.
template <class Model>
xt::xtensor<double, 2> field_of(const Model& model, double edge)
{
    xt::xtensor<double, 2> at = xt::zeros<double>({(cells + 1) * (cells + 1), 2});
    for (std::size_t i = 0; i <= cells; ++i)
        for (std::size_t k = 0; k <= cells; ++k) {
            at(i * (cells + 1) + k, 0) = edge * (2.0 * static_cast<double>(i) / cells - 1);
            at(i * (cells + 1) + k, 1) = edge * (2.0 * static_cast<double>(k) / cells - 1);
        }
    Tape tape;
    const Variable y = model(tape.constant(at));
    xt::xtensor<double, 2> result = xt::zeros<double>({at.shape(0), std::size_t{3}});
    for (std::size_t i = 0; i < at.shape(0); ++i)
        result(i, 0) = at(i, 0), result(i, 1) = at(i, 1), result(i, 2) = y.value<double>()(i, 0);
    return result;
}

void save_field(const xt::xtensor<double, 2>& field, const std::string& path)
{
    common::Table table({"x1", "x2", "y"});
    for (std::size_t i = 0; i < field.shape(0); ++i) {
        table.add({field(i, 0), field(i, 1), field(i, 2)});
        if (i % (cells + 1) == cells) table.gap();
    }
    table.save(path);
}

void save_points(const nn::Dataset& data, const std::string& path)
{
    common::Table table({"x1", "x2", "t"});
    const auto x = data.x.value<double>(), t = data.t.value<double>();
    for (std::int64_t i = 0; i < std::min<std::int64_t>(data.size(), 300); ++i)
        table.add({x(i, 0), x(i, 1), t(i, 0)});
    table.save(path);
}

// Where the network takes a grid of lines and the points: before its last, linear step.
void save_bent(const Bender& net, const nn::Dataset& data, double edge, const std::string& stem)
{
    const auto taken = [&](const xt::xtensor<double, 2>& at) {
        Tape tape;
        return xt::xtensor<double, 2>(net.plane(tape.constant(at)).value<double>());
    };
    common::Table grid({"u", "v"});
    const std::size_t lines = 17, points = 121;
    for (int direction = 0; direction < 2; ++direction)
        for (std::size_t line = 0; line < lines; ++line) {
            xt::xtensor<double, 2> at = xt::zeros<double>({points, std::size_t{2}});
            for (std::size_t i = 0; i < points; ++i) {
                const double fixed = edge * (2.0 * static_cast<double>(line) / (lines - 1) - 1);
                const double along = edge * (2.0 * static_cast<double>(i) / (points - 1) - 1);
                at(i, 0) = direction ? fixed : along, at(i, 1) = direction ? along : fixed;
            }
            const auto to = taken(at);
            for (std::size_t i = 0; i < points; ++i) grid.add({to(i, 0), to(i, 1)});
            grid.gap();
        }
    grid.save(stem + "_grid.csv");
    common::Table table({"u", "v", "t"});
    const auto to = taken(xt::xtensor<double, 2>(data.x.value<double>()));
    const auto t = data.t.value<double>();
    for (std::size_t i = 0; i < std::min<std::size_t>(to.shape(0), 300); ++i)
        table.add({to(i, 0), to(i, 1), t(i, 0)});
    table.save(stem + "_bent.csv");
    // The output is a line in that plane: w . (u, v) + b = 0.
    const auto w = net.out.weight.value<double>();
    const double b = net.out.bias.value<double>()(0), length = std::hypot(w(0, 0), w(1, 0));
    common::Table line({"u", "v"});
    for (const double s : {-100.0, 100.0})
        line.add({-b * w(0, 0) / (length * length) - s * w(1, 0) / length,
                  -b * w(1, 0) / (length * length) + s * w(0, 0) / length});
    line.save(stem + "_line.csv");
}

// How far the boundary of a linear model is from a straight line: the points where its output changes sign along the rows of
// the grid, against the line that its weights say.
double bend_of_boundary(const nn::Sequential& net, const xt::xtensor<double, 2>& field)
{
    const auto y = [&](double x1, double x2) {
        Tape tape;
        return net(tape.constant(xt::xtensor<double, 2>{{x1, x2}})).item();
    };
    const double b = y(0, 0), w1 = y(1, 0) - b, w2 = y(0, 1) - b;
    double worst = 0;
    for (std::size_t i = 0; i + 1 < field.shape(0); ++i) {
        if (i % (cells + 1) == cells || (field(i, 2) > 0) == (field(i + 1, 2) > 0)) continue;
        const double share = field(i, 2) / (field(i, 2) - field(i + 1, 2));
        const double x2 = field(i, 1) + share * (field(i + 1, 1) - field(i, 1));
        worst = std::max(worst, std::abs(w1 * field(i, 0) + w2 * x2 + b) / std::hypot(w1, w2));
    }
    return worst;
}

}  // namespace

void boundaries(common::Report& report)
{
    const std::string& out = report.options().out;
    const bool quick = report.options().quick;

    // A deep network without activations on the moons: its boundary is a straight line.
    const nn::Dataset moons = in_float64(nn::make_moons(400, 0.1, 1)),
                      held_out = in_float64(nn::make_moons(1000, 0.1, 2));
    nn::Sequential linear{nn::Linear{2, 16, float64}, nn::Linear{16, 16, float64},
                          nn::Linear{16, 1, float64}};
    train("moons, three linear layers", linear, moons, 600);
    const auto straight = field_of(linear, 2.6);
    save_field(straight, out + "/moons_linear.csv");
    report.at_most(23, "bend_of_the_linear_boundary", bend_of_boundary(linear, straight), 1e-12);
    report.value(23, "held_out_accuracy_linear_moons", accuracy(linear, held_out));

    struct Set {
        const char* name;
        nn::Dataset train, test;
        double edge;
        int steps;
    };
    const std::vector<Set> sets = {{"moons", moons, held_out, 2.6, 1500},
                                   {"circles", in_float64(nn::make_circles(400, 0.05, 1)),
                                    in_float64(nn::make_circles(1000, 0.05, 2)), 1.6, 1500},
                                   {"spirals", in_float64(nn::make_spirals(400, 0.02, 1)),
                                    in_float64(nn::make_spirals(1000, 0.02, 2)), 1.3, quick ? 3000 : 6000}};
    for (const Set& set : sets) {
        const std::string name = set.name;
        //! [train]
        Bender net;  // 2-24-24 tanh units, 2 and 1 linear ones
        train(name + ", tanh network", net, set.train, set.steps);
        const double right = accuracy(net, set.test);  // on 1000 points that it has not seen
        //! [train]
        if (name == "moons")
            report.at_least(23, "held_out_accuracy_tanh_moons", right, 0.99);
        else
            report.at_least(23, "held_out_accuracy_tanh_" + name, right, 0.95);
        save_field(field_of(net, set.edge), out + "/" + name + "_tanh.csv");
        save_points(set.train, out + "/" + name + "_points.csv");
        save_bent(net, set.train, set.edge, out + "/" + name);
    }
    common::draw_figure(out, "boundaries", "boundaries");
    common::draw_figure(out, "bent", "bent");
}

}  // namespace bending_space
