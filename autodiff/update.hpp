// One step of an optimizer as ops with several outputs, for Tape::assign() and commit(). Not differentiable.
#pragma once

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// New values after a step with momentum.
struct MomentumUpdate {
    Variable parameter, momentum;
};
/// New values after a step of Adam.
struct AdamUpdate {
    Variable parameter, first, second;
};

/// p - rate g. `rate` has one element.
Variable sgd_update(Variable p, Variable g, Variable rate);
/// m' = mu m + g; p' = p - rate m', or p - rate (g + mu m') with Nesterov's correction (PyTorch's formulas).
MomentumUpdate sgd_momentum_update(Variable p, Variable g, Variable m, Variable rate, double mu,
                                   bool nesterov);
/// Adam (Kingma & Ba 2015), `step` counting from 1: m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2,
/// p' = p - rate (m' / (1 - b1^step)) / (sqrt(v' / (1 - b2^step)) + epsilon).
AdamUpdate adam_update(Variable p, Variable g, Variable m, Variable v, Variable rate, Variable step,
                       double beta1, double beta2, double epsilon);

}  // namespace xgrad
