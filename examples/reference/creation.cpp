// New arrays on the tape of another one: of one value, of numbers in order, of random numbers.
#include "shown.hpp"
using namespace xgrad;

namespace {

void values(Tape& tape)
{
    {
        //! [full]
        const Variable x = tape.variable(1.5f);  // whose tape and element type the new ones take
        show(full(x, {2, 2}, 7));                // [[7, 7], [7, 7]]
        show(full(x, {2, 2}, 7).dtype());        // float32
        //! [full]
    }
    {
        //! [full_like]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(full_like(x, 7));  // [7, 7]
        //! [full_like]
    }
    {
        //! [zeros, zeros_like]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(zeros(x, {3}));  // [0, 0, 0]
        show(zeros_like(x));  // [0, 0]
        //! [zeros, zeros_like]
    }
    {
        //! [ones, ones_like]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(ones(x, {3}));  // [1, 1, 1]
        show(ones_like(x));  // [1, 1]
        //! [ones, ones_like]
    }
    {
        //! [arange]
        const Variable x = tape.variable(1.);
        show(arange(x, 4));           // [0, 1, 2, 3]
        show(arange(x, 4).dtype());   // int64  (of the form with one number)
        show(arange(x, 1, 2, 0.25));  // [1, 1.25, 1.5, 1.75]
        //! [arange]
    }
    {
        //! [linspace]
        const Variable x = tape.variable(1.);
        show(linspace(x, 0, 1, 5));  // [0, 0.25, 0.5, 0.75, 1]  (both ends included)
        //! [linspace]
    }
    {
        //! [eye]
        const Variable x = tape.variable(1.);
        show(eye(x, 2));        // [[1, 0], [0, 1]]
        show(eye(x, 2, 3, 1));  // [[0, 1, 0], [0, 0, 1]]  (the diagonal above)
        //! [eye]
    }
}

void random(Tape& tape)
{
    {
        //! [random_uniform]
        const Variable u = random_uniform(tape.variable(0.), {10000}, 2, 4);
        show(all(logical_and(u >= 2, u < 4)));  // true
        show(abs(mean(u) - 3) < 0.05);          // true  (the mean of 10000 of them)
        //! [random_uniform]
    }
    {
        //! [random_normal]
        const Variable z = random_normal(tape.variable(0.), {10000}, 5, 2);
        show(abs(mean(z) - 5) < 0.1);    // true
        show(abs(stddev(z) - 2) < 0.1);  // true
        //! [random_normal]
    }
    {
        //! [dropout]
        const Variable x = ones(tape.variable(0.), {10000});
        const Variable y = dropout(x, 0.2);
        show(all(logical_or(equal(y, 0), equal(y, 1.25))));  // true  (0, or scaled by 1 / (1 - p))
        show(abs(mean(y) - 1) < 0.05);                       // true  (so that the mean stays)
        Tape evaluation({.training = false});
        show(dropout(evaluation.variable(3.), 0.2));  // 3
        //! [dropout]
    }
    {
        //! [Generator]
        const Generator seeded(7);  // the same seed, the same numbers
        Tape one({.generator = Generator(7)}), two({.generator = Generator(7)});
        const Array a = random_normal(one.variable(0.), {3}).array();
        const Array b = random_normal(two.variable(0.), {3}).array();
        show(a.value<double>() == b.value<double>());  // true
        show(seeded.seed());                           // 7
        //! [Generator]
    }
}

const shown::Page page("New arrays", {values, random});

}  // namespace
