// The losses as functions of one number.
#include "losses.hpp"

#include <cmath>
#include <cstring>
#include <iostream>
#include <limits>
#include <random>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/figure.hpp"

using namespace xgrad;

namespace relu_neuron {

void hinge_is_a_relu(common::Report& report)
{
    std::mt19937 engine(1);
    std::uniform_real_distribution<double> uniform(-4, 4);
    xt::xarray<double> outputs = xt::zeros<double>({10000}), labels = xt::zeros<double>({10000});
    for (std::size_t i = 0; i < 10000; ++i) {
        outputs(i) = i < 10 ? (i % 2 ? -1.0 : 1.0) : uniform(engine);  // the first lie on the kink
        labels(i) = i % 2 ? -1 : 1;
    }
    //! [same]
    Tape tape;
    const Variable y = tape.variable(outputs), t = tape.constant(labels);
    const Variable hinge = nn::hinge_loss(y, t, nn::Reduction::none);
    const Variable shifted = relu(1.0 - t * y);  // a ReLU, but of 1 - t y, not of y
    const Variable slope = grad(sum(hinge), y), slope_of_relu = grad(sum(shifted), y);
    //! [same]
    int values = 0, slopes = 0;
    for (std::size_t i = 0; i < 10000; ++i) {
        const double a = hinge.value<double>()(i), b = shifted.value<double>()(i);
        values += std::memcmp(&a, &b, sizeof a) != 0;
        slopes += slope.value<double>()(i) != slope_of_relu.value<double>()(i);
    }
    report.equals(3, "of_10000_values_not_the_same_bits", values, 0);
    report.equals(3, "of_10000_slopes_not_equal", slopes, 0);
    report.equals(3, "slope_at_the_kink", slope.value<double>()(0), 0);

    const auto loss_at = [&](double z) {
        return nn::hinge_loss(tape.constant(xt::xarray<double>{z}), xt::xarray<double>{1.}).item();
    };
    report.equals(4, "hinge_at_minus_2", loss_at(-2), 3);
    report.equals(4, "hinge_at_0", loss_at(0), 1);
    report.equals(4, "hinge_at_1", loss_at(1), 0);
    const Variable two = tape.constant(xt::xarray<double>{-1., 3.});
    const xt::xarray<double> up = {1., 1.};
    report.equals(4, "mean_of_two", nn::hinge_loss(two, up).item(), 1);
    report.equals(4, "sum_of_two", nn::hinge_loss(two, up, nn::Reduction::sum).item(), 2);
    //! [labels]
    bool refused = false;
    try {
        nn::hinge_loss(y, cast(t > 0.0, DType::float64));  // labels 0 and 1
    } catch (const ValueError& error) {
        refused = true;
        std::printf("%s\n", error.what());
    }
    //! [labels]
    report.holds(4, "labels_0_and_1_are_refused", refused);
}

void the_stable_loss(common::Report& report)
{
    const auto look = [&](auto zero, const std::string& type) {
        using T = decltype(zero);
        Tape tape;
        const Variable z = tape.variable(xt::xarray<T>{T(-800), T(800), T(0)});
        const Variable loss = nn::logistic_loss(z, xt::xarray<T>{T(1), T(1), T(1)}, nn::Reduction::none);
        const auto value = loss.template value<T>();
        report.equals(6, "loss_at_minus_800_" + type, value(0), 800);
        report.equals(6, "loss_at_plus_800_" + type, value(1), 0);
        report.equals(6, "loss_at_0_" + type, value(2), std::log(2.0), type == "float32" ? 3e-8 : 1e-16);
        const Variable g = grad(sum(loss), z);
        const auto slope = g.template value<T>();
        report.equals(6, "slope_at_minus_800_" + type, slope(0), -1);
        report.equals(6, "slope_at_plus_800_" + type, slope(1), 0);
        const Variable naive = log(1.0 + exp(-z));
        report.holds(6, "naive_form_overflows_" + type, std::isinf(naive.template value<T>()(0)));
    };
    look(0.0, "float64");
    look(0.0f, "float32");
}

void the_sigmoid_moves(common::Report& report)
{
    const std::string& out = report.options().out;
    //! [rewrite]
    const xt::xarray<double> z0 = {-3., -0.5, 0., 1., 2.5, 30.}, y0 = {0., 1., 1., 0., 1., 0.};
    Tape tape;
    const Variable z = tape.variable(z0, "z"), label = tape.variable(y0, "label");  // labels 0 and 1
    const Variable p = sigmoid(z);
    const Variable loss = -mean(label * log(p) + (1.0 - label) * log(1.0 - p));
    const Graph naive = tape.graph({loss.named("loss")});
    const auto [fused, steps] = simplify(naive);
    std::cout << steps;
    //! [rewrite]
    draw(naive, {.title = "Before: the sigmoid, then the cross-entropy"}).save(out + "/before.svg");
    draw(fused, {.title = "After: the logistic loss of the output itself"}).save(out + "/after.svg");
    report.holds(7, "the_sigmoid_is_gone", fused.text().find("= sigmoid") == std::string::npos);
    report.value(7, "nodes_before", static_cast<double>(steps.nodes_before));
    report.value(7, "nodes_after", static_cast<double>(steps.nodes_after));

    // Against the naive form where that is good, element by element, and against theory where it is not.
    double value = 0, slope = 0;
    for (double at = -30; at <= 30; at += 0.25)
        for (const double label : {0.0, 1.0}) {
            Tape one;
            const Variable zi = one.variable(xt::xarray<double>{at}),
                           yi = one.constant(xt::xarray<double>{label});
            const Variable pi = sigmoid(zi);
            const double by_hand = (-(yi * xgrad::log(pi) + (1.0 - yi) * xgrad::log(1.0 - pi))).item();
            const Variable stable = nn::binary_cross_entropy_with_logits(zi, yi);
            const double eps = std::numeric_limits<double>::epsilon();
            value = std::max(value, std::abs(stable.item() - by_hand) / (4 * eps * std::exp(std::abs(at))));
            const double sigma = 1 / (1 + std::exp(-at));
            slope = std::max(slope, std::abs(grad(stable, zi).item() - (sigma - label)));
        }
    report.at_most(7, "value_over_4_eps_exp_z", value, 1);
    report.at_most(7, "gradient_is_sigma_minus_y", slope, 1e-15);

    // The rewritten graph at the ends, and the labels 0, 1 against -1, +1.
    Tape far;
    const Variable zf = far.variable(xt::xarray<double>{-800., 800., -800., 800., 0., 0.});
    const Variable yf = far.constant(xt::xarray<double>{1., 0., 0., 1., 0., 1.});
    const Variable far_loss = fused(std::vector{zf, yf})[0];
    report.equals(7, "fused_form_at_800", far_loss.item(), (1600 + 2 * std::log(2.0)) / 6, 1e-13);
    report.holds(7, "naive_form_at_800_is_not_finite", !std::isfinite(naive(std::vector{zf, yf})[0].item()));
    const Variable signs = 2.0 * yf - 1.0;
    report.equals(7, "labels_minus_1_and_1_give_the_same", nn::logistic_loss(zf, signs).item(),
                  far_loss.item(), 1e-13);
}

void the_smooth_hinge(common::Report& report)
{
    const std::string& out = report.options().out;
    const std::vector<double> betas = {1, 2, 4, 8, 16};
    //! [smooth]
    Tape tape;
    const Variable z = linspace(tape.constant(0.0), -1, 3, 4001);  // z = t y; 1 is one of them
    const Variable hinge = relu(1.0 - z);
    std::vector<Variable> smooth;
    for (const double beta : betas) smooth.push_back(softplus(beta * (1.0 - z)) * (1 / beta));
    //! [smooth]
    common::Table table({"z", "hinge", "beta_1", "beta_2", "beta_4", "beta_8", "beta_16"});
    for (std::size_t i = 0; i < 4001; i += 20) {
        std::vector<double> row = {z.value<double>()(i), hinge.value<double>()(i)};
        for (const Variable& curve : smooth) row.push_back(curve.value<double>()(i));
        table.add(row);
    }
    table.save(out + "/smooth_hinge.csv");
    common::draw_figure(out, "smooth_hinge", "smooth_hinge");
    for (std::size_t k = 0; k < betas.size(); ++k) {
        const Variable gap = smooth[k] - hinge;
        const std::string beta = std::to_string(static_cast<int>(betas[k]));
        report.equals(8, "largest_gap_times_beta_" + beta, max(gap).item() * betas[k], std::log(2.0), 1e-14);
        report.equals(8, "which_is_at_z_for_beta_" + beta,
                      z.value<double>()(static_cast<std::size_t>(argmax(gap).item())), 1, 1e-12);
        report.at_least(8, "least_gap_for_beta_" + beta, min(gap).item(), 0);
    }
}

void side_by_side(common::Report& report)
{
    const std::string& out = report.options().out;
    constexpr std::size_t points = 241;
    //! [losses]
    Tape tape;
    const Variable z = linspace(tape.constant(0.0), -2, 2, points);  // z = t y with t = 1
    const Variable t = ones_like(z);
    const Variable hinge = nn::hinge_loss(z, t, nn::Reduction::none);
    const Variable logistic = nn::logistic_loss(z, t, nn::Reduction::none) / std::log(2.0);
    const Variable squared = nn::mse_loss(z, t, nn::Reduction::none);
    const Variable wrong = cast(z < 0.0, DType::float64);
    //! [losses]
    common::Table table({"z", "wrong", "hinge", "logistic_over_ln2", "squared"});
    for (std::size_t i = 0; i < points; ++i)
        table.add({z.value<double>()(i), wrong.value<double>()(i), hinge.value<double>()(i),
                   logistic.value<double>()(i), squared.value<double>()(i)});
    table.save(out + "/losses.csv");
    common::draw_figure(out, "losses", "losses");
    report.equals(9, "hinge_at_0", hinge.value<double>()(120), 1);
    report.equals(9, "logistic_over_ln2_at_0", logistic.value<double>()(120), 1, 1e-15);
    report.equals(9, "squared_at_0", squared.value<double>()(120), 1);

    // Where hinge and scaled logistic loss meet again, by Newton's method with derivatives from the tape.
    double at = -2;
    for (int k = 0; k < 20; ++k) {
        Tape one;
        const Variable x = one.variable(xt::xarray<double>{at});
        const xt::xarray<double> up = {1.};
        const Variable apart = nn::hinge_loss(x, up) - nn::logistic_loss(x, up) / std::log(2.0);
        at -= apart.item() / grad(apart, x).item();
    }
    report.equals(9, "hinge_and_logistic_meet_again_at", at, -1.72411, 5e-6);
}

}  // namespace relu_neuron
