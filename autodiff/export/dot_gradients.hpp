// Which outputs of a graph are gradients, and of what. Internal.
#pragma once

#include <vector>

#include "autodiff/export/dot_parts.hpp"

namespace xgrad::detail {

/// The value `of`, of one element, differentiated by the value `by`.
struct Derivative {
    ValueId of, by;
};

/// For each output of the graph, the derivatives that it certainly is: the reverse sweep is run again, from each of the
/// first `forward_outputs` outputs, and what it emits is compared node for node. Nothing is computed. An output can be
/// several (of a + b the derivatives by a and b are one node) or none (anything else that is made from gradients).
std::vector<std::vector<Derivative>> derivatives(const Graph& graph, const Parts& parts, int forward_outputs);

}  // namespace xgrad::detail
