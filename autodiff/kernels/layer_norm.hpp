// Layer normalisation of rows, with its gradient. T is float or double.
#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// What the rows are scaled with and what is kept of them. Absent arrays are null: the scale is then 1, the shift 0.
/// y = (x - mean) rstd weight + bias with rstd = 1 / sqrt(variance + epsilon), the variance divided by the length.
/// All rows have n elements; x, y are [rows, n], weight, bias [n], mean, rstd [rows]. For the rows begin .. end - 1.
template <class T>
void layer_norm(const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, std::int64_t begin,
                std::int64_t end, std::int64_t n, double epsilon);

/// The gradient of layer_norm for the rows begin .. end - 1, given g = d/dy and what layer_norm kept:
/// with h = (x - mean) rstd and u = g weight: dx = rstd (u - mean(u) - h mean(u h)).
/// If not null, dweight [n] += the sum of g h over these rows and dbias [n] += the sum of g, as doubles.
template <class T>
void layer_norm_vjp(const T* g, const T* x, const T* mean, const T* rstd, const T* weight, T* dx,
                    double* dweight, double* dbias, std::int64_t begin, std::int64_t end, std::int64_t n);

}  // namespace xgrad::kernels
