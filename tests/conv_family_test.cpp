// Sequences, transposed convolution, pooling of every kind and resampling: layers, what is refused and how it is said, other
// batches and lengths, training steps, gradients of single examples.
#define BOOST_TEST_MODULE conv_family
#include "support.hpp"

#include "xgrad/autodiff.hpp"
#include "xgrad/autodiff/per_example.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

Array numbers(const Shape& shape, double phase = 0)
{
    Array array(DType::float64, shape);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = std::sin(static_cast<double>(i + 1) + phase);
    return array;
}

// Sequences down and up again, and a number for each class of the whole.
nn::Sequential sequence_net()
{
    const nn::LinearOptions wide{.dtype = DType::float64};
    return nn::Sequential(nn::Conv1d(2, 4, 3, {.stride = 2, .padding = 1, .dtype = DType::float64}),
                          nn::Tanh{},
                          nn::ConvTranspose1d(4, 3, 4, {.stride = 2, .padding = 1, .dtype = DType::float64}),
                          nn::Tanh{}, nn::MaxPool1d{{.kernel = 3, .stride = 2, .ceil_mode = true}},
                          nn::AvgPool1d{2}, nn::AdaptiveAvgPool1d{2}, nn::Flatten{}, nn::Linear(6, 5, wide));
}
nn::Sequential image_net()
{
    const nn::LinearOptions wide{.dtype = DType::float64};
    return nn::Sequential(
        nn::Conv2d(1, 2, 3, {.stride = 2, .padding = 1, .dtype = DType::float64}), nn::Tanh{},
        nn::ConvTranspose2d(
            2, 4, 3, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2, .dtype = DType::float64}),
        nn::MaxPool2d{{.kernel = 2, .ceil_mode = true}}, nn::AdaptiveMaxPool2d{{3, 2}},
        nn::AdaptiveAvgPool2d{1}, nn::Flatten{}, nn::Linear(4, 5, wide));
}

template <class Layer>
void is_fresh(const Layer& layer, const Shape& weight, std::int64_t out, double fan_in)
{
    BOOST_TEST(to_string(layer.weight.shape()) == to_string(weight));
    BOOST_TEST(to_string(layer.bias.shape()) == to_string(Shape{out}));
    const double bound = 1 / std::sqrt(fan_in);
    double most = 0, square = 0;
    const std::vector<double> w = values(layer.weight.array());
    for (const double v : w) most = std::max(most, std::abs(v)), square += v * v;
    BOOST_TEST(most <= bound * 1.0000001);
    BOOST_TEST(most > 0.98 * bound);
    BOOST_TEST(square / static_cast<double>(w.size()) == bound * bound / 3,
               boost::test_tools::tolerance(0.1));
    for (const double v : values(layer.bias.array())) BOOST_TEST(std::abs(v) <= bound * 1.0000001);
}

void says(const std::string& text, std::initializer_list<const char*> parts)
{
    for (const char* part : parts)
        BOOST_TEST(text.find(part) != std::string::npos, text << " lacks " << part);
}

}  // namespace

BOOST_AUTO_TEST_CASE(fresh_layers_are_uniform_on_the_reciprocal_root_of_weight_0)
{
    is_fresh(nn::Conv1d(8, 30, 5, {.groups = 2}), {30, 4, 5}, 30, 4 * 5);
    // PyTorch takes the fan of a transposed layer from the same axes: out / groups times the kernel.
    is_fresh(nn::ConvTranspose1d(20, 12, 4, {.groups = 2}), {20, 6, 4}, 12, 6 * 4);
    is_fresh(nn::ConvTranspose2d(12, 10, {3, 2}, {.groups = 2}), {12, 5, 3, 2}, 10, 5 * 3 * 2);
    BOOST_TEST(!nn::Conv1d(1, 1, 1, {.bias = false}).bias);
    BOOST_TEST(!nn::ConvTranspose1d(1, 1, 1, {.bias = false}).bias);
    BOOST_TEST(!nn::ConvTranspose2d(1, 1, 1, {.bias = false}).bias);
}

