// Layers for images: Conv2d, AvgPool2d, MaxPool2d, Flatten.
#pragma once

#include <tuple>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

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
    /// Conv2d{1, 6, 5, {.padding = 2}}, Conv2d{6, 16, {3, 5}}. A fresh layer is usable: weight and bias are uniform on
    /// +-1 / sqrt(in / groups * kh * kw), as in PyTorch, by numbers that depend on the parameters' ids.
    /// @throws ValueError unless the sizes are positive and groups divides both numbers of channels; DtypeError unless
    /// the type carries gradients.
    Conv2d(std::int64_t in, std::int64_t out, Pair2d kernel, Conv2dLayerOptions options = {});

    /// @throws ShapeError, DtypeError if x does not fit.
    Variable operator()(Variable x) const;

    Parameter weight;  ///< [out, in / groups, kh, kw]
    Parameter bias;    ///< [out], or absent
    ModuleScope scope{"Conv2d"};

    static constexpr auto members()
    {
        return std::tuple{field("weight", &Conv2d::weight), field("bias", &Conv2d::bias)};
    }

  private:
    Conv2dOptions options_;
};

/// The mean of each window: AvgPool2d{2}, AvgPool2d{{.kernel = 3, .stride = 2, .padding = 1}}.
struct AvgPool2d {
    explicit AvgPool2d(Pair2d kernel) : options{kernel} {}
    explicit AvgPool2d(const AvgPool2dOptions& options) : options(options) {}
    /// @throws ShapeError, DtypeError, ValueError
    Variable operator()(Variable x) const { return avg_pool2d(x, options); }
    AvgPool2dOptions options;
    static constexpr std::tuple<> members() { return {}; }
};

/// The largest element of each window: MaxPool2d{2}, MaxPool2d{{.kernel = 3, .stride = 2, .padding = 1}}.
struct MaxPool2d {
    explicit MaxPool2d(Pair2d kernel) : options{kernel} {}
    explicit MaxPool2d(const MaxPool2dOptions& options) : options(options) {}
    /// @throws ShapeError, DtypeError, ValueError
    Variable operator()(Variable x) const { return max_pool2d(x, options); }
    MaxPool2dOptions options;
    static constexpr std::tuple<> members() { return {}; }
};

/// The axes first ... last as one: [N, C, H, W] to [N, C H W].
struct Flatten {
    std::int64_t first = 1, last = -1;
    /// @throws ShapeError if x lacks one of the axes.
    Variable operator()(Variable x) const { return flatten(x, first, last); }
    static constexpr std::tuple<> members() { return {}; }
};

}  // namespace xgrad::nn
