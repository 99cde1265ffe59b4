// Rearranging arrays, in slices, joins and shapes.
#include <algorithm>
#include <numeric>

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad {
using detail::normal_axis, detail::normal_axes, detail::as_shape;

namespace {

/// All of x but for a range of one axis.
Variable part(Variable x, std::size_t axis, Slice range)
{
    std::vector<Slice> slices(axis + 1);
    slices[axis] = range;
    return slice(x, slices);
}

}  // namespace

Variable squeeze(Variable x)
{
    Shape shape;
    for (const std::int64_t length : x.shape())
        if (length != 1) shape.push_back(length);
    return reshape(x, shape);
}
Variable squeeze(Variable x, const Axes& axes)
{
    const Dims dims = x.shape();
    const detail::ShortList normal = normal_axes("squeeze", axes, dims);
    for (const std::int64_t axis : normal)
        if (dims[static_cast<std::size_t>(axis)] != 1)
            throw ShapeError("squeeze: axis " + std::to_string(axis) + " of " + to_string(dims) +
                             " has not the length 1");
    const detail::ShortList left = detail::reduced_shape(dims, normal, false);
    return reshape(x, Shape(left.begin(), left.end()));
}

Variable unsqueeze(Variable x, std::int64_t axis)
{
    Shape shape = as_shape(x.shape());
    const auto rank = static_cast<std::int64_t>(shape.size());
    if (axis < -rank - 1 || axis > rank)
        throw ShapeError("unsqueeze: axis " + std::to_string(axis) + " for shape " + to_string(shape) +
                         ", expected " + std::to_string(-rank - 1) + " .. " + std::to_string(rank));
    shape.insert(shape.begin() + (axis < 0 ? axis + rank + 1 : axis), 1);
    return reshape(x, shape);
}

Variable flip(Variable x, const Axes& axes)
{
    std::vector<Slice> slices(x.shape().size());
    for (const std::int64_t axis : normal_axes("flip", axes, x.shape()))
        slices[static_cast<std::size_t>(axis)].step = -1;
    return slice(x, slices);
}
Variable flip(Variable x) { return slice(x, std::vector<Slice>(x.shape().size(), Slice{.step = -1})); }

Variable roll(Variable x, std::int64_t shift, std::int64_t axis)
{
    const std::int64_t along = normal_axis("roll", axis, x.shape());
    const auto at = static_cast<std::size_t>(along);
    const std::int64_t n = x.shape()[at];
    const std::int64_t places = n == 0 ? 0 : (shift % n + n) % n;
    if (places == 0) return x;
    return concat({part(x, at, {.start = n - places}), part(x, at, {.stop = n - places})}, along);
}
Variable roll(Variable x, std::int64_t shift)
{
    return reshape(roll(reshape(x, {-1}), shift, 0), as_shape(x.shape()));
}

Variable repeat(Variable x, std::int64_t count, std::int64_t axis)
{
    const auto at = static_cast<std::size_t>(normal_axis("repeat", axis, x.shape()));
    if (count < 0) throw ValueError("repeat: " + std::to_string(count) + " times, expected 0 or more");
    Shape apart = as_shape(x.shape()), result = apart;
    apart.insert(apart.begin() + static_cast<std::ptrdiff_t>(at) + 1, count);
    result[at] *= count;
    return reshape(broadcast_to(unsqueeze(x, static_cast<std::int64_t>(at) + 1), apart), result);
}
Variable repeat(Variable x, std::int64_t count) { return repeat(reshape(x, {-1}), count, 0); }

Variable tile(Variable x, const Shape& counts)
{
    for (const std::int64_t count : counts)
        if (count < 0) throw ValueError("tile: " + to_string(counts) + " times, expected 0 or more");
    Shape own = as_shape(x.shape()), times = counts;
    own.insert(own.begin(), times.size() > own.size() ? times.size() - own.size() : 0, 1);
    times.insert(times.begin(), own.size() - times.size(), 1);
    Shape single, apart, result;
    for (std::size_t k = 0; k < own.size(); ++k) {
        single.insert(single.end(), {1, own[k]});
        apart.insert(apart.end(), {times[k], own[k]});
        result.push_back(times[k] * own[k]);
    }
    return reshape(broadcast_to(reshape(x, single), apart), result);
}

namespace {

// Which element of an axis of n stands at place k of the padded one.
std::int64_t source(std::int64_t k, std::int64_t n, Padding mode)
{
    if (mode == Padding::edge) return std::clamp<std::int64_t>(k, 0, n - 1);
    if (n == 1) return 0;
    const std::int64_t period = 2 * (n - 1), at = (k % period + period) % period;
    return at < n ? at : period - at;
}

}  // namespace

Variable pad(Variable x, const std::vector<std::pair<std::int64_t, std::int64_t>>& widths, Padding mode,
             double value)
{
    const std::size_t rank = x.shape().size();
    if (widths.size() != rank && widths.size() != 1)
        throw ShapeError("pad: " + std::to_string(widths.size()) + " pairs of widths for shape " +
                         to_string(x.shape()) + ", expected one, or one for each axis");
    for (std::size_t axis = 0; axis < rank; ++axis) {
        const auto [before, after] = widths[widths.size() == 1 ? 0 : axis];
        const std::int64_t n = x.shape()[axis];
        if (before < 0 || after < 0)
            throw ValueError("pad: widths " + std::to_string(before) + " and " + std::to_string(after) +
                             " of axis " + std::to_string(axis) + ", expected 0 or more (slice cuts)");
        if (before == 0 && after == 0) continue;
        const auto along = static_cast<std::int64_t>(axis);
        if (mode == Padding::constant) {
            Shape shape = as_shape(x.shape());
            const auto block = [&](std::int64_t width) {
                shape[axis] = width;
                return full(x, shape, value);
            };
            std::vector<Variable> parts;
            if (before > 0) parts.push_back(block(before));
            parts.push_back(x);
            if (after > 0) parts.push_back(block(after));
            x = concat(parts, along);
            continue;
        }
        if (n == 0)
            throw ShapeError("pad: axis " + std::to_string(axis) + " of " + to_string(x.shape()) +
                             " is empty: there is nothing to repeat");
        xt::xarray<std::int64_t> index =
            xt::zeros<std::int64_t>({static_cast<std::size_t>(before + n + after)});
        for (std::int64_t k = 0; k < before + n + after; ++k) index(k) = source(k - before, n, mode);
        x = index_select(x, along, x.tape().constant(index));
    }
    return x;
}

namespace {

Variable triangle(const char* op, Variable x, std::int64_t k, bool lower)
{
    const Dims dims = x.shape();
    if (dims.size() < 2)
        throw ShapeError(std::string(op) + ": got " + to_string(dims) + ", expected at least two axes");
    const std::int64_t rows = dims[dims.size() - 2], columns = dims[dims.size() - 1];
    const Variable i = reshape(arange(x, rows), {rows, 1}) + k, j = arange(x, columns);
    return where(lower ? j <= i : j >= i, x, 0);
}

}  // namespace

Variable tril(Variable x, std::int64_t k) { return triangle("tril", x, k, true); }
Variable triu(Variable x, std::int64_t k) { return triangle("triu", x, k, false); }

Variable diagonal(Variable x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2)
{
    const Dims dims = x.shape();
    const std::int64_t first = normal_axis("diagonal", axis1, dims),
                       second = normal_axis("diagonal", axis2, dims);
    if (first == second)
        throw ShapeError("diagonal: axes " + std::to_string(axis1) + " and " + std::to_string(axis2) +
                         " of " + to_string(dims) + " are the same");
    Axes order;
    Shape flat;
    for (std::size_t k = 0; k < dims.size(); ++k)
        if (static_cast<std::int64_t>(k) != first && static_cast<std::int64_t>(k) != second) {
            order.push_back(static_cast<std::int64_t>(k));
            flat.push_back(dims[k]);
        }
    order.insert(order.end(), {first, second});
    const std::int64_t rows = dims[static_cast<std::size_t>(first)],
                       columns = dims[static_cast<std::size_t>(second)];
    const std::int64_t count = std::max<std::int64_t>(
        0, offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns));
    const std::int64_t start = offset >= 0 ? offset : -offset * columns;
    flat.push_back(rows * columns);
    std::vector<Slice> slices(flat.size());
    if (count == 0)
        slices.back() = {0, 0};
    else
        slices.back() = {start, start + (count - 1) * (columns + 1) + 1, columns + 1};
    return slice(reshape(permute(x, order), flat), slices);
}
Variable trace(Variable x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2)
{
    return sum(diagonal(x, offset, axis1, axis2), Axes{-1});
}

