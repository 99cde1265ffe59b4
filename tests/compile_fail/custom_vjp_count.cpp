// expect: xgrad: custom_op: the vjp returns another number of gradients than the forward has inputs
#include <xgrad/autodiff.hpp>

using namespace xgrad;

auto wrong()
{
    return custom_op(
        "product", [](const auto& x, const auto& y) { return x * y; },
        [](Variable g, Variable, Variable x, Variable y) {
            return std::tuple{g * y, g * x, g};
        });
}
