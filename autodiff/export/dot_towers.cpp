// The picture of a certificate: the graph before and after, side by side, with the proof under the shorter one.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "autodiff/export/dot_emit.hpp"
#include "autodiff/export/dot_ghost.hpp"
#include "autodiff/export/dot_proof.hpp"
#include "autodiff/export/dot_text.hpp"

namespace xgrad {
namespace {

using namespace detail;
struct Towers {
    Towers(const Certificate& certificate, const DrawOptions& options)
        : certificate(certificate),
          options(options),
          side_options(forward_only(options)),
          before(certificate.before, side_options, "n", stretches(certificate, true), false),
          after(certificate.after, side_options, "a", stretches(certificate, false), true),
          sheet(options.theme, true),
          colours(sheet.colours())
    {
        for (const Merged& merged : certificate.merged) {
            touched_before.insert(merged.before.begin(), merged.before.end());
            touched_after.insert(merged.after.begin(), merged.after.end());
        }
    }

    static DrawOptions forward_only(DrawOptions options)
    {
        options.backward = false;
        options.values = false;
        options.forward_outputs = std::numeric_limits<int>::max();
        return options;
    }

    static std::vector<Stretch> stretches(const Certificate& certificate, bool of_before)
    {
        std::vector<Stretch> list;
        for (const Merged& merged : certificate.merged) {
            const std::string name = place(certificate, merged);
            list.push_back(
                {of_before ? merged.before : merged.after, name + (name.empty() ? "" : "  ") + "merged"});
        }
        return list;
    }

    Picture draw()
    {
        const bool changed = !certificate.merged.empty();
        const std::vector<std::uint8_t>& kinds = before.parts.nonlinear;
        const bool affine = std::ranges::find(kinds, 1) == kinds.end();
        tower(before, touched_before, "before",
              (changed ? "before: " : "kept: ") + std::to_string(certificate.nodes_before) +
                  (affine ? " affine" : "") + (certificate.nodes_before == 1 ? " node" : " nodes"));
        barriers();
        sheet.end_cluster();
        if (changed) {
            const std::int64_t on_weights = after.weight_ops;
            tower(after, touched_after, "after",
                  "after: " + std::to_string(certificate.nodes_after - on_weights) +
                      (on_weights > 0 ? ", and " + std::to_string(on_weights) + " on weights" : ""));
            entries(proof(), last_of(after), under_of(after));
            sheet.end_cluster();
            align();
            bars();
        } else {
            draw_refused();
        }
        captions(changed);
        return sheet.picture();
    }

  private:
    const std::string* key_of(const Outline& outline, ValueId id) const
    {
        if (id >= outline.box_of.size()) return nullptr;
        const int box = outline.box_of[id];
        return box < 0 ? nullptr : &outline.boxes[static_cast<std::size_t>(box)].key;
    }

    void begin_side(const std::string& side, const std::string& title)
    {
        sheet.begin_cluster(side, {{"class", {"side"}},
                                   {"label", {"<b>" + html(title) + "</b>", true}},
                                   {"labelloc", {"t"}},
                                   {"labeljust", {"l"}},
                                   {"fontsize", {"12"}},
                                   {"fontcolor", {colours.ink}},
                                   {"style", {"filled"}},
                                   {"color", {colours.paper}},
                                   {"fillcolor", {colours.paper}},
                                   {"penwidth", {"0"}},
                                   {"margin", {"6"}}});
    }

    void tower(const Outline& outline, const std::set<ValueId>& touched, const std::string& side,
               const std::string& title)
    {
        begin_side(side, title);
        Look look;
        look.group = side;
        look.tower = true;
        look.more = [&](const Box& box) -> Attributes {
            const bool several = box.kind == Box::Kind::chain;
            if ((box.kind != Box::Kind::op && !several) || !touched.contains(box.id)) return {};
            if (several)
                return {{"class", {"module touch"}}, {"color", {colours.touched_line}}, {"penwidth", {"2"}}};
            if (box.nonlinear)
                return {{"class", {"nonlin touch"}}, {"color", {colours.touched_line}}, {"penwidth", {"2"}}};
            return {{"class", {"touch"}},
                    {"fillcolor", {colours.touched}},
                    {"color", {colours.touched_line}},
                    {"penwidth", {"2"}}};
        };
        if (certificate.merged.size() > 1)
            look.prefix = [&](ScopeId scope) { return letter(outline, scope, side == "before"); };
        emit_boxes(sheet, outline, look);
        notes(outline);
        emit_arrows(sheet, outline, look);
    }

