// What losses have in common: how they reduce, weights that they are given, and how they are called.
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>

#include "xgrad/autodiff/ops.hpp"

namespace xgrad::nn {

/// What becomes of the losses of the single elements (of the rows, for cross_entropy).
enum class Reduction {
    mean,  ///< weighted, where a loss has class weights or labels that do not count
    sum,
    none,
    batchmean  ///< the sum divided by the length of the first axis; of kl_div alone
};

/// Weights that a loss is given: a Variable, an Array, any xtensor expression of the outputs' element type, or a
/// number. Without: all are 1.
class LossWeight {
  public:
    LossWeight() = default;
    LossWeight(Variable weight) : variable_(weight) {}
    LossWeight(const Array& weight) : array_(weight) {}
    template <class E>
        requires xt::is_xexpression<std::remove_cvref_t<E>>::value LossWeight(const E& weight)
            : array_(Array(weight))
        {}
        template <class T>
            requires std::is_arithmetic_v<T> LossWeight(T weight) : number_(static_cast<double>(weight)) {}

            bool given() const { return variable_ || array_ || number_; }
            /// On the tape of `like`.
            Variable on(Variable like) const;

          private:
            std::optional<Variable> variable_;
            std::optional<Array> array_;
            std::optional<double> number_;
};

/// Options that losses have in common.
struct LossOptions {
    LossWeight weight = {};      ///< of binary_cross_entropy (_with_logits): a factor for each element
    LossWeight pos_weight = {};  ///< of binary_cross_entropy_with_logits: a factor for t in its formula
    Reduction reduction = Reduction::mean;
};

/// A loss of outputs and targets, whichever it is: loss(y, t), loss(y, t, Reduction::sum) or loss(y, t, {.weight = w}).
/// Every loss of two arguments can be passed as one (with its other options as they are by default).
struct Loss {
    const char* name;
    Variable (*compute)(Variable y, Variable t, const LossOptions& options);

    /// @throws ValueError for an option that the loss does not have; and see xgrad/nn/loss.hpp.
    template <operand T>
    Variable operator()(Variable y, const T& t, const LossOptions& options) const
    {
        return compute(y, xgrad::detail::lift(y, t), options);
    }
    template <operand T>
    Variable operator()(Variable y, const T& t, Reduction reduction = Reduction::mean) const
    {
        return compute(y, xgrad::detail::lift(y, t),
                       {.weight = {}, .pos_weight = {}, .reduction = reduction});
    }
};

namespace detail {
/// @throws ValueError if there are weights
void refuse_weights(const char* loss, const LossOptions& options);
}  // namespace detail

/// The function beside a struct of options that is callable itself: with L = HuberLoss
/// huber_loss(y, t) is HuberLoss{}(y, t), and huber_loss(y, t, {.delta = 0.5}) is HuberLoss{.delta = 0.5}(y, t).
template <class L>
struct LossOf {
    static constexpr const char* name = L::name;

    template <operand T>
    Variable operator()(Variable y, const T& t, const L& options = {}) const
    {
        return options(y, t);
    }
    template <operand T>
    Variable operator()(Variable y, const T& t, Reduction reduction) const
    {
        L options;
        options.reduction = reduction;
        return options(y, t);
    }
    constexpr operator Loss() const
    {
        return {name, [](Variable y, Variable t, const LossOptions& options) {
                    detail::refuse_weights(name, options);
                    return LossOf{}(y, t, options.reduction);
                }};
    }
};

/// The same for losses of three arguments: margin_ranking_loss(x1, x2, t, {.margin = 0.5}).
template <class L>
struct TripleLossOf {
    static constexpr const char* name = L::name;

    template <operand A, operand B>
    Variable operator()(Variable x, const A& a, const B& b, const L& options = {}) const
    {
        return options(x, a, b);
    }
    template <operand A, operand B>
    Variable operator()(Variable x, const A& a, const B& b, Reduction reduction) const
    {
        L options;
        options.reduction = reduction;
        return options(x, a, b);
    }
};

}  // namespace xgrad::nn
