// Rearranging arrays, and products that are made of it. Names and defaults are NumPy's. Included by ops.hpp. Axes count from
// the end when negative.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "xgrad/autodiff/axes.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- axes

/// Without the axes of length 1; without these axes. @throws ShapeError if one of them is longer.
Variable squeeze(Variable x);
Variable squeeze(Variable x, const Axes& axes);
/// With an axis of length 1 before axis `axis` of x; -1: at the end. A list has the places of several in the result.
Variable unsqueeze(Variable x, const Axes& axes);
/// The same under NumPy's name.
Variable expand_dims(Variable x, const Axes& axes);
/// Backwards along all axes; along these axes.
Variable flip(Variable x);
Variable flip(Variable x, const Axes& axes);
/// Moved on by `shift` places along an axis; what leaves at the end comes in at the front. Without an axis: as if flat.
Variable roll(Variable x, std::int64_t shift, std::int64_t axis);
Variable roll(Variable x, std::int64_t shift);
/// By shifts[k] along axes[k].
Variable roll(Variable x, const Shape& shifts, const Axes& axes);
/// Each element (each slice along the axis) `count` times: [a, b] to [a, a, b, b], numpy.repeat. torch.repeat is tile.
Variable repeat(Variable x, std::int64_t count);
Variable repeat(Variable x, std::int64_t count, std::int64_t axis);
/// The whole array side by side, so often along each axis: tile(x, {2}) of [a, b] is [a, b, a, b].
Variable tile(Variable x, const Shape& counts);
Variable tile(Variable x, std::int64_t count);  ///< along the last axis

/// What pad() puts around an array.
enum class Padding {
    constant,  ///< a number
    reflect,   ///< the array mirrored at its first and last element, which are not repeated
    edge       ///< the first and last element
};
/// Longer by {before, after} along each axis; one pair stands for every axis. @throws ShapeError, ValueError if the pairs
/// do not fit, or a mirror has nothing to show.
Variable pad(Variable x, const std::vector<std::pair<std::int64_t, std::int64_t>>& widths,
             Padding mode = Padding::constant, double value = 0);
/// By so many elements on both sides of every axis.
Variable pad(Variable x, std::int64_t width, Padding mode = Padding::constant, double value = 0);

// ---------------------------------------------------------------- matrices (the last two axes)

/// 0 above, below the k-th diagonal.
Variable tril(Variable x, std::int64_t k = 0);
/// What is on the k-th diagonal or above it; zeros elsewhere.
Variable triu(Variable x, std::int64_t k = 0);
/// The elements x[i][i + offset] of two axes, as the last axis of the result.
Variable diagonal(Variable x, std::int64_t offset = 0, std::int64_t axis1 = 0, std::int64_t axis2 = 1);
/// Their sum.
Variable trace(Variable x, std::int64_t offset = 0, std::int64_t axis1 = 0, std::int64_t axis2 = 1);

/// Of a vector: the matrix with it on the k-th diagonal and 0 elsewhere; of a matrix: its k-th diagonal.
/// @throws ShapeError for another number of axes.
Variable diag(Variable x, std::int64_t k = 0);

// ---------------------------------------------------------------- products

/// x_i y_j of the flattened arrays.
Variable outer(Variable x, Variable y);
/// numpy.dot: the inner product of vectors, matrix products, products with numbers; the last axis of x with the last but
/// one of y for more axes.
Variable dot(Variable x, Variable y);
/// The sum of the products of all elements. @throws ShapeError unless there are equally many.
Variable vdot(Variable x, Variable y);
/// Sums of products over the last axes of both: [..., n], [---, n] to [..., ---]. @throws ShapeError
Variable inner(Variable x, Variable y);
/// The Kronecker product: each element of x times the whole of y, in its place.
Variable kron(Variable x, Variable y);
/// The vector product along an axis of length 3. @throws ShapeError
Variable cross(Variable x, Variable y, std::int64_t axis = -1);
/// Einstein's summation: einsum("ij,jk->ik", {x, y}). A letter that the result lacks is summed over, one that comes twice in
/// an operand is its diagonal, "..." stands for further axes, which are broadcast; without "->" the result has the letters
/// that come once, in alphabetical order. Two operands at a time, from the left, each step a matrix product.
/// @throws ShapeError for lengths that differ; ValueError for a text that is not understood
Variable einsum(std::string_view text, std::span<const Variable> operands);
inline Variable einsum(std::string_view text, std::initializer_list<Variable> operands)
{
    return einsum(text, std::span<const Variable>(operands.begin(), operands.size()));
}

}  // namespace xgrad
