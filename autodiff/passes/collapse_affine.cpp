// Merging affine stretches into one product and one sum, with a bound that is checked.
#include "xgrad/autodiff/passes/collapse_affine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ostream>
#include <set>

#include "autodiff/kernels/random.hpp"
#include "autodiff/passes/affine_facts.hpp"
#include "autodiff/passes/affine_stretch.hpp"
#include "autodiff/passes/chain_error.hpp"
#include "autodiff/passes/graph_copy.hpp"
#include "autodiff/passes/symbolic_map.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad {
namespace detail {

namespace {

struct Ran {
    std::vector<double> value, gradient;
};
Ran run(const Graph& graph, const Array& x, const Array& cotangent)
{
    Tape tape({.training = false});
    const Variable in = tape.variable(x), y = keep(graph(in));
    return {numbers_of(y.array()), numbers_of(vjp(y, in, tape.constant(cotangent)).array())};
}

std::vector<double> absolute(std::vector<double> values)
{
    for (double& x : values) x = std::abs(x);
    return values;
}

void compare(Check& check, const std::vector<double>& a, const std::vector<double>& b,
             const std::vector<double>& sizes, double factor, double tiny)
{
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double error = std::abs(a[i] - b[i]), bound = factor * sizes[i] + tiny;
        if (error >= check.error) {
            check.error = error;
            check.bound = bound;
        }
        const double ratio = error == 0 ? 0 : error / bound;
        check.worst = std::max(check.worst, std::isfinite(ratio) ? ratio : INFINITY);
    }
}

struct Map {
    Array weight, bias;
    bool has_bias = false, finite = true;
};
// W' from the gradients of the first row's outputs, b' the value at 0: rows are alike.
Map map_of(const Graph& graph, ValueId input, ValueId output, const Graph& plain)
{
    const Dims from = graph.shape(input), to = graph.shape(output);
    const std::int64_t rows = from[0], n = graph.count(input) / rows, m = graph.count(output) / rows;
    const DType dtype = graph.dtype(output);
    Tape tape({.training = false});
    const std::vector<double> zero(static_cast<std::size_t>(rows * n), 0);
    const Variable x = tape.variable(array_of(zero, Shape(from.begin(), from.end()), graph.dtype(input))),
                   y = keep(plain(x));
    const std::vector<double> at_zero = numbers_of(y.array());
    std::vector<double> weight(static_cast<std::size_t>(n * m));
    for (std::int64_t j = 0; j < m; ++j) {
        const Tape::Mark mark = tape.mark();
        std::vector<double> unit(static_cast<std::size_t>(rows * m), 0);
        unit[static_cast<std::size_t>(j)] = 1;
        const std::vector<double> g =
            numbers_of(vjp(y, x, tape.constant(array_of(unit, Shape(to.begin(), to.end()), dtype))).array());
        for (std::int64_t i = 0; i < n; ++i)
            weight[static_cast<std::size_t>(i * m + j)] = g[static_cast<std::size_t>(i)];
        tape.rewind(mark);
    }
    Map map;
    const std::vector<double> bias(at_zero.begin(), at_zero.begin() + m);
    const auto finite = [](double number) { return std::isfinite(number); };
    map.finite = std::ranges::all_of(weight, finite) && std::ranges::all_of(bias, finite);
    map.has_bias = std::ranges::any_of(bias, [](double b) { return b != 0; });
    map.weight = array_of(weight, {n, m}, dtype);
    map.bias = array_of(bias, {m}, dtype);
    return map;
}

std::string path_of(const Graph& graph, const Stretch& stretch)
{
    const std::string first = graph.path(graph[stretch.nodes.front()].scope),
                      last = graph.path(graph[stretch.output()].scope);
    return first == last || last.empty() ? first : first.empty() ? last : first + " to " + last;
}

// x W' + b' in the place of the stretch.
void emit(GraphCopy& copy, const Graph& graph, const Stretch& stretch, const Map& map, AffineStretch& merged)
{
    const ScopeId scope = copy.scope(graph[stretch.output()].scope);
    const ValueId first = static_cast<ValueId>(copy.graph.size());
    const ValueId weight = copy.emit_constant(map.weight, "W'", scope);
    ValueId y = copy.place[stretch.input];
    const Dims to = graph.shape(stretch.output());
    const std::size_t axes = copy.graph.shape(y).size();
    if (axes == 1)
        y = copy.emit(op_named("reshape"), {y}, scope, 0, 0, Shape{-1, 1});
    else if (axes != 2)
        y = copy.emit(op_named("flatten"), {y}, scope, 1, static_cast<double>(axes) - 1);
    y = copy.emit(op_named("matmul"), {y, weight}, scope);
    if (map.has_bias) y = copy.emit(add_op, {y, copy.emit_constant(map.bias, "b'", scope)}, scope);
    if (to.size() != 2) {
        Shape shape(to.begin(), to.end());
        shape[0] = -1;
        y = copy.emit(op_named("reshape"), {y}, scope, 0, 0, shape);
    }
    if (const std::string_view name = graph.name(stretch.output()); !name.empty())
        copy.graph.set_name(y, std::string(name));
    copy.place[stretch.output()] = y;
    for (ValueId id = first; id <= y; ++id)
        if (!copy.graph[id].op->traits.leaf) merged.after.push_back(id);
}

// Both forms on the same random input and cotangent.
void measure(const Graph& graph, const Stretch& stretch, const StretchGraphs& graphs, const Graph& after,
             ValueId input_after, AffineStretch& merged, std::uint64_t seed)
{
    const Dims from = graph.shape(stretch.input), to = graph.shape(stretch.output());
    const auto random = [&](Dims shape, std::uint64_t stream, DType dtype) {
        std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
        kernels::uniform<double>(values.data(), static_cast<std::int64_t>(values.size()), seed, stream);
        for (double& x : values) x = 2 * x - 1;
        return array_of(values, Shape(shape.begin(), shape.end()), dtype);
    };
    const Array x = random(from, 2 * stretch.output(), graph.dtype(stretch.input)),
                c = random(to, 2 * stretch.output() + 1, graph.dtype(stretch.output()));
    const ValueId stop[] = {input_after}, end[] = {merged.after.back()};
    const Graph other = extract(after, stop, end);
    const Ran a = run(graphs.plain, x, c), b = run(other, x, c);
    const Ran sizes =
        run(graphs.sizes, array_of(absolute(numbers_of(x)), Shape(from.begin(), from.end()), x.dtype()),
            array_of(absolute(numbers_of(c)), Shape(to.begin(), to.end()), c.dtype()));
    const bool narrow = c.dtype() == DType::float32;
    const double unit = narrow ? 5.9604644775390625e-8 : 1.1102230246251565e-16;
    const auto gamma = [&](double k) { return k * unit < 1 ? k * unit / (1 - k * unit) : INFINITY; };
    const double n = static_cast<double>(merged.weight[0]), m = static_cast<double>(merged.weight[1]);
    // The sizes are computed with roundings themselves: under 1 % for anything that fits into the bound.
    const double tiny = (narrow ? 1.4e-45 : 4.9e-324) * (graphs.roundings + n + m);
    compare(merged.value, a.value, b.value, sizes.value, 2.02 * (gamma(graphs.roundings) + gamma(n + 2)),
            tiny);
    compare(merged.input_gradient, a.gradient, b.gradient, sizes.gradient,
            2.02 * (gamma(graphs.roundings) + gamma(m + 2)), tiny);
}

}  // namespace
}  // namespace detail

