// lenet_mnist_b64 on libtorch's side.
#include "../problem_lenet.hpp"
#include "libtorch_kit.hpp"
#include "libtorch_peers.hpp"

namespace bench {
namespace {

std::vector<Step> lenet_training()
{
    const LenetProblem problem = lenet();
    torch::nn::Sequential net;
    torch::NoGradGuard guard;  // while weights are put in place
    for (std::size_t i = 0; i < problem.filters.size(); ++i) {
        const Filters& layer = problem.filters[i];
        torch::nn::Conv2d conv(
            torch::nn::Conv2dOptions(layer.in, layer.out, layer.kernel).padding(i == 0 ? 2 : 0));
        conv->weight.copy_(tensor(layer.weight, {layer.out, layer.in, layer.kernel, layer.kernel}));
        conv->bias.copy_(tensor(layer.bias, {layer.out}));
        net->push_back(conv);
        net->push_back(torch::nn::Tanh());
        net->push_back(torch::nn::AvgPool2d(2));
    }
    net->push_back(torch::nn::Flatten());
    for (std::size_t i = 0; i < problem.dense.layers.size(); ++i) {
        const Dense& layer = problem.dense.layers[i];
        torch::nn::Linear linear(layer.in, layer.out);
        linear->weight.copy_(tensor(layer.weight, {layer.in, layer.out}).t());
        linear->bias.copy_(tensor(layer.bias, {layer.out}));
        net->push_back(linear);
        if (i + 1 < problem.dense.layers.size()) net->push_back(torch::nn::Tanh());
    }
    const Tensor x = tensor(problem.dense.x, {problem.batch, 1, problem.side, problem.side});
    const Tensor labels = torch::from_blob(const_cast<std::int64_t*>(problem.dense.labels.data()),
                                           {problem.batch}, torch::kLong)
                              .clone();
    auto optimizer = std::make_shared<torch::optim::SGD>(net->parameters(), torch::optim::SGDOptions(0.01));
    return training(optimizer, [=]() mutable { return F::cross_entropy(net->forward(x), labels); });
}

}  // namespace

std::vector<Workload> lenet_peers() { return {{"lenet_mnist_b64", "eager", lenet_training}}; }

}  // namespace bench
