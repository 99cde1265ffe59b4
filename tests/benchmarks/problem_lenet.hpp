// The numbers that every side of lenet_mnist_b64 starts from. C++17, because libtorch's side includes it too.
#pragma once

#include "problem.hpp"

namespace bench {

/// A convolution's initial values: weight [out, in, kernel, kernel], bias [out], uniform on +-1 / sqrt(in kernel^2).
struct Filters {
    std::int64_t in, out, kernel;
    std::vector<float> weight, bias;
};

/// Conv(1, 6, 5, padding 2), tanh, mean of 2 x 2, Conv(6, 16, 5), tanh, mean of 2 x 2, then dense layers 400-120-84-10
/// with tanh between; 64 images of 28 x 28 with labels.
struct LenetProblem {
    static constexpr std::int64_t batch = 64, side = 28;
    std::vector<Filters> filters;
    Problem dense;  ///< its x are the images
};

inline LenetProblem lenet()
{
    Numbers numbers(42);
    LenetProblem problem;
    const auto filters = [&](std::int64_t in, std::int64_t out, std::int64_t kernel) {
        Filters layer{in, out, kernel, {}, {}};
        const std::int64_t fan = in * kernel * kernel;
        const double bound = 1 / std::sqrt(static_cast<double>(fan));
        layer.weight = numbers.uniform(static_cast<std::size_t>(out * fan), -bound, bound);
        layer.bias = numbers.uniform(static_cast<std::size_t>(out), -bound, bound);
        return layer;
    };
    problem.filters = {filters(1, 6, 5), filters(6, 16, 5)};
    problem.dense.rows = LenetProblem::batch;
    problem.dense.layers = {dense(numbers, 400, 120), dense(numbers, 120, 84), dense(numbers, 84, 10)};
    problem.dense.x = numbers.uniform(
        static_cast<std::size_t>(LenetProblem::batch * LenetProblem::side * LenetProblem::side), 0, 1);
    problem.dense.labels = numbers.labels(static_cast<std::size_t>(LenetProblem::batch), 10);
    return problem;
}

}  // namespace bench
