// Which part of an image the windows of pooling meet. Internal.
#pragma once

#include <algorithm>
#include <cstdint>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/pool.hpp"

namespace xgrad::kernels {

/// The windows q of a row whose place j lies within the image, and the column of place j in window 0.
struct Run {
    std::int64_t begin, end, column;
};
inline Run run_of(std::int64_t j, std::int64_t dilation, std::int64_t pad, std::int64_t stride,
                  std::int64_t length, std::int64_t windows)
{
    const std::int64_t column = j * dilation - pad, beyond = length - column;
    const std::int64_t begin =
        std::min(windows, column < 0 ? (-column + stride - 1) / stride : std::int64_t{0});
    const std::int64_t end =
        std::clamp(beyond > 0 ? (beyond + stride - 1) / stride : std::int64_t{0}, begin, windows);
    return {begin, end, column};
}
inline Run run_of_column(const PoolShape& s, std::int64_t j)
{
    return run_of(j, s.dilation_w, s.pad_w, s.stride_w, s.width, s.out_width());
}

/// Found once for all rows: their divisions take longer than a short row.
constexpr std::int64_t most_runs = 16;
struct Runs {
    explicit Runs(const PoolShape& s)
    {
        for (std::int64_t j = 0; j < std::min(s.kernel_w, most_runs); ++j) run[j] = run_of_column(s, j);
    }
    Run run[most_runs];
};

/// The row of place i of the windows in row r, or -1 in the padding.
inline std::int64_t row_of(const PoolShape& s, std::int64_t r, std::int64_t i)
{
    const std::int64_t row = r * s.stride_h - s.pad_h + i * s.dilation_h;
    return row < s.height ? row : -1;
}

/// f(windows, row of the image) for each place of the windows in row r of the result that lies within the image, in the
/// order of rows and columns.
template <class F>
XGRAD_INLINE void each_place(const PoolShape& s, const Run* runs, std::int64_t r, F f)
{
    for (std::int64_t i = 0; i < s.kernel_h; ++i) {
        const std::int64_t row = row_of(s, r, i);
        if (row < 0) continue;
        for (std::int64_t j = 0; j < s.kernel_w; ++j) f(j < most_runs ? runs[j] : run_of_column(s, j), row);
    }
}

}  // namespace xgrad::kernels
