// Pooling over windows of images, and what its gradients need. T is float or double.
#pragma once

#include <algorithm>
#include <cstdint>

#include "autodiff/kernels/threads.hpp"

namespace xgrad::kernels {

/// Windows over planes (batch times channels of them) of height x width.
struct PoolShape {
    std::int64_t planes, height, width;
    std::int64_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;

    std::int64_t out_height() const
    {
        return (height + 2 * pad_h - dilation_h * (kernel_h - 1) - 1) / stride_h + 1;
    }
    std::int64_t out_width() const
    {
        return (width + 2 * pad_w - dilation_w * (kernel_w - 1) - 1) / stride_w + 1;
    }
    /// Every element is in one window at most.
    bool is_tiling() const
    {
        return kernel_h == stride_h && kernel_w == stride_w && pad_h == 0 && pad_w == 0 && dilation_h == 1 &&
               dilation_w == 1;
    }
};

/// The mean of each window; with `count_padding` the padding counts as zeros, else only elements of the plane count.
template <class T>
void avg_pool2d(const PoolShape& shape, bool count_padding, const T* x, T* y);

/// dx: each element of g, divided as avg_pool2d divides, at all places of its window.
template <class T>
void avg_pool2d_vjp(const PoolShape& shape, bool count_padding, const T* g, T* dx);

/// The largest element of each window; NaN if one is NaN.
template <class T>
void max_pool2d(const PoolShape& shape, const T* x, T* y);

/// Where it is within its plane (row times width plus column): the first of equal ones, the last NaN. -1 for a
/// window without an element of the plane (dilation can lead there); its value is -inf.
template <class T>
void max_pool2d_index(const PoolShape& shape, const T* x, std::int64_t* index);

/// to[plane][index[i]] += from[i] over zeros, where there is an index; `count` elements of `from` a plane.
template <class T>
void scatter_planes(const T* from, const std::int64_t* index, T* to, std::int64_t planes, std::int64_t count,
                    std::int64_t plane);

/// to[i] = from[plane][index[i]], 0 where there is none.
template <class T>
void gather_planes(const T* from, const std::int64_t* index, T* to, std::int64_t planes, std::int64_t count,
                   std::int64_t plane);

/// f(shape of some planes, the first of them) for planes that cover all, on several threads where there are many.
template <class F>
void by_planes(const PoolShape& shape, F f)
{
    constexpr std::int64_t worth = 1 << 14;  // elements
    const std::int64_t plane = std::max<std::int64_t>(shape.height * shape.width, 1);
    parallel_for(shape.planes, std::max<std::int64_t>(1, worth / plane),
                 [&](std::int64_t begin, std::int64_t end) {
                     PoolShape part = shape;
                     part.planes = end - begin;
                     f(part, begin);
                 });
}

}  // namespace xgrad::kernels
