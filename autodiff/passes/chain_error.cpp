// What an affine chain is, and how far rounding may take the chain and its merged form apart.
// Running error analysis: Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, sections 3.1 - 3.5.
#include "autodiff/passes/chain_error.hpp"

#include "autodiff/passes/chain_model.hpp"

namespace xgrad::detail {
namespace {

// double has 29 bits more than float, x87's long double 11 more than double (where long double is double, W' is
// rounded at each operation and the bounds say so).
template <class F>
auto by_width(DType dtype, F&& f)
{
    if (dtype == DType::float32)
        return f.template operator()<double>(std::numeric_limits<float>::epsilon() / 2.0,
                                             static_cast<double>(std::numeric_limits<float>::denorm_min()));
    return f.template operator()<long double>(std::numeric_limits<double>::epsilon() / 2,
                                              std::numeric_limits<double>::denorm_min());
}

template <class Wide>
Matrix<Wide> matrix_of(const Array& array, std::size_t rows, std::size_t columns)
{
    Matrix<Wide> result(rows, columns);
    for (std::size_t i = 0; i < rows * columns; ++i)
        result.at[i] = Wide(number(array, static_cast<std::int64_t>(i)));
    return result;
}

template <class Wide>
Array rounded(const Matrix<Wide>& a, std::size_t first, std::size_t rows, DType dtype, Shape shape,
              bool& finite)
{
    Array result(dtype, std::move(shape));
    for (std::size_t i = 0; i < rows * a.columns; ++i) {
        const Wide x = a[first][i];
        if (dtype == DType::float32) {
            const float y = static_cast<float>(x);
            static_cast<float*>(result.mutable_data())[i] = y;
            finite = finite && std::isfinite(y);
        } else {
            const double y = static_cast<double>(x);
            static_cast<double*>(result.mutable_data())[i] = y;
            finite = finite && std::isfinite(y);
        }
    }
    return result;
}

// Adds to `bounds` the errors of the operands' gradients, products of rows on their way and cotangents on theirs.
template <class Wide>
void add_operand_errors(const Model<Wide>& model, const Rows<Wide>& rows,
                        const typename Model<Wide>::Run& forward, const typename Model<Wide>::Run& backward,
                        std::vector<std::vector<double>>& bounds)
{
    const std::size_t count = rows.a.rows;
    for (std::size_t i = 0; i < model.stages.size(); ++i) {
        const Stage<Wide>& stage = model.stages[i];
        const double terms = static_cast<double>(count + stage.n + stage.m + model.stages.size()) + 8;
        const double g = gamma(terms, model.unit), lost = terms * model.tiny;
        Bounds error = forward.error[i], size = absolute(forward.value[i]);
        add(size, error);
        Bounds g_error = backward.error[i + 1], g_size = absolute(backward.value[i + 1]);
        add(g_size, g_error);
        const auto target = [&](int operand) -> std::vector<double>& {
            return bounds[static_cast<std::size_t>(operand)];
        };
        if (stage.weight >= 0) {
            for (std::size_t r = 0; r < count; ++r)
                for (std::size_t j = 0; j < stage.n; ++j) {
                    const double d = std::abs(static_cast<double>(stage.d[j]));
                    size[r][j] *= d;
                    error[r][j] = error[r][j] * d + g * size[r][j] + lost;
                }
            Bounds total = product(error, true, g_size, false);
            add(total, product(size, true, g_error, false));
            add(total, product(size, true, g_size, false), g);
            std::vector<double>& to = target(stage.weight);
            for (std::size_t k = 0; k < to.size(); ++k) to[k] += total.at[k] + lost;
        }
        const auto add_to = [&](int operand, std::size_t j, double e) {
            std::vector<double>& to = target(operand);
            to[to.size() == 1 ? 0 : j] += e + lost;
        };
        if (stage.bias >= 0)
            for (std::size_t r = 0; r < count; ++r)
                for (std::size_t j = 0; j < stage.m; ++j)
                    add_to(stage.bias, j,
                           rows.bias[r] * std::abs(stage.bias_scale) * (g_error[r][j] + g * g_size[r][j]));
        if (stage.factor >= 0) {
            const double s = std::abs(stage.scale);
            for (std::size_t r = 0; r < count; ++r)
                for (std::size_t j = 0; j < stage.n; ++j) {
                    const double d = std::abs(static_cast<double>(stage.d[j]));
                    // d/df of s f a is s a, of s a / f it is -s a / f^2.
                    const double slope = stage.divide ? (s == 0 ? 0 : d * d / s) : s;
                    add_to(stage.factor, j,
                           slope * (g_error[r][j] * size[r][j] + g_size[r][j] * error[r][j] +
                                    g * g_size[r][j] * size[r][j]));
                }
        }
    }
}

}  // namespace

MergedMap merged_map(const ChainValues& values)
{
    const DType dtype = values.graph.dtype(values.chain.output());
    return by_width(dtype, [&]<class Wide>(double unit, double tiny) {
        const Model<Wide> model(values, unit, tiny);
        const Rows<Wide> rows = model.basis();
        Matrix<Wide> a = rows.a;
        for (const Stage<Wide>& stage : model.stages) {
            a = model.through(stage, std::move(a));
            for (std::size_t j = 0; j < stage.m; ++j) a[model.n][j] += stage.c[j];
        }
        const auto length = [](std::size_t k) { return static_cast<std::int64_t>(k); };
        MergedMap map{{}, {}, true};
        map.weight = rounded(a, 0, model.n, dtype, {length(model.n), length(model.m)}, map.finite);
        map.bias = rounded(a, model.n, 1, dtype, {length(model.m)}, map.finite);
        return map;
    });
}

ChainBounds chain_bounds(const ChainValues& values, CollapseMode mode, const Array& x, const Array& cotangent)
{
    return by_width(values.graph.dtype(values.chain.output()), [&]<class Wide>(double unit, double tiny) {
        Model<Wide> model(values, unit, tiny);
        const std::size_t n = model.n, m = model.m;
        const bool symbolic = mode == CollapseMode::symbolic;
        constexpr double slack = 2;  // a diagonal may be applied to a weight in one operation more

        const std::size_t count =
            static_cast<std::size_t>(element_count(x.shape().first(x.shape().size() - 1)));
        Rows<Wide> rows{matrix_of<Wide>(x, count, n), {}, {}};
        rows.bias.assign(count, 1);
        rows.error = Bounds(count, n);
        const Matrix<Wide> c = matrix_of<Wide>(cotangent, count, m);
        const auto forward = model.forward(rows, unit);
        const auto backward = model.backward(c, Bounds(count, m), unit);

        // The stored W' and b': their errors dW, db, and their sizes.
        const Rows<Wide> basis = model.basis();
        const auto merged = symbolic ? model.forward(basis, unit, slack) : model.wide_run();
        Bounds error = model.at_output(merged), size = absolute(merged.value.back());
        add(size, error);
        if (!symbolic)
            for (std::size_t i = 0; i < error.at.size(); ++i) error.at[i] += unit * size.at[i] + tiny;
        add(size, error);
        const std::vector<double> bias_error(error[n], error[n] + m), bias_size(size[n], size[n] + m);
        for (Bounds* both : {&error, &size}) both->at.resize(--both->rows * m);

        ChainBounds result;
        const auto finish = [](Bounds before, const Bounds& after) {
            add(before, after);
            for (double& bound : before.at) bound *= own_rounding;
            return std::move(before.at);
        };
        const Bounds absolute_x = absolute(rows.a), absolute_c = absolute(c);
        Bounds after = product(absolute_x, false, error, false);
        const Bounds reach = product(absolute_x, false, size, false);
        const double g = gamma(static_cast<double>(n) + 2, unit);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = 0; j < m; ++j)
                after[i][j] +=
                    bias_error[j] + g * (reach[i][j] + bias_size[j]) + static_cast<double>(n + 2) * tiny;
        result.value = finish(model.at_output(forward), after);

        Bounds after_x = product(absolute_c, false, error, true);
        add(after_x, product(absolute_c, false, size, true), gamma(static_cast<double>(m) + 1, unit));
        for (double& bound : after_x.at) bound += static_cast<double>(m + 1) * tiny;
        result.input_gradient = finish(model.at_input(backward), after_x);
        if (!symbolic) return result;

        for (const Array& operand : values.operands)
            result.operands.emplace_back(static_cast<std::size_t>(operand.size()), 0);
        add_operand_errors(model, rows, forward, backward, result.operands);
        // After merging, the same formulas hold for the rows of the identity and the cotangents x^T c and 1^T c.
        Matrix<Wide> gradients(n + 1, m);
        Bounds gradient_errors(n + 1, m);
        const Matrix<Wide> of_weight = product(rows.a, true, matrix_of<double>(cotangent, count, m), false);
        const Bounds weight_size = product(absolute_x, true, absolute_c, false);
        const double over_rows = gamma(static_cast<double>(count) + slack, unit + model.wide_unit);
        for (std::size_t j = 0; j < m; ++j) {
            for (std::size_t i = 0; i < n; ++i) {
                gradients[i][j] = of_weight[i][j];
                gradient_errors[i][j] = over_rows * weight_size[i][j];
            }
            for (std::size_t i = 0; i < count; ++i) {
                gradients[n][j] += c[i][j];
                gradient_errors[n][j] += over_rows * absolute_c[i][j];
            }
        }
        const auto merged_back = model.backward(gradients, gradient_errors, unit, slack);
        add_operand_errors(model, basis, merged, merged_back, result.operands);
        for (std::vector<double>& operand : result.operands)
            for (double& bound : operand) bound *= own_rounding;
        return result;
    });
}

}  // namespace xgrad::detail
