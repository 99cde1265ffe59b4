// Long short-term memory: a layer over whole sequences, and a cell for one step at a time.
#pragma once

#include <array>
#include <vector>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// Options of LSTM.
struct LSTMOptions {
    std::int64_t layers = 1;   ///< stacked: each reads the hidden states of the one before
    bool batch_first = false;  ///< x and output are [batch, steps, ...]
    DType dtype = DType::float32;
};

/// What LSTM returns.
struct LSTMOutput {
    Variable
        output;  ///< the last layer's hidden state after every step, [steps, batch, hidden] (or batch first)
    Variable h_n;  ///< every layer's hidden state after the last step, [layers, batch, hidden]
    Variable c_n;  ///< every layer's cells after the last step, [layers, batch, hidden]
};

/// torch.nn.LSTM: for each step (i, f, g, o) = x W_ih + b_ih + h W_hh + b_hh, c' = sigmoid(f) c + sigmoid(i) tanh(g),
/// h' = sigmoid(o) tanh(c'). x is [steps, batch, in] or, with batch_first, [batch, steps, in].
///
/// Parameters have PyTorch's names ("weight_ih_l0") and order of gates; weights are [in, 4 hidden] and [hidden, 4
/// hidden], PyTorch's transposed.
class LSTM {
  public:
    /// All parameters are uniform on +-1 / sqrt(hidden), as PyTorch's, by numbers that depend on the parameters' ids.
    /// @throws ValueError unless sizes and layers are positive; DtypeError unless the type carries gradients.
    LSTM(std::int64_t in, std::int64_t hidden, LSTMOptions options = {});

    /// From states of 0. @throws ShapeError (also for no step), DtypeError if x does not fit.
    LSTMOutput operator()(Variable x) const;
    /// From h0 and c0 [layers, batch, hidden], such as h_n and c_n of the sequence before.
    LSTMOutput operator()(Variable x, Variable h0, Variable c0) const;

    void walk(detail::Reader& reader) const;
    void walk(detail::Editor& editor);

    /// One layer's parameters.
    struct Layer {
        Parameter weight_ih, weight_hh;  ///< [in, 4 hidden], [hidden, 4 hidden]
        Parameter bias_ih, bias_hh;      ///< [4 hidden]
    };
    std::vector<Layer> layers;
    ModuleScope scope{"LSTM"};

  private:
    LSTMOutput run(Variable x, const Variable* h0, const Variable* c0) const;
    bool batch_first_;
};

/// What LSTMCell takes and returns, [batch, hidden] each: h and c.
using LSTMState = LstmCellState;

/// torch.nn.LSTMCell: one step of LSTM, xgrad::lstm_cell. For loops that decide from step to step.
struct LSTMCell {
    /// As LSTM's first layer. @throws ValueError, DtypeError
    LSTMCell(std::int64_t in, std::int64_t hidden, DType dtype = DType::float32);

    /// The state after x [batch, in]. @throws ShapeError, DtypeError if x or the state does not fit.
    LSTMState operator()(Variable x, LSTMState state) const;

    Parameter weight_ih, weight_hh;  ///< [in, 4 hidden], [hidden, 4 hidden]
    Parameter bias_ih, bias_hh;      ///< [4 hidden]
    ModuleScope scope{"LSTMCell"};

    static constexpr auto members()
    {
        return std::array{field("weight_ih", &LSTMCell::weight_ih), field("weight_hh", &LSTMCell::weight_hh),
                          field("bias_ih", &LSTMCell::bias_ih), field("bias_hh", &LSTMCell::bias_hh)};
    }
};

}  // namespace xgrad::nn
