// An anomaly in words.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <set>
#include <utility>

#include "autodiff/watch.hpp"
#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace {

std::string number(double value)
{
    if (std::isnan(value)) return "nan";
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

// "input 'z'", "parameter 'net.weight'", "log in net.bce"
std::string what_is(const Graph& graph, ValueId id)
{
    const Op& op = *graph[id].op;
    std::string text(&op == &detail::output_op ? graph[graph[id].in[0]].op->name : op.name);
    std::string name(graph.name(id));
    if (&op == &detail::parameter_op && name.empty()) name = graph.parameter(id).name();
    if (!name.empty()) text += " '" + name + "'";
    const std::string path = graph.path(graph[id].scope);
    if (!path.empty() && &op != &detail::parameter_op) text += " in " + path;
    return text;
}

std::string at(const Shape& index) { return index.empty() ? "" : " at " + to_string(Dims(index)); }

// "1 of 64 elements (1.6 %)"; for one element nothing.
std::string share(std::int64_t bad, std::int64_t count)
{
    if (count == 1) return "";
    const double percent = 100 * static_cast<double>(bad) / static_cast<double>(count);
    return ", " + std::to_string(bad) + " of " + std::to_string(count) + " elements (" +
           (percent < 0.05 ? "< 0.1" : fixed_text(percent, 1)) + " %)";
}

// "-inf = log(0)"
std::string formula(const Graph& graph, const Anomaly::Element& element)
{
    std::string text = number(element.value);
    if (element.operands.empty()) return text;
    const Node& node = graph[element.node];
    text += " = " + std::string(node.op->name) + "(";
    for (std::size_t k = 0; k < element.operands.size(); ++k)
        text += (k ? ", " : "") + number(element.operands[k]);
    text += ")";
    if (!node.op->attributes) return text;
    const std::string attributes = node.op->attributes(graph, node);
    return attributes.empty() ? text : text + ", " + attributes;
}

std::string stack(const char* what, const std::vector<CallSite>& sites)
{
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t k = 0; k < std::min(sites.size(), most); ++k)
        text += (k == 0 ? "\n  " + std::string(what) : "\n    called by ") + sites[k].text();
    return text;
}

// Elements that were shown before are not shown again.
void add_birth(std::string& text, const Anomaly& found, const Anomaly::Birth& birth, bool nan,
               std::set<std::pair<ValueId, Shape>>& shown)
{
    const Graph& graph = found.graph;
    const ValueStatistics& s = found.values[birth.node];
    const bool backward = graph[birth.node].flags & from_derivative;
    text += what_is(graph, birth.node) + " made the first " + (nan ? "NaN" : "infinity");
    if (backward) {
        text += ", in the backward part";
        if (birth.gradient_of != no_value)
            text += ": in the gradient of %" + std::to_string(birth.gradient_of) + " " +
                    what_is(graph, birth.gradient_of);
    }
    if (!birth.origin.empty())
        text += backward ? "; " + number(birth.origin[0].value) + at(birth.origin[0].index)
                         : ": " + number(birth.origin[0].value) + at(birth.origin[0].index);
    text += share(nan ? s.nans : s.infinities, s.count);
    for (const Anomaly::Element& element : birth.origin) {
        if (!shown.emplace(element.node, element.index).second) continue;
        text += "\n  %" + std::to_string(element.node) + "  " + what_is(graph, element.node) + ": " +
                formula(graph, element) + at(element.index);
        if (!graph[element.node].op->traits.elementwise && graph[element.node].arity > 0 &&
            !graph[element.node].op->traits.alias) {
            const auto inputs = graph.inputs(element.node);
            constexpr std::size_t most = 8;
            for (std::size_t k = 0; k < std::min(inputs.size(), most); ++k) {
                const ValueStatistics& in = found.values[inputs[k]];
                if (in.count == 0) continue;
                text += "\n      " + input_name(*graph[element.node].op, k, inputs.size()) + ": %" +
                        std::to_string(inputs[k]) + " " + to_string(graph.shape(inputs[k])) + ", " +
                        number(in.min) + " to " + number(in.max);
                if (!in.finite())
                    text += ", " + std::to_string(in.nans + in.infinities) + " of " +
                            std::to_string(in.count) + " not finite";
            }
        }
    }
    text += stack(backward ? "gradient asked for by " : "recorded by ", birth.recorded);
    if (!birth.forward_recorded.empty() && birth.gradient_of != no_value)
        text += stack(("%" + std::to_string(birth.gradient_of) + " recorded by ").c_str(),
                      birth.forward_recorded);
}

}  // namespace

std::string CallSite::text() const
{
    const std::string base = object.substr(object.rfind('/') + 1);
    char where[32];
    std::snprintf(where, sizeof where, "+0x%llx", static_cast<unsigned long long>(offset));
    std::string text = function.empty() ? "" : function + " ";
    if (line > 0) return text + "(" + file + ":" + std::to_string(line) + ")";
    return text + "(" + base + where + ")";
}

std::string Anomaly::text() const
{
    std::string text = "anomaly: ";
    std::set<std::pair<ValueId, Shape>> shown;
    const bool nan_first = nan && &first() == &*nan;
    add_birth(text, *this, first(), nan_first, shown);
    if (const auto& second = nan_first ? infinity : nan; second && second->node != first().node)
        add_birth(text += "\nthen ", *this, *second, !nan_first, shown);
    return text;
}

std::ostream& operator<<(std::ostream& out, const Anomaly& anomaly) { return out << anomaly.text() << "\n"; }

}  // namespace xgrad
