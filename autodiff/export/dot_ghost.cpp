// The alternative that a certificate refuses: one layer in place of several, dashed.
#include "autodiff/export/dot_ghost.hpp"

#include <algorithm>
#include <set>

#include "autodiff/export/dot_text.hpp"

namespace xgrad::detail {

Ghost::Ghost(const Certificate& certificate, const Refusal& refusal) : reason(refusal.reason)
{
    const Graph& graph = certificate.before;
    const Parts parts(graph, 1);
    const std::set<ValueId> inside(refusal.nodes.begin(), refusal.nodes.end());
    std::set<ValueId> leaves;
    bool entered = false;
    for (const ValueId id : inside) {
        if (!parts.is_forward_op(id)) continue;
        flops_before += flops_of(graph, id);
        for (const ValueId in : graph.inputs(id)) {
            const Leaf leaf = parts.leaf[in];
            if (leaf == Leaf::parameter || (leaf == Leaf::constant && graph.count(in) > 1)) {
                leaves.insert(in);
            } else if (!inside.contains(in) && !entered && leaf != Leaf::constant &&
                       !graph.shape(in).empty()) {
                entered = true;
                in_shape.assign(graph.shape(in).begin(), graph.shape(in).end());
                rank = in_shape.back();
            }
        }
        out_shape.assign(graph.shape(id).begin(), graph.shape(id).end());
        if (!out_shape.empty()) rank = std::min(rank, out_shape.back());
    }
    for (const ValueId id : leaves) {
        parameters_before += static_cast<double>(graph.count(id));
        biased = biased || graph.shape(id).size() == 1;
    }
    if (in_shape.empty() || out_shape.empty()) return;
    const double n = static_cast<double>(in_shape.back()), m = static_cast<double>(out_shape.back());
    flops_before /= static_cast<double>(std::max<std::int64_t>(certificate.batch, 1));
    parameters_after = n * m + (biased ? m : 0);
    flops_after = 2 * n * m + (biased ? m : 0);
    valid = true;
}

std::vector<Entry> Ghost::entries() const
{
    const auto change = [](double before, double after, const std::string& what) {
        const bool wrong = after > before;
        return Entry{wrong ? change_html(before, after) : count_text(before) + " → " + count_text(after),
                     what + (wrong ? ", " + change_words(before, after) : ""), wrong};
    };
    std::vector<Entry> list = {change(parameters_before, parameters_after, "parameters"),
                               change(flops_before, flops_after, "flops per sample")};
    const std::int64_t free = std::min(in_shape.back(), out_shape.back());
    if (reason == RefusalReason::other_model_class)
        list.push_back({"<b>rank " + std::to_string(rank) + " → " + std::to_string(free) + "</b>",
                        "what training could reach", true});
    return list;
}

std::string Ghost::draw(Sheet& sheet) const
{
    const Palette& c = sheet.colours();
    const Attributes dashed = {{"style", {"rounded,filled,dashed"}},
                               {"fillcolor", {c.paper}},
                               {"color", {c.line}},
                               {"fontcolor", {c.ink2}},
                               {"group", {"after"}},
                               {"width", {"0.85"}},
                               {"class", {"ghost"}}};
    const Attributes leaf = {{"style", {"filled,dashed"}}, {"fillcolor", {c.paper}}, {"color", {c.line}},
                             {"penwidth", {"0.8"}},        {"fontcolor", {c.ink2}},  {"class", {"ghost"}}};
    const std::string n = std::to_string(in_shape.back()), m = std::to_string(out_shape.back());
    sheet.node("gx", Role::data, {"x"}, {{"group", {"after"}}});
    Attributes frame = cluster_attributes(c, false);
    for (const auto& [name, text] : std::initializer_list<std::pair<const char*, const char*>>{
             {"label", "one layer"}, {"style", "rounded,dashed"}, {"labeljust", "r"}, {"class", "ghost"}})
        frame.push_back({name, {text}});
    sheet.begin_cluster("ghost", frame);
    sheet.node("gm", Role::op, {"matmul"}, dashed);
    const std::string of_rank =
        rank < std::min(in_shape.back(), out_shape.back()) ? ", rank " + std::to_string(rank) : "";
    sheet.node("gw", Role::parameter, {"[" + n + ", " + m + "]" + of_rank}, leaf);
    sheet.same_rank({"gm", "gw"});
    sheet.edge("gm", "gw", Line::parameter);
    if (biased) {
        sheet.node("ga", Role::op, {"+"}, dashed);
        sheet.node("gb", Role::parameter, {"[" + m + "]"}, leaf);
        sheet.same_rank({"ga", "gb"});
        sheet.edge("ga", "gb", Line::parameter);
        sheet.edge("gm", "ga", Line::data, {{"style", {"dashed"}}, {"weight", {"50"}}});
    }
    sheet.end_cluster();
    sheet.node("gy", Role::output, {"y"}, {{"group", {"after"}}});
    const auto arrow = [&](const char* from, const char* to, const Shape& shape) {
        sheet.edge(
            from, to, Line::data,
            {{"style", {"dashed"}}, {"weight", {"50"}}, {"label", sheet.edge_label(to_string(Dims(shape)))}});
    };
    arrow("gx", "gm", in_shape);
    arrow(biased ? "ga" : "gm", "gy", out_shape);
    return "gy";
}

}  // namespace xgrad::detail
