// Pictures of scalar graphs with their numbers. Internal.
#pragma once

#include "xgrad/autodiff/export/picture.hpp"

namespace xgrad::detail {

/// Value and gradient of y in each node, the local derivative on each arrow. @throws ValueError
Picture draw_values(Variable y, const DrawOptions& options);

}  // namespace xgrad::detail
