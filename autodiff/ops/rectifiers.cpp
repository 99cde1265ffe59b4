// Activations that are linear in pieces, and the exponential ones that are linear above 0.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/elementwise.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

using enum Continuity;
using enum Monotonicity;

constexpr double inf = std::numeric_limits<double>::infinity();

std::string one_attribute(const Graph&, const Node& node) { return number_text(node.a); }
std::string two_attributes(const Graph&, const Node& node)
{
    return number_text(node.a) + ", " + number_text(node.b);
}

// selu's constants, Klambauer et al. 2017.
constexpr double selu_scale = 1.0507009873554804934;
constexpr double selu_alpha = 1.6732632423543772848;

Switches at_zero(std::span<const Variable> in, const Node&) { return {{in[0]}}; }
Switches at_both_bounds(std::span<const Variable> in, const Node& node)
{
    return {{in[0] - node.a, in[0] + node.a}};
}

// min(x, 0), so that an exponential does not overflow where it is not chosen: infinity times 0 is NaN.
constexpr auto not_above = [](auto x) { return where(x > 0, 0, x); };

}  // namespace

// Each row: value f(x, attributes); derivative (cotangent g, input x, value y, attributes). Conditions are written such that
// NaN takes a branch that keeps it.

const Op& leaky_relu_op =
    row(unary<1>([](auto x, auto slope) { return where(x > 0, x, x * slope); },
                 [](auto g, auto x, auto, auto slope) { return where(x > 0, g, g * slope); },
                 {.name = "leaky_relu",
                  .formula = "x for x > 0, else slope x",
                  .gradient = "g where x > 0, else g slope",
                  .elsewhere = {"", "F.leaky_relu", "jax.nn.leaky_relu"},
                  .vjp_names = {"leaky_relu_vjp", ""},
                  .traits = {.piecewise = 1, .kink = "leaky_relu'(0) = slope"},
                  .refine =
                      [](Traits& traits, double slope, double) {
                          traits.continuity = slope == 1 ? smooth : c0;
                          traits.monotonicity = slope > 0 ? increasing : slope < 0 ? neither : non_decreasing;
                          if (slope <= 0) traits.low = 0;
                      },
                  .defaults = std::array{0.01, 0.},
                  .switches = at_zero,
                  .attributes = one_attribute,
                  .samples = unary_samples([](Variable x) { return leaky_relu(x, 0.1); })}));

const Op& prelu_op =
    row(binary([](auto x, auto w) { return where(x > 0, x, w * x); },
               [](auto g, auto x, auto w, auto) { return where(x > 0, g, w * g); },
               [](auto g, auto x, auto, auto) { return where(x > 0, 0, g * x); },
               {.name = "prelu",
                .formula = "x for x > 0, else weight x",
                .gradient = "dx = g where x > 0, else g weight; dweight = 0 where x > 0, else g x",
                .elsewhere = {"", "F.prelu", ""},
                .vjp_names = {"prelu_vjp_x", "prelu_vjp_weight"},
                .inputs = {"x", "weight"},
                .traits = {.piecewise = 1, .kink = "prelu'(0) = weight", .continuity = c0},
                .switches = at_zero,
                .samples = binary_samples(&detail::prelu)}));
Variable prelu(Variable x, Variable weight) { return Recorder::of(x).record(prelu_op, x, weight); }

constexpr auto between = [](auto x, auto low, auto high) { return minimum(maximum(x, low), high); };
const Op& hardtanh_op = row(unary<2>(
    between,
    [](auto g, auto x, auto, auto low, auto high) { return where(x <= low, 0, where(x >= high, 0, g)); },
    {.name = "hardtanh",
     .formula = "min(max(x, low), high)",
     .gradient = "g where low < x < high, else 0",
     .elsewhere = {"", "F.hardtanh", "jax.nn.hard_tanh"},
     .vjp_names = {"hardtanh_vjp", ""},
     .traits = {.piecewise = 1,
                .kink = "the derivative is 0 at the bounds",
                .continuity = c0,
                .monotonicity = non_decreasing},
     .refine = [](Traits& traits, double low, double high) { traits.low = low, traits.high = high; },
     .defaults = std::array{-1., 1.},
     .switches =
         [](std::span<const Variable> in, const Node& node) {
             return Switches{{in[0] - node.a, in[0] - node.b}};
         },
     .attributes = two_attributes,
     .samples = unary_samples([](Variable x) { return hardtanh(x, -1, 1.5); })}));

