// Cutting arrays and joining them: slice, its adjoint, concat.
#include <algorithm>
#include <limits>

#include "autodiff/kernels/move.hpp"
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/examples.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {

namespace {
double no_flops(const Graph&, ValueId) { return 0; }
}  // namespace

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
    .gradient = "g at its places, else 0",
    .elsewhere = {"x[i:j:k]", "x[i:j:k]", "x[i:j:k]"},
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
    .gradient = "the parts of g",
    .elsewhere = {"np.concatenate", "torch.cat", "jnp.concatenate"},
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

void slice_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

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
