// Picking, adding and sorting by numbers along an axis. Included by ops.hpp. Axes count from the end when negative; numbers
// are int64 and count from 0 on (but for take() and take_along_axis(), negative ones are refused).
#pragma once

#include <cstdint>

#include "xgrad/autodiff/axes.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// x[..., index, ...]: the slices of x along an axis that index [n] names; the axis becomes n long.
/// @throws ShapeError, DtypeError; ValueError for a number that the axis does not have, with its place.
Variable index_select(Variable x, std::int64_t axis, Variable index);
/// x with the slices of y added at the numbers index [n]; a number that comes twice adds twice.
Variable index_add(Variable x, std::int64_t axis, Variable index, Variable y);
/// Element by element: out[i][j] = x[index[i][j]][j] for axis 0, x[i][index[i][j]] for axis 1 (torch.gather,
/// numpy.take_along_axis). index has x's shape but along the axis.
Variable gather(Variable x, std::int64_t axis, Variable index);
/// x with y added where gather would read: out[index[i][j]][j] += y[i][j] for axis 0. index and y have one shape.
Variable scatter_add(Variable x, std::int64_t axis, Variable index, Variable y);

/// numpy.take: the elements, or the slices along an axis, that index of any shape names; its axes stand in place of the axis
/// (without one: of the flattened array). Negative numbers count from the end.
Variable take(Variable x, Variable index);
Variable take(Variable x, Variable index, std::int64_t axis);
/// numpy.take_along_axis: gather() with NumPy's order of arguments; lengths 1 of index are broadcast and negative numbers
/// count from the end.
Variable take_along_axis(Variable x, Variable index, std::int64_t axis);

/// The numbers that sort x along an axis; equal elements keep their order, NaN counts as the largest. int64, no gradient.
Variable argsort(Variable x, std::int64_t axis = -1, bool descending = false);
/// x sorted along an axis; the gradient goes back to where each element came from.
Variable sort(Variable x, std::int64_t axis = -1, bool descending = false);

/// What topk() returns.
struct TopK {
    Variable values, indices;
};
/// The k largest (or smallest) elements along an axis, sorted, and their numbers; NaN counts as the largest. @throws ShapeError if there are fewer.
TopK topk(Variable x, std::int64_t k, std::int64_t axis = -1, bool largest = true);

/// The middle element, or the mean of the two middle ones (NumPy's; PyTorch takes the lower one); NaN if one is NaN.
Variable median(Variable x);
Variable median(Variable x, const Axes& axes, bool keepdims = false);

/// 1 at the label, else 0: labels int64 [...] to [..., classes]. @throws ValueError for a label outside 0 .. classes - 1.
Variable one_hot(Variable labels, std::int64_t classes, DType dtype = DType::int64);

}  // namespace xgrad
