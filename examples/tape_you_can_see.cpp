// The code of docs/tutorials/tape_you_can_see.md: what a derivative is for, on a tape that one can look at (claim 14).
#include <cmath>
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>

#include "examples/common/report.hpp"

using namespace xgrad;

namespace {

// The example of Baydin et al. 2018, table 2: values and derivatives are in the paper.
void expression(common::Report& report)
{
    const std::string& out = report.options().out;
    //! [expression]
    Tape tape;
    const Variable x1 = tape.variable(2.0, "x1"), x2 = tape.variable(5.0, "x2");
    const Variable u = log(x1), v = x1 * x2, w = sin(x2);
    const Variable y = (u + v - w).named("y");
    //! [expression]
    //! [gradient]
    const Gradients g = grad(y, {x1, x2});
    std::cout << "y = " << y.item() << ", dy/dx1 = " << g[x1].item() << ", dy/dx2 = " << g[x2].item() << "\n";
    //! [gradient]
    report.equals(14, "baydin_value", y.item(), std::log(2.0) + 10 - std::sin(5.0), 1e-15);
    report.equals(14, "baydin_value_in_print", y.item(), 11.652, 5e-4);
    report.equals(14, "baydin_derivative_by_x1", g[x1].item(), 5.5, 1e-15);
    report.equals(14, "baydin_derivative_by_x2", g[x2].item(), 1.716, 5e-4);
    report.equals(14, "baydin_derivative_by_x2_exact", g[x2].item(), 2 - std::cos(5.0), 1e-15);

    //! [picture]
    const Picture picture = draw(y, {.values = true,
                                     .title = "Value and gradient in each node",
                                     .caption = "y = ln x1 + x1 x2 − sin x2 at (2, 5)"});
    picture.save(out + "/expression.svg");
    //! [picture]
    picture.save(out + "/expression.dot");
    for (const char* number : {"11.65", "5.5", "1.716"})  // they can be read in the picture
        report.holds(14,
                     "picture_says_" + std::string(number == std::string("11.65") ? "value"
                                                   : number == std::string("5.5") ? "derivative_by_x1"
                                                                                  : "derivative_by_x2"),
                     picture.dot().find(number) != std::string::npos);
}

// A neuron with a sigmoid: the delta rule is what the tape does.
void neuron(common::Report& report)
{
    const std::string& out = report.options().out;
    //! [neuron]
    Tape tape;
    const Variable x = tape.variable(1.5, "x"), w = tape.variable(0.8, "w");
    const Variable z = (w * x).named("z");
    const Variable p = sigmoid(z).named("p");
    const Variable error = square(p - 1.0).named("E");  // the target is 1
    const Gradients g = grad(error, {w, z, p});
    // The error delta = 2 (p - t), times the slope of the sigmoid, times what came in.
    const double delta = g[p].item(), slope = p.item() * (1 - p.item());
    std::cout << "dE/dw = " << g[w].item() << " = " << delta << " * " << slope << " * " << x.item() << "\n";
    //! [neuron]
    report.equals(14, "delta_is_the_error", delta, 2 * (p.item() - 1), 0);
    report.equals(14, "delta_rule_at_z", g[z].item(), delta * slope, 1e-16);
    report.equals(14, "delta_rule_at_w", g[w].item(), delta * slope * 1.5, 1e-16);
    const double s = 1 / (1 + std::exp(-0.8 * 1.5));  // by hand
    report.equals(14, "delta_rule_by_hand", g[w].item(), 2 * (s - 1) * s * (1 - s) * 1.5, 1e-15);
    draw(error, {.values = true, .title = "The delta rule: 2 (p − t) · σ'(z) · x, read from right to left"})
        .save(out + "/neuron.svg");
}

// Two ways for a gradient to get lost: a value that is used twice, and one that was repeated by broadcasting.
void fan_out(common::Report& report)
{
    Tape tape;
    //! [fanout]
    const Variable x = tape.variable(3.0, "x");
    const Variable y = x * x + 2.0 * x;  // x is used three times: the contributions add up
    const Variable rows = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}, {5., 6.}}, "rows");
    const Variable bias = tape.variable(xt::xarray<double>{10., 20.}, "bias");
    const Variable total = sum(square(rows + bias));  // each bias is added to three rows: the sum of three
    const double by_x = grad(y, x).item();
    const Variable by_bias = grad(total, bias);
    std::cout << "d(x x + 2 x)/dx at 3 = " << by_x << "; d total / d bias = " << by_bias << "\n";
    //! [fanout]
    report.equals(14, "fan_out_adds_up", by_x, 8);
    report.equals(14, "broadcast_adds_up_first", by_bias.value<double>()(0), 2 * (11 + 13 + 15));
    report.equals(14, "broadcast_adds_up_second", by_bias.value<double>()(1), 2 * (22 + 24 + 26));
}

}  // namespace

int main(int argc, char** argv)
{
    common::Report report(common::options(argc, argv, "tape_you_can_see",
                                          "What a derivative is for, on a tape that one can look at."));
    expression(report);
    neuron(report);
    fan_out(report);
    return report.finish();
}
