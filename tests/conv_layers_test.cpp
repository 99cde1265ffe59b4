// Layers for images: starting values, refusals, and models of them as graphs, programs and on other images.
#define BOOST_TEST_MODULE conv_layers
#include "support.hpp"

#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

Array numbers(const Shape& shape)
{
    Array array(DType::float64, shape);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = std::sin(static_cast<double>(i + 1));
    return array;
}

nn::Sequential lenet()
{
    const nn::LinearOptions wide{.dtype = DType::float64};
    return nn::Sequential(nn::Conv2d(1, 3, 5, {.padding = 2, .dtype = DType::float64}), nn::Tanh{},
                          nn::AvgPool2d{2}, nn::Conv2d(3, 4, 3, {.dtype = DType::float64}), nn::ReLU{},
                          nn::MaxPool2d{2}, nn::Flatten{}, nn::Linear(16, 5, wide));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_fresh_layer_is_uniform_on_the_reciprocal_root_of_its_inputs)
{
    const nn::Conv2d conv(8, 30, {3, 5}, {.groups = 2});
    BOOST_TEST(to_string(conv.weight.shape()) == "[30, 4, 3, 5]");
    BOOST_TEST(to_string(conv.bias.shape()) == "[30]");
    const double bound = 1 / std::sqrt(4 * 3 * 5.0);
    double most = 0, square = 0;
    const std::vector<double> w = values(conv.weight.array());
    for (const double v : w) most = std::max(most, std::abs(v)), square += v * v;
    BOOST_TEST(most <= bound);
    BOOST_TEST(most > 0.99 * bound);
    BOOST_TEST(square / static_cast<double>(w.size()) == bound * bound / 3,
               boost::test_tools::tolerance(0.05));
    BOOST_TEST((w != values(nn::Conv2d(8, 30, {3, 5}, {.groups = 2}).weight.array())));
    BOOST_TEST(!nn::Conv2d(1, 1, 1, {.bias = false}).bias);
}

BOOST_AUTO_TEST_CASE(initialisers_take_the_fans_of_filters)
{
    // kaiming: +-sqrt(6 / fan_in), fan_in = 4 * 3 * 5; xavier: +-sqrt(6 / (fan_in + fan_out)), fan_out = 30 * 3 * 5.
    nn::Conv2d conv(8, 30, {3, 5}, {.groups = 2});
    for (const auto& [rule, bound] : {std::pair(nn::kaiming_uniform, std::sqrt(6 / 60.0)),
                                      std::pair(nn::xavier_uniform, std::sqrt(6 / (60 + 450.0)))}) {
        nn::initialise(conv, rule, 3);
        double most = 0;
        for (const double v : values(conv.weight.array())) most = std::max(most, std::abs(v));
        BOOST_TEST(most <= bound * 1.0000001);
        BOOST_TEST(most > 0.99 * bound);
        for (const double v : values(conv.bias.array())) BOOST_TEST(v == 0);
    }
}

BOOST_AUTO_TEST_CASE(layers_refuse_what_cannot_be)
{
    const auto says = [](auto f, std::initializer_list<const char*> parts) {
        const std::string text = message<ValueError>(f);
        for (const char* part : parts) BOOST_TEST(text.find(part) != std::string::npos, text);
    };
    says([] { nn::Conv2d(0, 4, 3); }, {"Conv2d{0, 4, {3, 3}}", "positive"});
    says([] { nn::Conv2d(4, 4, {3, 0}); }, {"{3, 0}", "positive"});
    says([] { nn::Conv2d(4, 6, 3, {.groups = 4}); }, {"groups = 4", "divide"});
    says([] { nn::Conv2d(4, 4, 3, {.stride = 0}); }, {"stride", "positive"});
    says([] { nn::Conv2d(4, 4, 3, {.padding = -1}); }, {"padding", "0 or more"});
    BOOST_CHECK_THROW(nn::Conv2d(4, 4, 3, {.dtype = DType::int64}), DtypeError);
    nn::Sequential net = lenet();
    nn::name_parameters(net);
    Tape tape;
    const std::string text = message<ShapeError>([&] { net(tape.variable(numbers({2, 3, 10, 10}))); });
    for (const char* part : {"conv2d in 0", "[2, 3, 10, 10] float64", "[3, 1, 5, 5] float64",
                             "x has 3 (axis 1), the weight is for 1"})
        BOOST_TEST(text.find(part) != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_recorded_model_takes_other_batches_and_other_images)
{
    nn::Sequential net = lenet();
    const Graph graph = nn::record(net, numbers({2, 1, 12, 12}));
    for (const std::int64_t batch : {1, 2, 5, 0}) {
        Tape tape;
        const Variable x = tape.variable(numbers({batch, 1, 12, 12}));
        BOOST_TEST(values(graph(x)) == values(net(x)), boost::test_tools::per_element());
    }
    const auto body = [&](Variable x) {
        const Variable w = x.tape().constant(numbers({2, 1, 3, 2}));
        return flatten(max_pool2d(avg_pool2d(conv2d(x, w, {.stride = {1, 2}, .padding = 1}), {2}), {2}), 2);
    };
    Tape recorded;
    const Graph images = recorded.graph({body(recorded.variable(numbers({2, 1, 8, 9})))});
    for (const Shape& shape :
         {Shape{2, 1, 8, 9}, Shape{1, 1, 8, 9}, Shape{3, 1, 11, 30}, Shape{2, 1, 16, 16}}) {
        Tape tape;
        const Variable x = tape.variable(numbers(shape));
        BOOST_TEST(values(images(x)) == values(body(x)), boost::test_tools::per_element());
    }
    Tape tape;
    const std::string small = message<ShapeError>([&] { images(tape.variable(numbers({2, 1, 2, 2}))); });
    BOOST_TEST(small.find("a kernel that fits into the image") != std::string::npos, small);
    // An image for which the dense layer is not made.
    BOOST_CHECK_THROW(graph(tape.variable(numbers({1, 1, 20, 20}))), ShapeError);
    // A gradient holds on to its lengths, and says so.
    Tape other;
    const Variable x = other.variable(numbers({2, 1, 8, 9}));
    const Graph gradient = other.graph({grad(sum(square(body(x))), x)});
    const std::string text = message<ShapeError>([&] { gradient(tape.variable(numbers({2, 1, 8, 10}))); });
    BOOST_TEST(text.find("is part of a gradient") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_compiled_model_learns_as_eager_code_does)
{
    nn::Sequential net = lenet(), copy = nn::clone(net);
    const Array x = numbers({3, 1, 12, 12}), labels(xt::xarray<std::int64_t>{0, 4, 2});
    const auto loss = [](const nn::Sequential& model, Variable in, Variable t) {
        return nn::cross_entropy(model(in), t);
    };
    nn::CompiledStep step = nn::compile([&](std::span<const Variable> in) { return loss(net, in[0], in[1]); },
                                        nn::Optimizer(nn::Sgd{.rate = 0.1}, net));
    nn::Optimizer eager(nn::Sgd{.rate = 0.1}, copy);
    double first = 0, last = 0;
    for (int i = 0; i < 20; ++i) {
        Tape tape;
        const Variable value = loss(copy, tape.constant(x), tape.constant(labels));
        last = value.item();
        if (i == 0) first = last;
        eager.step(grad(value, eager.parameters()));
        step(x, labels);
        const std::vector<Parameter> a = parameters(net), b = parameters(copy);
        for (std::size_t k = 0; k < a.size(); ++k) near(values(a[k].array()), values(b[k].array()), 1e-12);
    }
    BOOST_TEST(last < 0.8 * first);
}
