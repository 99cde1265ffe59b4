// What the nodes of a graph are to a picture: forward or backward, affine or not, which gradient belongs to what.
// Internal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

enum class Leaf : std::uint8_t { none, data, parameter, constant };

struct Parts {
    /// Outputs from `forward_outputs` on, and updates, make the backward part.
    Parts(const Graph& graph, int forward_outputs);

    std::vector<std::uint8_t> forward;    ///< the first outputs depend on it
    std::vector<std::uint8_t> nonlinear;  ///< not affine in its variable inputs together
    std::vector<Leaf> leaf;
    std::vector<ValueId> place;  ///< of a gradient node: the forward node that it differentiates, or no_value
    bool has_backward = false;

    /// An op that is drawn and counted: forward, not a leaf and not a further output.
    bool is_forward_op(ValueId id) const { return forward[id] && leaf[id] == Leaf::none && !further[id]; }
    std::vector<std::uint8_t> further;  ///< a further output of the node before
};

/// "W1" for the parameter "net.0.W1" in the module "net.0"; its whole name elsewhere.
std::string parameter_name(const Graph& graph, ValueId id, ScopeId within);
/// A constant's number, or its shape.
std::string constant_text(const Graph& graph, ValueId id);
/// The label of an op without what it is in "vjp" ops and the like.
std::string op_title(const Graph& graph, ValueId id);
/// "[64, 784]"; empty for a scalar; with the type where it is not `usual`: "[64] i64".
std::string shape_text(const Graph& graph, ValueId id, DType usual);
/// The type of the graph's first floating-point value, and the batch: the first length of its first data input.
DType usual_dtype(const Graph& graph);
std::int64_t batch_of(const Graph& graph);

}  // namespace xgrad::detail
