// Layer normalisation: a row is read from memory once and stays in the cache for the passes over it.
#include "autodiff/kernels/layer_norm.hpp"

#include <algorithm>
#include <cmath>

#include "autodiff/kernels/clones.hpp"

namespace xgrad::kernels {

namespace {

/// Independent partial sums: enough chains to hide the latency of an addition at every vector width.
constexpr int lanes = 64;
/// Elements that are added in T before the partial sums go into a double.
constexpr std::int64_t chunk = 8192;
/// Rows whose share of the weight's and bias's gradient is added up in T before it goes into a double.
constexpr std::int64_t rows_at_once = 64;

/// total[k] = sum over i of the k-th of `count` terms that f(i, terms) fills in.
template <int count, class T, class F>
XGRAD_INLINE void sums(std::int64_t n, double (&total)[count], F f)
{
    for (double& t : total) t = 0;
    for (std::int64_t begin = 0; begin < n; begin += chunk) {
        const std::int64_t end = std::min(n, begin + chunk), whole = begin + (end - begin) / lanes * lanes;
        alignas(64) T part[count][lanes] = {};
        for (std::int64_t i = begin; i < whole; i += lanes) {
#pragma omp simd
            for (int j = 0; j < lanes; ++j) {
                T terms[count];
                f(i + j, terms);
                for (int k = 0; k < count; ++k) part[k][j] += terms[k];
            }
        }
        for (std::int64_t i = whole; i < end; ++i) {
            T terms[count];
            f(i, terms);
            for (int k = 0; k < count; ++k) part[k][i - whole] += terms[k];
        }
        for (int k = 0; k < count; ++k) {
            T sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int j = 0; j < lanes; ++j) sum += part[k][j];
            total[k] += double(sum);
        }
    }
}

template <bool scaled, bool shifted, class T>
XGRAD_CLONES void forward(const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd,
                          std::int64_t begin, std::int64_t end, std::int64_t n, double epsilon)
{
    for (std::int64_t r = begin; r < end; ++r) {
        const T* const row = x + r * n;
        T* const out = y + r * n;
        double total[1];
        sums<1, T>(n, total, [=](std::int64_t i, T(&terms)[1]) XGRAD_INLINE_LAMBDA { terms[0] = row[i]; });
        const T m = T(total[0] / double(n));
        // About the mean, not by the squares: those cancel where the mean is large.
        sums<1, T>(n, total, [=](std::int64_t i, T(&terms)[1]) XGRAD_INLINE_LAMBDA {
            const T d = row[i] - m;
            terms[0] = d * d;
        });
        const T s = T(1 / std::sqrt(total[0] / double(n) + epsilon));
        mean[r] = m;
        rstd[r] = s;
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) {
            T value = (row[i] - m) * s;
            if constexpr (scaled) value = value * weight[i];
            if constexpr (shifted) value += bias[i];
            out[i] = value;
        }
    }
}

template <bool scaled, class T>
XGRAD_CLONES void backward(const T* g, const T* x, const T* mean, const T* rstd, const T* weight, T* dx,
                           T* dweight, T* dbias, std::int64_t begin, std::int64_t end, std::int64_t n)
{
    for (std::int64_t r = begin; r < end; ++r) {
        const T* const gr = g + r * n;
        const T* const row = x + r * n;
        T* const out = dx + r * n;
        const T m = mean[r], s = rstd[r];
        double total[2];
        sums<2, T>(n, total, [=](std::int64_t i, T(&terms)[2]) XGRAD_INLINE_LAMBDA {
            const T u = scaled ? gr[i] * weight[i] : gr[i];
            terms[0] = u;
            terms[1] = u * (row[i] - m);
        });
        const T mean_u = T(total[0] / double(n)), mean_uh = T(total[1] / double(n)) * s;
        // (Several rows at once, to add up their share of dweight in registers, took longer: they lie in the same
        // sets of the first cache.)
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) {
            const T gi = gr[i], h = (row[i] - m) * s, u = scaled ? gi * weight[i] : gi;
            if constexpr (scaled) {
                dweight[i] += gi * h;
                dbias[i] += gi;
            }
            out[i] = s * (u - mean_u - h * mean_uh);
        }
    }
}

