// Optimizers, and steps that are recorded once and replayed.
#include <xgrad/nn.hpp>
#include <xtensor/xtensor.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void by_hand(Tape&)
{
    {
        //! [nn::Optimizer]
        const Parameter w(xt::xarray<double>{4.0}, "w");
        nn::Optimizer optimizer(nn::Sgd{.rate = 0.25}, {w});
        for (int k = 0; k < 2; ++k) {
            Tape step;
            // w = w - 0.25 times 2 w
            optimizer.step(grad(square(step.parameter(w)), optimizer.parameters()));
        }
        show(w.array());          // [1]  (4, 2, 1)
        show(optimizer.steps());  // 2
        //! [nn::Optimizer]
    }
    {
        //! [nn::Optimizer::Input]
        const Parameter w(xt::xarray<double>{4.0}, "w");
        nn::Optimizer optimizer(nn::Sgd{.rate = 0.25}, {w});
        Tape step;
        const Gradients g = grad(square(step.parameter(w)), optimizer.parameters());
        // what changes from step to step
        const std::vector<nn::Optimizer::Input> inputs = optimizer.assign(g);
        show(inputs[0].variable);  // 0.25  (the rate)
        step.commit();
        show(w.array());  // [2]
        //! [nn::Optimizer::Input]
    }
    {
        //! [nn::Sgd]
        const Parameter w(xt::xarray<double>{1.0}, "w");
        nn::Optimizer optimizer(nn::Sgd{.rate = 0.5, .momentum = 0.5}, {w});
        for (int k = 0; k < 2; ++k) {
            Tape step;
            optimizer.step(grad(sum(2 * step.parameter(w)), optimizer.parameters()));  // the gradient is 2
        }
        show(w.array());  // [-1.5]  (1 - 0.5 times 2, then - 0.5 times (0.5 times 2 + 2))
        //! [nn::Sgd]
    }
    {
        //! [nn::Adam]
        const Parameter w(xt::xarray<double>{1., 1.}, "w");
        nn::Optimizer optimizer(nn::Adam{.rate = 0.1}, {w});
        Tape step;
        optimizer.step(
            grad(sum(w * step.constant(xt::xarray<double>{1000., -0.001})), optimizer.parameters()));
        show(w.array());  // [0.9, 1.1]  (a first step is as long as the rate, whatever the gradient)
        //! [nn::Adam]
    }
    {
        //! [nn::ExponentialDecay]
        const Parameter w(xt::xarray<double>{1.0}, "w");
        nn::Optimizer optimizer(nn::Sgd{.rate = 0.8}, {w});
        // halves the rate after each step
        optimizer.schedule(nn::ExponentialDecay{.gamma = 0.5, .every = 1});
        Tape step;
        optimizer.step(grad(sum(step.parameter(w)), optimizer.parameters()));
        show(optimizer.rate());  // 0.4
        //! [nn::ExponentialDecay]
    }
}

void compiled(Tape&)
{
    {
        //! [nn::compile, nn::CompiledStep, nn::CompiledStep::Counts]
        nn::Linear net(1, 1, {.bias = false, .dtype = DType::float64});
        nn::initialise(net, nn::constant(3), 1);
        // recorded once, then replayed
        nn::CompiledStep step = nn::compile(net, nn::mse_loss, nn::Sgd{.rate = 0.25});
        const Array x(xt::xtensor<double, 2>{{1.}, {-1.}}), t(xt::xtensor<double, 2>{{0.}, {0.}});
        show(step(x, t));          // 9  (the loss before the step: 3 x squared)
        show(net.weight.array());  // [[1.5]]  (3 - 0.25 times 6)
        show(step(x, t));          // 2.25
        const nn::CompiledStep::Counts counts = step.counts();
        show(counts.replayed + counts.recorded);  // 2
        //! [nn::compile, nn::CompiledStep, nn::CompiledStep::Counts]
    }
    {
        //! [nn::CompileOptions]
        const nn::Sequential net(nn::Linear(2, 8), nn::Dropout{0.5}, nn::Linear(8, 1));
        const nn::CompileOptions how{.generator = Generator(7)};  // dropout that can be repeated
        const Array x(xt::xarray<float>{{1, 2}, {3, 4}}), t(xt::xtensor<float, 2>{{0}, {1}});
        nn::Sequential one = nn::clone(net), two = nn::clone(net);
        const double first = nn::compile(one, nn::mse_loss, nn::Adam{}, how)(x, t);
        const double second = nn::compile(two, nn::mse_loss, nn::Adam{}, {.generator = Generator(7)})(x, t);
        show(first == second);  // true
        //! [nn::CompileOptions]
    }
    {
        //! [nn::LossFunction]
        const Parameter w(xt::xarray<double>{1., 1.}, "w");
        // of any inputs
        const nn::LossFunction loss = [&](std::span<const Variable> in) { return sum(w * in[0] * in[1]); };
        nn::CompiledStep step(loss, nn::Optimizer(nn::Sgd{.rate = 0.5}, {w}));
        show(step({xt::xarray<double>{1., 2.}, xt::xarray<double>{1., 1.}}));  // 3
        show(w.array());                                                       // [0.5, 0]
        //! [nn::LossFunction]
    }
}

const shown::Page page("Training", {by_hand, compiled});

}  // namespace
