// Losses of outputs and targets, and the L2 penalty.
#pragma once

#include <initializer_list>
#include <span>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// What becomes of the losses of the single elements (of the rows, for cross_entropy).
enum class Reduction { mean, sum, none };

/// A loss is a function loss(y, t) or loss(y, t, Reduction::sum) of a model's outputs and the targets: a
/// Variable, an Array or any xtensor expression. Outputs and targets must have the same shape (but for
/// cross_entropy): [n, 1] against [n] is refused, for broadcasting would pair every output with every target.
/// @throws ShapeError, DtypeError that names the loss and both shapes or types; ValueError for a target
///         outside what the loss is defined for, with the first one and where it is.
struct Loss {
    const char* name;
    Variable (*compute)(Variable y, Variable t, Reduction reduction);

    template <operand T>
    Variable operator()(Variable y, const T& t, Reduction reduction = Reduction::mean) const
    {
        return compute(y, xgrad::detail::lift(y, t), reduction);
    }
};

namespace detail {
Variable hinge(Variable y, Variable t, Reduction reduction);
Variable logistic(Variable y, Variable t, Reduction reduction);
Variable bce(Variable p, Variable t, Reduction reduction);
Variable bce_with_logits(Variable z, Variable t, Reduction reduction);
Variable multi_class(Variable logits, Variable labels, Reduction reduction);
Variable squared_error(Variable y, Variable t, Reduction reduction);
Variable l2(Variable like, std::span<const Parameter> parameters, double lambda);
std::vector<Parameter> weights(const std::vector<std::pair<std::string, Parameter>>& named);
}  // namespace detail

/// max(1 - t y, 0) for labels t in {-1, +1}: a support vector machine's loss of a linear output.
inline constexpr Loss hinge_loss{"hinge_loss", detail::hinge};
/// ln(1 + e^(-t y)) for labels t in {-1, +1}: logistic regression's loss of a linear output. Does not
/// overflow.
inline constexpr Loss logistic_loss{"logistic_loss", detail::logistic};
/// -(t ln p + (1 - t) ln(1 - p)) for probabilities p in [0, 1] and t in [0, 1]; logarithms are cut off at
/// -100.
inline constexpr Loss binary_cross_entropy{"binary_cross_entropy", detail::bce};
/// The same for p = sigmoid(z), given z. Does not overflow.
inline constexpr Loss binary_cross_entropy_with_logits{"binary_cross_entropy_with_logits",
                                                       detail::bce_with_logits};
/// ln(sum_j e^(z_j)) - z_label for outputs z [n, classes] and labels int64 [n] in 0 .. classes - 1.
inline constexpr Loss cross_entropy{"cross_entropy", detail::multi_class};
/// (y - t)^2
inline constexpr Loss mse_loss{"mse_loss", detail::squared_error};

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
