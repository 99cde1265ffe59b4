// The code of docs/names.md.
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>
#include <xtensor/xrandom.hpp>

using namespace xgrad;

//! [encoder]
struct Encoder {
    nn::ModuleScope scope{"Encoder"};  // a member, so that it learns its path; not one of members()
    nn::Linear linear{4, 8};
    static constexpr auto members() { return std::tuple{field("linear", &Encoder::linear)}; }
    Variable operator()(Variable x) const
    {
        const auto guard = scope.enter(x);  // until it ends, what is recorded belongs to this module
        return tanh(linear(x));
    }
};
//! [encoder]

int main()
{
    //! [gradcheck]
    const xt::xarray<double> x0 = {0.5, -1.}, y0 = {2., 3.};
    std::cout << gradcheck([](Variable x) { return sum(tanh(x)); }, x0) << "\n";
    std::cout << gradgradcheck([](Variable x, Variable y) { return x * tanh(y); }, {x0, y0}) << "\n";
    //! [gradcheck]

    nn::Sequential net(nn::Linear(4, 8), nn::Linear(8, 4));
    const nn::Dataset data{.x = xt::random::rand<float>({20, 4}), .t = xt::random::rand<float>({20, 4})};
    Tape tape;
    //! [graph]
    const Graph small = collapse_linear(record(net, data.x), {.mode = CollapseMode::parameters}).graph;
    nn::Optimizer optimizer(nn::Sgd{.rate = 1e-2}, small);
    const auto loss = nn::mse_loss(small(tape.constant(data.x)), tape.constant(data.t));  // and step as ever
    //! [graph]
    optimizer.step(grad(loss, optimizer.parameters()));
    Encoder encoder;
    Tape other;
    std::cout << encoder(other.constant(data.x)).shape()[1] << "\n";
}