Variable outer(Variable x, Variable y) { return reshape(x, {-1, 1}) * reshape(y, {1, -1}); }

Variable dot(Variable x, Variable y)
{
    const Dims a = x.shape(), b = y.shape();
    if (a.empty() || b.empty()) return x * y;
    if (b.size() <= 2) return matmul(x, y);
    const std::int64_t inner = a.back(), last = b.back();
    if (b[b.size() - 2] != inner)
        throw ShapeError("dot: got " + to_string(a) + " and " + to_string(b) +
                         ", expected the last axis of the first as long as the last but one of the second");
    Axes order(b.size());
    std::iota(order.begin(), order.end(), 0);
    std::rotate(order.begin(), order.end() - 2, order.end() - 1);  // the inner axis first
    Shape result(a.begin(), a.end() - 1);
    result.insert(result.end(), b.begin(), b.end() - 2);
    result.push_back(last);
    return reshape(matmul(reshape(x, {-1, inner}), reshape(permute(y, order), {inner, -1})), result);
}

Variable cross(Variable x, Variable y, std::int64_t axis)
{
    for (const Variable v : {x, y})
        if (v.shape()[static_cast<std::size_t>(normal_axis("cross", axis, v.shape()))] != 3)
            throw ShapeError("cross: got " + to_string(x.shape()) + " and " + to_string(y.shape()) +
                             ", expected the length 3 along axis " + std::to_string(axis));
    return roll(x, -1, axis) * roll(y, -2, axis) - roll(x, -2, axis) * roll(y, -1, axis);
}

Variable linspace(Variable like, double first, double last, std::int64_t n)
{
    if (n < 0) throw ValueError("linspace: " + std::to_string(n) + " numbers, expected 0 or more");
    xt::xarray<double> values = xt::zeros<double>({static_cast<std::size_t>(n)});
    const double step = n > 1 ? (last - first) / static_cast<double>(n - 1) : 0;
    for (std::int64_t k = 0; k < n; ++k)
        values(k) = k == n - 1 && n > 1 ? last : first + step * static_cast<double>(k);
    return like.tape().constant(Array(values).cast(like.dtype()));
}

}  // namespace xgrad
