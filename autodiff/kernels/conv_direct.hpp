// Private to the convolution kernels: an image is copied once into rows with its padding around it; then every tap of the
// kernel is a fixed distance in that memory, and a convolution is a sum of shifted rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/conv.hpp"

namespace xgrad::kernels::direct {

/// Vectors of as many bytes as a register of the processor has.
template <class T, int bytes>
struct Lanes {
    typedef T Vector __attribute__((vector_size(bytes)));
    typedef std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t> Integer;
    typedef Integer Mask __attribute__((vector_size(bytes)));
};
template <class T, int bytes>
using Vector = typename Lanes<T, bytes>::Vector;
template <class T, int bytes>
inline constexpr int lanes = bytes / static_cast<int>(sizeof(T));

/// There are 32 registers of 64 bytes, 16 of the shorter ones: blocks are cut accordingly.
template <int bytes>
inline constexpr bool many_registers = bytes == 64;

/// What the processor has: 64, 32 or 16. Tests lower it to try the other forms.
inline int& vector_bytes()
{
    static int bytes = has_v4() ? 64 : has_v3() ? 32 : 16;
    return bytes;
}

/// Calls f.template operator()<bytes>() with what the processor has.
template <class F>
void by_vector(F f)
{
    switch (vector_bytes()) {
    case 64: return f.template operator()<64>();
    case 32: return f.template operator()<32>();
    default: return f.template operator()<16>();
    }
}

template <class V, class T>
XGRAD_INLINE void load(V& to, const T* from)
{
    std::memcpy(&to, from, sizeof to);
}
template <class V, class T>
XGRAD_INLINE void store(T* to, const V& from)
{
    std::memcpy(to, &from, sizeof from);
}

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Memory that a thread keeps from one convolution to the next (unless it is large), aligned to 64 bytes. Reads may go
/// a vector beyond the end.
template <class T>
class Scratch {
  public:
    enum Slot { image, weight, offsets, cotangent, partial, columns, slots };
    T* get(Slot slot, std::int64_t n)
    {
        std::vector<T>& kept = memory()[slot];
        const auto bytes = std::size_t(n) * sizeof(T) + 192;
        if (kept.size() * sizeof(T) < bytes) kept.resize(bytes / sizeof(T) + 1);
        const auto at = reinterpret_cast<std::uintptr_t>(kept.data());
        return reinterpret_cast<T*>((at + 63) / 64 * 64);
    }
    Scratch() = default;
    Scratch(const Scratch&) = delete;
    ~Scratch()
    {
        for (int slot = 0; slot < slots; ++slot)
            if (std::vector<T>& kept = memory()[slot]; kept.size() > most_kept) std::vector<T>().swap(kept);
    }

  private:
    static constexpr std::size_t most_kept = std::size_t(1) << 22;
    static std::vector<T>* memory()
    {
        static thread_local std::vector<T> kept[slots];
        return kept;
    }
};

/// A sum of shifted rows: out[r][q] = sum_k weight[k] * image[offset[k] + r * row_step + q], where the image is the
/// padded one. With a stride the columns of each remainder stand together, so that q still counts by one.
struct Field {
    std::int64_t channels, height, width;  ///< of the image; channels of one group
    std::int64_t pad_h, pad_w;             ///< negative ones cut rows and columns off
    std::int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    std::int64_t rows, columns;  ///< of the result

    std::int64_t image_rows() const { return (rows - 1) * stride_h + (kernel_h - 1) * dilation_h + 1; }
    std::int64_t phase() const
    {
        return ceil_div((columns - 1) * stride_w + (kernel_w - 1) * dilation_w + 1, stride_w);
    }
    std::int64_t image_row() const { return phase() * stride_w; }
    std::int64_t plane() const { return image_rows() * image_row(); }
    std::int64_t row_step() const { return stride_h * image_row(); }
    std::int64_t taps() const { return channels * kernel_h * kernel_w; }
    std::int64_t positions() const { return rows * columns; }

