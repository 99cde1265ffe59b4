// What a user writes: a module of one's own and a training loop.
#include "xgrad/nn.hpp"

#include <iostream>
#include <xtensor/xarray.hpp>

namespace nn = xgrad::nn;
using xgrad::Variable;

struct Net {
    nn::Linear hidden{2, 16}, output{16, 1};
    nn::ModuleScope scope{"Net"};

    Variable operator()(Variable x) const
    {
        const auto guard = scope.enter(x);
        return output(tanh(hidden(x)));
    }
    static constexpr auto members()
    {
        return std::tuple{xgrad::field("hidden", &Net::hidden), xgrad::field("output", &Net::output)};
    }
};

int main()
{
    const xt::xarray<float> points{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, labels{-1, 1, 1, -1};
    const xgrad::Array x = points;
    Net net;
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.1, .momentum = 0.9}, net);
    for (int step = 0; step < 200; ++step) {
        xgrad::Tape tape;
        const Variable y = reshape(net(tape.constant(x)), {-1});
        const Variable loss = nn::logistic_loss(y, labels) + nn::l2(y, net, 1e-4);
        optimizer.step(grad(loss, optimizer.parameters()));
        if (step % 50 == 0) std::cout << step << ": " << loss.item() << '\n';
    }
}
