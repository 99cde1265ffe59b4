// Sums of shifted rows with lanes over the channels of the result: no lane is idle at the ends of rows.
#include "autodiff/kernels/conv_direct.hpp"

namespace xgrad::kernels::direct {
namespace {

/// A vector of channels at `run` positions of a row: the image's numbers are repeated, the weights are the vectors.
template <int run, class T>
XGRAD_INLINE void run_of_row(const Work<T>& work, const T* weight, const T* bias, const T* in,
                             std::int64_t from, std::int64_t to, T* out, std::int64_t count)
{
    using V = Vector<T>;
    constexpr int width = lanes<T>;
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

template <class T>
XGRAD_CLONES void by_channels(const Work<T>& work, std::int64_t outputs, bool wide)
{
    constexpr int width = lanes<T>;
    const Field& field = work.field;
    const std::int64_t most = wide ? 14 : 6, runs = ceil_div(field.columns, most);
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
    case n: run_of_row<n>(work, weight, work.bias + first, in, from, to, out, count); break;
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

}  // namespace

template <class T>
void correlate_channels(const Work<T>& work, std::int64_t outputs, bool wide)
{
    by_channels(work, outputs, wide);
}

template void correlate_channels(const Work<float>&, std::int64_t, bool);
template void correlate_channels(const Work<double>&, std::int64_t, bool);

}  // namespace xgrad::kernels::direct
