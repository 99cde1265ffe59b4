// Applying one rule at one node: conditions, guards and the log.
#include <algorithm>
#include <cmath>

#include "autodiff/passes/rewriter.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {

// ---------------------------------------------------------------- words

std::string Rewriter::describe(ValueId id) const
{
    const Graph& graph = recorder_->graph;
    std::string where = graph.path(graph[id].scope);
    if (where.empty() && !graph.name(id).empty()) where = "'" + std::string(graph.name(id)) + "'";
    if (where.empty() && origin_[id] != no_value) where = "%" + std::to_string(origin_[id]);
    return std::string(graph[id].op->name) + (where.empty() ? "" : " (" + where + ")");
}

// A value that an expression does not look into.
std::string Rewriter::label(ValueId id, int depth) const
{
    const Graph& graph = recorder_->graph;
    if (graph[id].op->traits.filled) return number_text(graph[id].a);
    if (!graph.name(id).empty()) return std::string(graph.name(id));
    if (origin_[id] != no_value) return "%" + std::to_string(origin_[id]);
    if (graph[id].op->traits.leaf) return std::string(graph[id].op->name) + " " + to_string(graph.shape(id));
    return expression(id, {}, 0, depth);
}

// The node as an expression: it ends at `known` values and at nodes under `below`.
std::string Rewriter::expression(ValueId id, std::span<const ValueId> known, ValueId below, int depth) const
{
    const Graph& graph = recorder_->graph;
    if (depth == 0) return "...";
    const Node& node = graph[id];
    if (node.op->traits.leaf || node.op->traits.filled) return label(id, depth);
    std::string text = std::string(node.op->name) + "(";
    const auto inputs = graph.inputs(id);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        if (k > 0) text += ", ";
        const ValueId in = known.empty() ? inputs[k] : without_check(graph, inputs[k]);
        const bool inner = std::ranges::find(known, in) != known.end() || (below > 0 && in >= below);
        text += inner ? expression(in, known, below, depth - 1) : label(inputs[k], depth - 1);
    }
    text += ")";
    if (node.op->attributes)
        if (const std::string more = node.op->attributes(graph, node); !more.empty())
            text += " {" + more + "}";
    return text;
}

void Rewriter::log(Application application, std::span<const ValueId> matched, ValueId first_new, ValueId by)
{
    const Graph& graph = recorder_->graph;
    for (const ValueId id : matched) {
        std::vector<ValueId>& before = application.before;
        if (origin_[id] != no_value) {
            before.push_back(origin_[id]);
        } else if (maker_[id] != no_value) {  // what that rule had met
            const std::vector<ValueId>& earlier = log_.applied[maker_[id]].before;
            if (before.size() + earlier.size() > 256) continue;  // a sign that wanders through a long chain
            before.insert(before.end(), earlier.begin(), earlier.end());
        }
    }
    std::ranges::sort(application.before);
    application.before.erase(std::unique(application.before.begin(), application.before.end()),
                             application.before.end());
    application.path = graph.path(recorder_->scope);
    application.after = {by};
    for (std::size_t k = 0; k < application.after.size(); ++k)
        for (const ValueId in : graph.inputs(application.after[k]))
            if (in >= first_new && std::ranges::find(application.after, in) == application.after.end())
                application.after.push_back(in);
    log_.applied.push_back(std::move(application));
    ++applied_;
}

void Rewriter::refuse(const std::string& rule, std::vector<ValueId> nodes, std::string reason)
{
    refused_.push_back({rule, std::move(nodes), std::move(reason)});
}

// ---------------------------------------------------------------- guards

// Whether `by` may stand for a node of the old graph as far as names go; it takes its name over where it has none.
bool Rewriter::takes_name(ValueId old_id, ValueId by, const std::string& rule, ValueId node)
{
    Graph& graph = recorder_->graph;
    const std::string name(old_->name(old_id)), own(graph.name(by));
    if (name.empty() || name == own) return true;
    if (own.empty() && !graph[by].op->traits.leaf) {
        graph.set_name(by, name);
        return true;
    }
    if (!named_output_[old_id]) return true;
    refuse(
        rule, {node},
        "it is the output '" + name + "', whose name would be lost: " + describe(by) + " would stand for it");
    return false;
}

