// LSTM over the op of that name, LSTMCell in elementary ones.
#include "xgrad/nn/lstm.hpp"

#include <cmath>

#include "nn/init_fill.hpp"

namespace xgrad::nn {
namespace {

LSTM::Layer make_layer(const std::string& text, std::int64_t in, std::int64_t hidden, DType dtype)
{
    if (in <= 0 || hidden <= 0)
        throw ValueError(text + ": the numbers of inputs and hidden units must be positive");
    if (!is_floating(dtype))
        throw DtypeError(text + ": parameters are float32 or float64, not " + std::string(name_of(dtype)));
    constexpr std::uint64_t key = 0x786772616400;  // a stream for each parameter
    const double bound = 1 / std::sqrt(static_cast<double>(hidden));
    const auto filled = [&](Shape shape, const char* name) {
        Parameter parameter(dtype, std::move(shape), name);
        detail::fill_uniform(parameter, -bound, bound, key, parameter.id());
        return parameter;
    };
    LSTM::Layer layer;
    layer.weight_ih = filled({in, 4 * hidden}, "weight_ih");
    layer.weight_hh = filled({hidden, 4 * hidden}, "weight_hh");
    layer.bias_ih = filled({4 * hidden}, "bias_ih");
    layer.bias_hh = filled({4 * hidden}, "bias_hh");
    return layer;
}

std::string sizes_text(std::int64_t in, std::int64_t hidden)
{
    return "{" + std::to_string(in) + ", " + std::to_string(hidden) + "}";
}

// Visits the parameters under PyTorch's names.
template <class Layers, class Visitor>
void walk_layers(Layers& layers, Visitor& visitor)
{
    for (std::size_t k = 0; k < layers.size(); ++k) {
        const auto visit = [&](const char* name, auto& parameter) {
            const detail::Path::Level level(visitor, name + std::to_string(k));
            visitor.parameter(parameter);
        };
        visit("weight_ih_l", layers[k].weight_ih);
        visit("weight_hh_l", layers[k].weight_hh);
        visit("bias_ih_l", layers[k].bias_ih);
        visit("bias_hh_l", layers[k].bias_hh);
    }
}

}  // namespace

LSTM::LSTM(std::int64_t in, std::int64_t hidden, LSTMOptions options) : batch_first_(options.batch_first)
{
    const std::string text = "LSTM" + sizes_text(in, hidden);
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

void LSTM::walk(detail::Reader& reader) const { walk_layers(layers, reader); }
void LSTM::walk(detail::Editor& editor) { walk_layers(layers, editor); }

LSTMCell::LSTMCell(std::int64_t in, std::int64_t hidden, DType dtype)
{
    LSTM::Layer layer = make_layer("LSTMCell" + sizes_text(in, hidden), in, hidden, dtype);
    weight_ih = std::move(layer.weight_ih);
    weight_hh = std::move(layer.weight_hh);
    bias_ih = std::move(layer.bias_ih);
    bias_hh = std::move(layer.bias_hh);
}

LSTMState LSTMCell::operator()(Variable x, LSTMState state) const
{
    const auto guard = scope.enter(x);
    const std::int64_t hidden = weight_hh.shape()[0];
    const Variable z = linear(x, weight_ih, bias_ih) + linear(state.h, weight_hh, bias_hh);
    const auto gate = [&](std::int64_t k) { return slice(z, {{}, {k * hidden, (k + 1) * hidden}}); };
    const Variable c = sigmoid(gate(1)) * state.c + sigmoid(gate(0)) * tanh(gate(2));
    return {sigmoid(gate(3)) * tanh(c), c};
}

}  // namespace xgrad::nn
