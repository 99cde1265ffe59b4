// The floors: what the arithmetic or the memory traffic of a workload costs with no framework around it. "..._hand"
// items are complete hand-written iterations; products and optimizer passes are pieces, timed hot and added up.
// Compiled with -O3 -march=native -ffast-math: fused loops with the C library's vector functions.
#include <cmath>
#include <cstring>

#include "floor_kit.hpp"
#include "floors.hpp"

namespace bench {
namespace {

Step mlp_products(int rows)
{
    float *a0 = numbers(rows * 784), *a1 = numbers(rows * 512), *a2 = numbers(rows * 512),
          *a3 = numbers(rows * 10);
    float *d1 = numbers(rows * 512), *d2 = numbers(rows * 512), *d3 = numbers(rows * 10);
    float *w1 = numbers(784 * 512), *w2 = numbers(512 * 512), *w3 = numbers(5120);
    float *g1 = numbers(784 * 512), *g2 = numbers(512 * 512), *g3 = numbers(5120);
    return [=](Result*) {
        forward(a0, w1, a1, rows, 784, 512);
        forward(a1, w2, a2, rows, 512, 512);
        forward(a2, w3, a3, rows, 512, 10);
        backward_input(d3, w3, d2, rows, 512, 10);
        backward_weight(a2, d3, g3, rows, 512, 10);
        backward_input(d2, w2, d1, rows, 512, 512);
        backward_weight(a1, d2, g2, rows, 512, 512);
        backward_weight(a0, d1, g1, rows, 784, 512);
    };
}

Step mlp_vector_products()
{
    float *a0 = numbers(784), *a1 = numbers(512), *a2 = numbers(512), *a3 = numbers(10);
    float *w1 = numbers(784 * 512), *w2 = numbers(512 * 512), *w3 = numbers(5120);
    return [=](Result*) {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, 512, 784, 1, w1, 784, a0, 1, 0, a1, 1);
        cblas_sgemv(CblasRowMajor, CblasNoTrans, 512, 512, 1, w2, 512, a1, 1, 0, a2, 1);
        cblas_sgemv(CblasRowMajor, CblasNoTrans, 10, 512, 1, w3, 512, a2, 1, 0, a3, 1);
    };
}

// ---------------------------------------------------------------- optimizers, one fused pass over 669 706 parameters

constexpr int parameters = 669706;

Step momentum_pass()
{
    float *p = numbers(parameters), *g = numbers(parameters), *m = numbers(parameters);
    return [=](Result*) {
        for (int i = 0; i < parameters; ++i) {
            const float v = 0.9f * m[i] + g[i];
            m[i] = v;
            p[i] -= 1e-6f * v;
        }
    };
}

Step adam_pass()
{
    float *p = numbers(parameters), *gs = numbers(parameters), *ms = numbers(parameters),
          *vs = numbers(parameters);
    for (int i = 0; i < parameters; ++i) vs[i] = std::fabs(vs[i]) + 0.01f;
    return [=](Result*) {
        for (int i = 0; i < parameters; ++i) {
            const float g = gs[i];
            const float m = 0.9f * ms[i] + 0.1f * g, v = 0.999f * vs[i] + 0.001f * g * g;
            ms[i] = m;
            vs[i] = v;
            p[i] -= 1e-6f * m / (std::sqrt(v) + 1e-8f);
        }
    };
}

// ---------------------------------------------------------------- complete iterations by hand

struct DeepNarrow {
    static constexpr int rows = 32, width = 64, layers = 20, size = rows * width;
    float *a[layers + 1], *d[layers + 1], *w[layers], *g[layers], *b[layers], *t;
    DeepNarrow()
    {
        for (int i = 0; i <= layers; ++i) a[i] = numbers(size), d[i] = numbers(size);
        for (int i = 0; i < layers; ++i) {
            w[i] = numbers(width * width), g[i] = numbers(width * width), b[i] = numbers(width);
            for (int k = 0; k < width * width; ++k) w[i][k] *= 0.125f;
        }
        t = numbers(size);
    }
    void step()
    {
        for (int i = 0; i < layers; ++i) {
            float* y = a[i + 1];
            forward(a[i], w[i], y, rows, width, width);
            const float* bias = b[i];
            for (int r = 0; r < rows; ++r)
                for (int c = 0; c < width; ++c) y[r * width + c] = tanhf(y[r * width + c] + bias[c]);
        }
        for (int k = 0; k < size; ++k) d[layers][k] = (a[layers][k] - t[k]) * (2.f / size);
        for (int i = layers - 1; i >= 0; --i) {
            float *dy = d[i + 1], *y = a[i + 1], *wi = w[i], *gi = g[i];
            float gb[width] = {0};
            for (int r = 0; r < rows; ++r)
                for (int c = 0; c < width; ++c) {
                    const float v = dy[r * width + c] * (1 - y[r * width + c] * y[r * width + c]);
                    dy[r * width + c] = v;
                    gb[c] += v;
                }
            if (i) backward_input(dy, wi, d[i], rows, width, width);
            backward_weight(a[i], dy, gi, rows, width, width);
            for (int k = 0; k < width * width; ++k) wi[k] -= 1e-6f * gi[k];
            for (int c = 0; c < width; ++c) b[i][c] -= 1e-6f * gb[c];
        }
    }
};

Step deep_narrow_hand()
{
    auto* net = new DeepNarrow;
    return [=](Result*) { net->step(); };
}

Step logreg_hand()
{
    constexpr int rows = 569, columns = 30;
    float *x = numbers(rows * columns), *t = numbers(rows), *w = numbers(columns + 1), *z = numbers(rows);
    for (int i = 0; i < rows; ++i) t[i] = t[i] > 0;
    return [=](Result*) {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, columns, 1, x, columns, w, 1, 0, z, 1);
        float loss = 0, gb = 0, g[columns];
        for (int i = 0; i < rows; ++i) {
            const float v = z[i] + w[columns], u = expf(-fabsf(v));
            const float s = v >= 0 ? 1 / (1 + u) : u / (1 + u);
            loss += fmaxf(v, 0) - v * t[i] + log1pf(u);
            const float d = (s - t[i]) * (1.f / rows);
            z[i] = d;
            gb += d;
        }
        sink = loss;
        cblas_sgemv(CblasRowMajor, CblasTrans, rows, columns, 1, x, columns, z, 1, 0, g, 1);
        for (int k = 0; k < columns; ++k) w[k] -= 1e-4f * g[k];
        w[columns] -= 1e-4f * gb;
    };
}

