// Attention and the encoder block of a transformer (Vaswani et al. 2017).
#pragma once

#include <optional>
#include <tuple>

#include "xgrad/nn/layers.hpp"
#include "xgrad/nn/norm.hpp"

namespace xgrad::nn {

/// Options of MultiheadAttention.
struct MultiheadAttentionOptions {
    bool causal = false;  ///< step i sees the steps 0 .. i
    double dropout = 0;   ///< of the weights, while training
    bool bias = true;
    DType dtype = DType::float32;
};

/// Self-attention of several heads over x [..., steps, width]: heads of [q, k, v] = qkv(x), side by side, through
/// out. torch.nn.MultiheadAttention with batch_first; in_proj_weight.T is qkv.weight.
struct MultiheadAttention {
    /// Initial values as PyTorch's: Xavier for qkv, uniform on +-1 / sqrt(width) for out, biases 0.
    /// @throws ValueError unless the heads divide the width and the dropout is in [0, 1).
    MultiheadAttention(std::int64_t width, std::int64_t heads, MultiheadAttentionOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;
    /// The same with a mask that broadcasts to [..., heads, steps, steps]: bool (true: may be seen, the opposite of
    /// PyTorch's MultiheadAttention) or added to the scores.
    Variable operator()(Variable x, Variable mask) const;

    Linear qkv;  ///< width to 3 width
    Linear out;
    std::int64_t heads;
    bool causal;
    double dropout;
    ModuleScope scope{"MultiheadAttention"};

    static constexpr auto members()
    {
        return std::tuple{field("qkv", &MultiheadAttention::qkv), field("out", &MultiheadAttention::out)};
    }

  private:
    Variable composed(Variable packed, std::optional<Variable> mask) const;
};

/// Options of TransformerEncoderLayer: PyTorch's.
struct TransformerEncoderLayerOptions {
    std::int64_t feedforward = 2048;
    double dropout = 0.1;
    bool gelu = false;        ///< instead of relu
    bool norm_first = false;  ///< normalise before each part (pre-LN), not after its sum
    bool causal = false;
    double epsilon = 1e-5;
    DType dtype = DType::float32;
};

/// Attention, then two dense layers, each added to what it was given; torch.nn.TransformerEncoderLayer with
/// batch_first. With norm_first: x + attention(norm1(x)), x + linear2(activation(linear1(norm2(x)))).
struct TransformerEncoderLayer {
    /// @throws ValueError unless the heads divide the width, sizes are positive and the dropout is in [0, 1).
    TransformerEncoderLayer(std::int64_t width, std::int64_t heads,
                            TransformerEncoderLayerOptions options = {});

    /// [..., steps, width] to the same. @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    MultiheadAttention attention;
    Linear linear1, linear2;
    LayerNorm norm1, norm2;
    bool gelu, norm_first;
    double dropout;
    ModuleScope scope{"TransformerEncoderLayer"};

    static constexpr auto members()
    {
        using Self = TransformerEncoderLayer;
        return std::tuple{field("attention", &Self::attention), field("linear1", &Self::linear1),
                          field("linear2", &Self::linear2), field("norm1", &Self::norm1),
                          field("norm2", &Self::norm2)};
    }

  private:
    Variable feed_forward(Variable x) const;
};

}  // namespace xgrad::nn
