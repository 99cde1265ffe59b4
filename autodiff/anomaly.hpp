// Where a NaN or an infinity was born: the first node that made one of finite numbers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xgrad/autodiff/error.hpp"
#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/statistics.hpp"

namespace xgrad {

/// A function of the user's program on the way to an op. The file and the line are known where the program has debug
/// information (-g), the function unless it was stripped of its symbols; `object` and `offset` are what addr2line takes.
struct CallSite {
    std::string function = {};
    std::string file = {};
    int line = 0;
    std::string object = {};
    std::uintptr_t offset = 0;
    /// "train(Net&) (train.cpp:42)"
    std::string text() const;
};

/// What find_anomaly() and anomaly mode found. Printed, it says what was born where and how it came to that;
/// draw(anomaly) is the picture.
struct Anomaly {
    /// An element of a node's value, and what an elementwise op made it of.
    struct Element {
        ValueId node = no_value;
        Shape index = {};
        double value = 0;
        std::vector<double> operands =
            {};  ///< in the order of the inputs; empty for other ops and for leaves
    };
    /// The node that made the first NaN or the first infinity, and where.
    struct Birth {
        ValueId node = no_value;  ///< of `graph`
        ValueId gradient_of =
            no_value;  ///< of a node of the backward part: the forward node that it belongs to
        std::vector<Element> origin =
            {};  ///< its first element that is not finite, then those that it comes from
        /// Who recorded the node, the innermost function first; of a gradient: who asked for it. Known in anomaly mode.
        std::vector<CallSite> recorded = {};
        /// Of a gradient: who recorded the forward node.
        std::vector<CallSite> forward_recorded = {};
    };
    Graph graph;
    std::vector<ValueStatistics> values;  ///< by node; count 0 for what was not computed any more
    std::optional<Birth> nan;             ///< the first NaN, unless one was given as an input
    std::optional<Birth> infinity;        ///< the first infinity that was made of finite numbers

    /// Of both the one that came first.
    const Birth& first() const;
    std::string text() const;
};
std::ostream& operator<<(std::ostream& out, const Anomaly& anomaly);

/// Anomaly mode (TapeOptions::detect_anomaly) found one. Its text is that of the Anomaly.
class AnomalyError : public Error {
  public:
    explicit AnomalyError(Anomaly anomaly);
    const Anomaly& anomaly() const { return *anomaly_; }

  private:
    std::shared_ptr<const Anomaly> anomaly_;
};

/// Runs the graph on these inputs, node by node, and looks for the first NaN and the first infinity that a node made of
/// finite numbers, forward or backward. None: every value is finite, or what is not was given as an input (a mask of
/// infinities) and became no NaN. Parameters are read and not written; random ops draw what they drew when recorded.
/// For a Program: find_anomaly(program.graph(), inputs).
/// @throws ShapeError, DtypeError for an input unlike the recorded one; what the ops throw before anything is found.
std::optional<Anomaly> find_anomaly(const Graph& graph, std::span<const Array> inputs);
std::optional<Anomaly> find_anomaly(const Graph& graph, std::initializer_list<Array> inputs);

}  // namespace xgrad