// Mean loss and gradient in one pass: reads two arrays, writes one.
Step elementwise_fused()
{
    constexpr int n = 1000000;
    float *y = numbers(n), *t = numbers(n), *g = numbers(n);
    for (int i = 0; i < n; ++i) y[i] *= 2, t[i] = t[i] < 0 ? -1 : 1;
    return [=](Result*) {
        float loss = 0;
        for (int i = 0; i < n; ++i) {
            const float u = expf(-y[i] * t[i]);
            loss += log1pf(u);
            g[i] = -t[i] * (u / (1 + u)) * (1.f / n);
        }
        sink = loss;
    };
}

// A minimal generic tape: one 16-byte record for an operation, two inputs and their partial derivatives.
struct Record {
    std::uint32_t a, b;
    float da, db;
};

void chain_minimal_tape(Result*)
{
    static Record tape[4096];
    static float adjoint[4096];
    const volatile float factor = 1.0f, summand = 1e-6f, start = 0.3f;
    const float a = factor, b = summand;
    float y = start;
    std::uint32_t size = 3, last = 0;
    for (int i = 0; i < 1000; ++i) {
        const float product = y * a;
        tape[size] = {last, 1, a, y};
        const float sum = product + b;
        tape[size + 1] = {size, 2, 1, 1};
        y = tanhf(sum);
        tape[size + 2] = {size + 1, size + 1, 1 - y * y, 0};
        last = size + 2;
        size += 3;
    }
    std::memset(adjoint, 0, size * sizeof(float));
    adjoint[size - 1] = 1;
    for (std::uint32_t k = size - 1; k >= 3; --k) {
        const float g = adjoint[k];
        adjoint[tape[k].a] += g * tape[k].da;
        adjoint[tape[k].b] += g * tape[k].db;
    }
    sink = adjoint[0] + y;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments)
{
    using namespace bench;
    const auto products_64 = [] { return mlp_products(64); };
    const auto products_256 = [] { return mlp_products(256); };
    Side side;
    side.workloads = {
        {"chain_scalar", "floor", pieces({[] { return Step(chain_minimal_tape); }})},
        {"logreg_569x30", "floor", pieces({logreg_hand})},
        {"mlp_64x784_512_512_10", "floor", pieces({products_64, momentum_pass})},
        {"mlp_256x784_512_512_10_adam", "floor", pieces({products_256, adam_pass})},
        {"deep_narrow", "floor", pieces({deep_narrow_hand})},
        {"elementwise_1e6", "floor", pieces({elementwise_fused})},
        {"inference_mlp_1x784", "floor", pieces({mlp_vector_products})},
        {"mlp_sgd_momentum_step", "floor", pieces({momentum_pass})},
        {"mlp_adam_step", "floor", pieces({adam_pass})},
    };
    for (auto family : {attention_floors, lenet_floors, lstm_floors})
        for (Workload& workload : family()) side.workloads.push_back(std::move(workload));
    return serve(side, count, arguments);
}
