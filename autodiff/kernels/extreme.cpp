// Positions of extreme elements, and the gradient of max and min.

#include "autodiff/kernels/lanes.hpp"

namespace xgrad::kernels {

namespace {

constexpr int width = lanes::width;

/// x is an extreme element whose value is y; NaN is extreme.
template <class T>
XGRAD_INLINE bool equals(T x, T y)
{
    return (x == y) | ((x != x) & (y != y));
}

template <Reduction kind, class T>
XGRAD_CLONES void arg_rows(const T* in, std::int64_t* out, std::int64_t outer, std::int64_t axis)
{
    for (std::int64_t o = 0; o < outer; ++o, in += axis) {
        // Finding the value and then its first place vectorises; carrying the index along does not.
        const T best = T(lanes::row<kind>(in, axis));
        std::int64_t i = 0;
        for (; i + width <= axis; i += width) {
            int found = 0;
#pragma omp simd reduction(| : found)
            for (int j = 0; j < width; ++j) found |= equals(in[i + j], best);
            if (found) break;
        }
        while (!equals(in[i], best)) ++i;
        out[o] = i;
    }
}

template <Reduction kind, class T>
XGRAD_CLONES void arg_columns(const T* in, std::int64_t* out, std::int64_t outer, std::int64_t axis,
                              std::int64_t inner)
{
    alignas(64) T best[width];
    alignas(64) std::int64_t at[width];
    for (std::int64_t o = 0; o < outer; ++o, in += axis * inner, out += inner)
        for (std::int64_t begin = 0; begin < inner; begin += width) {
            const int w = int(inner - begin < width ? inner - begin : width);
            for (int j = 0; j < w; ++j) {
                best[j] = in[begin + j];
                at[j] = 0;
            }
            for (std::int64_t a = 1; a < axis; ++a) {
                const T* x = in + a * inner + begin;
#pragma omp simd
                for (int j = 0; j < w; ++j) {
                    const bool beyond = kind == Reduction::max ? x[j] > best[j] : x[j] < best[j];
                    const bool better = beyond | ((x[j] != x[j]) & (best[j] == best[j]));
                    best[j] = better ? x[j] : best[j];
                    at[j] = better ? a : at[j];
                }
            }
            for (int j = 0; j < w; ++j) out[begin + j] = at[j];
        }
}

template <Reduction kind, class T>
void arg(const T* in, std::int64_t* out, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    if (inner == 1)
        arg_rows<kind>(in, out, outer, axis);
    else
        arg_columns<kind>(in, out, outer, axis, inner);
}

template <class T>
XGRAD_CLONES void share_rows(const T* g, const T* x, const T* y, T* dx, std::int64_t outer, std::int64_t axis)
{
    for (std::int64_t o = 0; o < outer; ++o, x += axis, dx += axis) {
        std::int64_t ties = 0;
        for (std::int64_t i = 0; i < axis; ++i) ties += equals(x[i], y[o]);
        const T share = g[o] / T(ties), best = y[o];
#pragma omp simd
        for (std::int64_t i = 0; i < axis; ++i) dx[i] = equals(x[i], best) ? share : T(0);
    }
}

template <class T>
XGRAD_CLONES void share_columns(const T* g, const T* x, const T* y, T* dx, std::int64_t outer,
                                std::int64_t axis, std::int64_t inner)
{
    alignas(64) T share[width];
    for (std::int64_t o = 0; o < outer; ++o, x += axis * inner, dx += axis * inner, y += inner, g += inner)
        for (std::int64_t begin = 0; begin < inner; begin += width) {
            const int w = int(inner - begin < width ? inner - begin : width);
            for (int j = 0; j < w; ++j) share[j] = 0;
            // Counting in T is exact up to 2^24 ties.
            for (std::int64_t a = 0; a < axis; ++a)
#pragma omp simd
                for (int j = 0; j < w; ++j)
                    share[j] += equals(x[a * inner + begin + j], y[begin + j]) ? T(1) : T(0);
            for (int j = 0; j < w; ++j) share[j] = g[begin + j] / share[j];
            for (std::int64_t a = 0; a < axis; ++a)
#pragma omp simd
                for (int j = 0; j < w; ++j)
                    dx[a * inner + begin + j] =
                        equals(x[a * inner + begin + j], y[begin + j]) ? share[j] : T(0);
        }
}

}  // namespace

template <class T>
void argmax(const T* in, std::int64_t* out, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    arg<Reduction::max>(in, out, outer, axis, inner);
}

template <class T>
void argmin(const T* in, std::int64_t* out, std::int64_t outer, std::int64_t axis, std::int64_t inner)
{
    arg<Reduction::min>(in, out, outer, axis, inner);
}

template <class T>
void extreme_vjp(const T* g, const T* x, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                 std::int64_t inner, bool share_ties)
{
    if (share_ties && inner == 1) return share_rows(g, x, y, dx, outer, axis);
    if (share_ties) return share_columns(g, x, y, dx, outer, axis, inner);
    for (std::int64_t i = 0; i < outer * axis * inner; ++i) dx[i] = 0;
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t j = 0; j < inner; ++j)
            for (std::int64_t a = 0; a < axis; ++a)
                if (const auto i = (o * axis + a) * inner + j; equals(x[i], y[o * inner + j])) {
                    dx[i] = g[o * inner + j];
                    break;
                }
}

#define XGRAD_INSTANTIATE(T)                                                                 \
    template void argmax(const T*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t); \
    template void argmin(const T*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
XGRAD_INSTANTIATE(std::int64_t)
#undef XGRAD_INSTANTIATE
template void extreme_vjp(const float*, const float*, const float*, float*, std::int64_t, std::int64_t,
                          std::int64_t, bool);
template void extreme_vjp(const double*, const double*, const double*, double*, std::int64_t, std::int64_t,
                          std::int64_t, bool);

}  // namespace xgrad::kernels
