// Initialisers: starting values of parameters, by a seed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// A rule for starting values. fan_in and fan_out are the axes of a weight [in, out]; of a weight with more
/// axes [out, in, ...], times the product of the further ones.
struct Initialiser {
    enum class Rule { fan_in, fan_sum, fixed };
    enum class Law { uniform, normal, constant };
    Rule rule = Rule::fixed;
    Law law = Law::constant;
    double a = 0;  ///< fixed: lower bound, mean or value; else variance times fan_in, or fan_in + fan_out
    double b = 0;  ///< fixed: upper bound or standard deviation
};

/// Uniform on +-sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010): for tanh and sigmoid.
inline constexpr Initialiser xavier_uniform{Initialiser::Rule::fan_sum, Initialiser::Law::uniform, 2};
/// Normal with variance 2 / (fan_in + fan_out).
inline constexpr Initialiser xavier_normal{Initialiser::Rule::fan_sum, Initialiser::Law::normal, 2};
/// Uniform on +-sqrt(6 / fan_in) (He et al. 2015): for ReLU.
inline constexpr Initialiser kaiming_uniform{Initialiser::Rule::fan_in, Initialiser::Law::uniform, 2};
/// Normal with variance 2 / fan_in.
inline constexpr Initialiser kaiming_normal{Initialiser::Rule::fan_in, Initialiser::Law::normal, 2};
/// All weights 0: fine for a single layer; in a network all hidden units then stay equal.
inline constexpr Initialiser zeros{};
/// Uniform on [low, high). @throws ValueError unless low < high.
Initialiser uniform(double low, double high);
/// @throws ValueError unless deviation > 0.
Initialiser normal(double mean, double deviation);
/// All weights one value.
constexpr Initialiser constant(double value)
{
    return {Initialiser::Rule::fixed, Initialiser::Law::constant, value};
}

namespace detail {
void initialise(std::span<const std::pair<std::string, Parameter>> named, const Initialiser& initialiser,
                std::uint64_t seed);
}

/// Gives weights (parameters of two axes or more) values by the rule and sets biases (called "bias", "bias_...") to 0;
/// others keep what they have. The values depend on the seed and on a weight's place among the parameters,
/// not on what else the program has made; in float32 they are the rounded float64 ones. Names the module.
template <changeable_module M>
void initialise(M& net, const Initialiser& initialiser, std::uint64_t seed)
{
    name_parameters(net);
    detail::initialise(named_parameters(net), initialiser, seed);
}

}  // namespace xgrad::nn
