// Softmax over an axis that is not the last: blocks of up to 256 columns, walked row by row.

#include "autodiff/kernels/softmax_columns.hpp"

#include <limits>

#include "autodiff/kernels/exp_tile.hpp"

namespace xgrad::kernels::columns {

namespace {

constexpr std::int64_t width = exp_run;

/// What the kernels keep per column: whole vectors, of which the lanes beyond the columns in use mean nothing.
template <class T>
using Lanes = ExpTile<T>;

/// Which columns a block holds, and how many lanes compute them.
struct Block {
    std::int64_t columns, lanes;
};

/// Loads one row of the block; beyond its columns come zeros, so that whole vectors can be computed.
template <class T>
XGRAD_INLINE void load(const T* from, Lanes<T>& to, Block b)
{
    for (std::int64_t j = 0; j < b.columns; ++j) to.at[j] = from[j];
    // Also the lanes that nobody reads get numbers: denormals left on the stack would be slow.
    for (std::int64_t j = b.columns; j < b.lanes; ++j) to.at[j] = 0;
}

template <class T>
XGRAD_INLINE void store(const Lanes<T>& from, T* to, Block b)
{
    for (std::int64_t j = 0; j < b.columns; ++j) to[j] = from.at[j];
}

template <class T>
XGRAD_INLINE void fill(Lanes<T>& l, T value, Block b)
{
    for (std::int64_t j = 0; j < b.lanes; ++j) l.at[j] = value;
}

/// Runs f(j) for every lane.
template <class F>
XGRAD_INLINE void each(Block b, F f)
{
    const std::int64_t n = b.lanes / exp_vector * exp_vector;
#pragma omp simd
    for (std::int64_t j = 0; j < n; ++j) f(j);
}

/// Runs f(block, offset of its first element, index of its first column in [outer, inner]) for all blocks.
template <class F>
XGRAD_INLINE void blocks(std::int64_t outer, std::int64_t axis, std::int64_t inner, F f)
{
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t begin = 0; begin < inner; begin += width) {
            const std::int64_t columns = inner - begin < width ? inner - begin : width;
            f(Block{columns, (columns + exp_vector - 1) / exp_vector * exp_vector}, o * axis * inner + begin,
              o * inner + begin);
        }
}

/// Largest element of each column.
template <class T>
XGRAD_INLINE void maxima(const T* x, std::int64_t axis, std::int64_t inner, Lanes<T>& m, Block b)
{
    load(x, m, b);
    for (std::int64_t a = 1; a < axis; ++a)
        for (std::int64_t j = 0; j < b.columns; ++j) m.at[j] = vm::max(m.at[j], x[a * inner + j]);
}

/// Sum of exp(x - m) in each column; the terms go to y unless it is null.
template <class T>
XGRAD_INLINE void exp_sums(const T* x, T* y, std::int64_t axis, std::int64_t inner, const Lanes<T>& m,
                           Lanes<T>& sum, Block b)
{
    Lanes<T> row;
    fill(sum, T(0), b);
    for (std::int64_t a = 0; a < axis; ++a) {
        load(x + a * inner, row, b);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { row.at[j] = row.at[j] - m.at[j]; });
        exp_tile(row, b.columns);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] += row.at[j]; });
        if (y) store(row, y + a * inner, b);
    }
}

}  // namespace

template <class T>
XGRAD_CLONES void softmax(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    blocks(outer, axis, inner, [=](Block b, std::int64_t at, std::int64_t) XGRAD_INLINE_LAMBDA {
        Lanes<T> m, sum;
        maxima(x + at, axis, inner, m, b);
        exp_sums(x + at, y + at, axis, inner, m, sum, b);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] = T(1) / sum.at[j]; });
        for (std::int64_t a = 0; a < axis; ++a)
            for (std::int64_t j = 0; j < b.columns; ++j) y[at + a * inner + j] *= sum.at[j];
    });
}

