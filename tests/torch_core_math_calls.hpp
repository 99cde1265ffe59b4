// The calls of xgrad that stand beside PyTorch's for mathematics and activations.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "xgrad/autodiff/ops.hpp"

namespace torch_core_math {
using namespace xgrad;
using Inputs = std::span<const Variable>;
using Calls = std::map<std::string, std::function<Variable(Inputs)>>;

inline Calls calls()
{
    using One = Variable (*)(Variable);
    const std::map<std::string, One> one = {
        {"tan", &tan},
        {"asin", &asin},
        {"acos", &acos},
        {"atan", &atan},
        {"sinh", &sinh},
        {"cosh", &cosh},
        {"asinh", &asinh},
        {"acosh", &acosh},
        {"atanh", &atanh},
        {"reciprocal", &reciprocal},
        {"rsqrt", &rsqrt},
        {"log2", &log2},
        {"log10", &log10},
        {"erfc", &erfc},
        {"lgamma", &lgamma},
        {"digamma", &digamma},
        {"polygamma", [](Variable x) { return polygamma(2, x); }},
        {"floor", &floor},
        {"ceil", &ceil},
        {"trunc", &trunc},
        {"round", &round},
        {"leaky_relu", [](Variable x) { return leaky_relu(x, 0.1); }},
        {"relu6", &relu6},
        {"hardtanh", [](Variable x) { return hardtanh(x, -1, 2); }},
        {"hardsigmoid", &hardsigmoid},
        {"hardswish", &hardswish},
        {"hardshrink", [](Variable x) { return hardshrink(x); }},
        {"softshrink", [](Variable x) { return softshrink(x); }},
        {"threshold", [](Variable x) { return threshold(x, 0.5, -2); }},
        {"elu", [](Variable x) { return elu(x, 1.5); }},
        {"celu", [](Variable x) { return celu(x, 1.5); }},
        {"selu", &selu},
        {"silu", &silu},
        {"mish", &mish},
        {"logsigmoid", &logsigmoid},
        {"softsign", &softsign},
        {"tanhshrink", &tanhshrink},
        {"isnan", [](Variable x) { return cast(isnan(x), DType::float64); }},
        {"isinf", [](Variable x) { return cast(isinf(x), DType::float64); }},
        {"isfinite", [](Variable x) { return cast(isfinite(x), DType::float64); }},
        {"glu", [](Variable x) { return glu(x); }},
        {"glu 0", [](Variable x) { return glu(x, 0); }},
    };
    Calls all;
    for (const auto& [name, f] : one)
        for (const char* kind : {"", " edge", " kinks"})
            if (*kind == 0 || (name.find("glu") != 0 && name.find("is") != 0))
                all[name + kind] = [f = f](Inputs x) { return f(x[0]); };
    for (const char* absent : {"softshrink edge", "lgamma kinks", "digamma kinks", "polygamma kinks"})
        all.erase(absent);
    for (const char* kind : {"", " edge"}) {
        all[std::string("atan2") + kind] = [](Inputs x) { return atan2(x[0], x[1]); };
        all[std::string("hypot") + kind] = [](Inputs x) { return hypot(x[0], x[1]); };
        all[std::string("fmod") + kind] = [](Inputs x) { return fmod(x[0], x[1]); };
        all[std::string("logaddexp") + kind] = [](Inputs x) { return logaddexp(x[0], x[1]); };
    }
    all["prelu"] = [](Inputs x) { return prelu(x[0], x[1]); };
    return all;
}

}  // namespace torch_core_math
