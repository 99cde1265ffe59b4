// Axes of length 1, one axis for all, elements and arrays repeated, borders.
#include <algorithm>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"

namespace xgrad {
using detail::normal_axis, detail::normal_axes, detail::as_shape, detail::compose, detail::composed;

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
            throw ShapeError("squeeze: got " + to_string(dims) + ", expected length 1 along axis " +
                             std::to_string(axis));
    const detail::ShortList left = detail::reduced_shape(dims, normal, false);
    return reshape(x, Shape(left.begin(), left.end()));
}

namespace {

// With axes of length 1 at these places of the result.
Variable unsqueezed(const char* name, Variable x, const Axes& axes)
{
    const auto rank = static_cast<std::int64_t>(x.shape().size() + axes.size());
    Shape shape(static_cast<std::size_t>(rank), 0);
    for (const std::int64_t axis : axes) {
        if (axis < -rank || axis >= rank)
            throw ShapeError(std::string(name) + ": axis " + std::to_string(axis) + " for shape " +
                             to_string(x.shape()) + ", expected " + std::to_string(-rank) + " .. " +
                             std::to_string(rank - 1));
        std::int64_t& length = shape[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)];
        if (length == 1)
            throw ShapeError(std::string(name) + ": axes " + to_string(axes) + " name one twice (shape " +
                             to_string(x.shape()) + ")");
        length = 1;
    }
    std::vector<bool> is_new(shape.size());
    for (std::size_t k = 0; k < shape.size(); ++k) is_new[k] = shape[k] == 1;
    for (std::size_t k = 0, next = 0; k < shape.size(); ++k)
        if (!is_new[k]) shape[k] = x.shape()[next++];
    return compose(name, x, [&] { return reshape(x, shape); });
}

}  // namespace

Variable unsqueeze(Variable x, const Axes& axes) { return unsqueezed("unsqueeze", x, axes); }
Variable expand_dims(Variable x, const Axes& axes) { return unsqueezed("expand_dims", x, axes); }
Variable ravel(Variable x) { return reshape(x, {-1}); }

Variable repeat(Variable x, std::int64_t count, std::int64_t axis)
{
    const auto at = static_cast<std::size_t>(normal_axis("repeat", axis, x.shape()));
    if (count < 0) throw ValueError("repeat: " + std::to_string(count) + " times, expected 0 or more");
    Shape apart = as_shape(x.shape()), result = apart;
    apart.insert(apart.begin() + static_cast<std::ptrdiff_t>(at) + 1, count);
    result[at] *= count;
    return compose("repeat", x, [&] {
        return reshape(broadcast_to(unsqueeze(x, static_cast<std::int64_t>(at) + 1), apart), result);
    });
}
Variable repeat(Variable x, std::int64_t count)
{
    return compose("repeat", x, [&] { return repeat(reshape(x, {-1}), count, 0); });
}

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
    return compose("tile", x, [&] { return reshape(broadcast_to(reshape(x, single), apart), result); });
}
Variable tile(Variable x, std::int64_t count) { return tile(x, Shape{count}); }

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

namespace {

Variable pad_axis(Variable x, std::size_t axis, std::int64_t before, std::int64_t after, Padding mode,
                  double value)
{
    const std::int64_t n = x.shape()[axis];
    const auto along = static_cast<std::int64_t>(axis);
    if (mode == Padding::constant) {
        Shape shape = as_shape(x.shape());
        std::vector<Variable> parts;
        const auto block = [&](std::int64_t width) {
            shape[axis] = width;
            if (width > 0) parts.push_back(full(x, shape, value));
        };
        block(before);
        parts.push_back(x);
        block(after);
        return concat(parts, along);
    }
    xt::xarray<std::int64_t> index = xt::zeros<std::int64_t>({static_cast<std::size_t>(before + n + after)});
    for (std::int64_t k = 0; k < before + n + after; ++k) index(k) = source(k - before, n, mode);
    return index_select(x, along, x.tape().constant(index));
}

}  // namespace

