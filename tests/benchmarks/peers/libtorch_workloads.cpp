// libtorch's side of the benchmarks (C++ frontend, eager autograd): the same workloads from the same initial values.
#include "libtorch_kit.hpp"
#include "libtorch_peers.hpp"
#include "problem.hpp"

namespace bench {
namespace {

Tensor inputs(const Problem& problem)
{
    return tensor(problem.x, {problem.rows, static_cast<std::int64_t>(problem.x.size()) / problem.rows});
}

Tensor labels(const Problem& problem)
{
    return torch::from_blob(const_cast<std::int64_t*>(problem.labels.data()), {problem.rows}, torch::kLong)
        .clone();
}

torch::nn::Linear linear(const Dense& layer)
{
    torch::NoGradGuard guard;
    torch::nn::Linear result(layer.in, layer.out);
    result->weight.copy_(turned(tensor(layer.weight, {layer.in, layer.out})));
    result->bias.copy_(tensor(layer.bias, {layer.out}));
    return result;
}

template <class Activation>
torch::nn::Sequential network(const Problem& problem, bool activate_last = false)
{
    torch::nn::Sequential net;
    for (std::size_t i = 0; i < problem.layers.size(); ++i) {
        net->push_back(linear(problem.layers[i]));
        if (activate_last || i + 1 < problem.layers.size()) net->push_back(Activation());
    }
    return net;
}

// Like values of the parameters, in their own layout.
std::vector<Tensor> like(const std::vector<Tensor>& parameters, const std::vector<std::vector<float>>& values)
{
    std::vector<Tensor> result;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        std::vector<std::int64_t> shape(parameters[i].sizes().rbegin(), parameters[i].sizes().rend());
        result.push_back(turned(tensor(values[i], shape)));
    }
    return result;
}

std::shared_ptr<torch::optim::Optimizer> sgd(const torch::nn::Sequential& net, double rate,
                                             double momentum = 0)
{
    return std::make_shared<torch::optim::SGD>(net->parameters(),
                                               torch::optim::SGDOptions(rate).momentum(momentum));
}

std::shared_ptr<torch::optim::Optimizer> adam(const torch::nn::Sequential& net, double rate)
{
    return std::make_shared<torch::optim::Adam>(net->parameters(), torch::optim::AdamOptions(rate));
}

std::vector<Step> chain_scalar()
{
    Tensor x = torch::full({1}, chain_x).requires_grad_(true);
    const Tensor a = torch::full({1}, chain_a), b = torch::full({1}, chain_b);
    return {[=](Result* result) mutable {
        x.mutable_grad() = Tensor();
        Tensor y = x;
        for (int i = 0; i < chain_length; ++i) y = torch::tanh(y * a + b);
        y.backward();
        if (!result) return;
        result->loss = y.item<double>();
        append(*result, x.grad());
    }};
}

std::vector<Step> logreg()
{
    const Problem problem = linear_569x30(0, 1);
    auto net = network<torch::nn::Identity>(problem);
    const Tensor x = inputs(problem), t = tensor(problem.target, {569});
    return training(sgd(net, 0.1), [=]() mutable {
        return F::binary_cross_entropy_with_logits(net->forward(x).squeeze(1), t);
    });
}

std::vector<Step> hinge()
{
    const Problem problem = linear_569x30(-1, 1);
    auto net = network<torch::nn::Identity>(problem);
    const Tensor x = inputs(problem), t = tensor(problem.target, {569}), weight = net->parameters()[0];
    return training(sgd(net, 0.1), [=]() mutable {
        const Tensor y = net->forward(x).squeeze(1);
        return torch::relu(1 - t * y).mean() + 0.5 * 0.01 * weight.square().sum();
    });
}

std::vector<Step> mlp_training(std::int64_t rows, bool with_adam)
{
    const Problem problem = mlp(rows);
    auto net = network<torch::nn::ReLU>(problem);
    const Tensor x = inputs(problem), t = labels(problem);
    return training(with_adam ? adam(net, 1e-5) : sgd(net, 1e-3, 0.9),
                    [=]() mutable { return F::cross_entropy(net->forward(x), t); });
}

template <class Activation>
std::vector<Step> deep_training(const Problem& problem)
{
    auto net = network<Activation>(problem, true);
    const Tensor x = inputs(problem), t = tensor(problem.target, x.sizes());
    return training(sgd(net, 0.01), [=]() mutable { return F::mse_loss(net->forward(x), t); });
}

std::vector<Step> step_alone(bool with_adam)
{
    const Problem problem = mlp(64);
    auto net = network<torch::nn::ReLU>(problem);
    auto parameters = net->parameters();
    const std::vector<Tensor> gradients = like(parameters, step_gradients(problem));
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].mutable_grad() = gradients[i];
    auto optimizer = with_adam ? adam(net, 1e-6) : sgd(net, 1e-6, 0.9);
    return {[=](Result* result) mutable {
        optimizer->step();
        if (!result) return;
        for (const Tensor& parameter : parameters) append(*result, parameter);
    }};
}

