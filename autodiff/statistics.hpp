// Numbers about the values of a graph, and about gradients: what vanishes, explodes, is dead or is not finite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// What the elements of an array are like. Those that are not finite are counted; all else is about the others.
struct ValueStatistics {
    std::int64_t count = 0;  ///< elements
    std::int64_t zeros = 0, nans = 0, infinities = 0;
    double min = 0, max = 0, mean = 0;  ///< NaN where no element is finite
    double norm = 0;                    ///< the square root of the sum of squares

    double zero_share() const
    {
        return count > 0 ? static_cast<double>(zeros) / static_cast<double>(count) : 0;
    }
    double nonfinite_share() const
    {
        return count > 0 ? static_cast<double>(nans + infinities) / static_cast<double>(count) : 0;
    }
    bool finite() const { return nans + infinities == 0; }
};

/// Of any element type: true counts as 1.
ValueStatistics statistics(const Array& array);

/// Statistics of the value of each node of a graph and, if asked for, of the gradient of its first output by each node.
/// Printed, it is a table; draw(statistics) is the graph's picture, coloured by it.
struct Statistics {
    Graph graph;
    std::vector<ValueStatistics> values;     ///< by node
    std::vector<ValueStatistics> gradients;  ///< by node, count 0 where there is none; empty if not asked for

    /// Nodes that no gradient passes: by their value it is not zero, by every input that they have one for it is exactly
    /// zero in all elements (a step function, units that are all dead). Empty without gradients.
    std::vector<ValueId> barriers() const;

    /// A line for each op, input and parameter, in the order of the graph: min, max, mean, norm, shares of zeros and of
    /// what is not finite, the norm of the gradient. Of more than `most` the middle is left out. Then a warning for each of
    /// the barriers().
    std::string text(std::size_t most = 100) const;
};
std::ostream& operator<<(std::ostream& out, const Statistics& statistics);

/// Options of statistics().
struct StatisticsOptions {
    bool gradients = false;  ///< also of the gradients of the first output, which must have one element
};

/// Runs the graph on these inputs (in the order of Graph::input_ids()), node by node, without planning it. Parameters are
/// read and not written; random ops draw what they drew when the graph was recorded.
/// @throws ShapeError, DtypeError for an input unlike the recorded one; what the ops throw; with gradients, what grad()
///         throws.
Statistics statistics(const Graph& graph, std::span<const Array> inputs,
                      const StatisticsOptions& options = {});
Statistics statistics(const Graph& graph, std::initializer_list<Array> inputs,
                      const StatisticsOptions& options = {});
/// Of everything that y was computed from. The tape stays as it is.
/// @throws StaleError if a parameter has changed since; what else the above throws.
Statistics statistics(Variable y, const StatisticsOptions& options = {});

}  // namespace xgrad
