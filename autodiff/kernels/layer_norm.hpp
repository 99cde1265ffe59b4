// Layer normalisation of rows, with its gradient. T is float or double.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// What the rows are scaled with and what is kept of them. Absent arrays are null: the scale is then 1, the shift 0.
/// y = (x - mean) rstd weight + bias with rstd = 1 / sqrt(variance + epsilon), the variance divided by the length.
/// All rows have n elements; x, y are [rows, n], weight, bias [n], mean, rstd [rows].
template <class T>
void layer_norm(const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, std::int64_t rows,
                std::int64_t n, double epsilon);

/// Bytes of the state in which the gradients of weight and bias are summed; zero at first.
template <class T>
std::size_t layer_norm_state_bytes(std::int64_t n);

/// The gradient of layer_norm for some rows, given g = d/dy and what layer_norm kept: with h = (x - mean) rstd and
/// u = g weight: dx = rstd (u - mean(u) - h mean(u h)). With a weight, sums of g h and of g are taken up in the state;
/// their bits do not depend on how many rows come at a time.
template <class T>
void layer_norm_vjp(const T* g, const T* x, const T* mean, const T* rstd, const T* weight, T* dx,
                    std::byte* state, std::int64_t rows, std::int64_t n);

/// After the last rows: dweight [n] = the sum of g h, dbias [n] (null: not wanted) = the sum of g.
template <class T>
void finish_layer_norm_vjp(std::byte* state, T* dweight, T* dbias, std::int64_t n);

}  // namespace xgrad::kernels
