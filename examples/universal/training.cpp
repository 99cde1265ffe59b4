// Row 31: what training finds for the same function, by size and seed. It proves nothing, and is drawn beside
// what is proved.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "parts.hpp"

using namespace xgrad;

namespace universal {
namespace {

double f(double x) { return std::sin(2 * std::numbers::pi * x); }

//! [trained]
// What Adam makes of n tanh units that bend at random places, with all 257 points of the sample at each step.
OneHidden found(int n, std::uint64_t seed, const Sample& sample, int steps)
{
    OneHidden net = random_network(n, tanh, /*steep=*/10, /*low=*/0, /*high=*/1, seed);
    train(net, nn::parameters(net), sample, steps, /*rate=*/0.03);
    return net;
}
//! [trained]

// An upper bound of |net''| for tanh units: |tanh''| <= 4 / (3 sqrt 3).
double bend_bound(const OneHidden& net)
{
    const std::vector<double> w = numbers(net.hidden.weight.array()), v = numbers(net.out.weight.array());
    double sum = 0;
    for (std::size_t k = 0; k < w.size(); ++k) sum += std::abs(v[k]) * w[k] * w[k];
    return 4 / (3 * std::sqrt(3.0)) * sum;
}

}  // namespace

void training(common::Report& report)
{
    const bool quick = report.options().quick;
    const std::string& out = report.options().out;
    const std::vector<int> sizes = quick ? std::vector{2, 4, 8} : std::vector{2, 4, 8, 16, 32};
    const std::uint64_t seeds = quick ? 3 : 10;
    const int steps = quick ? 3000 : 30000, fine = 20000;
    Sample sample{.x = grid(0, 1, 256)};
    for (const double x : sample.x) sample.t.push_back(f(x)), sample.weight.push_back(1.0 / 257);
    const std::vector<double> x = grid(0, 1, fine);

    common::Table table({"n", "seed", "error", "mse"});
    double between = 0;
    nn::Progress progress("tanh nets, trained", static_cast<std::int64_t>(sizes.size() * seeds));
    for (const int n : sizes) {
        std::vector<double> errors;
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            const OneHidden net = found(n, seed, sample, steps);
            const std::vector<double> y = values(net, x);
            double error = 0;
            for (std::size_t i = 0; i < x.size(); ++i) error = std::max(error, std::abs(y[i] - f(x[i])));
            // Between points h apart a function is above its larger end by h^2 / 8 max |f''| at most.
            const double above = (bend_bound(net) + 4 * std::pow(std::numbers::pi, 2)) / (8.0 * fine * fine);
            between = std::max(between, above / error);
            errors.push_back(error);
            table.add({static_cast<double>(n), static_cast<double>(seed), error, mean_square(net, sample)});
            progress.step();
        }
        std::sort(errors.begin(), errors.end());
        const std::string name = "trained_tanh_" + std::to_string(n) + "_units_";
        report.value(31, name + "best_seed", errors.front());
        report.value(31, name + "median_seed", errors[errors.size() / 2]);
        report.value(31, name + "worst_seed", errors.back());
    }
    progress.finish();
    report.at_most(31, "trained_share_of_error_hidden_between_points", between, 0.01);
    table.save(out + "/rates_trained.csv");
    common::draw_figure(out, "rates", "rates");
}

}  // namespace universal
