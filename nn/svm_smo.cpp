// The dual of the SVM with a free bias, two variables at a time; with a bound C on alpha, and without (hard margin).
//
// The dual's optimum is where no pair can improve it: with v_i = t_i - x_i w, no v_i of an alpha that may move along +t is above
// a v_j of one that may move along -t. v_i is also the bias with which row i lies on its margin, so the best bias for a
// given w is a median of v: the primal is known at every step.
#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/linear_problem.hpp"
#include "xgrad/autodiff/text.hpp"
#include "xgrad/nn/linear_models.hpp"

namespace xgrad::nn {
namespace detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class Smo {
  public:
    Smo(const LinearProblem& problem, double C)
        : p_(problem), c_(C), alpha_(p_.n, 0.0), w_(p_.d, 0.0), f_(p_.n, 0.0), along_(p_.n), squares_(p_.n)
    {
        for (std::size_t i = 0; i < p_.n; ++i) squares_[i] = dot(p_.row(i), p_.row(i));
        largest_square_ = *std::max_element(squares_.begin(), squares_.end());
    }

    /// Changes one pair. False if no pair can be improved, as far as rounding lets one see.
    bool step()
    {
        // The first: the row that is furthest on the wrong side of all biases that it allows.
        std::size_t i = p_.n;
        double up = -infinity, down = infinity, size = 1;
        for (std::size_t k = 0; k < p_.n; ++k) {
            const double v = p_.t[k] - f_[k];
            size = std::max(size, std::abs(v));
            if (may_move(k, +1) && v > up) {
                up = v;
                i = k;
            }
            if (may_move(k, -1)) down = std::min(down, v);
        }
        if (!(up - down > 1e-15 * size)) return false;
        // The second: the one with which the dual gains most, (v_i - v_j)^2 / |x_i - x_j|^2 halved.
        for (std::size_t k = 0; k < p_.n; ++k) along_[k] = dot(p_.row(k), p_.row(i));
        std::size_t j = p_.n;
        double best = -1;
        for (std::size_t k = 0; k < p_.n; ++k) {
            const double difference = up - (p_.t[k] - f_[k]);
            if (!may_move(k, -1) || !(difference > 0)) continue;
            const double curve =
                std::max(squares_[i] + squares_[k] - 2 * along_[k], 1e-12 * (squares_[i] + squares_[k]));
            const double gain = curve > 0 ? difference * difference / curve : infinity;
            if (gain > best) {
                best = gain;
                j = k;
            }
        }
        const bool moved = move(i, j, up - (p_.t[j] - f_[j]));
        multiply();
        passes_ += 2;
        return moved;
    }

    /// Computes w again from alpha, so that rounding does not pile up.
    void refresh()
    {
        std::fill(w_.begin(), w_.end(), 0.0);
        for (std::size_t i = 0; i < p_.n; ++i)
            if (alpha_[i] > 0) add_scaled(w_, alpha_[i] * p_.t[i], p_.row(i));
        multiply();
    }

    /// Without a bound: scales alpha to where the dual is largest. Where no line separates the classes, the dual then grows
    /// at the rate at which the hulls' points approach each other, not by one step's worth a step.
    void rescale()
    {
        double alphas = 0;
        for (const double a : alpha_) alphas += a;
        const double squares = dot(w_, w_);
        if (!(alphas > 0 && squares > 0)) return;
        const double factor = alphas / squares;
        for (double& a : alpha_) a *= factor;
        for (double& weight : w_) weight *= factor;
        for (double& f : f_) f *= factor;
    }

    /// The primal's best bias for this w, and where that leaves both objectives.
    void measure(LinearFit& fit) const
    {
        std::vector<double> v(p_.n);
        std::size_t positive = 0;
        double alphas = 0;
        for (std::size_t i = 0; i < p_.n; ++i) {
            v[i] = p_.t[i] - f_[i];
            positive += p_.t[i] > 0;
            alphas += alpha_[i];
        }
        // The slope in b of the losses is C times (number of v below b) - (number of positives): 0 between these two.
        const auto low = v.begin() + static_cast<std::ptrdiff_t>(positive) - 1;
        std::nth_element(v.begin(), low, v.end());
        fit.b = *low / 2 + *std::min_element(low + 1, v.end()) / 2;
        const double squares = dot(w_, w_);
        double loss = 0;
        fit.gap = 0;
        for (std::size_t i = 0; i < p_.n; ++i) {
            const double z = p_.t[i] * (f_[i] + fit.b);
            loss += std::max(0.0, 1 - z);
            fit.gap += gap_term(c_, alpha_[i], z);
        }
        fit.primal = squares / 2 + c_ * loss;
        fit.dual = alphas - squares / 2;
    }

    /// The same without a bound: (w, b) scaled so that the smallest t y is 1. Infinite while w separates nothing.
    void measure_hard(LinearFit& fit)
    {
        double above = infinity, below = -infinity, alphas = 0;
        for (std::size_t i = 0; i < p_.n; ++i) {
            alphas += alpha_[i];
            if (p_.t[i] > 0)
                above = std::min(above, f_[i]);
            else
                below = std::max(below, f_[i]);
        }
        const double half = (above - below) / 2, squares = dot(w_, w_);
        fit.dual = alphas - squares / 2;
        fit.primal = half > 0 ? squares / 2 / (half * half) : infinity;
        scale_ = half > 0 ? 1 / half : 1;
        fit.b = -(above + below) / 2 * scale_;
        if (!(half > 0)) {
            fit.gap = infinity;
            return;
        }
        // |w|^2 (1 + 1/half^2)/2 - sum alpha, where half sum alpha = |w|^2 - slack: two terms that are not negative.
        double slack = 0;
        for (std::size_t i = 0; i < p_.n; ++i)
            slack += alpha_[i] * (p_.t[i] * (f_[i] - (above + below) / 2) - half);
        const double difference = scale_ - 1;
        fit.gap = squares * difference * difference / 2 + scale_ * slack;
    }

