// Average pooling: each place of a window is one pass over a row of the result. And what the gradients of max pooling need.
#include "autodiff/kernels/pool.hpp"

#include <algorithm>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/pool_windows.hpp"

namespace xgrad::kernels {
namespace {

/// How many elements count in windows of row (or column) r: the padding does, what lies beyond it does not.
std::int64_t counted(std::int64_t r, std::int64_t stride, std::int64_t kernel, std::int64_t pad,
                     std::int64_t length, bool count_padding)
{
    const std::int64_t first = r * stride - pad, last = std::min(first + kernel, length + pad);
    return count_padding
               ? last - first
               : std::max<std::int64_t>(std::min(last, length) - std::max<std::int64_t>(first, 0), 0);
}

template <int step, class T>
XGRAD_INLINE void add_run(const Run& run, std::int64_t stride, const T* row, T* y)
{
    const std::int64_t by = step ? step : stride;
    const T* const from = row + run.column;
#pragma omp simd
    for (std::int64_t q = run.begin; q < run.end; ++q) y[q] += from[q * by];
}

template <class T>
XGRAD_CLONES void sum_windows(const PoolShape& s, const T* x, T* y)
{
    const std::int64_t rows = s.out_height(), columns = s.out_width();
    const Runs runs(s);
    for (std::int64_t p = 0; p < s.planes; ++p, x += s.height * s.width)
        for (std::int64_t r = 0; r < rows; ++r, y += columns) {
            std::fill_n(y, columns, T(0));
            each_place(s, runs.run, r, [=](const Run& run, std::int64_t row) XGRAD_INLINE_LAMBDA {
                if (s.stride_w == 1)
                    add_run<1>(run, 1, x + row * s.width, y);
                else if (s.stride_w == 2)
                    add_run<2>(run, 2, x + row * s.width, y);
                else
                    add_run<0>(run, s.stride_w, x + row * s.width, y);
            });
        }
}

/// Windows of two by two that lie side by side: one pass over two rows.
template <class T>
XGRAD_CLONES void mean_of_pairs(const PoolShape& s, const T* x, T* y)
{
    const std::int64_t rows = s.out_height(), columns = s.out_width();
    for (std::int64_t p = 0; p < s.planes; ++p, x += s.height * s.width)
        for (std::int64_t r = 0; r < rows; ++r, y += columns) {
            const T *const above = x + 2 * r * s.width, *const below = above + s.width;
#pragma omp simd
            for (std::int64_t q = 0; q < columns; ++q)
                y[q] = (((above[2 * q] + above[2 * q + 1]) + below[2 * q]) + below[2 * q + 1]) * T(0.25);
        }
}

/// Each element of g divided by the count of its window, at all places of windows that lie side by side.
template <int kernel, class T>
XGRAD_INLINE void repeat_row(const T* g, std::int64_t columns, std::int64_t width, T scale, T* to)
{
#pragma omp simd
    for (std::int64_t q = 0; q < columns; ++q)
        for (int j = 0; j < kernel; ++j) to[q * kernel + j] = g[q] * scale;
    std::fill(to + columns * kernel, to + width, T(0));
}

template <class T>
XGRAD_CLONES void repeat_pairs(const PoolShape& s, const T* g, T* dx)
{
    const std::int64_t rows = s.out_height(), columns = s.out_width();
    for (std::int64_t p = 0; p < s.planes; ++p, dx += s.height * s.width) {
        for (std::int64_t r = 0; r < rows; ++r, g += columns) {
            repeat_row<2>(g, columns, s.width, T(0.25), dx + 2 * r * s.width);
            repeat_row<2>(g, columns, s.width, T(0.25), dx + (2 * r + 1) * s.width);
        }
        std::fill(dx + 2 * rows * s.width, dx + s.height * s.width, T(0));
    }
}

bool is_within(std::int64_t index, std::int64_t plane)
{
    return static_cast<std::uint64_t>(index) < static_cast<std::uint64_t>(plane);
}

}  // namespace

template <class T>
void avg_pool2d(const PoolShape& s, bool count_padding, const T* x, T* y)
{
    const std::int64_t rows = s.out_height(), columns = s.out_width();
    if (s.is_pairs()) return mean_of_pairs(s, x, y);
    sum_windows(s, x, y);
    for (std::int64_t p = 0; p < s.planes; ++p)
        for (std::int64_t r = 0; r < rows; ++r, y += columns) {
            const std::int64_t high = counted(r, s.stride_h, s.kernel_h, s.pad_h, s.height, count_padding);
            for (std::int64_t q = 0; q < columns; ++q)
                y[q] /= T(s.divisor != 0
                              ? s.divisor
                              : high * counted(q, s.stride_w, s.kernel_w, s.pad_w, s.width, count_padding));
        }
}

template <class T>
void avg_pool2d_vjp(const PoolShape& s, bool count_padding, const T* g, T* dx)
{
    const std::int64_t rows = s.out_height(), columns = s.out_width();
    if (s.is_pairs()) return repeat_pairs(s, g, dx);
    std::fill_n(dx, s.planes * s.height * s.width, T(0));
    for (std::int64_t p = 0; p < s.planes; ++p, dx += s.height * s.width)
        for (std::int64_t r = 0; r < rows; ++r, g += columns) {
            const std::int64_t high = counted(r, s.stride_h, s.kernel_h, s.pad_h, s.height, count_padding);
            const std::int64_t top = r * s.stride_h - s.pad_h;
            const std::int64_t from = std::max<std::int64_t>(top, 0),
                               to = std::min(top + s.kernel_h, s.height);
            for (std::int64_t q = 0; q < columns; ++q) {
                const std::int64_t wide = counted(q, s.stride_w, s.kernel_w, s.pad_w, s.width, count_padding);
                const std::int64_t left = q * s.stride_w - s.pad_w;
                const T share = g[q] / T(s.divisor != 0 ? s.divisor : high * wide);
                for (std::int64_t i = from; i < to; ++i)
                    for (std::int64_t j = std::max<std::int64_t>(left, 0);
                         j < std::min(left + s.kernel_w, s.width); ++j)
                        dx[i * s.width + j] += share;
            }
        }
}

template <class T>
void scatter_planes(const T* from, const std::int64_t* index, T* to, std::int64_t planes, std::int64_t count,
                    std::int64_t plane)
{
    std::fill_n(to, planes * plane, T(0));
    for (std::int64_t p = 0; p < planes; ++p, from += count, index += count, to += plane)
        for (std::int64_t i = 0; i < count; ++i)
            if (is_within(index[i], plane)) to[index[i]] += from[i];
}

template <class T>
void gather_planes(const T* from, const std::int64_t* index, T* to, std::int64_t planes, std::int64_t count,
                   std::int64_t plane)
{
    for (std::int64_t p = 0; p < planes; ++p, from += plane, index += count, to += count)
        for (std::int64_t i = 0; i < count; ++i) to[i] = is_within(index[i], plane) ? from[index[i]] : T(0);
}

#define XGRAD_INSTANTIATE(T)                                                                    \
    template void avg_pool2d(const PoolShape&, bool, const T*, T*);                             \
    template void avg_pool2d_vjp(const PoolShape&, bool, const T*, T*);                         \
    template void scatter_planes(const T*, const std::int64_t*, T*, std::int64_t, std::int64_t, \
                                 std::int64_t);                                                 \
    template void gather_planes(const T*, const std::int64_t*, T*, std::int64_t, std::int64_t, std::int64_t);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
