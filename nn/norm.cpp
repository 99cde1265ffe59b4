// Layers that normalise: parameters, buffers and what they accept.
#include "xgrad/nn/norm.hpp"

#include <vector>

#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {
namespace {

void check(const std::string& text, std::int64_t features, DType dtype, double epsilon)
{
    if (features <= 0) throw ValueError(text + ": the number of features must be positive");
    if (!is_floating(dtype))
        throw DtypeError(text + ": parameters are float32 or float64, not " + std::string(name_of(dtype)));
    if (!(epsilon >= 0))
        throw ValueError(text + ": epsilon is " + number_text(epsilon) + ", expected a number from 0 on");
}

std::string text_of(const char* type, std::int64_t features)
{
    return std::string(type) + "{" + std::to_string(features) + "}";
}

Array ones(std::int64_t features, DType dtype)
{
    const xt::xarray<double> values = xt::ones<double>({static_cast<std::size_t>(features)});
    return Array(values).cast(dtype);
}
Array zeros(const Shape& shape, DType dtype) { return Parameter(dtype, shape).array(); }

// A layer without parameters does not notice by them that x has another number of channels.
void check_shape(const char* type, const ModuleScope& scope, Variable x, bool good,
                 const std::string& expected)
{
    if (good) return;
    throw ShapeError(type + (scope.path.empty() ? "" : " " + scope.path) + ": got x " + to_string(x.shape()) +
                     ", expected " + expected);
}

}  // namespace

LayerNorm::LayerNorm(std::int64_t features, LayerNormOptions options)
    : features(features), epsilon(options.epsilon)
{
    check(text_of("LayerNorm", features), features, options.dtype, options.epsilon);
    if (!options.affine) return;
    weight = Parameter(ones(features, options.dtype), "weight");
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

// ---------------------------------------------------------------- BatchNorm1d, BatchNorm2d

BatchNorm::BatchNorm(const char* type, std::int64_t features, const BatchNormLayerOptions& options)
    : features(features), epsilon(options.epsilon), momentum(options.momentum), scope{type}
{
    const std::string text = text_of(type, features);
    check(text, features, options.dtype, options.epsilon);
    if (momentum && !(*momentum >= 0 && *momentum <= 1))
        throw ValueError(text + ": the momentum " + number_text(*momentum) + " is not in [0, 1]");
    if (options.affine) {
        weight = Parameter(ones(features, options.dtype), "weight");
        bias = Parameter(options.dtype, {features}, "bias");
    }
    if (!options.track_running_stats) return;
    running_mean = Parameter::buffer(zeros({features}, options.dtype), "running_mean");
    running_var = Parameter::buffer(ones(features, options.dtype), "running_var");
    num_batches_tracked = Parameter::buffer(zeros({}, DType::int64), "num_batches_tracked");
}

void BatchNorm::reset_running_stats() const
{
    if (!running_mean) return;
    running_mean.assign(zeros({features}, running_mean.dtype()));
    running_var.assign(ones(features, running_var.dtype()));
    num_batches_tracked.assign(zeros({}, DType::int64));
}

Variable BatchNorm::run(Variable x, std::size_t least_rank, std::size_t most_rank, const char* expected) const
{
    const auto guard = scope.enter(x);
    const Dims shape = x.shape();
    check_shape(scope.type.c_str(), scope, x,
                shape.size() >= least_rank && shape.size() <= most_rank && shape[1] == features,
                std::string(expected) + " with " + std::to_string(features) + " features");
    return batch_norm(x, running_mean, running_var, weight, bias,
                      {.momentum = momentum,
                       .epsilon = epsilon,
                       .training = training,
                       .num_batches_tracked = num_batches_tracked});
}

// ---------------------------------------------------------------- GroupNorm, InstanceNorm2d, RMSNorm

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, GroupNormOptions options)
    : groups(groups), channels(channels), epsilon(options.epsilon)
{
    const std::string text = "GroupNorm{" + std::to_string(groups) + ", " + std::to_string(channels) + "}";
    check(text, channels, options.dtype, options.epsilon);
    if (groups <= 0 || channels % groups != 0)
        throw ValueError(text + ": the groups must divide the channels into equal parts");
    if (!options.affine) return;
    weight = Parameter(ones(channels, options.dtype), "weight");
    bias = Parameter(options.dtype, {channels}, "bias");
}

Variable GroupNorm::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    check_shape("GroupNorm", scope, x, x.shape().size() >= 2 && x.shape()[1] == channels,
                "[N, C, ...] with " + std::to_string(channels) + " channels");
    return group_norm(x, groups, weight, bias, epsilon);
}

InstanceNorm2d::InstanceNorm2d(std::int64_t features, InstanceNormOptions options)
    : features(features), epsilon(options.epsilon)
{
    check(text_of("InstanceNorm2d", features), features, options.dtype, options.epsilon);
    if (!options.affine) return;
    weight = Parameter(ones(features, options.dtype), "weight");
    bias = Parameter(options.dtype, {features}, "bias");
}

Variable InstanceNorm2d::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    check_shape("InstanceNorm2d", scope, x, x.shape().size() == 4 && x.shape()[1] == features,
                "[N, features, H, W] with " + std::to_string(features) + " features");
    return instance_norm(x, weight, bias, epsilon);
}

RMSNorm::RMSNorm(std::int64_t features, RMSNormOptions options) : features(features), epsilon(options.epsilon)
{
    check(text_of("RMSNorm", features), features, options.dtype, options.epsilon.value_or(0));
    if (options.affine) weight = Parameter(ones(features, options.dtype), "weight");
}

Variable RMSNorm::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    check_shape("RMSNorm", scope, x, !x.shape().empty() && x.shape().back() == features,
                "[..., " + std::to_string(features) + "]: " + std::to_string(features) +
                    " features along the last axis");
    return rms_norm(x, weight, epsilon);
}

}  // namespace xgrad::nn
