// Shapes: reshape, permute, broadcast, slice, concat and their adjoints.
#include <algorithm>
#include <limits>
#include <numeric>

#include "autodiff/kernels/move.hpp"
#include "autodiff/kernels/reduce.hpp"
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/examples.hpp"
#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
namespace {

double no_flops(const Graph&, ValueId) { return 0; }
std::string list_text(const Graph& graph, const Node& node) { return to_string(graph.list(node.list)); }

// Can `from` be repeated to `to`?
bool broadcasts(Dims from, Dims to)
{
    if (from.size() > to.size()) return false;
    for (std::size_t k = 0; k < from.size(); ++k)
        if (from[k] != 1 && from[k] != to[to.size() - from.size() + k]) return false;
    return true;
}

// For a shape that does not broadcast to a larger one: both, and the last axis that is in the way.
std::string misfit_text(const char* name, Dims small, const char* large_name, Dims large)
{
    ShapeRow rows[] = {{name, small}, {large_name, large}};
    for (std::size_t k = 1; k <= std::min(small.size(), large.size()); ++k) {
        const std::size_t i = small.size() - k, j = large.size() - k;
        if (small[i] == large[j] || small[i] == 1) continue;
        rows[0].axis = static_cast<int>(i);
        rows[1].axis = static_cast<int>(j);
        break;
    }
    return aligned_shapes(rows);
}

}  // namespace

// The shape with its -1, if there is one, as long as the elements of `from` fill it (0 where they do not).
namespace {
Shape filled_up(Dims from, Dims wanted)
{
    Shape shape = as_shape(wanted);
    const auto open = std::ranges::find(shape, -1);
    if (open == shape.end()) return shape;
    *open = 1;
    const std::int64_t known = element_count(shape), count = element_count(from);
    *open = known > 0 && count % known == 0 ? count / known : 0;
    return shape;
}
}  // namespace

// node.list: the new shape; one length may be -1.
const Op& reshape_op = row({
    .name = "reshape",
    .formula = "the same elements in another shape",
    .traits = {.alias = true, .fixes_shape = true, .linear = 1},
    .infer =
        [](InferCall& call) {
            const Shape shape = filled_up(call.shape(0), call.attribute());
            if (element_count(call.shape(0)) != element_count(shape))
                call.fail_shape("as many elements as in " + to_string(call.attribute()));
            call.out[0] = {call.dtype(0), call.graph.intern(shape)};
        },
    .vjp = [](VjpCall& call) { call.give(0, reshape(call.g, as_shape(call.shape(0)))); },
    .examples = examples_of_reshape,
    .saves = 0,
    .flops = no_flops,
    .attributes = list_text,
    .samples = {{{{{2, 6}}},
                 [](auto in) {
                     return reshape(in[0], {3, -1});
                 }},
                {{{{1}}}, [](auto in) { return reshape(in[0], {}); }},
                {{{{0, 3}}},
                 [](auto in) {
                     return reshape(in[0], {3, 0});
                 }}},
});

// node.list: the order of the axes.
const Op& permute_op = row({
    .name = "permute",
    .formula = "axis k of the result is axis order[k] of x",
    .traits = {.linear = 1, .moves = true},
    .infer =
        [](InferCall& call) {
            need_axes(call, call.attribute());
            if (call.attribute().size() != call.shape(0).size() ||
                mask_of(call.attribute()) != (std::uint64_t{1} << call.shape(0).size()) - 1)
                call.fail_shape("an array whose axes are each named once by " + to_string(call.attribute()));
            Shape shape;
            for (const std::int64_t axis : call.attribute())
                shape.push_back(call.shape(0)[static_cast<std::size_t>(axis)]);
            call.out[0] = {call.dtype(0), call.graph.intern(shape)};
        },
    .kernel =
        [](const KernelCall& call) {
            kernels::permute(call.in[0], call.out[0], size_of(call.dtype()), call.shape(0), call.attribute());
        },
    .vjp =
        [](VjpCall& call) {
            const Dims order = call.attribute();
            Axes inverse(order.size());
            for (std::size_t k = 0; k < order.size(); ++k)
                inverse[static_cast<std::size_t>(order[k])] = static_cast<std::int64_t>(k);
            call.give(0, permute(call.g, inverse));
        },
    .examples = examples_of_permute,
    .saves = 0,
    .flops = no_flops,
    .attributes = list_text,
    .samples = {{{{{2, 3}}}, [](auto in) { return transpose(in[0]); }},
                {{{{2, 3, 4}}},
                 [](auto in) {
                     return permute(in[0], {2, 0, 1});
                 }},
                {{{{2, 3, 4}}}, [](auto in) { return transpose(in[0], -1, -2); }},
                {{{{}}}, [](auto in) { return transpose(in[0]); }}},
});

