// Elementwise functions of one variable: exponentials, the commonest activations, trigonometric and hyperbolic functions
// and their inverses, special functions, rounding.
// Included by ops.hpp.
#pragma once

#include <optional>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- the commonest

Variable neg(Variable x);       ///< -x
Variable exp(Variable x);       ///< e^x
Variable log(Variable x);       ///< natural logarithm; d/dx = 1 / x
Variable log1p(Variable x);     ///< ln(1 + x), exact near 0
Variable expm1(Variable x);     ///< e^x - 1, exact near 0
Variable sqrt(Variable x);      ///< square root; d/dx = 1 / (2 sqrt x)
Variable square(Variable x);    ///< x^2
Variable abs(Variable x);       ///< |x|; abs'(0) = 0
Variable sign(Variable x);      ///< -1, 0 or 1; derivative 0
Variable sin(Variable x);       ///< sine, x in radians; d/dx = cos x
Variable cos(Variable x);       ///< cosine, x in radians; d/dx = -sin x
Variable tanh(Variable x);      ///< hyperbolic tangent; d/dx = 1 - tanh(x)^2
Variable sigmoid(Variable x);   ///< 1 / (1 + e^-x); d/dx = s (1 - s)
Variable softplus(Variable x);  ///< ln(1 + e^x); d/dx = sigmoid(x)
Variable relu(Variable x);      ///< max(x, 0); relu'(0) = 0
Variable erf(Variable x);       ///< 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x
/// How gelu() is computed: by erf, or by tanh (PyTorch's `approximate`).
enum class Approximate { none, tanh };
/// x Phi(x) = x (1 + erf(x / sqrt 2)) / 2, or x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 (Hendrycks &
/// Gimpel 2016).
Variable gelu(Variable x, Approximate approximate = Approximate::none);
/// x limited to [low, high]; the gradient passes at the bounds. @throws ValueError if low > high.
Variable clamp(Variable x, double low, double high);
/// The same under NumPy's name.
Variable clip(Variable x, double low, double high);
/// NaN replaced by `nan`, infinities by `posinf` and `neginf`, or by the largest and the least number of the type where they
/// are absent. The gradient is 0 where something was replaced.
Variable nan_to_num(Variable x, double nan = 0, std::optional<double> posinf = {},
                    std::optional<double> neginf = {});
/// The values in another element type. The gradient is cast back; to int64 or bool there is none.
Variable cast(Variable x, DType dtype);
/// The same value, cut off from what it was computed from: its gradient is zero.
Variable detach(Variable x);

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
Variable cbrt(Variable x);        ///< cube root, of negative numbers too; d/dx = 1 / (3 y^2)
Variable exp2(Variable x);        ///< 2^x; d/dx = y ln 2
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
