// Sums of shifted rows: the convolution itself, and (with the kernel turned round) the gradient of its input.
#include "autodiff/kernels/conv_direct.hpp"

namespace xgrad::kernels::direct {
namespace {

// ---------------------------------------------------------------- lanes over the positions of a row

/// `channels` planes of the result: tiles of channels x (strips of one vector each).
template <int channels, int strips, int bytes, class T>
XGRAD_INLINE void rows_of_planes(const Work<T>& work, std::int64_t first)
{
    using V = Vector<T, bytes>;
    constexpr int width = lanes<T, bytes>;
    const Field& field = work.field;
    const std::int64_t per_row = ceil_div(field.columns, width), all = field.rows * per_row;
    const std::int64_t per_channel = field.kernel_h * field.kernel_w, row_step = field.row_step();
    const std::int64_t plane = field.positions();
    const T* const weight = work.weight + first * field.taps();
    T* const out = work.out + first * plane;
    for (std::int64_t strip = 0; strip < all; strip += strips) {
        const T* in[strips];
        std::int64_t at[strips];
        for (int s = 0; s < strips; ++s) {
            const std::int64_t here = std::min(strip + s, all - 1);
            const std::int64_t r = here / per_row, q = here % per_row * width;
            in[s] = work.image + r * row_step + q;
            at[s] = r * field.columns + q;
        }
        std::int64_t from, to;
        field.kernel_rows(strip / per_row, std::min(strip + strips - 1, all - 1) / per_row, from, to);
        V sum[channels][strips];
        for (int c = 0; c < channels; ++c)
            for (int s = 0; s < strips; ++s) sum[c][s] = V{} + (work.bias ? work.bias[first + c] : T(0));
        for (std::int64_t begin = from * field.kernel_w, end = to * field.kernel_w; end <= field.taps();
             begin += per_channel, end += per_channel) {
            for (std::int64_t k = begin; k < end; ++k) {
                V x[strips];
                for (int s = 0; s < strips; ++s) load(x[s], in[s] + work.offset[k]);
                for (int c = 0; c < channels; ++c)
                    for (int s = 0; s < strips; ++s) sum[c][s] += weight[k * channels + c] * x[s];
            }
        }
        // What a strip writes beyond its row, the next ones overwrite; nothing is written beyond the plane.
        for (int c = 0; c < channels; ++c)
            for (int s = 0; s < strips; ++s) {
                T* const to_row = out + c * plane + at[s];
                if (at[s] + width <= plane) {
                    store(to_row, sum[c][s]);
                } else {
                    for (std::int64_t q = 0; q < plane - at[s]; ++q) to_row[q] = sum[c][s][q];
                }
            }
    }
}

/// The largest block of channels that is compiled and not larger than what is left.
constexpr int block_of(std::int64_t left, bool wide)
{
    return wide && left >= 8 ? 8 : left >= 6 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

template <int bytes, class T>
XGRAD_INLINE void all_planes(const Work<T>& work, std::int64_t outputs)
{
    for (std::int64_t first = 0; first < outputs;) {
        const int block = block_of(outputs - first, many_registers<bytes>);
        switch (block) {
        case 8: rows_of_planes<8, 2, bytes>(work, first); break;
        case 6: rows_of_planes<6, 2, bytes>(work, first); break;
        case 4: rows_of_planes<4, 2, bytes>(work, first); break;
        case 2: rows_of_planes<2, 2, bytes>(work, first); break;
        default: rows_of_planes<1, 2, bytes>(work, first); break;
        }
        first += block;
    }
}

// The same code for each length of registers.
template <class T>
XGRAD_TARGET_V4 void by_positions_64(const Work<T>& work, std::int64_t outputs)
{
    all_planes<64>(work, outputs);
}
template <class T>
XGRAD_TARGET_V3 void by_positions_32(const Work<T>& work, std::int64_t outputs)
{
    all_planes<32>(work, outputs);
}
template <int bytes, class T>
void by_positions(const Work<T>& work, std::int64_t outputs)
{
    if constexpr (bytes == 64)
        by_positions_64(work, outputs);
    else if constexpr (bytes == 32)
        by_positions_32(work, outputs);
    else
        all_planes<16>(work, outputs);
}

// ---------------------------------------------------------------- weights in the order in which they are read

/// [block][tap][channel of the block], the last block filled up with zeros if blocks are of one size.
template <class T>
void pack(const Field& field, const WeightView<T>& weight, std::int64_t first, std::int64_t count,
          std::int64_t block, T* to)
{
    for (std::int64_t c = 0; c < field.channels; ++c)
        for (std::int64_t i = 0; i < field.kernel_h; ++i)
            for (std::int64_t j = 0; j < field.kernel_w; ++j, to += block) {
                const T* const from = weight.at + first * weight.output + c * weight.channel +
                                      i * weight.row + j * weight.column;
                for (std::int64_t o = 0; o < count; ++o) to[o] = from[o * weight.output];
                std::fill(to + count, to + block, T(0));
            }
}

}  // namespace

namespace {
template <int bytes, class T>
void correlate_with(const Field& field, const T* x, std::int64_t x_step, const WeightView<T>& weight,
                    std::int64_t outputs, const T* bias, T* y, std::int64_t y_step, std::int64_t begin,
                    std::int64_t end)
{
    if (outputs == 0 || begin == end) return;
    Scratch<T> scratch;
    Scratch<std::int64_t> indices;
    const bool channels = prefers_channels<T, bytes>(outputs, field.columns);
    const std::int64_t padded = ceil_div(outputs, lanes<T, bytes>) * lanes<T, bytes>;
    std::int64_t* const offset = indices.get(Scratch<std::int64_t>::offsets, field.taps());
    field.offsets(offset);
    T* packed = scratch.get(Scratch<T>::weight, padded * (field.taps() + 1));
    const T* bias_of_blocks = bias;
    if (channels) {
        T* const full = packed + padded * field.taps();
        std::fill_n(full, padded, T(0));
        if (bias) std::copy_n(bias, outputs, full);
        bias_of_blocks = full;
    }
    for (std::int64_t first = 0; first < outputs;) {
        const std::int64_t left = outputs - first,
                           block = channels ? lanes<T, bytes> : block_of(left, many_registers<bytes>);
        pack(field, weight, first, std::min(left, block), block, packed + first * field.taps());
        first += block;
    }
    T* const image = scratch.get(Scratch<T>::image, field.channels * field.plane());
    field.clear_image(image);
    for (std::int64_t n = begin; n < end; ++n) {
        field.copy_image(x + n * x_step, image);
        const Work<T> work{field, offset, packed, bias_of_blocks, image, y + n * y_step};
        if (channels)
            correlate_channels<bytes>(work, outputs);
        else
            by_positions<bytes>(work, outputs);
    }
}

}  // namespace

template <class T>
void correlate(const Field& field, const T* x, std::int64_t x_step, const WeightView<T>& weight,
               std::int64_t outputs, const T* bias, T* y, std::int64_t y_step, std::int64_t begin,
               std::int64_t end)
{
    by_vector([&]<int bytes>() {
        correlate_with<bytes>(field, x, x_step, weight, outputs, bias, y, y_step, begin, end);
    });
}

template void correlate(const Field&, const float*, std::int64_t, const WeightView<float>&, std::int64_t,
                        const float*, float*, std::int64_t, std::int64_t, std::int64_t);
template void correlate(const Field&, const double*, std::int64_t, const WeightView<double>&, std::int64_t,
                        const double*, double*, std::int64_t, std::int64_t, std::int64_t);

}  // namespace xgrad::kernels::direct