Variable pad(Variable x, const std::vector<std::pair<std::int64_t, std::int64_t>>& widths, Padding mode,
             double value)
{
    const Shape shape = as_shape(x.shape());
    if (widths.size() != shape.size() && widths.size() != 1)
        throw ShapeError("pad: " + std::to_string(widths.size()) + " pairs of widths for shape " +
                         to_string(shape) + ", expected one, or one for each axis");
    const auto at = [&](std::size_t axis) { return widths[widths.size() == 1 ? 0 : axis]; };
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const auto [before, after] = at(axis);
        if (before < 0 || after < 0)
            throw ValueError("pad: widths " + std::to_string(before) + " and " + std::to_string(after) +
                             " of axis " + std::to_string(axis) + ", expected 0 or more (slice cuts)");
        if (shape[axis] == 0 && before + after > 0 && mode != Padding::constant)
            throw ShapeError("pad: axis " + std::to_string(axis) + " of " + to_string(shape) +
                             " is empty: there is nothing to repeat");
    }
    return compose("pad", x, [&] {
        Variable y = x;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            const auto [before, after] = at(axis);
            if (before + after > 0) y = pad_axis(y, axis, before, after, mode, value);
        }
        return y;
    });
}
Variable pad(Variable x, std::int64_t width, Padding mode, double value)
{
    return pad(x, {{width, width}}, mode, value);
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = composed(
    {{.name = "squeeze",
      .formula = "without the axes of length 1",
      .gradient = "g in the shape of x",
      .elsewhere = {"np.squeeze", "torch.squeeze", "jnp.squeeze"},
      .traits = {.linear = 1, .moves = true},
      .samples = {{{{{2, 1, 3, 1}}}, [](Inputs in) { return squeeze(in[0]); }},
                  {{{{2, 1, 3, 1}}}, [](Inputs in) { return squeeze(in[0], -1); }},
                  {{{{1, 2, 1}}},
                   [](Inputs in) {
                       return squeeze(in[0], {0, -1});
                   }},
                  {{{{1, 0}}}, [](Inputs in) { return squeeze(in[0]); }},
                  {{{{}}}, [](Inputs in) { return squeeze(in[0]); }}}},
     {.name = "unsqueeze",
      .formula = "with further axes of length 1",
      .gradient = "g in the shape of x",
      .elsewhere = {"np.expand_dims", "torch.unsqueeze", "jnp.expand_dims"},
      .traits = {.linear = 1, .moves = true},
      .samples = {{{{{2, 3}}}, [](Inputs in) { return unsqueeze(in[0], -2); }},
                  {{{{2, 3}}},
                   [](Inputs in) {
                       return unsqueeze(in[0], {0, -1});
                   }},
                  {{{{}}}, [](Inputs in) { return unsqueeze(in[0], 0); }},
                  {{{{0}}}, [](Inputs in) { return unsqueeze(in[0], 1); }}}},
     {.name = "expand_dims",
      .formula = "with further axes of length 1",
      .gradient = "g in the shape of x",
      .elsewhere = {"np.expand_dims", "torch.unsqueeze", "jnp.expand_dims"},
      .traits = {.linear = 1, .moves = true},
      .samples = {{{{{2, 3}}}, [](Inputs in) { return expand_dims(in[0], 0); }},
                  {{{{2, 3}}},
                   [](Inputs in) {
                       return expand_dims(in[0], {1, 2});
                   }},
                  {{{{}}}, [](Inputs in) { return expand_dims(in[0], -1); }}}},
     {.name = "ravel",
      .formula = "all elements in one axis",
      .gradient = "g in the shape of x",
      .elsewhere = {"np.ravel", "torch.ravel", "jnp.ravel"},
      .traits = {.linear = 1, .moves = true},
      .samples = {{{{{2, 3, 2}}}, [](Inputs in) { return ravel(in[0]); }},
                  {{{{}}}, [](Inputs in) { return ravel(in[0]); }},
                  {{{{0, 3}}}, [](Inputs in) { return ravel(in[0]); }}}},
     {.name = "repeat",
      .formula = "each element, each slice along the axis, n times",
      .gradient = "g, summed over what was repeated",
      .elsewhere = {"np.repeat", "torch.repeat_interleave", "jnp.repeat"},
      .traits = {.linear = 1, .moves = true},
      .samples = {{{{{2, 3}}}, [](Inputs in) { return repeat(in[0], 3, -1); }},
                  {{{{2, 3}}}, [](Inputs in) { return repeat(in[0], 2); }},
                  {{{{2, 3}}}, [](Inputs in) { return repeat(in[0], 0, 0); }},
                  {{{{}}}, [](Inputs in) { return repeat(in[0], 2); }}}},
     {.name = "tile",
      .formula = "the whole array side by side",
      .gradient = "g, summed over what was repeated",
      .elsewhere = {"np.tile", "torch.tile", "jnp.tile"},
      .traits = {.linear = 1, .moves = true},
      .samples = {{{{{2, 3}}}, [](Inputs in) { return tile(in[0], {2, 1, 2}); }},
                  {{{{2, 3}}}, [](Inputs in) { return tile(in[0], 2); }},
                  {{{{}}}, [](Inputs in) { return tile(in[0], 3); }},
                  {{{{0, 2}}}, [](Inputs in) { return tile(in[0], {2, 2}); }}}},
     {.name = "pad",
      .formula = "x with a border of numbers, of itself mirrored, of its ends",
      .gradient = "g without the border; what shows an element of x is added to its gradient",
      .elsewhere = {"np.pad", "F.pad", "jnp.pad"},
      .samples = {
          {{{{2, 3}}}, [](Inputs in) { return pad(in[0], 1); }},
          {{{{2, 3}}}, [](Inputs in) { return pad(in[0], {{0, 2}, {1, 0}}, Padding::constant, 1.5); }},
          {{{{3, 2}}}, [](Inputs in) { return pad(in[0], {{2, 4}, {0, 1}}, Padding::reflect); }},
          {{{{3, 2}}}, [](Inputs in) { return pad(in[0], 2, Padding::edge); }},
          {{{{0, 2}}}, [](Inputs in) { return pad(in[0], {{1, 0}}); }},
          {{{{}}}, [](Inputs in) { return pad(in[0], 1); }},
          {{{{1}}}, [](Inputs in) { return pad(in[0], 2, Padding::reflect); }}}}});
}  // namespace

void detail::rearrange_rows() {}

}  // namespace xgrad
