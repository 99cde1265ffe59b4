// The figure of the error functions, drawn by gnuplot from values that the library's ops computed.
#pragma once

#include <string>

#include "examples/common/figure.hpp"

namespace demo {

/// Writes losses.csv into `folder` and draws it as losses.svg and losses-dark.svg.
/// @throws xgrad::DataError if a file cannot be written or gnuplot fails.
common::Figure draw_losses(const std::string& folder);

}  // namespace demo
