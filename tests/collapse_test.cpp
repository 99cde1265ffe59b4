// y = x W' + b': what collapse_linear() returns against plain long double loops, in all three modes, and its certificate.

#define BOOST_TEST_MODULE collapse
#include <boost/test/unit_test.hpp>

#include <sstream>

#include "collapse_reference.hpp"

using namespace xgrad;
using namespace collapse_reference;

namespace {

constexpr CollapseMode all_modes[] = {CollapseMode::constants, CollapseMode::parameters, CollapseMode::symbolic};

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

// Value and dx, dp... for a cotangent.
std::vector<std::vector<Real>> pulled(const Graph& graph, const Array& x, const Array& cotangent, const std::vector<Parameter>& wrt)
{
    Tape tape;
    const Variable in = tape.variable(x);
    const Variable y = xgrad::apply(graph, in);
    std::vector<Target> targets = {in};
    for (const Parameter& p : wrt) targets.push_back(p);
    const Gradients g = vjp(y, targets, tape.variable(cotangent));
    std::vector<std::vector<Real>> all = {numbers(y.array())};
    for (std::size_t k = 0; k < g.size(); ++k) all.push_back(numbers(g.gradient(k).array()));
    return all;
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
                        BOOST_TEST(result.certificate.merged[0].weight == (Shape{3, static_cast<std::int64_t>(3 + depth)}),
                                   boost::test_tools::per_element());
                    }
                    BOOST_TEST(result.graph.text() == collapse_linear(graph, {.mode = mode}).graph.text());
                    const Array x = random_array(dtype, {9, 3}, 77), c = random_array(dtype, {9, static_cast<std::int64_t>(3 + depth)}, 78);
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
            const Array x = random_array(DType::float64, {6, 4}, 3), c = random_array(DType::float64, {6, 2}, 4);
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
            BOOST_TEST(result.certificate.parameter_gradient_bound < 1e5 * result.certificate.parameter_gradient_error);
            BOOST_TEST(result.certificate.weight_flops_after > 0);
            const Array x = random_array(dtype, {6, 3}, 5), c = random_array(dtype, {6, 2}, 6);
            const auto before = pulled(graph, x, c, net.parameters), after = pulled(result.graph, x, c, net.parameters);
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
            const Variable loss = mean(square(xgrad::apply(result.graph, x) - t));
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
    BOOST_TEST(result.graph.text() == "%0 = input  [6, 3] float64  'x'\n"
                                      "%1 = constant  [3, 3] float64  'W''\n"
                                      "%2 = constant  [3] float64  'b''\n"
                                      "%3 = matmul(%0, %1)  [6, 3] float64\n"
                                      "%4 = add(%3, %2)  [6, 3] float64\n"
                                      "%5 = relu(%4)  [6, 3] float64  2  'y'\n"
                                      "return %5\n");
}

// ---------------------------------------------------------------- the certificate

BOOST_AUTO_TEST_CASE(the_bound_is_kept_and_is_not_vacuous)
{
    for (const DType dtype : {DType::float32, DType::float64})
        for (const CollapseMode mode : all_modes)
            for (std::size_t seed = 1; seed <= 10; ++seed) {
                Net net(dtype, seed);
                for (std::size_t k = 0; k < 4; ++k) net.linear(6, 6);
                const Graph graph = net.graph(10);
                const Collapsed result = collapse_linear(graph, {.mode = mode, .seed = seed, .samples = 33});
                const Certificate& c = result.certificate;
                BOOST_TEST_CONTEXT(c)
                {
                    BOOST_TEST(c.samples == 33);
                    BOOST_TEST(c.holds());
                    BOOST_TEST(c.value_error > 0);
                    BOOST_TEST(c.value_bound < 1e3 * c.value_error);
                    BOOST_TEST(c.input_gradient_error > 0);
                    BOOST_TEST(c.input_gradient_bound < 1e3 * c.input_gradient_error);
                    // Other inputs of the same size, differences taken here: far above what the certificate saw only
                    // if that was wrong.
                    const Array x = random_array(dtype, {33, 6}, 100 + seed), g = random_array(dtype, {33, 6}, 200 + seed);
                    const auto before = pulled(graph, x, g, {}), after = pulled(result.graph, x, g, {});
                    BOOST_TEST(largest_difference(before[0], after[0]) < 4 * c.value_error);
                    BOOST_TEST(largest_difference(before[1], after[1]) < 4 * c.input_gradient_error);
                    // Each side lies within the bound of the exact map.
                    BOOST_TEST(largest_difference(run(net.map(), x), after[0]) < c.value_bound);
                }
            }
}

