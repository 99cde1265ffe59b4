// The picture of statistics: a graph coloured by the norm of gradients or of values, by zeros, or by what is not finite.
#include <algorithm>
#include <cmath>
#include <set>

#include "autodiff/export/dot_emit.hpp"
#include "autodiff/export/dot_text.hpp"
#include "autodiff/passes/graph_copy.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace {

using namespace detail;

constexpr int steps = static_cast<int>(std::size(Palette{}.magnitude));

// From which share on each step of the ramp is used, the darkest first; the last is a share of 0.
constexpr double share_from[steps] = {0.99, 0.9, 0.75, 0.5, 0.25, 0.1, 0.01, 0, -1};
constexpr const char* share_words[steps] = {"≥ 99 %", "90", "75", "50", "25", "10", "1 %", "less", "none"};

std::string percent(double share)
{
    if (share == 0) return "0";
    return share < 0.001 ? "< 0.1 %" : fixed_text(100 * share, share < 0.0995 ? 1 : 0) + " %";
}

// What a box shows.
struct Shown {
    bool any = false;
    double number = 0;  // a norm or a share
    bool bad = false;   // it is not finite
    std::string words;
    int step = steps - 1;
};

class Measured {
  public:
    Measured(const Statistics& statistics, Measure measure, const std::vector<ValueId>& place,
             const Outline& outline)
        : statistics_(statistics),
          measure_(measure),
          outline_(outline),
          source_(outline.graph.size(), no_value),
          shown_(outline.boxes.size())
    {
        for (ValueId id = static_cast<ValueId>(place.size()); id-- > 0;) source_[place[id]] = id;
        for (std::size_t k = 0; k < shown_.size(); ++k) shown_[k] = look_at(outline.boxes[k]);
        for (const Shown& shown : shown_)
            if (shown.any && !shown.bad && is_norm()) top_ = std::max(top_, decade(shown.number));
        for (Shown& shown : shown_) {
            if (!shown.any || shown.bad) continue;
            shown.step =
                is_norm() ? std::clamp(top_ - decade(shown.number), 0, steps - 1) : step_of(shown.number);
            used_.insert(shown.step);
        }
    }

    const std::string& words(std::size_t box) const { return shown_[box].words; }

    Attributes attributes(const Palette& colours, const Box& box) const
    {
        const Shown& shown = of(box);
        if (!shown.any) {
            if (box.kind == Box::Kind::constant) return {};
            return {
                {"fillcolor", {colours.paper}}, {"color", {colours.faint}}, {"fontcolor", {colours.ink2}}};
        }
        if (shown.bad)
            return {{"fillcolor", {colours.wrong_line}},
                    {"fontcolor", {colours.output_ink}},
                    {"color", {colours.wrong_line}},
                    {"shape", {"octagon"}},
                    {"style", {"filled"}},
                    {"margin", {"0,0"}}};
        const char* const fill = colours.magnitude[shown.step];
        Attributes result = {{"fillcolor", {fill}}, {"fontcolor", {text_on(colours, fill)}}};
        if (box.kind == Box::Kind::parameter || box.kind == Box::Kind::gradient_out)
            result.insert(result.end(), {{"penwidth", {"0.8"}}, {"color", {colours.line}}});
        else if (box.kind != Box::Kind::op || !box.nonlinear)
            result.push_back({"color", {colours.line}});
        return result;
    }
    const char* small(const Palette& colours, const Box& box) const
    {
        const Shown& shown = of(box);
        if (!shown.any) return colours.ink2;
        return shown.bad ? colours.output_ink : text_on(colours, colours.magnitude[shown.step]);
    }

    std::vector<std::string> lines() const
    {
        std::vector<std::string> result;
        const auto add = [&](const std::string& text) {
            for (std::string& line : wrap(text)) result.push_back(std::move(line));
        };
        switch (measure_) {
        case Measure::gradient: add("number: norm of the gradient of the output by the node's value"); break;
        case Measure::norm: add("number: norm of the node's value"); break;
        case Measure::zeros: add("number: share of zeros in the node's value"); break;
        case Measure::not_finite: add("number: share of NaN and infinities in the node's value"); break;
        }
        if (measure_ == Measure::gradient) {
            add(parameters_line());
            if (std::ranges::any_of(outline_.boxes,
                                    [](const Box& box) { return box.kind == Box::Kind::module; }))
                add("of a closed module: of all its parameters together; without any, of what it gives");
            if (std::ranges::any_of(outline_.boxes,
                                    [](const Box& box) { return box.kind == Box::Kind::gradient; }))
                add("in the backward part: norm of the value");
        }
        std::erase(result, "");
        return result;
    }

    std::vector<std::pair<const char*, std::string>> legend(const Palette& colours) const
    {
        std::vector<std::pair<const char*, std::string>> result;
        for (const int step : used_) {
            std::string words = share_words[step];
            if (is_norm()) {
                const double from = std::pow(10.0, top_ - step);
                words = step == steps - 1 ? "smaller (paper)" : "≥ " + norm_text(from);
            }
            result.push_back({step == steps - 1 ? colours.hair : colours.magnitude[step], words});
        }
        if (std::ranges::any_of(shown_, &Shown::bad))
            result.push_back({colours.wrong_line, "not finite (octagon)"});
        return result;
    }

