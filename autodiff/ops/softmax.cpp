// The softmax family along one axis.
#include "autodiff/kernels/softmax.hpp"
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/by_rows.hpp"
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/reduce.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

// node.a: the axis; node.b: 1 to keep it (logsumexp).
void infer_same(InferCall& call)
{
    need_floating(call);
    need_axis(call, call.a);
    for (std::size_t k = 1; k < call.in.size(); ++k) need_alike(call, 0, k, "equal shapes");
    call.out[0] = {call.dtype(0), call.graph[call.in[0]].shape};
}
Split split_of(const KernelCall& call)
{
    const auto axis = static_cast<std::int64_t>(call.node().a);
    return split_at(call.shape(0), axis, axis);
}
std::string axis_text(const Graph&, const Node& node)
{
    return "axis " + std::to_string(static_cast<int>(node.a));
}
double softmax_flops(const Graph& graph, ValueId id)
{
    return 4.0 * static_cast<double>(graph.count(graph.inputs(id)[0]));
}
Axes axis_of(const Node& node) { return {static_cast<std::int64_t>(node.a)}; }

bool is_along_last_axis(const Graph& graph, ValueId id)
{
    return graph[id].a == static_cast<double>(graph.shape(id).size()) - 1;
}

#define XGRAD_ROWS_KERNEL(name, ...)                                                                        \
    [](const KernelCall& call) {                                                                            \
        if (call.node().op->rows.run && is_along_last_axis(call.graph, call.id)) return run_all_rows(call); \
        const Split s = split_of(call);                                                                     \
        by_float(call.dtype(), [&]<class T>() {                                                             \
            kernels::name<T>(__VA_ARGS__, static_cast<T*>(call.out[0]), s.outer, s.axis, s.inner);          \
        });                                                                                                 \
    }
#define XGRAD_IN(k) static_cast<const T*>(call.in[k])
// The same for some rows along the last axis.
#define XGRAD_ROWS(name, ...)                                                                               \
    {                                                                                                       \
        .run =                                                                                              \
            [](const RowsCall& call) {                                                                      \
                by_float(call.node.dtype, [&]<class T>() {                                                  \
                    kernels::name<T>(__VA_ARGS__, static_cast<T*>(call.out[0]), call.rows, call.length, 1); \
                });                                                                                         \
            },                                                                                              \
        .fits = is_along_last_axis                                                                          \
    }

}  // namespace

extern const Op &softmax_vjp_op, &log_softmax_vjp_op;

const Op& softmax_op = row({
    .name = "softmax",
    .formula = "e^x / sum e^x",
    .gradient = "y (g - sum g y)",
    .elsewhere = {"", "F.softmax", "jax.nn.softmax"},
    .traits = {.position_free = false, .low = 0, .high = 1},
    .infer = infer_same,
    .kernel = XGRAD_ROWS_KERNEL(softmax, XGRAD_IN(0)),
    .rows = XGRAD_ROWS(softmax, XGRAD_IN(0)),
    .vjp =
        [](VjpCall& call) {
            call.give(0, call.recorder().record(softmax_vjp_op, call.g, call.out(), call.a()));
        },
    .saves = 0x80,
    .flops = softmax_flops,
    .attributes = axis_text,
    .samples = {{{{{3, 4}}}, [](auto in) { return softmax(in[0]); }},
                {{{{2, 3, 4}}}, [](auto in) { return softmax(in[0], 1); }},
                {{{{1}}}, [](auto in) { return softmax(in[0]); }}},
});

const Op& softmax_vjp_op = row({
    .name = "softmax_vjp",
    .formula = "y (g - sum(g y))",
    .derived_from = "softmax",
    .arity = 2,
    .traits = {.position_free = false, .linear = 1},
    .infer = infer_same,
    .kernel = XGRAD_ROWS_KERNEL(softmax_vjp, XGRAD_IN(0), XGRAD_IN(1)),
    .rows = XGRAD_ROWS(softmax_vjp, XGRAD_IN(0), XGRAD_IN(1)),
    .expand = [](std::span<const Variable> in,
                 const Node& node) { return in[1] * (in[0] - sum(in[0] * in[1], axis_of(node), true)); },
    .flops = softmax_flops,
    .attributes = axis_text,
});

