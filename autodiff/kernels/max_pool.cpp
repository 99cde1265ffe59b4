// Max pooling. Whether an element is the largest yet depends on the data, so a branch on it would be guessed wrong half of the
// time: comparisons become numbers.
#include <limits>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/pool_windows.hpp"

namespace xgrad::kernels {
namespace {

template <class T>
constexpr T least = -std::numeric_limits<T>::infinity();

/// The larger of two, the first of equal ones; the second if it is NaN. As one instruction and a jump that is never taken:
/// `(v > most) | (v != v) ? v : most` becomes a jump on the data.
template <class T>
XGRAD_INLINE T larger(T most, T v)
{
    const T number = v > most ? v : most;
    return v != v ? v : number;
}
/// All bits set if v takes the place of `most`.
template <class I, class T>
XGRAD_INLINE I takes(T most, T v)
{
    return -static_cast<I>((v > most) | (v != v));
}
template <class I>
XGRAD_INLINE I chosen(I mask, I yes, I no)
{
    return no ^ ((no ^ yes) & mask);
}

/// f(windows of the run, their elements' row) with the stride as a constant where it is a usual one.
template <class F>
XGRAD_INLINE void by_stride(std::int64_t stride, F f)
{
    if (stride == 1)
        f(std::integral_constant<std::int64_t, 1>());
    else if (stride == 2)
        f(std::integral_constant<std::int64_t, 2>());
    else
        f(stride);
}

template <class T>
XGRAD_CLONES void max_of_windows(const PoolShape& s, const T* x, T* y)
{
    const std::int64_t rows = s.out_height(), columns = s.out_width();
    const Runs runs(s);
    for (std::int64_t p = 0; p < s.planes; ++p, x += s.height * s.width)
        for (std::int64_t r = 0; r < rows; ++r, y += columns) {
            std::fill_n(y, columns, least<T>);
            by_stride(s.stride_w, [&](auto stride) XGRAD_INLINE_LAMBDA {
                each_place(s, runs.run, r, [&](const Run& run, std::int64_t row) XGRAD_INLINE_LAMBDA {
                    const T* const from = x + row * s.width + run.column;
#pragma omp simd
                    for (std::int64_t q = run.begin; q < run.end; ++q) y[q] = larger(y[q], from[q * stride]);
                });
            });
        }
}

/// f(q, the four elements, where the first one is in the plane) for windows of two by two that lie side by side.
template <class T, class F>
XGRAD_INLINE void over_pairs(const PoolShape& s, const T* x, F f)
{
    const std::int64_t rows = s.out_height(), columns = s.out_width(), width = s.width;
    for (std::int64_t p = 0, k = 0; p < s.planes; ++p, x += s.height * width)
        for (std::int64_t r = 0; r < rows; ++r, k += columns) {
            const T *const above = x + 2 * r * width, *const below = above + width;
#pragma omp simd
            for (std::int64_t q = 0; q < columns; ++q)
                f(k + q, above[2 * q], above[2 * q + 1], below[2 * q], below[2 * q + 1],
                  2 * r * width + 2 * q);
        }
}
template <class T>
XGRAD_CLONES void max_of_pairs(const PoolShape& s, const T* x, T* y)
{
    over_pairs(s, x, [=](std::int64_t k, T a, T b, T c, T d, std::int64_t) XGRAD_INLINE_LAMBDA {
        y[k] = larger(larger(larger(a, b), c), d);
    });
}
template <class T>
XGRAD_CLONES void index_of_pairs(const PoolShape& s, const T* x, std::int64_t* index)
{
    using I = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;  // as wide as the elements
    const std::int64_t width = s.width;
    over_pairs(s, x, [=](std::int64_t k, T a, T b, T c, T d, std::int64_t at) XGRAD_INLINE_LAMBDA {
        const T ab = larger(a, b), abc = larger(ab, c);
        const I first = 1 & takes<I>(a, b), second = chosen<I>(takes<I>(ab, c), 2, first),
                place = chosen<I>(takes<I>(abc, d), 3, second);
        index[k] = at + (place & 1) + (place >> 1) * width;
    });
}

/// Where the largest element of a window is; places from .. to of each row of it lie within the image.
template <class T>
XGRAD_INLINE std::int64_t index_of_window(const PoolShape& s, const T* x, std::int64_t r, std::int64_t left,
                                          std::int64_t from, std::int64_t to)
{
    T most = least<T>;
    std::int64_t at = -1;
    for (std::int64_t i = 0; i < s.kernel_h; ++i) {
        const std::int64_t row = row_of(s, r, i);
        if (row < 0) continue;
        const std::int64_t first = row * s.width + left;
        for (std::int64_t j = from; j < to; ++j) {
            const std::int64_t here = first + j * s.dilation_w;
            const T v = x[here];
            at = chosen(takes<std::int64_t>(most, v) | at >> 63, here, at);  // also if there is none yet
            most = larger(most, v);
        }
    }
    return at;
}

}  // namespace

template <class T>
void max_pool2d(const PoolShape& s, const T* x, T* y)
{
    if (s.is_pairs()) return max_of_pairs(s, x, y);
    max_of_windows(s, x, y);
}

template <class T>
void max_pool2d_index(const PoolShape& s, const T* x, std::int64_t* index)
{
    if (s.is_pairs()) return index_of_pairs(s, x, index);
    const std::int64_t rows = s.out_height(), columns = s.out_width();
    for (std::int64_t p = 0; p < s.planes; ++p, x += s.height * s.width)
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t q = 0; q < columns; ++q, ++index) {
                const std::int64_t left = q * s.stride_w - s.pad_w;
                std::int64_t from = 0, to = s.kernel_w;
                if (left < 0 || left + (to - 1) * s.dilation_w >= s.width) {  // at the border
                    while (from < to && left + from * s.dilation_w < 0) ++from;
                    while (from < to && left + (to - 1) * s.dilation_w >= s.width) --to;
                }
                *index = index_of_window(s, x, r, left, from, to);
            }
}

#define XGRAD_INSTANTIATE(T)                                  \
    template void max_pool2d(const PoolShape&, const T*, T*); \
    template void max_pool2d_index(const PoolShape&, const T*, std::int64_t*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
