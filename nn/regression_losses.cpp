// Losses of numbers and of distributions: what they refuse, and their reductions.
#include "xgrad/nn/regression_losses.hpp"

#include <algorithm>
#include <string>

#include "autodiff/ops/compose.hpp"
#include "nn/loss_checks.hpp"

namespace xgrad::nn {
using namespace detail;
using xgrad::detail::compose;

Variable L1Loss::compute(Variable y, Variable t) const
{
    check_reduction(name, reduction, y);
    check_alike(name, y, t);
    return reduce(name, l1_loss_elementwise(y, t), reduction);
}

Variable SmoothL1Loss::compute(Variable y, Variable t) const
{
    check_reduction(name, reduction, y);
    check_alike(name, y, t);
    return reduce(name, smooth_l1_loss_elementwise(y, t, beta), reduction);
}

Variable HuberLoss::compute(Variable y, Variable t) const
{
    check_reduction(name, reduction, y);
    check_alike(name, y, t);
    return reduce(name, huber_loss_elementwise(y, t, delta), reduction);
}

Variable KLDivLoss::compute(Variable y, Variable t) const
{
    check_alike(name, y, t);
    if (reduction == Reduction::batchmean && y.shape().empty())
        xgrad::detail::fail<ShapeError>(
            y,
            "kl_div: Reduction::batchmean divides by the length of the first axis, but outputs "
            "have shape []");
    if (!log_target) t = require(t, Requirement::divergence_targets);
    const Variable losses = kl_div_elementwise(y, t, log_target);
    if (reduction != Reduction::batchmean) return reduce(name, losses, reduction);
    return sum(losses) * (1 / static_cast<double>(y.shape()[0]));
}

Variable PoissonNLLLoss::compute(Variable y, Variable t) const
{
    check_reduction(name, reduction, y);
    check_alike(name, y, t);
    return compose(name, y, [&] {
        t = require(t, Requirement::poisson_targets);
        if (!log_input) y = require(y, Requirement::poisson_outputs);
        return reduce(name,
                      poisson_nll_loss_elementwise(y, t, {.log_input = log_input, .full = full, .eps = eps}),
                      reduction);
    });
}

Variable GaussianNLLLoss::compute(Variable y, Variable t, Variable var) const
{
    check_reduction(name, reduction, y);
    check_alike(name, y, t);
    const Dims shape = y.shape(), given = var.shape();
    const Dims front = shape.first(shape.empty() ? 0 : shape.size() - 1);
    const bool whole = std::ranges::equal(given, shape) || given.empty(),
               without_last = !whole && std::ranges::equal(given, front),
               kept = !whole && given.size() == shape.size() && given.back() == 1 &&
                      std::ranges::equal(given.first(front.size()), front);
    if (!whole && !without_last && !kept)
        xgrad::detail::fail<ShapeError>(
            y, "gaussian_nll_loss: outputs have shape " + to_string(shape) + " and variances " +
                   to_string(given) +
                   ", expected the same, or 1 or nothing for the last axis, or one number");
    if (var.dtype() != y.dtype())
        xgrad::detail::fail<DtypeError>(y, "gaussian_nll_loss: outputs are " +
                                               std::string(name_of(y.dtype())) + " and variances " +
                                               std::string(name_of(var.dtype())) +
                                               "; both must be float32 or both float64 (cast one of them)");
    return compose(name, y, [&] {
        var = require(var, Requirement::gaussian_variances);
        if (without_last) {
            Shape column(given.begin(), given.end());
            column.push_back(1);
            var = reshape(var, column);
        }
        return reduce(name, gaussian_nll_loss_elementwise(y, t, var, {.full = full, .eps = eps}), reduction);
    });
}

}  // namespace xgrad::nn
