// What sums, means and extremes along axes share. Internal.
#pragma once

#include <string>

#include "autodiff/kernels/reduce.hpp"
#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

/// node.list: the axes, ascending; node.a: 1 to keep them with length 1.
void infer_reduction(InferCall& call);
/// The cotangent of a reduction times a factor, repeated to the shape of its input.
Variable spread(Variable g, double factor, Dims shape, Dims axes, bool keepdims);
/// One floating point operation an element of the input.
double sum_flops(const Graph& graph, ValueId id);
std::string reduction_text(const Graph& graph, const Node& node);
/// Records a reduction.
Variable reduce(const Op& op, Variable x, Dims axes, bool keepdims);
/// ln sum e^x along one axis: ops/softmax.cpp.
Variable logsumexp_along(Variable x, std::int64_t axis, bool keepdims);
/// Extremes along axes of which equal elements share the gradient, even along one: ops/extremes.cpp.
Variable shared_max(Variable x, const Axes& axes, bool keepdims);
Variable shared_min(Variable x, const Axes& axes, bool keepdims);
/// The anchor of that file (see rows.hpp), which reduce_rows() names.
void extreme_rows();

template <kernels::Reduction kind>
void run_reduction(const KernelCall& call)
{
    const std::uint32_t mask = mask_of(call.attribute());
    const auto run = [&]<class T>() {
        kernels::reduce<T>(kind, static_cast<const T*>(call.in[0]), static_cast<T*>(call.out[0]),
                           call.shape(0), mask);
    };
    if constexpr (kind != kernels::Reduction::mean)
        if (call.dtype() == DType::int64) return run.template operator()<std::int64_t>();
    by_float(call.dtype(), run);
}

}  // namespace xgrad::detail
