// Reductions over any set of axes, and the gradients that reductions need.
#pragma once

#include "autodiff/kernels/dims.hpp"

namespace xgrad::kernels {

enum class Reduction : std::uint8_t { sum, mean, max, min };

/// Reduces the axes of `in` (contiguous, `shape`, rank <= 32) whose bit is set in `axes_mask` (bit i: axis i); `out`
/// is contiguous with those axes removed. T is float or double, or int64_t (whose mean rounds towards zero).
/// An empty sum is 0, an empty mean NaN; an empty max or min is for the caller to refuse. NaN propagates.
/// Float sums are accumulated in blocks, the block totals in double: about 1e-7 relative error for positive terms.
template <class T>
void reduce(Reduction kind, const T* in, T* out, Dims shape, std::uint32_t axes_mask);

/// The reverse of broadcasting out_shape to in_shape (ranks aligned on the right): sums what was repeated.
template <class T>
void sum_to(const T* in, Dims in_shape, T* out, Dims out_shape);

/// Index along the middle axis of the largest element of `in` [outer, axis, inner], to `out` [outer, inner].
/// The first of equals wins, and a NaN counts as the largest (as in NumPy). axis >= 1. float, double, int64_t.
template <class T>
void argmax(const T* in, std::int64_t* out, std::int64_t outer, std::int64_t axis, std::int64_t inner);

/// Index of the smallest element; otherwise as argmax (a NaN counts as the smallest).
template <class T>
void argmin(const T* in, std::int64_t* out, std::int64_t outer, std::int64_t axis, std::int64_t inner);

/// Gradient of max or min over the middle axis: x and dx are [outer, axis, inner], y (the extremes) and g are
/// [outer, inner]. The elements equal to y (NaN equals NaN) share g evenly with share_ties (torch.amax), else the
/// first of them receives all of it (torch.max over a dimension); all others receive 0. float, double.
template <class T>
void extreme_vjp(const T* g, const T* x, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                 std::int64_t inner, bool share_ties);

}  // namespace xgrad::kernels
