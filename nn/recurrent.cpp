// RNN, GRU and their cells, over xgrad::rnn_cell and gru_cell.
#include "xgrad/nn/recurrent.hpp"

#include <cmath>

#include "nn/init_fill.hpp"
#include "nn/recurrent_fill.hpp"

namespace xgrad::nn {
namespace detail {

std::string sizes_text(const char* type, std::int64_t in, std::int64_t hidden)
{
    return std::string(type) + "{" + std::to_string(in) + ", " + std::to_string(hidden) + "}";
}

void make_recurrent(const std::string& text, std::int64_t in, std::int64_t hidden, std::int64_t gates,
                    bool bias, DType dtype, Parameter& weight_ih, Parameter& weight_hh, Parameter& bias_ih,
                    Parameter& bias_hh)
{
    if (in <= 0 || hidden <= 0)
        throw ValueError(text + ": the numbers of inputs and hidden units must be positive");
    if (!is_floating(dtype))
        throw DtypeError(text + ": parameters are float32 or float64, not " + std::string(name_of(dtype)));
    constexpr std::uint64_t key = 0x786772616400;  // a stream for each parameter
    const double bound = 1 / std::sqrt(static_cast<double>(hidden));
    const auto filled = [&](Shape shape, const char* name) {
        Parameter parameter(dtype, std::move(shape), name);
        fill_uniform(parameter, -bound, bound, key, parameter.id());
        return parameter;
    };
    weight_ih = filled({in, gates * hidden}, "weight_ih");
    weight_hh = filled({hidden, gates * hidden}, "weight_hh");
    if (!bias) return;
    bias_ih = filled({gates * hidden}, "bias_ih");
    bias_hh = filled({gates * hidden}, "bias_hh");
}

// ---------------------------------------------------------------- whole sequences

RecurrentLayers::RecurrentLayers(const char* type, const Sizes& sizes, Step step)
    : scope{type}, batch_first_(sizes.batch_first), step_(step)
{
    const std::string text = sizes_text(type, sizes.in, sizes.hidden);
    if (sizes.layers <= 0) throw ValueError(text + ": the number of layers must be positive");
    for (std::int64_t k = 0; k < sizes.layers; ++k) {
        Layer& layer = layers.emplace_back();
        make_recurrent(text, k == 0 ? sizes.in : sizes.hidden, sizes.hidden, sizes.gates, sizes.bias,
                       sizes.dtype, layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh);
    }
    Namer namer;  // until a walk from further out says more
    walk_layers(layers, namer);
}

void RecurrentLayers::walk(Reader& reader) const { walk_layers(layers, reader); }
void RecurrentLayers::walk(Editor& editor) { walk_layers(layers, editor); }

void RecurrentLayers::check(Variable x, const Variable* h0) const
{
    const std::string who = scope.type + (scope.path.empty() ? "" : " " + scope.path);
    const Parameter& w = layers[0].weight_ih;
    const std::int64_t in = w.shape()[0], hidden = layers[0].weight_hh.shape()[0];
    for (const Variable* v : std::initializer_list<const Variable*>{&x, h0})
        if (v != nullptr && v->dtype() != w.dtype())
            throw DtypeError(who + ": got " + (v == &x ? "x " : "h0 ") + std::string(name_of(v->dtype())) +
                             " " + to_string(v->shape()) + ", its parameters are " +
                             std::string(name_of(w.dtype())));
    const Dims shape = x.shape();
    const std::size_t time = batch_first_ ? 1 : 0;
    if (shape.size() != 3 || shape[2] != in || shape[time] == 0)
        throw ShapeError(who + ": got x " + to_string(shape) + ", expected " +
                         (batch_first_ ? "[batch, steps, " : "[steps, batch, ") + std::to_string(in) +
                         "] with at least one step");
    const std::int64_t wanted[] = {static_cast<std::int64_t>(layers.size()), shape[1 - time], hidden};
    if (h0 != nullptr && !std::ranges::equal(h0->shape(), wanted))
        throw ShapeError(who + ": got h0 " + to_string(h0->shape()) + ", expected [layers, batch, hidden] " +
                         to_string(wanted));
}

RNNOutput RecurrentLayers::run(Variable x, const Variable* h0) const
{
    const auto guard = scope.enter(x);
    check(x, h0);
    if (batch_first_) x = transpose(x, 0, 1);
    const std::int64_t steps = x.shape()[0], batch = x.shape()[1];
    std::vector<Variable> h_n;
    for (std::size_t k = 0; k < layers.size(); ++k) {
        const Layer& layer = layers[k];
        const auto sum_of = [&](Variable v, const Parameter& weight, const Parameter& bias) {
            return bias ? linear(v, weight, bias) : linear(v, weight);
        };
        const Variable of_x = sum_of(x, layer.weight_ih, layer.bias_ih);
        const std::int64_t hidden = layer.weight_hh.shape()[0], width = layer.weight_hh.shape()[1];
        const auto from = static_cast<std::int64_t>(k);
        Variable h = h0 == nullptr ? full(x, {batch, hidden}, 0)
                                   : reshape(slice(*h0, {{from, from + 1}}), {batch, hidden});
        std::vector<Variable> states;
        for (std::int64_t t = 0; t < steps; ++t) {
            const Variable now = reshape(slice(of_x, {{t, t + 1}}), {batch, width});
            h = step_(now, sum_of(h, layer.weight_hh, layer.bias_hh), h, hidden);
            states.push_back(h);
        }
        x = stack(states);
        h_n.push_back(h);
    }
    return {batch_first_ ? transpose(x, 0, 1) : x, stack(h_n)};
}

}  // namespace detail

namespace {
Variable tanh_step(Variable of_x, Variable of_h, Variable, std::int64_t) { return tanh(of_x + of_h); }
Variable relu_step(Variable of_x, Variable of_h, Variable, std::int64_t) { return relu(of_x + of_h); }
}  // namespace

RNN::RNN(std::int64_t in, std::int64_t hidden, RNNOptions options)
    : RecurrentLayers("RNN",
                      {in, hidden, 1, options.layers, options.bias, options.batch_first, options.dtype},
                      options.nonlinearity == Nonlinearity::relu ? relu_step : tanh_step)
{}

GRU::GRU(std::int64_t in, std::int64_t hidden, GRUOptions options)
    : RecurrentLayers("GRU",
                      {in, hidden, 3, options.layers, options.bias, options.batch_first, options.dtype},
                      xgrad::detail::gru_step)
{}

// ---------------------------------------------------------------- cells

namespace {
// A state of 0 for x [batch, in] or [in].
Variable nothing(Variable x, const Parameter& weight_hh)
{
    const std::int64_t hidden = weight_hh.shape()[0];
    return full(x, x.shape().size() == 2 ? Shape{x.shape()[0], hidden} : Shape{hidden}, 0);
}
}  // namespace

RNNCell::RNNCell(std::int64_t in, std::int64_t hidden, RNNCellOptions options)
    : nonlinearity(options.nonlinearity)
{
    detail::make_recurrent(detail::sizes_text("RNNCell", in, hidden), in, hidden, 1, options.bias,
                           options.dtype, weight_ih, weight_hh, bias_ih, bias_hh);
}

Variable RNNCell::operator()(Variable x) const { return (*this)(x, nothing(x, weight_hh)); }
Variable RNNCell::operator()(Variable x, Variable h) const
{
    const auto guard = scope.enter(x);
    return bias_ih ? rnn_cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh, nonlinearity)
                   : rnn_cell(x, h, weight_ih, weight_hh, nonlinearity);
}

GRUCell::GRUCell(std::int64_t in, std::int64_t hidden, GRUCellOptions options)
{
    detail::make_recurrent(detail::sizes_text("GRUCell", in, hidden), in, hidden, 3, options.bias,
                           options.dtype, weight_ih, weight_hh, bias_ih, bias_hh);
}

Variable GRUCell::operator()(Variable x) const { return (*this)(x, nothing(x, weight_hh)); }
Variable GRUCell::operator()(Variable x, Variable h) const
{
    const auto guard = scope.enter(x);
    return bias_ih ? gru_cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh)
                   : gru_cell(x, h, weight_ih, weight_hh);
}

}  // namespace xgrad::nn
