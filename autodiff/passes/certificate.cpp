// Measuring a collapse: every stretch against its rounding bound, everything else node for node.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "autodiff/kernels/random.hpp"
#include "autodiff/passes/chain_error.hpp"
#include "autodiff/passes/graph_copy.hpp"
#include "autodiff/passes/graph_match.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad {
namespace detail {

void check_collapse_input(const Graph& graph, const CollapseOptions& options)
{
    if (graph.outputs().empty()) throw GraphError("collapse_linear: the graph has no output");
    if (options.samples < 1)
        throw ValueError("collapse_linear: " + std::to_string(options.samples) +
                         " samples; the certificate needs at least 1");
    const std::vector<ValueId> inputs = graph.input_ids();
    if (inputs.empty()) throw GraphError("collapse_linear: the graph has no input");
    for (const ValueId id : inputs)
        if (!is_floating(graph.dtype(id)))
            throw DtypeError("collapse_linear: input " + describe(graph, id) + " is " +
                             std::string(name_of(graph.dtype(id))) +
                             "; the certificate draws float32 or float64 inputs");
    graph.verify();
}

namespace {

// ---------------------------------------------------------------- numbers

Array uniform_array(DType dtype, Shape shape, std::uint64_t seed, std::uint64_t stream)
{
    Array array(dtype, std::move(shape));
    const auto fill = [&]<class T>(T* data) {
        kernels::uniform<T>(data, array.size(), seed, stream);
        for (std::int64_t i = 0; i < array.size(); ++i) data[i] = 2 * data[i] - 1;
    };
    if (dtype == DType::float32)
        fill(static_cast<float*>(array.mutable_data()));
    else
        fill(static_cast<double*>(array.mutable_data()));
    return array;
}

double number_at(const Array& array, std::int64_t i)
{
    switch (array.dtype()) {
    case DType::float32: return static_cast<double>(static_cast<const float*>(array.data())[i]);
    case DType::float64: return static_cast<const double*>(array.data())[i];
    case DType::int64: return static_cast<double>(static_cast<const std::int64_t*>(array.data())[i]);
    case DType::boolean: return static_cast<const bool*>(array.data())[i];
    }
    return 0;
}

/// Takes up the differences of two arrays; without bounds only whether both are numbers.
void compare(Check& check, const Array& a, const Array& b, const std::vector<double>* bounds)
{
    constexpr double inf = std::numeric_limits<double>::infinity();
    if (!std::ranges::equal(a.shape(), b.shape()))
        check.worst = check.error = inf;
    else
        for (std::int64_t i = 0; i < a.size(); ++i) {
            const double x = number_at(a, i), y = number_at(b, i);
            const bool same = x == y || (x != x && y != y);
            double error = same ? 0 : std::abs(x - y);
            if (error != error) error = inf;
            const double bound = bounds ? (*bounds)[static_cast<std::size_t>(i)] : 0;
            if (error > check.error || (error == check.error && bound > check.bound)) {
                check.error = error;
                check.bound = bound;
            }
            const double ratio = bounds ? (error == 0 ? 0 : error / bound) : (error == inf ? inf : 0);
            check.worst = std::max(check.worst, ratio != ratio ? inf : ratio);
        }
}

/// The values of a graph's outputs.
std::vector<Array> run(const Graph& graph, const std::vector<Array>& inputs)
{
    Tape tape({.generator = Generator(0)});  // both forms draw the same numbers
    std::vector<Variable> x;
    for (const Array& input : inputs) x.push_back(tape.variable(input));
    std::vector<Array> values;
    for (const Variable& y : graph(x)) values.push_back(y.array());
    return values;
}

/// Value and cotangents of the inputs of a graph with one output.
std::vector<Array> run_with_vjp(const Graph& graph, const std::vector<Array>& inputs, const Array& cotangent)
{
    Tape tape;
    std::vector<Variable> x;
    for (const Array& input : inputs) x.push_back(tape.variable(input));
    const Variable y = graph(x)[0];
    std::vector<Array> values = {y.array()};
    const Gradients gradients = vjp(y, std::vector<Target>(x.begin(), x.end()), tape.variable(cotangent));
    for (std::size_t k = 0; k < gradients.size(); ++k) values.push_back(gradients.gradient(k).array());
    return values;
}

/// Random inputs: the batch axis has the length of the first matrix; `replace` 0: as recorded, 1: of matrices and
/// larger, 2: of vectors too.
std::vector<Array> random_inputs(const Graph& graph, const CollapseOptions& options, int replace)
{
    std::int64_t batch = -1;
    std::vector<Array> arrays;
    for (const ValueId id : graph.input_ids())
        if (batch < 0 && graph.shape(id).size() >= 2) batch = graph.shape(id)[0];
    for (const ValueId id : graph.input_ids()) {
        Shape shape(graph.shape(id).begin(), graph.shape(id).end());
        if (!shape.empty() && shape[0] == batch && replace >= (shape.size() >= 2 ? 1 : 2))
            shape[0] = options.samples;
        arrays.push_back(uniform_array(graph.dtype(id), std::move(shape), options.seed, arrays.size()));
    }
    return arrays;
}

// ---------------------------------------------------------------- counting

void count(const Graph& graph, const Facts& facts, std::int64_t& nodes, std::int64_t& parameters,
           double& flops, double& weight_flops)
{
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!facts.live[id]) continue;
        const Op* op = graph[id].op;
        if (op == &parameter_op || op == &constant_op) parameters += graph.count(id);
        if (op->traits.leaf) continue;
        ++nodes;
        (facts.kind[id] == Facts::Kind::fixed ? weight_flops : flops) += flops_of(graph, id);
    }
}

