// The error function and the activations that are made of it.
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

using enum Continuity;
using enum Monotonicity;

constexpr double two_over_root_pi = 1.1283791670955126;   // 2 / sqrt(pi)
constexpr double root_half = 0.70710678118654752;         // 1 / sqrt(2)
constexpr double root_of_two_pi = 0.39894228040143268;    // 1 / sqrt(2 pi)
constexpr double root_two_over_pi = 0.79788456080286536;  // sqrt(2 / pi)
constexpr double cubic = 0.044715;                        // Hendrycks & Gimpel 2016

// x, but for numbers so large that functions of x with tails like e^(-x^2) are at their limits: its cube is finite.
constexpr auto moderate = [](auto x) { return where(x < -30, -30, where(x > 30, 30, x)); };

// 1 + erf(z) and 1 + tanh(u), which are differences of nearly equal numbers for negative arguments: erfc(-z) and 2 sigmoid(2u)
// keep their digits. Numbers of float32 stay with PyTorch's form, which takes half the time.
template <class X>
constexpr bool is_float = std::is_same_v<X, float>;
constexpr auto one_plus_erf = [](auto z) {
    if constexpr (is_float<decltype(z)>)
        return 1 + erf(z);
    else
        return erfc(-z);
};
constexpr auto one_plus_tanh = [](auto u) {
    if constexpr (is_float<decltype(u)>)
        return 1 + tanh(u);
    else
        return 2 * sigmoid(2 * u);
};
constexpr auto inner = [](auto t) {
    return (t + t * t * t * number(t, cubic)) * number(t, root_two_over_pi);
};

}  // namespace

const Op& erf_op = row(unary(
    [](auto x) { return erf(x); },
    [](auto g, auto x, auto) { return g * exp(-(x * x)) * number(x, two_over_root_pi); },
    {.name = "erf",
     .formula = "2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x",
     .gradient = "2 g e^(-x^2) / sqrt(pi)",
     .elsewhere = {"", "torch.erf", "jax.scipy.special.erf"},
     .vjp_names = {"erf_vjp", ""},
     .traits =
         {.position_free = false, .low = -1, .high = 1, .continuity = smooth, .monotonicity = increasing},
     .samples = unary_samples(&xgrad::erf)}));

const Op& gelu_op = row(unary(
    [](auto x) { return x * number(x, 0.5) * one_plus_erf(x * number(x, root_half)); },
    [](auto g, auto x, auto) {
        const auto density = exp(x * x * number(x, -0.5)) * number(x, root_of_two_pi);
        return g * (one_plus_erf(x * number(x, root_half)) * number(x, 0.5) + x * density);
    },
    {.name = "gelu",
     .formula = "x (1 + erf(x / sqrt 2)) / 2",
     .gradient = "g (P(x) + x P'(x)), P(x) = (1 + erf(x / sqrt 2)) / 2",
     .elsewhere = {"", "F.gelu", "jax.nn.gelu"},
     .vjp_names = {"gelu_vjp", ""},
     .traits =
         {.position_free = false, .low = -0.16997120747990369, .continuity = smooth, .monotonicity = neither},
     .samples = unary_samples([](Variable x) { return gelu(x); })}));

const Op& gelu_tanh_op = row(unary(
    [](auto x) { return x * number(x, 0.5) * one_plus_tanh(inner(moderate(x))); },
    [](auto g, auto x, auto) {
        const auto t = moderate(x);
        const auto p = one_plus_tanh(inner(t));  // 1 - tanh^2 = p (2 - p)
        const auto slope = (1 + t * t * number(x, 3 * cubic)) * number(x, root_two_over_pi);
        return g * (p + x * (p * (2 - p) * slope)) * number(x, 0.5);
    },
    {.name = "gelu_tanh",
     .label = "gelu",
     .formula = "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
     .gradient = "g ((1 + t) + x (1 - t^2) u') / 2, t = tanh u, u = sqrt(2 / pi) (x + 0.044715 x^3)",
     .elsewhere = {"", "F.gelu", "jax.nn.gelu"},
     .vjp_names = {"gelu_tanh_vjp", ""},
     .internal = true,
     .traits =
         {.position_free = false, .low = -0.17004075057125406, .continuity = smooth, .monotonicity = neither},
     .samples = unary_samples([](Variable x) { return gelu(x, Approximate::tanh); })}));

void activation_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

Variable erf(Variable x) { return Recorder::of(x).record(detail::erf_op, x); }
Variable gelu(Variable x, Approximate approximate)
{
    return Recorder::of(x).record(approximate == Approximate::tanh ? detail::gelu_tanh_op : detail::gelu_op,
                                  x);
}

}  // namespace xgrad
