// Graphs as matrices: the affine map of the whole, of the region around a point, and the regions of a plane.

#define BOOST_TEST_MODULE affine_map
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <cmath>
#include <random>
#include <set>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/autodiff/affine_map.hpp"
#include "xgrad/autodiff/export/regions.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

Array uniform(const Shape& shape, unsigned seed, double low = -1, double high = 1)
{
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution<double> draw(low, high);
    Array array(DType::float64, shape);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = draw(engine);
    return array;
}
Parameter parameter(const Shape& shape, unsigned seed) { return Parameter(uniform(shape, seed), "p"); }

using F = std::function<Variable(Variable)>;

// The largest |f(x) - (x W + b)| over points far from where the map was asked for, relative to the terms.
template <class Map>
double defect(const F& f, const Map& map, const Shape& shape, const Array* around = nullptr,
              double reach = 100)
{
    const std::int64_t n = map.weight.shape()[0], m = map.weight.shape()[1];
    const std::vector<double> w = values(map.weight), b = values(map.bias);
    double worst = 0;
    for (unsigned seed = 1; seed <= 5; ++seed) {
        Array x = uniform(shape, 100 + seed, -reach, reach);
        if (around)
            for (std::int64_t i = 0; i < x.size(); ++i)
                static_cast<double*>(x.mutable_data())[i] += values(*around)[static_cast<std::size_t>(i)];
        Tape tape({.training = false});
        const std::vector<double> y = values(f(tape.variable(x))), at = values(x);
        for (std::size_t r = 0; r * static_cast<std::size_t>(m) < y.size(); ++r)
            for (std::int64_t j = 0; j < m; ++j) {
                double want = b[static_cast<std::size_t>(j)], size = std::abs(want) + 1;
                for (std::int64_t i = 0; i < n; ++i) {
                    const double term = at[r * static_cast<std::size_t>(n) + static_cast<std::size_t>(i)] *
                                        w[static_cast<std::size_t>(i * m + j)];
                    want += term;
                    size += std::abs(term);
                }
                worst = std::max(
                    worst,
                    std::abs(y[r * static_cast<std::size_t>(m) + static_cast<std::size_t>(j)] - want) / size);
            }
    }
    return worst;
}

}  // namespace

BOOST_AUTO_TEST_CASE(row_15_layers_are_one_matrix)
{
    const Parameter w1 = parameter({3, 5}, 1), w2 = parameter({5, 2}, 2), b1 = parameter({5}, 3),
                    b2 = parameter({2}, 4);
    const F f = [&](Variable x) { return linear(linear(x, w1, b1), w2, b2); };
    const AffineMap map = affine_map(f, Array(DType::float64, {7, 3}));
    BOOST_TEST(bool(map));
    BOOST_TEST(map.by_rows);
    // W1 W2 and b1 W2 + b2, by hand.
    const auto a = values(w1), b = values(w2), c = values(b1), d = values(b2);
    std::vector<double> w(6, 0), bias = d;
    for (std::size_t j = 0; j < 2; ++j)
        for (std::size_t k = 0; k < 5; ++k) {
            for (std::size_t i = 0; i < 3; ++i) w[i * 2 + j] += a[i * 5 + k] * b[k * 2 + j];
            bias[j] += c[k] * b[k * 2 + j];
        }
    near(values(map.weight), w, 1e-15);
    near(values(map.bias), bias, 1e-15);
    BOOST_TEST(map.rank == 2);
    BOOST_TEST(defect(f, map, {7, 3}) <= 1e-12);
}

