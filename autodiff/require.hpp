// Values that must lie within what an op is defined for, checked whenever they are computed. Internal.
#pragma once

#include "xgrad/autodiff/tape.hpp"

namespace xgrad::detail {

/// What a loss asks of its targets or outputs.
enum class Requirement {
    hinge_labels,            ///< -1 or +1
    logistic_labels,         ///< -1 or +1
    entropy_targets,         ///< in [0, 1], of binary_cross_entropy
    entropy_outputs,         ///< in [0, 1], of binary_cross_entropy
    logits_targets,          ///< in [0, 1], of binary_cross_entropy_with_logits
    squared_hinge_labels,    ///< -1 or +1
    soft_margin_labels,      ///< -1 or +1
    hinge_embedding_labels,  ///< -1 or +1
    ranking_labels,          ///< -1 or +1, of margin_ranking_loss
    cosine_labels,           ///< -1 or +1, of cosine_embedding_loss
    multilabel_targets,      ///< in [0, 1], of multilabel_soft_margin_loss
    divergence_targets,      ///< not negative, of kl_div
    poisson_targets,         ///< not negative, of poisson_nll_loss
    poisson_outputs,         ///< not negative, of poisson_nll_loss without log_input
    gaussian_variances       ///< not negative, of gaussian_nll_loss
};

/// The value itself, as a node that throws for an element outside what is required: a replay checks it again.
/// @throws ValueError with the loss, the first such element and where it is
Variable require(Variable x, Requirement what);

}  // namespace xgrad::detail
