// What may stand beside a Variable, and the ops on two operands: arithmetic, extremes, comparisons, logic, choice.
// Included by ops.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- operands

/// A Variable, seen through references and const.
template <class T>
concept variable_like = std::same_as<std::remove_cvref_t<T>, Variable>;

/// What may stand beside a Variable: a C++ number (takes the array's type), a Parameter, an Array or any xtensor
/// expression (recorded as a constant; its element type must be the Variable's).
template <class T>
concept operand = variable_like<T> || std::is_arithmetic_v<std::remove_cvref_t<T>> ||
    std::same_as<std::remove_cvref_t<T>, Parameter> || std::same_as<std::remove_cvref_t<T>, Array> ||
    xt::is_xexpression<std::remove_cvref_t<T>>::value;

/// Two operands of which at least one is a Variable or a Parameter: what a binary operator takes.
template <class A, class B>
concept operands = operand<A> && operand<B> &&(variable_like<A> || variable_like<B>);

namespace detail {
/// The other operand as a Variable on the tape of `like`.
inline Variable lift(Variable, Variable x) { return x; }
Variable lift(Variable like, const Parameter& parameter);
Variable lift(Variable like, const Array& array);
Variable lift_number(Variable like, double number);
[[noreturn]] void refuse_number(const std::string& number);
/// A C++ number as ops take it. @throws ValueError for an integer that a double does not hold, beside int64.
template <class T>
    requires std::is_arithmetic_v<T>
double number_of(Variable like, T number)
{
    if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
        constexpr T most = T{1} << 53;
        if ((number > most || number < T{0} - (std::is_signed_v<T> ? most : T{0})) &&
            like.dtype() == DType::int64)
            refuse_number(std::to_string(number));
    }
    return static_cast<double>(number);
}
template <class T>
    requires std::is_arithmetic_v<T> Variable lift(Variable like, T number)
    {
        return lift_number(like, number_of(like, number));
    }
template <class E>
    requires xt::is_xexpression<E>::value Variable lift(Variable like, const E& expression)
    {
        return lift(like, Array(expression));
    }

using Binary = Variable (*)(Variable, Variable);
template <class A, class B>
Variable apply(Binary f, const A& a, const B& b)
{
    if constexpr (std::same_as<A, Variable>)
        return f(a, lift(a, b));
    else
        return f(lift(b, a), b);
}

Variable add(Variable x, Variable y);
Variable sub(Variable x, Variable y);
Variable mul(Variable x, Variable y);
Variable div(Variable x, Variable y);
Variable pow(Variable x, Variable y);
Variable maximum(Variable x, Variable y);
Variable minimum(Variable x, Variable y);
Variable equal(Variable x, Variable y);
Variable not_equal(Variable x, Variable y);
Variable less(Variable x, Variable y);
Variable less_equal(Variable x, Variable y);
Variable greater(Variable x, Variable y);
Variable greater_equal(Variable x, Variable y);
Variable logical_and(Variable x, Variable y);
Variable logical_or(Variable x, Variable y);
Variable logical_xor(Variable x, Variable y);
Variable matmul(Variable x, Variable y);
Variable where(Variable condition, Variable x, Variable y);
Variable atan2(Variable y, Variable x);
Variable hypot(Variable x, Variable y);
Variable fmod(Variable x, Variable y);
Variable remainder(Variable x, Variable y);
Variable floor_divide(Variable x, Variable y);
Variable logaddexp(Variable x, Variable y);
Variable prelu(Variable x, Variable weight);
}  // namespace detail

/// a * x + b with two numbers, as one node.
Variable affine(Variable x, double a, double b);

// Both parameters are forwarding references so that these win over xtensor's own unconstrained operators.
/// x + y, elementwise with NumPy's broadcasting. d/dx = 1.
template <class A, class B>
    requires operands<A, B> Variable add(A&& a, B&& b)
    {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<B>>)
            return affine(a, 1, detail::number_of(a, b));
        else if constexpr (std::is_arithmetic_v<std::remove_cvref_t<A>>)
            return affine(b, 1, detail::number_of(b, a));
        else
            return detail::apply(detail::add, a, b);
    }
/// x - y, elementwise.
template <class A, class B>
    requires operands<A, B> Variable sub(A&& a, B&& b)
    {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<B>>)
            return affine(a, 1, -detail::number_of(a, b));
        else if constexpr (std::is_arithmetic_v<std::remove_cvref_t<A>>)
            return affine(b, -1, detail::number_of(b, a));
        else
            return detail::apply(detail::sub, a, b);
    }
/// x * y, elementwise. d/dx = y.
template <class A, class B>
    requires operands<A, B> Variable mul(A&& a, B&& b)
    {
        // b = -0.0: the sum then keeps the sign of a zero product.
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<B>>)
            return affine(a, detail::number_of(a, b), -0.0);
        else if constexpr (std::is_arithmetic_v<std::remove_cvref_t<A>>)
            return affine(b, detail::number_of(b, a), -0.0);
        else
            return detail::apply(detail::mul, a, b);
    }
/// x / y, elementwise. d/dx = 1 / y, d/dy = -x / y^2.
template <class A, class B>
    requires operands<A, B> Variable div(A&& a, B&& b) { return detail::apply(detail::div, a, b); }
/// x to the power y, elementwise. d/dx = y x^(y-1), 0 for y = 0; d/dy = x^y ln x, 0 for x = 0 and y >= 0.
template <class A, class B>
    requires operands<A, B> Variable pow(A&& a, B&& b) { return detail::apply(detail::pow, a, b); }
