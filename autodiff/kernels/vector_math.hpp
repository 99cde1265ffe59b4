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
