// Gradients of single examples of a function of a batch: by the batch's backward pass, or one at a time through a Program
// that is planned for one example.
#include <algorithm>
#include <cstring>
#include <optional>

#include "autodiff/ops/examples.hpp"
#include "xgrad/autodiff/per_example.hpp"
#include "xgrad/autodiff/program.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

std::optional<std::vector<Variable>> per_example_of_batch(Variable losses, std::span<const Variable> x,
                                                          PerExample how);

namespace {

std::int64_t examples_of(Recorder& recorder, std::span<const Variable> x)
{
    for (const Variable& argument : x) {
        recorder.check(argument, "per_example_grad");
        if (argument.shape().empty() || argument.shape()[0] != x[0].shape()[0])
            throw ShapeError(
                "per_example_grad: the arguments' first axes go over the examples, but shapes are " +
                to_string(x[0].shape()) + " and " + to_string(argument.shape()));
    }
    return x[0].shape()[0];
}

// The losses of the examples behind what f returned: [n], or the mean or sum of an array whose first axis is theirs.
std::optional<Variable> losses_behind(Recorder& recorder, Variable y, std::int64_t examples)
{
    if (y.shape().size() == 1 && y.shape()[0] == examples) return y;
    const Traits& traits = recorder.graph[y.id()].op->traits;
    if (y.size() != 1 || !(traits.sums || traits.averages)) return std::nullopt;
    const Variable of = recorder.handle(recorder.graph.inputs(y.id())[0]);
    const Dims shape = of.shape(), axes = recorder.graph.list(recorder.graph[y.id()].list);
    if (shape.empty() || shape[0] != examples || axes.size() != shape.size()) return std::nullopt;
    if (shape.size() == 1) return of;
    Axes rest(axes.begin() + 1, axes.end());
    return traits.sums ? sum(of, rest) : mean(of, rest);
}

std::vector<Variable> one_at_a_time(const BatchLoss& f, Recorder& recorder, std::span<const Variable> x,
                                    std::span<const Parameter> parameters, std::int64_t examples)
{
    std::vector<Array> given, results;
    for (const Variable& argument : x) given.push_back(recorder.array(argument.id()));
    for (const Parameter& parameter : parameters) {
        Shape shape = {examples};
        shape.insert(shape.end(), parameter.shape().begin(), parameter.shape().end());
        results.emplace_back(parameter.dtype(), std::move(shape));
    }
    const auto store = [&](std::int64_t i, std::size_t k, const Array& found) {
        const std::size_t bytes = static_cast<std::size_t>(found.size()) * size_of(found.dtype());
        if (bytes == 0) return;
        std::memcpy(static_cast<std::byte*>(results[k].mutable_data()) + static_cast<std::size_t>(i) * bytes,
                    found.data(), bytes);
    };
    // Where f reads a value it may decide by it, and in anomaly mode every value is looked at: then it is recorded for each
    // example, as without a Program.
    bool replayed = !recorder.is_watched();
    if (examples > 0) {
        Graph graph;
        if (replayed) {
            Tape tape({.training = recorder.training, .generator = recorder.generator});
            std::vector<Variable> one;
            for (const Array& array : given) one.push_back(tape.variable(array.rows(0, 1)));
            const Recorder::Lazily lazily(tape.recorder());
            tape.recorder().watch_reads(true);
            const Variable loss = f(one);
            refuse_mixed_examples(tape.recorder(), loss);
            replayed = tape.recorder().what_was_read().empty();
            tape.recorder().watch_reads(false);
            std::vector<Variable> outputs = one;  // for a moment, so that none is left out
            const Gradients gradients = grad(loss, parameters);
            for (std::size_t k = 0; k < gradients.size(); ++k) outputs.push_back(gradients.gradient(k));
            graph = tape.graph(outputs);
            graph.set_outputs(
                {graph.outputs().begin() + static_cast<std::ptrdiff_t>(one.size()), graph.outputs().end()});
        }
        std::optional<Workspace> workspace;
        if (replayed) workspace.emplace(Program(graph), recorder.generator);
        std::vector<Array> row(given.size());
        for (std::int64_t i = 0; i < examples; ++i) {
            for (std::size_t k = 0; k < given.size(); ++k) row[k] = given[k].rows(i, i + 1);
            if (replayed) {
                const std::span<const Array> found = workspace->run(row);
                for (std::size_t k = 0; k < found.size(); ++k) store(i, k, found[k]);
                continue;
            }
            Tape tape({.training = recorder.training,
                       .generator = recorder.generator,
                       .detect_anomaly = recorder.is_watched(),
                       .allow_infinity = recorder.lets_infinity_pass()});
            std::vector<Variable> one;
            for (const Array& array : row) one.push_back(tape.variable(array));
            const Variable loss = f(one);
            refuse_mixed_examples(tape.recorder(), loss);
            const Gradients gradients = grad(loss, parameters);
            for (std::size_t k = 0; k < gradients.size(); ++k) store(i, k, gradients.gradient(k).array());
        }
    }
    // What they depend on: whoever differentiates them again is told that this cannot be done.
    std::vector<Variable> from(x.begin(), x.end()), values;
    for (const Parameter& parameter : parameters) from.push_back(recorder.parameter(parameter));
    for (const Array& result : results) values.push_back(once(recorder.leaf(constant_op, result, {}), from));
    return values;
}

}  // namespace

Gradients per_example(const BatchLoss& f, std::span<const Variable> x, std::span<const Parameter> parameters,
                      PerExample how)
{
    Recorder& recorder = Recorder::of(x[0]);
    recorder.check_parameters();
    const std::int64_t examples = examples_of(recorder, x);
    const std::vector<Target> targets(parameters.begin(), parameters.end());
    if (how != PerExample::single && examples > 0) {
        const std::size_t before = recorder.graph.size();
        const Variable y = f(x);
        try {
            refuse_mixed_examples(recorder, y);
        } catch (...) {
            recorder.truncate(before);
            throw;
        }
        const std::optional<Variable> losses = losses_behind(recorder, y, examples);
        if (!losses && how == PerExample::batch)
            throw GradientError("per_example_grad: what the function returned, " +
                                std::string(recorder.graph[y.id()].op->name) + " " + to_string(y.shape()) +
                                ", is neither the losses of " + std::to_string(examples) +
                                " examples nor their mean or sum");
        if (losses) {
            std::vector<Variable> by;
            for (const Parameter& parameter : parameters) by.push_back(recorder.parameter(parameter));
            if (auto found = per_example_of_batch(*losses, by, how))
                return Gradients(targets, std::move(*found));
        }
        recorder.truncate(before);
    }
    return Gradients(targets, one_at_a_time(f, recorder, x, parameters, examples));
}

}  // namespace xgrad::detail