// node.list: the larger shape.
const Op& broadcast_to_op = row({
    .name = "broadcast_to",
    .formula = "x repeated to a larger shape",
    .traits = {.fixes_shape = true, .repeats = true, .linear = 1},
    .infer =
        [](InferCall& call) {
            if (!broadcasts(call.shape(0), call.attribute()))
                call.fail_shape("a shape that broadcasts to " + to_string(call.attribute()) +
                                misfit_text("x", call.shape(0), "to", call.attribute()));
            call.out[0] = {call.dtype(0), call.list};
        },
    .kernel =
        [](const KernelCall& call) {
            kernels::broadcast_to(call.in[0], call.out[0], size_of(call.dtype()), call.shape(0),
                                  call.shape());
        },
    .vjp = [](VjpCall& call) { call.give(0, sum_to(call.g, as_shape(call.shape(0)))); },
    .examples = examples_of_broadcast_to,
    .saves = 0,
    .flops = no_flops,
    .attributes = list_text,
    .samples = {{{{{3, 1}}},
                 [](auto in) {
                     return broadcast_to(in[0], {2, 3, 4});
                 }},
                {{{{}}},
                 [](auto in) {
                     return broadcast_to(in[0], {2, 2});
                 }}},
});

// node.list: the smaller shape.
const Op& sum_to_op = row({
    .name = "sum_to",
    .formula = "the sum over what broadcasting repeated",
    .traits = {.fixes_shape = true, .linear = 1},
    .infer =
        [](InferCall& call) {
            need_floating(call);
            if (!broadcasts(call.attribute(), call.shape(0)))
                call.fail_shape("a shape that " + to_string(call.attribute()) + " broadcasts to" +
                                misfit_text("to", call.attribute(), "x", call.shape(0)));
            call.out[0] = {call.dtype(0), call.list};
        },
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                kernels::sum_to<T>(static_cast<const T*>(call.in[0]), call.shape(0),
                                   static_cast<T*>(call.out[0]), call.shape());
            });
        },
    .vjp = [](VjpCall& call) { call.give(0, broadcast_to(call.g, as_shape(call.shape(0)))); },
    .examples = examples_of_sum_to,
    .saves = 0,
    .flops = [](const Graph& graph,
                ValueId id) { return static_cast<double>(graph.count(graph.inputs(id)[0])); },
    .attributes = list_text,
    .samples = {{{{{2, 3, 4}}},
                 [](auto in) {
                     return sum_to(in[0], {3, 1});
                 }},
                {{{{2, 3}}}, [](auto in) { return sum_to(in[0], {}); }}},
});

