// The code of docs/freezing.md: training a part of a network.
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

//! [net]
struct Net {
    nn::Linear body{2, 16}, head{16, 1};
    static constexpr auto members()
    {
        return std::tuple{field("body", &Net::body), field("head", &Net::head)};
    }
    Variable operator()(Variable x) const { return head(tanh(body(x))); }
};
//! [net]

int main()
{
    const nn::Dataset data = nn::make_moons(200, 0.1, /*seed=*/1);
    const Array &x = data.x, &t = data.t;
    Net net;
    nn::initialise(net, nn::xavier_uniform, /*seed=*/2);
    const xt::xarray<float> frozen = net.body.weight.value<float>();
    const xt::xarray<float> start = net.head.weight.value<float>();

    {
        //! [head]
        nn::Optimizer optimizer(nn::Adam{.rate = 1e-2}, nn::parameters(net.head));  // the body is frozen
        for (int epoch = 0; epoch < 20; ++epoch) {
            Tape tape;
            const auto loss = nn::logistic_loss(net(tape.constant(x)), tape.constant(t));
            optimizer.step(grad(loss, optimizer.parameters()));  // no backward pass through the body
        }
        //! [head]
    }
    const bool body_kept = frozen == net.body.weight.value<float>();
    const bool head_moved = start != net.head.weight.value<float>();

    //! [compiled]
    auto step =
        nn::compile([&](std::span<const Variable> in) { return nn::logistic_loss(net(in[0]), in[1]); },
                    nn::Optimizer(nn::Adam{.rate = 1e-2}, nn::parameters(net.head)));
    step({x, t});
    //! [compiled]
    const bool still_kept = frozen == net.body.weight.value<float>();

    //! [chosen]
    std::vector<Parameter> weights;  // any choice: here all but the biases
    for (const auto& [name, parameter] : nn::named_parameters(net))
        if (!name.ends_with("bias")) weights.push_back(parameter);
    nn::Optimizer only_weights(nn::Sgd{.rate = 0.1, .weight_decay = 1e-4}, weights);
    //! [chosen]

    //! [detach]
    Tape tape;
    const Variable h = tanh(net.body(tape.constant(x)));
    const Variable loss = nn::logistic_loss(net.head(detach(h)), tape.constant(t));  // cut here
    const Gradients g = grad(loss, nn::parameters(net));
    std::cout << "to the body: " << sum(abs(g[net.body.weight]))
              << ", to the head: " << sum(abs(g[net.head.weight])) << "\n";
    //! [detach]
    const bool cut = sum(abs(g[net.body.weight])).item() == 0 && sum(abs(g[net.head.weight])).item() > 0;

    //! [thaw]
    nn::Optimizer slow(nn::Adam{.rate = 1e-4}, nn::parameters(net.body));  // thawed, at a rate of its own
    nn::Optimizer fast(nn::Adam{.rate = 1e-2}, nn::parameters(net.head));
    for (int epoch = 0; epoch < 20; ++epoch) {
        Tape both;
        const auto error = nn::logistic_loss(net(both.constant(x)), both.constant(t));
        const Gradients all = grad(error, nn::parameters(net));
        slow.assign(all);  // declared, not yet written
        fast.step(all);    // writes both
        slow.count_step();
    }
    //! [thaw]
    const bool thawed = frozen != net.body.weight.value<float>() && slow.steps() == 20;
    return body_kept && head_moved && still_kept && cut && thawed && weights.size() == 2 ? 0 : 1;
}
