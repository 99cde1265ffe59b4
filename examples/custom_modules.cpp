// The code of docs/custom_modules.md: layers of one's own.
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

//! [scale]
struct Scale {  // a layer with a parameter and a buffer of its own
    Parameter weight, calls;
    explicit Scale(std::int64_t width)
        : weight(Array(xt::xarray<float>(xt::ones<float>({width})))),
          calls(Parameter::buffer(Array(xt::xarray<float>({0.f}))))
    {}
    static constexpr auto members()
    {
        return std::tuple{field("weight", &Scale::weight), field("calls", &Scale::calls)};
    }
    Variable operator()(Variable x) const
    {
        if (x.shape().back() != weight.array().shape()[0])
            throw ShapeError("Scale: the last axis of x " + to_string(x.shape()) +
                             " must be as long as weight " + to_string(weight.array().shape()));
        x.tape().assign(calls, x.tape().parameter(calls) + 1.0);  // written with the optimizer's step
        return x * weight;
    }
};
//! [scale]

//! [residual]
struct Residual {
    nn::ModuleScope scope{"Residual"};  // a frame of its own in pictures and messages; not one of members()
    nn::Linear first, second;
    Scale scale;
    Residual(std::int64_t width, std::int64_t inner) : first(width, inner), second(inner, width), scale(width)
    {}
    static constexpr auto members()
    {
        return std::tuple{field("first", &Residual::first), field("second", &Residual::second),
                          field("scale", &Residual::scale)};
    }
    Variable operator()(Variable x) const
    {
        const auto guard = scope.enter(x);
        return x + scale(second(gelu(first(x))));
    }
};
//! [residual]

//! [net]
struct Net {
    nn::Linear in{30, 16};
    std::vector<Residual> blocks;
    nn::Linear out{16, 1};
    explicit Net(int depth)
    {
        for (int k = 0; k < depth; ++k) blocks.emplace_back(16, 32);
    }
    static constexpr auto members()
    {
        return std::tuple{field("in", &Net::in), field("blocks", &Net::blocks), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const
    {
        x = in(x);
        for (const Residual& block : blocks) x = block(x);
        return out(x);
    }
};
//! [net]

int main()
{
    //! [use]
    auto data = nn::read_csv<float>("breast_cancer.csv", {.target = "diagnosis", .positive = "malignant"});
    nn::standardise(data);
    Net net(2);
    nn::initialise(net, nn::kaiming_uniform, /*seed=*/1);
    for (const auto& [name, parameter] : nn::named_parameters(net))  // blocks.1.scale.weight
        std::cout << name << " " << to_string(parameter.array().shape()) << "\n";
    auto step = nn::compile(net, nn::logistic_loss, nn::Adam{.rate = 1e-3});
    for (auto [x, t] : data.batches(64, {.epochs = 5, .seed = 2})) step(x, t);
    draw(record(net, data.x), {.depth = 1}).save("modules.svg");  // only the modules
    //! [use]

    //! [sequential]
    nn::Sequential mixed(
        nn::Linear(30, 16), Residual(16, 32), [](Variable x) { return sin(x); }, nn::Linear(16, 1));
    //! [sequential]
    Tape tape({.training = false});
    const bool shape = mixed(tape.constant(data.x)).shape()[1] == 1;
    const bool counted = net.blocks[0].scale.calls.array().item<float>() == step.optimizer().steps();
    bool refused = false;
    try {
        Scale(3)(tape.constant(data.x));
    } catch (const ShapeError&) {
        refused = true;
    }
    return shape && counted && refused && nn::named_buffers(net).size() == 2 ? 0 : 1;
}
