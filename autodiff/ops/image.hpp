// What convolution, pooling and resampling share: options as attributes, their text, refusals. Internal.
#pragma once

#include <string>
#include <vector>

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {

/// The lengths of an array behind its batch and its channels; a sequence is an image of height 1.
struct Space {
    std::int64_t h, w;
};
inline Space space_of(Dims shape)
{
    return shape.size() == 3 ? Space{1, shape[2]} : Space{shape[2], shape[3]};
}
/// The shape [n, c, h, w], or [n, c, w] of sequences.
inline ListId intern_space(Graph& graph, bool line, std::int64_t n, std::int64_t c, std::int64_t h,
                           std::int64_t w)
{
    const std::int64_t image[] = {n, c, h, w}, sequence[] = {n, c, w};
    return line ? graph.intern(sequence) : graph.intern(image);
}

/// "2", or "2 x 3" where rows and columns differ.
inline std::string pair_text(std::int64_t h, std::int64_t w)
{
    return h == w ? std::to_string(h) : std::to_string(h) + " x " + std::to_string(w);
}

/// Refuses an option of which a number is below `least`, or so large that lengths would not be numbers any more. Of a
/// `line` the columns alone are options.
inline void check_option(const char* op, const char* name, Pair2d value, std::int64_t least,
                         bool line = false)
{
    constexpr std::int64_t most = std::int64_t{1} << 31;
    if (value.h >= least && value.w >= least && value.h < most && value.w < most) return;
    throw ValueError(std::string(op) + ": " + name + " must be " + (least > 0 ? "positive" : "0 or more") +
                     (value.h >= most || value.w >= most ? " and below 2^31" : "") + ", not " +
                     pair_text(line ? value.w : value.h, value.w));
}

/// Refuses windows that do not fit into the padded image, or sequence. With `open_end` the last one may go beyond it.
template <class S>
void check_window(InferCall& call, const S& shape, bool line, bool open_end = false)
{
    const std::int64_t high = shape.dilation_h * (shape.kernel_h - 1) + 1,
                       wide = shape.dilation_w * (shape.kernel_w - 1) + 1,
                       height = shape.height + 2 * shape.pad_h, width = shape.width + 2 * shape.pad_w;
    if (high <= 0 || wide <= 0) call.fail_shape("a kernel of at least one element");
    if (open_end ? shape.out_height() >= 1 && shape.out_width() >= 1 : height >= high && width >= wide)
        return;
    const auto text = [&](std::int64_t h, std::int64_t w) {
        return line ? std::to_string(w) : std::to_string(h) + " x " + std::to_string(w);
    };
    call.fail_shape(std::string("a kernel that fits into the ") + (line ? "sequence: " : "image: ") +
                    text(high, wide) + " (with dilation) meets " + text(height, width) + " (with padding)");
}

// For functions that are composed of other ops: what they refuse, and what they pick by.
/// "[2, 3] float64"
inline std::string shape_and_type(Variable x)
{
    return to_string(x.shape()) + " " + std::string(name_of(x.dtype()));
}
inline void need_axes(const char* function, Variable x, std::size_t axes, const std::string& expected)
{
    if (x.shape().size() != axes)
        throw ShapeError(std::string(function) + ": got " + shape_and_type(x) + ", expected " + expected);
}
inline void need_floats(const char* function, Variable x)
{
    if (!is_floating(x.dtype()))
        throw DtypeError(std::string(function) + ": got " + shape_and_type(x) +
                         ", expected float32 or float64 (cast() converts)");
}
/// A constant of int64.
inline Variable whole_numbers(Variable like, const std::vector<std::int64_t>& values)
{
    Array array(DType::int64, {static_cast<std::int64_t>(values.size())});
    std::ranges::copy(values, static_cast<std::int64_t*>(array.mutable_data()));
    return like.tape().constant(array);
}

// An op's options are `plain` numbers in its list; its gradients' lists have two lengths of what they give behind those.
template <std::size_t plain>
ListId with_lengths(Recorder& recorder, Dims list, std::int64_t h, std::int64_t w)
{
    std::int64_t longer[plain + 2];
    std::copy_n(list.begin(), plain, longer);
    longer[plain] = h, longer[plain + 1] = w;
    return recorder.graph.intern(longer);
}
template <std::size_t plain>
ListId without_lengths(Recorder& recorder, Dims list)
{
    std::int64_t shorter[plain];
    std::copy_n(list.begin(), plain, shorter);
    return recorder.graph.intern(shorter);
}

}  // namespace xgrad::detail
