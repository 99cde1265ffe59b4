// Arithmetic: + - * / powers, negation, scaling, extremes of two, limits.
#include <limits>

#include "autodiff/ops/elementwise.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

using enum Continuity;
using enum Monotonicity;

// A step of an affine chain: the variable part through input `which`, the other input as bias or factor.
template <int sign_x, int sign_y>
std::optional<AffineStep> sum_step(const Graph& graph, ValueId id, std::size_t which)
{
    return AffineStep{.bias = graph.inputs(id)[1 - which],
                      .scale = which == 0 ? double(sign_x) : double(sign_y),
                      .bias_scale = which == 0 ? double(sign_y) : double(sign_x)};
}
std::optional<AffineStep> factor_step(const Graph& graph, ValueId id, std::size_t which)
{
    return AffineStep{.factor = graph.inputs(id)[1 - which]};
}
std::optional<AffineStep> divisor_step(const Graph& graph, ValueId id, std::size_t which)
{
    if (which != 0) return std::nullopt;
    return AffineStep{.factor = graph.inputs(id)[1], .divide = true};
}

Switches by_difference(std::span<const Variable> in, const Node&)
{
    if (!is_floating(in[0].dtype())) return {};
    return {{in[0] - in[1]}};
}

constexpr auto plus = [](auto x, auto y) { return x + y; };
constexpr auto minus = [](auto x, auto y) { return x - y; };
constexpr auto times = [](auto x, auto y) { return x * y; };
constexpr auto negate = [](auto x) { return -x; };
constexpr auto larger = [](auto x, auto y) { return maximum(x, y); };
constexpr auto smaller = [](auto x, auto y) { return minimum(x, y); };

std::string affine_text(const Graph&, const Node& node)
{
    std::string text = node.a == 1 ? "x" : node.a == -1 ? "-x" : number_text(node.a) + "·x";
    if (node.b != 0) text += node.b < 0 ? " - " + number_text(-node.b) : " + " + number_text(node.b);
    return text;
}
double no_flops(const Graph&, ValueId) { return 0; }
double affine_flops(const Graph& graph, ValueId id)
{
    const Node& node = graph[id];
    return static_cast<double>(graph.count(id)) * ((std::abs(node.a) != 1) + (node.b != 0));
}

}  // namespace

const Op& add_op = row(with_integers<2>(
    plus, binary(
              plus, [](auto g, auto, auto, auto) { return g; }, [](auto g, auto, auto, auto) { return g; },
              {.name = "add",
               .label = "+",
               .formula = "x + y",
               .gradient = "dx = g, dy = g",
               .elsewhere = {"np.add", "torch.add", "jnp.add"},
               .traits = {.linear = 3, .jointly = true, .commutes = true},
               .affine = sum_step<1, 1>,
               .samples = binary_samples(&detail::add)})));
Variable add(Variable x, Variable y) { return Recorder::of(x).record(add_op, x, y); }

const Op& sub_op = row(with_integers<2>(
    minus, binary(
               minus, [](auto g, auto, auto, auto) { return g; }, [](auto g, auto, auto, auto) { return -g; },
               {.name = "sub",
                .label = "−",
                .formula = "x - y",
                .gradient = "dx = g, dy = -g",
                .elsewhere = {"np.subtract", "torch.sub", "jnp.subtract"},
                .traits = {.linear = 3, .jointly = true},
                .affine = sum_step<1, -1>,
                .samples = binary_samples(&detail::sub)})));
Variable sub(Variable x, Variable y) { return Recorder::of(x).record(sub_op, x, y); }

const Op& mul_op =
    row(with_integers<2>(times, binary(
                                    times, [](auto g, auto, auto y, auto) { return g * y; },
                                    [](auto g, auto x, auto, auto) { return g * x; },
                                    {.name = "mul",
                                     .label = "×",
                                     .formula = "x y",
                                     .gradient = "dx = g y, dy = g x",
                                     .elsewhere = {"np.multiply", "torch.mul", "jnp.multiply"},
                                     .traits = {.linear = 3, .commutes = true, .neutral = {1, 1}},
                                     .affine = factor_step,
                                     .samples = binary_samples(&detail::mul)})));
Variable mul(Variable x, Variable y) { return Recorder::of(x).record(mul_op, x, y); }

const Op& div_op =
    row(binary([](auto x, auto y) { return x / y; }, [](auto g, auto, auto y, auto) { return g / y; },
               [](auto g, auto, auto y, auto out) { return -(g * out) / y; },
               {.name = "div",
                .label = "÷",
                .formula = "x / y",
                .gradient = "dx = g / y, dy = -g x / y^2",
                .elsewhere = {"np.divide", "torch.div", "jnp.divide"},
                .vjp_names = {"", "div_vjp"},
                .traits = {.linear = 1, .neutral = {std::numeric_limits<double>::quiet_NaN(), 1}},
                .affine = divisor_step,
                .samples = binary_samples(&detail::div, -2, 2, 0.5, 3)}));
