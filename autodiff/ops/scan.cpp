// Cumulative sums and products along an axis.
#include "autodiff/kernels/scan.hpp"
#include "autodiff/ops/compose.hpp"

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

namespace {

// node.a: the axis; node.b: 1 from the end to the front.
Split along(const KernelCall& call)
{
    const auto axis = static_cast<std::int64_t>(call.node().a);
    return split_at(call.shape(), axis, axis);
}
std::string scan_text(const Graph&, const Node& node)
{
    return "axis " + std::to_string(static_cast<int>(node.a)) + (node.b != 0 ? ", from the end" : "");
}

}  // namespace

const Op& cumsum_op = row({
    .name = "cumsum",
    .formula = "y_k = x_0 + ... + x_k",
    .gradient = "g_k + g_(k+1) + ... to the end",
    .elsewhere = {"np.cumsum", "torch.cumsum", "jnp.cumsum"},
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            if (call.dtype(0) == DType::boolean) call.fail_dtype("float32, float64 or int64");
            need_axis(call, call.a);
            infer_like<0>(call);
        },
    .kernel =
        [](const KernelCall& call) {
            const Split split = along(call);
            const auto run = [&]<class T>() {
                kernels::cumsum(input<T>(call, 0), output<T>(call, 0), split.outer, split.axis, split.inner,
                                call.node().b != 0);
            };
            if (call.dtype() == DType::int64)
                run.operator()<std::int64_t>();
            else
                by_float(call.dtype(), run);
        },
    .vjp =
        [](VjpCall& call) {
            call.give(0, call.recorder().record(cumsum_op, call.g, call.a(), call.b() != 0 ? 0 : 1));
        },
    .saves = 0,
    .attributes = scan_text,
    .samples = {{{{{2, 4, 3}}}, [](auto in) { return cumsum(in[0], 1); }},
                {{{{5}}}, [](auto in) { return cumsum(in[0]); }},
                {{{{3, 2}}}, [](auto in) { return cumsum(in[0], -1); }}},
});

namespace {

// y_k = x_{k+1}, and 0 at the end; the other way round from the front.
Variable shifted(Variable x, std::int64_t axis, bool to_front)
{
    const auto at = static_cast<std::size_t>(axis);
    std::vector<Slice> rest(at + 1), one(at + 1);
    if (to_front)
        rest[at].start = 1;
    else
        rest[at].stop = -1;
    one[at].stop = 1;
    const Variable zero = zeros_like(slice(x, one)), kept = slice(x, rest);
    return to_front ? concat({kept, zero}, axis) : concat({zero, kept}, axis);
}

}  // namespace

// With D the total derivative by y: D_k = g_k + a_{k+1} D_{k+1} is the same recurrence from the other end.
const Op& linear_scan_op = row({
    .name = "linear_scan",
    .formula = "y_k = a_k y_{k-1} + b_k, y_0 = b_0",
    .gradient = "d_k = g_k + a_(k+1) d_(k+1): db = d, da_k = d_k y_(k-1)",
    .arity = 2,
    .traits = {.linear = 2},
    .infer =
        [](InferCall& call) {
            for (std::size_t k = 0; k < 2; ++k)
                if (call.dtype(k) == DType::boolean) call.fail_dtype("float32, float64 or int64");
            if (call.dtype(0) != call.dtype(1)) call.fail_dtype(one_type);
            need_axis(call, call.a);
            if (!std::ranges::equal(call.shape(0), call.shape(1))) call.fail_shape("two arrays of one shape");
            infer_like<1>(call);
        },
    .kernel =
        [](const KernelCall& call) {
            const Split split = along(call);
            const auto run = [&]<class T>() {
                kernels::linear_scan(input<T>(call, 0), input<T>(call, 1), output<T>(call, 0), split.outer,
                                     split.axis, split.inner, call.node().b != 0);
            };
            if (call.dtype() == DType::int64)
                run.operator()<std::int64_t>();
            else
                by_float(call.dtype(), run);
        },
    .vjp =
        [](VjpCall& call) {
            const auto axis = static_cast<std::int64_t>(call.a());
            const bool reverse = call.b() != 0;
            const Variable total = call.recorder().record(linear_scan_op, shifted(call.in(0), axis, !reverse),
                                                          call.g, call.a(), reverse ? 0 : 1);
            if (call.needs(0)) call.give(0, total * shifted(call.out(), axis, reverse));
            if (call.needs(1)) call.give(1, total);
        },
    .saves = 1 | 0x80,
    .flops = [](const Graph& graph, ValueId id) { return 2.0 * static_cast<double>(graph.count(id)); },
    .attributes = scan_text,
    .samples = {{{{{2, 4, 3}}, {{2, 4, 3}}}, [](auto in) { return linear_scan(in[0], in[1], 1); }},
                {{{{5}}, {{5}}}, [](auto in) { return linear_scan(in[0], in[1]); }}},
});

void scan_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder, detail::normal_axis, detail::is_scalar_along, detail::on_scalar;

Variable cumsum(Variable x, std::int64_t axis)
{
    if (is_scalar_along(x, axis)) return on_scalar("cumsum", x, [](Variable one) { return cumsum(one, 0); });
    return Recorder::of(x).record(detail::cumsum_op, x,
                                  static_cast<double>(normal_axis("cumsum", axis, x.shape())));
}
Variable cumsum(Variable x)
{
    detail::need_numbers("cumsum", {x});
    return cumsum(reshape(x, {-1}), 0);
}

Variable linear_scan(Variable a, Variable b, std::int64_t axis)
{
    return Recorder::of(a).record(detail::linear_scan_op, a, b,
                                  static_cast<double>(normal_axis("linear_scan", axis, a.shape())));
}

}  // namespace xgrad
