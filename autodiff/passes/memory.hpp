// Where intermediate values lie: one stretch of memory, shared by values that do not live at the same time. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace xgrad::detail {

/// A value's memory and the steps between which it is needed, both included.
struct Lifetime {
    std::size_t bytes;
    std::uint32_t first, last;
    std::size_t offset = 0;  ///< the result
};

/// Gives every lifetime an offset (a multiple of 64) such that no two that overlap in time overlap in memory.
/// Returns the bytes needed. Up to a few thousand lifetimes the largest are placed first, each at the lowest offset that
/// is free; more are placed in the order of time, which takes n log n.
std::size_t lay_out(std::vector<Lifetime>& lifetimes);

}  // namespace xgrad::detail
