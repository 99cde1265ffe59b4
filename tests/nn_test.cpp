// Modules: names, sharing, copies, layers, Sequential, recordings and initialisers.

#define BOOST_TEST_MODULE nn
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>

#include "support.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

struct Block {
    nn::Linear linear{3, 3, {.dtype = DType::float64}};
    static constexpr auto members() { return std::tuple{field("linear", &Block::linear)}; }
    Variable operator()(Variable x) const { return tanh(linear(x)); }
};
struct Encoder {
    Block layer1, layer2;
    static constexpr auto members()
    {
        return std::tuple{field("layer1", &Encoder::layer1), field("layer2", &Encoder::layer2)};
    }
    Variable operator()(Variable x) const { return layer2(layer1(x)); }
};
struct Net {
    Encoder encoder;
    std::vector<Block> layers{2};
    Parameter scale{Array(xt::xarray<double>{1., 2., 3.})};
    static constexpr auto members()
    {
        return std::tuple{field("encoder", &Net::encoder), field("layers", &Net::layers),
                          field("scale", &Net::scale)};
    }
    Variable operator()(Variable x) const
    {
        x = encoder(x);
        for (const Block& layer : layers) x = layer(x);
        return x * scale;
    }
};
struct Tied {
    nn::Linear first{4, 4}, second = first;
    static constexpr auto members()
    {
        return std::tuple{field("first", &Tied::first), field("second", &Tied::second)};
    }
    Variable operator()(Variable x) const { return second(first(x)); }
};

static_assert(nn::model_like<Net> && nn::module_like<Parameter> && nn::module_like<std::vector<Block>>);
static_assert(nn::module_like<nn::Sequential> && !nn::module_like<int> &&
              !nn::module_like<std::vector<double>>);

std::vector<std::string> names(const auto& net)
{
    std::vector<std::string> result;
    nn::for_each_parameter(net, [&](const std::string& path, const Parameter&) { result.push_back(path); });
    return result;
}

const Array example(xt::xarray<double>{{0.1, -0.2, 0.3}, {1., 0., -1.}});

Array run(const auto& net, const Array& x)
{
    Tape tape({.training = false});
    return net(tape.variable(x)).array();
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_follow_the_members)
{
    Net net;
    const std::vector<std::string> expected = {
        "encoder.layer1.linear.weight", "encoder.layer1.linear.bias", "encoder.layer2.linear.weight",
        "encoder.layer2.linear.bias",   "layers.0.linear.weight",     "layers.0.linear.bias",
        "layers.1.linear.weight",       "layers.1.linear.bias",       "scale"};
    BOOST_TEST(names(net) == expected, boost::test_tools::per_element());
    BOOST_TEST(net.encoder.layer2.linear.weight.name() ==
               "weight");  // walking a module that is const names nothing
    nn::name_parameters(net);
    BOOST_TEST(net.encoder.layer2.linear.weight.name() == "encoder.layer2.linear.weight");
    BOOST_TEST(net.encoder.layer2.linear.scope.path == "encoder.layer2.linear");
    BOOST_TEST(net.scale.name() == "scale");
    BOOST_TEST(nn::parameters(net).size() == 9u);
    const auto named = nn::named_parameters(std::as_const(net));
    BOOST_TEST(named[3].first == expected[3]);
    BOOST_TEST((named[3].second == net.encoder.layer2.linear.bias));
}

BOOST_AUTO_TEST_CASE(an_error_names_the_module)
{
    Net net;
    nn::name_parameters(net);
    Tape tape;
    const Variable narrow = tape.variable(Array(xt::xarray<double>{{1., 2.}}));
    says(message<ShapeError>([&] { net.encoder.layer2(narrow); }), "encoder.layer2.linear");
    const Variable single = tape.variable(example.cast(DType::float32));
    says(message<DtypeError>([&] { net.encoder.layer2(single); }), "encoder.layer2.linear");
    BOOST_CHECK_THROW(net(Variable()), StaleError);
}

BOOST_AUTO_TEST_CASE(a_shared_parameter_comes_once)
{
    Tied net;
    BOOST_TEST((net.first.weight == net.second.weight));
    BOOST_TEST(names(net) == (std::vector<std::string>{"first.weight", "first.bias"}),
               boost::test_tools::per_element());
    nn::name_parameters(net);
    BOOST_TEST(net.second.weight.name() == "first.weight");
    BOOST_TEST(net.second.scope.path == "second");
}

