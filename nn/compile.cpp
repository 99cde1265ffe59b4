// Compiled steps: traces by the shapes of their inputs, looked after as they grow old.
#include "xgrad/nn/compile.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad::nn {
namespace {

// Shapes and types of a batch, as a key.
using Signature = std::vector<std::int64_t>;
void sign(Signature& signature, std::span<const Array* const> batch)
{
    signature.clear();
    for (const Array* array : batch) {
        signature.push_back(static_cast<std::int64_t>(array->dtype()));
        signature.push_back(static_cast<std::int64_t>(array->shape().size()));
        signature.insert(signature.end(), array->shape().begin(), array->shape().end());
    }
}

bool same_bits(double a, double b)
{
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same_values(const Array& a, const Array& b)
{
    return a.data() == b.data() ||
           std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * size_of(a.dtype())) == 0;
}

std::string line_of(const Graph& graph, ValueId id)
{
    const std::string path = graph.path(graph[id].scope);
    return "%" + std::to_string(id) + " " + std::string(graph[id].op->name) + " " +
           to_string(graph.shape(id)) + (path.empty() ? "" : " in " + path);
}

std::string attributes_of(const Graph& graph, ValueId id)
{
    const Node& node = graph[id];
    return node.op->attributes ? " (" + node.op->attributes(graph, node) + ")" : "";
}

std::string attributes_or_inputs(const Graph& before, const Graph& now, ValueId id)
{
    const std::string is = attributes_of(now, id);
    return is == attributes_of(before, id) ? "one with other inputs" : "one" + is;
}

// The first difference between two recordings of one step, or an empty text.
std::string difference(const Graph& before, const Graph& now)
{
    for (ValueId id = 0; id < std::min(before.size(), now.size()); ++id) {
        const Node &x = before[id], &y = now[id];
        const bool draws = x.op->traits.stochastic;  // its attributes are seed and stream
        const bool same = x.op == y.op && x.dtype == y.dtype &&
                          std::ranges::equal(before.inputs(x), now.inputs(y)) &&
                          std::ranges::equal(before.shape(id), now.shape(id)) &&
                          std::ranges::equal(before.list(x.list), now.list(y.list)) &&
                          (draws || (same_bits(x.a, y.a) && same_bits(x.b, y.b)));
        if (!same) {
            const std::string what = line_of(before, id), is = line_of(now, id);
            return what + attributes_of(before, id) + " is now " +
                   (what != is ? is + attributes_of(now, id)
                    : x.op == y.op
                        ? attributes_or_inputs(before, now, id)
                        : "another op of that name: make a custom op once, outside the loss function");
        }
        if (x.op->name == "constant" && !same_values(before.constant(id), now.constant(id)))
            return line_of(before, id) + " has other values now (give what changes as an input of the step)";
        if (x.op->name == "parameter" && !(before.parameter(id) == now.parameter(id)))
            return line_of(before, id) + " is another parameter now";
    }
    if (before.size() != now.size())
        return "it has " + std::to_string(now.size()) + " nodes now, not " + std::to_string(before.size());
    return {};
}

}  // namespace

struct CompiledStep::State {
    struct Trace {
        Graph graph;
        std::optional<Workspace> workspace;  // none: recorded at every step
        std::vector<Array> numbers;          // the optimizer's inputs
        std::vector<std::uint8_t> is_step;   // of those: the step count, else the rate
        std::vector<const Array*> inputs;    // the batch, then the numbers
        std::string why_recorded;
        std::int64_t steps = 0, looked_at = 1;

        // What the graph takes behind the batch.
        void numbers_from(const std::vector<Variable>& given, const Graph& recorded,
                          std::span<const ValueId> places, std::size_t batch)
        {
            for (std::size_t k = batch; k < places.size(); ++k) {
                numbers.push_back(given[k].array());
                is_step.push_back(recorded.name(places[k]) == "step");
            }
        }
    };

    double record(std::span<const Array* const> batch, Trace& trace);
    void set_inputs(std::span<const Array* const> batch, Trace& trace);
    double replay(std::span<const Array* const> batch, Trace& trace);
    std::pair<const Graph*, std::vector<Array>> graph_on(std::span<const Array> batch, const char* what);

    LossFunction loss;
    Optimizer optimizer;
    CompileOptions options;
    std::map<Signature, Trace> traces;
    Signature signature;
    Trace* last = nullptr;
    Counts counts;
};

