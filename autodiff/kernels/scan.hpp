// Running sums and first-order recurrences along the middle axis of [outer, length, inner].
#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// y_k = y_{k-1} + x_k, from the end if reverse. T: float, double, std::int64_t.
template <class T>
void cumsum(const T* x, T* y, std::int64_t outer, std::int64_t length, std::int64_t inner, bool reverse);

/// y_k = a_k y_{k-1} + b_k with y_{-1} = 0, from the end if reverse (y_k = a_k y_{k+1} + b_k). The first a is not read.
/// T: float, double.
template <class T>
void linear_scan(const T* a, const T* b, T* y, std::int64_t outer, std::int64_t length, std::int64_t inner,
                 bool reverse);

}  // namespace xgrad::kernels
