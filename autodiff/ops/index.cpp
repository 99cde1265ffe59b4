// Picking by numbers along an axis: index_select and gather, and their gradients index_add and scatter_add.
#include "autodiff/kernels/index.hpp"

#include <cstring>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

namespace {

double no_flops(const Graph&, ValueId) { return 0; }
std::string axis_text(const Graph&, const Node& node)
{
    return "axis " + std::to_string(static_cast<int>(node.a));
}

std::size_t axis_of(const KernelCall& call) { return static_cast<std::size_t>(call.node().a); }
Split split_along(Dims shape, std::size_t axis)
{
    return split_at(shape, static_cast<std::int64_t>(axis), static_cast<std::int64_t>(axis));
}

void check_numbers(const KernelCall& call, std::size_t which, std::int64_t length)
{
    const auto* index = input<std::int64_t>(call, which);
    const std::int64_t count = element_count(call.shape(which));
    for (std::int64_t i = 0; i < count; ++i) {
        if (index[i] >= 0 && index[i] < length) continue;
        Shape at(call.shape(which).size());
        for (std::size_t k = at.size(), rest = static_cast<std::size_t>(i); k-- > 0;) {
            at[k] = static_cast<std::int64_t>(rest) % call.shape(which)[k];
            rest /= static_cast<std::size_t>(call.shape(which)[k]);
        }
        throw ValueError(std::string(call.node().op->name) + ": the number " + std::to_string(index[i]) +
                         " (at " + to_string(at) + ") does not exist along axis " +
                         std::to_string(axis_of(call)) + ", which has " +
                         (length == 0 ? "no elements" : "the numbers 0 .. " + std::to_string(length - 1)));
    }
}

void need_numbers(InferCall& call, std::size_t which)
{
    if (call.dtype(which) != DType::int64) call.fail_dtype("numbers of type int64");
}

// The shape of what is picked by numbers [count], or by numbers for each element. Checks types and the numbers' shape.
Shape picked_slices(InferCall& call)
{
    need_numbers(call, 1);
    need_axis(call, call.a);
    if (call.shape(1).size() != 1) call.fail_shape("numbers with one axis");
    Shape shape = as_shape(call.shape(0));
    shape[static_cast<std::size_t>(call.a)] = call.shape(1)[0];
    return shape;
}
Shape picked_elements(InferCall& call)
{
    need_numbers(call, 1);
    need_axis(call, call.a);
    const auto axis = static_cast<std::size_t>(call.a);
    Shape shape = as_shape(call.shape(0));
    if (call.shape(1).size() == shape.size()) shape[axis] = call.shape(1)[axis];
    if (!std::ranges::equal(call.shape(1), shape))
        call.fail_shape("numbers of the array's shape but along axis " + std::to_string(axis));
    return shape;
}
// For what adds an array of that shape to the first one.
template <Shape picked(InferCall&)>
void infer_added(InferCall& call)
{
    if (!is_floating(call.dtype(0)) || call.dtype(2) != call.dtype(0)) {
        need_numbers(call, 1);
        call.fail_dtype(one_type);
    }
    const Shape shape = picked(call);
    if (!std::ranges::equal(call.shape(2), shape)) call.fail_shape("a third array " + to_string(shape));
    infer_like<0>(call);
}
template <Shape picked(InferCall&)>
void infer_picked(InferCall& call)
{
    call.out[0] = {call.dtype(0), call.graph.intern(picked(call))};
}

// Checks the numbers; the value begins as the first input, whose memory it may be. Then add<T>(split).
template <class F>
void add_to_first(const KernelCall& call, F add)
{
    const Split split = split_along(call.shape(0), axis_of(call));
    check_numbers(call, 1, split.axis);
    by_float(call.dtype(), [&]<class T>() {
        if (call.out[0] != call.in[0])
            std::memcpy(call.out[0], call.in[0],
                        static_cast<std::size_t>(element_count(call.shape())) * sizeof(T));
        add.template operator()<T>(split);
    });
}

}  // namespace

