// What collapse_linear() leaves alone and the sentence it says; every guard broken once.

#define BOOST_TEST_MODULE collapse_refusal
#include <boost/test/unit_test.hpp>

#include <array>

#include "collapse_reference.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;
using namespace collapse_reference;

namespace {

const CollapseOptions constants{}, trainable{.mode = CollapseMode::parameters},
    symbolic{.mode = CollapseMode::symbolic};

// The sentences, each on a line.
std::string said(const Collapsed& result)
{
    std::string text;
    for (const Refusal& refusal : result.certificate.refusals) text += refusal.text + "\n";
    return text;
}

struct Recording {
    Tape tape;
    Variable x;
    explicit Recording(Shape shape, TapeOptions options = {.training = false})
        : tape(options), x(tape.variable(random_array(DType::float64, shape, 1), "x"))
    {}
    Variable linear(Variable v, std::int64_t m, const char* scope = nullptr)
    {
        const std::int64_t n = v.shape().back();
        const Parameter w(random_array(DType::float64, {n, m}, ++seed), "w"),
            b(random_array(DType::float64, {m}, ++seed), "b");
        if (!scope) return xgrad::linear(v, w, b);
        const auto guard = tape.scope(scope, "Linear");
        return xgrad::linear(v, w, b);
    }
    std::size_t seed = 10;
};

// Two Linear with something between that must end the stretch: nothing merges, and this is said.
void check_barrier(const std::function<Variable(Recording&, Variable)>& between, const std::string& sentence,
                   RefusalReason reason, Shape shape = {4, 3}, TapeOptions options = {.training = false})
{
    for (const CollapseOptions& mode : {constants, trainable, symbolic}) {
        Recording r(shape, options);
        Variable h = r.linear(r.x, 3, "first");
        {
            const auto guard = r.tape.scope("between");
            h = between(r, h);
        }
        const Graph graph = r.tape.graph({r.linear(h, 3, "last")});
        const Collapsed result = collapse_linear(graph, mode);
        BOOST_TEST(said(result) == sentence);
        BOOST_TEST(result.certificate.merged.size() == 0u);
        BOOST_TEST(result.graph.text() == graph.text());
        BOOST_TEST(result.certificate.holds());
        BOOST_TEST((result.certificate.refusals.at(0).reason == reason));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_single_linear_layer_is_canonical_and_nothing_is_said)
{
    for (const bool bias : {true, false}) {
        Net net(DType::float64, 1);
        net.linear(3, 4, bias);
        const Graph graph = net.graph(5);
        const Collapsed result = collapse_linear(graph);
        BOOST_TEST(result.graph.text() == graph.text());
        BOOST_TEST(said(result) == "");
        BOOST_TEST(result.certificate.holds());
        BOOST_TEST(result.certificate.nodes_after == (bias ? 2 : 1));
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_affine_ends_a_stretch)
{
    using enum RefusalReason;
    check_barrier([](Recording&, Variable h) { return relu(h); },
                  "relu (between) is not affine: relu'(0) = 0\n", not_affine);
    check_barrier([](Recording&, Variable h) { return tanh(h); },
                  "tanh (between) is not affine: its values stay within -1 and 1\n", not_affine);
    check_barrier([](Recording&, Variable h) { return softplus(h); },
                  "softplus (between) is not affine: its values are never under 0\n", not_affine);
    check_barrier([](Recording&, Variable h) { return detach(h); },
                  "detach (between) is not affine: x, with gradient 0\n", not_affine);
    check_barrier(
        [](Recording&, Variable h) {
            return reshape(h, {2, 6});
        },
        "reshape (between) is not affine along the last axis: it is linear, but no product from the right "
        "with a "
        "matrix\n",
        not_affine);
    check_barrier(
        [](Recording&, Variable h) {
            return matmul(Parameter(random_array(DType::float64, {4, 4}, 3)), h);
        },
        "matmul (between) is not affine along the last axis: it is linear, but no product from the right "
        "with a "
        "matrix\n",
        not_affine);
    check_barrier(
        [](Recording& r, Variable h) { return h * r.x; },
        "mul (between) is not affine in one variable: it joins values that all depend on the input\n",
        not_affine);
    check_barrier(
        [](Recording&, Variable h) { return h + h; },
        "add (between) is not affine in one variable: it joins values that all depend on the input\n",
        not_affine);
    check_barrier([](Recording&, Variable h) { return Parameter(random_array(DType::float64, {3}, 3)) / h; },
                  "div (between) is not affine: x / y\n", not_affine);
}

BOOST_AUTO_TEST_CASE(factors_and_biases_must_lie_along_the_last_axis)
{
    const auto along = [](Shape shape) {
        return
            [shape](Recording&, Variable h) { return h * Parameter(random_array(DType::float64, shape, 3)); };
    };
    check_barrier(
        along({4, 1}),
        "mul (between) is not affine along the last axis: its factor [4, 1] beside [4, 3] is not one "
        "number for each element of the last axis\n",
        RefusalReason::not_affine);
    check_barrier(
        [](Recording&, Variable h) {
            return h + Parameter(random_array(DType::float64, {4, 3}, 3));
        },
        "add (between) is not affine along the last axis: its bias [4, 3] beside [4, 3] is not one number "
        "for each "
        "element of the last axis\n",
        RefusalReason::not_affine);
    for (const Shape& shape : {Shape{3}, Shape{1, 3}, Shape{1}, Shape{}, Shape{1, 1}})
        for (const CollapseOptions& mode : {constants, trainable, symbolic}) {
            Recording r({4, 3});
            const Variable h =
                along(shape)(r, r.linear(r.x, 3)) + Parameter(random_array(DType::float64, shape, 4));
            const Collapsed result = collapse_linear(r.tape.graph({r.linear(h, 3)}), mode);
            BOOST_TEST(result.certificate.merged.size() == 1u);
            BOOST_TEST(result.certificate.holds());
        }
}

BOOST_AUTO_TEST_CASE(dropout_ends_a_stretch_while_training_and_is_nothing_otherwise)
{
    const auto drop = [](Recording&, Variable h) { return dropout(h, 0.5); };
    check_barrier(drop, "mul (between) is stochastic: dropout_mask (between) is drawn anew at each run\n",
                  RefusalReason::stochastic, {4, 3}, {.training = true, .generator = Generator(3)});
    Recording r({4, 3});
    const Collapsed result = collapse_linear(r.tape.graph({r.linear(drop(r, r.linear(r.x, 3)), 3)}));
    BOOST_TEST(result.certificate.merged.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_value_that_others_read_ends_a_stretch)
{
    for (const CollapseOptions& mode : {constants, trainable, symbolic}) {
        {
            Recording r({4, 3});
            const Variable h = r.linear(r.x, 3, "first");
            const Variable y = r.linear(h, 3, "last"), z = tanh(h);
            const Graph graph = r.tape.graph({y, z});
            const Collapsed result = collapse_linear(graph, mode);
            BOOST_TEST(result.certificate.merged.empty());
            BOOST_TEST(result.graph.text() == graph.text());
            BOOST_TEST(
                said(result).starts_with("add (first) is used more than once: by matmul (last) and tanh (%"));
            BOOST_TEST((result.certificate.refusals.at(0).reason == RefusalReason::used_elsewhere));
        }
        Recording r({4, 3});
        const Variable h = r.linear(r.x, 3, "first");
        const Collapsed result = collapse_linear(r.tape.graph({r.linear(h, 3, "last"), h}), mode);
        BOOST_TEST(result.certificate.merged.empty());
        BOOST_TEST(said(result) == "add (first) is an output of the graph and read by matmul (last)\n");
    }
}

BOOST_AUTO_TEST_CASE(what_gets_dearer_is_left_unless_allowed)
{
    for (CollapseOptions mode : {constants, trainable}) {
        Net net(DType::float32, 1);
        net.linear(784, 32);
        net.linear(32, 784);
        const Graph graph = net.graph(1);
        const Collapsed result = collapse_linear(graph, mode);
        BOOST_TEST(said(result) ==
                   "0 to 1 (784-32-784) would be dearer as one product: 50992 -> 615440 parameters, "
                   "101168 -> 1230096 flops\n");
        BOOST_TEST((result.certificate.refusals.at(0).reason == RefusalReason::dearer));
        BOOST_TEST(result.certificate.refusals[0].nodes.size() == 4u);
        BOOST_TEST(result.graph.text() == graph.text());
        mode.allow_dearer = mode.allow_other_model_class = true;
        const Collapsed merged = collapse_linear(graph, mode);
        BOOST_TEST(merged.certificate.merged.size() == 1u);
        BOOST_TEST(merged.certificate.parameters_after == 615440);
        BOOST_TEST(merged.certificate.holds());
    }
    Net net(DType::float32, 1);
    net.linear(40, 2);
    net.linear(2, 40);
    BOOST_TEST(collapse_linear(net.graph(1), symbolic).certificate.merged.size() == 1u);  // not asked there
}

BOOST_AUTO_TEST_CASE(elementwise_steps_of_a_dearer_stretch_still_fold_into_their_product)
{
    Net net(DType::float64, 1);
    net.scale_and_shift(1 / 255.0, 0);
    net.linear(40, 2);
    net.scale_and_shift(0.5, 0.1);
    net.linear(2, 40);
    const Collapsed result = collapse_linear(net.graph(3));
    BOOST_TEST((result.certificate.refusals.at(0).reason == RefusalReason::dearer));
    BOOST_TEST(result.certificate.merged.size() == 1u);
    BOOST_TEST(result.certificate.nodes_before == 6);
    BOOST_TEST(result.certificate.nodes_after == 4);
    BOOST_TEST(result.certificate.holds());
}

BOOST_AUTO_TEST_CASE(another_class_of_models_is_left_while_it_is_to_be_trained)
{
    const auto reason = [](const Net& net) {
        const Graph graph = net.graph(2);
        const Collapsed result = collapse_linear(graph, trainable);
        CollapseOptions allowed = trainable;
        allowed.allow_other_model_class = true;
        BOOST_TEST(collapse_linear(graph, allowed).certificate.merged.size() == 1u);
        BOOST_TEST(collapse_linear(graph, constants).certificate.merged.size() == 1u);
        BOOST_TEST(result.certificate.merged.empty());
        BOOST_TEST((result.certificate.refusals.at(0).reason == RefusalReason::other_model_class));
        return said(result);
    };
    Net bottleneck(DType::float64, 1);
    bottleneck.linear(3, 2);
    bottleneck.linear(2, 3);
    BOOST_TEST(reason(bottleneck) ==
               "0 to 1 (3-2-3) would be another class of models: the product of its weights has rank 2 "
               "at most, a free 3 x 3 weight need not\n");
    Net late(DType::float64, 1);  // b' = 1 W2 cannot be trained by itself
    late.linear(3, 4, false);
    late.scale_and_shift(1, 1);
    late.linear(4, 4, false);
    BOOST_TEST(reason(late).ends_with("its biases cannot be every bias of length 4, a free one can\n"));

    Recording r({4, 3});  // one weight used twice
    const Parameter w(random_array(DType::float64, {3, 3}, 3), "w");
    const Graph tied = r.tape.graph({matmul(matmul(r.x, w), w)});
    BOOST_TEST(said(collapse_linear(tied, trainable))
                   .ends_with("its parameter 'w' is used elsewhere too, and would no longer be shared\n"));
    const Collapsed merged = collapse_linear(tied, symbolic);
    BOOST_TEST(merged.certificate.merged.size() == 1u);
    BOOST_TEST(merged.certificate.holds());

    Recording s({4, 3});  // a weight that is computed
    const Parameter v(random_array(DType::float64, {3, 3}, 3), "v");
    const Graph computed = s.tape.graph({s.linear(matmul(s.x, tanh(s.tape.parameter(v))), 3)});
    BOOST_TEST(said(collapse_linear(computed, trainable)).find("is not a parameter, and would become free") !=
               std::string::npos);
    for (const CollapseOptions& mode : {constants, symbolic}) {
        const Collapsed result = collapse_linear(computed, mode);
        BOOST_TEST(result.certificate.merged.size() == 1u);
        BOOST_TEST(result.certificate.holds());
    }
}

BOOST_AUTO_TEST_CASE(a_stretch_of_constants_becomes_constants_in_every_mode)
{
    Recording r({4, 3});
    const auto c = [](std::size_t seed) { return random_array(DType::float64, {3, 3}, seed); };
    const Graph graph = r.tape.graph({matmul(matmul(r.x, c(1)), c(2))});
    for (const CollapseOptions& mode : {constants, trainable}) {
        const Collapsed result = collapse_linear(graph, mode);
        BOOST_TEST(result.certificate.merged.size() == 1u);
        BOOST_TEST(result.graph.parameters().empty());
        BOOST_TEST(result.certificate.holds());
    }
}

BOOST_AUTO_TEST_CASE(a_map_that_is_not_finite_is_left)
{
    Recording r({4, 3});
    const Parameter zero(Array(xt::xarray<double>{1., 0., 2.}), "f");
    const Graph graph = r.tape.graph({r.linear(r.linear(r.x, 3, "a") / zero, 3, "b")});
    const Collapsed result = collapse_linear(graph);
    BOOST_TEST(said(result) == "a to b (3-3-3) has no finite W' and b' in float64\n");
    BOOST_TEST(result.graph.text() == graph.text());
}

BOOST_AUTO_TEST_CASE(bad_input_throws_and_says_what)
{
    const auto message = [](const std::function<void()>& call) {
        try {
            call();
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("nothing was thrown");
    };
    Net net(DType::float64, 1);
    net.linear(3, 3);
    net.linear(3, 3);
    Graph graph = net.graph(2);
    const std::string text = graph.text();
    BOOST_TEST(message([&] { collapse_linear(graph, {.samples = 0}); }) ==
               "collapse_linear: 0 samples; the certificate needs at least 1");
    BOOST_TEST(graph.text() == text);
    graph.set_outputs({});
    BOOST_TEST(message([&] { collapse_linear(graph); }) == "collapse_linear: the graph has no output");
    Tape tape;
    const Variable labels = tape.variable(Array(xt::xarray<std::int64_t>{1, 2}), "labels");
    BOOST_TEST(
        message([&] { collapse_linear(tape.graph({labels})); }) ==
        "collapse_linear: input input ('labels') is int64; the certificate draws float32 or float64 inputs");
    BOOST_TEST(message([&] {
                   collapse_linear(tape.graph({tape.parameter(Parameter(DType::float64, {2}))}));
               }) == "collapse_linear: the graph has no input");
}

BOOST_AUTO_TEST_CASE(larger_inputs_rows_and_recorded_shapes)
{
    Recording three({2, 5, 3});  // leading axes are all rows
    const Graph graph = three.tape.graph({three.linear(three.linear(three.x, 4), 2)});
    for (const CollapseOptions& mode : {constants, trainable, symbolic}) {
        const Collapsed result = collapse_linear(graph, mode);
        BOOST_TEST(result.certificate.merged.size() == 1u);
        BOOST_TEST(result.certificate.holds());
        BOOST_TEST(result.certificate.batch_replaced);
    }
    Recording row({3});  // a vector is reshaped to a row; reshapes lie between
    const Collapsed vectors =
        collapse_linear(row.tape.graph({row.linear(row.linear(row.x, 4, "a"), 2, "b")}));
    BOOST_TEST(vectors.certificate.merged.empty());
    BOOST_TEST(said(vectors).find("reshape (b) is not affine along the last axis") != std::string::npos);
    Recording fixed({4, 3});  // a shape that was recorded: other batches do not run
    const Variable h = fixed.linear(fixed.linear(fixed.x, 3), 3);
    const Collapsed recorded = collapse_linear(fixed.tape.graph({reshape(h, {2, 6})}));
    BOOST_TEST(!recorded.certificate.batch_replaced);
    BOOST_TEST(recorded.certificate.samples == 4);
    BOOST_TEST(recorded.certificate.holds());
    for (const auto [n, k, m] :
         {std::array{0, 2, 2}, std::array{2, 0, 2}, std::array{2, 2, 0}, std::array{0, 0, 0}})
        for (CollapseMode mode : {CollapseMode::constants, CollapseMode::symbolic}) {  // no features
            Recording r({3, n});
            const Collapsed result = collapse_linear(r.tape.graph({r.linear(r.linear(r.x, k), m)}),
                                                     {.mode = mode, .allow_dearer = true});
            BOOST_TEST(result.certificate.merged.size() == 1u);
            BOOST_TEST(result.certificate.holds());
        }
    Recording none({0, 3});
    BOOST_TEST(
        collapse_linear(none.tape.graph({none.linear(none.linear(none.x, 3), 3)})).certificate.holds());
}

BOOST_AUTO_TEST_CASE(parameters_that_stay_because_others_use_them_are_not_saved)
{
    struct Tied {
        nn::Linear a{8, 8}, b{8, 8};
        static constexpr auto members() { return std::tuple{field("a", &Tied::a), field("b", &Tied::b)}; }
        Variable operator()(Variable x) const
        {
            for (int i = 0; i < 6; ++i) x = relu(b(a(x)));
            return x;
        }
    };
    Tied net;
    nn::initialise(net, nn::xavier_uniform, 1);
    const Graph graph = nn::record(net, Array(DType::float32, {4, 8}));
    const Collapsed result = collapse_linear(graph);
    BOOST_TEST(result.certificate.merged.empty());  // 144 parameters would become 432
    BOOST_TEST(result.certificate.parameters_after <= result.certificate.parameters_before);
    BOOST_TEST(std::ranges::any_of(result.certificate.refusals, [](const Refusal& refusal) {
        return refusal.reason == RefusalReason::dearer;
    }));
    const Collapsed allowed = collapse_linear(graph, {.allow_dearer = true});
    BOOST_TEST(allowed.certificate.merged.size() == 6u);
    BOOST_TEST(allowed.certificate.parameters_after == 6 * 72);
}
