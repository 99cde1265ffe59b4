// Products of weights and biases as nodes.
#include "autodiff/passes/symbolic_map.hpp"

namespace xgrad::detail {

const Op& op_named(std::string_view name)
{
    const Op* const op = find_op(name);
    if (!op) throw GraphError("there is no op '" + std::string(name) + "'");
    return *op;
}

namespace {

// Follows a chain: x -> x diag(lead) weight + bias, each part absent as long as it is trivial.
struct Follower {
    GraphCopy& copy;
    const Graph& from;
    ScopeId scope;
    const Op &matmul = op_named("matmul"), &add = op_named("add"), &sub = op_named("sub"),
             &mul = op_named("mul"), &div = op_named("div"), &affine = op_named("affine"),
             &full = op_named("full"), &reshape = op_named("reshape"),
             &broadcast_to = op_named("broadcast_to");
    double lead_scale = 1;
    ValueId lead = no_value, weight = no_value, bias = no_value;

    ValueId scaled(ValueId x, double factor)
    {
        return x == no_value || factor == 1 ? x : copy.emit(affine, {x}, scope, factor, -0.0);
    }
    // [1, 1, n] as [n]; [] stays.
    ValueId row(ValueId operand)
    {
        const ValueId id = copy.place[operand];
        const Dims shape = copy.graph.shape(id);
        return shape.size() <= 1 ? id : copy.emit(reshape, {id}, scope, 0, 0, shape.last(1));
    }
    ValueId times(ValueId x, ValueId factor, bool divide)
    {
        return x == no_value ? x : copy.emit(divide ? div : mul, {x, factor}, scope);
    }

    void multiply(ValueId factor, bool divide)
    {
        bias = times(bias, factor, divide);
        if (weight != no_value) {
            weight = times(weight, factor, divide);
            return;
        }
        if (lead == no_value && divide) {
            const DType dtype = copy.graph.dtype(factor);
            lead = copy.emit(full, {}, scope, 1, static_cast<double>(dtype));
        }
        lead = lead == no_value ? factor : times(lead, factor, divide);
    }

    void product(ValueId w)
    {
        const Shape shape(copy.graph.shape(w).begin(), copy.graph.shape(w).end());
        if (bias != no_value) {
            const Shape wide = {1, shape[0]};
            if (copy.graph.count(bias) != shape[0] || shape[0] == 1)
                bias = copy.emit(broadcast_to, {bias}, scope, 0, 0, wide);
            else if (copy.graph.shape(bias).size() != 2)
                bias = copy.emit(reshape, {bias}, scope, 0, 0, wide);
            bias = copy.emit(matmul, {bias, w}, scope);
        }
        if (weight != no_value) {
            weight = copy.emit(matmul, {weight, w}, scope);
            return;
        }
        weight = w;
        if (lead != no_value) {
            const std::int64_t column[] = {copy.graph.count(lead), 1};
            weight = times(
                weight, copy.graph.count(lead) == 1 ? lead : copy.emit(reshape, {lead}, scope, 0, 0, column),
                false);
        }
        weight = scaled(weight, lead_scale);
    }

    void follow(const AffineStep& step)
    {
        if (weight == no_value)
            lead_scale *= step.scale;
        else
            weight = scaled(weight, step.scale);
        bias = scaled(bias, step.scale);
        if (step.factor != no_value) multiply(row(step.factor), step.divide);
        if (step.weight != no_value) product(copy.place[step.weight]);
        if (step.bias != no_value) {
            const ValueId more = row(step.bias);
            if (bias == no_value)
                bias = scaled(more, step.bias_scale);
            else if (step.bias_scale == -1)
                bias = copy.emit(sub, {bias, more}, scope);
            else
                bias = copy.emit(add, {bias, scaled(more, step.bias_scale)}, scope);
        }
        if (step.shift == 0) return;
        if (bias != no_value) {
            bias = copy.emit(affine, {bias}, scope, 1, step.shift);
        } else {
            const std::int64_t one[] = {1};
            bias = copy.emit(full, {}, scope, step.shift,
                             static_cast<double>(copy.graph.dtype(weight_or_lead())), one);
        }
    }
    // Any value with the chain's element type.
    ValueId weight_or_lead() const { return weight != no_value ? weight : any; }
    ValueId any = no_value;
};

}  // namespace

SymbolicMap emit_symbolic(GraphCopy& copy, const Graph& from, const Chain& chain, ScopeId scope)
{
    Follower follower{copy, from, scope};
    follower.any = copy.place[chain.input];
    for (const ChainStep& s : chain.steps) follower.follow(s.step);
    return {follower.weight, follower.bias};
}

}  // namespace xgrad::detail
