// Convolution of images and its two gradients. T is float or double.
#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// The lengths of a convolution: x [batch, channels, height, width] with weight
/// [outputs, channels / groups, kernel_h, kernel_w].
struct ConvShape {
    std::int64_t batch, channels, height, width;
    std::int64_t outputs, groups, kernel_h, kernel_w;
    std::int64_t stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;

    std::int64_t out_height() const
    {
        return (height + 2 * pad_h - dilation_h * (kernel_h - 1) - 1) / stride_h + 1;
    }
    std::int64_t out_width() const
    {
        return (width + 2 * pad_w - dilation_w * (kernel_w - 1) - 1) / stride_w + 1;
    }
    std::int64_t taps() const { return channels / groups * kernel_h * kernel_w; }
    std::int64_t positions() const { return out_height() * out_width(); }
    /// A product of matrices as it stands.
    bool is_pointwise() const
    {
        return kernel_h == 1 && kernel_w == 1 && stride_h == 1 && stride_w == 1 && pad_h == 0 && pad_w == 0;
    }
};

/// y [batch, outputs, out_height, out_width]; bias [outputs] or null. y must not overlap the inputs.
template <class T>
void conv2d(const ConvShape& shape, const T* x, const T* weight, const T* bias, T* y);

/// dx [batch, channels, height, width] from g of y's shape.
template <class T>
void conv2d_input_grad(const ConvShape& shape, const T* g, const T* weight, T* dx);

/// dweight of the weight's shape from x and g of y's shape. The padding takes part as zeros.
template <class T>
void conv2d_weight_grad(const ConvShape& shape, const T* x, const T* g, T* dweight);

}  // namespace xgrad::kernels
