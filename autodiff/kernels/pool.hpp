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
    bool ceil = false;  ///< the last window may end beyond the padded plane, but not begin behind the plane
    std::int64_t divisor = 0;  ///< of sums, instead of the number of elements; 0: none

    /// How many windows there are along an axis; with `ceil` there may be none.
    std::int64_t windows(std::int64_t length, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                         std::int64_t dilation) const
    {
        const std::int64_t left = length + 2 * pad - dilation * (kernel - 1) - 1;
        if (!ceil) return left / stride + 1;
        const std::int64_t count = left + stride <= 0 ? 0 : (left + stride - 1) / stride + 1;
        return count > 0 && (count - 1) * stride >= length + pad ? count - 1 : count;
    }
    std::int64_t out_height() const { return windows(height, kernel_h, stride_h, pad_h, dilation_h); }
    std::int64_t out_width() const { return windows(width, kernel_w, stride_w, pad_w, dilation_w); }
    /// Windows of two by two that lie side by side.
    bool is_pairs() const
    {
        return kernel_h == 2 && kernel_w == 2 && stride_h == 2 && stride_w == 2 && pad_h == 0 && pad_w == 0 &&
               dilation_h == 1 && dilation_w == 1 && divisor == 0 &&
               (!ceil || (height % 2 == 0 && width % 2 == 0));
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

/// to[plane][index[i]] += from[i] over zeros, where the index is within the plane; `count` elements of `from` a plane.
template <class T>
void scatter_planes(const T* from, const std::int64_t* index, T* to, std::int64_t planes, std::int64_t count,
                    std::int64_t plane);

/// to[i] = from[plane][index[i]], 0 where the index is not within the plane.
template <class T>
void gather_planes(const T* from, const std::int64_t* index, T* to, std::int64_t planes, std::int64_t count,
                   std::int64_t plane);

/// Windows that share out planes: rows floor(r height / rows) up to ceil((r + 1) height / rows), columns likewise.
struct AdaptiveShape {
    std::int64_t planes, height, width, rows, columns;
    std::int64_t out_height() const { return rows; }
    std::int64_t out_width() const { return columns; }
};
/// The mean of each window.
template <class T>
void adaptive_avg_pool2d(const AdaptiveShape& shape, const T* x, T* y);
/// dx: each element of g, divided by the number of places of its window, at all of them.
template <class T>
void adaptive_avg_pool2d_vjp(const AdaptiveShape& shape, const T* g, T* dx);
/// The largest element of each window, NaN if one is; and where it is, as max_pool2d_index.
template <class T>
void adaptive_max_pool2d(const AdaptiveShape& shape, const T* x, T* y);
template <class T>
void adaptive_max_pool2d_index(const AdaptiveShape& shape, const T* x, std::int64_t* index);

/// f(shape of some planes, the first of them) for planes that cover all, on several threads where there are many.
template <class Shape, class F>
void by_planes(const Shape& shape, F f)
{
    constexpr std::int64_t worth = 1 << 14;  // elements
    const std::int64_t plane = std::max<std::int64_t>(shape.height * shape.width, 1);
    parallel_for(shape.planes, std::max<std::int64_t>(1, worth / plane),
                 [&](std::int64_t begin, std::int64_t end) {
                     Shape part = shape;
                     part.planes = end - begin;
                     f(part, begin);
                 });
}

}  // namespace xgrad::kernels