BOOST_AUTO_TEST_CASE(whatever_is_affine_has_its_map)
{
    const Parameter w = parameter({4, 4}, 1), b = parameter({4}, 2), k = parameter({3, 2, 3, 3}, 3),
                    l = parameter({5, 5}, 4);
    struct Case {
        const char* what;
        Shape shape;
        bool by_rows;
        F f;
    };
    const std::vector<Case> cases = {
        {"residual", {5, 4}, true, [&](Variable x) { return x + linear(x, w, b); }},
        {"scale, shift, mean over features",
         {5, 4},
         true,
         [&](Variable x) { return mean(linear(x, w) * 2.0 - 1.0, 1, true); }},
        {"mean over rows", {5, 4}, false, [&](Variable x) { return x - mean(x, 0, true); }},
        {"product from the left", {5, 4}, false, [&](Variable x) { return matmul(l, x); }},
        {"transposes",
         {5, 4},
         true,
         [&](Variable x) { return transpose(matmul(transpose(x.tape().parameter(w)), transpose(x))); }},
        {"reshape",
         {4},
         true,
         [&](Variable x) {
             return reshape(matmul(reshape(x, {2, 2}), Parameter(uniform({2, 2}, 9))), {4});
         }},
        {"slices and joins",
         {5, 4},
         true,
         [&](Variable x) {
             return concat({slice(x, {{}, {2, 4}}), slice(x, {{}, {0, 3}}) * 3.0}, 1);
         }},
        {"convolution and average",
         {1, 2, 6, 6},
         false,
         [&](Variable x) { return avg_pool2d(conv2d(x, k), {2}); }},
        {"dropout outside of training",
         {5, 4},
         true,
         [&](Variable x) { return linear(dropout(x, 0.5), w, b); }},
        {"choice by data",
         {5, 4},
         true,
         [&](Variable x) {
             return where(x.tape().constant(xt::xarray<bool>{true, false, true, false}), x, 2.0 * x + 1.0);
         }},
        {"divided", {5, 4}, true, [&](Variable x) { return (1.0 - x) / b; }},
        {"a constant", {5, 4}, true, [&](Variable x) { return zeros_like(x) + b; }},
        {"its own gradient", {4}, true, [&](Variable x) { return grad(sum(linear(x, w) * x), x); }},
    };
    for (const Case& c : cases) BOOST_TEST_CONTEXT(c.what)
        {
            const AffineMap map = affine_map(c.f, uniform(c.shape, 5));
            BOOST_REQUIRE_MESSAGE(bool(map), map);
            BOOST_TEST(map.by_rows == c.by_rows);
            BOOST_TEST(defect(c.f, map, c.shape) <= 1e-12);
        }
}

BOOST_AUTO_TEST_CASE(rows_that_meet_ever_so_little_are_not_alike)
{
    const F f = [](Variable x) { return x + mean(x, 0, true) * 1e-14; };
    const AffineMap map = affine_map(f, uniform({3, 2}, 1));
    BOOST_TEST(!map.by_rows);
    BOOST_TEST(map.weight.shape()[0] == 6);
}

BOOST_AUTO_TEST_CASE(what_is_not_affine_is_named)
{
    struct Net {
        nn::Sequential layers;
        static constexpr auto members() { return std::tuple{field("net", &Net::layers)}; }
        Variable operator()(Variable x) const { return layers(x); }
    };
    const Net net{nn::Sequential{nn::Linear{3, 4, {.dtype = DType::float64}},
                                 nn::Linear{4, 4, {.dtype = DType::float64}}, nn::ReLU{},
                                 nn::Linear{4, 2, {.dtype = DType::float64}}}};
    const Graph graph = nn::record(net, Array(DType::float64, {2, 3}));
    const AffineMap map = affine_map(graph);
    BOOST_REQUIRE(!map);
    BOOST_TEST(map.barrier->text == "relu (net) is not affine: relu'(0) = 0");
    BOOST_TEST(map.barrier->op == "relu");
    BOOST_TEST(map.barrier->path == "net");
    BOOST_TEST(graph[map.barrier->node].op->name == "relu");

    // Not by trying: here the ReLU never cuts anything, and no derivative shows it.
    BOOST_TEST(
        !affine_map([](Variable x) { return relu(square(x) * 0.0 + x + 1e9); }, Array(DType::float64, {2})));
    const auto sentence = [](const F& f) {
        std::ostringstream text;
        text << affine_map(f, uniform({2, 2}, 1));
        return text.str();
    };
    BOOST_TEST(sentence([](Variable x) { return tanh(x); }) ==
               "tanh (%1) is not affine: its values stay within -1 and 1");
    says(sentence([](Variable x) { return x * x; }),
         "mul (%1) is not affine: several of its inputs depend on x");
    says(sentence([](Variable x) { return matmul(x, x); }), "matmul (%1)", "several of its inputs");
    says(sentence([](Variable x) { return 1.0 / x; }), "div (%2) is not affine: x / y");
    says(sentence([](Variable x) { return detach(x); }), "detach (%1) is not affine");
    says(sentence([](Variable x) { return cast(cast(x, DType::int64), DType::float64); }),
         "cast (%1) is not affine");
    says(sentence([](Variable x) { return x + random_normal(x, {2}); }), "is stochastic");
    says(sentence([](Variable x) { return where(x > 0.0, x, x); }), "greater");
    Tape tape({.training = true});
    const Variable x = tape.variable(uniform({3, 2}, 1));
    says(affine_map(dropout(x, 0.5), x).barrier->text, "dropout_mask", "stochastic");
}

