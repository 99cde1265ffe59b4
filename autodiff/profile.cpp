// What is said of the steps of a plan: names, arithmetic, memory moved, and the table of their times.
#include "xgrad/autodiff/profile.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <ostream>

#include "autodiff/passes/fuse.hpp"
#include "autodiff/plan.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace detail {

std::string names_of(const Graph& graph, std::span<const ValueId> nodes)
{
    constexpr std::size_t most = 3;
    std::vector<std::pair<std::string_view, std::size_t>> names;  // in the order in which they run
    for (const ValueId id : nodes) {
        const std::string_view name = graph[id].op->name;
        const auto at = std::ranges::find(names, name, &std::pair<std::string_view, std::size_t>::first);
        if (at == names.end())
            names.emplace_back(name, 1);
        else
            ++at->second;
    }
    std::string text;
    std::size_t rest = nodes.size();
    for (std::size_t k = 0; k < std::min(names.size(), most); ++k) {
        const auto& [name, count] = names[k];
        text += (k ? ", " : "") + std::string(name) + (count > 1 ? " x" + std::to_string(count) : "");
        rest -= count;
    }
    return rest > 0 ? text + ", +" + std::to_string(rest) : text;
}

namespace {

// Bytes that a step reads or writes in memory.
double bytes_moved(const Plan& plan, const Step& step)
{
    if (step.kind == Step::copy) return 2.0 * static_cast<double>(step.bytes);
    const Graph& graph = plan.graph;
    const auto size = [&](ValueId id) {
        return static_cast<double>(graph.count(id)) * static_cast<double>(size_of(graph.dtype(id)));
    };
    const auto root = [&](ValueId id) {
        while (graph[id].op->traits.alias) id = graph.inputs(id)[0];
        return id;
    };
    const bool group = step.kind == Step::group;
    const std::span<const ValueId> nodes =
        group ? std::span<const ValueId>(plan.members[step.index]) : std::span<const ValueId>(&step.node, 1);
    double bytes = 0;
    std::vector<ValueId> made, read;
    for (const ValueId id : nodes) {
        const Op& op = *graph[id].op;
        for (int k = 0; k < (op.traits.alias ? 0 : op.outputs); ++k) {
            const ValueId value = id + static_cast<ValueId>(k);
            made.push_back(value);
            const Location::Kind kind = plan.place[value].kind;
            if (kind == Location::memory || kind == Location::output || kind == Location::parameter)
                bytes += size(value);
        }
        for (const ValueId in : graph.inputs(id)) {
            const ValueId from = root(group && op.traits.elementwise ? unrepeated(graph, in) : in);
            if (!(group && graph[from].op->traits.filled)) read.push_back(from);  // a number is a register
        }
    }
    std::ranges::sort(made);
    std::ranges::sort(read);
    read.erase(std::unique(read.begin(), read.end()), read.end());
    for (const ValueId id : read)
        if (!group || !std::ranges::binary_search(made, id)) bytes += size(id);
    return bytes;
}

// The module that all of the nodes are in.
ScopeId module_around(const Graph& graph, std::span<const ValueId> nodes)
{
    ScopeId around = graph[nodes[0]].scope;
    for (const ValueId id : nodes)
        for (ScopeId scope = graph[id].scope; scope != around;)  // a parent comes before its children
            if (scope > around)
                scope = graph.scope(scope).parent;
            else
                around = graph.scope(around).parent;
    return around;
}

std::string where(const Graph& graph, std::span<const ValueId> nodes)
{
    if (nodes.empty()) return "";
    if (graph[nodes[0]].op->traits.update)
        if (const ValueId slot = graph.inputs(nodes[0])[0]; graph[slot].op == &parameter_op)
            return graph.parameter(slot).name();
    const std::string path = graph.path(module_around(graph, nodes));
    const bool backward =
        std::ranges::all_of(nodes, [&](ValueId id) { return (graph[id].flags & from_derivative) != 0; });
    return path + (backward ? path.empty() ? "backward" : ", backward" : "");
}

}  // namespace

