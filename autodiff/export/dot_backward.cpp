// From a graph's nodes to boxes and arrows: the backward part, a lane of its own.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "autodiff/export/dot_outline.hpp"
#include "autodiff/export/dot_text.hpp"

namespace xgrad::detail {
namespace {

constexpr std::size_t lane_limit = 60;  // forward boxes

std::string state_title(const Graph& graph, ValueId id)
{
    std::string title = op_title(graph, id);
    if (const std::string suffix = "_update"; title.size() > suffix.size() && title.ends_with(suffix))
        title.resize(title.size() - suffix.size());
    return title;
}

// What a gradient op works on: "x.T δ" for a product with transposed operands, else the parameters that it reads.
std::string operands(const Graph& graph, const Parts& parts, ValueId id)
{
    const Node& node = graph[id];
    const auto name = [&](ValueId in) -> std::string {
        if (!parts.forward[in]) return "δ";
        if (parts.leaf[in] == Leaf::parameter) return parameter_name(graph, in, node.scope);
        return graph.name(in).empty() ? "h" : std::string(graph.name(in));
    };
    const std::string attributes = node.op->attributes ? node.op->attributes(graph, node) : "";
    const bool x = attributes.find("x.T") != std::string::npos,
               y = attributes.find("y.T") != std::string::npos;
    const auto inputs = graph.inputs(id);
    if (inputs.size() == 2 && (x || y))
        return name(inputs[0]) + (x ? ".T " : " ") + name(inputs[1]) + (y ? ".T" : "");
    for (const ValueId in : inputs)
        if (parts.forward[in] && parts.leaf[in] == Leaf::parameter) return name(in);
    return "";
}

}  // namespace

void Outline::draw_in_lane(ValueId leaf)
{
    draw_leaf(leaf);
    boxes[static_cast<std::size_t>(box_of[leaf])].beside = -2;
}

void Outline::draw_backward(const DrawOptions& options)
{
    std::size_t ops = 0;
    for (const Box& box : boxes) ops += box.kind != Box::Kind::parameter && box.kind != Box::Kind::constant;
    if (ops > lane_limit) {
        for (ValueId id = 0; id < graph.size(); ++id) hidden_backward += !parts.forward[id];
        return;
    }
    // Gradients of one forward box: one by one for an op, as one box for a closed module. Copies share boxes.
    std::map<std::pair<ValueId, std::string>, int> ordinals;
    std::map<std::tuple<int, std::string, int>, int> shared;
    std::set<std::tuple<int, int, bool>> drawn;
    const auto arrow = [&](int from, int to, ValueId value, bool kept) {
        if (from >= 0 && to >= 0 && from != to && drawn.emplace(from, to, kept).second)
            arrows.push_back({from, to, value, kept});
    };
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (parts.forward[id] || parts.leaf[id] != Leaf::none || graph[id].op->traits.update) continue;
        if (parts.further[id]) {
            box_of[id] = box_of[graph.inputs(id)[0]];
            continue;
        }
        const ValueId place = parts.place[id];
        const int beside = place == no_value ? -1 : box_of[modules.drawn(place)];
        const bool whole = beside >= 0 && boxes[static_cast<std::size_t>(beside)].kind != Box::Kind::op;
        // With the attributes: x.T δ and δ W.T are both products, and copies may have one without the other.
        const Op& op = *graph[id].op;
        const std::string attributes = op.attributes ? op.attributes(graph, graph[id]) : "";
        const std::string name = whole ? "" : std::string(op.name) + attributes;
        const int ordinal = whole ? 0 : ordinals[{place, name}]++;
        const auto [it, fresh] = shared.try_emplace({beside, name, ordinal}, -1);
        if (fresh) {
            Box box;
            box.kind = Box::Kind::gradient;
            box.id = id;
            box.beside = beside;
            box.title = whole ? boxes[static_cast<std::size_t>(beside)].title : op_title(graph, id);
            if (const std::string text = whole ? "" : operands(graph, parts, id); !text.empty())
                box.lines = {shorten(text)};
            box.count = 0;
            it->second = add(box);
        }
        const int to = box_of[id] = it->second;
        const std::size_t at = static_cast<std::size_t>(to);
        ++boxes[at].count;
        if (whole)
            boxes[at].lines = {std::to_string(boxes[at].count) +
                               (boxes[at].count == 1 ? " gradient op" : " gradient ops")};
        for (const ValueId in : graph.inputs(id)) {
            if (parts.forward[in]) {
                const bool activation = parts.leaf[in] == Leaf::none || parts.leaf[in] == Leaf::data;
                if (activation && modules.drawn(in) == in) arrow(box_of[in], to, in, true);
            } else {
                if (parts.leaf[in] != Leaf::none && box_of[in] < 0) draw_in_lane(in);
                if (box_of[in] < to || parts.leaf[in] != Leaf::none) arrow(box_of[in], to, in, false);
            }
        }
    }
    const auto outputs = graph.outputs();
    const auto known = derivatives(graph, parts, options.forward_outputs);
    const std::size_t first = static_cast<std::size_t>(options.forward_outputs);
    for (std::size_t k = first; k < outputs.size(); ++k) {
        if (box_of[outputs[k]] < 0 && parts.leaf[outputs[k]] != Leaf::none) draw_in_lane(outputs[k]);
        const int from = box_of[outputs[k]];
        if (from < 0) continue;
        Box box;
        box.kind = Box::Kind::gradient_out;
        box.id = outputs[k];
        box.key = prefix_ + "out" + std::to_string(k);
        box.title = shorten(gradient_of(k, known[k], first));
        const int to = add(box);
        arrow(from, to, outputs[k], false);
    }
    draw_updates();
}

