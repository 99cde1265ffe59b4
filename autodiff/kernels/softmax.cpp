// Softmax and its relatives, row by row or in blocks of columns, every exp in whole vectors.

#include "autodiff/kernels/softmax.hpp"

#include <limits>

#include "autodiff/kernels/exp_tile.hpp"
#include "autodiff/kernels/lanes.hpp"
#include "autodiff/kernels/softmax_columns.hpp"
#include "autodiff/kernels/softmax_short.hpp"

namespace xgrad::kernels {

namespace {

// Elements of a row that are added in T, before the sum goes into a double.
constexpr std::int64_t chunk = 4096;

/// Sum of a[i] * b[i], or of a[i] alone.
template <bool product, class T>
XGRAD_INLINE T dot(const T* a, const T* b, std::int64_t n)
{
    constexpr std::int64_t lanes = 64;
    double total = 0;
    for (std::int64_t begin = 0; begin < n; begin += chunk) {
        const std::int64_t end = n - begin < chunk ? n : begin + chunk;
        alignas(64) T part[lanes] = {};
        std::int64_t i = begin;
        for (; i + lanes <= end; i += lanes)
#pragma omp simd
            for (std::int64_t j = 0; j < lanes; ++j) part[j] += product ? a[i + j] * b[i + j] : a[i + j];
        for (; i < end; ++i) part[i % lanes] += product ? a[i] * b[i] : a[i];
        T sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t j = 0; j < lanes; ++j) sum += part[j];
        total += double(sum);
    }
    return T(total);
}

template <class T>
XGRAD_CLONES void softmax_rows(const T* x, T* y, std::int64_t rows, std::int64_t n)
{
    for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
        const T m = lanes::row<Reduction::max>(x, n);
        const T scale = T(1) / exp_sum<true>(x, m, y, n);
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) y[i] *= scale;
    }
}

template <class T>
XGRAD_CLONES void log_softmax_rows(const T* x, T* y, std::int64_t rows, std::int64_t n)
{
    for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
        const T m = lanes::row<Reduction::max>(x, n), log_sum = std::log(exp_sum<false>(x, m, y, n));
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - m) - log_sum;
    }
}

template <class T>
XGRAD_CLONES void logsumexp_rows(const T* x, T* y, std::int64_t rows, std::int64_t n)
{
    for (std::int64_t r = 0; r < rows; ++r, x += n) {
        const T m = lanes::row<Reduction::max>(x, n);
        // The sum of a row whose largest is infinite (or NaN) is that.
        y[r] = std::isfinite(m) ? m + std::log(exp_sum<false>(x, m, y, n)) : m;
    }
}

template <class T>
XGRAD_CLONES void softmax_vjp_rows(const T* g, const T* y, T* dx, std::int64_t rows, std::int64_t n)
{
    for (std::int64_t r = 0; r < rows; ++r, g += n, y += n, dx += n) {
        const T gy = dot<true>(g, y, n);
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) dx[i] = y[i] * (g[i] - gy);
    }
}

template <class T>
XGRAD_CLONES void log_softmax_vjp_rows(const T* g, const T* y, T* dx, std::int64_t rows, std::int64_t n)
{
    for (std::int64_t r = 0; r < rows; ++r, g += n, y += n, dx += n) {
        const T sum = dot<false>(g, g, n);
        ExpTile<T> e;
        for (std::int64_t begin = 0; begin < n; begin += exp_run) {
            const std::int64_t k = n - begin < exp_run ? n - begin : exp_run;
            for (std::int64_t i = 0; i < k; ++i) e.at[i] = y[begin + i];
            exp_tile(e, k);
#pragma omp simd
            for (std::int64_t i = 0; i < k; ++i) dx[begin + i] = g[begin + i] - e.at[i] * sum;
        }
    }
}

template <class T>
XGRAD_CLONES void logsumexp_vjp_rows(const T* g, const T* x, const T* y, T* dx, std::int64_t rows,
                                     std::int64_t n)
{
    for (std::int64_t r = 0; r < rows; ++r, x += n, dx += n) {
        const T shift = y[r] == -std::numeric_limits<T>::infinity() ? T(0) : y[r], gr = g[r];
        ExpTile<T> e;
        for (std::int64_t begin = 0; begin < n; begin += exp_run) {
            const std::int64_t k = n - begin < exp_run ? n - begin : exp_run;
            for (std::int64_t i = 0; i < k; ++i) e.at[i] = x[begin + i] - shift;
            exp_tile(e, k);
            for (std::int64_t i = 0; i < k; ++i) dx[begin + i] = gr * e.at[i];
        }
    }
}

