// From a graph's nodes to boxes and arrows: the forward part.
#include "autodiff/export/dot_outline.hpp"

#include <algorithm>
#include <set>

#include "autodiff/export/dot_text.hpp"

namespace xgrad::detail {

Outline::Outline(const Graph& graph, const DrawOptions& options, const std::string& prefix,
                 std::span<const Stretch> stretches, bool framed, bool tower, bool folds)
    : graph(graph),
      parts(graph, options.forward_outputs),
      modules(graph, parts, options.depth, folds),
      dtype(usual_dtype(graph)),
      batch(batch_of(graph)),
      box_of(graph.size(), -1),
      prefix_(prefix),
      forward_outputs_(
          std::min(graph.outputs().size(), static_cast<std::size_t>(std::max(options.forward_outputs, 0))))
{
    if (tower) modules.regroup(graph, parts, stretches, framed);
    if (tower && !framed) elide(stretches);
    if (framed) fold_weights(stretches);
    for (const Stretch& stretch : stretches)  // a certificate says so, whatever its operands are called
        for (const ValueId id : stretch.nodes) parts.nonlinear[id] = 0;
    count_all();
    draw_forward(options);
    connect();
    draw_outputs(options);
    find_main_line();
    if (options.backward && parts.has_backward) draw_backward(options);
}

int Outline::add(Box box)
{
    if (box.key.empty()) box.key = prefix_ + std::to_string(box.id);
    boxes.push_back(std::move(box));
    return static_cast<int>(boxes.size()) - 1;
}

void Outline::count_all()
{
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!parts.forward[id]) continue;
        if (parts.leaf[id] == Leaf::parameter) parameters += graph.count(id);
        if (parts.is_forward_op(id)) flops += flops_of(graph, id);
    }
}

void Outline::draw_forward(const DrawOptions& options)
{
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!parts.forward[id]) continue;
        const ValueId drawn = modules.drawn(id);
        if (parts.further[id])
            box_of[id] = box_of[graph.inputs(id)[0]];
        else if (parts.leaf[id] == Leaf::data && drawn == id)
            draw_leaf(id);
        else if (drawn != id)
            box_of[id] = box_of[drawn];
        else if (parts.leaf[id] == Leaf::none)
            box_of[id] = draw_op(id, options);
    }
    for (Box& box : boxes)
        if (box.weights)
            for (ValueId id = box.id + 1; id < graph.size() && box.beside < 0; ++id)
                if (std::ranges::find(graph.inputs(id), box.id) != graph.inputs(id).end()) {
                    box.beside = box_of[id];
                    box.module = boxes[static_cast<std::size_t>(box_of[id])].module;
                }
    // Parameters and constants beside the first op that reads them; within a closed module they are not drawn.
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!parts.forward[id] || parts.leaf[id] != Leaf::none || parts.further[id] ||
            modules.drawn(id) != id)
            continue;
        for (const ValueId in : graph.inputs(id)) {
            const ValueId leaf = modules.drawn(in);
            const bool subordinate =
                parts.leaf[leaf] == Leaf::parameter || parts.leaf[leaf] == Leaf::constant;
            if (!subordinate || box_of[leaf] >= 0) continue;
            const int user = box_of[id];
            if (boxes[static_cast<std::size_t>(user)].kind != Box::Kind::op) continue;
            draw_leaf(leaf);
            Box& box = boxes[static_cast<std::size_t>(box_of[leaf])];
            box.module = boxes[static_cast<std::size_t>(user)].module;
            box.beside = user;
            if (box.kind != Box::Kind::parameter) continue;
            const bool scope = box.module < graph.scope_count();
            const std::string name = parameter_name(graph, leaf, scope ? box.module : 0);
            box.title = shorten(scope ? name : name.substr(name.rfind('.') + 1));
        }
    }
}

void Outline::draw_leaf(ValueId id)
{
    Box box;
    box.id = id;
    switch (parts.leaf[id]) {
    case Leaf::parameter:
        box.kind = Box::Kind::parameter;
        box.title = shorten(parameter_name(graph, id, 0));
        break;
    case Leaf::constant:
        box.kind = Box::Kind::constant;
        box.title = shorten(constant_text(graph, id));
        break;
    default:
        box.kind = Box::Kind::data;
        box.title = graph.name(id).empty() ? "input" : shorten(graph.name(id));
    }
    box_of[id] = add(box);
}