std::vector<Step> elementwise()
{
    const Pair pair = elementwise_1e6();
    Tensor y = tensor(pair.y, {1000000}).requires_grad_(true);
    const Tensor t = tensor(pair.t, {1000000});
    return {[=](Result* result) mutable {
        y.mutable_grad() = Tensor();
        const Tensor loss = torch::log1p(torch::exp(-(t * y))).mean();
        loss.backward();
        if (!result) return;
        result->loss = loss.item<double>();
        append(*result, y.grad());
    }};
}

std::vector<Step> hessian_vector()
{
    const Problem problem = hvp_mlp();
    auto net = network<torch::nn::Tanh>(problem);
    const Tensor x = inputs(problem), t = tensor(problem.target, {64, 1});
    const std::vector<Tensor> parameters = net->parameters(), v = like(parameters, problem.direction);
    return {[=](Result* result) mutable {
        const Tensor loss = F::mse_loss(net->forward(x), t);
        const auto first = torch::autograd::grad({loss}, parameters, {}, true, true);
        Tensor product = (first[0] * v[0]).sum();
        for (std::size_t i = 1; i < first.size(); ++i) product = product + (first[i] * v[i]).sum();
        const auto second = torch::autograd::grad({product}, parameters);
        if (!result) return;
        result->loss = loss.item<double>();
        for (const Tensor& gradient : second) append(*result, gradient);
    }};
}

std::vector<Step> inference()
{
    const Problem problem = mlp(1);
    auto net = network<torch::nn::ReLU>(problem);
    net->eval();
    const Tensor x = inputs(problem);
    return {[=](Result* result) mutable {
        torch::NoGradGuard guard;
        const Tensor y = net->forward(x);
        if (result) append(*result, y.t());
    }};
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments)
{
    using namespace bench;
    torch::set_num_threads(1);  // BLAS takes its own from OPENBLAS_NUM_THREADS
    Side side;
    side.workloads = {
        {"chain_scalar", "eager", chain_scalar},
        {"logreg_569x30", "eager", logreg},
        {"hinge_569x30", "eager", hinge},
        {"mlp_64x784_512_512_10", "eager", [] { return mlp_training(64, false); }},
        {"mlp_256x784_512_512_10_adam", "eager", [] { return mlp_training(256, true); }},
        {"deep_narrow", "eager", [] { return deep_training<torch::nn::Tanh>(deep_narrow()); }},
        {"elementwise_1e6", "eager", elementwise},
        {"hvp_mlp", "eager", hessian_vector},
        {"inference_mlp_1x784", "eager", inference},
        {"mlp_sgd_momentum_step", "eager", [] { return step_alone(false); }},
        {"mlp_adam_step", "eager", [] { return step_alone(true); }},
        {"rss_100x256_b512", "eager", [] { return deep_training<torch::nn::ReLU>(deep_wide()); }},
    };
    for (auto family : {attention_peers, lenet_peers, lstm_peers})
        for (Workload& workload : family()) side.workloads.push_back(std::move(workload));
    side.about = TORCH_VERSION;
    side.trivial = [] {
        const Tensor x = torch::full({}, 3.0).requires_grad_(true);
        (x * x).backward();
        if (x.grad().item<double>() != 6) std::abort();
    };
    return serve(side, count, arguments);
}
