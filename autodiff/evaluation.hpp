// A graph run node by node, with every value kept: for what looks at values. Internal.
#pragma once

#include <span>
#include <vector>

#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/statistics.hpp"

namespace xgrad::detail {

class Evaluation {
  public:
    /// Nothing is computed yet. `inputs` in the order of Graph::input_ids(). @throws ShapeError, DtypeError
    Evaluation(const Graph& graph, std::span<const Array> inputs);

    /// The next node is computed; false when there is none. Random ops draw what they drew when recorded.
    bool step();
    /// Nodes that were computed.
    ValueId size() const { return static_cast<ValueId>(place_.size()); }
    Variable variable(ValueId id) const { return place_[id]; }
    /// Memory of a node's value.
    const void* data(ValueId id) const { return tape_.recorder().value(place_[id].id()); }
    /// An element as a number, by its place in memory.
    double at(ValueId id, std::int64_t element) const;
    ValueStatistics statistics(ValueId id) const;
    Tape& tape() { return tape_; }

  private:
    const Graph& graph_;
    std::span<const Array> inputs_;
    std::size_t next_input_ = 0;
    Tape tape_;
    std::vector<Variable> place_, in_;
};

ValueStatistics statistics_of(const void* data, DType dtype, std::int64_t count);

}  // namespace xgrad::detail
