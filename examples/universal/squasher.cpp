// Row 32: Gallant and White's cosine squasher P, two of which are a period of the cosine, and the network of
// them that is the Fourier series of a saw with a slow and a steep side.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "parts.hpp"

using namespace xgrad;

namespace universal {
namespace {

constexpr double pi = std::numbers::pi;
constexpr long double long_pi = std::numbers::pi_v<long double>;
constexpr double knee = 2;  // the saw rises from 0 at 0 to 1 here, and falls to 0 at 2 pi

// P', P'' by the op's own gradients.
std::vector<double> derivative(const std::vector<double>& x, int times)
{
    Tape tape;
    const Variable at = tape.variable(column(x));
    Variable y = cosine_squasher(at);
    for (int k = 0; k < times; ++k) y = grad(sum(y), at);
    return numbers(y.array());
}

// Is the derivative the derivative, and continuous where the pieces meet?
void smoothness(common::Report& report)
{
    // |P'| at distance d inside of a joint is sin(d) / 2 <= d / 2; outside and at the joint it is 0.
    double inside = 0, outside = 0;
    for (double d = 0.1; d > 1e-15; d /= 2)
        for (const double joint : {-pi / 2, pi / 2}) {
            const double in = joint * (1 - d), beyond = joint * (1 + d);
            const std::vector<double> slope = derivative({in, joint, beyond}, 1);
            inside = std::max(inside, std::abs(slope[0]) - std::abs(joint - in) / 2);
            outside = std::max({outside, std::abs(slope[1]), std::abs(slope[2])});
        }
    report.at_most(32, "slope_near_a_joint_above_half_the_distance", inside,
                   0x1p-53);  // pi / 2 itself is rounded
    report.at_most(32, "slope_at_and_beyond_the_joints", outside, 0);

    const double h = 1e-6, near = 1e-9;
    std::vector<double> x = grid(-2.5, 2.5, 5000), left = x, right = x;
    for (std::size_t i = 0; i < x.size(); ++i) left[i] -= h, right[i] += h;
    const std::vector<double> slope = derivative(x, 1), low = values(cosine_squasher, left),
                              high = values(cosine_squasher, right);
    // |(P(x + h) - P(x - h)) / 2 h - P'(x)| <= h / 4, since P' changes by at most 1/2 for each unit of x.
    double apart = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        apart = std::max(apart, std::abs((high[i] - low[i]) / (2 * h) - slope[i]));
    report.at_most(32, "slope_against_differences", apart, h / 4 + 1e-9);

    const std::vector<double> bend =
        derivative({-pi / 2 - near, -pi / 2 + near, pi / 2 - near, pi / 2 + near}, 2);
    report.equals(32, "jump_of_second_derivative_left", bend[1] - bend[0], 0.5, 1e-8);
    report.equals(32, "jump_of_second_derivative_right", bend[3] - bend[2], 0.5, 1e-8);
}

//! [identity]
// cos x = 2 (P(pi/2 - x) + P(x - 3 pi/2)) - 1 on [0, 2 pi]: a network of two units.
OneHidden one_period() { return network(cosine_squasher, {-1, 1}, {pi / 2, -3 * pi / 2}, {2, 2}, -1); }
//! [identity]

//! [harmonic]
struct Weights {
    std::vector<double> w, b, v;
    double c = 0;
};

// Adds amplitude cos(m x - phase) on [0, 2 pi]. From j pi to (j + 1) pi the cosine goes from one of 1 and -1
// to the other, as P does from 0 to 1: cos y = (-1)^j + 2 (-1)^(j + 1) P(y - pi/2 - j pi). Outside of this
// interval P stands still, so that such pieces can be added one after the other: each begins where the last
// one came to rest.
void add_harmonic(Weights& net, int m, double amplitude, double phase)
{
    const int first = static_cast<int>(std::floor(-phase / pi));  // y = m x - phase begins in this piece,
    const int last = static_cast<int>(std::ceil((2 * pi * m - phase) / pi));  // and ends before this one
    const auto sign = [](int j) { return j % 2 == 0 ? 1 : -1; };
    net.c += amplitude * sign(first);
    for (int j = first; j < last; ++j) {
        net.w.push_back(m);
        net.b.push_back(-phase - pi / 2 - j * pi);
        net.v.push_back(2 * amplitude * sign(j + 1));
    }
}
//! [harmonic]

double saw(double x) { return x < knee ? x / knee : (2 * pi - x) / (2 * pi - knee); }

// Its Fourier coefficients, in long double: the jumps of the slope are J at 0 and -J at the knee, J = 2 pi /
// (knee (2 pi - knee)), so that a(m) = -J (1 - cos(m knee)) / (pi m^2) and b(m) = J sin(m knee) / (pi m^2),
// beside the mean 1/2.
constexpr long double jump = 2 * long_pi / (knee * (2 * long_pi - knee));
long double cosine_part(int m)
{
    return -jump * (1 - std::cos(m * static_cast<long double>(knee))) / (long_pi * m * m);
}
long double sine_part(int m)
{
    return jump * std::sin(m * static_cast<long double>(knee)) / (long_pi * m * m);
}

//! [fourier]
Weights fourier(int harmonics)
{
    Weights net;
    net.c = 0.5;
    for (int m = 1; m <= harmonics; ++m) {
        const double a = static_cast<double>(cosine_part(m)), b = static_cast<double>(sine_part(m));
        add_harmonic(net, m, std::hypot(a, b), std::atan2(b, a));  // a cos(m x) + b sin(m x)
    }
    return net;
}
//! [fourier]

// How far rounding can take the network's output at x, to first order, u = 2^-53. The argument of a unit
// comes from a handful of roundings of numbers no larger than m x and |phase| + pi/2 + |j| pi <= |b| + 2 pi;
// P takes half of that on, and is itself good to a few ulp of numbers up to 1; a sum of n + 1 products, and
// weights that were rounded a few times.
double rounding_bound(const Weights& net, double x)
{
    const double u = 0x1p-53, n = static_cast<double>(net.w.size());
    double sum = 0, all = std::abs(net.c);
    for (std::size_t k = 0; k < net.w.size(); ++k) {
        const double argument = 4 * u * (net.w[k] * x + std::abs(net.b[k]) + 2 * pi);
        sum += std::abs(net.v[k]) * (argument / 2 + 8 * u);
        all += std::abs(net.v[k]);
    }
    return sum + (n + 4) * u * all;
}

}  // namespace

void squasher(common::Report& report)
{
    const bool quick = report.options().quick;
    const std::string& out = report.options().out;
    smoothness(report);

    const std::vector<double> x = grid(0, 2 * pi, quick ? 4000 : 20000);
    std::vector<double> y = values(one_period(), x);
    double apart = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        apart =
            std::max(apart, std::abs(y[i] - static_cast<double>(std::cos(static_cast<long double>(x[i])))));
    report.at_most(32, "cosine_of_two_squashers", apart, 1e-12);
    // It is no cosine elsewhere: it rests at 1.
    const std::vector<double> beyond = values(one_period(), {-pi, -1, 2 * pi + 1, 3 * pi});
    report.holds(32, "rests_at_one_outside", std::all_of(beyond.begin(), beyond.end(), [](double each) {
                     return std::abs(each - 1) <= 1e-15;
                 }));

    // sin(2 pi x) of row 31, y = 2 pi x: three squashers.
    Weights sine;
    add_harmonic(sine, 1, 1, pi / 2);
    for (double& w : sine.w) w *= 2 * pi;
    const std::vector<double> unit = grid(0, 1, 20000),
                              three = values(network(cosine_squasher, sine.w, sine.b, sine.v, sine.c), unit);
    double sine_apart = 0;
    for (std::size_t i = 0; i < unit.size(); ++i)
        sine_apart = std::max(sine_apart, std::abs(three[i] - std::sin(2 * pi * unit[i])));
    report.equals(32, "squashers_for_sin_2_pi_x", static_cast<double>(sine.w.size()), 3);
    report.at_most(32, "error_for_sin_2_pi_x", sine_apart, 1e-12);

    common::Table curves({"x", "saw", "net1", "net3", "net10"});
    std::vector<std::vector<double>> drawn;
    double over = 0, over_tail = 0, largest = 0, largest_bound = 0;
    std::vector<long double> partial(x.size(), 0.5L);  // the sums that the networks have to be
    nn::Progress progress("Fourier networks", quick ? 12 : 32);
    for (int harmonics = 1; harmonics <= (quick ? 12 : 32); ++harmonics) {
        const Weights weights = fourier(harmonics);
        const OneHidden net = network(cosine_squasher, weights.w, weights.b, weights.v, weights.c);
        y = values(net, x);
        double error = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const auto angle = harmonics * static_cast<long double>(x[i]);
            partial[i] += cosine_part(harmonics) * std::cos(angle) + sine_part(harmonics) * std::sin(angle);
            const double difference = static_cast<double>(std::abs(y[i] - partial[i])),
                         bound = rounding_bound(weights, x[i]);
            over = std::max(over, difference / bound);
            largest = std::max(largest, difference), largest_bound = std::max(largest_bound, bound);
            error = std::max(error, std::abs(y[i] - saw(x[i])));
        }
        // The rest of the series: sum over m > N of 2 J / (pi m^2) < 2 J / (pi N).
        over_tail = std::max(over_tail, error / (2 * static_cast<double>(jump) / (pi * harmonics)));
        if (harmonics == 1 || harmonics == 3 || harmonics == 10)
            drawn.push_back(values(net, grid(0, 2 * pi, 400)));
        if (harmonics == 10)
            report.value(32, "units_for_10_harmonics", static_cast<double>(weights.w.size()));
        progress.step();
    }
    progress.finish();
    report.value(32, "network_against_partial_sum", largest);
    report.value(32, "rounding_bound_largest", largest_bound);
    report.at_most(32, "network_against_partial_sum_over_bound", over, 1);
    report.at_most(32, "error_for_the_saw_over_tail_of_series", over_tail, 1);

    const std::vector<double> at = grid(0, 2 * pi, 400);
    for (std::size_t i = 0; i < at.size(); ++i)
        curves.add({at[i], saw(at[i]), drawn[0][i], drawn[1][i], drawn[2][i]});
    curves.save(out + "/squasher_saw.csv");
    const std::vector<double> wide = grid(-3, 3, 300), p = values(cosine_squasher, wide),
                              slope = derivative(wide, 1);
    common::Table shape({"x", "p", "slope"}), period({"x", "down", "up", "cosine"});
    for (std::size_t i = 0; i < wide.size(); ++i) shape.add({wide[i], p[i], slope[i]});
    shape.save(out + "/squasher_shape.csv");
    const std::vector<double> more = grid(-1, 2 * pi + 1, 300), net = values(one_period(), more);
    const std::vector<double> down = values(network(cosine_squasher, {-1}, {pi / 2}, {2}, 0), more),
                              up = values(network(cosine_squasher, {1}, {-3 * pi / 2}, {2}, 0), more);
    for (std::size_t i = 0; i < more.size(); ++i) period.add({more[i], down[i], up[i], net[i]});
    period.save(out + "/squasher_period.csv");
    common::draw_figure(out, "squasher", "squasher");
}

}  // namespace universal
