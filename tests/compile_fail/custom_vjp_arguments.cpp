// expect: xgrad: custom_op: the vjp cannot be called: it is a const callable of Variables, the cotangent
#include <xgrad/autodiff.hpp>

using namespace xgrad;

auto wrong()
{
    return custom_op(
        "square", [](const auto& x) { return x * x; }, [](Variable g) { return 2.0 * g; });
}
