// A program outside the repository that uses the installed package: derivatives, a network, a picture.
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

int main()
{
    using namespace xgrad;
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
    return last < first && svg.find("tanh") != std::string::npos ? 0 : 1;
}
