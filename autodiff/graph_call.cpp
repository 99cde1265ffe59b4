// A graph used as a function: recorded again on a tape with other inputs.
#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {

using detail::Recorder;

namespace {

std::string described(const Graph& graph, std::size_t k, ValueId id, Dims given)
{
    const std::string_view name = graph.name(id);
    return "graph: input " + std::to_string(k) + (name.empty() ? "" : " '" + std::string(name) + "'") +
           " has shape " + to_string(given) + ", it was recorded with " + to_string(graph.shape(id));
}

// Other shapes than the recorded ones must not meet a node that holds on to those. What depends on other inputs alone
// has no other shape; but random numbers that were drawn for one row must not serve for many.
void check_shapes(const Graph& graph, std::span<const ValueId> places, std::span<const Variable> inputs)
{
    std::vector<std::uint8_t> varies;
    std::string changed;
    for (std::size_t k = 0; k < places.size(); ++k) {
        const Dims given = inputs[k].shape(), recorded = graph.shape(places[k]);
        if (std::ranges::equal(given, recorded)) continue;
        if (given.size() != recorded.size())
            throw ShapeError(described(graph, k, places[k], given) + ": the number of axes is fixed");
        if (changed.empty()) changed = described(graph, k, places[k], given);
        varies.resize(graph.size(), 0);
        varies[places[k]] = 1;
    }
    if (changed.empty()) return;
    for (ValueId id = 0; id < graph.size(); ++id) {
        const Node& node = graph[id];
        varies[id] |= node.op->traits.stochastic;
        for (const ValueId in : graph.inputs(id)) varies[id] |= varies[in];
        if (!varies[id]) continue;
        const bool derivative = node.flags & from_derivative;
        if (!derivative) {
            if (!node.op->traits.fixes_shape || graph.shape(id).empty()) continue;
            const Dims list = graph.list(node.list);
            if (node.op->traits.alias && std::ranges::find(list, -1) != list.end()) continue;
        }
        const std::string path = graph.path(node.scope);
        throw ShapeError(changed + ", and %" + std::to_string(id) + " " + std::string(node.op->name) + " " +
                         to_string(graph.shape(id)) + (path.empty() ? "" : " in " + path) +
                         (derivative ? " is part of a gradient" : " fixes a shape") +
                         ": record the graph again for other shapes");
    }
}

}  // namespace

std::vector<Variable> Graph::operator()(std::span<const Variable> inputs) const
{
    const Graph& graph = *this;
    const std::vector<ValueId> places = graph.input_ids();
    if (places.size() != inputs.size())
        throw ShapeError("graph: it has " + counted(places.size(), "input") + ", " +
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
    check_shapes(graph, places, inputs);
    const std::size_t before = recorder.graph.size();
    const ScopeId outer = recorder.scope;
    try {
        std::vector<Variable> place(graph.size());
        std::vector<Variable> in;
        std::size_t next = 0;
        using Draw = std::pair<std::uint64_t, std::uint64_t>;  // seed and stream
        std::map<Draw, Draw> draws;  // what is computed again in a backward pass draws the same
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
                double a = node.a, b = node.b;
                if (node.op->traits.stochastic) {  // drawn anew: seed and stream
                    const Draw was{std::bit_cast<std::uint64_t>(a), std::bit_cast<std::uint64_t>(b)};
                    const auto [at, is_new] = draws.try_emplace(was);
                    if (is_new || !(node.flags & recomputed)) at->second = recorder.next_stream();
                    a = std::bit_cast<double>(at->second.first);
                    b = std::bit_cast<double>(at->second.second);
                }
                place[id] = recorder.record(*node.op, in, a, b, recorder.graph.intern(graph.list(node.list)));
                recorder.mark_lasting(place[id], node.flags & recomputed);
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
