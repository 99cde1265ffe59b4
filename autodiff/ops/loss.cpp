// Elementwise losses of labels as fused rows: one pass forward, one pass backward, nothing that overflows.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {
using namespace formula;

const Op& logistic_loss_op =
    row(binary([](auto y, auto t) { return softplus(-(t * y)); },
               [](auto g, auto y, auto t, auto) { return -(g * t) * sigmoid(-(t * y)); },
               [](auto g, auto y, auto t, auto) { return -(g * y) * sigmoid(-(t * y)); },
               {.name = "logistic_loss",
                .formula = "ln(1 + e^(-t y))",
                .gradient = "-g t sigmoid(-t y); -g y sigmoid(-t y)",
                .elsewhere = {"", "F.soft_margin_loss", ""},
                .vjp_names = {"logistic_loss_vjp", "logistic_loss_vjp_t"},
                .inputs = {"y", "t"},
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
     .gradient = "t y < 1: -g t; -g y",
     .elsewhere = {"", "", "optax.hinge_loss"},
     .vjp_names = {"hinge_loss_vjp", "hinge_loss_vjp_t"},
     .inputs = {"y", "t"},
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
     .gradient = "g (s - t); -g z",
     .elsewhere = {"", "F.binary_cross_entropy_with_logits", "optax.sigmoid_binary_cross_entropy"},
     .vjp_names = {"bce_with_logits_vjp", "bce_with_logits_vjp_t"},
     .inputs = {"z", "t"},
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
     .gradient = "g (p - t) / max(p (1 - p), 1e-12); g (ln(1 - p) - ln p)",
     .elsewhere = {"", "F.binary_cross_entropy", ""},
     .vjp_names = {"bce_vjp", "bce_vjp_t"},
     .inputs = {"p", "t"},
     .traits = {.position_free = false, .low = 0},
     .samples = binary_samples(&xgrad::binary_cross_entropy_elementwise, 0.1, 0.9, 0, 1)}));

const Op& squared_hinge_loss_op = row(binary(
    [](auto y, auto t) {
        const auto margin = 1 - t * y;
        return where(margin < 0, 0, margin * margin);
    },
    [](auto g, auto y, auto t, auto) {
        const auto margin = 1 - t * y;
        return where(margin <= 0, 0, -2 * (g * t) * margin);
    },
    [](auto g, auto y, auto t, auto) {
        const auto margin = 1 - t * y;
        return where(margin <= 0, 0, -2 * (g * y) * margin);
    },
    {.name = "squared_hinge_loss",
     .formula = "max(1 - t y, 0)^2",
     .gradient = "t y < 1: -2 g t (1 - t y); -2 g y (1 - t y)",
     .vjp_names = {"squared_hinge_loss_vjp", "squared_hinge_loss_vjp_t"},
     .inputs = {"y", "t"},
     .traits = {.kink = "second derivative 0 at t y = 1", .low = 0},
     .samples = binary_samples(&xgrad::squared_hinge_loss_elementwise)}));

const Op& hinge_embedding_loss_op = row(binary<1>(
    [](auto y, auto t, auto margin) {
        const auto left = margin - y;
        return where(t > 0, y, where(left < 0, 0, left));
    },
    [](auto g, auto y, auto t, auto, auto margin) { return where(t > 0, g, where(y <= margin, -g, 0)); },
    [](auto g, auto, auto, auto, auto) { return g * 0; },
    {.name = "hinge_embedding_loss",
     .formula = "t > 0: y, else max(margin - y, 0)",
     .gradient = "t > 0: g, else y <= margin: -g; none by t",
     .elsewhere = {"", "F.hinge_embedding_loss", ""},
     .vjp_names = {"hinge_embedding_loss_vjp", ""},
     .inputs = {"y", "t"},
     .traits = {.piecewise = 1, .kink = "derivative -1 at y = margin (t = -1)"},
     .switches = [](std::span<const Variable> in,
                    const Node& node) { return Switches{{where(in[1] > 0, 1, node.a - in[0])}}; },
     .samples = binary_samples(
         [](Variable y, Variable t) { return xgrad::hinge_embedding_loss_elementwise(y, t); })}));

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

Variable squared_hinge_loss_elementwise(Variable y, Variable t)
{
    return Recorder::of(y).record(detail::squared_hinge_loss_op, y, t);
}
Variable hinge_embedding_loss_elementwise(Variable y, Variable t, double margin)
{
    return Recorder::of(y).record(detail::hinge_embedding_loss_op, y, t, margin);
}
Variable soft_margin_loss_elementwise(Variable y, Variable t)
{
    return detail::compose("soft_margin_loss", y, [&] { return logistic_loss_elementwise(y, t); });
}

// -(w t ln s + (1 - t) ln(1 - s)): two terms of one sign, of which neither cancels.
Variable binary_cross_entropy_with_logits_elementwise(Variable z, Variable t, Variable pos_weight)
{
    return detail::compose("binary_cross_entropy_with_logits", z,
                           [&] { return pos_weight * t * softplus(-z) + (1 - t) * softplus(z); });
}

namespace {
const bool described = detail::composed({{.name = "soft_margin_loss",
                                          .formula = "ln(1 + e^(-t y))",
                                          .gradient = "-g t sigmoid(-t y); -g y sigmoid(-t y)",
                                          .elsewhere = {"", "F.soft_margin_loss", ""},
                                          .arity = 2,
                                          .inputs = {"y", "t"},
                                          .traits = {.low = 0},
                                          .samples = detail::binary_samples(&soft_margin_loss_elementwise)}});
}  // namespace

}  // namespace xgrad
