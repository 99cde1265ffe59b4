// Layer normalisation, embedding, attention and the layers made of them: beside the same composed of other ops, on
// other shapes than recorded, with unusual numbers, and what they refuse.
#define BOOST_TEST_MODULE attention
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

Array values(const Shape& shape, double shift = 0, DType dtype = DType::float64)
{
    Array result(DType::float64, shape);
    for (std::int64_t i = 0; i < result.size(); ++i)
        static_cast<double*>(result.mutable_data())[i] =
            std::sin(static_cast<double>(i) * 1.37 + shift) + shift / 8;
    return result.cast(dtype);
}

double apart(Variable x, Variable y)
{
    BOOST_REQUIRE(std::ranges::equal(x.shape(), y.shape()));
    const Array a = x.array().cast(DType::float64), b = y.array().cast(DType::float64);
    double worst = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) {
        const double p = static_cast<const double*>(a.data())[i], q = static_cast<const double*>(b.data())[i];
        if (std::isnan(p) != std::isnan(q)) return INFINITY;
        if (!std::isnan(p)) worst = std::max(worst, std::abs(p - q));
    }
    return worst;
}

// layer_norm by other ops.
Variable composed_norm(Variable x, Variable weight, Variable bias, double epsilon)
{
    const Variable centred = x - mean(x, -1, true);
    return centred / sqrt(mean(square(centred), -1, true) + epsilon) * weight + bias;
}
// self_attention by scaled_dot_product_attention.
Variable composed_attention(Variable x, std::int64_t heads, bool causal)
{
    const std::int64_t batch = x.shape()[0], steps = x.shape()[1], width = x.shape()[2] / 3;
    std::vector<Variable> parts = split(x, 3, -1);
    for (Variable& part : parts) part = transpose(reshape(part, {batch, steps, heads, width / heads}), 1, 2);
    const Variable y = scaled_dot_product_attention(parts[0], parts[1], parts[2], {.causal = causal});
    return reshape(transpose(y, 1, 2), {batch, steps, width});
}

}  // namespace

BOOST_AUTO_TEST_CASE(layer_norm_is_the_composed_one_for_rows_of_every_length)
{
    for (const DType dtype : {DType::float32, DType::float64})
        for (const std::int64_t n : {1, 2, 15, 16, 63, 64, 65, 200, 8191, 8192, 8193, 20000})
            for (const std::int64_t count : {1, 2, 5, 70}) {
                if (n * count > 50000) continue;
                BOOST_TEST_CONTEXT(name_of(dtype) << " [" << count << ", " << n << "]")
                {
                    Tape tape;
                    const Variable x = tape.variable(values({count, n}, 3, dtype)),
                                   w = tape.variable(values({n}, 1, dtype)),
                                   b = tape.variable(values({n}, 2, dtype)),
                                   c = tape.constant(values({count, n}, 4, dtype));
                    const Variable y = layer_norm(x, w, b, 1e-3), z = composed_norm(x, w, b, 1e-3);
                    const double bound = dtype == DType::float32 ? 1e-4 : 1e-12;
                    BOOST_TEST(apart(y, z) < bound);
                    const Gradients g = vjp(y, {x, w, b}, c), h = vjp(z, {x, w, b}, c);
                    for (std::size_t k = 0; k < 3; ++k)
                        BOOST_TEST(apart(g.gradient(k), h.gradient(k)) < bound * (k ? 10. : 1.));
                }
            }
}

BOOST_AUTO_TEST_CASE(a_bad_number_spoils_its_row_of_layer_norm_alone)
{
    for (const double bad : {NAN, INFINITY, -INFINITY}) {
        xt::xarray<double> x = {{1., 2., 3.}, {1., bad, 3.}, {4., 4., 4.}};
        Tape tape;
        const Variable v = tape.variable(x);
        const xt::xarray<double> y = layer_norm(v).value<double>();
        for (std::size_t j = 0; j < 3; ++j) {
            BOOST_TEST(std::isfinite(y(0, j)));
            BOOST_TEST(std::isnan(y(1, j)));
            BOOST_TEST(y(2, j) == 0);  // no deviation, not divided by zero
        }
        const xt::xarray<double> g = grad(sum(square(layer_norm(v))), v).value<double>();
        BOOST_TEST((std::isfinite(g(0, 0)) && std::isnan(g(1, 0)) && std::isfinite(g(2, 0))));
    }
}

BOOST_AUTO_TEST_CASE(a_mean_far_from_zero_does_not_cancel)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<float>{1e4f, 1e4f + 1, 1e4f + 2, 1e4f + 3});
    const xt::xarray<float> y = layer_norm(x, 0).value<float>();
    for (int i = 0; i < 4; ++i) BOOST_TEST(std::abs(y(i) - (i - 1.5) / std::sqrt(1.25)) < 1e-5);
}

