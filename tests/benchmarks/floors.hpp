// The floors that stand in files of their own.
#pragma once

#include <vector>

#include "worker.hpp"

namespace bench {

std::vector<Workload> attention_floors();
std::vector<Workload> lenet_floors();
std::vector<Workload> lstm_floors();

}  // namespace bench
