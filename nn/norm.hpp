// Layers that normalise.
#pragma once

#include <array>
#include <optional>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// Options of LayerNorm: PyTorch's.
struct LayerNormOptions {
    double epsilon = 1e-5;
    bool affine = true;  ///< with weight and bias
    bool bias = true;
    DType dtype = DType::float32;
};

/// (x - m) / sqrt(v + epsilon) weight + bias over the last axis, which has `features` elements; as PyTorch's.
struct LayerNorm {
    /// The weight is one, the bias zero.
    /// @throws ValueError unless `features` is positive; DtypeError unless the type carries gradients.
    explicit LayerNorm(std::int64_t features, LayerNormOptions options = {});

    /// @throws ShapeError, DtypeError if x [..., features] does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [features], or absent
    Parameter bias;    ///< [features], or absent
    std::int64_t features;
    double epsilon;
    ModuleScope scope{"LayerNorm"};

    static constexpr auto members()
    {
        return std::array{field("weight", &LayerNorm::weight), field("bias", &LayerNorm::bias)};
    }
};

/// Options of BatchNorm1d and BatchNorm2d: PyTorch's.
struct BatchNormLayerOptions {
    double epsilon = 1e-5;
    std::optional<double> momentum =
        0.1;             ///< of a new batch; absent: running statistics are means over all batches
    bool affine = true;  ///< with weight and bias
    bool track_running_stats = true;  ///< else the batch's own statistics are taken for evaluation too
    DType dtype = DType::float32;
};

/// What BatchNorm1d and BatchNorm2d have in common: xgrad::batch_norm with PyTorch's parameters and buffers.
///
/// Whether it trains follows the tape (TapeOptions::training), unless `training` says otherwise. While training, the
/// running statistics change at Tape::commit(), with the optimizer's step; no optimizer takes them for parameters.
struct BatchNorm {
    /// By the batch's statistics (true) or the running ones (false), whatever the tape: net.norm.training = false freezes
    /// the statistics while the rest trains.
    std::optional<bool> training = {};
    Parameter weight;               ///< [features], at first 1; or absent
    Parameter bias;                 ///< [features], at first 0; or absent
    Parameter running_mean;         ///< buffer [features], at first 0; or absent
    Parameter running_var;          ///< buffer [features], at first 1; or absent
    Parameter num_batches_tracked;  ///< buffer [] int64, at first 0; or absent
    std::int64_t features;
    double epsilon;
    std::optional<double> momentum;
    ModuleScope scope;

    /// Puts the running statistics back to where they began (they are written at once: a tape that used them is stale).
    void reset_running_stats() const;

    static constexpr auto members()
    {
        return std::array{field("weight", &BatchNorm::weight), field("bias", &BatchNorm::bias),
                          field("running_mean", &BatchNorm::running_mean),
                          field("running_var", &BatchNorm::running_var),
                          field("num_batches_tracked", &BatchNorm::num_batches_tracked)};
    }

  protected:
    BatchNorm(const char* type, std::int64_t features, const BatchNormLayerOptions& options);
    Variable run(Variable x, std::size_t least_rank, std::size_t most_rank, const char* expected) const;
};

/// torch.nn.BatchNorm1d: x [N, features] or [N, features, L].
struct BatchNorm1d : BatchNorm {
    /// @throws ValueError unless `features` is positive and the options are in range; DtypeError unless the type carries
    ///         gradients.
    explicit BatchNorm1d(std::int64_t features, BatchNormLayerOptions options = {})
        : BatchNorm("BatchNorm1d", features, options)
    {}
    /// @throws ShapeError (also for a single element a channel while training), DtypeError if x does not fit.
    Variable operator()(Variable x) const { return run(x, 2, 3, "[N, features] or [N, features, L]"); }
};

/// torch.nn.BatchNorm2d: x [N, features, H, W].
struct BatchNorm2d : BatchNorm {
    /// @throws as BatchNorm1d.
    explicit BatchNorm2d(std::int64_t features, BatchNormLayerOptions options = {})
        : BatchNorm("BatchNorm2d", features, options)
    {}
    /// @throws ShapeError (also for a single element a channel while training), DtypeError if x does not fit.
    Variable operator()(Variable x) const { return run(x, 4, 4, "[N, features, H, W]"); }
};

/// Options of GroupNorm: PyTorch's.
struct GroupNormOptions {
    double epsilon = 1e-5;
    bool affine = true;  ///< with weight and bias
    DType dtype = DType::float32;
};

/// torch.nn.GroupNorm: xgrad::group_norm for x [N, channels, ...].
struct GroupNorm {
    /// The weight is one, the bias zero.
    /// @throws ValueError unless `groups` is positive and divides `channels`; DtypeError unless the type carries gradients.
    GroupNorm(std::int64_t groups, std::int64_t channels, GroupNormOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [channels], or absent
    Parameter bias;    ///< [channels], or absent
    std::int64_t groups, channels;
    double epsilon;
    ModuleScope scope{"GroupNorm"};

    static constexpr auto members()
    {
        return std::array{field("weight", &GroupNorm::weight), field("bias", &GroupNorm::bias)};
    }
};

/// Options of InstanceNorm2d: PyTorch's.
struct InstanceNormOptions {
    double epsilon = 1e-5;
    bool affine = false;  ///< with weight and bias
    DType dtype = DType::float32;
};

/// torch.nn.InstanceNorm2d without running statistics: xgrad::instance_norm for x [N, features, H, W].
struct InstanceNorm2d {
    /// @throws ValueError unless `features` is positive; DtypeError unless the type carries gradients.
    explicit InstanceNorm2d(std::int64_t features, InstanceNormOptions options = {});

    /// @throws ShapeError (also where a channel has a single element), DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [features], or absent
    Parameter bias;    ///< [features], or absent
    std::int64_t features;
    double epsilon;
    ModuleScope scope{"InstanceNorm2d"};

    static constexpr auto members()
    {
        return std::array{field("weight", &InstanceNorm2d::weight), field("bias", &InstanceNorm2d::bias)};
    }
};

/// Options of RMSNorm: PyTorch's.
struct RMSNormOptions {
    std::optional<double> epsilon = {};  ///< absent: 2^-23 for float32, 2^-52 for float64
    bool affine = true;                  ///< with a weight
    DType dtype = DType::float32;
};

/// torch.nn.RMSNorm over the last axis: xgrad::rms_norm for x [..., features].
struct RMSNorm {
    /// The weight is one.
    /// @throws ValueError unless `features` is positive; DtypeError unless the type carries gradients.
    explicit RMSNorm(std::int64_t features, RMSNormOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [features], or absent
    std::int64_t features;
    std::optional<double> epsilon;
    ModuleScope scope{"RMSNorm"};

    static constexpr auto members() { return std::array{field("weight", &RMSNorm::weight)}; }
};

}  // namespace xgrad::nn
