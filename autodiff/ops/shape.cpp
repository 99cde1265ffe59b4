// Shapes: reshape, permute, broadcast and its adjoint.
#include <algorithm>

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
    .gradient = "g in the shape of x",
    .elsewhere = {"np.reshape", "torch.reshape", "jnp.reshape"},
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
    .gradient = "g with its axes back in place",
    .elsewhere = {"np.transpose", "torch.permute", "jnp.transpose"},
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
            Shape inverse(order.size());
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
    .gradient = "g, summed over what was repeated",
    .elsewhere = {"np.broadcast_to", "torch.broadcast_to", "jnp.broadcast_to"},
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
    .gradient = "g, repeated to the shape of x",
    .elsewhere = {"", "torch.Tensor.sum_to_size", ""},
    .internal = true,
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
    bool each_once = sorted.size() == x.shape().size();
    for (std::size_t k = 0; each_once && k < sorted.size(); ++k)
        each_once = sorted[k] == static_cast<std::int64_t>(k);
    if (!each_once)
        throw ShapeError("permute: " + to_string(order) + " does not name each axis of " +
                         to_string(x.shape()) + " once");
    return recorder.record(permute_op, x, 0, 0, recorder.graph.intern(normal));
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

}  // namespace xgrad
