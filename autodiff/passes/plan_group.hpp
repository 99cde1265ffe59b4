// The plan of one group: its instructions, and where what they read and make lies. Internal.
#pragma once

#include <memory>

#include "autodiff/passes/plan_values.hpp"

namespace xgrad::detail {

/// Plans groups one after the other.
class GroupPlans {
  public:
    explicit GroupPlans(PlanValues& values);
    ~GroupPlans();
    /// Adds the group's step to the plan.
    void add(std::uint32_t group, std::uint32_t step);

  private:
    struct Planner;
    std::unique_ptr<Planner> planner_;
};

}  // namespace xgrad::detail
