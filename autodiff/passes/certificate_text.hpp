// Where in a model a stretch of nodes lies, in words. Internal.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "xgrad/autodiff/graph.hpp"

namespace xgrad::detail {

/// The innermost modules that recorded these nodes, in order: {"net.0", "net.2", "net.3"}. A module that holds
/// another one of them is left out; so is the root.
std::vector<std::string> modules_of(const Graph& graph, std::span<const ValueId> nodes);

}  // namespace xgrad::detail
