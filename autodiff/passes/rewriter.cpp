// One pass of rules over a graph after the other, until none fits.
#include "autodiff/passes/rewriter.hpp"

#include <algorithm>
#include <bit>

#include "autodiff/passes/graph_copy.hpp"
#include "autodiff/passes/value_facts.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

Rewriter::Rewriter(const Graph& graph, std::span<const Rule> rules, const RewriteOptions& options)
    : graph_(graph), options_(options), limit_(16 * graph.size() + 1000)
{
    graph.verify();
    std::vector<std::string_view> ops;
    for (ValueId id = 0; id < graph.size(); ++id)
        if (find_op(graph[id].op->name) != graph[id].op) ops.push_back(graph[id].op->name);
    for (const Rule& rule : rules) {
        if (!rule.rewrite) throw ValueError("rule '" + rule.name + "' has no rewrite");
        rules_.push_back({&rule, parse_pattern(rule.pattern, ops)});
    }
    log_.nodes_before = graph.size();
}

Rewritten Rewriter::run()
{
    Graph now = graph_;
    std::vector<ValueId> origins(now.size());
    for (ValueId id = 0; id < now.size(); ++id) origins[id] = id;
    for (bool again = true; again;) {
        Graph next;
        again = pass(now, origins, next);
        now = std::move(next);
    }
    for (Application& application : log_.applied) {
        std::erase(application.after, no_value);
        std::ranges::sort(application.after);
    }
    log_.refused = std::move(refused_);
    log_.nodes_after = now.size();
    return {std::move(now), std::move(log_)};
}

bool Rewriter::pass(const Graph& old, std::vector<ValueId>& origins, Graph& result)
{
    Tape tape({.training = false});
    recorder_ = &tape.recorder();
    const Recorder::Lazily lazily(*recorder_);
    old_ = &old;
    place_.assign(old.size(), no_value);
    replaced_.assign(old.size(), 0);
    named_output_.assign(old.size(), 0);
    uses_ = old.use_counts();
    for (const auto& update : old.updates()) ++uses_[update.second];
    for (const ValueId id : old.outputs()) named_output_[id] = !old.name(id).empty();
    origin_.clear();
    maker_.clear();
    old_makers_.resize(old.size(), no_value);
    readers_.clear();
    uniform_.clear();
    ranges_.clear();
    derivative_.clear();
    seen_.clear();
    refused_.clear();
    applied_ = 0;

    std::vector<ScopeId> scopes(old.scope_count(), no_value);
    scopes[0] = 0;
    std::vector<ScopeId> path;
    for (ValueId id = 0; id < old.size(); ++id) {
        const Node& node = old[id];
        ScopeId scope = node.scope;
        for (path.clear(); scopes[scope] == no_value; scope = old.scope(scope).parent) path.push_back(scope);
        for (auto at = path.rbegin(); at != path.rend(); ++at)
            scopes[*at] = recorder_->graph.enter(scopes[old.scope(*at).parent], old.scope(*at).name,
                                                 old.scope(*at).type);
        recorder_->scope = scopes[node.scope];
        root_derivative_ = node.flags & lasting_flags;

        const bool plain = !node.op->traits.leaf && node.op->outputs == 1 && !node.op->traits.update &&
                           !node.op->traits.stochastic && !(node.flags & recomputed);
        std::size_t hash = 0;
        if (plain && options_.share) {
            const ValueId same = shared(old, id, hash);
            if (same != no_value && takes_name(id, same, "common parts", same)) {
                readers_[same] += uses_[id];
                place_[id] = same;
                const ValueId first = static_cast<ValueId>(recorder_->graph.size());
                Application application{.rule = "common parts", .from = label(same, 2), .to = label(same, 2)};
                if (origins[id] != no_value) {
                    application.from = "%" + std::to_string(origins[id]);
                    application.before = {origins[id]};
                } else if (old_makers_[id] != no_value) {
                    application.before = log_.applied[old_makers_[id]].before;
                }
                log(std::move(application), {}, first, same);
                continue;
            }
        }
        const ValueId first = static_cast<ValueId>(recorder_->graph.size());
        ValueId at = copy(old, id);
        took_in(false);
        if (at >= first || node.op == &output_op) {
            origin_[at] = origins[id];
            maker_[at] = old_makers_[id];
            derivative_[at] = root_derivative_;
        }
        if (const std::string_view name = old.name(id); !name.empty() && recorder_->graph.name(at).empty())
            recorder_->graph.set_name(at, std::string(name));
        readers_[at] += uses_[id];
        if (plain) {
            const ValueId key = at;
            for (bool again = true; again && !recorder_->graph[at].op->traits.leaf;) {
                std::optional<ValueId> next = options_.constants ? computed(at, id) : std::nullopt;
                if (!next) next = apply_one(at, id);
                again = next.has_value();
                if (!again) break;
                readers_[*next] += uses_[id];
                at = *next;
                replaced_[id] = 1;
                if (log_.applied.size() > limit_)
                    throw GraphError(
                        "rewrite: the rules come to no end: after " + std::to_string(log_.applied.size()) +
                        " applications, the last ones of '" + log_.applied.back().rule + "', they still fit");
                if (recorder_->graph[at].op->outputs != 1) break;
            }
            if (options_.share) seen_.emplace(hash, std::pair(key, at));
        }
        place_[id] = at;
    }
    result = finish(old, origins);
    recorder_ = nullptr;
    return applied_ > 0;
}

