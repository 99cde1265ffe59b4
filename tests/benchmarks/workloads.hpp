// xgrad's side of the benchmarks: the workloads of problem.hpp, in each mode there is.
#pragma once

#include <vector>

#include "worker.hpp"

namespace bench {

/// Mode "eager": a fresh tape every iteration; "replay": planned once.
std::vector<Workload> workloads();

// The parts of it that stand in files of their own.
std::vector<Workload> attention_workloads();
std::vector<Workload> lenet_workloads();
std::vector<Workload> lstm_workloads();

}  // namespace bench
