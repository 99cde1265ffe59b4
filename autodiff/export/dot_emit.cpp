// Boxes, frames and arrows of an outline on a sheet.
#include "autodiff/export/dot_emit.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "autodiff/export/dot_text.hpp"

namespace xgrad::detail {
namespace {

using Kind = Box::Kind;

std::size_t index(int box) { return static_cast<std::size_t>(box); }

Role role_of(const Box& box)
{
    switch (box.kind) {
    case Kind::op: return box.nonlinear ? Role::nonlinear : Role::op;
    case Kind::module:
    case Kind::chain: return Role::module;
    case Kind::data: return Role::data;
    case Kind::parameter: return Role::parameter;
    case Kind::constant: return Role::constant;
    case Kind::output: return Role::output;
    case Kind::gradient: return Role::gradient;
    case Kind::gradient_out: return Role::gradient_out;
    case Kind::state: return Role::state;
    }
    return Role::op;
}

// The name in full where the label is a shortened one.
std::string tooltip_of(const Outline& outline, const Box& box)
{
    const Graph& graph = outline.graph;
    std::string text;
    if (box.kind == Kind::parameter)
        text = parameter_name(graph, box.id, 0);
    else if (box.kind == Kind::module)
        text = graph.path(box.module);
    else if (box.kind != Kind::gradient && box.kind != Kind::state)
        text = graph.name(box.id);
    if (text.empty()) text = box.title;
    if (graph[box.id].scope != 0 && (box.kind == Kind::op || box.kind == Kind::gradient))
        text += "  (" + graph.path(graph[box.id].scope) + ")";
    return text;
}

void emit_box(Sheet& sheet, const Outline& outline, const Look& look, const Box& box)
{
    const Palette& colours = sheet.colours();
    Attributes more = {{"tooltip", {plain(tooltip_of(outline, box))}}};
    if (box.spine) more.push_back({"group", {look.group}});
    std::string title = box.title;
    if (look.tower) {
        if ((box.kind == Kind::op || box.kind == Kind::chain) && !box.weights)
            more.push_back({"width", {"0.85"}});
        if (box.kind == Kind::parameter || box.weights ||
            (box.kind == Kind::constant && outline.graph.count(box.id) > 1)) {
            const std::string shape = to_string(outline.graph.shape(box.id));
            if (title.find(shape) == std::string::npos) title += "  " + shape;
        }
    }
    if (look.more)
        for (auto& attribute : look.more(box)) more.push_back(std::move(attribute));
    const char* small = look.small                 ? look.small(box)
                        : box.kind == Kind::output ? colours.output_ink
                                                   : colours.ink2;
    sheet.node(box.key, role_of(box), label(title, box.lines, small), more);
}

// Boxes and frames within `module`. Recursion is as deep as modules are nested.
struct Frames {
    Sheet& sheet;
    const Outline& outline;
    const Look& look;
    std::map<ScopeId, std::vector<int>> boxes;
    std::map<ScopeId, std::vector<ScopeId>> children;

    void emit(ScopeId module, bool nested)
    {
        for (const int box : boxes[module]) emit_box(sheet, outline, look, outline.boxes[index(box)]);
        beside(boxes[module]);
        for (const ScopeId child : children[module]) frame(child, nested);
    }

    // Parameters and constants in the rank of their op.
    void beside(const std::vector<int>& group)
    {
        std::map<int, std::vector<std::string>> ranks;
        for (const int box : group) {
            const Box& b = outline.boxes[index(box)];
            const bool subordinate = b.kind == Kind::parameter || b.kind == Kind::constant || b.weights;
            if (subordinate && b.beside >= 0) ranks[b.beside].push_back(b.key);
        }
        for (auto& [op, keys] : ranks) {
            keys.insert(keys.begin(), outline.boxes[index(op)].key);
            sheet.same_rank(keys);
        }
    }

