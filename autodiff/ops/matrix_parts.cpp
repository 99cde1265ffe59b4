// Parts of matrices: triangles, diagonals, the trace; a matrix from its diagonal.
#include <algorithm>
#include <cstdlib>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"

namespace xgrad {
using detail::compose, detail::composed, detail::normal_axis;

namespace {

Variable triangle(const char* op, Variable x, std::int64_t k, bool lower)
{
    const Dims dims = x.shape();
    if (dims.size() < 2)
        throw ShapeError(std::string(op) + ": got " + to_string(dims) + ", expected at least two axes");
    const std::int64_t rows = dims[dims.size() - 2], columns = dims[dims.size() - 1];
    return compose(op, x, [&] {
        const Variable i = reshape(arange(x, rows), {rows, 1}) + k, j = arange(x, columns);
        return where(lower ? j <= i : j >= i, x, 0);
    });
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
    return compose("diagonal", x, [&] { return slice(reshape(permute(x, order), flat), slices); });
}
Variable trace(Variable x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2)
{
    detail::need_numbers("trace", {x});
    return compose("trace", x, [&] { return sum(diagonal(x, offset, axis1, axis2), Axes{-1}); });
}

Variable diag(Variable x, std::int64_t k)
{
    if (x.shape().size() == 2) return compose("diag", x, [&] { return diagonal(x, k); });
    if (x.shape().size() != 1)
        detail::refuse_shapes("diag", {x}, "a vector, or a matrix (diagonal() takes further axes)");
    // Row i has x_i for k >= 0, column j has x_j for k < 0; the last ones have no element on the diagonal.
    const std::int64_t n = x.shape()[0], size = n + std::abs(k);
    return compose("diag", x, [&] {
        const Variable longer = pad(x, {{0, size - n}});
        const Variable on = equal(reshape(arange(x, size), {size, 1}) + k, arange(x, size));
        return where(on, k >= 0 ? reshape(longer, {size, 1}) : longer, 0);
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described =
    composed({{.name = "tril",
               .formula = "x_ij where j <= i + k, else 0",
               .gradient = "g_ij where j <= i + k, else 0",
               .elsewhere = {"np.tril", "torch.tril", "jnp.tril"},
               .traits = {.linear = 1},
               .samples = {{{{{3, 4}}}, [](Inputs in) { return tril(in[0]); }},
                           {{{{2, 3, 3}}}, [](Inputs in) { return tril(in[0], -1); }},
                           {{{{0, 3}}}, [](Inputs in) { return tril(in[0], 1); }}}},
              {.name = "triu",
               .formula = "x_ij where j >= i + k, else 0",
               .gradient = "g_ij where j >= i + k, else 0",
               .elsewhere = {"np.triu", "torch.triu", "jnp.triu"},
               .traits = {.linear = 1},
               .samples = {{{{{3, 4}}}, [](Inputs in) { return triu(in[0]); }},
                           {{{{2, 3, 3}}}, [](Inputs in) { return triu(in[0], 2); }},
                           {{{{1, 1}}}, [](Inputs in) { return triu(in[0]); }}}},
              {.name = "diagonal",
               .formula = "y_i = x_(i, i + offset) along two axes, as the last axis",
               .gradient = "g on the diagonal, else 0",
               .elsewhere = {"np.diagonal", "torch.diagonal", "jnp.diagonal"},
               .traits = {.linear = 1, .moves = true},
               .samples = {{{{{3, 4}}}, [](Inputs in) { return diagonal(in[0]); }},
                           {{{{3, 2, 4}}}, [](Inputs in) { return diagonal(in[0], -1, -1, 0); }},
                           {{{{3, 4}}}, [](Inputs in) { return diagonal(in[0], 9); }},
                           {{{{0, 3}}}, [](Inputs in) { return diagonal(in[0]); }}}},
              {.name = "trace",
               .formula = "sum of x_(i, i + offset)",
               .gradient = "g on the diagonal, else 0",
               .elsewhere = {"np.trace", "torch.trace", "jnp.trace"},
               .traits = {.linear = 1},
               .samples = {{{{{3, 4}}}, [](Inputs in) { return trace(in[0]); }},
                           {{{{3, 2, 4}}}, [](Inputs in) { return trace(in[0], 1, 0, -1); }},
                           {{{{0, 0}}}, [](Inputs in) { return trace(in[0]); }}}},
              {.name = "diag",
               .formula = "the matrix with x on its k-th diagonal; of a matrix, its k-th diagonal",
               .gradient = "the k-th diagonal of g; g on the k-th diagonal, else 0",
               .elsewhere = {"np.diag", "torch.diag", "jnp.diag"},
               .traits = {.linear = 1},
               .samples = {{{{{3}}}, [](Inputs in) { return diag(in[0]); }},
                           {{{{3}}}, [](Inputs in) { return diag(in[0], 2); }},
                           {{{{2}}}, [](Inputs in) { return diag(in[0], -1); }},
                           {{{{3, 4}}}, [](Inputs in) { return diag(in[0], 1); }},
                           {{{{0}}}, [](Inputs in) { return diag(in[0]); }}}}});
}  // namespace

void detail::matrix_rows() {}

}  // namespace xgrad
