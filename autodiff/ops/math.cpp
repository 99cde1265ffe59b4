// Elementwise functions of one variable: exponentials, roots, activations.
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

using enum Continuity;
using enum Monotonicity;

constexpr double inf = std::numeric_limits<double>::infinity();
Switches by_sign(std::span<const Variable> in, const Node&) { return {{in[0]}}; }
}  // namespace

// Each row: value f(x); derivative (cotangent g, input x, value y).

const Op& exp_op =
    row(unary([](auto x) { return exp(x); }, [](auto g, auto, auto y) { return g * y; },
              {.name = "exp",
               .formula = "e^x",
               .gradient = "g y",
               .elsewhere = {"np.exp", "torch.exp", "jnp.exp"},
               .traits = {.low = 0, .high = inf, .continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::exp)}));

const Op& log_op = row(unary([](auto x) { return log(x); }, [](auto g, auto x, auto) { return g / x; },
                             {.name = "log",
                              .formula = "ln x",
                              .gradient = "g / x",
                              .elsewhere = {"np.log", "torch.log", "jnp.log"},
                              .samples = unary_samples(&xgrad::log, 0.2, 4)}));

const Op& log1p_op =
    row(unary([](auto x) { return log1p(x); }, [](auto g, auto x, auto) { return g / (1 + x); },
              {.name = "log1p",
               .formula = "ln(1 + x)",
               .gradient = "g / (1 + x)",
               .elsewhere = {"np.log1p", "torch.log1p", "jnp.log1p"},
               .vjp_names = {"log1p_vjp", ""},
               .samples = unary_samples(&xgrad::log1p, -0.6, 4)}));

const Op& expm1_op =
    row(unary([](auto x) { return expm1(x); }, [](auto g, auto, auto y) { return g * (y + 1); },
              {.name = "expm1",
               .formula = "e^x - 1",
               .gradient = "g (y + 1)",
               .elsewhere = {"np.expm1", "torch.expm1", "jnp.expm1"},
               .vjp_names = {"expm1_vjp", ""},
               .traits = {.low = -1, .high = inf, .continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::expm1)}));

const Op& sqrt_op =
    row(unary([](auto x) { return sqrt(x); }, [](auto g, auto, auto y) { return g / (2 * y); },
              {.name = "sqrt",
               .label = "√",
               .formula = "x^(1/2)",
               .gradient = "g / (2 y)",
               .elsewhere = {"np.sqrt", "torch.sqrt", "jnp.sqrt"},
               .vjp_names = {"sqrt_vjp", ""},
               .traits = {.low = 0, .high = inf},
               .samples = unary_samples(&xgrad::sqrt, 0.3, 4)}));

constexpr auto squared = [](auto x) { return x * x; };
const Op& square_op = row(with_integers<1>(
    squared, unary(squared, [](auto g, auto x, auto) { return 2 * g * x; },
                   {.name = "square",
                    .formula = "x^2",
                    .gradient = "2 g x",
                    .elsewhere = {"np.square", "torch.square", "jnp.square"},
                    .vjp_names = {"square_vjp", ""},
                    .traits = {.low = 0, .high = inf, .continuity = smooth, .monotonicity = neither},
                    .samples = unary_samples(&xgrad::square)})));

constexpr auto magnitude = [](auto x) { return where(x < 0, -x, x * 1); };
const Op& abs_op = row(with_integers<1>(
    magnitude, unary([](auto x) { return abs(x); },
                     [](auto g, auto x, auto) { return where(x > 0, g, where(x < 0, -g, 0)); },
                     {.name = "abs",
                      .label = "|x|",
                      .formula = "|x|",
                      .gradient = "g sign(x)",
                      .elsewhere = {"np.abs", "torch.abs", "jnp.abs"},
                      .vjp_names = {"abs_vjp", ""},
                      .traits = {.piecewise = 1,
                                 .kink = "abs'(0) = 0",
                                 .low = 0,
                                 .high = inf,
                                 .continuity = c0,
                                 .monotonicity = neither},
                      .switches = by_sign,
                      .samples = unary_samples(&xgrad::abs)})));

constexpr auto signum = [](auto x) { return where(x > 0, x * 0 + 1, where(x < 0, x * 0 - 1, x * 1)); };
const Op& sign_op = row(with_integers<1>(
    signum,
    unary([](auto x) { return where(x > 0, 1, where(x < 0, -1, x)); },  // keeps the sign of a zero, and NaN
          [](auto g, auto, auto) { return g * 0; },
          {.name = "sign",
           .formula = "-1, 0 or 1",
           .gradient = "0",
           .elsewhere = {"np.sign", "torch.sign", "jnp.sign"},
           .traits = {.piecewise = 1,
                      .kink = "derivative 0 everywhere",
                      .low = -1,
                      .high = 1,
                      .continuity = discontinuous,
                      .monotonicity = non_decreasing},
           .switches = by_sign,
           .samples = unary_samples(&xgrad::sign)})));

