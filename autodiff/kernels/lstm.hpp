// The long short-term memory over a whole sequence, and its gradient back to the gates. T is float or double.
#pragma once

#include <cstdint>

namespace xgrad::kernels {

struct LstmSizes {
    std::int64_t steps, batch, inputs, hidden;
};

// Arrays of a sequence are [steps, batch, ...], states [batch, hidden]; gates lie side by side in rows of 4 hidden:
// input, forget, cell, output (PyTorch's order).

/// For each step, with (i, f, g, o) = x w_ih + h w_hh + bias: i, f, o = sigmoid, g = tanh; c' = f c + i g; h' = o tanh(c').
/// w_ih [inputs, 4 hidden], w_hh [hidden, 4 hidden]. Outputs: h and c after each step, and the gates.
/// h0 and c0 null: both are 0.
template <class T>
void lstm(const LstmSizes& sizes, const T* x, const T* w_ih, const T* w_hh, const T* bias, const T* h0,
          const T* c0, T* h, T* c, T* gates);

/// What lstm() was given and has computed, and the cotangents of its outputs (null where there is none).
template <class T>
struct LstmTrace {
    const T *w_hh, *h0, *c0, *h, *c, *gates;
    const T *g_h, *g_c, *g_gates;
};

/// dz [steps, batch, 4 hidden]: the gradient of x w_ih + h w_hh + bias at each step; the gradients of w_hh, h0 and c0.
/// Those of x, w_ih and bias are products with dz and its sum. Without h0 and c0 their gradients are 0.
template <class T>
void lstm_vjp(const LstmSizes& sizes, const LstmTrace<T>& trace, T* dz, T* dw_hh, T* dh0, T* dc0);

}  // namespace xgrad::kernels
