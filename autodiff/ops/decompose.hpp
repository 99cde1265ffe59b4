// What the rows of linear algebra share: matrices on the last two axes, batches on the leading ones, refusals. Internal.
#pragma once

#include <string>

#include "autodiff/kernels/matrices.hpp"
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/examples.hpp"
#include "xgrad/autodiff/linear_algebra.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

/// The product of the last two axes, of either operand's transpose: ops/linalg.cpp.
Variable product(Variable x, Variable y, bool transpose_x, bool transpose_y);
/// Solves with a or its transpose; record_triangular takes Triangular's bits: ops/solve.cpp.
Variable record_solve(Variable a, Variable b, bool transposed);
Variable record_triangular(Variable a, Variable b, int flags);
/// The inverse, of NaN where the matrix is singular.
Variable inverse_or_nan(Variable a);

/// The last two axes exchanged.
inline Variable turned(Variable x) { return transpose(x, -1, -2); }
/// A vector for each matrix, as its row and as its column.
inline Variable as_row(Variable v) { return unsqueeze(v, -2); }
inline Variable as_column(Variable v) { return unsqueeze(v, -1); }
inline std::int64_t rows_of(Variable x) { return x.shape()[x.shape().size() - 2]; }
inline std::int64_t columns_of(Variable x) { return x.shape().back(); }
/// Rows and columns of the last two axes.
inline Variable block(Variable x, Slice rows, Slice columns)
{
    std::vector<Slice> slices(x.shape().size());
    slices[slices.size() - 2] = rows;
    slices[slices.size() - 1] = columns;
    return slice(x, slices);
}

/// Refuses input k unless it is a batch of matrices, of square ones.
inline void need_matrices(InferCall& call, std::size_t k = 0)
{
    need_floating(call);
    if (call.shape(k).size() < 2) call.fail_shape("matrices [..., m, n]");
}
inline void need_square(InferCall& call, std::size_t k = 0)
{
    need_floating(call);
    const Dims shape = call.shape(k);
    if (shape.size() < 2 || shape[shape.size() - 1] != shape[shape.size() - 2])
        call.fail_shape("square matrices [..., n, n]" +
                        (shape.size() < 2 ? std::string()
                                          : ", not " + std::to_string(shape[shape.size() - 2]) + " x " +
                                                std::to_string(shape.back())));
}
inline void infer_square(InferCall& call)
{
    need_square(call);
    infer_like<0>(call);
}

/// The shape without its last `count` axes, followed by `more`.
inline ListId batch_and(InferCall& call, Dims shape, std::size_t count,
                        std::initializer_list<std::int64_t> more)
{
    ShortList result;
    for (const std::int64_t length : shape.first(shape.size() - count)) result.push_back(length);
    for (const std::int64_t length : more) result.push_back(length);
    return call.graph.intern(result);
}

/// How many matrices there are on the leading axes.
inline std::int64_t matrices_in(Dims shape) { return element_count(shape.first(shape.size() - 2)); }

/// Which matrix of an operand, whose leading axes may be repeated, goes with matrix i of the value.
inline std::int64_t matrix_of_operand(std::int64_t i, Dims value, Dims operand)
{
    std::int64_t place = 0, stride = 1;
    for (std::size_t axis = value.size() - 2; axis-- > 0; i /= value[axis]) {
        const std::size_t missing = value.size() - operand.size();
        const std::int64_t own = axis < missing ? 1 : operand[axis - missing];
        if (own != 1) place += i % value[axis] * stride;
        stride *= own;
    }
    return place;
}

/// "inv in net.head: matrix [1, 0] (of [2, 3]) is singular: ...": `what` is the rest, from the verb on.
[[noreturn]] void refuse_matrix(const KernelCall& call, Dims batch, std::int64_t matrix,
                                const std::string& what);
/// The same of a failure: singular matrices, and what is not finite or does not converge.
void check_regular(const KernelCall& call, kernels::Failure failure);
void check_spectrum(const KernelCall& call, kernels::Failure failure);

/// Op::examples of these rows: a batch on the first axis stays one.
Share examples_of_matrices(ExamplesCall& call);

inline double cubed(double n) { return n * n * n; }
/// Operations of about `factor` n^3 for each matrix [n, n] of the first input.
template <int factor_in_thirds>
double cubic_flops(const Graph& graph, ValueId id)
{
    const Dims shape = graph.shape(graph.inputs(id)[0]);
    return factor_in_thirds / 3.0 * static_cast<double>(matrices_in(shape)) *
           cubed(static_cast<double>(shape.back()));
}

}  // namespace xgrad::detail
