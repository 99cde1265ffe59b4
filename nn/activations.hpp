// Activations as modules: no scope of their own, so that what they record belongs to the module around them; no state but
// PReLU's. The functions are in xgrad/autodiff/activations.hpp and ops.hpp.
#pragma once

#include <tuple>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// max(x, 0)
struct ReLU {
    Variable operator()(Variable x) const { return relu(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// tanh(x) as a module.
struct Tanh {
    Variable operator()(Variable x) const { return tanh(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// 1 / (1 + e^-x)
struct Sigmoid {
    Variable operator()(Variable x) const { return sigmoid(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// ln(1 + e^x)
struct Softplus {
    Variable operator()(Variable x) const { return softplus(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x Phi(x), by erf or by tanh.
struct GELU {
    Approximate approximate = Approximate::none;
    Variable operator()(Variable x) const { return gelu(x, approximate); }
    static constexpr std::tuple<> members() { return {}; }
};
/// e^x / sum e^x along one axis.
struct Softmax {
    std::int64_t axis = -1;
    Variable operator()(Variable x) const { return softmax(x, axis); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x - ln sum e^x along one axis.
struct LogSoftmax {
    std::int64_t axis = -1;
    Variable operator()(Variable x) const { return log_softmax(x, axis); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x for x > 0, else slope x
struct LeakyReLU {
    double slope = 0.01;
    Variable operator()(Variable x) const { return leaky_relu(x, slope); }
    static constexpr std::tuple<> members() { return {}; }
};
/// min(max(x, 0), 6)
struct ReLU6 {
    Variable operator()(Variable x) const { return relu6(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x limited to [low, high]
struct Hardtanh {
    double low = -1;
    double high = 1;
    Variable operator()(Variable x) const { return hardtanh(x, low, high); }
    static constexpr std::tuple<> members() { return {}; }
};
/// relu6(x + 3) / 6
struct Hardsigmoid {
    Variable operator()(Variable x) const { return hardsigmoid(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x relu6(x + 3) / 6
struct Hardswish {
    Variable operator()(Variable x) const { return hardswish(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x where |x| > bound, else 0
struct Hardshrink {
    double bound = 0.5;
    Variable operator()(Variable x) const { return hardshrink(x, bound); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x moved by bound towards 0, and 0 within
struct Softshrink {
    double bound = 0.5;
    Variable operator()(Variable x) const { return softshrink(x, bound); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x where x > bound, else value
struct Threshold {
    double bound = 0;
    double value = 0;
    Variable operator()(Variable x) const { return threshold(x, bound, value); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x for x > 0, else alpha (e^x - 1)
struct ELU {
    double alpha = 1;
    Variable operator()(Variable x) const { return elu(x, alpha); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x for x > 0, else alpha (e^(x / alpha) - 1)
struct CELU {
    double alpha = 1;
    Variable operator()(Variable x) const { return celu(x, alpha); }
    static constexpr std::tuple<> members() { return {}; }
};
/// 1.0507 elu(x, 1.67326)
struct SELU {
    Variable operator()(Variable x) const { return selu(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x sigmoid(x)
struct SiLU {
    Variable operator()(Variable x) const { return silu(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x tanh(softplus(x))
struct Mish {
    Variable operator()(Variable x) const { return mish(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// ln sigmoid(x)
struct LogSigmoid {
    Variable operator()(Variable x) const { return logsigmoid(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x / (1 + |x|)
struct Softsign {
    Variable operator()(Variable x) const { return softsign(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x - tanh(x)
struct Tanhshrink {
    Variable operator()(Variable x) const { return tanhshrink(x); }
    static constexpr std::tuple<> members() { return {}; }
};
/// a sigmoid(b) for the two halves a, b of x along one axis.
struct GLU {
    std::int64_t axis = -1;
    Variable operator()(Variable x) const { return glu(x, axis); }
    static constexpr std::tuple<> members() { return {}; }
};
/// x for x > 0, else weight x with a trainable weight: one, or one for each channel (axis 1 of x).
struct PReLU {
    /// `count` weights of the value `start`. @throws ValueError unless count is positive.
    explicit PReLU(std::int64_t count = 1, double start = 0.25, DType dtype = DType::float32);
    Variable operator()(Variable x) const { return prelu(x, weight); }

    Parameter weight;  ///< [count]
    static constexpr auto members() { return std::tuple{field("weight", &PReLU::weight)}; }
};

}  // namespace xgrad::nn