namespace {

// An absent end of a slice in its node's list.
constexpr std::int64_t absent = std::numeric_limits<std::int64_t>::min();

// A slice of one axis as elements: Python's rules, by which ends count from the back when negative and are cut to the
// array.
struct Range {
    std::int64_t start, step, count;
};
Range range_of(std::int64_t start, std::int64_t stop, std::int64_t given_step, std::int64_t length)
{
    const std::int64_t far = std::max<std::int64_t>(length, 1);
    const std::int64_t step = std::clamp(given_step, -far, far);  // a longer one takes one element too
    const auto place = [&](std::int64_t at) { return at < 0 ? at + length : at; };
    const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
    const std::int64_t first = step > 0 ? low : high, last = step > 0 ? high : low;
    const std::int64_t from = start == absent ? first : std::clamp(place(start), low, high);
    const std::int64_t to = stop == absent ? last : std::clamp(place(stop), low, high);
    const std::int64_t count = step > 0 ? (to - from + step - 1) / step : (from - to - step - 1) / -step;
    return {from, step, std::max<std::int64_t>(count, 0)};
}

// Start, step and number of elements along each axis of x; `list` has start, stop and step for the first axes.
struct Ranges {
    ShortList start, step, count;
    Ranges(Dims list, Dims shape)
    {
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            const bool given = 3 * axis < list.size();
            const Range range =
                given ? range_of(list[3 * axis], list[3 * axis + 1], list[3 * axis + 2], shape[axis])
                      : Range{0, 1, shape[axis]};
            start.push_back(range.start);
            step.push_back(range.step);
            count.push_back(range.count);
        }
    }
};
std::string slice_text(const Graph& graph, const Node& node)
{
    const Dims list = graph.list(node.list);
    const auto end = [](std::int64_t at) { return at == absent ? std::string() : std::to_string(at); };
    std::string text;
    for (std::size_t k = 0; k + 2 < list.size(); k += 3) {
        if (k > 0) text += ", ";
        text += end(list[k]);
        text += ':';
        text += end(list[k + 1]);
        if (list[k + 2] != 1) text += ':' + std::to_string(list[k + 2]);
    }
    return text;
}

// node.list of unslice: start, step and length for each axis of its result.
struct Places {
    ShortList start, step, length;
    explicit Places(Dims list)
    {
        for (std::size_t k = 0; k + 2 < list.size() && start.size() < most_axes; k += 3) {
            start.push_back(list[k]);
            step.push_back(list[k + 1]);
            length.push_back(list[k + 2]);
        }
    }
};
std::string unslice_text(const Graph& graph, const Node& node)
{
    const Places places(graph.list(node.list));
    std::string text;
    for (std::size_t k = 0; k < places.start.size(); ++k)
        text += (k ? ", " : "") + std::to_string(places.start[k]) + "::" + std::to_string(places.step[k]) +
                " of " + std::to_string(places.length[k]);
    return text;
}

}  // namespace

extern const Op& unslice_op;

// node.list: start, stop and step for the first axes; absent ends stay absent, so that a graph fits other lengths.
const Op& slice_op = row({
    .name = "slice",
    .formula = "x[start : stop : step]",
    .traits = {.linear = 1, .moves = true},
    .infer =
        [](InferCall& call) {
            const Dims list = call.attribute();
            if (list.size() % 3 != 0 || list.size() / 3 > call.shape(0).size())
                call.fail_shape("at least " + std::to_string(list.size() / 3) + " axes");
            for (std::size_t k = 2; k < list.size(); k += 3)
                if (list[k] == 0) call.fail_shape("a step other than 0");
            call.out[0] = {call.dtype(0), call.graph.intern(Ranges(list, call.shape(0)).count)};
        },
    .kernel =
        [](const KernelCall& call) {
            const Ranges r(call.attribute(), call.shape(0));
            kernels::slice(call.in[0], call.out[0], size_of(call.dtype()), call.shape(0), r.start, r.step,
                           r.count);
        },
    .vjp =
        [](VjpCall& call) {
            const Ranges r(call.attribute(), call.shape(0));
            Shape list;
            for (std::size_t k = 0; k < r.start.size(); ++k)
                list.insert(list.end(), {r.start[k], r.step[k], call.shape(0)[k]});
            Recorder& recorder = call.recorder();
            call.give(0, recorder.record(unslice_op, call.g, 0, 0, recorder.graph.intern(list)));
        },
    .examples = examples_of_slice,
    .saves = 0,
    .flops = no_flops,
    .attributes = slice_text,
    .samples = {{{{{4, 5}}},
                 [](auto in) {
                     return slice(in[0], {{1, 3}, {.step = 2}});
                 }},
                {{{{4, 5}}},
                 [](auto in) {
                     return slice(in[0], {{}, {.step = -2}});
                 }},
                {{{{4}}},
                 [](auto in) {
                     return slice(in[0], {{2, 2}});
                 }}},
});

