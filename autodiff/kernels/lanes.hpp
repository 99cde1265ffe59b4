// Private to the kernels: reducing rows of memory in 64 independent lanes, the common part of sums, maxima and softmax.
#pragma once

#include <cstdint>
#include <type_traits>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/reduce.hpp"
#include "autodiff/kernels/vector_math.hpp"

namespace xgrad::kernels::lanes {

/// Lanes per block: enough independent chains to hide the latency of an addition at every vector width.
inline constexpr int width = 64;
/// Rows summed in T before the lanes are added to the wide totals; bounds the rounding error of long float sums.
inline constexpr std::int64_t chunk = 128;

/// What totals are kept in: double for float sums, else T.
template <Reduction kind, class T>
using Wide = std::conditional_t<kind == Reduction::sum && std::is_same_v<T, float>, double, T>;

template <Reduction kind, class T>
XGRAD_INLINE T combine(T x, T y)
{
    if constexpr (kind == Reduction::max)
        return vm::max(x, y);
    else if constexpr (kind == Reduction::min)
        return vm::min(x, y);
    else
        return x + y;
}

/// total[j] = in[0, j] + ... + in[rows - 1, j] for j < w <= width (or max, min); rows >= 1, `stride` between rows.
template <Reduction kind, bool full, class T, class W>
XGRAD_INLINE void block(const T* in, std::int64_t rows, std::int64_t stride, int w, W* total)
{
    if constexpr (full) w = width;
    alignas(64) T part[width];
    for (std::int64_t begin = 0; begin < rows; begin += chunk) {
        const std::int64_t end = begin + chunk < rows ? begin + chunk : rows;
        for (int j = 0; j < w; ++j) part[j] = in[begin * stride + j];
        for (std::int64_t r = begin + 1; r < end; ++r) {
            const T* row = in + r * stride;
#pragma omp simd
            for (int j = 0; j < w; ++j) part[j] = combine<kind>(part[j], row[j]);
        }
        if (begin == 0)
            for (int j = 0; j < w; ++j) total[j] = part[j];
        else
            for (int j = 0; j < w; ++j) total[j] = combine<kind>(total[j], W(part[j]));
    }
}

/// total[0] = total[0] + ... + total[n - 1], in pairs.
template <Reduction kind, int n, class W>
XGRAD_INLINE void fold(W* total)
{
    // Constant lengths: a loop over the halvings would not vectorise.
    for (int j = 0; j < n / 2; ++j) total[j] = combine<kind>(total[j], total[j + n / 2]);
    if constexpr (n > 2) fold<kind, n / 2>(total);
}

/// The reduction of n >= width contiguous elements, with totals in W.
template <Reduction kind, class W, class T>
XGRAD_INLINE W long_row(const T* in, std::int64_t n)
{
    alignas(64) W total[width];
    block<kind, true>(in, n / width, width, width, total);
    const T* tail = in + n / width * width;
    for (int j = 0; j < int(n % width); ++j) total[j] = combine<kind>(total[j], W(tail[j]));
    fold<kind, width>(total);
    return total[0];
}

/// The reduction of n >= 1 contiguous elements.
template <Reduction kind, class T>
XGRAD_INLINE Wide<kind, T> row(const T* in, std::int64_t n)
{
    using W = Wide<kind, T>;
    if (n < width) {
        // Four chains; few elements are not worth the lanes.
        std::int64_t i = 1;
        T all = in[0];
        if (n >= 4) {
            T part[4] = {in[0], in[1], in[2], in[3]};
            for (i = 4; i + 4 <= n; i += 4)
                for (int j = 0; j < 4; ++j) part[j] = combine<kind>(part[j], in[i + j]);
            all = combine<kind>(combine<kind>(part[0], part[1]), combine<kind>(part[2], part[3]));
        }
        for (; i < n; ++i) all = combine<kind>(all, in[i]);
        return W(all);
    }
    // One chunk needs no wide totals, and folding them would cost more than the row.
    if constexpr (!std::is_same_v<T, W>)
        if (n < width * chunk) return W(long_row<kind, T>(in, n));
    return long_row<kind, W>(in, n);
}

}  // namespace xgrad::kernels::lanes
