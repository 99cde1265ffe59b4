// Scale and shift of each channel, as normalising functions end: elementwise ops broadcast along a middle axis, and summed
// back over the others, take several passes where this one takes one.
#include "autodiff/kernels/batch_norm.hpp"

#include "autodiff/ops/normalization.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

extern const Op &scale_channels_op, &scale_channels_vjp_op;

namespace {
kernels::BatchSizes sizes_of(Dims x) { return {x[0], x[1], element_count(x.subspan(2))}; }
}  // namespace

// Inputs: x [N, C, ...], scale [C], shift [C].
const Op& scale_channels_op = row({
    .name = "scale_channels",
    .formula = "x scale + shift, channel by channel of x [N, C, ...]",
    .gradient = "g scale; scale: sum g x; shift: sum g",
    .internal = true,
    .arity = 3,
    .inputs = {"x", "scale", "shift"},
    .traits = {.by_rows = 1, .linear = 7},
    .infer =
        [](InferCall& call) {
            need_floating(call);
            const Dims x = call.shape(0);
            if (x.size() < 2) call.fail_shape("x [N, C] or [N, C, ...]");
            for (std::size_t k = 1; k < 3; ++k) {
                if (call.dtype(k) != call.dtype(0)) call.fail_dtype(one_type);
                if (call.shape(k).size() != 1 || call.shape(k)[0] != x[1])
                    call.fail_shape("scale and shift [" + std::to_string(x[1]) + "], one element a channel");
            }
            infer_like<0>(call);
        },
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                kernels::scale_channels<T>(input<T>(call, 0), input<T>(call, 1), input<T>(call, 2),
                                           output<T>(call, 0), sizes_of(call.shape(0)));
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const Variable in[] = {call.g, call.in(0), call.in(1)};
            const Variable dx = recorder.record(scale_channels_vjp_op, in);
            for (std::size_t k = 0; k < 3; ++k)
                if (call.needs(k)) call.give(k, recorder.output(dx, k));
        },
    .saves = 3,
    .flops = [](const Graph& graph, ValueId id) { return 2.0 * static_cast<double>(graph.count(id)); },
    .samples = {{{{{3, 2, 4}}, {{2}}, {{2}}}, [](auto in) { return scale_channels(in[0], in[1], in[2]); }},
                {{{{2, 3, 5, 8}}, {{3}}, {{3}}}, [](auto in) { return scale_channels(in[0], in[1], in[2]); }},
                {{{{1, 70, 1}}, {{70}}, {{70}}}, [](auto in) { return scale_channels(in[0], in[1], in[2]); }},
                {{{{0, 2, 3}}, {{2}}, {{2}}}, [](auto in) { return scale_channels(in[0], in[1], in[2]); }}},
});

// Inputs: g, x, scale. Outputs: the gradients of x, scale and shift.
const Op& scale_channels_vjp_op = row({
    .name = "scale_channels_vjp",
    .formula = "g scale, sum g x, sum g",
    .derived_from = "scale_channels",
    .arity = 3,
    .outputs = 3,
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            call.out[0] = {call.dtype(1), call.graph[call.in[1]].shape};
            call.out[1] = call.out[2] = {call.dtype(2), call.graph[call.in[2]].shape};
        },
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                kernels::scale_channels_vjp<T>(input<T>(call, 0), input<T>(call, 1), input<T>(call, 2),
                                               output<T>(call, 0), output<T>(call, 1), output<T>(call, 2),
                                               sizes_of(call.shape(1)));
            });
        },
    .expand_all = [](std::span<const Variable> in, const Node&) -> std::vector<Variable> {
        const Variable g = in[0], x = in[1];
        Axes axes;
        for (std::size_t axis = 0; axis < x.shape().size(); ++axis)
            if (axis != 1) axes.push_back(static_cast<std::int64_t>(axis));
        return {g * along_channels(in[2], x), sum(g * x, axes), sum(g, axes)};
    },
    .flops = [](const Graph& graph, ValueId id) { return 4.0 * static_cast<double>(graph.count(id)); },
});

Variable scale_channels(Variable x, Variable scale, Variable shift)
{
    const Variable in[] = {x, scale, shift};
    return Recorder::of(x).record(scale_channels_op, in);
}

void scale_channels_rows() {}

}  // namespace xgrad::detail
