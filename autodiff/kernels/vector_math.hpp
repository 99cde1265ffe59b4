// Scalar mathematics that the compiler may vectorise inside a loop, and that keeps NaN and infinities.
#pragma once

#include <cmath>

// With these declarations g++ turns a call inside a simd loop into a call of glibc's libmvec (4 ulp), without
// -ffast-math. The loop's scalar remainder still calls libm and may differ in the last bit: run whole vectors.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35)
#define XGRAD_VECTOR_LIBM 1
#define XGRAD_SIMD __attribute__((simd("notinbranch"), const, nothrow))
extern "C" {
XGRAD_SIMD float expf(float) noexcept;
XGRAD_SIMD double exp(double) noexcept;
XGRAD_SIMD float logf(float) noexcept;
XGRAD_SIMD double log(double) noexcept;
XGRAD_SIMD float log1pf(float) noexcept;
XGRAD_SIMD double log1p(double) noexcept;
XGRAD_SIMD float expm1f(float) noexcept;
XGRAD_SIMD double expm1(double) noexcept;
XGRAD_SIMD float tanhf(float) noexcept;
XGRAD_SIMD double tanh(double) noexcept;
XGRAD_SIMD float sinf(float) noexcept;
XGRAD_SIMD double sin(double) noexcept;
XGRAD_SIMD float cosf(float) noexcept;
XGRAD_SIMD double cos(double) noexcept;
XGRAD_SIMD float powf(float, float) noexcept;
XGRAD_SIMD double pow(double, double) noexcept;
XGRAD_SIMD float erff(float) noexcept;
XGRAD_SIMD double erf(double) noexcept;
XGRAD_SIMD float tanf(float) noexcept;
XGRAD_SIMD double tan(double) noexcept;
XGRAD_SIMD float asinf(float) noexcept;
XGRAD_SIMD double asin(double) noexcept;
XGRAD_SIMD float acosf(float) noexcept;
XGRAD_SIMD double acos(double) noexcept;
XGRAD_SIMD float atanf(float) noexcept;
XGRAD_SIMD double atan(double) noexcept;
XGRAD_SIMD float sinhf(float) noexcept;
XGRAD_SIMD double sinh(double) noexcept;
XGRAD_SIMD float coshf(float) noexcept;
XGRAD_SIMD double cosh(double) noexcept;
XGRAD_SIMD float asinhf(float) noexcept;
XGRAD_SIMD double asinh(double) noexcept;
XGRAD_SIMD float acoshf(float) noexcept;
XGRAD_SIMD double acosh(double) noexcept;
XGRAD_SIMD float atanhf(float) noexcept;
XGRAD_SIMD double atanh(double) noexcept;
XGRAD_SIMD float erfcf(float) noexcept;
XGRAD_SIMD double erfc(double) noexcept;
XGRAD_SIMD float log2f(float) noexcept;
XGRAD_SIMD double log2(double) noexcept;
XGRAD_SIMD float log10f(float) noexcept;
XGRAD_SIMD double log10(double) noexcept;
XGRAD_SIMD float cbrtf(float) noexcept;
XGRAD_SIMD double cbrt(double) noexcept;
XGRAD_SIMD float exp2f(float) noexcept;
XGRAD_SIMD double exp2(double) noexcept;
XGRAD_SIMD float atan2f(float, float) noexcept;
XGRAD_SIMD double atan2(double, double) noexcept;
XGRAD_SIMD float hypotf(float, float) noexcept;
XGRAD_SIMD double hypot(double, double) noexcept;
}
#undef XGRAD_SIMD
#endif
#endif

