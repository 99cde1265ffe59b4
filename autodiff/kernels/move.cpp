// Data movement: one strided copy engine behind permute, slice and broadcast; plain runs behind concat and split.

#include "autodiff/kernels/move.hpp"

#include <cstring>

namespace xgrad::kernels {

namespace {

constexpr int max_rank = 32;

// Elements of any type are moved as unsigned integers of their size.
using Byte = std::uint8_t;
using Word [[gnu::may_alias]] = std::uint32_t;
using Long [[gnu::may_alias]] = std::uint64_t;

/// A walk over a strided array: sizes, and for each axis the distance between its elements.
struct Walk {
    int rank = 0;
    std::int64_t size[max_rank];
    std::int64_t stride[max_rank];

    /// Appends an axis, joined with the last one if the two run on as one, dropped if it has one element.
    void add(std::int64_t n, std::int64_t s)
    {
        if (n == 1) return;
        if (rank > 0 && stride[rank - 1] == n * s) {
            size[rank - 1] *= n;
            stride[rank - 1] = s;
        } else {
            size[rank] = n;
            stride[rank++] = s;
        }
    }
};

/// Row-major distances between the elements of a contiguous array.
void contiguous_strides(Dims shape, std::int64_t* stride)
{
    std::int64_t s = 1;
    for (std::size_t i = shape.size(); i-- > 0; s *= shape[i]) stride[i] = s;
}

/// Calls f(offset in the strided array) for each index of the first `rank` axes, in order.
template <class F>
void odometer(const Walk& w, int rank, F f)
{
    std::int64_t index[max_rank] = {};
    std::int64_t offset = 0;
    for (;;) {
        f(offset);
        int i = rank - 1;
        for (; i >= 0; --i) {
            offset += w.stride[i];
            if (++index[i] < w.size[i]) break;
            offset -= w.stride[i] * w.size[i];
            index[i] = 0;
        }
        if (i < 0) return;
    }
}

/// Below this many bytes a loop is faster than a call of memcpy.
constexpr std::int64_t short_run = 64;

template <class E>
void copy_run(const E* in, E* out, std::int64_t n)
{
    if (n * std::int64_t(sizeof(E)) >= short_run)
        std::memcpy(out, in, std::size_t(n) * sizeof(E));
    else
        for (std::int64_t i = 0; i < n; ++i) out[i] = in[i];
}

/// Four by four words, in registers.
void transpose_4x4(const Word* in, std::int64_t in_stride, Word* out, std::int64_t out_stride)
{
    using Four [[gnu::vector_size(16)]] = std::uint32_t;
    Four r[4];
    for (int j = 0; j < 4; ++j) std::memcpy(&r[j], in + j * in_stride, sizeof(Four));
    const Four a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5),
               b = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
    const Four c = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7),
               d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
    r[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
    for (int i = 0; i < 4; ++i) std::memcpy(out + i * out_stride, &r[i], sizeof(Four));
}

/// out[i * out_stride + j] = in[i + j * in_stride]: a transpose. Tiles of whole cache lines pass through a buffer, so
/// that each line is touched once: where the strides are powers of two, lines of a tile evict each other.
template <class E>
void transpose(const E* in, std::int64_t in_stride, E* out, std::int64_t out_stride, std::int64_t rows,
               std::int64_t columns)
{
    constexpr std::int64_t tile = 64 / sizeof(E);
    alignas(64) E buffer[tile * tile];
    for (std::int64_t j0 = 0; j0 < columns; j0 += tile)
        for (std::int64_t i0 = 0; i0 < rows; i0 += tile) {
            const E* from = in + i0 + j0 * in_stride;
            E* to = out + i0 * out_stride + j0;
            const std::int64_t h = rows - i0 < tile ? rows - i0 : tile,
                               w = columns - j0 < tile ? columns - j0 : tile;
            if (h < tile || w < tile) {
                for (std::int64_t i = 0; i < h; ++i)
                    for (std::int64_t j = 0; j < w; ++j) to[i * out_stride + j] = from[i + j * in_stride];
                continue;
            }
            for (std::int64_t j = 0; j < tile; j += sizeof(E) == 4 ? 4 : 1)
                for (std::int64_t i = 0; i < tile; i += sizeof(E) == 4 ? 4 : 1)
                    if constexpr (sizeof(E) == 4)
                        transpose_4x4(from + i + j * in_stride, in_stride, buffer + i * tile + j, tile);
                    else
                        buffer[i * tile + j] = from[i + j * in_stride];
            for (std::int64_t i = 0; i < tile; ++i) std::memcpy(to + i * out_stride, buffer + i * tile, 64);
        }
}

/// out (contiguous) = the elements of `in` that w visits, in order.
template <class E>
void gather(const E* in, E* out, const Walk& w)
{
    if (w.rank == 0) {
        *out = *in;
        return;
    }
    const int last = w.rank - 1;
    const std::int64_t n = w.size[last], s = w.stride[last];
    if (s == 1)
        return odometer(w, last, [&, to = out](std::int64_t at) mutable {
            copy_run(in + at, to, n);
            to += n;
        });
    if (s == 0)
        return odometer(w, last, [&, to = out](std::int64_t at) mutable {
            const E value = in[at];
            for (std::int64_t i = 0; i < n; ++i) to[i] = value;
            to += n;
        });
    int unit = last - 1;
    while (unit >= 0 && w.stride[unit] != 1) --unit;
    if (unit < 0)
        return odometer(w, last, [&, to = out](std::int64_t at) mutable {
            for (std::int64_t i = 0; i < n; ++i) to[i] = in[at + i * s];
            to += n;
        });
    // Another axis is contiguous in `in`: transpose the two, and walk over the rest in both arrays.
    std::int64_t out_stride[max_rank];
    contiguous_strides({w.size, std::size_t(w.rank)}, out_stride);
    Walk rest, rest_out;
    for (int i = 0; i < last; ++i)
        if (i != unit) {
            rest.size[rest.rank] = rest_out.size[rest.rank] = w.size[i];
            rest.stride[rest.rank] = w.stride[i];
            rest_out.stride[rest.rank++] = out_stride[i];
        }
    rest_out.rank = rest.rank;
    std::int64_t index[max_rank] = {};
    std::int64_t to = 0;
    odometer(rest, rest.rank, [&](std::int64_t at) {
        transpose(in + at, s, out + to, out_stride[unit], w.size[unit], n);
        for (int i = rest.rank - 1; i >= 0; --i) {
            to += rest_out.stride[i];
            if (++index[i] < rest.size[i]) break;
            to -= rest_out.stride[i] * rest.size[i];
            index[i] = 0;
        }
    });
}

void gather(const void* in, void* out, std::size_t element_size, std::int64_t base, const Walk& w)
{
    for (int i = 0; i < w.rank; ++i)
        if (w.size[i] == 0) return;
    if (element_size == 1)
        gather(static_cast<const Byte*>(in) + base, static_cast<Byte*>(out), w);
    else if (element_size == 4)
        gather(static_cast<const Word*>(in) + base, static_cast<Word*>(out), w);
    else
        gather(static_cast<const Long*>(in) + base, static_cast<Long*>(out), w);
}

/// The walk of a slice, and where it begins.
Walk slice_walk(Dims in_shape, Dims start, Dims step, Dims out_shape, std::int64_t& base)
{
    std::int64_t stride[max_rank];
    contiguous_strides(in_shape, stride);
    Walk w;
    base = 0;
    for (std::size_t i = 0; i < in_shape.size(); ++i) {
        base += start[i] * stride[i];
        w.add(out_shape[i], step[i] * stride[i]);
    }
    return w;
}

/// Copies `runs` runs of `bytes` bytes, each array with its own distance between runs.
void copy_runs(const void* in, std::int64_t in_step, void* out, std::int64_t out_step, std::int64_t runs,
               std::int64_t bytes)
{
    if (bytes == 0) return;
    auto from = static_cast<const Byte*>(in);
    auto to = static_cast<Byte*>(out);
    for (std::int64_t i = 0; i < runs; ++i)
        std::memcpy(to + i * out_step, from + i * in_step, std::size_t(bytes));
}

}  // namespace

