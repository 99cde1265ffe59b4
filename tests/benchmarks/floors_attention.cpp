// Floors of the workloads with layer normalisation.
#include <cmath>
#include <cstring>

#include "floor_kit.hpp"
#include "floors.hpp"

namespace bench {
namespace {

// layernorm, softmax and the weighted sum, forward and backward, row by row: a row stays in the first cache.
Step layernorm_softmax_hand()
{
    constexpr int n = 1024;
    float *x = numbers(n * n), *w = numbers(n * n), *dx = numbers(n * n);
    float *weight = numbers(n), *bias = numbers(n), *dweight = numbers(n), *dbias = numbers(n);
    return [=](Result*) {
        float total = 0, h[n], p[n];
        std::memset(dweight, 0, n * sizeof(float));
        std::memset(dbias, 0, n * sizeof(float));
        for (int r = 0; r < n; ++r) {
            const float *row = x + r * n, *factor = w + r * n;
            float* const out = dx + r * n;
            float sum = 0, squares = 0;
            for (int i = 0; i < n; ++i) sum += row[i];
            const float mean = sum / n;
            for (int i = 0; i < n; ++i) squares += (row[i] - mean) * (row[i] - mean);
            const float scale = 1 / sqrtf(squares / n + 1e-5f);
            float most = -1e30f;
            for (int i = 0; i < n; ++i) {
                h[i] = (row[i] - mean) * scale;
                p[i] = h[i] * weight[i] + bias[i];
                most = p[i] > most ? p[i] : most;
            }
            float z = 0, weighted = 0;
            for (int i = 0; i < n; ++i) {
                p[i] = expf(p[i] - most);
                z += p[i];
                weighted += p[i] * factor[i];
            }
            const float iz = 1 / z, dot = weighted * iz;
            total += dot;
            float a = 0, b = 0;
            for (int i = 0; i < n; ++i) {
                const float dy = p[i] * iz * (factor[i] - dot);
                dweight[i] += dy * h[i];
                dbias[i] += dy;
                const float u = dy * weight[i];
                p[i] = u;
                a += u;
                b += u * h[i];
            }
            a /= n;
            b /= n;
            for (int i = 0; i < n; ++i) out[i] = scale * (p[i] - a - h[i] * b);
        }
        sink = total;
    };
}

// The encoder block's products alone: 1024 rows, 32 heads of 128 steps and width 64.
Step attention_products()
{
    constexpr int rows = 1024, heads = 32, t = 128, d = 64;
    float *x256 = numbers(rows * 256), *x768 = numbers(rows * 768), *x1024 = numbers(rows * 1024),
          *y256 = numbers(rows * 256);
    float *qkv = numbers(256 * 768), *out = numbers(256 * 256), *up = numbers(256 * 1024),
          *down = numbers(256 * 1024);
    float *dqkv = numbers(256 * 768), *dout = numbers(256 * 256), *dup = numbers(256 * 1024),
          *ddown = numbers(256 * 1024);
    float *scores = numbers(heads * t * t), *ds = numbers(t * t), *small = numbers(t * d);
    return [=](Result*) {
        const auto product = [](bool ta, bool tb, int m, int n, int k, const float* a, const float* b,
                                float* c) {
            cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n,
                        k, 1, a, ta ? m : k, b, tb ? k : n, 0, c, n);
        };
        forward(x256, qkv, x768, rows, 256, 768);
        for (int h = 0; h < heads; ++h) {
            const float *q = x768 + h * t * d, *k = q + heads * t * d, *v = k + heads * t * d;
            float* const s = scores + h * t * t;
            product(false, true, t, t, d, q, k, s);
            product(false, false, t, d, t, s, v, y256 + h * t * d);
        }
        forward(y256, out, x256, rows, 256, 256);
        forward(x256, up, x1024, rows, 256, 1024);
        forward(x1024, down, y256, rows, 1024, 256);
        backward_input(y256, down, x1024, rows, 1024, 256);
        backward_weight(x1024, y256, ddown, rows, 1024, 256);
        backward_input(x1024, up, x256, rows, 256, 1024);
        backward_weight(x256, x1024, dup, rows, 256, 1024);
        backward_input(y256, out, x256, rows, 256, 256);
        backward_weight(x256, y256, dout, rows, 256, 256);
        for (int h = 0; h < heads; ++h) {
            const float *q = x768 + h * t * d, *k = q + heads * t * d, *v = k + heads * t * d;
            const float *s = scores + h * t * t, *g = x256 + h * t * d;
            product(false, true, t, t, d, g, v, ds);
            product(true, false, t, d, t, s, g, small);
            product(false, false, t, d, t, ds, k, small);
            product(true, false, t, d, t, ds, q, small);
        }
        backward_weight(x256, x768, dqkv, rows, 256, 768);
        backward_input(x768, qkv, y256, rows, 256, 768);
        std::memset(x256, 0, 4096);  // keeps values bounded: nothing is normalised here
    };
}

}  // namespace

std::vector<Workload> attention_floors()
{
    return {{"layernorm_softmax_1024x1024", "floor", pieces({layernorm_softmax_hand})},
            {"attention_b8_t128_d256_h4", "floor", pieces({attention_products})}};
}

}  // namespace bench
