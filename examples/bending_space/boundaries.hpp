// Moons, circles, spirals: boundaries of a linear network and of tanh networks (claim 23).
#pragma once

#include "examples/common/report.hpp"

namespace bending_space {

void boundaries(common::Report& report);

}  // namespace bending_space
