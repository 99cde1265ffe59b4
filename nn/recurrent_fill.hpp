// The parameters of recurrent layers. Internal.
#pragma once

#include <string>

#include "xgrad/nn/module.hpp"

namespace xgrad::nn::detail {

/// "GRU{3, 4}"
std::string sizes_text(const char* type, std::int64_t in, std::int64_t hidden);

/// Makes the parameters of a layer of `gates` gates, [in, gates hidden] and so on: uniform on +-1 / sqrt(hidden).
/// @throws ValueError unless the sizes are positive; DtypeError unless the type carries gradients.
void make_recurrent(const std::string& text, std::int64_t in, std::int64_t hidden, std::int64_t gates,
                    bool bias, DType dtype, Parameter& weight_ih, Parameter& weight_hh, Parameter& bias_ih,
                    Parameter& bias_hh);

/// Visits the parameters of each layer under PyTorch's names.
template <class Layers, class Visitor>
void walk_layers(Layers& layers, Visitor& visitor)
{
    for (std::size_t k = 0; k < layers.size(); ++k) {
        const auto visit = [&](const char* name, auto& parameter) {
            const Path::Level level(visitor, name + std::to_string(k));
            visitor.parameter(parameter);
        };
        visit("weight_ih_l", layers[k].weight_ih);
        visit("weight_hh_l", layers[k].weight_hh);
        visit("bias_ih_l", layers[k].bias_ih);
        visit("bias_hh_l", layers[k].bias_hh);
    }
}

}  // namespace xgrad::nn::detail
