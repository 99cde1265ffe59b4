// Row 15: linear is not affine is not non-linear. affine_map() decides from what the ops say of themselves, and gives W and b.
#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>

#include "parts.hpp"

using namespace xgrad;

namespace collapse_layers {
namespace {

// The largest |f(x) - (x W + b)| over random x in [low, high), relative to the sum of the terms' sizes.
double defect(const Graph& graph, const std::vector<double>& w, const std::vector<double>& b, double low,
              double high)
{
    const auto n = static_cast<std::size_t>(graph.shape(graph.input_ids()[0]).back()), m = b.size();
    const Array x = uniform({1000, static_cast<std::int64_t>(n)}, 99, low, high);
    const std::vector<double> at = numbers(x), y = run(graph, x);
    double worst = 0;
    for (std::size_t r = 0; r < 1000; ++r)
        for (std::size_t j = 0; j < m; ++j) {
            long double want = b[j], size = std::abs(b[j]);
            for (std::size_t i = 0; i < n; ++i) {
                want += static_cast<long double>(at[r * n + i]) * w[i * m + j];
                size += std::abs(static_cast<long double>(at[r * n + i]) * w[i * m + j]);
            }
            worst = std::max(worst, static_cast<double>(std::abs(y[r * m + j] - want) / size));
        }
    return worst;
}

// What somebody would do who has only the function: b = f(0), and row i of W is f(e_i) - f(0).
std::pair<std::vector<double>, std::vector<double>> probe(const Graph& graph, std::size_t n)
{
    const auto size = static_cast<std::int64_t>(n);
    Array points(DType::float64, {size + 1, size});
    auto* const at = static_cast<double*>(points.mutable_data());
    std::fill_n(at, (n + 1) * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) at[(i + 1) * n + i] = 1;
    const std::vector<double> y = run(graph, points);
    const std::size_t m = y.size() / (n + 1);
    std::vector<double> w(n * m), b(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(m));
    for (std::size_t k = 0; k < n * m; ++k) w[k] = y[m + k] - b[k % m];
    return {w, b};
}

// f(u + v) - f(u) - f(v): zero for a linear map, -b for an affine one.
std::vector<double> additivity(const Graph& graph, std::int64_t n)
{
    const Array u = uniform({1, n}, 5), v = uniform({1, n}, 6);
    Tape tape;
    const Array sum = (tape.constant(u) + tape.constant(v)).array();
    std::vector<double> gap = run(graph, sum), fu = run(graph, u), fv = run(graph, v);
    for (std::size_t j = 0; j < gap.size(); ++j) gap[j] -= fu[j] + fv[j];
    return gap;
}

}  // namespace

void maps(common::Report& report)
{
    //! [map]
    const Array x = uniform({6, 3}, /*seed=*/1);
    nn::Linear first(3, 5, float64), second(5, 4, float64), third(4, 2, float64);
    nn::Sequential net(first, nn::Affine{0.5, 0.1}, second, third);
    fill(net, /*seed=*/2);

    const Graph graph = record(net, x);
    const AffineMap map = affine_map(graph);
    std::cout << map << "\n";  // y = x W + b, W 3 x 2 of rank 2: singular values ...
    //! [map]
    const PlainMap plain = PlainMap::of(first)
                               .then(PlainMap::scale(5, 0.5, 0.1))
                               .then(PlainMap::of(second))
                               .then(PlainMap::of(third));
    const double weight_error = difference(map.weight, plain.w), bias_error = difference(map.bias, plain.b);
    report.at_most(15, "weight_against_loops", weight_error, 1e-12);
    report.at_most(15, "bias_against_loops", bias_error, 1e-12);
    report.at_most(15, "affine_defect", defect(graph, numbers(map.weight), numbers(map.bias), -10, 10),
                   1e-12);
    // Without b the map would be wrong by that much: the defect sees it.
    const std::vector<double> no_bias(2, 0.0);
    report.at_least(15, "defect_with_b_dropped", defect(graph, numbers(map.weight), no_bias, -1, 1), 0.01);

    // Linear is not affine.
    nn::Sequential linear(nn::Linear(3, 5, {.bias = false, .dtype = DType::float64}),
                          nn::Linear(5, 2, {.bias = false, .dtype = DType::float64}));
    fill(linear, 3);
    const Graph linear_graph = record(linear, x);
    const auto largest = [](const std::vector<double>& v) {
        double most = 0;
        for (const double each : v) most = std::max(most, std::abs(each));
        return most;
    };
    report.equals(15, "bias_of_a_linear_net", largest(numbers(affine_map(linear_graph).bias)), 0);
    report.at_most(15, "linear_additivity_gap", largest(additivity(linear_graph, 3)), 1e-12);
    std::vector<double> gap = additivity(graph, 3);
    const std::vector<double> b = numbers(map.bias);
    for (std::size_t j = 0; j < b.size(); ++j) gap[j] += b[j];
    report.at_most(15, "affine_additivity_gap_is_b", largest(gap), 1e-12);

    // A ReLU that nobody notices: with weights and biases that are positive it is the identity wherever x > 0.
    nn::Sequential hidden(nn::Linear(3, 5, float64), nn::ReLU{}, nn::Linear(5, 2, float64));
    unsigned seed = 40;
    for (const Parameter& p : nn::parameters(hidden))
        p.assign(uniform({p.shape().begin(), p.shape().end()}, seed++, 0.1, 1));
    //! [refused]
    const AffineMap none = affine_map(record(hidden, x));
    if (!none) std::cout << none << "\n";  // relu (%5) is not affine: relu'(0) = 0
    //! [refused]
    report.holds(15, "relu_refused", !none && none.barrier->op == "relu" && none.weight.size() == 0);
    const Graph hidden_graph = record(hidden, x);
    const auto [probed, at_zero] = probe(hidden_graph, 3);
    report.at_most(15, "relu_probed_where_x_is_positive", defect(hidden_graph, probed, at_zero, 0, 10),
                   1e-12);
    report.at_least(15, "the_same_probe_elsewhere", defect(hidden_graph, probed, at_zero, -10, 0), 0.1);

    // What the ops say, for steps that are affine although they do not look it, and for steps that are not.
    const auto barrier = [&](const std::function<Variable(Variable)>& f) -> std::string {
        const AffineMap answer = affine_map(f, x);
        return answer ? "" : answer.barrier->op;
    };
    const Parameter w(uniform({3, 3}, 9), "w");
    const std::vector<std::function<Variable(Variable)>> affine = {
        [](Variable v) { return v * 2.0 - 1.0; },
        [&](Variable v) { return v + matmul(v, w); },
        [](Variable v) { return transpose(transpose(v)) - mean(v, 1, true); },
        [](Variable v) {
            return concat({slice(v, {{}, {1, 3}}), v}, 1);
        },
        [&](Variable v) { return matmul(v, tanh(v.tape().parameter(w))); },  // curved in w, not in x
        [](Variable v) { return dropout(v, 0.5); },                          // outside training
    };
    const std::vector<std::pair<std::string, std::function<Variable(Variable)>>> curved = {
        {"tanh", [](Variable v) { return tanh(v); }},
        {"sigmoid", [](Variable v) { return sigmoid(v); }},
        {"abs", [](Variable v) { return abs(v); }},
        {"mul", [](Variable v) { return v * v; }},
        {"square", [](Variable v) { return square(v); }},
        {"maximum", [](Variable v) { return maximum(v, 0.0); }},
        {"div", [](Variable v) { return 1.0 / v; }},
        {"softmax", [](Variable v) { return softmax(v); }},
        {"max", [](Variable v) { return max(v, 1); }},
        {"softplus", [](Variable v) { return softplus(v); }},
    };
    const auto accepted =
        std::count_if(affine.begin(), affine.end(), [&](const auto& f) { return barrier(f).empty(); });
    const auto named = std::count_if(curved.begin(), curved.end(),
                                     [&](const auto& f) { return barrier(f.second) == f.first; });
    report.equals(15, "affine_steps_accepted", static_cast<double>(accepted),
                  static_cast<double>(affine.size()));
    report.equals(15, "other_steps_named", static_cast<double>(named), static_cast<double>(curved.size()));
}

}  // namespace collapse_layers
