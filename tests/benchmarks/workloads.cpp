// The workloads, eager: every iteration records on a fresh tape, differentiates, updates.
#include "workloads.hpp"

#include <cstring>
#include <memory>
#include <span>

#include "problem.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

namespace bench {
namespace {

using xgrad::Array;
using xgrad::DType;
using xgrad::Gradients;
using xgrad::Parameter;
using xgrad::Shape;
using xgrad::Tape;
using xgrad::Target;
using xgrad::Variable;
namespace nn = xgrad::nn;

Array array(const std::vector<float>& values, const Shape& shape)
{
    Array result(DType::float32, shape);
    std::memcpy(result.mutable_data(), values.data(), values.size() * sizeof(float));
    return result;
}

Array array(const std::vector<std::int64_t>& values)
{
    Array result(DType::int64, {static_cast<std::int64_t>(values.size())});
    std::memcpy(result.mutable_data(), values.data(), values.size() * sizeof(std::int64_t));
    return result;
}

Array array(const std::vector<float>& values, xgrad::Dims shape)
{
    return array(values, Shape(shape.begin(), shape.end()));
}

void append(Result& result, const Array& values)
{
    const auto* data = static_cast<const float*>(values.data());
    result.gradient.insert(result.gradient.end(), data, data + values.size());
}

void fill(Result& result, Variable loss, const Gradients& gradients)
{
    result.loss = loss.item();
    for (std::size_t i = 0; i < gradients.size(); ++i) append(result, gradients.gradient(i).array());
}

template <class Activation>
nn::Sequential network(const Problem& problem, bool activate_last = false)
{
    nn::Sequential net;
    for (std::size_t i = 0; i < problem.layers.size(); ++i) {
        const Dense& layer = problem.layers[i];
        nn::Linear linear(layer.in, layer.out);
        linear.weight.assign(array(layer.weight, {layer.in, layer.out}));
        linear.bias.assign(array(layer.bias, {layer.out}));
        net.add(std::move(linear));
        if (activate_last || i + 1 < problem.layers.size()) net.add(Activation{});
    }
    return net;
}

Array inputs(const Problem& problem)
{
    return array(problem.x, {problem.rows, static_cast<std::int64_t>(problem.x.size()) / problem.rows});
}

Array targets(const Problem& problem)
{
    return array(problem.target,
                 {problem.rows, static_cast<std::int64_t>(problem.target.size()) / problem.rows});
}

// A step of training: loss(net, x, target), gradients, update.
template <class Loss>
std::vector<Step> training(nn::Sequential net, const Array& x, const Array& target, nn::Optimizer made,
                           Loss loss)
{
    auto optimizer = std::make_shared<nn::Optimizer>(std::move(made));
    return {[=](Result* result) {
        Tape tape;
        const Variable value = loss(net, tape.constant(x), tape.constant(target));
        const Gradients gradients = grad(value, optimizer->parameters());
        if (result) fill(*result, value, gradients);
        optimizer->step(gradients);
    }};
}

std::vector<Step> chain_scalar()
{
    const Array x = array({chain_x}, Shape{1}), a = array({chain_a}, Shape{1}),
                b = array({chain_b}, Shape{1});
    return {[=](Result* result) {
        Tape tape;
        const Variable start = tape.variable(x), factor = tape.constant(a), summand = tape.constant(b);
        Variable y = start;
        for (int i = 0; i < chain_length; ++i) y = tanh(y * factor + summand);
        const Variable gradient = grad(y, start);
        if (!result) return;
        result->loss = y.item();
        append(*result, gradient.array());
    }};
}

std::vector<Step> logreg()
{
    const Problem problem = linear_569x30(0, 1);
    const nn::Sequential net = network<nn::Identity>(problem);
    return training(net, inputs(problem), targets(problem), nn::Optimizer(nn::Sgd{.rate = 0.1}, net),
                    [](const nn::Sequential& model, Variable x, Variable t) {
                        return nn::binary_cross_entropy_with_logits(model(x), t);
                    });
}

std::vector<Step> hinge()
{
    const Problem problem = linear_569x30(-1, 1);
    const nn::Sequential net = network<nn::Identity>(problem);
    const std::vector<Parameter> weights{parameters(net)[0]};
    return training(net, inputs(problem), targets(problem), nn::Optimizer(nn::Sgd{.rate = 0.1}, net),
                    [weights](const nn::Sequential& model, Variable x, Variable t) {
                        const Variable loss = nn::hinge_loss(model(x), t);
                        return loss + nn::l2(loss, weights, 0.01);
                    });
}

template <class Options>
std::vector<Step> mlp_training(std::int64_t rows, const Options& options)
{
    const Problem problem = mlp(rows);
    const nn::Sequential net = network<nn::ReLU>(problem);
    return training(net, inputs(problem), array(problem.labels), nn::Optimizer(options, net),
                    [](const nn::Sequential& model, Variable x, Variable labels) {
                        return nn::cross_entropy(model(x), labels);
                    });
}

template <class Activation>
std::vector<Step> deep_training(const Problem& problem)
{
    const nn::Sequential net = network<Activation>(problem, true);
    return training(
        net, inputs(problem), targets(problem), nn::Optimizer(nn::Sgd{.rate = 0.01}, net),
        [](const nn::Sequential& model, Variable x, Variable t) { return nn::mse_loss(model(x), t); });
}

// The optimizer alone; the "gradient" to compare is the parameters' new values.
template <class Options>
std::vector<Step> step_alone(const Options& options)
{
    const Problem problem = mlp(64);
    const nn::Sequential net = network<nn::ReLU>(problem);
    auto optimizer = std::make_shared<nn::Optimizer>(options, net);
    const std::vector<std::vector<float>> values = step_gradients(problem);
    std::vector<Array> gradients;
    for (std::size_t i = 0; i < values.size(); ++i)
        gradients.push_back(array(values[i], optimizer->parameters()[i].shape()));
    return {[=](Result* result) {
        Tape tape;
        std::vector<Target> wrt(optimizer->parameters().begin(), optimizer->parameters().end());
        std::vector<Variable> given;
        given.reserve(gradients.size());
        for (const Array& gradient : gradients) given.push_back(tape.constant(gradient));
        optimizer->step(Gradients(std::move(wrt), std::move(given)));
        if (!result) return;
        for (const Parameter& parameter : optimizer->parameters()) append(*result, parameter.array());
    }};
}

std::vector<Step> elementwise()
{
    const Pair pair = elementwise_1e6();
    const Array y_values = array(pair.y, Shape{1000000}), t = array(pair.t, Shape{1000000});
    return {[=](Result* result) {
        Tape tape;
        const Variable y = tape.variable(y_values);
        const Variable loss = mean(log1p(exp(-(tape.constant(t) * y))));
        const Variable gradient = grad(loss, y);
        if (!result) return;
        result->loss = loss.item();
        append(*result, gradient.array());
    }};
}

std::vector<Step> hessian_vector()
{
    const Problem problem = hvp_mlp();
    const nn::Sequential net = network<nn::Tanh>(problem);
    const std::vector<Parameter> wrt = parameters(net);
    const Array x = inputs(problem), t = targets(problem);
    std::vector<Array> direction;
    for (std::size_t i = 0; i < wrt.size(); ++i)
        direction.push_back(array(problem.direction[i], wrt[i].shape()));
    return {[=](Result* result) {
        Tape tape;
        const Variable loss = nn::mse_loss(net(tape.constant(x)), tape.constant(t));
        const Gradients first = grad(loss, std::span(wrt));
        Variable product = sum(first.gradient(0) * tape.constant(direction[0]));
        for (std::size_t i = 1; i < wrt.size(); ++i)
            product += sum(first.gradient(i) * tape.constant(direction[i]));
        const Gradients second = grad(product, std::span(wrt));
        if (result) fill(*result, loss, second);
    }};
}

std::vector<Step> inference()
{
    const Problem problem = mlp(1);
    const nn::Sequential net = network<nn::ReLU>(problem);
    const Array x = inputs(problem);
    return {[=](Result* result) {
        Tape tape({.training = false, .generator = {}});
        const Variable y = net(tape.constant(x));
        if (result) append(*result, y.array());
    }};
}

}  // namespace

std::vector<Workload> eager_workloads()
{
    return {
        {"chain_scalar", "eager", chain_scalar},
        {"logreg_569x30", "eager", logreg},
        {"hinge_569x30", "eager", hinge},
        {"mlp_64x784_512_512_10", "eager",
         [] { return mlp_training(64, nn::Sgd{.rate = 1e-3, .momentum = 0.9}); }},
        {"mlp_256x784_512_512_10_adam", "eager", [] { return mlp_training(256, nn::Adam{.rate = 1e-5}); }},
        {"deep_narrow", "eager", [] { return deep_training<nn::Tanh>(deep_narrow()); }},
        {"elementwise_1e6", "eager", elementwise},
        {"hvp_mlp", "eager", hessian_vector},
        {"inference_mlp_1x784", "eager", inference},
        {"mlp_sgd_momentum_step", "eager", [] { return step_alone(nn::Sgd{.rate = 1e-6, .momentum = 0.9}); }},
        {"mlp_adam_step", "eager", [] { return step_alone(nn::Adam{.rate = 1e-6}); }},
        {"rss_100x256_b512", "eager", [] { return deep_training<nn::ReLU>(deep_wide()); }},
    };
}

}  // namespace bench
