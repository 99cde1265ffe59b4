// Activations that are smooth, those of inverse square roots among them.
#include "autodiff/ops/elementwise.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

using enum Continuity;
using enum Monotonicity;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double half_pi = 1.5707963267948966;

std::string alpha_text(const Graph&, const Node& node) { return number_text(node.a); }

// x / sqrt(1 + alpha x^2) without overflow: beyond 1 by 1 / x.
constexpr auto root_unit = [](auto x, auto alpha) {
    const auto small = where(abs(x) <= 1, x, 0), inverse = 1 / where(abs(x) <= 1, number(x, 1), x);
    return where(abs(x) <= 1, small / sqrt(1 + alpha * small * small),
                 where(x < 0, -1, where(x > 0, 1, x)) / sqrt(alpha + inverse * inverse));
};
// Its derivative.
constexpr auto root_unit_slope = [](auto x, auto alpha) {
    const auto r = 1 / sqrt(1 + alpha * x * x);
    return r * r * r;
};
constexpr auto swish_slope = [](auto x) {
    const auto s = sigmoid(x);
    return s * (1 + x * (1 - s));
};

}  // namespace

const Op& silu_op =
    row(unary([](auto x) { return x * sigmoid(x); }, [](auto g, auto x, auto) { return g * swish_slope(x); },
              {.name = "silu",
               .formula = "x / (1 + e^-x)",
               .gradient = "g s (1 + x (1 - s)), s = sigmoid(x)",
               .elsewhere = {"", "F.silu", "jax.nn.silu"},
               .vjp_names = {"silu_vjp", ""},
               .traits = {.position_free = false,
                          .low = -0.27846454276107380,
                          .high = inf,
                          .continuity = smooth,
                          .monotonicity = neither},
               .samples = unary_samples(&xgrad::silu)}));

const Op& mish_op = row(unary([](auto x) { return x * tanh(softplus(x)); },
                              [](auto g, auto x, auto) {
                                  const auto t = tanh(softplus(x));
                                  return g * (t + x * ((1 - t * t) * sigmoid(x)));
                              },
                              {.name = "mish",
                               .formula = "x tanh(ln(1 + e^x))",
                               .gradient = "g (t + x (1 - t^2) sigmoid(x)), t = tanh(softplus(x))",
                               .elsewhere = {"", "F.mish", "jax.nn.mish"},
                               .vjp_names = {"mish_vjp", ""},
                               .traits = {.position_free = false,
                                          .low = -0.30884341301725041,
                                          .high = inf,
                                          .continuity = smooth,
                                          .monotonicity = neither},
                               .samples = unary_samples(&xgrad::mish)}));

const Op& logsigmoid_op = row(unary(
    [](auto x) { return -softplus(-x); }, [](auto g, auto x, auto) { return g * sigmoid(-x); },
    {.name = "logsigmoid",
     .label = "log σ",
     .formula = "-ln(1 + e^-x)",
     .gradient = "g sigmoid(-x)",
     .elsewhere = {"", "F.logsigmoid", "jax.nn.log_sigmoid"},
     .vjp_names = {"logsigmoid_vjp", ""},
     .traits =
         {.position_free = false, .low = -inf, .high = 0, .continuity = smooth, .monotonicity = increasing},
     .samples = unary_samples(&xgrad::logsigmoid)}));

const Op& softsign_op =
    row(unary([](auto x) { return x / (1 + abs(x)); },
              [](auto g, auto x, auto) {
                  const auto d = 1 + abs(x);
                  return g / (d * d);
              },
              {.name = "softsign",
               .formula = "x / (1 + |x|)",
               .gradient = "g / (1 + |x|)^2",
               .elsewhere = {"", "F.softsign", "jax.nn.soft_sign"},
               .vjp_names = {"softsign_vjp", ""},
               .traits = {.low = -1, .high = 1, .continuity = c1, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::softsign)}));

const Op& tanhshrink_op =
    row(unary([](auto x) { return x - tanh(x); },
              [](auto g, auto x, auto) {
                  const auto t = tanh(x);
                  return g * (t * t);
              },
              {.name = "tanhshrink",
               .formula = "x - tanh(x)",
               .gradient = "g tanh(x)^2",
               .elsewhere = {"", "F.tanhshrink", ""},
               .vjp_names = {"tanhshrink_vjp", ""},
               .traits = {.position_free = false, .continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::tanhshrink)}));

