// Functions under a name, and ops in xtensor with a derivative.
#include <xtensor/xmath.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void ops(Tape& tape)
{
    {
        //! [composed_op, ComposedOp]
        // one box in pictures
        const auto swish = composed_op("swish", [](Variable x) { return x * sigmoid(x); });
        const Variable x = tape.variable(0.);
        show(swish(x));           // 0
        show(grad(swish(x), x));  // 0.5  (its ops know their derivatives)
        show(swish.name());       // swish
        //! [composed_op, ComposedOp]
    }
    {
        //! [custom_op, CustomOp]
        const CustomOp scaled_exp = custom_op(
            "scaled_exp", [](const auto& x, const auto& y) { return xt::exp(x) * y; },  // in xtensor
            [](Variable g, Variable out, Variable x, Variable) {  // in Variables: a gradient for each input
                return std::tuple{g * out, g * exp(x)};
            });
        const Variable x = tape.variable(0.), y = tape.variable(3.);
        show(scaled_exp(x, y));                            // 3
        show(grad(scaled_exp(x, y), x));                   // 3
        show(hessian(scaled_exp(x, y), {x, y}).matrix());  // [[3, 1], [1, 0]]  (derivatives of any order)
        //! [custom_op, CustomOp]
    }
    {
        //! [opaque_op]
        const CustomOp cube = opaque_op(
            "cube", [](const auto& x) { return x * x * x; },
            [](const auto& g, const auto&, const auto& x) { return 3.0 * g * x * x; });  // both in xtensor
        const Variable x = tape.variable(2.);
        show(cube(x));           // 8
        show(grad(cube(x), x));  // 12  (once; it cannot be differentiated again)
        //! [opaque_op]
    }
    {
        //! [no_gradient, NoGradient]
        const CustomOp pick = custom_op(
            "pick", [](const auto& x, const View<bool>& m) { return xt::where(m, x, 0.0); },
            [](Variable g, Variable, Variable, Variable m) {
                return std::tuple{g * cast(m, g.dtype()), no_gradient};  // none for the mask
            });
        const Variable x = tape.variable(xt::xarray<double>{-1., 2.});
        show(pick(x, x > 0));                // [0, 2]
        show(grad(sum(pick(x, x > 0)), x));  // [0, 1]
        //! [no_gradient, NoGradient]
    }
    {
        //! [CustomOptions]
        const CustomOp total = custom_op(
            "total", [](const auto& x) { return xt::sum(x)(); },
            [](Variable g, Variable x) { return g * ones_like(x); },
            {.shape = [](std::span<const Shape>) { return Shape{}; }});  // known before it is computed
        show(total(tape.variable(xt::xarray<double>{1., 2., 3.})));      // 6
        //! [CustomOptions]
    }
}

const shown::Page page("Ops of your own", {ops});

}  // namespace
