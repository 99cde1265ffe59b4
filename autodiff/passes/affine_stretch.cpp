// Finding stretches, and the sizes of the terms that they add up.
#include "autodiff/passes/affine_stretch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "autodiff/passes/graph_copy.hpp"
#include "autodiff/passes/symbolic_map.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

// Does a fixed operand hold the same for all rows of a value?
bool same_for_rows(Dims operand, Dims value)
{
    return operand.size() < value.size() || (operand.size() == value.size() && operand[0] == 1);
}

bool keeps_rows(const Graph& graph, const Facts& facts, ValueId id)
{
    const Node& node = graph[id];
    const Traits& traits = node.op->traits;
    const auto inputs = graph.inputs(id);
    const Dims value = graph.shape(id), list = graph.list(node.list);
    if (value.empty()) return false;
    for (const ValueId in : inputs) {
        const Dims shape = graph.shape(in);
        if (facts.varying(in) && (shape.empty() || shape[0] != value[0])) return false;
    }
    if (traits.elementwise)
        return std::ranges::all_of(inputs, [&](ValueId in) {
            return facts.varying(in) ? graph.shape(in).size() == value.size()
                                     : same_for_rows(graph.shape(in), value);
        });
    if (traits.sums || traits.averages) return std::ranges::find(list, 0) == list.end();
    if (traits.repeats) return graph.shape(inputs[0]).size() == value.size();
    if (traits.alias) return node.op->kernel == nullptr;  // a reshape that keeps the first length
    if (traits.moves && inputs.size() > 1)                // joined along another axis; all parts vary
        return node.a != 0 && std::ranges::all_of(inputs, [&](ValueId in) { return facts.varying(in); });
    if (traits.moves) {
        if (list.size() == value.size()) {  // the order of axes, or
            bool order = true;
            std::vector<std::uint8_t> seen(value.size(), 0);
            for (const std::int64_t axis : list)
                order = order && axis >= 0 && axis < static_cast<std::int64_t>(value.size()) &&
                        !seen[static_cast<std::size_t>(axis)]++;
            if (order && node.op == &op_named("permute")) return list[0] == 0;
        }
        // start, stop and step of each axis: the first one whole
        constexpr std::int64_t absent = std::numeric_limits<std::int64_t>::min();
        return list.size() < 3 || (list[0] == absent && list[1] == absent && list[2] == 1);
    }
    const auto step = node.op->affine ? node.op->affine(graph, id, 0) : std::nullopt;
    return step && step->weight != no_value && facts.varying(inputs[0]) && value.size() >= 2;
}

}  // namespace

std::string why_no_step(const Graph& graph, const Facts& facts, ValueId id)
{
    const Node& node = graph[id];
    const Traits& traits = node.op->traits;
    const auto inputs = graph.inputs(id);
    if (traits.leaf || node.op->outputs != 1) return " is not affine";
    std::size_t varying = 0;
    bool affine = is_floating(node.dtype);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        if (facts.kind[inputs[k]] == Facts::Kind::random)
            return " is stochastic: it is drawn anew at each run";
        if (!facts.varying(inputs[k])) continue;
        ++varying;
        affine =
            affine && is_floating(graph.dtype(inputs[k])) &&
            ((traits.linear >> std::min<std::size_t>(k, 7) & 1) || (node.op->arity < 0 && traits.jointly));
    }
    if (traits.stochastic) return " is stochastic: it is drawn anew at each run";
    if (!affine || (varying > 1 && !traits.jointly))
        return traits.kink.empty() ? std::string(" is not affine")
                                   : " is not affine: " + std::string(traits.kink);
    const bool sizes_known = traits.alias || traits.repeats || traits.sums || traits.averages ||
                             traits.moves || (traits.elementwise && (node.op->affine || traits.jointly)) ||
                             node.op->affine;
    if (!sizes_known || !keeps_rows(graph, facts, id))
        return " does not treat all rows alike, as far as is known";
    return {};
}