/// Numbers in the parameters and constants that nodes are made of, without going on from `input`.
std::int64_t numbers_behind(const Graph& graph, std::vector<ValueId> next, ValueId input)
{
    std::set<ValueId> seen = {input};
    std::int64_t total = 0;
    while (!next.empty()) {
        const ValueId id = next.back();
        next.pop_back();
        if (!seen.insert(id).second) continue;
        if (graph[id].op == &parameter_op || graph[id].op == &constant_op) total += graph.count(id);
        for (const ValueId in : graph.inputs(id)) next.push_back(in);
    }
    return total;
}

void count(const Graph& before, const Graph& after, const Facts& facts_after, const Chain& chain,
           Merged& merged)
{
    merged.widths = chain.widths(before);
    merged.weight = {merged.widths.front(), merged.widths.back()};
    merged.flops_before = merged.flops_after = merged.weight_flops_after = 0;
    for (const ValueId id : merged.before) merged.flops_before += flops_of(before, id);
    ValueId input = no_value;
    for (const ValueId id : merged.after) {
        const bool fixed = facts_after.kind[id] == Facts::Kind::fixed;
        (fixed ? merged.weight_flops_after : merged.flops_after) += flops_of(after, id);
        for (const ValueId in : after.inputs(id))
            if (input == no_value && facts_after.varying(in)) input = in;
    }
    merged.parameters_before = numbers_behind(before, merged.before, chain.input);
    merged.parameters_after = numbers_behind(after, merged.after, input);
}

// ---------------------------------------------------------------- one stretch

/// Runs both forms on the same input and cotangent. Returns the bound on the value, element by element.
std::vector<double> measure(const Graph& before, const Graph& after, const std::vector<ValueId>& place,
                            const Chain& chain, Merged& merged, CollapseMode mode, const Array& x,
                            const std::vector<Array>& operands, std::uint64_t seed, std::uint64_t stream)
{
    const bool symbolic = mode == CollapseMode::symbolic;
    std::vector<ValueId> stops = {chain.input};
    std::vector<Array> inputs = {x};
    for (const ValueId id : chain.operands()) stops.push_back(id);
    inputs.insert(inputs.end(), operands.begin(), operands.end());
    const ValueId end[] = {chain.output()}, end_after[] = {merged.after.back()};
    const Graph one = extract(before, stops, end);
    for (ValueId& id : stops) id = place[id];
    if (!symbolic) stops.resize(1);
    const Graph other = extract(after, stops, end_after);

    Shape shape(x.shape().begin(), x.shape().end());
    shape.back() = before.shape(chain.output()).back();
    const Array cotangent = uniform_array(before.dtype(chain.output()), shape, seed, stream);
    const ChainBounds bounds = chain_bounds({before, chain, operands}, mode, x, cotangent);
    const std::vector<Array> y = run_with_vjp(one, inputs, cotangent);
    if (!symbolic) inputs.resize(1);
    const std::vector<Array> y_after = run_with_vjp(other, inputs, cotangent);
    compare(merged.value, y[0], y_after[0], &bounds.value);
    compare(merged.input_gradient, y[1], y_after[1], &bounds.input_gradient);
    for (std::size_t k = 0; symbolic && k < operands.size(); ++k)
        compare(merged.parameter_gradient, y[k + 2], y_after[k + 2], &bounds.operands[k]);
    return bounds.value;
}

/// The checks of all stretches as one: the largest error with its bound.
void summarise(Certificate& c)
{
    const auto take = [&](Check Merged::*check, double& error, double& bound) {
        for (const Merged& merged : c.merged)
            if ((merged.*check).error >= error) {
                error = (merged.*check).error;
                bound = (merged.*check).bound;
            }
    };
    take(&Merged::value, c.value_error, c.value_bound);
    take(&Merged::input_gradient, c.input_gradient_error, c.input_gradient_bound);
    take(&Merged::parameter_gradient, c.parameter_gradient_error, c.parameter_gradient_bound);
}

}  // namespace
}  // namespace detail