BOOST_AUTO_TEST_CASE(rank_and_singular_values)
{
    // A = diag(3, 2, 0) has them on its face; a 3-2-3 bottleneck has rank 2.
    const Parameter d(xt::xarray<double>{{3., 0., 0.}, {0., 2., 0.}, {0., 0., 0.}});
    const AffineMap map = affine_map([&](Variable x) { return matmul(x, d); }, uniform({4, 3}, 1));
    near(map.singular_values, list({3, 2, 0}), 1e-15);
    BOOST_TEST(map.rank == 2);
    const Parameter a = parameter({3, 2}, 1), b = parameter({2, 3}, 2);
    BOOST_TEST(affine_map([&](Variable x) { return matmul(matmul(x, a), b); }, uniform({4, 3}, 1)).rank == 2);
    std::ostringstream text;
    text << map;
    BOOST_TEST(text.str() == "y = x W + b, W 3 x 3 of rank 2; singular values 3, 2, 0");
    // The average of 4 equal numbers: one singular value, 1 / sqrt(4).
    near(affine_map([](Variable x) { return mean(x); }, uniform({4}, 1)).singular_values, list({0.5}), 1e-15);
    BOOST_TEST(affine_map([](Variable x) { return x * 0.0; }, uniform({4}, 1)).rank == 0);
}

BOOST_AUTO_TEST_CASE(inputs_by_place_by_name_and_on_a_tape)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x"),
                   s = tape.variable(xt::xarray<double>{3., 4.}, "s");
    const Variable h = 2.0 * x, y = h * s + 1.0;
    const Graph graph = tape.graph({y});
    const std::vector<Array> scale = {s.array()}, shift = {x.array()};
    near(values(affine_map(graph, 0, scale).weight), list({6, 0, 0, 8}));
    near(values(affine_map(graph, "s", shift).weight), list({2, 0, 0, 4}));
    near(values(affine_map(y, x).weight), list({6, 0, 0, 8}));
    near(values(affine_map(y, h).weight), list({3, 0, 0, 4}));  // from within
    near(values(affine_map(y, x).bias), list({1, 1}));
    says(message<ValueError>([&] { affine_map(graph, "z"); }), "no input 'z'");
    says(message<ValueError>([&] { affine_map(graph, 2); }), "2 inputs, there is no input 2");
    says(message<ValueError>([&] { affine_map(graph, 0); }), "depends on input ('s') too");
    BOOST_TEST(affine_map(tape.graph({h}), 0).bias.size() == 2);
}

// ---------------------------------------------------------------- piecewise affine

BOOST_AUTO_TEST_CASE(slopes_of_regions_are_exact_in_float32_too)
{
    Tape tape({.training = false});
    const Variable x = tape.variable(Array(xt::xarray<float>{0, 0}));
    const Graph graph = tape.graph({sum(relu(x)) + sum(relu(x - 1e-3)) + 100.});
    const Array o(xt::xarray<float>{0, 0}), u(xt::xarray<float>{1, 0}), v(xt::xarray<float>{0, 1});
    for (const LinearRegion& region : linear_regions(graph, o, u, v).regions)
        for (const double slope : {region.along_u[0], region.along_v[0]})
            BOOST_TEST((slope == 0 || slope == 1 || slope == 2), slope);
    BOOST_CHECK_THROW(linear_regions(graph, o, u, v, {.high_s = INFINITY}), ValueError);
    BOOST_CHECK_THROW(linear_regions(graph, xt::xarray<float>{NAN, 0}, u, v), ValueError);
    BOOST_CHECK_THROW(local_affine_map(graph, xt::xarray<float>{NAN, 0}), ValueError);
}