BOOST_AUTO_TEST_CASE(self_attention_is_the_composed_one)
{
    for (const DType dtype : {DType::float32, DType::float64})
        for (const bool causal : {false, true})
            for (const auto& [steps, heads, width] :
                 {std::array<std::int64_t, 3>{1, 1, 1}, {7, 3, 2}, {33, 2, 8}, {70, 1, 16}})
                BOOST_TEST_CONTEXT(name_of(dtype) << " " << steps << " steps, " << heads << " heads")
                {
                    Tape tape;
                    const Variable x = tape.variable(values({2, steps, 3 * heads * width}, 1, dtype));
                    const Variable c = tape.constant(values({2, steps, heads * width}, 2, dtype));
                    const Variable y = self_attention(x, heads, causal),
                                   z = composed_attention(x, heads, causal);
                    const double bound = dtype == DType::float32 ? 1e-5 : 1e-13;
                    BOOST_TEST(apart(y, z) < bound);
                    const Variable g = vjp(y, x, c), h = vjp(z, x, c);
                    BOOST_TEST(apart(g, h) < 10 * bound);
                    const Variable d = tape.constant(values({2, steps, 3 * heads * width}, 3, dtype));
                    BOOST_TEST(apart(grad(sum(g * d), x), grad(sum(h * d), x)) < 100 * bound);
                }
}

BOOST_AUTO_TEST_CASE(a_causal_mask_hides_what_comes_later)
{
    Tape tape;
    const xt::xarray<double> first = values({6, 12}, 1).value<double>();
    xt::xarray<double> changed = first;
    for (std::size_t j = 0; j < 12; ++j) changed(4, j) = 100.0 + static_cast<double>(j);
    const Variable x = tape.variable(first);
    const xt::xarray<double> y = self_attention(x, 2, true).value<double>();
    const xt::xarray<double> z = self_attention(tape.variable(changed), 2, true).value<double>();
    const xt::xarray<double> open = self_attention(tape.variable(changed), 2).value<double>();
    const xt::xarray<double> before = self_attention(x, 2).value<double>();
    for (std::size_t i = 0; i < 6; ++i) {
        BOOST_TEST((y(i, 0) == z(i, 0)) == (i < 4));
        BOOST_TEST(before(i, 0) != open(i, 0));
    }
    const Variable early = sum(slice(self_attention(x, 2, true), {{0, 3}}));
    const xt::xarray<double> g = grad(early, x).value<double>();
    for (std::size_t i = 3; i < 6; ++i)
        for (std::size_t j = 0; j < 12; ++j) BOOST_TEST(g(i, j) == 0);
}