Variable div(Variable x, Variable y) { return Recorder::of(x).record(div_op, x, y); }

namespace {
// Whole numbers go round where they overflow; with y < 0 the power is what is left of 1 / x^-y, as in PyTorch: 0 unless x is 1
// or -1.
constexpr auto whole_power = [](std::int64_t x, std::int64_t y) -> std::int64_t {
    if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
    std::uint64_t power = 1, square = static_cast<std::uint64_t>(x);
    for (; y > 0; y /= 2, square *= square)
        if (y % 2 == 1) power *= square;
    return static_cast<std::int64_t>(power);
};
}  // namespace

// At x = 0 both rules avoid what is infinite beside a factor 0, in the operands and not in the result: derivatives of
// the rules then meet no 0 * inf either.
const Op& pow_op = row(with_integers<2>(
    whole_power, binary([](auto x, auto y) { return pow(x, y); },
                        [](auto g, auto x, auto y, auto) {
                            const auto at_zero = where(x < 0, y, where(x > 0, y, 1));  // and at NaN
                            const auto power = where(y <= 0, where(y < 0, y, at_zero), y);
                            return g * y * pow(x, power - 1);
                        },
                        [](auto g, auto x, auto y, auto) {
                            const auto base = where(x <= 0, where(x < 0, x, where(y >= 0, 1, x)), x);
                            return g * pow(x, y) * log(base);
                        },
                        {.name = "pow",
                         .formula = "x^y",
                         .gradient = "dx = g y x^(y - 1), dy = g x^y ln x",
                         .elsewhere = {"np.power", "torch.pow", "jnp.power"},
                         .vjp_names = {"pow_vjp_base", "pow_vjp_exponent"},
                         .traits = {.position_free = false, .kink = "d/dy x^y = 0 at x = 0"},
                         .samples = binary_samples(&detail::pow, 0.3, 2, -2, 2)})));
Variable pow(Variable x, Variable y) { return Recorder::of(x).record(pow_op, x, y); }

const Op& maximum_op = row(with_integers<2>(
    larger,
    binary(
        larger, [](auto g, auto x, auto y, auto) { return where(x > y, g, where(x < y, 0, g * 0.5f)); },
        [](auto g, auto x, auto y, auto) { return where(x < y, g, where(x > y, 0, g * 0.5f)); },
        {.name = "maximum",
         .formula = "max(x, y)",
         .gradient = "dx = g [x > y], dy = g [y > x], g / 2 each where equal",
         .elsewhere = {"np.maximum", "torch.maximum", "jnp.maximum"},
         .vjp_names = {"maximum_vjp_x", "maximum_vjp_y"},
         .traits = {.jointly = true,
                    .piecewise = 3,
                    .commutes = true,
                    .kink = "equal arguments share the gradient evenly"},
         .switches = by_difference,
         .samples = binary_samples(&detail::maximum)})));
Variable maximum(Variable x, Variable y) { return Recorder::of(x).record(maximum_op, x, y); }

const Op& minimum_op = row(with_integers<2>(
    smaller,
    binary(
        smaller, [](auto g, auto x, auto y, auto) { return where(x < y, g, where(x > y, 0, g * 0.5f)); },
        [](auto g, auto x, auto y, auto) { return where(x > y, g, where(x < y, 0, g * 0.5f)); },
        {.name = "minimum",
         .formula = "min(x, y)",
         .gradient = "dx = g [x < y], dy = g [y < x], g / 2 each where equal",
         .elsewhere = {"np.minimum", "torch.minimum", "jnp.minimum"},
         .vjp_names = {"minimum_vjp_x", "minimum_vjp_y"},
         .traits = {.jointly = true,
                    .piecewise = 3,
                    .commutes = true,
                    .kink = "equal arguments share the gradient evenly"},
         .switches = by_difference,
         .samples = binary_samples(&detail::minimum)})));
Variable minimum(Variable x, Variable y) { return Recorder::of(x).record(minimum_op, x, y); }

const Op& neg_op = row(with_integers<1>(
    negate, unary(negate, [](auto g, auto, auto) { return -g; },
                  {.name = "neg",
                   .label = "−",
                   .formula = "-x",
                   .gradient = "-g",
                   .elsewhere = {"np.negative", "torch.neg", "jnp.negative"},
                   .traits = {.linear = 1, .continuity = smooth, .monotonicity = decreasing},
                   .affine = [](const Graph&, ValueId,
                                std::size_t) { return std::optional(AffineStep{.scale = -1}); },
                   .samples = unary_samples(&xgrad::neg)})));

