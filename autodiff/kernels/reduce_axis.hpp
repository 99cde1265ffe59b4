// Private to the kernels: the loops of a reduction along one axis, instantiated by reduce_sum.cpp, reduce_max.cpp and
// reduce_min.cpp (one file for all would compile for ten seconds).
#pragma once

#include "autodiff/kernels/lanes.hpp"

namespace xgrad::kernels::lanes {

/// The total as a result: divided (for a mean) before it is rounded to T.
template <class T, class W>
XGRAD_INLINE T finish(W total, double divisor)
{
    if constexpr (std::is_floating_point_v<W>)
        return T(divisor == 1 ? total : W(total / W(divisor)));
    else
        return divisor == 1 ? total : total / T(divisor);
}

/// out[o] = reduction of in[o, :]
template <Reduction kind, class T>
XGRAD_CLONES static void reduce_rows(const T* in, T* out, std::int64_t outer, std::int64_t axis,
                                     double divisor)
{
    for (std::int64_t o = 0; o < outer; ++o) out[o] = finish<T>(row<kind>(in + o * axis, axis), divisor);
}

/// out[o, j] = reduction of in[o, :, j]
template <Reduction kind, class T>
XGRAD_CLONES static void reduce_columns(const T* in, T* out, std::int64_t outer, std::int64_t axis,
                                        std::int64_t inner, double divisor)
{
    alignas(64) Wide<kind, T> total[width];
    // Few columns: take several rows as one long row, so that the lanes are full, and fold at the end.
    const std::int64_t rows_at_once = inner <= width / 2 ? width / inner : 1;
    const bool narrow = rows_at_once > 1 && axis >= 2 * rows_at_once;
    for (std::int64_t o = 0; o < outer; ++o, in += axis * inner, out += inner) {
        if (narrow) {
            const std::int64_t long_rows = axis / rows_at_once, w = rows_at_once * inner;
            block<kind, false>(in, long_rows, w, int(w), total);
            for (std::int64_t i = inner; i < w; ++i)
                total[i % inner] = combine<kind>(total[i % inner], total[i]);
            for (std::int64_t r = long_rows * rows_at_once; r < axis; ++r)
                for (std::int64_t j = 0; j < inner; ++j)
                    total[j] = combine<kind>(total[j], Wide<kind, T>(in[r * inner + j]));
            for (std::int64_t j = 0; j < inner; ++j) out[j] = finish<T>(total[j], divisor);
            continue;
        }
        std::int64_t j = 0;
        for (; j + width <= inner; j += width) {
            block<kind, true>(in + j, axis, inner, width, total);
            for (int i = 0; i < width; ++i) out[j + i] = finish<T>(total[i], divisor);
        }
        if (const int w = int(inner - j); w > 0) {
            block<kind, false>(in + j, axis, inner, w, total);
            for (int i = 0; i < w; ++i) out[j + i] = finish<T>(total[i], divisor);
        }
    }
}

/// out[o, j] = reduction of in[o, :, j], divided by `divisor`; `in` is [outer, axis, inner]. Not for a mean.
template <Reduction kind, class T>
void reduce_axis(const T* in, T* out, std::int64_t outer, std::int64_t axis, std::int64_t inner,
                 double divisor)
{
    if (inner == 1)
        reduce_rows<kind>(in, out, outer, axis, divisor);
    else
        reduce_columns<kind>(in, out, outer, axis, inner, divisor);
}

}  // namespace xgrad::kernels::lanes
