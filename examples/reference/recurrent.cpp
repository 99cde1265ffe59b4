// Recurrent networks as functions: whole sequences and single steps.
#include "shown.hpp"
using namespace xgrad;

namespace {

void sequences(Tape& tape)
{
    {
        //! [lstm, LstmStates]
        const Variable x = ones(tape.variable(0.), {2, 1, 1});  // [steps, batch, inputs]
        const Variable w_ih = zeros(x, {1, 4}), w_hh = zeros(x, {1, 4});
        // gates i, f, g, o all open
        const Variable bias = tape.variable(xt::xarray<double>{100., 100., 100., 100.});
        const LstmStates states = lstm(x, w_ih, w_hh, bias);
        show(states.cells);   // [[[1]], [[2]]]  (c' = c + 1 in each step)
        show(states.hidden);  // [[[0.7616]], [[0.964]]]  (tanh 1, tanh 2)
        //! [lstm, LstmStates]
    }
}

void steps(Tape& tape)
{
    {
        //! [rnn_cell, Nonlinearity]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable h = tape.variable(xt::xarray<double>{-5.});
        const Variable w_ih = ones(x, {2, 1}), w_hh = ones(x, {1, 1});
        show(rnn_cell(x, h, w_ih, w_hh));                      // [-0.964]  (tanh(1 + 2 - 5))
        show(rnn_cell(x, h, w_ih, w_hh, Nonlinearity::relu));  // [0]
        //! [rnn_cell, Nonlinearity]
    }
    {
        //! [gru_cell]
        const Variable x = tape.variable(xt::xarray<double>{1.}), h = tape.variable(xt::xarray<double>{4.});
        const Variable w = zeros(x, {1, 3});  // gates r, z, n, all of them sigmoid(0) = 1/2 or tanh(0) = 0
        show(gru_cell(x, h, w, w));           // [2]  ((1 - z) n + z h)
        //! [gru_cell]
    }
    {
        //! [lstm_cell, LstmCellState]
        const Variable x = tape.variable(xt::xarray<double>{1.});
        const LstmCellState state = {.h = zeros(x, {1}), .c = full(x, {1}, 4)};
        const Variable w = zeros(x, {1, 4});  // gates i, f, g, o
        const LstmCellState next = lstm_cell(x, state, w, w);
        show(next.c);  // [2]  (f c + i g = 4 / 2 + 0)
        show(next.h);  // [0.482]  (o tanh(c) = 0.964 / 2)
        //! [lstm_cell, LstmCellState]
    }
}

const shown::Page page("Recurrence", {sequences, steps});

}  // namespace
