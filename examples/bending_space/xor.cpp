// XOR: without activations depth buys nothing.
#include "xor.hpp"

#include <algorithm>
#include <cmath>

#include <xtensor/xtensor.hpp>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/figure.hpp"

using namespace xgrad;

namespace bending_space {
namespace {

constexpr nn::LinearOptions float64{.dtype = DType::float64};

//! [networks]
struct Tanh241 {
    nn::Linear hidden{2, 4, float64}, out{4, 1, float64};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Tanh241::hidden), field("out", &Tanh241::out)};
    }
    Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
};

nn::Sequential deep_linear()  // 2-16-16-16-1, and no activation
{
    return nn::Sequential{nn::Linear{2, 16, float64}, nn::Linear{16, 16, float64},
                          nn::Linear{16, 16, float64}, nn::Linear{16, 1, float64}};
}
//! [networks]

const xt::xtensor<double, 2> corners = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, targets = {{0}, {1}, {1}, {0}};

template <class Model>
double train(Model& model, std::uint64_t seed, int steps)
{
    nn::initialise(model, nn::xavier_uniform, seed);
    auto step = nn::compile(model, nn::mse_loss, nn::Adam{.rate = 0.05});
    for (int k = 0; k < steps; ++k) step(corners, targets);
    Tape tape;
    return nn::mse_loss(model(tape.constant(corners)), targets).item();
}

template <class Model>
double right(const Model& model)
{
    Tape tape;
    const Variable yes = model(tape.constant(corners)) > 0.5, wanted = tape.constant(targets) > 0.5;
    return mean(cast(equal(yes, wanted), DType::float64)).item();
}

}  // namespace

void exclusive_or(common::Report& report)
{
    const std::string& out = report.options().out;
    const std::uint64_t seeds = 20;
    const int steps = 2000;
    nn::Progress progress("XOR, 20 seeds", 2 * static_cast<std::int64_t>(seeds));
    double linear_best = 1, linear_worst = 0, linear_right = 0, tanh_worst = 0, tanh_right = 1;
    Tanh241 shown;
    //! [seeds]
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        nn::Sequential linear = deep_linear();
        const double loss = train(linear, seed, steps);  // Adam, rate 0.05, all four corners at each step
        linear_best = std::min(linear_best, loss), linear_worst = std::max(linear_worst, loss);
        linear_right = std::max(linear_right, right(linear));
        progress.step();
        Tanh241 bent;
        tanh_worst = std::max(tanh_worst, train(bent, seed, steps));
        tanh_right = std::min(tanh_right, right(bent));
        if (seed == 0) shown = bent;
        progress.step();
    }
    //! [seeds]
    progress.finish();
    report.equals(16, "least_error_of_deep_linear_nets", linear_best, 0.25, 1e-6);
    report.equals(16, "largest_error_of_deep_linear_nets", linear_worst, 0.25, 1e-3);
    report.at_most(16, "most_corners_right_linear", linear_right, 0.75);
    report.at_most(16, "largest_error_of_tanh_nets", tanh_worst, 1e-3);
    report.equals(16, "fewest_corners_right_tanh", tanh_right, 1);

    // Output of the tanh network over the square, and the four corners.
    common::Table table({"x1", "x2", "y"});
    for (int i = 0; i <= 60; ++i) {
        for (int k = 0; k <= 60; ++k) {
            const double x1 = -0.5 + i / 30.0, x2 = -0.5 + k / 30.0;
            Tape tape;
            table.add({x1, x2, shown(tape.constant(xt::xtensor<double, 2>{{x1, x2}})).item()});
        }
        table.gap();
    }
    table.save(out + "/xor.csv");
    common::draw_figure(out, "xor", "xor");
}

}  // namespace bending_space
