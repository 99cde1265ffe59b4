// New arrays on the tape of another one: of one value, of numbers in order, of random numbers. Included by ops.hpp.
#pragma once

#include <cstdint>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- making arrays

/// An array of one value on the tape of `like`, in its element type.
Variable full(Variable like, const Shape& shape, double value);
Variable zeros_like(Variable x);
Variable ones_like(Variable x);
/// 0, 1, ..., n - 1 on the tape of `like`.
Variable arange(Variable like, std::int64_t n, DType dtype = DType::int64);
/// The n x n identity on the tape of `like`, in its element type.
Variable eye(Variable like, std::int64_t n);

// ---------------------------------------------------------------- random numbers
// On the tape of `like`, in its element type, from the tape's generator. A value depends on seed, stream and element
// alone, so that the backward pass and a recomputation see the numbers that were drawn.

Variable random_uniform(Variable like, const Shape& shape, double low = 0, double high = 1);
Variable random_normal(Variable like, const Shape& shape, double mean = 0, double deviation = 1);
/// While training: each element is 0 with probability p, else scaled by 1 / (1 - p). Else x itself.
/// @throws ValueError unless 0 <= p < 1.
Variable dropout(Variable x, double p);

}  // namespace xgrad
