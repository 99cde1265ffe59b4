// Elements and slices by their numbers along the middle axis of [outer, length, inner]. Numbers must be valid.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// out [outer, count, inner] = x [outer, length, inner] at the numbers index [count]. Elements of `size` bytes.
void index_select(const void* x, const std::int64_t* index, void* out, std::size_t size, std::int64_t outer,
                  std::int64_t length, std::int64_t count, std::int64_t inner);

/// y [outer, length, inner] += g [outer, count, inner] at the numbers index [count], in order. T: float, double.
template <class T>
void index_add(const T* g, const std::int64_t* index, T* y, std::int64_t outer, std::int64_t length,
               std::int64_t count, std::int64_t inner);

/// out [outer, count, inner] = x [outer, length, inner] at numbers of its own for each element: index is as out.
void gather(const void* x, const std::int64_t* index, void* out, std::size_t size, std::int64_t outer,
            std::int64_t length, std::int64_t count, std::int64_t inner);

/// y [outer, length, inner] += g [outer, count, inner] at the numbers index, which is as g; in order.
template <class T>
void scatter_add(const T* g, const std::int64_t* index, T* y, std::int64_t outer, std::int64_t length,
                 std::int64_t count, std::int64_t inner);

/// The numbers of the elements along the axis in ascending (or descending) order; equal ones keep theirs, NaN comes last.
template <class T>
void argsort(const T* x, std::int64_t* order, std::int64_t outer, std::int64_t length, std::int64_t inner,
             bool descending);

}  // namespace xgrad::kernels
