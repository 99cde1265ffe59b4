// Single steps of recurrent networks, in simpler ops.
#include "xgrad/autodiff/recurrent.hpp"

#include <vector>

#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/normalization.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {
namespace {

struct Named {
    const char* name;
    Variable value;
};

std::string texts(const std::vector<Named>& operands, bool types)
{
    std::string text;
    for (const auto& [name, value] : operands) {
        text += (text.empty() ? "" : ", ") + std::string(name) + " ";
        if (types) text += std::string(name_of(value.dtype())) + " ";
        text += to_string(value.shape());
    }
    return text;
}

// Refuses operands that do not fit. `states`: h, or h and c. gates: how many of width `hidden` stand side by side.
void check_cell(const char* function, Variable x, std::vector<Named> states, const CellWeights& weights,
                std::int64_t gates)
{
    std::vector<Named> all = {{"x", x}};
    all.insert(all.end(), states.begin(), states.end());
    all.insert(all.end(), {{"w_ih", weights.w_ih}, {"w_hh", weights.w_hh}});
    const bool biases = Recorder::is_set(weights.b_ih);
    if (biases) all.insert(all.end(), {{"b_ih", weights.b_ih}, {"b_hh", weights.b_hh}});
    const std::string who = caller(function, x);
    for (const Named& operand : all)
        if (!is_floating(operand.value.dtype()) || operand.value.dtype() != x.dtype())
            fail<DtypeError>(x, who + ": got " + texts(all, true) +
                                    "; expected operands of one type, float32 or float64 (cast() converts)");
    const Dims w_ih = weights.w_ih.shape(), w_hh = weights.w_hh.shape(), given = x.shape();
    const std::int64_t hidden = w_hh.empty() ? 0 : w_hh[0], columns = gates * hidden;
    const auto is = [](Variable v, std::initializer_list<std::int64_t> wanted) {
        return std::ranges::equal(v.shape(), wanted);
    };
    bool good = (given.size() == 1 || given.size() == 2) && is(weights.w_hh, {hidden, columns}) &&
                w_ih.size() == 2 && w_ih[0] == given.back() && w_ih[1] == columns;
    for (const Named& state : states)
        good = good && (given.size() == 1 ? is(state.value, {hidden}) : is(state.value, {given[0], hidden}));
    if (biases) good = good && is(weights.b_ih, {columns}) && is(weights.b_hh, {columns});
    if (good) return;
    const std::string many = gates == 1 ? "" : std::to_string(gates) + " ";
    fail<ShapeError>(x, who + ": got " + texts(all, false) +
                            "; expected x [batch, inputs], states [batch, hidden], " + "w_ih [inputs, " +
                            many + "hidden] and w_hh [hidden, " + many + "hidden]" +
                            (biases ? ", biases [" + many + "hidden]" : "") +
                            " (PyTorch's weights transposed; x and states may both lack the batch)");
}

Variable affine_of(Variable x, Variable weight, Variable bias)
{
    const Variable y = matmul(x, weight);
    return Recorder::is_set(bias) ? y + bias : y;
}

Variable gate(Variable all, std::int64_t k, std::int64_t hidden)
{
    std::vector<Slice> slices(all.shape().size());
    slices.back() = {k * hidden, (k + 1) * hidden};
    return slice(all, slices);
}

}  // namespace

Variable rnn_cell(Variable x, Variable h, const CellWeights& weights, Nonlinearity nonlinearity)
{
    check_cell("rnn_cell", x, {{"h", h}}, weights, 1);
    return compose("rnn_cell", x, [&] {
        const Variable z =
            affine_of(x, weights.w_ih, weights.b_ih) + affine_of(h, weights.w_hh, weights.b_hh);
        return nonlinearity == Nonlinearity::relu ? relu(z) : tanh(z);
    });
}

Variable gru_cell(Variable x, Variable h, const CellWeights& weights)
{
    check_cell("gru_cell", x, {{"h", h}}, weights, 3);
    return compose("gru_cell", x, [&] {
        const std::int64_t hidden = h.shape().back();
        return gru_step(affine_of(x, weights.w_ih, weights.b_ih), affine_of(h, weights.w_hh, weights.b_hh), h,
                        hidden);
    });
}

Variable gru_step(Variable of_x, Variable of_h, Variable h, std::int64_t hidden)
{
    const Variable r = sigmoid(gate(of_x, 0, hidden) + gate(of_h, 0, hidden));
    const Variable z = sigmoid(gate(of_x, 1, hidden) + gate(of_h, 1, hidden));
    const Variable n = tanh(gate(of_x, 2, hidden) + r * gate(of_h, 2, hidden));
    return n + z * (h - n);  // (1 - z) n + z h
}

