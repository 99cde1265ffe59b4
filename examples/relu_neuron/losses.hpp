// The losses as functions: hinge and ReLU, the logistic loss, the smooth hinge, the figure of all (claims 3, 4, 6, 8, 9).
#pragma once

#include "examples/common/report.hpp"

namespace relu_neuron {

void hinge_is_a_relu(common::Report& report);
void the_stable_loss(common::Report& report);
void the_smooth_hinge(common::Report& report);
void side_by_side(common::Report& report);
/// The sigmoid moves into the loss, by a rewrite of the graph; pictures before and after (claim 7).
void the_sigmoid_moves(common::Report& report);

}  // namespace relu_neuron
