// The same elements in other shapes; slices; joining and cutting. Included by ops.hpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "xgrad/autodiff/axes.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- shapes

/// The same elements in another shape; one length may be -1 (what is left).
Variable reshape(Variable x, const Shape& shape);
/// All elements in one axis (numpy.ravel; numpy's own flatten too).
Variable ravel(Variable x);
/// The axes first ... last as one, whatever their lengths: [N, C, H, W] to [N, C H W]. @throws ShapeError
Variable flatten(Variable x, std::int64_t first = 1, std::int64_t last = -1);
/// The axes in reverse order.
Variable transpose(Variable x);
/// Two axes exchanged (torch.transpose); the same under NumPy's name.
Variable transpose(Variable x, std::int64_t axis1, std::int64_t axis2);
/// The same under NumPy's name.
Variable swapaxes(Variable x, std::int64_t axis1, std::int64_t axis2);
/// Axis k of the result is axis order[k] of x (numpy.transpose): permute(x, order).
Variable transpose(Variable x, const Axes& order);
/// An axis, or several, moved to other places; the others keep their order.
Variable moveaxis(Variable x, const Axes& sources, const Axes& destinations);
/// Axis k of the result is axis order[k] of x.
Variable permute(Variable x, const Axes& order);
/// Repeats x to a larger shape, as numpy.broadcast_to.
Variable broadcast_to(Variable x, const Shape& shape);
/// Sums x over what broadcast_to(y, x.shape) would have repeated: the gradient of broadcast_to.
Variable sum_to(Variable x, const Shape& shape);

/// One axis of a slice, as Python's start:stop:step. Absent ends are the array's.
struct Slice {
    std::optional<std::int64_t> start = {}, stop = {};
    std::int64_t step = 1;
};
/// One Slice an axis, from the first on; missing ones take everything. @throws ShapeError, ValueError (step 0).
Variable slice(Variable x, const std::vector<Slice>& slices);
/// Joins arrays along an axis. @throws ShapeError unless their other lengths agree.
Variable concat(std::span<const Variable> parts, std::int64_t axis = 0);
inline Variable concat(std::initializer_list<Variable> parts, std::int64_t axis = 0)
{
    return concat(std::span(parts.begin(), parts.size()), axis);
}
/// The same under NumPy's name.
Variable concatenate(std::span<const Variable> parts, std::int64_t axis = 0);
inline Variable concatenate(std::initializer_list<Variable> parts, std::int64_t axis = 0)
{
    return concatenate(std::span(parts.begin(), parts.size()), axis);
}
/// Cuts an axis into equal parts (numpy.split). @throws ShapeError unless they are equal.
std::vector<Variable> split(Variable x, std::int64_t sections, std::int64_t axis = 0);
/// Cuts an axis at these places (numpy.split with a list): x[: i], x[i : j], ..., x[last :].
std::vector<Variable> split(Variable x, const std::vector<std::int64_t>& places, std::int64_t axis = 0);
/// Joins arrays of one shape along a new axis. @throws ShapeError
Variable stack(std::span<const Variable> parts, std::int64_t axis = 0);
inline Variable stack(std::initializer_list<Variable> parts, std::int64_t axis = 0)
{
    return stack(std::span(parts.begin(), parts.size()), axis);
}

}  // namespace xgrad