/// The larger one, elementwise; NaN if either is NaN. Equal arguments share the gradient evenly.
template <class A, class B>
    requires operands<A, B> Variable maximum(A&& a, B&& b) { return detail::apply(detail::maximum, a, b); }
/// The smaller one, elementwise; NaN if either is NaN. Equal arguments share the gradient evenly.
template <class A, class B>
    requires operands<A, B> Variable minimum(A&& a, B&& b) { return detail::apply(detail::minimum, a, b); }

/// The angle of the point (x, y) with the x axis, in [-pi, pi]: atan2(y, x). NaN gradient at the origin.
template <class A, class B>
    requires operands<A, B> Variable atan2(A&& y, B&& x) { return detail::apply(detail::atan2, y, x); }
/// sqrt(x^2 + y^2) without overflow. NaN gradient at the origin, as in PyTorch.
template <class A, class B>
    requires operands<A, B> Variable hypot(A&& a, B&& b) { return detail::apply(detail::hypot, a, b); }
/// The rest of x / y with the sign of x (NumPy's and C's fmod; Python's % has the sign of y). d/dy = -trunc(x / y).
template <class A, class B>
    requires operands<A, B> Variable fmod(A&& a, B&& b) { return detail::apply(detail::fmod, a, b); }
/// The rest of x / y with the sign of y: x - y floor(x / y), Python's %, np.mod and torch.remainder. Also of int64, where
/// the rest of x / 0 is 0 as in NumPy. d/dy = -floor(x / y).
template <class A, class B>
    requires operands<A, B> Variable remainder(A&& a, B&& b)
    {
        return detail::apply(detail::remainder, a, b);
    }
/// The whole number floor(x / y) that belongs to remainder(), Python's //. Also of int64, where x / 0 is 0 as in NumPy.
/// Derivative 0.
template <class A, class B>
    requires operands<A, B> Variable floor_divide(A&& a, B&& b)
    {
        return detail::apply(detail::floor_divide, a, b);
    }
/// ln(e^x + e^y) without overflow. d/dx = sigmoid(x - y).
template <class A, class B>
    requires operands<A, B> Variable logaddexp(A&& a, B&& b)
    {
        return detail::apply(detail::logaddexp, a, b);
    }

// Comparisons, elementwise; the value is a mask (bool) and carries no gradient. NaN is unequal to everything.
/// Where a = b: a mask, without gradient. NaN equals nothing.
template <class A, class B>
    requires operands<A, B> Variable equal(A&& a, B&& b) { return detail::apply(detail::equal, a, b); }
/// Where a and b differ: a mask, without gradient. NaN differs from everything.
template <class A, class B>
    requires operands<A, B> Variable not_equal(A&& a, B&& b)
    {
        return detail::apply(detail::not_equal, a, b);
    }
/// Where a < b: a mask, without gradient.
template <class A, class B>
    requires operands<A, B> Variable less(A&& a, B&& b) { return detail::apply(detail::less, a, b); }
/// Where a <= b: a mask, without gradient.
template <class A, class B>
    requires operands<A, B> Variable less_equal(A&& a, B&& b)
    {
        return detail::apply(detail::less_equal, a, b);
    }
/// Where a > b: a mask, without gradient.
template <class A, class B>
    requires operands<A, B> Variable greater(A&& a, B&& b) { return detail::apply(detail::greater, a, b); }
/// Where a >= b: a mask, without gradient.
template <class A, class B>
    requires operands<A, B> Variable greater_equal(A&& a, B&& b)
    {
        return detail::apply(detail::greater_equal, a, b);
    }
/// Both masks, either mask, one of them but not both. @throws DtypeError unless both are bool.
template <class A, class B>
    requires operands<A, B> Variable logical_and(A&& a, B&& b)
    {
        return detail::apply(detail::logical_and, a, b);
    }
/// Where m or n is true (or both).
template <class A, class B>
    requires operands<A, B> Variable logical_or(A&& a, B&& b)
    {
        return detail::apply(detail::logical_or, a, b);
    }
/// Where one of m and n is true, but not both.
template <class A, class B>
    requires operands<A, B> Variable logical_xor(A&& a, B&& b)
    {
        return detail::apply(detail::logical_xor, a, b);
    }
/// The opposite mask. @throws DtypeError unless it is bool.
Variable logical_not(Variable x);

/// x where the mask is true, y elsewhere, with broadcasting. The gradient goes to the side that was chosen.
/// @throws DtypeError unless `condition` is bool and x and y have one type.
template <class A, class B>
    requires operands<A, B> Variable where(Variable condition, A&& x, B&& y)
    {
        if constexpr (variable_like<A>)
            return detail::where(condition, x, detail::lift(x, y));
        else
            return detail::where(condition, detail::lift(y, x), y);
    }
/// One number where the mask is true, another elsewhere: float32 for two floats, int64 for two integers, else float64.
template <class A, class B>
    requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B>)
Variable where(Variable condition, A x, B y)
{
    using T = std::conditional_t<
        std::is_same_v<std::common_type_t<A, B>, float>, float,
        std::conditional_t<std::is_integral_v<std::common_type_t<A, B>>, std::int64_t, double>>;
    Tape tape = condition.tape();
    return detail::where(condition, tape.constant(Array::scalar(static_cast<T>(x))),
                         tape.constant(Array::scalar(static_cast<T>(y))));
}

}  // namespace xgrad
