// Elementwise losses as fused rows: one pass forward, one pass backward, nothing that overflows.
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {
using namespace formula;

const Op& logistic_loss_op =
    row(binary([](auto y, auto t) { return softplus(-(t * y)); },
               [](auto g, auto y, auto t, auto) { return -(g * t) * sigmoid(-(t * y)); },
               [](auto g, auto y, auto t, auto) { return -(g * y) * sigmoid(-(t * y)); },
               {.name = "logistic_loss",
                .formula = "ln(1 + e^(-t y))",
                .vjp_names = {"logistic_loss_vjp", "logistic_loss_vjp_t"},
                .traits = {.position_free = false, .low = 0},
                .samples = binary_samples(&xgrad::logistic_loss_elementwise)}));

const Op& hinge_loss_op = row(binary(
    [](auto y, auto t) {
        const auto margin = 1 - t * y;
        return where(margin < 0, 0, margin);
    },
    [](auto g, auto y, auto t, auto) { return where(1 - t * y <= 0, 0, -(g * t)); },
    [](auto g, auto y, auto t, auto) { return where(1 - t * y <= 0, 0, -(g * y)); },
    {.name = "hinge_loss",
     .formula = "max(1 - t y, 0)",
     .vjp_names = {"hinge_loss_vjp", "hinge_loss_vjp_t"},
     .traits = {.piecewise = 3, .kink = "derivative 0 at t y = 1", .low = 0},
     .switches = [](std::span<const Variable> in, const Node&) { return Switches{{1 - in[1] * in[0]}}; },
     .samples = binary_samples(&xgrad::hinge_loss_elementwise)}));

const Op& bce_with_logits_op = row(binary(
    // Not softplus(z) - z t, which cancels where the loss is small.
    [](auto z, auto t) { return log1p(exp(-abs(z))) + z * where(z > 0, 1 - t, -t); },
    [](auto g, auto z, auto t, auto) { return g * (sigmoid(z) - t); },
    [](auto g, auto z, auto, auto) { return -(g * z); },
    {.name = "binary_cross_entropy_with_logits",
     .label = "bce_with_logits",
     .formula = "-(t ln s + (1 - t) ln(1 - s)), s = sigmoid(z)",
     .vjp_names = {"bce_with_logits_vjp", "bce_with_logits_vjp_t"},
     .traits = {.position_free = false},
     .samples = binary_samples(&xgrad::binary_cross_entropy_with_logits_elementwise, -3, 3, 0, 1)}));

const Op& bce_op = row(binary(
    [](auto p, auto t) {
        return -(t * maximum(log(p), p * 0 - 100) + (1 - t) * maximum(log(1 - p), p * 0 - 100));
    },
    [](auto g, auto p, auto t, auto) { return g * (p - t) / maximum(p * (1 - p), p * 0 + 1e-12f); },
    [](auto g, auto p, auto, auto) {
        return g * (maximum(log(1 - p), p * 0 - 100) - maximum(log(p), p * 0 - 100));
    },
    {.name = "binary_cross_entropy",
     .label = "bce",
     .formula = "-(t ln p + (1 - t) ln(1 - p)), logarithms >= -100",
     .vjp_names = {"bce_vjp", "bce_vjp_t"},
     .traits = {.position_free = false, .low = 0},
     .samples = binary_samples(&xgrad::binary_cross_entropy_elementwise, 0.1, 0.9, 0, 1)}));

void loss_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

Variable logistic_loss_elementwise(Variable y, Variable t)
{
    return Recorder::of(y).record(detail::logistic_loss_op, y, t);
}
Variable hinge_loss_elementwise(Variable y, Variable t)
{
    return Recorder::of(y).record(detail::hinge_loss_op, y, t);
}
Variable binary_cross_entropy_with_logits_elementwise(Variable z, Variable t)
{
    return Recorder::of(z).record(detail::bce_with_logits_op, z, t);
}
Variable binary_cross_entropy_elementwise(Variable p, Variable t)
{
    return Recorder::of(p).record(detail::bce_op, p, t);
}

}  // namespace xgrad
