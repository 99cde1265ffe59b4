// Pooling of images: means and maxima of windows.
#include "autodiff/kernels/pool.hpp"

#include "autodiff/ops/image.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

using kernels::PoolShape;

// node.list: kernel, stride, padding, dilation (rows and columns of each); of what leads back to the image also its
// height and width. node.a of the means: 1 if the padding counts.
constexpr std::size_t plain_list = 8;

PoolShape shape_of(Dims list, Dims planes, std::int64_t height, std::int64_t width)
{
    return {planes[0] * planes[1],
            height,
            width,
            list[0],
            list[1],
            list[2],
            list[3],
            list[4],
            list[5],
            list[6],
            list[7]};
}
PoolShape shape_of(const KernelCall& call)
{
    return shape_of(call.attribute(), call.shape(0), call.shape(0)[2], call.shape(0)[3]);
}

void need_list(InferCall& call, std::size_t size)
{
    const Dims list = call.attribute();
    if (list.size() != size || std::ranges::any_of(list.first(4), [](std::int64_t k) { return k < 1; }))
        call.fail_shape("kernel, stride, padding and dilation");
}
void infer_pool(InferCall& call)
{
    need_floating(call);
    need_list(call, plain_list);
    const Dims x = call.shape(0);
    if (x.size() != 4) call.fail_shape("x [N, C, H, W]");
    const PoolShape s = shape_of(call.attribute(), x, x[2], x[3]);
    check_window(call, s);
    const std::int64_t out[] = {x[0], x[1], s.out_height(), s.out_width()};
    call.out[0] = {call.dtype(0), call.graph.intern(out)};
}
// A cotangent of the value becomes one of the image.
void infer_back(InferCall& call)
{
    need_list(call, plain_list + 2);
    const Dims g = call.shape(0);
    if (g.size() != 4) call.fail_shape("a cotangent [N, C, h, w]");
    const std::int64_t height = call.attribute()[plain_list], width = call.attribute()[plain_list + 1];
    const PoolShape s = shape_of(call.attribute(), g, height, width);
    check_window(call, s);
    if (g[2] != s.out_height() || g[3] != s.out_width())
        call.fail_shape("a cotangent [N, C, " + std::to_string(s.out_height()) + ", " +
                        std::to_string(s.out_width()) + "]");
    const std::int64_t out[] = {g[0], g[1], height, width};
    call.out[0] = {call.dtype(0), call.graph.intern(out)};
}
void need_indices(InferCall& call)
{
    if (!is_floating(call.dtype(0)) || call.dtype(1) != DType::int64)
        call.fail_dtype("float32 or float64 beside int64 indices");
}

std::string pool_text(const Graph& graph, const Node& node)
{
    const Dims list = graph.list(node.list);
    std::string text = "kernel " + pair_text(list[0], list[1]);
    if (list[2] != list[0] || list[3] != list[1]) text += ", stride " + pair_text(list[2], list[3]);
    if (list[4] != 0 || list[5] != 0) text += ", padding " + pair_text(list[4], list[5]);
    if (list[6] != 1 || list[7] != 1) text += ", dilation " + pair_text(list[6], list[7]);
    return text;
}
double window_flops(const Graph& graph, ValueId id)
{
    const Dims list = graph.list(graph[id].list);
    return static_cast<double>(graph.count(id) * list[0] * list[1]);
}
double input_flops(const Graph& graph, ValueId id)
{
    return static_cast<double>(graph.count(graph.inputs(id)[0]));
}

ListId list_of(const char* op, Recorder& recorder, Pair2d kernel, const std::optional<Pair2d>& given,
               Pair2d padding, Pair2d dilation)
{
    const Pair2d stride = given.value_or(kernel);
    check_option(op, "kernel", kernel, 1);
    check_option(op, "stride", stride, 1);
    check_option(op, "padding", padding, 0);
    check_option(op, "dilation", dilation, 1);
    if (2 * padding.h > kernel.h || 2 * padding.w > kernel.w)
        throw ValueError(std::string(op) + ": padding must be at most half the kernel, " +
                         pair_text(padding.h, padding.w) + " meets a kernel of " +
                         pair_text(kernel.h, kernel.w));
    const std::int64_t list[] = {kernel.h,  kernel.w,  stride.h,   stride.w,
                                 padding.h, padding.w, dilation.h, dilation.w};
    return recorder.graph.intern(list);
}

}  // namespace

// ---------------------------------------------------------------- means

extern const Op& avg_pool2d_vjp_op;

