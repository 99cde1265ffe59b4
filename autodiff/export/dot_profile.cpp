// The picture of a profile: a graph coloured by where the time of a run goes.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "autodiff/export/dot_emit.hpp"
#include "autodiff/export/dot_text.hpp"
#include "autodiff/passes/graph_copy.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace {

using namespace detail;

// From which share of the total on each step of the ramp is used, and how the legend says it.
constexpr double ramp_from[] = {0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5};
constexpr const char* ramp_words[] = {
    "", "0.5 %", "1", "2", "5", "10", "20", "30", "50 % of the time or more"};
static_assert(std::size(ramp_from) == std::size(Palette{}.ramp));

std::string time_words(double nanoseconds)
{
    std::string text = time_text(nanoseconds);
    if (const std::size_t us = text.find("us"); us != std::string::npos) text.replace(us, 1, "µ");
    return text;
}

std::string share_words(double share)
{
    const double percent = 100 * share;
    return percent > 0 && percent < 0.95 ? "< 1 %" : fixed_text(percent, 0) + " %";
}

// "A", "B", ..., "Z", "AA", ...
std::string letters(std::size_t number)
{
    std::string text;
    for (++number; number > 0; number = (number - 1) / 26)
        text.insert(text.begin(), static_cast<char>('A' + (number - 1) % 26));
    return text;
}

// What a box shows.
struct BoxTime {
    double nanoseconds = 0;
    std::string words;  // empty: it has no time of its own
    int step = 0;       // of the ramp
};

class Timed {
  public:
    Timed(const Profile& profile, const std::vector<ValueId>& place, const Outline& outline)
        : profile_(profile), outline_(outline), total_(profile.fastest()), times(outline.boxes.size())
    {
        order_.resize(profile.steps.size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::ranges::stable_sort(order_, std::greater<>(),
                                 [&](std::size_t k) { return profile.steps[k].fastest; });
        find_boxes(place);
        for (std::size_t box = 0; box < times.size(); ++box) set_time(box);
    }

    // Under what the picture says of the graph itself.
    std::vector<std::string> lines() const
    {
        constexpr std::size_t slowest = 3;
        std::vector<std::string> result;
        const auto add = [&](const std::string& text) {
            for (std::string& line : wrap(text)) result.push_back(std::move(line));
        };
        add(time_words(total_) + " a run: " + counted(profile_.steps.size(), "step") +
            ", each the fastest of " + counted(static_cast<std::size_t>(profile_.runs), "run") + ", " +
            counted(static_cast<std::size_t>(profile_.threads), "thread"));
        for (std::size_t k = 0; k < std::min(order_.size(), slowest); ++k)
            add((k == 0 ? "slowest: " : "then: ") + words_of(order_[k]));
        if (!letter_of_.empty()) add("same letter: ops that run fused; the time is theirs together");
        if (shares_) add("≈: of ops fused with others elsewhere, a share by their number");
        if (std::ranges::any_of(outline_.modules.modules,
                                [](const Module& module) { return module.shown && module.repeat > 1; }))
            add("in frames of several modules (× n): the time of all n together");
        if (hidden_ > 0) add("not drawn: " + time_words(hidden_) + " in " + hidden_what_);
        return result;
    }

    Attributes attributes(const Palette& colours, const Box& box) const
    {
        if (box.kind == Box::Kind::data) return {{"fillcolor", {colours.paper}}};
        if (!is_timed_kind(box)) return {};
        const BoxTime& time = of(box);
        Attributes result = {{"fillcolor", {colours.ramp[time.step]}}};
        result.push_back({"fontcolor", {inverted(colours, time) ? colours.paper : colours.ink}});
        return result;
    }
    const char* small(const Palette& colours, const Box& box) const
    {
        if (box.kind == Box::Kind::output) return colours.output_ink;
        if (!is_timed_kind(box) || of(box).step == 0) return colours.ink2;
        return inverted(colours, of(box)) ? colours.paper : colours.ink;
    }

  private:
    static bool is_timed_kind(const Box& box)
    {
        using Kind = Box::Kind;
        return box.kind == Kind::op || box.kind == Kind::module || box.kind == Kind::chain ||
               box.kind == Kind::gradient || box.kind == Kind::state;
    }
    static bool inverted(const Palette& colours, const BoxTime& time)
    {
        return time.step >= inverted_from(colours);
    }
    const BoxTime& of(const Box& box) const
    {
        return times[static_cast<std::size_t>(&box - outline_.boxes.data())];
    }

    void find_boxes(const std::vector<ValueId>& place)
    {
        ops_in_.resize(times.size());
        double checks = 0, copies = 0, rest = 0;
        for (std::size_t k = 0; k < profile_.steps.size(); ++k) {
            const Profile::Step& step = profile_.steps[k];
            double hidden = 0;
            bool check = false;
            for (const ValueId id : step.nodes) {
                const Traits& traits = profile_.graph[id].op->traits;
                check = traits.alias;  // its place is that of its input
                const int box = check ? -1 : outline_.box_of[place[id]];
                if (box >= 0)
                    ++ops_in_[static_cast<std::size_t>(box)][k];
                else
                    hidden += step.fastest / static_cast<double>(step.nodes.size());
            }
            if (step.nodes.empty())
                copies += step.fastest;
            else
                (check ? checks : rest) += hidden;
        }
        hidden_ = checks + copies + rest;
        for (const auto& [time, what] : {std::pair{rest, "ops that are left out"},
                                         {checks, "checks of values"},
                                         {copies, "copies of outputs and parameters"}})
            if (time > 0) hidden_what_ += (hidden_what_.empty() ? "" : " and ") + std::string(what);
        // A step has a letter if a box of one op shows it that is not all of it. A is the slowest.
        std::vector<std::uint8_t> shared(profile_.steps.size());
        for (const auto& ops : ops_in_)
            if (shows_letter(ops)) shared[ops.begin()->first] = 1;
        for (const std::size_t k : order_)
            if (shared[k]) letter_of_.emplace(k, letters(letter_of_.size()));
    }

    using Ops = std::map<std::size_t, std::size_t>;  // how many of each step's
    bool shows_letter(const Ops& ops) const
    {
        return ops.size() == 1 && ops.begin()->second == 1 &&
               profile_.steps[ops.begin()->first].nodes.size() > 1;
    }

    void set_time(std::size_t box)
    {
        const Ops& ops = ops_in_[box];
        BoxTime& time = times[box];
        if (ops.empty()) return;
        bool whole = true;
        for (const auto& [k, count] : ops) {
            const Profile::Step& step = profile_.steps[k];
            const double share = static_cast<double>(count) / static_cast<double>(step.nodes.size());
            whole = whole && count == step.nodes.size();
            time.nanoseconds += shows_letter(ops) ? step.fastest : share * step.fastest;
        }
        if (shows_letter(ops))
            time.words = letter_of_.at(ops.begin()->first) + ": ";
        else if (!whole)
            time.words = "≈ ";
        shares_ = shares_ || (!whole && !shows_letter(ops));
        time.words += time_words(time.nanoseconds);
        while (time.step + 1 < static_cast<int>(std::size(ramp_from)) &&
               time.nanoseconds >= ramp_from[time.step + 1] * total_ && time.nanoseconds > 0)
            ++time.step;
    }

    std::string words_of(std::size_t k) const
    {
        const Profile::Step& step = profile_.steps[k];
        std::string text;
        if (const auto letter = letter_of_.find(k); letter != letter_of_.end()) text = letter->second + ": ";
        text += step.name;
        if (!step.where.empty()) text += " (" + step.where + ")";
        return text + " " + time_words(step.fastest) +
               (total_ > 0 ? ", " + share_words(step.fastest / total_) : "");
    }

    const Profile& profile_;
    const Outline& outline_;
    double total_;
    std::vector<std::size_t> order_;  // steps, the slowest first
    std::vector<Ops> ops_in_;         // of each box
    std::map<std::size_t, std::string> letter_of_;
    bool shares_ = false;
    double hidden_ = 0;
    std::string hidden_what_;

  public:
    std::vector<BoxTime> times;  // by box
};

}  // namespace

