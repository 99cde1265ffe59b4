// The points of the scaling curves.
#include "curves.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "problem.hpp"
#include "workload_kit.hpp"

namespace bench {
namespace {

// The fastest of at least three repetitions and of what half a second allows, after one that is not counted.
template <class F>
double fastest(F f)
{
    using Clock = std::chrono::steady_clock;
    const auto started = Clock::now();
    const auto since = [](Clock::time_point start) {
        return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
    };
    double best = INFINITY;
    f();
    for (int i = 0; i < 3 || (since(started) < 5e5 && i < 10000); ++i) {
        const auto start = Clock::now();
        f();
        best = std::min(best, since(start));
    }
    return best;
}

double heap() { return static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd); }

// `record` records on a tape with these inputs and returns what is computed, gradients included.
template <class Record>
CurvePoint measure(const std::vector<Array>& inputs, Record record)
{
    const auto recorded = [&](Tape& tape) {
        std::vector<Variable> in;
        for (const Array& input : inputs) in.push_back(tape.variable(input));
        return record(std::span<const Variable>(in));
    };
    const auto compute = [](const std::vector<Variable>& values) {
        for (const Variable& value : values) (void)value.array();
    };
    CurvePoint point;
    const double before = heap();
    {
        Tape tape;
        compute(recorded(tape));
        point.bytes = heap() - before;
    }
    point.eager_us = fastest([&] {
        Tape tape;
        compute(recorded(tape));
    });
    Tape tape;
    const xgrad::Graph graph = tape.graph(recorded(tape));
    point.plan_us = fastest([&] { xgrad::Program program(graph); });
    xgrad::Workspace workspace{xgrad::Program(graph)};
    point.replay_us = fastest([&] { workspace.run(inputs); });
    return point;
}

CurvePoint tape(std::int64_t size)
{
    const std::vector<Array> inputs = {array({chain_x}, Shape{1}), array({chain_a}, Shape{1}),
                                       array({chain_b}, Shape{1})};
    return measure(inputs, [=](std::span<const Variable> in) {
        Variable y = in[0];
        for (std::int64_t i = 0; i < size; ++i) y = i % 3 == 0 ? y * in[1] : i % 3 == 1 ? y + in[2] : tanh(y);
        return std::vector<Variable>{y, grad(y, in[0])};
    });
}

// A model's loss and the gradients of its parameters.
template <class Loss>
CurvePoint model(const nn::Sequential& net, const std::vector<Array>& inputs, Loss loss)
{
    const std::vector<Parameter> wrt = parameters(net);
    return measure(inputs, [=](std::span<const Variable> in) {
        const Variable value = loss(net(in[0]), in[1]);
        const Gradients gradients = grad(value, std::span(wrt));
        std::vector<Variable> outputs = {value};
        for (std::size_t i = 0; i < gradients.size(); ++i) outputs.push_back(gradients.gradient(i));
        return outputs;
    });
}

CurvePoint depth(std::int64_t layers)
{
    nn::Sequential net;
    for (std::int64_t i = 0; i < layers; ++i) net.add(nn::Linear(8, 8)).add(nn::Tanh{});
    Numbers numbers(50);
    const Array x = array(numbers.normal(8 * 8), Shape{8, 8}), t = array(numbers.normal(8 * 8), Shape{8, 8});
    return model(net, {x, t}, [](Variable y, Variable target) { return nn::mse_loss(y, target); });
}

CurvePoint batch(std::int64_t rows)
{
    const Problem problem = mlp(rows);
    nn::Sequential net;
    for (std::size_t i = 0; i < problem.layers.size(); ++i) {
        net.add(nn::Linear(problem.layers[i].in, problem.layers[i].out));
        if (i + 1 < problem.layers.size()) net.add(nn::ReLU{});
    }
    return model(net, {array(problem.x, Shape{rows, 784}), array(problem.labels)},
                 [](Variable y, Variable labels) { return nn::cross_entropy(y, labels); });
}

}  // namespace

CurvePoint curve_point(const std::string& curve, std::int64_t size)
{
    if (curve == "tape") return tape(size);
    if (curve == "depth") return depth(size);
    if (curve == "batch") return batch(size);
    throw std::runtime_error("there is no curve " + curve);
}

}  // namespace bench
