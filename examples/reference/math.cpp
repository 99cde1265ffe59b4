// Elementwise functions of one variable.
#include <cmath>
#include <limits>

#include "shown.hpp"
using namespace xgrad;

namespace {

void commonest(Tape& tape)
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
        const Variable x = tape.variable(1e-10);
        show(log1p(x));    // 1e-10
        show(log(1 + x));  // 1e-10
        //! [log1p]
    }
}

const shown::Page page("Elementwise functions", {commonest});

}  // namespace
