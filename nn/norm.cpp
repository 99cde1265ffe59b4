// LayerNorm.
#include "xgrad/nn/norm.hpp"

#include <vector>

namespace xgrad::nn {

LayerNorm::LayerNorm(std::int64_t features, LayerNormOptions options)
    : features(features), epsilon(options.epsilon)
{
    const std::string text = "LayerNorm{" + std::to_string(features) + "}";
    if (features <= 0) throw ValueError(text + ": the number of features must be positive");
    if (!is_floating(options.dtype))
        throw DtypeError(text + ": parameters are float32 or float64, not " +
                         std::string(name_of(options.dtype)));
    if (!options.affine) return;
    const xt::xarray<double> ones = xt::ones<double>({static_cast<std::size_t>(features)});
    weight = Parameter(Array(ones).cast(options.dtype), "weight");
    if (options.bias) bias = Parameter(options.dtype, {features}, "bias");
}

Variable LayerNorm::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    if (weight) return bias ? layer_norm(x, weight, bias, epsilon) : layer_norm(x, weight, epsilon);
    if (x.shape().empty() || x.shape().back() != features)
        throw ShapeError("LayerNorm: got " + to_string(x.shape()) + ", expected " + std::to_string(features) +
                         " features along the last axis");
    return layer_norm(x, epsilon);
}

}  // namespace xgrad::nn