const Op& hardsigmoid_op =
    row(unary([](auto x) { return between(x + 3, number(x, 0), number(x, 6)) / 6; },
              [](auto g, auto x, auto) { return where(x <= -3, 0, where(x >= 3, 0, g / 6)); },
              {.name = "hardsigmoid",
               .formula = "relu6(x + 3) / 6",
               .gradient = "g / 6 where |x| < 3, else 0",
               .elsewhere = {"", "F.hardsigmoid", "jax.nn.hard_sigmoid"},
               .vjp_names = {"hardsigmoid_vjp", ""},
               .traits = {.piecewise = 1,
                          .kink = "hardsigmoid'(-3) = hardsigmoid'(3) = 0",
                          .low = 0,
                          .high = 1,
                          .continuity = c0,
                          .monotonicity = non_decreasing},
               .switches =
                   [](std::span<const Variable> in, const Node&) {
                       return Switches{{in[0] + 3, in[0] - 3}};
                   },
               .samples = unary_samples(&xgrad::hardsigmoid, -4, 4)}));

// x times what is at most 1, so that it does not overflow.
const Op& hardswish_op =
    row(unary([](auto x) { return x * (between(x + 3, number(x, 0), number(x, 6)) / 6); },
              [](auto g, auto x, auto) { return where(x < -3, 0, where(x > 3, g, g * (x / 3 + 0.5f))); },
              {.name = "hardswish",
               .formula = "x relu6(x + 3) / 6",
               .gradient = "0 for x < -3, g for x > 3, else g (x / 3 + 1/2)",
               .elsewhere = {"", "F.hardswish", "jax.nn.hard_swish"},
               .vjp_names = {"hardswish_vjp", ""},
               .traits = {.kink = "hardswish'(-3) = -1/2, hardswish'(3) = 3/2",
                          .low = -0.375,
                          .high = inf,
                          .continuity = c0,
                          .monotonicity = neither},
               .samples = unary_samples(&xgrad::hardswish, -4, 4)}));

const Op& hardshrink_op = row(
    unary<1>([](auto x, auto bound) { return where(x >= -bound, where(x <= bound, 0, x), x); },
             [](auto g, auto x, auto, auto bound) { return where(x >= -bound, where(x <= bound, 0, g), g); },
             {.name = "hardshrink",
              .formula = "x where |x| > bound, else 0",
              .gradient = "g where |x| > bound, else 0",
              .elsewhere = {"", "F.hardshrink", ""},
              .vjp_names = {"hardshrink_vjp", ""},
              .traits = {.piecewise = 1, .kink = "the derivative is 0 at the bounds"},
              .refine =
                  [](Traits& traits, double bound, double) {
                      if (bound > 0) traits.continuity = discontinuous, traits.monotonicity = non_decreasing;
                  },
              .defaults = std::array{0.5, 0.},
              .switches = at_both_bounds,
              .attributes = one_attribute,
              .samples = unary_samples([](Variable x) { return hardshrink(x, 0.75); })}));

const Op& softshrink_op = row(unary<1>(
    [](auto x, auto bound) { return where(x > bound, x - bound, where(x < -bound, x + bound, x * 0)); },
    [](auto g, auto x, auto, auto bound) { return where(x >= -bound, where(x <= bound, 0, g), g); },
    {.name = "softshrink",
     .formula = "x ∓ bound where ±x > bound, else 0",
     .gradient = "g where |x| > bound, else 0",
     .elsewhere = {"", "F.softshrink", ""},
     .vjp_names = {"softshrink_vjp", ""},
     .traits = {.piecewise = 1, .kink = "the derivative is 0 at the bounds"},
     .refine =
         [](Traits& traits, double bound, double) {
             traits.continuity = bound > 0 ? c0 : smooth;
             traits.monotonicity = bound > 0 ? non_decreasing : increasing;
         },
     .defaults = std::array{0.5, 0.},
     .switches = at_both_bounds,
     .attributes = one_attribute,
     .samples = unary_samples([](Variable x) { return softshrink(x, 0.75); })}));

