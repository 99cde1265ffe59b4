// What the solvers of nn/linear_models share: checked data as plain loops want it. Internal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "xgrad/nn/linear_models.hpp"

namespace xgrad::nn::detail {

/// Rows x and labels t in float64.
struct LinearProblem {
    std::size_t n = 0, d = 0;
    std::vector<double> x, t;

    std::span<const double> row(std::size_t i) const { return {x.data() + i * d, d}; }
};

enum class Targets { labels, numbers };
/// @throws what svm_smo says. `who` begins the messages.
LinearProblem checked(const Dataset& data, const char* who, Targets targets = Targets::labels);
/// @throws ValueError unless C is positive (and finite, unless it may be infinite).
void check_c(double C, const char* who, bool may_be_infinite = false);
/// @throws ValueError unless the tolerance is finite and not negative and the limit positive.
void check_limits(double tolerance, std::int64_t limit, const char* limit_name, const char* who);

/// Four partial sums: as quick as an addition's latency allows without leave to reorder.
inline double dot(std::span<const double> a, std::span<const double> b)
{
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    std::size_t k = 0;
    for (; k + 4 <= a.size(); k += 4) {
        s0 += a[k] * b[k];
        s1 += a[k + 1] * b[k + 1];
        s2 += a[k + 2] * b[k + 2];
        s3 += a[k + 3] * b[k + 3];
    }
    for (; k < a.size(); ++k) s0 += a[k] * b[k];
    return (s0 + s1) + (s2 + s3);
}

/// y += factor x
inline void add_scaled(std::span<double> y, double factor, std::span<const double> x)
{
    for (std::size_t k = 0; k < y.size(); ++k) y[k] += factor * x[k];
}

/// What (C, alpha) cost beyond what the dual says they must, for a row with z = t y: never negative, and 0 only if alpha is
/// where z wants it. The sum over the rows is primal - dual if w = sum alpha t x and b is optimal.
inline double gap_term(double C, double alpha, double z)
{
    return z < 1 ? (C - alpha) * (1 - z) : alpha * (z - 1);
}

/// Says when the next point of a history is due: at the first units of work, then at each 5 % more.
class Thinning {
  public:
    bool due(double passes)
    {
        if (passes < next_) return false;
        next_ = std::max(passes + 1, passes * 1.05);
        return true;
    }

  private:
    double next_ = 0;
};

/// As arrays of the result: [size, 1].
Array column(std::span<const double> values);

}  // namespace xgrad::nn::detail
