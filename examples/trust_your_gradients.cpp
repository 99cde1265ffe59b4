// The code of docs/tutorials/trust_your_gradients.md: finite differences, their error against the step, kinks (claims 14, 34).
#include <cmath>
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/autodiff/op.hpp>

#include "examples/common/figure.hpp"
#include "examples/common/report.hpp"

using namespace xgrad;

namespace {

double f(double x)
{
    Tape tape;
    return exp(sin(tape.variable(3 * x))).item();
}

// The error of two difference quotients against the step h: a V with its bottom where rounding meets truncation.
void the_v(common::Report& report)
{
    const std::string& out = report.options().out;
    Tape tape;
    const Variable x = tape.variable(0.4, "x");
    const double exact = grad(exp(sin(3 * x)), x).item();
    report.equals(14, "chain_rule_by_hand", exact, 3 * std::cos(3 * 0.4) * std::exp(std::sin(3 * 0.4)),
                  1e-15);

    //! [v]
    common::Table table({"h", "forward", "central"});
    double best_forward = 1, best_central = 1;
    for (double power = 0; power >= -15; power -= 0.05) {
        const double h = std::pow(10.0, power);
        const double forward = std::abs((f(0.4 + h) - f(0.4)) / h - exact);
        const double central = std::abs((f(0.4 + h) - f(0.4 - h)) / (2 * h) - exact);
        best_forward = std::min(best_forward, forward), best_central = std::min(best_central, central);
        table.add({h, forward, central});
    }
    //! [v]
    table.save(out + "/differences.csv");
    common::draw_figure(out, "differences", "differences");
    // Truncation falls with h (forward) and with h^2 (central); slopes between two steps where it dominates.
    const auto error = [&](double h, bool central) {
        const double quotient = central ? (f(0.4 + h) - f(0.4 - h)) / (2 * h) : (f(0.4 + h) - f(0.4)) / h;
        return std::abs(quotient - exact);
    };
    report.equals(14, "order_of_forward_differences", std::log10(error(1e-3, false) / error(1e-4, false)), 1,
                  0.02);
    report.equals(14, "order_of_central_differences", std::log10(error(1e-2, true) / error(1e-3, true)), 2,
                  0.02);
    report.value(14, "least_error_of_forward_differences", best_forward);
    report.value(14, "least_error_of_central_differences", best_central);
    report.at_least(14, "central_differences_are_better_by", best_forward / best_central, 10);
}

// gradcheck on functions whose gradients are easily lost.
void checks(common::Report& report)
{
    const xt::xarray<double> x = {{0.3, -1.2, 2.1}, {0.7, 0.2, -0.4}}, b = {0.5, -0.25, 1.5};
    double worst = 0;
    bool all = true;
    const auto look = [&](const GradcheckReport& found) {
        worst = std::max(worst, found.worst);
        all = all && found.passed;
    };
    //! [gradcheck]
    look(gradcheck([](Variable x) { return x * x + sin(x) * x; }, x));                // fan-out
    look(gradcheck([](Variable x, Variable b) { return tanh(x + b) * b; }, {x, b}));  // broadcasting
    look(gradcheck([](Variable x) { return logsumexp(x, 1); }, x));
    look(gradgradcheck([](Variable x, Variable b) { return softmax(x * b); }, {x, b}));  // second derivatives
    //! [gradcheck]
    report.holds(14, "gradcheck_passes", all);
    report.at_most(14, "gradcheck_worst_error", worst, 1e-7);

    //! [wrong]
    // A gradient with a mistake: detach() hides one of the two places where x is used.
    const GradcheckReport wrong = gradcheck([](Variable x) { return x * sin(detach(x)); }, x);
    std::cout << wrong << "\n";
    //! [wrong]
    report.holds(14, "gradcheck_finds_a_lost_term", !wrong.passed);
}

double slope_at(Variable (*function)(Variable), double at)
{
    Tape tape;
    const Variable x = tape.variable(at);
    return grad(function(x), x).item();
}

// What is taken where there is no derivative.
void kinks(common::Report& report)
{
    //! [kinks]
    Tape tape;
    const Variable zero = tape.variable(0.0, "x");
    const double of_relu = grad(relu(zero), zero).item();             // 0, by agreement
    const double of_maximum = grad(maximum(zero, 0.0), zero).item();  // 1/2: equal arguments share
    //! [kinks]
    report.equals(34, "relu_at_0", of_relu, 0);
    report.equals(34, "maximum_at_a_tie", of_maximum, 0.5);
    report.equals(34, "abs_at_0", slope_at(&xgrad::abs, 0), 0);
    report.equals(34, "clamp_at_its_lower_bound", slope_at([](Variable x) { return clamp(x, -1, 1); }, -1),
                  1);
    report.equals(34, "clamp_at_its_upper_bound", slope_at([](Variable x) { return clamp(x, -1, 1); }, 1), 1);

    // Every op of one input: where its slopes to the left and to the right differ, its row must say which one is taken.
    int kinked = 0, silent = 0;
    for (const Op* op : registry()) {
        const bool called =
            op->traits.elementwise && op->arity == 1 && op->derived_from.empty() && !op->internal;
        if (!called || op->samples.empty() || op->samples[0].inputs[0].dtype) continue;
        bool kink = false;
        for (double at = -7; at <= 7; at += 0.25) {
            const auto side = [&](double h) {
                Tape tape;
                const Variable x = tape.variable(at + h);
                const Variable y = op->samples[0].call(std::span(&x, 1));
                return is_floating(y.dtype()) ? grad(y, x).item() : 0.0;
            };
            const double left = side(-1e-9), right = side(1e-9);
            kink = kink || (std::abs(left) < 1e3 && std::abs(right) < 1e3 && std::abs(left - right) > 1e-3);
        }
        kinked += kink;
        if (kink && op->traits.kink.empty()) {
            ++silent;
            std::cout << "no rule: " << op->name << "\n";
        }
    }
    report.at_least(34, "ops_with_a_kink_found", kinked, 10);
    report.equals(34, "of_them_without_a_rule", silent, 0);
}

}  // namespace

int main(int argc, char** argv)
{
    common::Report report(
        common::options(argc, argv, "trust_your_gradients",
                        "Is my gradient right? Finite differences, and what happens at kinks."));
    the_v(report);
    checks(report);
    kinks(report);
    return report.finish();
}
