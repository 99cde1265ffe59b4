// Which nodes are affine steps, which of them follow one another, and what ends a stretch.
#include "autodiff/passes/affine_chain.hpp"

#include <algorithm>
#include <cmath>

#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {

Facts::Facts(const Graph& graph)
    : live(graph.size(), 0),
      kind(graph.size(), Kind::fixed),
      uses(graph.size(), 0),
      is_output(graph.size(), 0),
      users(graph.size())
{
    live = needed_after(graph, {}, false);
    const std::vector<ValueId> inputs = graph.input_ids();
    for (const ValueId id : inputs) kind[id] = Kind::varying;
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (graph[id].op->traits.stochastic) kind[id] = std::max(kind[id], Kind::random);
        for (const ValueId in : graph.inputs(id)) {
            kind[id] = std::max(kind[id], kind[in]);
            if (!live[id]) continue;
            ++uses[in];
            if (users[in].empty() || users[in].back() != id) users[in].push_back(id);
        }
    }
    for (const ValueId id : graph.outputs()) {
        ++uses[id];
        is_output[id] = 1;
    }
    for (const auto& update : graph.updates()) ++uses[update.second];
}

// ---------------------------------------------------------------- chains

bool Chain::has_product() const
{
    return std::ranges::any_of(steps, [](const ChainStep& s) { return s.step.weight != no_value; });
}

bool Chain::has_bias() const
{
    return std::ranges::any_of(
        steps, [](const ChainStep& s) { return s.step.bias != no_value || s.step.shift != 0; });
}

Shape Chain::widths(const Graph& graph) const
{
    Shape widths = {graph.shape(input).back()};
    for (const ChainStep& s : steps)
        if (s.step.weight != no_value) widths.push_back(graph.shape(s.node).back());
    return widths;
}

std::vector<ValueId> Chain::operands() const
{
    std::vector<ValueId> ids;
    for (const ChainStep& s : steps)
        for (const ValueId id : {s.step.weight, s.step.factor, s.step.bias})
            if (id != no_value && std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    return ids;
}

Chain chain_of(const Graph& graph, const Facts& facts, std::span<const ValueId> nodes)
{
    if (nodes.empty()) throw GraphError("certify: a merged stretch without nodes");
    Chain chain;
    for (const ValueId id : nodes) {
        if (id >= graph.size() || !facts.live[id] || !facts.varying(id))
            throw GraphError("certify: node %" + std::to_string(id) +
                             " is not on the way from input to output");
        const auto found = step_of(graph, facts, id);
        if (const auto* not_a_step = std::get_if<NotAStep>(&found))
            throw GraphError("certify: " + not_a_step->text);
        const ChainStep& step = std::get<ChainStep>(found);
        const ValueId from = graph.inputs(id)[step.which];
        if (chain.steps.empty()) {
            chain.input = from;
        } else if (from != chain.output() || facts.uses[from] != 1) {
            throw GraphError("certify: " + describe(graph, id) +
                             " does not continue the merged stretch, or what it "
                             "reads is used elsewhere");
        }
        chain.steps.push_back(step);
    }
    return chain;
}

std::vector<Chain> split_at_products(const Chain& chain)
{
    std::vector<Chain> pieces = {{chain.input, {}}};
    for (const ChainStep& step : chain.steps) {
        if (step.step.weight != no_value && pieces.back().has_product())
            pieces.push_back({pieces.back().output(), {}});
        pieces.back().steps.push_back(step);
    }
    return pieces;
}

std::vector<std::uint8_t> needed_after(const Graph& graph, const std::vector<Chain>& chains, bool operands)
{
    std::vector<std::uint8_t> need(graph.size(), 0);
    std::vector<const Chain*> by_output(graph.size(), nullptr);
    for (const Chain& chain : chains) by_output[chain.output()] = &chain;
    for (const ValueId id : graph.outputs()) need[id] = 1;
    for (const auto& update : graph.updates()) need[update.second] = 1;
    for (const ValueId id : graph.input_ids()) need[id] = 1;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;) {
        if (!need[id]) continue;
        if (const Chain* chain = by_output[id]) {
            need[chain->input] = 1;
            if (!operands) continue;
            for (const ValueId operand : chain->operands()) need[operand] = 1;
            continue;
        }
        for (const ValueId in : graph.inputs(id)) need[in] = 1;
        for (int k = 1; k < graph[id].op->outputs; ++k)
            need[id + static_cast<ValueId>(k)] = 1;  // they stay together
    }
    return need;
}

