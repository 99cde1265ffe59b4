// Functions of two operands: arithmetic, extremes, angles, remainders, comparisons, logic, choice.
#include <cmath>

#include "shown.hpp"
using namespace xgrad;

namespace {

void operators(Tape& tape)
{
    {
        //! [add, operator+]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable y = tape.variable(xt::xarray<double>{{10., 20.}, {30., 40.}});
        show(x + y);                // [[11, 22], [31, 42]]  (x is repeated: NumPy's broadcasting)
        show(add(x, 0.5));          // [1.5, 2.5]
        show(grad(sum(x + y), x));  // [2, 2]  (each element was used twice)
        //! [add, operator+]
    }
    {
        //! [operator+=]
        Variable x = tape.variable(3.);
        const Variable before = x;
        x += 1;        // names the sum x; nothing is overwritten
        show(x);       // 4
        show(before);  // 3
        //! [operator+=]
    }
    {
        //! [sub, operator-]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(10 - x);                              // [9, 8]
        show(sub(x, xt::xarray<double>{1., 1.}));  // [0, 1]  (an xtensor array beside a Variable)
        //! [sub, operator-]
    }
    {
        //! [operator-=]
        Variable x = tape.variable(3.);
        x -= 1;
        show(x);  // 2
        //! [operator-=]
    }
    {
        //! [mul, operator*]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable y = tape.variable(xt::xarray<double>{3., 4.});
        show(x * y);                // [3, 8]  (element by element; matmul is the matrix product)
        show(mul(x, 2));            // [2, 4]
        show(grad(sum(x * y), x));  // [3, 4]
        //! [mul, operator*]
    }
    {
        //! [operator*=]
        Variable x = tape.variable(3.);
        x *= 2;
        show(x);  // 6
        //! [operator*=]
    }
    {
        //! [div, operator/]
        const Variable x = tape.variable(xt::xarray<double>{1., 4.});
        const Variable y = tape.variable(xt::xarray<double>{2., 2.});
        show(x / y);                // [0.5, 2]
        show(div(1, y));            // [0.5, 0.5]
        show(grad(sum(x / y), y));  // [-0.25, -1]  (-x / y^2)
        //! [div, operator/]
    }
    {
        //! [operator/=]
        Variable x = tape.variable(3.);
        x /= 2;
        show(x);  // 1.5
        //! [operator/=]
    }
    {
        //! [affine]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(affine(x, 3, -1));  // [2, 5]  (3 x - 1 as one node)
        //! [affine]
    }
    {
        //! [pow]
        const Variable x = tape.variable(xt::xarray<double>{2., 3.}), y = tape.variable(2.);
        show(pow(x, y));                // [4, 9]
        show(grad(sum(pow(x, y)), x));  // [4, 6]  (y x^(y - 1))
        show(pow(x, 0.5));              // [1.414, 1.732]
        //! [pow]
    }
    {
        //! [maximum]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(maximum(x, 2));                // [2, 2, 3]
        show(grad(sum(maximum(x, 2)), x));  // [0, 0.5, 1]  (equal ones share the gradient)
        //! [maximum]
    }
    {
        //! [minimum]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(minimum(x, 2));                // [1, 2, 2]
        show(grad(sum(minimum(x, 2)), x));  // [1, 0.5, 0]
        //! [minimum]
    }
}

void of_two(Tape& tape)
{
    {
        //! [atan2]
        const Variable y = tape.variable(xt::xarray<double>{0., 1., 0.});
        const Variable x = tape.variable(xt::xarray<double>{1., 0., -1.});
        show(atan2(y, x));  // [0, 1.571, 3.142]  (the angles of east, north and west)
        //! [atan2]
    }
    {
        //! [hypot]
        const Variable x = tape.variable(3e200), y = tape.variable(4e200);
        show(hypot(x, y));          // 5e+200
        show(sqrt(x * x + y * y));  // inf  (the squares overflow)
        //! [hypot]
    }
    {
        //! [fmod]
        const Variable x = tape.variable(xt::xarray<double>{7., -7.});
        show(fmod(x, 3));  // [1, -1]  (the sign of x: C++'s)
        //! [fmod]
    }
    {
        //! [remainder]
        const Variable x = tape.variable(xt::xarray<double>{7., -7.});
        show(remainder(x, 3));  // [1, 2]  (the sign of 3: Python's %)
        //! [remainder]
    }
    {
        //! [floor_divide]
        const Variable x = tape.variable(xt::xarray<double>{7., -7.});
        show(floor_divide(x, 3));  // [2, -3]  (Python's //)
        //! [floor_divide]
    }
    {
        //! [logaddexp]
        const Variable x = tape.variable(1000.);
        show(logaddexp(x, x));              // 1001  (1000 + ln 2)
        show(log(exp(x) + exp(x)));         // inf
        show(grad(logaddexp(x, 1000), x));  // 0.5  (the share of e^x in the sum)
        //! [logaddexp]
    }
}

void comparisons(Tape& tape)
{
    {
        //! [less, operator<]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(x < 2);       // [true, false, false]
        show(less(2, x));  // [false, false, true]
        //! [less, operator<]
    }
    {
        //! [less_equal, operator<=]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(x <= 2);            // [true, true, false]
        show(less_equal(x, x));  // [true, true, true]
        //! [less_equal, operator<=]
    }
    {
        //! [greater, operator>]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(x > 2);                                     // [false, false, true]
        show(sum(cast(greater(x, 1), DType::float64)));  // 2  (how many there are)
        //! [greater, operator>]
    }
    {
        //! [greater_equal, operator>=]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(x >= 2);               // [false, true, true]
        show(greater_equal(x, x));  // [true, true, true]
        //! [greater_equal, operator>=]
    }
    {
        //! [equal, operator==]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., std::nan("")});
        show(equal(x, 2));  // [false, true, false]
        show(equal(x, x));  // [true, true, false]  (NaN is unequal to everything; x == x does not compile)
        //! [equal, operator==]
    }
    {
        //! [not_equal, operator!=]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(not_equal(x, 2));  // [true, false, true]  (x != 2 does not compile)
        //! [not_equal, operator!=]
    }
    {
        //! [logical_and, logical_or, logical_xor, logical_not]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        const Variable m = x > 1, n = x < 3;
        show(logical_and(m, n));  // [false, true, false]
        show(logical_or(m, n));   // [true, true, true]
        show(logical_xor(m, n));  // [true, false, true]  (one but not both)
        show(logical_not(m));     // [true, false, false]
        //! [logical_and, logical_or, logical_xor, logical_not]
    }
    {
        //! [where]
        const Variable x = tape.variable(xt::xarray<double>{0., 2.});
        const Variable y = tape.variable(xt::xarray<double>{10., 20.});
        show(where(x > 0, x, y));                     // [10, 2]
        show(grad(sum(where(x > 0, x, y)), y));       // [1, 0]  (the side that was chosen gets the gradient)
        show(where(x > 0, 1., -1.));                  // [-1, 1]
        show(grad(sum(where(x > 0, log(x), 0)), x));  // [nan, 0.5]  (the side not chosen: 0 times infinity)
        show(grad(sum(where(x > 0, log(where(x > 0, x, 1)), 0)), x));  // [0, 0.5]  (nothing is infinite now)
        //! [where]
    }
    {
        //! [operand, operands, variable_like]
        show(operand<double> && operand<Parameter> && operand<Array> && operand<xt::xarray<float>>);  // true
        show(operands<Variable, double>);                                                             // true
        show(operands<double, double>);        // false  (one of the two is a Variable)
        show(variable_like<const Variable&>);  // true
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(x + Array(xt::xarray<double>{3., 4.}));  // [4, 6]
        //! [operand, operands, variable_like]
    }
}

const shown::Page page("Arithmetic and comparisons", {operators, of_two, comparisons});

}  // namespace
