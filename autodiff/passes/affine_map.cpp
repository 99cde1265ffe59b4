// The affine map of a whole graph.
#include "xgrad/autodiff/affine_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ostream>

#include "autodiff/kernels/random.hpp"
#include "autodiff/passes/affine_facts.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace detail {
namespace {

struct Rows {
    std::vector<double> weight, bias;
    std::int64_t n, m;
};

// The map of one row, if every row is mapped alike: asked of the first row exactly, and of all rows at a random point,
// where a linear map that is another one differs with probability 1.
std::optional<Rows> map_of_rows(const Graph& graph, Tape& tape, Variable x, Variable y)
{
    const Dims from = x.shape(), to = y.shape();
    if (from.empty() || from.size() != to.size() ||
        !std::ranges::equal(from.first(from.size() - 1), to.first(to.size() - 1)))
        return std::nullopt;
    const std::int64_t n = from.back(), m = to.back(), rows = element_count(from.first(from.size() - 1));
    if (rows < 2) return std::nullopt;  // then all elements are one row
    Rows map{std::vector<double>(static_cast<std::size_t>(n * m)), {}, n, m};
    const std::vector<double> at_zero = numbers_of(y.array());
    map.bias.assign(at_zero.begin(), at_zero.begin() + m);
    for (std::int64_t j = 0; j < m; ++j) {
        const Tape::Mark mark = tape.mark();
        std::vector<double> unit(static_cast<std::size_t>(rows * m), 0);
        unit[static_cast<std::size_t>(j)] = 1;
        const Variable cotangent = tape.constant(array_of(unit, Shape(to.begin(), to.end()), y.dtype()));
        const std::vector<double> gradient = numbers_of(vjp(y, x, cotangent).array());
        tape.rewind(mark);
        for (std::size_t i = static_cast<std::size_t>(n); i < gradient.size(); ++i)
            if (gradient[i] != 0) return std::nullopt;
        for (std::int64_t i = 0; i < n; ++i)
            map.weight[static_cast<std::size_t>(i * m + j)] = gradient[static_cast<std::size_t>(i)];
    }
    std::vector<double> random(static_cast<std::size_t>(rows * n));
    kernels::uniform<double>(random.data(), rows * n, 17, 4);
    for (double& r : random) r = 2 * r - 1;
    const Array point = array_of(random, Shape(from.begin(), from.end()), x.dtype());
    random = numbers_of(point);
    const Variable other = tape.variable(point);
    const std::vector<double> got = numbers_of(graph(other).array());
    const double tolerance = y.dtype() == DType::float32 || x.dtype() == DType::float32 ? 1e-4 : 1e-11;
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t j = 0; j < m; ++j) {
            double want = map.bias[static_cast<std::size_t>(j)], size = std::abs(want);
            for (std::int64_t i = 0; i < n; ++i) {
                const double term = random[static_cast<std::size_t>(r * n + i)] *
                                    map.weight[static_cast<std::size_t>(i * m + j)];
                want += term;
                size += std::abs(term);
            }
            if (!(std::abs(got[static_cast<std::size_t>(r * m + j)] - want) <=
                  tolerance * std::max(size, 1e-30)))
                return std::nullopt;
        }
    return map;
}

AffineMap map_of(const Question& question)
{
    AffineMap map;
    const Graph& graph = question.graph;
    const AffineFacts facts = affine_facts(question, false);
    if (facts.barrier) {
        map.barrier = facts.barrier;
        return map;
    }
    Tape tape({.training = false});
    const Dims shape = graph.shape(question.x);
    Array zero(graph.dtype(question.x), Shape(shape.begin(), shape.end()));
    std::memset(zero.mutable_data(), 0, static_cast<std::size_t>(zero.size()) * size_of(zero.dtype()));
    const Variable x = tape.variable(zero), y = keep(graph(x));
    std::int64_t n = x.size(), m = y.size();
    const DType dtype = y.dtype();
    if (const std::optional<Rows> rows = map_of_rows(graph, tape, x, y)) {
        map.by_rows = true;
        map.weight = array_of(rows->weight, {rows->n, rows->m}, dtype);
        map.bias = array_of(rows->bias, {rows->m}, dtype);
    } else {
        const Dims from = x.shape(), to = y.shape();
        map.by_rows = !from.empty() && !to.empty() && n == from.back() && m == to.back();
        map.bias = array_of(numbers_of(y.array()), {m}, dtype);
        map.weight = jacobian_of(y, x).cast(dtype);
    }
    map.singular_values = singular_values(map.weight);
    map.rank = rank_of(map.singular_values, map.weight);
    return map;
}

}  // namespace

Question question_on_tape(Variable y, Variable x, const char* who)
{
    Recorder& recorder = Recorder::of(y);
    recorder.check(x, who);
    // Every node as an output, so that the graph says where it put each of them.
    std::vector<Variable> all;
    for (ValueId id = 0; id <= std::max(y.id(), x.id()); ++id) all.push_back(recorder.handle(id));
    Graph graph = x.tape().graph(all);
    const std::vector<ValueId> place(graph.outputs().begin(), graph.outputs().end());
    std::vector<ValueId> back(graph.size(), no_value);
    for (ValueId id = 0; id < place.size(); ++id) back[place[id]] = id;
    graph.set_outputs({place[y.id()]});
    std::vector<Array> others;
    for (const ValueId id : graph.input_ids())
        if (id != place[x.id()]) others.push_back(recorder.array(back[id]));
    Question question = question_of(graph, place[x.id()], others, who);
    for (ValueId& id : question.asked)
        if (id != no_value) id = back[id];
    return question;
}

}  // namespace detail

ValueId InputOf::in(const Graph& graph) const
{
    const std::vector<ValueId> inputs = graph.input_ids();
    if (!name_.empty()) {
        for (const ValueId id : inputs)
            if (graph.name(id) == name_) return id;
        throw ValueError("affine_map: the graph has no input '" + name_ + "'");
    }
    if (place_ < 0 || place_ >= static_cast<std::int64_t>(inputs.size()))
        throw ValueError("affine_map: the graph has " + counted(inputs.size(), "input") +
                         ", there is no input " + std::to_string(place_));
    return inputs[static_cast<std::size_t>(place_)];
}

AffineMap affine_map(const Graph& graph, InputOf x, std::span<const Array> others)
{
    return detail::map_of(detail::question_of(graph, x.in(graph), others, "affine_map"));
}
AffineMap affine_map(Variable y, Variable x)
{
    return detail::map_of(detail::question_on_tape(y, x, "affine_map"));
}

namespace detail {
std::string map_text(const Array& weight, const std::vector<double>& singular_values, std::int64_t rank)
{
    std::string text = "y = x W + b, W " + std::to_string(weight.shape()[0]) + " x " +
                       std::to_string(weight.shape()[1]) + " of rank " + std::to_string(rank);
    const std::size_t shown = std::min<std::size_t>(singular_values.size(), 6);
    for (std::size_t k = 0; k < shown; ++k)
        text += (k ? ", " : "; singular values ") + number_text(singular_values[k]);
    return text + (shown < singular_values.size() ? ", ..." : "");
}
}  // namespace detail

std::ostream& operator<<(std::ostream& out, const AffineMap& map)
{
    if (map.barrier) return out << map.barrier->text;
    return out << detail::map_text(map.weight, map.singular_values, map.rank);
}

}  // namespace xgrad
