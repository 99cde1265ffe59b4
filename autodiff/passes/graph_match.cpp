// Comparing two graphs node for node.
#include "autodiff/passes/graph_match.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

std::optional<std::vector<ValueId>> match_elsewhere(const Graph& before, const Graph& after,
                                                    const std::vector<Chain>& chains,
                                                    const std::vector<Merged>& merged, bool operands)
{
    const std::vector<std::uint8_t> need = needed_after(before, chains, operands),
                                    live = needed_after(after, {}, false);
    std::vector<const Merged*> by_output(before.size(), nullptr);
    std::vector<std::uint8_t> new_node(after.size(), 0);
    for (const Merged& m : merged) {
        by_output[m.before.back()] = &m;
        for (const ValueId id : m.after) {
            if (id >= after.size()) return std::nullopt;
            new_node[id] = 1;
        }
        if (m.after.empty()) return std::nullopt;
    }
    const std::vector<ValueId> inputs_before = before.input_ids(), inputs_after = after.input_ids();
    if (inputs_before.size() != inputs_after.size()) return std::nullopt;

    std::vector<ValueId> place(before.size(), no_value);
    const auto alike = [&](ValueId a, ValueId b) {
        return before.dtype(a) == after.dtype(b) && std::ranges::equal(before.shape(a), after.shape(b));
    };
    std::multimap<const void*, ValueId> constants;  // by their memory, which copies of a graph share
    for (ValueId id = 0; id < after.size(); ++id)
        if (after[id].op == &constant_op) constants.emplace(after.constant(id).data(), id);
    std::size_t next_input = 0;
    ValueId next = 0;
    for (ValueId id = 0; id < before.size(); ++id) {
        const Node& node = before[id];
        if (!need[id] && node.op != &input_op) continue;
        if (by_output[id]) {
            place[id] = by_output[id]->after.back();
        } else if (node.op == &input_op) {
            place[id] = inputs_after[next_input++];
        } else if (node.op == &parameter_op) {
            for (const auto& [leaf, parameter] : after.parameters())
                if (parameter == before.parameter(id)) place[id] = leaf;
        } else if (node.op == &constant_op) {
            const auto [first, last] = constants.equal_range(before.constant(id).data());
            for (auto it = first; it != last; ++it)
                if (alike(id, it->second)) place[id] = it->second;
        } else {
            const auto skipped = [&](ValueId k) {
                const bool leaf = after[k].op->traits.leaf && after[k].op != &output_op;
                return leaf || new_node[k] || !live[k];
            };
            while (next < after.size() && skipped(next)) ++next;
            if (next == after.size()) return std::nullopt;
            const Node& other = after[next];
            // Bits, not values: attributes may hold a seed.
            if (other.op != node.op ||
                std::bit_cast<std::uint64_t>(other.a) != std::bit_cast<std::uint64_t>(node.a) ||
                std::bit_cast<std::uint64_t>(other.b) != std::bit_cast<std::uint64_t>(node.b) ||
                !std::ranges::equal(before.list(node.list), after.list(other.list)))
                return std::nullopt;
            const auto in = before.inputs(id), other_in = after.inputs(next);
            if (!std::ranges::equal(in, other_in, [&](ValueId a, ValueId b) { return place[a] == b; }))
                return std::nullopt;
            place[id] = next++;
        }
        if (place[id] == no_value || !alike(id, place[id])) return std::nullopt;
    }
    const auto kept = [&](ValueId a, ValueId b) { return place[a] == b; };
    if (!std::ranges::equal(before.outputs(), after.outputs(), kept)) return std::nullopt;
    if (!std::ranges::equal(before.updates(), after.updates(), [&](const auto& a, const auto& b) {
            return a.first == b.first && kept(a.second, b.second);
        }))
        return std::nullopt;
    return place;
}

}  // namespace xgrad::detail
