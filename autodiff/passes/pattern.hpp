// The expressions that rules look for: read from text, compared with a graph. Internal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// One place of a pattern.
struct PatternNode {
    enum class Kind { any, number, op, any_op };
    Kind kind = Kind::any;
    std::string op;  ///< its name
    bool commutes = false;
    int name = -1;  ///< in Pattern::names
    std::vector<std::size_t> inputs;
    double number = 0;
    std::optional<double> a, b;  ///< attributes asked for
};

/// A pattern as a flat tree: inputs stand before what reads them, the root is the last.
struct Pattern {
    std::string text;
    std::vector<PatternNode> nodes;
    std::vector<std::string> names;
    std::size_t swaps = 0;  ///< ops whose inputs may come in either order

    const PatternNode& root() const { return nodes.back(); }
    int find(std::string_view name) const;
};

/// Reads an expression; `is_op` says whether a graph has an op of that name that the registry does not know.
/// @throws ValueError that shows where it is wrong
Pattern parse_pattern(std::string_view text, const std::vector<std::string_view>& further_ops);

/// The values that the names stand for, and the nodes that the ops of the pattern were compared with.
struct Bindings {
    std::vector<ValueId> named;
    std::vector<ValueId> ops;  ///< without the root
};

/// Compares the pattern with the node `root`; `uniform[id]` is the number that fills a value, or NaN.
std::optional<Bindings> match_pattern(const Pattern& pattern, const Graph& graph, ValueId root,
                                      const std::vector<double>& uniform);

/// The value behind nodes that only check it.
ValueId without_check(const Graph& graph, ValueId id);

}  // namespace xgrad::detail
