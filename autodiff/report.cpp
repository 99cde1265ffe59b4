// What was planned, in numbers and as a page.
#include <algorithm>
#include <ostream>
#include <set>

#include "autodiff/plan.hpp"
#include "xgrad/autodiff/buffer.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace {

constexpr std::size_t most_groups = 5;

std::string bytes_text(std::size_t bytes) { return amount_text(static_cast<double>(bytes), "B"); }

// ", 4.2 times as much"
std::string ratio_text(std::size_t bytes, std::size_t beside)
{
    if (beside == 0 || bytes <= beside) return "";
    return ", " + rate_text(static_cast<double>(bytes) / static_cast<double>(beside)) + " times as much";
}

std::string line(std::string_view words) { return "  " + std::string(words) + "\n"; }

std::string parameters_text(std::size_t count, std::size_t bytes, std::string_view done)
{
    return std::to_string(count) + " " + std::string(done) +
           (count > 0 ? " (" + bytes_text(bytes) + ")" : "");
}

}  // namespace

void detail::report_plan(Plan& plan)
{
    ProgramReport& report = plan.report;
    const Graph& graph = plan.graph;
    report.steps = plan.steps.size();
    report.groups = plan.groups.size();
    for (const Step& step : plan.steps) report.copies += step.kind == Step::copy;
    report.kernels = report.steps - report.groups - report.copies - report.updates;

    report.unfused_bytes = report.naive_bytes;
    for (const std::vector<ValueId>& members : plan.members) {
        report.fused_ops += members.size();
        for (const ValueId id : members) {
            const Op& op = *graph[id].op;
            report.fused_rows += op.rows.run != nullptr;
            report.fused_sums += !op.traits.elementwise && op.rows.run == nullptr;
            for (int k = 0; k < op.outputs; ++k) {
                const ValueId value = id + static_cast<ValueId>(k);
                if (plan.place[value].kind == Location::none)
                    report.unfused_bytes +=
                        padded(static_cast<std::size_t>(graph.count(value)) * size_of(graph.dtype(value)));
            }
        }
    }
    std::vector<std::size_t> order(plan.members.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    const std::size_t named = std::min(order.size(), most_groups);
    std::ranges::partial_sort(
        order, order.begin() + static_cast<std::ptrdiff_t>(named), [&](std::size_t a, std::size_t b) {
            const std::size_t of_a = plan.members[a].size(), of_b = plan.members[b].size();
            return of_a != of_b ? of_a > of_b : a < b;
        });
    for (const std::size_t k : std::span(order).first(named)) {
        const Dims shape = graph.list(plan.groups[k].shape);
        report.largest_groups.push_back(
            {plan.members[k].size(), names_of(graph, plan.members[k]), Shape(shape.begin(), shape.end())});
    }

    report.planned_bytes = plan.memory_bytes;
    report.scratch_bytes = plan.scratch_bytes;
    const auto size = [](const auto& of) {
        return static_cast<std::size_t>(of.size()) * size_of(of.dtype());
    };
    for (const Array& array : plan.constants) report.constant_bytes += size(array);
    std::set<std::uint64_t> seen;
    for (const auto& [id, parameter] : graph.parameters())
        if (seen.insert(parameter.id()).second) {
            ++report.parameters_read;
            report.bytes_read += size(parameter);
        }
    for (const std::uint32_t k : plan.written) {
        ++report.parameters_written;
        report.bytes_written += size(plan.parameters[k]);
    }
}

std::string ProgramReport::text() const
{
    std::string text = "program: ";
    if (!passes.empty())
        text += std::to_string(passes.front().before) + " -> " + counted(passes.back().after, "node") + ", ";
    text += counted(steps, "step") + " and " + amount_text(flops, "flop") + " a run\n";

    text += "passes\n";
    std::size_t width = 0;
    for (const Pass& pass : passes) width = std::max(width, pass.name.size());
    for (const Pass& pass : passes)
        text += line(pass.name + std::string(width + 2 - pass.name.size(), ' ') +
                     std::to_string(pass.before) + " -> " + std::to_string(pass.after) + " nodes");

    text += "steps\n";
    if (groups > 0) {
        std::string within;
        if (fused_rows > 0) within += std::to_string(fused_rows) + " row-wise";
        if (fused_sums > 0)
            within += (within.empty() ? "" : ", ") + counted(fused_sums, "sum") + " over everything";
        text += line(counted(groups, "group") + " of " + counted(fused_ops, "fused op") +
                     (within.empty() ? "" : " (" + within + ")"));
        for (const Group& group : largest_groups)
            text +=
                line("  " + counted(group.ops, "op") + " on " + to_string(group.shape) + ": " + group.names);
        if (groups > largest_groups.size())
            text += line("  " + counted(groups - largest_groups.size(), "smaller one"));
    }
    if (kernels > 0) text += line(counted(kernels, "op") + " by " + (kernels == 1 ? "itself" : "themselves"));
    if (updates > 0) text += line(counted(updates, "optimizer update"));
    if (copies > 0)
        text +=
            line(std::to_string(copies) + (copies == 1 ? " copy" : " copies") + " of outputs or parameters");

    text += "memory\n";
    if (planned_bytes > 0) {
        text += line(bytes_text(planned_bytes) + " of intermediate values, laid out by liveness");
        text +=
            line(bytes_text(naive_bytes) + " if each had its own" + ratio_text(naive_bytes, planned_bytes));
    } else {
        text += line("none of intermediate values");
    }
    if (unfused_bytes > naive_bytes)
        text += line(bytes_text(unfused_bytes) + " if what lives within groups had memory too" +
                     ratio_text(unfused_bytes, planned_bytes));
    if (groups > 0) text += line(bytes_text(scratch_bytes) + " of scratch for groups, for each thread");
    text += line(bytes_text(constant_bytes) + " of constants");
    text += line("parameters and other state: " + parameters_text(parameters_read, bytes_read, "read") +
                 ", " + parameters_text(parameters_written, bytes_written, "written"));
    return text;
}

std::ostream& operator<<(std::ostream& out, const ProgramReport& report) { return out << report.text(); }

}  // namespace xgrad
