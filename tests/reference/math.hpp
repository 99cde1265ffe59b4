// What the trigonometric, hyperbolic and special functions and the activations are meant to compute.
#pragma once

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>

#include "elementwise.hpp"

namespace reference {

inline bool is_pole(Real x) { return x <= 0 && x == std::trunc(x); }
inline Real digamma(Real x)
{
    if (x == 0) return std::copysign(inf, -x);
    if (is_pole(x) || std::isnan(x)) return nan;
    return x == inf ? inf : boost::math::digamma(x);
}
inline Real polygamma(int n, Real x)
{
    if (std::isnan(x) || x == -inf) return nan;
    if (x == inf) return 0;
    if (is_pole(x)) return n % 2 ? inf : -inf;
    return boost::math::polygamma(n, x);
}
// Python's % and // for floats: the rest has the sign of y.
inline Real remainder(Real x, Real y)
{
    const Real r = std::fmod(x, y);
    return r != 0 && std::signbit(r) != std::signbit(y) ? r + y : r;
}
inline Real floor_divide(Real x, Real y)
{
    if (y == 0) return x / y;
    if (std::isinf(x) || std::isnan(x) || std::isnan(y)) return nan;
    if (std::isinf(y)) return x != 0 && std::signbit(x) != std::signbit(y) ? -1 : 0;
    return std::floor(x / y);
}
inline Real clip(Real x, Real low, Real high) { return smaller(larger(x, low), high); }
inline Real expm1_if_negative(Real x) { return x > 0 ? x : std::expm1(x); }

/// A row with the attributes a and b, as numbers of the element type.
template <class F>
constexpr Function with_attributes(F)
{
    static_assert(std::is_empty_v<F>);
    return [](const Call& c) {
        const Real a = rounded(c, c.a), b = rounded(c, c.b);
        return each(c, [&](Real x) { return F{}(x, a, b); });
    };
}

inline const Rows math_rows = {
    {"tan", elementwise([](Real x) { return std::tan(x); })},
    {"asin", elementwise([](Real x) { return std::asin(x); })},
    {"acos", elementwise([](Real x) { return std::acos(x); })},
    {"atan", elementwise([](Real x) { return std::atan(x); })},
    {"sinh", elementwise([](Real x) { return std::sinh(x); })},
    {"cosh", elementwise([](Real x) { return std::cosh(x); })},
    {"asinh", elementwise([](Real x) { return std::asinh(x); })},
    {"acosh", elementwise([](Real x) { return std::acosh(x); })},
    {"atanh", elementwise([](Real x) { return std::atanh(x); })},
    {"atan2", elementwise([](Real y, Real x) { return std::atan2(y, x); })},
    {"hypot", elementwise([](Real x, Real y) { return std::hypot(x, y); })},
    {"reciprocal", elementwise([](Real x) { return 1 / x; })},
    {"rsqrt", elementwise([](Real x) { return 1 / std::sqrt(x); })},
    {"log2", elementwise([](Real x) { return std::log2(x); })},
    {"log10", elementwise([](Real x) { return std::log10(x); })},
    {"erfc", elementwise([](Real x) { return std::erfc(x); })},
    {"lgamma", elementwise([](Real x) { return std::lgamma(x); })},
    {"digamma", elementwise([](Real x) { return digamma(x); })},
    {"polygamma", with_attributes([](Real x, Real n, Real) { return polygamma(static_cast<int>(n), x); })},
    {"floor", elementwise([](Real x) { return std::floor(x); })},
    {"ceil", elementwise([](Real x) { return std::ceil(x); })},
    {"trunc", elementwise([](Real x) { return std::trunc(x); })},
    {"round", elementwise([](Real x) { return std::nearbyint(x); })},
    {"cbrt", elementwise([](Real x) { return std::cbrt(x); })},
    {"exp2", elementwise([](Real x) { return std::exp2(x); })},
    {"remainder", elementwise([](Real x, Real y) { return remainder(x, y); })},
    {"floor_divide", elementwise([](Real x, Real y) { return floor_divide(x, y); })},
    {"fmod", elementwise([](Real x, Real y) { return std::fmod(x, y); })},
    {"logaddexp", elementwise([](Real x, Real y) {
         if (std::isnan(x) || std::isnan(y)) return nan;
         const Real most = std::max(x, y);
         return std::isinf(most) ? most : most + std::log1p(std::exp(-std::fabs(x - y)));
     })},
    {"isnan", elementwise([](Real x) { return std::isnan(x); })},
    {"isinf", elementwise([](Real x) { return std::isinf(x); })},
    {"isfinite", elementwise([](Real x) { return std::isfinite(x); })},
};

inline const Rows activation_rows = {
    {"leaky_relu", with_attributes([](Real x, Real a, Real) { return x > 0 ? x : a * x; })},
    {"prelu", elementwise([](Real x, Real w) { return x > 0 ? x : w * x; })},
    {"hardtanh", with_attributes([](Real x, Real a, Real b) { return clip(x, a, b); })},
    {"hardsigmoid", elementwise([](Real x) { return clip(x + 3, 0, 6) / 6; })},
    {"hardswish", elementwise([](Real x) { return x * (clip(x + 3, 0, 6) / 6); })},
    {"hardshrink", with_attributes([](Real x, Real a, Real) { return std::fabs(x) <= a ? 0 : x; })},
    {"softshrink", with_attributes([](Real x, Real a, Real) {
         return std::isnan(x) ? nan : x > a ? x - a : x < -a ? x + a : 0;
     })},
    {"threshold", with_attributes([](Real x, Real a, Real b) { return x <= a ? b : x; })},
    {"heaviside", with_attributes([](Real x, Real a, Real) {
         return std::isnan(x) ? nan : x == 0 ? a : Real(x > 0);
     })},
    {"elu", with_attributes([](Real x, Real a, Real) { return x > 0 ? x : a * std::expm1(x); })},
    {"celu", with_attributes([](Real x, Real a, Real) { return x > 0 ? x : a * std::expm1(x / a); })},
    {"selu", elementwise([](Real x) {
         return 1.05070098735548049342L * (x > 0 ? x : 1.67326324235437728482L * std::expm1(x));
     })},
    {"silu", elementwise([](Real x) { return x * sigmoid(x); })},
    {"mish", elementwise([](Real x) { return x * std::tanh(softplus(x)); })},
    {"logsigmoid", elementwise([](Real x) { return -softplus(-x); })},
    {"softsign", elementwise([](Real x) { return x / (1 + std::fabs(x)); })},
    {"tanhshrink", elementwise([](Real x) { return x - std::tanh(x); })},
    {"isru", with_attributes([](Real x, Real a, Real) {
         return std::isinf(x) ? std::copysign(1 / std::sqrt(a), x) : x / std::sqrt(1 + a * x * x);
     })},
    {"isrlu", with_attributes([](Real x, Real a, Real) {
         return !(x < 0) ? x : std::isinf(x) ? -1 / std::sqrt(a) : x / std::sqrt(1 + a * x * x);
     })},
    {"elish", elementwise([](Real x) { return (x < 0 ? std::expm1(x) : x) * sigmoid(x); })},
    {"sqnl", elementwise([](Real x) {
         return std::isnan(x) ? nan : std::fabs(x) > 2 ? std::copysign(Real(1), x) : x - x * std::fabs(x) / 4;
     })},
    {"cosine_squasher", elementwise([](Real x) {
         constexpr Real half_pi = 1.57079632679489661923L;
         return std::isnan(x)   ? nan
                : x <= -half_pi ? 0
                : x >= half_pi  ? 1
                                : std::pow(std::sin((x + half_pi) / 2), Real(2));
     })},
    {"bent_identity",
     elementwise([](Real x) { return x == -inf ? -inf : (std::hypot(x, Real(1)) - 1) / 2 + x; })},
    {"gaussian", elementwise([](Real x) { return std::exp(-x * x); })},
    {"sinc", elementwise([](Real x) { return x == 0 ? 1 : std::sin(x) / x; })},
};

}  // namespace reference
