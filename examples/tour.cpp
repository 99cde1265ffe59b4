// The tour of the README: derivatives, a network trained on real data, its picture, its collapse.
#include <iostream>
#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>
using namespace xgrad;

struct Net {  // a model is a plain struct
    nn::Linear hidden{30, 16}, out{16, 1};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
};

int main()
{
    Tape tape;  // derivatives of anything, of any order
    auto w = tape.variable(xt::xarray<double>{1., 2., 3.}, "w");
    auto y = sum(w * tanh(w) + 0.5);
    auto dw = grad(y, w);  // a Variable like any other
    std::cout << dw << " " << grad(sum(dw), w) << "\n";

    auto data = nn::read_csv<float>("breast_cancer.csv", {.target = "diagnosis", .positive = "malignant"});
    nn::standardise(data);
    Net net;
    nn::initialise(net, nn::xavier_uniform, /*seed=*/1);
    auto step = nn::compile(net, nn::logistic_loss, nn::Adam{.rate = 1e-2});  // recorded once, then replayed
    for (auto [x, t] : data.batches(64, {.epochs = 20, .seed = 2})) step(x, t);
    draw(step.graph()).save("step.svg");  // see what a step computes

    nn::Sequential linear(nn::Linear(30, 16), nn::Affine{0.5, 0.1}, nn::Linear(16, 8), nn::Linear(8, 1));
    auto [small, certificate] = collapse_linear(record(linear, data.x));  // stacked linear layers are one
    draw(certificate).save("collapse.svg");                               // two towers, and the proof
    std::cout << certificate;
}
