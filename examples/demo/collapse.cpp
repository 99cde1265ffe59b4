// The second half of the demo: linear layers that collapse, and a ReLU that stops them.
#include "collapse.hpp"

#include <algorithm>
#include <cmath>

using namespace xgrad;

namespace demo {
namespace {

struct Stack {
    nn::Sequential net;
    static constexpr auto members() { return std::tuple{field("net", &Stack::net)}; }
    Variable operator()(Variable x) const { return net(x); }
};

nn::Sequential layers(bool with_relu)
{
    constexpr auto float64 = nn::LinearOptions{.dtype = DType::float64};
    if (with_relu)
        return nn::Sequential(nn::Linear(30, 16, float64), nn::Affine{0.5, 0.1}, nn::Linear(16, 8, float64),
                              nn::ReLU{}, nn::Linear(8, 4, float64), nn::Linear(4, 1, float64));
    return nn::Sequential(nn::Linear(30, 16, float64), nn::Affine{0.5, 0.1}, nn::Linear(16, 8, float64),
                          nn::Linear(8, 1, float64));
}

double accuracy(const View<double>& y, const nn::Dataset& data)
{
    const auto t = data.t.value<double>();
    double right = 0;
    for (std::int64_t i = 0; i < data.size(); ++i) right += (y(i, 0) > 0 ? 1 : -1) == t(i, 0);
    return right / static_cast<double>(data.size());
}

}  // namespace

Collapse collapse_layers(const nn::Split& data, bool with_relu)
{
    Stack net{layers(with_relu)};
    nn::initialise(net, nn::xavier_uniform, /*seed=*/3);
    nn::Optimizer optimizer(nn::Adam{.rate = 0.01}, net);
    const auto batches = data.train.batches(64, {.epochs = 30, .seed = 2});
    nn::Progress progress(with_relu ? "layers with a ReLU" : "linear layers", batches.count());
    for (const auto& [x, t] : batches) {
        Tape tape;
        const Variable loss = nn::logistic_loss(net(tape.constant(x)), tape.constant(t));
        optimizer.step(grad(loss, optimizer.parameters()));
        progress.step();
    }
    progress.finish();

    const auto [small, certificate] = collapse_linear(record(net, data.test.x));
    Tape tape;
    const Variable x = tape.constant(data.test.x);
    const auto before = net(x).value<double>(), after = small(x).value<double>();
    Collapse result{certificate, accuracy(before, data.test), accuracy(after, data.test), 0};
    for (std::int64_t i = 0; i < data.test.size(); ++i)
        result.largest_difference = std::max(result.largest_difference, std::abs(before(i, 0) - after(i, 0)));
    return result;
}

}  // namespace demo
