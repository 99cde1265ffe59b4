// Trigonometric and hyperbolic functions, their inverses, hypot.
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

using enum Continuity;
using enum Monotonicity;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double half_pi = 1.5707963267948966;
constexpr double pi = 3.1415926535897932;
}  // namespace

// Each row: value f(x); derivative (cotangent g, input x, value y).

const Op& tan_op =
    row(unary([](auto x) { return tan(x); }, [](auto g, auto, auto y) { return g * (1 + y * y); },
              {.name = "tan",
               .formula = "tan x",
               .gradient = "g (1 + y^2)",
               .elsewhere = {"np.tan", "torch.tan", "jnp.tan"},
               .vjp_names = {"tan_vjp", ""},
               .samples = unary_samples(&xgrad::tan, -1.3, 1.3)}));

// (1 - x)(1 + x) keeps what 1 - x^2 loses near the ends.
const Op& asin_op = row(unary([](auto x) { return asin(x); },
                              [](auto g, auto x, auto) { return g / sqrt((1 - x) * (1 + x)); },
                              {.name = "asin",
                               .formula = "arcsin x",
                               .gradient = "g / sqrt(1 - x^2)",
                               .elsewhere = {"np.arcsin", "torch.asin", "jnp.arcsin"},
                               .vjp_names = {"asin_vjp", ""},
                               .traits = {.low = -half_pi, .high = half_pi},
                               .samples = unary_samples(&xgrad::asin, -0.9, 0.9)}));

const Op& acos_op = row(unary([](auto x) { return acos(x); },
                              [](auto g, auto x, auto) { return -(g / sqrt((1 - x) * (1 + x))); },
                              {.name = "acos",
                               .formula = "arccos x",
                               .gradient = "-g / sqrt(1 - x^2)",
                               .elsewhere = {"np.arccos", "torch.acos", "jnp.arccos"},
                               .vjp_names = {"acos_vjp", ""},
                               .traits = {.low = 0, .high = pi},
                               .samples = unary_samples(&xgrad::acos, -0.9, 0.9)}));

const Op& atan_op =
    row(unary([](auto x) { return atan(x); }, [](auto g, auto x, auto) { return g / (1 + x * x); },
              {.name = "atan",
               .formula = "arctan x",
               .gradient = "g / (1 + x^2)",
               .elsewhere = {"np.arctan", "torch.atan", "jnp.arctan"},
               .vjp_names = {"atan_vjp", ""},
               .traits = {.low = -half_pi, .high = half_pi, .continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::atan)}));

const Op& sinh_op =
    row(unary([](auto x) { return sinh(x); }, [](auto g, auto x, auto) { return g * cosh(x); },
              {.name = "sinh",
               .formula = "(e^x - e^-x) / 2",
               .gradient = "g cosh x",
               .elsewhere = {"np.sinh", "torch.sinh", "jnp.sinh"},
               .vjp_names = {"sinh_vjp", ""},
               .traits = {.position_free = false, .continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::sinh)}));

const Op& cosh_op = row(unary(
    [](auto x) { return cosh(x); }, [](auto g, auto x, auto) { return g * sinh(x); },
    {.name = "cosh",
     .formula = "(e^x + e^-x) / 2",
     .gradient = "g sinh x",
     .elsewhere = {"np.cosh", "torch.cosh", "jnp.cosh"},
     .vjp_names = {"cosh_vjp", ""},
     .traits = {.position_free = false, .low = 1, .high = inf, .continuity = smooth, .monotonicity = neither},
     .samples = unary_samples(&xgrad::cosh)}));

const Op& asinh_op =
    row(unary([](auto x) { return asinh(x); }, [](auto g, auto x, auto) { return g / sqrt(x * x + 1); },
              {.name = "asinh",
               .formula = "ln(x + sqrt(x^2 + 1))",
               .gradient = "g / sqrt(x^2 + 1)",
               .elsewhere = {"np.arcsinh", "torch.asinh", "jnp.arcsinh"},
               .vjp_names = {"asinh_vjp", ""},
               .traits = {.continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::asinh)}));