// Inputs x, index [count]; node.a: the axis.
const Op& index_select_op = row({
    .name = "index_select",
    .formula = "x[..., index, ...]",
    .gradient = "0, with g added at index",
    .elsewhere = {"np.take", "torch.index_select", "jnp.take"},
    .arity = 2,
    .traits = {.may_throw = true, .linear = 1},
    .infer = infer_picked<picked_slices>,
    .kernel =
        [](const KernelCall& call) {
            const Split split = split_along(call.shape(0), axis_of(call));
            check_numbers(call, 1, split.axis);
            kernels::index_select(call.in[0], input<std::int64_t>(call, 1), call.out[0],
                                  size_of(call.dtype()), split.outer, split.axis, call.shape(1)[0],
                                  split.inner);
        },
    .vjp =
        [](VjpCall& call) {
            call.give(0, index_add(zeros_like(call.in(0)), static_cast<std::int64_t>(call.a()), call.in(1),
                                   call.g));
        },
    .saves = 3,
    .flops = no_flops,
    .attributes = axis_text,
    .samples = {{{{{2, 4, 3}}, {{5}, 0, 4, DType::int64}},
                 [](auto in) { return index_select(in[0], 1, in[1]); }},
                {{{{4}}, {{0}, 0, 4, DType::int64}}, [](auto in) { return index_select(in[0], 0, in[1]); }}},
});

// Inputs x, index [count], what is added.
const Op& index_add_op = row({
    .name = "index_add",
    .formula = "x[..., index, ...] + y",
    .gradient = "dx = g, dy = g at index",
    .elsewhere = {"", "torch.index_add", ""},
    .arity = 3,
    .traits = {.takes_over = true, .may_throw = true, .linear = 5, .jointly = true},
    .infer = infer_added<picked_slices>,
    .kernel =
        [](const KernelCall& call) {
            add_to_first(call, [&]<class T>(const Split& split) {
                kernels::index_add(input<T>(call, 2), input<std::int64_t>(call, 1), output<T>(call, 0),
                                   split.outer, split.axis, call.shape(1)[0], split.inner);
            });
        },
    .vjp =
        [](VjpCall& call) {
            if (call.needs(0)) call.give(0, call.g);
            if (call.needs(2))
                call.give(2, index_select(call.g, static_cast<std::int64_t>(call.a()), call.in(1)));
        },
    .saves = 2,
    .attributes = axis_text,
    .samples = {{{{{2, 4, 3}}, {{5}, 0, 4, DType::int64}, {{2, 5, 3}}},
                 [](auto in) { return index_add(in[0], 1, in[1], in[2]); }}},
});

// Inputs x, index of the same rank, as long as x or shorter along other axes than node.a.
const Op& gather_op = row({
    .name = "gather",
    .formula = "x at index along the axis",
    .gradient = "0, with g added at index",
    .elsewhere = {"np.take_along_axis", "torch.gather", "jnp.take_along_axis"},
    .arity = 2,
    .traits = {.may_throw = true, .linear = 1},
    .infer = infer_picked<picked_elements>,
    .kernel =
        [](const KernelCall& call) {
            const Split split = split_along(call.shape(0), axis_of(call));
            check_numbers(call, 1, split.axis);
            kernels::gather(call.in[0], input<std::int64_t>(call, 1), call.out[0], size_of(call.dtype()),
                            split.outer, split.axis, call.shape(1)[axis_of(call)], split.inner);
        },
    .vjp =
        [](VjpCall& call) {
            call.give(0, scatter_add(zeros_like(call.in(0)), static_cast<std::int64_t>(call.a()), call.in(1),
                                     call.g));
        },
    .saves = 3,
    .flops = no_flops,
    .attributes = axis_text,
    .samples = {{{{{2, 4, 3}}, {{2, 5, 3}, 0, 4, DType::int64}},
                 [](auto in) { return gather(in[0], 1, in[1]); }},
                {{{{4}}, {{2}, 0, 4, DType::int64}}, [](auto in) { return gather(in[0], 0, in[1]); }}},
});

