// Elementwise losses of numbers: squares, absolute values, what lies between them, and likelihoods of distributions.
#include <cmath>
#include <numbers>
#include <string>

#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/elementwise.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {
void need_positive(Variable like, const char* loss, const char* what, double value, bool zero = false)
{
    if ((zero && value == 0) || (value > 0 && std::isfinite(value))) return;
    fail<ValueError>(like, std::string(loss) + ": " + what + " is " + number_text(value) +
                               ", expected a finite number " + (zero ? "that is not negative" : "above 0"));
}
}  // namespace

// In derivatives d / a is what remains for NaN. By t they are those by y with the sign turned.
const Op& smooth_l1_loss_op = row(binary<1>(
    [](auto y, auto t, auto beta) {
        const auto d = abs(y - t);
        return where(d < beta, d * d / (2 * beta), d - beta / 2);
    },
    [](auto g, auto y, auto t, auto, auto beta) {
        const auto d = y - t;
        return g * where(d <= -beta, -1, where(d >= beta, 1, d / beta));
    },
    [](auto g, auto y, auto t, auto, auto beta) {
        const auto d = t - y;
        return g * where(d <= -beta, -1, where(d >= beta, 1, d / beta));
    },
    {.name = "smooth_l1_loss",
     .formula = "|y - t| < beta: (y - t)^2 / (2 beta), else |y - t| - beta / 2",
     .gradient = "g clamp((y - t) / beta, -1, 1); by t -(that)",
     .elsewhere = {"", "F.smooth_l1_loss", ""},
     .vjp_names = {"smooth_l1_loss_vjp", "smooth_l1_loss_vjp_t"},
     .inputs = {"y", "t"},
     .traits = {.kink = "second derivative 0 at |y - t| = beta; beta = 0: derivative 0 at y = t", .low = 0},
     .samples =
         binary_samples([](Variable y, Variable t) { return smooth_l1_loss_elementwise(y, t, 0.7); })}));

const Op& huber_loss_op = row(binary<1>(
    [](auto y, auto t, auto delta) {
        const auto d = abs(y - t);
        return where(d < delta, d * d / 2, delta * (d - delta / 2));
    },
    [](auto g, auto y, auto t, auto, auto delta) {
        const auto d = y - t;
        return g * where(d <= -delta, -delta, where(d >= delta, delta, d));
    },
    [](auto g, auto y, auto t, auto, auto delta) {
        const auto d = t - y;
        return g * where(d <= -delta, -delta, where(d >= delta, delta, d));
    },
    {.name = "huber_loss",
     .formula = "|y - t| < delta: (y - t)^2 / 2, else delta (|y - t| - delta / 2)",
     .gradient = "g clamp(y - t, -delta, delta); by t -(that)",
     .elsewhere = {"", "F.huber_loss", "optax.huber_loss"},
     .vjp_names = {"huber_loss_vjp", "huber_loss_vjp_t"},
     .inputs = {"y", "t"},
     .traits = {.kink = "second derivative 0 at |y - t| = delta", .low = 0},
     .samples = binary_samples([](Variable y, Variable t) { return huber_loss_elementwise(y, t, 0.7); })}));

// t ln t is 0 at t = 0, NaN below; t = 0 beside y = -inf is NaN, as in PyTorch.
const Op& kl_div_op = row(binary(
    [](auto y, auto t) {
        const auto l = log(t);
        return where(t > 0, t * (l - y), where(t < 0, l, -(t * y)));
    },
    [](auto g, auto, auto t, auto) { return -(g * t); },
    [](auto g, auto y, auto t, auto) { return g * (log(t) + 1 - y); },
    {.name = "kl_div",
     .formula = "t (ln t - y)",
     .gradient = "-g t; g (ln t + 1 - y)",
     .elsewhere = {"", "F.kl_div", "optax.kl_divergence"},
     .vjp_names = {"kl_div_vjp", "kl_div_vjp_t"},
     .inputs = {"y", "t"},
     .traits = {.position_free = false},
     .samples =
         binary_samples([](Variable y, Variable t) { return kl_div_elementwise(y, t); }, -3, 0, 0.1, 1)}));

