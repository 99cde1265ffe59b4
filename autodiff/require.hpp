// Values that must lie within what an op is defined for, checked whenever they are computed. Internal.
#pragma once

#include "xgrad/autodiff/tape.hpp"

namespace xgrad::detail {

/// What a loss asks of its targets or outputs.
enum class Requirement {
    hinge_labels,     ///< -1 or +1
    logistic_labels,  ///< -1 or +1
    entropy_targets,  ///< in [0, 1], of binary_cross_entropy
    entropy_outputs,  ///< in [0, 1], of binary_cross_entropy
    logits_targets    ///< in [0, 1], of binary_cross_entropy_with_logits
};

/// The value itself, as a node that throws for an element outside what is required: a replay checks it again.
/// @throws ValueError with the loss, the first such element and where it is
Variable require(Variable x, Requirement what);

}  // namespace xgrad::detail
