// Losses of single elements and of single rows: the mathematics of xgrad/nn/loss.hpp, without its checks of labels and
// its means. Formulas and conventions are PyTorch's (torch.nn.functional).
#pragma once

#include <cstdint>
#include <optional>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- elementwise, with NumPy's broadcasting
// All inputs in one type, float32 or float64. @throws ShapeError, DtypeError

/// (y - t)^2
Variable mse_loss_elementwise(Variable y, Variable t);
/// |y - t|; the derivative at y = t is 0.
Variable l1_loss_elementwise(Variable y, Variable t);
/// (y - t)^2 / (2 beta) where |y - t| < beta, else |y - t| - beta / 2 (Girshick 2015); |y - t| for beta = 0. The second
/// derivative at |y - t| = beta is 0. @throws ValueError for a negative beta.
Variable smooth_l1_loss_elementwise(Variable y, Variable t, double beta = 1);
/// (y - t)^2 / 2 where |y - t| < delta, else delta (|y - t| - delta / 2) (Huber 1964). The second derivative at
/// |y - t| = delta is 0. @throws ValueError unless delta > 0.
Variable huber_loss_elementwise(Variable y, Variable t, double delta = 1);
/// t (ln t - y) for a logarithm y of a probability and t >= 0, 0 - t y at t = 0; with log_target e^t (t - y).
Variable kl_div_elementwise(Variable y, Variable t, bool log_target = false);

/// Options of poisson_nll_loss: PyTorch's.
struct PoissonOptions {
    bool log_input = true;  ///< y is the logarithm of the expected count
    bool full = false;      ///< adds Stirling's t ln t - t + ln(2 pi t) / 2 where t > 1
    double eps = 1e-8;      ///< keeps the logarithm finite at y = 0, without log_input
};
/// e^y - t y, or y - t ln(y + eps) without log_input, for counts t. @throws ValueError for a negative eps.
Variable poisson_nll_loss_elementwise(Variable y, Variable t, const PoissonOptions& options = {});

/// Options of gaussian_nll_loss: PyTorch's.
struct GaussianOptions {
    bool full = false;  ///< adds ln(2 pi) / 2
    double eps = 1e-6;  ///< smaller variances count as this
};
/// (ln v + (y - t)^2 / v) / 2 with v = max(var, eps); the derivative by var is that by v, also where var < eps.
/// @throws ValueError unless eps > 0.
Variable gaussian_nll_loss_elementwise(Variable y, Variable t, Variable var,
                                       const GaussianOptions& options = {});

/// ln(1 + e^(-t y)) for labels t in {-1, +1}; does not overflow.
Variable logistic_loss_elementwise(Variable y, Variable t);
/// The same by PyTorch's name.
Variable soft_margin_loss_elementwise(Variable y, Variable t);
/// max(1 - t y, 0); the derivative at t y = 1 is 0.
Variable hinge_loss_elementwise(Variable y, Variable t);
/// max(1 - t y, 0)^2; the second derivative at t y = 1 is 0.
Variable squared_hinge_loss_elementwise(Variable y, Variable t);
/// y where t > 0 (the label +1), else max(margin - y, 0); the derivative at y = margin is -1. None by t.
Variable hinge_embedding_loss_elementwise(Variable y, Variable t, double margin = 1);
/// max(margin - t (x1 - x2), 0) for t = +1 (x1 should be the larger one) or -1; at 0 the derivative is that of the
/// linear part.
Variable margin_ranking_loss_elementwise(Variable x1, Variable x2, Variable t, double margin = 0);
/// -(t ln s + (1 - t) ln(1 - s)), s = sigmoid(z), for t in [0, 1]; does not overflow.
Variable binary_cross_entropy_with_logits_elementwise(Variable z, Variable t);
/// -(pos_weight t ln s + (1 - t) ln(1 - s)); does not overflow.
Variable binary_cross_entropy_with_logits_elementwise(Variable z, Variable t, Variable pos_weight);
/// -(t ln p + (1 - t) ln(1 - p)) for probabilities p; the logarithms are cut off at -100, as in PyTorch.
Variable binary_cross_entropy_elementwise(Variable p, Variable t);

