// What the rows of pooling share: options as attributes, and shapes as kernels take them. A sequence [N, C, L] is an image of
// height 1. Internal.
#pragma once

#include "autodiff/kernels/pool.hpp"
#include "autodiff/ops/image.hpp"

namespace xgrad::detail {

using kernels::PoolShape;

/// node.list: kernel, stride, padding, dilation (rows and columns of each), ceil_mode, divisor_override (0: none); of what
/// leads back to the image also its height and width. node.a of the means: 1 if the padding counts.
constexpr std::size_t pool_list = 10;

inline PoolShape pool_shape(Dims list, Dims planes, std::int64_t height, std::int64_t width)
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
            list[7],
            list[8] != 0,
            list[9]};
}
inline PoolShape pool_shape(Dims list, Dims x)
{
    const Space space = space_of(x);
    return pool_shape(list, x, space.h, space.w);
}

inline void need_pool_list(InferCall& call, std::size_t size)
{
    const Dims list = call.attribute();
    if (list.size() != size || std::ranges::any_of(list.first(4), [](std::int64_t k) { return k < 1; }))
        call.fail_shape("kernel, stride, padding and dilation");
}
/// "x [N, C, L]", and what to do with an array that has other axes.
inline std::string pool_input_text(Dims x, std::size_t axes)
{
    return std::string(axes == 3 ? "x [N, C, L]" : "x [N, C, H, W]") +
           (x.size() + 1 == axes ? " (unsqueeze(x, 0) makes a batch of one)" : "");
}
inline void infer_pool(InferCall& call, std::size_t axes)
{
    need_floating(call);
    need_pool_list(call, pool_list);
    const Dims x = call.shape(0);
    if (x.size() != axes) call.fail_shape(pool_input_text(x, axes));
    const PoolShape s = pool_shape(call.attribute(), x);
    check_window(call, s, axes == 3, s.ceil);
    call.out[0] = {call.dtype(0),
                   intern_space(call.graph, axes == 3, x[0], x[1], s.out_height(), s.out_width())};
}

inline std::string pool_text(const Graph& graph, const Node& node)
{
    const Dims list = graph.list(node.list);
    const bool line = graph.list(node.shape).size() == 3;
    const auto pair = [&](std::size_t k) { return pair_text(line ? list[k + 1] : list[k], list[k + 1]); };
    std::string text = "kernel " + pair(0);
    if (list[2] != list[0] || list[3] != list[1]) text += ", stride " + pair(2);
    if (list[4] != 0 || list[5] != 0) text += ", padding " + pair(4);
    if (list[6] != 1 || list[7] != 1) text += ", dilation " + pair(6);
    if (list[8] != 0) text += ", ceil";
    if (list[9] != 0) text += ", divisor " + std::to_string(list[9]);
    return text;
}
inline double window_flops(const Graph& graph, ValueId id)
{
    const Dims list = graph.list(graph[id].list);
    return static_cast<double>(graph.count(id) * list[0] * list[1]);
}
inline double input_flops(const Graph& graph, ValueId id)
{
    return static_cast<double>(graph.count(graph.inputs(id)[0]));
}

/// The options of a pooling function. Of a sequence the rows of an image are left alone.
struct PoolOptions {
    Pair2d kernel, stride, padding = 0, dilation = 1;
    bool ceil = false;
    std::int64_t divisor = 0;
};
inline PoolOptions line_pool(std::int64_t kernel, const std::optional<std::int64_t>& stride,
                             std::int64_t padding, std::int64_t dilation, bool ceil)
{
    return {{1, kernel}, {1, stride.value_or(kernel)}, {0, padding}, {1, dilation}, ceil};
}
/// Options as a list. @throws ValueError, in the name of the function `op`.
inline ListId list_of(const char* op, bool line, Recorder& recorder, const PoolOptions& o)
{
    check_option(op, "kernel", o.kernel, 1, line);
    check_option(op, "stride", o.stride, 1, line);
    check_option(op, "padding", o.padding, 0, line);
    check_option(op, "dilation", o.dilation, 1, line);
    if ((!line && 2 * o.padding.h > o.kernel.h) || 2 * o.padding.w > o.kernel.w)
        throw ValueError(std::string(op) + ": padding must be at most half the kernel, " +
                         pair_text(line ? o.padding.w : o.padding.h, o.padding.w) + " meets a kernel of " +
                         pair_text(line ? o.kernel.w : o.kernel.h, o.kernel.w));
    const std::int64_t list[] = {o.kernel.h,  o.kernel.w,   o.stride.h,   o.stride.w, o.padding.h,
                                 o.padding.w, o.dilation.h, o.dilation.w, o.ceil,     o.divisor};
    return recorder.graph.intern(list);
}

}  // namespace xgrad::detail
