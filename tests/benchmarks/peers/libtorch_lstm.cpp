// libtorch's side of lstm_b32_t50_h128.
#include "libtorch_kit.hpp"
#include "libtorch_peers.hpp"
#include "problem_lstm.hpp"

namespace bench {
namespace {

std::vector<Step> lstm()
{
    using P = LstmProblem;
    const P problem = lstm_b32_t50_h128();
    torch::nn::LSTM net(torch::nn::LSTMOptions(P::inputs, P::hidden));
    {
        torch::NoGradGuard guard;
        const auto parameters = net->parameters();  // weight_ih, weight_hh, bias_ih, bias_hh
        parameters[0].copy_(turned(tensor(problem.weight_ih, {P::inputs, 4 * P::hidden})));
        parameters[1].copy_(turned(tensor(problem.weight_hh, {P::hidden, 4 * P::hidden})));
        parameters[2].copy_(tensor(problem.bias_ih, {4 * P::hidden}));
        parameters[3].copy_(tensor(problem.bias_hh, {4 * P::hidden}));
    }
    const Tensor x = tensor(problem.x, {P::steps, P::batch, P::inputs}),
                 t = tensor(problem.target, {P::batch, P::hidden});
    auto optimizer = std::make_shared<torch::optim::SGD>(net->parameters(), torch::optim::SGDOptions(0.01));
    return training(optimizer, [=]() mutable {
        const Tensor h_n = std::get<0>(std::get<1>(net->forward(x)));
        return F::mse_loss(h_n.squeeze(0), t);
    });
}

}  // namespace

std::vector<Workload> lstm_peers() { return {{"lstm_b32_t50_h128", "eager", lstm}}; }

}  // namespace bench
