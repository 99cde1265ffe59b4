// Row 24: an activation f(x) = a x + c does not keep layers apart either.
#include <iostream>

#include "parts.hpp"

using namespace xgrad;

namespace collapse_layers {

void affine_activations(common::Report& report)
{
    //! [fifty]
    std::vector<nn::Linear> layers;
    nn::Sequential deep;
    for (int k = 0; k < 50; ++k) {
        layers.emplace_back(8, 8, float64);
        deep.add(layers.back()).add(nn::Affine{0.9, 0.3});  // a copy shares its parameters
    }
    fill(deep, /*seed=*/24);

    const Graph graph = record(deep, uniform({64, 8}, /*seed=*/1));
    const auto [one, certificate] = collapse_linear(graph);  // 150 nodes become 2
    //! [fifty]
    const auto composed = [&](double c) {
        PlainMap all = PlainMap::scale(8, 1, 0);
        for (const nn::Linear& layer : layers)
            all = all.then(PlainMap::of(layer)).then(PlainMap::scale(8, 0.9, c));
        return all;
    };
    const PlainMap plain = composed(0.3);
    const Leaves leaves = weight_and_bias(one);
    const Array x = uniform({200, 8}, 2), c = uniform({200, 8}, 3);
    report.equals(24, "nodes_before", static_cast<double>(certificate.nodes_before), 150);
    report.equals(24, "nodes_after", static_cast<double>(certificate.nodes_after), 2);
    report.at_most(24, "weight_against_loops", difference(leaves.weight, plain.w), 1e-13);
    report.at_most(24, "bias_against_loops", difference(leaves.bias, plain.b), 1e-13);
    report.at_most(24, "outputs_before_and_after", difference(run(one, x), run(graph, x)), 1e-13);
    report.at_most(24, "outputs_against_loops", difference(run(one, x), plain(x)), 1e-13);
    report.at_most(24, "gradient_before_and_after",
                   difference(pulled_back(one, x, c), pulled_back(graph, x, c)), 1e-13);
    report.holds(24, "certificate", certificate.holds());
    // A collapse that drops c would be wrong by that much.
    report.at_least(24, "outputs_with_c_dropped", difference(composed(0)(x), plain(x)), 0.01);
}

}  // namespace collapse_layers