const Op& acosh_op =
    row(unary([](auto x) { return acosh(x); },
              [](auto g, auto x, auto) { return g / sqrt(where(x < 0, x * x - 1, (x - 1) * (x + 1))); },
              {.name = "acosh",
               .formula = "ln(x + sqrt(x^2 - 1))",
               .gradient = "g / sqrt(x^2 - 1)",
               .elsewhere = {"np.arccosh", "torch.acosh", "jnp.arccosh"},
               .vjp_names = {"acosh_vjp", ""},
               .traits = {.low = 0, .high = inf},
               .samples = unary_samples(&xgrad::acosh, 1.2, 4)}));

const Op& atanh_op =
    row(unary([](auto x) { return atanh(x); }, [](auto g, auto x, auto) { return g / ((1 - x) * (1 + x)); },
              {.name = "atanh",
               .formula = "ln((1 + x) / (1 - x)) / 2",
               .gradient = "g / (1 - x^2)",
               .elsewhere = {"np.arctanh", "torch.atanh", "jnp.arctanh"},
               .vjp_names = {"atanh_vjp", ""},
               .samples = unary_samples(&xgrad::atanh, -0.9, 0.9)}));

const Op& atan2_op =
    row(binary([](auto y, auto x) { return atan2(y, x); },
               [](auto g, auto y, auto x, auto) { return g * x / (y * y + x * x); },
               [](auto g, auto y, auto x, auto) { return -(g * y) / (y * y + x * x); },
               {.name = "atan2",
                .formula = "angle of the point (x, y)",
                .gradient = "dy = g x / (x^2 + y^2), dx = -g y / (x^2 + y^2)",
                .elsewhere = {"np.arctan2", "torch.atan2", "jnp.arctan2"},
                .vjp_names = {"atan2_vjp_y", "atan2_vjp_x"},
                .inputs = {"y", "x"},
                .traits = {.position_free = false, .kink = "NaN at x = y = 0", .low = -pi, .high = pi},
                .samples = binary_samples(&detail::atan2, 0.3, 2, -2, 2)}));
Variable atan2(Variable y, Variable x) { return Recorder::of(y).record(atan2_op, y, x); }

const Op& hypot_op = row(binary(
    [](auto x, auto y) { return hypot(x, y); }, [](auto g, auto x, auto, auto out) { return g * (x / out); },
    [](auto g, auto, auto y, auto out) { return g * (y / out); },
    {.name = "hypot",
     .formula = "sqrt(x^2 + y^2)",
     .gradient = "dx = g x / hypot(x, y), dy = g y / hypot(x, y)",
     .elsewhere = {"np.hypot", "torch.hypot", "jnp.hypot"},
     .vjp_names = {"hypot_vjp_x", "hypot_vjp_y"},
     .traits = {.position_free = false, .kink = "NaN at x = y = 0", .low = 0, .high = inf},
     .samples = binary_samples(&detail::hypot, 0.3, 2, -2, 2)}));
Variable hypot(Variable x, Variable y) { return Recorder::of(x).record(hypot_op, x, y); }

void trigonometry_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

Variable tan(Variable x) { return Recorder::of(x).record(detail::tan_op, x); }
Variable asin(Variable x) { return Recorder::of(x).record(detail::asin_op, x); }
Variable acos(Variable x) { return Recorder::of(x).record(detail::acos_op, x); }
Variable atan(Variable x) { return Recorder::of(x).record(detail::atan_op, x); }
Variable sinh(Variable x) { return Recorder::of(x).record(detail::sinh_op, x); }
Variable cosh(Variable x) { return Recorder::of(x).record(detail::cosh_op, x); }
Variable asinh(Variable x) { return Recorder::of(x).record(detail::asinh_op, x); }
Variable acosh(Variable x) { return Recorder::of(x).record(detail::acosh_op, x); }
Variable atanh(Variable x) { return Recorder::of(x).record(detail::atanh_op, x); }

}  // namespace xgrad
