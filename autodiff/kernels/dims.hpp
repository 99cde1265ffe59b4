// The shape type that the kernels take, and the product of its dimensions.
#pragma once

#include <cstdint>
#include <span>

namespace xgrad::kernels {

using Dims = std::span<const std::int64_t>;

/// Number of elements of a shape (1 for rank 0).
inline std::int64_t count(Dims shape)
{
    std::int64_t n = 1;
    for (auto d : shape) n *= d;
    return n;
}

}  // namespace xgrad::kernels
