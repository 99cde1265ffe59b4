// Convolution and its gradients: which of the ways to compute them is taken.
#include "autodiff/kernels/conv.hpp"

#include <algorithm>

#include "autodiff/kernels/conv_direct.hpp"
#include "autodiff/kernels/gemm.hpp"
#include "autodiff/kernels/threads.hpp"

namespace xgrad::kernels {
namespace {

using direct::ceil_div;
using direct::Field;
using direct::Scratch;
using direct::WeightView;

/// The lengths of one group.
struct Group {
    std::int64_t channels, outputs, x_step, y_step, weight_step;
    explicit Group(const ConvShape& s)
        : channels(s.channels / s.groups),
          outputs(s.outputs / s.groups),
          x_step(channels * s.height * s.width),
          y_step(outputs * s.positions()),
          weight_step(outputs * s.taps())
    {}
};

Field field_of(const ConvShape& s)
{
    return {s.channels / s.groups,
            s.height,
            s.width,
            s.pad_h,
            s.pad_w,
            s.kernel_h,
            s.kernel_w,
            s.stride_h,
            s.stride_w,
            s.dilation_h,
            s.dilation_w,
            s.out_height(),
            s.out_width()};
}

// run(begin, end) for images that cover all, on several threads where there is much to do.
template <class F>
void by_images(const ConvShape& s, F run)
{
    constexpr double worth = 1 << 19;  // multiply-adds: some 10 microseconds
    const double work = static_cast<double>(s.positions()) * static_cast<double>(s.outputs * s.taps());
    parallel_for(s.batch, static_cast<std::int64_t>(std::clamp(worth / std::max(work, 1.0), 1.0, 1e9)), run);
}

template <class T>
void fill_with_bias(const ConvShape& s, const T* bias, T* y)
{
    const std::int64_t positions = s.positions();
    for (std::int64_t n = 0; n < s.batch; ++n)
        for (std::int64_t o = 0; o < s.outputs; ++o, y += positions) std::fill_n(y, positions, bias[o]);
}

/// dx of images begin ... end - 1 where the kernel moves by more than one: the products of all taps with the cotangent,
/// a few rows of it at a time, each added where its tap reads.
template <class T>
void strided_input_grad(const ConvShape& s, const T* g, const T* weight, T* dx, std::int64_t begin,
                        std::int64_t end)
{
    const Group group(s);
    const std::int64_t taps = s.taps(), rows = s.out_height(), columns = s.out_width();
    const std::int64_t positions = rows * columns;
    constexpr std::int64_t most = 1 << 17;  // elements of the products that stay in the cache
    const std::int64_t rows_at_once =
        std::clamp<std::int64_t>(most / std::max<std::int64_t>(taps * columns, 1), 1, rows);
    Scratch<T> scratch;
    T* const products = scratch.get(Scratch<T>::columns, taps * rows_at_once * columns);
    std::fill_n(dx + begin * s.groups * group.x_step, (end - begin) * s.groups * group.x_step, T(0));
    for (std::int64_t i = begin * s.groups; i < end * s.groups; ++i)
        for (std::int64_t first = 0; first < rows; first += rows_at_once) {
            const std::int64_t last = std::min(rows, first + rows_at_once), count = (last - first) * columns;
            gemm<T>(true, false, taps, count, group.outputs, 1, weight + i % s.groups * group.weight_step,
                    taps, g + i * group.y_step + first * columns, positions, 0, products, count);
            const T* from = products;
            for (std::int64_t k = 0; k < taps; ++k) {
                const std::int64_t c = k / (s.kernel_h * s.kernel_w), i_h = k / s.kernel_w % s.kernel_h,
                                   i_w = k % s.kernel_w;
                T* const plane = dx + i * group.x_step + c * s.height * s.width;
                // Columns whose tap lies within the image.
                const std::int64_t left = i_w * s.dilation_w - s.pad_w, beyond = s.width - left;
                const std::int64_t q_begin =
                    std::min(columns, left < 0 ? ceil_div(-left, s.stride_w) : std::int64_t{0});
                const std::int64_t q_end =
                    std::clamp(beyond > 0 ? ceil_div(beyond, s.stride_w) : std::int64_t{0}, q_begin, columns);
                for (std::int64_t r = first; r < last; ++r, from += columns) {
                    const std::int64_t y = r * s.stride_h + i_h * s.dilation_h - s.pad_h;
                    if (y < 0 || y >= s.height) continue;
                    T* const to = plane + y * s.width + left;
                    for (std::int64_t q = q_begin; q < q_end; ++q) to[q * s.stride_w] += from[q];
                }
            }
        }
}

}  // namespace

template <class T>
void conv2d(const ConvShape& s, const T* x, const T* weight, const T* bias, T* y)
{
    const Group group(s);
    if (s.batch * group.y_step == 0) return;
    if (s.is_pointwise()) {
        if (bias) fill_with_bias(s, bias, y);
        for (std::int64_t i = 0; i < s.batch * s.groups; ++i)
            gemm<T>(false, false, group.outputs, s.positions(), group.channels, 1,
                    weight + i % s.groups * group.weight_step, group.channels, x + i * group.x_step,
                    s.positions(), bias ? T(1) : T(0), y + i * group.y_step, s.positions());
        return;
    }
    const Field field = field_of(s);
    for (std::int64_t i = 0; i < s.groups; ++i) {
        const WeightView<T> view{weight + i * group.weight_step, s.taps(), s.kernel_h * s.kernel_w,
                                 s.kernel_w, 1};
        by_images(s, [&](std::int64_t begin, std::int64_t end) {
            direct::correlate(field, x + i * group.x_step, s.groups * group.x_step, view, group.outputs,
                              bias ? bias + i * group.outputs : nullptr, y + i * group.y_step,
                              s.groups * group.y_step, begin, end);
        });
    }
}

template <class T>
void conv2d_input_grad(const ConvShape& s, const T* g, const T* weight, T* dx)
{
    const Group group(s);
    if (s.batch * group.x_step == 0) return;
    if (s.is_pointwise()) {
        for (std::int64_t i = 0; i < s.batch * s.groups; ++i)
            gemm<T>(true, false, group.channels, s.positions(), group.outputs, 1,
                    weight + i % s.groups * group.weight_step, group.channels, g + i * group.y_step,
                    s.positions(), 0, dx + i * group.x_step, s.positions());
        return;
    }
    if (s.stride_h != 1 || s.stride_w != 1)
        return by_images(s, [&](std::int64_t begin, std::int64_t end) {
            strided_input_grad(s, g, weight, dx, begin, end);
        });
    // The convolution of g with the kernel turned round.
    const Field field{group.outputs,
                      s.out_height(),
                      s.out_width(),
                      s.dilation_h * (s.kernel_h - 1) - s.pad_h,
                      s.dilation_w * (s.kernel_w - 1) - s.pad_w,
                      s.kernel_h,
                      s.kernel_w,
                      1,
                      1,
                      s.dilation_h,
                      s.dilation_w,
                      s.height,
                      s.width};
    const std::int64_t kernel = s.kernel_h * s.kernel_w;
    for (std::int64_t i = 0; i < s.groups; ++i) {
        const WeightView<T> turned{weight + i * group.weight_step + kernel - 1, kernel, s.taps(), -s.kernel_w,
                                   -1};
        by_images(s, [&](std::int64_t begin, std::int64_t end) {
            direct::correlate(field, g + i * group.y_step, s.groups * group.y_step, turned, group.channels,
                              static_cast<const T*>(nullptr), dx + i * group.x_step, s.groups * group.x_step,
                              begin, end);
        });
    }
}

template <class T>
void conv2d_weight_grad(const ConvShape& s, const T* x, const T* g, T* dweight)
{
    const Group group(s);
    if (s.batch == 0) {
        std::fill_n(dweight, s.groups * group.weight_step, T(0));
        return;
    }
    if (s.is_pointwise()) {
        for (std::int64_t i = 0; i < s.batch * s.groups; ++i)
            gemm<T>(false, true, group.outputs, group.channels, s.positions(), 1, g + i * group.y_step,
                    s.positions(), x + i * group.x_step, s.positions(), i < s.groups ? T(0) : T(1),
                    dweight + i % s.groups * group.weight_step, group.channels);
        return;
    }
    // Sums over some images each, whatever the number of threads is: the same bits.
    const Field field = field_of(s);
    constexpr std::int64_t worth = 1 << 12, most = 4;  // positions, parts
    const std::int64_t parts =
        std::clamp<std::int64_t>(s.batch * s.positions() / worth, 1, std::min(s.batch, most));
    const std::int64_t size = s.groups * group.weight_step;
    Scratch<T> scratch;
    T* const sums = scratch.get(Scratch<T>::columns, (parts - 1) * size);
    auto part_of = [&](std::int64_t part, int) {
        T* const to = part == 0 ? dweight : sums + (part - 1) * size;
        for (std::int64_t i = 0; i < s.groups; ++i)
            direct::correlate_weight(field, x + i * group.x_step, s.groups * group.x_step,
                                     g + i * group.y_step, s.groups * group.y_step, group.outputs,
                                     to + i * group.weight_step, s.batch * part / parts,
                                     s.batch * (part + 1) / parts);
    };
    for_parts(parts, num_threads(), part_of);
    for (std::int64_t part = 1; part < parts; ++part)
        for (std::int64_t k = 0; k < size; ++k) dweight[k] += sums[(part - 1) * size + k];
}

#define XGRAD_INSTANTIATE(T)                                                   \
    template void conv2d(const ConvShape&, const T*, const T*, const T*, T*);  \
    template void conv2d_input_grad(const ConvShape&, const T*, const T*, T*); \
    template void conv2d_weight_grad(const ConvShape&, const T*, const T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
