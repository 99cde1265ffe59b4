// Four output layers on one data set: what the output activation decides (claim 2).
#pragma once

#include "examples/common/report.hpp"

namespace relu_neuron {

/// Trains sigmoid + cross-entropy, ReLU + hinge, linear + hinge, linear + logistic loss on two separable blobs; draws them.
void four_heads(common::Report& report);

}  // namespace relu_neuron
