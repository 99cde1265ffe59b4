// Rows 28 and 29: a 3-2-3 linear bottleneck finds the best plane, which is that of principal components; at a wrong pair of
// eigenvectors it stands on a saddle; and one free 3 x 3 layer, which could compute the same, is another model.
#include <algorithm>
#include <cmath>
#include <iostream>

#include <xgrad/draw.hpp>

#include "examples/common/data.hpp"
#include "parts.hpp"

using namespace xgrad;

namespace linear_but_useful {
namespace {

//! [bottleneck]
struct Bottleneck {
    nn::Linear a{3, 2, no_bias}, b{2, 3, no_bias};
    static constexpr auto members()
    {
        return std::tuple{field("a", &Bottleneck::a), field("b", &Bottleneck::b)};
    }
    Variable operator()(Variable x) const { return b(a(x)); }
};

// Mean squared distance between a row and what comes out.
Variable distance_to(Variable y, Variable t)
{
    return sum(square(y - t)) / static_cast<double>(y.shape()[0]);
}
//! [bottleneck]

struct WithBiases {
    nn::Linear a{3, 2, {.dtype = DType::float64}}, b{2, 3, {.dtype = DType::float64}};
    static constexpr auto members()
    {
        return std::tuple{field("a", &WithBiases::a), field("b", &WithBiases::b)};
    }
    Variable operator()(Variable x) const { return b(a(x)); }
};

double loss_of(const Bottleneck& net, const Array& x)
{
    Tape tape;
    return distance_to(net(tape.constant(x)), tape.constant(x)).item();
}

Array centred(const Array& x)
{
    Tape tape;
    const Variable rows = tape.constant(x);
    return (rows - mean(rows, 0)).array();
}

Array shift(const Array& x, const xt::xarray<double>& by)
{
    Tape tape;
    return (tape.constant(x) + by).array();
}

// Trains x -> x by gradient descent with momentum and returns the losses.
template <class Net>
std::vector<double> train(const std::string& name, Net& net, const Array& x, int steps, const nn::Sgd& how)
{
    std::vector<double> losses;
    auto step = nn::compile(net, distance_to, how);
    nn::Progress progress(name, steps);
    for (int i = 0; i < steps; ++i) {
        losses.push_back(step(x, x));
        progress.step();
    }
    progress.finish();
    return losses;
}

// A = the eigenvectors first and second as columns, B = A.T.
Bottleneck at_eigenvectors(const nn::Pca& all, std::size_t first, std::size_t second)
{
    const Matrix v(all.components);
    Matrix a(3, 2);
    for (std::size_t i = 0; i < 3; ++i) a(i, 0) = v(first, i), a(i, 1) = v(second, i);
    Bottleneck net;
    net.a.weight.assign(a.array());
    net.b.weight.assign(a.transposed().array());
    return net;
}

// ---------------------------------------------------------------- row 28

void plane(common::Report& report, const Array& x, int steps)
{
    //! [plane]
    Bottleneck net;
    nn::initialise(net, nn::normal(0, 0.1), /*seed=*/28);
    const std::vector<double> losses = train("3-2-3", net, x, steps, {.rate = 0.02, .momentum = 0.9});
    const nn::Pca two = nn::pca(x, 2);  // by LAPACK
    std::cout << "loss " << losses.back() << ", least variance " << two.residual << "\n";
    //! [plane]
    const double lambda3 = two.variances.value<double>()(2);
    const double loss = loss_of(net, x);
    report.value(28, "lambda3", lambda3);
    report.at_most(28, "loss_over_lambda3", loss - lambda3, 1e-10);
    report.at_least(28, "loss_not_under_lambda3", loss - lambda3, -1e-13);
    const Matrix a(net.a.weight.array()), b(net.b.weight.array()), v(two.components);
    report.at_most(28, "ab_against_pca_projector", distance(a * b, v.transposed() * v), 1e-6);

    // The plane is that of the eigenvectors, the weights are not the eigenvectors: A C and C^-1 B are as good.
    double nearest = 0;
    for (std::size_t column = 0; column < 2; ++column) {
        double length = 0;
        for (std::size_t i = 0; i < 3; ++i) length += a(i, column) * a(i, column);
        for (std::size_t k = 0; k < 2; ++k) {
            double dot = 0;
            for (std::size_t i = 0; i < 3; ++i) dot += a(i, column) * v(k, i);
            nearest = std::max(nearest, std::abs(dot) / std::sqrt(length));
        }
    }
    report.at_most(28, "cosine_of_a_column_and_an_eigenvector", nearest, 0.99);
    Matrix c(2, 2), inverse(2, 2);
    c.at = {1, 2, 0, 0.5};
    inverse.at = {1, -4, 0, 2};
    Bottleneck other;
    other.a.weight.assign((a * c).array());
    other.b.weight.assign((inverse * b).array());
    report.at_most(28, "loss_with_a_c_and_inverse_c_b", std::abs(loss_of(other, x) - loss), 1e-12);

    // Not centred (one measurement is shifted by 3), the plane goes through the origin and misses; biases put it right.
    const Array shifted = shift(x, {0, 3, 0});
    Bottleneck through_origin;
    nn::initialise(through_origin, nn::normal(0, 0.1), 28);
    train("not centred", through_origin, shifted, steps, {.rate = 0.01, .momentum = 0.9});
    WithBiases free;
    nn::initialise(free, nn::normal(0, 0.1), 28);
    const std::vector<double> with_biases =
        train("not centred, with biases", free, shifted, steps, {.rate = 0.01, .momentum = 0.9});
    const double uncentred = loss_of(through_origin, shifted);
    report.at_most(28, "uncentred_loss_is_the_svd_one",
                   std::abs(uncentred - nn::pca(shifted, 2, {.centre = false}).residual), 1e-10);
    report.at_least(28, "uncentred_loss_over_lambda3", uncentred / lambda3, 1.5);
    report.at_most(28, "with_biases_loss_over_lambda3", with_biases.back() - lambda3, 1e-10);
}

// A saddle: the gradient is zero, the loss is the variance that was left out, and one turn goes down. Returns the losses of a
// run that begins beside it.
std::vector<double> saddle(common::Report& report, const nn::Pca& all, const Array& x, std::size_t first,
                           std::size_t second, std::size_t left_out, int steps)
{
    const auto lambda = all.variances.value<double>();
    const Matrix v(all.components);
    //! [saddle]
    const Bottleneck net = at_eigenvectors(all, first, second);
    Tape tape;
    const Variable at = tape.constant(x), loss = distance_to(net(at), at);
    const Gradients gradients = grad(loss, {net.a.weight, net.b.weight});
    //! [saddle]
    double slope = 0;
    for (const Parameter& p : {net.a.weight, net.b.weight})
        for (const double g : Matrix(gradients[p].array()).at) slope = std::max(slope, std::abs(g));
    const std::string pair = std::to_string(first + 1) + std::to_string(second + 1);
    report.at_most(28, "saddle_" + pair + "_gradient", slope, 1e-13);
    report.equals(28, "saddle_" + pair + "_loss", loss.item(), lambda(left_out), 1e-12);

    // Turning the second direction towards the one left out, its column cos v2 + sin v: the loss is lambda cos^2 +
    // lambda2 sin^2 of the angle, whose second derivative at 0 is -2 (lambda of the one left out - lambda2).
    Matrix da(3, 2);
    for (std::size_t i = 0; i < 3; ++i) da(i, 1) = v(left_out, i);
    //! [curvature]
    const std::vector<Variable> turn = {tape.constant(da.array()), tape.constant(da.transposed().array())};
    const std::vector<Parameter> weights = {net.a.weight, net.b.weight};
    const Gradients bend = hvp(loss, weights, turn);  // the Hessian times the turn
    const double curvature = (sum(bend[weights[0]] * turn[0]) + sum(bend[weights[1]] * turn[1])).item();
    //! [curvature]
    report.equals(28, "saddle_" + pair + "_curvature", curvature, -2 * (lambda(left_out) - lambda(second)),
                  1e-12);

    Bottleneck pushed = at_eigenvectors(all, first, second);
    for (const Parameter& p : nn::parameters(pushed)) {
        Matrix w(p.array());
        const Matrix push = normal(w.rows, w.columns, 1e-5, 3);
        for (std::size_t i = 0; i < w.at.size(); ++i) w.at[i] += push.at[i];
        p.assign(w.array());
    }
    const std::vector<double> escape =
        train("from the saddle at v" + std::to_string(first + 1) + ", v" + std::to_string(second + 1), pushed,
              x, steps, {.rate = 0.05});
    report.at_most(28, "saddle_" + pair + "_left_in_the_end", escape.back() - lambda(2), 1e-8);
    return escape;
}

// The origin, all weights 0, is a saddle too.
std::vector<double> from_small_weights(const Array& x, int steps)
{
    Bottleneck small;
    nn::initialise(small, nn::normal(0, 1e-4), 5);
    return train("from small weights", small, x, steps, {.rate = 0.05});
}

// ---------------------------------------------------------------- row 29: the class of models

void free_layer(common::Report& report, const Array& x, int steps)
{
    Bottleneck net;
    nn::initialise(net, nn::normal(0, 0.5), 29);
    //! [rank]
    const Graph graph = record(net, x);
    const AffineMap map = affine_map(graph);
    std::cout << map << "\n";  // y = x W + b, W 3 x 3 of rank 2: ...
    const CollapseOptions to_train{.mode = CollapseMode::parameters};
    const Certificate refused = collapse_linear(graph, to_train).certificate;
    std::cout << refused;  // not merged: ... would be another class of models
    //! [rank]
    report.equals(29, "rank_of_a_b", static_cast<double>(map.rank), 2);
    report.at_most(29, "third_singular_value", map ? map.singular_values[2] / map.singular_values[0] : NAN,
                   1e-15);
    report.holds(29, "collapse_for_training_refused",
                 refused.merged.empty() && refused.refusals.size() == 1 &&
                     refused.refusals[0].reason == RefusalReason::other_model_class);
    report.holds(29, "collapse_for_inference_done", collapse_linear(graph).certificate.merged.size() == 1);

    //! [free]
    const Graph free =
        collapse_linear(graph, {.mode = CollapseMode::parameters, .allow_other_model_class = true}).graph;
    nn::CompiledStep step([&](std::span<const Variable> in) { return distance_to(free(in[0]), in[0]); },
                          nn::Optimizer(nn::Sgd{.rate = 0.05, .momentum = 0.9}, free));
    double loss = 0;
    for (int i = 0; i < steps; ++i) loss = step({x});
    //! [free]
    report.at_most(29, "loss_of_a_free_layer", loss, 1e-20);
    report.equals(29, "rank_of_a_free_layer", static_cast<double>(affine_map(free).rank), 3);
    report.at_least(29, "least_loss_of_rank_2", nn::pca(x, 2).residual, 0.01);
    draw(refused, {.title = "3-2-3: one layer computes the same, but is not the same model"})
        .save(report.options().out + "/refused.svg");
}

}  // namespace

void best_plane(common::Report& report)
{
    // Three lengths of 150 flowers.
    const nn::Dataset iris = nn::read_csv<double>(common::data_file("iris.csv"),
                                                  {.target = "species", .skip = {"petal_width_cm"}});
    const int steps = report.options().quick ? 4000 : 6000;
    const Array x = centred(iris.x);
    plane(report, x, steps);
    const nn::Pca all = nn::pca(x, 3);
    const std::vector<double> from13 = saddle(report, all, x, 0, 2, 1, steps),
                              from23 = saddle(report, all, x, 1, 2, 0, steps),
                              small = from_small_weights(x, steps);

    common::Table table({"step", "saddle13", "saddle23", "small", "lambda1", "lambda2", "lambda3"});
    const auto lambda = all.variances.value<double>();
    for (std::size_t i = 0; i < 3000; i += 1 + i / 25)  // evenly on a logarithmic axis
        table.add(
            {static_cast<double>(i + 1), from13[i], from23[i], small[i], lambda(0), lambda(1), lambda(2)});
    table.save(report.options().out + "/saddles.csv");
    common::draw_figure(report.options().out, "saddles", "saddles");
    draw_planes(report, x, iris.t);
    free_layer(report, x, steps);
}

}  // namespace linear_but_useful
