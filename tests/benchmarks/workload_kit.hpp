// What the workloads are made with: arrays from plain numbers, and a step of training or a computation in either mode.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "worker.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

namespace bench {

using xgrad::Array;
using xgrad::DType;
using xgrad::Gradients;
using xgrad::Parameter;
using xgrad::Shape;
using xgrad::Tape;
using xgrad::Target;
using xgrad::Variable;
namespace nn = xgrad::nn;

inline Array array(const std::vector<float>& values, const Shape& shape)
{
    Array result(DType::float32, shape);
    std::memcpy(result.mutable_data(), values.data(), values.size() * sizeof(float));
    return result;
}

inline Array array(const std::vector<std::int64_t>& values)
{
    Array result(DType::int64, {static_cast<std::int64_t>(values.size())});
    std::memcpy(result.mutable_data(), values.data(), values.size() * sizeof(std::int64_t));
    return result;
}

inline Array array(const std::vector<float>& values, xgrad::Dims shape)
{
    return array(values, Shape(shape.begin(), shape.end()));
}

inline void append(Result& result, const Array& values)
{
    const auto* data = static_cast<const float*>(values.data());
    result.gradient.insert(result.gradient.end(), data, data + values.size());
}

inline void fill(Result& result, Variable loss, const Gradients& gradients)
{
    result.loss = loss.item();
    for (std::size_t i = 0; i < gradients.size(); ++i) append(result, gradients.gradient(i).array());
}

enum class Mode { eager, replay };

// A step of training: loss(net, x, target), gradients, update.
template <class Net, class Loss>
std::vector<Step> training(Mode mode, Net net, const Array& x, const Array& target, nn::Optimizer made,
                           Loss loss)
{
    auto optimizer = std::make_shared<nn::Optimizer>(std::move(made));
    const auto eager = [=](Result* result, bool update) {
        Tape tape;
        const Variable value = loss(net, tape.constant(x), tape.constant(target));
        const Gradients gradients = grad(value, optimizer->parameters());
        if (result) fill(*result, value, gradients);
        if (update) optimizer->step(gradients);
    };
    if (mode == Mode::eager) return {[=](Result* result) { eager(result, true); }};
    auto step = std::make_shared<nn::CompiledStep>(nn::compile(
        [=](std::span<const Variable> in) { return loss(net, in[0], in[1]); }, std::move(*optimizer)));
    *optimizer = nn::Optimizer(nn::Sgd{}, net);
    return {[=](Result* result) {
        if (result) eager(result, false);
        (*step)(x, target);
    }};
}

// What f(inputs...) computes, each time anew or planned once; the first output is the loss, the others gradients.
template <class F>
std::vector<Step> computing(Mode mode, std::vector<Array> inputs, F f, bool training = true)
{
    const auto record = [=](Tape& tape) {
        std::vector<Variable> in;
        for (const Array& input : inputs) in.push_back(tape.variable(input));
        return f(std::span<const Variable>(in));
    };
    if (mode == Mode::eager)
        return {[=](Result* result) {
            Tape tape({.training = training, .generator = {}});
            const std::vector<Variable> outputs = record(tape);
            if (!result) return;
            result->loss = outputs[0].size() == 1 ? outputs[0].item() : 0;
            for (std::size_t k = outputs[0].size() == 1 ? 1 : 0; k < outputs.size(); ++k)
                append(*result, outputs[k].array());
        }};
    Tape tape({.training = training, .generator = {}});
    auto workspace = std::make_shared<xgrad::Workspace>(xgrad::Program(tape.graph(record(tape))));
    return {[=](Result* result) {
        const std::span<const Array> outputs = workspace->run(inputs);
        if (!result) return;
        result->loss = outputs[0].size() == 1 ? static_cast<double>(outputs[0].item<float>()) : 0;
        for (std::size_t k = outputs[0].size() == 1 ? 1 : 0; k < outputs.size(); ++k)
            append(*result, outputs[k]);
    }};
}

}  // namespace bench
