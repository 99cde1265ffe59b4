// Gathering rows copies them whole; scattering adds them one after the other, as equal numbers may follow each other.
#include "autodiff/kernels/gather.hpp"

#include <algorithm>
#include <cstring>

#include "autodiff/kernels/clones.hpp"

namespace xgrad::kernels {

void gather_rows(const void* table, const std::int64_t* index, void* out, std::int64_t begin,
                 std::int64_t end, std::size_t row_bytes)
{
    if (row_bytes == 0) return;
    for (std::int64_t i = begin; i < end; ++i)
        std::memcpy(static_cast<std::byte*>(out) + static_cast<std::size_t>(i) * row_bytes,
                    static_cast<const std::byte*>(table) + static_cast<std::size_t>(index[i]) * row_bytes,
                    row_bytes);
}

namespace {
template <class T>
XGRAD_CLONES void add_rows(const T* g, const std::int64_t* index, T* table, std::int64_t count,
                           std::int64_t width)
{
    for (std::int64_t i = 0; i < count; ++i) {
        T* const to = table + index[i] * width;
        const T* const from = g + i * width;
#pragma omp simd
        for (std::int64_t j = 0; j < width; ++j) to[j] += from[j];
    }
}
}  // namespace

template <class T>
void scatter_add_rows(const T* g, const std::int64_t* index, T* table, std::int64_t count, std::int64_t rows,
                      std::int64_t width)
{
    std::fill_n(table, rows * width, T(0));
    add_rows(g, index, table, count, width);
}

template void scatter_add_rows(const float*, const std::int64_t*, float*, std::int64_t, std::int64_t,
                               std::int64_t);
template void scatter_add_rows(const double*, const std::int64_t*, double*, std::int64_t, std::int64_t,
                               std::int64_t);

}  // namespace xgrad::kernels