const Op& threshold_op = row(unary<2>(
    [](auto x, auto bound, auto value) { return where(x <= bound, value, x); },
    [](auto g, auto x, auto, auto bound, auto) { return where(x <= bound, 0, g); },
    {.name = "threshold",
     .formula = "x where x > bound, else value",
     .gradient = "g where x > bound, else 0",
     .elsewhere = {"", "F.threshold", ""},
     .vjp_names = {"threshold_vjp", ""},
     .traits = {.piecewise = 1, .kink = "the derivative at the bound is 0"},
     .refine =
         [](Traits& traits, double bound, double value) {
             traits.continuity = value == bound ? c0 : discontinuous;
             traits.monotonicity = value > bound ? neither : non_decreasing;
             traits.low = std::min(bound, value);
         },
     .switches = [](std::span<const Variable> in, const Node& node) { return Switches{{in[0] - node.a}}; },
     .attributes = two_attributes,
     .samples = unary_samples([](Variable x) { return threshold(x, 0.25, -1); })}));

const Op& heaviside_op = row(
    unary<1>([](auto x, auto at_zero) { return where(x > 0, 1, where(x < 0, 0, where(x == 0, at_zero, x))); },
             [](auto g, auto, auto, auto) { return g * 0; },
             {.name = "heaviside",
              .formula = "1 for x > 0, 0 for x < 0",
              .gradient = "0",
              .elsewhere = {"np.heaviside", "torch.heaviside", "jnp.heaviside"},
              .traits = {.piecewise = 1, .kink = "derivative 0 everywhere", .continuity = discontinuous},
              .refine =
                  [](Traits& traits, double at_zero, double) {
                      traits.monotonicity = at_zero >= 0 && at_zero <= 1 ? non_decreasing : neither;
                      traits.low = std::min(0., at_zero), traits.high = std::max(1., at_zero);
                  },
              .defaults = std::array{1., 0.},
              .switches = at_zero,
              .attributes = [](const Graph&, const Node& node) { return number_text(node.a) + " at 0"; },
              .samples = unary_samples([](Variable x) { return heaviside(x, 0.5); })}));

const Op& elu_op = row(
    unary<1>([](auto x, auto alpha) { return where(x > 0, x, alpha * expm1(x)); },
             [](auto g, auto x, auto, auto alpha) { return where(x > 0, g, g * exp(not_above(x)) * alpha); },
             {.name = "elu",
              .formula = "x for x > 0, else alpha (e^x - 1)",
              .gradient = "g where x > 0, else g alpha e^x",
              .elsewhere = {"", "F.elu", "jax.nn.elu"},
              .vjp_names = {"elu_vjp", ""},
              .traits = {.position_free = false, .kink = "elu'(0) = alpha"},
              .refine =
                  [](Traits& traits, double alpha, double) {
                      if (!(alpha > 0)) return;
                      traits.continuity = alpha == 1 ? c1 : c0, traits.monotonicity = increasing;
                      traits.low = -alpha;
                  },
              .defaults = std::array{1., 0.},
              .attributes = one_attribute,
              .samples = unary_samples([](Variable x) { return elu(x, 0.75); })}));

const Op& celu_op = row(
    unary<1>([](auto x, auto alpha) { return where(x > 0, x, alpha * expm1(x / alpha)); },
             [](auto g, auto x, auto, auto alpha) { return where(x > 0, g, g * exp(not_above(x) / alpha)); },
             {.name = "celu",
              .formula = "x for x > 0, else alpha (e^(x / alpha) - 1)",
              .gradient = "g where x > 0, else g e^(x / alpha)",
              .elsewhere = {"", "F.celu", "jax.nn.celu"},
              .vjp_names = {"celu_vjp", ""},
              .traits = {.position_free = false, .continuity = c1},
              .refine =
                  [](Traits& traits, double alpha, double) {
                      traits.monotonicity = increasing;
                      if (alpha > 0) traits.low = -alpha;
                  },
              .defaults = std::array{1., 0.},
              .attributes = one_attribute,
              .samples = unary_samples([](Variable x) { return celu(x, 0.75); })}));

