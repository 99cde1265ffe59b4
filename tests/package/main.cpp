// A program outside the repository that uses the installed package: derivatives, an optimizer of its own, a network, a
// proof, a picture.
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/autodiff/update.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

#if __has_include(<xgrad/autodiff/recorder.hpp>) || __has_include(<xgrad/autodiff/rows.hpp>) || \
    __has_include(<xgrad/autodiff/ops/elementwise.hpp>) || __has_include(<xgrad/autodiff/kernels/gemm.hpp>) || \
    __has_include(<xgrad/autodiff/passes/affine_chain.hpp>) || __has_include(<xgrad/autodiff/export/theme.hpp>) || \
    __has_include(<xgrad/nn/streams.hpp>)
#error "a private header of xgrad is installed"
#endif

using namespace xgrad;

namespace {

bool derivatives_are_right()
{
    const auto second = grad(grad([](Variable x) { return x * x * x; }));
    Tape tape;
    return second(tape.variable(2.0)).item() == 12 &&
           gradcheck([](Variable x) { return tanh(x); }, Array(xt::xarray<double>{0.5, -1.})).passed;
}

bool own_optimizer_descends()
{
    const Parameter w(Array(xt::xarray<double>{3.}), "w");
    Tape tape;
    const Variable loss = sum(square(tape.parameter(w)));
    tape.assign(w, sgd_update(tape.parameter(w), grad(loss, w), tape.constant(0.25)));
    tape.commit();
    return w.value<double>()(0) == 1.5;
}

bool network_trains_and_is_drawn()
{
    nn::Sequential net(nn::Linear(2, 3), nn::Tanh{}, nn::Linear(3, 1));
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.1}, net);
    const nn::Dataset data = nn::make_moons(32, 0.1, 1);
    double first = 0, last = 0;
    for (int step = 0; step < 50; ++step) {
        Tape tape;
        const Variable loss = nn::logistic_loss(net(tape.constant(data.x)), tape.constant(data.t));
        (step == 0 ? first : last) = loss.item();
        optimizer.step(grad(loss, optimizer.parameters()));
    }
    const std::string svg = draw(record(net, data.x)).svg();
    std::cout << "loss " << first << " -> " << last << ", picture of " << svg.size() << " bytes\n";
    return last < first && svg.find("tanh") != std::string::npos;
}

bool linear_layers_collapse()
{
    const nn::Sequential net(nn::Linear(2, 3), nn::Linear(3, 1));
    const auto [graph, certificate] = collapse_linear(record(net, nn::make_moons(8, 0.1, 1).x));
    return certificate.holds() && certificate.merged.size() == 1;
}

}  // namespace

int main()
{
    return derivatives_are_right() && own_optimizer_descends() && network_trains_and_is_drawn() &&
                   linear_layers_collapse()
               ? 0
               : 1;
}
