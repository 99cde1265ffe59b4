// Dead nodes, common nodes, constants.
#include "autodiff/passes/simplify.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "autodiff/passes/graph_copy.hpp"
#include "xgrad/autodiff/buffer.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

std::size_t mixed(std::size_t hash, std::uint64_t value)
{
    hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
    return hash * 0xff51afd7ed558ccdu;
}

bool same(const Graph& graph, const Node& x, std::span<const ValueId> inputs, ValueId id)
{
    const Node& y = graph[id];
    const std::span<const ValueId> others = graph.inputs(y);
    return x.op == y.op && std::bit_cast<std::uint64_t>(x.a) == std::bit_cast<std::uint64_t>(y.a) &&
           std::bit_cast<std::uint64_t>(x.b) == std::bit_cast<std::uint64_t>(y.b) && x.list == y.list &&
           x.shape == y.shape && x.dtype == y.dtype && inputs.size() == others.size() &&
           std::equal(inputs.begin(), inputs.end(), others.begin());
}

// One element of an elementwise op whose operands are numbers: a whole vector is computed, as a run would.
double computed(const Graph& graph, const Node& node, std::span<const ValueId> inputs)
{
    alignas(alignment) std::byte memory[4][8 * alignment];  // 64 elements of at most 8 bytes
    constexpr std::size_t count = 64;
    const auto fill = [&](std::byte* to, DType dtype, double value) {
        switch (dtype) {
        case DType::float32:
            for (std::size_t i = 0; i < count; ++i)
                reinterpret_cast<float*>(to)[i] = static_cast<float>(value);
            break;
        case DType::float64:
            for (std::size_t i = 0; i < count; ++i) reinterpret_cast<double*>(to)[i] = value;
            break;
        case DType::int64: break;
        case DType::boolean: std::memset(to, value != 0, count); break;
        }
    };
    for (std::size_t k = 0; k < inputs.size(); ++k)
        fill(memory[k], graph.dtype(inputs[k]), graph[inputs[k]].a);
    const BlockKernel run = node.op->blocks[static_cast<std::size_t>(graph.dtype(inputs.back()))][0];
    run(memory[3], memory[0], memory[1], memory[2], &node.a, count);
    switch (node.dtype) {
    case DType::float32: return *reinterpret_cast<float*>(memory[3]);
    case DType::float64: return *reinterpret_cast<double*>(memory[3]);
    case DType::int64: break;
    case DType::boolean: return static_cast<double>(memory[3][0] != std::byte{0});
    }
    return 0;
}

// The input that a node passes on as it is, beside a neutral one: x in x * 1.
ValueId unchanged(const Graph& graph, const Node& node, std::span<const ValueId> inputs, Dims shape)
{
    if (!node.op->traits.elementwise || inputs.size() != 2) return no_value;
    for (std::size_t k = 0; k < 2; ++k) {
        const Node& neutral = graph[inputs[k]];
        const ValueId other = inputs[1 - k];
        if (neutral.op->traits.filled && neutral.a == node.op->traits.neutral[k] &&
            graph.dtype(other) == node.dtype && std::ranges::equal(graph.shape(other), shape))
            return other;
    }
    return no_value;
}

}  // namespace

Graph without_dead_nodes(const Graph& graph)
{
    std::vector<std::uint8_t> needed(graph.size(), 0);
    for (const ValueId id : graph.outputs()) needed[id] = 1;
    for (const auto& update : graph.updates()) needed[update.second] = 1;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;) {
        const Node& node = graph[id];
        if (node.op == &output_op && needed[id]) needed[node.in[0]] = 1;
        if (node.op == &input_op) needed[id] = 1;  // inputs keep their places
        if (!needed[id]) continue;
        for (const ValueId in : graph.inputs(id)) needed[in] = 1;
    }
    GraphCopy copy(graph);
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (graph[id].op == &output_op) needed[id] = needed[graph[id].in[0]];  // outputs stay together
        if (needed[id]) copy.copy(id);
    }
    return copy.finish();
}

