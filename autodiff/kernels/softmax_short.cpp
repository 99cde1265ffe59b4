// Short rows would fill a part of one vector each; transposed, as many of them as a vector has lanes run side by side.
#include "autodiff/kernels/softmax_short.hpp"

#include <algorithm>

#include "autodiff/kernels/exp_tile.hpp"

namespace xgrad::kernels::short_rows {
namespace {

constexpr std::int64_t most_lanes = 64;

/// Up to 64 rows, transposed: at[k * most_lanes + j] is element k of row j. Whole vectors are computed; lanes without a row
/// hold zeros, and mean nothing.
template <class T>
struct Tile {
    alignas(64) T at[longest * most_lanes];
    T* row(std::int64_t k) { return at + k * most_lanes; }
};
template <class T>
struct Lane {
    alignas(64) T at[most_lanes];
};
struct Block {
    std::int64_t rows, lanes, n;
};

/// f(block, offset of its first row) for all rows.
template <class F>
XGRAD_INLINE void blocks(std::int64_t rows, std::int64_t n, F f)
{
    for (std::int64_t r = 0; r < rows; r += most_lanes) {
        const std::int64_t here = std::min(rows - r, most_lanes);
        f(Block{here, (here + exp_vector - 1) / exp_vector * exp_vector, n}, r);
    }
}

template <class T>
XGRAD_INLINE void load(const T* from, Tile<T>& to, Block b)
{
    for (std::int64_t k = 0; k < b.n; ++k) {
        T* const row = to.row(k);
        for (std::int64_t j = 0; j < b.rows; ++j) row[j] = from[j * b.n + k];
        for (std::int64_t j = b.rows; j < b.lanes; ++j) row[j] = 0;
    }
}
template <class T>
XGRAD_INLINE void store(Tile<T>& from, T* to, Block b)
{
    for (std::int64_t j = 0; j < b.rows; ++j)
        for (std::int64_t k = 0; k < b.n; ++k) to[j * b.n + k] = from.row(k)[j];
}

/// f(j) for every lane.
template <class F>
XGRAD_INLINE void each(Block b, F f)
{
    const std::int64_t lanes = b.lanes / exp_vector * exp_vector;
#pragma omp simd
    for (std::int64_t j = 0; j < lanes; ++j) f(j);
}

template <class T>
XGRAD_INLINE void maxima(Tile<T>& x, Lane<T>& most, Block b)
{
    std::copy_n(x.row(0), most_lanes, most.at);
    for (std::int64_t k = 1; k < b.n; ++k) {
        const T* const row = x.row(k);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { most.at[j] = vm::max(most.at[j], row[j]); });
    }
}

/// x becomes e^(x - max); the sums of its rows.
template <class T>
XGRAD_INLINE void exp_sums(Tile<T>& x, Lane<T>& sum, Block b)
{
    Lane<T> most;
    maxima(x, most, b);
    each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] = 0; });
    for (std::int64_t k = 0; k < b.n; ++k) {
        T* const row = x.row(k);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA {
            row[j] = exp_negative(row[j] - most.at[j]);
            sum.at[j] += row[j];
        });
    }
}

template <class T>
XGRAD_CLONES void softmax_blocks(const T* x, T* y, std::int64_t rows, std::int64_t n)
{
    Tile<T> tile;
    Lane<T> sum;
    blocks(rows, n, [&](Block b, std::int64_t r) XGRAD_INLINE_LAMBDA {
        load(x + r * n, tile, b);
        exp_sums(tile, sum, b);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] = T(1) / sum.at[j]; });
        for (std::int64_t k = 0; k < n; ++k) {
            T* const row = tile.row(k);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { row[j] *= sum.at[j]; });
        }
        store(tile, y + r * n, b);
    });
}

template <class T>
XGRAD_CLONES void log_softmax_blocks(const T* x, T* y, std::int64_t rows, std::int64_t n)
{
    Tile<T> tile;
    Lane<T> most, sum;
    blocks(rows, n, [&](Block b, std::int64_t r) XGRAD_INLINE_LAMBDA {
        load(x + r * n, tile, b);
        maxima(tile, most, b);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] = 0; });
        for (std::int64_t k = 0; k < n; ++k) {
            const T* const row = tile.row(k);
            each(b,
                 [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] += exp_negative(row[j] - most.at[j]); });
        }
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] = vm::log(sum.at[j]); });
        for (std::int64_t k = 0; k < n; ++k) {
            T* const row = tile.row(k);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { row[j] = (row[j] - most.at[j]) - sum.at[j]; });
        }
        store(tile, y + r * n, b);
    });
}