BOOST_AUTO_TEST_CASE(layers_refuse_what_cannot_be)
{
    const auto refuses = [](auto f, std::initializer_list<const char*> parts) {
        says(message<ValueError>(f), parts);
    };
    refuses([] { nn::Conv1d(0, 4, 3); }, {"Conv1d{0, 4, 3}", "positive"});
    refuses([] { nn::Conv1d(4, 6, 3, {.groups = 4}); }, {"Conv1d{4, 6, 3}", "groups = 4", "divide"});
    refuses([] { nn::ConvTranspose1d(4, 4, 3, {.stride = 0}); }, {"ConvTranspose1d", "stride", "positive"});
    refuses([] { nn::ConvTranspose2d(4, 4, 3, {.stride = 2, .output_padding = 2}); },
            {"ConvTranspose2d{4, 4, {3, 3}}", "output_padding", "less than the stride or the dilation"});
    refuses([] { nn::ConvTranspose2d(4, 4, 3, {.output_padding = -1}); }, {"output_padding", "0 or more"});
    BOOST_CHECK_THROW(nn::ConvTranspose1d(4, 4, 3, {.dtype = DType::int64}), DtypeError);
    nn::Sequential net = sequence_net();
    nn::name_parameters(net);
    Tape tape;
    says(message<ShapeError>([&] {
             net(tape.variable(numbers({2, 3, 10})));
         }),
         {"conv1d in 0", "[2, 3, 10] float64", "[4, 2, 3] float64", "x has 3 (axis 1), the weight is for 2"});
}