template <class T>
XGRAD_CLONES void cross_entropy_rows(const T* z, const std::int64_t* label, T* loss, std::int64_t rows,
                                     std::int64_t n)
{
    for (std::int64_t r = 0; r < rows; ++r, z += n) {
        const T m = lanes::row<Reduction::max>(z, n);
        loss[r] = std::log(exp_sum<false>(z, m, loss, n)) - (z[label[r]] - m);
    }
}

template <class T>
XGRAD_CLONES void cross_entropy_vjp_rows(const T* g, const T* z, const std::int64_t* label, T* dz,
                                         std::int64_t rows, std::int64_t n)
{
    for (std::int64_t r = 0; r < rows; ++r, z += n, dz += n) {
        const T sum = exp_sum<true>(z, T(lanes::row<Reduction::max>(z, n)), dz, n), scale = g[r] / sum;
        // (e - sum) / sum, not e / sum - 1: the rounding of the quotient would be all that is left near 1.
        const T at_label = (dz[label[r]] - sum) * scale;
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) dz[i] *= scale;
        dz[label[r]] = at_label;
    }
}

}  // namespace

template <class T>
void softmax(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    if (outer * axis * inner == 0) return;
    if (inner == 1 && axis <= short_rows::longest)
        short_rows::softmax(x, y, outer, axis);
    else if (inner == 1)
        softmax_rows(x, y, outer, axis);
    else
        columns::softmax(x, y, outer, axis, inner);
}

template <class T>
void log_softmax(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    if (outer * axis * inner == 0) return;
    if (inner == 1 && axis <= short_rows::longest)
        short_rows::log_softmax(x, y, outer, axis);
    else if (inner == 1)
        log_softmax_rows(x, y, outer, axis);
    else
        columns::log_softmax(x, y, outer, axis, inner);
}

template <class T>
void logsumexp(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    if (axis == 0)
        for (std::int64_t i = 0; i < outer * inner; ++i) y[i] = -std::numeric_limits<T>::infinity();
    else if (inner == 1)
        logsumexp_rows(x, y, outer, axis);
    else
        columns::logsumexp(x, y, outer, axis, inner);
}

template <class T>
void softmax_vjp(const T* g, const T* y, T* dx, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    if (inner == 1 && axis <= short_rows::longest)
        short_rows::softmax_vjp(g, y, dx, outer, axis);
    else if (inner == 1)
        softmax_vjp_rows(g, y, dx, outer, axis);
    else
        columns::softmax_vjp(g, y, dx, outer, axis, inner);
}

template <class T>
void log_softmax_vjp(const T* g, const T* y, T* dx, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    if (inner == 1)
        log_softmax_vjp_rows(g, y, dx, outer, axis);
    else
        columns::log_softmax_vjp(g, y, dx, outer, axis, inner);
}

template <class T>
void logsumexp_vjp(const T* g, const T* x, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                   std::int64_t inner)
{
    if (inner == 1)
        logsumexp_vjp_rows(g, x, y, dx, outer, axis);
    else
        columns::logsumexp_vjp(g, x, y, dx, outer, axis, inner);
}

template <class T>
void cross_entropy(const T* z, const std::int64_t* label, T* loss_per_row, std::int64_t rows,
                   std::int64_t classes)
{
    if (classes > 0 && classes <= short_rows::longest)
        short_rows::cross_entropy(z, label, loss_per_row, rows, classes);
    else
        cross_entropy_rows(z, label, loss_per_row, rows, classes);
}

template <class T>
void cross_entropy_vjp(const T* g_per_row, const T* z, const std::int64_t* label, T* dz, std::int64_t rows,
                       std::int64_t classes)
{
    if (classes > 0 && classes <= short_rows::longest)
        short_rows::cross_entropy_vjp(g_per_row, z, label, dz, rows, classes);
    else
        cross_entropy_vjp_rows(g_per_row, z, label, dz, rows, classes);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template void softmax(const T*, T*, std::int64_t, std::int64_t, std::int64_t);                           \
    template void log_softmax(const T*, T*, std::int64_t, std::int64_t, std::int64_t);                       \
    template void logsumexp(const T*, T*, std::int64_t, std::int64_t, std::int64_t);                         \
    template void softmax_vjp(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t);             \
    template void log_softmax_vjp(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t);         \
    template void logsumexp_vjp(const T*, const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t); \
    template void cross_entropy(const T*, const std::int64_t*, T*, std::int64_t, std::int64_t);              \
    template void cross_entropy_vjp(const T*, const T*, const std::int64_t*, T*, std::int64_t, std::int64_t);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
