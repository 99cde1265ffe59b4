// Extremes along axes and their places.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/reduce.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {
namespace {

void infer_extreme(InferCall& call)
{
    need_axes(call, call.attribute());
    for (const std::int64_t axis : call.attribute())
        if (call.shape(0)[static_cast<std::size_t>(axis)] == 0)
            call.fail_shape("at least one element along axis " + std::to_string(axis));
    infer_reduction(call);
}

// Weights by which the gradient of an extreme reaches the input: node.b != 0: equal elements share it, else the first
// of them gets it all. Constant almost everywhere, so its own gradient is zero.
void infer_extreme_mask(InferCall& call)
{
    need_floating(call);
    need_axes(call, call.attribute());
    call.out[0] = {call.dtype(0), call.graph[call.in[0]].shape};
}
void run_extreme_mask(const KernelCall& call)
{
    const Dims axes = call.attribute();
    const Split split = axes.empty() ? Split{element_count(call.shape()), 1, 1}
                                     : split_at(call.shape(), axes.front(), axes.back());
    by_float(call.dtype(), [&]<class T>() {
        const Buffer ones(static_cast<std::size_t>(split.outer * split.inner) * sizeof(T));
        T* const one = reinterpret_cast<T*>(ones.data());
        std::fill(one, one + split.outer * split.inner, T(1));
        kernels::extreme_vjp<T>(one, static_cast<const T*>(call.in[0]), static_cast<const T*>(call.in[1]),
                                static_cast<T*>(call.out[0]), split.outer, split.axis, split.inner,
                                call.node().b != 0);
    });
}

}  // namespace

const Op& extreme_mask_op = row({
    .name = "extreme_mask",
    .formula = "share of each element in the extreme of its group",
    .derived_from = "max",
    .arity = 2,
    .traits = {.low = 0, .high = 1},
    .infer = infer_extreme_mask,
    .kernel = run_extreme_mask,
    .vjp = [](VjpCall&) {},
    .saves = 0,
    .attributes = reduction_text,
});

namespace {
void pull_extreme(VjpCall& call)
{
    const Dims shape = call.shape(0), axes = call.attribute();
    const bool keepdims = call.a() != 0;
    Recorder& recorder = call.recorder();
    const Variable mask = recorder.record(extreme_mask_op, call.in(0), call.out(), call.a(), call.b(),
                                          recorder.graph.intern(axes));
    call.give(0, spread(call.g, 1, shape, axes, keepdims) * mask);
}

// The elements that an extreme is chosen among, each in the shape of the value; for the smallest, with the sign changed.
template <int sign>
Switches elements_along(std::span<const Variable> in, const Node& node)
{
    const Recorder& recorder = Recorder::of(in[0]);
    const Shape axes = as_shape(recorder.graph.list(node.list)), shape = as_shape(in[0].shape());
    Shape kept = as_shape(reduced_shape(shape, axes, node.a != 0));
    Switches among{{}, true};
    Shape place(axes.size(), 0);
    const std::int64_t count = [&] {
        std::int64_t n = 1;
        for (const std::int64_t axis : axes) n *= shape[static_cast<std::size_t>(axis)];
        return n;
    }();
    for (std::int64_t k = 0; k < count; ++k) {
        std::vector<Slice> slices(shape.size());
        for (std::size_t i = 0; i < axes.size(); ++i)
            slices[static_cast<std::size_t>(axes[i])] = {place[i], place[i] + 1};
        const Variable element = reshape(slice(in[0], slices), kept);
        among.values.push_back(sign > 0 ? element : -element);
        for (std::size_t i = axes.size(); i-- > 0;) {
            if (++place[i] < shape[static_cast<std::size_t>(axes[i])]) break;
            place[i] = 0;
        }
    }
    return among;
}

// Axes that do not stand together are brought together first.
Variable extreme(const Op& op, Variable x, Dims axes, bool keepdims, bool share)
{
    Recorder& recorder = Recorder::of(x);
    const ShortList normal = normal_axes(op.name.data(), axes, x.shape());
    const bool together =
        normal.empty() || normal.back() - normal.front() + 1 == static_cast<std::int64_t>(normal.size());
    if (together)
        return recorder.record(op, x, keepdims ? 1 : 0, share ? 1 : 0, recorder.graph.intern(normal));
    Axes order, last;
    for (std::size_t axis = 0; axis < x.shape().size(); ++axis)
        if (!contains(normal, axis)) order.push_back(static_cast<std::int64_t>(axis));
    for (const std::int64_t axis : normal) {
        last.push_back(static_cast<std::int64_t>(order.size()));
        order.push_back(axis);
    }
    const ShortList kept = reduced_shape(x.shape(), normal, true);
    const Variable y = recorder.record(op, permute(x, order), 0, share ? 1 : 0, recorder.graph.intern(last));
    return keepdims ? reshape(y, as_shape(kept)) : y;
}
}  // namespace

