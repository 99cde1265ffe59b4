// Attention head by head: the scores of one head stay in the cache between its products.
#include "autodiff/kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "autodiff/kernels/gemm.hpp"
#include "autodiff/kernels/softmax.hpp"

namespace xgrad::kernels {

namespace {

/// Where one head of one sequence starts in the packed arrays, and how far apart its rows are.
struct Head {
    std::int64_t packed, result, scores, packed_step, result_step;
    Head(std::int64_t place, const AttentionSizes& s)
    {
        const std::int64_t sequence = place / s.heads, head = place % s.heads, all = s.heads * s.width;
        packed_step = 3 * all;
        result_step = all;
        packed = sequence * s.steps * packed_step + head * s.width;
        result = sequence * s.steps * result_step + head * s.width;
        scores = place * s.steps * s.steps;
    }
};

}  // namespace

template <class T>
void attention(const T* qkv, T* y, T* p, std::int64_t begin, std::int64_t end, const AttentionSizes& s)
{
    const std::int64_t n = s.steps, w = s.width, all = s.heads * w;
    const T scale = T(1 / std::sqrt(double(w)));
    for (std::int64_t place = begin; place < end; ++place) {
        const Head head(place, s);
        const T* const q = qkv + head.packed;
        T* const scores = p + head.scores;
        gemm<T>(false, true, n, n, w, scale, q, head.packed_step, q + all, head.packed_step, 0, scores, n);
        if (s.causal) {
            for (std::int64_t i = 0; i < n; ++i) {
                softmax<T>(scores + i * n, scores + i * n, 1, i + 1, 1);
                std::fill(scores + i * n + i + 1, scores + (i + 1) * n, T(0));
            }
        } else {
            softmax<T>(scores, scores, n, n, 1);
        }
        gemm<T>(false, false, n, w, n, 1, scores, n, q + 2 * all, head.packed_step, 0, y + head.result,
                head.result_step);
    }
}

template <class T>
void attention_vjp(const T* g, const T* qkv, const T* p, T* dqkv, std::int64_t begin, std::int64_t end,
                   const AttentionSizes& s)
{
    const std::int64_t n = s.steps, w = s.width, all = s.heads * w;
    const T scale = T(1 / std::sqrt(double(w)));
    static thread_local std::vector<T> kept;
    kept.resize(static_cast<std::size_t>(n * n));
    T* const ds = kept.data();
    for (std::int64_t place = begin; place < end; ++place) {
        const Head head(place, s);
        const std::int64_t step = head.packed_step;
        const T* const q = qkv + head.packed;
        const T* const gh = g + head.result;
        const T* const ph = p + head.scores;
        T* const dq = dqkv + head.packed;
        gemm<T>(false, true, n, n, w, 1, gh, head.result_step, q + 2 * all, step, 0, ds, n);
        gemm<T>(true, false, n, w, n, 1, ph, n, gh, head.result_step, 0, dq + 2 * all, step);
        softmax_vjp<T>(ds, ph, ds, n, n, 1);  // what a causal mask hides has p = 0 and gets 0
        gemm<T>(false, false, n, w, n, scale, ds, n, q + all, step, 0, dq, step);
        gemm<T>(true, false, n, w, n, scale, ds, n, q, step, 0, dq + all, step);
    }
}

#define XGRAD_INSTANTIATE(T)                                                                      \
    template void attention(const T*, T*, T*, std::int64_t, std::int64_t, const AttentionSizes&); \
    template void attention_vjp(const T*, const T*, const T*, T*, std::int64_t, std::int64_t,     \
                                const AttentionSizes&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
