// Checks of the data, what a fit can be asked, and the two solvers that know nothing of margins: perceptron, least squares.
#include "xgrad/nn/linear_models.hpp"

#include <cmath>
#include <numeric>

#include "autodiff/kernels/random.hpp"
#include "nn/linear_problem.hpp"
#include "nn/streams.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {
namespace detail {
namespace {

std::vector<double> as_doubles(const Array& array)
{
    const Array wide = array.cast(DType::float64);
    const auto* data = static_cast<const double*>(wide.data());
    return {data, data + wide.size()};
}

void check_matrix(const Array& x, const char* who)
{
    if (x.shape().size() != 2)
        throw ShapeError(std::string(who) + ": x has shape " + to_string(x.shape()) +
                         ", expected [n, features]");
    if (!is_floating(x.dtype()))
        throw DtypeError(std::string(who) + ": x is " + std::string(name_of(x.dtype())) +
                         ", expected float32 or float64");
}

}  // namespace

LinearProblem checked(const Dataset& data, const char* who, Targets targets)
{
    const std::string name = who;
    const bool labels = targets == Targets::labels;
    check_matrix(data.x, who);
    if (!is_floating(data.t.dtype()))
        throw DtypeError(name + ": t is " + std::string(name_of(data.t.dtype())) + " of shape " +
                         to_string(data.t.shape()) + ", expected " +
                         (labels ? "labels -1 and +1" : "numbers") + " in float32 or float64" +
                         (labels ? " (read_csv makes them with {.positive = \"name of a class\"})" : ""));
    const std::int64_t n = data.x.shape()[0];
    if (data.t.shape().size() != 2 || data.t.shape()[0] != n || data.t.shape()[1] != 1)
        throw ShapeError(name + ": t has shape " + to_string(data.t.shape()) + " and x " +
                         to_string(data.x.shape()) + ", expected one " + (labels ? "label" : "number") +
                         " a row: [" + std::to_string(n) + ", 1]");
    LinearProblem p{.n = static_cast<std::size_t>(n),
                    .d = static_cast<std::size_t>(data.x.shape()[1]),
                    .x = as_doubles(data.x),
                    .t = as_doubles(data.t)};
    if (p.n == 0 || p.d == 0)
        throw ShapeError(name + ": x has shape " + to_string(data.x.shape()) +
                         ", so there is nothing to learn from");
    for (std::size_t i = 0; i < p.x.size(); ++i)
        if (!std::isfinite(p.x[i]))
            throw ValueError(name + ": column " + std::to_string(i % p.d) + " of x is " +
                             number_text(p.x[i]) + " in row " + std::to_string(i / p.d) +
                             " (both from 0), expected finite numbers");
    std::size_t positive = 0;
    for (std::size_t i = 0; i < p.n; ++i) {
        const double t = p.t[i];
        if (labels ? t != 1 && t != -1 : !std::isfinite(t))
            throw ValueError(name + ": t is " + number_text(t) + " in row " + std::to_string(i) +
                             " (from 0), expected " + (labels ? "-1 or +1" : "finite numbers"));
        positive += t == 1;
    }
    if (labels && (positive == 0 || positive == p.n))
        throw ValueError(name + ": all " + std::to_string(p.n) + " labels are " + (positive ? "+1" : "-1") +
                         ", expected rows of both classes");
    return p;
}

void check_c(double C, const char* who, bool may_be_infinite)
{
    if (!(C > 0) || (std::isinf(C) && !may_be_infinite))
        throw ValueError(
            std::string(who) + ": C must be positive" + (may_be_infinite ? "" : " and finite") + ", got " +
            number_text(C) +
            (std::isinf(C) && C > 0 ? "; svm_hard_margin is the problem without a bound on alpha" : ""));
}

void check_limits(double tolerance, std::int64_t limit, const char* limit_name, const char* who)
{
    if (!(tolerance >= 0) || std::isinf(tolerance))
        throw ValueError(std::string(who) + ": the tolerance must be finite and not negative, got " +
                         number_text(tolerance));
    if (limit <= 0)
        throw ValueError(std::string(who) + ": " + limit_name + " must be positive, got " +
                         std::to_string(limit));
}

Array column(std::span<const double> values)
{
    Array result(DType::float64, {static_cast<std::int64_t>(values.size()), 1});
    std::copy(values.begin(), values.end(), static_cast<double*>(result.mutable_data()));
    return result;
}

}  // namespace detail

using namespace detail;

// ---------------------------------------------------------------- what a fit can be asked

Array LinearFit::decision_function(const Array& x) const
{
    check_matrix(x, "decision_function");
    if (x.shape()[1] != w.size())
        throw ShapeError("decision_function: x has shape " + to_string(x.shape()) + ", but there are " +
                         std::to_string(w.size()) + " weights");
    const std::vector<double> weights = as_doubles(w), rows = as_doubles(x);
    std::vector<double> y(static_cast<std::size_t>(x.shape()[0]));
    for (std::size_t i = 0; i < y.size(); ++i)
        y[i] = dot(std::span(rows).subspan(i * weights.size(), weights.size()), weights) + b;
    return column(y);
}

