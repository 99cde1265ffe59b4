// xgrad's side of the benchmarks: the workloads of problem.hpp, in each mode there is.
#pragma once

#include <vector>

#include "worker.hpp"

namespace bench {

/// mode "eager": a fresh tape every iteration.
std::vector<Workload> eager_workloads();

}  // namespace bench
