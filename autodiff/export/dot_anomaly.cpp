// The picture of an anomaly: what is healthy fades, where the first infinity and the first NaN were born stands out.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "autodiff/export/dot_emit.hpp"
#include "autodiff/export/dot_text.hpp"
#include "autodiff/passes/graph_copy.hpp"

namespace xgrad {
namespace {

using namespace detail;

enum class Health { healthy, infected, infinity, nan };

std::string at(const Shape& index) { return index.empty() ? "" : " at " + to_string(Dims(index)); }

// "0 × (−inf)" where the op's label is a sign, else "log(0)".
std::string cause(const Graph& graph, const Anomaly::Element& element)
{
    const Node& node = graph[element.node];
    if (element.operands.empty()) return "";
    std::vector<std::string> numbers;
    for (const double x : element.operands) numbers.push_back(value_text(x));
    const std::string label = op_title(graph, element.node);
    const bool sign = !label.empty() && !std::isalnum(static_cast<unsigned char>(label[0]));
    if (sign && numbers.size() == 2 && !node.op->label_is_attributes) {
        const auto wrapped = [](const std::string& number) {
            return number.starts_with("\u2212") ? "(" + number + ")" : number;
        };
        return numbers[0] + " " + label + " " + wrapped(numbers[1]);
    }
    if (node.op->label_is_attributes) return label + ", x = " + numbers[0];
    std::string text = std::string(node.op->name) + "(";
    for (std::size_t k = 0; k < numbers.size(); ++k) text += (k ? ", " : "") + numbers[k];
    return text + ")";
}

// A picture depends on the graph and on the source, not on addresses.
std::string caller(const std::string& what, const std::vector<CallSite>& sites)
{
    if (sites.empty() || sites[0].function.empty()) return "";
    const CallSite& site = sites[0];
    return what + site.function +
           (site.line > 0 ? " (" + site.file + ":" + std::to_string(site.line) + ")" : "");
}

class Ill {
  public:
    Ill(const Anomaly& anomaly, const std::vector<ValueId>& place, const Outline& outline)
        : anomaly_(anomaly),
          outline_(outline),
          source_(outline.graph.size(), no_value),
          health_(outline.boxes.size(), Health::healthy)
    {
        for (ValueId id = static_cast<ValueId>(place.size()); id-- > 0;) source_[place[id]] = id;
        for (ValueId id = 0; id < place.size(); ++id) {
            const int box = outline.box_of[place[id]];
            if (box >= 0 && !anomaly.values[id].finite() && anomaly.graph[id].op->arity > 0)
                health_[static_cast<std::size_t>(box)] = Health::infected;
        }
        for (std::size_t k = 0; k < outline.boxes.size(); ++k)
            if (const auto kind = outline.boxes[k].kind;
                kind == Box::Kind::output || kind == Box::Kind::gradient_out)
                health_[k] = value_of(outline.boxes[k].id).finite() ? Health::healthy : Health::infected;
        mark(anomaly.infinity, Health::infinity, place);
        mark(anomaly.nan, Health::nan, place);
        for (const auto* birth : {&anomaly.nan, &anomaly.infinity})
            if (*birth)
                for (const Anomaly::Element& element : (*birth)->origin)
                    elements_.emplace(element.node, &element);
    }

    // "1 of 64 is NaN"; an infinity has its sign where one element is all that there is.
    std::string share_words(ValueId id) const
    {
        const ValueStatistics& s = anomaly_.values[id];
        const std::int64_t bad = s.nans > 0 ? s.nans : s.infinities;
        const auto it = elements_.find(id);
        const bool negative = bad == 1 && it != elements_.end() && it->second->value < 0;
        const std::string what = s.nans > 0 ? "NaN" : negative ? "\u2212inf" : "inf";
        if (s.count == 1) return what;
        return std::to_string(bad) + " of " + std::to_string(s.count) + (bad == 1 ? " is " : " are ") + what;
    }

    bool has(Health health) const { return std::ranges::find(health_, health) != health_.end(); }

