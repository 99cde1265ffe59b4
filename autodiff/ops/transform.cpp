// What transforms emit: variables of their own for a function's arguments, and values that cannot be differentiated.
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/examples.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {
void infer_first(InferCall& call) { call.out[0] = {call.dtype(0), call.graph[call.in[0]].shape}; }
double no_flops(const Graph&, ValueId) { return 0; }
}  // namespace

const Op& identity_op = row({
    .name = "identity",
    .formula = "x",
    .internal = true,
    .traits = {.alias = true, .linear = 1},
    .infer = infer_first,
    .vjp = [](VjpCall& call) { call.give(0, call.g); },
    .examples = examples_of_reshape,
    .saves = 0,
    .flops = no_flops,
    .samples = {{{{{2, 3}}}, [](auto in) { return identity(in[0]); }},
                {{{{}}}, [](auto in) { return identity(in[0]); }}},
});

// The value of the first input; the second one is what it was computed from. No gradient: see once().
const Op& once_op = row({
    .name = "once_differentiable",
    .formula = "x",
    .derived_from = "identity",
    .arity = 2,
    .traits = {.alias = true},
    .infer = infer_first,
    .vjp =
        [](VjpCall&) {
            throw GradientError(
                "grad: once_differentiable has no gradient: what per_example_grad() computed one example at "
                "a time is no "
                "graph to differentiate again (PerExample::batch gives one, and so does the form on a tape)");
        },
    .saves = 0,
    .flops = no_flops,
});

void transform_rows() {}

Variable identity(Variable x) { return Recorder::of(x).record(identity_op, x); }

Variable once(Variable value, std::span<const Variable> from)
{
    for (const Variable& x : from)
        if (is_floating(x.dtype())) value = Recorder::of(value).record(once_op, value, x);
    return value;
}

}  // namespace xgrad::detail
