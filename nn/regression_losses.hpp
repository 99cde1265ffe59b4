// Losses of numbers and of distributions. Each is a function, huber_loss(y, t, {.delta = 0.5}), and the struct of its
// options is callable too, as PyTorch's module of that name: HuberLoss{.delta = 0.5}. What all have in common stands in
// xgrad/nn/loss.hpp.
#pragma once

#include "xgrad/nn/loss_options.hpp"

namespace xgrad::nn {

/// |y - t|; the derivative at y = t is 0.
struct L1Loss {
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "l1_loss";
    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return compute(y, xgrad::detail::lift(y, t));
    }
    Variable compute(Variable y, Variable t) const;
};
/// L1Loss as a function: l1_loss(y, t, Reduction::sum).
inline constexpr LossOf<L1Loss> l1_loss;

/// (y - t)^2 / (2 beta) where |y - t| < beta, else |y - t| - beta / 2; l1_loss for beta = 0.
/// @throws ValueError for a negative beta.
struct SmoothL1Loss {
    double beta = 1;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "smooth_l1_loss";
    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return compute(y, xgrad::detail::lift(y, t));
    }
    Variable compute(Variable y, Variable t) const;
};
/// SmoothL1Loss as a function: smooth_l1_loss(y, t, {.beta = 0.5}).
inline constexpr LossOf<SmoothL1Loss> smooth_l1_loss;

/// (y - t)^2 / 2 where |y - t| < delta, else delta (|y - t| - delta / 2). @throws ValueError unless delta > 0.
struct HuberLoss {
    double delta = 1;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "huber_loss";
    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return compute(y, xgrad::detail::lift(y, t));
    }
    Variable compute(Variable y, Variable t) const;
};
/// HuberLoss as a function: huber_loss(y, t, {.delta = 0.5}).
inline constexpr LossOf<HuberLoss> huber_loss;

/// t (ln t - y): the divergence of the distribution t >= 0 from the one whose logarithm is y; with log_target, where t is a
/// logarithm too, e^t (t - y). Reduction::mean is over all elements; Reduction::batchmean divides the sum by the first
/// axis, as the divergence is defined. @throws ValueError for a negative target without log_target.
struct KLDivLoss {
    bool log_target = false;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "kl_div";
    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return compute(y, xgrad::detail::lift(y, t));
    }
    Variable compute(Variable y, Variable t) const;
};
/// KLDivLoss as a function: kl_div(y, t, {.log_target = true}).
inline constexpr LossOf<KLDivLoss> kl_div;

/// e^y - t y for counts t >= 0 and the logarithm y of what is expected; y - t ln(y + eps) without log_input; `full` adds
/// Stirling's t ln t - t + ln(2 pi t) / 2 where t > 1.
/// @throws ValueError for a negative count, a negative expectation without log_input, or a negative eps.
struct PoissonNLLLoss {
    bool log_input = true;
    bool full = false;
    double eps = 1e-8;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "poisson_nll_loss";
    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return compute(y, xgrad::detail::lift(y, t));
    }
    Variable compute(Variable y, Variable t) const;
};
/// PoissonNLLLoss as a function: poisson_nll_loss(y, t, {.full = true}).
inline constexpr LossOf<PoissonNLLLoss> poisson_nll_loss;

/// (ln v + (y - t)^2 / v) / 2 with v = max(var, eps), called with (y, t, var); `full` adds ln(2 pi) / 2. The variance has
/// y's shape, or that with 1 or nothing for the last axis, or is one number. Its derivative is that by v also below eps.
/// @throws ValueError for a negative variance; unless eps > 0.
struct GaussianNLLLoss {
    bool full = false;
    double eps = 1e-6;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "gaussian_nll_loss";
    template <operand T, operand V>
    Variable operator()(Variable y, const T& t, const V& var) const
    {
        return compute(y, xgrad::detail::lift(y, t), xgrad::detail::lift(y, var));
    }
    Variable compute(Variable y, Variable t, Variable var) const;
};
/// GaussianNLLLoss as a function: gaussian_nll_loss(y, t, var, {.full = true}).
inline constexpr TripleLossOf<GaussianNLLLoss> gaussian_nll_loss;

}  // namespace xgrad::nn