void permute(const void* in, void* out, std::size_t element_size, Dims shape, Dims perm)
{
    std::int64_t stride[max_rank];
    contiguous_strides(shape, stride);
    Walk w;
    for (auto axis : perm) w.add(shape[std::size_t(axis)], stride[axis]);
    gather(in, out, element_size, 0, w);
}

void slice(const void* in, void* out, std::size_t element_size, Dims in_shape, Dims start, Dims step,
           Dims out_shape)
{
    std::int64_t base;
    const Walk w = slice_walk(in_shape, start, step, out_shape, base);
    gather(in, out, element_size, base, w);
}

template <class T>
void unslice(const T* g, T* dx, Dims in_shape, Dims start, Dims step, Dims out_shape)
{
    if (const auto n = count(in_shape); n > 0) std::memset(dx, 0, std::size_t(n) * sizeof(T));
    if (count(out_shape) == 0) return;
    std::int64_t base;
    const Walk w = slice_walk(in_shape, start, step, out_shape, base);
    if (w.rank == 0) {
        dx[base] = *g;
        return;
    }
    const int last = w.rank - 1;
    const std::int64_t n = w.size[last], s = w.stride[last];
    odometer(w, last, [&](std::int64_t at) {
        T* to = dx + base + at;
        if (s == 1)
            copy_run(g, to, n);
        else
            for (std::int64_t i = 0; i < n; ++i) to[i * s] = g[i];
        g += n;
    });
}

void concat(std::span<const Piece> pieces, void* out, std::size_t element_size, std::int64_t outer,
            std::int64_t inner)
{
    std::int64_t total = 0, done = 0;
    for (const auto& p : pieces) total += p.axis;
    const std::int64_t unit = inner * std::int64_t(element_size);
    for (const auto& p : pieces) {
        copy_runs(p.data, p.axis * unit, static_cast<Byte*>(out) + done * unit, total * unit, outer,
                  p.axis * unit);
        done += p.axis;
    }
}

void split_piece(const void* in, void* out, std::size_t element_size, std::int64_t outer, std::int64_t axis,
                 std::int64_t inner, std::int64_t begin, std::int64_t length)
{
    const std::int64_t unit = inner * std::int64_t(element_size);
    copy_runs(static_cast<const Byte*>(in) + begin * unit, axis * unit, out, length * unit, outer,
              length * unit);
}

void broadcast_to(const void* in, void* out, std::size_t element_size, Dims in_shape, Dims out_shape)
{
    std::int64_t stride[max_rank];
    contiguous_strides(in_shape, stride);
    const std::size_t lead = out_shape.size() - in_shape.size();
    Walk w;
    for (std::size_t i = 0; i < out_shape.size(); ++i)
        w.add(out_shape[i], i < lead || in_shape[i - lead] == 1 ? 0 : stride[i - lead]);
    gather(in, out, element_size, 0, w);
}

template void unslice(const float*, float*, Dims, Dims, Dims, Dims);
template void unslice(const double*, double*, Dims, Dims, Dims, Dims);

}  // namespace xgrad::kernels
