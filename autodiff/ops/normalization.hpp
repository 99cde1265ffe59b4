// What functions that normalise have in common: operands and refusals. Internal.
#pragma once

#include <string>

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/normalization.hpp"

namespace xgrad::detail {

/// "batch_norm in encoder.norm": the function and the module that is open.
std::string caller(const char* function, Variable x);

/// Refuses a negative epsilon and NaN. @throws ValueError
void check_epsilon(const std::string& who, double epsilon);

/// Refuses an operand of another type, or of another shape than [the length of x's axis]. One that is not set is let pass.
/// @throws DtypeError, ShapeError
void check_beside(const std::string& who, Variable x, std::size_t axis, const char* name, Variable operand);

/// The same for x [N, C] or [N, C, ...] with weight and bias [C].
void check_channels(const std::string& who, const NormOperands& in);

/// An array [C] as [C, 1, ...], to be broadcast against x [N, C, ...].
Variable along_channels(Variable of_channels, Variable x);

/// x scale + shift, [C] each: an op of its own.
Variable scale_channels(Variable x, Variable scale, Variable shift);
void scale_channels_rows();

/// y times the weight plus the bias, [C] each, where they are set.
Variable scaled(Variable y, const NormOperands& in);

}  // namespace xgrad::detail