template <class T>
XGRAD_CLONES void add_to(double* total, T* part, std::int64_t n)
{
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        total[i] += double(part[i]);
        part[i] = 0;
    }
}

}  // namespace

template <class T>
void layer_norm(const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, std::int64_t rows,
                std::int64_t n, double epsilon)
{
    if (weight && bias)
        forward<true, true>(x, weight, bias, y, mean, rstd, 0, rows, n, epsilon);
    else if (weight)
        forward<true, false>(x, weight, bias, y, mean, rstd, 0, rows, n, epsilon);
    else
        forward<false, false>(x, weight, bias, y, mean, rstd, 0, rows, n, epsilon);
}

namespace {

// The sums over all rows that a state holds: rows added in T, and before them totals. Whole cache lines, as the rows are.
template <class T>
struct Sums {
    static constexpr std::int64_t line = 64 / sizeof(T);
    static std::int64_t room(std::int64_t n) { return (n + line - 1) / line * line + line; }
    static std::size_t bytes(std::int64_t n)
    {
        return 128 + static_cast<std::size_t>(2 * room(n)) * (sizeof(T) + sizeof(double));
    }
    Sums(std::byte* state, std::int64_t n)
    {
        state += (64 - reinterpret_cast<std::uintptr_t>(state) % 64) % 64;
        rows = reinterpret_cast<std::int64_t*>(state);
        weight = reinterpret_cast<T*>(state + 64);
        bias = weight + room(n);
        weight_total = reinterpret_cast<double*>(bias + room(n));
        bias_total = weight_total + room(n);
    }
    void flush(std::int64_t n)
    {
        add_to(weight_total, weight, n);
        add_to(bias_total, bias, n);
        *rows = 0;
    }
    std::int64_t* rows;  // in `weight` and `bias`
    T *weight, *bias;
    double *weight_total, *bias_total;
};

}  // namespace

template <class T>
std::size_t layer_norm_state_bytes(std::int64_t n)
{
    return Sums<T>::bytes(n);
}

template <class T>
void layer_norm_vjp(const T* g, const T* x, const T* mean, const T* rstd, const T* weight, T* dx,
                    std::byte* state, std::int64_t rows, std::int64_t n)
{
    if (!weight)
        return backward<false>(g, x, mean, rstd, weight, dx, static_cast<T*>(nullptr),
                               static_cast<T*>(nullptr), 0, rows, n);
    Sums<T> sums(state, n);
    for (std::int64_t from = 0; from < rows;) {
        const std::int64_t end = std::min(rows, from + rows_at_once - *sums.rows);
        backward<true>(g, x, mean, rstd, weight, dx, sums.weight, sums.bias, from, end, n);
        *sums.rows += end - from;
        from = end;
        if (*sums.rows == rows_at_once) sums.flush(n);
    }
}

template <class T>
void finish_layer_norm_vjp(std::byte* state, T* dweight, T* dbias, std::int64_t n)
{
    Sums<T> sums(state, n);
    sums.flush(n);
    for (std::int64_t i = 0; i < n; ++i) dweight[i] = T(sums.weight_total[i]);
    for (std::int64_t i = 0; dbias && i < n; ++i) dbias[i] = T(sums.bias_total[i]);
}

#define XGRAD_INSTANTIATE(T)                                                                                \
    template void layer_norm(const T*, const T*, const T*, T*, T*, T*, std::int64_t, std::int64_t, double); \
    template std::size_t layer_norm_state_bytes<T>(std::int64_t);                                           \
    template void layer_norm_vjp(const T*, const T*, const T*, const T*, const T*, T*, std::byte*,          \
                                 std::int64_t, std::int64_t);                                               \
    template void finish_layer_norm_vjp(std::byte*, T*, T*, std::int64_t);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
