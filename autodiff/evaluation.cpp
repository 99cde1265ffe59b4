// A graph run node by node on a tape of its own.
#include "autodiff/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {

Evaluation::Evaluation(const Graph& graph, std::span<const Array> inputs) : graph_(graph), inputs_(inputs)
{
    const std::vector<ValueId> ids = graph.input_ids();
    if (ids.size() != inputs.size())
        throw ShapeError("graph: it has " + counted(ids.size(), "input") + ", " +
                         std::to_string(inputs.size()) + " were given");
    for (std::size_t k = 0; k < ids.size(); ++k) {
        const std::string_view name = graph.name(ids[k]);
        const std::string who =
            "graph: input " + std::to_string(k) + (name.empty() ? "" : " '" + std::string(name) + "'");
        if (inputs[k].dtype() != graph.dtype(ids[k]))
            throw DtypeError(who + " is " + std::string(name_of(inputs[k].dtype())) +
                             ", the graph was recorded with " + std::string(name_of(graph.dtype(ids[k]))));
        if (!std::ranges::equal(inputs[k].shape(), graph.shape(ids[k])))
            throw ShapeError(who + " has shape " + to_string(inputs[k].shape()) + ", it was recorded with " +
                             to_string(graph.shape(ids[k])) +
                             aligned_shapes("given", inputs[k].shape(), "recorded", graph.shape(ids[k])));
    }
    place_.reserve(graph.size());
}

bool Evaluation::step()
{
    const ValueId id = size();
    if (id >= graph_.size()) return false;
    Recorder& recorder = tape_.recorder();
    const Node& node = graph_[id];
    if (node.op == &input_op) {
        place_.push_back(recorder.leaf(input_op, inputs_[next_input_++], {}));
    } else if (node.op == &parameter_op) {
        place_.push_back(recorder.parameter(graph_.parameter(id)));
    } else if (node.op == &constant_op) {
        place_.push_back(recorder.leaf(constant_op, graph_.constant(id), {}, node.a));
    } else if (node.op == &output_op) {
        place_.push_back(recorder.output(place_[node.in[0]], static_cast<std::size_t>(node.a)));
    } else {
        in_.clear();
        for (const ValueId input : graph_.inputs(id)) in_.push_back(place_[input]);
        const Variable x =
            recorder.record(*node.op, in_, node.a, node.b, recorder.graph.intern(graph_.list(node.list)));
        recorder.value(x.id());  // an optimizer's step is not computed when it is recorded
        place_.push_back(x);
    }
    return true;
}

namespace {

template <class T>
ValueStatistics measure(const T* data, std::int64_t count)
{
    ValueStatistics s;
    s.count = count;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    std::int64_t finite = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto x = static_cast<double>(data[i]);
        if (std::isnan(x)) {
            ++s.nans;
        } else if (std::isinf(x)) {
            ++s.infinities;
        } else {
            ++finite;
            s.zeros += x == 0;
            low = std::min(low, x);
            high = std::max(high, x);
        }
    }
    if (finite == 0) {
        s.min = s.max = s.mean = std::numeric_limits<double>::quiet_NaN();
        s.norm = count == 0 ? 0 : s.mean;
        return s;
    }
    // In units of the largest element: neither a sum nor a square leaves the range.
    const double unit = std::max(std::abs(low), std::abs(high));
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < count && unit > 0; ++i) {
        const auto x = static_cast<double>(data[i]);
        if (!std::isfinite(x)) continue;
        sum += x / unit;
        squares += (x / unit) * (x / unit);
    }
    s.min = low;
    s.max = high;
    s.mean = unit * (sum / static_cast<double>(finite));
    s.norm = unit * std::sqrt(squares);
    return s;
}

}  // namespace

ValueStatistics statistics_of(const void* data, DType dtype, std::int64_t count)
{
    switch (dtype) {
    case DType::float32: return measure(static_cast<const float*>(data), count);
    case DType::float64: return measure(static_cast<const double*>(data), count);
    case DType::int64: return measure(static_cast<const std::int64_t*>(data), count);
    case DType::boolean: return measure(static_cast<const bool*>(data), count);
    }
    return {};
}

ValueStatistics Evaluation::statistics(ValueId id) const
{
    return statistics_of(data(id), graph_.dtype(id), graph_.count(id));
}

double Evaluation::at(ValueId id, std::int64_t element) const
{
    const void* const memory = data(id);
    switch (graph_.dtype(id)) {
    case DType::float32: return static_cast<const float*>(memory)[element];
    case DType::float64: return static_cast<const double*>(memory)[element];
    case DType::int64: return static_cast<double>(static_cast<const std::int64_t*>(memory)[element]);
    case DType::boolean: return static_cast<const bool*>(memory)[element];
    }
    return 0;
}

}  // namespace xgrad::detail