    Attributes attributes(const Palette& c, const Box& box) const
    {
        const bool rounded = outline_.parts.leaf[box.id] == Leaf::none && !box.nonlinear &&
                             box.kind != Box::Kind::output && box.kind != Box::Kind::gradient_out;
        const char* const style = rounded ? "rounded,filled" : "filled";
        switch (health(box)) {
        case Health::healthy:
            if (box.kind == Box::Kind::constant) return {{"fontcolor", {c.ink2}}};
            return {
                {"fillcolor", {c.paper}}, {"color", {c.faint}}, {"fontcolor", {c.ink2}}, {"style", {style}}};
        case Health::infected:
            return {{"fillcolor", {c.paper}},
                    {"color", {c.wrong_line}},
                    {"fontcolor", {c.wrong_line}},
                    {"penwidth", {"1"}},
                    {"style", {std::string(style) + ",dashed"}}};
        case Health::infinity:
            return {{"fillcolor", {c.wrong}},
                    {"color", {c.wrong_line}},
                    {"fontcolor", {c.ink}},
                    {"penwidth", {"1.5"}},
                    {"style", {style}}};
        case Health::nan: break;
        }
        return {{"shape", {"octagon"}},        {"style", {"filled"}},        {"fillcolor", {c.wrong_line}},
                {"color", {c.wrong_line}},     {"penwidth", {"2"}},          {"margin", {"0,0"}},
                {"fontcolor", {c.output_ink}}, {"label", bold_label(c, box)}};
    }
    const char* small(const Palette& c, const Box& box) const
    {
        switch (health(box)) {
        case Health::healthy: return c.ink2;
        case Health::infected: return c.wrong_line;
        case Health::infinity: return c.ink;
        case Health::nan: break;
        }
        return c.output_ink;
    }

    // Arrows say which element went through them.
    void arrow(const Sheet& sheet, const Arrow& arrow, Attributes& more) const
    {
        const Palette& c = sheet.colours();
        std::erase_if(more, [](const auto& attribute) { return attribute.first == "label"; });
        const Box& from = outline_.boxes[static_cast<std::size_t>(arrow.from)];
        const ValueId id = source_[arrow.value];
        const ValueStatistics& s = anomaly_.values[id];
        const bool ill = !s.finite() && s.count > 0;
        more.push_back({"color", {ill ? c.wrong_line : c.faint}});
        more.push_back({"fontcolor", {ill ? c.wrong_line : c.ink2}});
        if (!arrow.kept)
            more.push_back({"style", {ill && health(from) == Health::infected ? "dashed" : "solid"}});
        if (ill && health(from) != Health::infected) more.push_back({"penwidth", {"1.6"}});
        if (health(from) == Health::nan) more.push_back({"style", {"dashed"}});
        const bool narrow =
            from.kind == Box::Kind::parameter || from.kind == Box::Kind::constant || arrow.kept;
        if (narrow || from.beside == arrow.to) return;
        std::string text;
        if (ill)
            text = share_words(id);
        else if (const auto it = elements_.find(id); it != elements_.end())
            text = value_text(it->second->value) + at(it->second->index);
        if (!text.empty()) more.push_back({"label", sheet.edge_label(text)});
    }

    // What the box of a birth says under its title.
    void write(std::vector<Box>& boxes, const std::vector<ValueId>& place) const
    {
        const auto add = [&](const std::optional<Anomaly::Birth>& birth, const char* what) {
            if (!birth) return;
            for (Box& box : boxes) {  // what follows was not computed
                const bool out = box.kind == Box::Kind::output || box.kind == Box::Kind::gradient_out;
                const bool last = birth->node + 1 == anomaly_.graph.size();
                if (out && last && source_[box.id] == birth->node && anomaly_.graph.name(birth->node).empty())
                    box.title = "\u2026";
            }
            const int at_box = outline_.box_of[place[birth->node]];
            if (at_box < 0) return;
            Box& box = boxes[static_cast<std::size_t>(at_box)];
            const bool one = box.count == 1;
            if (one && box.kind == Box::Kind::op) box.lines.clear();
            box.lines.push_back(what + (one ? "" : ": " + op_title(anomaly_.graph, birth->node)));
            if (birth->origin.empty()) return;
            const Anomaly::Element& element = birth->origin[0];
            const std::string why = cause(anomaly_.graph, element);
            box.lines.push_back((why.empty() ? value_text(element.value) : why) + at(element.index));
        };
        add(anomaly_.infinity, "infinity is born here");
        if (!anomaly_.infinity || anomaly_.nan->node != anomaly_.infinity->node)
            add(anomaly_.nan, "NaN is born here");
    }