const Op& isru_op =
    row(unary<1>(root_unit, [](auto g, auto x, auto, auto alpha) { return g * root_unit_slope(x, alpha); },
                 {.name = "isru",
                  .formula = "x / sqrt(1 + alpha x^2)",
                  .gradient = "g / (1 + alpha x^2)^(3/2)",
                  .vjp_names = {"isru_vjp", ""},
                  .traits = {.continuity = smooth, .monotonicity = increasing},
                  .refine = [](Traits& traits, double alpha,
                               double) { traits.high = 1 / std::sqrt(alpha), traits.low = -traits.high; },
                  .defaults = std::array{1., 0.},
                  .attributes = alpha_text,
                  .samples = unary_samples([](Variable x) { return isru(x, 0.75); })}));

const Op& isrlu_op = row(
    unary<1>([](auto x, auto alpha) { return where(x < 0, root_unit(x, alpha), x); },
             [](auto g, auto x, auto, auto alpha) { return where(x < 0, g * root_unit_slope(x, alpha), g); },
             {.name = "isrlu",
              .formula = "x for x >= 0, else x / sqrt(1 + alpha x^2)",
              .gradient = "g where x >= 0, else g / (1 + alpha x^2)^(3/2)",
              .vjp_names = {"isrlu_vjp", ""},
              .traits = {.continuity = c2, .monotonicity = increasing},
              .refine = [](Traits& traits, double alpha, double) { traits.low = -1 / std::sqrt(alpha); },
              .defaults = std::array{1., 0.},
              .attributes = alpha_text,
              .samples = unary_samples([](Variable x) { return isrlu(x, 0.75); })}));

const Op& elish_op = row(
    unary([](auto x) { return where(x < 0, expm1(x), x) * sigmoid(x); },
          [](auto g, auto x, auto) {
              const auto s = sigmoid(x);
              const auto low = where(x < 0, x, 0);  // no overflow where it is not chosen
              const auto below = exp(low) * s + expm1(low) * (s * (1 - s));
              return g * where(x < 0, below, swish_slope(x));
          },
          {.name = "elish",
           .formula = "x sigmoid(x) for x >= 0, else (e^x - 1) sigmoid(x)",
           .gradient = "g s (1 + x (1 - s)) for x >= 0, else g (e^x s + (e^x - 1) s (1 - s)), s = sigmoid(x)",
           .vjp_names = {"elish_vjp", ""},
           .traits = {.position_free = false,
                      .low = -0.17157287525380990,
                      .high = inf,
                      .continuity = c1,
                      .monotonicity = neither},
           .samples = unary_samples(&xgrad::elish)}));

const Op& sqnl_op = row(unary(
    [](auto x) {
        const auto t = minimum(maximum(x, number(x, -2)), number(x, 2));
        return t - t * abs(t) / 4;
    },
    [](auto g, auto x, auto) { return g * where(abs(x) > 2, 0, 1 - abs(x) / 2); },
    {.name = "sqnl",
     .formula = "x - x |x| / 4 for |x| <= 2, else the sign of x",
     .gradient = "g max(1 - |x| / 2, 0)",
     .vjp_names = {"sqnl_vjp", ""},
     .traits = {.low = -1, .high = 1, .continuity = c1, .monotonicity = non_decreasing},
     .samples = unary_samples(&xgrad::sqnl, -3, 3)}));

// (1 + sin x) / 2 = sin^2((x + pi/2) / 2), which keeps its digits near -pi/2.
const Op& cosine_squasher_op = row(unary(
    [](auto x) {
        const auto s = sin((x + number(x, half_pi)) / 2);
        return where(x <= number(x, -half_pi), 0, where(x >= number(x, half_pi), 1, s * s));
    },
    [](auto g, auto x, auto) { return where(abs(x) >= number(x, half_pi), 0, g * cos(x) / 2); },
    {.name = "cosine_squasher",
     .formula = "(1 + sin x) / 2 for |x| <= pi/2, 0 below, 1 above",
     .gradient = "g cos(x) / 2 where |x| < pi/2, else 0",
     .vjp_names = {"cosine_squasher_vjp", ""},
     .traits =
         {.position_free = false, .low = 0, .high = 1, .continuity = c1, .monotonicity = non_decreasing},
     .samples = unary_samples(&xgrad::cosine_squasher)}));