BOOST_AUTO_TEST_CASE(functions_name_themselves_and_what_they_expect)
{
    Tape tape;
    const Variable line = tape.variable(numbers({2, 3, 7})), image = tape.variable(numbers({2, 3, 5, 4})),
                   rows = tape.variable(numbers({3, 7}));
    const auto w = [&](const Shape& shape) { return tape.variable(numbers(shape)); };
    const Variable ones = w({3, 3, 1}), square = w({3, 2, 3, 3}), five = w({5}), wrong = w({4, 2, 3}),
                   thick = w({4, 3, 9}), short_bias = w({3, 4, 2});
    const std::size_t size = tape.size();
    const auto shape = [&](auto f, std::initializer_list<const char*> parts) {
        says(message<ShapeError>(f), parts);
        BOOST_TEST(tape.size() == size);
    };
    const auto value = [&](auto f, std::initializer_list<const char*> parts) {
        says(message<ValueError>(f), parts);
        BOOST_TEST(tape.size() == size);
    };
    shape([&] { conv1d(rows, ones); },
          {"conv1d: got [3, 7] float64", "expected x [N, C, L] and a weight [O, C / groups, k]",
           "unsqueeze(x, 0)"});
    shape([&] { conv1d(image, ones); }, {"conv1d", "[2, 3, 5, 4]", "x [N, C, L]", "conv2d is for images"});
    shape([&] { conv2d(line, square); }, {"conv2d", "[2, 3, 7]", "x [N, C, H, W]", "unsqueeze(x, 0)"});
    shape([&] { conv1d(line, wrong); }, {"conv1d", "x has 3 (axis 1), the weight is for 2 in 1 group"});
    shape([&] { conv1d(line, thick); },
          {"conv1d", "a kernel that fits into the sequence: 9 (with dilation) meets 7 (with padding)"});
    shape([&] { conv1d(line, ones, five); }, {"conv1d", "a bias [3], one number for each output channel"});
    value([&] { conv1d(line, ones, {.stride = 0}); }, {"conv1d: stride must be positive, not 0"});
    value([&] { conv1d(line, ones, {.padding = -2}); }, {"conv1d: padding must be 0 or more, not -2"});
    shape([&] { conv_transpose1d(line, wrong); },
          {"conv_transpose1d", "[2, 3, 7]", "[4, 2, 3]", "x has 3 (axis 1), the weight is for 4 (axis 0",
           "[in, out / groups, ...]"});
    shape([&] { conv_transpose1d(line, short_bias, five); }, {"conv_transpose1d", "a bias [4]", "[5]"});
    shape([&] { conv_transpose1d(line, ones, {.padding = 4}); },
          {"conv_transpose1d", "at least one place, which padding 4 cuts down to -1"});
    shape([&] { conv_transpose2d(image, square, {.groups = 2}); },
          {"conv_transpose2d", "3 in meet 2 groups"});
    shape([&] { conv_transpose2d(line, square); }, {"conv_transpose2d", "x [N, C, h, w]"});
    value(
        [&] {
            conv_transpose2d(image, square, {.stride = {2, 1}, .output_padding = {1, 1}});
        },
        {"conv_transpose2d: output_padding must be less than the stride or the dilation",
         "1 meets stride 2 x 1 and dilation 1"});
    value([&] { conv_transpose1d(line, ones, {.output_padding = 1}); },
          {"conv_transpose1d: output_padding", "1 meets stride 1 and dilation 1"});
    // Further rows by an x that goes on with zeros: a weight that does not fit leaves nothing behind.
    shape([&] { conv_transpose1d(line, wrong, {.output_padding = 2, .dilation = 3}); },
          {"conv_transpose1d", "x has 3 (axis 1)"});
    shape([&] { max_pool1d(line, 8); }, {"max_pool1d", "[2, 3, 7]", "8 (with dilation) meets 7"});
    shape([&] { avg_pool1d(rows, 2); }, {"avg_pool1d", "[3, 7]", "x [N, C, L]", "unsqueeze(x, 0)"});
    value([&] { avg_pool1d(line, 0); }, {"avg_pool1d: kernel must be positive, not 0"});
    value([&] { max_pool1d(line, {.kernel = 3, .padding = 2}); },
          {"max_pool1d: padding must be at most half the kernel, 2 meets a kernel of 3"});
    value([&] { avg_pool2d(image, {.kernel = 2, .divisor_override = 0}); },
          {"avg_pool2d", "divisor_override is 0"});
    value([&] { adaptive_avg_pool1d(line, 0); }, {"adaptive_avg_pool1d: output must be positive, not 0"});
    value([&] { adaptive_max_pool2d(image, {2, -1}); }, {"adaptive_max_pool2d", "2 x -1"});
    shape([&] { adaptive_avg_pool2d(line, 1); }, {"adaptive_avg_pool2d", "[2, 3, 7]", "x [N, C, H, W]"});
    value([&] { interpolate(image, {}); }, {"interpolate: neither of size and scale_factor"});
    value([&] { interpolate(image, {.size = 2, .scale_factor = 2}); }, {"interpolate: both"});
    value([&] { interpolate(line, {.size = 2, .mode = Interpolation::bilinear}); },
          {"interpolate", "[2, 3, 7]", "of sequences: linear"});
    value([&] { interpolate(image, {.scale_factor = 0.1}); }, {"interpolate", "at least one"});
    value([&] { interpolate(image, {.size = 3, .align_corners = true}); }, {"interpolate: align_corners"});
    shape([&] { pixel_shuffle(image, 2); },
          {"pixel_shuffle: got [2, 3, 5, 4] float64 and the factor 2", "that its square divides"});
    shape([&] { pixel_unshuffle(image, 2); }, {"pixel_unshuffle", "[2, 3, 5, 4]", "height and width"});
    shape([&] { unfold(image, {.kernel = 6}); }, {"unfold", "6 (with dilation) meets 5 x 4 (with padding)"});
    shape([&] { fold(line, {3, 3}, {.kernel = 2}); }, {"fold", "[2, 3, 7]", "columns [N, C 4, 4]"});
}

