// Products along axes by a recurrence, and differences.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/merge_axes.hpp"

namespace xgrad {
using detail::compose, detail::composed, detail::need_numbers, detail::normal_axis, detail::is_scalar_along,
    detail::on_scalar;

// The recurrence y_k = x_k y_{k-1} begun with x_0: its gradient divides by nothing, so zeros do no harm.
Variable cumprod(Variable x, std::int64_t axis)
{
    need_numbers("cumprod", {x});
    if (is_scalar_along(x, axis))
        return on_scalar("cumprod", x, [](Variable one) { return cumprod(one, 0); });
    const auto at = static_cast<std::size_t>(normal_axis("cumprod", axis, x.shape()));
    const auto along = static_cast<std::int64_t>(at);
    return compose("cumprod", x, [&] {
        if (x.shape()[at] < 2) return x * 1;
        std::vector<Slice> first(at + 1), rest(at + 1);
        first[at].stop = 1;
        rest[at].start = 1;
        return linear_scan(x, concat({slice(x, first), zeros_like(slice(x, rest))}, along), along);
    });
}
Variable cumprod(Variable x)
{
    need_numbers("cumprod", {x});
    return compose("cumprod", x, [&] { return cumprod(ravel(x), 0); });
}

Variable prod(Variable x, const Axes& axes, bool keepdims)
{
    need_numbers("prod", {x});
    const detail::ShortList normal = detail::normal_axes("prod", axes, x.shape());
    const Shape result = detail::as_shape(detail::reduced_shape(x.shape(), normal, keepdims));
    return compose("prod", x, [&] {
        if (detail::is_empty_along(x.shape(), normal)) return full(x, result, 1);
        const Variable products = cumprod(detail::merged_last(x, normal), -1);
        std::vector<Slice> end(products.shape().size());
        end.back().start = -1;
        return reshape(slice(products, end), result);
    });
}
Variable prod(Variable x)
{
    const detail::ShortList all = detail::all_axes(x.shape().size());
    return prod(x, Axes(all.begin(), all.end()), false);
}

Variable diff(Variable x, std::int64_t n, std::int64_t axis)
{
    need_numbers("diff", {x});
    const auto at = static_cast<std::size_t>(normal_axis("diff", axis, x.shape()));
    if (n < 0) throw ValueError("diff: " + std::to_string(n) + " times, expected 0 or more");
    std::vector<Slice> later(at + 1), earlier(at + 1);
    later[at].start = 1;
    earlier[at].stop = -1;
    return compose("diff", x, [&] {
        Variable y = x;
        for (std::int64_t k = 0; k < n; ++k) y = slice(y, later) - slice(y, earlier);
        return y;
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = composed({{.name = "cumprod",
                                  .formula = "y_k = x_0 ... x_k",
                                  .gradient = "d_k y_(k-1), d_k = g_k + x_(k+1) d_(k+1)",
                                  .elsewhere = {"np.cumprod", "torch.cumprod", "jnp.cumprod"},
                                  .samples = {{{{{2, 4}}}, [](Inputs in) { return cumprod(in[0], -1); }},
                                              {{{{3, 2}}}, [](Inputs in) { return cumprod(in[0], 0); }},
                                              {{{{2, 2}}}, [](Inputs in) { return cumprod(in[0]); }},
                                              {{{{}}}, [](Inputs in) { return cumprod(in[0]); }},
                                              {{{{1, 3}}}, [](Inputs in) { return cumprod(in[0], 0); }},
                                              {{{{0, 2}}}, [](Inputs in) { return cumprod(in[0], 0); }}}},
                                 {.name = "prod",
                                  .formula = "product of the elements along the axes",
                                  .gradient = "g times the product of the other elements",
                                  .elsewhere = {"np.prod", "torch.prod", "jnp.prod"},
                                  .samples = {{{{{2, 3}}}, [](Inputs in) { return prod(in[0]); }},
                                              {{{{2, 3, 2}}},
                                               [](Inputs in) {
                                                   return prod(in[0], {-1, 0}, true);
                                               }},
                                              {{{{2, 3}}}, [](Inputs in) { return prod(in[0], 1); }},
                                              {{{{2, 3}}}, [](Inputs in) { return prod(in[0], {}); }},
                                              {{{{}}}, [](Inputs in) { return prod(in[0]); }},
                                              {{{{0, 3}}}, [](Inputs in) { return prod(in[0], 0); }},
                                              {{{{0, 3}}}, [](Inputs in) { return prod(in[0], 1); }},
                                              {{{{1}}}, [](Inputs in) { return prod(in[0], 0, true); }}}},
                                 {.name = "diff",
                                  .formula = "x_(k+1) - x_k along the axis, n times over",
                                  .gradient = "g_(k-1) - g_k",
                                  .elsewhere = {"np.diff", "torch.diff", "jnp.diff"},
                                  .traits = {.linear = 1},
                                  .samples = {{{{{2, 4}}}, [](Inputs in) { return diff(in[0]); }},
                                              {{{{4, 2}}}, [](Inputs in) { return diff(in[0], 2, 0); }},
                                              {{{{3}}}, [](Inputs in) { return diff(in[0], 0); }},
                                              {{{{1}}}, [](Inputs in) { return diff(in[0]); }},
                                              {{{{0}}}, [](Inputs in) { return diff(in[0], 3); }}}}});
}  // namespace

void detail::cumulative_rows() {}

}  // namespace xgrad
