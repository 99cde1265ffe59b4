// An affine chain as matrices: rows and cotangents that run through it, and the rounding errors they meet. Internal.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "autodiff/kernels/gemm.hpp"
#include "autodiff/passes/chain_error.hpp"

namespace xgrad::detail {

// A row-major matrix. Wide holds values to more digits than the chain's element type; double holds bounds.
template <class T>
struct Matrix {
    std::size_t rows = 0, columns = 0;
    std::vector<T> at;

    Matrix() = default;
    Matrix(std::size_t rows, std::size_t columns) : rows(rows), columns(columns), at(rows * columns, T(0)) {}
    T* operator[](std::size_t i) { return at.data() + i * columns; }
    const T* operator[](std::size_t i) const { return at.data() + i * columns; }
};
using Bounds = Matrix<double>;

// a b, either read transposed. Sums of n terms in T: within gamma_n, whatever their order. The second factor holds
// numbers of the chain's own type, which double holds exactly.
template <class T>
Matrix<T> product(const Matrix<T>& a, bool ta, const Matrix<double>& b, bool tb)
{
    const std::size_t rows = ta ? a.columns : a.rows, inner = ta ? a.rows : a.columns,
                      columns = tb ? b.rows : b.columns;
    Matrix<T> c(rows, columns);
    if constexpr (std::is_same_v<T, double>) {
        const auto i = [](std::size_t n) { return static_cast<std::int64_t>(n); };
        kernels::gemm<double>(ta, tb, i(rows), i(columns), i(inner), 1, a.at.data(), i(a.columns),
                              b.at.data(), i(b.columns), 0, c.at.data(), i(columns));
    } else {
        if (ta) {
            Matrix<T> turned(rows, inner);
            for (std::size_t k = 0; k < inner; ++k)
                for (std::size_t r = 0; r < rows; ++r) turned[r][k] = a[k][r];
            return product(turned, false, b, tb);
        }
        // Four columns at a time: their sums stay in registers, their part of b in the cache.
        std::vector<double> part(4 * inner);
        for (std::size_t j = 0; j < columns; j += 4) {
            const std::size_t width = std::min<std::size_t>(4, columns - j);
            for (std::size_t k = 0; k < inner; ++k)
                for (std::size_t q = 0; q < 4; ++q)
                    part[4 * k + q] = q >= width ? 0 : tb ? b[j + q][k] : b[k][j + q];
            for (std::size_t r = 0; r < rows; ++r) {
                T sum[4] = {0, 0, 0, 0};
                for (std::size_t k = 0; k < inner; ++k) {
                    const T factor = a[r][k];
                    for (std::size_t q = 0; q < 4; ++q) sum[q] += factor * part[4 * k + q];
                }
                std::copy(sum, sum + width, c[r] + j);
            }
        }
    }
    return c;
}

template <class T>
Bounds absolute(const Matrix<T>& a)
{
    Bounds result(a.rows, a.columns);
    for (std::size_t i = 0; i < a.at.size(); ++i) result.at[i] = static_cast<double>(std::abs(a.at[i]));
    return result;
}

inline void add(Bounds& to, const Bounds& from, double factor = 1)
{
    for (std::size_t i = 0; i < to.at.size(); ++i) to.at[i] += factor * from.at[i];
}

inline double number(const Array& array, std::int64_t i)
{
    return array.dtype() == DType::float32 ? static_cast<double>(static_cast<const float*>(array.data())[i])
                                           : static_cast<const double*>(array.data())[i];
}

// Bounds are themselves computed in double: sums and products of numbers that are not negative, so the relative error
// is that of the longest chain of roundings, below this for anything that fits into memory.
inline constexpr double own_rounding = 1 + 1e-6;

inline double gamma(double k, double unit)
{
    const double ku = k * unit;
    return ku < 1 ? ku / (1 - ku) * own_rounding : std::numeric_limits<double>::infinity();
}

// ---------------------------------------------------------------- the chain as matrices

// a -> (a d) W + c; W empty: the identity. The names of operands are places in ChainValues::operands.
template <class Wide>
struct Stage {
    std::size_t n, m;
    std::vector<Wide> d, c;
    Matrix<double> W;
    Bounds absolute_map;             // |d| |W|; without a product |d| alone is used
    std::vector<double> absolute_c;  // |bias| + |shift|
    double roundings;                // of one element of the result
    int weight = -1, factor = -1, bias = -1;
    bool divide = false;
    double scale = 1, bias_scale = 1;
};

// Rows that run through a chain: inputs with bias, or rows of the identity without it.
template <class Wide>
struct Rows {
    Matrix<Wide> a;
    std::vector<double> bias;  // how often c is added: 0 or 1
    Bounds error;              // of what stands in a
};

template <class Wide>
class Model {
  public:
    Model(const ChainValues& values, double unit, double tiny) : unit(unit), tiny(tiny)
    {
        const auto place = [operands = values.chain.operands()](ValueId id) {
            return id == no_value ? -1 : static_cast<int>(std::ranges::find(operands, id) - operands.begin());
        };
        const Graph& graph = values.graph;
        for (const ChainStep& s : values.chain.steps) {
            const AffineStep& step = s.step;
            Stage<Wide> stage;
            stage.n = static_cast<std::size_t>(graph.shape(graph.inputs(s.node)[s.which]).back());
            stage.m = static_cast<std::size_t>(graph.shape(s.node).back());
            stage.weight = place(step.weight);
            stage.factor = place(step.factor);
            stage.bias = place(step.bias);
            stage.divide = step.divide;
            // Kernels round attributes to the element type first.
            const auto rounded = [&](double x) {
                return graph.dtype(s.node) == DType::float32 ? static_cast<double>(static_cast<float>(x)) : x;
            };
            stage.scale = rounded(step.scale);
            stage.bias_scale = rounded(step.bias_scale);
            stage.d.assign(stage.n, Wide(stage.scale));
            stage.c.assign(stage.m, Wide(rounded(step.shift)));
            stage.absolute_c.assign(stage.m, std::abs(rounded(step.shift)));
            const auto element_of = [&](int operand, std::size_t j) {
                const Array& array = values.operands[static_cast<std::size_t>(operand)];
                return Wide(number(array, array.size() == 1 ? 0 : static_cast<std::int64_t>(j)));
            };
            if (stage.factor >= 0)
                for (std::size_t j = 0; j < stage.n; ++j) {
                    const Wide f = element_of(stage.factor, j);
                    stage.d[j] = stage.divide ? stage.d[j] / f : stage.d[j] * f;
                }
            if (stage.bias >= 0)
                for (std::size_t j = 0; j < stage.m; ++j) {
                    const Wide bias = Wide(stage.bias_scale) * element_of(stage.bias, j);
                    stage.c[j] += bias;
                    stage.absolute_c[j] += static_cast<double>(std::abs(bias));
                }
            if (stage.weight >= 0) {
                stage.W = Matrix<double>(stage.n, stage.m);
                const Array& array = values.operands[static_cast<std::size_t>(stage.weight)];
                for (std::int64_t i = 0; i < array.size(); ++i)
                    stage.W.at[static_cast<std::size_t>(i)] = number(array, i);
                stage.absolute_map = absolute(stage.W);
                for (std::size_t i = 0; i < stage.n; ++i)
                    for (std::size_t j = 0; j < stage.m; ++j)
                        stage.absolute_map[i][j] *= std::abs(static_cast<double>(stage.d[i]));
            }
            stage.roundings = (stage.weight >= 0 ? static_cast<double>(stage.n) : 0) +
                              (std::abs(step.scale) != 1) + (stage.factor >= 0) + (stage.bias >= 0) +
                              (std::abs(step.bias_scale) != 1) + (step.shift != 0);
            if (stage.weight >= 0 &&
                stage.factor >= 0) {  // as two stages: first the diagonal, then the product
                Stage<Wide> diagonal = stage;
                diagonal.m = stage.n;
                diagonal.W = {};
                diagonal.c.assign(stage.n, 0);
                diagonal.absolute_c.assign(stage.n, 0);
                diagonal.weight = diagonal.bias = -1;
                diagonal.roundings = 2;
                stages.push_back(std::move(diagonal));
                stage.d.assign(stage.n, 1);
                stage.absolute_map = absolute(stage.W);
                stage.factor = -1;
                stage.scale = 1;
            }
            stages.push_back(std::move(stage));
        }
        n = stages.front().n;
        m = stages.back().m;
    }

