// xgrad's side of the benchmarks: the workloads of problem.hpp, in each mode there is.
#pragma once

#include <vector>

#include "worker.hpp"

namespace bench {

/// Mode "eager": a fresh tape every iteration; "replay": planned once.
std::vector<Workload> workloads();
/// Of images: workloads_lenet.cpp.
std::vector<Workload> lenet_workloads();

}  // namespace bench
