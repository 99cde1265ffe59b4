// Which outputs are gradients: the reverse sweep is run again and compared.
#include "autodiff/export/dot_gradients.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "autodiff/recorder.hpp"
#include "autodiff/rows.hpp"
#include "xgrad/autodiff/ops.hpp"

namespace xgrad::detail {
namespace {

// Values by number: two nodes have the same one if they apply the same op to the same values.
class Numbers {
  public:
    using Number = std::uint32_t;
    static constexpr Number unknown = 0;

    // A number for every node of the graph.
    std::vector<Number> of(const Graph& graph)
    {
        std::vector<Number> result(graph.size());
        for (ValueId id = 0; id < graph.size(); ++id) {
            const Op& op = *graph[id].op;
            const bool own =
                &op == &input_op || &op == &parameter_op || &op == &constant_op || op.traits.stochastic;
            result[id] = own ? ++last_ : known_.try_emplace(key(graph, id, result), last_ + 1).first->second;
            last_ = std::max(last_, result[id]);
        }
        return result;
    }
    // The number of a node of another graph, if there is such a value.
    Number find(const Graph& graph, ValueId id, const std::vector<Number>& numbers) const
    {
        if (graph[id].op == &constant_op) return unknown;  // its numbers would have to be compared
        for (const ValueId in : graph.inputs(id))
            if (numbers[in] == unknown) return unknown;
        const auto it = known_.find(key(graph, id, numbers));
        return it == known_.end() ? unknown : it->second;
    }

  private:
    static std::string key(const Graph& graph, ValueId id, const std::vector<Number>& numbers)
    {
        const Node& node = graph[id];
        std::string text;
        const auto add = [&](const auto& value) {
            text.append(reinterpret_cast<const char*>(&value), sizeof value);
        };
        add(node.op);
        add(node.dtype);
        add(node.a);
        add(node.b);
        for (const ListId list : {node.shape, node.list}) {
            add(graph.list(list).size());
            for (const std::int64_t value : graph.list(list)) add(value);
        }
        for (const ValueId in : graph.inputs(id)) add(numbers[in]);
        return text;
    }

    std::unordered_map<std::string, Number> known_;
    Number last_ = unknown;
};

// The forward part on a tape, lazily: leaves are stand-ins without memory. Returns the nodes' places there.
std::vector<Variable> record_again(Recorder& recorder, const Graph& graph, const Parts& parts)
{
    std::vector<Variable> place(graph.size()), in;
    for (ValueId id = 0; id < graph.size(); ++id) {
        const Node& node = graph[id];
        if (!parts.forward[id]) continue;
        if (parts.further[id]) {
            place[id] = recorder.output(place[node.in[0]], static_cast<std::size_t>(node.a));
        } else if (node.op->traits.leaf) {
            place[id] =
                recorder.record(full_op, std::span<const Variable>(), 0, static_cast<double>(node.dtype),
                                recorder.graph.intern(graph.shape(id)));
        } else {
            in.clear();
            for (const ValueId input : graph.inputs(id)) in.push_back(place[input]);
            place[id] =
                recorder.record(*node.op, in, node.a, node.b, recorder.graph.intern(graph.list(node.list)));
        }
    }
    return place;
}

}  // namespace

std::vector<std::vector<Derivative>> derivatives(const Graph& graph, const Parts& parts, int forward_outputs)
{
    const std::span<const ValueId> outputs = graph.outputs();
    std::vector<std::vector<Derivative>> result(outputs.size());
    const std::size_t count = std::min(outputs.size(), static_cast<std::size_t>(forward_outputs));
    Numbers numbers;
    const std::vector<Numbers::Number> old = numbers.of(graph);
    for (std::size_t y = 0; y < count; ++y) {
        if (graph.count(outputs[y]) != 1 || !is_floating(graph.dtype(outputs[y]))) continue;
        try {
            Tape tape;
            Recorder& recorder = tape.recorder();
            const Recorder::Lazily lazily(recorder);
            const std::vector<Variable> place = record_again(recorder, graph, parts);
            std::vector<ValueId> by, wrt;
            for (ValueId id = 0; id < graph.size(); ++id) {
                const bool leaf = parts.leaf[id] == Leaf::data || parts.leaf[id] == Leaf::parameter;
                if (!parts.forward[id] || !is_floating(graph.dtype(id)) || id == outputs[y]) continue;
                if (!leaf && (parts.leaf[id] != Leaf::none || graph.name(id).empty())) continue;
                by.push_back(id);
                wrt.push_back(place[id].id());
            }
            const Variable seed = ones_like(place[outputs[y]]);
            recorder.mark_seed(seed);
            const ValueId from[] = {place[outputs[y]].id()}, cotangent[] = {seed.id()};
            const std::vector<ValueId> found = recorder.reverse(from, cotangent, wrt);
            std::vector<Numbers::Number> now(recorder.graph.size(), Numbers::unknown);
            for (ValueId id = 0; id < graph.size(); ++id)
                if (parts.forward[id]) now[place[id].id()] = old[id];
            for (ValueId id = 0; id < now.size(); ++id)
                if (now[id] == Numbers::unknown) now[id] = numbers.find(recorder.graph, id, now);
            for (std::size_t k = 0; k < wrt.size(); ++k) {
                if (found[k] == no_value || now[found[k]] == Numbers::unknown) continue;
                for (std::size_t output = count; output < outputs.size(); ++output)
                    if (old[outputs[output]] == now[found[k]]) result[output].push_back({outputs[y], by[k]});
            }
        } catch (const Error&) {  // an op without a gradient: nothing can be said
        }
    }
    return result;
}

}  // namespace xgrad::detail
