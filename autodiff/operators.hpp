// The operators of Variables, which call the functions of arithmetic.hpp. Included by ops.hpp.
#pragma once

#include "xgrad/autodiff/arithmetic.hpp"
#include "xgrad/autodiff/math.hpp"

namespace xgrad {

// ---------------------------------------------------------------- operators

/// add(a, b); operands may be Variables, Parameters, Arrays, xtensor expressions and numbers.
template <class A, class B>
requires operands<A, B> Variable operator+(A&& a, B&& b) { return add(a, b); }
/// sub(a, b).
template <class A, class B>
requires operands<A, B> Variable operator-(A&& a, B&& b) { return sub(a, b); }
/// mul(a, b): element by element.
template <class A, class B>
requires operands<A, B> Variable operator*(A&& a, B&& b) { return mul(a, b); }
/// div(a, b).
template <class A, class B>
requires operands<A, B> Variable operator/(A&& a, B&& b) { return div(a, b); }
/// less(a, b): a mask.
template <class A, class B>
requires operands<A, B> Variable operator<(A&& a, B&& b) { return less(a, b); }
/// less_equal(a, b): a mask.
template <class A, class B>
requires operands<A, B> Variable operator<=(A&& a, B&& b) { return less_equal(a, b); }
/// greater(a, b): a mask.
template <class A, class B>
requires operands<A, B> Variable operator>(A&& a, B&& b) { return greater(a, b); }
/// greater_equal(a, b): a mask.
template <class A, class B>
requires operands<A, B> Variable operator>=(A&& a, B&& b) { return greater_equal(a, b); }
template <variable_like V>
Variable operator-(V&& x)
{
    return neg(x);
}
template <variable_like V>
Variable operator+(V&& x)
{
    return x;
}

/// Names the sum x from now on; the old value stays in the graph.
template <operand B>
Variable& operator+=(Variable& x, B&& y)
{
    return x = x + y;
}
/// Names the difference x from now on; the old value stays in the graph.
template <operand B>
Variable& operator-=(Variable& x, B&& y)
{
    return x = x - y;
}
template <operand B>
Variable& operator*=(Variable& x, B&& y)
{
    return x = x * y;
}
template <operand B>
Variable& operator/=(Variable& x, B&& y)
{
    return x = x / y;
}

// Misuse gets a sentence instead of a page of template errors.
namespace detail {
template <class...>
inline constexpr bool never = false;
template <class T>
concept array_like = xt::is_xexpression<std::remove_cvref_t<T>>::value;
template <class A, class V>
void refuse_in_place()
{
    static_assert(never<A, V>,
                  "xgrad: an array cannot take up a Variable in place: write variable = array + "
                  "variable, or use variable.value<T>()");
}
}  // namespace detail
/// Does not compile for Variables: equal(a, b) is the mask.
template <class A, class B>
    requires operands<A, B>
bool operator==(A&&, B&&)
{
    static_assert(detail::never<A, B>, "xgrad: == does not compare Variables: use equal(a, b) for a mask");
    return false;
}
/// Does not compile for Variables: not_equal(a, b) is the mask.
template <class A, class B>
    requires operands<A, B>
bool operator!=(A&&, B&&)
{
    static_assert(detail::never<A, B>,
                  "xgrad: != does not compare Variables: use not_equal(a, b) for a mask");
    return false;
}
template <detail::array_like A, variable_like V>
A& operator+=(A& array, V&&)
{
    detail::refuse_in_place<A, V>();
    return array;
}
template <detail::array_like A, variable_like V>
A& operator-=(A& array, V&&)
{
    detail::refuse_in_place<A, V>();
    return array;
}
/// Does not compile: an array cannot take a Variable in place.
template <detail::array_like A, variable_like V>
A& operator*=(A& array, V&&)
{
    detail::refuse_in_place<A, V>();
    return array;
}
/// Does not compile: an array cannot take a Variable in place.
template <detail::array_like A, variable_like V>
A& operator/=(A& array, V&&)
{
    detail::refuse_in_place<A, V>();
    return array;
}

}  // namespace xgrad
