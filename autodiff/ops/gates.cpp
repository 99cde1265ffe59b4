// Activations made of others: gates and maxima over several inputs, limits with fixed bounds.
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"

namespace xgrad {
using detail::compose, detail::composed, detail::normal_axis;

Variable relu6(Variable x)
{
    return compose("relu6", x, [&] { return hardtanh(x, 0, 6); });
}
Variable ramp(Variable x)
{
    return compose("ramp", x, [&] { return hardtanh(x, 0, 1); });
}

Variable glu(Variable x, std::int64_t axis)
{
    detail::need_floats("glu", {x});
    const std::int64_t along = normal_axis("glu", axis, x.shape());
    if (x.shape()[static_cast<std::size_t>(along)] % 2 != 0)
        detail::refuse_shapes("glu", {x},
                              "two halves along axis " + std::to_string(along) + ", not the odd length " +
                                  std::to_string(x.shape()[static_cast<std::size_t>(along)]));
    return compose("glu", x, [&] {
        const std::vector<Variable> half = split(x, 2, along);
        return half[0] * sigmoid(half[1]);
    });
}

Variable maxout(Variable x, std::int64_t pieces, std::int64_t axis)
{
    detail::need_numbers("maxout", {x});
    const std::int64_t along = normal_axis("maxout", axis, x.shape());
    const auto at = static_cast<std::size_t>(along);
    if (pieces < 1)
        throw ValueError("maxout: got " + std::to_string(pieces) + " pieces, expected at least 1");
    Shape shape(x.shape().begin(), x.shape().end());
    if (shape[at] % pieces != 0)
        detail::refuse_shapes("maxout", {x},
                              "a length of axis " + std::to_string(along) + " that " +
                                  std::to_string(pieces) + " pieces divide");
    shape[at] /= pieces;
    shape.insert(shape.begin() + along + 1, pieces);
    return compose("maxout", x, [&] { return max(reshape(x, shape), along + 1); });
}

namespace {
using Inputs = std::span<const Variable>;
using enum Continuity;
using enum Monotonicity;

const bool described =
    composed({{.name = "relu6",
               .formula = "min(max(x, 0), 6)",
               .gradient = "g where 0 < x < 6, else 0",
               .elsewhere = {"", "F.relu6", "jax.nn.relu6"},
               .traits = {.piecewise = 1,
                          .kink = "relu6'(0) = relu6'(6) = 0",
                          .low = 0,
                          .high = 6,
                          .continuity = c0,
                          .monotonicity = non_decreasing},
               .samples = {{{{{2, 3}, -3, 9}}, [](Inputs in) { return relu6(in[0]); }},
                           {{{{}, -3, 9}}, [](Inputs in) { return relu6(in[0]); }},
                           {{{{0, 2}}}, [](Inputs in) { return relu6(in[0]); }},
                           {{{{17}, -3, 9}}, [](Inputs in) { return relu6(in[0]); }}}},
              {.name = "ramp",
               .formula = "min(max(x, 0), 1)",
               .gradient = "g where 0 < x < 1, else 0",
               .traits = {.piecewise = 1,
                          .kink = "ramp'(0) = ramp'(1) = 0",
                          .low = 0,
                          .high = 1,
                          .continuity = c0,
                          .monotonicity = non_decreasing},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return ramp(in[0]); }},
                           {{{{}}}, [](Inputs in) { return ramp(in[0]); }},
                           {{{{0}}}, [](Inputs in) { return ramp(in[0]); }},
                           {{{{17}}}, [](Inputs in) { return ramp(in[0]); }}}},
              {.name = "glu",
               .formula = "a sigmoid(b) for the halves a, b of x",
               .gradient = "da = g sigmoid(b), db = g a sigmoid(b) (1 - sigmoid(b))",
               .elsewhere = {"", "F.glu", "jax.nn.glu"},
               .samples = {{{{{2, 4}}}, [](Inputs in) { return glu(in[0]); }},
                           {{{{2, 3, 2}}}, [](Inputs in) { return glu(in[0], 0); }},
                           {{{{0, 4}}}, [](Inputs in) { return glu(in[0], -1); }},
                           {{{{3, 0}}}, [](Inputs in) { return glu(in[0]); }}}},
              {.name = "maxout",
               .formula = "the largest of each `pieces` neighbours along the axis",
               .gradient = "g at the largest of each group",
               .traits = {.piecewise = 1, .moves = true, .kink = "the first of equal elements"},
               .samples = {{{{{2, 6}}}, [](Inputs in) { return maxout(in[0], 3); }},
                           {{{{4, 2}}}, [](Inputs in) { return maxout(in[0], 2, 0); }},
                           {{{{3}}}, [](Inputs in) { return maxout(in[0], 1, -1); }},
                           {{{{0, 4}}}, [](Inputs in) { return maxout(in[0], 2); }}}}});
}  // namespace

void detail::gate_rows() {}

}  // namespace xgrad
