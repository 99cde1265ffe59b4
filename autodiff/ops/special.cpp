// Powers and logarithms to other bases, special functions, rounding, masks of what is no number.
#include "autodiff/kernels/special.hpp"

#include "autodiff/ops/elementwise.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

using enum Continuity;
using enum Monotonicity;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double ln_2 = 0.69314718055994531;
constexpr double ln_10 = 2.3025850929940457;
constexpr double two_over_root_pi = 1.1283791670955126;

// A row whose derivative is nodes of other rows.
Op with_vjp(Op base, void (*vjp)(VjpCall&))
{
    base.vjp = vjp;
    base.saves = 1;
    return base;
}
constexpr auto no_formula = [](auto g, auto...) { return g; };

// The derivative is zero wherever there is one.
template <class F>
Op rounding(F f, Op base)
{
    base.traits.kink = "derivative 0 everywhere";
    return unary(
        f, [](auto g, auto, auto) { return g * 0; }, std::move(base));
}

template <class F>
Op mask_of(F, Op base)
{
    base.arity = 1;
    base.traits.elementwise = true;
    base.result = DType::boolean;
    base.blocks = {blocks_of<F, 1, 0, float, bool>(), blocks_of<F, 1, 0, double, bool>(),
                   blocks_of<F, 1, 0, std::int64_t, bool>()};
    base.vjp = [](VjpCall&) {};
    base.saves = 0;
    base.traits.low = 0;
    base.traits.high = 1;
    return base;
}

constexpr auto is_nan = [](auto x) { return x != x; };
constexpr auto is_inf = [](auto x) { return (x == x) & !(x - x == 0); };
constexpr auto is_finite = [](auto x) { return x - x == 0; };

}  // namespace

const Op& reciprocal_op =
    row(unary([](auto x) { return 1 / x; }, [](auto g, auto, auto y) { return -(g * (y * y)); },
              {.name = "reciprocal",
               .label = "1/x",
               .formula = "1 / x",
               .gradient = "-g y^2",
               .elsewhere = {"np.reciprocal", "torch.reciprocal", "jnp.reciprocal"},
               .vjp_names = {"reciprocal_vjp", ""},
               .samples = unary_samples(&xgrad::reciprocal, 0.3, 4)}));

const Op& rsqrt_op = row(unary([](auto x) { return 1 / sqrt(x); },
                               [](auto g, auto, auto y) { return g * (y * y * y) * -0.5f; },
                               {.name = "rsqrt",
                                .label = "1/√",
                                .formula = "x^(-1/2)",
                                .gradient = "-g y^3 / 2",
                                .elsewhere = {"", "torch.rsqrt", "jax.lax.rsqrt"},
                                .vjp_names = {"rsqrt_vjp", ""},
                                .traits = {.low = 0, .high = inf},
                                .samples = unary_samples(&xgrad::rsqrt, 0.3, 4)}));

const Op& cbrt_op =
    row(unary([](auto x) { return cbrt(x); }, [](auto g, auto, auto y) { return g / (3 * (y * y)); },
              {.name = "cbrt",
               .label = "∛",
               .formula = "x^(1/3), with the sign of x",
               .gradient = "g / (3 y^2)",
               .elsewhere = {"np.cbrt", "", "jnp.cbrt"},
               .vjp_names = {"cbrt_vjp", ""},
               .samples = unary_samples(&xgrad::cbrt, 0.3, 4)}));

const Op& exp2_op =
    row(unary([](auto x) { return exp2(x); }, [](auto g, auto, auto y) { return g * y * number(y, ln_2); },
              {.name = "exp2",
               .formula = "2^x",
               .gradient = "g y ln 2",
               .elsewhere = {"np.exp2", "torch.exp2", "jnp.exp2"},
               .vjp_names = {"exp2_vjp", ""},
               .traits = {.low = 0, .high = inf, .continuity = smooth, .monotonicity = increasing},
               .samples = unary_samples(&xgrad::exp2)}));

const Op& log2_op =
    row(unary([](auto x) { return log2(x); }, [](auto g, auto x, auto) { return g / (x * number(x, ln_2)); },
              {.name = "log2",
               .formula = "ln x / ln 2",
               .gradient = "g / (x ln 2)",
               .elsewhere = {"np.log2", "torch.log2", "jnp.log2"},
               .vjp_names = {"log2_vjp", ""},
               .samples = unary_samples(&xgrad::log2, 0.2, 4)}));

const Op& log10_op = row(unary([](auto x) { return log10(x); },
                               [](auto g, auto x, auto) { return g / (x * number(x, ln_10)); },
                               {.name = "log10",
                                .formula = "ln x / ln 10",
                                .gradient = "g / (x ln 10)",
                                .elsewhere = {"np.log10", "torch.log10", "jnp.log10"},
                                .vjp_names = {"log10_vjp", ""},
                                .samples = unary_samples(&xgrad::log10, 0.2, 4)}));