int Outline::draw_op(ValueId id, const DrawOptions& options)
{
    if (const ScopeId closed = modules.closed_around(id); closed != 0) {
        const auto it = module_box_.find(closed);
        const int box = it == module_box_.end() ? module_box_[closed] = draw_module(closed) : it->second;
        boxes[static_cast<std::size_t>(box)].id = id;
        return box;
    }
    if (const ValueId end = modules.chain[id]; end != no_value) {
        const auto it = chain_box_.find(end);
        if (weight_ends_.contains(end)) {
            if (it == chain_box_.end()) chain_box_[end] = add(weights_box(end));
            return chain_box_[end];
        }
        if (it == chain_box_.end()) {
            Box chain;
            chain.kind = Box::Kind::chain;
            chain.id = end;
            chain.count = 0;
            chain_box_[end] = add(chain);
        }
        Box& box = boxes[static_cast<std::size_t>(chain_box_[end])];
        ++box.count;
        box.nonlinear = box.nonlinear || parts.nonlinear[id];
        box.title =
            std::to_string(box.count) + (elided_ends_.contains(end) ? " more ops" : " elementwise ops");
        return chain_box_[end];
    }
    Box box;
    box.id = id;
    box.module = modules.of[id];
    box.title = op_title(graph, id);
    box.nonlinear = parts.nonlinear[id];
    const bool output = std::ranges::find(graph.outputs(), id) != graph.outputs().end();
    const Op& op = *graph[id].op;
    if (const std::string_view name = graph.name(id); !name.empty() && (!output || options.values)) {
        box.lines.push_back(shorten(name));
    } else if (op.attributes && !op.label_is_attributes) {
        const std::string text = op.attributes(graph, graph[id]);
        if (!text.empty() && box.title.find(text) == std::string::npos) box.lines.push_back(shorten(text));
    }
    const ScopeId scope = graph[id].scope;
    if (box.lines.empty() && options.depth > 0 && scope != 0 && !modules.modules[scope].shown &&
        modules.modules[scope].ops.size() == 1)
        box.lines.push_back(shorten(graph.path(scope)));
    return add(box);
}

// Of a long stretch the ends are drawn, whole modules; what lies between is one box. Then nothing need be closed.
void Outline::elide(std::span<const Stretch> stretches)
{
    constexpr std::size_t longest = 30, end = 8;
    for (const Stretch& stretch : stretches) {
        std::vector<ValueId> ops;
        for (const ValueId id : stretch.nodes)
            if (parts.is_forward_op(id) && modules.drawn(id) == id) ops.push_back(id);
        if (ops.size() <= longest) continue;
        std::size_t first = end, last = ops.size() - end - 1;
        while (first < last && modules.of[ops[first]] != 0 &&
               modules.of[ops[first]] == modules.of[ops[first - 1]])
            ++first;
        while (first < last && modules.of[ops[last]] != 0 &&
               modules.of[ops[last]] == modules.of[ops[last + 1]])
            --last;
        for (std::size_t k = first; k <= last; ++k) modules.chain[ops[k]] = ops[last];
        elided_ends_.insert(ops[last]);
    }
    if (elided_ends_.empty()) return;
    for (Module& module : modules.modules) module.closed = false;
    modules.folded.clear();
}

// In a stretch, what depends on parameters alone: one box for each value that an op on the data's way reads.
void Outline::fold_weights(std::span<const Stretch> stretches)
{
    std::vector<std::uint8_t> data(graph.size());
    for (ValueId id = 0; id < graph.size(); ++id) {
        data[id] = graph[id].op->name == "input";
        for (const ValueId in : graph.inputs(id)) data[id] = data[id] || data[in];
    }
    const auto on_weights = [&](ValueId id) {
        return parts.is_forward_op(id) && !data[id] && modules.chain[id] == no_value &&
               modules.closed_around(id) == 0 && modules.drawn(id) == id;
    };
    for (const Stretch& stretch : stretches) {
        const std::set<ValueId> inside(stretch.nodes.begin(), stretch.nodes.end());
        for (const ValueId user : stretch.nodes) {
            if (!data[user]) continue;
            for (const ValueId end : graph.inputs(user)) {
                if (!inside.contains(end) || !on_weights(end)) continue;
                modules.chain[end] = end;
                weight_ends_.insert(end);
                for (ValueId id = end + 1; id-- > 0;)
                    if (modules.chain[id] == end)
                        for (const ValueId in : graph.inputs(id))
                            if (inside.contains(in) && on_weights(in)) modules.chain[in] = end;
            }
        }
    }
    for (const ValueId end : modules.chain) weight_ops += end != no_value && weight_ends_.contains(end);
}

