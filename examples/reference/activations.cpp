// Activation functions: what they are at points that a reader can check, and their derivative at kinks.
#include <cmath>

#include "shown.hpp"
using namespace xgrad;

namespace {

void rectifiers(Tape& tape)
{
    {
        //! [leaky_relu]
        const Variable x = tape.variable(xt::xarray<double>{-2., 0., 3.});
        show(leaky_relu(x, 0.1));                // [-0.2, 0, 3]
        show(grad(sum(leaky_relu(x, 0.1)), x));  // [0.1, 0.1, 1]  (the slope at the kink)
        //! [leaky_relu]
    }
    {
        //! [prelu]
        const Variable x = tape.variable(xt::xarray<double>{-2., 3.});
        const Variable w = tape.variable(xt::xarray<double>{0.1});
        show(prelu(x, w));                // [-0.2, 3]
        show(grad(sum(prelu(x, w)), w));  // [-2]  (the sum of what is not positive)
        //! [prelu]
    }
    {
        //! [relu6]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0., 3., 6., 9.});
        show(relu6(x));                // [0, 0, 3, 6, 6]
        show(grad(sum(relu6(x)), x));  // [0, 0, 1, 0, 0]  (0 at both kinks)
        //! [relu6]
    }
    {
        //! [hardtanh]
        const Variable x = tape.variable(xt::xarray<double>{-2., -1., 0.5, 1.});
        show(hardtanh(x));                // [-1, -1, 0.5, 1]
        show(grad(sum(hardtanh(x)), x));  // [0, 0, 1, 0]  (0 at the bounds, where clamp has 1)
        //! [hardtanh]
    }
    {
        //! [ramp]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0.25, 2.});
        show(ramp(x));  // [0, 0.25, 1]
        //! [ramp]
    }
    {
        //! [hardsigmoid]
        const Variable x = tape.variable(xt::xarray<double>{-3., 0., 3.});
        show(hardsigmoid(x));                // [0, 0.5, 1]
        show(grad(sum(hardsigmoid(x)), x));  // [0, 0.1667, 0]  (1/6 between the kinks)
        //! [hardsigmoid]
    }
    {
        //! [hardswish]
        const Variable x = tape.variable(xt::xarray<double>{-3., 0., 3.});
        show(hardswish(x));                // [0, 0, 3]
        show(grad(sum(hardswish(x)), x));  // [-0.5, 0.5, 1.5]  (x / 3 + 1/2, at the kinks too)
        //! [hardswish]
    }
    {
        //! [hardshrink]
        const Variable x = tape.variable(xt::xarray<double>{-2., 0.3, 0.5, 2.});
        show(hardshrink(x));                // [-2, 0, 0, 2]
        show(grad(sum(hardshrink(x)), x));  // [1, 0, 0, 1]
        //! [hardshrink]
    }
    {
        //! [softshrink]
        const Variable x = tape.variable(xt::xarray<double>{-2., 0.3, 2.});
        show(softshrink(x));  // [-1.5, 0, 1.5]  (everything moves by 0.5 towards 0)
        //! [softshrink]
    }
    {
        //! [threshold]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(threshold(x, 2, -9));  // [-9, -9, 3]  (x where it is above 2)
        //! [threshold]
    }
    {
        //! [heaviside]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0., 1.});
        show(heaviside(x));                // [0, 1, 1]
        show(heaviside(x, 0.5));           // [0, 0.5, 1]
        show(grad(sum(heaviside(x)), x));  // [0, 0, 0]  (nothing below it learns)
        //! [heaviside]
    }
}

void bent(Tape& tape)
{
    {
        //! [elu]
        const Variable x = tape.variable(xt::xarray<double>{-std::log(2.), 0., 2.});
        show(elu(x));                   // [-0.5, 0, 2]  (e^x - 1 below 0)
        show(grad(sum(elu(x, 3)), x));  // [1.5, 3, 1]  (alpha at the kink)
        //! [elu]
    }
    {
        //! [celu]
        const Variable x = tape.variable(xt::xarray<double>{-2 * std::log(2.), 0., 2.});
        show(celu(x, 2));                // [-1, 0, 2]  (2 (e^(x / 2) - 1) below 0)
        show(grad(sum(celu(x, 2)), x));  // [0.5, 1, 1]  (no kink)
        //! [celu]
    }
    {
        //! [selu]
        const Variable x = tape.variable(xt::xarray<double>{0., 1.});
        show(selu(x));                // [0, 1.051]
        show(grad(sum(selu(x)), x));  // [1.758, 1.051]  (1.0507 times 1.67326, and 1.0507)
        //! [selu]
    }
    {
        //! [isrlu]
        const Variable x = tape.variable(xt::xarray<double>{-0.75, 0., 2.});
        show(isrlu(x));  // [-0.6, 0, 2]  (-3/4 / sqrt(1 + 9/16) = -3/5)
        //! [isrlu]
    }
    {
        //! [isru]
        const Variable x = tape.variable(xt::xarray<double>{-0.75, 0., 0.75});
        show(isru(x));          // [-0.6, 0, 0.6]
        show(isru(x, 0.0001));  // [-0.75, 0, 0.75]  (a small alpha bends late)
        //! [isru]
    }
    {
        //! [elish]
        const Variable x = tape.variable(xt::xarray<double>{-std::log(3.), 0., std::log(3.)});
        show(elish(x));  // [-0.1667, 0, 0.824]  ((1/3 - 1) / 4 below 0, ln 3 times 3/4 above)
        //! [elish]
    }
    {
        //! [silu]
        const Variable x = tape.variable(xt::xarray<double>{0., std::log(3.)});
        show(silu(x));                // [0, 0.824]  (ln 3 times sigmoid = 3/4)
        show(grad(sum(silu(x)), x));  // [0.5, 0.956]
        //! [silu]
    }
    {
        //! [mish]
        const Variable x = tape.variable(xt::xarray<double>{0., 20.});
        show(mish(x));                // [0, 20]
        show(grad(sum(mish(x)), x));  // [0.6, 1]  (tanh(ln 2) = 3/5 at 0)
        //! [mish]
    }
    {
        //! [logsigmoid]
        const Variable x = tape.variable(xt::xarray<double>{-1000., 0., 1000.});
        show(logsigmoid(x));  // [-1000, -0.6931, 0]
        //! [logsigmoid]
    }
    {
        //! [softsign]
        const Variable x = tape.variable(xt::xarray<double>{-1., 0., 3.});
        show(softsign(x));                // [-0.5, 0, 0.75]
        show(grad(sum(softsign(x)), x));  // [0.25, 1, 0.0625]
        //! [softsign]
    }
    {
        //! [tanhshrink]
        const Variable x = tape.variable(xt::xarray<double>{0., std::log(2.)});
        show(tanhshrink(x));  // [0, 0.09315]  (ln 2 - 3/5)
        //! [tanhshrink]
    }
    {
        //! [sqnl]
        const Variable x = tape.variable(xt::xarray<double>{-3., -1., 1., 2.});
        show(sqnl(x));                // [-1, -0.75, 0.75, 1]
        show(grad(sum(sqnl(x)), x));  // [0, 0.5, 0.5, 0]
        //! [sqnl]
    }
    {
        //! [cosine_squasher]
        const Variable x = tape.variable(xt::xarray<double>{-2., 0., M_PI / 6, 2.});
        show(cosine_squasher(x));  // [0, 0.5, 0.75, 1]
        //! [cosine_squasher]
    }
    {
        //! [bent_identity]
        const Variable x = tape.variable(xt::xarray<double>{-0.75, 0., 0.75});
        show(bent_identity(x));  // [-0.625, 0, 0.875]  ((5/4 - 1) / 2 + x)
        //! [bent_identity]
    }
    {
        //! [gaussian]
        const Variable x = tape.variable(xt::xarray<double>{0., 1.});
        show(gaussian(x));                // [1, 0.3679]  (1 / e)
        show(grad(sum(gaussian(x)), x));  // [0, -0.7358]  (-2 x e^(-x^2))
        //! [gaussian]
    }
    {
        //! [sinc]
        const Variable x = tape.variable(xt::xarray<double>{0., M_PI / 2, M_PI});
        show(sinc(x));  // [1, 0.6366, 0]  (sin x / x; NumPy's takes pi x)
        //! [sinc]
    }
}

void over_several(Tape& tape)
{
    {
        //! [glu]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 0., 1000.});
        show(glu(x));  // [0.5, 2]  ([1, 2] times sigmoid of [0, 1000])
        //! [glu]
    }
    {
        //! [maxout]
        const Variable x = tape.variable(xt::xarray<double>{1., 5., 3., 3.});
        show(maxout(x, 2));                // [5, 3]
        show(grad(sum(maxout(x, 2)), x));  // [0, 1, 1, 0]  (the first of equal ones)
        //! [maxout]
    }
}

const shown::Page page("Activations", {rectifiers, bent, over_several});

}  // namespace
