// expect: xgrad: custom_op: the forward cannot be called.*a function of Variables is a composed_op
#include <xgrad/autodiff.hpp>

using namespace xgrad;

auto wrong()
{
    return custom_op(
        "square", [](Variable x) { return x * x; }, [](Variable g, Variable x) { return 2.0 * g * x; });
}
