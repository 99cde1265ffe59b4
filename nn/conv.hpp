// Layers for images and sequences: Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Flatten. Pooling: pool.hpp;
// resolution: resample.hpp.
#pragma once

#include <array>
#include <tuple>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"
#include "xgrad/nn/pool.hpp"
#include "xgrad/nn/resample.hpp"

namespace xgrad::nn {

// A fresh layer is usable: weight and bias are uniform on +-1 / sqrt(fan_in), as in PyTorch, by numbers that depend on the
// parameters' ids; fan_in is the number of elements of weight[0]. All constructors throw ValueError unless the sizes are
// positive, groups divides both numbers of channels and the options are in range, and DtypeError unless the type carries
// gradients.

/// Options of Conv1d: PyTorch's.
struct Conv1dLayerOptions {
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
    DType dtype = DType::float32;
};

/// Convolution of sequences: x [N, in, L] to [N, out, (L + 2 padding - dilation (k - 1) - 1) / stride + 1], as
/// xgrad::conv1d.
struct Conv1d {
    /// Conv1d{16, 32, 5, {.padding = 2}}.
    Conv1d(std::int64_t in, std::int64_t out, std::int64_t kernel, Conv1dLayerOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [out, in / groups, k]
    Parameter bias;    ///< [out], or absent
    ModuleScope scope{"Conv1d"};

    static constexpr auto members()
    {
        return std::array{field("weight", &Conv1d::weight), field("bias", &Conv1d::bias)};
    }

  private:
    Conv1dOptions options_;
};

/// Options of Conv2d: PyTorch's.
struct Conv2dLayerOptions {
    Pair2d stride = 1;
    Pair2d padding = 0;
    Pair2d dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
    DType dtype = DType::float32;
};

/// Convolution of images: x [N, in, H, W] to [N, out, (H + 2 padding - dilation (kh - 1) - 1) / stride + 1, ...], as
/// xgrad::conv2d.
struct Conv2d {
    /// Conv2d{1, 6, 5, {.padding = 2}}, Conv2d{6, 16, {3, 5}}.
    Conv2d(std::int64_t in, std::int64_t out, Pair2d kernel, Conv2dLayerOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [out, in / groups, kh, kw]
    Parameter bias;    ///< [out], or absent
    ModuleScope scope{"Conv2d"};

    static constexpr auto members()
    {
        return std::array{field("weight", &Conv2d::weight), field("bias", &Conv2d::bias)};
    }

  private:
    Conv2dOptions options_;
};

/// Options of ConvTranspose1d: PyTorch's.
struct ConvTranspose1dLayerOptions {
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t output_padding = 0;
    std::int64_t dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
    DType dtype = DType::float32;
};

/// Transposed convolution of sequences: x [N, in, l] to [N, out, (l - 1) stride - 2 padding + dilation (k - 1) +
/// output_padding + 1], as xgrad::conv_transpose1d.
struct ConvTranspose1d {
    /// ConvTranspose1d{32, 16, 4, {.stride = 2, .padding = 1}} doubles the length.
    ConvTranspose1d(std::int64_t in, std::int64_t out, std::int64_t kernel,
                    ConvTranspose1dLayerOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [in, out / groups, k]
    Parameter bias;    ///< [out], or absent
    ModuleScope scope{"ConvTranspose1d"};

    static constexpr auto members()
    {
        return std::array{field("weight", &ConvTranspose1d::weight), field("bias", &ConvTranspose1d::bias)};
    }

  private:
    ConvTranspose1dOptions options_;
};

/// Options of ConvTranspose2d: PyTorch's.
struct ConvTranspose2dLayerOptions {
    Pair2d stride = 1;
    Pair2d padding = 0;
    Pair2d output_padding = 0;
    Pair2d dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
    DType dtype = DType::float32;
};

/// Transposed convolution of images: x [N, in, h, w] to [N, out, (h - 1) stride - 2 padding + dilation (kh - 1) +
/// output_padding + 1, ...], as xgrad::conv_transpose2d.
struct ConvTranspose2d {
    /// ConvTranspose2d{32, 16, 4, {.stride = 2, .padding = 1}} doubles height and width.
    ConvTranspose2d(std::int64_t in, std::int64_t out, Pair2d kernel,
                    ConvTranspose2dLayerOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [in, out / groups, kh, kw]
    Parameter bias;    ///< [out], or absent
    ModuleScope scope{"ConvTranspose2d"};

    static constexpr auto members()
    {
        return std::array{field("weight", &ConvTranspose2d::weight), field("bias", &ConvTranspose2d::bias)};
    }

  private:
    ConvTranspose2dOptions options_;
};

/// The axes first ... last as one: [N, C, H, W] to [N, C H W].
struct Flatten {
    std::int64_t first = 1, last = -1;
    /// @throws ShapeError if x lacks one of the axes.
    Variable operator()(Variable x) const { return flatten(x, first, last); }
    static constexpr std::tuple<> members() { return {}; }
};

}  // namespace xgrad::nn