const Op& unslice_op = row({
    .name = "unslice",
    .formula = "zeros with g at the places that slice reads",
    .derived_from = "slice",
    .traits = {.fixes_shape = true, .linear = 1},
    .infer =
        [](InferCall& call) {
            need_floating(call);
            const Places places(call.attribute());
            const Dims g = call.shape(0);
            bool fits = call.attribute().size() == 3 * g.size();
            for (std::size_t k = 0; fits && k < g.size(); ++k) {
                const std::int64_t first = places.start[k], last = first + places.step[k] * (g[k] - 1);
                fits =
                    places.length[k] >= 0 &&
                    (g[k] == 0 || (std::min(first, last) >= 0 && std::max(first, last) < places.length[k]));
            }
            if (!fits) call.fail_shape("an array with places in " + to_string(places.length));
            call.out[0] = {call.dtype(0), call.graph.intern(places.length)};
        },
    .kernel =
        [](const KernelCall& call) {
            const Places places(call.attribute());
            by_float(call.dtype(), [&]<class T>() {
                kernels::unslice<T>(static_cast<const T*>(call.in[0]), static_cast<T*>(call.out[0]),
                                    call.shape(), places.start, places.step, call.shape(0));
            });
        },
    .vjp =
        [](VjpCall& call) {
            const Places places(call.attribute());
            const Dims g = call.shape(0);
            Shape list;
            for (std::size_t k = 0; k < g.size(); ++k) {
                const std::int64_t start = g[k] == 0 ? 0 : places.start[k];
                const std::int64_t stop = start + places.step[k] * g[k];
                list.insert(list.end(), {start, stop < 0 ? absent : stop, places.step[k]});
            }
            Recorder& recorder = call.recorder();
            call.give(0, recorder.record(slice_op, call.g, 0, 0, recorder.graph.intern(list)));
        },
    .examples = examples_of_unslice,
    .saves = 0,
    .flops = no_flops,
    .attributes = unslice_text,
});

// node.a: the axis.
const Op& concat_op = row({
    .name = "concat",
    .formula = "the arrays one after the other along an axis",
    .arity = -1,
    .traits = {.jointly = true, .moves = true},
    .infer =
        [](InferCall& call) {
            const auto axis = static_cast<std::size_t>(call.a);
            if (call.in.empty()) call.fail_shape("at least one array");
            Shape shape = as_shape(call.shape(0));
            if (!(call.a >= 0) || axis >= shape.size())
                call.fail_shape("an axis of the arrays, not " + number_text(call.a));
            for (std::size_t k = 1; k < call.in.size(); ++k) {
                if (call.dtype(k) != call.dtype(0)) call.fail_dtype("arrays of one type");
                const Dims other = call.shape(k);
                const auto expected = [&] { return "equal lengths but along axis " + std::to_string(axis); };
                if (other.size() != shape.size()) call.fail_shape(expected());
                for (std::size_t i = 0; i < shape.size(); ++i)
                    if (i != axis && other[i] != shape[i]) call.fail_shape(expected(), {{0, i}, {k, i}});
                shape[axis] += other[axis];
            }
            call.out[0] = {call.dtype(0), call.graph.intern(shape)};
        },
    .kernel =
        [](const KernelCall& call) {
            const auto axis = static_cast<std::int64_t>(call.node().a);
            const Split split = split_at(call.shape(), axis, axis);
            std::vector<kernels::Piece> pieces;
            for (std::size_t k = 0; k < call.in.size(); ++k)
                pieces.push_back({call.in[k], call.shape(k)[static_cast<std::size_t>(axis)]});
            kernels::concat(pieces, call.out[0], size_of(call.dtype()), split.outer, split.inner);
        },
    .vjp =
        [](VjpCall& call) {
            const auto axis = static_cast<std::size_t>(call.a());
            std::int64_t start = 0;
            for (std::size_t k = 0; k < call.count(); ++k) {
                const std::int64_t stop = start + call.shape(k)[axis];
                std::vector<Slice> slices(axis + 1);
                slices[axis] = {start, stop};
                if (call.needs(k)) call.give(k, slice(call.g, slices));
                start = stop;
            }
        },
    .saves = 0,
    .flops = no_flops,
    .attributes = [](const Graph&,
                     const Node& node) { return "axis " + std::to_string(static_cast<int>(node.a)); },
    .samples = {{{{{2, 3}}, {{2, 1}}, {{2, 2}}}, [](auto in) { return concat(in, 1); }},
                {{{{2}}, {{3}}, {{1}}, {{2}}, {{0}}}, [](auto in) { return concat(in); }}},
});

