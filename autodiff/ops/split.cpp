// Cutting an array along an axis and stacking arrays along a new one, by slices, reshapes and concat.
#include "autodiff/ops/axes.hpp"
#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad {
using namespace detail;

namespace {
Variable part(Variable x, std::int64_t axis, Slice slice)
{
    std::vector<Slice> slices(static_cast<std::size_t>(axis) + 1);
    slices.back() = slice;
    return xgrad::slice(x, slices);
}
}  // namespace

std::vector<Variable> split(Variable x, std::int64_t sections, std::int64_t axis)
{
    const std::int64_t normal = normal_axis("split", axis, x.shape());
    const std::int64_t length = x.shape()[static_cast<std::size_t>(normal)];
    if (sections < 1 || length % sections != 0)
        throw ShapeError("split: " + std::to_string(sections) + " equal parts of axis " +
                         std::to_string(normal) + " of shape " + to_string(x.shape()) +
                         ", which has length " + std::to_string(length));
    const std::int64_t size = length / sections;
    std::vector<Variable> parts;
    for (std::int64_t k = 0; k < sections; ++k) parts.push_back(part(x, normal, {k * size, (k + 1) * size}));
    return parts;
}

std::vector<Variable> split(Variable x, const std::vector<std::int64_t>& places, std::int64_t axis)
{
    const std::int64_t normal = normal_axis("split", axis, x.shape());
    std::vector<Variable> parts;
    std::optional<std::int64_t> from = 0;
    for (const std::int64_t place : places) {
        parts.push_back(part(x, normal, {from, place}));
        from = place;
    }
    parts.push_back(part(x, normal, {from, {}}));
    return parts;
}

Variable stack(std::span<const Variable> parts, std::int64_t axis)
{
    if (parts.empty()) throw ShapeError("stack: no arrays were given");
    const Shape shape = as_shape(parts[0].shape());
    if (shape.size() + 1 > most_axes) throw ShapeError("stack: more than 31 axes, " + to_string(shape));
    Shape longer = shape;
    longer.push_back(1);
    const std::int64_t normal = normal_axis("stack", axis, longer);
    longer.pop_back();
    longer.insert(longer.begin() + normal, 1);
    std::vector<Variable> rows;
    rows.reserve(parts.size());
    for (const Variable& x : parts) {
        if (as_shape(x.shape()) != shape)
            throw ShapeError(
                "stack: got " + to_string(shape) + " and " + to_string(x.shape()) +
                ", expected arrays of one shape" +
                aligned_shapes("input 0", shape, "input " + std::to_string(&x - parts.data()), x.shape()));
        rows.push_back(reshape(x, longer));
    }
    return concat(rows, normal);
}

}  // namespace xgrad