const Op& erfc_op = row(unary(
    [](auto x) { return erfc(x); },
    [](auto g, auto x, auto) { return g * exp(-(x * x)) * number(x, -two_over_root_pi); },
    {.name = "erfc",
     .formula = "1 - erf(x)",
     .gradient = "-2 g e^(-x^2) / sqrt(pi)",
     .elsewhere = {"", "torch.erfc", "jax.scipy.special.erfc"},
     .vjp_names = {"erfc_vjp", ""},
     .traits =
         {.position_free = false, .low = 0, .high = 2, .continuity = smooth, .monotonicity = decreasing},
     .samples = unary_samples(&xgrad::erfc)}));

const Op& lgamma_op =
    row(with_vjp(unary([](auto x) { return static_cast<decltype(x)>(kernels::lgamma(x)); }, no_formula,
                       {.name = "lgamma",
                        .formula = "ln |Gamma(x)|",
                        .gradient = "g digamma(x)",
                        .elsewhere = {"", "torch.lgamma", "jax.scipy.special.gammaln"},
                        .samples = unary_samples(&xgrad::lgamma, 0.3, 4)}),
                 [](VjpCall& call) { call.give(0, call.g * xgrad::digamma(call.in(0))); }));

const Op& digamma_op =
    row(with_vjp(unary([](auto x) { return static_cast<decltype(x)>(kernels::polygamma(0, x)); }, no_formula,
                       {.name = "digamma",
                        .formula = "Gamma'(x) / Gamma(x)",
                        .gradient = "g polygamma(1, x)",
                        .elsewhere = {"", "torch.digamma", "jax.scipy.special.digamma"},
                        .samples = unary_samples(&xgrad::digamma, 0.3, 4)}),
                 [](VjpCall& call) { call.give(0, call.g * xgrad::polygamma(1, call.in(0))); }));

const Op& polygamma_op = row(with_vjp(
    unary<1>(
        [](auto x, auto n) { return static_cast<decltype(x)>(kernels::polygamma(static_cast<int>(n), x)); },
        no_formula,
        {.name = "polygamma",
         .formula = "n-th derivative of digamma",
         .gradient = "g polygamma(n + 1, x)",
         .elsewhere = {"", "torch.polygamma", "jax.scipy.special.polygamma"},
         .attributes = [](const Graph&, const Node& node) { return "n = " + number_text(node.a); },
         .samples = unary_samples([](Variable x) { return polygamma(1, x); }, 0.6, 4)}),
    [](VjpCall& call) {
        call.give(0, call.g * xgrad::polygamma(static_cast<int>(call.a()) + 1, call.in(0)));
    }));

const Op& floor_op = row(rounding([](auto x) { return kernels::vm::floor(x); },
                                  {.name = "floor",
                                   .label = "⌊x⌋",
                                   .formula = "largest whole number <= x",
                                   .gradient = "0",
                                   .elsewhere = {"np.floor", "torch.floor", "jnp.floor"},
                                   .traits = {.continuity = discontinuous, .monotonicity = non_decreasing},
                                   .samples = unary_samples(&xgrad::floor, -2.3, 1.6)}));
const Op& ceil_op = row(rounding([](auto x) { return kernels::vm::ceil(x); },
                                 {.name = "ceil",
                                  .label = "⌈x⌉",
                                  .formula = "smallest whole number >= x",
                                  .gradient = "0",
                                  .elsewhere = {"np.ceil", "torch.ceil", "jnp.ceil"},
                                  .traits = {.continuity = discontinuous, .monotonicity = non_decreasing},
                                  .samples = unary_samples(&xgrad::ceil, -2.3, 1.6)}));
const Op& trunc_op = row(rounding([](auto x) { return kernels::vm::trunc(x); },
                                  {.name = "trunc",
                                   .formula = "x without its fraction",
                                   .gradient = "0",
                                   .elsewhere = {"np.trunc", "torch.trunc", "jnp.trunc"},
                                   .traits = {.continuity = discontinuous, .monotonicity = non_decreasing},
                                   .samples = unary_samples(&xgrad::trunc, -2.3, 1.6)}));
const Op& round_op = row(rounding([](auto x) { return kernels::vm::rint(x); },
                                  {.name = "round",
                                   .formula = "nearest whole number, halves to the even one",
                                   .gradient = "0",
                                   .elsewhere = {"np.round", "torch.round", "jnp.round"},
                                   .traits = {.continuity = discontinuous, .monotonicity = non_decreasing},
                                   .samples = unary_samples(&xgrad::round)}));