namespace {
// For the samples: the gradient by itself, of windows of two rows or of three with padding.
Variable back_to_image(Variable g, bool count_padding, std::int64_t kernel, std::int64_t h, std::int64_t w)
{
    Recorder& recorder = Recorder::of(g);
    const std::int64_t list[] = {kernel, kernel, 2, kernel == 2 ? 2 : 3, kernel - 2, kernel - 2, 1, 1, h, w};
    return recorder.record(avg_pool2d_vjp_op, g, count_padding ? 1 : 0, 0, recorder.graph.intern(list));
}
}  // namespace

const Op& avg_pool2d_op = row({
    .name = "avg_pool2d",
    .formula = "mean of each window",
    .traits = {.linear = 1},
    .infer = infer_pool,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                const PoolShape all = shape_of(call);
                kernels::by_planes(all, [&](const PoolShape& part, std::int64_t first) {
                    kernels::avg_pool2d<T>(
                        part, call.node().a != 0,
                        static_cast<const T*>(call.in[0]) + first * all.height * all.width,
                        static_cast<T*>(call.out[0]) + first * all.out_height() * all.out_width());
                });
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const ListId list =
                with_lengths<plain_list>(recorder, call.attribute(), call.shape(0)[2], call.shape(0)[3]);
            call.give(0, recorder.record(avg_pool2d_vjp_op, call.g, call.a(), 0, list));
        },
    .saves = 0,
    .flops = window_flops,
    .attributes = pool_text,
    .samples = {{{{{2, 3, 4, 6}}}, [](auto in) { return avg_pool2d(in[0], {2}); }},
                {{{{1, 2, 5, 7}}}, [](auto in) { return avg_pool2d(in[0], {2}); }},
                {{{{2, 2, 5, 6}}},
                 [](auto in) {
                     return avg_pool2d(in[0], {.kernel = {3, 2}, .stride = Pair2d{2, 1}, .padding = 1});
                 }},
                {{{{2, 2, 5, 6}}},
                 [](auto in) {
                     return avg_pool2d(in[0],
                                       {.kernel = 3, .stride = 3, .padding = 1, .count_include_pad = false});
                 }},
                {{{{1, 1, 3, 3}}}, [](auto in) { return avg_pool2d(in[0], {.kernel = 1, .stride = 2}); }},
                {{{{0, 2, 4, 4}}}, [](auto in) { return avg_pool2d(in[0], {2}); }},
                {{{{1, 2, 6, 9}}}, [](auto in) { return avg_pool2d(in[0], {3}); }}},
});

const Op& avg_pool2d_vjp_op = row({
    .name = "avg_pool2d_vjp",
    .formula = "each g at all places of its window, divided by their number",
    .derived_from = "avg_pool2d",
    .traits = {.fixes_shape = true, .by_rows = 1, .linear = 1},
    .infer =
        [](InferCall& call) {
            need_floating(call);
            infer_back(call);
        },
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                const PoolShape all =
                    shape_of(call.attribute(), call.shape(), call.shape()[2], call.shape()[3]);
                kernels::by_planes(all, [&](const PoolShape& part, std::int64_t first) {
                    kernels::avg_pool2d_vjp<T>(
                        part, call.node().a != 0,
                        static_cast<const T*>(call.in[0]) + first * all.out_height() * all.out_width(),
                        static_cast<T*>(call.out[0]) + first * all.height * all.width);
                });
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const ListId list = without_lengths<plain_list>(recorder, call.attribute());
            call.give(0, recorder.record(avg_pool2d_op, call.g, call.a(), 0, list));
        },
    .saves = 0,
    .flops = input_flops,
    .attributes = pool_text,
    .samples = {{{{{1, 2, 2, 3}}}, [](auto in) { return back_to_image(in[0], true, 2, 4, 7); }},
                {{{{1, 2, 2, 3}}}, [](auto in) { return back_to_image(in[0], false, 3, 4, 7); }},
                {{{{0, 2, 2, 3}}}, [](auto in) { return back_to_image(in[0], true, 3, 4, 7); }}},
});

// ---------------------------------------------------------------- maxima

extern const Op &max_pool2d_index_op, &max_pool2d_vjp_op, &max_pool2d_pick_op;

