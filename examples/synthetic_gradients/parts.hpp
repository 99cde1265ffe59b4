// The parts of the experiment: what the graph says, what training does, how good the guesses are.
#pragma once

#include "examples/common/figure.hpp"
#include "examples/common/report.hpp"
#include "network.hpp"

namespace synthetic_gradients {

/// No gradient comes down but the guess; the first updates; a head whose gradient is linear. Row 30.
void nothing_leaks(common::Report& report);
void news_travels_down(common::Report& report);
void linear_may_be_exact(common::Report& report);
/// Pictures of a decoupled step and of an ordinary one.
void draw_steps(common::Report& report);
/// Four ways to train, three seeds, three and six hidden layers. Row 30.
void learning_curves(common::Report& report);

}  // namespace synthetic_gradients
