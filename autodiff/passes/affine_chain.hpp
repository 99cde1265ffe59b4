// Finding stretches of affine nodes in a graph, and saying what ends them. Internal.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/passes/collapse_linear.hpp"

namespace xgrad::detail {

/// What a pass over affine stretches must know about each value.
struct Facts {
    enum class Kind : std::uint8_t {
        fixed,   ///< depends on parameters, constants and filled arrays only
        random,  ///< draws random numbers, and depends on no input
        varying  ///< depends on an input
    };
    std::vector<std::uint8_t> live;  ///< an output or an update needs it
    std::vector<Kind> kind;
    std::vector<std::uint32_t> uses;  ///< by live nodes, outputs and updates
    std::vector<std::uint8_t> is_output;
    std::vector<std::vector<ValueId>> users;  ///< live nodes

    explicit Facts(const Graph& graph);
    bool varying(ValueId id) const { return kind[id] == Kind::varying; }
};

/// One node of a stretch, affine in its input number `which`.
struct ChainStep {
    ValueId node;
    std::size_t which;
    AffineStep step;
};

/// Nodes that follow one another, each affine in the one before and read by nobody else.
struct Chain {
    ValueId input;  ///< what the first one reads
    std::vector<ChainStep> steps;

    ValueId output() const { return steps.back().node; }
    bool has_product() const;
    /// Some step adds something.
    bool has_bias() const;
    /// Product and sum, as they would be after merging.
    std::size_t nodes_after() const { return has_bias() ? 2 : 1; }
    /// Merging leaves fewer nodes.
    bool gains() const { return has_product() && steps.size() > nodes_after(); }
    /// Lengths of the last axis before, between and after the products.
    Shape widths(const Graph& graph) const;
    /// Weights, factors and biases in order, each once.
    std::vector<ValueId> operands() const;
};

/// Why a node is not a step.
struct NotAStep {
    RefusalReason reason;
    std::string text;
};
/// A node that depends on an input, as a step of a chain.
std::variant<ChainStep, NotAStep> step_of(const Graph& graph, const Facts& facts, ValueId id);

/// Every maximal chain with a product in it, by output. Refusals: what stands beside them and ends them.
std::vector<Chain> find_chains(const Graph& graph, const Facts& facts, std::vector<Refusal>& refusals);

/// The chain made of these nodes. @throws GraphError if they are none
Chain chain_of(const Graph& graph, const Facts& facts, std::span<const ValueId> nodes);

/// Cut so that each piece has one product: what comes before the first product belongs to it, what follows a product
/// to that.
std::vector<Chain> split_at_products(const Chain& chain);

/// "relu (net.2)": the op and where it was recorded, or the name of the value, or its id.
std::string describe(const Graph& graph, ValueId id);
/// "net.0 to net.2", or one of them.
std::string describe(const Graph& graph, const Chain& chain);

/// The nodes that the graph still needs once each chain is replaced by nodes that read its input (and, if `operands`,
/// its operands). Inputs of the graph are always kept.
std::vector<std::uint8_t> needed_after(const Graph& graph, const std::vector<Chain>& chains, bool operands);

/// @throws GraphError, ValueError, DtypeError for what collapse_linear() does not take
void check_collapse_input(const Graph& graph, const CollapseOptions& options);

}  // namespace xgrad::detail
