// Gradients are recorded from the last forward node down, so that the nodes they belong to come in descending order.
#include "autodiff/passes/gradient_places.hpp"

#include <algorithm>

#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

// A gradient node fits a forward node if both are of one module and it reads nothing else of the forward part than
// that node's inputs and value; one that reads nothing must have the shapes of a cotangent that passes through.
bool fits(const Graph& graph, const GradientSearch& search, ValueId gradient, ValueId node)
{
    if (graph[gradient].scope != graph[node].scope) return false;
    const std::span<const ValueId> inputs = graph.inputs(node);
    const Op& op = *graph[gradient].op;
    if (!op.derived_from.empty() && op.derived_from != graph[node].op->name) return false;
    bool reads = false, right_shape = false;
    for (const ValueId in : graph.inputs(gradient)) {
        if (!search.forward[in]) {
            right_shape = right_shape || graph[in].shape == graph[node].shape;
            continue;
        }
        if (search.constant[in]) continue;
        const ValueId row = graph[in].op == &output_op ? graph.inputs(in)[0] : in;  // a further output
        if (row != node && std::ranges::find(inputs, in) == inputs.end()) return false;
        reads = true;
    }
    if (reads) return true;
    return right_shape &&
           std::ranges::any_of(inputs, [&](ValueId in) { return graph[in].shape == graph[gradient].shape; });
}

}  // namespace

std::vector<ValueId> gradient_places(const Graph& graph, const GradientSearch& search)
{
    const std::size_t size = graph.size();
    std::vector<ValueId> place(size, no_value);
    ValueId current = no_value;
    for (ValueId id = static_cast<ValueId>(size); id-- > 0 && current == no_value;)
        if (search.op[id]) current = id;
    for (ValueId id = 0; id < size; ++id) {
        if (!search.gradient[id]) continue;
        for (ValueId node = current; node != no_value; node = node == 0 ? no_value : node - 1)
            if (search.op[node] && fits(graph, search, id, node)) {
                current = node;
                break;
            }
        place[id] = current;
    }
    return place;
}

}  // namespace xgrad::detail
