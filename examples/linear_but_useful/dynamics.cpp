// Row 27: a deep linear net and the one layer that it is equal to learn the same function in different ways.
//
// Four items and their properties (after Saxe, McClelland & Ganguli). With inputs x = 2 e_i their covariance is the identity, and
// the correlation of inputs and targets is T / 2. T T.T has 3 on its diagonal, 2 within a kingdom and 1 across: its eigenvectors
// are "all", "animal against plant" and two that tell apart the items of a kingdom, its eigenvalues 7, 3, 1, 1.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iostream>

#include "parts.hpp"

using namespace xgrad;

namespace linear_but_useful {
namespace {

constexpr std::size_t modes = 4, hidden = 8, properties = 7;

const xt::xarray<double> targets = {
    // grow, move, roots, fly, swim, bark, petals
    {1, 1, 0, 1, 0, 0, 0},  // canary
    {1, 1, 0, 0, 1, 0, 0},  // salmon
    {1, 0, 1, 0, 0, 1, 0},  // oak
    {1, 0, 1, 0, 0, 0, 1},  // rose
};

// The singular value decomposition of T / 2, known in closed form: rows of v and u belong together.
struct Modes {
    std::array<double, modes> s{std::sqrt(7.0) / 2, std::sqrt(3.0) / 2, 0.5, 0.5};
    Matrix v{modes, 4}, u{modes, properties};

