// docs/pitfalls.md in code: what differs from NumPy, PyTorch and xtensor. Every claim is checked; the tests run it.
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include <xtensor/xtensor.hpp>

#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

void check(bool holds, const char* claim)
{
    if (holds) return;
    std::cerr << "not so: " << claim << '\n';
    std::exit(1);
}

template <class E>
bool refuses(const std::function<void()>& f)
{
    try {
        f();
    } catch (const E& error) {
        std::cout << error.what() << '\n';
        return true;
    }
    return false;
}

void values_do_not_change()
{
    Tape tape;
    //! [update]
    Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
    const Variable before = x;
    x += 1;  // x now names a new value; the old one is as it was
    //! [update]
    check(before.value<double>()(0) == 1 && x.value<double>()(0) == 2, "x += 1 leaves the old value alone");

    //! [slice]
    const Variable row = slice(x, {{0, 2}});                     // numpy: x[0:2]; a value of its own, no view
    const Variable y = concat({row * 10, slice(x, {{2, {}}})});  // numpy: x[0:2] *= 10
    //! [slice]
    check(y.value<double>()(1) == 30 && x.value<double>()(1) == 3, "a slice is a value of its own");
}

void types_do_not_convert()
{
    Tape tape;
    //! [types]
    const Variable x = tape.variable(xt::xarray<float>{1.f, 2.f});
    const Variable half = x * 0.5;  // float32: a C++ number takes the array's type
    const Variable wide = cast(x, DType::float64) + xt::xarray<double>{0.1, 0.2};  // arrays have to be cast
    //! [types]
    check(half.dtype() == DType::float32 && wide.dtype() == DType::float64, "types");
    check(refuses<DtypeError>([&] { x + xt::xarray<double>{0.1, 0.2}; }), "float32 + float64 is refused");

    //! [masks]
    const Variable positive = x > 1.5;                         // a mask, of type bool
    const Variable count = sum(cast(positive, DType::int64));  // numpy: (x > 1.5).sum()
    const Variable same = equal(x, 2.0);                       // numpy: x == 2.0
    //! [masks]
    check(count.item() == 1 && same.dtype() == DType::boolean, "masks");
    check(refuses<DtypeError>([&] { x* positive; }), "a mask is no number");
}

void reductions()
{
    Tape tape;
    //! [axes]
    const Variable x = tape.variable(xt::xarray<double>{{1., 5.}, {5., 2.}});
    const Variable all = sum(x), rows = sum(x, -1), both = sum(x, {0, 1}), none = sum(x, Axes{});
    const Variable first = max(x, 1);             // one axis: the first of equal elements gets the gradient
    const Variable shared = max(x);               // all elements (and amax): equal ones share it
    const Variable sample = var(x, {.ddof = 1});  // as NumPy's, var divides by n unless told otherwise
    //! [axes]
    check(all.item() == 13 && rows.size() == 2 && both.item() == 13 && none.size() == 4, "axes");
    check(first.size() == 2 && sample.item() > var(x).item(), "var");
    const Gradients g = grad(shared, {x});
    check(g[x].value<double>()(0, 1) == 0.5 && g[x].value<double>()(1, 0) == 0.5, "ties share");
}

void names()
{
    Tape tape;
    //! [names]
    const Variable x = tape.variable(xt::xarray<double>{0.5, 1.5, 2.5, -1.5});
    const Variable r = round(x);  // halves to the even number, as NumPy's: 0, 2, 2, -2
    const Variable f =
        fmod(x, 1.0);            // the sign of x, as C's and NumPy's fmod; Python's % has the sign of 1.0
    const Variable s = sinc(x);  // sin(x) / x; NumPy's sinc takes pi x
    const Variable d = xgrad::std(x);  // `std` alone is the standard library's namespace; or stddev(x)
    const Variable m = median(x);  // the mean of the two middle ones, as NumPy's; PyTorch takes the lower one
    const Variable twice = repeat(x, 2), again = tile(x, 2);  // numpy's names: torch.repeat is tile
    //! [names]
    const auto v = r.value<double>();
    check(v(0) == 0 && v(1) == 2 && v(2) == 2 && v(3) == -2, "round");
    check(f.value<double>()(3) == -0.5 && s.value<double>()(0) > 0.95, "fmod, sinc");
    check(d.item() == stddev(x).item() && m.item() == 1, "std, median");
    check(twice.value<double>()(1) == 0.5 && again.value<double>()(1) == 1.5, "repeat, tile");
}

void xtensor()
{
    Tape tape;
    //! [eager]
    const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
    auto y = exp(x) * 2;  // computed here and now: auto is safe, y is no unevaluated expression
    xt::xarray<double> copy = y.value<double>();  // xtensor's array, independent of the tape
    //! [eager]
    copy(0) = 0;
    check(y.value<double>()(0) > 5, "a copy is a copy");

    //! [constants]
    const Variable z = x + xt::linspace<double>(0, 1, 3);  // an xtensor expression comes in as a constant
    const Variable w = tape.variable(xt::eval(xt::sin(copy)), "w");  // variable(): to be differentiated
    //! [constants]
    check(z.size() == 3 && w.size() == 3, "expressions come in");
    //! [column]
    const Variable labels =
        tape.constant(xt::xtensor<double, 2>{{1.}, {-1.}});  // [2, 1]: xtensor knows the rank
    const Variable same = reshape(tape.constant(xt::xarray<double>{1., -1.}), {2, 1});
    //! [column]
    check(std::ranges::equal(labels.shape(), same.shape()), "a column");
}

void training()
{
    //! [gradients]
    const nn::Linear layer(3, 1, {.dtype = DType::float64});  // weight [in, out]: PyTorch's, transposed
    for (int step = 0; step < 2; ++step) {
        Tape tape;  // one tape a step: nothing to zero, grad() returns gradients instead of adding them up
        const Variable loss = mean(square(layer(tape.variable(xt::xarray<double>{{1., 2., 3.}}))));
        const Gradients g = grad(loss, {layer.weight, layer.bias});
        std::cout << "d loss / d bias: " << g[layer.bias].item() << '\n';
    }
    //! [gradients]
    check(layer.weight.shape()[0] == 3, "weights are [in, out]");
    //! [training]
    Tape evaluation({.training = false});  // PyTorch: net.eval(). Dropout passes its input through
    const Variable ones = evaluation.variable(xt::xarray<double>{1., 1.});
    const Variable kept = dropout(ones, 0.9);
    //! [training]
    check(kept.value<double>()(0) == 1, "no dropout in evaluation");
}

}  // namespace

int main()
{
    values_do_not_change();
    types_do_not_convert();
    reductions();
    names();
    xtensor();
    training();
    std::cout << "every claim of docs/pitfalls.md holds\n";
}