Profile describe(const Plan& plan)
{
    Profile profile;
    profile.graph = plan.graph;
    for (const Step& step : plan.steps) {
        Profile::Step& described = profile.steps.emplace_back();
        if (step.kind == Step::group)
            described.nodes = plan.members[step.index];
        else if (step.kind != Step::copy)
            described.nodes = {step.node};
        described.name = step.kind == Step::copy ? "copy" : names_of(plan.graph, described.nodes);
        described.where = where(plan.graph, described.nodes);
        for (const ValueId id : described.nodes) described.flops += flops_of(plan.graph, id);
        described.bytes = bytes_moved(plan, step);
    }
    return profile;
}

}  // namespace detail

namespace {

double total(const std::vector<Profile::Step>& steps, double Profile::Step::*of)
{
    double sum = 0;
    for (const Profile::Step& step : steps) sum += step.*of;
    return sum;
}

// "%7  matmul  [64, 128]  net.0"
std::string described(const Graph& graph, const Profile::Step& step)
{
    if (step.nodes.empty()) return step.name;
    // A group has the shape of what it computes element by element; its sums are smaller.
    const auto largest = [&](ValueId a, ValueId b) { return graph.count(a) < graph.count(b); };
    const ValueId shaped = *std::ranges::max_element(step.nodes, largest);
    return "%" + std::to_string(step.nodes.back()) + "  " + step.name + "  " +
           to_string(graph.shape(shaped)) + (step.where.empty() ? "" : "  " + step.where);
}

}  // namespace

double Profile::fastest() const { return total(steps, &Step::fastest); }
double Profile::median() const { return total(steps, &Step::median); }
double Profile::flops() const { return total(steps, &Step::flops); }
double Profile::bytes() const { return total(steps, &Step::bytes); }

std::string Profile::text(std::size_t most) const
{
    const double whole = fastest();
    const auto line = [&](const Step& step, const std::string& words) {
        const bool timed = step.fastest > 0;
        return padded_left(whole > 0 ? fixed_text(100 * step.fastest / whole, 1) + " %" : "-", 7) +
               padded_left(time_text(step.fastest), 10) + padded_left(time_text(step.median), 10) +
               padded_left(step.flops > 0 ? amount_text(step.flops, "flop") : "-", 13) +
               padded_left(timed && step.flops > 0 ? rate_text(step.gflops()) : "-", 8) +
               padded_left(step.bytes > 0 ? amount_text(step.bytes, "B") : "-", 10) +
               padded_left(timed && step.bytes > 0 ? rate_text(step.gigabytes()) : "-", 8) + "  " + words +
               "\n";
    };
    const auto sum = [&](std::span<const std::size_t> of) {
        Step all;
        for (const std::size_t k : of) {
            all.fastest += steps[k].fastest;
            all.median += steps[k].median;
            all.flops += steps[k].flops;
            all.bytes += steps[k].bytes;
        }
        return all;
    };
    std::vector<std::size_t> order(steps.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t k) { return steps[k].fastest; });
    const std::size_t shown = order.size() <= most + 1 ? order.size() : most;

    std::string text = "profile: " + time_text(whole) + " a run: the sum of " +
                       counted(steps.size(), "step") + ", each the fastest of " +
                       counted(static_cast<std::size_t>(runs), "run") + " on " +
                       counted(static_cast<std::size_t>(threads), "thread") + "\n";
    text += "  share   fastest    median         work    GF/s     moved    GB/s  step\n";
    for (std::size_t k = 0; k < shown; ++k) text += line(steps[order[k]], described(graph, steps[order[k]]));
    if (shown < order.size())
        text +=
            line(sum(std::span(order).subspan(shown)), std::to_string(order.size() - shown) + " more steps");
    return text + line(sum(order), "all");
}

std::ostream& operator<<(std::ostream& out, const Profile& profile) { return out << profile.text(); }

}  // namespace xgrad