BOOST_AUTO_TEST_CASE(the_local_map_is_the_network_in_its_region)
{
    const Parameter w1 = parameter({3, 8}, 1), b1 = parameter({8}, 2), w2 = parameter({8, 6}, 3),
                    b2 = parameter({6}, 4);
    const std::vector<std::pair<const char*, F>> nets = {
        {"relu", [&](Variable x) { return linear(relu(linear(x, w1, b1)), w2, b2); }},
        {"leaky",
         [&](Variable x) {
             const Variable h = linear(x, w1, b1);
             return linear(where(h > 0.0, h, 0.1 * h), w2, b2);
         }},
        {"leaky by maximum",
         [&](Variable x) {
             const Variable h = linear(x, w1, b1);
             return linear(maximum(h, 0.1 * h), w2, b2);
         }},
        {"leaky by a factor",
         [&](Variable x) {
             const Variable h = linear(x, w1, b1);
             return linear(h * cast(h > 0.0, DType::float64), w2, b2);
         }},
        {"abs", [&](Variable x) { return abs(linear(abs(linear(x, w1, b1)), w2, b2)); }},
        {"clamp", [&](Variable x) { return linear(clamp(linear(x, w1, b1), -0.4, 0.5), w2, b2); }},
        {"leaky_relu", [&](Variable x) { return linear(leaky_relu(linear(x, w1, b1), 0.2), w2, b2); }},
        {"relu6 and hardtanh",
         [&](Variable x) { return hardtanh(linear(relu6(linear(x, w1, b1)), w2, b2), -0.3, 0.4); }},
        {"shrinks",
         [&](Variable x) { return softshrink(linear(hardshrink(linear(x, w1, b1), 0.9), w2, b2), 0.8); }},
        {"prelu",
         [&](Variable x) { return prelu(linear(x, w1, b1), x.tape().constant(xt::xarray<double>{0.3})); }},
        {"minimum", [&](Variable x) { return minimum(linear(linear(x, w1, b1), w2, b2), 0.1); }},
        {"maxima",
         [&](Variable x) {
             return max(reshape(linear(x, w1, b1), {4, 2}), 1) - min(linear(x, w1), -1);
         }},
        {"hinge",
         [&](Variable x) {
             return hinge_loss_elementwise(linear(x, w1, b1), x.tape().constant(xt::xarray<double>{1.}));
         }},
        {"max pooling",
         [&](Variable x) {
             return max_pool2d(reshape(linear(linear(x, w1, b1), w2, b2), {1, 1, 2, 3}),
                               {.kernel = 2, .stride = Pair2d{1}, .padding = 1});
         }},
        {"max pooling with windows that end beyond the image",
         [&](Variable x) {
             return max_pool2d(reshape(linear(linear(x, w1, b1), w2, b2), {1, 1, 2, 3}),
                               {.kernel = 2, .ceil_mode = true});
         }},
        {"max pooling of a sequence",
         [&](Variable x) {
             return max_pool1d(reshape(linear(linear(x, w1, b1), w2, b2), {1, 1, 6}),
                               {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true});
         }},
    };
    for (const auto& [what, f] : nets) BOOST_TEST_CONTEXT(what)
        {
            bool different = false;
            LocalAffineMap first;
            for (unsigned seed = 1; seed <= 8; ++seed) {
                const Array x0 = uniform({3}, seed);
                const LocalAffineMap map = local_affine_map(f, x0);
                BOOST_REQUIRE_MESSAGE(bool(map), map);
                BOOST_TEST(!map.on_kink());
                // Near x0, and at every point of the same pattern.
                BOOST_TEST(defect(f, map, {3}, &x0, 1e-7) <= 1e-12);
                int same = 0;
                for (unsigned other = 0; other < 40; ++other) {
                    Array x = uniform({3}, 50 + other, -0.3, 0.3);
                    for (std::size_t i = 0; i < 3; ++i)
                        static_cast<double*>(x.mutable_data())[i] += values(x0)[i];
                    const LocalAffineMap there = local_affine_map(f, x);
                    if (!there.same_region(map)) continue;
                    ++same;
                    near(values(there.weight), values(map.weight), 1e-14);
                    near(values(there.bias), values(map.bias), 1e-14);
                    const Array zero = x;
                    BOOST_TEST(defect(f, map, {3}, &zero, 0) <= 1e-12);
                }
                BOOST_TEST(same > 0);
                if (seed == 1)
                    first = map;
                else
                    different = different || !map.same_region(first);
            }
            BOOST_TEST(different);
        }
}

