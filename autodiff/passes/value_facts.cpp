// Facts about values from the rows of their ops.
#include "autodiff/passes/value_facts.hpp"

#include <algorithm>
#include <cmath>

#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

// Calls f with each element of a floating array until it returns false.
template <class F>
void each_element(const Array& array, F f)
{
    const auto over = [&]<class T>(const T* data) {
        for (std::int64_t i = 0; i < array.size(); ++i)
            if (!f(static_cast<double>(data[i]))) return;
    };
    if (array.dtype() == DType::float32)
        over(static_cast<const float*>(array.data()));
    else
        over(static_cast<const double*>(array.data()));
}

}  // namespace

double uniform_value(const Graph& graph, ValueId id, const Array& constant, const std::vector<double>& before)
{
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const Node& node = graph[id];
    if (!is_floating(node.dtype)) return none;
    if (node.op->traits.filled)
        return node.dtype == DType::float32 ? static_cast<double>(static_cast<float>(node.a)) : node.a;
    if (node.op == &constant_op && constant.size() > 0) {
        double first = none;
        bool all = true, begun = false;
        each_element(constant, [&](double x) {
            if (!begun) first = x;
            begun = true;
            return all = x == first && std::signbit(x) == std::signbit(first);
        });
        return all ? first : none;
    }
    const Traits& traits = node.op->traits;
    const bool passes_on =
        (traits.alias && traits.linear) || traits.repeats || (traits.moves && node.arity == 1);
    return passes_on && graph.dtype(graph.inputs(id)[0]) == node.dtype ? before[graph.inputs(id)[0]] : none;
}

Range range_of(const Graph& graph, ValueId id, const Array& constant, const std::vector<Range>& before)
{
    const Node& node = graph[id];
    const Traits& traits = node.op->traits;
    Range range;
    if (!is_floating(node.dtype)) return range;
    if (traits.filled) return {node.a, node.a};
    if (node.op == &constant_op) {
        if (constant.size() == 0) return range;
        Range found{range.high, range.low};
        bool numbers = true;
        each_element(constant, [&](double x) {
            found = {std::min(found.low, x), std::max(found.high, x)};
            return numbers = !std::isnan(x);
        });
        return numbers ? found : range;
    }
    const auto inputs = graph.inputs(id);
    range = {traits.low, traits.high};
    const auto cut = [&](Range other) {
        range.low = std::max(range.low, other.low);
        range.high = std::min(range.high, other.high);
    };
    if (inputs.empty()) return range;
    if (traits.alias || traits.repeats || traits.averages) {
        cut(before[inputs[0]]);
    } else if (traits.moves) {
        Range all = before[inputs[0]];
        for (const ValueId in : inputs)
            all = {std::min(all.low, before[in].low), std::max(all.high, before[in].high)};
        cut(all);
    } else if (traits.sums) {  // signs only
        if (before[inputs[0]].low >= 0) cut({0, range.high});
        if (before[inputs[0]].high <= 0) cut({range.low, 0});
    } else if (node.op->affine && inputs.size() == 1) {
        const auto step = node.op->affine(graph, id, 0);
        if (step && step->weight == no_value && step->factor == no_value && step->bias == no_value &&
            step->scale != 0) {
            const Range x = before[inputs[0]];
            const double at_low = step->scale * x.low + step->shift,
                         at_high = step->scale * x.high + step->shift;
            if (!std::isnan(at_low) && !std::isnan(at_high))
                cut({std::min(at_low, at_high), std::max(at_low, at_high)});
        }
    }
    return range;
}

}  // namespace xgrad::detail
