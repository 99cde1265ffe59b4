// The calls of torch_test.cpp for normalisation, activations by erf, embedding and attention.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

// The weights that fixtures/core_cases.py gives to PyTorch's modules.
inline void set(xgrad::Parameter& parameter, int index, double shift = 0)
{
    xgrad::Array values(xgrad::DType::float64,
                        xgrad::Shape(parameter.shape().begin(), parameter.shape().end()));
    for (std::int64_t i = 0; i < values.size(); ++i)
        static_cast<double*>(values.mutable_data())[i] =
            std::sin(static_cast<double>(i) * 0.7 + index) * 0.4 + shift;
    parameter.assign(values);
}
inline void set(xgrad::nn::MultiheadAttention& layer)
{
    set(layer.qkv.weight, 1), set(layer.qkv.bias, 2), set(layer.out.weight, 3), set(layer.out.bias, 4);
}

inline std::map<std::string, std::function<xgrad::Variable(std::span<const xgrad::Variable>)>> norm_calls()
{
    using namespace xgrad;
    using Inputs = std::span<const Variable>;
    const auto encoder = [](bool first) {
        nn::TransformerEncoderLayer layer(
            4, 2,
            {.feedforward = 6, .dropout = 0, .gelu = first, .norm_first = first, .dtype = DType::float64});
        set(layer.attention);
        set(layer.linear1.weight, 5), set(layer.linear1.bias, 6);
        set(layer.linear2.weight, 7), set(layer.linear2.bias, 8);
        set(layer.norm1.weight, 9, 1), set(layer.norm1.bias, 10);
        set(layer.norm2.weight, 11, 1), set(layer.norm2.bias, 12);
        return layer;
    };
    const auto attention = [](Inputs x, bool causal) {
        nn::MultiheadAttention layer(4, 2, {.causal = causal, .dtype = DType::float64});
        set(layer);
        return layer(x[0]);
    };
    const auto pieces = [](const std::vector<Variable>& part) {
        return sum(part[0]) * part[1] * part[1] + sum(part[2]);
    };
    const auto exact = [](Inputs x) { return gelu(x[0]); };
    const auto by_tanh = [](Inputs x) { return gelu(x[0], Approximate::tanh); };
    const auto normalised = [](Inputs x) { return layer_norm(x[0], x[1], x[2]); };
    return {
        {"erf", [](Inputs x) { return erf(x[0]); }},
        {"erf edge", [](Inputs x) { return erf(x[0]); }},
        {"gelu", exact},
        {"gelu edge", exact},
        {"gelu tanh", by_tanh},
        {"gelu tanh edge", by_tanh},
        {"layer_norm", [](Inputs x) { return layer_norm(x[0], 1e-3); }},
        {"layer_norm far", [](Inputs x) { return layer_norm(x[0]); }},
        {"layer_norm weight", [](Inputs x) { return layer_norm(x[0], x[1]); }},
        {"layer_norm weight bias", normalised},
        {"layer_norm edge", normalised},
        {"embedding",
         [](Inputs x) {
             return embedding(x[0].tape().constant(xt::xarray<std::int64_t>{{2, 0, 2}, {3, 2, 0}}), x[0]);
         }},
        {"split equal", [=](Inputs x) { return pieces(split(x[0], 3, 1)); }},
        {"split places",
         [=](Inputs x) {
             const std::vector<Variable> part = split(x[0], {1, 4}, 1);
             return pieces(part);
         }},
        {"stack",
         [](Inputs x) {
             return tanh(stack({x[0], x[1], x[0] * x[1]}, -1));
         }},
        {"self_attention", [](Inputs x) { return self_attention(x[0], 2); }},
        {"self_attention causal", [](Inputs x) { return self_attention(x[0], 2, true); }},
        {"attention", [](Inputs x) { return scaled_dot_product_attention(x[0], x[1], x[2]); }},
        {"attention causal",
         [](Inputs x) { return scaled_dot_product_attention(x[0], x[1], x[2], {.causal = true}); }},
        {"attention added",
         [](Inputs x) { return scaled_dot_product_attention(x[0], x[1], x[2], {.mask = x[3]}); }},
        {"attention seen",
         [](Inputs x) { return scaled_dot_product_attention(x[0], x[1], x[2], {.mask = x[3] > -1}); }},
        {"MultiheadAttention", [=](Inputs x) { return attention(x, false); }},
        {"MultiheadAttention causal", [=](Inputs x) { return attention(x, true); }},
        {"TransformerEncoderLayer", [=](Inputs x) { return encoder(false)(x[0]); }},
        {"TransformerEncoderLayer norm_first", [=](Inputs x) { return encoder(true)(x[0]); }},
    };
}