const Op& kl_div_log_op = row(binary(
    [](auto y, auto t) { return exp(t) * (t - y); }, [](auto g, auto, auto t, auto) { return -(g * exp(t)); },
    [](auto g, auto y, auto t, auto) { return g * (exp(t) * (t - y + 1)); },
    {.name = "kl_div_log_target",
     .formula = "e^t (t - y)",
     .gradient = "-g e^t; g e^t (t - y + 1)",
     .elsewhere = {"", "F.kl_div(log_target=True)", "optax.kl_divergence_with_log_targets"},
     .vjp_names = {"kl_div_log_target_vjp", "kl_div_log_target_vjp_t"},
     .internal = true,
     .inputs = {"y", "t"},
     .traits = {.position_free = false},
     .samples = binary_samples([](Variable y, Variable t) { return kl_div_elementwise(y, t, true); }, -3, 0,
                               -3, 0)}));

const Op& poisson_nll_loss_op = row(binary(
    [](auto y, auto t) {
        // Where the exponential has overflown it is what counts: not infinity minus infinity.
        const auto e = exp(y);
        return where(y > 720, e + 0 * t, e - t * y);
    },
    [](auto g, auto y, auto t, auto) { return g * (exp(y) - t); },
    [](auto g, auto y, auto, auto) { return -(g * y); },
    {.name = "poisson_nll_loss",
     .formula = "e^y - t y",
     .gradient = "g (e^y - t); -g y",
     .elsewhere = {"", "F.poisson_nll_loss", "optax.poisson_nll_loss"},
     .vjp_names = {"poisson_nll_loss_vjp", "poisson_nll_loss_vjp_t"},
     .inputs = {"y", "t"},
     .traits = {.position_free = false},
     .samples = binary_samples([](Variable y, Variable t) { return poisson_nll_loss_elementwise(y, t); }, -2,
                               2, 0, 3)}));

const Op& poisson_nll_rate_op = row(binary<1>(
    [](auto y, auto t, auto eps) { return y - t * log(y + eps); },
    [](auto g, auto y, auto t, auto, auto eps) { return g * (1 - t / (y + eps)); },
    [](auto g, auto y, auto, auto, auto eps) { return -(g * log(y + eps)); },
    {.name = "poisson_nll_loss_rate",
     .formula = "y - t ln(y + eps)",
     .gradient = "g (1 - t / (y + eps)); -g ln(y + eps)",
     .elsewhere = {"", "F.poisson_nll_loss(log_input=False)", ""},
     .vjp_names = {"poisson_nll_loss_rate_vjp", "poisson_nll_loss_rate_vjp_t"},
     .internal = true,
     .inputs = {"y", "t"},
     .traits = {.position_free = false},
     .samples = binary_samples(
         [](Variable y, Variable t) { return poisson_nll_loss_elementwise(y, t, {.log_input = false}); }, 0.1,
         3, 0, 3)}));

void regression_loss_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::compose, detail::need_positive, detail::Recorder;

Variable mse_loss_elementwise(Variable y, Variable t)
{
    return compose("mse_loss", y, [&] { return square(y - t); });
}
Variable l1_loss_elementwise(Variable y, Variable t)
{
    return compose("l1_loss", y, [&] { return abs(y - t); });
}
Variable smooth_l1_loss_elementwise(Variable y, Variable t, double beta)
{
    need_positive(y, "smooth_l1_loss", "beta", beta, true);
    if (beta == 0) return compose("smooth_l1_loss", y, [&] { return abs(y - t); });
    return Recorder::of(y).record(detail::smooth_l1_loss_op, y, t, beta);
}
Variable huber_loss_elementwise(Variable y, Variable t, double delta)
{
    need_positive(y, "huber_loss", "delta", delta);
    return Recorder::of(y).record(detail::huber_loss_op, y, t, delta);
}
Variable kl_div_elementwise(Variable y, Variable t, bool log_target)
{
    return Recorder::of(y).record(log_target ? detail::kl_div_log_op : detail::kl_div_op, y, t);
}

