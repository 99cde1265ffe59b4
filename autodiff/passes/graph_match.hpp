// Whether two graphs are the same outside merged stretches. Internal.
#pragma once

#include <optional>
#include <vector>

#include "autodiff/passes/affine_chain.hpp"

namespace xgrad::detail {

/// Pairs the nodes of two graphs outside the merged stretches, in order: for each node of `before` its place in `after`
/// or no_value; nothing at all if they are not the same node for node. `operands`: those of the stretches are kept too.
std::optional<std::vector<ValueId>> match_elsewhere(const Graph& before, const Graph& after,
                                                    const std::vector<Chain>& chains,
                                                    const std::vector<Merged>& merged, bool operands);

}  // namespace xgrad::detail