namespace xgrad::kernels::vm {

inline float exp(float x) { return ::expf(x); }
inline double exp(double x) { return ::exp(x); }
inline float log(float x) { return ::logf(x); }
inline double log(double x) { return ::log(x); }
inline float log1p(float x) { return ::log1pf(x); }
inline double log1p(double x) { return ::log1p(x); }
inline float expm1(float x) { return ::expm1f(x); }
inline double expm1(double x) { return ::expm1(x); }
inline float tanh(float x) { return ::tanhf(x); }
inline double tanh(double x) { return ::tanh(x); }
inline float sin(float x) { return ::sinf(x); }
inline double sin(double x) { return ::sin(x); }
inline float cos(float x) { return ::cosf(x); }
inline double cos(double x) { return ::cos(x); }
inline float pow(float x, float y) { return ::powf(x, y); }
inline double pow(double x, double y) { return ::pow(x, y); }
inline float erf(float x) { return ::erff(x); }
inline double erf(double x) { return ::erf(x); }
inline float tan(float x) { return ::tanf(x); }
inline double tan(double x) { return ::tan(x); }
inline float asin(float x) { return ::asinf(x); }
inline double asin(double x) { return ::asin(x); }
inline float acos(float x) { return ::acosf(x); }
inline double acos(double x) { return ::acos(x); }
inline float atan(float x) { return ::atanf(x); }
inline double atan(double x) { return ::atan(x); }
inline float sinh(float x) { return ::sinhf(x); }
inline double sinh(double x) { return ::sinh(x); }
inline float cosh(float x) { return ::coshf(x); }
inline double cosh(double x) { return ::cosh(x); }
inline float asinh(float x) { return ::asinhf(x); }
inline double asinh(double x) { return ::asinh(x); }
inline float acosh(float x) { return ::acoshf(x); }
inline double acosh(double x) { return ::acosh(x); }
inline float atanh(float x) { return ::atanhf(x); }
inline double atanh(double x) { return ::atanh(x); }
inline float erfc(float x) { return ::erfcf(x); }
inline double erfc(double x) { return ::erfc(x); }
inline float log2(float x) { return ::log2f(x); }
inline double log2(double x) { return ::log2(x); }
inline float log10(float x) { return ::log10f(x); }
inline double log10(double x) { return ::log10(x); }
inline float cbrt(float x) { return ::cbrtf(x); }
inline double cbrt(double x) { return ::cbrt(x); }
inline float exp2(float x) { return ::exp2f(x); }
inline double exp2(double x) { return ::exp2(x); }
inline float atan2(float x, float y) { return ::atan2f(x, y); }
inline double atan2(double x, double y) { return ::atan2(x, y); }
inline float hypot(float x, float y) { return ::hypotf(x, y); }
inline double hypot(double x, double y) { return ::hypot(x, y); }
inline float ceil(float x) { return __builtin_ceilf(x); }
inline double ceil(double x) { return __builtin_ceil(x); }
inline float floor(float x) { return __builtin_floorf(x); }
inline double floor(double x) { return __builtin_floor(x); }
inline float trunc(float x) { return __builtin_truncf(x); }
inline double trunc(double x) { return __builtin_trunc(x); }
inline float fmod(float x, float y) { return ::fmodf(x, y); }
inline double fmod(double x, double y) { return ::fmod(x, y); }
inline float rint(float x) { return __builtin_rintf(x); }
inline double rint(double x) { return __builtin_rint(x); }
inline float sqrt(float x) { return __builtin_sqrtf(x); }
inline double sqrt(double x) { return __builtin_sqrt(x); }
inline float abs(float x) { return __builtin_fabsf(x); }
inline double abs(double x) { return __builtin_fabs(x); }

/// `condition ? yes : no`, both sides evaluated, so that a loop over it vectorises.
template <class T>
inline T select(bool condition, T yes, T no)
{
    return condition ? yes : no;
}

/// The larger of two numbers; NaN if either is NaN (std::max and fmax swallow one).
template <class T>
inline T max(T x, T y)
{
    return ((x > y) | (x != x)) ? x : y;
}

/// The smaller of two numbers; NaN if either is NaN.
template <class T>
inline T min(T x, T y)
{
    return ((x < y) | (x != x)) ? x : y;
}

}  // namespace xgrad::kernels::vm
