// The graph: a flat vector of nodes in topological order, plain data that every pass reads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "xgrad/autodiff/array.hpp"
#include "xgrad/autodiff/column.hpp"
#include "xgrad/autodiff/id_table.hpp"
#include "xgrad/autodiff/parameter.hpp"

namespace xgrad {

struct Op;
struct Inferred;
class Variable;

/// A node's place in its graph, and at once the name of the value that it makes.
using ValueId = std::uint32_t;
/// The ValueId of no node.
inline constexpr ValueId no_value = 0xffffffffu;
/// An interned list of integers: a shape, axes, or other integer attributes. 0 is the empty list.
using ListId = std::uint32_t;
/// An entry of the tree of module scopes. 0 is the root.
using ScopeId = std::uint32_t;

/// One operation and the value that it makes. An op with several outputs is followed by one `output` node for each
/// further one, so that a value is always named by one id.
struct Node {
    const Op* op;
    ValueId in[3];        ///< the inputs; with more than three, in[0] is where they start in a side table
    ListId shape;         ///< of the value
    ListId list;          ///< integer attributes of the op (axes, a target shape, ...)
    ScopeId scope;        ///< the module that recorded it
    std::uint32_t birth;  ///< the tape's epoch when it was recorded, by which handles are checked
    std::uint16_t arity;  ///< number of inputs
    DType dtype;          ///< of the value
    std::uint8_t flags;   ///< the tape's: how the value is stored; and whether a derivative emitted the node
    double a, b;          ///< real attributes of the op (a factor, a probability, ...)
};
static_assert(sizeof(Node) <= 64);
/// Node::flags: a derivative emitted it. What it emits may depend on the shapes met in other ways than by inference.
inline constexpr std::uint8_t from_derivative = 32;
/// Node::flags: it computes again what another node computes, so that the value need not be kept (see checkpoint()). No
/// pass may merge it with that node, or run it before the backward pass needs it; if it draws, it draws the same.
inline constexpr std::uint8_t recomputed = 64;
/// Node::flags that stay with a node wherever it is copied.
inline constexpr std::uint8_t lasting_flags = from_derivative | recomputed;

/// A module in the tree of scopes: its name within its parent ("hidden") and its type ("Linear").
struct Scope {
    ScopeId parent;
    std::string name;
    std::string type;
};

/// A computation as data: nodes in topological order, with the parameters and constants that they refer to. Nodes
/// never change; a pass returns a new Graph.
class Graph {
  public:
    Graph();
    Graph(const Graph& other);
    Graph(Graph&&) = default;
    Graph& operator=(Graph other) noexcept;
    ~Graph() = default;

    // ---- reading
    std::size_t size() const { return nodes_.size(); }
    const Node& operator[](ValueId id) const { return nodes_[id]; }
    std::span<const ValueId> inputs(ValueId id) const { return inputs(nodes_[id]); }
    std::span<const ValueId> inputs(const Node& node) const
    {
        return node.arity <= 3 ? std::span(node.in, node.arity)
                               : std::span<const ValueId>(more_inputs_.data() + node.in[0], node.arity);
    }
    Dims shape(ValueId id) const { return list(nodes_[id].shape); }
    /// Number of elements of a value.
    std::int64_t count(ValueId id) const { return lists_.count(nodes_[id].shape); }
    DType dtype(ValueId id) const { return nodes_[id].dtype; }
    Dims list(ListId id) const { return lists_[id]; }
    /// The name given to a value, or an empty text.
    std::string_view name(ValueId id) const;
    const Scope& scope(ScopeId id) const { return scopes_[id]; }
    std::size_t scope_count() const { return scopes_.size(); }
    /// "encoder.layer2.linear"; empty for the root.
    std::string path(ScopeId id) const;
    /// The values that the graph is for, in order.
    std::span<const ValueId> outputs() const { return outputs_; }
    /// Input nodes in the order in which they were recorded.
    std::vector<ValueId> input_ids() const;
    /// Parameters with their leaves, in the order of the leaves.
    std::span<const std::pair<ValueId, Parameter>> parameters() const { return parameters_; }
    /// The parameter or the constant behind a leaf. @throws GraphError if the node is not one.
    const Parameter& parameter(ValueId id) const;
    const Array& constant(ValueId id) const;
    /// How often each value is used as an input or as an output.
    std::vector<std::uint32_t> use_counts() const;
    /// State written at a commit: (slot, the value to write).
    std::span<const std::pair<Parameter, ValueId>> updates() const { return updates_; }

