// The workloads of libtorch's side that stand in files of their own.
#pragma once

#include <vector>

#include "worker.hpp"

namespace bench {

std::vector<Workload> attention_peers();
std::vector<Workload> lenet_peers();
std::vector<Workload> lstm_peers();

}  // namespace bench
