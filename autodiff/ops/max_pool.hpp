// The way back from maxima of windows to where they were found. Internal.
#pragma once

#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// Each g at the place of its index within its plane of an array of that shape ([N, C, L] or [N, C, H, W]), 0 elsewhere.
Variable back_to_places(Variable g, Variable index, Dims shape);

}  // namespace xgrad::detail
