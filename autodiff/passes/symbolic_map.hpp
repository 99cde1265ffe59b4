// The map of an affine chain as nodes: W1 W2 ... and b1 W2 + b2 ..., of which the old parameters train. Internal.
#pragma once

#include "autodiff/passes/affine_chain.hpp"
#include "autodiff/passes/graph_copy.hpp"

namespace xgrad::detail {

struct SymbolicMap {
    ValueId weight;           ///< [n, m]
    ValueId bias = no_value;  ///< broadcasts along the last axis; absent if the chain adds nothing
};
/// Emits them. The chain's operands must have been copied.
SymbolicMap emit_symbolic(GraphCopy& copy, const Graph& from, const Chain& chain, ScopeId scope);

/// A row's op by its name, for emitting it.
const Op& op_named(std::string_view name);

}  // namespace xgrad::detail
