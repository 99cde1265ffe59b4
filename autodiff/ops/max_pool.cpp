// Pooling of sequences and images: maxima of windows, where they are, and the way back to them.
#include "autodiff/ops/max_pool.hpp"

#include "autodiff/ops/pool_shape.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

extern const Op &max_pool1d_op, &max_pool2d_op, &max_pool1d_index_op, &max_pool2d_index_op;

namespace {

// The element at each place of the kernel, for all windows; the padding is under all numbers.
Switches places_of_window(std::span<const Variable> in, const Node& node)
{
    const Recorder& recorder = Recorder::of(in[0]);
    const Shape list(recorder.graph.list(node.list).begin(), recorder.graph.list(node.list).end());
    Variable x = in[0];
    const Shape image(x.shape().begin(), x.shape().end());
    const bool line = image.size() == 3;
    const PoolShape s = pool_shape(list, image);
    const double lowest = -std::numeric_limits<double>::infinity();
    const auto extend = [&](std::int64_t axis, std::int64_t before, std::int64_t behind) {
        Shape border(x.shape().begin(), x.shape().end());
        const auto beyond = [&](std::int64_t length) {
            border[static_cast<std::size_t>(axis)] = std::max<std::int64_t>(length, 0);
            return full(x, border, lowest);
        };
        if (before > 0 || behind > 0) x = concat({beyond(before), x, beyond(behind)}, axis);
    };
    // The last window may end beyond the padding (ceil_mode), or before it.
    const std::int64_t bottom = (s.out_height() - 1) * s.stride_h + s.dilation_h * (s.kernel_h - 1) + 1,
                       right = (s.out_width() - 1) * s.stride_w + s.dilation_w * (s.kernel_w - 1) + 1;
    if (!line) extend(2, s.pad_h, bottom - s.height - s.pad_h);
    extend(line ? 2 : 3, s.pad_w, right - s.width - s.pad_w);
    Switches among{{}, true};
    for (std::int64_t i = 0; i < s.kernel_h; ++i)
        for (std::int64_t j = 0; j < s.kernel_w; ++j) {
            const std::int64_t top = i * s.dilation_h, left = j * s.dilation_w;
            std::vector<Slice> part = {{}, {}};
            if (!line) part.push_back({top, top + (s.out_height() - 1) * s.stride_h + 1, s.stride_h});
            part.push_back({left, left + (s.out_width() - 1) * s.stride_w + 1, s.stride_w});
            among.values.push_back(slice(x, part));
        }
    return among;
}

Op max_row(std::string_view name, void (*infer)(InferCall&), Elsewhere elsewhere, std::vector<Sample> samples)
{
    return {
        .name = name,
        .formula = "largest element of each window",
        .gradient = "g at the largest element of its window",
        .elsewhere = elsewhere,
        .traits = {.by_rows = 1,
                   .piecewise = 1,
                   .moves = true,
                   .kink = "the first of equal elements gets the gradient"},
        .infer = infer,
        .kernel =
            [](const KernelCall& call) {
                by_float(call.dtype(), [&]<class T>() {
                    const PoolShape all = pool_shape(call.attribute(), call.shape(0));
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
                const bool line = call.shape(0).size() == 3;
                const Variable index =
                    recorder.record(line ? max_pool1d_index_op : max_pool2d_index_op, call.in(0), 0, 0,
                                    recorder.graph.intern(call.attribute()));
                call.give(0, back_to_places(call.g, index, call.shape(0)));
            },
        .saves = 1,
        .switches = places_of_window,
        .flops = window_flops,
        .attributes = pool_text,
        .samples = std::move(samples),
    };
}

Op index_row(std::string_view name, std::string_view of, void (*infer)(InferCall&),
             std::vector<Sample> samples)
{
    return {
        .name = name,
        .formula = "place of the largest element of each window within its plane",
        .derived_from = of,
        .traits = {.by_rows = 1, .kink = "the first of equal elements; no gradient"},
        .infer = infer,
        .kernel =
            [](const KernelCall& call) {
                by_float(call.dtype(0), [&]<class T>() {
                    const PoolShape all = pool_shape(call.attribute(), call.shape(0));
                    kernels::by_planes(all, [&](const PoolShape& part, std::int64_t first) {
                        kernels::max_pool2d_index<T>(
                            part, static_cast<const T*>(call.in[0]) + first * all.height * all.width,
                            static_cast<std::int64_t*>(call.out[0]) +
                                first * all.out_height() * all.out_width());
                    });
                });
            },
        .vjp = [](VjpCall&) {},
        .saves = 0,
        .flops = window_flops,
        .attributes = pool_text,
        .samples = std::move(samples),
    };
}
template <std::size_t axes>
void infer_index(InferCall& call)
{
    infer_pool(call, axes);
    call.out[0].dtype = DType::int64;
}
// For the samples: the indices by themselves, of windows of two by two.
Variable index_of(Variable x)
{
    Recorder& recorder = Recorder::of(x);
    const std::int64_t image[] = {2, 2, 2, 2, 0, 0, 1, 1, 0, 0}, line[] = {1, 2, 1, 2, 0, 0, 1, 1, 0, 0};
    const bool is_line = x.shape().size() == 3;
    return recorder.record(is_line ? max_pool1d_index_op : max_pool2d_index_op, x, 0, 0,
                           recorder.graph.intern(is_line ? line : image));
}

#define XGRAD_POOL(...) [](auto in) { return max_pool2d(in[0], __VA_ARGS__); }
#define XGRAD_POOL1(...) [](auto in) { return max_pool1d(in[0], __VA_ARGS__); }
}  // namespace

const Op& max_pool2d_op = row(max_row(
    "max_pool2d", [](InferCall& call) { infer_pool(call, 4); }, {"", "F.max_pool2d", "flax.linen.max_pool"},
    {{{{{2, 3, 4, 6}}}, XGRAD_POOL({2})},
     {{{{2, 2, 5, 7}}}, XGRAD_POOL({.kernel = {3, 2}, .stride = Pair2d{2, 1}, .padding = 1})},
     {{{{1, 2, 7, 6}}}, XGRAD_POOL({.kernel = 2, .stride = 1, .padding = 1, .dilation = {3, 2}})},
     {{{{1, 1, 7, 8}}}, XGRAD_POOL({.kernel = 3})},
     {{{{1, 1, 1, 1}}}, XGRAD_POOL({1})},
     {{{{0, 2, 4, 4}}}, XGRAD_POOL({2})},
     {{{{2, 2, 5, 7}}}, XGRAD_POOL({.kernel = 2, .ceil_mode = true})},
     {{{{1, 2, 6, 8}}}, XGRAD_POOL({.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true})},
     {{{{1, 1, 8, 6}}}, XGRAD_POOL({.kernel = 2, .stride = 3, .dilation = 2, .ceil_mode = true})},
     {{{{1, 1, 2, 2}}}, XGRAD_POOL({.kernel = 3, .stride = 2, .ceil_mode = true})}}));

const Op& max_pool1d_op = row(max_row(
    "max_pool1d", [](InferCall& call) { infer_pool(call, 3); }, {"", "F.max_pool1d", "flax.linen.max_pool"},
    {{{{{2, 3, 6}}}, XGRAD_POOL1({2})},
     {{{{2, 2, 7}}}, XGRAD_POOL1({.kernel = 3, .stride = 2, .padding = 1})},
     {{{{1, 2, 9}}}, XGRAD_POOL1({.kernel = 3, .stride = 1, .padding = 1, .dilation = 2})},
     {{{{1, 2, 8}}}, XGRAD_POOL1({.kernel = 3, .ceil_mode = true})},
     {{{{1, 1, 1}}}, XGRAD_POOL1({1})},
     {{{{0, 2, 4}}}, XGRAD_POOL1({2})}}));
#undef XGRAD_POOL
#undef XGRAD_POOL1

const Op& max_pool2d_index_op = row(index_row("max_pool2d_index", "max_pool2d", infer_index<4>,
                                              {{{{{1, 2, 4, 7}}}, [](auto in) { return index_of(in[0]); }},
                                               {{{{0, 2, 2, 2}}}, [](auto in) { return index_of(in[0]); }}}));
const Op& max_pool1d_index_op = row(index_row("max_pool1d_index", "max_pool1d", infer_index<3>,
                                              {{{{{1, 2, 7}}}, [](auto in) { return index_of(in[0]); }},
                                               {{{{0, 2, 2}}}, [](auto in) { return index_of(in[0]); }}}));

void max_pool_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable max_pool1d(Variable x, const MaxPool1dOptions& o)
{
    Recorder& recorder = Recorder::of(x);
    return recorder.record(max_pool1d_op, x, 0, 0,
                           list_of("max_pool1d", true, recorder,
                                   line_pool(o.kernel, o.stride, o.padding, o.dilation, o.ceil_mode)));
}
Variable max_pool2d(Variable x, const MaxPool2dOptions& o)
{
    Recorder& recorder = Recorder::of(x);
    return recorder.record(
        max_pool2d_op, x, 0, 0,
        list_of("max_pool2d", false, recorder,
                {o.kernel, o.stride.value_or(o.kernel), o.padding, o.dilation, o.ceil_mode}));
}

}  // namespace xgrad
