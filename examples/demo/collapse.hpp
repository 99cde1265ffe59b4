// The second half of the demo: linear layers that collapse, and a ReLU that stops them.
#pragma once

#include <string>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

namespace demo {

/// A stack of layers before and after the collapse.
struct Collapse {
    xgrad::Certificate certificate;
    double accuracy_before = 0, accuracy_after = 0;  ///< on the test part
    double largest_difference = 0;                   ///< of the two models' outputs on the test part
};

/// Trains three linear layers and an affine activation, with or without a ReLU in between, and collapses them.
Collapse collapse_layers(const xgrad::nn::Split& data, bool with_relu);

}  // namespace demo