    static constexpr double wide_unit = std::numeric_limits<Wide>::epsilon() / 2;

    // ---- exact maps, in Wide

    Matrix<Wide> through(const Stage<Wide>& stage, Matrix<Wide> a) const
    {
        for (std::size_t i = 0; i < a.rows; ++i)
            for (std::size_t j = 0; j < a.columns; ++j) a[i][j] *= stage.d[j];
        return stage.weight >= 0 ? product(a, false, stage.W, false) : a;
    }
    Matrix<Wide> back(const Stage<Wide>& stage, Matrix<Wide> g) const
    {
        if (stage.weight >= 0) g = product(g, false, stage.W, true);
        for (std::size_t i = 0; i < g.rows; ++i)
            for (std::size_t j = 0; j < g.columns; ++j) g[i][j] *= stage.d[j];
        return g;
    }
    Bounds through(const Stage<Wide>& stage, Bounds a, int) const
    {
        if (stage.weight >= 0) return product(a, false, stage.absolute_map, false);
        scale_columns(a, stage);
        return a;
    }
    Bounds back(const Stage<Wide>& stage, Bounds g, int) const
    {
        if (stage.weight >= 0) return product(g, false, stage.absolute_map, true);
        scale_columns(g, stage);
        return g;
    }

    /// The rows of the identity, and a row of zeros to which biases are added: they become W' and b'.
    Rows<Wide> basis() const
    {
        Rows<Wide> rows{Matrix<Wide>(n + 1, n), std::vector<double>(n + 1, 0), Bounds(n + 1, n)};
        for (std::size_t i = 0; i < n; ++i) rows.a[i][i] = 1;
        rows.bias[n] = 1;
        return rows;
    }

