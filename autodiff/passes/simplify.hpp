// Passes that make a graph smaller without changing what it computes. Internal.
#pragma once

#include "xgrad/autodiff/program.hpp"

namespace xgrad::detail {

/// The graph without nodes that neither outputs nor updates need.
Graph without_dead_nodes(const Graph& graph);

/// The graph with equal nodes (op, attributes, inputs) merged into the first of them. Random draws stay apart, and so
/// does what is computed again.
Graph with_shared_nodes(const Graph& graph);

/// The graph with ops on filled arrays computed: elementwise ones of single numbers, shapes of single numbers; and
/// without those that leave an operand as it is (x * 1, a reshape to the same shape).
Graph with_folded_constants(const Graph& graph);

/// The graph with the sum of two products, which nobody else reads, as one row that adds the second one to the first.
Graph with_accumulated_products(const Graph& graph);

}  // namespace xgrad::detail
