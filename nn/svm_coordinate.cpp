// The SVM with a penalised bias, one row at a time: dual coordinate descent, and Pegasos in the primal.
//
// The bias is the weight of one more feature, which is 1. Both keep w = sum alpha_i t_i (x_i, 1).
#include <algorithm>
#include <cmath>

#include "autodiff/kernels/random.hpp"
#include "nn/linear_problem.hpp"
#include "nn/streams.hpp"
#include "xgrad/nn/linear_models.hpp"

namespace xgrad::nn {
namespace detail {
namespace {

// alpha with the w and b that it stands for.
struct Pair {
    Pair(const LinearProblem& problem, double C) : p(problem), c(C), alpha(p.n, 0.0), w(p.d, 0.0) {}

    double decision(std::size_t i) const { return dot(w, p.row(i)) + b; }
    void add(std::size_t i, double step)
    {
        add_scaled(w, step * p.t[i], p.row(i));
        b += step * p.t[i];
    }
    /// Computes w and b again from alpha, and both objectives.
    void measure(LinearFit& fit)
    {
        std::fill(w.begin(), w.end(), 0.0);
        b = 0;
        double alphas = 0, loss = 0;
        for (std::size_t i = 0; i < p.n; ++i) {
            if (alpha[i] > 0) add(i, alpha[i]);
            alphas += alpha[i];
        }
        fit.gap = 0;
        for (std::size_t i = 0; i < p.n; ++i) {
            const double z = p.t[i] * decision(i);
            loss += std::max(0.0, 1 - z);
            fit.gap += gap_term(c, alpha[i], z);
        }
        const double squares = dot(w, w) + b * b;
        fit.primal = squares / 2 + c * loss;
        fit.dual = alphas - squares / 2;
    }

    const LinearProblem& p;
    double c;
    std::vector<double> alpha, w;
    double b = 0;
};

// Epochs until the gap is small enough: each meets all rows once, in a new order; visit(row) returns what it cost in passes.
template <class Visit, class EndEpoch>
LinearFit epochs(Pair& pair, double tolerance, std::int64_t max_epochs, std::uint64_t seed,
                 const Visit& visit, const EndEpoch& end_epoch)
{
    const std::size_t n = pair.p.n;
    std::vector<std::int64_t> order(n);
    LinearFit fit;
    Thinning thinning;
    double passes = 0;
    const auto look = [&](bool last) {
        pair.measure(fit);
        fit.converged = fit.gap <= tolerance * fit.primal;
        if (thinning.due(passes) || last || fit.converged)
            fit.history.push_back({passes, fit.primal, fit.dual, fit.gap});
    };
    look(false);
    while (!fit.converged && fit.iterations < max_epochs) {
        kernels::permutation(order.data(), static_cast<std::int64_t>(n), seed,
                             stream(Draw::solvers, static_cast<std::uint64_t>(fit.iterations)));
        bool moved = false;
        for (const std::int64_t k : order) {
            const int operations = visit(static_cast<std::size_t>(k));
            passes += operations / static_cast<double>(n);
            moved = moved || operations > 1;
        }
        ++fit.iterations;
        end_epoch(fit.iterations);
        look(!moved || fit.iterations == max_epochs);
        if (!moved) break;  // nothing will ever change again
    }
    fit.w = column(pair.w);
    fit.b = pair.b;
    fit.alpha = column(pair.alpha);
    return fit;
}

}  // namespace
}  // namespace detail

using namespace detail;

LinearFit svm_coordinate_descent(const Dataset& data, const CoordinateDescentOptions& options)
{
    const LinearProblem p = checked(data, "svm_coordinate_descent");
    check_c(options.C, "svm_coordinate_descent");
    check_limits(options.tolerance, options.max_epochs, "max_epochs", "svm_coordinate_descent");
    std::vector<double> squares(p.n);
    for (std::size_t i = 0; i < p.n; ++i) squares[i] = dot(p.row(i), p.row(i)) + 1;
    Pair pair(p, options.C);
    const auto visit = [&](std::size_t i) {
        // The dual's best alpha_i while the others stay.
        const double old = pair.alpha[i];
        const double best = std::clamp(old + (1 - p.t[i] * pair.decision(i)) / squares[i], 0.0, options.C);
        if (best == old) return 1;
        pair.alpha[i] = best;
        pair.add(i, best - old);
        return 2;
    };
    return epochs(pair, options.tolerance, options.max_epochs, options.seed, visit, [](std::int64_t) {});
}

LinearFit svm_pegasos(const Dataset& data, const PegasosOptions& options)
{
    const LinearProblem p = checked(data, "svm_pegasos");
    check_c(options.C, "svm_pegasos");
    check_limits(options.tolerance, options.max_epochs, "max_epochs", "svm_pegasos");
    const double lambda = 1 / (options.C * static_cast<double>(p.n));
    Pair pair(p, options.C);
    std::vector<double> hits(p.n, 0.0);
    double k = 0;
    const auto visit = [&](std::size_t i) {
        const bool within = p.t[i] * pair.decision(i) < 1;
        ++k;
        // w -= (lambda w - [within] t x) / (lambda k)
        const double keep = 1 - 1 / k;
        for (double& weight : pair.w) weight *= keep;
        pair.b *= keep;
        if (within) {
            pair.add(i, 1 / (lambda * k));
            ++hits[i];
        }
        return within ? 3 : 2;  // w is scaled at every row
    };
    // w = sum over all hits of t x / (lambda k) = C / epochs times the same sum, as k = n epochs.
    const auto end_epoch = [&](std::int64_t done) {
        for (std::size_t i = 0; i < p.n; ++i)
            pair.alpha[i] = options.C * (hits[i] / static_cast<double>(done));
    };
    return epochs(pair, options.tolerance, options.max_epochs, options.seed, visit, end_epoch);
}

}  // namespace xgrad::nn
