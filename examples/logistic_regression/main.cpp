// One neuron: logistic regression. A layer with a sigmoid, trained by back-propagation, against Newton's method and LIBLINEAR;
// the probabilities it gives over two features of iris flowers; and what happens to it on data that a line separates.
#include <cmath>
#include <cstdio>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/data.hpp"
#include "examples/common/figure.hpp"
#include "examples/common/referees.hpp"
#include "examples/common/report.hpp"

using namespace xgrad;

namespace {

//! [model]
struct Neuron {
    nn::Linear linear;
    explicit Neuron(std::int64_t features) : linear(features, 1, {.dtype = DType::float64}) {}
    static constexpr auto members() { return std::tuple{field("linear", &Neuron::linear)}; }
    Variable operator()(Variable x) const { return sigmoid(linear(x)); }  // the probability of +1
};
//! [model]

// What is minimised, of outputs y = x w + b and labels; which parameters pay for their size.
enum class Form { sigmoid_cross_entropy, logistic_loss, penalised_bias };

//! [training]
// All rows at every step; near the optimum gradients are small, and so are the steps.
nn::LinearFit train(const nn::Dataset& data, Form form, double lambda, int steps)
{
    Neuron net(data.x.shape()[1]);
    nn::initialise(net, nn::zeros, /*seed=*/1);
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.4, .momentum = 0.95}, net);
    const auto loss = [&](std::span<const Variable> in) -> Variable {
        const auto [x, t] = std::pair(in[0], in[1]);
        if (form == Form::sigmoid_cross_entropy)  // classes 0 and 1 for a probability
            return nn::binary_cross_entropy(net(x), 0.5 * t + 0.5) + nn::l2(x, net, lambda);
        const Variable mean_loss =
            nn::logistic_loss(net.linear(x), t);  // labels -1 and +1 for a linear output
        if (form == Form::logistic_loss) return mean_loss + nn::l2(x, net, lambda);  // not over the bias
        return mean_loss + nn::l2(x, nn::parameters(net), lambda);
    };
    auto step = nn::compile(loss, std::move(optimizer));
    nn::Progress progress("back-propagation", steps);
    for (int i = 0; i < steps; ++i) {
        const double value = step(data.x, data.t);
        progress.step("objective " + std::to_string(value));
    }
    return {.w = net.linear.weight.array(), .b = net.linear.bias.value<double>()(0)};
}
//! [training]

nn::Dataset breast_cancer()
{
    auto data = nn::read_csv<double>(common::data_file("breast_cancer.csv"),
                                     {.target = "diagnosis", .positive = "malignant"});
    nn::standardise(data);
    return data;
}

nn::Dataset two_irises(const std::vector<std::string>& skip = {})
{
    return nn::read_csv<double>(
        common::data_file("iris.csv"),
        {.target = "species", .positive = "virginica", .only = {"versicolor", "virginica"}, .skip = skip});
}

// The same weights along three roads: back-propagation, Newton's method, LIBLINEAR.
void compare(common::Report& report, const std::string& name, const nn::Dataset& data, double lambda,
             int steps)
{
    std::printf("%s: %lld rows, %lld features\n", name.c_str(), static_cast<long long>(data.size()),
                static_cast<long long>(data.x.shape()[1]));
    //! [newton]
    const double C = 1 / (lambda * static_cast<double>(data.size()));  // Newton's solver sums the losses
    const nn::LinearFit newton = nn::logistic_regression(data, {.C = C});
    const nn::LinearFit net = train(data, Form::sigmoid_cross_entropy, lambda, steps);
    report.at_most(1, name + "_sigmoid_vs_newton", common::relative_difference(net, newton), 1e-6);
    //! [newton]
    report.at_most(1, name + "_logistic_loss_vs_newton",
                   common::relative_difference(train(data, Form::logistic_loss, lambda, steps), newton),
                   1e-6);

    const nn::LinearFit referee =
        common::liblinear(data, common::Liblinear::logistic, C, 1e-10, report.options().out);
    report.at_most(1, name + "_penalised_bias_vs_liblinear",
                   common::relative_difference(train(data, Form::penalised_bias, lambda, steps), referee),
                   1e-6);
    report.at_most(
        1, name + "_newton_penalised_bias_vs_liblinear",
        common::relative_difference(nn::logistic_regression(data, {.C = C, .penalise_bias = true}), referee),
        1e-6);
    // The two problems are not the same one.
    report.at_least(1, name + "_penalising_the_bias_moves_weights_by",
                    common::relative_difference(newton, referee), 1e-4);
    report.value(1, name + "_accuracy", nn::accuracy(newton.decision_function(data.x), data.t));
}

double length(const Array& w)
{
    double sum = 0;
    for (std::int64_t k = 0; k < w.size(); ++k) sum += w.value<double>()(k, 0) * w.value<double>()(k, 0);
    return std::sqrt(sum);
}