    // "A   " before the title of a frame whose ops all belong to the first merged stretch.
    std::string letter(const Outline& outline, ScopeId scope, bool is_before) const
    {
        const std::vector<ValueId>& ops = outline.modules.modules[scope].ops;
        for (std::size_t k = 0; k < certificate.merged.size() && k < 26; ++k) {
            const auto& nodes = is_before ? certificate.merged[k].before : certificate.merged[k].after;
            if (!ops.empty() && std::ranges::all_of(ops, [&](ValueId id) {
                    return std::ranges::find(nodes, id) != nodes.end();
                }))
                return std::string(1, static_cast<char>('A' + k)) + "   ";
        }
        return "";
    }

    // A module of one op is drawn as that op; in a tower its name stands beside it.
    void notes(const Outline& outline)
    {
        const std::set<ValueId> blocked = &outline == &before ? barrier_nodes() : std::set<ValueId>();
        for (const Box& box : outline.boxes) {
            if (box.kind != Box::Kind::op || !box.spine || blocked.contains(box.id)) continue;
            const ScopeId scope = outline.graph[box.id].scope;
            if (scope == 0 || outline.modules.modules[scope].shown ||
                outline.modules.modules[scope].ops.size() != 1)
                continue;
            const std::string key = box.key + "t", &type = outline.graph.scope(scope).type;
            const std::string path = shorten(outline.graph.path(scope));
            sheet.node(key, Role::note,
                       {plain(path + (type.empty() || box.nonlinear ? "" : "  " + shorten(type)))});
            sheet.same_rank({box.key, key});
            sheet.edge(box.key, key, Line::hidden);
        }
    }

    std::set<ValueId> barrier_nodes() const
    {
        std::set<ValueId> ids;
        for (const Refusal& refusal : certificate.refusals)
            if (is_barrier(refusal)) ids.insert(refusal.nodes.front());
        return ids;
    }
    bool is_barrier(const Refusal& refusal) const
    {
        const bool stops = refusal.reason == RefusalReason::not_affine ||
                           refusal.reason == RefusalReason::stochastic ||
                           refusal.reason == RefusalReason::used_elsewhere;
        return stops && !refusal.nodes.empty() && key_of(before, refusal.nodes.front());
    }

    // A thick bar from what stops a merge to the reason.
    void barriers()
    {
        for (const Refusal& refusal : certificate.refusals) {
            if (!is_barrier(refusal)) continue;
            const std::string& key = *key_of(before, refusal.nodes.front());
            const std::string note = key + "w";
            if (!reasons.emplace(refusal.nodes.front(), note).second) continue;
            std::string text = "<b>barrier</b>: ";
            const std::vector<std::string> lines =
                wrap("barrier: " + shorten(without_id(refusal.text), longest_text), 24);
            std::string rows;
            for (std::size_t k = 0; k < lines.size(); ++k) {
                const std::string line = k == 0 ? text + html(std::string_view(lines[k]).substr(
                                                             std::min<std::size_t>(9, lines[k].size())))
                                                : html(lines[k]);
                rows += "<tr><td align=\"left\">" + line + "</td></tr>";
            }
            sheet.node(note, Role::note,
                       {"<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"0\">" + rows +
                            "</table>",
                        true},
                       {{"class", {"barrier"}}, {"fontsize", {"10"}}, {"fontcolor", {colours.wrong_line}}});
            sheet.same_rank({key, note});
            sheet.edge(key, note, Line::barrier);
        }
    }

