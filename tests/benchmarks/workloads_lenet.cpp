// lenet_mnist_b64 on xgrad's side.
#include "problem_lenet.hpp"
#include "workload_kit.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

nn::Sequential network(const LenetProblem& problem)
{
    nn::Sequential net;
    for (std::size_t i = 0; i < problem.filters.size(); ++i) {
        const Filters& layer = problem.filters[i];
        nn::Conv2d conv(layer.in, layer.out, layer.kernel, {.padding = i == 0 ? 2 : 0});
        conv.weight.assign(array(layer.weight, {layer.out, layer.in, layer.kernel, layer.kernel}));
        conv.bias.assign(array(layer.bias, Shape{layer.out}));
        net.add(std::move(conv)).add(nn::Tanh{}).add(nn::AvgPool2d{2});
    }
    net.add(nn::Flatten{});
    for (std::size_t i = 0; i < problem.dense.layers.size(); ++i) {
        const Dense& layer = problem.dense.layers[i];
        nn::Linear linear(layer.in, layer.out);
        linear.weight.assign(array(layer.weight, {layer.in, layer.out}));
        linear.bias.assign(array(layer.bias, Shape{layer.out}));
        net.add(std::move(linear));
        if (i + 1 < problem.dense.layers.size()) net.add(nn::Tanh{});
    }
    return net;
}

std::vector<Step> lenet_training(Mode mode)
{
    const LenetProblem problem = lenet();
    const nn::Sequential net = network(problem);
    const Shape images = {problem.batch, 1, problem.side, problem.side};
    return training(mode, net, array(problem.dense.x, images), array(problem.dense.labels),
                    nn::Optimizer(nn::Sgd{.rate = 0.01}, net),
                    [](const nn::Sequential& model, Variable x, Variable labels) {
                        return nn::cross_entropy(model(x), labels);
                    });
}

}  // namespace

std::vector<Workload> lenet_workloads()
{
    return {{"lenet_mnist_b64", "eager", [] { return lenet_training(Mode::eager); }},
            {"lenet_mnist_b64", "replay", [] { return lenet_training(Mode::replay); }}};
}

}  // namespace bench
