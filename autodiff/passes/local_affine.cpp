// The affine map of the region around a point.
#include <algorithm>
#include <ostream>

#include "autodiff/passes/affine_facts.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/statistics.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace detail {

namespace {

std::string position(Dims shape, std::size_t index)
{
    Shape place(shape.size());
    auto rest = static_cast<std::int64_t>(index);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        place[axis] = rest % shape[axis];
        rest /= shape[axis];
    }
    return to_string(place);
}

// The pieces that a node takes; where it lies on a kink, a sentence.
Activation activation_of(const Question& question, ValueId id, const Switches& switches,
                         std::vector<std::string>& kinks)
{
    const Graph& graph = question.graph;
    Activation activation{
        question.asked[id], std::string(graph[id].op->name), graph.path(graph[id].scope), {}};
    std::size_t found = 0;
    const auto kink = [&](Dims shape, std::size_t index) {
        if (found++ == 0)
            kinks.push_back(words_for(question, id) + " is at its kink at " + position(shape, index));
    };
    if (!switches.among) {
        for (const Variable& value : switches.values) {
            const std::vector<double> at = numbers_of(value.array());
            for (std::size_t i = 0; i < at.size(); ++i) {
                activation.pieces.push_back((at[i] > 0) - (at[i] < 0));
                if (at[i] == 0) kink(value.shape(), i);
            }
        }
    } else if (!switches.values.empty()) {
        std::vector<std::vector<double>> at;
        for (const Variable& value : switches.values) at.push_back(numbers_of(value.array()));
        for (std::size_t i = 0; i < at[0].size(); ++i) {
            std::size_t best = 0;
            for (std::size_t k = 1; k < at.size(); ++k)
                if (at[k][i] > at[best][i]) best = k;
            activation.pieces.push_back(static_cast<std::int32_t>(best));
            for (std::size_t k = 0; k < at.size(); ++k)
                if (k != best && at[k][i] == at[best][i]) {
                    kink(switches.values[k].shape(), i);
                    break;
                }
        }
    }
    if (found > 1) kinks.back() += " and " + std::to_string(found - 1) + " more";
    return activation;
}

LocalAffineMap local_map_of(const Question& question, const Array& x0)
{
    LocalAffineMap map;
    const Graph& graph = question.graph;
    const AffineFacts facts = affine_facts(question, true);
    if (facts.barrier) {
        map.barrier = facts.barrier;
        return map;
    }
    if (x0.dtype() != graph.dtype(question.x))
        throw DtypeError("local_affine_map: x0 is " + std::string(name_of(x0.dtype())) +
                         ", the graph's input is " + std::string(name_of(graph.dtype(question.x))));
    if (!std::ranges::equal(x0.shape(), graph.shape(question.x)))
        throw ShapeError("local_affine_map: x0 is " + to_string(x0.shape()) + ", the graph's input is " +
                         to_string(graph.shape(question.x)));
    if (!statistics(x0).finite())
        throw ValueError(
            "local_affine_map: x0 has elements that are not finite: there is no region around it");
    Tape tape({.training = false});
    const Variable x = tape.variable(x0);
    const std::vector<Variable> at = record_all(graph, x);
    const Variable y = keep(at[graph.outputs()[0]]);
    for (const ValueId id : facts.pieces) {
        Activation activation = activation_of(question, id, switches_at(graph, id, at), map.kinks);
        if (!activation.pieces.empty()) map.pattern.push_back(std::move(activation));
    }
    const Array jacobian = jacobian_of(y, x);
    // b = y0 - x0 W, with more digits than the terms have.
    const std::int64_t n = x.size(), m = y.size();
    const std::vector<double> from = numbers_of(x.array()), to = numbers_of(y.array());
    const auto* const w = static_cast<const double*>(jacobian.data());
    Array bias(DType::float64, {m});
    for (std::int64_t j = 0; j < m; ++j) {
        long double b = to[static_cast<std::size_t>(j)];
        for (std::int64_t i = 0; i < n; ++i)
            b -= static_cast<long double>(from[static_cast<std::size_t>(i)]) * w[i * m + j];
        static_cast<double*>(bias.mutable_data())[j] = static_cast<double>(b);
    }
    map.weight = jacobian.cast(y.dtype());
    map.bias = bias.cast(y.dtype());
    map.singular_values = singular_values(map.weight);
    map.rank = rank_of(map.singular_values, map.weight);
    return map;
}

}  // namespace

Switches switches_at(const Graph& graph, ValueId id, const std::vector<Variable>& at)
{
    const Op& op = *graph[id].op;
    if (op.switches == nullptr) return {};
    std::vector<Variable> in;
    for (const ValueId input : graph.inputs(id)) in.push_back(at[input]);
    return op.switches(in, Recorder::of(at[id]).graph[at[id].id()]);
}

}  // namespace detail

LocalAffineMap local_affine_map(const Graph& graph, const Array& x0, InputOf x, std::span<const Array> others)
{
    return detail::local_map_of(detail::question_of(graph, x.in(graph), others, "local_affine_map"), x0);
}
LocalAffineMap local_affine_map(Variable y, Variable x)
{
    return detail::local_map_of(detail::question_on_tape(y, x, "local_affine_map"), x.array());
}

std::ostream& operator<<(std::ostream& out, const LocalAffineMap& map)
{
    if (map.barrier) return out << map.barrier->text;
    out << detail::map_text(map.weight, map.singular_values, map.rank);
    for (const std::string& kink : map.kinks) out << "\n" << kink << ": no region lies around it";
    return out;
}

}  // namespace xgrad
