// Losses of outputs and targets, and the L2 penalty.
//
// Every loss is called as loss(y, t), loss(y, t, Reduction::sum) or loss(y, t, {.delta = 0.5, .reduction = ...}) with a
// model's outputs y and targets t: a Variable, an Array or any xtensor expression. It is the mean unless another
// Reduction is given. Names, options and their defaults are those of torch.nn.functional.
//
// Outputs and targets must have the same shape, but for losses with labels: [n, 1] against [n] is refused, for
// broadcasting would pair every output with every target. Both have one type, float32 or float64; labels are int64.
// @throws ShapeError, DtypeError that names the loss and both shapes or types; ValueError for an option that is out of
// range, and for a target outside what the loss is defined for, with the first one and where it is: also when a recording is
// replayed.
#pragma once

#include <initializer_list>
#include <span>

#include "xgrad/nn/class_losses.hpp"
#include "xgrad/nn/loss_options.hpp"
#include "xgrad/nn/margin_losses.hpp"
#include "xgrad/nn/module.hpp"
#include "xgrad/nn/regression_losses.hpp"

namespace xgrad::nn {

namespace detail {
Variable hinge(Variable y, Variable t, const LossOptions& options);
Variable logistic(Variable y, Variable t, const LossOptions& options);
Variable bce(Variable p, Variable t, const LossOptions& options);
Variable bce_with_logits(Variable z, Variable t, const LossOptions& options);
Variable squared_error(Variable y, Variable t, const LossOptions& options);
Variable l2(Variable like, std::span<const Parameter> parameters, double lambda);
std::vector<Parameter> weights(const std::vector<std::pair<std::string, Parameter>>& named);
}  // namespace detail

/// max(1 - t y, 0) for labels t in {-1, +1}: a support vector machine's loss of a linear output.
inline constexpr Loss hinge_loss{"hinge_loss", detail::hinge};
/// ln(1 + e^(-t y)) for labels t in {-1, +1}: logistic regression's loss of a linear output. Does not
/// overflow.
inline constexpr Loss logistic_loss{"logistic_loss", detail::logistic};
/// -(t ln p + (1 - t) ln(1 - p)) for probabilities p in [0, 1] and t in [0, 1]; logarithms are cut off at
/// -100. {.weight = w}: times w, which broadcasts to the outputs; the mean still divides by their number.
inline constexpr Loss binary_cross_entropy{"binary_cross_entropy", detail::bce};
/// The same for p = sigmoid(z), given z. Does not overflow. {.pos_weight = w}: -(w t ln p + (1 - t) ln(1 - p)).
inline constexpr Loss binary_cross_entropy_with_logits{"binary_cross_entropy_with_logits",
                                                       detail::bce_with_logits};
/// (y - t)^2
inline constexpr Loss mse_loss{"mse_loss", detail::squared_error};

/// mse_loss, as PyTorch's module.
struct MSELoss {
    Reduction reduction = Reduction::mean;

    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return mse_loss(y, t, reduction);
    }
};
/// binary_cross_entropy, as PyTorch's module.
struct BCELoss {
    LossWeight weight = {};
    Reduction reduction = Reduction::mean;

    template <operand T>
    Variable operator()(Variable p, const T& t) const
    {
        return binary_cross_entropy(p, t, {.weight = weight, .pos_weight = {}, .reduction = reduction});
    }
};
/// binary_cross_entropy_with_logits, as PyTorch's module.
struct BCEWithLogitsLoss {
    LossWeight weight = {}, pos_weight = {};
    Reduction reduction = Reduction::mean;

    template <operand T>
    Variable operator()(Variable z, const T& t) const
    {
        return binary_cross_entropy_with_logits(
            z, t, {.weight = weight, .pos_weight = pos_weight, .reduction = reduction});
    }
};

/// (lambda / 2) sum w^2 over the parameters given, on the tape of `like`: loss + l2(loss, {w}, 1e-3).
/// @throws ValueError unless lambda >= 0.
inline Variable l2(Variable like, std::span<const Parameter> parameters, double lambda)
{
    return detail::l2(like, parameters, lambda);
}
inline Variable l2(Variable like, std::initializer_list<Parameter> parameters, double lambda)
{
    return detail::l2(like, {parameters.begin(), parameters.size()}, lambda);
}
/// The same over a module's parameters but those called "bias".
template <module_like M>
    requires(!std::convertible_to<const M&, std::span<const Parameter>>)
Variable l2(Variable like, const M& net, double lambda)
{
    return detail::l2(like, detail::weights(named_parameters(net)), lambda);
}

}  // namespace xgrad::nn
