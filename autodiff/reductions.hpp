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
/// Mean of all elements.
Variable mean(Variable x);
Variable mean(Variable x, const Axes& axes, bool keepdims = false);
/// The largest element; equal ones share the gradient. @throws ShapeError if there is none.
Variable max(Variable x);
/// The smallest element; equal ones share the gradient. @throws ShapeError if there is none.
Variable min(Variable x);
/// Along one axis; the first of equal elements gets the gradient.
Variable max(Variable x, std::int64_t axis, bool keepdims = false);
Variable min(Variable x, std::int64_t axis, bool keepdims = false);
/// Over a list of axes: of one as above, over several equal elements share the gradient.
Variable max(Variable x, const Axes& axes, bool keepdims = false);
Variable min(Variable x, const Axes& axes, bool keepdims = false);
// So that {} is the list of no axes, not the number 0.
inline Variable max(Variable x, std::initializer_list<std::int64_t> axes, bool keepdims = false)
{
    return max(x, Axes(axes), keepdims);
}
inline Variable min(Variable x, std::initializer_list<std::int64_t> axes, bool keepdims = false)
{
    return min(x, Axes(axes), keepdims);
}
/// Over several axes; equal elements share the gradient.
Variable amax(Variable x, const Axes& axes, bool keepdims = false);
/// The smallest element over several axes; equal elements share the gradient.
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
template <detail::axis I>
Variable any(Variable x, I axis, bool keepdims = false)
{
    return any(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
template <detail::axis I>
Variable all(Variable x, I axis, bool keepdims = false)
{
    return all(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
template <detail::axis I>
Variable count_nonzero(Variable x, I axis, bool keepdims = false)
{
    return count_nonzero(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}

// ---------------------------------------------------------------- softmax family, along one axis

Variable softmax(Variable x, std::int64_t axis = -1);      ///< e^x / sum e^x
Variable log_softmax(Variable x, std::int64_t axis = -1);  ///< x - ln sum e^x
Variable logsumexp(Variable x);                            ///< ln sum e^x over all elements
Variable logsumexp(Variable x, std::int64_t axis, bool keepdims = false);
Variable logsumexp(Variable x, const Axes& axes, bool keepdims = false);
inline Variable logsumexp(Variable x, std::initializer_list<std::int64_t> axes, bool keepdims = false)
{
    return logsumexp(x, Axes(axes), keepdims);
}

}  // namespace xgrad
