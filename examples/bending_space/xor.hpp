// XOR: without activations depth buys nothing (claim 16).
#pragma once

#include "examples/common/report.hpp"

namespace bending_space {

/// A deep linear network and a 2-4-1 tanh network on XOR; what the hidden layer does to the plane.
void exclusive_or(common::Report& report);

}  // namespace bending_space
