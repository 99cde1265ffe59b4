// Statistics of values and gradients, and their table.
#include "xgrad/autodiff/statistics.hpp"

#include <algorithm>
#include <cstdio>
#include <ostream>

#include "autodiff/evaluation.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad {
namespace {

using detail::Evaluation;

// What the first output depends on and has a gradient by: data, parameters and ops, not the numbers in formulas.
std::vector<ValueId> differentiable(const Graph& graph, ValueId y)
{
    std::vector<std::uint8_t> needed(graph.size());
    needed[y] = 1;
    for (ValueId id = y + 1; id-- > 0;)
        if (needed[id])
            for (const ValueId in : graph.inputs(id)) needed[in] = 1;
    std::vector<ValueId> result;
    for (ValueId id = 0; id <= y; ++id) {
        const Op* const op = graph[id].op;
        const bool kind = op->arity != 0 || op == &detail::input_op || op == &detail::parameter_op;
        if (needed[id] && kind && is_floating(graph.dtype(id))) result.push_back(id);
    }
    return result;
}

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

std::string share(double share)
{
    if (share == 0) return "-";
    return share < 0.001 ? "< 0.1 %" : fixed_text(100 * share, 1) + " %";
}

}  // namespace

ValueStatistics statistics(const Array& array)
{
    return detail::statistics_of(array.data(), array.dtype(), array.size());
}

Statistics statistics(const Graph& graph, std::span<const Array> inputs, const StatisticsOptions& options)
{
    Statistics result;
    result.graph = graph;
    Evaluation run(graph, inputs);
    while (run.step()) result.values.push_back(run.statistics(run.size() - 1));
    if (!options.gradients) return result;
    if (graph.outputs().empty()) throw GradientError("statistics: the graph has no output to differentiate");
    result.gradients.resize(graph.size());
    const ValueId y = graph.outputs()[0];
    const std::vector<ValueId> ids = differentiable(graph, y);
    std::vector<Target> targets;
    for (const ValueId id : ids) targets.emplace_back(run.variable(id));
    const Gradients gradients = grad(run.variable(y), std::move(targets));
    for (std::size_t k = 0; k < ids.size(); ++k)
        result.gradients[ids[k]] = statistics(gradients.gradient(k).array());
    return result;
}

Statistics statistics(const Graph& graph, std::initializer_list<Array> inputs,
                      const StatisticsOptions& options)
{
    return statistics(graph, std::span(inputs.begin(), inputs.size()), options);
}

Statistics statistics(Variable y, const StatisticsOptions& options)
{
    detail::Recorder& recorder = detail::Recorder::of(y);
    recorder.check_parameters();
    const ValueId outputs[] = {y.id()};
    std::vector<ValueId> place;
    const Graph graph = recorder.snapshot(outputs, false, &place);
    return statistics(graph, recorder.inputs_of(place), options);
}

std::vector<ValueId> Statistics::barriers() const
{
    std::vector<ValueId> found;
    for (ValueId id = 0; id < gradients.size(); ++id) {
        if (gradients[id].count == 0 || gradients[id].zeros == gradients[id].count) continue;
        std::size_t zero = 0, all = 0;
        for (const ValueId in : graph.inputs(id)) {
            if (gradients[in].count == 0) continue;
            ++all;
            zero += gradients[in].zeros == gradients[in].count;
        }
        if (all > 0 && zero == all) found.push_back(id);
    }
    return found;
}

std::string Statistics::text(std::size_t most) const
{
    struct Line {
        std::string cells[7], what;
    };
    std::vector<Line> lines = {
        {{"min", "max", "mean", "norm", "zeros", "not finite", gradients.empty() ? "" : "gradient"}, "node"}};
    for (ValueId id = 0; id < graph.size(); ++id) {
        const Op& op = *graph[id].op;
        const bool leaf = &op == &detail::input_op || &op == &detail::parameter_op;
        if ((op.arity == 0 && !leaf && !op.traits.stochastic) || &op == &detail::output_op) continue;
        const ValueStatistics& s = values[id];
        Line line;
        const bool floating = is_floating(graph.dtype(id));
        const std::string cells[] = {number(s.min),         number(s.max),
                                     number(s.mean),        floating ? number(s.norm) : "",
                                     share(s.zero_share()), share(s.nonfinite_share())};
        std::ranges::copy(cells, line.cells);
        if (!gradients.empty() && gradients[id].count > 0) {
            const ValueStatistics& g = gradients[id];
            line.cells[6] = g.finite() ? number(g.norm) : g.nans > 0 ? "nan" : "inf";
        }
        line.what =
            "%" + std::to_string(id) + "  " + std::string(op.name) + "  " + to_string(graph.shape(id));
        if (!floating) line.what += " " + std::string(name_of(graph.dtype(id)));
        std::string where = graph.path(graph[id].scope);
        if (&op == &detail::parameter_op) where = graph.parameter(id).name();
        if (const std::string_view name = graph.name(id); !name.empty())
            where += (where.empty() ? "'" : " '") + std::string(name) + "'";
        if (graph[id].flags & from_derivative) where += where.empty() ? "backward" : ", backward";
        if (!where.empty()) line.what += "  " + where;
        lines.push_back(std::move(line));
    }
    std::size_t width[7] = {};
    for (const Line& line : lines)
        for (std::size_t c = 0; c < 7; ++c) width[c] = std::max(width[c], line.cells[c].size());
    const std::size_t count = lines.size() - 1, ends = std::max<std::size_t>(most / 2, 1);
    std::string result = "statistics: " + counted(count, "node") + "\n";
    for (std::size_t k = 0; k < lines.size(); ++k) {
        if (count > most && k == ends + 1) {
            result += "  ... " + counted(count - 2 * ends, "node") + " more\n";
            k = lines.size() - ends;
        }
        for (std::size_t c = 0; c < 7; ++c)
            if (width[c] > 0)
                result += "  " + padded_left(lines[k].cells[c], std::max<std::size_t>(width[c], 4));
        result += "  " + lines[k].what + "\n";
    }
    for (const ValueId id : barriers()) {
        const Op& op = *graph[id].op;
        const std::string where = graph.path(graph[id].scope);
        result += "warning: no gradient passes %" + std::to_string(id) + " " + std::string(op.name) +
                  (where.empty() ? "" : " in " + where) +
                  (op.traits.kink.empty() ? "" : " (" + std::string(op.traits.kink) + ")") +
                  ": what is before it gets exactly 0\n";
    }
    return result;
}

std::ostream& operator<<(std::ostream& out, const Statistics& statistics) { return out << statistics.text(); }

}  // namespace xgrad
