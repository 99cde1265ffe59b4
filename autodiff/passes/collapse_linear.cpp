// Deciding which stretches are merged, and building the graph in which they are.
#include "xgrad/autodiff/passes/collapse_linear.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "autodiff/passes/chain_error.hpp"
#include "autodiff/passes/symbolic_map.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace detail {
namespace {

/// The parameters and constants that a chain's operands are made of.
std::vector<ValueId> leaves_of(const Graph& graph, const Chain& chain)
{
    std::set<ValueId> seen;
    std::vector<ValueId> next = chain.operands(), leaves;
    while (!next.empty()) {
        const ValueId id = next.back();
        next.pop_back();
        if (!seen.insert(id).second) continue;
        if (graph[id].op == &parameter_op || graph[id].op == &constant_op) leaves.push_back(id);
        for (const ValueId in : graph.inputs(id)) next.push_back(in);
    }
    std::ranges::sort(leaves);
    return leaves;
}

bool has_parameter(const Graph& graph, const Chain& chain)
{
    return std::ranges::any_of(leaves_of(graph, chain),
                               [&](ValueId id) { return graph[id].op == &parameter_op; });
}

struct Cost {
    std::int64_t parameters = 0;
    double flops = 0;
};
// Parameters count if nothing else needs them: others stay when the chain goes.
Cost cost_before(const Graph& graph, const Facts& facts, const Chain& chain)
{
    Cost cost;
    std::map<ValueId, std::uint32_t, std::greater<>> uses;  // by what goes; users come before what they use
    const auto goes = [&](ValueId id) {
        for (const ValueId in : graph.inputs(id)) ++uses[in];
    };
    for (const ChainStep& s : chain.steps) goes(s.node);
    for (auto at = uses.begin(); at != uses.end(); ++at) {
        const auto [id, count] = *at;
        if (id == chain.input || count < facts.uses[id] || facts.varying(id)) continue;
        if (graph[id].op == &parameter_op || graph[id].op == &constant_op) cost.parameters += graph.count(id);
        goes(id);
    }
    for (const ChainStep& s : chain.steps) cost.flops += flops_of(graph, s.node);
    return cost;
}
Cost cost_after(const Graph& graph, const Chain& chain)
{
    const Shape widths = chain.widths(graph);
    const std::int64_t n = widths.front(), m = widths.back(), bias = chain.has_bias() ? m : 0;
    const double rows = m == 0 ? 0 : static_cast<double>(graph.count(chain.output()) / m);
    return {n * m + bias, rows * static_cast<double>(2 * n * m + bias)};
}

std::string widths_text(const Graph& graph, const Chain& chain)
{
    const Shape widths = chain.widths(graph);
    std::string text;
    for (std::size_t k = 0; k < widths.size(); ++k) {
        if (widths.size() > 8 && k == 3) {
            text += "-...";
            k = widths.size() - 3;
        }
        text += (k ? "-" : "") + std::to_string(widths[k]);
    }
    return text;
}

std::vector<ValueId> nodes_of(const Chain& chain)
{
    std::vector<ValueId> nodes;
    for (const ChainStep& s : chain.steps) nodes.push_back(s.node);
    return nodes;
}

/// Whether W' and b', trained freely, can be what the chain cannot; the reason, or an empty text. The rules are
/// sufficient for "the same class" (up to closure), and refuse what they do not know.
std::string other_class(const Graph& graph, const Facts& facts, const Chain& chain)
{
    const Shape widths = chain.widths(graph);
    const std::int64_t n = widths.front(), m = widths.back(), narrow = *std::ranges::min_element(widths);
    const std::string size = std::to_string(n) + " x " + std::to_string(m);
    if (narrow < std::min(n, m))
        return "the product of its weights has rank " + std::to_string(narrow) + " at most, a free " + size +
               " weight need not";
    for (const ValueId id : leaves_of(graph, chain))
        if (graph[id].op == &parameter_op && facts.uses[id] > 1)
            return "its parameter '" + graph.parameter(id).name() +
                   "' is used elsewhere too, and would no longer be shared";
    const auto is_parameter = [&](ValueId id) { return id != no_value && graph[id].op == &parameter_op; };
    bool free_bias = !chain.has_bias();
    std::size_t products = 0;
    for (const ChainStep& s : chain.steps) {
        if (s.step.weight != no_value) {
            ++products;
            if (!is_parameter(s.step.weight))
                return "the weight of " + describe(graph, s.node) +
                       " is not a parameter, and would become free";
        }
        // A bias that is trained at full width makes b' free if nothing after it is narrower than [W'; b'] is.
        if (is_parameter(s.step.bias) && graph.count(s.step.bias) == widths[products])
            free_bias =
                free_bias ||
                std::min(n + 1, m) <=
                    *std::min_element(widths.begin() + static_cast<std::ptrdiff_t>(products), widths.end());
    }
    return free_bias ? ""
                     : "its biases cannot be every bias of length " + std::to_string(m) + ", a free one can";
}

/// What is merged, and into what (nothing in symbolic mode).
struct Choice {
    std::vector<Chain> chains;
    std::vector<std::optional<MergedMap>> maps;
};

/// Takes up the chain, or says why not.
std::optional<Refusal> refused(const Graph& graph, const Facts& facts, const Chain& chain,
                               const CollapseOptions& options, Choice& choice)
{
    std::optional<MergedMap> map;
    const auto take = [&] {
        choice.chains.push_back(chain);
        choice.maps.push_back(std::move(map));
        return std::nullopt;
    };
    if (options.mode == CollapseMode::symbolic) return take();
    const std::string who = describe(graph, chain) + " (" + widths_text(graph, chain) + ")";
    const Cost before = cost_before(graph, facts, chain), after = cost_after(graph, chain);
    if (!options.allow_dearer && (after.parameters > before.parameters || after.flops > before.flops))
        return Refusal{RefusalReason::dearer, nodes_of(chain),
                       who + " would be dearer as one product: " + std::to_string(before.parameters) +
                           " -> " + std::to_string(after.parameters) + " parameters, " +
                           number_text(before.flops) + " -> " + number_text(after.flops) + " flops"};
    if (options.mode == CollapseMode::parameters && !options.allow_other_model_class &&
        has_parameter(graph, chain))
        if (const std::string why = other_class(graph, facts, chain); !why.empty())
            return Refusal{RefusalReason::other_model_class, nodes_of(chain),
                           who + " would be another class of models: " + why};
    map = merged_map({graph, chain, fixed_values(graph, chain.operands())});
    if (!map->finite)
        return Refusal{
            RefusalReason::not_finite, nodes_of(chain),
            who + " has no finite W' and b' in " + std::string(name_of(graph.dtype(chain.output())))};
    return take();
}

/// Each maximal chain, or what remains of one that is refused.
Choice chosen(const Graph& graph, const Facts& facts, const CollapseOptions& options,
              std::vector<Refusal>& refusals)
{
    Choice choice;
    for (const Chain& chain : find_chains(graph, facts, refusals)) {
        if (!chain.gains()) continue;
        auto refusal = refused(graph, facts, chain, options, choice);
        if (!refusal) continue;
        refusals.push_back(std::move(*refusal));
        for (const Chain& piece : split_at_products(chain))
            if (piece.gains() && piece.steps.size() < chain.steps.size())
                refused(graph, facts, piece, options, choice);
    }
    return choice;
}

// ---------------------------------------------------------------- the new graph

/// The innermost module around all nodes of a chain.
ScopeId common_scope(const Graph& graph, const Chain& chain)
{
    const auto depth = [&](ScopeId id) {
        int count = 0;
        for (; id != 0; id = graph.scope(id).parent) ++count;
        return count;
    };
    ScopeId scope = graph[chain.output()].scope;
    for (const ChainStep& s : chain.steps) {
        ScopeId other = graph[s.node].scope;
        while (scope != other) {
            ScopeId& deeper = depth(scope) >= depth(other) ? scope : other;
            deeper = graph.scope(deeper).parent;
        }
    }
    return scope;
}

/// The path of a merged chain: that module's, or "first-last" where there is none or another chain has it.
std::string path_of(const Graph& graph, const Chain& chain, std::set<std::string>& taken)
{
    const std::string common = graph.path(common_scope(graph, chain));
    const std::string first = graph.path(graph[chain.steps.front().node].scope),
                      last = graph.path(graph[chain.output()].scope);
    std::string path = common;
    if (path.empty() || taken.contains(path)) {
        const std::size_t skip = common.empty() || last == common ? 0 : common.size() + 1;
        path = first == last || last.empty() ? first : first.empty() ? last : first + "-" + last.substr(skip);
    }
    const std::string wanted = path;
    for (int k = 2; taken.contains(path); ++k)
        path = wanted + (wanted.empty() ? "collapsed" : "_") + std::to_string(k);
    taken.insert(path);
    return path;
}

Merged emit_merged(GraphCopy& copy, const Graph& graph, const Chain& chain,
                   const std::optional<MergedMap>& values, CollapseMode mode, std::set<std::string>& taken)
{
    Merged merged;
    merged.before = nodes_of(chain);
    merged.widths = chain.widths(graph);
    merged.weight = {merged.widths.front(), merged.widths.back()};
    merged.path = path_of(graph, chain, taken);
    const ScopeId scope = copy.scope(common_scope(graph, chain));
    const ValueId first = static_cast<ValueId>(copy.graph.size());
    SymbolicMap map;
    if (!values) {
        map = emit_symbolic(copy, graph, chain, scope);
        if (map.weight >= first) copy.graph.set_name(map.weight, "W'");
        if (map.bias != no_value && map.bias >= first) copy.graph.set_name(map.bias, "b'");
    } else {
        if (mode == CollapseMode::parameters && has_parameter(graph, chain)) {
            const std::string prefix = merged.path.empty() ? "" : merged.path + ".";
            map.weight = copy.emit_parameter(Parameter(values->weight, prefix + "weight"), scope);
            if (chain.has_bias())
                map.bias = copy.emit_parameter(Parameter(values->bias, prefix + "bias"), scope);
        } else {
            map.weight = copy.emit_constant(values->weight, "W'", scope);
            if (chain.has_bias()) map.bias = copy.emit_constant(values->bias, "b'", scope);
        }
    }
    ValueId y = copy.emit(op_named("matmul"), {copy.place[chain.input], map.weight}, scope);
    if (map.bias != no_value) y = copy.emit(add_op, {y, map.bias}, scope);
    if (const std::string_view name = graph.name(chain.output()); !name.empty())
        copy.graph.set_name(y, std::string(name));
    copy.place[chain.output()] = y;
    for (ValueId id = first; id <= y; ++id)
        if (!copy.graph[id].op->traits.leaf) merged.after.push_back(id);
    return merged;
}

Graph rebuild(const Graph& graph, const Choice& choice, const CollapseOptions& options,
              std::vector<Merged>& merged)
{
    const std::vector<std::uint8_t> need =
        needed_after(graph, choice.chains, options.mode == CollapseMode::symbolic);
    std::vector<std::size_t> by_output(graph.size(), choice.chains.size());
    for (std::size_t k = 0; k < choice.chains.size(); ++k) by_output[choice.chains[k].output()] = k;
    GraphCopy copy(graph);
    std::set<std::string> taken;
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!need[id]) continue;
        if (const std::size_t k = by_output[id]; k < choice.chains.size())
            merged.push_back(emit_merged(copy, graph, choice.chains[k], choice.maps[k], options.mode, taken));
        else
            copy.copy(id);
    }
    return copy.finish();
}

}  // namespace
}  // namespace detail

Collapsed collapse_linear(const Graph& graph, const CollapseOptions& options)
{
    using namespace detail;
    check_collapse_input(graph, options);
    const Facts facts(graph);
    std::vector<Refusal> refusals;
    const Choice choice = chosen(graph, facts, options, refusals);
    std::vector<Merged> merged;
    Graph result = choice.chains.empty() ? graph : rebuild(graph, choice, options, merged);
    result.verify();
    Certificate certificate = certify(graph, result, std::move(merged), options);
    certificate.refusals = std::move(refusals);
    return {std::move(result), std::move(certificate)};
}

}  // namespace xgrad
