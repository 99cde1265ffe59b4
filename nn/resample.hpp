// Layers that change the resolution of sequences and images, without parameters. What they compute, and what they throw: the
// functions in autodiff/resampling.hpp.
#pragma once

#include <tuple>

#include "xgrad/autodiff/resampling.hpp"

namespace xgrad::nn {

/// interpolate(): Upsample{{.scale_factor = 2, .mode = Interpolation::bilinear}}.
struct Upsample {
    explicit Upsample(const InterpolateOptions& options) : options(options) {}
    Variable operator()(Variable x) const { return interpolate(x, options); }
    InterpolateOptions options;
    static constexpr std::tuple<> members() { return {}; }
};

/// [N, C r r, H, W] to [N, C, H r, W r]: PixelShuffle{2}.
struct PixelShuffle {
    explicit PixelShuffle(std::int64_t factor) : factor(factor) {}
    Variable operator()(Variable x) const { return pixel_shuffle(x, factor); }
    std::int64_t factor;
    static constexpr std::tuple<> members() { return {}; }
};

/// [N, C, H r, W r] to [N, C r r, H, W]: PixelUnshuffle{2}.
struct PixelUnshuffle {
    explicit PixelUnshuffle(std::int64_t factor) : factor(factor) {}
    Variable operator()(Variable x) const { return pixel_unshuffle(x, factor); }
    std::int64_t factor;
    static constexpr std::tuple<> members() { return {}; }
};

}  // namespace xgrad::nn