// Setosa against versicolor by their sepals: a line separates them. Without a penalty w grows as long as one trains.
void separable(common::Report& report)
{
    auto data =
        nn::read_csv<double>(common::data_file("iris.csv"), {.target = "species",
                                                             .positive = "setosa",
                                                             .only = {"setosa", "versicolor"},
                                                             .skip = {"petal_length_cm", "petal_width_cm"}});
    nn::standardise(data);
    bool refused = false;
    try {
        nn::logistic_regression(data, {.C = std::numeric_limits<double>::infinity()});
    } catch (const ValueError& error) {
        std::printf("%s\n", error.what());
        refused = true;
    }
    report.holds(1, "separable_without_penalty_is_refused", refused);
    const bool quick = report.options().quick;
    std::vector<double> norms;
    for (int steps = 100; steps <= (quick ? 10'000 : 1'000'000); steps *= 10) {
        norms.push_back(length(train(data, Form::logistic_loss, 0, steps).w));
        report.value(1, "separable_length_of_w_after_" + std::to_string(steps) + "_steps", norms.back());
    }
    // In the end it grows like the logarithm of the steps (Soudry et al. 2018): every tenfold of these adds as much again.
    report.at_least(1, "separable_growth_by_the_last_tenfold_steps", norms.back() - norms[norms.size() - 2],
                    5);
    if (!quick)
        report.equals(1, "separable_growth_against_the_tenfold_before",
                      (norms[4] - norms[3]) / (norms[3] - norms[2]), 1, 0.1);
}

// Probabilities over petal length and width in centimetres, and the flowers.
void draw_contours(const std::string& folder, double lambda, int steps)
{
    nn::Dataset data = two_irises({"sepal_length_cm", "sepal_width_cm"});
    const nn::Dataset flowers = data;
    const nn::Standardiser scale = nn::standardise(data);
    const nn::LinearFit fit = train(data, Form::sigmoid_cross_entropy, lambda, steps);

    common::Table points({"petal_length", "petal_width", "label"});
    for (std::int64_t i = 0; i < flowers.size(); ++i)
        points.add({flowers.x.value<double>()(i, 0), flowers.x.value<double>()(i, 1),
                    flowers.t.value<double>()(i, 0)});
    points.save(folder + "/flowers.csv");

    //! [grid]
    constexpr int columns = 57, rows = 37;  // petal length 2.8 .. 7.0 cm, petal width 0.9 .. 2.7 cm
    Array grid(DType::float64, {columns * rows, 2});
    auto* corner = static_cast<double*>(grid.mutable_data());
    for (int i = 0; i < columns * rows; ++i) {
        corner[2 * i] = 2.8 + 0.075 * (i / rows);
        corner[2 * i + 1] = 0.9 + 0.05 * (i % rows);
    }
    Tape tape;
    const Variable y = matmul(tape.constant(scale(grid)), tape.constant(fit.w)) + fit.b;
    const auto p = sigmoid(y).value<double>();
    //! [grid]
    common::Table probabilities({"petal_length", "petal_width", "p"});
    for (int i = 0; i < columns * rows; ++i) {
        if (i > 0 && i % rows == 0) probabilities.gap();
        probabilities.add({corner[2 * i], corner[2 * i + 1], p(i, 0)});
    }
    probabilities.save(folder + "/probabilities.csv");
    common::draw_figure(folder, "contours", "contours");
}

// One flower's way through the neuron: y = w x + b, p = sigmoid(y), the loss, and the gradients back.
void draw_neuron(const std::string& folder)
{
    //! [neuron]
    Tape tape;
    const Variable x = tape.variable(2.0, "x"), w = tape.variable(0.5, "w"), b = tape.variable(-0.25, "b");
    const Variable p = sigmoid(w * x + b).named("p");
    const Variable loss = (-log(p)).named("loss");  // the example's class is 1
    draw(loss, {.values = true,
                .title = "One neuron: values forward, gradients back",
                .caption = "p = 1 / (1 + e^(−(w x + b))), loss = −ln p for an example of class 1"})
        .save(folder + "/logistic_neuron.svg");
    //! [neuron]
}

}  // namespace

int main(int argc, char** argv)
{
    const auto options = common::options(
        argc, argv, "logistic_regression",
        "One layer with a sigmoid is logistic regression: its weights against Newton's method and "
        "LIBLINEAR (row 1)");
    common::Report report(options);
    compare(report, "breast_cancer", breast_cancer(), 1e-2, 3000);
    nn::Dataset irises = two_irises();
    nn::standardise(irises);
    compare(report, "iris", irises, 1e-2, 3000);
    separable(report);
    draw_contours(options.out, 1e-2, 3000);
    draw_neuron(options.out);
    return report.finish();
}