bool Certificate::holds() const
{
    const auto proved = [](const Merged& m) {
        return m.value.holds() && m.input_gradient.holds() && m.parameter_gradient.holds();
    };
    return same_elsewhere && end_to_end.holds() && std::ranges::all_of(merged, proved);
}

Certificate certify(const Graph& before, const Graph& after, std::vector<Merged> merged,
                    const CollapseOptions& options)
{
    using namespace detail;
    check_collapse_input(before, options);
    check_collapse_input(after, options);
    Certificate c;
    c.rule = "collapse_linear";
    c.mode = options.mode;
    c.before = before;
    c.after = after;
    c.dtype = before.dtype(before.outputs()[0]);
    for (const ValueId id : before.input_ids())
        if (before.shape(id).size() >= 2) {
            c.batch = before.shape(id)[0];
            break;
        }
    const Facts facts(before), facts_after(after);
    std::vector<Chain> chains;
    for (const Merged& m : merged) chains.push_back(chain_of(before, facts, m.before));
    count(before, facts, c.nodes_before, c.parameters_before, c.flops_before, c.weight_flops_before);
    count(after, facts_after, c.nodes_after, c.parameters_after, c.flops_after, c.weight_flops_after);

    const bool symbolic = options.mode == CollapseMode::symbolic;
    const auto place = match_elsewhere(before, after, chains, merged, symbolic);
    c.same_elsewhere = place.has_value();
    c.merged = std::move(merged);
    if (!place) return c;
    for (std::size_t k = 0; k < chains.size(); ++k) count(before, after, facts_after, chains[k], c.merged[k]);

    // One run gives what every stretch meets: its input and its operands; and the outputs.
    Graph probe = before;
    std::vector<ValueId> wanted(before.outputs().begin(), before.outputs().end());
    for (const Chain& chain : chains) {
        wanted.push_back(chain.input);
        for (const ValueId id : chain.operands()) wanted.push_back(id);
    }
    probe.set_outputs(std::move(wanted));
    std::vector<Array> inputs, values, values_after;
    for (int replace = 1; values.empty(); replace = replace == 1 ? 2 : 0) {
        try {
            inputs = random_inputs(before, options, replace);
            values = run(probe, inputs);
        } catch (const ShapeError&) {  // a shape of the graph depends on the batch
            if (replace == 0) throw;
            continue;
        }
        c.batch_replaced = replace != 0;
    }
    values_after = run(after, inputs);
    c.samples = c.batch;
    for (std::size_t k = 0; k < inputs.size() && c.batch_replaced; ++k)
        if (inputs[k].shape().size() >= 2) {
            c.samples = inputs[k].shape()[0];
            break;
        }

    std::vector<std::vector<double>> bounds;
    std::size_t at = before.outputs().size();
    for (std::size_t k = 0; k < chains.size(); ++k) {
        const Array x = values[at++];
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(at);
        const std::vector<Array> operands(first,
                                          first + static_cast<std::ptrdiff_t>(chains[k].operands().size()));
        at += operands.size();
        Merged& m = c.merged[k];
        m.value = m.input_gradient = m.parameter_gradient = {};
        bounds.push_back(measure(before, after, *place, chains[k], m, c.mode, x, operands, options.seed,
                                 inputs.size() + k));
    }
    summarise(c);

    // From end to end a bound exists where rounding meets one stretch only, right before the output.
    std::vector<std::uint8_t> touched(before.size(), 0);
    std::vector<int> chain_at(before.size(), -1);
    for (std::size_t k = 0; k < chains.size(); ++k) chain_at[chains[k].output()] = static_cast<int>(k);
    for (ValueId id = 0; id < before.size(); ++id) {
        touched[id] = chain_at[id] >= 0;
        for (const ValueId in : before.inputs(id)) touched[id] |= touched[in];
    }
    c.end_to_end_bounded = true;
    for (std::size_t k = 0; k < before.outputs().size(); ++k) {
        const ValueId id = before.outputs()[k];
        const int chain = chain_at[id];
        const bool bounded =
            !touched[id] || (chain >= 0 && !touched[chains[static_cast<std::size_t>(chain)].input]);
        c.end_to_end_bounded = c.end_to_end_bounded && bounded;
        const std::vector<double> zero(static_cast<std::size_t>(values[k].size()), 0);
        compare(c.end_to_end, values[k], values_after[k],
                !bounded    ? nullptr
                : chain < 0 ? &zero
                            : &bounds[static_cast<std::size_t>(chain)]);
    }
    if (!c.end_to_end_bounded) c.end_to_end.bound = 0;
    return c;
}

}  // namespace xgrad