const Op& log_softmax_op = row({
    .name = "log_softmax",
    .formula = "x - ln sum e^x",
    .gradient = "g - e^y sum g",
    .elsewhere = {"", "F.log_softmax", "jax.nn.log_softmax"},
    .traits = {.position_free = false, .high = 0},
    .infer = infer_same,
    .kernel = XGRAD_ROWS_KERNEL(log_softmax, XGRAD_IN(0)),
    .rows = XGRAD_ROWS(log_softmax, XGRAD_IN(0)),
    .vjp =
        [](VjpCall& call) {
            call.give(0, call.recorder().record(log_softmax_vjp_op, call.g, call.out(), call.a()));
        },
    .saves = 0x80,
    .flops = softmax_flops,
    .attributes = axis_text,
    .samples = {{{{{3, 4}}}, [](auto in) { return log_softmax(in[0]); }},
                {{{{2, 3, 4}}}, [](auto in) { return log_softmax(in[0], 0); }}},
});

const Op& log_softmax_vjp_op = row({
    .name = "log_softmax_vjp",
    .formula = "g - e^y sum(g)",
    .derived_from = "log_softmax",
    .arity = 2,
    .traits = {.position_free = false, .linear = 1},
    .infer = infer_same,
    .kernel = XGRAD_ROWS_KERNEL(log_softmax_vjp, XGRAD_IN(0), XGRAD_IN(1)),
    .rows = XGRAD_ROWS(log_softmax_vjp, XGRAD_IN(0), XGRAD_IN(1)),
    .expand = [](std::span<const Variable> in,
                 const Node& node) { return in[0] - exp(in[1]) * sum(in[0], axis_of(node), true); },
    .flops = softmax_flops,
    .attributes = axis_text,
});

const Op& logsumexp_op = row({
    .name = "logsumexp",
    .formula = "ln sum e^x",
    .gradient = "g softmax(x)",
    .elsewhere = {"", "torch.logsumexp", "jax.scipy.special.logsumexp"},
    .traits = {.position_free = false},
    .infer =
        [](InferCall& call) {
            need_floating(call);
            need_axis(call, call.a);
            const std::int64_t axis[] = {static_cast<std::int64_t>(call.a)};
            call.out[0] = {call.dtype(0), call.graph.intern(reduced_shape(call.shape(0), axis, call.b != 0))};
        },
    .kernel = XGRAD_ROWS_KERNEL(logsumexp, XGRAD_IN(0)),
    .vjp =
        [](VjpCall& call) {
            const auto axis = static_cast<std::int64_t>(call.a());
            const Shape kept = as_shape(reduced_shape(call.shape(0), Dims(&axis, 1), true));
            const Variable g = call.b() != 0 ? call.g : reshape(call.g, kept);
            call.give(0, g * softmax(call.in(0), axis));
        },
    .saves = 1,
    .flops = softmax_flops,
    .attributes = axis_text,
    .samples = {{{{{3, 4}}}, [](auto in) { return logsumexp(in[0], -1); }},
                {{{{2, 3, 4}}}, [](auto in) { return logsumexp(in[0], 1, true); }},
                {{{{5}}}, [](auto in) { return logsumexp(in[0]); }}},
});

#undef XGRAD_ROWS_KERNEL
#undef XGRAD_IN

void softmax_rows() {}

namespace {
Variable along(const Op& op, Variable x, std::int64_t axis, bool keepdims = false)
{
    if (is_scalar_along(x, axis))
        return on_scalar(op.name, x, [&](Variable one) { return along(op, one, 0, keepdims); });
    const std::int64_t normal = normal_axis(op.name.data(), axis, x.shape());
    return Recorder::of(x).record(op, x, static_cast<double>(normal), keepdims ? 1 : 0);
}
}  // namespace

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable softmax(Variable x, std::int64_t axis) { return along(softmax_op, x, axis); }
Variable log_softmax(Variable x, std::int64_t axis) { return along(log_softmax_op, x, axis); }
Variable logsumexp(Variable x)
{
    detail::need_floats("logsumexp", {x});
    return along(logsumexp_op, reshape(x, {-1}), 0);
}
Variable detail::logsumexp_along(Variable x, std::int64_t axis, bool keepdims)
{
    return along(logsumexp_op, x, axis, keepdims);
}

}  // namespace xgrad