    // ---- running errors

    /// Rows on their way: exact values (to Wide), bounds on the error of computed ones that only grow, and the errors
    /// committed at each stage.
    struct Run {
        std::vector<Matrix<Wide>> value;  // before stage 0, 1, ..., after the last
        std::vector<Bounds> error, local;
    };
    Run forward(const Rows<Wide>& rows, double unit, double slack = 0) const
    {
        Run run;
        run.value.push_back(rows.a);
        run.error.push_back(rows.error);
        for (const Stage<Wide>& stage : stages) {
            Matrix<Wide> a = through(stage, run.value.back());
            Bounds magnitude = absolute(run.value.back());
            add(magnitude, run.error.back());
            Bounds local = through(stage, std::move(magnitude), 0);
            const double g = gamma(stage.roundings + slack, unit + wide_unit);
            for (std::size_t i = 0; i < a.rows; ++i)
                for (std::size_t j = 0; j < stage.m; ++j) {
                    a[i][j] += Wide(rows.bias[i]) * stage.c[j];
                    const double c = rows.bias[i] * stage.absolute_c[j];
                    local[i][j] = g * (local[i][j] + c) + (stage.roundings + slack) * tiny;
                }
            Bounds error = through(stage, run.error.back(), 0);
            add(error, local);
            run.value.push_back(std::move(a));
            run.error.push_back(std::move(error));
            run.local.push_back(std::move(local));
        }
        return run;
    }
    /// Cotangents on their way back: value[i] before stage i.
    Run backward(const Matrix<Wide>& cotangent, const Bounds& error, double unit, double slack = 0) const
    {
        Run run;
        run.value.assign(stages.size() + 1, cotangent);
        run.error.assign(stages.size() + 1, error);
        run.local.resize(stages.size());
        for (std::size_t i = stages.size(); i-- > 0;) {
            const Stage<Wide>& stage = stages[i];
            const double roundings = (stage.weight >= 0 ? static_cast<double>(stage.m) : 0) + 3 + slack;
            Bounds magnitude = absolute(run.value[i + 1]);
            add(magnitude, run.error[i + 1]);
            Bounds local = back(stage, std::move(magnitude), 0);
            for (double& x : local.at) x = gamma(roundings, unit + wide_unit) * x + roundings * tiny;
            run.value[i] = back(stage, run.value[i + 1]);
            run.error[i] = back(stage, run.error[i + 1], 0);
            add(run.error[i], local);
            run.local[i] = std::move(local);
        }
        return run;
    }

