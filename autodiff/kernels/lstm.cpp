// LSTM: the products of the inputs and of the weights' gradient run over all steps at once, those of the state step by
// step; between them one pass over the gates.
#include "autodiff/kernels/lstm.hpp"

#include <algorithm>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/gemm.hpp"
#include "autodiff/kernels/vector_math.hpp"

namespace xgrad::kernels {

namespace {

template <class T>
XGRAD_INLINE T sigmoid(T x)
{
    return T(1) / (T(1) + vm::exp(-x));  // exp may be inf, which gives the 0 that is meant
}

/// Rows [begin, end) of one step: `z` [rows, 4 n] becomes the gates, `c` and `h` [rows, n] the states after `from`.
template <class T>
XGRAD_CLONES void gate_rows(std::int64_t begin, std::int64_t end, std::int64_t n, T* z, const T* bias,
                            const T* from, T* c, T* h)
{
    for (std::int64_t row = begin; row < end; ++row) {
        T *const zi = z + row * 4 * n, *const zf = zi + n, *const zg = zf + n, *const zo = zg + n;
        const T *const bi = bias, *const bf = bi + n, *const bg = bf + n, *const bo = bg + n;
        const T* const before = from + row * n;
        T *const cell = c + row * n, *const out = h + row * n;
#pragma omp simd
        for (std::int64_t k = 0; k < n; ++k) {
            const T i = sigmoid(zi[k] + bi[k]), f = sigmoid(zf[k] + bf[k]);
            const T g = vm::tanh(zg[k] + bg[k]), o = sigmoid(zo[k] + bo[k]);
            const T state = f * before[k] + i * g;
            zi[k] = i;
            zf[k] = f;
            zg[k] = g;
            zo[k] = o;
            cell[k] = state;
            out[k] = o * vm::tanh(state);
        }
    }
}

/// What one step of the way back reads and writes. dh and dc hold what comes from the step after it; dc is replaced by
/// what goes to the step before.
template <class T>
struct BackStep {
    const T *gates, *c, *from, *g_h, *g_c, *g_gates;
    T *dh, *dc, *dz;
};

template <class T>
XGRAD_CLONES void gate_rows_vjp(std::int64_t begin, std::int64_t end, std::int64_t n, const BackStep<T>& step)
{
    for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t at = row * n, wide = 4 * at;
        const T *const pi = step.gates + wide, *const pf = pi + n, *const pg = pf + n, *const po = pg + n;
        const T* const c = step.c + at;
        T *const dh = step.dh + at, *const dc = step.dc + at;
        T *const zi = step.dz + wide, *const zf = zi + n, *const zg = zf + n, *const zo = zg + n;
        if (step.g_h != nullptr)
#pragma omp simd
            for (std::int64_t k = 0; k < n; ++k) dh[k] += step.g_h[at + k];
        if (step.g_c != nullptr)
#pragma omp simd
            for (std::int64_t k = 0; k < n; ++k) dc[k] += step.g_c[at + k];
        // A cotangent of the gates themselves comes in before the derivatives of sigmoid and tanh.
        const auto pull = [&](auto before, auto add) XGRAD_INLINE_LAMBDA {
#pragma omp simd
            for (std::int64_t k = 0; k < n; ++k) {
                const T i = pi[k], f = pf[k], g = pg[k], o = po[k], squashed = vm::tanh(c[k]);
                const T d = dc[k] + dh[k] * o * (1 - squashed * squashed);
                zi[k] = add(d * g, k) * i * (1 - i);
                zf[k] = add(d * before(k), n + k) * f * (1 - f);
                zg[k] = add(d * i, 2 * n + k) * (1 - g * g);
                zo[k] = add(dh[k] * squashed, 3 * n + k) * o * (1 - o);
                dc[k] = d * f;
            }
        };
        const auto with = [&](auto before) XGRAD_INLINE_LAMBDA {
            if (step.g_gates == nullptr) {
                pull(before, [](T x, std::int64_t) XGRAD_INLINE_LAMBDA { return x; });
            } else {
                const T* const given = step.g_gates + wide;
                pull(before, [given](T x, std::int64_t k) XGRAD_INLINE_LAMBDA { return x + given[k]; });
            }
        };
        if (step.from == nullptr) {
            with([](std::int64_t) XGRAD_INLINE_LAMBDA { return T(0); });
        } else {
            const T* const from = step.from + at;
            with([from](std::int64_t k) XGRAD_INLINE_LAMBDA { return from[k]; });
        }
    }
}

}  // namespace

