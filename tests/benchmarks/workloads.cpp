// The workloads. Eager: every iteration records on a fresh tape, differentiates, updates. Replay: planned once.
#include "workloads.hpp"

#include "problem.hpp"
#include "workload_kit.hpp"

namespace bench {
namespace {

template <class Activation>
nn::Sequential network(const Problem& problem, bool activate_last = false)
{
    nn::Sequential net;
    for (std::size_t i = 0; i < problem.layers.size(); ++i) {
        const Dense& layer = problem.layers[i];
        nn::Linear linear(layer.in, layer.out);
        linear.weight.assign(array(layer.weight, {layer.in, layer.out}));
        linear.bias.assign(array(layer.bias, {layer.out}));
        net.add(std::move(linear));
        if (activate_last || i + 1 < problem.layers.size()) net.add(Activation{});
    }
    return net;
}

Array inputs(const Problem& problem)
{
    return array(problem.x, {problem.rows, static_cast<std::int64_t>(problem.x.size()) / problem.rows});
}

Array targets(const Problem& problem)
{
    return array(problem.target,
                 {problem.rows, static_cast<std::int64_t>(problem.target.size()) / problem.rows});
}

std::vector<Step> chain_scalar(Mode mode)
{
    const Array x = array({chain_x}, Shape{1}), a = array({chain_a}, Shape{1}),
                b = array({chain_b}, Shape{1});
    return computing(mode, {x, a, b}, [](std::span<const Variable> in) {
        Variable y = in[0];
        for (int i = 0; i < chain_length; ++i) y = tanh(y * in[1] + in[2]);
        return std::vector<Variable>{y, grad(y, in[0])};
    });
}

std::vector<Step> logreg(Mode mode)
{
    const Problem problem = linear_569x30(0, 1);
    const nn::Sequential net = network<nn::Identity>(problem);
    return training(mode, net, inputs(problem), targets(problem), nn::Optimizer(nn::Sgd{.rate = 0.1}, net),
                    [](const nn::Sequential& model, Variable x, Variable t) {
                        return nn::binary_cross_entropy_with_logits(model(x), t);
                    });
}

std::vector<Step> hinge(Mode mode)
{
    const Problem problem = linear_569x30(-1, 1);
    const nn::Sequential net = network<nn::Identity>(problem);
    const std::vector<Parameter> weights{parameters(net)[0]};
    return training(mode, net, inputs(problem), targets(problem), nn::Optimizer(nn::Sgd{.rate = 0.1}, net),
                    [weights](const nn::Sequential& model, Variable x, Variable t) {
                        const Variable loss = nn::hinge_loss(model(x), t);
                        return loss + nn::l2(loss, weights, 0.01);
                    });
}

template <class Options>
std::vector<Step> mlp_training(Mode mode, std::int64_t rows, const Options& options)
{
    const Problem problem = mlp(rows);
    const nn::Sequential net = network<nn::ReLU>(problem);
    return training(mode, net, inputs(problem), array(problem.labels), nn::Optimizer(options, net),
                    [](const nn::Sequential& model, Variable x, Variable labels) {
                        return nn::cross_entropy(model(x), labels);
                    });
}

template <class Activation>
std::vector<Step> deep_training(Mode mode, const Problem& problem)
{
    const nn::Sequential net = network<Activation>(problem, true);
    return training(
        mode, net, inputs(problem), targets(problem), nn::Optimizer(nn::Sgd{.rate = 0.01}, net),
        [](const nn::Sequential& model, Variable x, Variable t) { return nn::mse_loss(model(x), t); });
}

// The optimizer alone; the "gradient" to compare is the parameters' new values.
template <class Options>
std::vector<Step> step_alone(const Options& options)
{
    const Problem problem = mlp(64);
    const nn::Sequential net = network<nn::ReLU>(problem);
    auto optimizer = std::make_shared<nn::Optimizer>(options, net);
    const std::vector<std::vector<float>> values = step_gradients(problem);
    std::vector<Array> gradients;
    for (std::size_t i = 0; i < values.size(); ++i)
        gradients.push_back(array(values[i], optimizer->parameters()[i].shape()));
    return {[=](Result* result) {
        Tape tape;
        std::vector<Target> wrt(optimizer->parameters().begin(), optimizer->parameters().end());
        std::vector<Variable> given;
        given.reserve(gradients.size());
        for (const Array& gradient : gradients) given.push_back(tape.constant(gradient));
        optimizer->step(Gradients(std::move(wrt), std::move(given)));
        if (!result) return;
        for (const Parameter& parameter : optimizer->parameters()) append(*result, parameter.array());
    }};
}

std::vector<Step> elementwise(Mode mode)
{
    const Pair pair = elementwise_1e6();
    return computing(mode, {array(pair.y, Shape{1000000}), array(pair.t, Shape{1000000})},
                     [](std::span<const Variable> in) {
                         const Variable loss = mean(log1p(exp(-(in[1] * in[0]))));
                         return std::vector<Variable>{loss, grad(loss, in[0])};
                     });
}

std::vector<Step> hessian_vector(Mode mode)
{
    const Problem problem = hvp_mlp();
    const nn::Sequential net = network<nn::Tanh>(problem);
    const std::vector<Parameter> wrt = parameters(net);
    std::vector<Array> given = {inputs(problem), targets(problem)};
    for (std::size_t i = 0; i < wrt.size(); ++i) given.push_back(array(problem.direction[i], wrt[i].shape()));
    return computing(mode, given, [=](std::span<const Variable> in) {
        const Variable loss = nn::mse_loss(net(in[0]), in[1]);
        const Gradients first = grad(loss, std::span(wrt));
        Variable product = sum(first.gradient(0) * in[2]);
        for (std::size_t i = 1; i < wrt.size(); ++i) product += sum(first.gradient(i) * in[2 + i]);
        const Gradients second = grad(product, std::span(wrt));
        std::vector<Variable> outputs = {loss};
        for (std::size_t i = 0; i < wrt.size(); ++i) outputs.push_back(second.gradient(i));
        return outputs;
    });
}

std::vector<Step> inference(Mode mode)
{
    const Problem problem = mlp(1);
    const nn::Sequential net = network<nn::ReLU>(problem);
    return computing(
        mode, {inputs(problem)},
        [=](std::span<const Variable> in) { return std::vector<Variable>{net(in[0])}; }, /*training=*/false);
}

}  // namespace

std::vector<Workload> workloads()
{
    std::vector<Workload> all;
    for (const Mode mode : {Mode::eager, Mode::replay}) {
        const std::string name = mode == Mode::eager ? "eager" : "replay";
        all.push_back({"chain_scalar", name, [=] { return chain_scalar(mode); }});
        all.push_back({"logreg_569x30", name, [=] { return logreg(mode); }});
        all.push_back({"hinge_569x30", name, [=] { return hinge(mode); }});
        all.push_back({"mlp_64x784_512_512_10", name,
                       [=] { return mlp_training(mode, 64, nn::Sgd{.rate = 1e-3, .momentum = 0.9}); }});
        all.push_back({"mlp_256x784_512_512_10_adam", name,
                       [=] { return mlp_training(mode, 256, nn::Adam{.rate = 1e-5}); }});
        all.push_back({"deep_narrow", name, [=] { return deep_training<nn::Tanh>(mode, deep_narrow()); }});
        all.push_back({"elementwise_1e6", name, [=] { return elementwise(mode); }});
        all.push_back({"hvp_mlp", name, [=] { return hessian_vector(mode); }});
        all.push_back({"inference_mlp_1x784", name, [=] { return inference(mode); }});
        all.push_back({"rss_100x256_b512", name, [=] { return deep_training<nn::ReLU>(mode, deep_wide()); }});
    }
    all.push_back({"mlp_sgd_momentum_step", "eager",
                   [] { return step_alone(nn::Sgd{.rate = 1e-6, .momentum = 0.9}); }});
    all.push_back({"mlp_adam_step", "eager", [] { return step_alone(nn::Adam{.rate = 1e-6}); }});
    for (auto family : {attention_workloads, lenet_workloads, lstm_workloads})
        for (Workload& workload : family()) all.push_back(std::move(workload));
    return all;
}

}  // namespace bench
