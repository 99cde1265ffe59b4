// Row 33: one hidden layer of square units is a polynomial of degree 2, however wide. For x^3 on [-1, 1] that
// leaves 4/175.
#include <algorithm>
#include <cmath>
#include <limits>

#include <xtensor/xtensor.hpp>

#include "parts.hpp"

using namespace xgrad;

namespace universal {
namespace {

// 2/5 of the Legendre polynomial P3 is x^3 - (3/5) x, which is orthogonal to 1, x, x^2: no polynomial of
// degree 2 is nearer to x^3 than (3/5) x. The mean of P3^2 over [-1, 1] is 1/7.
constexpr double wall = 4.0 / 175;
// The same for x^5 and degree 4, 8/63 of P5, the mean of P5^2 being 1/11.
constexpr double second_wall = 64.0 / 43659;
constexpr double rounding = 1e-15;
constexpr nn::LinearOptions float64{.dtype = DType::float64};

double cube(double x) { return x * x * x; }
double fifth(double x) { return x * x * x * x * x; }

//! [two]
/// Two hidden layers of square units.
struct TwoHidden {
    nn::Linear first, second, out;

    TwoHidden(std::int64_t lower, std::int64_t upper)
        : first(1, lower, float64), second(lower, upper, float64), out(upper, 1, float64)
    {}
    static constexpr auto members()
    {
        return std::array{field("first", &TwoHidden::first), field("second", &TwoHidden::second),
                          field("out", &TwoHidden::out)};
    }
    Variable operator()(Variable x) const { return out(square(second(square(first(x))))); }
};

// x^3 = ((x^2 + x)^2 - (x^2 - x)^2) / 4 and x^2 +- x = (x +- 1/2)^2 - 1/4: a 1-2-2-1 net that is x^3.
TwoHidden cube_by_squares()
{
    TwoHidden net(2, 2);
    net.first.weight.assign(xt::xtensor<double, 2>{{1, 1}});
    net.first.bias.assign(xt::xtensor<double, 1>{0.5, -0.5});
    net.second.weight.assign(xt::xtensor<double, 2>{{1, 0}, {0, 1}});
    net.second.bias.assign(xt::xtensor<double, 1>{-0.25, -0.25});
    net.out.weight.assign(xt::xtensor<double, 2>{{0.25}, {-0.25}});
    net.out.bias.assign(xt::xtensor<double, 1>{0});
    return net;
}
//! [two]

// The best that degree 4 can do for x^5, (10/9) x^3 - (5/21) x. x^3 is as above, and
// x = ((2 x + 1)^2 - (2 x - 1)^2) / 8, where 2 x = (x + 1/2)^2 - (x - 1/2)^2.
TwoHidden best_for_fifth()
{
    TwoHidden net(2, 4);
    net.first.weight.assign(xt::xtensor<double, 2>{{1, 1}});
    net.first.bias.assign(xt::xtensor<double, 1>{0.5, -0.5});
    net.second.weight.assign(xt::xtensor<double, 2>{{1, 0, 1, 1}, {0, 1, -1, -1}});
    net.second.bias.assign(xt::xtensor<double, 1>{-0.25, -0.25, 1, -1});
    const double third = 10.0 / 9 / 4, one = -5.0 / 21 / 8;
    net.out.weight.assign(xt::xtensor<double, 2>{{third}, {-third}, {one}, {-one}});
    net.out.bias.assign(xt::xtensor<double, 1>{0});
    return net;
}

//! [limit]
// One layer of two tanh units. tanh(z) = z - z^3 / 3 + 2 z^5 / 15 - ..., so that 2 tanh(w x) - tanh(2 w x) is
// 2 w^3 x^3 and a rest: divided by 2 w^3, the net is off by 2 w^2 x^5 and terms of w^4.
OneHidden cube_by_tanh(double w)
{
    const double v = 1 / (2 * w * w * w);
    return network(tanh, {w, 2 * w}, {0, 0}, {2 * v, -v}, 0);
}
//! [limit]

//! [best]
// The best output weights for a given hidden layer, by linear least squares: the hidden units' values and a
// column of ones, each row by the root of its weight. A pseudo-inverse, for n squares have only 3 dimensions.
void solve_output(const OneHidden& net, const Sample& sample)
{
    std::vector<double> roots;
    for (const double weight : sample.weight) roots.push_back(std::sqrt(weight));
    Tape tape;
    const Variable x = tape.constant(column(sample.x)), t = tape.constant(column(sample.t)),
                   root = tape.constant(column(roots));
    const Variable design = concat({net.bend(net.hidden(x)), ones_like(x)}, 1) * root;
    const std::vector<double> v = numbers(matmul(pinv(design, 1e-10), t * root).array());
    net.out.weight.assign(column({v.begin(), v.end() - 1}));
    net.out.bias.assign(xt::xtensor<double, 1>{v.back()});
}
//! [best]

// What trained nets of one kind of unit reach for x^3: the larger of the mean squares by both rules, for many
// tanh units might go through the points that they are trained on and be elsewhere in between.
void trained(const std::vector<int>& sizes, std::uint64_t seeds, int steps, const Sample& sample,
             const Sample& referee, Activation bend, std::vector<std::pair<int, double>>& found)
{
    nn::Progress progress(bend == Activation(square) ? "square units for x^3" : "tanh units for x^3",
                          static_cast<std::int64_t>(sizes.size() * seeds));
    for (const int n : sizes)
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            OneHidden net = random_network(n, bend, 2, -1, 1, seed);
            train(net, nn::parameters(net), sample, steps, 0.02);
            found.emplace_back(n, std::max(mean_square(net, sample), mean_square(net, referee)));
            progress.step();
        }
    progress.finish();
}

double lowest(const std::vector<std::pair<int, double>>& found)
{
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [n, error] : found) least = std::min(least, error);
    return least;
}

}  // namespace