BOOST_AUTO_TEST_CASE(recorded_graphs_fit_other_shapes)
{
    Tape tape;
    const auto f = [](Variable x) {
        return self_attention(layer_norm(concat({x, gelu(x), x}, -1)), 2, true);
    };
    const Graph graph = tape.graph({f(tape.variable(values({2, 3, 4})))});
    for (const Shape& shape : {Shape{2, 3, 4}, Shape{5, 7, 4}, Shape{1, 1, 8}, Shape{0, 3, 4}}) {
        Tape other;
        const Variable x = other.variable(values(shape, 2));
        const Variable y = graph(x);
        BOOST_TEST(apart(y, f(x)) == 0);
        BOOST_TEST(apart(grad(sum(y * y), x), grad(sum(square(f(x))), x)) < 1e-13);
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_a_weight_add_up_over_equal_indices)
{
    Tape tape;
    const Variable w = tape.variable(values({4, 3}));
    const Variable index = tape.constant(xt::xarray<std::int64_t>{{1, 3, 1}, {1, 0, 3}});
    const Variable y = embedding(index, w);
    BOOST_TEST((y.shape()[0] == 2 && y.shape()[1] == 3 && y.shape()[2] == 3));
    const xt::xarray<double> g = grad(sum(y), w).value<double>();
    for (std::size_t j = 0; j < 3; ++j)
        BOOST_TEST((g(0, j) == 1 && g(1, j) == 3 && g(2, j) == 0 && g(3, j) == 2));
    // A weight without gradient, and indices that a graph is given anew.
    const Graph graph = tape.graph({y});
    Tape other;
    const Variable fresh = other.variable(values({4, 3}));
    const Variable z = graph(std::vector<Variable>{fresh})[0];
    BOOST_TEST(apart(z, y) == 0);
}

BOOST_AUTO_TEST_CASE(split_and_stack_follow_numpy)
{
    Tape tape;
    const Variable x = tape.variable(values({2, 6}));
    const auto whole = [](Variable v) {
        return std::vector<std::int64_t>(v.shape().begin(), v.shape().end());
    };
    BOOST_TEST(split(x, 3, -1).size() == 3u);
    BOOST_TEST(apart(concat(split(x, 3, 1), 1), x) == 0);
    BOOST_TEST(apart(concat(split(x, {1, 4}, 1), 1), x) == 0);
    const std::vector<Variable> odd = split(x, {4, 2, 9}, 1);  // x[:4], x[4:2], x[2:9], x[9:]
    BOOST_TEST((whole(odd[0]) == Shape{2, 4} && whole(odd[1]) == Shape{2, 0} &&
                whole(odd[2]) == Shape{2, 4} && whole(odd[3]) == Shape{2, 0}));
    BOOST_TEST(apart(odd[2], slice(x, {{}, {2, 9}})) == 0);
    BOOST_TEST((whole(stack({x, x, x})) == Shape{3, 2, 6} && whole(stack({x, x}, -1)) == Shape{2, 6, 2} &&
                whole(stack({x, x}, 1)) == Shape{2, 2, 6}));
    BOOST_TEST(apart(split(stack({x, x * 2}, 1), 2, 1)[1], reshape(x * 2, {2, 1, 6})) == 0);
    const Variable scalar = tape.variable(3.0);
    BOOST_TEST((whole(stack({scalar, scalar})) == Shape{2}));
}

BOOST_AUTO_TEST_CASE(layers_compose_what_they_say)
{
    nn::MultiheadAttention layer(8, 2, {.dtype = DType::float64});
    const auto ps = parameters(layer);
    BOOST_TEST(ps.size() == 4u);
    BOOST_TEST(ps[0].name() == "qkv.weight");
    Tape tape;
    const Variable x = tape.variable(values({2, 5, 8}));
    const Variable open = tape.constant(xt::xarray<bool>(xt::ones<bool>({5, 5})));
    const Variable y = layer(x), z = layer(x, open);
    BOOST_TEST(apart(y, z) < 1e-13);
    const Gradients g = grad(sum(square(y)), std::span(ps)), h = grad(sum(square(z)), std::span(ps));
    for (std::size_t k = 0; k < ps.size(); ++k) BOOST_TEST(apart(g.gradient(k), h.gradient(k)) < 1e-11);
    // Xavier's bound, and biases of zero.
    for (const double w : layer.qkv.weight.value<double>()) BOOST_REQUIRE(std::abs(w) <= std::sqrt(6.0 / 32));
    for (const double b : layer.qkv.bias.value<double>()) BOOST_REQUIRE(b == 0);
    // Dropout acts while training only.
    nn::MultiheadAttention drops = layer;
    drops.dropout = 0.5;
    BOOST_TEST(apart(drops(x), y) > 1e-3);
    Tape calm({.training = false, .generator = {}});
    const Variable still = calm.variable(values({2, 5, 8}));
    BOOST_TEST(apart(drops(still), layer(still)) == 0);
    // The block, with and without normalising first.
    nn::TransformerEncoderLayer block(
        8, 2, {.feedforward = 16, .dropout = 0, .gelu = true, .norm_first = true, .dtype = DType::float64});
    const Variable half = x + block.attention(block.norm1(x));
    const Variable inner = gelu(block.linear1(block.norm2(half)));
    BOOST_TEST(apart(block(x), half + block.linear2(inner)) == 0);
    BOOST_TEST(parameters(block).size() == 12u);
    block.norm_first = false;
    const Variable post = block.norm1(x + block.attention(x));
    BOOST_TEST(apart(block(x), block.norm2(post + block.linear2(gelu(block.linear1(post))))) == 0);
    // LayerNorm starts as the plain function; without parameters it is that function.
    nn::LayerNorm norm(8, {.dtype = DType::float64}), plain(8, {.affine = false}), scale(8, {.bias = false});
    BOOST_TEST(apart(norm(x), layer_norm(x)) == 0);
    BOOST_TEST(apart(plain(x), layer_norm(x)) == 0);
    BOOST_TEST(
        (parameters(norm).size() == 2u && parameters(plain).empty() && parameters(scale).size() == 1u));
    nn::Embedding table(5, 3);
    const Variable rows = table(tape.constant(xt::xarray<std::int64_t>{4, 0, 4}));
    BOOST_TEST((rows.dtype() == DType::float32 && rows.size() == 9));
    BOOST_TEST(apart(nn::GELU{Approximate::tanh}(x), gelu(x, Approximate::tanh)) == 0);
    BOOST_TEST(apart(nn::GELU{}(x), gelu(x)) == 0);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_by_name)
{
    Tape tape;
    const Variable x = tape.variable(values({2, 3, 12})), v = tape.variable(values({3})),
                   scalar = tape.variable(1.0), f = tape.variable(values({12}, 0, DType::float32));
    const Variable index = tape.constant(xt::xarray<std::int64_t>{{0, 1}, {1, 3}}),
                   below = tape.constant(xt::xarray<std::int64_t>{-1}), w = tape.variable(values({3, 2}));
    const std::vector<std::tuple<std::function<void()>, const std::type_info*, std::vector<std::string>>>
        all = {
            {[&] { layer_norm(scalar); }, &typeid(ShapeError), {"layer_norm", "[]", "at least one axis"}},
            {[&] { layer_norm(x, v); }, &typeid(ShapeError), {"layer_norm", "[3]", "shape [12]"}},
            {[&] { layer_norm(x, f); }, &typeid(DtypeError), {"layer_norm", "float32", "float64"}},
            {[&] { layer_norm(x, -1.0); }, &typeid(ValueError), {"layer_norm", "-1"}},
            {[&] { layer_norm(x, NAN); }, &typeid(ValueError), {"layer_norm", "nan"}},
            {[&] { layer_norm(index); }, &typeid(DtypeError), {"layer_norm", "int64"}},
            {[&] { self_attention(x, 5); }, &typeid(ShapeError), {"self_attention", "[2, 3, 12]", "5 heads"}},
            {[&] { self_attention(x, 0); }, &typeid(ShapeError), {"self_attention", "0 heads"}},
            {[&] { self_attention(v, 1); }, &typeid(ShapeError), {"self_attention", "[3]", "steps"}},
            {[&] { self_attention(index, 1); }, &typeid(DtypeError), {"self_attention", "int64"}},
            {[&] { scaled_dot_product_attention(x, v, x); },
             &typeid(ShapeError),
             {"scaled_dot_product_attention", "[2, 3, 12]", "[3]"}},
            {[&] { embedding(index, w); }, &typeid(ValueError), {"embedding", "index 3", "[1, 1]", "0 .. 2"}},
            {[&] { embedding(below, w); }, &typeid(ValueError), {"embedding", "index -1", "[0]"}},
            {[&] { embedding(index, x); }, &typeid(ShapeError), {"embedding", "[2, 3, 12]", "[rows, width]"}},
            {[&] { embedding(w, w); }, &typeid(DtypeError), {"embedding", "int64 numbers"}},
            {[&] { split(x, 5, 2); },
             &typeid(ShapeError),
             {"split", "5 equal parts", "[2, 3, 12]", "length 12"}},
            {[&] { split(x, 0); }, &typeid(ShapeError), {"split", "0 equal parts"}},
            {[&] { split(x, 2, 3); }, &typeid(ShapeError), {"split", "axis 3"}},
            {[&] {
                 stack({x, v});
             },
             &typeid(ShapeError),
             {"stack", "[2, 3, 12]", "[3]"}},
            {[&] { stack({}); }, &typeid(ShapeError), {"stack", "no arrays"}},
            {[&] {
                 stack({v, v}, 2);
             },
             &typeid(ShapeError),
             {"stack", "axis 2"}},
            {[] { nn::LayerNorm{0}; }, &typeid(ValueError), {"LayerNorm{0}"}},
            {[] { nn::LayerNorm(3, {.dtype = DType::int64}); },
             &typeid(DtypeError),
             {"LayerNorm{3}", "int64"}},
            {[&] { nn::LayerNorm(5, {.affine = false})(x); },
             &typeid(ShapeError),
             {"LayerNorm", "[2, 3, 12]", "5"}},
            {[] { nn::Embedding(0, 3); }, &typeid(ValueError), {"Embedding{0, 3}"}},
            {[] { nn::MultiheadAttention(6, 4); },
             &typeid(ValueError),
             {"MultiheadAttention{6, 4}", "divide"}},
            {[] { nn::MultiheadAttention(6, 2, {.dropout = 1}); }, &typeid(ValueError), {"dropout 1"}},
        };
    for (const auto& [misuse, kind, parts] : all) {
        std::string message;
        try {
            misuse();
        } catch (const Error& error) {
            message = error.what();
            BOOST_CHECK_MESSAGE(typeid(error) == *kind, "another type of error: " << message);
        }
        for (const std::string& part : parts)
            BOOST_TEST(message.find(part) != std::string::npos,
                       "\"" << message << "\" lacks \"" << part << "\"");
    }
}

BOOST_AUTO_TEST_CASE(a_block_trains_and_replays)
{
    nn::TransformerEncoderLayer net(8, 2,
                                    {.feedforward = 16, .dropout = 0, .gelu = true, .norm_first = true});
    auto step = nn::compile(
        net, [](Variable y, Variable t) { return nn::mse_loss(y, t); }, nn::Adam{.rate = 1e-2});
    const Array x = values({4, 6, 8}, 1, DType::float32), t = values({4, 6, 8}, 5, DType::float32);
    const double first = step(x, t);
    double last = first;
    for (int i = 0; i < 200; ++i) last = step(x, t);
    BOOST_TEST(last < 0.1 * first);
}