ValueId Rewriter::copy(const Graph& old, ValueId id)
{
    Recorder& recorder = *recorder_;
    const Node& node = old[id];
    if (node.op == &input_op) {
        const Dims shape = old.shape(id);
        return recorder
            .leaf(input_op, Array(node.dtype, Shape(shape.begin(), shape.end())), old.name(id), node.a)
            .id();
    }
    if (node.op == &parameter_op) return recorder.parameter(old.parameter(id)).id();
    if (node.op == &constant_op)
        return recorder.leaf(constant_op, old.constant(id), old.name(id), node.a).id();
    if (node.op == &output_op)
        return recorder.output(recorder.handle(place_[node.in[0]]), static_cast<std::size_t>(node.a)).id();
    std::vector<Variable> in;
    for (const ValueId input : old.inputs(id)) in.push_back(recorder.handle(place_[input]));
    return recorder.record(*node.op, in, node.a, node.b, recorder.graph.intern(old.list(node.list))).id();
}

// An equal node that was copied before, or no_value. Equal: op, attributes and inputs.
ValueId Rewriter::shared(const Graph& old, ValueId id, std::size_t& hash) const
{
    const auto mixed = [&](std::uint64_t value) {
        hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
        hash *= 0xff51afd7ed558ccdu;
    };
    const Node& node = old[id];
    Graph& graph = recorder_->graph;
    const ListId list = graph.intern(old.list(node.list));
    hash = 0;
    for (const char c : node.op->name) mixed(static_cast<unsigned char>(c));
    mixed(std::bit_cast<std::uint64_t>(node.a));
    mixed(std::bit_cast<std::uint64_t>(node.b));
    mixed(list);
    const auto inputs = old.inputs(id);
    for (const ValueId in : inputs) mixed(place_[in]);
    const auto same = [](double x, double y) {
        return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
    };
    const auto [first, last] = seen_.equal_range(hash);
    for (auto at = first; at != last; ++at) {
        const auto& [key, value] = at->second;
        const Node& other = graph[key];
        const auto read = graph.inputs(key);
        if (other.op == node.op && same(other.a, node.a) && same(other.b, node.b) && other.list == list &&
            read.size() == inputs.size() &&
            std::ranges::equal(inputs, read, [&](ValueId a, ValueId b) { return place_[a] == b; }))
            return value;
    }
    return no_value;
}

// Facts about the nodes that were recorded since the last call.
void Rewriter::took_in(bool emitted)
{
    const Graph& graph = recorder_->graph;
    for (ValueId id = static_cast<ValueId>(origin_.size()); id < graph.size(); ++id) {
        origin_.push_back(no_value);
        maker_.push_back(emitted ? static_cast<std::uint32_t>(log_.applied.size()) : no_value);
        readers_.push_back(0);
        derivative_.push_back(emitted ? root_derivative_ : std::uint8_t{0});
        const Array constant = graph[id].op == &constant_op ? recorder_->array(id) : Array();
        uniform_.push_back(uniform_value(graph, id, constant, uniform_));
        ranges_.push_back(range_of(graph, id, constant, ranges_));
        if (emitted)
            for (const ValueId in : graph.inputs(id)) ++readers_[in];
    }
}

