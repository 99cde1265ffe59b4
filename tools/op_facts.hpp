// What the registry says about an op, in the form that listings need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xgrad/autodiff/op.hpp"

namespace xgrad::tools {

/// The element types that an op's inputs may have, found out by calling its first sample with each of them. (An input that
/// must have one type, such as labels, keeps it.) Of a fused derivative: those of its op.
std::vector<DType> dtypes_of(const Op& op);

/// Names of the traits that are set, such as "elementwise" and "linear in x".
std::vector<std::string> traits_of(const Op& op);

/// "tanh(x)", "where(mask, x, y)": the op as it is called, with the names that messages give its inputs.
std::string call_of(const Op& op);

/// What the row declares; where that depends on options of the function, for their defaults.
Traits usual_traits(const Op& op);

/// "[-1, 1]", with rounded bounds and open ends at infinity; empty if any number may come out.
std::string range_of(const Op& op);

/// "C1, increasing": order of continuity and monotonicity; empty if they are not declared.
std::string shape_of(const Op& op);

/// The ops to list: those that a user can call, or all rows; only those whose names contain `pattern`.
std::vector<const Op*> chosen_ops(std::string_view pattern, bool all);

}  // namespace xgrad::tools
