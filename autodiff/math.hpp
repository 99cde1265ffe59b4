// Elementwise mathematics: trigonometric and hyperbolic functions and their inverses, special functions, rounding.
// Included by ops.hpp.
#pragma once

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- trigonometric and hyperbolic, angles in radians

Variable tan(Variable x);   ///< tangent; d/dx = 1 + tan(x)^2
Variable asin(Variable x);  ///< inverse sine, in [-pi/2, pi/2]; NaN outside [-1, 1]; d/dx = 1 / sqrt(1 - x^2)
Variable acos(Variable x);  ///< inverse cosine, in [0, pi]; NaN outside [-1, 1]; d/dx = -1 / sqrt(1 - x^2)
Variable atan(Variable x);  ///< inverse tangent, in (-pi/2, pi/2); d/dx = 1 / (1 + x^2)
Variable sinh(Variable x);  ///< (e^x - e^-x) / 2; d/dx = cosh x
Variable cosh(Variable x);  ///< (e^x + e^-x) / 2; d/dx = sinh x
Variable asinh(Variable x);  ///< inverse of sinh; d/dx = 1 / sqrt(x^2 + 1)
Variable acosh(Variable x);  ///< inverse of cosh, from 0 on; NaN below 1; d/dx = 1 / sqrt(x^2 - 1)
Variable atanh(Variable x);  ///< inverse of tanh; NaN outside [-1, 1]; d/dx = 1 / (1 - x^2)

// ---------------------------------------------------------------- powers and logarithms

Variable reciprocal(Variable x);  ///< 1 / x; d/dx = -1 / x^2
Variable rsqrt(Variable x);       ///< 1 / sqrt(x); d/dx = -x^(-3/2) / 2
Variable log2(Variable x);        ///< logarithm to base 2; d/dx = 1 / (x ln 2)
Variable log10(Variable x);       ///< logarithm to base 10; d/dx = 1 / (x ln 10)

// ---------------------------------------------------------------- special functions

Variable erfc(Variable x);     ///< 1 - erf(x), exact in its tail; d/dx = -2 / sqrt(pi) e^(-x^2)
Variable lgamma(Variable x);   ///< ln |Gamma(x)|; infinite at 0, -1, -2, ...; d/dx = digamma(x)
Variable digamma(Variable x);  ///< the derivative of lgamma; NaN at -1, -2, ..., infinite at 0
/// The n-th derivative of digamma, n = 0 (digamma itself), 1 (trigamma), 2, ... At 0, -1, -2, ... it is +inf for
/// odd n, -inf for even n. @throws ValueError if n < 0.
Variable polygamma(int n, Variable x);

// ---------------------------------------------------------------- rounding: derivative 0 everywhere

Variable floor(Variable x);  ///< the largest whole number that is not above x
Variable ceil(Variable x);   ///< the smallest whole number that is not below x
Variable trunc(Variable x);  ///< x without its fraction
Variable round(
    Variable x);  ///< the nearest whole number, halves to the even one (NumPy, PyTorch; std::round differs)

// ---------------------------------------------------------------- masks; no gradient

Variable isnan(Variable x);     ///< true where x is NaN
Variable isinf(Variable x);     ///< true where x is +inf or -inf
Variable isfinite(Variable x);  ///< true where x is neither infinite nor NaN

}  // namespace xgrad
