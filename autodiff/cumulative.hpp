// Cumulative sums and products, products, variance, norms. Included by ops.hpp.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>

#include "xgrad/autodiff/axes.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// Sums x_0 + ... + x_k along an axis, or of the flattened array. float32, float64 or int64.
Variable cumsum(Variable x);
Variable cumsum(Variable x, std::int64_t axis);
/// Products x_0 ... x_k along an axis, or of the flattened array. Zeros have their right gradient.
Variable cumprod(Variable x);
Variable cumprod(Variable x, std::int64_t axis);
/// x_{k+1} - x_k along an axis, n times over. @throws ValueError if n < 0
Variable diff(Variable x, std::int64_t n = 1, std::int64_t axis = -1);
/// y_k = a_k y_{k-1} + b_k along an axis, begun with y_0 = b_0: a first-order recurrence, of a and b of one shape.
Variable linear_scan(Variable a, Variable b, std::int64_t axis = 0);

/// The product of all elements, or over axes; 1 of none. Zeros have their right gradient.
Variable prod(Variable x);
Variable prod(Variable x, const Axes& axes, bool keepdims = false);

/// How var() and std() are taken; the names are NumPy's.
struct VarOptions {
    double ddof =
        0;  ///< the sum of squares is divided by n - ddof: 0 for a population, 1 for a sample (PyTorch's default)
    bool keepdims = false;
};
// (The further overloads tell axes in braces, of which {} is none, from options in braces, which g++ 12 finds ambiguous.)
/// The mean squared deviation from the mean, over all elements or over axes. NaN where n - ddof is not positive.
Variable var(Variable x, VarOptions options = {});
Variable var(Variable x, const Axes& axes, VarOptions options);
inline Variable var(Variable x, std::initializer_list<std::int64_t> axes) { return var(x, Axes(axes), {}); }
template <std::convertible_to<Axes> A>
Variable var(Variable x, const A& axes)
{
    return var(x, Axes(axes), {});
}
/// Its square root. The gradient where the variance is 0 is 0, as in PyTorch.
Variable stddev(Variable x, VarOptions options = {});
Variable stddev(Variable x, const Axes& axes, VarOptions options);
inline Variable stddev(Variable x, std::initializer_list<std::int64_t> axes)
{
    return stddev(x, Axes(axes), {});
}
template <std::convertible_to<Axes> A>
Variable stddev(Variable x, const A& axes)
{
    return stddev(x, Axes(axes), {});
}
/// The same under NumPy's name. Beside `using namespace xgrad;` it has to be called xgrad::std(x): `std` alone is the standard
/// library's namespace.
Variable std(Variable x, VarOptions options = {});
Variable std(Variable x, const Axes& axes, VarOptions options);
inline Variable std(Variable x, std::initializer_list<std::int64_t> axes) { return std(x, Axes(axes), {}); }
template <std::convertible_to<Axes> A>
Variable std(Variable x, const A& axes)
{
    return std(x, Axes(axes), {});
}

/// (sum |x|^p)^(1/p) over all elements or over axes; p = infinity: max |x|, equal ones share the gradient. The gradient at
/// 0 is 0. @throws ValueError unless p > 0.
Variable norm(Variable x, double p = 2);
Variable norm(Variable x, double p, const Axes& axes, bool keepdims = false);

}  // namespace xgrad
