// The affine collapse in full: residual sums, transposes, reshapes, means and more, each with its bound, and what is left.

#define BOOST_TEST_MODULE collapse_affine
#include <boost/test/unit_test.hpp>

#include <random>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/autodiff/affine_map.hpp"
#include "xgrad/autodiff/passes/collapse_affine.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

Array uniform(const Shape& shape, unsigned seed, DType dtype = DType::float64)
{
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution<double> draw(-1, 1);
    Array array(DType::float64, shape);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = draw(engine);
    return array.cast(dtype);
}

struct Maker {
    DType dtype = DType::float64;
    Parameter p(const Shape& shape, unsigned seed) const
    {
        return Parameter(uniform(shape, seed, dtype), "p");
    }
    Variable linear(Variable x, std::int64_t m, unsigned seed) const
    {
        return xgrad::linear(x, p({x.shape().back(), m}, seed), p({m}, seed + 100));
    }
};
using F = std::function<Variable(const Maker&, Variable)>;

std::string body(const Graph& graph)
{
    std::string text;
    for (ValueId id = 0; id < graph.size(); ++id)
        if (!graph[id].op->traits.leaf) text += (text.empty() ? "" : " ") + std::string(graph[id].op->name);
    return text;
}
Graph record(const F& f, const Shape& shape, DType dtype, bool training = false)
{
    Tape tape({.training = training, .generator = Generator(1)});
    return tape.graph({f(Maker{dtype}, tape.variable(uniform(shape, 7, dtype), "x"))});
}
std::string said(const AffineCollapsed& result)
{
    std::string text;
    for (const Refusal& refusal : result.refusals) text += refusal.text + "\n";
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_stretch_may_begin_at_a_vector)
{
    Tape tape({.training = false});
    const Variable x = tape.variable(xt::xarray<double>{1., -2., 3.});
    const Variable w = reshape(tape.constant(xt::xarray<double>{1., 2., 3., 4.}), {1, 4}),
                   w2 = reshape(tape.constant(xt::xarray<double>{1., -1., .5, 2.}), {4, 1});
    const AffineCollapsed one =
        collapse_affine(tape.graph({matmul(matmul(reshape(x, {-1, 1}), w), w2)}), {.allow_dearer = true});
    BOOST_TEST(one.merged.size() == 1u);
    BOOST_TEST(one.holds());
    near(values(one.graph(std::vector<Variable>{x})[0]), {8.5, -17., 25.5});
}

BOOST_AUTO_TEST_CASE(every_affine_stretch_becomes_one_product_and_one_sum)
{
    struct Case {
        const char* what;
        Shape shape;
        const char* after;
        F f;
    };
    const std::vector<Case> cases = {
        {"products, bias, scale",
         {6, 4},
         "matmul add",
         [](const Maker& m, Variable x) {
             return m.linear((m.linear(x, 4, 1) * 2.0 - 1.0) / m.p({4}, 9), 3, 2);
         }},
        {"residual", {6, 4}, "matmul add", [](const Maker& m, Variable x) { return x + m.linear(x, 4, 1); }},
        {"residual of two layers",
         {6, 4},
         "matmul add",
         [](const Maker& m, Variable x) {
             const Variable h = m.linear(x, 4, 1);
             return h - m.linear(m.linear(h, 4, 2), 4, 3);
         }},
        {"ten residual blocks",
         {6, 4},
         "matmul add",
         [](const Maker& m, Variable x) {
             for (unsigned k = 0; k < 10; ++k) x = x + m.linear(x, 4, k) * 0.5;
             return x;
         }},
        {"the same twice",
         {6, 4},
         "matmul add",
         [](const Maker& m, Variable x) {
             const Variable h = m.linear(x, 4, 1);
             return m.linear(h + h, 4, 2);
         }},
        {"reshape, transpose and mean",
         {6, 12},
         "matmul add",
         [](const Maker& m, Variable x) {
             const Variable h = permute(reshape(m.linear(x, 12, 1), {-1, 3, 4}), {0, 2, 1});
             return m.linear(mean(h, 2), 2, 2);
         }},
        {"sums over features",
         {6, 4},
         "matmul add",
         [](const Maker& m, Variable x) { return m.linear(sum(m.linear(x, 4, 1), 1, true), 2, 2); }},
        {"slices and joins",
         {6, 4},
         "matmul add",
         [](const Maker& m, Variable x) {
             const Variable h = m.linear(x, 6, 1);
             return m.linear(concat({slice(h, {{}, {3, 6}}), slice(h, {{}, {0, 2}})}, 1), 2, 2);
         }},
        {"sequences",
         {6, 3, 4},
         "flatten matmul add reshape",
         [](const Maker& m, Variable x) {
             return transpose(m.linear(transpose(m.linear(x, 2, 1), 1, 2), 3, 2), 1, 2) * 2.0;
         }},
        {"choice by data",
         {6, 4},
         "matmul add",
         [](const Maker& m, Variable x) {
             const Variable h = m.linear(x, 4, 1);
             return m.linear(where(h.tape().constant(xt::xarray<bool>{true, false, true, true}), h, 0.5 * h),
                             4, 2);
         }},
        {"dropout outside of training",
         {6, 4},
         "matmul add",
         [](const Maker& m, Variable x) { return m.linear(dropout(m.linear(x, 4, 1), 0.5), 4, 2); }},
        {"without biases",
         {6, 4},
         "matmul",
         [](const Maker& m, Variable x) {
             return matmul(x + matmul(x, m.p({4, 4}, 1)), m.p({4, 4}, 2));
         }},
    };
    for (const Case& c : cases)
        for (const DType dtype : {DType::float64, DType::float32})
            BOOST_TEST_CONTEXT(c.what << " " << name_of(dtype))
            {
                const Graph graph = record(c.f, c.shape, dtype);
                const AffineCollapsed result = collapse_affine(graph, {.allow_dearer = true});
                BOOST_TEST(body(result.graph) == c.after, said(result));
                BOOST_REQUIRE_EQUAL(result.merged.size(), 1u);
                BOOST_TEST(result.holds(), result);
                const AffineStretch& m = result.merged[0];
                BOOST_TEST(m.value.bound > 0);
                BOOST_TEST(m.value.bound < (dtype == DType::float64 ? 1e-9 : 1.));
                BOOST_TEST(m.value.worst <= 1);
                // Against the map of the whole graph, found in another way.
                const AffineMap map = affine_map(graph);
                BOOST_REQUIRE_MESSAGE(bool(map), map);
                if (map.by_rows && c.shape.size() == 2) {
                    const AffineMap after = affine_map(result.graph);
                    near(values(after.weight), values(map.weight), dtype == DType::float64 ? 1e-13 : 1e-4);
                    near(values(after.bias), values(map.bias), dtype == DType::float64 ? 1e-13 : 1e-4);
                }
            }
}

