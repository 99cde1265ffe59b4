// What normalisation, activations by erf, embeddings and attention are meant to compute.
#pragma once

#include <cmath>

#include "elementwise.hpp"

namespace reference {

// Outputs: y, the mean and 1 / deviation of each row.
inline std::vector<Values> layer_norm(const Call& c)
{
    const Values& x = c.in[0];
    Values y = zeros(x.shape), mean = zeros(Shape(x.shape.begin(), x.shape.end() - 1)), rstd = mean;
    rows(x.shape, static_cast<std::int64_t>(x.shape.size()) - 1,
         [&](auto at, std::int64_t n, std::size_t row) {
             Real m = 0, v = 0;
             for (std::int64_t k = 0; k < n; ++k) m += x.v[at(k)] / static_cast<Real>(n);
             if (n == 0) m = nan;
             for (std::int64_t k = 0; k < n; ++k)
                 v += (x.v[at(k)] - m) * (x.v[at(k)] - m) / static_cast<Real>(n);
             mean.v[row] = m;
             rstd.v[row] = 1 / std::sqrt(n == 0 ? nan : v + c.a);
             for (std::int64_t k = 0; k < n; ++k) {
                 const auto i = static_cast<std::size_t>(k);
                 y.v[at(k)] = (x.v[at(k)] - m) / std::sqrt(v + c.a) * (c.in.size() > 1 ? c.in[1].v[i] : 1) +
                              (c.in.size() > 2 ? c.in[2].v[i] : 0);
             }
         });
    return {y, mean, rstd};
}

// Outputs: y, the mean and the variance of each channel (0 of an empty batch). b: 1 for a weight, 2 for a bias.
inline std::vector<Values> batch_norm(const Call& c)
{
    const Values& x = c.in[0];
    const std::int64_t examples = x.shape[0], channels = x.shape[1],
                       length = count(Shape(x.shape.begin() + 2, x.shape.end())), n = examples * length;
    const int given = static_cast<int>(c.b);
    Values y = zeros(x.shape), mean = zeros({channels}), var = mean;
    for (std::int64_t k = 0; k < channels; ++k) {
        const auto each = [&](auto f) {
            for (std::int64_t e = 0; e < examples; ++e)
                for (std::int64_t i = 0; i < length; ++i)
                    f(static_cast<std::size_t>((e * channels + k) * length + i));
        };
        const auto channel = static_cast<std::size_t>(k);
        Real &m = mean.v[channel], &v = var.v[channel];
        each([&](std::size_t i) { m += x.v[i] / static_cast<Real>(n); });
        each([&](std::size_t i) { v += (x.v[i] - m) * (x.v[i] - m) / static_cast<Real>(n); });
        const Real weight = given & 1 ? c.in[1].v[channel] : 1, bias = given & 2 ? c.in.back().v[channel] : 0;
        each([&](std::size_t i) { y.v[i] = (x.v[i] - m) / std::sqrt(v + c.a) * weight + bias; });
    }
    return {y, mean, var};
}

inline std::vector<Values> scale_channels(const Call& c)
{
    Values y = c.in[0];
    const std::int64_t length = count(Shape(y.shape.begin() + 2, y.shape.end()));
    for (std::size_t i = 0; i < y.v.size(); ++i) {
        const auto channel = static_cast<std::size_t>(static_cast<std::int64_t>(i) / length % y.shape[1]);
        y.v[i] = y.v[i] * c.in[1].v[channel] + c.in[2].v[channel];
    }
    return {y};
}

inline std::vector<Values> embedding(const Call& c)
{
    const std::int64_t width = c.in[1].shape[1];
    Shape shape = c.in[0].shape;
    shape.push_back(width);
    Values y = zeros(shape);
    for (std::size_t i = 0; i < y.v.size(); ++i) {
        const auto row = static_cast<std::int64_t>(c.in[0].v[i / static_cast<std::size_t>(width)]);
        y.v[i] = c.in[1].v[static_cast<std::size_t>(row * width) + i % static_cast<std::size_t>(width)];
    }
    return {y};
}

// x = [q, k, v] [..., steps, 3 heads width]; outputs: y [..., steps, heads width] and the weights of each head.
inline std::vector<Values> self_attention(const Call& c)
{
    const Values& x = c.in[0];
    const auto heads = static_cast<std::int64_t>(c.a);
    const std::int64_t all = x.shape.back() / 3, width = all / heads, steps = x.shape[x.shape.size() - 2];
    Shape y_shape = x.shape, p_shape(x.shape.begin(), x.shape.end() - 2);
    y_shape.back() = all;
    for (const std::int64_t length : {heads, steps, steps}) p_shape.push_back(length);
    const std::int64_t sequences = count(Shape(x.shape.begin(), x.shape.end() - 2));
    Values y = zeros(y_shape), p = zeros(p_shape);
    const auto at = [&](std::int64_t s, std::int64_t t, std::int64_t part, std::int64_t h, std::int64_t j) {
        return x.v[static_cast<std::size_t>((s * steps + t) * 3 * all + part * all + h * width + j)];
    };
    for (std::int64_t s = 0; s < sequences; ++s)
        for (std::int64_t h = 0; h < heads; ++h)
            for (std::int64_t i = 0; i < steps; ++i) {
                const std::int64_t seen = c.b != 0 ? i + 1 : steps;
                Real* const row = p.v.data() + ((s * heads + h) * steps + i) * steps;
                Real most = -inf, sum = 0;
                for (std::int64_t t = 0; t < seen; ++t) {
                    for (std::int64_t j = 0; j < width; ++j) row[t] += at(s, i, 0, h, j) * at(s, t, 1, h, j);
                    if (width > 0) row[t] /= std::sqrt(static_cast<Real>(width));
                    most = larger(most, row[t]);
                }
                for (std::int64_t t = 0; t < seen; ++t) sum += row[t] = std::exp(row[t] - most);
                for (std::int64_t t = 0; t < seen; ++t) row[t] /= sum;
                for (std::int64_t j = 0; j < width; ++j) {
                    Real& to = y.v[static_cast<std::size_t>((s * steps + i) * all + h * width + j)];
                    for (std::int64_t t = 0; t < steps; ++t) to += row[t] * at(s, t, 2, h, j);
                }
            }
    return {y, p};
}

// x Phi(x), which is not a number where Phi(-inf) = 0 meets an infinity.
inline Real gelu(Real x) { return x * std::erfc(-x / std::sqrt(Real(2))) / 2; }
inline Real gelu_tanh(Real x)
{
    constexpr Real pi = 3.141592653589793238462643383279502884L;
    return x * (1 + std::tanh(std::sqrt(2 / pi) * (x + Real(0.044715L) * x * x * x))) / 2;
}

inline const Rows norm_rows = {
    {"layer_norm", layer_norm},
    {"batch_norm_training", batch_norm},
    {"scale_channels", scale_channels},
    {"embedding", embedding},
    {"self_attention", self_attention},
    {"erf", elementwise([](Real x) { return std::erf(x); })},
    {"gelu", elementwise([](Real x) { return gelu(x); })},
    {"gelu_tanh", elementwise([](Real x) { return gelu_tanh(x); })},
};

}  // namespace reference
