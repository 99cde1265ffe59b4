// Batch normalisation: each channel is read from memory once and stays in the second cache for the passes over it. The
// variance is summed about the mean, not by the squares: those cancel where the mean is large.
#include "autodiff/kernels/batch_norm.hpp"

#include <algorithm>
#include <cmath>

#include "autodiff/kernels/channel_sums.hpp"

namespace xgrad::kernels {

namespace {

template <class T>
XGRAD_CLONES void forward_runs(const T* x, const T* weight, const T* bias, T* y, T* mean, T* var,
                               BatchSizes sizes, double epsilon, std::int64_t begin, std::int64_t end)
{
    const double n = std::max(1.0, double(sizes.examples * sizes.length));
    for (std::int64_t c = begin; c < end; ++c) {
        const std::int64_t first = c * sizes.length;
        double total[1];
        run_sums<1, T>(sizes, first, total,
                       [=](std::int64_t i, T(&terms)[1]) XGRAD_INLINE_LAMBDA { terms[0] = x[i]; });
        const T m = T(total[0] / n);
        run_sums<1, T>(sizes, first, total, [=](std::int64_t i, T(&terms)[1]) XGRAD_INLINE_LAMBDA {
            const T d = x[i] - m;
            terms[0] = d * d;
        });
        mean[c] = m;
        var[c] = T(total[0] / n);
        const T scale = T((weight ? double(weight[c]) : 1.0) / std::sqrt(total[0] / n + epsilon)),
                shift = bias ? bias[c] : T(0);
        for (std::int64_t e = 0; e < sizes.examples; ++e) {
            const T* const from = x + first + e * sizes.channels * sizes.length;
            T* const to = y + first + e * sizes.channels * sizes.length;
#pragma omp simd
            for (std::int64_t i = 0; i < sizes.length; ++i) to[i] = (from[i] - m) * scale + shift;
        }
    }
}

template <class T>
XGRAD_CLONES void backward_runs(const T* g, const T* x, const T* mean, const T* var, const T* weight, T* dx,
                                T* dweight, T* dbias, BatchSizes sizes, double epsilon, std::int64_t begin,
                                std::int64_t end)
{
    const double n = std::max(1.0, double(sizes.examples * sizes.length));
    for (std::int64_t c = begin; c < end; ++c) {
        const std::int64_t first = c * sizes.length;
        const T m = mean[c];
        double total[2];
        run_sums<2, T>(sizes, first, total, [=](std::int64_t i, T(&terms)[2]) XGRAD_INLINE_LAMBDA {
            terms[0] = g[i];
            terms[1] = g[i] * (x[i] - m);
        });
        const double rstd = 1 / std::sqrt(double(var[c]) + epsilon);
        dbias[c] = T(total[0]);
        dweight[c] = T(total[1] * rstd);
        const T scale = T((weight ? double(weight[c]) : 1.0) * rstd), mean_g = T(total[0] / n),
                slope = T(total[1] / n * rstd * rstd);
        for (std::int64_t e = 0; e < sizes.examples; ++e) {
            const std::int64_t run = first + e * sizes.channels * sizes.length;
            const T *const gr = g + run, *const xr = x + run;
            T* const out = dx + run;
#pragma omp simd
            for (std::int64_t i = 0; i < sizes.length; ++i)
                out[i] = scale * (gr[i] - mean_g - (xr[i] - m) * slope);
        }
    }
}

template <class T>
XGRAD_CLONES void forward_tile(const T* x, const T* weight, const T* bias, T* y, T* mean, T* var,
                               BatchSizes sizes, double epsilon, std::int64_t begin, std::int64_t end)
{
    const std::int64_t length = sizes.length;
    const Tile tile{begin * length, (end - begin) * length, sizes.channels * length, sizes.examples};
    const double n = std::max(1.0, double(sizes.examples * length));
    double total[1][lanes];
    alignas(64) T m[lanes], scale[lanes], shift[lanes];
    column_sums<1, T>(tile, total, [=](std::int64_t at, std::int64_t, T(&terms)[1]) XGRAD_INLINE_LAMBDA {
        terms[0] = x[at];
    });
    for (std::int64_t c = begin; c < end; ++c) {
        mean[c] = T(of_channel(total[0], c - begin, length) / n);
        std::fill_n(m + (c - begin) * length, length, mean[c]);
    }
    const T* const means = m;
    column_sums<1, T>(tile, total, [=](std::int64_t at, std::int64_t j, T(&terms)[1]) XGRAD_INLINE_LAMBDA {
        const T d = x[at] - means[j];
        terms[0] = d * d;
    });
    for (std::int64_t c = begin; c < end; ++c) {
        const double v = of_channel(total[0], c - begin, length) / n;
        var[c] = T(v);
        std::fill_n(scale + (c - begin) * length, length,
                    T((weight ? double(weight[c]) : 1.0) / std::sqrt(v + epsilon)));
        std::fill_n(shift + (c - begin) * length, length, bias ? bias[c] : T(0));
    }
    for (std::int64_t e = 0; e < tile.examples; ++e) {
        const T* const from = x + tile.first + e * tile.row;
        T* const to = y + tile.first + e * tile.row;
#pragma omp simd
        for (std::int64_t j = 0; j < tile.width; ++j) to[j] = (from[j] - m[j]) * scale[j] + shift[j];
    }
}

template <class T>
XGRAD_CLONES void backward_tile(const T* g, const T* x, const T* mean, const T* var, const T* weight, T* dx,
                                T* dweight, T* dbias, BatchSizes sizes, double epsilon, std::int64_t begin,
                                std::int64_t end)
{
    const std::int64_t length = sizes.length;
    const Tile tile{begin * length, (end - begin) * length, sizes.channels * length, sizes.examples};
    const double n = std::max(1.0, double(sizes.examples * length));
    double total[2][lanes];
    alignas(64) T m[lanes], scale[lanes], mean_g[lanes], slope[lanes];
    for (std::int64_t c = begin; c < end; ++c) std::fill_n(m + (c - begin) * length, length, mean[c]);
    const T* const means = m;
    column_sums<2, T>(tile, total, [=](std::int64_t at, std::int64_t j, T(&terms)[2]) XGRAD_INLINE_LAMBDA {
        terms[0] = g[at];
        terms[1] = g[at] * (x[at] - means[j]);
    });
    for (std::int64_t c = begin; c < end; ++c) {
        const double rstd = 1 / std::sqrt(double(var[c]) + epsilon);
        const double sum_g = of_channel(total[0], c - begin, length),
                     sum_gd = of_channel(total[1], c - begin, length);
        dbias[c] = T(sum_g);
        dweight[c] = T(sum_gd * rstd);
        std::fill_n(scale + (c - begin) * length, length, T((weight ? double(weight[c]) : 1.0) * rstd));
        std::fill_n(mean_g + (c - begin) * length, length, T(sum_g / n));
        std::fill_n(slope + (c - begin) * length, length, T(sum_gd / n * rstd * rstd));
    }
    for (std::int64_t e = 0; e < tile.examples; ++e) {
        const T *const gr = g + tile.first + e * tile.row, *const xr = x + tile.first + e * tile.row;
        T* const out = dx + tile.first + e * tile.row;
#pragma omp simd
        for (std::int64_t j = 0; j < tile.width; ++j)
            out[j] = scale[j] * (gr[j] - mean_g[j] - (xr[j] - m[j]) * slope[j]);
    }
}

}  // namespace

template <class T>
void batch_norm(const T* x, const T* weight, const T* bias, T* y, T* mean, T* var, BatchSizes sizes,
                double epsilon)
{
    by_channels(
        sizes,
        [=](std::int64_t begin, std::int64_t end) {
            forward_runs(x, weight, bias, y, mean, var, sizes, epsilon, begin, end);
        },
        [=](std::int64_t begin, std::int64_t end) {
            forward_tile(x, weight, bias, y, mean, var, sizes, epsilon, begin, end);
        });
}

template <class T>
void batch_norm_vjp(const T* g, const T* x, const T* mean, const T* var, const T* weight, T* dx, T* dweight,
                    T* dbias, BatchSizes sizes, double epsilon)
{
    by_channels(
        sizes,
        [=](std::int64_t begin, std::int64_t end) {
            backward_runs(g, x, mean, var, weight, dx, dweight, dbias, sizes, epsilon, begin, end);
        },
        [=](std::int64_t begin, std::int64_t end) {
            backward_tile(g, x, mean, var, weight, dx, dweight, dbias, sizes, epsilon, begin, end);
        });
}

#define XGRAD_INSTANTIATE(T)                                                                               \
    template void batch_norm(const T*, const T*, const T*, T*, T*, T*, BatchSizes, double);                \
    template void batch_norm_vjp(const T*, const T*, const T*, const T*, const T*, T*, T*, T*, BatchSizes, \
                                 double)
XGRAD_INSTANTIATE(float);
XGRAD_INSTANTIATE(double);

}  // namespace xgrad::kernels