namespace {
// For the samples: the parts of the gradient by themselves, for windows of two by two.
constexpr std::int64_t pairs[] = {2, 2, 2, 2, 0, 0, 1, 1, 4, 7};
Variable index_of(Variable x)
{
    Recorder& recorder = Recorder::of(x);
    return recorder.record(max_pool2d_index_op, x, 0, 0,
                           recorder.graph.intern(Dims(pairs).first(plain_list)));
}
Variable through_indices(const Op& op, Variable x, Variable index)
{
    Recorder& recorder = Recorder::of(x);
    return recorder.record(op, x, index, 0, 0, recorder.graph.intern(pairs));
}
}  // namespace

namespace {
// The element at each place of the kernel, for all windows; the padding is under all numbers.
Switches places_of_window(std::span<const Variable> in, const Node& node)
{
    const Recorder& recorder = Recorder::of(in[0]);
    const Shape list(recorder.graph.list(node.list).begin(), recorder.graph.list(node.list).end());
    Variable x = in[0];
    const Shape image(x.shape().begin(), x.shape().end());
    const PoolShape s = shape_of(list, image, image[2], image[3]);
    const double lowest = -std::numeric_limits<double>::infinity();
    for (const std::int64_t axis : {2, 3}) {
        Shape border(x.shape().begin(), x.shape().end());
        border[static_cast<std::size_t>(axis)] = list[static_cast<std::size_t>(axis + 2)];
        if (border[static_cast<std::size_t>(axis)] == 0) continue;
        const Variable beyond = full(x, border, lowest);
        x = concat({beyond, x, beyond}, axis);
    }
    Switches among{{}, true};
    for (std::int64_t i = 0; i < list[0]; ++i)
        for (std::int64_t j = 0; j < list[1]; ++j) {
            const std::int64_t top = i * list[6], left = j * list[7];
            among.values.push_back(slice(x, {{},
                                             {},
                                             {top, top + (s.out_height() - 1) * list[2] + 1, list[2]},
                                             {left, left + (s.out_width() - 1) * list[3] + 1, list[3]}}));
        }
    return among;
}
}  // namespace

const Op& max_pool2d_op = row({
    .name = "max_pool2d",
    .formula = "largest element of each window",
    .traits = {.piecewise = 1, .moves = true, .kink = "the first of equal elements gets the gradient"},
    .infer = infer_pool,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                const PoolShape all = shape_of(call);
                kernels::by_planes(all, [&](const PoolShape& part, std::int64_t first) {
                    kernels::max_pool2d<T>(
                        part, static_cast<const T*>(call.in[0]) + first * all.height * all.width,
                        static_cast<T*>(call.out[0]) + first * all.out_height() * all.out_width());
                });
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const ListId plain = recorder.graph.intern(call.attribute()),
                         list = with_lengths<plain_list>(recorder, call.attribute(), call.shape(0)[2],
                                                         call.shape(0)[3]);
            const Variable index = recorder.record(max_pool2d_index_op, call.in(0), 0, 0, plain);
            call.give(0, recorder.record(max_pool2d_vjp_op, call.g, index, 0, 0, list));
        },
    .saves = 1,
    .switches = places_of_window,
    .flops = window_flops,
    .attributes = pool_text,
    .samples = {{{{{2, 3, 4, 6}}}, [](auto in) { return max_pool2d(in[0], {2}); }},
                {{{{2, 2, 5, 7}}},
                 [](auto in) {
                     return max_pool2d(in[0], {.kernel = {3, 2}, .stride = Pair2d{2, 1}, .padding = 1});
                 }},
                {{{{1, 2, 7, 6}}},
                 [](auto in) {
                     return max_pool2d(in[0], {.kernel = 2, .stride = 1, .padding = 1, .dilation = {3, 2}});
                 }},
                {{{{1, 1, 7, 8}}}, [](auto in) { return max_pool2d(in[0], {.kernel = 3}); }},
                {{{{1, 1, 1, 1}}}, [](auto in) { return max_pool2d(in[0], {1}); }},
                {{{{0, 2, 4, 4}}}, [](auto in) { return max_pool2d(in[0], {2}); }}},
});

