// expect: xgrad: custom_op: the vjp returns one gradient, the forward has several inputs
#include <xgrad/autodiff.hpp>

using namespace xgrad;

auto wrong()
{
    return custom_op(
        "product", [](const auto& x, const auto& y) { return x * y; },
        [](Variable g, Variable, Variable, Variable y) { return g * y; });
}
