// lstm_b32_t50_h128 in xgrad.
#include "problem_lstm.hpp"
#include "workload_kit.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

std::vector<Step> lstm(Mode mode)
{
    using P = LstmProblem;
    const P problem = lstm_b32_t50_h128();
    nn::LSTM net(P::inputs, P::hidden);
    nn::LSTM::Layer& layer = net.layers[0];
    layer.weight_ih.assign(array(problem.weight_ih, {P::inputs, 4 * P::hidden}));
    layer.weight_hh.assign(array(problem.weight_hh, {P::hidden, 4 * P::hidden}));
    layer.bias_ih.assign(array(problem.bias_ih, {4 * P::hidden}));
    layer.bias_hh.assign(array(problem.bias_hh, {4 * P::hidden}));
    return training(mode, net, array(problem.x, {P::steps, P::batch, P::inputs}),
                    array(problem.target, {P::batch, P::hidden}), nn::Optimizer(nn::Sgd{.rate = 0.01}, net),
                    [](const nn::LSTM& model, Variable x, Variable t) {
                        return nn::mse_loss(reshape(model(x).h_n, {-1, P::hidden}), t);
                    });
}

}  // namespace

std::vector<Workload> lstm_workloads()
{
    return {{"lstm_b32_t50_h128", "eager", [] { return lstm(Mode::eager); }},
            {"lstm_b32_t50_h128", "replay", [] { return lstm(Mode::replay); }}};
}

}  // namespace bench