Picture draw(const Profile& profile, const DrawOptions& options)
{
    detail::check_options(options, profile.graph.outputs().size());
    if (options.values) throw ValueError("draw: a profile has times, not values");
    for (const Profile::Step& step : profile.steps)
        for (const ValueId id : step.nodes)
            if (id >= profile.graph.size())
                throw ValueError("draw: the profile's step '" + step.name + "' computes %" +
                                 std::to_string(id) + ", the graph has " +
                                 std::to_string(profile.graph.size()) + " nodes");
    std::vector<ValueId> place;
    const Graph shown = detail::without_checks(profile.graph, &place);
    Outline outline(shown, options);
    const Timed timed(profile, place, outline);
    for (std::size_t k = 0; k < outline.boxes.size(); ++k)
        if (!timed.times[k].words.empty()) outline.boxes[k].lines.push_back(timed.times[k].words);

    Sheet sheet(options.theme, natural_width(outline) > widest);
    const Palette& colours = sheet.colours();
    Look look;
    look.more = [&](const Box& box) { return timed.attributes(colours, box); };
    look.small = [&](const Box& box) { return timed.small(colours, box); };
    look.filled_by_kind = false;
    emit_boxes(sheet, outline, look);
    emit_arrows(sheet, outline, look);

    std::vector<std::string> lines = about(outline, options);
    for (std::string& line : timed.lines()) lines.push_back(std::move(line));
    std::vector<std::pair<const char*, std::string>> legend;
    for (std::size_t k = 1; k < std::size(ramp_from); ++k) legend.push_back({colours.ramp[k], ramp_words[k]});
    for (auto& entry : legend_of(sheet, outline, look)) legend.push_back(std::move(entry));
    sheet.caption(options.title, lines, legend);
    return sheet.picture();
}

}  // namespace xgrad