// sqrt(x^2 + 1) - 1 = x^2 / (sqrt(x^2 + 1) + 1) for small x; |x| sqrt(1 + 1 / x^2) for large ones.
const Op& bent_identity_op = row(unary(
    [](auto x) {
        const auto ax = abs(x), small = where(ax > 1, 0, x), inverse = 1 / where(ax > 1, x, 1);
        const auto below = small * small / (sqrt(small * small + 1) + 1);
        const auto beyond = ax * (sqrt(1 + inverse * inverse) / 2 + where(x < 0, -1, 1)) - 0.5f;
        return where(ax > 1, beyond, below / 2 + x);
    },
    [](auto g, auto x, auto) {
        const auto far = where(abs(x) > 1, x, 1), near = where(abs(x) > 1, 0, x), inverse = 1 / far;
        const auto slope =
            where(abs(x) > 1, far * abs(inverse) / sqrt(1 + inverse * inverse), near / sqrt(near * near + 1));
        return g * (slope / 2 + 1);
    },
    {.name = "bent_identity",
     .formula = "(sqrt(x^2 + 1) - 1) / 2 + x",
     .gradient = "g (x / (2 sqrt(x^2 + 1)) + 1)",
     .vjp_names = {"bent_identity_vjp", ""},
     .traits = {.continuity = smooth, .monotonicity = increasing},
     .samples = unary_samples(&xgrad::bent_identity)}));

const Op& gaussian_op = row(unary(
    [](auto x) { return exp(-(x * x)); }, [](auto g, auto x, auto y) { return g * (y * x) * -2; },
    {.name = "gaussian",
     .formula = "e^(-x^2)",
     .gradient = "-2 g x y",
     .vjp_names = {"gaussian_vjp", ""},
     .traits = {.position_free = false, .low = 0, .high = 1, .continuity = smooth, .monotonicity = neither},
     .samples = unary_samples(&xgrad::gaussian)}));

// (cos x - sin x / x) / x loses its digits near 0, where its series is used.
const Op& sinc_op = row(unary(
    [](auto x) {
        const auto d = where(x == 0, number(x, 1), x);
        return where(x == 0, number(x, 1), sin(d) / d);
    },
    [](auto g, auto x, auto y) {
        const auto near = where(abs(x) < 0.5f, x, 0), far = where(abs(x) < 0.5f, 1, x);
        const auto q = near * near;
        const auto tail = q * number(x, 1. / 3991680) * (1 - q * number(x, 1. / 130));
        const auto series =
            near *
            (q * (number(x, 1. / 30) - q * (number(x, 1. / 840) - q * (number(x, 1. / 45360) - tail))) -
             number(x, 1. / 3));
        return g * where(abs(x) < 0.5f, series, (cos(far) - y) / far);
    },
    {.name = "sinc",
     .formula = "sin(x) / x, 1 at 0",
     .gradient = "g (cos x - y) / x",
     .vjp_names = {"sinc_vjp", ""},
     .traits = {.position_free = false,
                .low = -0.21723362821122166,
                .high = 1,
                .continuity = smooth,
                .monotonicity = neither},
     .samples = unary_samples(&xgrad::sinc, -3, 3)}));

void smooth_activation_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

namespace {
double positive(const char* op, double alpha)
{
    if (!(alpha > 0))
        throw ValueError(std::string(op) + ": alpha is " + number_text(alpha) +
                         ", expected a number above 0");
    return alpha;
}
}  // namespace

Variable silu(Variable x) { return Recorder::of(x).record(detail::silu_op, x); }
Variable mish(Variable x) { return Recorder::of(x).record(detail::mish_op, x); }
Variable logsigmoid(Variable x) { return Recorder::of(x).record(detail::logsigmoid_op, x); }
Variable softsign(Variable x) { return Recorder::of(x).record(detail::softsign_op, x); }
Variable tanhshrink(Variable x) { return Recorder::of(x).record(detail::tanhshrink_op, x); }
Variable isru(Variable x, double alpha)
{
    return Recorder::of(x).record(detail::isru_op, x, positive("isru", alpha));
}
Variable isrlu(Variable x, double alpha)
{
    return Recorder::of(x).record(detail::isrlu_op, x, positive("isrlu", alpha));
}
Variable elish(Variable x) { return Recorder::of(x).record(detail::elish_op, x); }
Variable sqnl(Variable x) { return Recorder::of(x).record(detail::sqnl_op, x); }
Variable cosine_squasher(Variable x) { return Recorder::of(x).record(detail::cosine_squasher_op, x); }
Variable bent_identity(Variable x) { return Recorder::of(x).record(detail::bent_identity_op, x); }
Variable gaussian(Variable x) { return Recorder::of(x).record(detail::gaussian_op, x); }
Variable sinc(Variable x) { return Recorder::of(x).record(detail::sinc_op, x); }

}  // namespace xgrad