    // Pairs of what is in both graphs: ops that no stretch has touched, in order.
    std::map<ValueId, ValueId> pairs() const
    {
        const auto untouched = [](const Outline& outline, const std::set<ValueId>& touched) {
            std::vector<ValueId> ids;
            for (ValueId id = 0; id < outline.graph.size(); ++id)
                if ((outline.parts.is_forward_op(id) || outline.parts.leaf[id] == Leaf::data) &&
                    outline.parts.forward[id] && !touched.contains(id))
                    ids.push_back(id);
            return ids;
        };
        const auto left = untouched(before, touched_before), right = untouched(after, touched_after);
        std::map<ValueId, ValueId> result;
        std::size_t j = 0;
        for (const ValueId id : left) {
            std::size_t k = j;
            while (k < right.size() && before.graph[id].op != after.graph[right[k]].op) ++k;
            if (k == right.size()) continue;
            result[id] = right[k];
            j = k + 1;
        }
        return result;
    }

    // What is in both graphs stands at one height; a merged stretch begins where it began.
    void align()
    {
        const auto level = [&](ValueId left, ValueId right) {
            const std::string *a = key_of(before, left), *b = key_of(after, right);
            if (a && b) sheet.same_rank({*a, *b});
        };
        for (const auto& [left, right] : pairs()) level(left, right);
        for (const Merged& merged : certificate.merged) {
            const auto op = std::ranges::find_if(merged.after, [&](ValueId id) {
                return after.parts.is_forward_op(id) && after.box_of[id] >= 0 &&
                       after.boxes[static_cast<std::size_t>(after.box_of[id])].spine;
            });
            if (!merged.before.empty() && op != merged.after.end()) level(merged.before.front(), *op);
        }
    }

    // The other half of each bar, from the same op of the other side: drawn leftwards.
    void bars()
    {
        const auto both = pairs();
        for (const auto& [id, note] : reasons)
            if (const auto it = both.find(id); it != both.end())
                if (const std::string* key = key_of(after, it->second)) sheet.edge(*key, note, Line::barrier);
    }

    std::vector<Entry> proof() const
    {
        std::vector<Entry> list = measured(certificate);
        for (const Refusal& refusal : certificate.refusals)
            if (!is_barrier(refusal)) list.push_back(refused(refusal));
        return list;
    }

    std::string entry(std::size_t k, const Entry& e)
    {
        const std::string key = "c" + std::to_string(k);
        std::string rows = "<tr><td align=\"left\" width=\"235\"><font point-size=\"12\" color=\"" +
                           std::string(e.wrong ? colours.wrong_line : colours.ink) + "\">" + e.big +
                           "</font></td></tr>";
        for (const std::string& line : wrap(shorten(e.small, longest_text), 50))
            rows += "<tr><td align=\"left\"><font point-size=\"9.5\" color=\"" + std::string(colours.ink2) +
                    "\">" + html(line) + "</font></td></tr>";
        sheet.node(
            key, Role::note,
            {"<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"0\">" + rows + "</table>",
             true},
            {{"class", {"certificate"}}, {"shape", {"plain"}}});
        return key;
    }

    static std::string last_of(const Outline& outline)
    {
        return outline.main_line.empty()
                   ? ""
                   : outline.boxes[static_cast<std::size_t>(outline.main_line.back())].key;
    }
    static std::string under_of(const Outline& outline)
    {
        std::string key;
        for (const Box& box : outline.boxes)
            if ((box.kind == Box::Kind::parameter || box.kind == Box::Kind::constant) && box.beside >= 0)
                key = box.key;
        return key;
    }

    // One entry a rank, so that they never stretch the tower beside them.
    void entries(const std::vector<Entry>& list, std::string last, const std::string& under)
    {
        for (std::size_t k = 0; k < list.size(); ++k) {
            const std::string key = entry(k, list[k]);
            if (!last.empty()) sheet.edge(last, key, Line::hidden, {{"weight", {k == 0 ? "0" : "20"}}});
            if (k == 0 && !under.empty()) sheet.edge(under, key, Line::hidden, {{"weight", {"20"}}});
            last = key;
        }
    }

