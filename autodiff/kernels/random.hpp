// Counter-based random numbers: an element is a function of key, stream and index, and of nothing else.
#pragma once

#include <array>
#include <cstdint>

namespace xgrad::kernels {

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

// The kernels below write elements first .. first + n of the sequence named by (key, stream), so that a sequence can
// be drawn in pieces. T is float or double. Uniform values are the same bits on every machine, normal ones are not.

/// Uniform on [0, 1): 24 random bits for float, 53 for double.
template <class T>
void uniform(T* out, std::int64_t n, std::uint64_t key, std::uint64_t stream, std::int64_t first = 0);

/// Standard normal, by Box and Muller; always finite (|z| < 6.7 for float, 8.7 for double).
template <class T>
void normal(T* out, std::int64_t n, std::uint64_t key, std::uint64_t stream, std::int64_t first = 0);

/// 1 / keep with probability keep, else 0 (keep in [0, 1]): what dropout multiplies by.
template <class T>
void dropout_mask(T* out, std::int64_t n, double keep, std::uint64_t key, std::uint64_t stream,
                  std::int64_t first = 0);

/// Uniform integers in [low, high), high > low; the bias is below (high - low) / 2^64.
void randint(std::int64_t* out, std::int64_t n, std::int64_t low, std::int64_t high, std::uint64_t key,
             std::uint64_t stream, std::int64_t first = 0);

/// A uniformly drawn order of 0 .. n-1 (Fisher-Yates).
void permutation(std::int64_t* out, std::int64_t n, std::uint64_t key, std::uint64_t stream);

}  // namespace xgrad::kernels
