// Products that are made of matrix products and of elementwise ones.
#include <algorithm>
#include <numeric>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad {
using detail::compose, detail::composed, detail::normal_axis;

Variable detail::linear(Variable x, Variable weight)
{
    return compose("linear", x, [&] { return matmul(x, weight); });
}
Variable detail::linear(Variable x, Variable weight, Variable bias)
{
    return compose("linear", x, [&] {
        const Variable product = matmul(x, weight);
        Recorder::of(x).mark_temporary(product);  // nobody else holds it: the sum may take its memory
        return add(product, bias);
    });
}

Variable outer(Variable x, Variable y)
{
    detail::need_numbers("outer", {x, y});
    return compose("outer", x, [&] { return reshape(x, {-1, 1}) * reshape(y, {1, -1}); });
}

Variable dot(Variable x, Variable y)
{
    const Dims a = x.shape(), b = y.shape();
    if (a.empty() || b.empty()) return compose("dot", x, [&] { return x * y; });
    detail::need_floats("dot", {x, y});
    if (b.size() <= 2) return compose("dot", x, [&] { return matmul(x, y); });
    const std::int64_t length = a.back();
    if (b[b.size() - 2] != length)
        detail::refuse_shapes("dot", {x, y},
                              "the last axis of the first as long as the last but one of the second");
    Shape order(b.size());
    std::iota(order.begin(), order.end(), 0);
    std::rotate(order.begin(), order.end() - 2, order.end() - 1);  // the inner axis first
    Shape result(a.begin(), a.end() - 1);
    result.insert(result.end(), b.begin(), b.end() - 2);
    result.push_back(b.back());
    const std::int64_t rows = element_count(a.first(a.size() - 1)),
                       columns = element_count(b.first(b.size() - 2)) * b.back();
    return compose("dot", x, [&] {
        return reshape(matmul(reshape(x, {rows, length}), reshape(permute(y, order), {length, columns})),
                       result);
    });
}

Variable vdot(Variable x, Variable y)
{
    detail::need_floats("vdot", {x, y});
    if (x.size() != y.size()) detail::refuse_shapes("vdot", {x, y}, "as many elements in both");
    return compose("vdot", x, [&] { return matmul(ravel(x), ravel(y)); });
}

Variable inner(Variable x, Variable y)
{
    const Dims a = x.shape(), b = y.shape();
    if (a.empty() || b.empty()) return compose("inner", x, [&] { return x * y; });
    detail::need_floats("inner", {x, y});
    const std::int64_t length = a.back();
    if (b.back() != length) detail::refuse_shapes("inner", {x, y}, "last axes of one length");
    const Dims rows = a.first(a.size() - 1), columns = b.first(b.size() - 1);
    Shape result(rows.begin(), rows.end());
    result.insert(result.end(), columns.begin(), columns.end());
    return compose("inner", x, [&] {
        return reshape(matmul(reshape(x, {element_count(rows), length}),
                              transpose(reshape(y, {element_count(columns), length}))),
                       result);
    });
}

Variable kron(Variable x, Variable y)
{
    detail::need_numbers("kron", {x, y});
    Shape a = detail::as_shape(x.shape()), b = detail::as_shape(y.shape());
    const std::size_t rank = std::max(a.size(), b.size());
    a.insert(a.begin(), rank - a.size(), 1);
    b.insert(b.begin(), rank - b.size(), 1);
    Shape outside, inside, result;
    for (std::size_t k = 0; k < rank; ++k) {
        outside.insert(outside.end(), {a[k], 1});
        inside.insert(inside.end(), {1, b[k]});
        result.push_back(a[k] * b[k]);
    }
    return compose("kron", x, [&] { return reshape(reshape(x, outside) * reshape(y, inside), result); });
}

