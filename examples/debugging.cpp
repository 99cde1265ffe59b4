// The code of docs/debugging.md: finding a NaN, gradients that vanish, shapes that do not fit.
#include <filesystem>
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>
#include <xtensor/xrandom.hpp>

using namespace xgrad;

//! [loss]
// A loss as textbooks write it: it fails where the network is sure of itself.
Variable naive_loss(Variable z, Variable t)
{
    const auto scope = z.tape().scope("bce", "NaiveLoss");
    const Variable p = sigmoid(z);
    const Variable log_p = log(p), log_q = log(1.0 - p);
    const Variable yes = t * log_p, no = (1.0 - t) * log_q;
    return -mean(yes + no);
}
//! [loss]

void where_the_nan_was_born(const Array& z0, const Array& t0)
{
    //! [anomaly]
    Tape tape({.detect_anomaly = true});
    const Variable z = tape.variable(z0, "z"), t = tape.constant(t0, "t");
    try {
        grad(naive_loss(z, t), z);
    } catch (const AnomalyError& error) {
        std::cout << error.what() << "\n";
        draw(error).save("out/anomaly.svg");
    }
    //! [anomaly]
}

void a_graph_that_was_recorded(const Array& z0, const Array& t0)
{
    //! [graph]
    Tape tape;  // records, and looks at nothing
    const Variable z = tape.variable(z0, "z"), t = tape.variable(t0, "t");
    const Variable loss = naive_loss(z, t).named("loss");
    const Graph graph = tape.graph({loss, grad(loss, z)});
    if (const auto anomaly = find_anomaly(graph, {z0, t0}))
        draw(*anomaly, {.backward = false}).save("out/nan.svg");
    //! [graph]
    draw(*find_anomaly(graph, {z0, t0}), {.theme = Theme::dark}).save("out/nan-dark.svg");
}

//! [deep]
struct Deep {
    std::vector<nn::Linear> layers;
    nn::Linear out{64, 1};
    static constexpr auto members()
    {
        return std::tuple{field("layers", &Deep::layers), field("out", &Deep::out)};
    }
    Variable operator()(Variable x) const
    {
        for (const nn::Linear& layer : layers) x = sigmoid(layer(x));
        return out(x);
    }
};
//! [deep]

void gradients_that_vanish(const Array& x0, const Array& t0)
{
    //! [vanish]
    Deep net;
    for (int k = 0; k < 5; ++k) net.layers.emplace_back(64, 64);
    nn::initialise(net, nn::xavier_uniform, /*seed=*/1);

    Tape tape;
    const Variable loss = nn::mse_loss(net(tape.variable(x0, "x")), tape.constant(t0, "t")).named("loss");
    const Statistics numbers = statistics(loss, {.gradients = true});
    std::cout << numbers;
    draw(numbers, {.depth = 1, .title = "Sigmoid layers lose the gradient"}).save("out/gradient-norm.svg");
    draw(numbers, Measure::zeros).save("out/zeros.svg");  // or the norm of values, or what is not finite
    //! [vanish]
    draw(numbers, {.theme = Theme::dark}).save("out/gradient-norm-dark.svg");
}

void shapes_that_do_not_fit(const Array& a0, const Array& b0)
{
    //! [shapes]
    Tape tape;
    const Variable a = tape.variable(a0), b = tape.variable(b0);
    try {
        const auto scope = tape.scope("net.out", "Linear");
        a + b;
    } catch (const ShapeError& error) {
        std::cout << error.what() << "\n";
    }
    //! [shapes]
}

int main()
{
    std::filesystem::create_directories("out");
    xt::xarray<double> z = xt::linspace<double>(-3, 3, 64), t = xt::zeros<double>({64});
    z(17) = 800;
    t(17) = 1;
    where_the_nan_was_born(z, t);
    a_graph_that_was_recorded(z, t);

    xt::random::seed(1);
    const Array x = xt::random::randn<float>({32, 64});
    const Array targets = xt::random::randn<float>({32, 1});
    gradients_that_vanish(x, targets);
    shapes_that_do_not_fit(Array(DType::float64, {64, 30, 16}), Array(DType::float64, {30, 15}));
}