BOOST_AUTO_TEST_CASE(copies_share_and_clones_do_not)
{
    Net net;
    nn::initialise(net, nn::xavier_uniform, 1);
    const Net copy = net;
    BOOST_TEST((copy.layers[1].linear.weight == net.layers[1].linear.weight));
    Net moved = std::move(net);
    BOOST_TEST((copy.layers[1].linear.weight == moved.layers[1].linear.weight));
    BOOST_TEST(same(run(moved, example), run(copy, example)));

    const Net own = nn::clone(moved);
    BOOST_TEST((own.layers[1].linear.weight != moved.layers[1].linear.weight));
    BOOST_TEST(same(run(own, example), run(moved, example)));
    const Array before = run(own, example);
    nn::initialise(moved, nn::xavier_uniform, 2);
    BOOST_TEST(same(run(own, example), before));
    BOOST_TEST(!same(run(moved, example), before));

    Tied tied;
    const Tied tied_clone = nn::clone(tied);
    BOOST_TEST((tied_clone.first.weight == tied_clone.second.weight));
    BOOST_TEST((tied_clone.first.weight != tied.first.weight));
}

BOOST_AUTO_TEST_CASE(linear_is_x_w_plus_b)
{
    nn::Linear layer{3, 2, {.dtype = DType::float64}};
    layer.weight.assign(Array(xt::xarray<double>{{1., 2.}, {3., 4.}, {5., 6.}}));
    layer.bias.assign(Array(xt::xarray<double>{10., 20.}));
    const Array y = run(layer, Array(xt::xarray<double>{{1., 1., 1.}, {0., 1., -1.}}));
    BOOST_TEST(same(y, Array(xt::xarray<double>{{19., 32.}, {8., 18.}})));

    const nn::Linear bare{3, 2, {.bias = false, .dtype = DType::float64}};
    bare.weight.assign(layer.weight.array());
    BOOST_TEST(names(bare).size() == 1u);
    BOOST_TEST(
        same(run(bare, Array(xt::xarray<double>{{1., 1., 1.}})), Array(xt::xarray<double>{{9., 12.}})));

    says(message<ValueError>([&] { nn::Linear{0, 2}; }), "Linear{0, 2}");
    BOOST_CHECK_THROW((nn::Linear{2, -1}), ValueError);
    BOOST_CHECK_THROW((nn::Linear{2, 2, {.dtype = DType::int64}}), DtypeError);
}

BOOST_AUTO_TEST_CASE(a_fresh_layer_is_uniform_on_one_over_the_root_of_its_inputs)
{
    const nn::Linear layer{400, 100};
    BOOST_TEST((layer.weight.dtype() == DType::float32));
    double largest = 0, sum = 0, squares = 0;
    for (const double w : values(layer.weight)) {
        largest = std::max(largest, std::abs(w));
        sum += w;
        squares += w * w;
    }
    BOOST_TEST(largest <= 0.05);
    BOOST_TEST(largest > 0.0499);
    BOOST_TEST(std::abs(sum / 40000) < 5 * 0.05 / std::sqrt(3 * 40000.));
    BOOST_TEST(squares / 40000 == 0.05 * 0.05 / 3, boost::test_tools::tolerance(0.02));
    const nn::Linear other{400, 100};
    BOOST_TEST(!same(layer.weight.array(), other.weight.array()));
}

BOOST_AUTO_TEST_CASE(activations_are_the_functions_of_their_name)
{
    Tape tape({.training = false});
    const Variable x = tape.variable(example);
    BOOST_TEST(same(nn::ReLU{}(x).array(), relu(x).array()));
    BOOST_TEST(same(nn::Tanh{}(x).array(), tanh(x).array()));
    BOOST_TEST(same(nn::Sigmoid{}(x).array(), sigmoid(x).array()));
    BOOST_TEST(same(nn::Softplus{}(x).array(), softplus(x).array()));
    BOOST_TEST(same(nn::Softmax{}(x).array(), softmax(x, -1).array()));
    BOOST_TEST(same(nn::Softmax{0}(x).array(), softmax(x, 0).array()));
    BOOST_TEST(same(nn::Identity{}(x).array(), x.array()));
    BOOST_TEST(same((nn::Affine{2, 0.5}(x)).array(), (x * 2 + 0.5).array()));
    BOOST_TEST(same(nn::Dropout{0.5}(x).array(), x.array()));  // not training
    Tape training({.training = true, .generator = Generator(1)});
    const Array dropped =
        nn::Dropout{0.25}(training.variable(Array(xt::xarray<double>(xt::ones<double>({1000}))))).array();
    int zeros = 0;
    for (int i = 0; i < 1000; ++i) {
        const double v = static_cast<const double*>(dropped.data())[i];
        BOOST_REQUIRE((v == 0 || std::abs(v - 4. / 3) < 1e-15));
        zeros += v == 0;
    }
    BOOST_TEST(std::abs(zeros - 250) < 70);  // 5 deviations
    BOOST_CHECK_THROW(nn::Dropout{1}(training.variable(example)), ValueError);
}

