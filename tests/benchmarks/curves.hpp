// xgrad's side of the scaling curves: one point at a time, each in a process of its own.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// What one size costs in all. Times are those of the fastest of several repetitions.
struct CurvePoint {
    double eager_us = 0;   ///< recording on a tape that is used again, and the gradient
    double bytes = 0;      ///< what the heap grows by from the first recording to its gradient
    double plan_us = 0;    ///< the same graph planned
    double replay_us = 0;  ///< and replayed
};

/// "tape": `size` recorded ops on one element; "depth": that many layers of a narrow network; "batch": that many rows
/// of the MLP. @throws std::runtime_error for another name
CurvePoint curve_point(const std::string& curve, std::int64_t size);

}  // namespace bench
