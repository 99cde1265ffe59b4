// Derivatives of what was recorded and of functions: gradients, products, Jacobians, Hessians, checks.
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void gradients(Tape& tape)
{
    {
        //! [grad]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        const Variable y = sum(x * x * x);
        show(grad(y, x));                // [3, 12, 27]
        show(grad(sum(grad(y, x)), x));  // [6, 12, 18]  (a gradient is a Variable like any other)
        const auto f = [](Variable v) { return sum(v * v); };
        show(grad(f)(x));                                            // [2, 4, 6]  (of a function, a function)
        show(grad([&](Variable v) { return sum(grad(f)(v)); })(x));  // [2, 2, 2]  (they nest)
        //! [grad]
    }
    {
        //! [Gradients, Target]
        const Variable x = tape.variable(2.), y = tape.variable(5.);
        const Gradients g = grad(x * x * y, {x, y});  // both in one pass
        show(g[x]);                                   // 20
        show(g[y]);                                   // 4
        const Target first = g.target(0);  // what one may differentiate by: a Variable or a Parameter
        show(first.is_parameter());        // false
        //! [Gradients, Target]
    }
    {
        //! [Unused]
        const Variable x = tape.variable(2., "x"), y = tape.variable(5., "y");
        show(grad(x * x, y));  // 0  (Unused::zero, which is the default)
        try {
            grad(x * x, y, Unused::error);
        } catch (const GradientError& error) {
            show(error.what());  // grad: the output does not depend on 'y'
        }
        //! [Unused]
    }
    {
        //! [value_and_grad, ValueAnd, ValueAndGrad]
        const auto f = [](Variable v) { return sum(v * v); };
        const ValueAndGrad both = value_and_grad(f)(tape.variable(xt::xarray<double>{1., 2.}));
        show(both.value);  // 5
        show(both.grad);   // [2, 4]
        //! [value_and_grad, ValueAnd, ValueAndGrad]
    }
    {
        //! [argnums, Argnums]
        const auto f = [](Variable x, Variable y) { return x * x * y; };
        const Variable x = tape.variable(2.), y = tape.variable(5.);
        show(grad(f, argnums<1>)(x, y));  // 4  (by the second argument)
        const auto [dx, dy] = grad(f, argnums<0, 1>)(x, y);
        show(dx);  // 20
        //! [argnums, Argnums]
    }
    {
        //! [transformable]
        const auto f = [](Variable x) { return sin(x); };
        show(transformable<decltype(f)>);  // true  (what grad(f) and the others take)
        show(transformable<Variable>);     // false
        show(grad(f)(tape.variable(0.)));  // 1
        //! [transformable]
    }
}

void products(Tape& tape)
{
    {
        //! [vjp, ValueAndPullback]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable c = tape.constant(xt::xarray<double>{10., 100.});
        show(vjp(x * x, x, c));  // [20, 400]  (sum of c_i dy_i / dx)
        const auto [value, pullback] = vjp([](Variable v) { return v * v; }, x);
        show(value);        // [1, 4]
        show(pullback(c));  // [20, 400]  (as often as you like)
        //! [vjp, ValueAndPullback]
    }
    {
        //! [jvp]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable v = tape.constant(xt::xarray<double>{1., 0.});
        show(jvp(x * sum(x), x, v));  // [4, 2]  (how y moves when x moves along v)
        //! [jvp]
    }
    {
        //! [value_and_jvp, ValueAndTangent]
        const Variable x = tape.variable(3.), v = tape.constant(0.1);
        const ValueAndTangent y = value_and_jvp([](Variable u) { return u * u; }, x, v);
        show(y.value);    // 9
        show(y.tangent);  // 0.6
        //! [value_and_jvp, ValueAndTangent]
    }
    {
        //! [hvp]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable v = tape.constant(xt::xarray<double>{1., 0.});
        show(hvp(sum(x * x * x), x, v));                      // [6, 0]  (the Hessian is diag(6 x))
        show(hvp([](Variable u) { return prod(u); }, x, v));  // [0, 1]
        //! [hvp]
    }
}

