// What activations do, measured: tanh and its derivative, ranges, and a step that gradients cannot train (claims 17, 18, 21, 22).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iostream>
#include <limits>

#include <xtensor/xtensor.hpp>

#include <xgrad/autodiff.hpp>
#include <xgrad/autodiff/op.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/figure.hpp"
#include "examples/common/report.hpp"

using namespace xgrad;

namespace {

// tanh on [-2, 2], with the derivative that the op itself gives.
void the_tanh(common::Report& report)
{
    const std::string& out = report.options().out;
    //! [tanh]
    Tape tape;
    const Variable x = linspace(tape.constant(0.0), -2, 2, 401);
    const Variable y = tanh(x);
    const Variable slope = grad(sum(y), x);  // one derivative for each element
    //! [tanh]
    const auto at = x.value<double>(), f = y.value<double>(), d = slope.value<double>();
    common::Table table({"x", "tanh", "derivative"});
    double worst = 0;
    for (std::size_t i = 0; i < 401; ++i) {
        table.add({at(i), f(i), d(i)});
        worst = std::max(worst, std::abs(d(i) - (1 - f(i) * f(i))));
    }
    table.save(out + "/tanh.csv");
    common::draw_figure(out, "tanh", "tanh");
    report.equals(17, "tanh_at_minus_2", f(0), -0.964028, 5e-7);
    report.equals(17, "tanh_at_2", f(400), 0.964028, 5e-7);
    report.equals(17, "tanh_at_2_by_exponentials", f(400), (std::exp(4.0) - 1) / (std::exp(4.0) + 1), 4e-16);
    report.at_most(17, "derivative_is_1_minus_square", worst, 4e-16);
    double steep = 0;  // the derivative without the tape: tanh' = 1 / cosh^2
    for (std::size_t i = 0; i < 401; ++i)
        steep = std::max(steep, std::abs(d(i) - 1 / (std::cosh(at(i)) * std::cosh(at(i)))));
    report.at_most(17, "derivative_is_1_over_cosh_square", steep, 1e-15);

    // Ten inputs that tutorials print, at two decimals.
    const xt::xarray<double> given = {0.94, 0.61, 0.65, 0.00, 0.77, 0.99, 0.35, 0.81, 0.46, 0.59};
    const std::array<double, 10> printed = {0.74, 0.54, 0.57, 0.00, 0.65, 0.76, 0.34, 0.67, 0.43, 0.53};
    const Variable ten = tanh(tape.constant(given));
    int wrong = 0;
    for (std::size_t i = 0; i < 10; ++i)
        wrong += std::abs(std::round(ten.value<double>()(i) * 100) / 100 - printed[i]) > 1e-9;
    report.equals(18, "of_ten_values_not_as_printed", wrong, 0);
}

// A layer of step units with a layer above it that does not train.
struct StepNet {
    nn::Linear hidden{2, 8, {.dtype = DType::float64}}, out{8, 1, {.dtype = DType::float64}};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &StepNet::hidden), field("out", &StepNet::out)};
    }
    Variable operator()(Variable x) const { return out(heaviside(hidden(x))); }
};

void the_step(common::Report& report)
{
    const Array x(xt::xarray<double>{{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}});
    const Array t(xt::xtensor<double, 2>{{0.}, {1.}, {1.}, {0.}});
    //! [step]
    StepNet net;
    nn::initialise(net, nn::xavier_normal, /*seed=*/3);
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.5}, net.hidden);  // `out` is frozen
    double first = 0, last = 0;
    for (int k = 0; k <= 1000; ++k) {
        Tape tape;
        const Variable loss = nn::mse_loss(net(tape.constant(x)), t);
        if (k == 0) std::cout << statistics(loss, {.gradients = true});  // ends with a warning
        (k == 0 ? first : last) = loss.item();
        optimizer.step(grad(loss, optimizer.parameters()));
    }
    //! [step]
    report.holds(21, "loss_is_the_same_bits_after_1000_updates",
                 std::memcmp(&first, &last, sizeof first) == 0);
    Tape tape;
    const Variable loss = nn::mse_loss(net(tape.constant(x)), t);
    const Gradients g = grad(loss, {net.hidden.weight, net.hidden.bias, net.out.weight});
    const auto largest = [&](const Parameter& p) { return max(abs(g[p])).item(); };
    report.equals(21, "gradient_of_the_weights_below", largest(net.hidden.weight), 0);
    report.equals(21, "gradient_of_the_biases_below", largest(net.hidden.bias), 0);
    report.holds(21, "gradient_above_is_not_zero", largest(net.out.weight) > 0);
    const Statistics numbers = statistics(loss, {.gradients = true});
    report.equals(21, "nodes_that_no_gradient_passes", static_cast<double>(numbers.barriers().size()), 1);
    report.holds(21, "a_warning_says_so",
                 numbers.text().find("warning: no gradient passes") != std::string::npos &&
                     numbers.text().find("heaviside") != std::string::npos);
}

