// y = x W' + b': what collapse_linear() returns against plain long double loops, in all three modes; 200 random graphs.

#define BOOST_TEST_MODULE collapse
#include <boost/test/unit_test.hpp>

#include "collapse_reference.hpp"

using namespace xgrad;
using namespace collapse_reference;

namespace {

constexpr CollapseMode all_modes[] = {CollapseMode::constants, CollapseMode::parameters,
                                      CollapseMode::symbolic};

std::size_t op_count(const Graph& graph, std::string_view name)
{
    std::size_t count = 0;
    for (ValueId id = 0; id < graph.size(); ++id) count += graph[id].op->name == name;
    return count;
}

std::vector<Real> weight_of(const Collapsed& result)
{
    const Graph& graph = result.graph;
    const ValueId sum = result.certificate.merged.at(0).after.back(), product = graph.inputs(sum)[0];
    return values_of(graph, graph.inputs(product)[1]);
}
std::vector<Real> bias_of(const Collapsed& result)
{
    const Graph& graph = result.graph;
    return values_of(graph, graph.inputs(result.certificate.merged.at(0).after.back())[1]);
}

}  // namespace

BOOST_AUTO_TEST_CASE(n_linear_layers_become_one_product_and_one_sum_with_the_map_of_plain_loops)
{
    for (const DType dtype : {DType::float32, DType::float64})
        for (const std::size_t depth : {2, 3, 7}) {
            Net net(dtype, depth);
            for (std::size_t k = 0; k < depth; ++k) net.linear(3 + k, 4 + k);
            const Graph graph = net.graph(5);
            const Map expected = net.map();
            const double u = dtype == DType::float32 ? 1.2e-7 : 2.3e-16;
            for (const CollapseMode mode : all_modes) {
                const Collapsed result = collapse_linear(graph, {.mode = mode});
                BOOST_TEST_CONTEXT("depth " << depth << " " << name_of(dtype) << "\n" << result.certificate)
                {
                    BOOST_TEST(result.certificate.holds());
                    BOOST_TEST(result.certificate.merged.size() == 1u);
                    BOOST_TEST(result.certificate.refusals.empty());
                    BOOST_TEST(result.certificate.end_to_end_bounded);
                    const double allowed = (mode == CollapseMode::symbolic ? 60.0 : 1.0) * u;
                    BOOST_TEST(distance(weight_of(result), expected.weight) <= allowed);
                    BOOST_TEST(distance(bias_of(result), expected.bias) <= allowed);
                    if (mode != CollapseMode::symbolic) {
                        BOOST_TEST(op_count(result.graph, "matmul") == 1u);
                        BOOST_TEST(op_count(result.graph, "add") == 1u);
                        BOOST_TEST(result.certificate.nodes_after == 2);
                        BOOST_TEST(result.certificate.merged[0].weight ==
                                       (Shape{3, static_cast<std::int64_t>(3 + depth)}),
                                   boost::test_tools::per_element());
                    }
                    BOOST_TEST(result.graph.text() == collapse_linear(graph, {.mode = mode}).graph.text());
                    const Array x = random_array(dtype, {9, 3}, 77),
                                c = random_array(dtype, {9, static_cast<std::int64_t>(3 + depth)}, 78);
                    const auto before = pulled(graph, x, c, {}), after = pulled(result.graph, x, c, {});
                    BOOST_TEST(distance(after[0], before[0]) <= 200 * u);
                    BOOST_TEST(distance(after[1], before[1]) <= 200 * u);
                    BOOST_TEST(distance(after[0], run(expected, x)) <= 200 * u);
                }
            }
        }
}

BOOST_AUTO_TEST_CASE(affine_activations_collapse_too_and_their_constant_is_not_lost)
{
    Net net(DType::float64, 50);
    for (int k = 0; k < 50; ++k) {
        net.linear(8, 8);
        net.scale_and_shift(0.9, 0.3);
    }
    const Collapsed result = collapse_linear(net.graph(4));
    const Map expected = net.map();
    BOOST_TEST_MESSAGE(result.certificate);
    BOOST_TEST(result.certificate.holds());
    BOOST_TEST(result.certificate.nodes_before == 150);
    BOOST_TEST(result.certificate.nodes_after == 2);
    BOOST_TEST(distance(weight_of(result), expected.weight) <= 1e-13);
    BOOST_TEST(distance(bias_of(result), expected.bias) <= 1e-13);
    BOOST_TEST(size(expected.bias) > 0.1);

    Net without(DType::float64, 50);  // the same parameters, c forgotten: the test must see it
    for (int k = 0; k < 50; ++k) {
        without.linear(8, 8);
        without.scale_and_shift(0.9, 0);
    }
    BOOST_TEST(distance(bias_of(result), without.map().bias) > 1e-3);
    BOOST_TEST(result.certificate.value_bound < 1e5 * result.certificate.value_error);
}

