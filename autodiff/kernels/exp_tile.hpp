// Private to softmax: exp(x - m) of a short run, in whole vectors.
#pragma once

#include <cstdint>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/vector_math.hpp"

namespace xgrad::kernels {

// exp runs on multiples of this many elements: the vector exp and the scalar exp of a loop's remainder differ in the
// last bit, and an element's bits must not depend on its place.
inline constexpr std::int64_t exp_vector = 16;
/// The longest run.
inline constexpr std::int64_t exp_run = 256;

template <class T>
struct ExpTile {
    alignas(64) T at[exp_run];
};

/// Below this the result is taken as 0: the vector exp is slow where it underflows (masked attention is full of
/// such entries), and beside a largest term of 1 it cannot matter.
template <class T>
inline constexpr T exp_least = sizeof(T) == 4 ? T(-87.3) : T(-708.3);

/// What to put into a tile for exp(x), x <= 0. It must be stored before exp_tile reads it: in one loop with the exp,
/// g++ sees that the exp of a bounded element is not needed, and drops the bound.
template <class T>
XGRAD_INLINE T exp_bound(T x)
{
    return x < exp_least<T> ? exp_least<T> : x;
}

/// t[i] = exp(t[i]) for i < n <= exp_run, every t[i] from exp_bound; whole vectors are written, with zeros after n.
/// Returns the sum.
template <class T>
XGRAD_INLINE T exp_tile(ExpTile<T>& t, std::int64_t n)
{
    const std::int64_t whole = (n + exp_vector - 1) / exp_vector * exp_vector;
    for (std::int64_t i = n; i < whole; ++i) t.at[i] = exp_least<T>;
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < whole; ++i) {
        const T e = vm::exp(t.at[i]);
        t.at[i] = t.at[i] <= exp_least<T> ? T(0) : e;
        sum += t.at[i];
    }
    return sum;
}

}  // namespace xgrad::kernels
