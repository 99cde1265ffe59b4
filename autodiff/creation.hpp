// New arrays on the tape of another one: of one value, of numbers in order, of random numbers. Included by ops.hpp.
#pragma once

#include <cstdint>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- making arrays

/// An array of one value on the tape of `like`, in its element type.
Variable full(Variable like, const Shape& shape, double value);
/// An array like x, filled with `value`.
Variable full_like(Variable x, double value);
/// Zeros in the shape and the type of x.
Variable zeros_like(Variable x);
/// Ones in the shape and the type of x.
Variable ones_like(Variable x);
/// Zeros, ones on the tape of `like`, in its element type.
Variable zeros(Variable like, const Shape& shape);
/// Ones, on the tape of `like` and of its type.
Variable ones(Variable like, const Shape& shape);
/// 0, 1, ..., n - 1 on the tape of `like`.
Variable arange(Variable like, std::int64_t n, DType dtype = DType::int64);
/// start, start + step, ... before `stop` on the tape of `like`, in its element type. @throws ValueError for step 0
Variable arange(Variable like, double start, double stop, double step = 1);
/// n numbers from `first` to `last`, both included, on the tape of `like` and in its element type.
/// @throws DtypeError unless that is float32 or float64.
Variable linspace(Variable like, double first, double last, std::int64_t n);
/// The n x n identity on the tape of `like`, in its element type.
Variable eye(Variable like, std::int64_t n);
/// n x m, with 1 on the k-th diagonal.
Variable eye(Variable like, std::int64_t n, std::int64_t m, std::int64_t k = 0);

// ---------------------------------------------------------------- random numbers
// On the tape of `like`, in its element type, from the tape's generator. A value depends on seed, stream and element
// alone, so that the backward pass and a recomputation see the numbers that were drawn.

/// Random numbers between `low` and `high`, of like's type, drawn by the generator of its tape.
Variable random_uniform(Variable like, const Shape& shape, double low = 0, double high = 1);
/// Normally distributed random numbers, likewise.
Variable random_normal(Variable like, const Shape& shape, double mean = 0, double deviation = 1);
/// While training: each element is 0 with probability p, else scaled by 1 / (1 - p). Else x itself.
/// @throws ValueError unless 0 <= p < 1.
Variable dropout(Variable x, double p);

}  // namespace xgrad