const Op& max_pool2d_index_op = row({
    .name = "max_pool2d_index",
    .formula = "place of the largest element of each window within its plane",
    .derived_from = "max_pool2d",
    .traits = {.kink = "the first of equal elements; no gradient"},
    .infer =
        [](InferCall& call) {
            infer_pool(call);
            call.out[0].dtype = DType::int64;
        },
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(0), [&]<class T>() {
                const PoolShape all = shape_of(call);
                kernels::by_planes(all, [&](const PoolShape& part, std::int64_t first) {
                    kernels::max_pool2d_index<T>(
                        part, static_cast<const T*>(call.in[0]) + first * all.height * all.width,
                        static_cast<std::int64_t*>(call.out[0]) + first * all.out_height() * all.out_width());
                });
            });
        },
    .vjp = [](VjpCall&) {},
    .saves = 0,
    .flops = window_flops,
    .attributes = pool_text,
    .samples = {{{{{1, 2, 4, 7}}}, [](auto in) { return index_of(in[0]); }},
                {{{{0, 2, 2, 2}}}, [](auto in) { return index_of(in[0]); }}},
});

// Inputs: the cotangent, the indices.
const Op& max_pool2d_vjp_op = row({
    .name = "max_pool2d_vjp",
    .formula = "each g at the place of its index, 0 elsewhere",
    .derived_from = "max_pool2d",
    .arity = 2,
    .traits = {.fixes_shape = true, .by_rows = 3, .linear = 1},
    .infer =
        [](InferCall& call) {
            need_indices(call);
            need_alike(call, 0, 1, "an index for each element of the cotangent");
            infer_back(call);
        },
    .kernel =
        [](const KernelCall& call) {
            const Dims x = call.shape(), g = call.shape(0);
            by_float(call.dtype(), [&]<class T>() {
                kernels::scatter_planes<T>(
                    static_cast<const T*>(call.in[0]), static_cast<const std::int64_t*>(call.in[1]),
                    static_cast<T*>(call.out[0]), x[0] * x[1], g[2] * g[3], x[2] * x[3]);
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const ListId same = recorder.graph.intern(call.attribute());
            call.give(0, recorder.record(max_pool2d_pick_op, call.g, call.in(1), 0, 0, same));
        },
    .saves = 2,
    .flops = input_flops,
    .attributes = pool_text,
    .samples = {{{{{1, 2, 2, 3}}, {{1, 2, 2, 3}, -1, 28, DType::int64}},
                 [](auto in) { return through_indices(max_pool2d_vjp_op, in[0], in[1]); }}},
});

// Inputs: values of the image's shape, the indices. The list is that of max_pool2d_vjp, whose derivative it is.
const Op& max_pool2d_pick_op = row({
    .name = "max_pool2d_pick",
    .formula = "the element at each index",
    .derived_from = "max_pool2d",
    .arity = 2,
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            need_indices(call);
            need_list(call, plain_list + 2);
            const Dims x = call.shape(0), index = call.shape(1);
            if (x.size() != 4 || index.size() != 4 || x[0] != index[0] || x[1] != index[1] ||
                x[2] != call.attribute()[plain_list] || x[3] != call.attribute()[plain_list + 1])
                call.fail_shape("values [N, C, H, W] and indices [N, C, h, w]");
            call.out[0] = {call.dtype(0), call.graph[call.in[1]].shape};
        },
    .kernel =
        [](const KernelCall& call) {
            const Dims x = call.shape(0), index = call.shape(1);
            by_float(call.dtype(), [&]<class T>() {
                kernels::gather_planes<T>(
                    static_cast<const T*>(call.in[0]), static_cast<const std::int64_t*>(call.in[1]),
                    static_cast<T*>(call.out[0]), x[0] * x[1], index[2] * index[3], x[2] * x[3]);
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const ListId same = recorder.graph.intern(call.attribute());
            call.give(0, recorder.record(max_pool2d_vjp_op, call.g, call.in(1), 0, 0, same));
        },
    .saves = 2,
    .flops = [](const Graph&, ValueId) { return 0.0; },
    .attributes = pool_text,
    .samples = {{{{{1, 2, 4, 7}}, {{1, 2, 2, 3}, -1, 28, DType::int64}},
                 [](auto in) { return through_indices(max_pool2d_pick_op, in[0], in[1]); }}},
});

void pool_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable avg_pool2d(Variable x, const AvgPool2dOptions& o)
{
    Recorder& recorder = Recorder::of(x);
    const ListId list = list_of("avg_pool2d", recorder, o.kernel, o.stride, o.padding, 1);
    return recorder.record(avg_pool2d_op, x, o.count_include_pad ? 1 : 0, 0, list);
}
Variable max_pool2d(Variable x, const MaxPool2dOptions& o)
{
    Recorder& recorder = Recorder::of(x);
    return recorder.record(max_pool2d_op, x, 0, 0,
                           list_of("max_pool2d", recorder, o.kernel, o.stride, o.padding, o.dilation));
}

}  // namespace xgrad
