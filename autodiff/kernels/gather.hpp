// Rows of a table by their numbers, and the gradient: rows added to those of a table.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// out [count, row_bytes]: row index[i] of the table for each i in begin .. end - 1. The numbers must be valid.
void gather_rows(const void* table, const std::int64_t* index, void* out, std::int64_t begin,
                 std::int64_t end, std::size_t row_bytes);

/// table [rows, width] = the sum of g [count, width] by rows: table[index[i]] += g[i], in order. T: float, double.
template <class T>
void scatter_add_rows(const T* g, const std::int64_t* index, T* table, std::int64_t count, std::int64_t rows,
                      std::int64_t width);

}  // namespace xgrad::kernels
