// Who draws from which random streams: one seed used for several things gives unrelated numbers. Internal.
#pragma once

#include <cstdint>

namespace xgrad::nn::detail {

// Streams below 2^32 belong to tapes.
enum class Draw : std::uint64_t { initialise = 1, split, batches, synthetic, folds, solvers };

constexpr std::uint64_t stream(Draw draw, std::uint64_t index)
{
    return (static_cast<std::uint64_t>(draw) << 32) + index;
}

}  // namespace xgrad::nn::detail
