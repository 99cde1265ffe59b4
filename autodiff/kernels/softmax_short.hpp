// Softmax and cross entropy over short rows: many rows at a time, one in each lane of a vector. Private to softmax.cpp.
#pragma once

#include <cstdint>

namespace xgrad::kernels::short_rows {

/// Rows up to this long are handled here. The choice depends on nothing else, so that a row's bits do not depend on how
/// many others there are.
inline constexpr std::int64_t longest = 24;

// All arrays are [rows, n], 1 <= n <= longest; outputs may be the same buffer as an input of the same shape.
template <class T>
void softmax(const T* x, T* y, std::int64_t rows, std::int64_t n);
template <class T>
void log_softmax(const T* x, T* y, std::int64_t rows, std::int64_t n);
template <class T>
void softmax_vjp(const T* g, const T* y, T* dx, std::int64_t rows, std::int64_t n);
template <class T>
void cross_entropy(const T* z, const std::int64_t* label, T* loss, std::int64_t rows, std::int64_t n);
template <class T>
void cross_entropy_vjp(const T* g, const T* z, const std::int64_t* label, T* dz, std::int64_t rows,
                       std::int64_t n);

}  // namespace xgrad::kernels::short_rows