    std::vector<std::string> lines() const
    {
        std::vector<std::string> result;
        const auto add = [&](const std::string& text) {
            for (std::string& line : wrap(text)) result.push_back(std::move(line));
        };
        const auto tell = [&](const std::optional<Anomaly::Birth>& birth, const char* what) {
            if (!birth) return;
            const Graph& graph = anomaly_.graph;
            const std::string path = graph.path(graph[birth->node].scope);
            std::string text =
                what + (": " + op_title(graph, birth->node)) + (path.empty() ? "" : " in " + path);
            if (birth->gradient_of != no_value) {
                const std::string name(graph.name(birth->gradient_of));
                text += ", in the gradient of " + op_title(graph, birth->gradient_of) +
                        (name.empty() ? "" : " '" + name + "'");
            }
            if (!birth->origin.empty()) {
                const std::string why = cause(graph, birth->origin[0]);
                text += (why.empty() ? "" : ": " + why) + at(birth->origin[0].index);
            }
            const ValueStatistics& s = anomaly_.values[birth->node];
            if (s.count > 1) text += ", " + share_words(birth->node);
            add(text);
            const bool gradient = birth->gradient_of != no_value;
            add(caller(gradient ? "gradient asked for by " : "recorded by ", birth->recorded));
            add(caller("recorded by ", birth->forward_recorded));
        };
        const bool infinity_first = anomaly_.infinity && &anomaly_.first() == &*anomaly_.infinity;
        if (infinity_first) tell(anomaly_.infinity, "first infinity");
        tell(anomaly_.nan, "first NaN");
        if (!infinity_first) tell(anomaly_.infinity, "first infinity");
        std::string from;
        for (const auto& [id, element] : elements_)
            if (leaf_of(id) == Leaf::data)
                from += (from.empty() ? "from " : ", ") + name_of_leaf(id) + " = " +
                        value_text(element->value) + at(element->index);
        if (!from.empty()) add(from);
        return result;
    }

  private:
    Health health(const Box& box) const
    {
        return health_[static_cast<std::size_t>(&box - outline_.boxes.data())];
    }
    const ValueStatistics& value_of(ValueId shown) const { return anomaly_.values[source_[shown]]; }
    Leaf leaf_of(ValueId id) const
    {
        for (ValueId shown = 0; shown < source_.size(); ++shown)
            if (source_[shown] == id) return outline_.parts.leaf[shown];
        return Leaf::none;
    }
    std::string name_of_leaf(ValueId id) const
    {
        const std::string name(anomaly_.graph.name(id));
        return name.empty() ? "the input" : name;
    }
    void mark(const std::optional<Anomaly::Birth>& birth, Health health, const std::vector<ValueId>& place)
    {
        if (!birth) return;
        const int box = outline_.box_of[place[birth->node]];
        if (box >= 0) health_[static_cast<std::size_t>(box)] = health;
    }
    static Text bold_label(const Palette& c, const Box& box)
    {
        Text text = label(box.title, box.lines, c.output_ink);
        if (!text.html) return text;
        const std::size_t end = text.text.find("<br/>");
        return {"<b>" + text.text.substr(0, end) + "</b>" + text.text.substr(end), true};
    }

    const Anomaly& anomaly_;
    const Outline& outline_;
    std::vector<ValueId> source_;  // a node that is shown -> the anomaly's
    std::vector<Health> health_;   // by box
    std::map<ValueId, const Anomaly::Element*> elements_;
};

}  // namespace

Picture draw(const Anomaly& anomaly, const DrawOptions& options)
{
    detail::check_options(options, anomaly.graph.outputs().size());
    if (options.values) throw ValueError("draw: an anomaly's picture has its own values");
    if ((!anomaly.nan && !anomaly.infinity) || anomaly.values.size() != anomaly.graph.size())
        throw ValueError("draw: this Anomaly was not made by find_anomaly() or anomaly mode");
    std::vector<ValueId> place;
    const Graph shown = detail::without_checks(anomaly.graph, &place);
    Outline outline(shown, options, false);
    const Ill ill(anomaly, place, outline);
    ill.write(outline.boxes, place);

    Sheet sheet(options.theme, natural_width(outline) > widest);
    const Palette& colours = sheet.colours();
    Look look;
    look.more = [&](const Box& box) { return ill.attributes(colours, box); };
    look.small = [&](const Box& box) { return ill.small(colours, box); };
    look.arrow = [&](const Arrow& arrow, Attributes& more) { ill.arrow(sheet, arrow, more); };
    emit_boxes(sheet, outline, look);
    emit_arrows(sheet, outline, look);

    std::vector<std::string> lines = wrap(options.caption);
    for (std::string& line : ill.lines()) lines.push_back(std::move(line));
    std::vector<std::pair<const char*, std::string>> legend;
    if (ill.has(Health::nan)) legend.push_back({colours.wrong_line, "first NaN (octagon)"});
    if (ill.has(Health::infinity)) legend.push_back({colours.wrong_line, "first infinity (tinted)"});
    if (ill.has(Health::infected)) legend.push_back({colours.wrong_line, "not finite after that (dashed)"});
    legend.push_back({colours.faint, "healthy (faded)"});
    const char* const title = anomaly.nan ? "Where the NaN was born" : "Where the first infinity was born";
    sheet.caption(options.title.empty() ? title : options.title, lines, legend);
    return sheet.picture();
}

Picture draw(const AnomalyError& error, const DrawOptions& options) { return draw(error.anomaly(), options); }

}  // namespace xgrad
