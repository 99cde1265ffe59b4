// Fills parameters with random numbers. Internal.
#pragma once

#include <cstdint>

#include "xgrad/autodiff/parameter.hpp"

namespace xgrad::nn::detail {

/// Numbers on [low, high) and of a normal law, drawn in double whatever the parameter's type.
void fill_uniform(Parameter& parameter, double low, double high, std::uint64_t key, std::uint64_t stream);
void fill_normal(Parameter& parameter, double mean, double deviation, std::uint64_t key,
                 std::uint64_t stream);
/// True for "bias", "hidden.bias" and "lstm.bias_ih_l0".
bool is_bias(const std::string& name);

}  // namespace xgrad::nn::detail
