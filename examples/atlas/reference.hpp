// The same functions once more, to 50 digits: closed formulas for f and f', written without a look at the library's.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace atlas {

/// f and f' of the function of that name at each x, rounded to double from 50 digits; infinite where they are larger than a
/// double can be. At kinks f' is what the row says. @throws std::out_of_range if there is none of that name.
std::array<std::vector<double>, 2> reference(const std::string& name, const std::vector<double>& x);

/// Over several inputs: softmax, log_softmax, glu of a vector, by the definition.
std::vector<double> reference_of_vector(const std::string& name, const std::vector<double>& x);

}  // namespace atlas