// Records a step without computing it, so that it takes no memory for values. The first of a shape is planned, later
// ones are compared with it; then the step is replayed. One that cannot be replayed, or that draws random numbers (which
// have been drawn for the record), is computed and committed as without compile().
double CompiledStep::State::record(std::span<const Array* const> batch, Trace& trace)
{
    Tape tape({.generator = options.generator,
               .detect_anomaly = options.detect_anomaly,
               .allow_infinity = options.allow_infinity});
    xgrad::detail::Recorder& recorder = tape.recorder();
    std::vector<Variable> inputs;
    // What pictures call them; of a loss with more inputs nothing is known.
    constexpr std::string_view usual[] = {"x", "t"};
    for (const Array* array : batch)
        inputs.push_back(tape.variable(*array, batch.size() <= 2 ? usual[inputs.size()] : std::string_view()));
    std::optional<xgrad::detail::Recorder::Lazily> lazily;
    if (!options.detect_anomaly) lazily.emplace(recorder);
    recorder.watch_reads(true);
    const Variable value = loss(inputs);
    std::string read = recorder.what_was_read();
    recorder.watch_reads(false);
    if (&value.tape().recorder() != &recorder)
        throw GraphError("compile: the loss was recorded on another tape than the inputs given");
    for (const Optimizer::Input& input : optimizer.assign(grad(value, optimizer.parameters())))
        inputs.push_back(input.variable);
    std::ranges::sort(inputs, {}, &Variable::id);  // as the graph lists them

    // Inputs are outputs for a moment, so that those that nobody reads are kept and all are found again.
    std::vector<Variable> outputs = {value};
    outputs.insert(outputs.end(), inputs.begin(), inputs.end());
    Graph graph = tape.graph(outputs);
    const std::vector<ValueId> places(graph.outputs().begin() + 1, graph.outputs().end());
    const bool all_given = places == graph.input_ids();
    graph.set_outputs({graph.outputs()[0]});
    lazily.reset();
    bool random = false;
    for (ValueId id = 0; id < graph.size(); ++id) random |= graph[id].op->traits.stochastic;

    if (trace.steps == 0) {
        if (read.empty() && !all_given)
            read =
                "the loss function makes an input of its own (tape.variable): give it as an input of the "
                "step, or "
                "take tape.constant";
        trace.numbers_from(inputs, graph, places, batch.size());
        trace.why_recorded =
            options.detect_anomaly ? "anomaly mode: every step is recorded" : std::move(read);
        if (trace.why_recorded.empty()) trace.workspace.emplace(Program(graph), options.generator);
        trace.graph = std::move(graph);
    } else if (trace.workspace) {
        std::string what = read.empty() ? difference(trace.graph, graph) : read;
        if (!what.empty())
            throw StaleError(
                "compile: step " + std::to_string(trace.steps + 1) +
                " of this shape was recorded again and is not the one that is replayed: " + what +
                ". Steps since the last such look, after step " + std::to_string(trace.looked_at) +
                ", may have used what was recorded before. What changes from step to step has to be "
                "an input: step({x, t, Array(0.5f)}); after a change for good, compile again");
    } else {
        trace.graph = std::move(graph);
    }
    double number = 0;
    if (trace.workspace && !random) {
        number = replay(batch, trace);
    } else {
        number = value.item();
        tape.commit();
    }
    optimizer.count_step();
    ++counts.recorded;
    return number;
}

void CompiledStep::State::set_inputs(std::span<const Array* const> batch, Trace& trace)
{
    trace.inputs.assign(batch.begin(), batch.end());
    for (std::size_t k = 0; k < trace.numbers.size(); ++k) {
        Array& number = trace.numbers[k];
        const double value = trace.is_step[k] ? static_cast<double>(optimizer.steps() + 1) : optimizer.rate();
        if (number.dtype() == DType::float32)
            *static_cast<float*>(number.mutable_data()) = static_cast<float>(value);
        else
            *static_cast<double*>(number.mutable_data()) = value;
        trace.inputs.push_back(&number);
    }
}

double CompiledStep::State::replay(std::span<const Array* const> batch, Trace& trace)
{
    set_inputs(batch, trace);
    const Array& number = trace.workspace->run(trace.inputs)[0];
    return number.dtype() == DType::float32 ? static_cast<double>(number.item<float>())
                                            : number.item<double>();
}

CompiledStep::CompiledStep(LossFunction loss, Optimizer optimizer, const CompileOptions& options)
    : state_(new State{std::move(loss), std::move(optimizer), options, {}, {}, nullptr, {}})
{
    if (!state_->loss) throw ValueError("compile: the loss function is empty");
}
CompiledStep::CompiledStep(CompiledStep&&) noexcept = default;
CompiledStep& CompiledStep::operator=(CompiledStep&&) noexcept = default;
CompiledStep::~CompiledStep() = default;

double CompiledStep::operator()(std::span<const Array> batch)
{
    std::vector<const Array*> pointers;
    for (const Array& array : batch) pointers.push_back(&array);
    return take(pointers);
}