template <class T>
XGRAD_CLONES void log_softmax(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    blocks(outer, axis, inner, [=](Block b, std::int64_t at, std::int64_t) XGRAD_INLINE_LAMBDA {
        Lanes<T> m, sum;
        maxima(x + at, axis, inner, m, b);
        exp_sums(x + at, static_cast<T*>(nullptr), axis, inner, m, sum, b);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { sum.at[j] = vm::log(sum.at[j]); });
        for (std::int64_t a = 0; a < axis; ++a)
            for (std::int64_t j = 0; j < b.columns; ++j)
                y[at + a * inner + j] = (x[at + a * inner + j] - m.at[j]) - sum.at[j];
    });
}

template <class T>
XGRAD_CLONES void logsumexp(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    blocks(outer, axis, inner, [=](Block b, std::int64_t at, std::int64_t column) XGRAD_INLINE_LAMBDA {
        Lanes<T> m, sum;
        maxima(x + at, axis, inner, m, b);
        exp_sums(x + at, static_cast<T*>(nullptr), axis, inner, m, sum, b);
        // The sum of a column whose largest is infinite (or NaN) is that.
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA {
            const T all = m.at[j] + vm::log(sum.at[j]);
            sum.at[j] = m.at[j] - m.at[j] == T(0) ? all : m.at[j];
        });
        store(sum, y + column, b);
    });
}

template <class T>
XGRAD_CLONES void softmax_vjp(const T* g, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                              std::int64_t inner)
{
    blocks(outer, axis, inner, [=](Block b, std::int64_t at, std::int64_t) XGRAD_INLINE_LAMBDA {
        Lanes<T> sum;
        fill(sum, T(0), b);
        for (std::int64_t i = at; i < at + axis * inner; i += inner)
            for (std::int64_t j = 0; j < b.columns; ++j) sum.at[j] += g[i + j] * y[i + j];
        for (std::int64_t i = at; i < at + axis * inner; i += inner)
#pragma omp simd
            for (std::int64_t j = 0; j < b.columns; ++j) dx[i + j] = y[i + j] * (g[i + j] - sum.at[j]);
    });
}

template <class T>
XGRAD_CLONES void log_softmax_vjp(const T* g, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                                  std::int64_t inner)
{
    blocks(outer, axis, inner, [=](Block b, std::int64_t at, std::int64_t) XGRAD_INLINE_LAMBDA {
        Lanes<T> sum, gi, yi;
        fill(sum, T(0), b);
        for (std::int64_t i = at; i < at + axis * inner; i += inner)
            for (std::int64_t j = 0; j < b.columns; ++j) sum.at[j] += g[i + j];
        for (std::int64_t i = at; i < at + axis * inner; i += inner) {
            load(g + i, gi, b);
            load(y + i, yi, b);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { yi.at[j] = yi.at[j]; });
            exp_tile(yi, b.columns);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { gi.at[j] = gi.at[j] - yi.at[j] * sum.at[j]; });
            store(gi, dx + i, b);
        }
    });
}

template <class T>
XGRAD_CLONES void logsumexp_vjp(const T* g, const T* x, const T* y, T* dx, std::int64_t outer,
                                std::int64_t axis, std::int64_t inner)
{
    blocks(outer, axis, inner, [=](Block b, std::int64_t at, std::int64_t column) XGRAD_INLINE_LAMBDA {
        Lanes<T> gi, xi, yi;
        load(g + column, gi, b);
        load(y + column, yi, b);
        each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA {
            yi.at[j] = yi.at[j] == -std::numeric_limits<T>::infinity() ? T(0) : yi.at[j];
        });
        for (std::int64_t i = at; i < at + axis * inner; i += inner) {
            load(x + i, xi, b);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { xi.at[j] = xi.at[j] - yi.at[j]; });
            exp_tile(xi, b.columns);
            each(b, [&](std::int64_t j) XGRAD_INLINE_LAMBDA { xi.at[j] *= gi.at[j]; });
            store(xi, dx + i, b);
        }
    });
}

#define XGRAD_INSTANTIATE(T)                                                                         \
    template void softmax(const T*, T*, std::int64_t, std::int64_t, std::int64_t);                   \
    template void log_softmax(const T*, T*, std::int64_t, std::int64_t, std::int64_t);               \
    template void logsumexp(const T*, T*, std::int64_t, std::int64_t, std::int64_t);                 \
    template void softmax_vjp(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t);     \
    template void log_softmax_vjp(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t); \
    template void logsumexp_vjp(const T*, const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels::columns