  private:
    bool is_norm() const { return measure_ == Measure::gradient || measure_ == Measure::norm; }
    static int decade(double norm)
    {
        return norm > 0 ? static_cast<int>(std::floor(std::log10(norm) + 1e-12)) : -1000;
    }
    static int step_of(double share)
    {
        if (share == 0) return steps - 1;
        int step = 0;
        while (share < share_from[step]) ++step;
        return step;
    }
    const Shown& of(const Box& box) const
    {
        return shown_[static_cast<std::size_t>(&box - outline_.boxes.data())];
    }

    static Shown norm_of(double norm, const ValueStatistics* bad)
    {
        Shown shown{true, norm, bad != nullptr, "", steps - 1};
        shown.words = bad ? (bad->nans > 0 ? "NaN" : "inf") : norm_text(norm);
        return shown;
    }

    Shown look_at(const Box& box) const
    {
        if (box.kind == Box::Kind::constant || box.kind == Box::Kind::state || box.id == no_value) return {};
        const ValueId id = source_[box.id];
        const bool backward = box.kind == Box::Kind::gradient || box.kind == Box::Kind::gradient_out;
        if (measure_ == Measure::gradient && !backward) return gradient_of(box, id);
        const ValueStatistics& s = statistics_.values[id];
        if (s.count == 0 || (is_norm() && !is_floating(outline_.graph.dtype(box.id)))) return {};
        if (is_norm()) return norm_of(s.norm, s.finite() ? nullptr : &s);
        const double share = measure_ == Measure::zeros ? s.zero_share() : s.nonfinite_share();
        return {true, share, false, percent(share), steps - 1};
    }

    Shown gradient_of(const Box& box, ValueId id) const
    {
        const std::vector<ValueStatistics>& all = statistics_.gradients;
        if (box.kind == Box::Kind::module) {  // its parameters, if it has some
            std::set<ValueId> leaves;
            for (const ValueId op : outline_.modules.modules[box.module].ops)
                for (const ValueId in : outline_.graph.inputs(op))
                    if (outline_.parts.leaf[in] == Leaf::parameter) leaves.insert(in);
            double squares = 0;
            const ValueStatistics* bad = nullptr;
            bool any = false;
            for (const ValueId leaf : leaves) {
                const ValueStatistics& g = all[source_[leaf]];
                any = any || g.count > 0;
                squares += g.count > 0 ? g.norm * g.norm : 0;
                if (!g.finite()) bad = &g;
            }
            if (any) return norm_of(std::sqrt(squares), bad);
        }
        const ValueStatistics& g = all[id];
        if (g.count == 0) return {};
        return norm_of(g.norm, g.finite() ? nullptr : &g);
    }

    // "parameters: from 2e−8 (net.0.weight) to 0.66 (net.12.weight)"
    std::string parameters_line() const
    {
        const Graph& graph = statistics_.graph;
        ValueId least = no_value, most = no_value;
        for (const auto& [id, parameter] : graph.parameters()) {
            const ValueStatistics& g = statistics_.gradients[id];
            if (g.count == 0 || !g.finite()) continue;
            if (least == no_value || g.norm < statistics_.gradients[least].norm) least = id;
            if (most == no_value || g.norm > statistics_.gradients[most].norm) most = id;
        }
        if (least == most) return "";
        const auto words = [&](ValueId id) {
            return norm_text(statistics_.gradients[id].norm) + " (" + shorten(parameter_name(graph, id, 0)) +
                   ")";
        };
        return "parameters: from " + words(least) + " to " + words(most);
    }

    const Statistics& statistics_;
    Measure measure_;
    const Outline& outline_;
    std::vector<ValueId> source_;  // a node that is shown -> that of the statistics
    std::vector<Shown> shown_;     // by box
    std::set<int> used_;
    int top_ = 0;  // the decade of the darkest step
};

}  // namespace

Picture draw(const Statistics& statistics, Measure measure, const DrawOptions& options)
{
    detail::check_options(options, statistics.graph.outputs().size());
    if (options.values) throw ValueError("draw: statistics have a number for each node, not values");
    if (statistics.values.size() != statistics.graph.size())
        throw ValueError("draw: these Statistics were not made by statistics()");
    if (measure == Measure::gradient && statistics.gradients.size() != statistics.graph.size())
        throw ValueError(
            "draw: these statistics have no gradients; statistics(..., {.gradients = true}) has them");
    std::vector<ValueId> place;
    const Graph shown = detail::without_checks(statistics.graph, &place);
    Outline outline(shown, options, false);
    const Measured measured(statistics, measure, place, outline);
    for (std::size_t k = 0; k < outline.boxes.size(); ++k)
        if (!measured.words(k).empty()) outline.boxes[k].lines.push_back(measured.words(k));

    Sheet sheet(options.theme, natural_width(outline) > widest);
    const Palette& colours = sheet.colours();
    Look look;
    look.more = [&](const Box& box) { return measured.attributes(colours, box); };
    look.small = [&](const Box& box) { return measured.small(colours, box); };
    look.filled_by_kind = false;
    emit_boxes(sheet, outline, look);
    emit_arrows(sheet, outline, look);

    std::vector<std::string> lines = about(outline, options);
    for (std::string& line : measured.lines()) lines.push_back(std::move(line));
    std::vector<std::pair<const char*, std::string>> legend = measured.legend(colours);
    for (auto& entry : legend_of(sheet, outline, look))
        if (entry.first != colours.parameter_ink) legend.push_back(std::move(entry));  // not its colour here
    sheet.caption(options.title, lines, legend);
    return sheet.picture();
}

Picture draw(const Statistics& statistics, const DrawOptions& options)
{
    return draw(statistics, statistics.gradients.empty() ? Measure::norm : Measure::gradient, options);
}

}  // namespace xgrad