// ---------------------------------------------------------------- by rows, with labels
// Labels are int64 and say which class is meant: [n] beside [n, classes], [] beside [classes], and with further axes
// [n, d1, ...] beside [n, classes, d1, ...]. The value has the labels' shape.
// @throws ValueError for a label outside 0 .. classes - 1 that is not ignore_index, with the first one and where it is,
// also when a recording is replayed; ShapeError, DtypeError.

/// PyTorch's default for labels that do not count.
inline constexpr std::int64_t default_ignore_index = -100;

/// Options of losses with class labels: PyTorch's.
struct LabelOptions {
    std::optional<Variable> weight = {};               ///< [classes]: a factor for each class
    std::int64_t ignore_index = default_ignore_index;  ///< rows with this label have the loss 0
    double label_smoothing = 0;  ///< in [0, 1]: this part of the target is spread over all classes evenly
};
/// ln(sum_j e^(z_j)) - z_label for each row of z [rows, classes], with labels int64 [rows]: shape [rows]. In one kernel.
/// Rows whose label is ignore_index have the loss 0.
Variable cross_entropy_rows(Variable z, Variable labels, std::int64_t ignore_index = default_ignore_index);
/// The same with further axes and options: with s = log_softmax(z), classes C and smoothing e
/// -(1 - e) w_label s_label - e / C sum_j w_j s_j.
Variable cross_entropy_rows(Variable z, Variable labels, const LabelOptions& options);
/// For targets that are probabilities, of z's shape: -sum_j w_j ((1 - e) t_j + e / C) s_j. No label is ignored.
Variable soft_cross_entropy_rows(Variable z, Variable t, const LabelOptions& options = {});
/// -w_label x_label for logarithms x of probabilities; without label smoothing.
Variable nll_loss_rows(Variable x, Variable labels, const LabelOptions& options = {});

/// Options of multi_margin_loss: PyTorch's.
struct MultiMarginOptions {
    int p = 1;  ///< 1 or 2
    double margin = 1;
    std::optional<Variable> weight = {};  ///< [classes]
};
/// w_label / classes sum_{j != label} max(margin - x_label + x_j, 0)^p for x [n, classes] or [classes]; at 0 the
/// derivative is 0. @throws also ValueError for another p.
Variable multi_margin_loss_rows(Variable x, Variable labels, const MultiMarginOptions& options = {});

// ---------------------------------------------------------------- by rows, of vectors along the last axis

/// Options of triplet_margin_loss: PyTorch's.
struct TripletOptions {
    double margin = 1;
    double p = 2;       ///< of the distance: above 0, or infinity
    double eps = 1e-6;  ///< added to each difference
    bool swap = false;  ///< takes the distance of positive and negative, where it is the smaller one
};
/// max(d(anchor, positive) - d(anchor, negative) + margin, 0) with d(a, b) = |a - b + eps|_p, for arrays of one shape
/// [..., d]: shape [...] (Balntas et al. 2016). At 0 the derivative is that of the linear part. @throws ValueError for a
/// p that is not above 0; ShapeError, DtypeError.
Variable triplet_margin_loss_rows(Variable anchor, Variable positive, Variable negative,
                                  const TripletOptions& options = {});
/// 1 - c where t > 0 (the label +1), else max(c - margin, 0), with the cosine c = x1 . x2 / (|x1| |x2|), squares of
/// lengths being 1e-12 larger; for x1 and x2 [..., d] and t [...]. At c = margin the derivative is that of c. None by t.
Variable cosine_embedding_loss_rows(Variable x1, Variable x2, Variable t, double margin = 0);

/// The mean over the classes, the last axis, of w binary_cross_entropy_with_logits(x, t), for targets t of x's shape in
/// [0, 1], of which several may be 1; w broadcasts to x. @throws ShapeError for x of shape []; DtypeError.
Variable multilabel_soft_margin_loss_rows(Variable x, Variable t, std::optional<Variable> weight = {});

namespace detail {

/// The losses of rows and what their mean is divided by the sum of: their weights, 0 for those that do not count.
struct RowLosses {
    Variable losses, weights;
};
/// -w_label x_label and so on for logarithms x of probabilities, for the function of that name. Weights only if asked for.
RowLosses label_losses(const char* function, Variable x, Variable labels, const LabelOptions& options,
                       bool weights);
/// cross_entropy_rows(), scaled so that its mean is the mean over the labels that count; if none does, NaN.
Variable cross_entropy_for_mean(Variable z, Variable labels, std::int64_t ignore_index);

}  // namespace detail

}  // namespace xgrad
