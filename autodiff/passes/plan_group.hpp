// The plan of one group: its instructions, and where what they read and make lies. Internal.
#pragma once

#include "autodiff/passes/plan_values.hpp"

namespace xgrad::detail {

/// Adds the group's step to the plan.
void add_group(PlanValues& values, std::uint32_t group, std::uint32_t step);

}  // namespace xgrad::detail
