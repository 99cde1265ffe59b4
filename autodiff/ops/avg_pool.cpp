// Pooling of sequences and images: means of windows.
#include "autodiff/ops/pool_shape.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

extern const Op &avg_pool1d_op, &avg_pool2d_op, &avg_pool1d_vjp_op, &avg_pool2d_vjp_op;

namespace {

// A cotangent of the value becomes one of the image.
void infer_back(InferCall& call, std::size_t axes)
{
    need_floating(call);
    need_pool_list(call, pool_list + 2);
    const Dims g = call.shape(0);
    const bool line = axes == 3;
    if (g.size() != axes) call.fail_shape(line ? "a cotangent [N, C, l]" : "a cotangent [N, C, h, w]");
    const std::int64_t height = call.attribute()[pool_list], width = call.attribute()[pool_list + 1];
    const PoolShape s = pool_shape(call.attribute(), g, height, width);
    check_window(call, s, line, s.ceil);
    const Space got = space_of(g);
    if (got.h != s.out_height() || got.w != s.out_width())
        call.fail_shape("a cotangent " + to_string(call.graph.list(intern_space(
                                             call.graph, line, g[0], g[1], s.out_height(), s.out_width()))));
    call.out[0] = {call.dtype(0), intern_space(call.graph, line, g[0], g[1], height, width)};
}

Op mean_row(std::string_view name, void (*infer)(InferCall&), Elsewhere elsewhere,
            std::vector<Sample> samples)
{
    return {
        .name = name,
        .formula = "mean of each window",
        .gradient = "g / (number of places) at all places of its window",
        .elsewhere = elsewhere,
        .traits = {.by_rows = 1, .linear = 1},
        .infer = infer,
        .kernel =
            [](const KernelCall& call) {
                by_float(call.dtype(), [&]<class T>() {
                    const PoolShape all = pool_shape(call.attribute(), call.shape(0));
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
                const Dims x = call.shape(0);
                const Space space = space_of(x);
                const ListId list = with_lengths<pool_list>(recorder, call.attribute(), space.h, space.w);
                const Op& back = x.size() == 3 ? avg_pool1d_vjp_op : avg_pool2d_vjp_op;
                call.give(0, recorder.record(back, call.g, call.a(), 0, list));
            },
        .saves = 0,
        .flops = window_flops,
        .attributes = pool_text,
        .samples = std::move(samples),
    };
}

Op back_row(std::string_view name, std::string_view of, void (*infer)(InferCall&),
            std::vector<Sample> samples)
{
    return {
        .name = name,
        .formula = "each g at all places of its window, divided by their number",
        .derived_from = of,
        .traits = {.fixes_shape = true, .by_rows = 1, .linear = 1},
        .infer = infer,
        .kernel =
            [](const KernelCall& call) {
                by_float(call.dtype(), [&]<class T>() {
                    const PoolShape all = pool_shape(call.attribute(), call.shape());
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
                const ListId list = without_lengths<pool_list>(recorder, call.attribute());
                const Op& mean = call.shape(0).size() == 3 ? avg_pool1d_op : avg_pool2d_op;
                call.give(0, recorder.record(mean, call.g, call.a(), 0, list));
            },
        .saves = 0,
        .flops = input_flops,
        .attributes = pool_text,
        .samples = std::move(samples),
    };
}

// For the samples: the gradient by itself, of windows of two rows or of three with padding.
Variable back_to_image(Variable g, bool count_padding, std::int64_t kernel, std::int64_t h, std::int64_t w)
{
    Recorder& recorder = Recorder::of(g);
    const std::int64_t wide = kernel == 2 ? 2 : 3;
    const std::int64_t image[] = {kernel, kernel, 2, wide, kernel - 2, kernel - 2, 1, 1, 0, 0, h, w};
    const std::int64_t line[] = {1, kernel, 1, wide, 0, kernel - 2, 1, 1, 0, 0, 1, w};
    const bool is_line = g.shape().size() == 3;
    return recorder.record(is_line ? avg_pool1d_vjp_op : avg_pool2d_vjp_op, g, count_padding ? 1 : 0, 0,
                           recorder.graph.intern(is_line ? line : image));
}

#define XGRAD_POOL(...) [](auto in) { return avg_pool2d(in[0], __VA_ARGS__); }
#define XGRAD_POOL1(...) [](auto in) { return avg_pool1d(in[0], __VA_ARGS__); }
}  // namespace

const Op& avg_pool2d_op = row(mean_row(
    "avg_pool2d", [](InferCall& call) { infer_pool(call, 4); }, {"", "F.avg_pool2d", "flax.linen.avg_pool"},
    {{{{{2, 3, 4, 6}}}, XGRAD_POOL({2})},
     {{{{1, 2, 5, 7}}}, XGRAD_POOL({2})},
     {{{{2, 2, 5, 6}}}, XGRAD_POOL({.kernel = {3, 2}, .stride = Pair2d{2, 1}, .padding = 1})},
     {{{{2, 2, 5, 6}}}, XGRAD_POOL({.kernel = 3, .stride = 3, .padding = 1, .count_include_pad = false})},
     {{{{1, 1, 3, 3}}}, XGRAD_POOL({.kernel = 1, .stride = 2})},
     {{{{0, 2, 4, 4}}}, XGRAD_POOL({2})},
     {{{{1, 2, 6, 9}}}, XGRAD_POOL({3})},
     {{{{2, 2, 5, 7}}}, XGRAD_POOL({.kernel = 2, .ceil_mode = true})},
     {{{{1, 2, 6, 8}}},
      XGRAD_POOL({.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false})},
     {{{{1, 2, 6, 7}}}, XGRAD_POOL({.kernel = 4, .stride = 3, .padding = 2, .ceil_mode = true})},
     {{{{1, 1, 2, 2}}}, XGRAD_POOL({.kernel = 3, .stride = 2, .ceil_mode = true})},
     {{{{1, 2, 4, 5}}}, XGRAD_POOL({.kernel = 2, .divisor_override = 3})},
     {{{{1, 2, 5, 5}}},
      XGRAD_POOL({.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true, .divisor_override = -2})}}));

const Op& avg_pool1d_op = row(mean_row(
    "avg_pool1d", [](InferCall& call) { infer_pool(call, 3); }, {"", "F.avg_pool1d", "flax.linen.avg_pool"},
    {{{{{2, 3, 6}}}, XGRAD_POOL1({2})},
     {{{{1, 2, 7}}}, XGRAD_POOL1({3})},
     {{{{2, 2, 8}}}, XGRAD_POOL1({.kernel = 3, .stride = 2, .padding = 1})},
     {{{{2, 2, 8}}},
      XGRAD_POOL1({.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false})},
     {{{{1, 2, 7}}}, XGRAD_POOL1({.kernel = 2, .ceil_mode = true})},
     {{{{1, 1, 1}}}, XGRAD_POOL1({1})},
     {{{{0, 2, 4}}}, XGRAD_POOL1({2})}}));
#undef XGRAD_POOL
#undef XGRAD_POOL1

const Op& avg_pool2d_vjp_op =
    row(back_row("avg_pool2d_vjp", "avg_pool2d", [](InferCall& call) { infer_back(call, 4); },
                 {{{{{1, 2, 2, 3}}}, [](auto in) { return back_to_image(in[0], true, 2, 4, 7); }},
                  {{{{1, 2, 2, 3}}}, [](auto in) { return back_to_image(in[0], false, 3, 4, 7); }},
                  {{{{0, 2, 2, 3}}}, [](auto in) { return back_to_image(in[0], true, 3, 4, 7); }}}));

const Op& avg_pool1d_vjp_op =
    row(back_row("avg_pool1d_vjp", "avg_pool1d", [](InferCall& call) { infer_back(call, 3); },
                 {{{{{1, 2, 3}}}, [](auto in) { return back_to_image(in[0], true, 2, 1, 7); }},
                  {{{{1, 2, 3}}}, [](auto in) { return back_to_image(in[0], false, 3, 1, 7); }}}));

void avg_pool_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable avg_pool1d(Variable x, const AvgPool1dOptions& o)
{
    Recorder& recorder = Recorder::of(x);
    const ListId list =
        list_of("avg_pool1d", true, recorder, line_pool(o.kernel, o.stride, o.padding, 1, o.ceil_mode));
    return recorder.record(avg_pool1d_op, x, o.count_include_pad ? 1 : 0, 0, list);
}
Variable avg_pool2d(Variable x, const AvgPool2dOptions& o)
{
    constexpr std::int64_t most = std::int64_t{1} << 31;
    if (o.divisor_override && (*o.divisor_override == 0 || std::abs(*o.divisor_override) > most))
        throw ValueError("avg_pool2d: divisor_override is " + std::to_string(*o.divisor_override) +
                         ", expected a number that sums can be divided by, up to 2^31");
    Recorder& recorder = Recorder::of(x);
    const ListId list = list_of(
        "avg_pool2d", false, recorder,
        {o.kernel, o.stride.value_or(o.kernel), o.padding, 1, o.ceil_mode, o.divisor_override.value_or(0)});
    return recorder.record(avg_pool2d_op, x, o.count_include_pad ? 1 : 0, 0, list);
}

}  // namespace xgrad
