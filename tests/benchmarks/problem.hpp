// The numbers that every side of the benchmarks starts from: data, initial weights, and how large a problem is.
// C++17, because libtorch's side includes it too.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

/// Numbers that depend on the seed alone.
class Numbers {
  public:
    explicit Numbers(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}

    /// In [0, 1), with 24 bits.
    double unit()
    {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<double>(state_ >> 40) / 16777216.0;
    }
    std::vector<float> uniform(std::size_t n, double low, double high)
    {
        std::vector<float> values(n);
        for (float& value : values) value = static_cast<float>(low + (high - low) * unit());
        return values;
    }
    std::vector<float> normal(std::size_t n, double deviation = 1)
    {
        std::vector<float> values(n);
        for (float& value : values) {
            const double radius = std::sqrt(-2 * std::log(1 - unit()));
            value = static_cast<float>(deviation * radius * std::cos(6.283185307179586 * unit()));
        }
        return values;
    }
    /// `no` or `yes`, the latter with probability p.
    std::vector<float> choices(std::size_t n, double p, float no, float yes)
    {
        std::vector<float> values(n);
        for (float& value : values) value = unit() < p ? yes : no;
        return values;
    }
    std::vector<std::int64_t> labels(std::size_t n, int classes)
    {
        std::vector<std::int64_t> values(n);
        for (std::int64_t& value : values) value = static_cast<std::int64_t>(classes * unit());
        return values;
    }

  private:
    std::uint64_t state_;
};

/// A dense layer's initial values: weight [in, out] row by row, bias [out], uniform on +-1 / sqrt(in).
struct Dense {
    std::int64_t in, out;
    std::vector<float> weight, bias;
};

inline Dense dense(Numbers& numbers, std::int64_t in, std::int64_t out)
{
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    Dense layer{in, out, {}, {}};
    layer.weight = numbers.uniform(static_cast<std::size_t>(in * out), -bound, bound);
    layer.bias = numbers.uniform(static_cast<std::size_t>(out), -bound, bound);
    return layer;
}

/// A network of dense layers with one activation between them, and its data: row-major x, then targets or labels.
struct Problem {
    std::int64_t rows = 0;
    std::vector<Dense> layers;
    std::vector<float> x, target;
    std::vector<std::int64_t> labels;
    std::vector<std::vector<float>> direction;  ///< a tangent for weight, bias, weight, ...
};

/// 784-512-512-10, ReLU between, classes.
inline Problem mlp(std::int64_t rows)
{
    Numbers numbers(42);
    Problem problem;
    problem.rows = rows;
    problem.layers = {dense(numbers, 784, 512), dense(numbers, 512, 512), dense(numbers, 512, 10)};
    problem.x = numbers.uniform(static_cast<std::size_t>(rows * 784), 0, 1);
    problem.labels = numbers.labels(static_cast<std::size_t>(rows), 10);
    return problem;
}

/// 20 x (64-64, tanh), squared error.
inline Problem deep_narrow()
{
    Numbers numbers(43);
    Problem problem;
    problem.rows = 32;
    for (int i = 0; i < 20; ++i) problem.layers.push_back(dense(numbers, 64, 64));
    problem.x = numbers.normal(32 * 64);
    problem.target = numbers.normal(32 * 64, 0.5);
    return problem;
}

/// 100 x (256-256, ReLU), squared error: for memory.
inline Problem deep_wide()
{
    Numbers numbers(44);
    Problem problem;
    problem.rows = 512;
    for (int i = 0; i < 100; ++i) problem.layers.push_back(dense(numbers, 256, 256));
    problem.x = numbers.normal(512 * 256);
    problem.target = numbers.normal(512 * 256);
    return problem;
}

/// 569 x 30 -> 1 with targets `no` and `yes`.
inline Problem linear_569x30(float no, float yes)
{
    Numbers numbers(45);
    Problem problem;
    problem.rows = 569;
    problem.layers = {dense(numbers, 30, 1)};
    problem.x = numbers.normal(569 * 30);
    problem.target = numbers.choices(569, 0.63, no, yes);
    return problem;
}

/// 64-64-1, tanh between, squared error, and a direction for Hv.
inline Problem hvp_mlp()
{
    Numbers numbers(46);
    Problem problem;
    problem.rows = 64;
    problem.layers = {dense(numbers, 64, 64), dense(numbers, 64, 1)};
    problem.x = numbers.normal(64 * 64);
    problem.target = numbers.normal(64);
    for (const std::size_t n : {64 * 64, 64, 64, 1}) problem.direction.push_back(numbers.normal(n));
    return problem;
}

/// Gradients for a step of an optimizer alone: weight, bias, weight, ... in the layers' order.
inline std::vector<std::vector<float>> step_gradients(const Problem& problem)
{
    Numbers numbers(47);
    std::vector<std::vector<float>> gradients;
    for (const Dense& layer : problem.layers) {
        gradients.push_back(numbers.normal(layer.weight.size(), 1e-3));
        gradients.push_back(numbers.normal(layer.bias.size(), 1e-3));
    }
    return gradients;
}

/// y and t of elementwise_1e6.
struct Pair {
    std::vector<float> y, t;
};
inline Pair elementwise_1e6()
{
    Numbers numbers(48);
    Pair pair;
    pair.y = numbers.normal(1000000);
    pair.t = numbers.choices(1000000, 0.5, -1, 1);
    return pair;
}

// chain_scalar: a = 1 and b = 1e-6 keep the gradient at 2.03496e-3; with a < 1 it vanishes and hides mistakes.
inline constexpr float chain_x = 0.3f, chain_a = 1.0f, chain_b = 1e-6f;
inline constexpr int chain_length = 1000;

}  // namespace bench
