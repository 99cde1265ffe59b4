// Sums over the channels of a batch [examples, channels, length], for kernels that are compiled for several instruction sets.
#pragma once

#include <algorithm>
#include <cstdint>

#include "autodiff/kernels/batch_norm.hpp"
#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/threads.hpp"

namespace xgrad::kernels {

/// Independent partial sums: enough chains to hide the latency of an addition at every vector width.
inline constexpr int lanes = 64;
/// Elements (of a lane in columns) that are added in T before the partial sums go into a double.
inline constexpr std::int64_t chunk = 8192, column_chunk = 128;
/// Channels shorter than this lie side by side in the lanes.
inline constexpr std::int64_t shortest_run = 32;

// ---------------------------------------------------------------- long channels: along each example's run

/// total[k] = sum of the k-th of `count` terms that f(at, terms) fills in, at the places of one channel, which starts at
/// `first` and goes on `stride` further in the next example.
template <int count, class T, class F>
XGRAD_INLINE void run_sums(BatchSizes sizes, std::int64_t first, double (&total)[count], F f)
{
    for (double& t : total) t = 0;
    alignas(64) T part[count][lanes] = {};
    std::int64_t added = 0;
    const auto flush = [&]() XGRAD_INLINE_LAMBDA {
        for (int k = 0; k < count; ++k) {
            T sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int j = 0; j < lanes; ++j) sum += part[k][j];
            total[k] += double(sum);
            for (int j = 0; j < lanes; ++j) part[k][j] = 0;
        }
        added = 0;
    };
    for (std::int64_t e = 0; e < sizes.examples; ++e) {
        const std::int64_t run = first + e * sizes.channels * sizes.length;
        for (std::int64_t begin = 0; begin < sizes.length; begin += chunk) {
            const std::int64_t n = std::min(chunk, sizes.length - begin), whole = n / lanes * lanes;
            const std::int64_t at = run + begin;
            for (std::int64_t i = 0; i < whole; i += lanes) {
#pragma omp simd
                for (int j = 0; j < lanes; ++j) {
                    T terms[count];
                    f(at + i + j, terms);
                    for (int k = 0; k < count; ++k) part[k][j] += terms[k];
                }
            }
#pragma omp simd
            for (std::int64_t j = 0; j < n - whole; ++j) {
                T terms[count];
                f(at + whole + j, terms);
                for (int k = 0; k < count; ++k) part[k][j] += terms[k];
            }
            added += n;
            if (added >= chunk) flush();
        }
    }
    flush();
}

// ---------------------------------------------------------------- short channels: several of them side by side

/// The channels begin ... end as columns first ... first + width of [examples, row].
struct Tile {
    std::int64_t first, width, row, examples;
};

/// total[k][j] = sum over the examples of the k-th term of column j, which f(at, j, terms) fills in.
template <int count, class T, class F>
XGRAD_INLINE void column_sums(const Tile& tile, double (&total)[count][lanes], F f)
{
    for (auto& of : total)
        for (double& t : of) t = 0;
    for (std::int64_t begin = 0; begin < tile.examples; begin += column_chunk) {
        const std::int64_t end = std::min(tile.examples, begin + column_chunk);
        alignas(64) T part[count][lanes] = {};
        for (std::int64_t e = begin; e < end; ++e) {
            const std::int64_t at = tile.first + e * tile.row;
#pragma omp simd
            for (std::int64_t j = 0; j < tile.width; ++j) {
                T terms[count];
                f(at + j, j, terms);
                for (int k = 0; k < count; ++k) part[k][j] += terms[k];
            }
        }
        for (int k = 0; k < count; ++k)
            for (int j = 0; j < lanes; ++j) total[k][j] += double(part[k][j]);
    }
}

XGRAD_INLINE double of_channel(const double* columns, std::int64_t channel, std::int64_t length)
{
    double sum = 0;
    for (std::int64_t j = 0; j < length; ++j) sum += columns[channel * length + j];
    return sum;
}

/// runs(begin, end) over stretches of channels, or tile(begin, end) over those that fit into the lanes.
template <class Runs, class Tiles>
void by_channels(BatchSizes sizes, Runs runs, Tiles tile)
{
    constexpr std::int64_t worth = 1 << 14;  // elements
    const bool side_by_side = sizes.length < shortest_run;
    const std::int64_t at_once =
        side_by_side ? lanes / std::max<std::int64_t>(1, sizes.length) : std::int64_t{1};
    const std::int64_t units = (sizes.channels + at_once - 1) / at_once;
    const std::int64_t elements = sizes.examples * sizes.length * at_once;
    parallel_for(units, std::max<std::int64_t>(1, worth / std::max<std::int64_t>(1, elements)),
                 [&](std::int64_t begin, std::int64_t end) {
                     if (!side_by_side) return runs(begin, end);
                     for (std::int64_t k = begin; k < end; ++k)
                         tile(k * at_once, std::min(sizes.channels, (k + 1) * at_once));
                 });
}

}  // namespace xgrad::kernels
