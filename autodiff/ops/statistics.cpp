// Variance, deviation and norms, in simpler ops.
#include <cmath>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
using detail::all_axes, detail::compose, detail::composed, detail::ShortList;

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
    return compose("var", x, [&] {
        const Variable apart = x - mean(x, axes, true);
        const Variable squares = sum(square(apart), axes, options.keepdims);
        const double left = n - options.ddof;
        return left > 0 ? squares * (1 / left) : squares * std::nan("");
    });
}
Variable var(Variable x, VarOptions options) { return var(x, every_axis(x), options); }

namespace {
// Where it is 0 the root has no finite derivative: it is taken of 1, and not chosen. NaN stays NaN, derivative and all.
Variable root(Variable x)
{
    const Variable zero = equal(x, 0);
    return where(zero, 0, sqrt(where(zero, 1, x)));
}
}  // namespace

Variable stddev(Variable x, const Axes& axes, VarOptions options)
{
    return compose("std", x, [&] { return root(var(x, axes, options)); });
}
Variable stddev(Variable x, VarOptions options) { return stddev(x, every_axis(x), options); }
Variable std(Variable x, const Axes& axes, VarOptions options) { return stddev(x, axes, options); }
Variable std(Variable x, VarOptions options) { return stddev(x, options); }

Variable norm(Variable x, double p, const Axes& axes, bool keepdims)
{
    if (!(p > 0))
        throw ValueError("norm: p is " + number_text(p) + ", expected a number above 0, or infinity");
    detail::need_floats("norm", {x});
    return compose("norm", x, [&] {
        if (p == 1) return sum(abs(x), axes, keepdims);
        if (std::isinf(p)) return amax(abs(x), axes, keepdims);
        // abs'(NaN) is 0; here a NaN's own gradient is to be NaN too.
        const auto size = [&] { return where(equal(x, x), abs(x), x); };
        const Variable powers = sum(p == 2 ? square(x) : pow(size(), p), axes, keepdims);
        if (p == 2) return root(powers);
        const Variable zero = equal(powers, 0);
        return where(zero, 0, pow(where(zero, 1, powers), 1 / p));
    });
}
Variable norm(Variable x, double p) { return norm(x, p, every_axis(x)); }

namespace {
using Inputs = std::span<const Variable>;
const bool described =
    composed({{.name = "var",
               .formula = "sum (x - mean x)^2 / (n - ddof)",
               .gradient = "2 g (x - mean x) / (n - ddof)",
               .elsewhere = {"np.var", "torch.var", "jnp.var"},
               .traits = {.low = 0},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return var(in[0]); }},
                           {{{{2, 3, 2}}},
                            [](Inputs in) {
                                return var(in[0], {-1, 0}, {.ddof = 1});
                            }},
                           {{{{3, 4}}}, [](Inputs in) { return var(in[0], 1, {.keepdims = true}); }},
                           {{{{1}}}, [](Inputs in) { return var(in[0]); }},
                           {{{{}}}, [](Inputs in) { return var(in[0]); }},
                           {{{{0, 3}}}, [](Inputs in) { return var(in[0], 1); }}}},
              {.name = "std",
               .formula = "sqrt(sum (x - mean x)^2 / (n - ddof))",
               .gradient = "g (x - mean x) / ((n - ddof) y)",
               .elsewhere = {"np.std", "torch.std", "jnp.std"},
               .traits = {.kink = "std'(x) = 0 where all elements are equal", .low = 0},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return stddev(in[0]); }},
                           {{{{2, 3, 2}}},
                            [](Inputs in) {
                                return stddev(in[0], {-1, 0}, {.ddof = 1});
                            }},
                           {{{{3, 4}}}, [](Inputs in) { return stddev(in[0], 0, {.keepdims = true}); }},
                           {{{{0, 3}}}, [](Inputs in) { return stddev(in[0], 1); }}}},
              {.name = "norm",
               .formula = "(sum |x|^p)^(1/p); p = inf: max |x|",
               .gradient = "g sign(x) (|x| / y)^(p - 1)",
               .elsewhere = {"np.linalg.norm", "torch.norm", "jnp.linalg.norm"},
               .traits = {.kink = "norm'(0) = 0; p = inf: equal elements share", .low = 0},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return norm(in[0]); }},
                           {{{{2, 3}}}, [](Inputs in) { return norm(in[0], 1, {0}); }},
                           {{{{2, 3}}}, [](Inputs in) { return norm(in[0], 3, -1, true); }},
                           {{{{2, 3, 2}}},
                            [](Inputs in) {
                                return norm(in[0], std::numeric_limits<double>::infinity(), {0, 2});
                            }},
                           {{{{3}}}, [](Inputs in) { return norm(in[0], 2, 0); }},
                           {{{{0}}}, [](Inputs in) { return norm(in[0]); }}}}});
}  // namespace

void detail::statistics_rows() {}

}  // namespace xgrad
