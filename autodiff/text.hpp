// Numbers as text, for dumps and messages.
#pragma once

#include <string>

namespace xgrad {

/// A number in the shortest form that reads back as the same one: "0.5", "1e-06", "inf".
std::string number_text(double value);

}  // namespace xgrad