const Op& sin_op = row(unary(
    [](auto x) { return sin(x); }, [](auto g, auto x, auto) { return g * cos(x); },
    {.name = "sin",
     .formula = "sin x",
     .gradient = "g cos x",
     .elsewhere = {"np.sin", "torch.sin", "jnp.sin"},
     .vjp_names = {"sin_vjp", ""},
     .traits = {.position_free = false, .low = -1, .high = 1, .continuity = smooth, .monotonicity = neither},
     .samples = unary_samples(&xgrad::sin)}));

const Op& cos_op = row(unary(
    [](auto x) { return cos(x); }, [](auto g, auto x, auto) { return -(g * sin(x)); },
    {.name = "cos",
     .formula = "cos x",
     .gradient = "-g sin x",
     .elsewhere = {"np.cos", "torch.cos", "jnp.cos"},
     .vjp_names = {"cos_vjp", ""},
     .traits = {.position_free = false, .low = -1, .high = 1, .continuity = smooth, .monotonicity = neither},
     .samples = unary_samples(&xgrad::cos)}));

const Op& tanh_op =
    row(unary([](auto x) { return tanh(x); }, [](auto g, auto, auto y) { return g * (1 - y * y); },
              {.name = "tanh",
               .formula = "(e^x - e^-x) / (e^x + e^-x)",
               .gradient = "g (1 - y^2)",
               .elsewhere = {"np.tanh", "torch.tanh", "jnp.tanh"},
               .vjp_names = {"tanh_vjp", ""},
               .traits = {.low = -1, .high = 1, .continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::tanh)}));

const Op& sigmoid_op =
    row(unary([](auto x) { return sigmoid(x); }, [](auto g, auto, auto y) { return g * (y * (1 - y)); },
              {.name = "sigmoid",
               .label = "σ",
               .formula = "1 / (1 + e^-x)",
               .gradient = "g y (1 - y)",
               .elsewhere = {"", "torch.sigmoid", "jax.nn.sigmoid"},
               .vjp_names = {"sigmoid_vjp", ""},
               .traits = {.low = 0, .high = 1, .continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::sigmoid)}));

const Op& softplus_op = row(unary(
    [](auto x) { return softplus(x); }, [](auto g, auto x, auto) { return g * sigmoid(x); },
    {.name = "softplus",
     .formula = "ln(1 + e^x)",
     .gradient = "g sigmoid(x)",
     .elsewhere = {"", "F.softplus", "jax.nn.softplus"},
     .vjp_names = {"softplus_vjp", ""},
     .traits =
         {.position_free = false, .low = 0, .high = inf, .continuity = smooth, .monotonicity = increasing},
     .samples = unary_samples(&xgrad::softplus)}));

const Op& relu_op = row(unary([](auto x) { return where(x < 0, 0, x); },
                              [](auto g, auto, auto y) { return where(y <= 0, 0, g); },
                              {.name = "relu",
                               .formula = "max(x, 0)",
                               .gradient = "g where x > 0, else 0",
                               .elsewhere = {"", "F.relu", "jax.nn.relu"},
                               .vjp_names = {"relu_vjp", ""},
                               .traits = {.piecewise = 1,
                                          .kink = "relu'(0) = 0",
                                          .low = 0,
                                          .high = inf,
                                          .continuity = c0,
                                          .monotonicity = non_decreasing},
                               .switches = by_sign,
                               .samples = unary_samples(&xgrad::relu)}));

void math_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

Variable exp(Variable x) { return Recorder::of(x).record(detail::exp_op, x); }
Variable log(Variable x) { return Recorder::of(x).record(detail::log_op, x); }
Variable log1p(Variable x) { return Recorder::of(x).record(detail::log1p_op, x); }
Variable expm1(Variable x) { return Recorder::of(x).record(detail::expm1_op, x); }
Variable sqrt(Variable x) { return Recorder::of(x).record(detail::sqrt_op, x); }
Variable square(Variable x) { return Recorder::of(x).record(detail::square_op, x); }
Variable abs(Variable x) { return Recorder::of(x).record(detail::abs_op, x); }
Variable sign(Variable x) { return Recorder::of(x).record(detail::sign_op, x); }
Variable sin(Variable x) { return Recorder::of(x).record(detail::sin_op, x); }
Variable cos(Variable x) { return Recorder::of(x).record(detail::cos_op, x); }
Variable tanh(Variable x) { return Recorder::of(x).record(detail::tanh_op, x); }
Variable sigmoid(Variable x) { return Recorder::of(x).record(detail::sigmoid_op, x); }
Variable softplus(Variable x) { return Recorder::of(x).record(detail::softplus_op, x); }
Variable relu(Variable x) { return Recorder::of(x).record(detail::relu_op, x); }

}  // namespace xgrad