BOOST_AUTO_TEST_CASE(sequential_holds_any_modules)
{
    struct Deep {
        nn::Sequential body{Block{}, nn::Sequential{nn::Linear{3, 2, {.dtype = DType::float64}}, nn::Tanh{}},
                            +[](Variable x) { return x * 2; }, nn::Affine{1, 0.5}};
        static constexpr auto members() { return std::tuple{field("body", &Deep::body)}; }
        Variable operator()(Variable x) const { return body(x); }
    };
    Deep net;
    nn::initialise(net, nn::kaiming_normal, 3);
    BOOST_TEST(net.body.size() == 4u);
    BOOST_TEST(names(net) == (std::vector<std::string>{"body.0.linear.weight", "body.0.linear.bias",
                                                       "body.1.0.weight", "body.1.0.bias"}),
               boost::test_tools::per_element());
    BOOST_TEST(nn::parameters(net)[2].name() == "body.1.0.weight");

    const Deep copy = net;  // shares the parameters, not the stages
    BOOST_TEST((nn::parameters(copy)[0] == nn::parameters(net)[0]));
    BOOST_TEST(same(run(copy, example), run(net, example)));
    const Deep own = nn::clone(net);
    BOOST_TEST((nn::parameters(own)[0] != nn::parameters(net)[0]));
    BOOST_TEST(same(run(own, example), run(net, example)));
    Deep moved = std::move(net);
    BOOST_TEST(same(run(moved, example), run(copy, example)));
    net = copy;
    BOOST_TEST(same(run(net, example), run(copy, example)));

    Tape tape;
    says(message<ShapeError>([&] {
             moved(tape.variable(Array(xt::xarray<double>{{1., 2.}})));
         }),
         "body.0.linear");
    nn::Sequential alone{nn::Linear{3, 4}, nn::ReLU{}};
    alone.add(nn::Linear{4, 1});
    BOOST_TEST(names(alone) == (std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"}),
               boost::test_tools::per_element());
    BOOST_TEST(nn::parameters(std::as_const(alone))[3].name() == "2.bias");
    BOOST_TEST(same(run(nn::Sequential{}, example), example));
}

BOOST_AUTO_TEST_CASE(a_struct_may_have_a_scope_of_its_own)
{
    struct Head {
        nn::ModuleScope scope{"Head"};
        Parameter w{Array(xt::xarray<double>{1., 2., 3.})};
        static constexpr auto members() { return std::tuple{field("w", &Head::w)}; }
        Variable operator()(Variable x) const
        {
            const auto guard = scope.enter(x);
            return x * w;
        }
    };
    struct Model {
        Head head;
        static constexpr auto members() { return std::tuple{field("head", &Model::head)}; }
        Variable operator()(Variable x) const { return head(x); }
    };
    const Graph graph = record(Model{}, example);
    const ValueId y = graph.outputs()[0];
    BOOST_TEST(graph.path(graph[y].scope) == "head");
    BOOST_TEST(graph.scope(graph[y].scope).type == "Head");
}

BOOST_AUTO_TEST_CASE(recording_gives_a_graph_with_named_ends_and_scopes)
{
    Net net;
    const Graph graph = record(net, example);
    graph.verify();
    BOOST_REQUIRE(graph.input_ids().size() == 1u);
    BOOST_TEST(graph.name(graph.input_ids()[0]) == "x");
    BOOST_REQUIRE(graph.outputs().size() == 1u);
    BOOST_TEST(graph.name(graph.outputs()[0]) == "y");
    BOOST_TEST(graph.parameters().size() == 9u);
    BOOST_TEST(net.encoder.layer2.linear.scope.path == "encoder.layer2.linear");
    std::map<std::string, int> paths;
    for (ValueId id = 0; id < graph.size(); ++id) ++paths[graph.path(graph[id].scope)];
    BOOST_TEST(paths.count("encoder.layer2.linear") == 1u);
    BOOST_TEST(paths.count("layers.1.linear") == 1u);

    const Net constant;
    const Graph of_const = record(constant, example);
    BOOST_TEST(of_const.text() == graph.text());
    BOOST_TEST(constant.encoder.layer2.linear.scope.path.empty());

    const nn::Sequential dropping{nn::Dropout{0.5}};
    BOOST_TEST(record(dropping, example).size() == 1u);
    BOOST_TEST(record(dropping, example, {.training = true}).size() > 1u);

    Tape tape;
    const Variable x = tape.variable(example);
    BOOST_TEST(same(graph(x).array(), run(net, example)));
}

// ---------------------------------------------------------------- initialisers

namespace {
struct Wide {
    nn::Linear first, second{200, 100};
    explicit Wide(DType dtype = DType::float64)
        : first{300, 200, {.dtype = dtype}}, second{200, 100, {.dtype = dtype}}
    {}
    static constexpr auto members()
    {
        return std::tuple{field("first", &Wide::first), field("second", &Wide::second)};
    }
};
struct Moments {
    double mean = 0, variance = 0, largest = 0;
};
Moments moments(const Parameter& parameter)
{
    Moments m;
    const auto v = values(parameter);
    for (const double w : v) m.mean += w / double(v.size());
    for (const double w : v) m.variance += (w - m.mean) * (w - m.mean) / double(v.size());
    for (const double w : v) m.largest = std::max(m.largest, std::abs(w));
    return m;
}
}  // namespace

BOOST_AUTO_TEST_CASE(initialisers_have_the_moments_of_their_law)
{
    struct Case {
        nn::Initialiser rule;
        double variance, bound;  // of `first`, [300, 200]; bound 0: normal
    };
    const Case cases[] = {{nn::xavier_uniform, 2. / 500, std::sqrt(6. / 500)},
                          {nn::xavier_normal, 2. / 500, 0},
                          {nn::kaiming_uniform, 2. / 300, std::sqrt(6. / 300)},
                          {nn::kaiming_normal, 2. / 300, 0},
                          {nn::uniform(-0.5, 0.5), 1. / 12, 0.5},
                          {nn::normal(0, 0.1), 0.01, 0}};
    for (const Case& c : cases) {
        Wide net;
        nn::initialise(net, c.rule, 7);
        const Moments m = moments(net.first.weight);
        const double n = 300 * 200;
        BOOST_TEST(std::abs(m.mean) < 5 * std::sqrt(c.variance / n));
        // The sample variance's own deviation is sqrt(2 / n) of it for a normal law, less for a uniform one.
        BOOST_TEST(std::abs(m.variance / c.variance - 1) < 5 * std::sqrt(2 / n));
        if (c.bound > 0) {
            BOOST_TEST(m.largest <= c.bound);
            BOOST_TEST(m.largest > 0.999 * c.bound);
        }
        BOOST_TEST(moments(net.first.bias).largest == 0);
    }
    Wide net;
    nn::initialise(net, nn::constant(3), 0);
    for (const double w : values(net.second.weight)) BOOST_REQUIRE(w == 3);
    BOOST_TEST(moments(net.second.bias).largest == 0);
    nn::initialise(net, nn::zeros, 0);
    BOOST_TEST(moments(net.second.weight).largest == 0);
    BOOST_CHECK_THROW(nn::uniform(1, 1), ValueError);
    BOOST_CHECK_THROW(nn::normal(0, 0), ValueError);
}

BOOST_AUTO_TEST_CASE(a_seed_gives_the_same_values_in_either_type_and_after_any_other_module)
{
    Wide a;
    nn::initialise(a, nn::xavier_normal, 5);
    const Net in_between;
    Wide b, single(DType::float32), other;
    nn::initialise(b, nn::xavier_normal, 5);
    nn::initialise(single, nn::xavier_normal, 5);
    nn::initialise(other, nn::xavier_normal, 6);
    BOOST_TEST(same(a.first.weight.array(), b.first.weight.array()));
    BOOST_TEST(same(a.second.weight.array(), b.second.weight.array()));
    BOOST_TEST(same(a.second.weight.array().cast(DType::float32), single.second.weight.array()));
    BOOST_TEST(!same(a.first.weight.array(), other.first.weight.array()));
    BOOST_TEST(!same(a.first.weight.array().rows(0, 100), a.second.weight.array().rows(0, 100)));
}

BOOST_AUTO_TEST_CASE(only_matrices_and_biases_are_initialised)
{
    Net net;
    nn::initialise(net, nn::zeros, 1);
    BOOST_TEST(values(net.scale) == (std::vector<double>{1, 2, 3}), boost::test_tools::per_element());
}
