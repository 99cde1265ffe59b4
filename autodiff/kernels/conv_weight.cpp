// The gradient of a convolution's weight: for each tap, products of the cotangent with a shifted image, summed over
// positions and images.
#include "autodiff/kernels/conv_direct.hpp"

namespace xgrad::kernels::direct {
namespace {

/// What a call works on: one image, its cotangent, and vectors of sums as each form lays them out.
template <class T>
struct WeightWork {
    const Field& field;
    const std::int64_t* offset;
    const T* image;
    const T* g;
    T* sums;
};

// ---------------------------------------------------------------- lanes over the channels of the result

// sums: [tap] for one block of channels; g: [position][lane].

template <int taps, int bytes, class T>
XGRAD_INLINE void taps_of_block(const WeightWork<T>& work, std::int64_t first)
{
    using V = Vector<T, bytes>;
    constexpr int width = lanes<T, bytes>;
    const Field& field = work.field;
    const T* in[taps];
    V sum[taps];
    for (int t = 0; t < taps; ++t) {
        in[t] = work.image + work.offset[first + t];
        load(sum[t], work.sums + (first + t) * width);
    }
    const T* g = work.g;
    const std::int64_t row_step = field.row_step(), columns = field.columns;
    for (std::int64_t r = 0; r < field.rows; ++r)
        for (std::int64_t at = r * row_step, end = at + columns; at < end; ++at, g += width) {
            V gv;
            load(gv, g);
            for (int t = 0; t < taps; ++t) sum[t] += in[t][at] * gv;
        }
    for (int t = 0; t < taps; ++t) store(work.sums + (first + t) * width, sum[t]);
}

/// to[position][lane] = g[lane][position], zeros in lanes without a channel.
template <int bytes, class T>
XGRAD_INLINE void turn(const T* g, std::int64_t positions, std::int64_t count, T* to)
{
    constexpr int width = lanes<T, bytes>;
    constexpr std::int64_t block = 16;
    for (std::int64_t p = 0; p < positions; p += block) {
        const std::int64_t run = std::min(block, positions - p);
        for (std::int64_t c = 0; c < count; ++c)
            for (std::int64_t q = 0; q < run; ++q) to[(p + q) * width + c] = g[c * positions + p + q];
        for (std::int64_t c = count; c < width; ++c)
            for (std::int64_t q = 0; q < run; ++q) to[(p + q) * width + c] = T(0);
    }
}

/// Taps are rounded up to a multiple of this; the further ones are computed and forgotten.
constexpr std::int64_t tap_unit = 4;

template <int bytes, class T>
XGRAD_INLINE void blocks_of_channels(const WeightWork<T>& work, std::int64_t outputs, T* turned)
{
    constexpr int width = lanes<T, bytes>;
    const std::int64_t taps = ceil_div(work.field.taps(), tap_unit) * tap_unit;
    const std::int64_t positions = work.field.positions();
    for (std::int64_t first = 0; first < outputs; first += width) {
        turn<bytes>(work.g + first * positions, positions, std::min<std::int64_t>(width, outputs - first),
                    turned);
        const WeightWork<T> block{work.field, work.offset, work.image, turned, work.sums + first * taps};
        for (std::int64_t k = 0; k < taps;) {
            if (taps - k >= 12) {
                taps_of_block<12, bytes>(block, k);
                k += 12;
            } else if (taps - k >= 8) {
                taps_of_block<8, bytes>(block, k);
                k += 8;
            } else {
                taps_of_block<4, bytes>(block, k);
                k += 4;
            }
        }
    }
}

// The same code for each length of registers.
template <class T>
XGRAD_TARGET_V4 void by_channels_64(const WeightWork<T>& work, std::int64_t outputs, T* turned)
{
    blocks_of_channels<64>(work, outputs, turned);
}
template <class T>
XGRAD_TARGET_V3 void by_channels_32(const WeightWork<T>& work, std::int64_t outputs, T* turned)
{
    blocks_of_channels<32>(work, outputs, turned);
}
template <int bytes, class T>
void by_channels(const WeightWork<T>& work, std::int64_t outputs, T* turned)
{
    if constexpr (bytes == 64)
        by_channels_64(work, outputs, turned);
    else if constexpr (bytes == 32)
        by_channels_32(work, outputs, turned);
    else
        blocks_of_channels<16>(work, outputs, turned);
}

// ---------------------------------------------------------------- lanes over the positions of a row

// sums: [channel][tap], a vector each, whose elements are added at the end; g: as it is.

template <int channels, int taps, int bytes, class T>
XGRAD_INLINE void block_of_taps(const WeightWork<T>& work, std::int64_t channel, std::int64_t first)
{
    using V = Vector<T, bytes>;
    using M = typename Lanes<T, bytes>::Mask;
    constexpr int width = lanes<T, bytes>;
    const Field& field = work.field;
    const std::int64_t columns = field.columns, row_step = field.row_step(), plane = field.positions();
    M rest;
    for (int q = 0; q < width; ++q) rest[q] = q < (columns - 1) % width + 1 ? -1 : 0;
    const T* in[taps];
    V sum[channels][taps];
    T* const sums = work.sums + (channel * field.taps() + first) * width;
    for (int t = 0; t < taps; ++t) in[t] = work.image + work.offset[first + t];
    for (int c = 0; c < channels; ++c)
        for (int t = 0; t < taps; ++t) load(sum[c][t], sums + (c * field.taps() + t) * width);
    for (std::int64_t r = 0; r < field.rows; ++r) {
        const T* const g = work.g + channel * plane + r * columns;
        for (std::int64_t q = 0; q < columns; q += width) {
            // What lies beyond the row may be anything, NaN included: both sides are cut.
            const M within = q + width <= columns ? ~M{} : rest;
            V x[taps];
            for (int t = 0; t < taps; ++t) {
                load(x[t], in[t] + r * row_step + q);
                x[t] = reinterpret_cast<V>(reinterpret_cast<M>(x[t]) & within);
            }
            for (int c = 0; c < channels; ++c) {
                V gv;
                load(gv, g + c * plane + q);
                gv = reinterpret_cast<V>(reinterpret_cast<M>(gv) & within);
                for (int t = 0; t < taps; ++t) sum[c][t] += gv * x[t];
            }
        }
    }
    for (int c = 0; c < channels; ++c)
        for (int t = 0; t < taps; ++t) store(sums + (c * field.taps() + t) * width, sum[c][t]);
}

template <int channels, int bytes, class T>
XGRAD_INLINE void all_taps(const WeightWork<T>& work, std::int64_t channel)
{
    const std::int64_t taps = work.field.taps();
    std::int64_t k = 0;
    constexpr int block = many_registers<bytes> ? 3 : 2;
    for (; k + block <= taps; k += block) block_of_taps<channels, block, bytes>(work, channel, k);
    for (; k < taps; ++k) block_of_taps<channels, 1, bytes>(work, channel, k);
}

template <int bytes, class T>
XGRAD_INLINE void blocks_of_planes(const WeightWork<T>& work, std::int64_t outputs)
{
    for (std::int64_t first = 0; first < outputs;) {
        const std::int64_t left = outputs - first;
        if (left >= 6) {
            all_taps<6, bytes>(work, first);
            first += 6;
        } else if (left >= 4) {
            all_taps<4, bytes>(work, first);
            first += 4;
        } else if (left >= 2) {
            all_taps<2, bytes>(work, first);
            first += 2;
        } else {
            all_taps<1, bytes>(work, first);
            first += 1;
        }
    }
}

// The same code for each length of registers.
template <class T>
XGRAD_TARGET_V4 void by_positions_64(const WeightWork<T>& work, std::int64_t outputs)
{
    blocks_of_planes<64>(work, outputs);
}
template <class T>
XGRAD_TARGET_V3 void by_positions_32(const WeightWork<T>& work, std::int64_t outputs)
{
    blocks_of_planes<32>(work, outputs);
}
template <int bytes, class T>
void by_positions(const WeightWork<T>& work, std::int64_t outputs)
{
    if constexpr (bytes == 64)
        by_positions_64(work, outputs);
    else if constexpr (bytes == 32)
        by_positions_32(work, outputs);
    else
        blocks_of_planes<16>(work, outputs);
}

template <int bytes, class T>
void correlate_with(const Field& field, const T* x, std::int64_t x_step, const T* g, std::int64_t g_step,
                    std::int64_t outputs, T* dw, std::int64_t begin, std::int64_t end)
{
    constexpr std::int64_t width = lanes<T, bytes>;
    const std::int64_t taps = field.taps(), positions = field.positions();
    if (outputs * taps == 0) return;
    Scratch<T> scratch;
    Scratch<std::int64_t> indices;
    const bool channels = prefers_channels<T, bytes>(outputs, field.columns);
    const std::int64_t rounded = ceil_div(taps, tap_unit) * tap_unit;
    std::int64_t* const offset = indices.get(Scratch<std::int64_t>::offsets, rounded);
    field.offsets(offset);
    std::fill(offset + taps, offset + rounded, std::int64_t{0});
    const std::int64_t sums_size =
        channels ? ceil_div(outputs, width) * rounded * width : outputs * taps * width;
    T* const sums = scratch.get(Scratch<T>::partial, sums_size);
    std::fill_n(sums, sums_size, T(0));
    T* const image = scratch.get(Scratch<T>::image, field.channels * field.plane());
    field.clear_image(image);
    T* const cotangent =
        scratch.get(Scratch<T>::cotangent, channels ? positions * width : outputs * positions);
    for (std::int64_t n = begin; n < end; ++n) {
        field.copy_image(x + n * x_step, image);
        const T* const from = g + n * g_step;
        if (channels) {
            by_channels<bytes>(WeightWork<T>{field, offset, image, from, sums}, outputs, cotangent);
        } else {
            std::copy_n(from, outputs * positions, cotangent);  // vectors are read beyond its end
            by_positions<bytes>(WeightWork<T>{field, offset, image, cotangent, sums}, outputs);
        }
    }
    for (std::int64_t o = 0; o < outputs; ++o)
        for (std::int64_t k = 0; k < taps; ++k) {
            if (channels) {
                dw[o * taps + k] = sums[(o / width * rounded + k) * width + o % width];
                continue;
            }
            const T* const parts = sums + (o * taps + k) * width;
            T total[2] = {};
            for (std::int64_t l = 0; l < width; l += 2)
                for (int j = 0; j < 2; ++j) total[j] += parts[l + j];
            dw[o * taps + k] = total[0] + total[1];
        }
}

}  // namespace

template <class T>
void correlate_weight(const Field& field, const T* x, std::int64_t x_step, const T* g, std::int64_t g_step,
                      std::int64_t outputs, T* dw, std::int64_t begin, std::int64_t end)
{
    by_vector(
        [&]<int bytes>() { correlate_with<bytes>(field, x, x_step, g, g_step, outputs, dw, begin, end); });
}

template void correlate_weight(const Field&, const float*, std::int64_t, const float*, std::int64_t,
                               std::int64_t, float*, std::int64_t, std::int64_t);
template void correlate_weight(const Field&, const double*, std::int64_t, const double*, std::int64_t,
                               std::int64_t, double*, std::int64_t, std::int64_t);

}  // namespace xgrad::kernels::direct
