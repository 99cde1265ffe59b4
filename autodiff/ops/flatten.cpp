// Several axes as one.
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/examples.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

// node.a, node.b: the first and the last axis that become one. No length is fixed, so that a graph fits others.
const Op& flatten_op = row({
    .name = "flatten",
    .formula = "the same elements, several axes as one",
    .gradient = "g in the shape of x",
    .elsewhere = {"", "torch.flatten", ""},
    .traits = {.alias = true, .linear = 1},
    .infer =
        [](InferCall& call) {
            need_axis(call, call.a);
            need_axis(call, call.b);
            const auto first = static_cast<std::int64_t>(call.a), last = static_cast<std::int64_t>(call.b);
            if (first > last) call.fail_shape("a first axis that is not behind the last one");
            const Dims x = call.shape(0);
            ShortList shape;
            for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(x.size()); ++axis)
                if (axis <= first || axis > last) shape.push_back(x[static_cast<std::size_t>(axis)]);
            shape[static_cast<std::size_t>(first)] = split_at(x, first, last).axis;
            call.out[0] = {call.dtype(0), call.graph.intern(shape)};
        },
    .vjp = [](VjpCall& call) { call.give(0, reshape(call.g, as_shape(call.shape(0)))); },
    .examples = examples_of_reshape,
    .saves = 0,
    .flops = [](const Graph&, ValueId) { return 0.0; },
    .attributes =
        [](const Graph&, const Node& node) {
            return "axes " + std::to_string(static_cast<int>(node.a)) + " to " +
                   std::to_string(static_cast<int>(node.b));
        },
    .samples = {{{{{2, 3, 4, 2}}}, [](auto in) { return flatten(in[0]); }},
                {{{{2, 3, 4, 2}}}, [](auto in) { return flatten(in[0], 0, 2); }},
                {{{{2, 3}}}, [](auto in) { return flatten(in[0]); }},
                {{{{0, 3, 2}}}, [](auto in) { return flatten(in[0]); }},
                {{{{3, 0, 2}}}, [](auto in) { return flatten(in[0], 0); }}},
});

void flatten_rows() {}

}  // namespace xgrad::detail

namespace xgrad {

Variable flatten(Variable x, std::int64_t first, std::int64_t last)
{
    const std::int64_t from = detail::normal_axis("flatten", first, x.shape()),
                       to = detail::normal_axis("flatten", last, x.shape());
    return detail::Recorder::of(x).record(detail::flatten_op, x, static_cast<double>(from),
                                          static_cast<double>(to));
}

}  // namespace xgrad
