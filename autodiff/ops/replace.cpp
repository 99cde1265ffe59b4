// Values kept within bounds, and NaN and infinities replaced, by other ops.
#include <limits>

#include "autodiff/ops/compose.hpp"
#include "xgrad/autodiff/ops.hpp"

namespace xgrad {
using detail::compose, detail::composed;

//! [clip]
Variable clip(Variable x, double low, double high)
{
    return compose("clip", x, [&] { return clamp(x, low, high); });
}
//! [clip]

Variable nan_to_num(Variable x, double nan, std::optional<double> posinf, std::optional<double> neginf)
{
    if (x.dtype() == DType::int64) return x;  // has none of them
    detail::need_floats("nan_to_num", {x});
    const double most = x.dtype() == DType::float32 ? static_cast<double>(std::numeric_limits<float>::max())
                                                    : std::numeric_limits<double>::max();
    return compose("nan_to_num", x, [&] {
        const Variable infinite = isinf(x);
        const Variable high = where(logical_and(infinite, x > 0), posinf.value_or(most), x);
        const Variable low = where(logical_and(infinite, x < 0), neginf.value_or(-most), high);
        return where(isnan(x), nan, low);
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described =
    //! [row]
    composed({{.name = "clip",
               .formula = "min(max(x, low), high)",
               .gradient = "g where low <= x <= high, else 0",
               .elsewhere = {"np.clip", "torch.clip", "jnp.clip"},
               .traits = {.kink = "the gradient passes at the bounds"},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return clip(in[0], -0.5, 1); }},
                           {{{{}}}, [](Inputs in) { return clip(in[0], -0.5, 1); }},
                           {{{{0, 3}}}, [](Inputs in) { return clip(in[0], -0.5, 1); }}}},
              //! [row]
              {.name = "nan_to_num",
               .formula = "x, with numbers in place of NaN and infinities",
               .gradient = "g where x is finite, else 0",
               .elsewhere = {"np.nan_to_num", "torch.nan_to_num", "jnp.nan_to_num"},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return nan_to_num(in[0]); }},
                           {{{{3}}}, [](Inputs in) { return nan_to_num(in[0], -1, 2, -3); }},
                           {{{{}}}, [](Inputs in) { return nan_to_num(in[0], 1); }},
                           {{{{0}}}, [](Inputs in) { return nan_to_num(in[0]); }}}}});
}  // namespace

void detail::replace_rows() {}

}  // namespace xgrad
