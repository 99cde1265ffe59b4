// The numbers of the workloads with layer normalisation: the pair with softmax, and an encoder block.
#pragma once

#include "problem.hpp"

namespace bench {

/// sum(w softmax(layernorm(x))) with x and w [1024, 1024]; the layer's weight and bias as a trained one's might be.
struct NormProblem {
    std::vector<float> x, w, weight, bias;
};
inline NormProblem layernorm_softmax()
{
    Numbers numbers(51);
    NormProblem problem;
    problem.x = numbers.normal(1024 * 1024);
    problem.w = numbers.normal(1024 * 1024);
    problem.weight = numbers.uniform(1024, 0.5, 1.5);
    problem.bias = numbers.uniform(1024, -0.5, 0.5);
    return problem;
}

/// A pre-LN encoder block over x [8, 128, 256] with 4 heads and 1024 hidden.
struct EncoderProblem {
    std::vector<float> x;
    Dense qkv, out, up, down;
};
inline EncoderProblem encoder_block()
{
    Numbers numbers(52);
    EncoderProblem problem;
    problem.x = numbers.normal(8 * 128 * 256);
    problem.qkv = dense(numbers, 256, 768);
    problem.out = dense(numbers, 256, 256);
    problem.up = dense(numbers, 256, 1024);
    problem.down = dense(numbers, 1024, 256);
    return problem;
}

}  // namespace bench
