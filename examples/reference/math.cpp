// Elementwise functions of one variable: exponentials, logarithms, powers, angles.
#include <cmath>

#include "shown.hpp"
using namespace xgrad;

namespace {

void exponentials(Tape& tape)
{
    {
        //! [neg]
        const Variable x = tape.variable(xt::xarray<double>{1., -2.});
        show(neg(x));  // [-1, 2]
        show(-x);      // [-1, 2]
        //! [neg]
    }
    {
        //! [exp]
        const Variable x = tape.variable(xt::xarray<double>{0., 1.});
        show(exp(x));                // [1, 2.718]
        show(grad(sum(exp(x)), x));  // [1, 2.718]  (its own derivative)
        //! [exp]
    }
    {
        //! [log]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 4.});
        show(log(x));                // [0, 0.6931, 1.386]
        show(grad(sum(log(x)), x));  // [1, 0.5, 0.25]
        //! [log]
    }
    {
        //! [log1p]
        const Variable x = tape.variable(1e-18);
        show(log1p(x) * 1e18);  // 1  (log(1 + x) would be 0: 1 + 1e-18 is 1 in double)
        show(log(1 + x));       // 0
        //! [log1p]
    }
    {
        //! [expm1]
        const Variable x = tape.variable(1e-18);
        show(expm1(x) * 1e18);  // 1  (exp(x) - 1 would be 0)
        show(exp(x) - 1);       // 0
        //! [expm1]
    }
    {
        //! [sqrt]
        const Variable x = tape.variable(xt::xarray<double>{0., 4., 9.});
        show(sqrt(x));                // [0, 2, 3]
        show(grad(sum(sqrt(x)), x));  // [inf, 0.25, 0.1667]  (1 / (2 sqrt x))
        //! [sqrt]
    }
    {
        //! [square]
        const Variable x = tape.variable(xt::xarray<double>{-3., 2.});
        show(square(x));                // [9, 4]
        show(grad(sum(square(x)), x));  // [-6, 4]
        //! [square]
    }
    {
        //! [abs]
        const Variable x = tape.variable(xt::xarray<double>{-2., 0., 3.});
        show(abs(x));                // [2, 0, 3]
        show(grad(sum(abs(x)), x));  // [-1, 0, 1]  (0 at the kink)
        //! [abs]
    }
    {
        //! [sign]
        const Variable x = tape.variable(xt::xarray<double>{-2., 0., 3.});
        show(sign(x));                // [-1, 0, 1]
        show(grad(sum(sign(x)), x));  // [0, 0, 0]
        //! [sign]
    }
    {
        //! [reciprocal]
        const Variable x = tape.variable(xt::xarray<double>{2., 4.});
        show(reciprocal(x));                // [0.5, 0.25]
        show(grad(sum(reciprocal(x)), x));  // [-0.25, -0.0625]  (-1 / x^2)
        //! [reciprocal]
    }
    {
        //! [rsqrt]
        const Variable x = tape.variable(xt::xarray<double>{4., 16.});
        show(rsqrt(x));  // [0.5, 0.25]
        //! [rsqrt]
    }
    {
        //! [cbrt]
        const Variable x = tape.variable(xt::xarray<double>{-8., 27.});
        show(cbrt(x));                // [-2, 3]
        show(grad(sum(cbrt(x)), x));  // [0.08333, 0.03704]  (1 / (3 y^2): 1/12 and 1/27)
        //! [cbrt]
    }
    {
        //! [exp2]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0., 10.});
        show(exp2(x));  // [0.5, 1, 1024]
        //! [exp2]
    }
    {
        //! [log2]
        const Variable x = tape.variable(xt::xarray<double>{0.5, 1., 1024.});
        show(log2(x));  // [-1, 0, 10]
        //! [log2]
    }
    {
        //! [log10]
        const Variable x = tape.variable(xt::xarray<double>{0.01, 1., 1000.});
        show(log10(x));  // [-2, 0, 3]
        //! [log10]
    }
}

void trigonometric(Tape& tape)
{
    {
        //! [sin]
        const Variable x = tape.variable(xt::xarray<double>{0., M_PI / 2, M_PI});
        show(sin(x));                // [0, 1, 0]
        show(grad(sum(sin(x)), x));  // [1, 0, -1]  (cos x)
        //! [sin]
    }
    {
        //! [cos]
        const Variable x = tape.variable(xt::xarray<double>{0., M_PI / 2, M_PI});
        show(cos(x));                // [1, 0, -1]
        show(grad(sum(cos(x)), x));  // [0, -1, 0]  (-sin x)
        //! [cos]
    }
    {
        //! [tan]
        const Variable x = tape.variable(xt::xarray<double>{0., M_PI / 4});
        show(tan(x));                // [0, 1]
        show(grad(sum(tan(x)), x));  // [1, 2]  (1 + tan^2 x)
        //! [tan]
    }
    {
        //! [asin]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0., 1., 2.});
        show(asin(x));  // [-1.571, 0, 1.571, nan]  (pi / 2 at 1, nothing beyond)
        //! [asin]
    }
    {
        //! [acos]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0., 1.});
        show(acos(x));  // [3.142, 1.571, 0]
        //! [acos]
    }
    {
        //! [atan]
        const Variable x = tape.variable(xt::xarray<double>{0., 1.});
        show(atan(x));                // [0, 0.7854]  (pi / 4)
        show(grad(sum(atan(x)), x));  // [1, 0.5]  (1 / (1 + x^2))
        //! [atan]
    }
    {
        //! [sinh]
        const Variable x = tape.variable(std::log(2.));
        show(sinh(x));           // 0.75  ((2 - 1/2) / 2)
        show(grad(sinh(x), x));  // 1.25  (cosh x)
        //! [sinh]
    }
    {
        //! [cosh]
        const Variable x = tape.variable(std::log(2.));
        show(cosh(x));  // 1.25  ((2 + 1/2) / 2)
        //! [cosh]
    }
    {
        //! [tanh]
        const Variable x = tape.variable(xt::xarray<double>{0., 1.});
        show(tanh(x));                // [0, 0.7616]
        show(grad(sum(tanh(x)), x));  // [1, 0.42]  (1 - tanh^2 x)
        //! [tanh]
    }
    {
        //! [asinh]
        const Variable x = tape.variable(0.75);
        show(asinh(x));  // 0.6931  (ln 2)
        //! [asinh]
    }
    {
        //! [acosh]
        const Variable x = tape.variable(xt::xarray<double>{1., 1.25, 0.5});
        show(acosh(x));  // [0, 0.6931, nan]  (ln 2 in the middle; nothing below 1)
        //! [acosh]
    }
    {
        //! [atanh]
        const Variable x = tape.variable(xt::xarray<double>{0., 0.6, 1.});
        show(atanh(x));  // [0, 0.6931, inf]  (tanh(ln 2) = 0.6)
        //! [atanh]
    }
}

const shown::Page page("Elementwise functions", {exponentials, trigonometric});

}  // namespace
