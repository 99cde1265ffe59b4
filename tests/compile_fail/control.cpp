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

auto right_op()
{
    return custom_op(
        "product", [](const auto& a, const auto& b) { return a * b; },
        [](Variable g, Variable, Variable a, Variable b) {
            return std::tuple{g * b, g * a};
        });
}
auto right_opaque_op()
{
    return opaque_op(
        "square", [](const auto& a) { return a * a; },
        [](const auto& g, const auto& a) { return 2.0 * g * a; });
}
auto right_check(const xt::xarray<double>& x0) { return gradcheck(right_op(), {x0, x0}); }
