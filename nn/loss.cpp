// Losses: what they refuse, and their reductions.
#include "xgrad/nn/loss.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "autodiff/shape_text.hpp"
#include "nn/init_fill.hpp"
#include "xgrad/autodiff/require.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn::detail {

using xgrad::detail::require, xgrad::detail::Requirement;

namespace {

Variable reduce(Variable losses, Reduction reduction)
{
    switch (reduction) {
    case Reduction::mean: return mean(losses);
    case Reduction::sum: return sum(losses);
    case Reduction::none: break;
    }
    return losses;
}

void check_alike(const char* loss, Variable y, Variable t)
{
    if (!std::ranges::equal(y.shape(), t.shape()))
        throw ShapeError(std::string(loss) + ": outputs have shape " + to_string(y.shape()) +
                         " and targets " + to_string(t.shape()) +
                         "; they must be equal (a loss does not broadcast: reshape one of them)" +
                         xgrad::detail::aligned_shapes("outputs", y.shape(), "targets", t.shape()));
    if (y.dtype() != t.dtype() || !is_floating(y.dtype()))
        throw DtypeError(std::string(loss) + ": outputs are " + std::string(name_of(y.dtype())) +
                         " and targets " + std::string(name_of(t.dtype())) +
                         "; both must be float32 or both float64 (cast one of them)");
}

}  // namespace

Variable hinge(Variable y, Variable t, Reduction reduction)
{
    check_alike("hinge_loss", y, t);
    t = require(t, Requirement::hinge_labels);
    return reduce(hinge_loss_elementwise(y, t), reduction);
}

Variable logistic(Variable y, Variable t, Reduction reduction)
{
    check_alike("logistic_loss", y, t);
    t = require(t, Requirement::logistic_labels);
    return reduce(logistic_loss_elementwise(y, t), reduction);
}

Variable bce(Variable p, Variable t, Reduction reduction)
{
    check_alike("binary_cross_entropy", p, t);
    t = require(t, Requirement::entropy_targets);
    p = require(p, Requirement::entropy_outputs);
    return reduce(binary_cross_entropy_elementwise(p, t), reduction);
}

Variable bce_with_logits(Variable z, Variable t, Reduction reduction)
{
    check_alike("binary_cross_entropy_with_logits", z, t);
    t = require(t, Requirement::logits_targets);
    return reduce(binary_cross_entropy_with_logits_elementwise(z, t), reduction);
}

Variable multi_class(Variable logits, Variable labels, Reduction reduction)
{
    if (labels.dtype() != DType::int64 || !is_floating(logits.dtype()))
        throw DtypeError("cross_entropy: outputs are " + std::string(name_of(logits.dtype())) +
                         " and labels " + std::string(name_of(labels.dtype())) +
                         ", expected float32 or float64 and int64 (read_csv makes classes of numbers with "
                         ".labels = true; cast(labels, DType::int64))");
    const Dims shape = logits.shape();
    if (shape.size() != 2 || labels.shape().size() != 1 || labels.shape()[0] != shape[0]) {
        using xgrad::detail::no_axis;
        const int axis = shape.size() == 2 && labels.shape().size() == 1 ? 0 : no_axis;
        const xgrad::detail::ShapeRow rows[] = {{"outputs", shape, axis}, {"labels", labels.shape(), axis}};
        throw ShapeError("cross_entropy: outputs have shape " + to_string(shape) + " and labels " +
                         to_string(labels.shape()) + ", expected [n, classes] and [n]" +
                         xgrad::detail::aligned_shapes(rows));
    }
    return reduce(cross_entropy_rows(logits, labels), reduction);
}

Variable squared_error(Variable y, Variable t, Reduction reduction)
{
    check_alike("mse_loss", y, t);
    return reduce(square(y - t), reduction);
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

}  // namespace xgrad::nn::detail
