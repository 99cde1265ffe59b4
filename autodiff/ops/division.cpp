// Division with a rest, as Python's // and %: of floats and of whole numbers.
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

// The rest has the sign of y, or is a zero with it.
constexpr auto rest = [](auto x, auto y) {
    const auto r = kernels::vm::fmod(x, y);
    const auto turned = where((r < 0) != (y < 0), r + y, r);
    return where(r == 0, where(y < 0, -abs(r), abs(r)), where(r != r, r, turned));
};
// (x - fmod(x, y)) / y is a whole number but for one rounding; where the rest's sign is turned it is one more than floor.
constexpr auto whole = [](auto x, auto y) {
    const auto r = kernels::vm::fmod(x, y), q = (x - r) / y;
    const auto down = where((r != 0) & ((r < 0) != (y < 0)), q - 1, q), near = kernels::vm::floor(down);
    const auto result = where(down - near > 0.5f, near + 1, near);
    return where(y == 0, x / y, where(down == 0, x / y * 0, result));
};

// Whole numbers: x / 0 and its rest are 0, as in NumPy; -1 is apart because the least number has no opposite.
constexpr auto safe = [](std::int64_t y) { return ((y == 0) | (y == -1)) ? std::int64_t{1} : y; };
constexpr auto whole_rest = [](std::int64_t x, std::int64_t y) {
    const std::int64_t r = x % safe(y);
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
};
constexpr auto whole_quotient = [](std::int64_t x, std::int64_t y) -> std::int64_t {
    if (y == 0) return 0;
    if (y == -1) return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x));
    const std::int64_t q = x / y;
    return x % y != 0 && (x < 0) != (y < 0) ? q - 1 : q;
};

// The derivative by y is minus the quotient that belongs to the rest: exact beside multiples of y, where x / y may round up.
Op with_quotient(Op base)
{
    base.vjp = [](VjpCall& call) {
        if (call.needs(0)) call.give(0, call.g);
        if (call.needs(1)) call.give(1, -(call.g * floor_divide(call.in(0), call.in(1))));
    };
    base.saves = 3;
    return base;
}
constexpr auto no_formula = [](auto g, auto...) { return g; };

}  // namespace

const Op& remainder_op = row(with_quotient(with_integers<2>(
    whole_rest, binary(rest, no_formula, no_formula,
                       {.name = "remainder",
                        .label = "mod",
                        .formula = "x - y floor(x / y)",
                        .gradient = "dx = g, dy = -g floor(x / y)",
                        .elsewhere = {"np.remainder", "torch.remainder", "jnp.remainder"},
                        .traits = {.kink = "where x is a multiple of y: that of either side"},
                        .samples = binary_samples(&detail::remainder, -1.9, -0.3, 2.1, 3)}))));
Variable remainder(Variable x, Variable y) { return Recorder::of(x).record(remainder_op, x, y); }

const Op& floor_divide_op = row(with_integers<2>(
    whole_quotient,
    binary(
        whole, [](auto g, auto, auto, auto) { return g * 0; }, [](auto g, auto, auto, auto) { return g * 0; },
        {.name = "floor_divide",
         .label = "//",
         .formula = "floor(x / y)",
         .gradient = "0",
         .elsewhere = {"np.floor_divide", "torch.floor_divide", "jnp.floor_divide"},
         .traits = {.kink = "derivative 0 everywhere"},
         .samples = binary_samples(&detail::floor_divide, -1.9, -0.3, 2.1, 3)})));
Variable floor_divide(Variable x, Variable y) { return Recorder::of(x).record(floor_divide_op, x, y); }

void division_rows() {}

}  // namespace xgrad::detail