    // Nothing was merged: beside the tower stands what was refused, or the reasons alone.
    void draw_refused()
    {
        for (const Refusal& refusal : certificate.refusals) {
            if (refusal.reason != RefusalReason::dearer && refusal.reason != RefusalReason::other_model_class)
                continue;
            const Ghost ghost(certificate, refusal);
            if (!ghost.valid) continue;
            begin_side("after", "one layer instead: refused");
            const std::string last = ghost.draw(sheet);
            entries(ghost.entries(), last, ghost.under());
            sheet.end_cluster();
            if (!before.main_line.empty())
                sheet.same_rank({before.boxes[static_cast<std::size_t>(before.main_line.front())].key, "gx"});
            return;
        }
        if (const auto list = proof(); !list.empty()) {
            begin_side("after", "not merged");
            entries(list, "", "");
            sheet.end_cluster();
        }
    }

    void captions(bool changed)
    {
        const Certificate& c = certificate;
        std::vector<std::string> lines = wrap(options.caption);
        if (!changed)
            for (const Refusal& refusal : c.refusals)
                if (!is_barrier(refusal) && lines.size() < 8)
                    for (std::string& line : wrap(shorten(in_words(refusal), longest_text)))
                        lines.push_back(std::move(line));
        std::string text;
        for (std::size_t k = 0; k < c.merged.size() && c.merged.size() > 1 && k < 26; ++k) {
            const std::string where = shorten(place(c, c.merged[k]), longest_name);
            text += std::string(1, static_cast<char>('A' + k)) + ":" + (where.empty() ? "" : " ") + where +
                    widths(c.merged[k]) + " merged.  ";
        }
        for (std::string& line : wrap(text)) lines.push_back(std::move(line));
        constexpr const char* modes[] = {"constants", "parameters", "symbolic"};
        std::string proof = "certificate: " + c.rule + ", mode " + modes[static_cast<int>(c.mode)] + ", ";
        if (const std::string where =
                c.merged.size() == 1 ? shorten(place(c, c.merged[0]), longest_name) : "";
            !where.empty())
            proof += where + widths(c.merged[0]) + ", ";
        proof += std::string(name_of(c.dtype)) +
                 (changed ? c.holds() ? ", holds" : ", does not hold" : ", nothing merged");
        for (std::string& line : wrap(proof)) lines.push_back(std::move(line));
        const std::string title = !options.title.empty() ? options.title
                                  : !changed             ? "Nothing was merged"
                                  : c.merged.size() == 1 && certificate.refusals.empty()
                                      ? std::to_string(c.nodes_before) + " nodes are " +
                                            std::to_string(c.nodes_after - after.weight_ops)
                                      : std::to_string(c.merged.size()) +
                                            (c.merged.size() == 1 ? " stretch" : " stretches") +
                                            " merged: " + std::to_string(c.nodes_before) + " nodes are " +
                                            std::to_string(c.nodes_after - after.weight_ops);
        std::vector<std::pair<const char*, std::string>> legend;
        if (changed) legend.push_back({colours.touched_line, "merged (thick outline)"});
        if (after.weight_ops > 0) legend.push_back({colours.line, "computed from weights (shaded)"});
        if (!reasons.empty()) legend.push_back({colours.wrong_line, "barrier (thick bar)"});
        for (auto& item : legend_of(sheet, before)) legend.push_back(std::move(item));
        sheet.caption(title, lines, legend);
    }

    const Certificate& certificate;
    const DrawOptions& options;
    const DrawOptions side_options;
    Outline before, after;
    Sheet sheet;
    const Palette& colours;
    std::set<ValueId> touched_before, touched_after;
    std::map<ValueId, std::string> reasons;  // of the barriers, by node
};

}  // namespace

Picture draw(const Certificate& certificate, const DrawOptions& options)
{
    check_options(options, certificate.before.outputs().size());
    return Towers(certificate, options).draw();
}

}  // namespace xgrad