std::vector<Stretch> find_stretches(const Graph& graph, const Facts& facts, std::vector<Refusal>& refusals)
{
    const std::size_t size = graph.size();
    std::vector<std::uint8_t> step(size, 0), cut(size, 0);
    for (ValueId id = 0; id < size; ++id) {
        if (!facts.live[id] || !facts.varying(id) || graph[id].op == &input_op) continue;
        const std::string why = why_no_step(graph, facts, id);
        step[id] = why.empty();
        if (!why.empty())
            refusals.push_back({why.find("stochastic") != std::string::npos ? RefusalReason::stochastic
                                                                            : RefusalReason::not_affine,
                                {id},
                                describe(graph, id) + why});
    }
    // A stretch leads from its root to where it is left. A value that is read outside of it becomes a root itself, which
    // changes what lies behind; so until nothing changes.
    std::vector<ValueId> root(size, no_value), end(size, no_value);
    for (bool changed = true; changed;) {
        changed = false;
        for (ValueId id = 0; id < size; ++id) {
            root[id] = id;
            if (!step[id]) continue;
            ValueId common = no_value;
            bool one = true;
            for (const ValueId in : graph.inputs(id)) {
                if (!facts.varying(in)) continue;
                const ValueId from = cut[in] ? in : root[in];
                one = one && (common == no_value || common == from);
                common = from;
            }
            if (one) {
                root[id] = common;
                continue;
            }
            step[id] = 0;  // what the branches have in common lies before the roots, so both end here
            changed = true;
            refusals.push_back(
                {RefusalReason::not_affine,
                 {id},
                 describe(graph, id) + " joins branches that do not come from one value by affine steps"});
        }
        for (ValueId id = static_cast<ValueId>(size); id-- > 0;) {
            end[id] = id;
            if (!step[id] || cut[id]) continue;
            // All who read it must belong to its stretch and lead to one end, or none.
            std::size_t inside = 0, reads = 0;
            bool one = true;
            for (const ValueId user : facts.users[id]) {
                for (const ValueId in : graph.inputs(user)) reads += in == id;
                if (!step[user] || root[user] != root[id]) continue;
                one = one && (inside == 0 || end[user] == end[id]);
                end[id] = end[user];
                ++inside;
            }
            const bool left = inside < facts.users[id].size() || facts.uses[id] > reads || !one;
            if (!left || inside == 0) continue;
            changed = true;
            cut[id] = 1;
            end[id] = id;
            refusals.push_back({RefusalReason::used_elsewhere,
                                {id},
                                describe(graph, id) + (facts.is_output[id] ? " is an output of the graph"
                                                                           : " is read by others too")});
        }
    }
    std::map<ValueId, Stretch> by_end;
    for (ValueId id = 0; id < size; ++id)
        if (step[id]) {
            by_end[end[id]].nodes.push_back(id);
            by_end[end[id]].input = root[id];
        }
    std::vector<Stretch> result;
    for (auto& [_, stretch] : by_end) {
        result.push_back(std::move(stretch));
    }
    std::ranges::stable_sort(refusals, {}, [](const Refusal& refusal) { return refusal.nodes.front(); });
    return result;
}

StretchGraphs graphs_of(const Graph& graph, const Facts& facts, const Stretch& stretch)
{
    const ValueId stop[] = {stretch.input}, end[] = {stretch.output()};
    StretchGraphs result{extract(graph, stop, end), {}, 0};
    std::vector<ValueId> operands;
    for (const ValueId id : stretch.nodes)
        for (const ValueId in : graph.inputs(id))
            if (!facts.varying(in) && graph.dtype(in) != DType::boolean) operands.push_back(in);
    std::vector<ValueId> masks;
    for (const ValueId id : stretch.nodes)
        for (const ValueId in : graph.inputs(id))
            if (!facts.varying(in) && graph.dtype(in) == DType::boolean) masks.push_back(in);
    const std::vector<Array> values = fixed_values(graph, operands), choices = fixed_values(graph, masks);

    GraphCopy copy(graph);
    copy.copy_as_input(stretch.input);
    for (std::size_t k = 0; k < operands.size(); ++k) {
        const Array wide = values[k].cast(DType::float64);
        Array size(DType::float64, Shape(wide.shape().begin(), wide.shape().end()));
        for (std::int64_t i = 0; i < wide.size(); ++i)
            static_cast<double*>(size.mutable_data())[i] =
                std::abs(static_cast<const double*>(wide.data())[i]);
        if (copy.place[operands[k]] == no_value)
            copy.place[operands[k]] = copy.emit_constant(size.cast(graph.dtype(operands[k])), "", 0);
    }
    for (std::size_t k = 0; k < masks.size(); ++k)
        if (copy.place[masks[k]] == no_value) copy.place[masks[k]] = copy.emit_constant(choices[k], "", 0);
    const auto row = [&](ValueId id) {
        return graph.shape(id)[0] == 0 ? 0. : static_cast<double>(graph.count(id) / graph.shape(id)[0]);
    };
    for (const ValueId id : stretch.nodes) {
        const Node& node = graph[id];
        const auto inputs = graph.inputs(id);
        result.roundings += row(id) + 8;
        std::size_t which = 0, varying = 0;
        for (std::size_t k = inputs.size(); k-- > 0;)
            if (facts.varying(inputs[k])) {
                which = k;
                ++varying;
                result.roundings += row(inputs[k]);
            }
        std::optional<AffineStep> step;
        if (node.op->affine) step = node.op->affine(graph, id, which);
        if (node.op->traits.elementwise && node.op->traits.linear == 3 && varying == 2) {
            copy.place[id] = copy.emit(add_op, {copy.place[inputs[0]], copy.place[inputs[1]]}, 0);
        } else if (node.op->traits.elementwise && step.has_value()) {
            ValueId x = copy.place[inputs[which]];
            if (step->factor != no_value)
                x = copy.emit(op_named(step->divide ? "div" : "mul"), {x, copy.place[step->factor]}, 0);
            if (step->bias != no_value) x = copy.emit(add_op, {x, copy.place[step->bias]}, 0);
            if (std::abs(step->scale) != 1 || step->shift != 0)
                x = copy.emit(op_named("affine"), {x}, 0, std::abs(step->scale), std::abs(step->shift));
            copy.place[id] = x;
        } else {
            copy.copy(id);  // it adds up what it is given, with no sign
        }
    }
    copy.graph.set_outputs({copy.place[stretch.output()]});
    result.sizes = std::move(copy.graph);
    return result;
}

}  // namespace xgrad::detail
