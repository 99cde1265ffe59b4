// Layers that normalise.
#pragma once

#include <tuple>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

struct LayerNormOptions {
    double epsilon = 1e-5;
    bool affine = true;  ///< with weight and bias
    bool bias = true;
    DType dtype = DType::float32;
};

/// (x - m) / sqrt(v + epsilon) weight + bias over the last axis, which has `features` elements; as PyTorch's.
struct LayerNorm {
    /// The weight is one, the bias zero.
    /// @throws ValueError unless `features` is positive; DtypeError unless the type carries gradients.
    explicit LayerNorm(std::int64_t features, LayerNormOptions options = {});

    /// @throws ShapeError, DtypeError if x [..., features] does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [features], or absent
    Parameter bias;    ///< [features], or absent
    std::int64_t features;
    double epsilon;
    ModuleScope scope{"LayerNorm"};

    static constexpr auto members()
    {
        return std::tuple{field("weight", &LayerNorm::weight), field("bias", &LayerNorm::bias)};
    }
};

}  // namespace xgrad::nn
