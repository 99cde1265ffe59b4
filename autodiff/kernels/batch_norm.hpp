// Normalising and scaling the channels of a batch, with the gradients. T is float or double.
#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// A batch [examples, channels, length], channel by channel.
struct BatchSizes {
    std::int64_t examples, channels, length;
};

/// mean [channels] and var [channels], the variance divided by examples * length (of an empty batch both are 0), and
/// y = (x - mean) / sqrt(var + epsilon) weight + bias. Null: the weight is 1, the bias 0.
template <class T>
void batch_norm(const T* x, const T* weight, const T* bias, T* y, T* mean, T* var, BatchSizes sizes,
                double epsilon);

/// The gradient, given g = d/dy and what batch_norm found: with h = (x - mean) / sqrt(var + epsilon), over a channel,
/// dweight = sum g h, dbias = sum g, dx = weight / sqrt(var + epsilon) (g - dbias / n - h dweight / n).
template <class T>
void batch_norm_vjp(const T* g, const T* x, const T* mean, const T* var, const T* weight, T* dx, T* dweight,
                    T* dbias, BatchSizes sizes, double epsilon);

/// y = x scale + shift, with one scale and one shift [channels] a channel.
template <class T>
void scale_channels(const T* x, const T* scale, const T* shift, T* y, BatchSizes sizes);

/// Its gradient, given g = d/dy: dx = g scale and, over a channel, dscale = sum g x, dshift = sum g.
template <class T>
void scale_channels_vjp(const T* g, const T* x, const T* scale, T* dx, T* dscale, T* dshift,
                        BatchSizes sizes);

}  // namespace xgrad::kernels
