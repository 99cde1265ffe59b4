// Pooling of sequences [N, C, L] and images [N, C, H, W], as in PyTorch. Included by ops.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include "xgrad/autodiff/convolution.hpp"

namespace xgrad {

// All of them take float32 or float64. @throws ShapeError if x has not these axes or no window fits; DtypeError;
// ValueError for an option that is out of range.
// The result has (L + 2 padding - dilation (kernel - 1) - 1) / stride + 1 windows, rounded down; with ceil_mode rounded up,
// but none that begins behind the input.

// ---------------------------------------------------------------- means of windows

/// Options of avg_pool1d() and nn::AvgPool1d: names, order and defaults are PyTorch's.
struct AvgPool1dOptions {
    std::int64_t kernel;
    std::optional<std::int64_t> stride = {};  ///< the kernel unless given
    std::int64_t padding = 0;                 ///< at most half the kernel
    bool ceil_mode = false;                   ///< a last window that the input does not fill counts
    bool count_include_pad = true;            ///< the padding counts in the mean, as zeros
};
/// The mean of each window of x [N, C, L].
Variable avg_pool1d(Variable x, const AvgPool1dOptions& options);
inline Variable avg_pool1d(Variable x, std::int64_t kernel) { return avg_pool1d(x, {.kernel = kernel}); }

/// Options of avg_pool2d() and nn::AvgPool2d: names, order and defaults are PyTorch's.
struct AvgPool2dOptions {
    Pair2d kernel;
    std::optional<Pair2d> stride = {};  ///< the kernel unless given
    Pair2d padding = 0;                 ///< at most half the kernel
    bool ceil_mode = false;             ///< last windows that the input does not fill count
    bool count_include_pad = true;      ///< the padding counts in the mean, as zeros
    std::optional<std::int64_t> divisor_override =
        {};  ///< divides the sums instead of their numbers of terms
};
/// The mean of each window of x [N, C, H, W].
Variable avg_pool2d(Variable x, const AvgPool2dOptions& options);
inline Variable avg_pool2d(Variable x, std::int64_t kernel) { return avg_pool2d(x, {.kernel = kernel}); }

// ---------------------------------------------------------------- maxima of windows

/// Options of max_pool1d() and nn::MaxPool1d: names, order and defaults are PyTorch's.
struct MaxPool1dOptions {
    std::int64_t kernel;
    std::optional<std::int64_t> stride = {};  ///< the kernel unless given
    std::int64_t padding = 0;                 ///< at most half the kernel; never the largest
    std::int64_t dilation = 1;                ///< distance of neighbouring places of a window
    bool ceil_mode = false;                   ///< a last window that the input does not fill counts
};
/// The largest element of each window of x [N, C, L], NaN if one is NaN. The first of equal ones gets the gradient.
Variable max_pool1d(Variable x, const MaxPool1dOptions& options);
inline Variable max_pool1d(Variable x, std::int64_t kernel) { return max_pool1d(x, {.kernel = kernel}); }

/// Options of max_pool2d() and nn::MaxPool2d: names, order and defaults are PyTorch's.
struct MaxPool2dOptions {
    Pair2d kernel;
    std::optional<Pair2d> stride = {};  ///< the kernel unless given
    Pair2d padding = 0;                 ///< at most half the kernel; never the largest
    Pair2d dilation = 1;                ///< distance of neighbouring places of a window
    bool ceil_mode = false;             ///< last windows that the input does not fill count
};
/// The largest element of each window of x [N, C, H, W], NaN if one is NaN. The first of equal ones gets the gradient.
Variable max_pool2d(Variable x, const MaxPool2dOptions& options);
inline Variable max_pool2d(Variable x, std::int64_t kernel) { return max_pool2d(x, {.kernel = kernel}); }

// ---------------------------------------------------------------- as many windows as are asked for
// Window r of `rows` over `height` rows takes the rows from floor(r height / rows) up to ceil((r + 1) height / rows): all of
// them are in one, neighbours may share one. One window is global pooling: adaptive_avg_pool2d(x, 1).

/// How large the result of adaptive pooling is; a single number stands for both, std::nullopt for the input's own.
struct OutputSize2d {
    std::optional<std::int64_t> h, w;
    constexpr OutputSize2d(std::int64_t both) : h(both), w(both) {}
    constexpr OutputSize2d(std::optional<std::int64_t> h, std::optional<std::int64_t> w) : h(h), w(w) {}
};
/// The mean of each window: [N, C, L] to [N, C, output].
Variable adaptive_avg_pool1d(Variable x, std::int64_t output);
/// The mean of each window: [N, C, H, W] to [N, C, output.h, output.w].
Variable adaptive_avg_pool2d(Variable x, OutputSize2d output);
/// The largest element of each window, as max_pool1d.
Variable adaptive_max_pool1d(Variable x, std::int64_t output);
/// The largest element of each window, as max_pool2d.
Variable adaptive_max_pool2d(Variable x, OutputSize2d output);

}  // namespace xgrad