bool AffineCollapsed::holds() const
{
    return std::ranges::all_of(
        merged, [](const AffineStretch& m) { return m.value.holds() && m.input_gradient.holds(); });
}

AffineCollapsed collapse_affine(const Graph& graph, const CollapseOptions& options)
{
    using namespace detail;
    if (options.mode != CollapseMode::constants)
        throw ValueError(
            "collapse_affine: W' and b' become constants (CollapseMode::constants); collapse_linear() has "
            "the other "
            "modes, for chains of layers");
    check_collapse_input(graph, options);
    const Facts facts(graph);
    AffineCollapsed result;
    const std::vector<Stretch> found = find_stretches(graph, facts, result.refusals);
    std::vector<const Stretch*> by_output(graph.size(), nullptr);
    std::vector<Map> maps(graph.size());
    std::vector<StretchGraphs> graphs(graph.size());
    for (const Stretch& stretch : found) {
        const Dims from = graph.shape(stretch.input), to = graph.shape(stretch.output());
        const bool weighs = std::ranges::any_of(stretch.nodes, [&](ValueId id) {
            return !graph[id].op->traits.elementwise && graph[id].op->affine;
        });
        const std::size_t after = 2 + (from.size() != 2) + (to.size() != 2);
        if (!weighs || stretch.nodes.size() <= after - 1 || from.empty() || from[0] == 0) continue;
        AffineStretch merged;
        merged.before = stretch.nodes;
        merged.path = path_of(graph, stretch);
        const std::int64_t n = graph.count(stretch.input) / from[0],
                           m = graph.count(stretch.output()) / from[0];
        for (const ValueId id : stretch.nodes) merged.flops_before += flops_of(graph, id);
        const std::string who =
            describe(graph, stretch.nodes.front()) + " to " + describe(graph, stretch.output());
        merged.flops_after = static_cast<double>(from[0]) * static_cast<double>(2 * n * m + m);
        if (!options.allow_dearer && merged.flops_after > merged.flops_before) {
            result.refusals.push_back(
                {RefusalReason::dearer, stretch.nodes,
                 who + " would be dearer as one product: " + number_text(merged.flops_before) + " -> " +
                     number_text(merged.flops_after) + " flops"});
            continue;
        }
        graphs[stretch.output()] = graphs_of(graph, facts, stretch);
        Map map = map_of(graph, stretch.input, stretch.output(), graphs[stretch.output()].plain);
        if (!map.finite) {
            result.refusals.push_back(
                {RefusalReason::not_finite, stretch.nodes, who + " has no finite W' and b'"});
            continue;
        }
        if (stretch.nodes.size() <= after - !map.has_bias) continue;  // as short as it can be
        by_output[stretch.output()] = &stretch;
        maps[stretch.output()] = std::move(map);
        merged.weight = {n, m};
        result.merged.push_back(std::move(merged));
    }
    if (result.merged.empty()) {
        result.graph = graph;
        return result;
    }
    std::vector<std::uint8_t> need(graph.size(), 0);
    for (const ValueId id : graph.outputs()) need[id] = 1;
    for (const auto& update : graph.updates()) need[update.second] = 1;
    for (const ValueId id : graph.input_ids()) need[id] = 1;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;) {
        if (!need[id]) continue;
        if (by_output[id] != nullptr) {
            need[by_output[id]->input] = 1;
            continue;
        }
        for (const ValueId in : graph.inputs(id)) need[in] = 1;
        for (int k = 1; k < graph[id].op->outputs; ++k) need[id + static_cast<ValueId>(k)] = 1;
    }
    GraphCopy copy(graph);
    std::size_t next = 0;
    std::vector<ValueId> inputs;
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (by_output[id] != nullptr) {
            emit(copy, graph, *by_output[id], maps[id], result.merged[next++]);
            inputs.push_back(copy.place[by_output[id]->input]);
        } else if (need[id]) {
            copy.copy(id);
        }
    }
    result.graph = copy.finish();
    result.graph.verify();
    next = 0;
    for (ValueId id = 0; id < graph.size(); ++id)
        if (by_output[id] != nullptr) {
            measure(graph, *by_output[id], graphs[id], result.graph, inputs[next], result.merged[next],
                    options.seed);
            ++next;
        }
    return result;
}

std::ostream& operator<<(std::ostream& out, const AffineCollapsed& collapsed)
{
    for (const AffineStretch& m : collapsed.merged)
        out << (m.path.empty() ? "a stretch" : m.path) << ": " << m.before.size() << " nodes became "
            << m.after.size() << ", y = x W' + b' with W' " << to_string(m.weight) << "; largest difference "
            << number_text(m.value.error) << " within " << number_text(m.value.bound) << ", of dy/dx "
            << number_text(m.input_gradient.error) << " within " << number_text(m.input_gradient.bound)
            << "\n";
    for (const Refusal& refusal : collapsed.refusals) out << "left: " << refusal.text << "\n";
    return out << (collapsed.holds() ? "every difference is within its bound\n" : "A BOUND DOES NOT HOLD\n");
}

}  // namespace xgrad