Box Outline::weights_box(ValueId end) const
{
    constexpr std::size_t most = 3;
    Box box;
    box.kind = Box::Kind::chain;
    box.weights = true;
    box.id = end;
    box.count = 0;
    box.title = graph.name(end).empty() ? op_title(graph, end) : shorten(graph.name(end));
    std::vector<std::string> names;
    std::set<ValueId> seen;
    for (ValueId id = 0; id <= end; ++id) {
        if (modules.chain[id] != end) continue;
        ++box.count;
        for (const ValueId in : graph.inputs(id))
            if (parts.leaf[in] == Leaf::parameter && seen.insert(in).second)
                names.push_back(shorten(parameter_name(graph, in, graph[end].scope)));
    }
    std::string from;
    for (std::size_t k = 0; k < std::min(names.size(), most); ++k) from += (k ? ", " : "from ") + names[k];
    if (names.size() > most) from = "from " + std::to_string(names.size()) + " parameters";
    if (!from.empty()) box.lines = wrap(from, 30);
    box.lines.push_back(std::to_string(box.count) + (box.count == 1 ? " op" : " ops") + " at each run");
    return box;
}

std::string Outline::sizes(ScopeId scope) const
{
    const Module& module = modules.modules[scope];
    const std::set<ValueId> inside(module.ops.begin(), module.ops.end());
    std::set<ValueId> entering;
    for (const ValueId id : module.ops)
        for (const ValueId in : graph.inputs(id)) {
            const ValueId source = parts.further[in] ? graph.inputs(in)[0] : in;
            if ((parts.leaf[in] == Leaf::none || parts.leaf[in] == Leaf::data) && !inside.contains(source))
                entering.insert(in);
        }
    if (entering.size() != 1) return "";
    const Dims in = graph.shape(*entering.begin()), out = graph.shape(module.ops.back());
    if (in.size() < 2 || out.size() < 2 || std::ranges::equal(in, out)) return "";
    const auto join = [](Dims dims) {
        std::string text;
        for (const std::int64_t length : dims.subspan(1))
            text += (text.empty() ? "" : " × ") + std::to_string(length);
        return text;
    };
    return join(in) + " \u2192 " + join(out);
}

int Outline::draw_module(ScopeId scope)
{
    const Module& module = modules.modules[scope];
    Box box;
    box.kind = Box::Kind::module;
    box.module = scope;
    box.key = prefix_ + "m" + std::to_string(scope);
    box.title = modules.title(graph, scope);
    if (module.repeat > 1) box.title += "  × " + std::to_string(module.repeat);
    if (const std::string text = sizes(scope); !text.empty()) box.lines.push_back(text);
    std::set<ValueId> leaves;
    double flops = 0;
    for (const ValueId id : module.ops) {
        flops += flops_of(graph, id);
        box.nonlinear = box.nonlinear || parts.nonlinear[id];
        for (const ValueId in : graph.inputs(id))
            if (parts.leaf[in] == Leaf::parameter) leaves.insert(in);
    }
    double count = 0;
    for (const ValueId id : leaves) count += static_cast<double>(graph.count(id));
    std::string text = count > 0 ? count_text(count * module.repeat) + " parameters, " : "";
    box.lines.push_back(text + flop_text(flops * module.repeat / static_cast<double>(batch)));
    box.count = static_cast<int>(module.ops.size());
    return add(box);
}

