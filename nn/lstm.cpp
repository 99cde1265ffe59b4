// LSTM over the op of that name, LSTMCell over lstm_cell.
#include "xgrad/nn/lstm.hpp"

#include "nn/recurrent_fill.hpp"

namespace xgrad::nn {
namespace {

LSTM::Layer make_layer(const std::string& text, std::int64_t in, std::int64_t hidden, DType dtype)
{
    LSTM::Layer layer;
    detail::make_recurrent(text, in, hidden, 4, true, dtype, layer.weight_ih, layer.weight_hh, layer.bias_ih,
                           layer.bias_hh);
    return layer;
}

}  // namespace

LSTM::LSTM(std::int64_t in, std::int64_t hidden, LSTMOptions options) : batch_first_(options.batch_first)
{
    const std::string text = detail::sizes_text("LSTM", in, hidden);
    if (options.layers <= 0) throw ValueError(text + ": the number of layers must be positive");
    for (std::int64_t k = 0; k < options.layers; ++k)
        layers.push_back(make_layer(text, k == 0 ? in : hidden, hidden, options.dtype));
    detail::Namer namer;  // until a walk from further out says more
    walk(namer);
}

LSTMOutput LSTM::operator()(Variable x) const { return run(x, nullptr, nullptr); }
LSTMOutput LSTM::operator()(Variable x, Variable h0, Variable c0) const { return run(x, &h0, &c0); }

LSTMOutput LSTM::run(Variable x, const Variable* h0, const Variable* c0) const
{
    const auto guard = scope.enter(x);
    const auto lifted = [&](const Parameter& parameter) { return xgrad::detail::lift(x, parameter); };
    const auto count = static_cast<std::int64_t>(layers.size());
    for (const Variable* state : {h0, c0})
        if (state != nullptr && (state->shape().size() != 3 || state->shape()[0] != count))
            throw ShapeError("LSTM" + (scope.path.empty() ? "" : " " + scope.path) + ": got states " +
                             to_string(h0->shape()) + " and " + to_string(c0->shape()) +
                             ", expected [layers, batch, hidden] with " + std::to_string(count) + " layers");
    if (batch_first_) x = transpose(x, 0, 1);
    std::vector<Variable> h_n, c_n;
    for (std::int64_t k = 0; k < count; ++k) {
        const Layer& layer = layers[static_cast<std::size_t>(k)];
        const Variable w_ih = lifted(layer.weight_ih), w_hh = lifted(layer.weight_hh);
        const Variable bias = lifted(layer.bias_ih) + lifted(layer.bias_hh);
        const auto state = [&](Variable all) {
            return reshape(slice(all, {{k, k + 1}}), {-1, layer.weight_hh.shape()[0]});
        };
        const LstmStates states =
            h0 == nullptr ? lstm(x, w_ih, w_hh, bias) : lstm(x, w_ih, w_hh, bias, state(*h0), state(*c0));
        h_n.push_back(slice(states.hidden, {{-1}}));
        c_n.push_back(slice(states.cells, {{-1}}));
        x = states.hidden;
    }
    return {batch_first_ ? transpose(x, 0, 1) : x, count == 1 ? h_n[0] : concat(h_n),
            count == 1 ? c_n[0] : concat(c_n)};
}

void LSTM::walk(detail::Reader& reader) const { detail::walk_layers(layers, reader); }
void LSTM::walk(detail::Editor& editor) { detail::walk_layers(layers, editor); }

LSTMCell::LSTMCell(std::int64_t in, std::int64_t hidden, DType dtype)
{
    LSTM::Layer layer = make_layer(detail::sizes_text("LSTMCell", in, hidden), in, hidden, dtype);
    weight_ih = std::move(layer.weight_ih);
    weight_hh = std::move(layer.weight_hh);
    bias_ih = std::move(layer.bias_ih);
    bias_hh = std::move(layer.bias_hh);
}

LSTMState LSTMCell::operator()(Variable x, LSTMState state) const
{
    const auto guard = scope.enter(x);
    return lstm_cell(x, state, weight_ih, weight_hh, bias_ih, bias_hh);
}

}  // namespace xgrad::nn
