// Normalisation over batches, groups of channels and rows (layer_norm stands in ops.hpp). Included by ops.hpp.
#pragma once

#include <optional>

#include "xgrad/autodiff/ops.hpp"

namespace xgrad {

/// What batch_norm() may be given.
struct BatchNormOptions {
    /// The weight of the new batch in the running statistics; absent: 1 / the number of batches so far, so that they are
    /// plain means over all batches (this takes num_batches_tracked).
    std::optional<double> momentum = 0.1;
    double epsilon = 1e-5;
    /// By the batch's own statistics (true) or by the running ones (false); absent: as the tape (TapeOptions::training).
    std::optional<bool> training = {};
    /// Counts the batches, int64 []; may be absent.
    Parameter num_batches_tracked = {};
};

namespace detail {
struct NormOperands {
    Variable x, weight, bias;  ///< the latter two are not set where there is none
};
Variable batch_norm(const NormOperands& in, const Parameter& running_mean, const Parameter& running_var,
                    const BatchNormOptions& options);
Variable group_norm(const NormOperands& in, std::int64_t groups, double epsilon);
Variable instance_norm(const NormOperands& in, double epsilon);
Variable rms_norm(const NormOperands& in, std::optional<double> epsilon);
/// An empty Parameter is no operand.
template <class T>
Variable lift_if_any(Variable like, const T& operand)
{
    if constexpr (std::same_as<T, Parameter>)
        return operand ? lift(like, operand) : Variable();
    else
        return lift(like, operand);
}
}  // namespace detail

/// (x - m) / sqrt(v + epsilon), channel by channel, for x [N, C] or [N, C, ...] (Ioffe & Szegedy 2015); then times weight
/// [C] plus bias [C], where they are given. As torch.nn.functional.batch_norm.
///
/// While training, m and v are the batch's mean and its variance (divided by the number of elements n of a channel), and
/// at Tape::commit(), which Optimizer::step() and nn::compile() do, the running statistics become
/// (1 - momentum) running + momentum batch, with the variance divided by n - 1. A step that throws leaves them as they
/// were, and so does an empty batch; a layer that runs twice on one tape takes up both batches. Else m and v are the
/// running statistics. They are [C], usually buffers (Parameter::buffer); where they are empty ({}, {}), the batch's are
/// taken in either case.
/// @throws ShapeError if shapes do not fit, or for a single element a channel while training; DtypeError unless all are
///         float32 or all float64; ValueError for an option out of range.
inline Variable batch_norm(Variable x, const Parameter& running_mean, const Parameter& running_var,
                           const BatchNormOptions& options = {})
{
    return detail::batch_norm({x, {}, {}}, running_mean, running_var, options);
}
template <detail::array_operand W, detail::array_operand B>
Variable batch_norm(Variable x, const Parameter& running_mean, const Parameter& running_var, const W& weight,
                    const B& bias, const BatchNormOptions& options = {})
{
    return detail::batch_norm({x, detail::lift_if_any(x, weight), detail::lift_if_any(x, bias)}, running_mean,
                              running_var, options);
}

/// (x - m) / sqrt(v + epsilon) for each example over each of `groups` equal parts of its channels, x [N, C] or [N, C,
/// ...] (Wu & He 2018); then times weight [C] plus bias [C], where they are given. As torch.nn.functional.group_norm.
/// @throws ShapeError, DtypeError if they do not fit; ValueError unless groups is positive and divides C, or for a
///         negative epsilon.
inline Variable group_norm(Variable x, std::int64_t groups, double epsilon = 1e-5)
{
    return detail::group_norm({x, {}, {}}, groups, epsilon);
}
template <detail::array_operand W, detail::array_operand B>
Variable group_norm(Variable x, std::int64_t groups, const W& weight, const B& bias, double epsilon = 1e-5)
{
    return detail::group_norm({x, detail::lift_if_any(x, weight), detail::lift_if_any(x, bias)}, groups,
                              epsilon);
}

/// The same for each channel of each example by itself, x [N, C, ...]: group_norm with C groups. As
/// torch.nn.functional.instance_norm (without running statistics).
/// @throws as group_norm; ShapeError where a channel has a single element.
inline Variable instance_norm(Variable x, double epsilon = 1e-5)
{
    return detail::instance_norm({x, {}, {}}, epsilon);
}
template <detail::array_operand W, detail::array_operand B>
Variable instance_norm(Variable x, const W& weight, const B& bias, double epsilon = 1e-5)
{
    return detail::instance_norm({x, detail::lift_if_any(x, weight), detail::lift_if_any(x, bias)}, epsilon);
}

/// x / sqrt(mean(x^2) + epsilon) over the last axis (Zhang & Sennrich 2019); then times weight [n], where it is given.
/// Without an epsilon it is the element type's 2^-23 or 2^-52, as in torch.nn.functional.rms_norm.
/// @throws ShapeError, DtypeError if they do not fit; ValueError for a negative epsilon.
inline Variable rms_norm(Variable x, std::optional<double> epsilon = {})
{
    return detail::rms_norm({x, {}, {}}, epsilon);
}
template <detail::array_operand W>
Variable rms_norm(Variable x, const W& weight, std::optional<double> epsilon = {})
{
    return detail::rms_norm({x, detail::lift_if_any(x, weight), {}}, epsilon);
}

}  // namespace xgrad
