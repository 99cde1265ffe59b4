// Softmax, log-sum-exp and cross entropy over one axis, with their gradients. T is float or double.
#pragma once

#include <cstdint>

namespace xgrad::kernels {

// All arrays are [outer, axis, inner], contiguous; inner == 1 is the fast path. The largest element is subtracted
// before exp. As in PyTorch: a row with +inf or NaN, or of -inf alone, gives NaN; other -inf give probability 0.
// Outputs may be the same buffer as an input of the same shape.

/// y = exp(x - max) / sum(exp(x - max))
template <class T>
void softmax(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner);

/// y = x - logsumexp(x)
template <class T>
void log_softmax(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner);

/// y [outer, inner] = log(sum(exp(x))). -inf for a row of -inf or an empty row; +inf if a +inf and no NaN is there.
template <class T>
void logsumexp(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner);

/// dx = y * (g - sum(g * y)), y the softmax.
template <class T>
void softmax_vjp(const T* g, const T* y, T* dx, std::int64_t outer, std::int64_t axis, std::int64_t inner);

/// dx = g - exp(y) * sum(g), y the log-softmax.
template <class T>
void log_softmax_vjp(const T* g, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                     std::int64_t inner);

/// dx = g * exp(x - y), y [outer, inner] the log-sum-exp and g of its shape; 0 where y is -inf.
template <class T>
void logsumexp_vjp(const T* g, const T* x, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                   std::int64_t inner);

/// loss[r] = logsumexp(z[r, :]) - z[r, label[r]]; every label in [0, classes).
template <class T>
void cross_entropy(const T* z, const std::int64_t* label, T* loss_per_row, std::int64_t rows,
                   std::int64_t classes);

/// dz[r, c] = g[r] * (softmax(z[r, :])[c] - (c == label[r])).
template <class T>
void cross_entropy_vjp(const T* g_per_row, const T* z, const std::int64_t* label, T* dz, std::int64_t rows,
                       std::int64_t classes);

}  // namespace xgrad::kernels
