// Stretches of nodes that are affine in one value, row by row. Internal.
#pragma once

#include <vector>

#include "autodiff/passes/affine_chain.hpp"

namespace xgrad::detail {

/// From `input` to the last of the nodes.
struct Stretch {
    ValueId input;
    std::vector<ValueId> nodes;
    ValueId output() const { return nodes.back(); }
};

/// Whether a node is affine in its inputs that vary and keeps rows apart; why not, or an empty text.
std::string why_no_step(const Graph& graph, const Facts& facts, ValueId id);

/// Every maximal stretch, by output; refusals: the barriers beside them.
std::vector<Stretch> find_stretches(const Graph& graph, const Facts& facts, std::vector<Refusal>& refusals);

/// The stretch as a graph from its input to its output, and the same with |weights|, |biases| and no differences.
struct StretchGraphs {
    Graph plain, sizes;
    double roundings;  ///< K
};
StretchGraphs graphs_of(const Graph& graph, const Facts& facts, const Stretch& stretch);

}  // namespace xgrad::detail
