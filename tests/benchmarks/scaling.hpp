// Curves: how cost grows with the length of a tape, the depth of a network and the size of a batch.
#pragma once

#include <string>
#include <vector>

#include "table.hpp"

namespace bench {

/// Measures the curves (each point in a process of its own), writes FOLDER/scaling_tape.csv, scaling_depth.csv and
/// scaling_batch.csv, and appends rows with the fitted exponents and, for the tape, how far the cost of a node varies.
void scaling_rows(bool quick, const std::string& folder, std::vector<Row>& rows);

}  // namespace bench
