// What a group of elementwise ops does besides them: operands repeated block by block, and sums of blocks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "autodiff/kernels/dims.hpp"

namespace xgrad::kernels {

/// sum += the n elements of x. T is float or double.
template <class T>
void add_up(double& sum, const void* x, std::int64_t n);

/// Writes one element `count` times.
void repeat_element(const void* from, void* to, std::size_t bytes, std::int64_t count);

/// Writes `period` elements again and again, `count` elements in all.
void repeat_elements(const void* from, std::int64_t period, void* to, std::size_t bytes, std::int64_t count);

/// Elements start, ..., start + count - 1 of broadcast_to(from, whole), where `from` has shape `own` (aligned on the
/// right).
void repeat_block(const void* from, Dims own, Dims whole, std::int64_t start, std::int64_t count, void* to,
                  std::size_t bytes);

}  // namespace xgrad::kernels
