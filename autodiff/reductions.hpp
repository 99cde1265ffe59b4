// Sums, means, extremes and their places, and the softmax family. Included by ops.hpp.
#pragma once

#include <cstdint>

#include "xgrad/autodiff/axes.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- reductions
// Axes are a list, or one number; they count from the end when negative. Without axes: over all elements.

/// The sum of all elements, or along axes (of {}, no axes: x itself, as in NumPy; torch.sum takes all); 0 of none.
Variable sum(Variable x);
Variable sum(Variable x, const Axes& axes, bool keepdims = false);
/// Mean of all elements.
Variable mean(Variable x);
Variable mean(Variable x, const Axes& axes, bool keepdims = false);
/// The largest element; equal ones share the gradient. @throws ShapeError if there is none.
Variable max(Variable x);
/// The smallest element; equal ones share the gradient. @throws ShapeError if there is none.
Variable min(Variable x);
/// Along one axis the first of equal elements gets the gradient; over several (and all) equal ones share it.
Variable max(Variable x, const Axes& axes, bool keepdims = false);
Variable min(Variable x, const Axes& axes, bool keepdims = false);
/// Over several axes; equal elements share the gradient.
Variable amax(Variable x, const Axes& axes, bool keepdims = false);
/// The smallest element over several axes; equal elements share the gradient.
Variable amin(Variable x, const Axes& axes, bool keepdims = false);
/// Where the largest element is (int64), the first of equal ones; without an axis its place in the flattened array.
Variable argmax(Variable x);
Variable argmax(Variable x, std::int64_t axis, bool keepdims = false);
/// Place of the first smallest element.
Variable argmin(Variable x);
Variable argmin(Variable x, std::int64_t axis, bool keepdims = false);

// Of masks, and of arrays of any type, whose elements count as true where they are not 0 (so NaN does). No gradient.
/// Is one element true? Of no elements: false.
Variable any(Variable x);
Variable any(Variable x, const Axes& axes, bool keepdims = false);
/// Are all elements true? Of no elements: true.
Variable all(Variable x);
Variable all(Variable x, const Axes& axes, bool keepdims = false);
/// How many elements are not 0, as int64.
Variable count_nonzero(Variable x);
Variable count_nonzero(Variable x, const Axes& axes, bool keepdims = false);

// ---------------------------------------------------------------- softmax family, along one axis

Variable softmax(Variable x, std::int64_t axis = -1);      ///< e^x / sum e^x
Variable log_softmax(Variable x, std::int64_t axis = -1);  ///< x - ln sum e^x
Variable logsumexp(Variable x);                            ///< ln sum e^x over all elements
Variable logsumexp(Variable x, const Axes& axes, bool keepdims = false);

}  // namespace xgrad