// ---------------------------------------------------------------- steps

std::string describe(const Graph& graph, ValueId id)
{
    std::string where = graph.path(graph[id].scope);
    if (where.empty() && !graph.name(id).empty()) where = "'" + std::string(graph.name(id)) + "'";
    if (where.empty()) where = "%" + std::to_string(id);
    return std::string(graph[id].op->name) + " (" + where + ")";
}

std::string describe(const Graph& graph, const Chain& chain)
{
    const std::string first = graph.path(graph[chain.steps.front().node].scope);
    const std::string last = graph.path(graph[chain.output()].scope);
    if (first.empty() || last.empty())
        return describe(graph, chain.steps.front().node) + " to " + describe(graph, chain.output());
    return first == last ? first : first + " to " + last;
}

namespace {

// One number for each element of the last axis, or one for all; and the value keeps the shape of x.
bool along_last_axis(Dims operand, Dims x, Dims value)
{
    if (!std::ranges::equal(x, value)) return false;
    for (std::size_t k = 0; k + 1 < operand.size(); ++k)
        if (operand[k] != 1) return false;
    return operand.size() <= x.size();
}

std::string why_not_affine(const Graph& graph, ValueId id, std::size_t which)
{
    const Op& op = *graph[id].op;
    const std::string who = describe(graph, id);
    if (!op.traits.kink.empty()) return who + " is not affine: " + std::string(op.traits.kink);
    if (std::isfinite(op.traits.low) && std::isfinite(op.traits.high))
        return who + " is not affine: its values stay within " + number_text(op.traits.low) + " and " +
               number_text(op.traits.high);
    if (std::isfinite(op.traits.low))
        return who + " is not affine: its values are never under " + number_text(op.traits.low);
    if (which < 8 && (op.traits.linear >> which & 1) != 0)
        return who +
               " is not affine along the last axis: it is linear, but no product from the right with a "
               "matrix";
    return who + " is not affine" + (op.formula.empty() ? "" : ": " + std::string(op.formula));
}

}  // namespace

std::variant<ChainStep, NotAStep> step_of(const Graph& graph, const Facts& facts, ValueId id)
{
    using enum RefusalReason;
    const Op& op = *graph[id].op;
    const auto inputs = graph.inputs(id);
    const auto not_a_step = [&](RefusalReason reason, const std::string& why) {
        return NotAStep{reason, describe(graph, id) + why};
    };
    if (op.traits.leaf) return not_a_step(not_affine, " is a leaf");
    if (op.traits.stochastic) return not_a_step(stochastic, " is stochastic: it is drawn anew at each run");
    std::size_t which = 0, count = 0;
    for (std::size_t k = 0; k < inputs.size(); ++k)
        if (facts.varying(inputs[k])) {
            if (count++ == 0) which = k;
        }
    if (count == 0) return not_a_step(not_affine, " does not depend on an input");
    for (const ValueId in : inputs)
        if (facts.kind[in] == Facts::Kind::random)
            return not_a_step(stochastic,
                              " is stochastic: " + describe(graph, in) + " is drawn anew at each run");
    if (!is_floating(graph.dtype(id)) || !op.affine)
        return NotAStep{not_affine, why_not_affine(graph, id, which)};
    if (count > 1)
        return not_a_step(not_affine,
                          " is not affine in one variable: it joins values that all depend on the input");
    const std::optional<AffineStep> step = op.affine(graph, id, which);
    if (!step) return NotAStep{not_affine, why_not_affine(graph, id, which)};
    const Dims x = graph.shape(inputs[which]), value = graph.shape(id);
    if (x.empty() || value.empty())
        return not_a_step(not_affine, " is not affine along the last axis: a scalar has no axis");
    for (const auto& [operand, what] : {std::pair(step->factor, "factor"), std::pair(step->bias, "bias")})
        if (operand != no_value && !along_last_axis(graph.shape(operand), x, value))
            return not_a_step(not_affine, " is not affine along the last axis: its " + std::string(what) +
                                              " " + to_string(graph.shape(operand)) + " beside " +
                                              to_string(x) +
                                              " is not one number for each element of the last axis");
    return ChainStep{id, which, *step};
}