const Op& selu_op = row(unary(
    [](auto x) {
        return where(x > 0, x * number(x, selu_scale), expm1(x) * number(x, selu_scale * selu_alpha));
    },
    [](auto g, auto x, auto) {
        return where(x > 0, g * number(g, selu_scale),
                     g * exp(not_above(x)) * number(g, selu_scale * selu_alpha));
    },
    {.name = "selu",
     .formula = "1.0507 elu(x, 1.67326)",
     .gradient = "1.0507 g where x > 0, else 1.7581 g e^x",
     .elsewhere = {"", "F.selu", "jax.nn.selu"},
     .vjp_names = {"selu_vjp", ""},
     .traits = {.position_free = false,
                .kink = "selu'(0) = 1.7581",
                .low = -selu_scale * selu_alpha,
                .high = inf,
                .continuity = c0,
                .monotonicity = increasing},
     .samples = unary_samples(&xgrad::selu)}));

void rectifier_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

Variable leaky_relu(Variable x, double slope)
{
    return Recorder::of(x).record(detail::leaky_relu_op, x, slope);
}
Variable prelu(Variable x, Variable weight)
{
    const Dims dims = x.shape();
    const std::int64_t channels = dims.empty() ? 1 : dims.size() == 1 ? dims[0] : dims[1];
    if (weight.shape().size() > 1 || (weight.size() != 1 && weight.size() != channels))
        detail::fail<ShapeError>(x, "prelu: got x " + to_string(dims) + " and a weight " +
                                        to_string(weight.shape()) + ", expected a weight [1] or [" +
                                        std::to_string(channels) + "]: one for each channel");
    if (weight.size() == 1) return detail::prelu(x, reshape(weight, {}));
    if (dims.size() <= 2) return detail::prelu(x, weight);
    Shape along(dims.size() - 1, 1);
    along[0] = channels;
    return detail::prelu(x, reshape(weight, along));
}
Variable prelu(Variable x, const Parameter& weight) { return prelu(x, detail::lift(x, weight)); }
Variable hardtanh(Variable x, double low, double high)
{
    if (!(low < high))
        throw ValueError("hardtanh: the bounds are " + number_text(low) + " and " + number_text(high) +
                         ", expected low < high");
    return Recorder::of(x).record(detail::hardtanh_op, x, low, high);
}
Variable hardsigmoid(Variable x) { return Recorder::of(x).record(detail::hardsigmoid_op, x); }
Variable hardswish(Variable x) { return Recorder::of(x).record(detail::hardswish_op, x); }
Variable hardshrink(Variable x, double bound)
{
    return Recorder::of(x).record(detail::hardshrink_op, x, bound);
}
Variable softshrink(Variable x, double bound)
{
    if (!(bound >= 0))
        throw ValueError("softshrink: the bound is " + number_text(bound) + ", expected a number from 0 on");
    return Recorder::of(x).record(detail::softshrink_op, x, bound);
}
Variable threshold(Variable x, double bound, double value)
{
    return Recorder::of(x).record(detail::threshold_op, x, bound, value);
}
Variable heaviside(Variable x, double at_zero)
{
    return Recorder::of(x).record(detail::heaviside_op, x, at_zero);
}
Variable elu(Variable x, double alpha) { return Recorder::of(x).record(detail::elu_op, x, alpha); }
Variable celu(Variable x, double alpha)
{
    if (alpha == 0 || std::isnan(alpha))
        throw ValueError("celu: alpha is " + number_text(alpha) + ", expected a number other than 0");
    return Recorder::of(x).record(detail::celu_op, x, alpha);
}
Variable selu(Variable x) { return Recorder::of(x).record(detail::selu_op, x); }

}  // namespace xgrad
