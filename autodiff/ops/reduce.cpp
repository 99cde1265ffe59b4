// Sums and means along axes.
#include "autodiff/ops/reduce.hpp"

#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {

// node.list: the axes, ascending; node.a: 1 to keep them with length 1.
void infer_reduction(InferCall& call)
{
    if (!is_floating(call.dtype(0)) && call.dtype(0) != DType::int64)
        call.fail_dtype("float32, float64 or int64");
    need_axes(call, call.attribute());
    call.out[0] = {call.dtype(0),
                   call.graph.intern(reduced_shape(call.shape(0), call.attribute(), call.a != 0))};
}
namespace {
void infer_mean(InferCall& call)
{
    need_floating(call);
    infer_reduction(call);
}
}  // namespace

// The cotangent of a reduction times a factor, repeated to the shape of its input. The seed of a gradient is one number
// for all elements, and stays one.
Variable spread(Variable g, double factor, Dims shape, Dims axes, bool keepdims)
{
    const Node& node = Recorder::of(g).graph[g.id()];
    if (node.flags & seed) {
        const Variable result = filled(g, Recorder::of(g).graph.intern(shape), node.a * factor);
        Recorder::of(g).mark_seed(result);
        return result;
    }
    if (factor != 1) g = g * factor;
    bool leading = true;  // then right-aligned broadcasting repeats it as it is
    for (std::size_t k = 0; k < axes.size(); ++k)
        leading = leading && axes[k] == static_cast<std::int64_t>(k);
    if (!leading && !keepdims) g = reshape(g, as_shape(reduced_shape(shape, axes, true)));
    return broadcast_to(g, as_shape(shape));
}

double sum_flops(const Graph& graph, ValueId id)
{
    return static_cast<double>(graph.count(graph.inputs(id)[0]));
}
std::string reduction_text(const Graph& graph, const Node& node)
{
    return axes_text(graph.list(node.list)) + (node.a != 0 ? ", kept" : "");
}

Variable reduce(const Op& op, Variable x, Dims axes, bool keepdims)
{
    Recorder& recorder = Recorder::of(x);
    const ShortList normal = normal_axes(op.name.data(), axes, x.shape());
    return recorder.record(op, x, keepdims ? 1 : 0, 0, recorder.graph.intern(normal));
}

const Op& sum_op = row({
    .name = "sum",
    .formula = "sum of the elements along the axes",
    .gradient = "g, repeated",
    .elsewhere = {"np.sum", "torch.sum", "jnp.sum"},
    .traits = {.sums = true, .linear = 1},
    .infer = infer_reduction,
    .kernel = run_reduction<kernels::Reduction::sum>,
    .vjp =
        [](VjpCall& call) {
            const Dims shape = call.shape(0), axes = call.attribute();
            call.give(0, spread(call.g, 1, shape, axes, call.a() != 0));
        },
    .saves = 0,
    .flops = sum_flops,
    .attributes = reduction_text,
    .samples = {{{{{2, 3, 4}}}, [](auto in) { return sum(in[0], {1}); }},
                {{{{2, 3, 4}}},
                 [](auto in) {
                     return sum(in[0], {0, -1}, true);
                 }},
                {{{{7}}}, [](auto in) { return sum(in[0]); }},
                {{{{}}}, [](auto in) { return sum(in[0]); }},
                {{{{0, 3}}}, [](auto in) { return sum(in[0], {0}); }}},
});

const Op& mean_op = row({
    .name = "mean",
    .formula = "mean of the elements along the axes",
    .gradient = "g / n, repeated",
    .elsewhere = {"np.mean", "torch.mean", "jnp.mean"},
    .traits = {.averages = true, .linear = 1},
    .infer = infer_mean,
    .kernel = run_reduction<kernels::Reduction::mean>,
    .vjp =
        [](VjpCall& call) {
            const Dims shape = call.shape(0), axes = call.attribute();
            double count = 1;
            for (const std::int64_t axis : axes)
                count *= static_cast<double>(shape[static_cast<std::size_t>(axis)]);
            call.give(0, spread(call.g, 1 / count, shape, axes, call.a() != 0));
        },
    .saves = 0,
    .flops = sum_flops,
    .attributes = reduction_text,
    .samples = {{{{{2, 3, 4}}}, [](auto in) { return mean(in[0], {1}); }},
                {{{{2, 3, 4}}},
                 [](auto in) {
                     return mean(in[0], {0, 2}, true);
                 }},
                {{{{7}}}, [](auto in) { return mean(in[0]); }},
                {{{{}}}, [](auto in) { return mean(in[0]); }}},
});

void reduce_rows() { extreme_rows(); }

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable sum(Variable x) { return reduce(sum_op, x, all_axes(x.shape().size()), false); }
Variable sum(Variable x, const Axes& axes, bool keepdims) { return reduce(sum_op, x, axes, keepdims); }
Variable mean(Variable x) { return reduce(mean_op, x, all_axes(x.shape().size()), false); }
Variable mean(Variable x, const Axes& axes, bool keepdims) { return reduce(mean_op, x, axes, keepdims); }

}  // namespace xgrad
