// Sums, means, extremes and their places, and the softmax family. Included by ops.hpp.
#pragma once

#include <cstdint>

#include "xgrad/autodiff/cumulative.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- reductions
// Axes count from the end when negative. Without axes: over all elements.

Variable sum(Variable x);
Variable sum(Variable x, const Axes& axes, bool keepdims = false);
Variable mean(Variable x);
Variable mean(Variable x, const Axes& axes, bool keepdims = false);
/// The largest element; equal ones share the gradient. @throws ShapeError if there is none.
Variable max(Variable x);
Variable min(Variable x);
/// Along one axis; the first of equal elements gets the gradient.
Variable max(Variable x, std::int64_t axis, bool keepdims = false);
Variable min(Variable x, std::int64_t axis, bool keepdims = false);
/// Over several axes; equal elements share the gradient.
Variable amax(Variable x, const Axes& axes, bool keepdims = false);
Variable amin(Variable x, const Axes& axes, bool keepdims = false);
/// Over one axis, given as a number. (Templates, so that {0} and {} stay Axes.)
template <detail::axis I>
Variable sum(Variable x, I axis, bool keepdims = false)
{
    return sum(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
template <detail::axis I>
Variable mean(Variable x, I axis, bool keepdims = false)
{
    return mean(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
template <detail::axis I>
Variable amax(Variable x, I axis, bool keepdims = false)
{
    return amax(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
template <detail::axis I>
Variable amin(Variable x, I axis, bool keepdims = false)
{
    return amin(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
/// Where the largest element is (int64), the first of equal ones; without an axis its place in the flattened array.
Variable argmax(Variable x);
Variable argmax(Variable x, std::int64_t axis);
/// Place of the first smallest element.
Variable argmin(Variable x);
Variable argmin(Variable x, std::int64_t axis);

// ---------------------------------------------------------------- softmax family, along one axis

Variable softmax(Variable x, std::int64_t axis = -1);      ///< e^x / sum e^x
Variable log_softmax(Variable x, std::int64_t axis = -1);  ///< x - ln sum e^x
Variable logsumexp(Variable x);                            ///< ln sum e^x over all elements
Variable logsumexp(Variable x, std::int64_t axis, bool keepdims = false);

}  // namespace xgrad
