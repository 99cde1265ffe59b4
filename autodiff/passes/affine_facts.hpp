// Whether a graph is affine, or piecewise affine, in one of its inputs: by what the rows say. Internal.
#pragma once

#include <optional>
#include <vector>

#include "xgrad/autodiff/affine_map.hpp"
#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// A graph with x and others at hand: what affine_map() and the others work on.
struct Question {
    Graph graph;  ///< its only input is x; checks are gone
    ValueId x = no_value;
    std::vector<ValueId> asked;  ///< the node of the graph that was asked about, for each node
};
/// @throws ValueError if the output depends on another input without a value
Question question_of(const Graph& graph, ValueId x, std::span<const Array> others, const char* who);

/// The same for x and y on a tape: what else there is is held at its value. `asked` are nodes of the tape.
Question question_on_tape(Variable y, Variable x, const char* who);

/// What stands between x and the first output.
struct AffineFacts {
    std::vector<std::uint8_t> varies;  ///< depends on x, and the output needs it
    std::vector<ValueId> pieces;       ///< nodes that are affine piece by piece, in order
    std::optional<AffineBarrier> barrier;
};
/// The barrier is a node of the graph that was asked about.
AffineFacts affine_facts(const Question& question, bool piecewise);

/// "relu (net.2)": a node by its module, its name or its id in the graph that was asked about.
std::string words_for(const Question& question, ValueId id);

/// Records the graph at x: the Variable of each node.
std::vector<Variable> record_all(const Graph& graph, Variable x);

/// What chooses the piece of a node, recorded beside it; nothing for a node without pieces.
Switches switches_at(const Graph& graph, ValueId id, const std::vector<Variable>& at);

/// dy/dx as [count(x), count(y)], both flattened, at the value of x.
Array jacobian_of(Variable y, Variable x);

/// Singular values of a matrix, the largest first. @throws GraphError if LAPACK does not converge
/// The elements of an array as doubles, and doubles as an array of that type.
std::vector<double> numbers_of(const Array& array);
Array array_of(const std::vector<double>& values, Shape shape, DType dtype);
std::vector<double> singular_values(const Array& matrix);
std::string map_text(const Array& weight, const std::vector<double>& singular_values, std::int64_t rank);
std::int64_t rank_of(const std::vector<double>& singular_values, const Array& matrix);

}  // namespace xgrad::detail
