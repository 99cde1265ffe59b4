// Variance, deviation and norms, in simpler ops.
#include <cmath>

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
using detail::all_axes, detail::ShortList;

namespace {

Axes every_axis(Variable x)
{
    const ShortList all = all_axes(x.shape().size());
    return Axes(all.begin(), all.end());
}

}  // namespace

Variable var(Variable x, const Axes& axes, VarOptions options)
{
    const ShortList normal = detail::normal_axes("var", axes, x.shape());
    double n = 1;
    for (const std::int64_t axis : normal)
        n *= static_cast<double>(x.shape()[static_cast<std::size_t>(axis)]);
    const Variable apart = x - mean(x, axes, true);
    const Variable squares = sum(square(apart), axes, options.keepdims);
    const double left = n - options.ddof;
    return left > 0 ? squares * (1 / left) : squares * std::nan("");
}
Variable var(Variable x, VarOptions options) { return var(x, every_axis(x), options); }

namespace {
// Where it is 0 the root has no finite derivative: it is taken of 1, and not chosen.
Variable root(Variable x)
{
    const Variable positive = x > 0;
    return where(positive, sqrt(where(positive, x, 1)), x);
}
}  // namespace

Variable stddev(Variable x, const Axes& axes, VarOptions options) { return root(var(x, axes, options)); }
Variable stddev(Variable x, VarOptions options) { return root(var(x, options)); }
Variable std(Variable x, const Axes& axes, VarOptions options) { return root(var(x, axes, options)); }
Variable std(Variable x, VarOptions options) { return root(var(x, options)); }

Variable norm(Variable x, double p, const Axes& axes, bool keepdims)
{
    if (!(p > 0))
        throw ValueError("norm: p is " + number_text(p) + ", expected a number above 0, or infinity");
    if (p == 1) return sum(abs(x), axes, keepdims);
    if (std::isinf(p)) return amax(abs(x), axes, keepdims);
    const Variable powers = sum(p == 2 ? square(x) : pow(abs(x), p), axes, keepdims);
    if (p == 2) return root(powers);
    const Variable positive = powers > 0;
    return where(positive, pow(where(positive, powers, 1), 1 / p), powers);
}
Variable norm(Variable x, double p) { return norm(x, p, every_axis(x)); }

}  // namespace xgrad
