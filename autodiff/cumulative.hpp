// Cumulative sums and products, products, variance, norms. Included by ops.hpp.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// A list of axes; negative ones count from the end.
using Axes = std::vector<std::int64_t>;
namespace detail {
template <class I>
concept axis = std::integral<I> && !std::same_as<I, bool>;
}  // namespace detail

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
template <detail::axis I>
Variable prod(Variable x, I axis, bool keepdims = false)
{
    return prod(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}

/// How var() and std() are taken; the names are NumPy's.
struct VarOptions {
    double ddof =
        0;  ///< the sum of squares is divided by n - ddof: 0 for a population, 1 for a sample (PyTorch's default)
    bool keepdims = false;
};
// Axes are a list, {0, 1}, or one number. (So many overloads, lest options in braces be taken for a list of axes.)
/// The mean squared deviation from the mean, over all elements or over axes. NaN where n - ddof is not positive.
Variable var(Variable x, VarOptions options);
Variable var(Variable x, const Axes& axes, VarOptions options);
inline Variable var(Variable x) { return var(x, VarOptions()); }
inline Variable var(Variable x, std::initializer_list<std::int64_t> axes)
{
    return var(x, Axes(axes), VarOptions());
}
template <std::same_as<Axes> A>
Variable var(Variable x, const A& axes)
{
    return var(x, axes, VarOptions());
}
template <detail::axis I>
Variable var(Variable x, I axis, VarOptions options = {})
{
    return var(x, Axes{static_cast<std::int64_t>(axis)}, options);
}
/// Its square root. The gradient where the variance is 0 is 0, as in PyTorch.
Variable stddev(Variable x, VarOptions options);
Variable stddev(Variable x, const Axes& axes, VarOptions options);
inline Variable stddev(Variable x) { return stddev(x, VarOptions()); }
inline Variable stddev(Variable x, std::initializer_list<std::int64_t> axes)
{
    return stddev(x, Axes(axes), VarOptions());
}
template <std::same_as<Axes> A>
Variable stddev(Variable x, const A& axes)
{
    return stddev(x, axes, VarOptions());
}
template <detail::axis I>
Variable stddev(Variable x, I axis, VarOptions options = {})
{
    return stddev(x, Axes{static_cast<std::int64_t>(axis)}, options);
}
/// The same under NumPy's name. Beside `using namespace xgrad;` it has to be called xgrad::std(x): `std` alone is the standard
/// library's namespace.
Variable std(Variable x, VarOptions options);
Variable std(Variable x, const Axes& axes, VarOptions options);
inline Variable std(Variable x) { return std(x, VarOptions()); }
inline Variable std(Variable x, std::initializer_list<std::int64_t> axes)
{
    return std(x, Axes(axes), VarOptions());
}
template <std::same_as<Axes> A>
Variable std(Variable x, const A& axes)
{
    return std(x, axes, VarOptions());
}
template <detail::axis I>
Variable std(Variable x, I axis, VarOptions options = {})
{
    return std(x, Axes{static_cast<std::int64_t>(axis)}, options);
}

/// (sum |x|^p)^(1/p) over all elements or over axes; p = infinity: max |x|, equal ones share the gradient. The gradient at
/// 0 is 0. @throws ValueError unless p > 0.
Variable norm(Variable x, double p = 2);
Variable norm(Variable x, double p, const Axes& axes, bool keepdims = false);
template <detail::axis I>
Variable norm(Variable x, double p, I axis, bool keepdims = false)
{
    return norm(x, p, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}

}  // namespace xgrad
