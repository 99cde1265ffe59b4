// Conv2d.
#include "xgrad/nn/conv.hpp"

#include <cmath>

#include "nn/init_fill.hpp"

namespace xgrad::nn {

Conv2d::Conv2d(std::int64_t in, std::int64_t out, Pair2d kernel, Conv2dLayerOptions options)
    : options_{options.stride, options.padding, options.dilation, options.groups}
{
    const auto text = "Conv2d{" + std::to_string(in) + ", " + std::to_string(out) + ", {" +
                      std::to_string(kernel.h) + ", " + std::to_string(kernel.w) + "}}";
    if (in <= 0 || out <= 0 || kernel.h <= 0 || kernel.w <= 0)
        throw ValueError(text + ": the numbers of channels and the kernel must be positive");
    if (options.groups <= 0 || in % options.groups != 0 || out % options.groups != 0)
        throw ValueError(text + ": groups = " + std::to_string(options.groups) +
                         " must divide both numbers of channels");
    for (const auto& [name, value, least] :
         {std::tuple("stride", options.stride, 1), std::tuple("padding", options.padding, 0),
          std::tuple("dilation", options.dilation, 1)})
        if (value.h < least || value.w < least)
            throw ValueError(text + ": " + name + " must be " + (least ? "positive" : "0 or more"));
    if (!is_floating(options.dtype))
        throw DtypeError(text + ": parameters are float32 or float64, not " +
                         std::string(name_of(options.dtype)));
    constexpr std::uint64_t key = 0x786772616401;  // a stream for each parameter
    const std::int64_t channels = in / options.groups;
    const double bound = 1 / std::sqrt(static_cast<double>(channels * kernel.h * kernel.w));
    const auto fill = [&](Parameter& parameter) {
        detail::fill_uniform(parameter, -bound, bound, key, parameter.id());
    };
    weight = Parameter(options.dtype, {out, channels, kernel.h, kernel.w}, "weight");
    fill(weight);
    if (!options.bias) return;
    bias = Parameter(options.dtype, {out}, "bias");
    fill(bias);
}

Variable Conv2d::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    return bias ? conv2d(x, weight, bias, options_) : conv2d(x, weight, options_);
}

}  // namespace xgrad::nn