BOOST_AUTO_TEST_CASE(kinks_and_barriers_are_named)
{
    const F f = [](Variable x) { return relu(x) * 2.0; };
    const LocalAffineMap map = local_affine_map(f, xt::xarray<double>{1., 0., -1., 0.});
    BOOST_TEST(map.on_kink());
    BOOST_TEST(map.kinks.at(0) == "relu (%1) is at its kink at [1] and 1 more");
    BOOST_TEST(map.pattern.at(0).pieces == (std::vector<std::int32_t>{1, 0, -1, 0}),
               boost::test_tools::per_element());
    const auto kink = [](const F& g, xt::xarray<double> x) { return local_affine_map(g, x).on_kink(); };
    BOOST_TEST(kink([](Variable x) { return max(x); }, {1., 2., 2.}));
    BOOST_TEST(!kink([](Variable x) { return max(x); }, {1., 1., 2.}));  // only the largest matter
    BOOST_TEST(kink([](Variable x) { return clamp(x, -1, 1); }, {1., 0.}));
    BOOST_TEST(kink([](Variable x) { return maximum(x, 0.5); }, {0.5, 0.}));
    BOOST_TEST(kink([](Variable x) { return max_pool2d(reshape(x, {1, 1, 2, 2}), {2}); }, {1., 3., 0., 3.}));
    BOOST_TEST(!kink([](Variable x) { return max_pool2d(reshape(x, {1, 1, 2, 2}), {2}); }, {1., 3., 0., 2.}));
    const auto barrier = [](const F& g) {
        const LocalAffineMap m = local_affine_map(g, xt::xarray<double>{1., 2.});
        BOOST_TEST(!m);
        return m ? std::string() : m.barrier->text;
    };
    BOOST_TEST(barrier([](Variable x) { return tanh(relu(x)); }) ==
               "tanh (%2) is not piecewise affine: its values stay within -1 and 1");
    says(barrier([](Variable x) { return relu(x) * x; }), "mul (%2) is not piecewise affine");
}

// Every row of the registry that says so: commutes, moves elements, is affine piece by piece.
BOOST_AUTO_TEST_CASE(what_rows_say_of_pieces_and_places_is_true)
{
    int commuting = 0, moving = 0, pieces = 0;
    for (const Op* op : registry())
        for (std::size_t k = 0; k < op->samples.size(); ++k) BOOST_TEST_CONTEXT(op->name << " sample " << k)
            {
                const Sample& sample = op->samples[k];
                Tape tape({.training = false});
                std::vector<Variable> in;
                for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
                    const SampleInput& given = sample.inputs[i];
                    const DType dtype = given.dtype.value_or(DType::float64);
                    Array x =
                        uniform(given.shape, static_cast<unsigned>(31 * k + i + 1), given.low, given.high);
                    in.push_back(tape.variable(dtype == DType::float64 ? x : x.cast(dtype)));
                }
                const Variable y = sample.call(in);
                const Graph graph = tape.graph({y});
                if (graph[graph.outputs()[0]].op != op) continue;
                if (op->traits.commutes) {
                    const std::vector<Variable> turned = {in[1], in[0]};
                    BOOST_TEST(same(y.array(), sample.call(turned).array()));
                    ++commuting;
                }
                if (op->traits.moves) {
                    std::set<double> there;
                    for (const Variable& x : in)
                        for (const double value : values(x)) there.insert(value);
                    for (const double value : values(y)) BOOST_TEST(there.contains(value));
                    ++moving;
                }
                for (std::size_t i = 0; i < in.size(); ++i) {
                    if (!(op->traits.piecewise >> i & 1) || !is_floating(in[i].dtype()) ||
                        !is_floating(y.dtype()))
                        continue;
                    const LocalAffineMap map = local_affine_map(y, in[i]);
                    BOOST_REQUIRE_MESSAGE(bool(map), map);
                    const F f = [&](Variable x) {
                        std::vector<Variable> all;
                        for (std::size_t j = 0; j < in.size(); ++j)
                            all.push_back(j == i ? x : x.tape().constant(in[j].array()));
                        return sample.call(all);
                    };
                    const Array x0 = in[i].array();
                    if (x0.size() > 0)
                        BOOST_TEST(defect(f, map, Shape(x0.shape().begin(), x0.shape().end()), &x0, 1e-7) <=
                                   1e-12);
                    ++pieces;
                }
            }
    BOOST_TEST(commuting >= 40);
    BOOST_TEST(moving >= 12);
    BOOST_TEST(pieces >= 30);
}

