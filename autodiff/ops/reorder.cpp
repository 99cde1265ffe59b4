// Axes in another order; arrays backwards and moved on in a circle.
#include <algorithm>
#include <numeric>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"

namespace xgrad {
using detail::compose, detail::composed, detail::normal_axes, detail::normal_axis;

namespace {

Variable swapped(const char* name, Variable x, std::int64_t axis1, std::int64_t axis2)
{
    Shape order(x.shape().size());
    std::iota(order.begin(), order.end(), 0);
    std::swap(order[static_cast<std::size_t>(normal_axis(name, axis1, x.shape()))],
              order[static_cast<std::size_t>(normal_axis(name, axis2, x.shape()))]);
    return permute(x, order);
}

/// All of x but for a range of one axis.
Variable part(Variable x, std::size_t axis, Slice range)
{
    std::vector<Slice> slices(axis + 1);
    slices[axis] = range;
    return slice(x, slices);
}

}  // namespace

Variable transpose(Variable x)
{
    Shape order(x.shape().size());
    std::iota(order.rbegin(), order.rend(), 0);
    return permute(x, order);
}
Variable transpose(Variable x, const Axes& order)
{
    return compose("transpose", x, [&] { return permute(x, order); });
}
Variable transpose(Variable x, std::int64_t axis1, std::int64_t axis2)
{
    return swapped("transpose", x, axis1, axis2);
}
Variable swapaxes(Variable x, std::int64_t axis1, std::int64_t axis2)
{
    return swapped("swapaxes", x, axis1, axis2);
}

Variable moveaxis(Variable x, const Axes& sources, const Axes& destinations)
{
    if (sources.size() != destinations.size())
        throw ShapeError("moveaxis: axes " + to_string(sources) + " to the places " +
                         to_string(destinations) + ", expected as many places as axes");
    normal_axes("moveaxis", sources, x.shape());  // refuses what is not there or comes twice
    normal_axes("moveaxis", destinations, x.shape());
    constexpr std::int64_t open = -1;
    Shape order(x.shape().size(), open);
    std::vector<bool> moved(order.size());
    for (std::size_t k = 0; k < sources.size(); ++k) {
        const std::int64_t from = normal_axis("moveaxis", sources[k], x.shape());
        order[static_cast<std::size_t>(normal_axis("moveaxis", destinations[k], x.shape()))] = from;
        moved[static_cast<std::size_t>(from)] = true;
    }
    std::size_t next = 0;
    for (std::int64_t& axis : order) {
        if (axis != open) continue;
        while (moved[next]) ++next;
        axis = static_cast<std::int64_t>(next++);
    }
    return permute(x, order);
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
    return reshape(roll(reshape(x, {-1}), shift, 0), detail::as_shape(x.shape()));
}
Variable roll(Variable x, const Shape& shifts, const Axes& axes)
{
    if (shifts.size() != axes.size())
        throw ShapeError("roll: shifts " + to_string(shifts) + " along the axes " + to_string(axes) +
                         ", expected as many shifts as axes");
    return compose("roll", x, [&] {
        Variable y = x;
        for (std::size_t k = 0; k < axes.size(); ++k) y = roll(y, shifts[k], axes[k]);
        return y;
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described =
    composed({{.name = "transpose",
               .formula = "the axes in reverse order; two exchanged; in a given order",
               .gradient = "g with its axes back in place",
               .elsewhere = {"np.transpose", "torch.transpose", "jnp.transpose"},
               .traits = {.linear = 1, .moves = true},
               .samples = {{{{{2, 3, 4}}}, [](Inputs in) { return transpose(in[0]); }},
                           {{{{2, 3, 4}}}, [](Inputs in) { return transpose(in[0], 0, -1); }},
                           {{{{2, 3, 4}}},
                            [](Inputs in) {
                                return transpose(in[0], {1, -1, 0});
                            }},
                           {{{{0, 3}}}, [](Inputs in) { return transpose(in[0]); }},
                           {{{{}}}, [](Inputs in) { return transpose(in[0]); }}}},
              {.name = "swapaxes",
               .formula = "two axes exchanged",
               .gradient = "g with the axes exchanged",
               .elsewhere = {"np.swapaxes", "torch.swapaxes", "jnp.swapaxes"},
               .traits = {.linear = 1, .moves = true},
               .samples = {{{{{2, 3, 4}}}, [](Inputs in) { return swapaxes(in[0], -2, 0); }},
                           {{{{3}}}, [](Inputs in) { return swapaxes(in[0], 0, 0); }}}},
              {.name = "moveaxis",
               .formula = "axes moved to other places",
               .gradient = "g with the axes moved back",
               .elsewhere = {"np.moveaxis", "torch.moveaxis", "jnp.moveaxis"},
               .traits = {.linear = 1, .moves = true},
               .samples = {{{{{2, 3, 4}}}, [](Inputs in) { return moveaxis(in[0], 0, -1); }},
                           {{{{2, 3, 4, 1}}},
                            [](Inputs in) {
                                return moveaxis(in[0], {-1, 0}, {0, 2});
                            }},
                           {{{{3, 0}}}, [](Inputs in) { return moveaxis(in[0], 1, 0); }}}},
              {.name = "flip",
               .formula = "the elements backwards along the axes",
               .gradient = "g backwards",
               .elsewhere = {"np.flip", "torch.flip", "jnp.flip"},
               .traits = {.linear = 1, .moves = true},
               .samples = {{{{{2, 3, 4}}},
                            [](Inputs in) {
                                return flip(in[0], {0, -1});
                            }},
                           {{{{2, 3}}}, [](Inputs in) { return flip(in[0]); }},
                           {{{{2, 3}}}, [](Inputs in) { return flip(in[0], 1); }},
                           {{{{0}}}, [](Inputs in) { return flip(in[0], 0); }},
                           {{{{}}}, [](Inputs in) { return flip(in[0]); }}}},
              {.name = "roll",
               .formula = "element k moved to place k + shift, in a circle",
               .gradient = "g moved back",
               .elsewhere = {"np.roll", "torch.roll", "jnp.roll"},
               .traits = {.linear = 1, .moves = true},
               .samples = {{{{{2, 5}}}, [](Inputs in) { return roll(in[0], 2, -1); }},
                           {{{{2, 3}}}, [](Inputs in) { return roll(in[0], -7); }},
                           {{{{2, 3}}}, [](Inputs in) { return roll(in[0], {1, -1}, {0, 1}); }},
                           {{{{0, 3}}}, [](Inputs in) { return roll(in[0], 1, 0); }},
                           {{{{1}}}, [](Inputs in) { return roll(in[0], 3, 0); }}}}});
}  // namespace

void detail::reorder_rows() {}

}  // namespace xgrad