constexpr auto scale_and_shift = [](auto x, auto a, auto b) { return a * x + b; };
// The derivative of a mere shift is the cotangent itself: no node for it.
Op without_unit_factor(Op base)
{
    base.vjp = [](VjpCall& call) { call.give(0, call.a() == 1 ? call.g : call.g * call.a()); };
    return base;
}
const Op& affine_op = row(with_integers<1, 2>(
    scale_and_shift, without_unit_factor(unary<2>(
                         scale_and_shift, [](auto g, auto, auto, auto a, auto) { return g * a; },
                         {.name = "affine",
                          .label_is_attributes = true,
                          .formula = "a x + b",
                          .gradient = "a g",
                          .traits = {.linear = 1},
                          .refine =
                              [](Traits& traits, double a, double) {
                                  traits.continuity = smooth;
                                  if (a != 0) traits.monotonicity = a > 0 ? increasing : decreasing;
                              },
                          .affine =
                              [](const Graph& graph, ValueId id, std::size_t) {
                                  return std::optional(
                                      AffineStep{.scale = graph[id].a, .shift = graph[id].b});
                              },
                          .flops = affine_flops,
                          .attributes = affine_text,
                          .samples = unary_samples([](Variable x) { return affine(x, 0.5, -1.25); })}))));

constexpr auto limit = [](auto x, auto low, auto high) { return minimum(maximum(x, low), high); };
const Op& clamp_op = row(with_integers<1, 2>(
    limit,
    unary<2>(
        limit,
        [](auto g, auto x, auto, auto low, auto high) { return where(x < low, 0, where(x > high, 0, g)); },
        {.name = "clamp",
         .formula = "min(max(x, low), high)",
         .gradient = "g where low <= x <= high, else 0",
         .elsewhere = {"np.clip", "torch.clamp", "jnp.clip"},
         .vjp_names = {"clamp_vjp", ""},
         .traits = {.piecewise = 1, .kink = "the gradient passes at the bounds"},
         .refine =
             [](Traits& traits, double low, double high) {
                 traits.low = low, traits.high = high, traits.monotonicity = non_decreasing;
                 if (low < high && (std::isfinite(low) || std::isfinite(high))) traits.continuity = c0;
             },
         .switches =
             [](std::span<const Variable> in, const Node& node) {
                 return Switches{{in[0] - node.a, in[0] - node.b}};
             },
         .attributes = [](const Graph&,
                          const Node& node) { return number_text(node.a) + " .. " + number_text(node.b); },
         .samples = unary_samples([](Variable x) { return clamp(x, -0.75, 0.5); })})));

const Op& detach_op = row({
    .name = "detach",
    .formula = "x, with gradient 0",
    .gradient = "0",
    .elsewhere = {"", "torch.Tensor.detach", "jax.lax.stop_gradient"},
    .traits = {.alias = true},
    .infer =
        [](InferCall& call) {
            call.out[0] = {call.dtype(0), call.graph[call.in[0]].shape};
        },
    .vjp = [](VjpCall&) {},
    .flops = no_flops,
    .samples = {{{{{2, 3}}}, [](auto in) { return detach(in[0]); }}},
});

void arithmetic_rows() {}

}  // namespace xgrad::detail

namespace xgrad {

Variable neg(Variable x) { return detail::Recorder::of(x).record(detail::neg_op, x); }

Variable affine(Variable x, double a, double b)
{
    if (x.dtype() == DType::int64 && (a != static_cast<double>(static_cast<std::int64_t>(a)) ||
                                      b != static_cast<double>(static_cast<std::int64_t>(b))))
        throw DtypeError("a fraction beside an int64 array: cast the array to float32 or float64 first");
    return detail::Recorder::of(x).record(detail::affine_op, x, a, b);
}

Variable clamp(Variable x, double low, double high)
{
    if (std::isnan(low) || std::isnan(high))
        throw ValueError("clamp: the bounds " + number_text(low) + " and " + number_text(high) +
                         " are not both numbers");
    if (!(low <= high))
        throw ValueError("clamp: the lower bound " + number_text(low) + " is above the upper bound " +
                         number_text(high));
    for (const double bound : {low, high})
        if (x.dtype() == DType::int64 && !(std::abs(bound) < 9e18 && std::trunc(bound) == bound))
            throw DtypeError("clamp: the bound " + number_text(bound) +
                             " beside an int64 array is not a whole number "
                             "(cast the array to float32 or float64 first)");
    return detail::Recorder::of(x).record(detail::clamp_op, x, low, high);
}

Variable detach(Variable x) { return detail::Recorder::of(x).record(detail::detach_op, x); }

}  // namespace xgrad
