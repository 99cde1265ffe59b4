// Elementwise functions that an activation or a statistic is made of; rounding; what limits, replaces and converts.
#include <cmath>
#include <limits>

#include "shown.hpp"
using namespace xgrad;

namespace {

void special(Tape& tape)
{
    {
        //! [sigmoid]
        const Variable x = tape.variable(xt::xarray<double>{-1000., 0., 1000.});
        show(sigmoid(x));                // [0, 0.5, 1]
        show(grad(sum(sigmoid(x)), x));  // [0, 0.25, 0]  (s (1 - s))
        //! [sigmoid]
    }
    {
        //! [softplus]
        const Variable x = tape.variable(xt::xarray<double>{0., 1000.});
        show(softplus(x));                // [0.6931, 1000]  (ln 2 at 0; nothing overflows)
        show(grad(sum(softplus(x)), x));  // [0.5, 1]  (sigmoid x)
        //! [softplus]
    }
    {
        //! [relu]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0., 2.});
        show(relu(x));                // [0, 0, 2]
        show(grad(sum(relu(x)), x));  // [0, 0, 1]  (0 at the kink)
        //! [relu]
    }
    {
        //! [gelu, Approximate]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0., 1.});
        show(gelu(x));                     // [-0.1587, 0, 0.8413]  (x times the normal law's share below x)
        show(gelu(x, Approximate::tanh));  // [-0.1588, 0, 0.8412]
        //! [gelu, Approximate]
    }
    {
        //! [erf]
        const Variable x = tape.variable(xt::xarray<double>{0., 1., 10.});
        show(erf(x));                // [0, 0.8427, 1]
        show(grad(sum(erf(x)), x));  // [1.128, 0.4151, 0]  (2 / sqrt(pi) e^(-x^2))
        //! [erf]
    }
    {
        //! [erfc]
        const Variable x = tape.variable(xt::xarray<double>{0., 10.});
        show(erfc(x) * 1e45);  // [1e+45, 2.088]  (1 - erf(10) would be 0)
        //! [erfc]
    }
    {
        //! [lgamma]
        const Variable x = tape.variable(xt::xarray<double>{1., 5.});
        show(lgamma(x));  // [0, 3.178]  (ln of 0! = 1 and 4! = 24)
        //! [lgamma]
    }
    {
        //! [digamma]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(digamma(x));               // [-0.5772, 0.4228]  (minus Euler's constant; 1 more)
        show(grad(sum(lgamma(x)), x));  // [-0.5772, 0.4228]
        //! [digamma]
    }
    {
        //! [polygamma]
        const Variable x = tape.variable(1.);
        show(polygamma(1, x));  // 1.645  (pi^2 / 6)
        show(polygamma(0, x));  // -0.5772  (digamma)
        //! [polygamma]
    }
}

void rounding(Tape& tape)
{
    {
        //! [floor]
        const Variable x = tape.variable(xt::xarray<double>{-1.5, 1.5});
        show(floor(x));                // [-2, 1]
        show(grad(sum(floor(x)), x));  // [0, 0]
        //! [floor]
    }
    {
        //! [ceil]
        const Variable x = tape.variable(xt::xarray<double>{-1.5, 1.5});
        show(ceil(x));  // [-1, 2]
        //! [ceil]
    }
    {
        //! [trunc]
        const Variable x = tape.variable(xt::xarray<double>{-1.5, 1.5});
        show(trunc(x));  // [-1, 1]
        //! [trunc]
    }
    {
        //! [round]
        const Variable x = tape.variable(xt::xarray<double>{0.5, 1.5, 2.5, 2.6});
        show(round(x));  // [0, 2, 2, 3]  (halves go to the even number, as in NumPy)
        //! [round]
    }
}

void limits(Tape& tape)
{
    {
        //! [clamp]
        const Variable x = tape.variable(xt::xarray<double>{-2., -1., 0.5, 3.});
        show(clamp(x, -1, 1));                // [-1, -1, 0.5, 1]
        show(grad(sum(clamp(x, -1, 1)), x));  // [0, 1, 1, 0]  (1 at the bounds)
        //! [clamp]
    }
    {
        //! [clip]
        const Variable x = tape.variable(xt::xarray<double>{-2., 0.5, 3.});
        show(clip(x, 0, 1));  // [0, 0.5, 1]  (clamp under NumPy's name)
        //! [clip]
    }
    {
        //! [nan_to_num]
        constexpr double inf = std::numeric_limits<double>::infinity();
        const Variable x = tape.variable(xt::xarray<double>{1., std::nan(""), inf});
        show(nan_to_num(x, 0, 100, -100));  // [1, 0, 100]
        show(grad(sum(nan_to_num(x)), x));  // [1, 0, 0]
        //! [nan_to_num]
    }
    {
        //! [isnan, isinf, isfinite]
        constexpr double inf = std::numeric_limits<double>::infinity();
        const Variable x = tape.variable(xt::xarray<double>{1., std::nan(""), -inf});
        show(isnan(x));     // [false, true, false]
        show(isinf(x));     // [false, false, true]
        show(isfinite(x));  // [true, false, false]
        //! [isnan, isinf, isfinite]
    }
    {
        //! [cast]
        const Variable x = tape.variable(xt::xarray<double>{1.5, -1.5});
        show(cast(x, DType::float32).dtype());  // float32
        show(cast(x, DType::int64));            // [1, -1]  (cut off, and without a gradient)
        show(cast(x > 0, DType::float64));      // [1, 0]  (masks are no numbers until they are cast)
        //! [cast]
    }
    {
        //! [detach]
        const Variable x = tape.variable(3.);
        show(grad(x * x, x));          // 6
        show(grad(x * detach(x), x));  // 3  (the second factor is a number to the gradient)
        //! [detach]
    }
}

const shown::Page page("Special functions, rounding, limits", {special, rounding, limits});

}  // namespace
