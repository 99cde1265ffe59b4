// The certificate: its bounds are kept and mean something, and what is wrong is found.

#define BOOST_TEST_MODULE collapse_certificate
#include <boost/test/unit_test.hpp>

#include <iomanip>
#include <limits>
#include <sstream>

#include "collapse_reference.hpp"

using namespace xgrad;
using namespace collapse_reference;

BOOST_AUTO_TEST_CASE(the_bound_is_kept_and_is_not_vacuous)
{
    for (const DType dtype : {DType::float32, DType::float64})
        for (const CollapseMode mode :
             {CollapseMode::constants, CollapseMode::parameters, CollapseMode::symbolic})
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
                    const Array x = random_array(dtype, {33, 6}, 100 + seed),
                                g = random_array(dtype, {33, 6}, 200 + seed);
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
        const auto again = [&] {
            return certify(result.certificate.before, result.graph, result.certificate.merged, options);
        };
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

BOOST_AUTO_TEST_CASE(each_line_agrees_with_the_verdict)
{
    Net net(DType::float64, 8);
    net.linear(5, 5);
    net.linear(5, 5);
    Certificate c = collapse_linear(net.graph(8)).certificate;
    const auto line = [&](const Check& check) {
        c.merged.at(0).value = check;
        std::ostringstream text;
        text << c;
        BOOST_TEST((text.str().find("DOES NOT HOLD") == std::string::npos) == check.holds());
        const std::size_t start = text.str().find("|y - y'| ") + 9;
        return text.str().substr(start, text.str().find(", |dy/dx") - start);
    };
    constexpr double inf = std::numeric_limits<double>::infinity();
    BOOST_TEST(line({3.4e-15, 3.7e-15, 0.9}) == "3.4e-15 <= 3.7e-15");
    BOOST_TEST(line({3.7e-15, 3.4e-15, 1.1}) == "3.7e-15 OUTSIDE 3.4e-15");
    BOOST_TEST(line({3.42e-15, 3.41e-15, 1.1}) == "3.42e-15 OUTSIDE 3.41e-15");
    // The largest difference is within its bound, that of another element is not.
    BOOST_TEST(line({3.4e-15, 3.7e-15, 1.3}) ==
               "3.4e-15 <= 3.7e-15, but OUTSIDE elsewhere: up to 1.3 times the bound");
    BOOST_TEST(line({3.4e-15, 3.7e-15, inf}) ==
               "3.4e-15 <= 3.7e-15, but OUTSIDE elsewhere: a difference where the bound is 0");
    BOOST_TEST(line({inf, 3.7e-15, inf}) == "inf OUTSIDE 3.7e-15");
}

BOOST_AUTO_TEST_CASE(stretches_outside_modules_are_named_by_their_ops)
{
    Tape tape;
    const auto layer = [&](Variable x, std::uint64_t seed) {
        return matmul(x, Parameter(random_array(DType::float64, {4, 4}, seed), "w"));
    };
    const Variable x = tape.variable(random_array(DType::float64, {3, 4}, 1), "x");
    const Variable y = layer(layer(relu(layer(layer(x, 2), 3)), 4), 5);
    const Certificate c = collapse_linear(tape.graph({y})).certificate;
    BOOST_REQUIRE(c.merged.size() == 2u);
    std::ostringstream text;
    text << c;
    BOOST_TEST(text.str().find("collapsed") == std::string::npos, text.str());
    for (const Merged& m : c.merged) {
        const std::string name = "  merged %" + std::to_string(m.before.front()) + " to %" +
                                 std::to_string(m.before.back()) + " (widths 4-4-4): ";
        BOOST_TEST(text.str().find(name) != std::string::npos, name << " is not in:\n" << text.str());
    }
}

BOOST_AUTO_TEST_CASE(flags_of_the_stream_do_not_change_the_report)
{
    Net net(DType::float64, 8);
    net.linear(30, 20);
    net.linear(20, 10);
    const Certificate c = collapse_linear(net.graph(8)).certificate;
    std::ostringstream plain, flagged;
    plain << c;
    flagged << std::hex << std::showbase << std::uppercase << std::scientific << std::setprecision(1) << c;
    BOOST_TEST(plain.str() == flagged.str());
    BOOST_TEST(plain.str().find("holds on 64 random inputs") != std::string::npos);
    flagged.str("");
    flagged << 255;  // its flags are as they were
    BOOST_TEST(flagged.str() == "0XFF");
}

BOOST_AUTO_TEST_CASE(the_same_values_with_other_gradients_are_found)
{
    Net net(DType::float64, 8);
    net.linear(5, 5);
    net.linear(5, 5);
    const Graph graph = net.graph(8);
    const std::vector<Parameter>& p = net.parameters;
    const auto certified = [&](CollapseMode mode, const std::function<Variable(Variable)>& record) {
        Tape tape;
        const Variable x = tape.variable(random_array(DType::float64, {8, 5}, 1));
        const Graph after = tape.graph({record(x)});
        std::vector<Merged> merged = collapse_linear(graph).certificate.merged;
        merged[0].after.clear();
        for (ValueId id = 0; id < after.size(); ++id)
            if (!after[id].op->traits.leaf) merged[0].after.push_back(id);
        return certify(graph, after, merged, {.mode = mode});
    };
    const Map map = net.map();
    const auto constant = [](const std::vector<Real>& v, const Shape& shape) {
        std::size_t i = 0;
        return array_of(DType::float64, shape, [&] { return static_cast<double>(v[i++]); });
    };
    const Array w = constant(map.weight, {5, 5}), b = constant(map.bias, {5});
    BOOST_TEST(certified(CollapseMode::constants, [&](Variable x) { return matmul(x, w) + b; }).holds());
    const Certificate cut =
        certified(CollapseMode::constants, [&](Variable x) { return matmul(detach(x), w) + b; });
    BOOST_TEST(cut.merged.at(0).value.holds());
    BOOST_TEST(!cut.merged[0].input_gradient.holds());
    BOOST_TEST(!cut.holds());

    const auto product = [&](Variable x, bool whole) {
        const Variable w1 = x.tape().parameter(p[0]), b1 = reshape(x.tape().parameter(p[1]), {1, 5});
        const Variable w2 = x.tape().parameter(p[2]);
        return matmul(x, matmul(w1, w2)) + (matmul(whole ? b1 : detach(b1), w2) + p[3]);
    };
    BOOST_TEST(certified(CollapseMode::symbolic, [&](Variable x) { return product(x, true); }).holds());
    const Certificate lost = certified(CollapseMode::symbolic, [&](Variable x) { return product(x, false); });
    BOOST_TEST(lost.merged.at(0).value.holds());
    BOOST_TEST(lost.merged[0].input_gradient.holds());
    BOOST_TEST(!lost.merged[0].parameter_gradient.holds());
    BOOST_TEST(!lost.holds());
}

BOOST_AUTO_TEST_CASE(a_change_outside_the_merged_stretches_is_found)
{
    const auto make = [](bool tanh_instead) {
        Net net(DType::float64, 8);
        net.linear(5, 5);
        net.linear(5, 5);
        if (tanh_instead)
            net.tanh();
        else
            net.relu();
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
    BOOST_TEST(text.str().starts_with(
        "collapse_linear (constants): 4 -> 2 nodes, 17 -> 12 parameters, 29 -> 21 flops per "
        "sample\n  merged modules 0 to 1 (widths 3-2-3): 4 -> 2 nodes, W' [3, 3]\n    |y - y'| "));
    BOOST_TEST(text.str().ends_with(
        "  holds on 64 random inputs in float32: largest difference <= bound on rounding\n"));
}
