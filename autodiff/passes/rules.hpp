// The library's own rules, by subject. Internal.
#pragma once

#include <vector>

#include "xgrad/autodiff/rewrite.hpp"

namespace xgrad::detail {

void add_identities(std::vector<Rule>& rules);
void add_shape_rules(std::vector<Rule>& rules);
void add_stable_rules(std::vector<Rule>& rules);

}  // namespace xgrad::detail
