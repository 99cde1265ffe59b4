// Logistic regression by Newton's method: the referee of what back-propagation finds.
//
// Worked on as (r/2) |w|^2 + sum of losses with r = 1/C, so that no penalty is r = 0.
#include <cmath>

#include "nn/linear_problem.hpp"
#include "xgrad/nn/linear_models.hpp"

namespace xgrad::nn {
namespace detail {
namespace {

using Vector = std::vector<double>;

// ln(1 + e^(-z)), without overflow.
double softplus_of_minus(double z) { return z > 0 ? std::log1p(std::exp(-z)) : -z + std::log1p(std::exp(z)); }
// 1 / (1 + e^z)
double sigmoid_of_minus(double z)
{
    return z > 0 ? std::exp(-z) / (1 + std::exp(-z)) : 1 / (1 + std::exp(z));
}

// Solves a s = b for symmetric positive a by Cholesky's factors, in place. False if a is not positive beyond rounding.
bool solve_positive(std::vector<Vector>& a, Vector& b)
{
    const std::size_t n = b.size();
    for (std::size_t k = 0; k < n; ++k) {
        const double before = a[k][k];
        for (std::size_t j = 0; j < k; ++j) a[k][k] -= a[k][j] * a[k][j];
        if (!(a[k][k] > 1e-15 * before)) return false;
        a[k][k] = std::sqrt(a[k][k]);
        for (std::size_t i = k + 1; i < n; ++i) {
            for (std::size_t j = 0; j < k; ++j) a[i][k] -= a[i][j] * a[k][j];
            a[i][k] /= a[k][k];
        }
    }
    for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t j = 0; j < k; ++j) b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
    for (std::size_t k = n; k-- > 0;) {
        for (std::size_t i = k + 1; i < n; ++i) b[k] -= a[i][k] * b[i];
        b[k] /= a[k][k];
    }
    return true;
}

// w with the bias as its last element.
class Newton {
  public:
    Newton(const LinearProblem& problem, double r, bool penalise_bias)
        : p_(problem), r_(r), penalised_(p_.d + penalise_bias)
    {}

    double decision(const Vector& w, std::size_t i) const
    {
        return dot(std::span(w).first(p_.d), p_.row(i)) + w[p_.d];
    }
    double objective(const Vector& w) const
    {
        double value = 0;
        for (std::size_t i = 0; i < p_.n; ++i) value += softplus_of_minus(p_.t[i] * decision(w, i));
        for (std::size_t k = 0; k < penalised_; ++k) value += r_ / 2 * w[k] * w[k];
        return value;
    }
    bool separates(const Vector& w) const
    {
        for (std::size_t i = 0; i < p_.n; ++i)
            if (!(p_.t[i] * decision(w, i) > 0)) return false;
        return true;
    }
    /// Newton's step from w, and how steeply the objective falls along it. False if the Hessian is singular.
    bool step(const Vector& w, Vector& direction, double& slope) const
    {
        const std::size_t columns = p_.d + 1;
        Vector gradient(columns, 0.0), row(columns, 1.0);
        std::vector<Vector> hessian(columns, Vector(columns, 0.0));
        for (std::size_t i = 0; i < p_.n; ++i) {
            std::copy(p_.row(i).begin(), p_.row(i).end(), row.begin());
            const double s = sigmoid_of_minus(p_.t[i] * decision(w, i));
            add_scaled(gradient, -p_.t[i] * s, row);
            for (std::size_t k = 0; k < columns; ++k)
                add_scaled(std::span(hessian[k]).first(k + 1), s * (1 - s) * row[k],
                           std::span(row).first(k + 1));
        }
        for (std::size_t k = 0; k < penalised_; ++k) {
            gradient[k] += r_ * w[k];
            hessian[k][k] += r_;
        }
        direction = gradient;
        if (!solve_positive(hessian, direction)) return false;
        for (double& component : direction) component = -component;
        slope = dot(gradient, direction);
        return true;
    }

  private:
    const LinearProblem& p_;
    double r_;
    std::size_t penalised_;
};

}  // namespace
}  // namespace detail

using namespace detail;

LinearFit logistic_regression(const Dataset& data, const LogisticRegressionOptions& options)
{
    const LinearProblem p = checked(data, "logistic_regression");
    check_c(options.C, "logistic_regression", true);
    check_limits(options.tolerance, options.max_iterations, "max_iterations", "logistic_regression");
    const bool free = std::isinf(options.C);
    const Newton newton(p, 1 / options.C, options.penalise_bias);
    Vector w(p.d + 1, 0.0), direction;
    double value = newton.objective(w), slope = 0;
    LinearFit fit;
    fit.converged = false;
    while (!fit.converged && fit.iterations < options.max_iterations) {
        if (!newton.step(w, direction, slope))
            throw ValueError(
                "logistic_regression: columns of x depend on one another (or nearly), and without a "
                "penalty there are then many solutions: give a smaller C");
        // Half the step until it lowers the objective by a share of what its slope promises; near the optimum, where the
        // promise drowns in rounding, whole steps.
        double size = 1;
        Vector next(w);
        for (;; size /= 2) {
            next = w;
            add_scaled(next, size, direction);
            const double reached = newton.objective(next);
            if (reached <= value + 1e-4 * size * slope + 1e-14 * std::abs(value) || size < 1e-10) {
                value = reached;
                break;
            }
        }
        double largest = 0, step = 0;
        for (std::size_t k = 0; k < w.size(); ++k) {
            step = std::max(step, std::abs(next[k] - w[k]));
            largest = std::max(largest, std::abs(next[k]));
        }
        w = next;
        ++fit.iterations;
        fit.converged = step <= options.tolerance * largest;
        if (free && newton.separates(w))
            throw ValueError(
                "logistic_regression: a line separates the classes (found after " +
                std::to_string(fit.iterations) +
                " steps), so without a penalty the loss has no minimum: the longer w, the smaller it "
                "is; give a finite C");
    }
    fit.b = w[p.d];
    fit.w = column(std::span(w).first(p.d));
    fit.primal = free ? value : options.C * value;
    Vector alpha(p.n);
    for (std::size_t i = 0; i < p.n; ++i)
        alpha[i] = (free ? 1 : options.C) * sigmoid_of_minus(p.t[i] * newton.decision(w, i));
    fit.alpha = column(alpha);
    return fit;
}

}  // namespace xgrad::nn