const std::vector<std::uint32_t>& Rewriter::rules_for(const Op& op)
{
    const auto [at, is_new] = by_op_.try_emplace(&op);
    if (is_new)
        for (std::uint32_t k = 0; k < rules_.size(); ++k) {
            const PatternNode& root = rules_[k].pattern.root();
            if (root.kind == PatternNode::Kind::any_op || root.op == op.name) at->second.push_back(k);
        }
    return at->second;
}

Graph Rewriter::finish(const Graph& old, std::vector<ValueId>& origins)
{
    const Graph& graph = recorder_->graph;
    std::vector<ValueId> wanted, outputs;
    for (const ValueId id : old.outputs()) wanted.push_back(place_[id]);
    for (const auto& update : old.updates()) wanted.push_back(place_[update.second]);
    for (const ValueId id : old.input_ids()) wanted.push_back(place_[id]);
    Graph result = recorder_->snapshot(wanted);

    // Where the snapshot put each node: it keeps what is needed, in order.
    std::vector<std::uint8_t> needed(graph.size(), 0);
    for (const ValueId id : wanted) needed[id] = 1;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;) {
        if (graph[id].op == &output_op && needed[id]) needed[graph[id].in[0]] = 1;
        if (!needed[id]) continue;
        for (const ValueId in : graph.inputs(id)) needed[in] = 1;
    }
    std::vector<ValueId> to(graph.size(), no_value);
    std::vector<ValueId> next_origins;
    std::vector<std::uint32_t> next_makers;
    bool derivatives = false;
    std::vector<std::uint8_t> flags;
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (graph[id].op == &output_op) needed[id] = needed[graph[id].in[0]];
        if (!needed[id]) continue;
        to[id] = static_cast<ValueId>(next_origins.size());
        next_origins.push_back(origin_[id]);
        next_makers.push_back(maker_[id]);
        flags.push_back(derivative_[id]);
        derivatives = derivatives || derivative_[id];
    }
    const std::vector<ValueId> ids(result.outputs().begin(), result.outputs().end());
    const std::size_t count = old.outputs().size();
    result.set_outputs({ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count)});
    for (std::size_t k = 0; k < old.updates().size(); ++k)
        result.add_update(old.updates()[k].first, ids[count + k]);
    if (derivatives) {  // the recorder marks what it differentiates itself only
        GraphCopy marked(result);
        for (ValueId id = 0; id < result.size(); ++id) marked.copy(id, flags[id]);
        result = marked.finish();
    }

    const auto move = [&](std::vector<ValueId>& nodes) {
        for (ValueId& id : nodes)
            if (id != no_value) id = to[id];
    };
    for (std::size_t k = 0; k < log_.applied.size(); ++k) {
        std::vector<ValueId>& after = log_.applied[k].after;
        if (k + applied_ < log_.applied.size())  // of an earlier pass: ids of the old graph
            for (ValueId& id : after)
                if (id != no_value) id = replaced_[id] ? no_value : place_[id];
        move(after);
    }
    for (NotApplied& refused : refused_) {
        move(refused.nodes);
        std::erase(refused.nodes, no_value);
        std::ranges::sort(refused.nodes);
    }
    std::erase_if(refused_, [](const NotApplied& refused) { return refused.nodes.empty(); });
    origins = std::move(next_origins);
    old_makers_ = std::move(next_makers);
    return result;
}

}  // namespace xgrad::detail

namespace xgrad {

Rewritten rewrite(const Graph& graph, std::span<const Rule> rules, const RewriteOptions& options)
{
    return detail::Rewriter(graph, rules, options).run();
}
Rewritten rewrite(const Graph& graph, std::initializer_list<Rule> rules, const RewriteOptions& options)
{
    return rewrite(graph, std::span(rules.begin(), rules.size()), options);
}
Rewritten simplify(const Graph& graph, const RewriteOptions& options)
{
    return rewrite(graph, simplification_rules(), options);
}

}  // namespace xgrad
