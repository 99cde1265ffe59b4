// expect: xgrad: opaque_op: the vjp cannot be called: it is a const callable of the cotangent, the value
#include <xgrad/autodiff.hpp>

using namespace xgrad;

auto wrong()
{
    return opaque_op(
        "square", [](const auto& x) { return x * x; }, [](const auto& g) { return 2.0 * g; });
}