Array LinearFit::predict(const Array& x) const
{
    Array y = decision_function(x);
    auto* values = static_cast<double*>(y.mutable_data());
    for (std::int64_t i = 0; i < y.size(); ++i) values[i] = values[i] > 0 ? 1 : -1;
    return y;
}

double LinearFit::margin(const Dataset& data) const
{
    const LinearProblem p = checked(data, "margin");
    const Array y = decision_function(data.x);
    const auto* values = static_cast<const double*>(y.data());
    double smallest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < p.n; ++i) smallest = std::min(smallest, p.t[i] * values[i]);
    const std::vector<double> weights = as_doubles(w);
    return smallest / std::sqrt(dot(weights, weights));
}

std::vector<std::int64_t> LinearFit::support_vectors(const Dataset& data, double tolerance) const
{
    const LinearProblem p = checked(data, "support_vectors");
    const Array y = decision_function(data.x);
    const auto* values = static_cast<const double*>(y.data());
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < p.n; ++i)
        if (p.t[i] * values[i] <= 1 + tolerance) rows.push_back(static_cast<std::int64_t>(i));
    return rows;
}

// ---------------------------------------------------------------- perceptron

LinearFit perceptron(const Dataset& data, const PerceptronOptions& options)
{
    const LinearProblem p = checked(data, "perceptron");
    check_limits(0, options.max_epochs, "max_epochs", "perceptron");
    std::vector<double> w(p.d, 0.0);
    std::vector<std::int64_t> order(p.n);
    LinearFit fit;
    fit.converged = false;
    for (std::int64_t epoch = 0; epoch < options.max_epochs && !fit.converged; ++epoch) {
        kernels::permutation(order.data(), static_cast<std::int64_t>(p.n), options.seed,
                             stream(Draw::solvers, static_cast<std::uint64_t>(epoch)));
        const std::int64_t before = fit.iterations;
        for (const std::int64_t k : order) {
            const auto i = static_cast<std::size_t>(k);
            if (p.t[i] * (dot(w, p.row(i)) + fit.b) > 0) continue;
            add_scaled(w, p.t[i], p.row(i));
            fit.b += p.t[i];
            ++fit.iterations;
        }
        fit.converged = fit.iterations == before;
    }
    fit.primal = 0;
    for (std::size_t i = 0; i < p.n; ++i) fit.primal += std::max(0.0, -p.t[i] * (dot(w, p.row(i)) + fit.b));
    fit.w = column(w);
    return fit;
}

// ---------------------------------------------------------------- least squares

LinearFit least_squares(const Dataset& data)
{
    const LinearProblem p = checked(data, "least_squares", Targets::numbers);
    const std::size_t columns = p.d + 1;
    // Column by column, so that reflections are dot products: the ones first, which takes large means out of the others.
    std::vector<std::vector<double>> a(columns, std::vector<double>(p.n, 1.0));
    for (std::size_t i = 0; i < p.n; ++i)
        for (std::size_t k = 0; k < p.d; ++k) a[k + 1][i] = p.row(i)[k];
    std::vector<double> t = p.t, diagonal(columns);
    for (std::size_t k = 0; k < columns; ++k) {
        const double whole = std::sqrt(dot(a[k], a[k]));
        const std::span<double> rest = std::span(a[k]).subspan(std::min(k, p.n));
        const double norm = std::sqrt(dot(rest, rest));
        if (!(norm > 1e-13 * whole))
            throw ValueError(
                "least_squares: column " + std::to_string(k - 1) +
                " of x (from 0) depends on those before it and a column of ones, so there are many "
                "solutions: leave it out");
        diagonal[k] = rest[0] > 0 ? -norm : norm;
        rest[0] -= diagonal[k];
        const double scale = 2 / dot(rest, rest);
        const auto reflect = [&](std::vector<double>& v) {
            const std::span<double> part = std::span(v).subspan(k);
            add_scaled(part, -scale * dot(rest, part), rest);
        };
        for (std::size_t j = k + 1; j < columns; ++j) reflect(a[j]);
        reflect(t);
    }
    std::vector<double> solution(columns);
    for (std::size_t k = columns; k-- > 0;) {
        double value = t[k];
        for (std::size_t j = k + 1; j < columns; ++j) value -= a[j][k] * solution[j];
        solution[k] = value / diagonal[k];
    }
    LinearFit fit{.w = column(std::span(solution).subspan(1)), .b = solution[0]};
    fit.iterations = 1;
    const std::span<const double> residual = std::span(t).subspan(columns);
    fit.primal = dot(residual, residual) / 2;
    return fit;
}

}  // namespace xgrad::nn