// Inputs x, index, what is added, of index's shape.
const Op& scatter_add_op = row({
    .name = "scatter_add",
    .formula = "x + y at index along the axis",
    .gradient = "dx = g, dy = g at index",
    .elsewhere = {"", "torch.scatter_add", ""},
    .arity = 3,
    .traits = {.takes_over = true, .may_throw = true, .linear = 5, .jointly = true},
    .infer = infer_added<picked_elements>,
    .kernel =
        [](const KernelCall& call) {
            add_to_first(call, [&]<class T>(const Split& split) {
                kernels::scatter_add(input<T>(call, 2), input<std::int64_t>(call, 1), output<T>(call, 0),
                                     split.outer, split.axis, call.shape(1)[axis_of(call)], split.inner);
            });
        },
    .vjp =
        [](VjpCall& call) {
            if (call.needs(0)) call.give(0, call.g);
            if (call.needs(2)) call.give(2, gather(call.g, static_cast<std::int64_t>(call.a()), call.in(1)));
        },
    .saves = 2,
    .attributes = axis_text,
    .samples = {{{{{2, 4, 3}}, {{2, 5, 3}, 0, 4, DType::int64}, {{2, 5, 3}}},
                 [](auto in) { return scatter_add(in[0], 1, in[1], in[2]); }}},
});

// node.a: the axis; node.b: 1 for descending.
const Op& argsort_op = row({
    .name = "argsort",
    .formula = "the numbers that sort x",
    .gradient = "0",
    .elsewhere = {"np.argsort", "torch.argsort", "jnp.argsort"},
    .traits = {.kink = "equal elements keep their order; no gradient"},
    .infer =
        [](InferCall& call) {
            if (call.dtype(0) == DType::boolean) call.fail_dtype("float32, float64 or int64");
            need_axis(call, call.a);
            call.out[0] = {DType::int64, call.graph[call.in[0]].shape};
        },
    .kernel =
        [](const KernelCall& call) {
            const Split split = split_along(call.shape(0), axis_of(call));
            const auto run = [&]<class T>() {
                kernels::argsort(input<T>(call, 0), output<std::int64_t>(call, 0), split.outer, split.axis,
                                 split.inner, call.node().b != 0);
            };
            if (call.dtype(0) == DType::int64)
                run.operator()<std::int64_t>();
            else
                by_float(call.dtype(0), run);
        },
    .vjp = [](VjpCall&) {},
    .saves = 0,
    .flops = no_flops,
    .attributes =
        [](const Graph& graph, const Node& node) {
            return axis_text(graph, node) + (node.b != 0 ? ", descending" : "");
        },
    .samples = {{{{{2, 5, 3}}}, [](auto in) { return argsort(in[0], 1); }},
                {{{{6}}}, [](auto in) { return argsort(in[0], 0, true); }}},
});

void index_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder, detail::normal_axis;

namespace {
double axis_number(const char* op, std::int64_t axis, Variable x)
{
    return static_cast<double>(normal_axis(op, axis, x.shape()));
}
}  // namespace

Variable index_select(Variable x, std::int64_t axis, Variable index)
{
    return Recorder::of(x).record(detail::index_select_op, x, index, axis_number("index_select", axis, x));
}
Variable index_add(Variable x, std::int64_t axis, Variable index, Variable y)
{
    const Variable in[] = {x, index, y};
    return Recorder::of(x).record(detail::index_add_op, in, axis_number("index_add", axis, x));
}
Variable gather(Variable x, std::int64_t axis, Variable index)
{
    if (detail::is_scalar_along(x, axis) && index.shape().empty())
        return detail::on_scalar("gather", x,
                                 [&](Variable one) { return gather(one, 0, reshape(index, {1})); });
    return Recorder::of(x).record(detail::gather_op, x, index, axis_number("gather", axis, x));
}
Variable scatter_add(Variable x, std::int64_t axis, Variable index, Variable y)
{
    const Variable in[] = {x, index, y};
    return Recorder::of(x).record(detail::scatter_add_op, in, axis_number("scatter_add", axis, x));
}
Variable argsort(Variable x, std::int64_t axis, bool descending)
{
    if (detail::is_scalar_along(x, axis))
        return detail::on_scalar("argsort", x, [&](Variable one) { return argsort(one, 0, descending); });
    return Recorder::of(x).record(detail::argsort_op, x, axis_number("argsort", axis, x), descending ? 1 : 0);
}

}  // namespace xgrad
