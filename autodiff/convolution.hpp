// Convolution of sequences and images, and its transpose, as in PyTorch. Included by ops.hpp.
#pragma once

#include <cstdint>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// Two numbers, for rows and for columns; a single one stands for both.
struct Pair2d {
    std::int64_t h, w;
    constexpr Pair2d(std::int64_t both) : h(both), w(both) {}
    constexpr Pair2d(std::int64_t h, std::int64_t w) : h(h), w(w) {}
};

// All of them take float32 or float64. @throws ShapeError if the arrays do not fit each other or the kernel is larger than
// the padded input; DtypeError unless they are of one type; ValueError for an option that is out of range.

// ---------------------------------------------------------------- convolution

/// Options of conv1d(): PyTorch's.
struct Conv1dOptions {
    std::int64_t stride = 1;    ///< steps of the kernel
    std::int64_t padding = 0;   ///< zeros before and behind the sequence
    std::int64_t dilation = 1;  ///< distance of neighbouring taps
    std::int64_t groups = 1;    ///< channels in so many parts, each with its own part of the outputs
};
/// y(n, o, q) = b(o) + sum over c, j of w(o, c, j) x(n, c, q stride + j dilation - padding), for x [N, C, L], weight
/// [O, C / groups, k], bias [O] and y [N, O, (L + 2 padding - dilation (k - 1) - 1) / stride + 1], rounded down.
Variable conv1d(Variable x, Variable weight, const Conv1dOptions& options = {});
Variable conv1d(Variable x, Variable weight, Variable bias, const Conv1dOptions& options = {});
Variable conv1d(Variable x, const Parameter& weight, const Conv1dOptions& options = {});
Variable conv1d(Variable x, const Parameter& weight, const Parameter& bias,
                const Conv1dOptions& options = {});

/// Options of conv2d(): PyTorch's.
struct Conv2dOptions {
    Pair2d stride = 1;        ///< steps of the kernel
    Pair2d padding = 0;       ///< zeros around the image, on each side
    Pair2d dilation = 1;      ///< distance of neighbouring taps
    std::int64_t groups = 1;  ///< channels in so many parts, each with its own part of the outputs
};
/// y(n, o, r, q) = b(o) + sum over c, i, j of w(o, c, i, j) x(n, c, r stride + i dilation - padding, q ...), for x
/// [N, C, H, W], weight [O, C / groups, kh, kw], bias [O] and y [N, O, rows, columns] with as many rows as
/// (H + 2 padding - dilation (kh - 1) - 1) / stride + 1, rounded down, and columns likewise.
Variable conv2d(Variable x, Variable weight, const Conv2dOptions& options = {});
Variable conv2d(Variable x, Variable weight, Variable bias, const Conv2dOptions& options = {});
Variable conv2d(Variable x, const Parameter& weight, const Conv2dOptions& options = {});
Variable conv2d(Variable x, const Parameter& weight, const Parameter& bias,
                const Conv2dOptions& options = {});

// ---------------------------------------------------------------- transposed convolution ("deconvolution")

/// Options of conv_transpose1d(): PyTorch's.
struct ConvTranspose1dOptions {
    std::int64_t stride = 1;          ///< steps of the kernel over the result
    std::int64_t padding = 0;         ///< what is cut off the result at both ends
    std::int64_t output_padding = 0;  ///< further places at its end; less than the stride or the dilation
    std::int64_t dilation = 1;        ///< distance of neighbouring taps
    std::int64_t groups = 1;          ///< channels in so many parts, each with its own part of the outputs
};
/// The transpose of conv1d, which is its input's gradient: x(n, c, q) w(c, o, j), added up at q stride + j dilation -
/// padding of y(n, o, ...), plus b(o); for x [N, C, l], weight [C, O / groups, k], bias [O] and y [N, O, (l - 1) stride -
/// 2 padding + dilation (k - 1) + output_padding + 1]. A conv1d with these options brings the length back to l.
Variable conv_transpose1d(Variable x, Variable weight, const ConvTranspose1dOptions& options = {});
Variable conv_transpose1d(Variable x, Variable weight, Variable bias,
                          const ConvTranspose1dOptions& options = {});
Variable conv_transpose1d(Variable x, const Parameter& weight, const ConvTranspose1dOptions& options = {});
Variable conv_transpose1d(Variable x, const Parameter& weight, const Parameter& bias,
                          const ConvTranspose1dOptions& options = {});

/// Options of conv_transpose2d(): PyTorch's.
struct ConvTranspose2dOptions {
    Pair2d stride = 1;          ///< steps of the kernel over the result
    Pair2d padding = 0;         ///< what is cut off the result on each side
    Pair2d output_padding = 0;  ///< further rows and columns at its end; less than the stride or the dilation
    Pair2d dilation = 1;        ///< distance of neighbouring taps
    std::int64_t groups = 1;    ///< channels in so many parts, each with its own part of the outputs
};
/// The same for images: x [N, C, h, w], weight [C, O / groups, kh, kw], bias [O] to y [N, O, (h - 1) stride - 2 padding +
/// dilation (kh - 1) + output_padding + 1, ...].
Variable conv_transpose2d(Variable x, Variable weight, const ConvTranspose2dOptions& options = {});
Variable conv_transpose2d(Variable x, Variable weight, Variable bias,
                          const ConvTranspose2dOptions& options = {});
Variable conv_transpose2d(Variable x, const Parameter& weight, const ConvTranspose2dOptions& options = {});
Variable conv_transpose2d(Variable x, const Parameter& weight, const Parameter& bias,
                          const ConvTranspose2dOptions& options = {});

}  // namespace xgrad