    void frame(ScopeId id, bool nested)
    {
        const Module& module = outline.modules.modules[id];
        const Palette& colours = sheet.colours();
        const std::string key =
            "s" + outline.boxes[index(boxes[id].empty() ? 0 : boxes[id][0])].key + "_" + std::to_string(id);
        for (int copy = 2; copy > 0 && module.repeat > 1; --copy)
            sheet.begin_cluster(key + "_" + std::to_string(copy), {{"class", {"module"}},
                                                                   {"label", {""}},
                                                                   {"style", {"rounded"}},
                                                                   {"color", {colours.hair}},
                                                                   {"margin", {"4"}},
                                                                   {"penwidth", {"1"}}});
        Attributes attributes = cluster_attributes(colours, nested);
        std::string title = outline.modules.title(outline.graph, id);
        if (look.prefix) title = look.prefix(id) + title;
        if (const std::string sizes = outline.sizes(id); !sizes.empty() && !look.tower) title += " " + sizes;
        if (module.repeat > 1)
            attributes.push_back(
                {"label",
                 {html(title) + "&#160;&#160;<b>× " + std::to_string(module.repeat) + "</b>", true}});
        else
            attributes.push_back({"label", {plain(title)}});
        attributes.push_back({"tooltip", {plain(outline.modules.path(outline.graph, id))}});
        if (sheet.top_to_bottom()) attributes.push_back({"labeljust", {"r"}});
        sheet.begin_cluster(key, attributes);
        emit(id, true);
        sheet.end_cluster();
        for (int copy = 2; copy > 0 && module.repeat > 1; --copy) sheet.end_cluster();
    }
};

}  // namespace

void emit_boxes(Sheet& sheet, const Outline& outline, const Look& look)
{
    Frames frames{sheet, outline, look, {}, {}};
    std::vector<int> lane;
    for (std::size_t k = 0; k < outline.boxes.size(); ++k) {
        const Box& box = outline.boxes[k];
        if (outline.is_backward(static_cast<int>(k)) || box.beside == -2) {
            lane.push_back(static_cast<int>(k));
            continue;
        }
        const auto& modules = outline.modules.modules;
        ScopeId module = box.kind == Kind::module ? modules[box.module].parent : box.module;
        frames.boxes[module].push_back(static_cast<int>(k));
        for (; module != 0; module = modules[module].parent) {
            auto& siblings = frames.children[modules[module].parent];
            if (std::ranges::find(siblings, module) != siblings.end()) break;
            siblings.push_back(module);
        }
    }
    // Two lanes. Graphviz orders them by the node that it meets first: where that was the first of the main line, the
    // gradients lay under the forward part in every graph tried. (It ignores invisible arrows between them.)
    const auto emit_lane = [&] {
        const Palette& colours = sheet.colours();
        Attributes attributes = cluster_attributes(colours, false);
        for (const auto& [name, text] :
             std::initializer_list<std::pair<const char*, const char*>>{{"class", "backward"},
                                                                        {"label", "backward"},
                                                                        {"labelloc", "b"},
                                                                        {"labeljust", "r"},
                                                                        {"fontcolor", colours.gradient_line},
                                                                        {"fillcolor", colours.lane},
                                                                        {"penwidth", "0"}})
            attributes.push_back({name, {text}});
        sheet.begin_cluster("backward", attributes);
        for (const int box : lane) emit_box(sheet, outline, look, outline.boxes[index(box)]);
        sheet.end_cluster();
    };
    const bool lanes = !lane.empty();
    if (lanes && !outline.main_line.empty()) sheet.first(outline.boxes[index(outline.main_line.front())].key);
    if (lanes)
        sheet.begin_cluster(
            "forward", {{"class", {"forward"}}, {"style", {"invis"}}, {"label", {""}}, {"margin", {"0"}}});
    frames.emit(0, false);
    if (lanes) sheet.end_cluster();
    if (lanes) emit_lane();
    // A gradient stands under what it differentiates, unless it follows another gradient of the same op.
    std::set<int> follows;
    for (const Arrow& arrow : outline.arrows)
        if (!arrow.kept && outline.is_backward(arrow.to) && outline.is_backward(arrow.from) &&
            outline.boxes[index(arrow.from)].beside == outline.boxes[index(arrow.to)].beside)
            follows.insert(arrow.to);
    std::map<int, std::vector<std::string>> ranks;
    for (std::size_t k = 0; k < outline.boxes.size(); ++k) {
        const Box& box = outline.boxes[k];
        const bool gradient = box.kind == Kind::gradient && !follows.contains(static_cast<int>(k));
        if (box.beside >= 0 && (gradient || box.kind == Kind::data)) ranks[box.beside].push_back(box.key);
    }
    for (auto& [op, keys] : ranks) {
        keys.insert(keys.begin(), outline.boxes[index(op)].key);
        sheet.same_rank(keys);
    }
}

void emit_arrows(Sheet& sheet, const Outline& outline, const Look& look)
{
    const Graph& graph = outline.graph;
    // A shape is written on the first arrow where it differs from the one written last on the way here; within a
    // module, not before it changes again.
    std::map<ValueId, ListId> written;
    std::set<ValueId> labelled;
    const auto last_written = [&](ValueId id) -> ListId {
        for (int steps = 0; steps < 64; ++steps) {
            if (const auto it = written.find(id); it != written.end()) return it->second;
            const auto inputs = graph.inputs(id);
            ValueId next = no_value;
            for (const ValueId in : inputs)
                if (outline.parts.leaf[in] == Leaf::none || outline.parts.leaf[in] == Leaf::data) {
                    next = in;
                    break;
                }
            if (next == no_value) return 0;
            id = next;
        }
        return 0;
    };
    for (const Arrow& arrow : outline.arrows) {
        const Box &from = outline.boxes[index(arrow.from)], &to = outline.boxes[index(arrow.to)];
        Attributes more;
        const auto emit = [&](const Box& tail, const Box& head, Line line) {
            if (look.arrow) look.arrow(arrow, more);
            sheet.edge(tail.key, head.key, line, more);
        };
        if (from.kind == Kind::parameter || from.kind == Kind::constant) {
            const Line line = from.kind == Kind::parameter ? Line::parameter : Line::constant;
            if (from.beside == -2) {
                emit(to, from, Line::gradient);
            } else if (from.beside == arrow.to) {
                emit(to, from, line);
            } else {  // shared by several ops
                more = {{"dir", {"forward"}}, {"constraint", {"false"}}};
                emit(from, to, line);
            }
            continue;
        }
        if (from.weights && from.beside == arrow.to) {
            emit(to, from, Line::parameter);
            continue;
        }
        if (arrow.kept) {
            // Backwards: else an arrow within a rank, from cluster to cluster, is drawn twice.
            more = {{"dir", {"back"}}};
            emit(to, from, Line::kept);
            continue;
        }
        if (outline.is_backward(arrow.to)) {
            const bool line = from.kind == Kind::gradient && to.kind == Kind::gradient;
            if (line) more.push_back({"weight", {"5"}});
            emit(to, from, Line::gradient);
            continue;
        }
        if (from.kind == Kind::data && from.beside == arrow.to) {
            more = {{"dir", {"back"}}};
            emit(to, from, Line::data);
            continue;
        }
        const ListId shape = graph[arrow.value].shape;
        const std::string text = shape_text(graph, arrow.value, outline.dtype);
        const bool within = from.module != 0 && from.module == to.module && from.kind == Kind::op &&
                            to.kind == Kind::op && graph[to.id].shape == shape;
        if (!text.empty() && !within && !labelled.contains(arrow.value) &&
            shape != last_written(arrow.value)) {
            more.push_back({"label", sheet.edge_label(text)});
            written[arrow.value] = shape;
            labelled.insert(arrow.value);
        }
        if (from.spine && to.spine) more.push_back({"weight", {look.tower ? "50" : "30"}});
        emit(from, to, Line::data);
    }
}

std::vector<std::pair<const char*, std::string>> legend_of(const Sheet& sheet, const Outline& outline,
                                                           const Look& look)
{
    const Palette& colours = sheet.colours();
    bool module = false, chain = false, nonlinear = false, parameter = false, gradient = false, kept = false,
         state = false, delta = false, unnamed = false;
    for (const Box& box : outline.boxes) {
        module = module || box.kind == Kind::module;
        chain = chain || (box.kind == Kind::chain && !box.weights);
        nonlinear = nonlinear || (box.kind == Kind::op && box.nonlinear);
        parameter = parameter || box.kind == Kind::parameter;
        gradient = gradient || box.kind == Kind::gradient;
        state = state || box.kind == Kind::state;
        if (box.kind == Kind::gradient && !box.lines.empty()) {
            const std::string& line = box.lines[0];
            delta = delta || line.starts_with("δ ") || line.starts_with("δ.T ") || line.ends_with(" δ") ||
                    line.ends_with(" δ.T");
            unnamed = unnamed || line.starts_with("h.T δ") || line.ends_with("δ h.T");
        }
    }
    for (const Arrow& arrow : outline.arrows) kept = kept || arrow.kept;
    std::vector<std::pair<const char*, std::string>> legend;
    if ((module || chain) && look.filled_by_kind)
        legend.push_back({colours.line, chain && !module ? "several ops (shaded)" : "module (shaded)"});
    if (nonlinear) legend.push_back({colours.nonlinear_line, "non-linear (hexagon)"});
    if (parameter) legend.push_back({colours.parameter_ink, "parameter (no outline)"});
    if (gradient) legend.push_back({colours.gradient_line, "gradient (dashed)"});
    if (delta)
        legend.push_back({colours.gradient_line, std::string("δ: gradient that comes in") +
                                                     (unnamed ? ", h: value that is read" : "")});
    if (state) legend.push_back({colours.parameter_ink, "update of a parameter (outlined)"});
    if (kept) legend.push_back({colours.faint, "value kept for the backward part (dotted)"});
    return legend;
}

double natural_width(const Outline& outline)
{
    const auto width_of = [&](int box) {
        const Box& b = outline.boxes[index(box)];
        std::size_t letters = b.title.size();
        for (const std::string& line : b.lines) letters = std::max(letters, line.size() * 4 / 5);
        return 6.2 * static_cast<double>(letters) + 14 + 21 + (b.nonlinear ? 12 : 0);
    };
    double width = 0;
    ListId shape = 0;
    std::vector<double> left(outline.boxes.size(), 0);
    std::set<ScopeId> frames;
    for (const int box : outline.main_line) {
        const ListId here = outline.graph[outline.boxes[index(box)].id].shape;
        if (here != shape) width += 5 * static_cast<double>(to_string(outline.graph.list(here)).size()) + 16;
        shape = here;
        for (ScopeId frame = outline.boxes[index(box)].module; frame != 0;
             frame = outline.modules.modules[frame].parent)
            if (frames.insert(frame).second) width += 16;  // its margins
        left[index(box)] = width;
        width += width_of(box);
    }
    // The lane of the backward part runs to the left, and beyond the first op: gradients, updates.
    double most = 0;
    for (std::size_t k = 0; k < outline.boxes.size(); ++k)
        if (outline.is_backward(static_cast<int>(k)))
            left[k] = outline.boxes[k].beside >= 0 ? left[index(outline.boxes[k].beside)] : width;
    for (const Arrow& arrow : outline.arrows) {
        if (arrow.kept || !outline.is_backward(arrow.from) || !outline.is_backward(arrow.to)) continue;
        const Box &from = outline.boxes[index(arrow.from)], &to = outline.boxes[index(arrow.to)];
        if (to.beside >= 0 && to.beside != from.beside) continue;
        double& x = left[index(arrow.to)];
        x = std::min(x, left[index(arrow.from)] - width_of(arrow.to));
        most = std::max(most, -x);
    }
    return width + most;
}

}  // namespace xgrad::detail
