// Embedding.
#include "xgrad/nn/embedding.hpp"

#include "nn/init_fill.hpp"

namespace xgrad::nn {

Embedding::Embedding(std::int64_t count, std::int64_t width, DType dtype)
{
    const std::string text = "Embedding{" + std::to_string(count) + ", " + std::to_string(width) + "}";
    if (count <= 0 || width <= 0) throw ValueError(text + ": the number and the width must be positive");
    if (!is_floating(dtype))
        throw DtypeError(text + ": parameters are float32 or float64, not " + std::string(name_of(dtype)));
    weight = Parameter(dtype, {count, width}, "weight");
    constexpr std::uint64_t key = 0x786772616401;  // a stream for each parameter
    detail::fill_normal(weight, 0, 1, key, weight.id());
}

Variable Embedding::operator()(Variable indices) const
{
    const auto guard = scope.enter(indices);
    return embedding(indices, weight);
}

}  // namespace xgrad::nn