void matrices(Tape& tape)
{
    {
        //! [jacobian]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(jacobian(x * sum(x), x));                        // [[4, 1], [2, 5]]
        show(jacobian([](Variable v) { return v * v; })(x));  // [[2, 0], [0, 4]]
        //! [jacobian]
    }
    {
        //! [jacobian_forward, jacobian_reverse, Mode]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable y = concat({x, x * x});
        show(jacobian_forward(y, x));  // [[1, 0], [0, 1], [2, 0], [0, 4]]  (by columns: 2 sweeps)
        show(jacobian_reverse(y, x));  // [[1, 0], [0, 1], [2, 0], [0, 4]]  (by rows: 4 sweeps)
        show(jacobian(y, x, Mode::forward).shape());  // [4, 2]
        //! [jacobian_forward, jacobian_reverse, Mode]
    }
    {
        //! [hessian]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(hessian(sum(x * x * x), x));                      // [[6, 0], [0, 12]]
        show(hessian([](Variable v) { return prod(v); })(x));  // [[0, 1], [1, 0]]
        //! [hessian]
    }
    {
        //! [Hessian]
        const Variable w = tape.variable(2.), b = tape.variable(3.);
        const Hessian h = hessian(w * w * b, {w, b});
        show(h(w, w));     // 6  (2 b)
        show(h(w, b));     // 4  (2 w)
        show(h.matrix());  // [[6, 4], [4, 0]]
        //! [Hessian]
    }
}

void examples_and_memory(Tape& tape)
{
    {
        //! [per_example_grad, PerExample]
        const Parameter w(xt::xarray<double>{1., 1.}, "w");
        const Variable x = tape.constant(xt::xarray<double>{{1., 0.}, {0., 2.}});
        const Variable losses = square(matmul(x, tape.parameter(w)));  // one for each row of x
        show(per_example_grad(losses, w));                             // [[2, 0], [0, 8]]
        show(per_example_grad(losses, w, PerExample::single));         // [[2, 0], [0, 8]]  (one at a time)
        show(grad(sum(losses), w));                                    // [2, 8]  (their sum)
        //! [per_example_grad, PerExample]
    }
    {
        //! [checkpoint]
        const auto f = [](Variable v) { return exp(sin(v)); };
        const Variable x = tape.variable(0.);
        const Variable y = checkpoint(f, x);  // what f computes on the way is not kept, but computed again
        show(y);                              // 1
        show(grad(y, x));                     // 1  (the same as without)
        //! [checkpoint]
    }
}

void checks(Tape&)
{
    {
        //! [gradcheck, GradcheckReport, GradcheckOptions]
        const auto right = [](Variable x) { return sum(tanh(x)); };
        const auto wrong = [](Variable x) { return sum(x * detach(x)); };  // its gradient forgets a half
        const xt::xarray<double> x0 = {0.5, -1.};
        const GradcheckReport report = gradcheck(right, x0, {.tolerance = 1e-8});
        show(report.passed);                  // true
        show(gradcheck(wrong, x0).analytic);  // -1
        show(gradcheck(wrong, x0).numeric);   // -2
        //! [gradcheck, GradcheckReport, GradcheckOptions]
    }
    {
        //! [gradgradcheck]
        const xt::xarray<double> x0 = {0.5, -1.}, y0 = {2., 3.};
        show(gradgradcheck([](Variable x, Variable y) { return x * tanh(y); }, {x0, y0}).passed);  // true
        //! [gradgradcheck]
    }
    {
        //! [Function]
        const Function f = [](std::span<const Variable> in) { return in[0] * in[1]; };
        show(gradcheck(f, {xt::xarray<double>{1., 2.}, xt::xarray<double>{3., 4.}}).elements);  // 4
        //! [Function]
    }
}

const shown::Page page("Derivatives", {gradients, products, matrices, examples_and_memory, checks});

}  // namespace
