// What losses share, the losses of two classes, and the L2 penalty.
#include "xgrad/nn/loss.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "autodiff/ops/compose.hpp"
#include "autodiff/shape_text.hpp"
#include "nn/init_fill.hpp"
#include "nn/loss_checks.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {

Variable LossWeight::on(Variable like) const
{
    if (array_) return xgrad::detail::lift(like, *array_);
    return number_ ? full(like, {}, *number_) : variable_.value();
}

namespace detail {

void check_reduction(const char* loss, Reduction reduction, Variable like)
{
    if (reduction == Reduction::batchmean)
        xgrad::detail::fail<ValueError>(
            like,
            std::string(loss) + ": Reduction::batchmean is of kl_div alone, expected mean, sum or none");
}

Variable reduce(const char* loss, Variable losses, Reduction reduction)
{
    check_reduction(loss, reduction, losses);
    if (reduction == Reduction::none) return losses;
    return reduction == Reduction::mean ? mean(losses) : sum(losses);
}

void check_alike(const char* loss, Named y, Named t)
{
    const std::string both = std::string(loss) + ": " + y.name;
    if (!std::ranges::equal(y.x.shape(), t.x.shape()))
        xgrad::detail::fail<ShapeError>(
            y.x, both + " have shape " + to_string(y.x.shape()) + " and " + t.name + " " +
                     to_string(t.x.shape()) + "; they must be equal (a loss does not broadcast: " +
                     (t.x.dtype() == DType::int64 ? "int64 targets are classes, which cross_entropy takes)"
                                                  : "reshape one of them)") +
                     xgrad::detail::aligned_shapes(y.name, y.x.shape(), t.name, t.x.shape()));
    if (y.x.dtype() != t.x.dtype() || !is_floating(y.x.dtype()))
        xgrad::detail::fail<DtypeError>(y.x, both + " are " + std::string(name_of(y.x.dtype())) + " and " +
                                                 t.name + " " + std::string(name_of(t.x.dtype())) +
                                                 "; both must be float32 or both float64 (cast one of them)");
}

Variable factor(const char* loss, const char* option, const LossWeight& weight, Variable y)
{
    const Variable w = weight.on(y);
    const Dims shape = w.shape(), out = y.shape();
    bool fits = shape.size() <= out.size();
    for (std::size_t k = 1; fits && k <= shape.size(); ++k)
        fits = shape[shape.size() - k] == 1 || shape[shape.size() - k] == out[out.size() - k];
    if (!fits)
        xgrad::detail::fail<ShapeError>(y, std::string(loss) + ": " + option + " has shape " +
                                               to_string(shape) + " and outputs " + to_string(out) +
                                               ", expected one that broadcasts to the outputs" +
                                               xgrad::detail::aligned_shapes("outputs", out, option, shape));
    if (w.dtype() != y.dtype())
        xgrad::detail::fail<DtypeError>(y, std::string(loss) + ": " + option + " is " +
                                               std::string(name_of(w.dtype())) + " and outputs are " +
                                               std::string(name_of(y.dtype())) +
                                               "; both must be float32 or both float64 (cast one of them)");
    return w;
}

void refuse_weights(const char* loss, const LossOptions& options)
{
    if (!options.weight.given() && !options.pos_weight.given()) return;
    throw ValueError(std::string(loss) + ": called as a Loss it has no " +
                     (options.weight.given() ? "weight (binary_cross_entropy and "
                                               "binary_cross_entropy_with_logits have one)"
                                             : "pos_weight (binary_cross_entropy_with_logits has one)"));
}

namespace {
// The same in the middle of a call.
void refuse_weights(const char* loss, const LossOptions& options, Variable like)
{
    if (options.weight.given() || options.pos_weight.given()) xgrad::detail::drop_operands(like);
    detail::refuse_weights(loss, options);
}
}  // namespace

Variable hinge(Variable y, Variable t, const LossOptions& options)
{
    refuse_weights("hinge_loss", options, y);
    check_reduction("hinge_loss", options.reduction, y);
    check_alike("hinge_loss", y, t);
    t = require(t, Requirement::hinge_labels);
    return reduce("hinge_loss", hinge_loss_elementwise(y, t), options.reduction);
}

Variable logistic(Variable y, Variable t, const LossOptions& options)
{
    refuse_weights("logistic_loss", options, y);
    check_reduction("logistic_loss", options.reduction, y);
    check_alike("logistic_loss", y, t);
    t = require(t, Requirement::logistic_labels);
    return reduce("logistic_loss", logistic_loss_elementwise(y, t), options.reduction);
}

Variable bce(Variable p, Variable t, const LossOptions& options)
{
    const char* const loss = "binary_cross_entropy";
    if (options.pos_weight.given()) refuse_weights(loss, {.weight = {}, .pos_weight = options.pos_weight}, p);
    check_reduction(loss, options.reduction, p);
    check_alike(loss, p, t);
    const bool weighted = options.weight.given();
    const Variable weight = weighted ? factor(loss, "weight", options.weight, p) : Variable();
    t = require(t, Requirement::entropy_targets);
    p = require(p, Requirement::entropy_outputs);
    const Variable losses = binary_cross_entropy_elementwise(p, t);
    return reduce(loss, weighted ? losses * weight : losses, options.reduction);
}

Variable bce_with_logits(Variable z, Variable t, const LossOptions& options)
{
    const char* const loss = "binary_cross_entropy_with_logits";
    check_reduction(loss, options.reduction, z);
    check_alike(loss, z, t);
    const bool weighted = options.weight.given(), positive = options.pos_weight.given();
    const Variable weight = weighted ? factor(loss, "weight", options.weight, z) : Variable(),
                   pos_weight = positive ? factor(loss, "pos_weight", options.pos_weight, z) : Variable();
    t = require(t, Requirement::logits_targets);
    const Variable losses = positive ? binary_cross_entropy_with_logits_elementwise(z, t, pos_weight)
                                     : binary_cross_entropy_with_logits_elementwise(z, t);
    return reduce(loss, weighted ? losses * weight : losses, options.reduction);
}

Variable squared_error(Variable y, Variable t, const LossOptions& options)
{
    refuse_weights("mse_loss", options, y);
    check_reduction("mse_loss", options.reduction, y);
    check_alike("mse_loss", y, t);
    return reduce("mse_loss", square(y - t), options.reduction);
}

Variable l2(Variable like, std::span<const Parameter> parameters, double lambda)
{
    if (!(lambda >= 0) || std::isinf(lambda))
        throw ValueError("l2: lambda must be finite and not negative, got " + number_text(lambda));
    Tape tape = like.tape();
    Variable total;
    bool first = true;
    for (const Parameter& parameter : parameters) {
        const Variable squares = sum(square(tape.parameter(parameter)));
        total = first ? squares : total + squares;
        first = false;
    }
    return first ? full(like, {}, 0) : total * (lambda / 2);
}

std::vector<Parameter> weights(const std::vector<std::pair<std::string, Parameter>>& named)
{
    std::vector<Parameter> result;
    for (const auto& [path, parameter] : named)
        if (!is_bias(path)) result.push_back(parameter);
    return result;
}

}  // namespace detail

}  // namespace xgrad::nn