namespace {
// ln t! for t > 1, roughly; where it is not taken, of 1.
Variable stirling(Variable t)
{
    const Variable some = t > 1, count = where(some, t, 1);
    return where(some, count * log(count) - count + 0.5 * log(2 * std::numbers::pi * count), 0);
}
}  // namespace

Variable poisson_nll_loss_elementwise(Variable y, Variable t, const PoissonOptions& options)
{
    need_positive(y, "poisson_nll_loss", "eps", options.eps, true);
    return compose("poisson_nll_loss", y, [&] {
        Recorder& recorder = Recorder::of(y);
        const Variable losses = options.log_input
                                    ? recorder.record(detail::poisson_nll_loss_op, y, t)
                                    : recorder.record(detail::poisson_nll_rate_op, y, t, options.eps);
        return options.full ? losses + stirling(t) : losses;
    });
}

Variable gaussian_nll_loss_elementwise(Variable y, Variable t, Variable var, const GaussianOptions& options)
{
    need_positive(y, "gaussian_nll_loss", "eps", options.eps);
    return compose("gaussian_nll_loss", y, [&] {
        // Raised to eps by a difference that is constant to the gradient.
        const Variable v = var + detach(where(var < options.eps, options.eps - var, 0));
        const Variable losses = 0.5 * (log(v) + square(y - t) / v);
        return options.full ? losses + 0.5 * std::log(2 * std::numbers::pi) : losses;
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = detail::composed(
    {{.name = "mse_loss",
      .formula = "(y - t)^2",
      .gradient = "2 g (y - t); -2 g (y - t)",
      .elsewhere = {"", "F.mse_loss", "optax.squared_error"},
      .arity = 2,
      .inputs = {"y", "t"},
      .traits = {.low = 0},
      .samples = detail::binary_samples(&mse_loss_elementwise)},
     {.name = "l1_loss",
      .formula = "|y - t|",
      .gradient = "g sign(y - t); -g sign(y - t)",
      .elsewhere = {"", "F.l1_loss", ""},
      .arity = 2,
      .inputs = {"y", "t"},
      .traits = {.kink = "derivative 0 at y = t", .low = 0},
      .samples = detail::binary_samples(&l1_loss_elementwise)},
     {.name = "gaussian_nll_loss",
      .formula = "(ln v + (y - t)^2 / v) / 2, v = max(var, eps)",
      .gradient = "g (y - t) / v; -g (y - t) / v; g (1 - (y - t)^2 / v) / (2 v)",
      .elsewhere = {"", "F.gaussian_nll_loss", ""},
      .arity = 3,
      .inputs = {"y", "t", "var"},
      .traits = {.kink = "the derivative by var is that by v, also where var < eps"},
      .samples = {
          {{{{2, 3}}, {{2, 3}}, {{2, 3}, 0.5, 2}},
           [](Inputs in) { return gaussian_nll_loss_elementwise(in[0], in[1], in[2]); }},
          {{{{2, 3}}, {{2, 3}}, {{2, 1}, 0.5, 2}},
           [](Inputs in) { return gaussian_nll_loss_elementwise(in[0], in[1], in[2], {.full = true}); }},
          {{{{}}, {{}}, {{}, 0.5, 2}},
           [](Inputs in) { return gaussian_nll_loss_elementwise(in[0], in[1], in[2]); }},
          {{{{0, 2}}, {{0, 2}}, {{0, 2}, 0.5, 2}},
           [](Inputs in) { return gaussian_nll_loss_elementwise(in[0], in[1], in[2]); }}}}});
}  // namespace

}  // namespace xgrad
