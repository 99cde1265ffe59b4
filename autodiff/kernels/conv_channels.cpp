// Sums of shifted rows with lanes over the channels of the result: no lane is idle at the ends of rows.
#include "autodiff/kernels/conv_direct.hpp"

namespace xgrad::kernels::direct {
namespace {

/// A vector of channels at `run` positions of a row: the image's numbers are repeated, the weights are the vectors.
template <int run, int bytes, class T>
XGRAD_INLINE void run_of_row(const Work<T>& work, const T* weight, const T* bias, const T* in,
                             std::int64_t from, std::int64_t to, T* out, std::int64_t count)
{
    using V = Vector<T, bytes>;
    constexpr int width = lanes<T, bytes>;
    const Field& field = work.field;
    const std::int64_t per_channel = field.kernel_h * field.kernel_w, plane = field.positions();
    V sum[run];
    for (int q = 0; q < run; ++q) load(sum[q], bias);
    for (std::int64_t begin = from * field.kernel_w, end = to * field.kernel_w; end <= field.taps();
         begin += per_channel, end += per_channel) {
        for (std::int64_t k = begin; k < end; ++k) {
            V w;
            load(w, weight + k * width);
            const T* const at = in + work.offset[k];
            for (int q = 0; q < run; ++q) sum[q] += at[q] * w;
        }
    }
    alignas(64) T turned[run][width];
    for (int q = 0; q < run; ++q) store(turned[q], sum[q]);
    for (std::int64_t c = 0; c < count; ++c)
        for (int q = 0; q < run; ++q) out[c * plane + q] = turned[q][c];
}

template <int bytes, class T>
XGRAD_INLINE void blocks_of_channels(const Work<T>& work, std::int64_t outputs)
{
    constexpr int width = lanes<T, bytes>;
    const Field& field = work.field;
    const std::int64_t most = many_registers<bytes> ? 14 : 12, runs = ceil_div(field.columns, most);
    for (std::int64_t first = 0; first < outputs; first += width) {
        const T* const weight = work.weight + first * field.taps();
        const std::int64_t count = std::min<std::int64_t>(width, outputs - first);
        for (std::int64_t r = 0; r < field.rows; ++r) {
            std::int64_t from, to;
            field.kernel_rows(r, r, from, to);
            for (std::int64_t part = 0; part < runs; ++part) {
                const std::int64_t q = field.columns * part / runs,
                                   run = field.columns * (part + 1) / runs - q;
                const T* const in = work.image + r * field.row_step() + q;
                T* const out = work.out + first * field.positions() + r * field.columns + q;
                switch (run) {
#define XGRAD_RUN(n) \
    case n: run_of_row<n, bytes>(work, weight, work.bias + first, in, from, to, out, count); break;
                    XGRAD_RUN(1)
                    XGRAD_RUN(2)
                    XGRAD_RUN(3)
                    XGRAD_RUN(4)
                    XGRAD_RUN(5)
                    XGRAD_RUN(6)
                    XGRAD_RUN(7)
                    XGRAD_RUN(8)
                    XGRAD_RUN(9)
                    XGRAD_RUN(10)
                    XGRAD_RUN(11)
                    XGRAD_RUN(12)
                    XGRAD_RUN(13)
                    XGRAD_RUN(14)
#undef XGRAD_RUN
                }
            }
        }
    }
}

// The same code for each length of registers.
template <class T>
XGRAD_TARGET_V4 void by_channels_64(const Work<T>& work, std::int64_t outputs)
{
    blocks_of_channels<64>(work, outputs);
}
template <class T>
XGRAD_TARGET_V3 void by_channels_32(const Work<T>& work, std::int64_t outputs)
{
    blocks_of_channels<32>(work, outputs);
}
template <int bytes, class T>
void by_channels(const Work<T>& work, std::int64_t outputs)
{
    if constexpr (bytes == 64)
        by_channels_64(work, outputs);
    else if constexpr (bytes == 32)
        by_channels_32(work, outputs);
    else
        blocks_of_channels<16>(work, outputs);
}

}  // namespace

template <int bytes, class T>
void correlate_channels(const Work<T>& work, std::int64_t outputs)
{
    by_channels<bytes>(work, outputs);
}

#define XGRAD_INSTANTIATE(bytes)                                                      \
    template void correlate_channels<bytes, float>(const Work<float>&, std::int64_t); \
    template void correlate_channels<bytes, double>(const Work<double>&, std::int64_t);
XGRAD_INSTANTIATE(64)
XGRAD_INSTANTIATE(32)
XGRAD_INSTANTIATE(16)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels::direct
