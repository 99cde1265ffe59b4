// The code of docs/replay.md: steps and graphs that are recorded once. (Its profile: profile.cpp.)
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>
#include <xtensor/xrandom.hpp>

using namespace xgrad;

void a_training_step()
{
    auto data = nn::read_csv<float>("breast_cancer.csv", {.target = "diagnosis", .positive = "malignant"});
    nn::standardise(data);
    nn::Sequential net(nn::Linear(30, 16), nn::Tanh{}, nn::Linear(16, 1));
    //! [step]
    auto step = nn::compile(net, nn::logistic_loss, nn::Adam{.rate = 1e-2});
    for (auto [x, t] : data.batches(64, {.epochs = 20, .seed = 2})) step(x, t);  // returns the batch's loss
    //! [step]
    std::cout << step.counts().replayed << " steps replayed\n";
}

void any_loss(const Array& x, const Array& t)
{
    nn::Linear net(30, 1);
    //! [loss]
    auto step = nn::compile(
        [&](std::span<const Variable> in) {
            return nn::mse_loss(net(in[0]), in[1]) + nn::l2(in[0], net, 1e-3);
        },
        nn::Optimizer(nn::Sgd{.rate = 0.1}, net));
    step({x, t});
    //! [loss]
}

void a_number_that_changes(const Array& x, const Array& t, float temperature)
{
    nn::Linear net(30, 3);
    //! [temperature]
    auto step = nn::compile(
        [&](std::span<const Variable> in) { return nn::cross_entropy(net(in[0]) / in[2], in[1]); },
        nn::Optimizer(nn::Adam{.rate = 1e-3}, net));
    step({x, t, Array(temperature)});  // float temperature: a 0-d array
    //! [temperature]
}

void any_graph(const Array& images)
{
    nn::Sequential net(nn::Linear(784, 32), nn::ReLU{}, nn::Linear(32, 10));
    //! [graph]
    Tape tape;
    auto x = tape.variable(xt::xarray<float>(xt::ones<float>({64, 784})), "x");
    auto y = net(x);
    Program program(tape.graph({y, grad(sum(y), x)}));  // immutable, shared by copies and by threads
    Workspace workspace(program);                       // memory for one run at a time; one for each thread
    auto outputs = workspace.run({images});             // std::span<const Array>, in the order of the outputs
    //! [graph]
    std::cout << outputs.size() << " outputs\n";
}

int main()
{
    a_training_step();
    const Array x = xt::random::rand<float>({64, 30});
    any_loss(x, xt::random::rand<float>({64, 1}));
    a_number_that_changes(x, xt::random::randint<std::int64_t>({64}, 0, 3), 2.f);
    any_graph(xt::random::rand<float>({64, 784}));
}
