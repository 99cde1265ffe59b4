// Row 31: sin(2 pi x) on [0, 1] by nets of steps and of ramps whose weights are written down, not trained.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "parts.hpp"

using namespace xgrad;

namespace universal {
namespace {

constexpr double pi = std::numbers::pi;
double f(double x) { return std::sin(2 * pi * x); }

//! [steps]
Variable step(Variable x) { return heaviside(x); }  // 1 from 0 on

// Unit k of n switches on at k / n. From there to (k + 1) / n the sum is the value of f in the middle.
OneHidden staircase(int n)
{
    std::vector<double> w, b, v;
    double height = 0;
    for (int k = 0; k < n; ++k) {
        const double middle = f((k + 0.5) / n);
        w.push_back(1), b.push_back(-static_cast<double>(k) / n), v.push_back(middle - height);
        height = middle;
    }
    return network(step, w, b, v, 0);
}
//! [steps]

//! [ramps]
// Unit k of n begins to rise at k / n. From there to (k + 1) / n the net is the chord of f.
OneHidden chords(int n)
{
    std::vector<double> w, b, v;
    double slope = 0;
    for (int k = 0; k < n; ++k) {
        const double chord = n * (f((k + 1.0) / n) - f(static_cast<double>(k) / n));
        w.push_back(1), b.push_back(-static_cast<double>(k) / n), v.push_back(chord - slope);
        slope = chord;
    }
    return network(relu, w, b, v, f(0));
}
//! [ramps]

// The best that 4 p - 3 steps can do: 4 p - 2 pieces of equal rise instead of equal width. With e = 1 / (2 p)
// a piece covers 2 e of the rise and fall of f, the two around the top and the bottom twice as much.
OneHidden best_staircase(int p)
{
    const double e = 0.5 / p;
    const auto inverse = [](double y) { return std::asin(y) / (2 * pi); };  // on the rise from -1/4 to 1/4
    std::vector<double> w, b, v, middles;
    for (int k = 1; k < p; ++k)  // [0, 1/4]: from 2 e k to 2 e (k + 1), and the last one goes on over the top
        b.push_back(-inverse(2 * e * k)), middles.push_back(2 * e * k + e);
    for (int k = 1; k < 2 * p; ++k)  // [1/4, 3/4], downwards
        b.push_back(-(0.5 - inverse(1 - 2 * e * k))), middles.push_back(1 - 2 * e * k - e);
    for (int k = 1; k < p; ++k)  // [3/4, 1]
        b.push_back(-(1 + inverse(-1 + 2 * e * k))), middles.push_back(-1 + 2 * e * k + e);
    double height = e;
    for (const double middle : middles) w.push_back(1), v.push_back(middle - height), height = middle;
    return network(step, w, b, v, e);
}

double largest_error(const OneHidden& net, const std::vector<double>& x)
{
    const std::vector<double> y = values(net, x);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(y[i] - f(x[i])));
    return worst;
}

// Where the units of a net bend, read from the net itself; its w are 1. 1 is the end of the last piece.
std::vector<double> joints(const OneHidden& net)
{
    std::vector<double> at;
    for (const double bias : numbers(net.hidden.bias.array())) at.push_back(-bias);
    at.push_back(1);
    return at;
}

//! [suprema]
// Not the largest error on a grid: the supremum. Between two joints the net is constant, so that |net - f| is
// largest where f has an extreme, 1/4 and 3/4, or towards an end of the piece: a limit from one side, which
// the net has at the number next to the joint. f changes by less than 1e-15 on the way there.
double supremum_of_steps(const OneHidden& net)
{
    std::vector<double> x{0, 0.25, 0.75, 1};
    for (const double joint : joints(net))
        for (const double beside : {std::nextafter(joint, -1.0), joint, std::nextafter(joint, 2.0)})
            if (0 <= beside && beside <= 1) x.push_back(beside);
    return largest_error(net, x);
}

// Between two joints net - f is smooth, and has its extremes where f'(x) = 2 pi cos(2 pi x) is the slope of
// the chord: at two places of [0, 1] at most. At the joints themselves it is 0, or is at least looked at.
double supremum_of_ramps(const OneHidden& net)
{
    std::vector<double> x = joints(net);
    const std::vector<double> y = values(net, x);
    for (std::size_t k = 0; k + 1 < y.size(); ++k) {
        const double a = x[k], b = x[k + 1], cosine = (y[k + 1] - y[k]) / (b - a) / (2 * pi);
        const double angle = std::acos(std::clamp(cosine, -1.0, 1.0)) / (2 * pi);
        for (const double place : {angle, 1 - angle})
            if (a < place && place < b) x.push_back(place);
    }
    return largest_error(net, x);
}
//! [suprema]

// The slope of the line of least squares through (ln n, ln error), with its sign turned.
double order(const std::vector<double>& n, const std::vector<double>& error)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    const auto count = static_cast<double>(n.size());
    for (std::size_t i = 0; i < n.size(); ++i) {
        x += std::log(n[i]) / count, y += std::log(error[i]) / count;
        xx += std::log(n[i]) * std::log(n[i]) / count, xy += std::log(n[i]) * std::log(error[i]) / count;
    }
    return -(xy - x * y) / (xx - x * x);
}

}  // namespace

