// The figure of the error functions, drawn by gnuplot from values that the library's ops computed.
#pragma once

#include <string>

namespace demo {

/// One figure for light and one for dark paper, as SVG text.
struct Figure {
    std::string light, dark;
};

/// Writes losses.csv into `folder` and draws it as losses.svg and losses-dark.svg.
/// @throws xgrad::DataError if a file cannot be written or gnuplot fails.
Figure draw_losses(const std::string& folder);

}  // namespace demo
