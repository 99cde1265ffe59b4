// Which elementwise ops run together, block by block. Internal.
#pragma once

#include <vector>

#include "xgrad/autodiff/graph.hpp"

namespace xgrad::detail {

/// Stretches of elementwise and row-wise ops of one shape. A group runs where its last node stood, or where `position` says.
struct Grouping {
    static constexpr std::uint32_t none = 0xffffffffu;
    std::vector<std::uint32_t> group_of;        ///< of each node; none: it runs by itself
    std::vector<std::vector<ValueId>> members;  ///< in order; sums and means over everything among them
    std::vector<ValueId> position;              ///< the node at whose place the group runs
};

/// An operand seen through broadcast_to: a group repeats what is smaller by itself.
ValueId unrepeated(const Graph& graph, ValueId id);

/// Rows of that length in a block that is a multiple of 64 elements; 0 if such a block does not stay in cache.
std::int64_t rows_of_block(std::int64_t length, std::size_t block_elements);

/// Is it a sum or a mean over all elements, which a group does block by block?
bool is_total(const Graph& graph, ValueId id);

/// Takes time linear in the number of nodes.
Grouping group_elementwise(const Graph& graph);

}  // namespace xgrad::detail