LstmCellState lstm_cell(Variable x, LstmCellState state, const CellWeights& weights)
{
    check_cell("lstm_cell", x, {{"h", state.h}, {"c", state.c}}, weights, 4);
    return compose("lstm_cell", x, [&]() -> LstmCellState {
        const std::int64_t hidden = state.h.shape().back();
        const Variable z =
            affine_of(x, weights.w_ih, weights.b_ih) + affine_of(state.h, weights.w_hh, weights.b_hh);
        const Variable c =
            sigmoid(gate(z, 1, hidden)) * state.c + sigmoid(gate(z, 0, hidden)) * tanh(gate(z, 2, hidden));
        return {sigmoid(gate(z, 3, hidden)) * tanh(c), c};
    });
}

void recurrent_rows() {}

namespace {
using Inputs = std::span<const Variable>;

Sample cell_sample(std::int64_t batch, std::int64_t inputs, std::int64_t hidden, std::int64_t gates,
                   int states, bool biases, Variable (*call)(Inputs))
{
    Sample sample{{}, call};
    const auto add = [&](Shape shape) { sample.inputs.push_back({std::move(shape)}); };
    add(batch < 0 ? Shape{inputs} : Shape{batch, inputs});
    for (int k = 0; k < states; ++k) add(batch < 0 ? Shape{hidden} : Shape{batch, hidden});
    add({inputs, gates * hidden}), add({hidden, gates * hidden});
    if (biases) add({gates * hidden}), add({gates * hidden});
    return sample;
}

Variable rnn_of(Inputs in) { return xgrad::rnn_cell(in[0], in[1], in[2], in[3], in[4], in[5]); }
Variable rnn_relu_of(Inputs in)
{
    return xgrad::rnn_cell(in[0], in[1], in[2], in[3], in[4], in[5], Nonlinearity::relu);
}
Variable rnn_plain(Inputs in) { return xgrad::rnn_cell(in[0], in[1], in[2], in[3]); }
Variable gru_of(Inputs in) { return xgrad::gru_cell(in[0], in[1], in[2], in[3], in[4], in[5]); }
Variable gru_plain(Inputs in) { return xgrad::gru_cell(in[0], in[1], in[2], in[3]); }
Variable both(const LstmCellState& state) { return concat({state.h, state.c}, -1); }
Variable lstm_of(Inputs in)
{
    return both(xgrad::lstm_cell(in[0], {in[1], in[2]}, in[3], in[4], in[5], in[6]));
}
Variable lstm_plain(Inputs in) { return both(xgrad::lstm_cell(in[0], {in[1], in[2]}, in[3], in[4])); }

const bool described = composed(
    {{.name = "rnn_cell",
      .formula = "tanh(x w_ih + b_ih + h w_hh + b_hh), or relu of it",
      .gradient = "d = g (1 - y^2) (relu: g where y > 0): dx = d w_ih.T, dh = d w_hh.T",
      .elsewhere = {.torch = "torch.rnn_tanh_cell, torch.rnn_relu_cell"},
      .arity = -1,
      .traits = {.kink = "relu'(0) = 0"},
      .samples = {cell_sample(2, 3, 4, 1, 1, true, rnn_of), cell_sample(3, 2, 2, 1, 1, true, rnn_relu_of),
                  cell_sample(-1, 3, 2, 1, 1, true, rnn_of), cell_sample(1, 1, 3, 1, 1, false, rnn_plain),
                  cell_sample(0, 3, 2, 1, 1, true, rnn_of)}},
     {.name = "gru_cell",
      .formula =
          "r, z = sigmoid(a + b), n = tanh(a + r b) of a = x w_ih + b_ih, b = h w_hh + b_hh: (1 - z) n + z h",
      .gradient = "through z, n and r in turn",
      .elsewhere = {.torch = "torch.gru_cell"},
      .arity = -1,
      .samples = {cell_sample(2, 3, 4, 3, 1, true, gru_of), cell_sample(-1, 3, 2, 3, 1, true, gru_of),
                  cell_sample(3, 1, 1, 3, 1, false, gru_plain), cell_sample(0, 3, 2, 3, 1, true, gru_of)}},
     {.name = "lstm_cell",
      .formula =
          "i, f, o = sigmoid, g = tanh of x w_ih + b_ih + h w_hh + b_hh: c' = f c + i g, h' = o tanh c'",
      .gradient = "through o, c, f, i and g in turn",
      .elsewhere = {.torch = "torch.lstm_cell"},
      .arity = -1,
      .samples = {cell_sample(2, 3, 4, 4, 2, true, lstm_of), cell_sample(-1, 3, 2, 4, 2, true, lstm_of),
                  cell_sample(3, 1, 1, 4, 2, false, lstm_plain),
                  cell_sample(0, 3, 2, 4, 2, true, lstm_of)}}});
}  // namespace

}  // namespace xgrad::detail
