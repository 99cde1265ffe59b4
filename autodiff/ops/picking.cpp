// What is made of index_select, gather and argsort: picking as NumPy does, sorting, the largest, the middle, one-hot codes.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/merge_axes.hpp"

namespace xgrad {
using detail::compose, detail::composed, detail::normal_axes, detail::normal_axis, detail::ShortList,
    detail::is_scalar_along, detail::on_scalar;

namespace {

// Numbers of an axis of this length, counted from the end where they are negative.
Variable from_the_front(Variable index, std::int64_t length)
{
    return where(index < 0, index + length, index);
}

void need_index(const char* name, Variable x, Variable index)
{
    if (index.dtype() != DType::int64) detail::refuse_types(name, {x, index}, "numbers of type int64");
}

}  // namespace

Variable take(Variable x, Variable index, std::int64_t axis)
{
    need_index("take", x, index);
    if (is_scalar_along(x, axis)) return take(x, index);
    const std::int64_t along = normal_axis("take", axis, x.shape());
    Shape shape = detail::as_shape(x.shape());
    const auto at = shape.begin() + along;
    const std::int64_t length = *at;
    shape.insert(shape.erase(at), index.shape().begin(), index.shape().end());
    return compose("take", x, [&] {
        return reshape(index_select(x, along, ravel(from_the_front(index, length))), shape);
    });
}
Variable take(Variable x, Variable index)
{
    need_index("take", x, index);
    return compose("take", x, [&] { return take(ravel(x), index, 0); });
}

Variable take_along_axis(Variable x, Variable index, std::int64_t axis)
{
    need_index("take_along_axis", x, index);
    if (is_scalar_along(x, axis) && index.shape().empty())
        return on_scalar("take_along_axis", x, [&](Variable one) { return take(one, reshape(index, {1})); });
    const std::int64_t along = normal_axis("take_along_axis", axis, x.shape());
    const auto at = static_cast<std::size_t>(along);
    Shape shape = detail::as_shape(x.shape());
    if (index.shape().size() == shape.size()) shape[at] = index.shape()[at];
    return compose("take_along_axis", x, [&] {
        const Variable numbers = from_the_front(index, x.shape()[at]);
        return gather(x, along,
                      index.shape().size() == shape.size() ? broadcast_to(numbers, shape) : numbers);
    });
}

Variable sort(Variable x, std::int64_t axis, bool descending)
{
    if (is_scalar_along(x, axis))
        return on_scalar("sort", x, [&](Variable one) { return sort(one, 0, descending); });
    normal_axis("sort", axis, x.shape());
    return compose("sort", x, [&] { return gather(x, axis, argsort(x, axis, descending)); });
}

TopK topk(Variable x, std::int64_t k, std::int64_t axis, bool largest)
{
    if (is_scalar_along(x, axis) && k == 1)
        return compose("topk", x, [&] {
            const TopK one = topk(reshape(x, {1}), 1, 0, largest);
            return TopK{reshape(one.values, {}), reshape(one.indices, {})};
        });
    const auto at = static_cast<std::size_t>(normal_axis("topk", axis, x.shape()));
    if (k < 0 || k > x.shape()[at])
        throw ShapeError("topk: " + std::to_string(k) + " elements along axis " + std::to_string(at) +
                         " of shape " + to_string(x.shape()) + ", expected 0 .. " +
                         std::to_string(x.shape()[at]));
    std::vector<Slice> first(at + 1);
    first[at].stop = k;
    return compose("topk", x, [&] {
        const Variable indices = slice(argsort(x, axis, largest), first);
        return TopK{gather(x, axis, indices), indices};
    });
}

namespace {
// Along one axis, counted from the front, that is not empty.
Variable middle_along(Variable x, std::int64_t axis, bool keepdims)
{
    const auto at = static_cast<std::size_t>(axis);
    const std::int64_t n = x.shape()[at];
    const Variable sorted = sort(x, axis);
    std::vector<Slice> middle(at + 1), last(at + 1);
    middle[at] = {(n - 1) / 2, n / 2 + 1};
    last[at].start = -1;
    const Variable nan_at_the_end = sum(slice(sorted, last), axis, keepdims);
    return where(isnan(nan_at_the_end), nan_at_the_end, mean(slice(sorted, middle), axis, keepdims));
}
}  // namespace

Variable median(Variable x, const Axes& axes, bool keepdims)
{
    detail::need_floats("median", {x});
    const ShortList normal = normal_axes("median", axes, x.shape());
    if (detail::is_empty_along(x.shape(), normal))
        throw ShapeError("median: got " + to_string(x.shape()) +
                         ", expected at least one element along the axes " + to_string(axes));
    return compose("median", x, [&] {
        if (normal.size() == 1) return middle_along(x, normal.front(), keepdims);
        const Variable merged = detail::merged_last(x, normal);
        return reshape(middle_along(merged, static_cast<std::int64_t>(merged.shape().size()) - 1, false),
                       detail::as_shape(detail::reduced_shape(x.shape(), normal, keepdims)));
    });
}
Variable median(Variable x)
{
    detail::need_floats("median", {x});
    if (x.size() == 0)
        throw ShapeError("median: " + to_string(x.shape()) + " has no elements, expected at least one");
    return compose("median", x, [&] { return middle_along(ravel(x), 0, false); });
}

Variable one_hot(Variable labels, std::int64_t classes, DType dtype)
{
    if (labels.dtype() != DType::int64) detail::refuse_types("one_hot", {labels}, "labels of type int64");
    if (classes < 1)
        throw ValueError("one_hot: " + std::to_string(classes) + " classes, expected at least 1");
    Shape shape(labels.shape().begin(), labels.shape().end());
    shape.push_back(classes);
    return compose("one_hot", labels, [&] {
        const Variable line = arange(labels, classes), column = reshape(line, {classes, 1});
        const Variable identity = cast(equal(line, column), dtype);
        return reshape(index_select(identity, 0, ravel(labels)), shape);
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = composed(
    {{.name = "take",
      .formula = "x[..., index, ...]: numpy.take",
      .gradient = "0, with g added at index",
      .elsewhere = {"np.take", "torch.take", "jnp.take"},
      .arity = 2,
      .inputs = {"x", "index"},
      .traits = {.linear = 1, .moves = true},
      .samples = {{{{{2, 4, 3}}, {{5}, -4, 4, DType::int64}},
                   [](Inputs in) { return take(in[0], in[1], 1); }},
                  {{{{2, 3}}, {{2, 2}, -6, 6, DType::int64}}, [](Inputs in) { return take(in[0], in[1]); }},
                  {{{{4, 2}}, {{}, 0, 4, DType::int64}}, [](Inputs in) { return take(in[0], in[1], -2); }},
                  {{{{4}}, {{0}, 0, 4, DType::int64}}, [](Inputs in) { return take(in[0], in[1]); }}}},
     {.name = "take_along_axis",
      .formula = "x at index along the axis",
      .gradient = "0, with g added at index",
      .elsewhere = {"np.take_along_axis", "torch.take_along_dim", "jnp.take_along_axis"},
      .arity = 2,
      .inputs = {"x", "index"},
      .traits = {.linear = 1, .moves = true},
      .samples = {{{{{2, 4, 3}}, {{2, 5, 3}, -4, 4, DType::int64}},
                   [](Inputs in) { return take_along_axis(in[0], in[1], 1); }},
                  {{{{2, 4}}, {{1, 3}, 0, 4, DType::int64}},
                   [](Inputs in) { return take_along_axis(in[0], in[1], -1); }},
                  {{{{4}}, {{0}, 0, 4, DType::int64}},
                   [](Inputs in) { return take_along_axis(in[0], in[1], 0); }}}},
     {.name = "sort",
      .formula = "the elements along the axis in ascending order, NaN last",
      .gradient = "g back at where each element came from",
      .elsewhere = {"np.sort", "torch.sort", "jnp.sort"},
      .traits = {.moves = true, .kink = "equal elements keep their order"},
      .samples = {{{{{5}}}, [](Inputs in) { return sort(in[0]); }},
                  {{{{2, 4, 3}}}, [](Inputs in) { return sort(in[0], 1, true); }},
                  {{{{0, 2}}}, [](Inputs in) { return sort(in[0], 0); }},
                  {{{{1}}}, [](Inputs in) { return sort(in[0], -1); }}}},
     {.name = "topk",
      .formula = "the k largest (smallest) elements along the axis, and their numbers",
      .gradient = "g back at where each element came from",
      .elsewhere = {"", "torch.topk", "jax.lax.top_k"},
      .traits = {.moves = true, .kink = "of equal elements the first"},
      .samples = {{{{{2, 5}}}, [](Inputs in) { return topk(in[0], 3).values; }},
                  {{{{4, 2}}}, [](Inputs in) { return topk(in[0], 2, 0, false).values; }},
                  {{{{4, 2}}}, [](Inputs in) { return topk(in[0], 1, -2).indices; }},
                  {{{{3}}}, [](Inputs in) { return topk(in[0], 0).values; }}}},
     {.name = "median",
      .formula = "the middle element, or the mean of the two middle ones",
      .gradient = "g at the middle element, g / 2 at each of two",
      .elsewhere = {"np.median", "torch.quantile", "jnp.median"},
      .traits = {.kink = "equal elements keep their order: the one that stands in the middle"},
      .samples = {{{{{5}}}, [](Inputs in) { return median(in[0]); }},
                  {{{{2, 4}}}, [](Inputs in) { return median(in[0], -1, true); }},
                  {{{{2, 3, 3}}}, [](Inputs in) { return median(in[0], {0, -1}); }},
                  {{{{0, 3}}}, [](Inputs in) { return median(in[0], 1); }},
                  {{{{}}}, [](Inputs in) { return median(in[0]); }}}},
     {.name = "one_hot",
      .formula = "1 at the label, else 0",
      .gradient = "0",
      .elsewhere = {"", "F.one_hot", "jax.nn.one_hot"},
      .inputs = {"labels"},
      .traits = {.low = 0, .high = 1},
      .samples = {
          {{{{4}, 0, 3, DType::int64}}, [](Inputs in) { return one_hot(in[0], 3); }},
          {{{{2, 2}, 0, 3, DType::int64}}, [](Inputs in) { return one_hot(in[0], 4, DType::float64); }},
          {{{{}, 0, 2, DType::int64}}, [](Inputs in) { return one_hot(in[0], 2); }},
          {{{{0}, 0, 2, DType::int64}}, [](Inputs in) { return one_hot(in[0], 2); }}}}});
}  // namespace

void detail::picking_rows() {}

}  // namespace xgrad