Variable cross(Variable x, Variable y, std::int64_t axis)
{
    for (const Variable& v : {x, y})
        if (v.shape()[static_cast<std::size_t>(normal_axis("cross", axis, v.shape()))] != 3)
            detail::refuse_shapes("cross", {x, y}, "the length 3 along axis " + std::to_string(axis));
    return compose("cross", x, [&] {
        return roll(x, -1, axis) * roll(y, -2, axis) - roll(x, -2, axis) * roll(y, -1, axis);
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = composed(
    {{.name = "linear",
      .formula = "x W + b",
      .gradient = "dx = g W.T, dW = x.T g, db = sum g over the rows",
      .elsewhere = {"", "F.linear", ""},
      .arity = 3,
      .inputs = {"x", "weight", "bias"},
      .traits = {.linear = 7},
      .samples = {{{{{2, 3}}, {{3, 4}}, {{4}}}, [](Inputs in) { return linear(in[0], in[1], in[2]); }},
                  {{{{2, 2, 3}}, {{3, 1}}}, [](Inputs in) { return linear(in[0], in[1]); }},
                  {{{{3}}, {{3, 2}}, {{2}}}, [](Inputs in) { return linear(in[0], in[1], in[2]); }},
                  {{{{0, 3}}, {{3, 2}}, {{2}}}, [](Inputs in) { return linear(in[0], in[1], in[2]); }}}},
     {.name = "outer",
      .formula = "x_i y_j of the flattened arrays",
      .gradient = "dx = g y, dy = g.T x",
      .elsewhere = {"np.outer", "torch.outer", "jnp.outer"},
      .arity = 2,
      .traits = {.linear = 3},
      .samples = {{{{{3}}, {{2}}}, [](Inputs in) { return outer(in[0], in[1]); }},
                  {{{{2, 2}}, {{}}}, [](Inputs in) { return outer(in[0], in[1]); }},
                  {{{{0}}, {{2}}}, [](Inputs in) { return outer(in[0], in[1]); }}}},
     {.name = "dot",
      .formula = "sum of x_i y_i: numpy.dot",
      .gradient = "dx = g y, dy = g x; of matrices g y.T, x.T g",
      .elsewhere = {"np.dot", "torch.dot", "jnp.dot"},
      .arity = 2,
      .traits = {.linear = 3},
      .samples = {{{{{3}}, {{3}}}, [](Inputs in) { return dot(in[0], in[1]); }},
                  {{{{2, 3}}, {{3, 2}}}, [](Inputs in) { return dot(in[0], in[1]); }},
                  {{{{2, 3}}, {{2, 3, 2}}}, [](Inputs in) { return dot(in[0], in[1]); }},
                  {{{{}}, {{2}}}, [](Inputs in) { return dot(in[0], in[1]); }},
                  {{{{0}}, {{0}}}, [](Inputs in) { return dot(in[0], in[1]); }}}},
     {.name = "vdot",
      .formula = "sum of x_i y_i over all elements",
      .gradient = "dx = g y, dy = g x",
      .elsewhere = {"np.vdot", "torch.vdot", "jnp.vdot"},
      .arity = 2,
      .traits = {.linear = 3},
      .samples = {{{{{2, 3}}, {{3, 2}}}, [](Inputs in) { return vdot(in[0], in[1]); }},
                  {{{{}}, {{1}}}, [](Inputs in) { return vdot(in[0], in[1]); }},
                  {{{{0, 2}}, {{0}}}, [](Inputs in) { return vdot(in[0], in[1]); }}}},
     {.name = "inner",
      .formula = "sums of products over the last axes",
      .gradient = "dx = g y, dy = g.T x",
      .elsewhere = {"np.inner", "torch.inner", "jnp.inner"},
      .arity = 2,
      .traits = {.linear = 3},
      .samples = {{{{{2, 3}}, {{4, 3}}}, [](Inputs in) { return inner(in[0], in[1]); }},
                  {{{{3}}, {{3}}}, [](Inputs in) { return inner(in[0], in[1]); }},
                  {{{{2, 1, 2}}, {{3, 2}}}, [](Inputs in) { return inner(in[0], in[1]); }},
                  {{{{}}, {{2, 2}}}, [](Inputs in) { return inner(in[0], in[1]); }},
                  {{{{0, 2}}, {{3, 2}}}, [](Inputs in) { return inner(in[0], in[1]); }}}},
     {.name = "kron",
      .formula = "each element of x times the whole of y, in its place",
      .gradient = "dx = sums of g y, dy = sums of g x",
      .elsewhere = {"np.kron", "torch.kron", "jnp.kron"},
      .arity = 2,
      .traits = {.linear = 3},
      .samples = {{{{{2, 2}}, {{1, 3}}}, [](Inputs in) { return kron(in[0], in[1]); }},
                  {{{{3}}, {{2, 2}}}, [](Inputs in) { return kron(in[0], in[1]); }},
                  {{{{}}, {{2}}}, [](Inputs in) { return kron(in[0], in[1]); }},
                  {{{{0}}, {{2}}}, [](Inputs in) { return kron(in[0], in[1]); }}}},
     {.name = "cross",
      .formula = "the vector product along an axis of length 3",
      .gradient = "dx = y cross g, dy = g cross x",
      .elsewhere = {"np.cross", "torch.cross", "jnp.cross"},
      .arity = 2,
      .traits = {.linear = 3},
      .samples = {{{{{2, 3}}, {{2, 3}}}, [](Inputs in) { return cross(in[0], in[1]); }},
                  {{{{3, 2}}, {{3, 2}}}, [](Inputs in) { return cross(in[0], in[1], 0); }},
                  {{{{2, 3}}, {{3}}}, [](Inputs in) { return cross(in[0], in[1]); }},
                  {{{{0, 3}}, {{0, 3}}}, [](Inputs in) { return cross(in[0], in[1]); }}}}});
}  // namespace

void detail::product_rows() {}

}  // namespace xgrad
