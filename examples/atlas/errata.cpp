// Formulas that go from table to table with a slip in them.
#include <algorithm>
#include <cmath>

#include "atlas.hpp"

namespace atlas {
namespace {

const Entry& entry(const std::string& name)
{
    for (const Family& family : families())
        for (const Entry& e : family.entries)
            if (e.name == name) return e;
    throw ValueError("the atlas has no " + name);
}

// The largest distance of a formula from f or f' on [from, 4].
double distance(const std::string& name, int order, const std::function<double(double)>& formula,
                double from = -4)
{
    Numbers x;
    for (double at = from; at <= 4; at += 1. / 32) x.push_back(at);
    const Numbers got = evaluate(entry(name), x, order);
    double worst = 0;
    for (std::size_t k = 0; k < x.size(); ++k) worst = std::max(worst, std::abs(got[k] - formula(x[k])));
    return worst;
}

constexpr double scale = 1.0507009873554805, alpha = 1.6732632423543772;  // SELU's
double selu(double x) { return scale * (x > 0 ? x : alpha * std::expm1(x)); }

}  // namespace

void circulating_errors(common::Report& report)
{
    // softsign': the absolute value left out.
    report.at_least(35, "softsign_slope_without_the_absolute_value_is_off_by",
                    distance(
                        "softsign", 1, [](double x) { return 1 / ((1 + x) * (1 + x)); }, -0.5),
                    0.1);
    report.at_most(
        35, "softsign_slope_with_it_is_off_by",
        distance("softsign", 1, [](double x) { return 1 / ((1 + std::abs(x)) * (1 + std::abs(x))); }), 1e-15);
    // SELU' below 0 as f + alpha, which is ELU's: there it is f + scale alpha.
    report.at_least(35, "selu_slope_as_f_plus_alpha_is_off_by",
                    distance("selu", 1, [](double x) { return x > 0 ? scale : selu(x) + alpha; }), 0.08);
    report.at_most(35, "selu_slope_as_f_plus_scale_alpha_is_off_by",
                   distance("selu", 1, [](double x) { return x > 0 ? scale : selu(x) + scale * alpha; }),
                   1e-15);
    // tanh with e^-2x taken for e^2x: its negative.
    report.at_least(35, "tanh_of_the_wrong_sign_is_off_by",
                    distance("tanh", 0, [](double x) { return 2 / (1 + std::exp(2 * x)) - 1; }), 1.9);
    report.at_most(35, "tanh_of_the_right_sign_is_off_by",
                   distance("tanh", 0, [](double x) { return 2 / (1 + std::exp(-2 * x)) - 1; }), 1e-15);
    // GELU by tanh with 0.447 for 0.044715.
    const auto by_tanh = [](double factor) {
        return [=](double x) {
            return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.)) * (x + factor * x * x * x)));
        };
    };
    report.at_least(35, "gelu_by_tanh_with_0447_is_off_by", distance("gelu_tanh", 0, by_tanh(0.447)), 0.05);
    report.at_most(35, "gelu_by_tanh_with_0044715_is_off_by", distance("gelu_tanh", 0, by_tanh(0.044715)),
                   1e-15);
    report.at_most(35, "gelu_by_tanh_is_off_gelu_by",
                   distance("gelu_tanh", 0, [](double x) { return x / 2 * std::erfc(-x / std::sqrt(2.)); }),
                   5e-4);
}

}  // namespace atlas