BOOST_AUTO_TEST_CASE(a_wrong_weight_is_found)
{
    for (const std::size_t which : {0u, 1u}) {
        Net net(DType::float64, 8);
        net.linear(5, 5);
        net.linear(5, 5);
        Collapsed result = collapse_linear(net.graph(8), {.mode = CollapseMode::parameters});
        const CollapseOptions options{.mode = CollapseMode::parameters};
        const auto again = [&] { return certify(result.certificate.before, result.graph, result.certificate.merged, options); };
        BOOST_TEST(again().holds());
        const Parameter p = result.graph.parameters()[which].second;
        p.assign(perturbed(p.array(), 3, 1e-6));
        const Certificate wrong = again();
        BOOST_TEST(!wrong.holds());
        BOOST_TEST(wrong.value_error > 1e-8);
        BOOST_TEST(wrong.value_bound < 1e-12);  // the bound does not follow the wrong weight
        BOOST_TEST((which == 0 ? wrong.input_gradient_error > 1e-8 : wrong.input_gradient_error < 1e-12));
        std::ostringstream text;
        text << wrong;
        BOOST_TEST(text.str().find("DOES NOT HOLD") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_change_outside_the_merged_stretches_is_found)
{
    const auto make = [](bool tanh_instead) {
        Net net(DType::float64, 8);
        net.linear(5, 5);
        net.linear(5, 5);
        if (tanh_instead) net.tanh();
        else net.relu();
        return net.graph(8);
    };
    const Collapsed one = collapse_linear(make(false)), other = collapse_linear(make(true));
    BOOST_TEST(certify(make(false), one.graph, one.certificate.merged).holds());
    const Certificate wrong = certify(make(false), other.graph, one.certificate.merged);
    BOOST_TEST(!wrong.same_elsewhere);
    BOOST_TEST(!wrong.holds());
    // Nodes that are no stretch are not believed either.
    std::vector<Merged> merged = one.certificate.merged;
    merged[0].before.erase(merged[0].before.begin() + 1);
    BOOST_CHECK_THROW(certify(make(false), one.graph, merged), GraphError);
}

BOOST_AUTO_TEST_CASE(costs_are_those_of_the_picture)
{
    Net net(DType::float32, 1);
    net.linear(3, 2);
    net.linear(2, 3);
    const Certificate c = collapse_linear(net.graph(1)).certificate;
    BOOST_TEST(c.parameters_before == 17);
    BOOST_TEST(c.parameters_after == 12);
    BOOST_TEST(c.flops_before == 29);
    BOOST_TEST(c.flops_after == 21);
    BOOST_TEST(c.merged.at(0).parameters_before == 17);
    BOOST_TEST(c.merged[0].parameters_after == 12);
    BOOST_TEST(c.merged[0].flops_before == 29);
    BOOST_TEST(c.merged[0].flops_after == 21);
    std::ostringstream text;
    text << c;
    BOOST_TEST(text.str().starts_with("collapse_linear (constants): 4 -> 2 nodes, 17 -> 12 parameters, 29 -> 21 flops per "
                                      "sample\n  merged 0-1 (3-2-3): 4 -> 2 nodes, W' [3, 3]\n    |y - y'| "));
    BOOST_TEST(text.str().ends_with("  holds on 64 random inputs in float32\n"));
}