BOOST_AUTO_TEST_CASE(stretches_on_both_sides_of_a_relu_merge_and_nothing_merges_across_it)
{
    Net net(DType::float64, 3);
    net.linear(4, 6);
    net.linear(6, 5);
    net.relu();
    net.linear(5, 5);
    net.linear(5, 2);
    for (const CollapseMode mode : all_modes) {
        const Collapsed result = collapse_linear(net.graph(8), {.mode = mode});
        BOOST_TEST_CONTEXT(result.certificate)
        {
            BOOST_TEST(result.certificate.merged.size() == 2u);
            BOOST_TEST(result.certificate.holds());
            BOOST_TEST(!result.certificate.end_to_end_bounded);
            BOOST_TEST(op_count(result.graph, "relu") == 1u);
            BOOST_TEST(result.certificate.refusals.size() == 1u);
            BOOST_TEST(result.certificate.refusals.at(0).text == "relu (2) is not affine: relu'(0) = 0");
            if (mode != CollapseMode::symbolic) BOOST_TEST(result.certificate.nodes_after == 5);
            const Array x = random_array(DType::float64, {6, 4}, 3),
                        c = random_array(DType::float64, {6, 2}, 4);
            const auto before = pulled(net.graph(8), x, c, {}), after = pulled(result.graph, x, c, {});
            for (std::size_t k = 0; k < 2; ++k) BOOST_TEST(distance(after[k], before[k]) <= 1e-14);
        }
    }
}

