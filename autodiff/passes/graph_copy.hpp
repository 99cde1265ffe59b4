// Building a new graph out of parts of another. Internal.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// Copies nodes of one graph into a new one, and emits further ones.
class GraphCopy {
  public:
    explicit GraphCopy(const Graph& from);

    /// The node with its name, scope and leaf value, and further flags. Its inputs must have been copied.
    ValueId copy(ValueId id, std::uint8_t flags = 0);
    /// An input with the shape, type and name of a value.
    ValueId copy_as_input(ValueId id);
    /// A node whose shape and type the op's row infers.
    ValueId emit(const Op& op, std::initializer_list<ValueId> inputs, ScopeId scope, double a = 0,
                 double b = 0, Dims list = {});
    ValueId emit_constant(const Array& value, std::string name, ScopeId scope);
    ValueId emit_parameter(const Parameter& parameter, ScopeId scope);
    /// The new graph, with the outputs and updates of the old one. Nothing can be copied afterwards.
    Graph finish();
    /// The scope of the old graph in the new one.
    ScopeId scope(ScopeId id);

    Graph graph;
    std::vector<ValueId> place;  ///< where each old node went, or no_value

  private:
    ValueId leaf(const Op& op, DType dtype, Dims shape, ScopeId scope, double a = 0);
    const Graph& from_;
    std::vector<ScopeId> scopes_;
    std::vector<ValueId> inputs_;  // of the node that is being copied
};

/// What `outputs` need, as a graph of its own whose inputs are `stops`, in their order.
Graph extract(const Graph& graph, std::span<const ValueId> stops, std::span<const ValueId> outputs);

/// The graph without nodes that only check their input (see Traits::alias). With `place`: where each node went, a check
/// to where its input went.
Graph without_checks(const Graph& graph, std::vector<ValueId>* place = nullptr);

/// Values that depend on no input.
std::vector<Array> fixed_values(const Graph& graph, std::span<const ValueId> ids);

}  // namespace xgrad::detail