void squares(common::Report& report)
{
    const bool quick = report.options().quick;
    const std::string& out = report.options().out;
    const Sample sample = gauss_legendre(32, cube), referee = gauss_legendre(64, cube);
    double moments = 0;
    for (int k = 0; k < 64; ++k) {
        double sum = 0;
        for (std::size_t i = 0; i < sample.x.size(); ++i) sum += sample.weight[i] * std::pow(sample.x[i], k);
        moments = std::max(moments, std::abs(sum - (k % 2 ? 0 : 1.0 / (k + 1))));
    }
    report.at_most(33, "quadrature_means_of_powers_up_to_63", moments, rounding);

    // The best net: (3/5) x = (3/20) ((x + 1)^2 - (x - 1)^2) by hand, and least squares over random hidden
    // layers of any width.
    const OneHidden by_hand = network(square, {1, 1}, {1, -1}, {0.15, -0.15}, 0);
    report.equals(33, "two_squares_by_hand", mean_square(by_hand, sample), wall, rounding);
    common::Table table(
        {"kind", "n", "mse"});  // 0: best output weights, 1: square units trained, 2: tanh units trained
    std::vector<std::pair<int, double>> best, square_nets, tanh_nets;
    for (const int n : {1, 2, 3, 4, 8, 16, 32, 64, 256, 1024}) {
        const OneHidden net = random_network(n, square, 2, -1, 1, 33);
        solve_output(net, sample);
        best.emplace_back(n, mean_square(net, sample));
        table.add({0, static_cast<double>(n), best.back().second});
    }
    report.at_least(33, "least_squares_1_to_1024_squares_lowest_minus_4_over_175", lowest(best) - wall,
                    -rounding);
    double off = 0;  // one or two random squares span less than all polynomials of degree 2
    for (const auto& [n, error] : best)
        if (n >= 3) off = std::max(off, std::abs(error - wall));
    report.at_most(33, "least_squares_3_to_1024_squares_off_the_wall", off, rounding);

    const std::vector<int> sizes = quick ? std::vector{1, 4, 16} : std::vector{1, 2, 4, 8, 16, 32, 64};
    const std::uint64_t seeds = quick ? 2 : 5;
    const int steps = quick ? 6000 : 12000;
    trained(sizes, seeds, steps, sample, referee, square, square_nets);
    trained(sizes, seeds, steps, sample, referee, tanh, tanh_nets);
    report.at_least(33, "trained_squares_lowest_minus_4_over_175", lowest(square_nets) - wall, -rounding);
    report.at_most(33, "trained_tanh_lowest", lowest(tanh_nets), wall / 100);
    const double w = 1e-3, rest = 4 * std::pow(w, 4) / 11;  // the mean of (2 w^2 x^5)^2
    report.equals(33, "two_tanh_units_by_hand_over_their_theory",
                  mean_square(cube_by_tanh(w), referee) / rest, 1, 1e-2);
    report.at_most(33, "two_tanh_units_by_hand", mean_square(cube_by_tanh(w), referee), 1e-12);
    for (const auto& [n, error] : square_nets) table.add({1, static_cast<double>(n), error});
    for (const auto& [n, error] : tanh_nets) table.add({2, static_cast<double>(n), error});
    table.save(out + "/wall.csv");

    // Two hidden layers go below, and stop at the next wall.
    const Sample next = gauss_legendre(32, fifth);
    report.at_most(33, "two_hidden_layers_for_x3", mean_square(cube_by_squares(), referee), 1e-30);
    report.equals(33, "two_hidden_layers_best_for_x5", mean_square(best_for_fifth(), next), second_wall,
                  rounding);
    double low = std::numeric_limits<double>::infinity(), low_fifth = low;
    nn::Progress progress("two layers of squares for x^3 and x^5", static_cast<std::int64_t>(2 * seeds));
    for (std::uint64_t seed = 0; seed < 2 * seeds; ++seed) {
        TwoHidden net(8, 8);
        nn::initialise(net, nn::xavier_uniform, seed / 2);
        const bool odd = seed % 2;
        train(net, nn::parameters(net), odd ? next : sample, steps, 0.01);
        (odd ? low_fifth : low) = std::min(odd ? low_fifth : low, mean_square(net, odd ? next : sample));
        progress.step();
    }
    progress.finish();
    report.at_most(33, "two_hidden_layers_trained_for_x3", low, wall / 100);
    report.at_least(33, "two_hidden_layers_trained_for_x5_minus_second_wall", low_fifth - second_wall,
                    -rounding);

    OneHidden smooth = random_network(4, tanh, 2, -1, 1, 0);
    train(smooth, nn::parameters(smooth), sample, steps, 0.02);
    const std::vector<double> x = grid(-1, 1, 200), line = values(by_hand, x), curve = values(smooth, x);
    common::Table curves({"x", "cube", "square", "tanh"});
    for (std::size_t i = 0; i < x.size(); ++i) curves.add({x[i], cube(x[i]), line[i], curve[i]});
    curves.save(out + "/wall_curves.csv");
    common::draw_figure(out, "wall", "wall");
}

}  // namespace universal
