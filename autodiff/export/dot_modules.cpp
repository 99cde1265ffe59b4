// Frames, closed modules and folds.
#include "autodiff/export/dot_modules.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "autodiff/export/dot_text.hpp"

namespace xgrad::detail {
namespace {

constexpr std::size_t close_above = 200, close_until = 60, fold_from = 3;

// What makes two modules equal: their ops with attributes, shapes and wiring; parameters may differ.
std::string signature(const Graph& graph, const Parts& parts, const Module& module)
{
    std::unordered_map<ValueId, std::size_t> place;
    std::string text;
    const std::size_t root = module.ops.empty() ? 0 : module.ops.front();
    for (const ValueId id : module.ops) {
        const Node& node = graph[id];
        text += std::string(node.op->name) + to_string(graph.shape(id)) + std::string(name_of(node.dtype)) +
                to_string(graph.list(node.list));
        if (node.op->attributes && !node.op->traits.stochastic) text += node.op->attributes(graph, node);
        for (const ValueId in : graph.inputs(id)) {
            const ValueId source = parts.further[in] ? graph.inputs(in)[0] : in;
            const auto it = place.find(source);
            text += it != place.end() ? " #" + std::to_string(it->second) : " " + to_string(graph.shape(in));
            if (parts.leaf[in] == Leaf::constant) text += constant_text(graph, in);
        }
        text += ';';
        place.emplace(id, id - root);
    }
    return text;
}

}  // namespace

std::string range_name(const std::string& first, const std::string& last)
{
    if (first == last) return first;
    std::size_t common = first.rfind('.');
    common = common == std::string::npos ? 0 : common + 1;
    if (last.compare(0, common, first, 0, common) != 0) return first + " \u2013 " + last;
    return first + "\u2013" + last.substr(common);
}

Modules::Modules(const Graph& graph, const Parts& parts, int depth, bool folds)
    : modules(graph.scope_count()), of(graph.size()), same_as(graph.size()), chain(graph.size(), no_value)
{
    std::vector<std::uint8_t> direct(graph.scope_count());
    for (ValueId id = 0; id < graph.size(); ++id) {
        same_as[id] = id;
        if (!parts.is_forward_op(id)) continue;
        direct[graph[id].scope] = 1;
        for (ScopeId scope = graph[id].scope; scope != 0; scope = graph.scope(scope).parent)
            modules[scope].ops.push_back(id);
    }
    for (ScopeId id = 1; id < modules.size(); ++id) {  // parents come before their children
        Module& module = modules[id];
        const ScopeId parent = graph.scope(id).parent;
        module.shown = module.ops.size() > 1 && (!graph.scope(id).type.empty() || direct[id]);
        module.parent = modules[parent].shown ? parent : modules[parent].parent;
        module.depth = modules[module.parent].depth + module.shown;
        module.closed = module.shown && depth > 0 && module.depth >= depth;
    }
    for (ValueId id = 0; id < graph.size(); ++id) {
        const ScopeId scope = graph[id].scope;
        of[id] = modules[scope].shown ? scope : modules[scope].parent;
    }
    for (ScopeId id = 0; id < modules.size(); ++id)
        if (folds && (id == 0 || modules[id].shown)) fold(graph, parts, id);
    if (depth < 0) close(graph, parts);
}

// Equal neighbours among the modules directly within `parent` become one.
void Modules::fold(const Graph& graph, const Parts& parts, ScopeId parent)
{
    if (parent != 0 && drawn(modules[parent].ops.front()) != modules[parent].ops.front())
        return;  // a copy itself
    std::vector<ScopeId> children;
    for (ScopeId id = 1; id < modules.size(); ++id)
        if (modules[id].shown && modules[id].parent == parent) children.push_back(id);
    std::ranges::sort(children, {}, [&](ScopeId id) { return modules[id].ops.front(); });
    std::vector<std::string> signatures;
    for (const ScopeId id : children)
        signatures.push_back(graph.scope(id).type + signature(graph, parts, modules[id]));

    // No other forward op may lie between two neighbours.
    const auto adjacent = [&](ScopeId a, ScopeId b) {
        for (ValueId id = modules[a].ops.back() + 1; id < modules[b].ops.front(); ++id)
            if (parts.is_forward_op(id)) return false;
        return modules[a].ops.back() < modules[b].ops.front();
    };
    for (std::size_t first = 0, last = 0; first < children.size(); first = last) {
        for (last = first + 1; last < children.size() && signatures[last] == signatures[first] &&
                               adjacent(children[last - 1], children[last]);)
            ++last;
        if (last - first < fold_from) continue;
        Module& kept = modules[children[first]];
        kept.repeat = static_cast<int>(last - first);
        kept.repeat_name = range_name(graph.path(children[first]), graph.path(children[last - 1]));
        for (std::size_t k = first + 1; k < last; ++k) {
            const Module& copy = modules[children[k]];
            for (std::size_t i = 0; i < copy.ops.size(); ++i) {
                same_as[copy.ops[i]] = kept.ops[i];
                const auto inputs = graph.inputs(copy.ops[i]), drawn_inputs = graph.inputs(kept.ops[i]);
                for (std::size_t j = 0; j < inputs.size(); ++j)
                    if (parts.leaf[inputs[j]] != Leaf::none &&
                        parts.leaf[drawn_inputs[j]] == parts.leaf[inputs[j]] &&
                        same_as[inputs[j]] == inputs[j] && inputs[j] > drawn_inputs[j])
                        same_as[inputs[j]] = drawn_inputs[j];
            }
        }
        folded += (folded.empty() ? "" : ", ") + shorten(kept.repeat_name, longest_name) + " folded into one";
    }
}

// Too many nodes: modules close from the deepest level up, and elementwise chains outside modules.
void Modules::close(const Graph& graph, const Parts& parts)
{
    if (count(graph, parts) <= close_above) return;
    int deepest = 0;
    for (const Module& module : modules) deepest = std::max(deepest, module.depth);
    for (; deepest > 0 && count(graph, parts) > close_until; --deepest) {
        for (Module& module : modules)
            if (module.shown && module.depth == deepest) module.closed = true;
        if (deepest == 1 || count(graph, parts) <= close_until)
            folded += (folded.empty() ? "" : ", ") + std::string("modules from level ") +
                      std::to_string(deepest) + " on closed";
    }
    if (count(graph, parts) <= close_until) return;

    const std::vector<std::uint32_t> uses = graph.use_counts();
    const auto elementwise = [&](ValueId id) {
        return parts.is_forward_op(id) && of[id] == 0 && graph[id].op->traits.elementwise;
    };
    std::vector<ValueId> end(graph.size(), no_value);
    std::unordered_map<ValueId, std::size_t> lengths;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;) {
        if (!elementwise(id)) continue;
        if (end[id] == no_value) end[id] = id;
        ++lengths[end[id]];
        for (const ValueId in : graph.inputs(id))
            if (uses[in] == 1 && elementwise(in)) end[in] = end[id];
    }
    std::size_t chains = 0;
    for (ValueId id = 0; id < graph.size(); ++id)
        if (end[id] != no_value && lengths[end[id]] >= fold_from) {
            chain[id] = end[id];
            chains += end[id] == id;
        }
    if (chains > 0) folded += (folded.empty() ? "" : ", ") + std::string("elementwise chains closed");
}

