// The code of docs/tutorials/when_a_line_is_enough.md: linear regression, where a line works, where it fails, where a curve works
// (claims 19 and 20).
#include <cmath>
#include <iostream>
#include <numeric>

#include <xtensor/xtensor.hpp>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/data.hpp"
#include "examples/common/figure.hpp"
#include "examples/common/report.hpp"

using namespace xgrad;

namespace {

constexpr nn::LinearOptions float64{.dtype = DType::float64};

// A network of one linear layer is linear regression: trained, it is the least-squares solution.
void regression(common::Report& report)
{
    nn::Dataset data = nn::read_csv<double>(common::data_file("diabetes.csv"), {.target = "progression"});
    nn::standardise(data);
    //! [regression]
    nn::Linear net(10, 1, float64);  // y = x W + b: no activation at all
    nn::initialise(net, nn::xavier_uniform, /*seed=*/1);
    const int steps = 4000;
    auto step = nn::compile(net, nn::mse_loss, nn::Sgd{.rate = 0.1, .momentum = 0.9});
    nn::Progress progress("diabetes, one linear layer", steps);
    for (int k = 0; k < steps; ++k) progress.step("loss " + std::to_string(step(data.x, data.t)));
    //! [regression]
    progress.finish();

    // The same by QR: the design matrix with a column of ones, then R w = Q.T t.
    Tape tape;
    const Variable x = tape.constant(data.x), t = tape.constant(data.t);
    const Variable design = concat({x, full(x, {data.size(), 1}, 1)}, 1);
    const auto [q, r] = qr(design);
    const Variable solution = solve_triangular(r, matmul(transpose(q), t));
    const auto w = net.weight.value<double>(), exact = solution.value<double>();
    double apart = std::abs(net.bias.value<double>()(0) - exact(10, 0)), size = 0;
    for (std::size_t i = 0; i < 10; ++i) {
        apart = std::max(apart, std::abs(w(i, 0) - exact(i, 0)));
        size = std::max(size, std::abs(exact(i, 0)));
    }
    report.at_most(19, "weights_against_qr_relative", apart / size, 1e-8);
    // At the optimum the residual is orthogonal to every column (and to the ones).
    const Variable residual = net(x) - t;
    const double scale = norm(t).item() * std::sqrt(static_cast<double>(data.size()));
    report.at_most(19, "largest_inner_product_with_the_residual",
                   max(abs(matmul(transpose(design), residual))).item() / scale, 1e-8);
    report.value(19, "share_of_variance_explained", 1 - mean(square(residual)).item() / var(t).item());
}

struct Curve {
    nn::Linear hidden{1, 8, float64}, out{8, 1, float64};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Curve::hidden), field("out", &Curve::out)};
    }
    Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
};

template <class Model>
double train(const std::string& title, Model& model, const Array& x, const Array& t, int steps, double rate)
{
    nn::initialise(model, nn::xavier_uniform, /*seed=*/2);
    nn::Optimizer optimizer(nn::Adam{.rate = rate}, model);
    optimizer.schedule({.gamma = std::pow(1e-3, 1.0 / steps)});
    auto step = nn::compile([&](std::span<const Variable> in) { return nn::mse_loss(model(in[0]), in[1]); },
                            std::move(optimizer));
    nn::Progress progress(title, steps);
    double loss = 0;
    for (int k = 0; k < steps; ++k) {
        loss = step(x, t);
        progress.step("loss " + std::to_string(loss));
    }
    progress.finish();
    Tape tape;
    return nn::mse_loss(model(tape.constant(x)), t).item();
}

// A line where it works, a line where it fails, a curve where the line fails.
void three_panels(common::Report& report)
{
    const std::string& out = report.options().out;
    constexpr std::size_t n = 101;
    xt::xtensor<double, 2> x = xt::zeros<double>({n, std::size_t{1}}), nearly = x, parabola = x;
    for (std::size_t i = 0; i < n; ++i) {
        const double at = -1 + 2.0 * static_cast<double>(i) / (n - 1);
        x(i, 0) = at;
        nearly(i, 0) = 0.7 * at + 0.2 + 0.05 * std::sin(31 * at);  // a line with a little beside it
        parabola(i, 0) = at * at;
    }
    //! [panels]
    nn::Linear good(1, 1, float64), bad(1, 1, float64);
    Curve curve;  // 1 - 8 tanh - 1
    const double works = train("a line for a line", good, x, nearly, 1000, 0.05);
    const double fails = train("a line for x^2", bad, x, parabola, 1000, 0.05);
    const double bends = train("a curve for x^2", curve, x, parabola, 4000, 0.02);
    //! [panels]
    // The best line for x^2 on these points is its mean, by symmetry: what is left is the variance of x^2.
    double mean_square = 0, mean_fourth = 0;
    for (std::size_t i = 0; i < n; ++i) {
        mean_square += x(i, 0) * x(i, 0) / n;
        mean_fourth += std::pow(x(i, 0), 4) / n;
    }
    report.value(20, "error_of_a_line_where_it_works", works);
    report.equals(20, "floor_of_every_line", mean_fourth - mean_square * mean_square, 0.0924528, 5e-8);
    report.equals(20, "error_of_the_line", fails, 0.0924528, 5e-8);
    report.at_most(20, "error_of_the_tanh_network", bends, 1e-4);

    common::Table table({"x", "nearly", "line", "parabola", "bad_line", "curve"});
    Tape tape;
    const Variable at = tape.constant(x), line = good(at), wrong = bad(at), bent = curve(at);
    for (std::size_t i = 0; i < n; ++i)
        table.add({x(i, 0), nearly(i, 0), line.value<double>()(i, 0), parabola(i, 0),
                   wrong.value<double>()(i, 0), bent.value<double>()(i, 0)});
    table.save(out + "/panels.csv");
    common::draw_figure(out, "panels", "panels");
}

}  // namespace

int main(int argc, char** argv)
{
    common::Report report(common::options(argc, argv, "when_a_line_is_enough",
                                          "When is a linear network enough, and when is it not?"));
    regression(report);
    three_panels(report);
    return report.finish();
}
