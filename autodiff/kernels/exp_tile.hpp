// Private to softmax: e^x for x <= 0, inlined into its loops.
#pragma once

#include <bit>
#include <cstdint>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/vector_math.hpp"

namespace xgrad::kernels {

// exp runs on multiples of this many elements: an element's bits must not depend on whether it is in a whole vector or
// in a loop's remainder, which the compiler may contract differently.
inline constexpr std::int64_t exp_vector = 16;
/// The longest run.
inline constexpr std::int64_t exp_run = 256;

template <class T>
struct ExpTile {
    alignas(64) T at[exp_run];
};

/// Below this the result is 0: beside a largest term of 1 it cannot matter, and nothing subnormal comes out.
template <class T>
inline constexpr T exp_least = sizeof(T) == 4 ? T(-87.3) : T(-708.3);

// Beside a call of the vector exp every running sum would go through memory, sixteen elements at a time; and softmax
// needs only x <= 0. e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln(2) / 2; e^r = 1 + r + r^2 q(r) with q
// interpolated at Chebyshev's points (relative error 1e-8 and 2e-17).

/// e^x for x <= 0; 0 below exp_least, NaN for NaN. Within 1.5 ulp.
XGRAD_INLINE float exp_negative(float x)
{
    constexpr float round = 0x1.8p23f;  // what is added to it is rounded to an integer, in its lowest bits
    const float shifted = x * 1.44269504f + round, n = shifted - round;
    const float r = (x - n * 0.693145751953125f) - n * 1.42860682e-6f;
    float q = 0.00139261910562421376f;
    q = q * r + 0.00836318503153322381f;
    q = q * r + 0.0416665545723451375f;
    q = q * r + 0.166665769537887704f;
    q = q * r + 0.5f;
    const float mantissa = (r * r) * q + r + 1.0f;
    const float power = std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127u) << 23);
    const float e = mantissa * power;
    return x < exp_least<float> ? 0.0f : e;
}
XGRAD_INLINE double exp_negative(double x)
{
    constexpr double round = 0x1.8p52;
    const double shifted = x * 1.4426950408889634 + round, n = shifted - round;
    const double r = (x - n * 0x1.62e42feep-1) - n * 1.908214929270587816e-10;
    double q = 2.5100395159429244e-8;
    q = q * r + 2.76201010120980002e-7;
    q = q * r + 2.75572684396780024e-6;
    q = q * r + 0.0000248015212695321211;
    q = q * r + 0.00019841269863066695;
    q = q * r + 0.00138888889172307232;
    q = q * r + 0.00833333333333005921;
    q = q * r + 0.0416666666666240938;
    q = q * r + 0.166666666666666675;
    q = q * r + 0.500000000000000102;
    const double mantissa = (r * r) * q + r + 1.0;
    const double power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + 1023u) << 52);
    const double e = mantissa * power;
    return x < exp_least<double> ? 0.0 : e;
}

/// Sum of exp(x[i] - m) over n elements, none of them above m; the terms go to y if `store` (x may be y).
template <bool store, class T>
XGRAD_INLINE T exp_sum(const T* x, T m, T* y, std::int64_t n)
{
    // Independent sums hide the latency of an addition; they are added up in double every so often.
    constexpr std::int64_t lanes = 4 * exp_vector, chunk = 128 * lanes;
    double total = 0;
    std::int64_t i = 0;
    do {
        alignas(64) T part[lanes] = {};
        const std::int64_t end = n - i < chunk ? n : i + chunk;
        for (; i + lanes <= end; i += lanes)
#pragma omp simd
            for (std::int64_t j = 0; j < lanes; ++j) {
                const T e = exp_negative(x[i + j] - m);
                if constexpr (store) y[i + j] = e;
                part[j] += e;
            }
        // What is left of the row, in whole vectors.
        if (i < end) {
            const std::int64_t rest = end - i, whole = (rest + exp_vector - 1) / exp_vector * exp_vector;
            alignas(64) T tail[lanes];
            for (std::int64_t j = 0; j < rest; ++j) tail[j] = x[i + j] - m;
            for (std::int64_t j = rest; j < whole; ++j) tail[j] = T(2) * exp_least<T>;
            for (std::int64_t k = 0; k < whole; k += exp_vector)
#pragma omp simd
                for (std::int64_t j = 0; j < exp_vector; ++j) {
                    const T e = exp_negative(tail[k + j]);
                    tail[k + j] = e;
                    part[j] += e;
                }
            if constexpr (store)
                for (std::int64_t j = 0; j < rest; ++j) y[i + j] = tail[j];
            i = end;
        }
        T sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t j = 0; j < lanes; ++j) sum += part[j];
        total += double(sum);
    } while (i < n);
    return T(total);
}

/// t[i] = exp(t[i]) for i < n <= exp_run, every t[i] <= 0; whole vectors are written, with zeros after n.
template <class T>
XGRAD_INLINE void exp_tile(ExpTile<T>& t, std::int64_t n)
{
    const std::int64_t whole = (n + exp_vector - 1) / exp_vector * exp_vector;
    for (std::int64_t i = n; i < whole; ++i) t.at[i] = T(2) * exp_least<T>;
#pragma omp simd
    for (std::int64_t i = 0; i < whole; ++i) t.at[i] = exp_negative(t.at[i]);
}

}  // namespace xgrad::kernels