BOOST_AUTO_TEST_CASE(recordings_take_other_batches_and_other_lengths)
{
    nn::Sequential lines = sequence_net(), images = image_net();
    const auto agree = [](const Graph& graph, const nn::Sequential& net, const Shape& shape) {
        Tape tape;
        const Variable x = tape.variable(numbers(shape));
        BOOST_TEST(values(graph(x)) == values(net(x)), boost::test_tools::per_element());
    };
    const Graph of_lines = nn::record(lines, numbers({2, 2, 12})),
                of_images = nn::record(images, numbers({2, 1, 9, 8}));
    for (const Shape& shape :
         {Shape{2, 2, 12}, Shape{1, 2, 12}, Shape{3, 2, 31}, Shape{0, 2, 12}, Shape{5, 2, 16}})
        agree(of_lines, lines, shape);
    for (const Shape& shape : {Shape{2, 1, 9, 8}, Shape{1, 1, 9, 8}, Shape{4, 1, 17, 12}, Shape{0, 1, 9, 8}})
        agree(of_images, images, shape);
}

BOOST_AUTO_TEST_CASE(compiled_models_learn_as_eager_code_does)
{
    const Array labels(xt::xarray<std::int64_t>{0, 4, 2});
    const std::pair<nn::Sequential, Shape> models[] = {{sequence_net(), {3, 2, 12}},
                                                       {image_net(), {3, 1, 9, 8}}};
    for (const auto& [model, shape] : models) {
        nn::Sequential net = nn::clone(model), copy = nn::clone(net);
        const Array x = numbers(shape);
        const auto loss = [](const nn::Sequential& m, Variable in, Variable t) {
            return nn::cross_entropy(m(in), t);
        };
        nn::CompiledStep step =
            nn::compile([&](std::span<const Variable> in) { return loss(net, in[0], in[1]); },
                        nn::Optimizer(nn::Sgd{.rate = 0.2}, net));
        nn::Optimizer eager(nn::Sgd{.rate = 0.2}, copy);
        double first = 0, last = 0;
        for (int i = 0; i < 30; ++i) {
            Tape tape;
            const Variable value = loss(copy, tape.constant(x), tape.constant(labels));
            last = value.item();
            if (i == 0) first = last;
            eager.step(grad(value, eager.parameters()));
            step(x, labels);
            const std::vector<Parameter> a = parameters(net), b = parameters(copy);
            for (std::size_t k = 0; k < a.size(); ++k)
                near(values(a[k].array()), values(b[k].array()), 1e-12);
        }
        BOOST_TEST(last < 0.95 * first);
        BOOST_TEST(step.counts().replayed > 20);
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_single_examples_go_by_the_batch)
{
    const std::pair<nn::Sequential, Shape> models[] = {{sequence_net(), {4, 2, 12}},
                                                       {image_net(), {4, 1, 9, 8}}};
    for (const auto& [net, shape] : models) {
        const std::vector<Parameter> all = parameters(net);
        const Array x = numbers(shape), t(xt::xarray<std::int64_t>{0, 4, 2, 1});
        const auto loss = [&net = net](Variable in, Variable labels) {
            return nn::cross_entropy(net(in), labels);
        };
        Tape tape;  // PerExample::batch throws where the rows do not keep the examples apart
        const Gradients g =
            per_example_grad(loss, all, PerExample::batch)(tape.constant(x), tape.constant(t));
        for (std::int64_t i = 0; i < 4; ++i) {
            Tape one;
            const Gradients alone =
                grad(loss(one.constant(x.rows(i, i + 1)), one.constant(t.rows(i, i + 1))), all);
            for (const Parameter& p : all) {
                const std::vector<double> want = values(alone[p]), every = values(g[p]);
                const auto n = static_cast<std::ptrdiff_t>(want.size());
                near(std::vector<double>(every.begin() + i * n, every.begin() + (i + 1) * n), want, 1e-12);
            }
        }
    }
}

// <conv(x), y> = <x, conv_transpose(y)>, with the same weight: what makes it the transpose.
BOOST_AUTO_TEST_CASE(a_transposed_convolution_is_the_transpose)
{
    Tape tape;
    const Variable x = tape.variable(numbers({2, 4, 11})), w = tape.variable(numbers({6, 2, 3}, 1));
    const Variable y = conv1d(x, w, {.stride = 3, .padding = 1, .dilation = 2, .groups = 2});
    const Variable other = tape.variable(numbers(Shape(y.shape().begin(), y.shape().end()), 2));
    const Variable back = conv_transpose1d(
        other, w, {.stride = 3, .padding = 1, .output_padding = 2, .dilation = 2, .groups = 2});
    BOOST_TEST(to_string(back.shape()) == to_string(x.shape()));
    BOOST_TEST(sum(y * other).item() == sum(x * back).item(), boost::test_tools::tolerance(1e-13));
    const Variable columns =
        unfold(tape.variable(numbers({2, 3, 5, 6})), {.kernel = 2, .padding = 1, .stride = 2});
    const Variable g = tape.variable(numbers(Shape(columns.shape().begin(), columns.shape().end()), 3));
    BOOST_TEST(to_string(fold(g, {5, 6}, {.kernel = 2, .padding = 1, .stride = 2}).shape()) ==
               "[2, 3, 5, 6]");
}

BOOST_AUTO_TEST_CASE(a_program_of_conv1d_looks_like_one)
{
    Tape tape;
    const Variable x = tape.variable(numbers({1, 2, 9}));
    const Variable y = conv1d(x, tape.variable(numbers({3, 2, 3})), {.stride = 2, .padding = 1});
    const std::string text = tape.graph({max_pool1d(y, 2), adaptive_avg_pool1d(y, 1)}).text();
    says(text, {"conv1d", "stride 2, padding 1", "max_pool1d", "kernel 2", "adaptive_avg_pool1d"});
    BOOST_TEST(text.find("reshape") == std::string::npos, text);
    BOOST_TEST(text.find("conv2d") == std::string::npos, text);
}

// One window is global pooling; as many windows as places are the array itself.
BOOST_AUTO_TEST_CASE(adaptive_pooling_at_its_ends)
{
    Tape tape;
    const Variable x = tape.variable(numbers({2, 3, 5, 4}));
    near(values(adaptive_avg_pool2d(x, 1)), values(mean(x, {2, 3})), 1e-15);
    near(values(adaptive_max_pool2d(x, 1)), values(amax(x, {2, 3})), 0);
    near(values(adaptive_avg_pool2d(x, {std::nullopt, std::nullopt})), values(x), 0);
    near(values(adaptive_avg_pool2d(x, {5, 2})), values(avg_pool2d(x, {.kernel = {1, 2}})), 1e-15);
    near(values(interpolate(x, {.size = Pair2d{5, 4}, .mode = Interpolation::bilinear})), values(x), 0);
    const nn::Sequential there_and_back(nn::PixelShuffle{2}, nn::PixelUnshuffle{2});
    const Variable channels = tape.variable(numbers({1, 8, 2, 3}));
    near(values(there_and_back(channels)), values(channels), 0);
    const nn::Upsample twice({.scale_factor = 2});  // each place as a square of four: its mean is the place
    near(values(avg_pool2d(twice(x), 2)), values(x), 0);
}

BOOST_AUTO_TEST_CASE(the_first_of_equal_elements_gets_the_gradient)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{{{1., 3., 3., 2., 2., 2.}}});
    const std::vector<double> first = {0., 1., 0., 1., 0., 0.};
    near(values(grad(sum(max_pool1d(x, 3)), x)), first, 0);
    near(values(grad(sum(adaptive_max_pool1d(x, 2)), x)), first, 0);
    near(values(grad(sum(adaptive_max_pool2d(reshape(x, {1, 1, 2, 3}), {2, 1})), x)), first, 0);
}