    /// The basis in Wide.
    const Run& wide_run()
    {
        if (wide_run_.value.empty()) wide_run_ = forward(basis(), wide_unit);
        return wide_run_;
    }

    /// |R_i|, what stages i, i+1, ... do, with what rounding in Wide may have lost: index i.
    const std::vector<Bounds>& suffix()
    {
        if (!suffix_.empty()) return suffix_;
        suffix_.resize(stages.size() + 1);
        // back() of the identity's rows is the transposed map: element (j, i) is what input i adds to output j.
        Matrix<Wide> one(m, m);
        for (std::size_t i = 0; i < m; ++i) one[i][i] = 1;
        const Run run = backward(one, Bounds(m, m), wide_unit);
        for (std::size_t i = 0; i <= stages.size(); ++i) {
            suffix_[i] = absolute(run.value[i]);
            add(suffix_[i], run.error[i]);
        }
        return suffix_;
    }
    /// The same for stages 0 .. i-1, as [n, width].
    const std::vector<Bounds>& prefix()
    {
        if (!prefix_.empty()) return prefix_;
        const Run& run = wide_run();
        for (std::size_t i = 0; i <= stages.size(); ++i) {
            prefix_.push_back(absolute(run.value[i]));
            add(prefix_.back(), run.error[i]);
            prefix_.back().at.resize(--prefix_.back().rows *
                                     prefix_.back().columns);  // without the row of the bias
        }
        return prefix_;
    }

    /// Errors committed at each stage, carried to the output.
    Bounds at_output(const Run& run)
    {
        Bounds total(run.value[0].rows, m);
        for (std::size_t i = 0; i < stages.size(); ++i)
            add(total,
                i + 1 == stages.size() ? run.local[i] : product(run.local[i], false, suffix()[i + 1], true));
        if (std::ranges::any_of(run.error[0].at, [](double e) { return e != 0; }))
            add(total, product(run.error[0], false, suffix()[0], true));
        return total;
    }
    /// The same for cotangents and the input.
    Bounds at_input(const Run& run)
    {
        Bounds total(run.value[0].rows, n);
        for (std::size_t i = 0; i < stages.size(); ++i)
            add(total, i == 0 ? run.local[i] : product(run.local[i], false, prefix()[i], true));
        return total;
    }

    std::vector<Stage<Wide>> stages;
    std::size_t n, m;
    double unit, tiny;

  private:
    static void scale_columns(Bounds& a, const Stage<Wide>& stage)
    {
        for (std::size_t i = 0; i < a.rows; ++i)
            for (std::size_t j = 0; j < a.columns; ++j) a[i][j] *= std::abs(static_cast<double>(stage.d[j]));
    }
    std::vector<Bounds> suffix_, prefix_;
    Run wide_run_;
};

}  // namespace xgrad::detail
