// The figure of the error functions, drawn by gnuplot from values that the library's ops computed.
#pragma once

#include <string>

namespace demo {

/// Writes losses.csv into `folder` and draws it as losses.svg; returns the SVG text.
/// @throws xgrad::DataError if a file cannot be written or gnuplot fails.
std::string draw_losses(const std::string& folder);

}  // namespace demo