void shape_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable reshape(Variable x, const Shape& shape)
{
    Recorder& recorder = Recorder::of(x);
    Shape full = shape;
    std::int64_t known = 1, open = -1;
    for (std::size_t k = 0; k < full.size(); ++k) {
        if (full[k] == -1 && open < 0)
            open = static_cast<std::int64_t>(k);
        else if (full[k] < 0)
            throw ShapeError("reshape: " + to_string(shape) +
                             " may have one -1 and no other negative length");
        else
            known *= full[k];
    }
    if (open >= 0) {
        const std::int64_t count = x.size();
        if (known == 0 || count % known != 0)
            throw ShapeError("reshape: " + to_string(x.shape()) + " has " + std::to_string(count) +
                             " elements, which do not fill " + to_string(shape));
    }
    return recorder.record(reshape_op, x, 0, 0, recorder.graph.intern(full));
}

Variable permute(Variable x, const Axes& order)
{
    Recorder& recorder = Recorder::of(x);
    Axes normal;
    for (const std::int64_t axis : order) normal.push_back(normal_axis("permute", axis, x.shape()));
    Axes sorted = normal;
    std::ranges::sort(sorted);
    for (std::size_t k = 0; k < sorted.size(); ++k)
        if (sorted.size() != x.shape().size() || sorted[k] != static_cast<std::int64_t>(k))
            throw ShapeError("permute: " + to_string(order) + " does not name each axis of " +
                             to_string(x.shape()) + " once");
    if (sorted.size() != x.shape().size())
        throw ShapeError("permute: " + to_string(order) + " does not name each axis of " +
                         to_string(x.shape()));
    return recorder.record(permute_op, x, 0, 0, recorder.graph.intern(normal));
}

Variable transpose(Variable x)
{
    Axes order(x.shape().size());
    std::iota(order.rbegin(), order.rend(), 0);
    return permute(x, order);
}

Variable transpose(Variable x, std::int64_t axis1, std::int64_t axis2)
{
    Axes order(x.shape().size());
    std::iota(order.begin(), order.end(), 0);
    std::swap(order[static_cast<std::size_t>(normal_axis("transpose", axis1, x.shape()))],
              order[static_cast<std::size_t>(normal_axis("transpose", axis2, x.shape()))]);
    return permute(x, order);
}

Variable broadcast_to(Variable x, const Shape& shape)
{
    Recorder& recorder = Recorder::of(x);
    const ListId list = recorder.graph.intern(shape);
    if (recorder.graph[x.id()].shape == list) return x;
    return recorder.record(broadcast_to_op, x, 0, 0, list);
}

Variable sum_to(Variable x, const Shape& shape)
{
    Recorder& recorder = Recorder::of(x);
    const ListId list = recorder.graph.intern(shape);
    if (recorder.graph[x.id()].shape == list) return x;
    return recorder.record(sum_to_op, x, 0, 0, list);
}

Variable slice(Variable x, const std::vector<Slice>& slices)
{
    Recorder& recorder = Recorder::of(x);
    const Dims shape = x.shape();
    if (slices.size() > shape.size())
        throw ShapeError("slice: " + std::to_string(slices.size()) + " slices for shape " + to_string(shape));
    Shape list;
    for (std::size_t axis = 0; axis < slices.size(); ++axis) {
        const Slice& given = slices[axis];
        if (given.step == 0) throw ValueError("slice: step 0 along axis " + std::to_string(axis));
        const auto end = [](std::optional<std::int64_t> at) {
            return at ? std::max(*at, absent + 1) : absent;
        };
        list.insert(list.end(), {end(given.start), end(given.stop), given.step});
    }
    return recorder.record(slice_op, x, 0, 0, recorder.graph.intern(list));
}

Variable concat(std::span<const Variable> parts, std::int64_t axis)
{
    if (parts.empty()) throw ShapeError("concat: no arrays were given");
    const std::int64_t normal = normal_axis("concat", axis, parts[0].shape());
    return Recorder::of(parts[0]).record(concat_op, parts, static_cast<double>(normal));
}

}  // namespace xgrad
