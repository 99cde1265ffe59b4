// From a simplified graph to the steps of a run. Internal.
#pragma once

#include "autodiff/plan.hpp"

namespace xgrad::detail {

/// Fills in everything of the plan but its report's passes. The graph is the plan's from now on.
void make_plan(Plan& plan, Graph graph);

}  // namespace xgrad::detail