    void offsets(std::int64_t* to) const
    {
        for (std::int64_t c = 0; c < channels; ++c)
            for (std::int64_t i = 0; i < kernel_h; ++i)
                for (std::int64_t j = 0; j < kernel_w; ++j)
                    *to++ = c * plane() + i * dilation_h * image_row() + j * dilation_w % stride_w * phase() +
                            j * dilation_w / stride_w;
    }
    /// The rows of the kernel that meet the image, and not only its padding, in the rows first ... last of the result.
    void kernel_rows(std::int64_t first, std::int64_t last, std::int64_t& begin, std::int64_t& end) const
    {
        const std::int64_t above = pad_h - last * stride_h, below = height + pad_h - first * stride_h;
        begin = std::clamp<std::int64_t>(above > 0 ? ceil_div(above, dilation_h) : 0, 0, kernel_h);
        end = std::clamp<std::int64_t>(below > 0 ? ceil_div(below, dilation_h) : 0, begin, kernel_h);
    }

    /// Copies an image to its places. The padding around them stays as it is: zeros from clear_image().
    template <class T>
    void copy_image(const T* from, T* to) const
    {
        const std::int64_t first = std::clamp<std::int64_t>(pad_h, 0, image_rows()),
                           last = std::clamp<std::int64_t>(pad_h + height, first, image_rows());
        for (std::int64_t f = 0; f < stride_w; ++f) {
            // Column f + stride * u of a padded row is column f + stride * u - pad of the image.
            const std::int64_t ahead = pad_w - f, beyond = width + pad_w - f;
            const std::int64_t begin = std::min(ahead > 0 ? ceil_div(ahead, stride_w) : 0, phase());
            const std::int64_t end = std::clamp(beyond > 0 ? ceil_div(beyond, stride_w) : 0, begin, phase());
            for (std::int64_t c = 0; c < channels; ++c) {
                const T* row = from + (c * height + first - pad_h) * width + f - pad_w;
                T* at = to + c * plane() + first * image_row() + f * phase();
                for (std::int64_t r = first; r < last; ++r, row += width, at += image_row())
                    copy_row(row, at, begin, end);
            }
        }
    }
    template <class T>
    void clear_image(T* to) const
    {
        std::fill_n(to, channels * plane(), T(0));
    }

  private:
    template <class T>
    void copy_row(const T* from, T* to, std::int64_t begin, std::int64_t end) const
    {
        if (stride_w != 1) {
            for (std::int64_t u = begin; u < end; ++u) to[u] = from[u * stride_w];
            return;
        }
        // Rows are short: a call of memcpy costs more than this loop.
        constexpr std::int64_t block = 16 / std::int64_t(sizeof(T));
        std::int64_t u = begin;
        for (; u + block <= end; u += block) std::memcpy(to + u, from + u, 16);
        for (; u < end; ++u) to[u] = from[u];
    }
};

/// How a weight is read: element (o, c, i, j) is at at[o * output + c * channel + i * row + j * column].
template <class T>
struct WeightView {
    const T* at;
    std::int64_t output, channel, row, column;
};

/// y[n][o] = bias[o] + the sum of shifted rows, for images begin ... end - 1; strides between images are given. Bias may
/// be null.
template <class T>
void correlate(const Field& field, const T* x, std::int64_t x_step, const WeightView<T>& weight,
               std::int64_t outputs, const T* bias, T* y, std::int64_t y_step, std::int64_t begin,
               std::int64_t end);

/// dw[o][k] = sum over images and positions of g[n][o][p] * image[n][offset[k] + p].
template <class T>
void correlate_weight(const Field& field, const T* x, std::int64_t x_step, const T* g, std::int64_t g_step,
                      std::int64_t outputs, T* dw, std::int64_t begin, std::int64_t end);

/// What a sum of shifted rows is computed from: packed weights, and one image.
template <class T>
struct Work {
    const Field& field;
    const std::int64_t* offset;
    const T* weight;
    const T* bias;  // null: none
    const T* image;
    T* out;
};

/// The planes of one image with lanes over the channels; weights in blocks of a vector of channels, bias filled up.
template <int bytes, class T>
void correlate_channels(const Work<T>& work, std::int64_t outputs);

/// Lanes run over channels where that leaves fewer of them idle than running over the positions of a row.
template <class T, int bytes>
bool prefers_channels(std::int64_t outputs, std::int64_t columns)
{
    const auto filled = [](std::int64_t n) {
        return double(n) / double(ceil_div(n, lanes<T, bytes>) * lanes<T, bytes>);
    };
    return filled(outputs) >= filled(columns);
}

}  // namespace xgrad::kernels::direct
