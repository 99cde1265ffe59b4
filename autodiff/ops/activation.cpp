// The error function and the activations that are made of it.
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

using enum Continuity;
using enum Monotonicity;

constexpr double two_over_root_pi = 1.1283791670955126;    // 2 / sqrt(pi)
constexpr double root_half = 0.70710678118654752;          // 1 / sqrt(2)
constexpr double root_of_two_pi = 0.39894228040143268;     // 1 / sqrt(2 pi)
constexpr double root_eight_over_pi = 1.5957691216057307;  // 2 sqrt(2 / pi)
constexpr double cubic = 0.044715;                         // Hendrycks & Gimpel 2016

// x, but for numbers so large that functions of x with tails like e^(-x^2) are at their limits: its cube is finite.
constexpr auto moderate = [](auto x) { return where(x < -30, -30, where(x > 30, 30, x)); };

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

// PyTorch's functions, in a form that keeps the digits of the lower tail: 1 + erf(z) = erfc(-z), 1 + tanh(z) = 2 sigmoid(2z).
const Op& gelu_op = row(unary(
    [](auto x) { return x * number(x, 0.5) * erfc(x * number(x, -root_half)); },
    [](auto g, auto x, auto) {
        const auto density = exp(x * x * number(x, -0.5)) * number(x, root_of_two_pi);
        return g * (erfc(x * number(x, -root_half)) * number(x, 0.5) + x * density);
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
    [](auto x) {
        const auto t = moderate(x);
        return x * sigmoid((t + t * t * t * number(x, cubic)) * number(x, root_eight_over_pi));
    },
    [](auto g, auto x, auto) {
        const auto t = moderate(x);
        const auto s = sigmoid((t + t * t * t * number(x, cubic)) * number(x, root_eight_over_pi));
        const auto slope = (1 + t * t * number(x, 3 * cubic)) * number(x, root_eight_over_pi);
        return g * (s + x * (s * (1 - s) * slope));
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
