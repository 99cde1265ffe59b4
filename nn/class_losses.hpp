// Losses of outputs that rate classes, and targets that say which class it is. Functions and structs of options that are
// callable, as in xgrad/nn/regression_losses.hpp; what all have in common stands in xgrad/nn/loss.hpp.
#pragma once

#include <cstdint>

#include "xgrad/nn/loss_options.hpp"

namespace xgrad::nn {

/// ln(sum_j e^(z_j)) - z_label for outputs z [n, classes] and labels int64 [n] in 0 .. classes - 1; or [classes] and [],
/// or [n, classes, d1, ...] and [n, d1, ...]. Rows whose label is ignore_index have the loss 0 and do not count.
/// With class weights w and label smoothing e it is -(1 - e) w_label s_label - e / classes sum_j w_j s_j for
/// s = log_softmax(z), and the mean divides by the sum of w_label; if no row counts, the mean is NaN.
/// Targets may also be probabilities of z's shape and type: -sum_j w_j ((1 - e) t_j + e / classes) s_j, and the mean is
/// over the rows.
/// @throws ValueError for another label, label smoothing outside [0, 1], or an ignore_index >= 0 beside probabilities.
struct CrossEntropyLoss {
    LossWeight weight = {};  ///< [classes]
    double label_smoothing = 0;
    std::int64_t ignore_index = default_ignore_index;  ///< -100, as in PyTorch
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "cross_entropy";
    template <operand T>
    Variable operator()(Variable z, const T& labels) const
    {
        return compute(z, xgrad::detail::lift(z, labels));
    }
    Variable compute(Variable z, Variable labels) const;
};
/// CrossEntropyLoss as a function: cross_entropy(z, labels, {.label_smoothing = 0.1}).
inline constexpr LossOf<CrossEntropyLoss> cross_entropy;

/// -w_label x_label for logarithms x of probabilities, as log_softmax() makes them, and labels: shapes, labels that do not
/// count and the mean as for cross_entropy.
struct NLLLoss {
    LossWeight weight = {};  ///< [classes]
    std::int64_t ignore_index = default_ignore_index;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "nll_loss";
    template <operand T>
    Variable operator()(Variable x, const T& labels) const
    {
        return compute(x, xgrad::detail::lift(x, labels));
    }
    Variable compute(Variable x, Variable labels) const;
};
/// NLLLoss as a function: nll_loss(x, labels, {.weight = w}).
inline constexpr LossOf<NLLLoss> nll_loss;

/// w_label / classes sum_{j != label} max(margin - x_label + x_j, 0)^p for outputs x [n, classes] and labels int64 [n] (or
/// [classes] and []). The mean is over the rows. @throws ValueError unless p is 1 or 2; for a label that is none.
struct MultiMarginLoss {
    int p = 1;
    double margin = 1;
    LossWeight weight = {};  ///< [classes]
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "multi_margin_loss";
    template <operand T>
    Variable operator()(Variable x, const T& labels) const
    {
        return compute(x, xgrad::detail::lift(x, labels));
    }
    Variable compute(Variable x, Variable labels) const;
};
/// MultiMarginLoss as a function: multi_margin_loss(x, labels, {.p = 2}).
inline constexpr LossOf<MultiMarginLoss> multi_margin_loss;

/// The mean over the last axis, the classes, of binary_cross_entropy_with_logits; targets in [0, 1], several may be 1.
struct MultiLabelSoftMarginLoss {
    LossWeight weight = {};  ///< broadcasts to the outputs
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "multilabel_soft_margin_loss";
    template <operand T>
    Variable operator()(Variable x, const T& t) const
    {
        return compute(x, xgrad::detail::lift(x, t));
    }
    Variable compute(Variable x, Variable t) const;
};
/// MultiLabelSoftMarginLoss as a function: multilabel_soft_margin_loss(x, t).
inline constexpr LossOf<MultiLabelSoftMarginLoss> multilabel_soft_margin_loss;

}  // namespace xgrad::nn
