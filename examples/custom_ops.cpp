// Ops of one's own, as docs/custom_ops.md shows them: composed, xtensor code with a vjp in Variables, all xtensor code.
#include <iostream>

#include <xtensor/xmath.hpp>

#include <xgrad/autodiff.hpp>

using namespace xgrad;

//! [composed]
const auto swish = composed_op("swish", [](Variable x) { return x * sigmoid(x); });

void composed(Variable x)
{
    const Variable y = sum(swish(x));
    std::cout << y << " " << grad(y, x) << "\n";
}
//! [composed]

//! [custom]
const auto scaled_exp = custom_op(
    "scaled_exp", [](const auto& x, const auto& y) { return xt::exp(x) * y; },
    [](Variable g, Variable out, Variable x, Variable) {
        return std::tuple{g * out, g * exp(x)};
    });

void custom(Variable x, Variable y)
{
    const Variable z = sum(scaled_exp(x, y));
    const Variable dx = grad(z, x);
    std::cout << z << " " << dx << " " << grad(sum(dx), y) << "\n";  // of any order
}
//! [custom]

//! [opaque]
const auto cube = opaque_op(
    "cube", [](const auto& x) { return x * x * x; },
    [](const auto& g, const auto&, const auto& x) { return 3.0 * g * x * x; });

void opaque(Variable x)
{
    const Variable y = sum(cube(x));
    std::cout << y << " " << grad(y, x) << "\n";
}
//! [opaque]

int main()
{
    Tape tape;
    const xt::xarray<double> x0 = {-1.0, 0.5, 2.0}, y0 = {3.0};
    const Variable x = tape.variable(x0, "x"), y = tape.variable(y0, "y");
    composed(x);
    custom(x, y);
    opaque(x);
    //! [once]
    try {
        hvp([](Variable v) { return sum(cube(v)); }, x, x);
    } catch (const GradientError& error) {
        std::cout << error.what() << "\n";
    }
    //! [once]

    //! [check]
    std::cout << gradcheck(swish, x0) << "\n" << gradgradcheck(swish, x0) << "\n";
    std::cout << gradcheck(scaled_exp, {x0, y0}) << "\n" << gradgradcheck(scaled_exp, {x0, y0}) << "\n";
    std::cout << gradcheck(cube, x0) << "\n";
    //! [check]

    //! [wrong]
    const auto wrong = custom_op(
        "cube", [](const auto& v) { return v * v * v; },
        [](Variable g, Variable v) { return 2.0 * g * square(v); });
    const xt::xarray<double> points = {{1.0, 0.5}, {0.0, 2.0}};
    std::cout << gradcheck([&](Variable v) { return sum(wrong(v)); }, points) << "\n";
    //! [wrong]
    return gradcheck(swish, x0) && gradgradcheck(swish, x0) && gradcheck(scaled_exp, {x0, y0}) &&
                   gradgradcheck(scaled_exp, {x0, y0}) && gradcheck(cube, x0)
               ? 0
               : 1;
}
