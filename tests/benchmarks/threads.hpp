// What several threads gain.
#pragma once

#include <vector>

#include "table.hpp"

namespace bench {

/// Appends a row for each of some workloads: its time on all cores over its time on one thread, in pairs. Nothing where
/// there is one core only.
void threads_rows(bool quick, std::vector<Row>& rows);

}  // namespace bench
