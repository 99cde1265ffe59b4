// Refusals and examples of the rows of linear algebra.
#include "autodiff/ops/decompose.hpp"

namespace xgrad::detail {

void refuse_matrix(const KernelCall& call, Dims batch, std::int64_t matrix, const std::string& what)
{
    const std::string path = call.graph.path(call.node().scope);
    std::string which = "the matrix";
    if (!batch.empty()) {
        Shape at(batch.size());
        for (std::size_t axis = batch.size(); axis-- > 0; matrix /= batch[axis])
            at[axis] = matrix % batch[axis];
        which = "matrix " + to_string(at) + " of the batch " + to_string(batch);
    }
    throw ValueError(std::string(call.node().op->name) + (path.empty() ? "" : " in " + path) + ": " + which +
                     " " + what);
}

void check_regular(const KernelCall& call, kernels::Failure failure)
{
    if (failure.matrix < 0) return;
    const Dims shape = call.shape(0);
    refuse_matrix(call, shape.first(shape.size() - 2), failure.matrix,
                  "is singular: pivot " + std::to_string(failure.info) + " of " +
                      std::to_string(shape.back()) +
                      " is 0 (LAPACK's getrf), expected one that can be inverted");
}

void check_spectrum(const KernelCall& call, kernels::Failure failure)
{
    if (failure.matrix < 0) return;
    const Dims shape = call.shape(0);
    refuse_matrix(call, shape.first(shape.size() - 2), failure.matrix,
                  failure.info == kernels::not_finite
                      ? "has an element that is NaN or infinite, expected finite ones"
                      : "has no result: LAPACK's iteration did not converge (info " +
                            std::to_string(failure.info) + ")");
}

Share examples_of_matrices(ExamplesCall& call)
{
    const Dims value = call.recorder.graph.shape(call.id);
    for (std::size_t k = 0; k < call.shares.size(); ++k) {
        if (call.shares[k] == Share::whole) continue;
        const Dims shape = call.recorder.graph.shape(call.recorder.graph.inputs(call.id)[k]);
        // The first axis goes over matrices, and is the first one of the value too.
        if (call.shares[k] != Share::rows || shape.size() < 3 || value.empty() || value[0] != shape[0])
            return Share::unknown;
        for (std::size_t other = 0; other < call.shares.size(); ++other)
            if (call.recorder.graph.shape(call.recorder.graph.inputs(call.id)[other]).size() > shape.size())
                return Share::unknown;
    }
    return Share::rows;
}

}  // namespace xgrad::detail