template <class T>
XGRAD_CLONES void softmax_vjp_blocks(const T* g, const T* y, T* dx, std::int64_t rows, std::int64_t n)
{
    Tile<T> tg, ty;
    Lane<T> dot;
    blocks(rows, n, [&](Block b, std::int64_t r) XGRAD_INLINE_LAMBDA {
        load(g + r * n, tg, b);
        load(y + r * n, ty, b);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { dot.at[j] = 0; });
        for (std::int64_t k = 0; k < n; ++k) {
            const T *const gk = tg.row(k), *const yk = ty.row(k);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { dot.at[j] += gk[j] * yk[j]; });
        }
        for (std::int64_t k = 0; k < n; ++k) {
            const T* const gk = tg.row(k);
            T* const yk = ty.row(k);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { yk[j] = yk[j] * (gk[j] - dot.at[j]); });
        }
        store(ty, dx + r * n, b);
    });
}

template <class T>
XGRAD_CLONES void cross_entropy_blocks(const T* z, const std::int64_t* label, T* loss, std::int64_t rows,
                                       std::int64_t n)
{
    Tile<T> tile;
    Lane<T> most, sum;
    blocks(rows, n, [&](Block b, std::int64_t r) XGRAD_INLINE_LAMBDA {
        load(z + r * n, tile, b);
        maxima(tile, most, b);
        exp_sums(tile, sum, b);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] = vm::log(sum.at[j]); });
        for (std::int64_t j = 0; j < b.rows; ++j)
            loss[r + j] = sum.at[j] - (z[(r + j) * n + label[r + j]] - most.at[j]);
    });
}

template <class T>
XGRAD_CLONES void cross_entropy_vjp_blocks(const T* g, const T* z, const std::int64_t* label, T* dz,
                                           std::int64_t rows, std::int64_t n)
{
    Tile<T> tile;
    Lane<T> sum, scale;
    blocks(rows, n, [&](Block b, std::int64_t r) XGRAD_INLINE_LAMBDA {
        load(z + r * n, tile, b);
        exp_sums(tile, sum, b);
        for (std::int64_t j = 0; j < b.rows; ++j) scale.at[j] = g[r + j];
        for (std::int64_t j = b.rows; j < b.lanes; ++j) scale.at[j] = 0;
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { scale.at[j] /= sum.at[j]; });
        // (e - sum) / sum, not e / sum - 1: the rounding of the quotient would be all that is left near 1.
        for (std::int64_t j = 0; j < b.rows; ++j) tile.row(label[r + j])[j] -= sum.at[j];
        for (std::int64_t k = 0; k < n; ++k) {
            T* const row = tile.row(k);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { row[j] *= scale.at[j]; });
        }
        store(tile, dz + r * n, b);
    });
}

}  // namespace

template <class T>
void softmax(const T* x, T* y, std::int64_t rows, std::int64_t n)
{
    softmax_blocks(x, y, rows, n);
}
template <class T>
void log_softmax(const T* x, T* y, std::int64_t rows, std::int64_t n)
{
    log_softmax_blocks(x, y, rows, n);
}
template <class T>
void softmax_vjp(const T* g, const T* y, T* dx, std::int64_t rows, std::int64_t n)
{
    softmax_vjp_blocks(g, y, dx, rows, n);
}
template <class T>
void cross_entropy(const T* z, const std::int64_t* label, T* loss, std::int64_t rows, std::int64_t n)
{
    cross_entropy_blocks(z, label, loss, rows, n);
}
template <class T>
void cross_entropy_vjp(const T* g, const T* z, const std::int64_t* label, T* dz, std::int64_t rows,
                       std::int64_t n)
{
    cross_entropy_vjp_blocks(g, z, label, dz, rows, n);
}

#define XGRAD_INSTANTIATE(T)                                                                    \
    template void softmax(const T*, T*, std::int64_t, std::int64_t);                            \
    template void log_softmax(const T*, T*, std::int64_t, std::int64_t);                        \
    template void softmax_vjp(const T*, const T*, T*, std::int64_t, std::int64_t);              \
    template void cross_entropy(const T*, const std::int64_t*, T*, std::int64_t, std::int64_t); \
    template void cross_entropy_vjp(const T*, const T*, const std::int64_t*, T*, std::int64_t, std::int64_t);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels::short_rows
