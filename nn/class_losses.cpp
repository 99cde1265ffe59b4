// Losses of outputs that rate classes: what they refuse, and their weighted means.
#include "xgrad/nn/class_losses.hpp"

#include <algorithm>
#include <string>

#include "autodiff/ops/compose.hpp"
#include "autodiff/shape_text.hpp"
#include "nn/loss_checks.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {
using namespace detail;
using xgrad::detail::compose, xgrad::detail::RowLosses;

namespace {

std::optional<Variable> given(const LossWeight& weight, Variable like)
{
    return weight.given() ? std::optional(weight.on(like)) : std::nullopt;
}

// The shape of the labels beside outputs of that shape.
Shape without_classes(Dims outputs)
{
    Shape shape(outputs.begin(), outputs.end());
    shape.erase(shape.begin() + (shape.size() > 1 ? 1 : 0));
    return shape;
}

void check_labels(const char* loss, Variable x, Variable labels)
{
    if (labels.dtype() != DType::int64 || !is_floating(x.dtype()))
        xgrad::detail::fail<DtypeError>(
            x, std::string(loss) + ": outputs are " + std::string(name_of(x.dtype())) + " and labels " +
                   std::string(name_of(labels.dtype())) +
                   ", expected float32 or float64 and int64 (read_csv makes classes of numbers with "
                   ".labels = true; cast(labels, DType::int64))");
    const Dims shape = x.shape(), given = labels.shape();
    if (!shape.empty() && std::ranges::equal(given, without_classes(shape))) return;
    using xgrad::detail::no_axis;
    const int axis = shape.size() == 2 && given.size() == 1 ? 0 : no_axis;
    const xgrad::detail::ShapeRow rows[] = {{"outputs", shape, axis}, {"labels", given, axis}};
    xgrad::detail::fail<ShapeError>(
        x, std::string(loss) + ": outputs have shape " + to_string(shape) + " and labels " +
               to_string(given) + ", expected [n, classes] and [n]" +
               (shape.size() > 2 ? ", or [n, classes, d1, ...] and [n, d1, ...]" : "") +
               xgrad::detail::aligned_shapes(rows));
}

Variable weighted(const char* loss, const RowLosses& rows, Reduction reduction)
{
    if (reduction != Reduction::mean) return reduce(loss, rows.losses, reduction);
    return sum(rows.losses) / sum(rows.weights);
}

// For probabilities instead of labels.
Variable soft(const CrossEntropyLoss& how, Variable z, Variable t)
{
    if (how.ignore_index >= 0)
        throw ValueError("cross_entropy: ignore_index is " + std::to_string(how.ignore_index) +
                         ", but the targets are probabilities, not labels");
    return compose("cross_entropy", z, [&] {
        const LabelOptions options{.weight = given(how.weight, z), .label_smoothing = how.label_smoothing};
        return reduce("cross_entropy", soft_cross_entropy_rows(z, t, options), how.reduction);
    });
}

}  // namespace

Variable CrossEntropyLoss::compute(Variable z, Variable labels) const
{
    check_reduction(name, reduction, z);
    if (is_floating(labels.dtype()) && labels.dtype() == z.dtype() && !z.shape().empty() &&
        std::ranges::equal(labels.shape(), z.shape()))
        return soft(*this, z, labels);
    check_labels(name, z, labels);
    if (z.shape().size() <= 2 && !weight.given() && label_smoothing == 0) {  // in one kernel
        const bool single = z.shape().size() == 1;
        if (single) {
            z = reshape(z, {1, z.shape()[0]});
            labels = reshape(labels, {1});
        }
        Variable losses = reduction == Reduction::mean
                              ? xgrad::detail::cross_entropy_for_mean(z, labels, ignore_index)
                              : cross_entropy_rows(z, labels, ignore_index);
        if (single) losses = reshape(losses, {});
        return reduce(name, losses, reduction);
    }
    return compose(name, z, [&] {
        const LabelOptions options{
            .weight = given(weight, z), .ignore_index = ignore_index, .label_smoothing = label_smoothing};
        const Variable x = log_softmax(z, z.shape().size() > 1 ? 1 : 0);
        return weighted(name,
                        xgrad::detail::label_losses(name, x, labels, options, reduction == Reduction::mean),
                        reduction);
    });
}

Variable NLLLoss::compute(Variable x, Variable labels) const
{
    check_reduction(name, reduction, x);
    check_labels(name, x, labels);
    return compose(name, x, [&] {
        const LabelOptions options{.weight = given(weight, x), .ignore_index = ignore_index};
        return weighted(name,
                        xgrad::detail::label_losses(name, x, labels, options, reduction == Reduction::mean),
                        reduction);
    });
}

Variable MultiMarginLoss::compute(Variable x, Variable labels) const
{
    check_reduction(name, reduction, x);
    check_labels(name, x, labels);
    return compose(name, x, [&] {
        return reduce(
            name, multi_margin_loss_rows(x, labels, {.p = p, .margin = margin, .weight = given(weight, x)}),
            reduction);
    });
}

Variable MultiLabelSoftMarginLoss::compute(Variable x, Variable t) const
{
    check_reduction(name, reduction, x);
    check_alike(name, x, t);
    if (x.shape().empty())
        xgrad::detail::fail<ShapeError>(
            x, "multilabel_soft_margin_loss: outputs have shape [], expected [n, classes]");
    return compose(name, x, [&] {
        std::optional<Variable> w;
        if (weight.given()) w = factor(name, "weight", weight, x);
        t = require(t, Requirement::multilabel_targets);
        return reduce(name, multilabel_soft_margin_loss_rows(x, t, w), reduction);
    });
}

}  // namespace xgrad::nn
