// Several axes as one, for ops that take one. Internal.
#pragma once

#include "autodiff/ops/axes.hpp"

namespace xgrad::detail {

/// x with these axes (counted from the front, ascending) as one, the last; what is left keeps its order before it.
inline Variable merged_last(Variable x, Dims axes)
{
    const Dims shape = x.shape();
    Axes order;
    Shape merged;
    for (std::size_t k = 0; k < shape.size(); ++k)
        if (!contains(axes, k)) {
            order.push_back(static_cast<std::int64_t>(k));
            merged.push_back(shape[k]);
        }
    std::int64_t count = 1;
    for (const std::int64_t axis : axes) {
        order.push_back(axis);
        count *= shape[static_cast<std::size_t>(axis)];
    }
    merged.push_back(count);
    return reshape(permute(x, order), merged);
}

/// Is there any element along these axes?
inline bool is_empty_along(Dims shape, Dims axes)
{
    for (const std::int64_t axis : axes)
        if (shape[static_cast<std::size_t>(axis)] == 0) return true;
    return false;
}

}  // namespace xgrad::detail