BOOST_AUTO_TEST_CASE(in_symbolic_mode_every_old_parameter_gets_the_gradient_it_had)
{
    for (const DType dtype : {DType::float32, DType::float64}) {
        Net net(dtype, 11);
        net.subtract_from_bias(3);
        net.factor(3);
        net.linear(3, 4);
        net.factor(4, Net::Side::divide);
        net.linear(4, 4, false);
        net.scale_and_shift(-0.5, 0.25);
        net.factor(1);
        net.linear(4, 2);
        net.bias(1);
        const Graph graph = net.graph(7);
        const Collapsed result = collapse_linear(graph, {.mode = CollapseMode::symbolic});
        BOOST_TEST_CONTEXT(result.certificate)
        {
            BOOST_TEST(result.certificate.merged.size() == 1u);
            BOOST_TEST(result.certificate.holds());
            BOOST_TEST(result.certificate.parameter_gradient_error > 0);
            BOOST_TEST(result.certificate.parameter_gradient_bound <
                       1e5 * result.certificate.parameter_gradient_error);
            BOOST_TEST(result.certificate.weight_flops_after > 0);
            const Array x = random_array(dtype, {6, 3}, 5), c = random_array(dtype, {6, 2}, 6);
            const auto before = pulled(graph, x, c, net.parameters),
                       after = pulled(result.graph, x, c, net.parameters);
            BOOST_TEST(before.size() == net.parameters.size() + 2);
            for (std::size_t k = 0; k < before.size(); ++k) {
                BOOST_TEST(size(before[k]) > 0);
                BOOST_TEST(distance(after[k], before[k]) <= (dtype == DType::float32 ? 3e-5 : 1e-13));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_result_trains)
{
    for (const CollapseMode mode : {CollapseMode::parameters, CollapseMode::symbolic}) {
        Net net(DType::float64, 21);
        net.linear(3, 4);
        net.linear(4, 3);
        const Collapsed result = collapse_linear(net.graph(16), {.mode = mode});
        std::vector<Parameter> parameters;
        for (const auto& [id, parameter] : result.graph.parameters()) parameters.push_back(parameter);
        if (mode == CollapseMode::parameters) {
            BOOST_TEST(parameters.size() == 2u);
            BOOST_TEST(parameters.at(0).name() == "0-1.weight");
            BOOST_TEST(parameters.at(1).name() == "0-1.bias");
        } else {
            BOOST_TEST(parameters.size() == 4u);
        }
        double last = 1e300;
        for (int step = 0; step < 5; ++step) {
            Tape tape;
            const Variable x = tape.variable(random_array(DType::float64, {16, 3}, 1));
            const Variable t = tape.constant(random_array(DType::float64, {16, 3}, 2));
            const Variable loss = mean(square(result.graph(x) - t));
            BOOST_TEST(loss.item() < last);
            last = loss.item();
            const Gradients g = grad(loss, parameters);
            for (const Parameter& p : parameters) tape.assign(p, tape.parameter(p) - 0.1 * g[p]);
            tape.commit();
        }
    }
}

BOOST_AUTO_TEST_CASE(names_scopes_inputs_and_outputs_survive_and_the_old_graph_is_untouched)
{
    Net net(DType::float64, 5);
    net.linear(3, 4);
    net.linear(4, 3);
    net.relu();
    const Graph graph = net.graph(6);
    const std::string text = graph.text();
    const Collapsed result = collapse_linear(graph);
    BOOST_TEST(graph.text() == text);
    BOOST_TEST(result.certificate.before.text() == text);
    BOOST_TEST(result.certificate.after.text() == result.graph.text());
    BOOST_TEST(result.graph.text() ==
               "%0 = input  [6, 3] float64  'x'\n"
               "%1 = constant  [3, 3] float64  'W''\n"
               "%2 = constant  [3] float64  'b''\n"
               "%3 = matmul(%0, %1)  [6, 3] float64\n"
               "%4 = add(%3, %2)  [6, 3] float64\n"
               "%5 = relu(%4)  [6, 3] float64  2  'y'\n"
               "return %5\n");
}

BOOST_AUTO_TEST_CASE(two_hundred_random_graphs)
{
    for (std::size_t seed = 1; seed <= 200; ++seed) {
        std::mt19937_64 engine(seed);
        const auto draw = [&](int n) { return static_cast<int>(engine() % static_cast<std::uint64_t>(n)); };
        const DType dtype = seed % 2 ? DType::float64 : DType::float32;
        const CollapseMode mode = static_cast<CollapseMode>(draw(3));
        Net net(dtype, seed);
        net.starts_with(static_cast<std::size_t>(1 + draw(6)));
        const int length = 1 + draw(9);
        for (int k = 0; k < length; ++k) {
            const std::size_t n = net.width, one_or_n = draw(2) ? 1 : n;
            switch (draw(10)) {
            case 0:
            case 1:
            case 2: net.linear(n, static_cast<std::size_t>(1 + draw(6))); break;
            case 3: net.linear(n, static_cast<std::size_t>(1 + draw(6)), false); break;
            case 4: net.factor(one_or_n, draw(2) ? Net::Side::divide : Net::Side::multiply); break;
            case 5: net.bias(one_or_n); break;
            case 6: net.subtract_from_bias(one_or_n); break;
            case 7: net.scale_and_shift(draw(3) - 1.3, draw(2) * 0.7); break;
            case 8: net.relu(); break;
            case 9: net.tanh(); break;
            }
        }
        // Stretches that gain, by counting layers.
        std::size_t expected = 0, nodes = 0, product = 0, adds = 0;
        const auto close = [&] {
            expected += product > 0 && nodes > 1 + (adds > 0);
            nodes = product = adds = 0;
        };
        for (const Net::Layer& layer : net.layers) {
            if (!layer.affine) {
                close();
                continue;
            }
            nodes += layer.nodes;
            product += layer.product;
            adds += layer.adds;
        }
        close();
        const Collapsed result = collapse_linear(
            net.graph(5),
            {.mode = mode, .allow_dearer = true, .allow_other_model_class = true, .seed = seed});
        BOOST_TEST_CONTEXT("seed " << seed << "\n" << result.certificate << result.certificate.before.text())
        {
            BOOST_TEST(result.certificate.merged.size() == expected);
            BOOST_TEST(result.certificate.holds());
            const Array x = random_array(dtype, {7, Net::length(net.first_width)}, 1000 + seed);
            const std::vector<Real> in = numbers(x);
            std::vector<Real> plain;
            for (std::size_t r = 0; r < 7; ++r) {
                const auto first = in.begin() + static_cast<std::ptrdiff_t>(r * net.first_width);
                for (const Real y : net.plain({first, first + static_cast<std::ptrdiff_t>(net.first_width)}))
                    plain.push_back(y);
            }
            Tape tape;
            const std::vector<Real> y = numbers(result.graph(tape.variable(x)).array());
            BOOST_TEST(y.size() == plain.size());
            BOOST_TEST(largest_difference(y, plain) <=
                       (dtype == DType::float32 ? 1e-5 : 1e-14) * (1 + size(plain)));
            // A second time there is nothing left to merge, except products of weights that became nodes.
            if (mode == CollapseMode::constants)
                BOOST_TEST(collapse_linear(result.graph, {.allow_dearer = true}).certificate.merged.empty());
        }
    }
}
