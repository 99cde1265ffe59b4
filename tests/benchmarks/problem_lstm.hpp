// lstm_b32_t50_h128: LSTM(64, 128) over 50 steps, squared error of the last hidden state.
#pragma once

#include "problem.hpp"

namespace bench {

struct LstmProblem {
    static constexpr std::int64_t steps = 50, batch = 32, inputs = 64, hidden = 128;
    /// Weights [in, 4 hidden] row by row, gates in the order i, f, g, o; uniform on +-1 / sqrt(hidden).
    std::vector<float> weight_ih, weight_hh, bias_ih, bias_hh;
    std::vector<float> x, target;  ///< [steps, batch, inputs], [batch, hidden]
};

inline LstmProblem lstm_b32_t50_h128()
{
    using P = LstmProblem;
    Numbers numbers(49);
    const double bound = 1 / std::sqrt(static_cast<double>(P::hidden));
    const auto weights = [&](std::int64_t n) {
        return numbers.uniform(static_cast<std::size_t>(n), -bound, bound);
    };
    P problem;
    problem.weight_ih = weights(P::inputs * 4 * P::hidden);
    problem.weight_hh = weights(P::hidden * 4 * P::hidden);
    problem.bias_ih = weights(4 * P::hidden);
    problem.bias_hh = weights(4 * P::hidden);
    problem.x = numbers.normal(static_cast<std::size_t>(P::steps * P::batch * P::inputs));
    problem.target = numbers.normal(static_cast<std::size_t>(P::batch * P::hidden), 0.3);
    return problem;
}

}  // namespace bench