namespace {
// x / 0 has the rest 0, as in NumPy; -1 is apart because the least number has no opposite.
constexpr auto whole_rest = [](std::int64_t x, std::int64_t y) -> std::int64_t {
    return y == 0 || y == -1 ? 0 : x % y;
};
}  // namespace
const Op& fmod_op = row(with_integers<2>(
    whole_rest,
    binary([](auto x, auto y) { return kernels::vm::fmod(x, y); }, [](auto g, auto, auto, auto) { return g; },
           [](auto g, auto x, auto y, auto) { return -(g * trunc(x / y)); },
           {.name = "fmod",
            .label = "mod",
            .formula = "x - y trunc(x / y)",
            .gradient = "dx = g, dy = -g trunc(x / y)",
            .elsewhere = {"np.fmod", "torch.fmod", "jnp.fmod"},
            .vjp_names = {"", "fmod_vjp"},
            .traits = {.kink = "where x is a multiple of y: that of either side"},
            .samples = binary_samples(&detail::fmod, 0.3, 2, 2.1, 3)})));
Variable fmod(Variable x, Variable y) { return Recorder::of(x).record(fmod_op, x, y); }

// max + ln(1 + e^-|x - y|); equal infinities have no difference.
const Op& logaddexp_op =
    row(binary([](auto x, auto y) { return maximum(x, y) + log1p(exp(-where(x == y, 0, abs(x - y)))); },
               [](auto g, auto x, auto y, auto) { return g * sigmoid(x - y); },
               [](auto g, auto x, auto y, auto) { return g * sigmoid(y - x); },
               {.name = "logaddexp",
                .formula = "ln(e^x + e^y)",
                .gradient = "dx = g sigmoid(x - y), dy = g sigmoid(y - x)",
                .elsewhere = {"np.logaddexp", "torch.logaddexp", "jnp.logaddexp"},
                .vjp_names = {"logaddexp_vjp_x", "logaddexp_vjp_y"},
                .traits = {.position_free = false},
                .samples = binary_samples(&detail::logaddexp)}));
Variable logaddexp(Variable x, Variable y) { return Recorder::of(x).record(logaddexp_op, x, y); }

const Op& isnan_op = row(mask_of(is_nan, {.name = "isnan",
                                          .formula = "is x NaN?",
                                          .gradient = "0",
                                          .elsewhere = {"np.isnan", "torch.isnan", "jnp.isnan"},
                                          .samples = unary_samples(&xgrad::isnan)}));
const Op& isinf_op = row(mask_of(is_inf, {.name = "isinf",
                                          .formula = "is x infinite?",
                                          .gradient = "0",
                                          .elsewhere = {"np.isinf", "torch.isinf", "jnp.isinf"},
                                          .samples = unary_samples(&xgrad::isinf)}));
const Op& isfinite_op =
    row(mask_of(is_finite, {.name = "isfinite",
                            .formula = "is x neither infinite nor NaN?",
                            .gradient = "0",
                            .elsewhere = {"np.isfinite", "torch.isfinite", "jnp.isfinite"},
                            .samples = unary_samples(&xgrad::isfinite)}));

void special_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

Variable reciprocal(Variable x) { return Recorder::of(x).record(detail::reciprocal_op, x); }
Variable rsqrt(Variable x) { return Recorder::of(x).record(detail::rsqrt_op, x); }
Variable cbrt(Variable x) { return Recorder::of(x).record(detail::cbrt_op, x); }
Variable exp2(Variable x) { return Recorder::of(x).record(detail::exp2_op, x); }
Variable log2(Variable x) { return Recorder::of(x).record(detail::log2_op, x); }
Variable log10(Variable x) { return Recorder::of(x).record(detail::log10_op, x); }
Variable erfc(Variable x) { return Recorder::of(x).record(detail::erfc_op, x); }
Variable lgamma(Variable x) { return Recorder::of(x).record(detail::lgamma_op, x); }
Variable digamma(Variable x) { return Recorder::of(x).record(detail::digamma_op, x); }
Variable polygamma(int n, Variable x)
{
    if (n < 0) throw ValueError("polygamma: n is " + std::to_string(n) + ", expected a number from 0 on");
    return n == 0 ? digamma(x) : Recorder::of(x).record(detail::polygamma_op, x, n);
}
Variable floor(Variable x) { return Recorder::of(x).record(detail::floor_op, x); }
Variable ceil(Variable x) { return Recorder::of(x).record(detail::ceil_op, x); }
Variable trunc(Variable x) { return Recorder::of(x).record(detail::trunc_op, x); }
Variable round(Variable x) { return Recorder::of(x).record(detail::round_op, x); }
Variable isnan(Variable x) { return Recorder::of(x).record(detail::isnan_op, x); }
Variable isinf(Variable x) { return Recorder::of(x).record(detail::isinf_op, x); }
Variable isfinite(Variable x) { return Recorder::of(x).record(detail::isfinite_op, x); }

}  // namespace xgrad
