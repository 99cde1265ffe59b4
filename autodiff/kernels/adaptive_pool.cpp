// Adaptive pooling: windows of unequal lengths that share out the planes.
#include <algorithm>
#include <limits>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/pool.hpp"

namespace xgrad::kernels {
namespace {

/// The places of window r of `count` over `length`.
struct Span {
    std::int64_t begin, end;
    Span(std::int64_t r, std::int64_t count, std::int64_t length)
        : begin(r * length / count), end(((r + 1) * length + count - 1) / count)
    {}
    std::int64_t size() const { return end - begin; }
};

/// f(plane, rows, columns, place in y) for every window, in order.
template <class F>
XGRAD_INLINE void each_window(const AdaptiveShape& s, F f)
{
    std::int64_t to = 0;
    for (std::int64_t p = 0; p < s.planes; ++p)
        for (std::int64_t r = 0; r < s.rows; ++r) {
            const Span rows(r, s.rows, s.height);
            for (std::int64_t q = 0; q < s.columns; ++q, ++to)
                f(p * s.height * s.width, rows, Span(q, s.columns, s.width), to);
        }
}

/// Rows that lie one behind the other are one long row.
template <class T>
XGRAD_INLINE T sum_of(const T* x, std::int64_t count)
{
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t k = 0; k < count; ++k) sum += x[k];
    return sum;
}

template <class T>
XGRAD_CLONES void means(const AdaptiveShape& s, const T* x, T* y)
{
    each_window(s, [=](std::int64_t plane, Span rows, Span columns, std::int64_t to) XGRAD_INLINE_LAMBDA {
        const T* const from = x + plane + columns.begin;
        T sum = 0;
        if (columns.size() == s.width)
            sum = sum_of(from + rows.begin * s.width, rows.size() * s.width);
        else
            for (std::int64_t i = rows.begin; i < rows.end; ++i)
                sum += sum_of(from + i * s.width, columns.size());
        y[to] = sum / T(rows.size() * columns.size());
    });
}

template <class T>
XGRAD_CLONES void shares(const AdaptiveShape& s, const T* g, T* dx)
{
    each_window(s, [=](std::int64_t plane, Span rows, Span columns, std::int64_t from) XGRAD_INLINE_LAMBDA {
        const T share = g[from] / T(rows.size() * columns.size());
        for (std::int64_t i = rows.begin; i < rows.end; ++i) {
            T* const to = dx + plane + i * s.width;
#pragma omp simd
            for (std::int64_t j = columns.begin; j < columns.end; ++j) to[j] += share;
        }
    });
}

/// The value and the place of the largest element: the first of equal ones, the last NaN, as in max_pool2d.
template <class T, class F>
void largest(const AdaptiveShape& s, const T* x, F found)
{
    each_window(s, [&](std::int64_t plane, Span rows, Span columns, std::int64_t to) {
        T most = -std::numeric_limits<T>::infinity();
        std::int64_t at = rows.begin * s.width + columns.begin;
        for (std::int64_t i = rows.begin; i < rows.end; ++i)
            for (std::int64_t j = columns.begin; j < columns.end; ++j) {
                const T v = x[plane + i * s.width + j];
                if (v > most || v != v) most = v, at = i * s.width + j;
            }
        found(to, most, at);
    });
}

}  // namespace

template <class T>
void adaptive_avg_pool2d(const AdaptiveShape& s, const T* x, T* y)
{
    means(s, x, y);
}
template <class T>
void adaptive_avg_pool2d_vjp(const AdaptiveShape& s, const T* g, T* dx)
{
    std::fill_n(dx, s.planes * s.height * s.width, T(0));
    shares(s, g, dx);
}
template <class T>
void adaptive_max_pool2d(const AdaptiveShape& s, const T* x, T* y)
{
    largest(s, x, [&](std::int64_t to, T most, std::int64_t) { y[to] = most; });
}
template <class T>
void adaptive_max_pool2d_index(const AdaptiveShape& s, const T* x, std::int64_t* index)
{
    largest(s, x, [&](std::int64_t to, T, std::int64_t at) { index[to] = at; });
}

#define XGRAD_INSTANTIATE(T)                                                   \
    template void adaptive_avg_pool2d(const AdaptiveShape&, const T*, T*);     \
    template void adaptive_avg_pool2d_vjp(const AdaptiveShape&, const T*, T*); \
    template void adaptive_max_pool2d(const AdaptiveShape&, const T*, T*);     \
    template void adaptive_max_pool2d_index(const AdaptiveShape&, const T*, std::int64_t*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