BOOST_AUTO_TEST_CASE(what_ends_a_stretch)
{
    const auto left = [](const F& f, const char* expected, bool training = false) {
        const Graph graph = record(f, {6, 4}, DType::float64, training);
        const AffineCollapsed result = collapse_affine(graph, {.allow_dearer = true});
        BOOST_TEST(result.graph.text() == graph.text());
        BOOST_TEST(result.merged.empty());
        says(said(result), expected);
    };
    left([](const Maker& m, Variable x) { return m.linear(relu(m.linear(x, 4, 1)), 4, 2); },
         "relu (%5) is not affine: relu'(0) = 0");
    left(
        [](const Maker& m, Variable x) {
            const Variable h = m.linear(x, 4, 1);
            return m.linear(h - mean(h, 0, true), 4, 2);
        },
        "does not treat all rows alike");
    left(
        [](const Maker& m, Variable x) {
            return m.linear(matmul(m.p({6, 6}, 3), m.linear(x, 4, 1)), 4, 2);
        },
        "does not treat all rows alike");
    left(
        [](const Maker& m, Variable x) {
            return m.linear(m.linear(x, 4, 1) + m.p({6, 1}, 3), 4, 2);
        },
        "does not treat all rows alike");
    left([](const Maker& m, Variable x) { return m.linear(transpose(m.linear(x, 6, 1)), 4, 2); },
         "does not treat all rows alike");
    left(
        [](const Maker& m, Variable x) {
            return m.linear(reshape(m.linear(x, 4, 1), {3, 8}), 4, 2);
        },
        "does not treat all rows alike");
    left([](const Maker& m, Variable x) { return m.linear(slice(m.linear(x, 4, 1), {{.step = -1}}), 4, 2); },
         "does not treat all rows alike");
    left(
        [](const Maker& m, Variable x) {
            const Variable h = m.linear(x, 4, 1);
            return m.linear(h * h, 4, 2);
        },
        "mul (%5) is not affine");
    left([](const Maker& m, Variable x) { return m.linear(dropout(m.linear(x, 4, 1), 0.5), 4, 2); },
         "is stochastic: it is drawn anew at each run", true);
}