void Modules::regroup(const Graph& graph, const Parts& parts, std::span<const Stretch> stretches, bool framed)
{
    std::vector<std::size_t> stretch_of(graph.size(), stretches.size());
    for (std::size_t k = 0; k < stretches.size(); ++k)
        for (const ValueId id : stretches[k].nodes) stretch_of[id] = k;
    std::size_t ops = 0;
    for (ValueId id = 0; id < graph.size(); ++id) ops += parts.is_forward_op(id);
    for (ScopeId id = 1; id < modules.size(); ++id) {  // parents come before their children
        Module& module = modules[id];
        if (!module.shown || module.closed) continue;
        const auto inside = [&](ValueId node) { return stretch_of[node] < stretches.size(); };
        const bool mixed = std::ranges::any_of(
            module.ops, [&](ValueId node) { return stretch_of[node] != stretch_of[module.ops.front()]; });
        const bool all = module.ops.size() == ops && std::ranges::any_of(modules, [&](const Module& child) {
                             return child.shown && child.parent == id;
                         });
        if (!mixed && !all && !(framed && inside(module.ops.front()))) continue;
        module.shown = false;
        for (Module& child : modules)
            if (child.parent == id) child.parent = module.parent;
        for (ScopeId& scope : of)
            if (scope == id) scope = module.parent;
    }
    if (!framed) return;
    for (const Stretch& stretch : stretches) {
        Module frame;
        for (const ValueId id : stretch.nodes)
            if (parts.is_forward_op(id) && drawn(id) == id && closed_around(id) == 0) frame.ops.push_back(id);
        if (frame.ops.size() < 2 || frame.ops.size() != stretch.nodes.size()) continue;
        frame.shown = true;
        frame.name = stretch.name;
        for (const ValueId id : frame.ops) of[id] = static_cast<ScopeId>(modules.size());
        modules.push_back(std::move(frame));
    }
}

std::size_t Modules::count(const Graph& graph, const Parts& parts) const
{
    std::size_t nodes = 0;
    std::set<ScopeId> boxes;
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!parts.is_forward_op(id) || same_as[id] != id) continue;
        const ScopeId closed = closed_around(id);
        if (closed != 0)
            boxes.insert(closed);
        else
            ++nodes;
    }
    return nodes + boxes.size();
}

ScopeId Modules::closed_around(ValueId id) const
{
    ScopeId closed = 0;
    for (ScopeId scope = of[id]; scope != 0; scope = modules[scope].parent)
        if (modules[scope].closed) closed = scope;
    return closed;
}

ValueId Modules::drawn(ValueId id) const
{
    while (same_as[id] != id) id = same_as[id];
    return id;
}

std::string Modules::path(const Graph& graph, ScopeId id) const
{
    return modules[id].name.empty() ? graph.path(id) : modules[id].name;
}

std::string Modules::title(const Graph& graph, ScopeId id) const
{
    const Module& module = modules[id];
    if (!module.name.empty()) return shorten(module.name);
    std::string path = module.repeat > 1 ? module.repeat_name : graph.path(id);
    if (const std::string around = graph.path(module.parent) + ".";
        module.parent != 0 && path.starts_with(around))
        path.erase(0, around.size());
    const std::string& type = graph.scope(id).type;
    const auto letters = [](std::string_view text) {  // "CrossEntropy" says no more than "cross_entropy"
        std::string result;
        for (const char c : text)
            if (c != '_') result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        return result;
    };
    return shorten(path) + (type.empty() || letters(type) == letters(path) ? "" : "  " + shorten(type));
}

}  // namespace xgrad::detail
