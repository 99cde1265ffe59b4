// The code of docs/derivatives.md: every derivative of functions and of modules, checkpoints, gradients of single examples.
#include <cmath>
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

namespace {

//! [net]
struct Net {
    nn::Linear hidden{8, 16, {.dtype = DType::float64}}, out{16, 1, {.dtype = DType::float64}};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
};
//! [net]

}  // namespace

int main()
{
    Tape tape;
    //! [functions]
    const auto f = [](Variable x, Variable y) { return sum(x * x * y); };
    const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.}, "x");
    const Variable y = tape.variable(xt::xarray<double>{0.5, -1., 2.}, "y");

    const Variable gx = grad(f)(x, y);                    // by the first argument
    const Variable gy = grad(f, argnums<1>)(x, y);        // by another one
    const auto [dx, dy] = grad(f, argnums<0, 1>)(x, y);   // by both
    const auto [value, slope] = value_and_grad(f)(x, y);  // with f's value
    const Variable h = hessian(f)(x, y);                  // [3, 3]
    const auto blocks = hessian(f, argnums<0, 1>)(x, y);  // blocks[0][1]: d2f / dx dy
    const Variable third = grad([&](Variable u) { return sum(hessian(f)(u, y)); })(x);
    //! [functions]

    //! [products]
    const auto g = [](Variable x) { return sin(x) * x; };
    const auto [z, pullback] = vjp(g, x);              // z = g(x)
    const Variable back = pullback(ones_like(z));      // as often as you like
    const Variable along = jvp(g, x, y);               // dg/dx . y
    const auto [w, tangent] = value_and_jvp(g, x, y);  // with the value
    const Variable mixed = jvp(f, {x, y}, {y, x});     // along two arguments at once
    const Variable curved = hvp([&](Variable u) { return f(u, y); }, x, y);
    const Variable j = jacobian(g)(x);  // [3, 3]: shape of g(x) + shape of x
    //! [products]
    std::cout << gx << gy << dx << dy << value << slope << h << blocks[0][1] << third << back << along << w
              << tangent << mixed << curved << j << '\n';

    //! [modules]
    Net net;
    const Variable in = tape.constant(xt::xarray<double>(xt::ones<double>({5, 8})));
    const Variable target = tape.constant(xt::xarray<double>(xt::zeros<double>({5, 1})));

    const auto [loss, gradients] = value_and_grad(net, nn::mse_loss)(in, target);
    const Variable by_weight = gradients[net.hidden.weight];  // [8, 16]
    const Hessian second = hessian(net, nn::mse_loss)(in, target);
    const Variable block = second(net.hidden.bias, net.out.weight);  // [16, 16, 1]
    const Variable all = second.matrix();                            // [161, 161]
    const Gradients rows = jacobian(net(in), nn::parameters(net));   // rows[net.out.bias]: [5, 1, 1]
    //! [modules]
    std::cout << loss << by_weight.size() << ' ' << block.size() << ' ' << all.size() << ' ' << rows.size()
              << '\n';

    //! [examples]
    const Gradients each = per_example_grad(net, nn::mse_loss)(in, target);
    const Variable one_each = each[net.hidden.weight];     // [5, 8, 16]
    const Variable norms = sum(square(one_each), {1, 2});  // of each example's gradient
    //! [examples]
    std::cout << norms << '\n';

    //! [checkpoint]
    std::vector<nn::Linear> layers;
    for (int k = 0; k < 100; ++k) layers.emplace_back(64, 64);
    const auto ten = [&](Variable h, std::size_t first) {
        for (std::size_t k = first; k < first + 10; ++k) h = tanh(layers[k](h));
        return h;
    };
    Variable deep = tape.constant(xt::xarray<float>(xt::ones<float>({256, 64})));
    for (std::size_t k = 0; k < 100; k += 10) deep = checkpoint(ten, deep, k);
    const Variable first = grad(mean(square(deep)), layers[0].weight);
    //! [checkpoint]
    std::cout << first.size() << '\n';
}
