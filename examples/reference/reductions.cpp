// Reductions, cumulative functions, variances, norms and the softmax family.
#include <cmath>
#include <limits>

#include "shown.hpp"
using namespace xgrad;

namespace {

void sums(Tape& tape)
{
    {
        //! [sum]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(sum(x));            // 10
        show(sum(x, 0));         // [4, 6]
        show(sum(x, -1, true));  // [[3], [7]]  (keepdims)
        show(grad(sum(x), x));   // [[1, 1], [1, 1]]
        //! [sum]
    }
    {
        //! [mean]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(mean(x));           // 2.5
        show(mean(x, {0, 1}));   // 2.5
        show(grad(mean(x), x));  // [[0.25, 0.25], [0.25, 0.25]]
        //! [mean]
    }
    {
        //! [prod]
        const Variable x = tape.variable(xt::xarray<double>{2., 0., 3.});
        show(prod(x));           // 0
        show(grad(prod(x), x));  // [0, 6, 0]  (right beside a zero too)
        //! [prod]
    }
    {
        //! [Axes]
        const Axes axes = {0, -1};  // a list of axes; negative ones count from the end
        const Variable x = tape.variable(xt::xarray<double>{{{1., 2.}, {3., 4.}}});
        show(sum(x, axes));                // [3, 7]
        show(sum(x, 1));                   // [[4, 6]]  (a number stands for a list of one)
        show(softmax(tape.variable(5.)));  // 1  (the one axis of a 0-d array, 0 or -1, is the array itself)
        //! [Axes]
    }
    {
        //! [cumsum]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(cumsum(x));     // [1, 3, 6, 10]
        show(cumsum(x, 0));  // [[1, 2], [4, 6]]
        //! [cumsum]
    }
    {
        //! [cumprod]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3., 4.});
        show(cumprod(x));  // [1, 2, 6, 24]
        //! [cumprod]
    }
    {
        //! [diff]
        const Variable x = tape.variable(xt::xarray<double>{1., 4., 9., 16.});
        show(diff(x));     // [3, 5, 7]
        show(diff(x, 2));  // [2, 2]
        //! [diff]
    }
    {
        //! [linear_scan]
        const Variable a = tape.variable(xt::xarray<double>{0.5, 0.5, 0.5});
        const Variable b = tape.variable(xt::xarray<double>{8., 0., 1.});
        show(linear_scan(a, b));  // [8, 4, 3]  (y_k = a_k y_(k-1) + b_k)
        //! [linear_scan]
    }
}

void extremes(Tape& tape)
{
    {
        //! [max]
        const Variable x = tape.variable(xt::xarray<double>{{1., 5., 5.}});
        show(max(x));                   // 5
        show(grad(max(x), x));          // [[0, 0.5, 0.5]]  (over everything equal ones share the gradient)
        show(grad(sum(max(x, 1)), x));  // [[0, 1, 0]]  (along one axis the first one gets it)
        //! [max]
    }
    {
        //! [min]
        const Variable x = tape.variable(xt::xarray<double>{{3., 1.}, {0., 2.}});
        show(min(x));     // 0
        show(min(x, 1));  // [1, 0]
        //! [min]
    }
    {
        //! [amax]
        const Variable x = tape.variable(xt::xarray<double>{{1., 5., 5.}});
        show(amax(x, 1));                // [5]
        show(grad(sum(amax(x, 1)), x));  // [[0, 0.5, 0.5]]  (equal ones share it, along one axis too)
        //! [amax]
    }
    {
        //! [amin]
        const Variable x = tape.variable(xt::xarray<double>{{3., 1.}, {0., 2.}});
        show(amin(x, {0, 1}));  // 0
        //! [amin]
    }
    {
        //! [argmax]
        const Variable x = tape.variable(xt::xarray<double>{{1., 9.}, {7., 7.}});
        show(argmax(x));     // 1  (its place in the flattened array)
        show(argmax(x, 1));  // [1, 0]  (the first of equal ones)
        //! [argmax]
    }
    {
        //! [argmin]
        const Variable x = tape.variable(xt::xarray<double>{{1., 9.}, {7., 5.}});
        show(argmin(x, 1));  // [0, 1]
        //! [argmin]
    }
    {
        //! [any, all]
        const Variable x = tape.variable(xt::xarray<double>{{1., -1.}, {2., 3.}});
        show(any(x < 0));     // true
        show(all(x > 0, 1));  // [false, true]
        //! [any, all]
    }
    {
        //! [count_nonzero]
        const Variable x = tape.variable(xt::xarray<double>{{0., 1.}, {2., 3.}});
        show(count_nonzero(x));         // 3
        show(count_nonzero(x > 1, 1));  // [0, 2]
        //! [count_nonzero]
    }
    {
        //! [median]
        const Variable x = tape.variable(xt::xarray<double>{1., 100., 3., 2.});
        show(median(x));           // 2.5  (the mean of the two middle ones)
        show(grad(median(x), x));  // [0, 0, 0.5, 0.5]
        //! [median]
    }
}

void spread(Tape& tape)
{
    {
        //! [var, VarOptions]
        const Variable x = tape.variable(xt::xarray<double>{1., 3.});
        show(var(x));                                    // 1  (divided by n: NumPy's default)
        show(var(x, {.ddof = 1}));                       // 2  (by n - 1: PyTorch's default)
        show(grad(var(x), x));                           // [-1, 1]  (2 (x - mean) / n)
        show(var(x, 0, {.ddof = 0, .keepdims = true}));  // [1]
        //! [var, VarOptions]
    }
    {
        //! [stddev]
        const Variable x = tape.variable(xt::xarray<double>{1., 5.});
        show(stddev(x));               // 2
        show(grad(stddev(x), x));      // [-0.5, 0.5]
        show(stddev(x, {.ddof = 1}));  // 2.828  (the root of 8)
        //! [stddev]
    }
    {
        //! [std]
        const Variable x = tape.variable(xt::xarray<double>{1., 5.});
        show(xgrad::std(x));  // 2  (stddev under NumPy's name; `std` alone is C++'s namespace)
        //! [std]
    }
    {
        //! [norm]
        const Variable x = tape.variable(xt::xarray<double>{3., -4.});
        show(norm(x));                                           // 5
        show(norm(x, 1));                                        // 7
        show(norm(x, std::numeric_limits<double>::infinity()));  // 4
        show(grad(norm(x), x));                                  // [0.6, -0.8]  (x / |x|)
        show(grad(norm(x - x), x));                              // [0, 0]  (0 at the kink)
        //! [norm]
    }
}

void softmaxes(Tape& tape)
{
    {
        //! [softmax]
        const Variable x = tape.variable(xt::xarray<double>{0., 0., std::log(2.)});
        show(softmax(x));         // [0.25, 0.25, 0.5]
        show(softmax(x + 1000));  // [0.25, 0.25, 0.5]  (only differences count, and nothing overflows)
        //! [softmax]
    }
    {
        //! [log_softmax]
        const Variable x = tape.variable(xt::xarray<double>{0., -1000.});
        show(log_softmax(x));   // [0, -1000]
        show(log(softmax(x)));  // [0, -inf]
        //! [log_softmax]
    }
    {
        //! [logsumexp]
        const Variable x = tape.variable(xt::xarray<double>{1000., 1000.});
        show(logsumexp(x));           // 1001  (1000 + ln 2)
        show(grad(logsumexp(x), x));  // [0.5, 0.5]  (the softmax)
        //! [logsumexp]
    }
}

const shown::Page page("Sums, means, extremes", {sums, extremes, spread, softmaxes});

}  // namespace