// ---------------------------------------------------------------- the search

std::vector<Chain> find_chains(const Graph& graph, const Facts& facts, std::vector<Refusal>& refusals)
{
    constexpr std::uint32_t none = 0xffffffffu;
    std::vector<Chain> chains;
    std::vector<std::uint32_t> chain_at(graph.size(), none);
    std::vector<Refusal> barriers;
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!facts.live[id] || !facts.varying(id) || graph[id].op == &input_op) continue;
        auto found = step_of(graph, facts, id);
        if (auto* not_a_step = std::get_if<NotAStep>(&found)) {
            barriers.push_back({not_a_step->reason, {id}, std::move(not_a_step->text)});
            continue;
        }
        const ChainStep& step = std::get<ChainStep>(found);
        const ValueId from = graph.inputs(id)[step.which];
        if (chain_at[from] != none && facts.uses[from] == 1) {
            chain_at[id] = chain_at[from];
            chains[chain_at[id]].steps.push_back(step);
        } else {
            chain_at[id] = static_cast<std::uint32_t>(chains.size());
            chains.push_back({from, {step}});
        }
    }

    const auto product_at = [&](ValueId id) {
        return chain_at[id] != none && chains[chain_at[id]].has_product();
    };
    for (Refusal& barrier : barriers) {
        const ValueId id = barrier.nodes.front();
        if (std::ranges::any_of(graph.inputs(id), product_at) ||
            std::ranges::any_of(facts.users[id], product_at))
            refusals.push_back(std::move(barrier));
    }
    for (const Chain& chain : chains) {
        const ValueId end = chain.output();
        const auto continues = [&](ValueId user) {
            if (chain_at[user] == none) return false;
            Chain joined = chain;
            const Chain& next = chains[chain_at[user]];
            joined.steps.insert(joined.steps.end(), next.steps.begin(), next.steps.end());
            return next.input == end && joined.gains();
        };
        if (std::ranges::none_of(facts.users[end], continues)) continue;
        std::string readers;
        const std::vector<ValueId>& users = facts.users[end];
        const std::size_t shown = users.size() > 3 ? 2 : users.size();
        for (std::size_t k = 0; k < shown; ++k)
            readers += (k == 0 ? "" : k + 1 == users.size() ? " and " : ", ") + describe(graph, users[k]);
        const auto written = [end](const auto& update) { return update.second == end; };
        if (shown < users.size()) readers += " and " + std::to_string(users.size() - shown) + " more";
        if (std::ranges::any_of(graph.updates(), written)) readers += ", and it is written to a state slot";
        refusals.push_back({RefusalReason::used_elsewhere,
                            {end},
                            describe(graph, end) +
                                (facts.is_output[end] ? " is an output of the graph and read by "
                                                      : " is used more than once: by ") +
                                readers});
    }
    std::ranges::stable_sort(refusals, {}, [](const Refusal& refusal) { return refusal.nodes.front(); });
    std::erase_if(chains, [](const Chain& chain) { return !chain.has_product(); });
    std::ranges::sort(chains, {}, &Chain::output);
    return chains;
}

}  // namespace xgrad::detail
