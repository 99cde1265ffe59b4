// The calls of torch_test.cpp for fixtures/norms_cases.py: batch, group, instance and rms normalisation, recurrent cells,
// attention.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

namespace torch_norms {

using namespace xgrad;
using Inputs = std::span<const Variable>;

// The statistics that norms_cases.py gives to PyTorch.
struct Running {
    Parameter mean, var;
    explicit Running(std::int64_t channels)
    {
        const xt::xarray<double> i = xt::arange<double>(0, static_cast<double>(channels));
        mean = Parameter::buffer(Array(xt::xarray<double>(0.5 * xt::sin(i))), "mean");
        var = Parameter::buffer(Array(xt::xarray<double>(1 + 0.25 * i)), "var");
    }
};

inline Variable evaluated(Inputs x)
{
    const Running running(x[0].shape()[1]);
    const BatchNormOptions options{.epsilon = 1e-3, .training = false};
    return x.size() == 1 ? batch_norm(x[0], running.mean, running.var, options)
                         : batch_norm(x[0], running.mean, running.var, x[1], x[2], options);
}

inline Variable training(Inputs x)
{
    return x.size() == 1 ? batch_norm(x[0], {}, {}) : batch_norm(x[0], {}, {}, x[1], x[2], {.epsilon = 1e-3});
}

// What they are after two batches: the first by a commit, the second as it stands in the second tape's graph.
inline Variable statistics(Inputs x)
{
    const Running running(x[0].shape()[1]);
    for (const auto& [a, b] : {std::pair(1.0, 0.0), std::pair(2.0, 1.0)}) {
        Tape tape;
        batch_norm(tape.constant(x[0].array()) * a + b, running.mean, running.var, {.momentum = 0.3});
        tape.commit();
    }
    Tape tape = x[0].tape();
    return concat({tape.constant(running.mean.array()), tape.constant(running.var.array())});
}

// Three batches on one tape, one commit.
inline Variable cumulative(Inputs x)
{
    const nn::BatchNorm1d net(x[0].shape()[1], {.momentum = {}, .dtype = DType::float64});
    Tape tape;
    for (int k = 0; k < 3; ++k) net(tape.constant(x[0].array()) * (k + 1.0) + k);
    tape.commit();
    Tape own = x[0].tape();
    return concat({own.constant(net.running_mean.array()), own.constant(net.running_var.array()),
                   reshape(own.constant(net.num_batches_tracked.array().cast(DType::float64)), {1})});
}

template <std::int64_t groups>
Variable grouped(Inputs x)
{
    return x.size() == 1 ? group_norm(x[0], groups, 1e-3) : group_norm(x[0], groups, x[1], x[2]);
}

inline Variable both(const LstmCellState& state) { return concat({state.h, state.c}, -1); }

// Layers of cells step by step over x[0] [steps, batch, inputs], from x[1], with four parameters for a layer: output and
// h_n. nn::RNN or nn::GRU with these parameters must give the same.
template <class Net, class Cell>
Variable whole(Inputs x, Cell cell)
{
    const auto layers = static_cast<std::size_t>(x[1].shape()[0]);
    const std::int64_t steps = x[0].shape()[0], batch = x[1].shape()[1], hidden = x[1].shape()[2];
    Net net(x[0].shape()[2], hidden, {.layers = x[1].shape()[0], .dtype = DType::float64});
    const auto row = [](Variable all, std::size_t k, std::int64_t rows) {
        const auto from = static_cast<std::int64_t>(k);
        return reshape(slice(all, {{from, from + 1}}), {rows, all.shape()[2]});
    };
    Variable output = x[0];
    std::vector<Variable> h_n;
    for (std::size_t k = 0; k < layers; ++k) {
        const Inputs w = x.subspan(2 + 4 * k, 4);
        auto& layer = net.layers[k];
        layer.weight_ih.assign(w[0].array()), layer.weight_hh.assign(w[1].array());
        layer.bias_ih.assign(w[2].array()), layer.bias_hh.assign(w[3].array());
        Variable h = row(x[1], k, batch);
        std::vector<Variable> states;
        for (std::int64_t t = 0; t < steps; ++t) {
            h = cell(row(output, static_cast<std::size_t>(t), batch), h, w[0], w[1], w[2], w[3]);
            states.push_back(h);
        }
        output = stack(states);
        h_n.push_back(h);
    }
    const auto joined = [](Variable out, Variable last) {
        return concat({reshape(out, {-1}), reshape(last, {-1})});
    };
    const Variable y = joined(output, stack(h_n));
    Tape tape;
    const nn::RNNOutput out = net(tape.constant(x[0].array()), tape.constant(x[1].array()));
    const Array one = y.array(), other = joined(out.output, out.h_n).array();
    for (std::int64_t i = 0; i < one.size(); ++i)
        if (!(std::abs(static_cast<const double*>(one.data())[i] -
                       static_cast<const double*>(other.data())[i]) < 1e-12))
            throw Error("the layer differs from its cells");
    return y;
}

inline std::map<std::string, std::function<Variable(Inputs)>> calls()
{
    const auto attention = [](AttentionOptions options) {
        return [options](Inputs x) { return scaled_dot_product_attention(x[0], x[1], x[2], options); };
    };
    const auto rnn = [](Variable x, Variable h, Variable w, Variable u, Variable b, Variable c) {
        return rnn_cell(x, h, w, u, b, c);
    };
    const auto gru = [](Variable x, Variable h, Variable w, Variable u, Variable b, Variable c) {
        return gru_cell(x, h, w, u, b, c);
    };
    const auto group_edge = [](Inputs x) { return group_norm(x[0], 1); };
    const auto rms = [](Inputs x) { return x.size() == 1 ? rms_norm(x[0]) : rms_norm(x[0], x[1], 1e-5); };
    const auto instance = [](Inputs x) {
        return x.size() == 1 ? instance_norm(x[0]) : instance_norm(x[0], x[1], x[2], 1e-3);
    };
    return {
        {"batch_norm training", training},
        {"batch_norm training weight bias", training},
        {"batch_norm training edge", training},
        {"batch_norm evaluated", evaluated},
        {"batch_norm evaluated weight bias", evaluated},
        {"batch_norm evaluated edge", evaluated},
        {"batch_norm statistics", statistics},
        {"batch_norm cumulative", cumulative},
        {"group_norm 1", grouped<1>},
        {"group_norm 1 weight bias", grouped<1>},
        {"group_norm 2", grouped<2>},
        {"group_norm 2 weight bias", grouped<2>},
        {"group_norm 3", grouped<3>},
        {"group_norm 3 weight bias", grouped<3>},
        {"group_norm edge", group_edge},
        {"instance_norm", instance},
        {"instance_norm weight bias", instance},
        {"rms_norm", rms},
        {"rms_norm weight", rms},
        {"rms_norm edge", [](Inputs x) { return rms_norm(x[0], 1e-5); }},
        {"rnn_cell tanh", [](Inputs x) { return rnn_cell(x[0], x[1], x[2], x[3], x[4], x[5]); }},
        {"rnn_cell tanh no bias", [](Inputs x) { return rnn_cell(x[0], x[1], x[2], x[3]); }},
        {"rnn_cell relu",
         [](Inputs x) { return rnn_cell(x[0], x[1], x[2], x[3], x[4], x[5], Nonlinearity::relu); }},
        {"rnn_cell relu no bias",
         [](Inputs x) { return rnn_cell(x[0], x[1], x[2], x[3], Nonlinearity::relu); }},
        {"gru_cell", [](Inputs x) { return gru_cell(x[0], x[1], x[2], x[3], x[4], x[5]); }},
        {"gru_cell no bias", [](Inputs x) { return gru_cell(x[0], x[1], x[2], x[3]); }},
        {"lstm_cell",
         [](Inputs x) {
             return both(lstm_cell(x[0], {x[1], x[2]}, x[3], x[4], x[5], x[6]));
         }},
        {"lstm_cell no bias",
         [](Inputs x) {
             return both(lstm_cell(x[0], {x[1], x[2]}, x[3], x[4]));
         }},
        {"RNN 1", [=](Inputs x) { return whole<nn::RNN>(x, rnn); }},
        {"RNN 2", [=](Inputs x) { return whole<nn::RNN>(x, rnn); }},
        {"GRU 1", [=](Inputs x) { return whole<nn::GRU>(x, gru); }},
        {"GRU 2", [=](Inputs x) { return whole<nn::GRU>(x, gru); }},
        {"scaled_dot_product_attention", attention({})},
        {"scaled_dot_product_attention scale", attention({.scale = 0.3})},
        {"scaled_dot_product_attention causal", attention({.causal = true})},
        {"scaled_dot_product_attention added",
         [](Inputs x) { return scaled_dot_product_attention(x[0], x[1], x[2], {.mask = x[3]}); }},
        {"scaled_dot_product_attention seen",
         [](Inputs x) { return scaled_dot_product_attention(x[0], x[1], x[2], {.mask = x[3] > -1}); }},
    };
}

}  // namespace torch_norms