    /// Twice the distance of the two hulls' points that alpha stands for, by the data's size: 0 if the hulls meet.
    double hull_distance() const
    {
        double alphas = 0;
        for (const double a : alpha_) alphas += a;
        return alphas > 0 ? 2 * std::sqrt(dot(w_, w_)) / alphas / std::sqrt(largest_square_) : infinity;
    }
    bool without_bound() const { return without_bound_; }

    void finish(LinearFit& fit) const
    {
        std::vector<double> w = w_;
        for (double& weight : w) weight *= scale_;
        fit.w = column(w);
        fit.alpha = column(alpha_);
    }
    double passes() const { return passes_; }

  private:
    bool may_move(std::size_t k, double direction) const
    {
        return p_.t[k] * direction > 0 ? alpha_[k] < c_ : alpha_[k] > 0;
    }

    // alpha_i += t_i s, alpha_j -= t_j s: the best s, or the one at which the first of the two meets a bound. False if that
    // changes nothing any more.
    bool move(std::size_t i, std::size_t j, double difference)
    {
        double curve = 0;
        for (std::size_t k = 0; k < p_.d; ++k) {
            const double across = p_.row(i)[k] - p_.row(j)[k];
            curve += across * across;
        }
        double s = curve > 0 ? difference / curve : infinity;
        const double room_i = p_.t[i] > 0 ? c_ - alpha_[i] : alpha_[i];
        const double room_j = p_.t[j] > 0 ? alpha_[j] : c_ - alpha_[j];
        s = std::min({s, room_i, room_j});
        if (std::isinf(s)) {
            without_bound_ = true;
            return false;
        }
        const double old_i = alpha_[i], old_j = alpha_[j];
        // A bound that is met is met exactly.
        alpha_[i] = s == room_i ? (p_.t[i] > 0 ? c_ : 0.0) : std::clamp(old_i + p_.t[i] * s, 0.0, c_);
        alpha_[j] = s == room_j ? (p_.t[j] > 0 ? 0.0 : c_) : std::clamp(old_j - p_.t[j] * s, 0.0, c_);
        for (std::size_t k = 0; k < p_.d; ++k) w_[k] += s * (p_.row(i)[k] - p_.row(j)[k]);
        return alpha_[i] != old_i || alpha_[j] != old_j;
    }

    void multiply()
    {
        for (std::size_t k = 0; k < p_.n; ++k) f_[k] = dot(p_.row(k), w_);
    }

    const LinearProblem& p_;
    double c_;
    std::vector<double> alpha_, w_, f_, along_, squares_;
    double largest_square_ = 0, passes_ = 0;
    double scale_ = 1;  // hard margin: of w, so that the smallest t y is 1
    bool without_bound_ = false;
};

[[noreturn]] void not_separable(const std::string& why)
{
    throw ValueError("svm_hard_margin: " + why +
                     "; svm_smo allows rows within the margin, at a price C each");
}

LinearFit solve(const LinearProblem& p, double C, double tolerance, std::int64_t max_iterations)
{
    const bool hard = std::isinf(C);
    Smo smo(p, C);
    LinearFit fit;
    Thinning thinning;
    for (bool more = true;;) {
        const bool last = !more || fit.iterations == max_iterations;
        const bool due = thinning.due(smo.passes());
        if (last || due || fit.iterations % (hard ? 16 : 64) == 0) {
            smo.refresh();
            if (hard) {
                if (smo.hull_distance() < 2e-9)
                    not_separable(
                        "no line separates the classes with a margin above 1e-9 of the data's size");
                smo.rescale();
            }
            hard ? smo.measure_hard(fit) : smo.measure(fit);
            fit.converged = fit.gap <= tolerance * fit.primal && std::isfinite(fit.primal);
            if (last || due || fit.converged)
                fit.history.push_back({smo.passes(), fit.primal, fit.dual, fit.gap});
            if (fit.converged || last) break;
        }
        more = smo.step();
        if (smo.without_bound()) not_separable("two rows are equal but for their labels");
        fit.iterations += more;
    }
    if (hard && std::isinf(fit.primal))
        not_separable("no line that separates the classes was found in " + std::to_string(fit.iterations) +
                      " iterations");
    smo.finish(fit);
    return fit;
}

}  // namespace
}  // namespace detail

LinearFit svm_smo(const Dataset& data, const SvmOptions& options)
{
    const detail::LinearProblem problem = detail::checked(data, "svm_smo");
    detail::check_c(options.C, "svm_smo");
    detail::check_limits(options.tolerance, options.max_iterations, "max_iterations", "svm_smo");
    return detail::solve(problem, options.C, options.tolerance, options.max_iterations);
}

LinearFit svm_hard_margin(const Dataset& data, const HardMarginOptions& options)
{
    const detail::LinearProblem problem = detail::checked(data, "svm_hard_margin");
    detail::check_limits(options.tolerance, options.max_iterations, "max_iterations", "svm_hard_margin");
    return detail::solve(problem, detail::infinity, options.tolerance, options.max_iterations);
}

}  // namespace xgrad::nn