    /// Checks every invariant: inputs come before their node, arities, shapes and types are what the ops infer,
    /// leaves have their values, outputs exist. @throws GraphError that names the node.
    void verify() const;
    /// One line a node: "%3 = matmul(%1, %2)  [64, 10] float32  hidden". Depends on the graph alone.
    std::string text() const;

    // ---- using it as a function
    /// Records the graph on the inputs' tape again, with them in place of its own inputs (in the order of
    /// input_ids()). Parameters keep their identity, so that the result can be trained; random ops draw anew; what
    /// was recorded for training (dropout) stays so. Lengths may differ from the recorded ones (another number of
    /// rows) unless a node holds on to them: gradients, broadcast_to, full and random arrays, a reshape without -1.
    /// Returns the outputs.
    /// @throws ShapeError if the number of inputs or of their axes differs, or a length that a node holds on to;
    ///         DtypeError if a type differs.
    std::vector<Variable> operator()(std::span<const Variable> inputs) const;
    /// The same for a graph with one input and one output: a model like any other.
    Variable operator()(Variable x) const;

    // ---- building (tapes and passes)
    /// Interns a list.
    ListId intern(Dims values);
    /// Appends a node; `node.in` and `node.arity` are set from `inputs`. Nothing is inferred or checked.
    ValueId append(Node node, std::span<const ValueId> inputs);
    /// The scope of that name and type under `parent`, made if it is new. An empty type fits any.
    ScopeId enter(ScopeId parent, std::string_view name, std::string_view type);
    void set_name(ValueId id, std::string name);
    void add_parameter(ValueId id, Parameter parameter)
    {
        parameters_.emplace_back(id, std::move(parameter));
    }
    void add_constant(ValueId id, Array value) { constants_.emplace_back(id, std::move(value)); }
    void add_update(Parameter slot, ValueId value) { updates_.emplace_back(std::move(slot), value); }
    /// Keeps the row of node `id` alive as long as the graph, if it is not one of the registry's. append() does this.
    void own(ValueId id, const Op& op);
    void set_outputs(std::vector<ValueId> outputs) { outputs_ = std::move(outputs); }
    /// Drops the nodes from `size` on.
    void truncate(std::size_t size);
    /// Drops everything but the interned lists.
    void clear();

  private:
    friend class detail::Recorder;

    // Lists never move once interned, so that a span to one stays valid while nodes are appended.
    class Lists {
      public:
        Lists() { add({}); }
        Dims operator[](ListId id) const { return entries_[id].values; }
        std::int64_t count(ListId id) const { return entries_[id].count; }
        ListId intern(Dims values);
        void append(Dims values) { add(values); }
        std::size_t size() const { return entries_.size(); }

      private:
        struct Entry {
            Dims values;
            std::int64_t count;  // elements of an array of this shape
        };
        ListId add(Dims values);
        std::vector<Entry> entries_;
        std::vector<std::unique_ptr<std::int64_t[]>> chunks_;
        std::size_t room_ = 0;
        std::int64_t* next_ = nullptr;
        std::unordered_multimap<std::size_t, ListId> by_hash_;
    };

    detail::Column<Node> nodes_;
    detail::Column<ValueId> more_inputs_;
    Lists lists_;
    std::vector<Scope> scopes_;
    std::vector<ScopeId> alike_;   // for each scope the one before it with the same key
    detail::IdTable scope_table_;  // by parent and name: the last such scope
    std::unordered_map<ValueId, std::string> names_;
    std::vector<std::pair<ValueId, Parameter>> parameters_;
    std::vector<std::pair<ValueId, Array>> constants_;
    std::vector<std::pair<Parameter, ValueId>> updates_;
    std::vector<ValueId> outputs_;
    struct OwnRow {
        ValueId first;  // the first node of this row
        std::shared_ptr<const void> owner;
    };
    std::unordered_map<const Op*, OwnRow> own_rows_;  // of custom ops
};

}  // namespace xgrad
