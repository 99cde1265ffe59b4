// Recurrent networks beside the LSTM: RNN and GRU over whole sequences, and their cells for one step at a time.
#pragma once

#include <array>
#include <vector>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// Options of RNNCell.
struct RNNCellOptions {
    Nonlinearity nonlinearity = Nonlinearity::tanh;
    bool bias = true;
    DType dtype = DType::float32;
};

/// torch.nn.RNNCell: xgrad::rnn_cell, h' = tanh(x W_ih + b_ih + h W_hh + b_hh), or relu of it.
struct RNNCell {
    /// All parameters are uniform on +-1 / sqrt(hidden), as PyTorch's, by numbers that depend on the parameters' ids.
    /// @throws ValueError unless the sizes are positive; DtypeError unless the type carries gradients.
    RNNCell(std::int64_t in, std::int64_t hidden, RNNCellOptions options = {});

    /// The state after x [batch, in], from h [batch, hidden] or from 0; without a batch [in] and [hidden].
    /// @throws ShapeError, DtypeError if x or h does not fit.
    Variable operator()(Variable x, Variable h) const;
    Variable operator()(Variable x) const;

    Parameter weight_ih, weight_hh;  ///< [in, hidden], [hidden, hidden]
    Parameter bias_ih, bias_hh;      ///< [hidden], or absent
    Nonlinearity nonlinearity;
    ModuleScope scope{"RNNCell"};

    static constexpr auto members()
    {
        return std::array{field("weight_ih", &RNNCell::weight_ih), field("weight_hh", &RNNCell::weight_hh),
                          field("bias_ih", &RNNCell::bias_ih), field("bias_hh", &RNNCell::bias_hh)};
    }
};

/// Options of GRUCell.
struct GRUCellOptions {
    bool bias = true;
    DType dtype = DType::float32;
};

/// torch.nn.GRUCell: xgrad::gru_cell.
struct GRUCell {
    /// As RNNCell's. @throws ValueError, DtypeError
    GRUCell(std::int64_t in, std::int64_t hidden, GRUCellOptions options = {});

    /// The state after x [batch, in], from h [batch, hidden] or from 0; without a batch [in] and [hidden].
    /// @throws ShapeError, DtypeError if x or h does not fit.
    Variable operator()(Variable x, Variable h) const;
    Variable operator()(Variable x) const;

    Parameter weight_ih,
        weight_hh;               ///< [in, 3 hidden], [hidden, 3 hidden], gates in PyTorch's order (r, z, n)
    Parameter bias_ih, bias_hh;  ///< [3 hidden], or absent
    ModuleScope scope{"GRUCell"};

    static constexpr auto members()
    {
        return std::array{field("weight_ih", &GRUCell::weight_ih), field("weight_hh", &GRUCell::weight_hh),
                          field("bias_ih", &GRUCell::bias_ih), field("bias_hh", &GRUCell::bias_hh)};
    }
};

/// What RNN and GRU return.
struct RNNOutput {
    /// The last layer's state after every step, [steps, batch, hidden] (or batch first).
    Variable output;
    Variable h_n;  ///< every layer's state after the last step, [layers, batch, hidden]
};

namespace detail {

// Layers of cells over sequences: parameters under PyTorch's names ("weight_ih_l0"), and the loop over the steps.
class RecurrentLayers {
  public:
    /// One layer's parameters.
    struct Layer {
        Parameter weight_ih, weight_hh;  ///< [in, k hidden], [hidden, k hidden] with the k gates side by side
        Parameter bias_ih, bias_hh;      ///< [k hidden], or absent
    };
    std::vector<Layer> layers;
    ModuleScope scope;

    /// From states of 0. @throws ShapeError (also for no step), DtypeError if x does not fit.
    RNNOutput operator()(Variable x) const { return run(x, nullptr); }
    /// From h0 [layers, batch, hidden], such as h_n of the sequence before.
    RNNOutput operator()(Variable x, Variable h0) const { return run(x, &h0); }

    void walk(Reader& reader) const;
    void walk(Editor& editor);

  protected:
    struct Sizes {
        std::int64_t in, hidden, gates, layers;
        bool bias, batch_first;
        DType dtype;
    };
    // h' from x w_ih + b_ih, h w_hh + b_hh and h
    using Step = Variable (*)(Variable of_x, Variable of_h, Variable h, std::int64_t hidden);
    RecurrentLayers(const char* type, const Sizes& sizes, Step step);

  private:
    RNNOutput run(Variable x, const Variable* h0) const;
    void check(Variable x, const Variable* h0) const;
    bool batch_first_;
    Step step_;
};

}  // namespace detail

/// Options of RNN.
struct RNNOptions {
    std::int64_t layers = 1;  ///< stacked: each reads the states of the one before
    Nonlinearity nonlinearity = Nonlinearity::tanh;
    bool bias = true;
    bool batch_first = false;  ///< x and output are [batch, steps, ...]
    DType dtype = DType::float32;
};

/// torch.nn.RNN: RNNCell for each step of x [steps, batch, in] or, with batch_first, [batch, steps, in]; in elementary ops.
/// Parameters have PyTorch's names ("weight_ih_l0"); weights are PyTorch's transposed.
struct RNN : detail::RecurrentLayers {
    /// As RNNCell's. @throws ValueError unless sizes and layers are positive; DtypeError
    RNN(std::int64_t in, std::int64_t hidden, RNNOptions options = {});
};

/// Options of GRU.
struct GRUOptions {
    std::int64_t layers = 1;  ///< stacked: each reads the states of the one before
    bool bias = true;
    bool batch_first = false;  ///< x and output are [batch, steps, ...]
    DType dtype = DType::float32;
};

/// torch.nn.GRU: GRUCell for each step, as RNN.
struct GRU : detail::RecurrentLayers {
    /// As RNNCell's. @throws ValueError unless sizes and layers are positive; DtypeError
    GRU(std::int64_t in, std::int64_t hidden, GRUOptions options = {});
};

}  // namespace xgrad::nn
