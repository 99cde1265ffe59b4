// What is known of a value without running anything: a number that fills it, the interval it lies in. Internal.
#pragma once

#include <vector>

#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/rewrite.hpp"

namespace xgrad::detail {

/// The number that every element of a node's value has, or NaN; from the same of the nodes before. `constant` is the
/// array of a constant's leaf.
double uniform_value(const Graph& graph, ValueId id, const Array& constant,
                     const std::vector<double>& before);

/// The interval that the row and the inputs' intervals leave to a value. NaN is not excluded.
Range range_of(const Graph& graph, ValueId id, const Array& constant, const std::vector<Range>& before);

}  // namespace xgrad::detail