// Where activations go at the ends of the number range: the limits of their formulas.
struct Limits {
    const char* name;
    Variable (*f)(Variable);
    double at_minus, at_plus;
};
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double half_pi = 1.5707963267948966;
constexpr double selu_low = -1.0507009873554805 * 1.6732632423543772;  // Klambauer et al. 2017
const std::vector<Limits> limits = {
    {"heaviside", [](Variable x) { return heaviside(x); }, 0, 1},
    {"sigmoid", &sigmoid, 0, 1},
    {"tanh", &xgrad::tanh, -1, 1},
    {"atan", &xgrad::atan, -half_pi, half_pi},
    {"softsign", &softsign, -1, 1},
    {"isru", [](Variable x) { return isru(x); }, -1, 1},
    {"sqnl", &sqnl, -1, 1},
    {"ramp", &ramp, 0, 1},
    {"hardsigmoid", &hardsigmoid, 0, 1},
    {"hardtanh", [](Variable x) { return hardtanh(x); }, -1, 1},
    {"cosine_squasher", &cosine_squasher, 0, 1},
    {"relu", &relu, 0, inf},
    {"relu6", &relu6, 0, 6},
    {"elu", [](Variable x) { return elu(x); }, -1, inf},
    {"celu", [](Variable x) { return celu(x); }, -1, inf},
    {"selu", &selu, selu_low, inf},
    {"isrlu", [](Variable x) { return isrlu(x); }, -1, inf},
    {"softplus", &softplus, 0, inf},
    {"silu", &silu, 0, inf},
    {"gelu", [](Variable x) { return gelu(x); }, 0, inf},
    {"gelu_tanh", [](Variable x) { return gelu(x, Approximate::tanh); }, 0, inf},
    {"mish", &mish, 0, inf},
    {"hardswish", &hardswish, 0, inf},
    {"elish", &elish, 0, inf},
    {"gaussian", &gaussian, 0, 0},
    {"sinc", &sinc, 0, 0},
    {"erf", &xgrad::erf, -1, 1},
    {"erfc", &xgrad::erfc, 2, 0},
    {"logsigmoid", &logsigmoid, -inf, 0},
};

// The distance in units in the last place of the limit; of the limit 0, in smallest normal numbers.
template <class T>
double ulps(T got, T want)
{
    if (got == want) return 0;
    if (want == 0)
        return std::abs(static_cast<double>(got)) / static_cast<double>(std::numeric_limits<T>::min());
    return std::abs(static_cast<double>(got) - static_cast<double>(want)) /
           static_cast<double>(std::nextafter(std::abs(want), std::numeric_limits<T>::infinity()) -
                               std::abs(want));
}

template <class T>
void ranges(common::Report& report, const std::string& type, T far)
{
    int nans = 0, outside = 0, tried = 0;
    const auto at_end = [](auto f, T at) {
        Tape tape;
        return f(tape.variable(xt::xarray<T>{at})).array();
    };
    for (const Op* op : registry()) {  // every op of one input that declares a range
        const bool called =
            op->traits.elementwise && op->arity == 1 && op->derived_from.empty() && !op->internal;
        if (!called || op->samples.empty() || op->samples[0].inputs[0].dtype) continue;
        if (std::isinf(op->traits.low) && std::isinf(op->traits.high)) continue;
        for (const T at : {-far, far}) {
            const Array y = at_end([&](Variable x) { return op->samples[0].call(std::span(&x, 1)); }, at);
            if (!is_floating(y.dtype())) continue;
            ++tried;
            const T value = y.template value<T>()(0);
            outside += value < static_cast<T>(op->traits.low) || value > static_cast<T>(op->traits.high);
        }
    }
    double worst = 0;
    for (const Limits& activation : limits)
        for (const T at : {-far, far}) {
            const Array y = at_end(activation.f, at);
            const T value = y.template value<T>()(0);
            const T want = static_cast<T>(at < 0 ? activation.at_minus : activation.at_plus);
            nans += std::isnan(value);
            if (std::isinf(want)) continue;  // grows without bound
            if (ulps(value, want) > 2) std::cout << activation.name << " at " << at << ": " << value << '\n';
            worst = std::max(worst, ulps(value, want));
        }
    report.at_least(22, "values_at_the_ends_" + type, tried, 30);
    report.equals(22, "activations_that_are_nan_there_" + type, nans, 0);
    report.equals(22, "of_them_outside_their_range_" + type, outside, 0);
    report.at_most(22, "worst_distance_from_the_limit_in_ulp_" + type, worst, 2);
}

}  // namespace

int main(int argc, char** argv)
{
    common::Report report(
        common::options(argc, argv, "activation_facts",
                        "tanh and its derivative, ranges at the ends of the numbers, a step that "
                        "gradients cannot train."));
    the_tanh(report);
    the_step(report);
    ranges<double>(report, "float64", 1e308);
    ranges<float>(report, "float32", 3e38f);
    return report.finish();
}