    Modes()
    {
        const double h = 0.5, r = std::sqrt(0.5);
        v.at = {h, h, h, h, h, h, -h, -h, r, -r, 0, 0, 0, 0, r, -r};
        u = v * Matrix(Array(targets));
        for (std::size_t k = 0; k < modes; ++k)
            for (std::size_t j = 0; j < properties; ++j) u(k, j) /= 2 * s[k];
    }
    /// In the modes' own axes: v W u.T is diagonal where every mode keeps to itself.
    Matrix of(const Matrix& w) const { return v * w * u.transposed(); }
};

// A linear net of `depth` layers, 4 to 7, with `hidden` units between.
nn::Sequential linear_net(int depth)
{
    nn::Sequential net;
    for (int k = 0; k < depth; ++k)
        net.add(nn::Linear(k ? hidden : 4, k + 1 < depth ? hidden : properties, no_bias));
    return net;
}

// Aligned and balanced: each layer hands mode k on to the next with the strength u0^(1 / depth), by directions that are
// orthonormal. The product of all has the singular values u0.
void align(const nn::Sequential& net, const Modes& svd, double u0)
{
    const std::vector<Parameter> weights = nn::parameters(net);
    const double strength = std::pow(u0, 1.0 / static_cast<double>(weights.size()));
    Matrix in = svd.v;
    for (std::size_t layer = 0; layer < weights.size(); ++layer) {
        const bool last = layer + 1 == weights.size();
        const Matrix out = last ? svd.u : orthonormal(modes, hidden, static_cast<unsigned>(50 + layer));
        Matrix w = in.transposed() * out;
        for (double& each : w.at) each *= strength;
        weights[layer].assign(w.array());
        in = out;
    }
}

struct Curve {
    std::vector<double> t, loss;
    std::vector<std::array<double, modes>> mode;
    double leak = 0;  // the largest element off the diagonal, beside the largest singular value
};

// Gradient descent in small steps; the strength of each mode at every 20th.
Curve learn(const std::string& name, const Graph& net, const Modes& svd, double rate, double until)
{
    //! [learn]
    const Array x(xt::xarray<double>{{2, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 2, 0}, {0, 0, 0, 2}});
    auto step = nn::CompiledStep(
        [&](std::span<const Variable> in) { return 0.5 * sum(square(net(in[0]) - in[1])) / 4.0; },
        nn::Optimizer(nn::Sgd{.rate = rate}, net));
    const auto product = [&] {  // W1 W2 ..., from the parameters as they are now
        return affine_map(net).weight;
    };
    //! [learn]
    Curve curve;
    const auto steps = static_cast<std::int64_t>(std::llround(until / rate));
    nn::Progress progress(name, steps);
    for (std::int64_t k = 0; k <= steps; ++k) {
        const bool looked_at = k % 20 == 0;
        if (looked_at) {
            const Matrix inside = svd.of(Matrix(product()));
            std::array<double, modes> strength;
            for (std::size_t i = 0; i < modes; ++i) {
                strength[i] = inside(i, i);
                for (std::size_t j = 0; j < modes; ++j)
                    if (i != j) curve.leak = std::max(curve.leak, std::abs(inside(i, j)) / svd.s[0]);
            }
            curve.mode.push_back(strength);
            curve.t.push_back(rate * static_cast<double>(k));
        }
        const double loss = step(x, Array(targets));
        if (looked_at) curve.loss.push_back(loss);
        progress.step();
    }
    progress.finish();
    return curve;
}

// The theory. One layer: du/dt = s - u. Two: du/dt = 2 u (s - u). Three: du/dt = 3 u^(4/3) (s - u).
double one_layer(double s, double u0, double t) { return s + (u0 - s) * std::exp(-t); }
double two_layers(double s, double u0, double t)
{
    const double e = std::exp(2 * s * t);
    return s * e / (e - 1 + s / u0);
}
// No closed form: Runge and Kutta's method, in steps of 1/1000.
std::vector<double> three_layers(double s, double u0, const std::vector<double>& times)
{
    const auto slope = [&](double u) { return 3 * std::pow(u, 4.0 / 3) * (s - u); };
    std::vector<double> path;
    double u = u0, now = 0;
    for (const double t : times) {
        const int steps = std::max(1, static_cast<int>(std::ceil((t - now) * 1000)));
        const double h = (t - now) / steps;
        for (int i = 0; i < steps; ++i) {
            const double a = slope(u), b = slope(u + h / 2 * a), c = slope(u + h / 2 * b),
                         d = slope(u + h * c);
            u += h / 6 * (a + 2 * b + 2 * c + d);
        }
        now = t;
        path.push_back(u);
    }
    return path;
}

// The largest |u / theory - 1| over all modes and times.
double deviation(const Curve& curve, const std::function<double(std::size_t mode, std::size_t at)>& theory)
{
    double worst = 0;
    for (std::size_t i = 0; i < curve.t.size(); ++i)
        for (std::size_t k = 0; k < modes; ++k)
            worst = std::max(worst, std::abs(curve.mode[i][k] / theory(k, i) - 1));
    return worst;
}

// When a mode is half learnt.
double half_time(const Curve& curve, const Modes& svd, std::size_t k)
{
    for (std::size_t i = 0; i < curve.t.size(); ++i)
        if (curve.mode[i][k] >= svd.s[k] / 2) return curve.t[i];
    return INFINITY;
}

}  // namespace

void learning_curves(common::Report& report)
{
    const Modes svd;
    const double u0 = 1e-3, rate = report.options().quick ? 1e-3 : 2.5e-4, until = 24;
    const Array x(xt::xarray<double>{{2, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 2, 0}, {0, 0, 0, 2}});

    // What the theory asks for: white inputs, and modes that are the singular vectors of the correlation.
    Matrix covariance = Matrix(x).transposed() * Matrix(x),
           correlation = Matrix(x).transposed() * Matrix(Array(targets));
    for (Matrix* each : {&covariance, &correlation})
        for (double& number : each->at) number /= 4;
    Matrix identity(4, 4), diagonal(modes, modes);
    for (std::size_t k = 0; k < modes; ++k) identity(k, k) = 1, diagonal(k, k) = svd.s[k];
    report.at_most(27, "inputs_are_white", distance(covariance, identity), 1e-15);
    report.at_most(27, "modes_are_singular_vectors", distance(svd.of(correlation), diagonal), 1e-15);

    //! [same]
    nn::Sequential two = linear_net(2);
    align(two, svd, u0);
    const Graph deep = record(two, x);
    const Graph shallow =
        collapse_linear(deep, {.mode = CollapseMode::parameters}).graph;  // the same function
    //! [same]
    nn::Sequential three = linear_net(3), random = linear_net(2);
    align(three, svd, u0);
    unsigned seed = 7;
    for (const Parameter& w : nn::parameters(random))
        w.assign(normal(static_cast<std::size_t>(w.shape()[0]), static_cast<std::size_t>(w.shape()[1]), 0.02,
                        seed++)
                     .array());

    const double same = distance(Matrix(affine_map(deep).weight), Matrix(affine_map(shallow).weight));
    report.at_most(27, "the_same_function_at_the_start", same, 1e-15);

    const Curve one = learn("one layer", shallow, svd, rate, until),
                by_two = learn("two layers", deep, svd, rate, until),
                by_three = learn("three layers", record(three, x), svd, rate, until),
                by_chance = learn("two layers, random", record(random, x), svd, rate, until);

    std::array<std::vector<double>, modes> path;
    for (std::size_t k = 0; k < modes; ++k) path[k] = three_layers(svd.s[k], u0, by_three.t);
    report.at_most(27, "two_layers_against_formula",
                   deviation(by_two, [&](auto k, auto i) { return two_layers(svd.s[k], u0, by_two.t[i]); }),
                   0.01);
    report.at_most(27, "one_layer_against_formula",
                   deviation(one, [&](auto k, auto i) { return one_layer(svd.s[k], u0, one.t[i]); }), 0.01);
    report.at_most(27, "three_layers_against_their_equation",
                   deviation(by_three, [&](auto k, auto i) { return path[k][i]; }), 0.01);
    report.at_most(27, "modes_keep_to_themselves", std::max(by_two.leak, by_three.leak), 1e-10);

    // A random start is no solution of these equations, but has the same stages.
    report.value(27, "random_start_against_formula", deviation(by_chance, [&](auto k, auto i) {
                     return two_layers(svd.s[k], u0, by_chance.t[i]);
                 }));
    report.at_least(27, "random_start_modes_mix", by_chance.leak, 1e-3);
    const auto ordered = [&](const Curve& curve) {
        const double all = half_time(curve, svd, 0), kingdom = half_time(curve, svd, 1),
                     item = std::min(half_time(curve, svd, 2), half_time(curve, svd, 3));
        return all < kingdom && kingdom < item && std::isfinite(half_time(curve, svd, 2)) &&
               std::isfinite(half_time(curve, svd, 3));
    };
    report.holds(27, "large_modes_first", ordered(by_two) && ordered(by_three));
    report.holds(27, "large_modes_first_from_a_random_start", ordered(by_chance));
    // One layer learns every mode at one pace: half of each at t = ln 2.
    report.at_most(27, "one_layer_half_times_apart", half_time(one, svd, 2) - half_time(one, svd, 0), 0.01);
    report.at_most(27, "loss_in_the_end",
                   std::max({one.loss.back(), by_two.loss.back(), by_chance.loss.back()}), 1e-8);

    common::Table table({"t", "u1", "u2", "u3", "theory1", "theory2", "theory3", "random1", "random2",
                         "random3", "random4", "loss1", "loss2", "loss3", "loss_random"});
    const std::size_t every = std::max<std::size_t>(1, one.t.size() / 240);
    for (std::size_t i = 0; i < one.t.size(); i += every) {
        const auto& r = by_chance.mode[i];
        table.add({one.t[i], by_two.mode[i][0], by_two.mode[i][1], by_two.mode[i][2],
                   two_layers(svd.s[0], u0, one.t[i]), two_layers(svd.s[1], u0, one.t[i]),
                   two_layers(svd.s[2], u0, one.t[i]), r[0], r[1], r[2], r[3], one.loss[i], by_two.loss[i],
                   by_three.loss[i], by_chance.loss[i]});
    }
    table.save(report.options().out + "/dynamics.csv");
    common::draw_figure(report.options().out, "dynamics", "dynamics");
}

}  // namespace linear_but_useful
