// What a group of elementwise ops does besides them: operands repeated block by block, and sums of blocks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "autodiff/kernels/dims.hpp"

namespace xgrad::kernels {

/// The sum of an array that is made block by block: the same additions in the same order as reduce() does for the whole
/// array, so the same bits. `count` 0 begins anew.
struct RunningSum {
    alignas(64) std::byte part[64 * sizeof(double)];   ///< rows of 64 elements, summed in the element type
    alignas(64) std::byte total[64 * sizeof(double)];  ///< of the parts, in double
    std::int64_t count = 0;                            ///< elements so far
    std::int64_t rows = 0;                             ///< in `part`
    std::int64_t chunks = 0;                           ///< of 128 rows, in `total`
};
/// Takes up n elements of x; but for the last call n is a multiple of 64. T is float or double.
template <class T>
void add_block(RunningSum& sum, const void* x, std::int64_t n);
/// Elements that one RunningSum may take up by itself, for merge_sum().
inline constexpr std::int64_t sum_chunk = 64 * 128;
/// sum += `chunk`, which has taken up the next sum_chunk elements. `sum` holds whole chunks.
template <class T>
void merge_sum(RunningSum& sum, const RunningSum& chunk);
/// Writes the sum divided by `divisor` (1, or the number of elements for a mean) and begins anew.
template <class T>
void finish_sum(RunningSum& sum, void* out, double divisor);

/// Writes one element `count` times.
void repeat_element(const void* from, void* to, std::size_t bytes, std::int64_t count);

/// Writes `period` elements again and again, `count` elements in all.
void repeat_elements(const void* from, std::int64_t period, void* to, std::size_t bytes, std::int64_t count);

/// Elements start, ..., start + count - 1 of broadcast_to(from, whole), where `from` has shape `own` (aligned on the
/// right).
void repeat_block(const void* from, Dims own, Dims whole, std::int64_t start, std::int64_t count, void* to,
                  std::size_t bytes);

}  // namespace xgrad::kernels
