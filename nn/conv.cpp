// Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d.
#include "xgrad/nn/conv.hpp"

#include <algorithm>
#include <cmath>

#include "nn/init_fill.hpp"

namespace xgrad::nn {
namespace {

// What the constructors have in common; of sequences h and w of a pair are the same number.
struct Layer {
    std::string name;
    std::int64_t in, out;
    Shape kernel;
    Pair2d stride, padding, dilation;
    std::int64_t groups;
    bool bias;
    DType dtype;
    bool transposed = false;
    Pair2d output_padding = 0;
};

void check(const Layer& layer)
{
    std::string text = layer.name + "{" + std::to_string(layer.in) + ", " + std::to_string(layer.out) + ", ";
    text += (layer.kernel.size() == 1
                 ? std::to_string(layer.kernel[0])
                 : "{" + std::to_string(layer.kernel[0]) + ", " + std::to_string(layer.kernel[1]) + "}") +
            "}";
    const bool empty = std::ranges::any_of(layer.kernel, [](std::int64_t k) { return k <= 0; });
    if (layer.in <= 0 || layer.out <= 0 || empty)
        throw ValueError(text + ": the numbers of channels and the kernel must be positive");
    if (layer.groups <= 0 || layer.in % layer.groups != 0 || layer.out % layer.groups != 0)
        throw ValueError(text + ": groups = " + std::to_string(layer.groups) +
                         " must divide both numbers of channels");
    for (const auto& [name, value, least] :
         {std::tuple("stride", layer.stride, 1), std::tuple("padding", layer.padding, 0),
          std::tuple("output_padding", layer.output_padding, 0), std::tuple("dilation", layer.dilation, 1)})
        if (value.h < least || value.w < least)
            throw ValueError(text + ": " + name + " must be " + (least ? "positive" : "0 or more"));
    if (layer.output_padding.h >= std::max(layer.stride.h, layer.dilation.h) ||
        layer.output_padding.w >= std::max(layer.stride.w, layer.dilation.w))
        throw ValueError(text + ": output_padding must be less than the stride or the dilation");
    if (!is_floating(layer.dtype))
        throw DtypeError(text + ": parameters are float32 or float64, not " +
                         std::string(name_of(layer.dtype)));
}

void make(const Layer& layer, Parameter& weight, Parameter& bias)
{
    check(layer);
    Shape shape = {layer.out, layer.in / layer.groups};
    if (layer.transposed) shape = {layer.in, layer.out / layer.groups};
    for (const std::int64_t length : layer.kernel) shape.push_back(length);
    constexpr std::uint64_t key = 0x786772616401;  // a stream for each parameter
    const double bound = 1 / std::sqrt(static_cast<double>(element_count(Dims(shape).subspan(1))));
    const auto fill = [&](Parameter& parameter) {
        detail::fill_uniform(parameter, -bound, bound, key, parameter.id());
    };
    weight = Parameter(layer.dtype, shape, "weight");
    fill(weight);
    if (!layer.bias) return;
    bias = Parameter(layer.dtype, {layer.out}, "bias");
    fill(bias);
}

}  // namespace

Conv1d::Conv1d(std::int64_t in, std::int64_t out, std::int64_t kernel, Conv1dLayerOptions o)
    : options_{o.stride, o.padding, o.dilation, o.groups}
{
    make({"Conv1d", in, out, {kernel}, o.stride, o.padding, o.dilation, o.groups, o.bias, o.dtype}, weight,
         bias);
}
Conv2d::Conv2d(std::int64_t in, std::int64_t out, Pair2d kernel, Conv2dLayerOptions o)
    : options_{o.stride, o.padding, o.dilation, o.groups}
{
    make(
        {"Conv2d", in, out, {kernel.h, kernel.w}, o.stride, o.padding, o.dilation, o.groups, o.bias, o.dtype},
        weight, bias);
}
ConvTranspose1d::ConvTranspose1d(std::int64_t in, std::int64_t out, std::int64_t kernel,
                                 ConvTranspose1dLayerOptions o)
    : options_{o.stride, o.padding, o.output_padding, o.dilation, o.groups}
{
    make({"ConvTranspose1d",
          in,
          out,
          {kernel},
          o.stride,
          o.padding,
          o.dilation,
          o.groups,
          o.bias,
          o.dtype,
          true,
          o.output_padding},
         weight, bias);
}
ConvTranspose2d::ConvTranspose2d(std::int64_t in, std::int64_t out, Pair2d kernel,
                                 ConvTranspose2dLayerOptions o)
    : options_{o.stride, o.padding, o.output_padding, o.dilation, o.groups}
{
    make({"ConvTranspose2d",
          in,
          out,
          {kernel.h, kernel.w},
          o.stride,
          o.padding,
          o.dilation,
          o.groups,
          o.bias,
          o.dtype,
          true,
          o.output_padding},
         weight, bias);
}

Variable Conv1d::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    return bias ? conv1d(x, weight, bias, options_) : conv1d(x, weight, options_);
}
Variable Conv2d::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    return bias ? conv2d(x, weight, bias, options_) : conv2d(x, weight, options_);
}
Variable ConvTranspose1d::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    return bias ? conv_transpose1d(x, weight, bias, options_) : conv_transpose1d(x, weight, options_);
}
Variable ConvTranspose2d::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    return bias ? conv_transpose2d(x, weight, bias, options_) : conv_transpose2d(x, weight, options_);
}

}  // namespace xgrad::nn