const Op& max_op = row({
    .name = "max",
    .formula = "largest element along the axes",
    .gradient = "g at the largest element",
    .elsewhere = {"np.max", "torch.max", "jnp.max"},
    .traits = {.piecewise = 1,
               .moves = true,
               .kink = "over all elements or several axes equal ones share the gradient; along one axis the "
                       "first gets it"},
    .infer = infer_extreme,
    .kernel = run_reduction<kernels::Reduction::max>,
    .vjp = pull_extreme,
    .switches = elements_along<1>,
    .flops = sum_flops,
    .attributes = reduction_text,
    .samples = {{{{{2, 3, 4}}}, [](auto in) { return max(in[0], 1); }},
                {{{{2, 3, 4}}},
                 [](auto in) {
                     return amax(in[0], {0, 2}, true);
                 }},
                {{{{2, 3, 4}}},
                 [](auto in) {
                     return amax(in[0], {0, 1});
                 }},
                {{{{2, 3, 4}}},
                 [](auto in) {
                     return max(in[0], {1, -1});
                 }},
                {{{{7}}}, [](auto in) { return max(in[0]); }},
                {{{{}}}, [](auto in) { return max(in[0]); }}},
});

const Op& min_op = row({
    .name = "min",
    .formula = "smallest element along the axes",
    .gradient = "g at the smallest element",
    .elsewhere = {"np.min", "torch.min", "jnp.min"},
    .traits = {.piecewise = 1,
               .moves = true,
               .kink = "over all elements or several axes equal ones share the gradient; along one axis the "
                       "first gets it"},
    .infer = infer_extreme,
    .kernel = run_reduction<kernels::Reduction::min>,
    .vjp = pull_extreme,
    .switches = elements_along<-1>,
    .flops = sum_flops,
    .attributes = reduction_text,
    .samples = {{{{{2, 3, 4}}}, [](auto in) { return min(in[0], -1, true); }},
                {{{{2, 3, 4}}},
                 [](auto in) {
                     return amin(in[0], {0, 2});
                 }},
                {{{{7}}}, [](auto in) { return min(in[0]); }}},
});

const Op& argmax_op = row({
    .name = "argmax",
    .formula = "place of the largest element along the axis",
    .gradient = "0",
    .elsewhere = {"np.argmax", "torch.argmax", "jnp.argmax"},
    .traits = {.piecewise = 1, .kink = "the first of equal elements; no gradient", .low = 0},
    .infer =
        [](InferCall& call) {
            if (call.dtype(0) == DType::boolean) call.fail_dtype("float32, float64 or int64");
            infer_extreme(call);
            call.out[0].dtype = DType::int64;
        },
    .kernel =
        [](const KernelCall& call) {
            const Split split = split_at(call.shape(0), call.attribute()[0], call.attribute()[0]);
            const auto run = [&]<class T>() {
                kernels::argmax<T>(input<T>(call, 0), output<std::int64_t>(call, 0), split.outer, split.axis,
                                   split.inner);
            };
            if (call.dtype(0) == DType::int64)
                run.operator()<std::int64_t>();
            else
                by_float(call.dtype(0), run);
        },
    .vjp = [](VjpCall&) {},
    .saves = 0,
    .switches = elements_along<1>,
    .flops = sum_flops,
    .attributes = reduction_text,
    .samples = {{{{{2, 3, 4}}}, [](auto in) { return argmax(in[0], 1); }},
                {{{{2, 3, 4}}}, [](auto in) { return argmax(in[0], -1, true); }},
                {{{{7}}}, [](auto in) { return argmax(in[0]); }}},
});

void extreme_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable max(Variable x) { return extreme(max_op, x, all_axes(x.shape().size()), false, true); }
Variable min(Variable x) { return extreme(min_op, x, all_axes(x.shape().size()), false, true); }
Variable max(Variable x, const Axes& axes, bool keepdims)
{
    return extreme(max_op, x, axes, keepdims, axes.size() != 1);
}
Variable min(Variable x, const Axes& axes, bool keepdims)
{
    return extreme(min_op, x, axes, keepdims, axes.size() != 1);
}
Variable detail::shared_max(Variable x, const Axes& axes, bool keepdims)
{
    return extreme(max_op, x, axes, keepdims, true);
}
Variable detail::shared_min(Variable x, const Axes& axes, bool keepdims)
{
    return extreme(min_op, x, axes, keepdims, true);
}
Variable argmax(Variable x)
{
    detail::need_numbers("argmax", {x});
    if (x.size() == 0) detail::refuse_shapes("argmax", {x}, "an element");
    return reduce(argmax_op, reshape(x, {-1}), all_axes(1), false);
}
Variable argmax(Variable x, std::int64_t axis, bool keepdims)
{
    if (is_scalar_along(x, axis)) return on_scalar("argmax", x, [](Variable one) { return argmax(one, 0); });
    return reduce(argmax_op, x, Dims(&axis, 1), keepdims);
}

}  // namespace xgrad
