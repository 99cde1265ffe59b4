// One step of recurrent networks (lstm over whole sequences stands in ops.hpp). Included by ops.hpp.
#pragma once

#include "xgrad/autodiff/ops.hpp"

namespace xgrad {

/// What rnn_cell() puts its sum through.
enum class Nonlinearity { tanh, relu };

/// What lstm_cell() takes and returns, [batch, hidden] each.
struct LstmCellState {
    Variable h, c;
};

namespace detail {
/// The weights of a cell; biases that are not set are 0.
struct CellWeights {
    Variable w_ih, w_hh, b_ih, b_hh;
};
Variable rnn_cell(Variable x, Variable h, const CellWeights& weights, Nonlinearity nonlinearity);
Variable gru_cell(Variable x, Variable h, const CellWeights& weights);
LstmCellState lstm_cell(Variable x, LstmCellState state, const CellWeights& weights);
/// A GRU's step from x w_ih + b_ih and h w_hh + b_hh, which nn::GRU computes for all steps at once.
Variable gru_step(Variable of_x, Variable of_h, Variable h, std::int64_t hidden);
}  // namespace detail

// Weights stand as in lstm() and nn::LSTM: w_ih [inputs, k hidden] and w_hh [hidden, k hidden] are PyTorch's transposed,
// with the k gates side by side in PyTorch's order; b_ih and b_hh are [k hidden]. x is [batch, inputs] and h [batch,
// hidden], or [inputs] and [hidden] for one example. All in one type, float32 or float64.

/// h' = tanh(x w_ih + b_ih + h w_hh + b_hh), or relu of it; k = 1. As torch.rnn_tanh_cell and torch.rnn_relu_cell.
/// @throws ShapeError, DtypeError if operands do not fit.
template <detail::array_operand W, detail::array_operand U>
Variable rnn_cell(Variable x, Variable h, const W& w_ih, const U& w_hh,
                  Nonlinearity nonlinearity = Nonlinearity::tanh)
{
    return detail::rnn_cell(x, h, {detail::lift(x, w_ih), detail::lift(x, w_hh), {}, {}}, nonlinearity);
}
template <detail::array_operand W, detail::array_operand U, detail::array_operand B, detail::array_operand C>
Variable rnn_cell(Variable x, Variable h, const W& w_ih, const U& w_hh, const B& b_ih, const C& b_hh,
                  Nonlinearity nonlinearity = Nonlinearity::tanh)
{
    return detail::rnn_cell(
        x, h, {detail::lift(x, w_ih), detail::lift(x, w_hh), detail::lift(x, b_ih), detail::lift(x, b_hh)},
        nonlinearity);
}

/// A gated recurrent unit (Cho et al. 2014, in PyTorch's form); k = 3, gates (r, z, n): with a = x w_ih + b_ih and
/// b = h w_hh + b_hh, r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r b_n), h' = (1 - z) n + z h. As
/// torch.gru_cell. @throws ShapeError, DtypeError if operands do not fit.
template <detail::array_operand W, detail::array_operand U>
Variable gru_cell(Variable x, Variable h, const W& w_ih, const U& w_hh)
{
    return detail::gru_cell(x, h, {detail::lift(x, w_ih), detail::lift(x, w_hh), {}, {}});
}
template <detail::array_operand W, detail::array_operand U, detail::array_operand B, detail::array_operand C>
Variable gru_cell(Variable x, Variable h, const W& w_ih, const U& w_hh, const B& b_ih, const C& b_hh)
{
    return detail::gru_cell(
        x, h, {detail::lift(x, w_ih), detail::lift(x, w_hh), detail::lift(x, b_ih), detail::lift(x, b_hh)});
}

/// One step of lstm(); k = 4, gates (i, f, g, o): c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c'). As
/// torch.lstm_cell. @throws ShapeError, DtypeError if operands do not fit.
template <detail::array_operand W, detail::array_operand U>
LstmCellState lstm_cell(Variable x, LstmCellState state, const W& w_ih, const U& w_hh)
{
    return detail::lstm_cell(x, state, {detail::lift(x, w_ih), detail::lift(x, w_hh), {}, {}});
}
template <detail::array_operand W, detail::array_operand U, detail::array_operand B, detail::array_operand C>
LstmCellState lstm_cell(Variable x, LstmCellState state, const W& w_ih, const U& w_hh, const B& b_ih,
                        const C& b_hh)
{
    return detail::lstm_cell(
        x, state,
        {detail::lift(x, w_ih), detail::lift(x, w_hh), detail::lift(x, b_ih), detail::lift(x, b_hh)});
}

}  // namespace xgrad
