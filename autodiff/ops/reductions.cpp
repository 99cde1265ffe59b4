// Reductions made of others: extremes that share, places of the smallest, masks and counts, logsumexp over several axes.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/merge_axes.hpp"
#include "autodiff/ops/reduce.hpp"

namespace xgrad {
using detail::compose, detail::composed, detail::normal_axes, detail::ShortList;

namespace {

Axes every_axis(Variable x)
{
    const ShortList all = detail::all_axes(x.shape().size());
    return Axes(all.begin(), all.end());
}
Variable true_where_not_0(Variable x) { return x.dtype() == DType::boolean ? x : not_equal(x, 0); }
// How many elements of a mask are true.
Variable count(Variable mask, const Axes& axes, bool keepdims)
{
    return sum(cast(mask, DType::int64), axes, keepdims);
}

}  // namespace

Variable amax(Variable x, const Axes& axes, bool keepdims)
{
    detail::need_numbers("amax", {x});
    return compose("amax", x, [&] { return detail::shared_max(x, axes, keepdims); });
}
Variable amin(Variable x, const Axes& axes, bool keepdims)
{
    detail::need_numbers("amin", {x});
    return compose("amin", x, [&] { return detail::shared_min(x, axes, keepdims); });
}

namespace {
// The other way round; of whole numbers -1 - x, because the least one has no opposite.
Variable reversed(Variable x) { return x.dtype() == DType::int64 ? full(x, {}, -1) - x : -x; }
}  // namespace
Variable argmin(Variable x)
{
    detail::need_numbers("argmin", {x});
    return compose("argmin", x, [&] { return argmax(reversed(x)); });
}
Variable argmin(Variable x, std::int64_t axis, bool keepdims)
{
    detail::need_numbers("argmin", {x});
    return compose("argmin", x, [&] { return argmax(reversed(x), axis, keepdims); });
}

Variable any(Variable x, const Axes& axes, bool keepdims)
{
    return compose("any", x, [&] { return count(true_where_not_0(x), axes, keepdims) > 0; });
}
Variable any(Variable x) { return any(x, every_axis(x)); }
Variable all(Variable x, const Axes& axes, bool keepdims)
{
    return compose("all", x,
                   [&] { return equal(count(logical_not(true_where_not_0(x)), axes, keepdims), 0); });
}
Variable all(Variable x) { return all(x, every_axis(x)); }
Variable count_nonzero(Variable x, const Axes& axes, bool keepdims)
{
    return compose("count_nonzero", x, [&] { return count(true_where_not_0(x), axes, keepdims); });
}
Variable count_nonzero(Variable x) { return count_nonzero(x, every_axis(x)); }

Variable logsumexp(Variable x, const Axes& axes, bool keepdims)
{
    if (axes.size() == 1) return detail::logsumexp_along(x, axes[0], keepdims);
    const ShortList normal = normal_axes("logsumexp", axes, x.shape());
    detail::need_floats("logsumexp", {x});
    return compose("logsumexp", x, [&] {
        const Variable y = detail::logsumexp_along(detail::merged_last(x, normal), -1, false);
        return reshape(y, detail::as_shape(detail::reduced_shape(x.shape(), normal, keepdims)));
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = composed(
    {{.name = "amax",
      .formula = "largest element along the axes",
      .gradient = "g / k at each of the k largest elements",
      .elsewhere = {"np.amax", "torch.amax", "jnp.amax"},
      .traits = {.moves = true, .kink = "equal elements share the gradient evenly"},
      .samples = {{{{{2, 3, 4}}},
                   [](Inputs in) {
                       return amax(in[0], {0, 2}, true);
                   }},
                  {{{{2, 3}}}, [](Inputs in) { return amax(in[0], -1); }},
                  {{{{2, 3}}}, [](Inputs in) { return amax(in[0], {}); }},
                  {{{{0, 3}}}, [](Inputs in) { return amax(in[0], {1}); }},
                  {{{{}}}, [](Inputs in) { return amax(in[0], {}); }}}},
     {.name = "amin",
      .formula = "smallest element along the axes",
      .gradient = "g / k at each of the k smallest elements",
      .elsewhere = {"np.amin", "torch.amin", "jnp.amin"},
      .traits = {.moves = true, .kink = "equal elements share the gradient evenly"},
      .samples = {{{{{2, 3, 4}}},
                   [](Inputs in) {
                       return amin(in[0], {0, -2});
                   }},
                  {{{{2, 3}}}, [](Inputs in) { return amin(in[0], 0, true); }},
                  {{{{1}}}, [](Inputs in) { return amin(in[0], {0}); }}}},
     {.name = "argmin",
      .formula = "place of the smallest element along the axis",
      .gradient = "0",
      .elsewhere = {"np.argmin", "torch.argmin", "jnp.argmin"},
      .traits = {.kink = "the first of equal elements; no gradient", .low = 0},
      .samples = {{{{{2, 3, 4}}}, [](Inputs in) { return argmin(in[0], -2, true); }},
                  {{{{2, 3}}}, [](Inputs in) { return argmin(in[0], 1); }},
                  {{{{5}}}, [](Inputs in) { return argmin(in[0]); }},
                  {{{{}}}, [](Inputs in) { return argmin(in[0]); }}}},
     {.name = "any",
      .formula = "is one element along the axes not 0?",
      .gradient = "0",
      .elsewhere = {"np.any", "torch.any", "jnp.any"},
      .traits = {.low = 0, .high = 1},
      .samples = {{{{{2, 3}}}, [](Inputs in) { return any(in[0], -1); }},
                  {{{{2, 3}, 0, 2, DType::boolean}}, [](Inputs in) { return any(in[0], 1); }},
                  {{{{2, 3, 4}, 0, 2, DType::boolean}},
                   [](Inputs in) {
                       return any(in[0], {0, -1}, true);
                   }},
                  {{{{2, 3}}}, [](Inputs in) { return any(in[0]); }},
                  {{{{0, 3}}}, [](Inputs in) { return any(in[0], 0); }}}},
     {.name = "all",
      .formula = "are all elements along the axes other than 0?",
      .gradient = "0",
      .elsewhere = {"np.all", "torch.all", "jnp.all"},
      .traits = {.low = 0, .high = 1},
      .samples = {{{{{2, 3}}}, [](Inputs in) { return all(in[0], 0); }},
                  {{{{2, 3}, 0, 2, DType::boolean}}, [](Inputs in) { return all(in[0], -1, true); }},
                  {{{{2, 3, 4}}}, [](Inputs in) { return all(in[0], {2, 0}); }},
                  {{{{2, 3}}}, [](Inputs in) { return all(in[0]); }},
                  {{{{0, 3}}}, [](Inputs in) { return all(in[0], 0); }}}},
     {.name = "count_nonzero",
      .formula = "how many elements along the axes are not 0",
      .gradient = "0",
      .elsewhere = {"np.count_nonzero", "torch.count_nonzero", "jnp.count_nonzero"},
      .traits = {.low = 0},
      .samples = {{{{{2, 3}}}, [](Inputs in) { return count_nonzero(in[0], 0); }},
                  {{{{2, 3}, 0, 2, DType::boolean}}, [](Inputs in) { return count_nonzero(in[0], 1); }},
                  {{{{2, 3}}}, [](Inputs in) { return count_nonzero(in[0]); }},
                  {{{{}}}, [](Inputs in) { return count_nonzero(in[0]); }},
                  {{{{3, 0}}}, [](Inputs in) { return count_nonzero(in[0], -1, true); }}}}});
}  // namespace

void detail::reduction_rows() {}

}  // namespace xgrad