// Optimizer steps: one small node for each gradient that a step takes, the state that it writes as its second line.
void Outline::draw_updates()
{
    struct Slots {
        int box;
        std::vector<std::string> names;
    };
    std::map<std::pair<int, std::string>, Slots> states;
    std::set<ValueId> seen;
    for (const auto& [slot, value] : graph.updates()) {
        const ValueId row = parts.further[value] ? graph.inputs(value)[0] : value;
        const bool update = graph[row].op->traits.update;
        if (update && !seen.insert(row).second) continue;  // a further slot of the same step
        int from = update ? -1 : box_of[value];
        if (update)
            for (const ValueId in : graph.inputs(row))
                if (!parts.forward[in] && box_of[in] >= 0) {
                    from = box_of[in];
                    break;
                }
        const std::string title = update ? state_title(graph, row) : "assign";
        auto [it, fresh] = states.try_emplace({from, title}, Slots{-1, {}});
        if (fresh) {
            Box box;
            box.kind = Box::Kind::state;
            box.id = row;
            box.key = prefix_ + "u" + std::to_string(row);
            box.title = title;
            it->second.box = add(box);
            if (from >= 0) arrows.push_back({from, it->second.box, row, parts.forward[value] != 0});
        }
        if (update) box_of[row] = it->second.box;
        auto& names = it->second.names;
        names.push_back(slot.name().empty() ? "parameter" : slot.name());
        boxes[static_cast<std::size_t>(it->second.box)].lines = {
            names.size() == 1 ? shorten(names[0]) : std::to_string(names.size()) + " parameters"};
    }
}

// "∂W1" for a derivative of the only forward output, "∂y2/∂W1" for one of several; "∂a = ∂b" if it is both.
std::string Outline::gradient_of(std::size_t output, std::span<const Derivative> known,
                                 std::size_t forward_outputs) const
{
    const ValueId id = graph.outputs()[output];
    const std::string d = "\u2202";
    if (!graph.name(id).empty()) return std::string(graph.name(id));
    std::string text;
    for (const auto& [of, by] : known) {
        std::string name(graph.name(by));
        if (graph[by].op->name == "parameter" && !graph.parameter(by).name().empty())
            name = parameter_name(graph, by, 0);
        if (name.empty()) return "gradient";
        text +=
            (text.empty() ? "" : " = ") + (forward_outputs == 1 ? "" : d + output_title(of) + "/") + d + name;
    }
    if (!text.empty()) return text;
    return graph[id].flags & from_derivative ? "gradient" : "y" + std::to_string(output + 1);
}

}  // namespace xgrad::detail