double CompiledStep::take(std::span<const Array* const> batch)
{
    State& state = *state_;
    sign(state.signature, batch);
    auto found = state.traces.find(state.signature);
    if (found == state.traces.end()) {
        State::Trace trace;
        const double number = state.record(batch, trace);
        found = state.traces.emplace(state.signature, std::move(trace)).first;
        state.last = &found->second;
        state.last->steps = 1;
        return number;
    }
    State::Trace& trace = found->second;
    state.last = &trace;
    // The 2nd, 4th, 8th, ... step is looked at again.
    const std::int64_t every = state.options.check_every;
    const bool look = std::has_single_bit(static_cast<std::uint64_t>(trace.steps + 1)) ||
                      (every > 0 && (trace.steps + 1) % every == 0);
    double number = 0;
    if (trace.workspace && !look) {
        number = state.replay(batch, trace);
        state.optimizer.count_step();
        ++state.counts.replayed;
    } else {
        number = state.record(batch, trace);
        trace.looked_at = trace.steps + 1;
    }
    ++trace.steps;
    return number;
}

Profile CompiledStep::profile(std::span<const Array> batch, int runs)
{
    std::vector<const Array*> pointers;
    for (const Array& array : batch) pointers.push_back(&array);
    return measure(pointers, runs);
}

Profile CompiledStep::measure(std::span<const Array* const> batch, int runs)
{
    State& state = *state_;
    sign(state.signature, batch);
    const auto found = state.traces.find(state.signature);
    if (found == state.traces.end())
        throw ValueError(
            "compiled step: there is no plan to profile before the first step on a batch of this shape");
    State::Trace& trace = found->second;
    if (!trace.workspace)
        throw ValueError("compiled step: there is no plan to profile, every step is recorded: " +
                         trace.why_recorded);
    state.set_inputs(batch, trace);
    return trace.workspace->profile(trace.inputs, runs);
}

// The graph that was recorded for batches of this shape, and what it takes.
std::pair<const Graph*, std::vector<Array>> CompiledStep::State::graph_on(std::span<const Array> batch,
                                                                          const char* what)
{
    std::vector<const Array*> pointers;
    for (const Array& array : batch) pointers.push_back(&array);
    sign(signature, pointers);
    const auto found = traces.find(signature);
    if (found == traces.end())
        throw ValueError(std::string("compiled step: ") + what +
                         " need a graph, and there is none before the first step on a batch of this shape");
    set_inputs(pointers, found->second);
    std::vector<Array> inputs;
    for (const Array* array : found->second.inputs) inputs.push_back(*array);
    return {&found->second.graph, std::move(inputs)};
}

std::optional<Anomaly> CompiledStep::find_anomaly(std::span<const Array> batch) const
{
    const auto [graph, inputs] = state_->graph_on(batch, "anomalies");
    return xgrad::find_anomaly(*graph, inputs);
}

Statistics CompiledStep::statistics(std::span<const Array> batch, const StatisticsOptions& options) const
{
    const auto [graph, inputs] = state_->graph_on(batch, "statistics");
    return xgrad::statistics(*graph, inputs, options);
}

std::optional<Anomaly> CompiledStep::find_anomaly(std::initializer_list<Array> batch) const
{
    return find_anomaly(std::span(batch.begin(), batch.size()));
}
std::optional<Anomaly> CompiledStep::find_anomaly(const Array& x, const Array& t) const
{
    return find_anomaly({x, t});
}
Statistics CompiledStep::statistics(std::initializer_list<Array> batch,
                                    const StatisticsOptions& options) const
{
    return statistics(std::span(batch.begin(), batch.size()), options);
}
Statistics CompiledStep::statistics(const Array& x, const Array& t, const StatisticsOptions& options) const
{
    return statistics({x, t}, options);
}

Optimizer& CompiledStep::optimizer() { return state_->optimizer; }
CompiledStep::Counts CompiledStep::counts() const { return state_->counts; }

const Graph& CompiledStep::graph() const
{
    if (!state_->last) throw ValueError("compiled step: there is no graph before the first step");
    return state_->last->graph;
}

const std::string& CompiledStep::why_recorded() const
{
    static const std::string nothing;
    return state_->last ? state_->last->why_recorded : nothing;
}

ProgramReport CompiledStep::report() const
{
    if (!state_->last) throw ValueError("compiled step: there is no plan before the first step");
    if (!state_->last->workspace)
        throw ValueError("compiled step: there is no plan, every step is recorded: " +
                         state_->last->why_recorded);
    return state_->last->workspace->program().report();
}

}  // namespace xgrad::nn
