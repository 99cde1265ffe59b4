// Copying nodes between graphs, and cutting a part out of one.
#include "autodiff/passes/graph_copy.hpp"

#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad::detail {

GraphCopy::GraphCopy(const Graph& from)
    : place(from.size(), no_value), from_(from), scopes_(from.scope_count(), no_value)
{
    scopes_[0] = 0;
}

ScopeId GraphCopy::scope(ScopeId id)
{
    std::vector<ScopeId> path;
    for (; scopes_[id] == no_value; id = from_.scope(id).parent) path.push_back(id);
    for (auto at = path.rbegin(); at != path.rend(); ++at) {
        const Scope& scope = from_.scope(*at);
        scopes_[*at] = graph.enter(scopes_[scope.parent], scope.name, scope.type);
        id = *at;
    }
    return scopes_[id];
}

ValueId GraphCopy::copy(ValueId id, std::uint8_t flags)
{
    Node node = from_[id];
    std::vector<ValueId>& inputs = inputs_;
    inputs.clear();
    for (const ValueId in : from_.inputs(id)) inputs.push_back(place[in]);
    node.shape = graph.intern(from_.list(node.shape));
    node.list = graph.intern(from_.list(node.list));
    node.scope = scope(node.scope);
    node.birth = 0;
    node.flags = (node.flags | flags) & lasting_flags;
    const ValueId copied = graph.append(node, inputs);
    if (const std::string_view name = from_.name(id); !name.empty())
        graph.set_name(copied, std::string(name));
    if (node.op == &parameter_op) graph.add_parameter(copied, from_.parameter(id));
    if (node.op == &constant_op) graph.add_constant(copied, from_.constant(id));
    return place[id] = copied;
}

Graph GraphCopy::finish()
{
    std::vector<ValueId> outputs;
    for (const ValueId id : from_.outputs()) outputs.push_back(place[id]);
    graph.set_outputs(std::move(outputs));
    for (const auto& [slot, id] : from_.updates()) graph.add_update(slot, place[id]);
    return std::move(graph);
}

ValueId GraphCopy::leaf(const Op& op, DType dtype, Dims shape, ScopeId scope, double a)
{
    Node node{};
    node.op = &op;
    node.dtype = dtype;
    node.shape = graph.intern(shape);
    node.scope = scope;
    node.a = a;
    return graph.append(node, {});
}

ValueId GraphCopy::copy_as_input(ValueId id)
{
    const ValueId input = leaf(input_op, from_.dtype(id), from_.shape(id), 0);
    if (const std::string_view name = from_.name(id); !name.empty()) graph.set_name(input, std::string(name));
    return place[id] = input;
}

ValueId GraphCopy::emit_constant(const Array& value, std::string name, ScopeId scope)
{
    const ValueId id = leaf(constant_op, value.dtype(), value.shape(), scope, /*stands for parameters=*/1);
    graph.add_constant(id, value);
    graph.set_name(id, std::move(name));
    return id;
}

ValueId GraphCopy::emit_parameter(const Parameter& parameter, ScopeId scope)
{
    const ValueId id = leaf(parameter_op, parameter.dtype(), parameter.shape(), scope);
    graph.add_parameter(id, parameter);
    return id;
}

ValueId GraphCopy::emit(const Op& op, std::initializer_list<ValueId> inputs, ScopeId scope, double a,
                        double b, Dims list)
{
    Node node{};
    node.op = &op;
    node.scope = scope;
    node.a = a;
    node.b = b;
    node.list = graph.intern(list);
    const std::vector<ValueId> in(inputs);
    InferCall call{graph, op, in, a, b, node.list, scope, {}};
    infer_node(call);
    node.dtype = call.out[0].dtype;
    node.shape = call.out[0].shape;
    return graph.append(node, in);
}

Graph extract(const Graph& graph, std::span<const ValueId> stops, std::span<const ValueId> outputs)
{
    std::vector<std::uint8_t> need(graph.size(), 0), stop(graph.size(), 0);
    for (const ValueId id : stops) stop[id] = 1;
    for (const ValueId id : outputs) need[id] = 1;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;) {
        if (!need[id] || stop[id]) continue;
        for (const ValueId in : graph.inputs(id)) need[in] = 1;
        for (int k = 1; k < graph[id].op->outputs; ++k) need[id + static_cast<ValueId>(k)] = 1;
    }
    GraphCopy copy(graph);
    for (const ValueId id : stops) copy.copy_as_input(id);
    for (ValueId id = 0; id < graph.size(); ++id)
        if (need[id] && !stop[id]) copy.copy(id);
    std::vector<ValueId> places;
    for (const ValueId id : outputs) places.push_back(copy.place[id]);
    copy.graph.set_outputs(std::move(places));
    return std::move(copy.graph);
}

Graph without_checks(const Graph& graph, std::vector<ValueId>* place)
{
    GraphCopy copy(graph);
    for (ValueId id = 0; id < graph.size(); ++id) {
        const Op& op = *graph[id].op;
        if (op.traits.alias && op.kernel != nullptr)
            copy.place[id] = copy.place[graph.inputs(id)[0]];
        else
            copy.copy(id);
    }
    if (place) *place = copy.place;
    return copy.finish();
}

std::vector<Array> fixed_values(const Graph& graph, std::span<const ValueId> ids)
{
    const Graph part = extract(graph, {}, ids);
    // A called graph knows the tape by an input: give it one that nothing reads.
    GraphCopy copy(part);
    Node node{};
    node.op = &input_op;
    node.dtype = DType::float64;
    copy.graph.append(node, {});
    for (ValueId id = 0; id < part.size(); ++id) copy.copy(id);
    std::vector<ValueId> outputs;
    for (const ValueId id : part.outputs()) outputs.push_back(copy.place[id]);
    copy.graph.set_outputs(std::move(outputs));

    Tape tape;
    const Variable unread[] = {tape.variable(0.0)};
    std::vector<Array> values;
    for (const Variable& value : copy.graph(unread)) values.push_back(value.array());
    return values;
}

}  // namespace xgrad::detail
