// Shapes: reshape, permute, broadcast, slice, concat and their adjoints.
#include <numeric>

#include "autodiff/kernels/move.hpp"
#include "autodiff/kernels/reduce.hpp"
#include "autodiff/ops/axes.hpp"
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

}  // namespace

// node.list: the new shape.
const Op& reshape_op = row({
    .name = "reshape",
    .formula = "the same elements in another shape",
    .traits = {.alias = true, .linear = 1},
    .infer =
        [](InferCall& call) {
            if (element_count(call.shape(0)) != element_count(call.attribute()))
                call.fail_shape("as many elements as in " + to_string(call.attribute()));
            call.out[0] = {call.dtype(0), call.list};
        },
    .vjp = [](VjpCall& call) { call.give(0, reshape(call.g, as_shape(call.shape(0)))); },
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
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
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
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            if (!broadcasts(call.shape(0), call.attribute()))
                call.fail_shape("a shape that broadcasts to " + to_string(call.attribute()));
            call.out[0] = {call.dtype(0), call.list};
        },
    .kernel =
        [](const KernelCall& call) {
            kernels::broadcast_to(call.in[0], call.out[0], size_of(call.dtype()), call.shape(0),
                                  call.shape());
        },
    .vjp = [](VjpCall& call) { call.give(0, sum_to(call.g, as_shape(call.shape(0)))); },
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
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            need_floating(call);
            if (!broadcasts(call.attribute(), call.shape(0)))
                call.fail_shape("a shape that " + to_string(call.attribute()) + " broadcasts to");
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

// node.list: start, step and length for each axis of x.
namespace {
struct Ranges {
    Shape start, step, length;
    explicit Ranges(Dims list)
    {
        for (std::size_t k = 0; k + 2 < list.size(); k += 3) {
            start.push_back(list[k]);
            step.push_back(list[k + 1]);
            length.push_back(list[k + 2]);
        }
    }
};
std::string slice_text(const Graph& graph, const Node& node)
{
    const Ranges r(graph.list(node.list));
    std::string text;
    for (std::size_t k = 0; k < r.start.size(); ++k)
        text += (k ? ", " : "") + std::to_string(r.start[k]) + ":" + std::to_string(r.step[k]) + "*" +
                std::to_string(r.length[k]);
    return text;
}
}  // namespace

extern const Op& unslice_op;

const Op& slice_op = row({
    .name = "slice",
    .formula = "x[start : stop : step]",
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            call.out[0] = {call.dtype(0), call.graph.intern(Ranges(call.attribute()).length)};
        },
    .kernel =
        [](const KernelCall& call) {
            const Ranges r(call.attribute());
            kernels::slice(call.in[0], call.out[0], size_of(call.dtype()), call.shape(0), r.start, r.step,
                           r.length);
        },
    .vjp =
        [](VjpCall& call) {
            // The list of the adjoint: start, step, length of x on each axis.
            Shape list = as_shape(call.attribute());
            for (std::size_t k = 0; k < list.size() / 3; ++k) list[3 * k + 2] = call.shape(0)[k];
            Recorder& recorder = call.recorder();
            call.give(0, recorder.record(unslice_op, call.g, 0, 0, recorder.graph.intern(list)));
        },
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
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            need_floating(call);
            call.out[0] = {call.dtype(0), call.graph.intern(Ranges(call.attribute()).length)};
        },
    .kernel =
        [](const KernelCall& call) {
            const Ranges r(call.attribute());
            by_float(call.dtype(), [&]<class T>() {
                kernels::unslice<T>(static_cast<const T*>(call.in[0]), static_cast<T*>(call.out[0]),
                                    call.shape(), r.start, r.step, call.shape(0));
            });
        },
    .vjp =
        [](VjpCall& call) {
            Shape list = as_shape(call.attribute());
            for (std::size_t k = 0; k < list.size() / 3; ++k) list[3 * k + 2] = call.shape(0)[k];
            Recorder& recorder = call.recorder();
            call.give(0, recorder.record(slice_op, call.g, 0, 0, recorder.graph.intern(list)));
        },
    .saves = 0,
    .flops = no_flops,
    .attributes = slice_text,
});

// node.a: the axis.
const Op& concat_op = row({
    .name = "concat",
    .formula = "the arrays one after the other along an axis",
    .arity = -1,
    .traits = {.jointly = true},
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
                bool fits = other.size() == shape.size();
                for (std::size_t i = 0; fits && i < shape.size(); ++i)
                    fits = i == axis || other[i] == shape[i];
                if (!fits) call.fail_shape("equal lengths but along axis " + std::to_string(axis));
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
        full[static_cast<std::size_t>(open)] = count / known;
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
    const Slice everything;
    Shape list;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const Slice& given = axis < slices.size() ? slices[axis] : everything;
        const std::int64_t length = shape[axis], far = std::max<std::int64_t>(length, 1);
        const std::int64_t step = std::clamp(given.step, -far, far);  // a longer one takes one element too
        if (step == 0) throw ValueError("slice: step 0 along axis " + std::to_string(axis));
        // Python's rules: ends count from the back when negative and are cut to the array.
        const auto place = [&](std::int64_t at) { return at < 0 ? at + length : at; };
        const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
        const std::int64_t first = step > 0 ? low : high, last = step > 0 ? high : low;
        const std::int64_t start =
            given.start.has_value() ? std::clamp(place(given.start.value_or(0)), low, high) : first;
        const std::int64_t stop =
            given.stop.has_value() ? std::clamp(place(given.stop.value_or(0)), low, high) : last;
        const std::int64_t count =
            step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
        list.insert(list.end(), {start, step, std::max<std::int64_t>(count, 0)});
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