// What depends on constants alone, as a constant.
std::optional<ValueId> Rewriter::computed(ValueId id, ValueId old_id)
{
    const Graph& graph = recorder_->graph;
    const Node& node = graph[id];
    if (node.arity == 0 || (node.op->traits.alias && node.op->kernel != nullptr)) return std::nullopt;
    std::int64_t numbers = 0;
    bool filled = true;
    for (const ValueId in : graph.inputs(id)) {
        const bool is_filled = graph[in].op->traits.filled;
        if (!is_filled && graph[in].op != &constant_op) return std::nullopt;
        filled = filled && is_filled;
        numbers += is_filled ? 1 : graph.count(in);
    }
    const std::int64_t count = graph.count(id), most = std::max(numbers, options_.largest_constant);
    if (count > most) {
        refuse("constants", {id},
               describe(id) + " would become a constant of " + std::to_string(count) +
                   " numbers, its inputs have " + std::to_string(numbers) + ", and constants of over " +
                   std::to_string(options_.largest_constant) + " are not made");
        return std::nullopt;
    }
    Array value;
    try {
        value = recorder_->array(id);
    } catch (const Error&) {
        return std::nullopt;  // it will say so when it runs
    }
    const ValueId matched[] = {id};
    Application application{.rule = "constants", .from = expression(id, {}, 0, 2)};
    const ValueId first = static_cast<ValueId>(graph.size());
    ValueId constant = no_value;
    if (filled && is_floating(value.dtype()) && value.size() > 0) {  // one number stays one number
        const Array wide = value.cast(DType::float64);
        const auto* const data = static_cast<const double*>(wide.data());
        const auto same = [&](double x) { return x == data[0] && std::signbit(x) == std::signbit(data[0]); };
        if (std::all_of(data, data + wide.size(), same)) {
            const ListId shape = graph[id].shape;
            constant = recorder_
                           ->record(full_op, std::span<const Variable>(), data[0],
                                    static_cast<double>(value.dtype()), shape)
                           .id();
        }
    }
    if (constant == no_value) constant = recorder_->leaf(constant_op, value, {}).id();
    took_in(true);
    const std::string name(old_->name(old_id));
    if (!name.empty()) recorder_->graph.set_name(constant, name);
    application.to = graph[constant].op->traits.filled ? number_text(graph[constant].a)
                                                       : "a constant " + to_string(graph.shape(constant));
    log(std::move(application), matched, first, constant);
    return constant;
}

// The first rule that fits at a node, applied: what stands there now.
std::optional<ValueId> Rewriter::apply_one(ValueId id, ValueId old_id)
{
    const Graph& graph = recorder_->graph;
    for (const std::uint32_t k : rules_for(*graph[id].op)) {
        const Rule& rule = *rules_[k].rule;
        std::optional<Bindings> bindings = match_pattern(rules_[k].pattern, graph, id, uniform_);
        if (!bindings) continue;
        const Matched matched{*this, rules_[k].pattern, std::move(*bindings), id};
        const Match match(matched);
        if (rule.fits && !rule.fits(match)) continue;
        std::vector<ValueId> nodes = matched.bindings.ops;
        nodes.push_back(id);
        std::string reason;
        if (rule.inner_once)
            for (const ValueId inner : matched.bindings.ops)
                if (readers_[inner] > 1 && reason.empty())
                    reason = describe(inner) + " is read by others too, or is an output: it would stay";
        for (std::size_t c = 0; c < rule.conditions.size() && reason.empty(); ++c)
            reason = rule.conditions[c](match);
        if (!reason.empty()) {
            refuse(rule.name, std::move(nodes), std::move(reason));
            continue;
        }
        const ValueId first = static_cast<ValueId>(graph.size());
        const std::string from = expression(id, matched.bindings.ops, 0, 6);
        const Variable result = rule.rewrite(match);
        recorder_->check(result, "rewrite");
        took_in(true);
        const ValueId by = result.id();
        if (by == id) continue;
        if (!std::ranges::equal(graph.shape(by), graph.shape(id)) || graph.dtype(by) != graph.dtype(id)) {
            refuse(rule.name, std::move(nodes),
                   "what would stand for " + describe(id) + " is " + to_string(graph.shape(by)) + " " +
                       std::string(name_of(graph.dtype(by))) + ", not " + to_string(graph.shape(id)) + " " +
                       std::string(name_of(graph.dtype(id))));
            continue;
        }
        if (!takes_name(old_id, by, rule.name, id)) continue;
        Application application{
            .rule = rule.name, .from = from, .exactness = rule.exactness, .bound = rule.bound};
        application.to = by < first ? label(by, 4) : expression(by, {}, first, 6);
        log(std::move(application), nodes, first, by);
        return by;
    }
    return std::nullopt;
}

// ---------------------------------------------------------------- what rules see

ValueId Matched::at(std::string_view name) const
{
    const int found = pattern.find(name);
    if (found < 0)
        throw GraphError("rule: the pattern '" + pattern.text + "' has no name '" + std::string(name) + "'");
    return bindings.named[static_cast<std::size_t>(found)];
}

}  // namespace xgrad::detail

namespace xgrad {

Variable Match::operator[](std::string_view name) const
{
    return matched_.rewriter.recorder().handle(matched_.at(name));
}
Variable Match::root() const { return matched_.rewriter.recorder().handle(matched_.root); }
const Graph& Match::graph() const { return matched_.rewriter.recorder().graph; }
const Node& Match::node(std::string_view name) const { return graph()[matched_.at(name)]; }
Range Match::range(std::string_view name) const { return matched_.rewriter.range(matched_.at(name)); }
double Match::number(std::string_view name) const { return matched_.rewriter.uniform(matched_.at(name)); }
std::string Match::describe(std::string_view name) const
{
    return matched_.rewriter.describe(matched_.at(name));
}

std::function<std::string(const Match&)> not_negative(std::string name)
{
    return [name = std::move(name)](const Match& m) -> std::string {
        if (m.range(name).low >= 0) return {};
        const double low = m.range(name).low;
        return m.describe(name) + " may be negative: " +
               (std::isinf(low) ? "nothing is known of its range"
                                : "all that is known is that it is at least " + number_text(low));
    };
}

}  // namespace xgrad
