// A table of vectors.
#pragma once

#include <array>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// A vector for each of `count` things: indices int64 [...] become rows of the weight, [..., width].
struct Embedding {
    /// The weight is normal with deviation 1, as PyTorch's, by numbers that depend on the parameter's id.
    /// @throws ValueError unless both sizes are positive; DtypeError unless the type carries gradients.
    Embedding(std::int64_t count, std::int64_t width, DType dtype = DType::float32);

    /// @throws ValueError for an index outside 0 .. count - 1; DtypeError unless they are int64.
    Variable operator()(Variable indices) const;

    Parameter weight;  ///< [count, width]
    ModuleScope scope{"Embedding"};

    static constexpr auto members() { return std::array{field("weight", &Embedding::weight)}; }
};

}  // namespace xgrad::nn
