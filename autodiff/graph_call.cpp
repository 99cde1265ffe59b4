// A graph used as a function: recorded again on a tape with other inputs.
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad {

using detail::Recorder;

std::vector<Variable> Graph::operator()(std::span<const Variable> inputs) const
{
    const Graph& graph = *this;
    const std::vector<ValueId> places = graph.input_ids();
    if (places.size() != inputs.size())
        throw ShapeError("graph: it has " + std::to_string(places.size()) + " inputs, " +
                         std::to_string(inputs.size()) + " were given");
    if (inputs.empty()) throw ShapeError("graph: one without inputs has no tape to be recorded on");
    Recorder& recorder = Recorder::of(inputs[0]);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        recorder.check(inputs[k], "graph");
        if (inputs[k].dtype() != graph.dtype(places[k]))
            throw DtypeError("graph: input " + std::to_string(k) + " is " +
                             std::string(name_of(inputs[k].dtype())) + ", the graph was recorded with " +
                             std::string(name_of(graph.dtype(places[k]))));
    }
    const std::size_t before = recorder.graph.size();
    const ScopeId outer = recorder.scope;
    try {
        std::vector<Variable> place(graph.size());
        std::vector<Variable> in;
        std::size_t next = 0;
        for (ValueId id = 0; id < graph.size(); ++id) {
            const Node& node = graph[id];
            if (node.op == &detail::input_op) {
                place[id] = inputs[next++];
            } else if (node.op == &detail::parameter_op) {
                place[id] = recorder.parameter(graph.parameter(id));
            } else if (node.op == &detail::constant_op) {
                place[id] = recorder.leaf(*node.op, graph.constant(id), graph.name(id), node.a);
            } else if (node.op == &detail::output_op) {
                place[id] = recorder.output(place[node.in[0]], static_cast<std::size_t>(node.a));
            } else {
                in.clear();
                for (const ValueId input : graph.inputs(id)) in.push_back(place[input]);
                ScopeId scope = outer;
                std::vector<ScopeId> path;
                for (ScopeId s = node.scope; s != 0; s = graph.scope(s).parent) path.push_back(s);
                for (auto s = path.rbegin(); s != path.rend(); ++s)
                    scope = recorder.graph.enter(scope, graph.scope(*s).name, graph.scope(*s).type);
                recorder.scope = scope;
                place[id] = recorder.record(*node.op, in, node.a, node.b,
                                            recorder.graph.intern(graph.list(node.list)));
            }
        }
        recorder.scope = outer;
        std::vector<Variable> result;
        for (const ValueId id : graph.outputs()) result.push_back(place[id]);
        return result;
    } catch (...) {
        recorder.scope = outer;
        recorder.truncate(before);
        throw;
    }
}

Variable Graph::operator()(Variable x) const
{
    if (outputs().size() != 1)
        throw ShapeError("graph: it has " + std::to_string(outputs().size()) +
                         " outputs, not one: call it with a span of its inputs");
    return (*this)(std::span<const Variable>(&x, 1))[0];
}

}  // namespace xgrad