Graph with_shared_nodes(const Graph& graph)
{
    GraphCopy copy(graph);
    // Open addressing; the rest of the hash spares looking at most nodes that are not the one sought.
    struct Seen {
        ValueId id = no_value;
        std::uint32_t rest = 0;
    };
    std::vector<Seen> seen(std::bit_ceil(2 * graph.size() + 1));
    const std::size_t mask = seen.size() - 1;
    std::vector<ValueId> inputs;
    for (ValueId id = 0; id < graph.size(); ++id) {
        Node node = graph[id];
        const bool single = node.op->outputs == 1 && node.op != &output_op && !node.op->traits.leaf &&
                            !node.op->traits.stochastic && !node.op->traits.update &&
                            !(node.flags & recomputed);  // its twin's value would have to be kept
        if (!single) {
            copy.copy(id);
            continue;
        }
        inputs.clear();
        for (const ValueId in : graph.inputs(id)) inputs.push_back(copy.place[in]);
        node.shape = copy.graph.intern(graph.list(node.shape));
        node.list = copy.graph.intern(graph.list(node.list));
        std::size_t hash = mixed(reinterpret_cast<std::uintptr_t>(node.op), node.shape);
        hash = mixed(mixed(hash, std::bit_cast<std::uint64_t>(node.a)), std::bit_cast<std::uint64_t>(node.b));
        hash = mixed(hash, node.list);
        for (const ValueId in : inputs) hash = mixed(hash, in);
        std::size_t at = hash >> 32 & mask;
        const auto rest = static_cast<std::uint32_t>(hash);
        while (seen[at].id != no_value &&
               (seen[at].rest != rest || !same(copy.graph, node, inputs, seen[at].id)))
            at = (at + 1) & mask;
        if (seen[at].id == no_value)
            seen[at] = {copy.copy(id), rest};
        else
            copy.place[id] = seen[at].id;
    }
    return copy.finish();
}

Graph with_folded_constants(const Graph& graph)
{
    GraphCopy copy(graph);
    std::vector<ValueId> inputs;
    for (ValueId id = 0; id < graph.size(); ++id) {
        const Node& node = graph[id];
        inputs.clear();
        bool numbers = node.arity > 0;
        for (const ValueId in : graph.inputs(id)) {
            inputs.push_back(copy.place[in]);
            numbers = numbers && copy.graph[inputs.back()].op->traits.filled &&
                      copy.graph.dtype(inputs.back()) != DType::int64;
        }
        if (const ValueId same = unchanged(copy.graph, node, inputs, graph.shape(id)); same != no_value) {
            copy.place[id] = same;
            continue;
        }
        if (node.op->traits.alias && node.op->kernel == nullptr && node.shape == graph[node.in[0]].shape) {
            copy.place[id] = inputs[0];  // the same memory in the same shape
            continue;
        }
        const bool keeps = node.op->traits.alias || node.op->traits.repeats;
        const bool elementwise = node.op->traits.elementwise && node.dtype != DType::int64;
        if (!numbers || !(keeps || elementwise)) {
            copy.copy(id);
            continue;
        }
        const double value = keeps ? copy.graph[inputs[0]].a : computed(copy.graph, node, inputs);
        copy.place[id] = copy.emit(full_op, {}, copy.scope(node.scope), value,
                                   static_cast<double>(node.dtype), graph.shape(id));
    }
    return copy.finish();
}

Graph with_accumulated_products(const Graph& graph)
{
    const std::vector<std::uint32_t> uses = graph.use_counts();
    std::vector<std::uint8_t> written(graph.size(), 0);
    for (const auto& update : graph.updates()) written[update.second] = 1;
    std::vector<const Op*> plus(graph.size(), nullptr);
    GraphCopy copy(graph);
    for (ValueId id = 0; id < graph.size(); ++id) {
        const Node& node = graph[id];
        const auto passing = [&](ValueId in) {
            const Node& as = copy.graph[copy.place[in]];  // a sum may have become a product
            return uses[in] == 1 && !written[in] && graph[in].shape == node.shape && as.arity > 0 &&
                   !as.op->traits.elementwise && !as.op->traits.alias;
        };
        if (node.op->plus != nullptr) plus[id] = &node.op->plus();
        if (node.op != &add_op || node.in[0] == node.in[1] || !passing(node.in[0]) || !passing(node.in[1])) {
            copy.copy(id);
            continue;
        }
        // The later one is added to the earlier one, if it can.
        ValueId first = std::min(node.in[0], node.in[1]), second = std::max(node.in[0], node.in[1]);
        if (plus[second] == nullptr) std::swap(first, second);
        if (plus[second] == nullptr) {
            copy.copy(id);
            continue;
        }
        std::vector<ValueId> inputs = {copy.place[first]};
        for (const ValueId in : graph.inputs(second)) inputs.push_back(copy.place[in]);
        Node folded = copy.graph[copy.place[second]];
        folded.op = plus[second];
        copy.place[id] = copy.graph.append(folded, inputs);
    }
    return copy.finish();
}

}  // namespace xgrad::detail
