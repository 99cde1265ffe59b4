// The right way to write what the other files of this folder get wrong: this must compile.
#include <xgrad/autodiff.hpp>

using namespace xgrad;

Variable right(Variable x, const xt::xarray<double>& array)
{
    const Variable mask = equal(x, array);
    Variable y = where(mask, array + x, x * 2.0);
    if (y.size() == 1 && y.item() > 0) y += array;
    return y;
}