template <class T>
void lstm(const LstmSizes& sizes, const T* x, const T* w_ih, const T* w_hh, const T* bias, const T* h0,
          const T* c0, T* h, T* c, T* gates)
{
    const auto [steps, batch, inputs, n] = sizes;
    const std::int64_t state = batch * n;
    gemm<T>(false, false, steps * batch, 4 * n, inputs, 1, x, inputs, w_ih, 4 * n, 0, gates, 4 * n);
    for (std::int64_t t = 0; t < steps; ++t) {
        T* const z = gates + t * 4 * state;
        const T* const h_before = t == 0 ? h0 : h + (t - 1) * state;
        const T* c_before = t == 0 ? c0 : c + (t - 1) * state;
        if (h_before != nullptr)
            gemm<T>(false, false, batch, 4 * n, n, 1, h_before, n, w_hh, 4 * n, 1, z, 4 * n);
        if (c_before == nullptr) {  // states of 0; the step overwrites them
            std::fill_n(c, state, T(0));
            c_before = c;
        }
        gate_rows<T>(0, batch, n, z, bias, c_before, c + t * state, h + t * state);
    }
}

template <class T>
void lstm_vjp(const LstmSizes& sizes, const LstmTrace<T>& trace, T* dz, T* dw_hh, T* dh0, T* dc0)
{
    const auto [steps, batch, inputs, n] = sizes;
    const std::int64_t state = batch * n;
    std::fill_n(dh0, state, T(0));
    std::fill_n(dc0, state, T(0));
    for (std::int64_t t = steps; t-- > 0;) {
        const auto at = [&](const T* all, std::int64_t width) { return all ? all + t * width : nullptr; };
        T* const z = dz + t * 4 * state;
        gate_rows_vjp<T>(
            0, batch, n,
            {at(trace.gates, 4 * state), at(trace.c, state), t == 0 ? trace.c0 : trace.c + (t - 1) * state,
             at(trace.g_h, state), at(trace.g_c, state), at(trace.g_gates, 4 * state), dh0, dc0, z});
        if (t > 0 || trace.h0 != nullptr)
            gemm<T>(false, true, batch, n, 4 * n, 1, z, 4 * n, trace.w_hh, 4 * n, 0, dh0, n);
    }
    // The states that the products read: h0, then all but the last.
    const bool given = trace.h0 != nullptr;
    if (given) {
        gemm<T>(true, false, n, 4 * n, batch, 1, trace.h0, n, dz, 4 * n, 0, dw_hh, 4 * n);
    } else {
        std::fill_n(dh0, state, T(0));
        std::fill_n(dc0, state, T(0));
    }
    if (!given || steps > 1)
        gemm<T>(true, false, n, 4 * n, (steps - 1) * batch, 1, trace.h, n, dz + 4 * state, 4 * n,
                given ? T(1) : T(0), dw_hh, 4 * n);
}

template void lstm(const LstmSizes&, const float*, const float*, const float*, const float*, const float*,
                   const float*, float*, float*, float*);
template void lstm(const LstmSizes&, const double*, const double*, const double*, const double*,
                   const double*, const double*, double*, double*, double*);
template void lstm_vjp(const LstmSizes&, const LstmTrace<float>&, float*, float*, float*, float*);
template void lstm_vjp(const LstmSizes&, const LstmTrace<double>&, double*, double*, double*, double*);

}  // namespace xgrad::kernels
