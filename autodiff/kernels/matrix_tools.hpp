// Small things that the kernels over single matrices share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace xgrad::kernels {

template <class T>
bool any_nan(const T* a, std::int64_t count)
{
    return std::any_of(a, a + count, [](T x) { return std::isnan(x); });
}
template <class T>
bool all_finite(const T* a, std::int64_t count)
{
    return std::all_of(a, a + count, [](T x) { return std::isfinite(x); });
}

/// to [columns, rows] = the transpose of from [rows, columns], both row-major; from one layout to the other.
template <class T>
void transpose_to(std::int64_t rows, std::int64_t columns, const T* from, T* to)
{
    constexpr std::int64_t block = 16;
    for (std::int64_t i0 = 0; i0 < rows; i0 += block)
        for (std::int64_t j0 = 0; j0 < columns; j0 += block)
            for (std::int64_t i = i0; i < std::min(i0 + block, rows); ++i)
                for (std::int64_t j = j0; j < std::min(j0 + block, columns); ++j)
                    to[j * rows + i] = from[i * columns + j];
}

}  // namespace xgrad::kernels