void Outline::connect()
{
    std::set<std::pair<int, int>> drawn;
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!parts.is_forward_op(id)) continue;
        const bool copy = modules.drawn(id) != id;
        const int to = box_of[id];
        for (const ValueId in : graph.inputs(id)) {
            const int from = box_of[in];
            if (from < 0 || to < 0 || from == to) continue;
            // From copy to copy: drawn once, within the first or not at all.
            if (copy && (modules.drawn(in) != in || from > to)) continue;
            const bool new_arrow = drawn.emplace(from, to).second;
            const bool both_ops = boxes[static_cast<std::size_t>(from)].count == 1 &&
                                  boxes[static_cast<std::size_t>(to)].kind == Box::Kind::op;
            if (new_arrow || (both_ops && !copy)) arrows.push_back({from, to, in, false});
        }
    }
}

void Outline::draw_outputs(const DrawOptions& options)
{
    if (options.values) return;
    const auto outputs = graph.outputs();
    const std::size_t count =
        std::min(outputs.size(), static_cast<std::size_t>(std::max(options.forward_outputs, 0)));
    for (std::size_t k = 0; k < count; ++k) {
        const int from = box_of[outputs[k]];
        if (from < 0) continue;
        Box box;
        box.kind = Box::Kind::output;
        box.id = outputs[k];
        box.key = prefix_ + "out" + std::to_string(k);
        box.title = shorten(output_title(outputs[k]));
        arrows.push_back({from, add(box), outputs[k], false});
    }
}

// An output's name; "loss" for the number that updates are made to lessen; else "y", or "y2" of several.
std::string Outline::output_title(ValueId id) const
{
    if (const std::string_view name = graph.name(id); !name.empty() && parts.leaf[id] == Leaf::none)
        return std::string(name);
    if (forward_outputs_ == 1) return graph.count(id) == 1 && !graph.updates().empty() ? "loss" : "y";
    const auto at = std::ranges::find(graph.outputs(), id) - graph.outputs().begin();
    return "y" + std::to_string(at + 1);
}

// The longest way to the first output.
void Outline::find_main_line()
{
    std::vector<std::vector<std::size_t>> into(boxes.size());
    for (std::size_t k = 0; k < arrows.size(); ++k)
        if (arrows[k].from < arrows[k].to ||
            boxes[static_cast<std::size_t>(arrows[k].from)].kind == Box::Kind::data)
            into[static_cast<std::size_t>(arrows[k].to)].push_back(k);
    std::vector<int> depth(boxes.size(), 0), via(boxes.size(), -1);
    const auto draws_line = [&](int box) {
        const Box::Kind kind = boxes[static_cast<std::size_t>(box)].kind;
        return kind != Box::Kind::parameter && kind != Box::Kind::constant;
    };
    for (std::size_t box = 0; box < boxes.size(); ++box)
        for (const std::size_t k : into[box]) {
            const int from = arrows[k].from;
            if (!draws_line(from)) continue;
            if (via[box] < 0 || depth[static_cast<std::size_t>(from)] + 1 > depth[box]) {
                depth[box] = depth[static_cast<std::size_t>(from)] + 1;
                via[box] = from;
            }
        }
    int end = -1;
    for (std::size_t box = 0; box < boxes.size() && end < 0; ++box)
        if (boxes[box].kind == Box::Kind::output) end = static_cast<int>(box);
    if (end < 0 && !graph.outputs().empty()) end = box_of[graph.outputs()[0]];
    for (; end >= 0; end = via[static_cast<std::size_t>(end)]) {
        boxes[static_cast<std::size_t>(end)].spine = true;
        main_line.push_back(end);
    }
    std::ranges::reverse(main_line);
    // Data that enters the main line from the side stands beside the op that reads it.
    std::vector<int> uses(boxes.size());
    for (const Arrow& arrow : arrows) ++uses[static_cast<std::size_t>(arrow.from)];
    for (const Arrow& arrow : arrows) {
        Box& from = boxes[static_cast<std::size_t>(arrow.from)];
        const bool joins =
            boxes[static_cast<std::size_t>(arrow.to)].spine && depth[static_cast<std::size_t>(arrow.to)] > 1;
        if (from.kind == Box::Kind::data && !from.spine && joins &&
            uses[static_cast<std::size_t>(arrow.from)] == 1) {
            from.beside = arrow.to;
            if (const std::string text = shape_text(graph, from.id, dtype); !text.empty())
                from.lines = {text};
        }
    }
}

}  // namespace xgrad::detail
