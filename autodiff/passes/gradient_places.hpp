// Which forward node a node of the backward part belongs to. Internal.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// What the search is told about each node of a graph.
struct GradientSearch {
    std::vector<std::uint8_t> forward;   ///< belongs to the forward part
    std::vector<std::uint8_t> op;        ///< a forward op that has gradients: no leaf, no further output
    std::vector<std::uint8_t> constant;  ///< a number in a formula
    std::vector<std::uint8_t> gradient;  ///< to be placed
};

/// For each gradient node the forward op that it differentiates, or no_value; found by what it reads, since graphs do not
/// say. Right for what one reverse sweep emits; a guess where several modules are mixed.
std::vector<ValueId> gradient_places(const Graph& graph, const GradientSearch& search);

}  // namespace xgrad::detail