void constructions(common::Report& report)
{
    const std::string& out = report.options().out;
    const std::vector<double> fine = grid(0, 1, report.options().quick ? 20000 : 100000);
    std::vector<double> sizes, steps, ramps;
    double over_steps = 0, over_ramps = 0, from_sine = 0, grid_steps = 0, grid_ramps = 0, missed = 0;
    nn::Progress progress("nets of steps and ramps, 16 to 256 units", 241);
    for (int n = 16; n <= 256; ++n) {
        const OneHidden stairs = staircase(n), lines = chords(n);
        sizes.push_back(n);
        steps.push_back(supremum_of_steps(stairs));
        ramps.push_back(supremum_of_ramps(lines));
        over_steps = std::max(over_steps, steps.back() / (pi / n));
        over_ramps = std::max(over_ramps, ramps.back() / (pi * pi / (2.0 * n * n)));
        from_sine = std::max(from_sine, std::abs(steps.back() - std::sin(pi / n)));
        missed = std::max(missed, largest_error(lines, joints(lines)));
        if ((n & (n - 1)) == 0) {  // nothing on a fine grid is above what was called the supremum
            grid_steps = std::max(grid_steps, largest_error(stairs, fine) - steps.back());
            grid_ramps = std::max(grid_ramps, largest_error(lines, fine) - ramps.back());
            report.at_most(31, "error_of_" + std::to_string(n) + "_steps", steps.back(), pi / n);
            report.at_most(31, "error_of_" + std::to_string(n) + "_relu", ramps.back(),
                           pi * pi / (2.0 * n * n));
        }
        progress.step();
    }
    progress.finish();
    report.at_most(31, "steps_every_n_error_over_bound", over_steps, 1);
    report.at_most(31, "steps_against_sin_of_pi_over_n", from_sine, 1e-13);
    report.at_most(31, "steps_grid_above_supremum", grid_steps, 1e-14);
    report.value(31, "steps_order", order(sizes, steps));
    report.at_most(31, "relu_every_n_error_over_bound", over_ramps, 1);
    report.at_most(31, "relu_error_at_the_joints", missed, 1e-12);
    report.at_most(31, "relu_grid_above_supremum", grid_ramps, 1e-13);
    report.equals(31, "relu_order", order(sizes, ramps), 2, 0.05);

    // From below: n steps make n + 1 pieces. f rises and falls by 4 in all; a piece that is within e of f
    // covers at most 2 e of this, or twice that if it goes over the top or the bottom. So 2 e (n + 3) >= 4
    // for every net of n steps.
    common::Table table({"n", "steps", "relu", "steps_bound", "relu_bound"}), best({"n", "error", "bound"});
    double from_bound = 0, below_bound = 1;
    for (int p = 2; p <= 64; p *= 2) {
        const double n = 4 * p - 3, error = supremum_of_steps(best_staircase(p));
        from_bound = std::max(from_bound, std::abs(error - 2 / (n + 3)));
        best.add({n, error, 2 / (n + 3)});
    }
    for (std::size_t i = 0; i < sizes.size(); ++i)
        below_bound = std::min(below_bound, steps[i] - 2 / (sizes[i] + 3));
    report.at_most(31, "best_steps_against_2_over_n_plus_3", from_bound, 1e-12);
    report.at_least(31, "equal_steps_above_the_least_error", below_bound, 0);
    for (int n = 2; n <= 512; n *= 2)
        table.add({static_cast<double>(n), supremum_of_steps(staircase(n)), supremum_of_ramps(chords(n)),
                   pi / n, pi * pi / (2.0 * n * n)});
    table.save(out + "/rates.csv");
    best.save(out + "/rates_best.csv");

    const std::vector<double> x = grid(0, 1, 512);
    const std::vector<double> stairs = values(staircase(16), x), lines = values(chords(8), x);
    common::Table curves({"x", "f", "steps", "relu"});
    for (std::size_t i = 0; i < x.size(); ++i) curves.add({x[i], f(x[i]), stairs[i], lines[i]});
    curves.save(out + "/staircase.csv");
    common::draw_figure(out, "staircase", "staircase");
}

}  // namespace universal
