// The activation that has a parameter.
#include "xgrad/nn/activations.hpp"

namespace xgrad::nn {

PReLU::PReLU(std::int64_t count, double start, DType dtype)
{
    if (count < 1)
        throw ValueError("PReLU: " + std::to_string(count) +
                         " weights, expected one, or one for each channel");
    const xt::xarray<double> values = start * xt::ones<double>({static_cast<std::size_t>(count)});
    weight = Parameter(Array(values).cast(dtype), "weight");
}

}  // namespace xgrad::nn
