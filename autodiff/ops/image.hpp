// What convolution and pooling share: options as attributes, and their text. Internal.
#pragma once

#include <string>

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {

/// "2", or "2 x 3" where rows and columns differ.
inline std::string pair_text(std::int64_t h, std::int64_t w)
{
    return h == w ? std::to_string(h) : std::to_string(h) + " x " + std::to_string(w);
}

/// Refuses an option of which a number is below `least`, or so large that lengths would not be numbers any more.
inline void check_option(const char* op, const char* name, Pair2d value, std::int64_t least)
{
    constexpr std::int64_t most = std::int64_t{1} << 31;
    if (value.h >= least && value.w >= least && value.h < most && value.w < most) return;
    throw ValueError(std::string(op) + ": " + name + " must be " + (least > 0 ? "positive" : "0 or more") +
                     ", not " + pair_text(value.h, value.w));
}

/// Refuses windows that do not fit into the padded image.
template <class S>
void check_window(InferCall& call, const S& shape)
{
    const std::int64_t high = shape.dilation_h * (shape.kernel_h - 1) + 1,
                       wide = shape.dilation_w * (shape.kernel_w - 1) + 1;
    if (high <= 0 || wide <= 0) call.fail_shape("a kernel of at least one element");
    if (shape.height + 2 * shape.pad_h < high || shape.width + 2 * shape.pad_w < wide)
        call.fail_shape("a kernel that fits into the image: " + std::to_string(high) + " x " +
                        std::to_string(wide) + " (with dilation) meets " +
                        std::to_string(shape.height + 2 * shape.pad_h) + " x " +
                        std::to_string(shape.width + 2 * shape.pad_w) + " (with padding)");
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
