// Sequences and images in another resolution, as in PyTorch. Included by ops.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include "xgrad/autodiff/convolution.hpp"

namespace xgrad {

/// How interpolate() finds what lies between the places of its input.
enum class Interpolation {
    nearest,  ///< the place before it: floor(i / scale)
    linear,   ///< between the two places around it, of sequences
    bilinear  ///< between the four places around it, of images
};
/// Two factors, of rows and of columns; a single one stands for both.
struct Scale2d {
    double h, w;
    constexpr Scale2d(double both) : h(both), w(both) {}
    constexpr Scale2d(double h, double w) : h(h), w(w) {}
};
/// Options of interpolate() and nn::Upsample: PyTorch's.
struct InterpolateOptions {
    std::optional<Pair2d> size = {};           ///< the lengths of the result, {.size = Pair2d{8, 6}}; or
    std::optional<Scale2d> scale_factor = {};  ///< what lengths are multiplied by, then rounded down
    Interpolation mode = Interpolation::nearest;
    bool align_corners =
        false;  ///< of the linear modes: the outermost places of input and result lie upon each other
};
/// x [N, C, L] or [N, C, H, W] with other lengths. With scale = scale_factor, or size / L where the size is given, place i of
/// the result is place floor(i / scale) of x (nearest); or it lies at (i + 1/2) / scale - 1/2, with align_corners at
/// i (L - 1) / (size - 1), and is the mean of its neighbours by their distances (linear, bilinear). An axis that keeps its
/// length stays as it is.
/// @throws ShapeError, DtypeError; ValueError unless one of size and scale_factor is given and positive, and the mode is one
/// for x.
Variable interpolate(Variable x, const InterpolateOptions& options);

/// [N, C r r, H, W] to [N, C, H r, W r]: the channels of a place become a square of places (Shi et al. 2016).
/// @throws ShapeError if r r does not divide the channels; ValueError unless r is positive.
Variable pixel_shuffle(Variable x, std::int64_t r);
/// Its inverse: [N, C, H r, W r] to [N, C r r, H, W]. @throws ShapeError if r does not divide height and width.
Variable pixel_unshuffle(Variable x, std::int64_t r);

/// Options of unfold() and fold(): PyTorch's.
struct UnfoldOptions {
    Pair2d kernel;
    Pair2d dilation = 1, padding = 0, stride = 1;
};
/// The windows of x [N, C, H, W] as columns: [N, C kh kw, windows], each channel's window row by row; the padding is 0.
Variable unfold(Variable x, const UnfoldOptions& options);
/// The transpose of unfold: columns [N, C kh kw, windows] added up where unfold reads them, to [N, C, size.h, size.w].
Variable fold(Variable x, Pair2d size, const UnfoldOptions& options);

}  // namespace xgrad
