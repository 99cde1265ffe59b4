// Layers that pool sequences [N, C, L] and images [N, C, H, W], without parameters. What they compute, and what they throw:
// the functions of these names in autodiff/pooling.hpp.
#pragma once

#include <tuple>

#include "xgrad/autodiff/pooling.hpp"

namespace xgrad::nn {

/// The mean of each window: AvgPool1d{2}, AvgPool1d{{.kernel = 3, .stride = 2, .padding = 1}}.
struct AvgPool1d {
    explicit AvgPool1d(std::int64_t kernel) : options{kernel} {}
    explicit AvgPool1d(const AvgPool1dOptions& options) : options(options) {}
    Variable operator()(Variable x) const { return avg_pool1d(x, options); }
    AvgPool1dOptions options;
    static constexpr std::tuple<> members() { return {}; }
};

/// The mean of each window: AvgPool2d{2}, AvgPool2d{{.kernel = 3, .stride = 2, .padding = 1}}.
struct AvgPool2d {
    explicit AvgPool2d(Pair2d kernel) : options{kernel} {}
    explicit AvgPool2d(const AvgPool2dOptions& options) : options(options) {}
    Variable operator()(Variable x) const { return avg_pool2d(x, options); }
    AvgPool2dOptions options;
    static constexpr std::tuple<> members() { return {}; }
};

/// The largest element of each window: MaxPool1d{2}, MaxPool1d{{.kernel = 3, .stride = 2, .padding = 1}}.
struct MaxPool1d {
    explicit MaxPool1d(std::int64_t kernel) : options{kernel} {}
    explicit MaxPool1d(const MaxPool1dOptions& options) : options(options) {}
    Variable operator()(Variable x) const { return max_pool1d(x, options); }
    MaxPool1dOptions options;
    static constexpr std::tuple<> members() { return {}; }
};

/// The largest element of each window: MaxPool2d{2}, MaxPool2d{{.kernel = 3, .stride = 2, .padding = 1}}.
struct MaxPool2d {
    explicit MaxPool2d(Pair2d kernel) : options{kernel} {}
    explicit MaxPool2d(const MaxPool2dOptions& options) : options(options) {}
    Variable operator()(Variable x) const { return max_pool2d(x, options); }
    MaxPool2dOptions options;
    static constexpr std::tuple<> members() { return {}; }
};

/// The mean of each of so many windows: AdaptiveAvgPool1d{1} is global.
struct AdaptiveAvgPool1d {
    explicit AdaptiveAvgPool1d(std::int64_t output) : output(output) {}
    Variable operator()(Variable x) const { return adaptive_avg_pool1d(x, output); }
    std::int64_t output;
    static constexpr std::tuple<> members() { return {}; }
};

/// The mean of each of so many windows: AdaptiveAvgPool2d{1} is global, AdaptiveAvgPool2d{{7, 7}}.
struct AdaptiveAvgPool2d {
    explicit AdaptiveAvgPool2d(OutputSize2d output) : output(output) {}
    Variable operator()(Variable x) const { return adaptive_avg_pool2d(x, output); }
    OutputSize2d output;
    static constexpr std::tuple<> members() { return {}; }
};

/// The largest element of each of so many windows: AdaptiveMaxPool1d{1} is global.
struct AdaptiveMaxPool1d {
    explicit AdaptiveMaxPool1d(std::int64_t output) : output(output) {}
    Variable operator()(Variable x) const { return adaptive_max_pool1d(x, output); }
    std::int64_t output;
    static constexpr std::tuple<> members() { return {}; }
};

/// The largest element of each of so many windows: AdaptiveMaxPool2d{1} is global, AdaptiveMaxPool2d{{7, 7}}.
struct AdaptiveMaxPool2d {
    explicit AdaptiveMaxPool2d(OutputSize2d output) : output(output) {}
    Variable operator()(Variable x) const { return adaptive_max_pool2d(x, output); }
    OutputSize2d output;
    static constexpr std::tuple<> members() { return {}; }
};

}  // namespace xgrad::nn
