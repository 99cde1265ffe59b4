// Cutting an array along an axis and stacking arrays along a new one, by slices, reshapes and concat.
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "autodiff/shape_text.hpp"

namespace xgrad {
using namespace detail;

Variable concatenate(std::span<const Variable> parts, std::int64_t axis)
{
    if (parts.empty()) throw ShapeError("concatenate: no arrays were given");
    return compose("concatenate", parts[0], [&] { return concat(parts, axis); });
}

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
                         std::to_string(normal) + " of shape " + to_string(x.shape()) + ", whose length " +
                         std::to_string(length) + " they do not divide (a list of places cuts anywhere)");
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
    for (const Variable& x : parts) {
        if (x.dtype() != parts[0].dtype()) refuse_types("stack", {parts[0], x}, "arrays of one type");
        if (as_shape(x.shape()) != shape)
            throw ShapeError(
                "stack: got " + to_string(shape) + " and " + to_string(x.shape()) +
                ", expected arrays of one shape" +
                aligned_shapes("input 0", shape, "input " + std::to_string(&x - parts.data()), x.shape()));
    }
    return compose("stack", parts[0], [&] {
        std::vector<Variable> rows;
        rows.reserve(parts.size());
        for (const Variable& x : parts) rows.push_back(reshape(x, longer));
        return concat(rows, normal);
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described =
    composed({{.name = "concatenate",
               .formula = "the arrays one after the other along an axis",
               .gradient = "the parts of g",
               .elsewhere = {"np.concatenate", "torch.concat", "jnp.concatenate"},
               .arity = -1,
               .traits = {.jointly = true, .moves = true},
               .samples = {{{{{2, 3}}, {{2, 1}}}, [](Inputs in) { return concatenate(in, -1); }},
                           {{{{2}}, {{0}}, {{1}}}, [](Inputs in) { return concatenate(in); }}}},
              {.name = "split",
               .formula = "equal parts along an axis; x[: i], x[i : j], ..., x[last :]",
               .gradient = "the parts' cotangents one after the other",
               .elsewhere = {"np.split", "torch.tensor_split", "jnp.split"},
               .traits = {.linear = 1, .moves = true},
               .samples = {{{{{2, 6}}}, [](Inputs in) { return split(in[0], 3, -1)[1]; }},
                           {{{{4, 2}}}, [](Inputs in) { return split(in[0], 2)[0]; }},
                           {{{{2, 6}}},
                            [](Inputs in) {
                                return split(in[0], {1, 4}, 1)[2];
                            }},
                           {{{{0, 2}}}, [](Inputs in) { return split(in[0], 1)[0]; }}}},
              {.name = "stack",
               .formula = "arrays of one shape along a new axis",
               .gradient = "the slices of g",
               .elsewhere = {"np.stack", "torch.stack", "jnp.stack"},
               .arity = -1,
               .traits = {.jointly = true, .moves = true},
               .samples = {{{{{2, 3}}, {{2, 3}}}, [](Inputs in) { return stack(in, 1); }},
                           {{{{3}}}, [](Inputs in) { return stack(in, -1); }},
                           {{{{}}, {{}}, {{}}}, [](Inputs in) { return stack(in); }},
                           {{{{0, 2}}, {{0, 2}}}, [](Inputs in) { return stack(in); }}}}});
}  // namespace

void detail::split_rows() {}

}  // namespace xgrad
