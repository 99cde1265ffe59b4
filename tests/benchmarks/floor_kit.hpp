// What floors are made with: memory filled with numbers, and a dense layer's three products.
#pragma once

#include <cblas.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include "worker.hpp"

namespace bench {

inline volatile float sink;

// 64-byte aligned, values in (-1, 1).
inline float* numbers(std::size_t n)
{
    static std::uint32_t state = 12345;
    auto* values = static_cast<float*>(std::aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64));
    for (std::size_t i = 0; i < n; ++i) {
        state = state * 1664525u + 1013904223u;
        values[i] = static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
    }
    return values;
}

// ---------------------------------------------------------------- products, row-major, W [out, in]

inline void forward(const float* x, const float* w, float* y, int rows, int in, int out)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, out, in, 1, x, in, w, in, 0, y, out);
}
inline void backward_weight(const float* x, const float* dy, float* dw, int rows, int in, int out)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, rows, 1, dy, out, x, in, 0, dw, in);
}
inline void backward_input(const float* dy, const float* w, float* dx, int rows, int in, int out)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, in, out, 1, dy, out, w, in, 0, dx, in);
}

// A workload of several pieces, which are timed one by one.
inline std::function<std::vector<Step>()> pieces(std::vector<std::function<Step()>> makers)
{
    return [=] {
        std::vector<Step> steps;
        for (const auto& make : makers) steps.push_back(make());
        return steps;
    };
}

}  // namespace bench
