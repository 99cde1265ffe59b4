// Scaling channels: one pass forward, one back.
#include <algorithm>

#include "autodiff/kernels/channel_sums.hpp"

namespace xgrad::kernels {

namespace {

template <class T>
XGRAD_CLONES void forward(const T* x, const T* scale, const T* shift, T* y, BatchSizes sizes,
                          std::int64_t begin, std::int64_t end)
{
    for (std::int64_t run = begin; run < end; ++run) {  // of one channel of one example
        const std::int64_t c = run % sizes.channels;
        const T s = scale[c], t = shift[c];
        const T* const from = x + run * sizes.length;
        T* const to = y + run * sizes.length;
#pragma omp simd
        for (std::int64_t i = 0; i < sizes.length; ++i) to[i] = from[i] * s + t;
    }
}

template <class T>
XGRAD_CLONES void backward_runs(const T* g, const T* x, const T* scale, T* dx, T* dscale, T* dshift,
                                BatchSizes sizes, std::int64_t begin, std::int64_t end)
{
    for (std::int64_t c = begin; c < end; ++c) {
        const T s = scale[c];
        double total[2];
        run_sums<2, T>(sizes, c * sizes.length, total, [=](std::int64_t i, T(&terms)[2]) XGRAD_INLINE_LAMBDA {
            dx[i] = g[i] * s;
            terms[0] = g[i] * x[i];
            terms[1] = g[i];
        });
        dscale[c] = T(total[0]);
        dshift[c] = T(total[1]);
    }
}

template <class T>
XGRAD_CLONES void backward_tile(const T* g, const T* x, const T* scale, T* dx, T* dscale, T* dshift,
                                BatchSizes sizes, std::int64_t begin, std::int64_t end)
{
    const std::int64_t length = sizes.length;
    const Tile tile{begin * length, (end - begin) * length, sizes.channels * length, sizes.examples};
    double total[2][lanes];
    alignas(64) T s[lanes];
    for (std::int64_t c = begin; c < end; ++c) std::fill_n(s + (c - begin) * length, length, scale[c]);
    const T* const scales = s;
    column_sums<2, T>(tile, total, [=](std::int64_t at, std::int64_t j, T(&terms)[2]) XGRAD_INLINE_LAMBDA {
        dx[at] = g[at] * scales[j];
        terms[0] = g[at] * x[at];
        terms[1] = g[at];
    });
    for (std::int64_t c = begin; c < end; ++c) {
        dscale[c] = T(of_channel(total[0], c - begin, length));
        dshift[c] = T(of_channel(total[1], c - begin, length));
    }
}

}  // namespace

template <class T>
void scale_channels(const T* x, const T* scale, const T* shift, T* y, BatchSizes sizes)
{
    constexpr std::int64_t worth = 1 << 14;  // elements
    parallel_for(
        sizes.examples * sizes.channels,
        std::max<std::int64_t>(1, worth / std::max<std::int64_t>(1, sizes.length)),
        [=](std::int64_t begin, std::int64_t end) { forward(x, scale, shift, y, sizes, begin, end); });
}

template <class T>
void scale_channels_vjp(const T* g, const T* x, const T* scale, T* dx, T* dscale, T* dshift, BatchSizes sizes)
{
    by_channels(
        sizes,
        [=](std::int64_t begin, std::int64_t end) {
            backward_runs(g, x, scale, dx, dscale, dshift, sizes, begin, end);
        },
        [=](std::int64_t begin, std::int64_t end) {
            backward_tile(g, x, scale, dx, dscale, dshift, sizes, begin, end);
        });
}

#define XGRAD_INSTANTIATE(T)                                                    \
    template void scale_channels(const T*, const T*, const T*, T*, BatchSizes); \
    template void scale_channels_vjp(const T*, const T*, const T*, T*, T*, T*, BatchSizes)
XGRAD_INSTANTIATE(float);
XGRAD_INSTANTIATE(double);

}  // namespace xgrad::kernels
