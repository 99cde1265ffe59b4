// Rewriting graphs by rules: a pattern, what takes its place, and the conditions under which it may; with a log.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

namespace detail {
struct Matched;
class Rewriter;
}  // namespace detail

/// How far a rewritten value may be from the one before.
enum class Exactness {
    bitwise,       ///< the same bits, whatever the inputs (a NaN stays one, its payload is not looked at)
    sign_of_zero,  ///< equal numbers; where one is a zero, its sign may differ
    bounded        ///< within what Rule::bound says
};

/// The interval that a value is known to lie in; where it is NaN, nothing is said.
struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
};

/// What a rule's pattern met: the parts of it by the names that the pattern gives them. The Variables are there to record
/// with; they have no values.
class Match {
  public:
    explicit Match(const detail::Matched& matched) : matched_(matched) {}

    /// The value that the pattern calls `name`, or that the named node makes. @throws GraphError if there is no such name
    Variable operator[](std::string_view name) const;
    /// The node as a whole: what is to be replaced.
    Variable root() const;
    /// The node behind a name, with its op and attributes; the graph that it stands in.
    const Node& node(std::string_view name) const;
    const Graph& graph() const;
    /// Where a value is known to lie: from what the rows of its ops say, and from constants.
    Range range(std::string_view name) const;
    /// The number that every element of a value has; NaN if there is none, or it is not known.
    double number(std::string_view name) const;
    /// "sigmoid (net.2)": a value in words, for reasons.
    std::string describe(std::string_view name) const;

  private:
    const detail::Matched& matched_;
};

/// A rule: where the pattern fits and no condition speaks against it, the rewrite takes the place of the node.
///
/// The pattern is an expression over the names of ops (those of Graph::text()):
///     "log(softmax(x))"          x stands for any value; the same name twice for the same value
///     "log(s: softmax(x))"       s names the node, so that the rewrite can ask for its attributes
///     "affine(x, 1, -0)"         numbers after the inputs are the attributes a and b, compared bit by bit
///     "div(x, 1)"                a number as an input: an array of that number throughout
///     "*(x, y)"                  any op with two inputs
/// The inputs of an op that commutes may come in either order. Nodes that only check their input (`require`) are looked
/// through.
struct Rule {
    std::string name;     ///< "log of softmax"
    std::string pattern;  ///< "log(s: softmax(x))"
    /// Records what takes the root's place; or returns one of the values that are there. What it throws stops the pass.
    std::function<Variable(const Match&)> rewrite;
    /// Side conditions: why the rule must not be applied here, or an empty text. They are asked in order; the first reason
    /// is logged.
    std::vector<std::function<std::string(const Match&)>> conditions = {};
    /// Part of the pattern that an expression cannot say; nothing is logged where it is false.
    std::function<bool(const Match&)> fits = {};
    Exactness exactness = Exactness::bitwise;
    std::string bound = {};  ///< for Exactness::bounded: the bound in words or as a formula
    bool inner_once =
        false;  ///< refused if an inner node of the pattern is read by others too: it would stay
};

/// A side condition: x is known to be >= 0, by the ranges that rows declare.
std::function<std::string(const Match&)> not_negative(std::string name);

/// One application of a rule.
struct Application {
    std::string rule = {};
    std::vector<ValueId> before =
        {};  ///< nodes of the graph before, in order; for one that a rule had made, those that it met
             ///< (up to 256)
    std::vector<ValueId> after =
        {};  ///< nodes of the graph after; those that other rules replaced later are left out
    std::string from = {}, to = {};  ///< "log(softmax(%3))", "log_softmax(%3)": with ids of the graph before
    std::string path = {};           ///< the module that the node belongs to
    Exactness exactness = Exactness::bitwise;
    std::string bound = {};
};

/// A place where a pattern fitted and the rule was not applied.
struct NotApplied {
    std::string rule;
    std::vector<ValueId> nodes;  ///< of the graph after, in order
    std::string reason;          ///< one sentence
};

/// What was done to a graph, in order.
struct RewriteLog {
    std::vector<Application> applied;
    std::vector<NotApplied> refused;
    std::size_t nodes_before = 0, nodes_after = 0;  ///< leaves counted
    /// How often a rule was applied.
    std::size_t count(std::string_view rule) const;
    /// The largest step away from the bits before: bitwise if nothing else was applied.
    Exactness exactness() const;
    /// Two lines an application, one a refusal.
    std::string text() const;
};
std::ostream& operator<<(std::ostream& out, const RewriteLog& log);

/// A graph and how it came about.
struct Rewritten {
    Graph graph;
    RewriteLog log;
};

/// Which of the passes that need no pattern run between the rules.
struct RewriteOptions {
    bool share = true;      ///< equal nodes become one ("common parts"); random draws stay apart
    bool constants = true;  ///< what depends on constants alone is computed ("constants")
    /// Arrays of more elements than all their constants together have are only computed up to this size.
    std::int64_t largest_constant = 4096;
};

/// Applies the rules, from the inputs to the outputs and until none fits any more, and drops what nothing needs any
/// longer. Inputs, outputs, updates, their order and the names of outputs stay; so do the scopes. A rule whose rewrite has
/// another shape or type than the node is refused there.
/// @throws ValueError for a pattern that cannot be read; GraphError if the rules come to no end, and for a broken graph.
Rewritten rewrite(const Graph& graph, std::span<const Rule> rules, const RewriteOptions& options = {});
Rewritten rewrite(const Graph& graph, std::initializer_list<Rule> rules, const RewriteOptions& options = {});

/// The library's own rules, in the order in which they are tried. docs/rewriting.md lists them.
std::span<const Rule> simplification_rules();

/// rewrite() by the library's own rules.
Rewritten simplify(const Graph& graph, const RewriteOptions& options = {});

}  // namespace xgrad