BOOST_AUTO_TEST_CASE(outputs_and_values_read_elsewhere_stay)
{
    const Maker m;
    const Array at = uniform({6, 4}, 7);
    const auto ran = [&](const Graph& graph) {
        Tape other({.training = false});
        const Variable x = other.variable(at);
        std::vector<std::vector<double>> y;
        for (const Variable& v : graph(std::span(&x, 1))) y.push_back(values(v));
        return y;
    };
    Tape tape({.training = false});
    const Variable x = tape.variable(at, "x"), h = m.linear(x * 2.0, 4, 1).named("h"),
                   y = m.linear(h + 1.0, 4, 2).named("y");
    for (const std::vector<Variable>& outputs :
         {std::vector<Variable>{y, h}, {y, tanh(h)}, {h + m.linear(h, 4, 3), tanh(h), y}}) {
        const Graph graph = tape.graph(outputs);
        const AffineCollapsed result = collapse_affine(graph, {.allow_dearer = true});
        BOOST_TEST(result.merged.size() >= 2u);
        BOOST_TEST(result.holds());
        const auto before = ran(graph), after = ran(result.graph);
        for (std::size_t k = 0; k < before.size(); ++k) near(after[k], before[k], 1e-13);
        says(said(result), "add ('h') is ");
        BOOST_TEST(result.graph.text().find("'h'") != std::string::npos);
    }
    // Two ends from one value: neither contains the other.
    const Variable g = m.linear(x, 4, 5);
    const Graph two = tape.graph({m.linear(g, 4, 6) * 2.0, m.linear(g, 4, 8) * 3.0});
    const AffineCollapsed result = collapse_affine(two, {.allow_dearer = true});
    BOOST_TEST(result.holds());
    const auto before = ran(two), after = ran(result.graph);
    for (std::size_t k = 0; k < 2; ++k) near(after[k], before[k], 1e-13);
}

BOOST_AUTO_TEST_CASE(dearer_stretches_modes_and_errors)
{
    const F wide = [](const Maker& m, Variable x) { return m.linear(m.linear(x, 2, 1), 40, 2); };
    const Graph graph = record(wide, {5, 40}, DType::float64);
    says(said(collapse_affine(graph)), "would be dearer as one product: 1810 -> 16200 flops");
    BOOST_TEST(collapse_affine(graph, {.allow_dearer = true}).merged.size() == 1u);
    says(message<ValueError>([&] { collapse_affine(graph, {.mode = CollapseMode::parameters}); }),
         "collapse_linear()");
    const F zero = [](const Maker& m, Variable x) {
        return m.linear(m.linear(x, 3, 1) / Parameter(Array(xt::xarray<double>{1., 0., 1.})), 3, 2);
    };
    says(said(collapse_affine(record(zero, {5, 3}, DType::float64))), "has no finite W' and b'");
}

BOOST_AUTO_TEST_CASE(random_networks_keep_their_function_and_the_certificate_holds)
{
    int merged = 0;
    for (unsigned seed = 1; seed <= 500; ++seed) BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937_64 engine(seed);
            const auto pick = [&](unsigned count) { return static_cast<unsigned>(engine() % count); };
            const DType dtype = seed % 2 ? DType::float64 : DType::float32;
            const Maker m{dtype};
            Tape tape({.training = false});
            const Array at = uniform({5, 6}, seed, dtype);
            const Variable x = tape.variable(at, "x");
            std::vector<Variable> pool = {x};
            for (unsigned k = 0; k < 6 + pick(8); ++k) {
                const Variable a = pool[pool.size() - 1 -
                                        std::min(pick(unsigned(pool.size())), pick(unsigned(pool.size())))],
                               b = pool[pool.size() - 1 -
                                        std::min(pick(unsigned(pool.size())), pick(unsigned(pool.size())))];
                switch (pick(11)) {
                case 0:
                case 1:
                case 2: pool.push_back(m.linear(a, 6, seed * 50 + k)); break;
                case 3: pool.push_back(a + b); break;
                case 4: pool.push_back(a - b * 0.5); break;
                case 5: pool.push_back(relu(a)); break;
                case 6:
                    pool.push_back(permute(reshape(a, {-1, 2, 3}), {0, 2, 1}));
                    pool.back() = reshape(pool.back(), {-1, 6});
                    break;
                case 7: pool.push_back(a - mean(a, 1, true)); break;
                case 8: pool.push_back(concat({slice(a, {{}, {2, 6}}), slice(b, {{}, {0, 2}})}, 1)); break;
                case 9: pool.push_back(a - mean(b, 0, true)); break;
                default: pool.push_back((a + 1.0) * m.p({6}, seed + k)); break;
                }
            }
            const Graph graph = tape.graph({pool.back(), pool[pool.size() / 2], x});
            const AffineCollapsed result = collapse_affine(graph, {.allow_dearer = true, .seed = seed});
            BOOST_TEST(result.holds(), result);
            merged += static_cast<int>(result.merged.size());
            const Collapsed chains = collapse_linear(graph, {.allow_dearer = true, .seed = seed});
            BOOST_TEST(chains.certificate.holds(), chains.certificate);
            Tape other({.training = false});
            const Variable in = other.variable(at);
            const auto before = graph(std::span(&in, 1)), after = result.graph(std::span(&in, 1));
            for (std::size_t k = 0; k < 2; ++k)
                near(values(after[k]), values(before[k]), seed % 2 ? 1e-11 : 1e-3);
        }
    BOOST_TEST(merged > 300);
}