BOOST_AUTO_TEST_CASE(regions_of_known_nets)
{
    const Array o(xt::xarray<double>{0., 0.}), u(xt::xarray<double>{1., 0.}), v(xt::xarray<double>{0., 1.});
    const auto regions = [&](const F& f) {
        Tape tape({.training = false});
        return linear_regions(tape.graph({f(tape.variable(o, "x"))}), o, u, v);
    };
    BOOST_TEST(regions([](Variable x) { return x * 2.0 + 1.0; }).regions.size() == 1u);
    BOOST_TEST(regions([](Variable x) { return relu(x); }).regions.size() == 4u);  // the quadrants
    BOOST_TEST(regions([](Variable x) { return abs(abs(x) - 0.5); }).regions.size() == 16u);
    BOOST_TEST(regions([](Variable x) { return max(x); }).regions.size() == 2u);  // split by the diagonal
    BOOST_TEST(regions([](Variable x) { return clamp(x, -0.5, 0.5); }).regions.size() == 9u);
    // n lines in general position cut the plane into 1 + n + n (n - 1) / 2 parts; all crossings lie in this box.
    const Parameter w(xt::xarray<double>{{1., 0., 1., 1., 2.}, {0., 1., 1., -1., 1.}}),
        b(xt::xarray<double>{0.1, -0.15, 0.2, 0.05, -0.13});
    BOOST_TEST(regions([&](Variable x) { return sum(relu(linear(x, w, b))); }).regions.size() == 16u);
    const LinearRegions barrier = regions([](Variable x) { return sigmoid(x); });
    BOOST_TEST(barrier.barrier.has_value());
    says(message<ValueError>([&] { draw(barrier); }), "sigmoid (%1) is not piecewise affine");
}

BOOST_AUTO_TEST_CASE(regions_fill_the_box_and_agree_with_the_network)
{
    const Parameter w1 = parameter({4, 10}, 1), b1 = parameter({10}, 2), w2 = parameter({10, 10}, 3),
                    b2 = parameter({10}, 4), w3 = parameter({10, 2}, 5);
    const F f = [&](Variable x) { return linear(relu(linear(relu(linear(x, w1, b1)), w2, b2)), w3); };
    const Array o = uniform({4}, 6), u = uniform({4}, 7), v = uniform({4}, 8);
    Tape tape({.training = false});
    const Graph graph = tape.graph({f(tape.variable(o))});
    const LinearRegions r =
        linear_regions(graph, o, u, v, {.low_s = -2, .high_s = 2, .low_t = -1, .high_t = 3});
    double area = 0;
    for (const LinearRegion& region : r.regions) area += region.area();
    near(area, 16, 1e-9);
    BOOST_TEST(r.regions.size() > 50u);
    const auto at = [&](double s, double t) {
        Array x(DType::float64, {4});
        for (std::size_t i = 0; i < 4; ++i)
            static_cast<double*>(x.mutable_data())[i] = values(o)[i] + s * values(u)[i] + t * values(v)[i];
        return x;
    };
    std::mt19937_64 engine(1);
    std::uniform_real_distribution<double> ds(-2, 2), dt(-1, 3);
    for (int k = 0; k < 500; ++k) {
        const double s = ds(engine), t = dt(engine);
        Tape other({.training = false});
        const std::vector<double> y = values(f(other.variable(at(s, t))));
        const LinearRegion& region = r.at(s, t);
        for (std::size_t j = 0; j < 2; ++j) near(region.value(s, t, j), y[j], 1e-9);
    }
    // Two regions beside one another have different patterns; the pattern within one does not change.
    for (std::size_t k = 0; k < r.regions.size(); k += 7) {
        const LinearRegion& region = r.regions[k];
        if (region.area() < 1e-6) continue;
        const auto c = region.centre();
        const LocalAffineMap here = local_affine_map(f, at(c[0], c[1]));
        for (const auto& corner : region.polygon)
            BOOST_TEST(here.same_region(
                local_affine_map(f, at(c[0] + 0.9 * (corner[0] - c[0]), c[1] + 0.9 * (corner[1] - c[1])))));
    }
    const Drawing drawing = draw(r, {.element = 1, .marks = {{0, 0, 0}, {1, 1, 1}}, .title = "a < b & c"});
    says(drawing.svg(), "<svg", "a &lt; b &amp; c", std::to_string(r.regions.size()) + " regions");
    says(message<ValueError>([&] { draw(r, {.element = 2}); }), "y has 2 elements");
    says(message<ValueError>([&] { drawing.save("x.png"); }), ".svg");
    says(message<ShapeError>([&] { linear_regions(graph, o, u, Array(DType::float64, {3})); }), "v is [3]");
    says(message<GraphError>([&] { linear_regions(graph, o, u, v, {.most = 10}); }), "more than 10 regions");
}
