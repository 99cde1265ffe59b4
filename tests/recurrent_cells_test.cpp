// RNN, GRU and their cells: layers against cells, names, options, states, compiled steps, refusals. Values beside
// PyTorch's: torch_test.cpp.
#define BOOST_TEST_MODULE recurrent_cells
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <random>

#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

Array random_array(const Shape& shape, unsigned seed, DType dtype = DType::float64)
{
    std::mt19937 engine(seed);
    std::uniform_real_distribution<double> uniform(-1, 1);
    Array values(DType::float64, shape);
    for (std::int64_t i = 0; i < values.size(); ++i)
        static_cast<double*>(values.mutable_data())[i] = uniform(engine);
    return values.cast(dtype);
}

double apart(Variable x, Variable y)
{
    BOOST_REQUIRE(std::ranges::equal(x.shape(), y.shape()));
    const Array a = x.array(), b = y.array();
    double most = 0;
    for (std::int64_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(static_cast<const double*>(a.data())[i] -
                                       static_cast<const double*>(b.data())[i]));
    return most;
}

template <class Error>
void refuses(const std::function<void()>& f, std::initializer_list<const char*> parts)
{
    try {
        f();
        BOOST_ERROR("no error that says " << *parts.begin());
    } catch (const Error& error) {
        for (const char* part : parts)
            BOOST_TEST(std::string(error.what()).find(part) != std::string::npos, error.what()
                                                                                      << " lacks " << part);
    }
}

std::vector<std::string> names_of(const auto& net)
{
    std::vector<std::string> names;
    for (const auto& [name, parameter] : nn::named_parameters(net)) names.push_back(name);
    return names;
}

struct Reader {
    nn::GRU gru{3, 4, {.layers = 2, .batch_first = true}};
    nn::Linear out{4, 1};
    static constexpr auto members()
    {
        return std::tuple{field("gru", &Reader::gru), field("out", &Reader::out)};
    }
    Variable operator()(Variable x) const { return out(reshape(slice(gru(x).h_n, {{-1}}), {-1, 4})); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_cell_of_one_unit_is_the_formula)
{
    const double x = 0.7, h = -0.4, w[] = {0.5, -1, 2}, u[] = {1.5, 0.25, -0.5}, b[] = {0.1, 0.2, 0.3},
                 c[] = {-0.3, 0.4, 0.6};
    const auto sigmoid_of = [](double z) { return 1 / (1 + std::exp(-z)); };
    const auto array = [](const double* v) { return xt::xarray<double>{v[0], v[1], v[2]}; };
    Tape tape;
    const Variable in = tape.variable(xt::xarray<double>{x}), state = tape.variable(xt::xarray<double>{h});
    const xt::xarray<double> wa = array(w), ua = array(u), ba = array(b), ca = array(c);
    const Variable wv = reshape(tape.variable(wa), {1, 3}), uv = reshape(tape.variable(ua), {1, 3});
    const double r = sigmoid_of(w[0] * x + b[0] + u[0] * h + c[0]),
                 z = sigmoid_of(w[1] * x + b[1] + u[1] * h + c[1]),
                 n = std::tanh(w[2] * x + b[2] + r * (u[2] * h + c[2]));
    BOOST_TEST(std::abs(gru_cell(in, state, wv, uv, ba, ca).item() - ((1 - z) * n + z * h)) < 1e-14);
    const Variable w1 = slice(wv, {{}, {0, 1}}), u1 = slice(uv, {{}, {0, 1}});
    BOOST_TEST(std::abs(rnn_cell(in, state, w1, u1).item() - std::tanh(w[0] * x + u[0] * h)) < 1e-14);
    BOOST_TEST(rnn_cell(-in, state, w1, u1, Nonlinearity::relu).item() == 0);
}

BOOST_AUTO_TEST_CASE(layers_are_their_cells_step_by_step_with_gradients_of_both_orders)
{
    const auto check = [](auto make_net, auto make_cell) {
        for (const std::int64_t layers : {1, 2})
            for (const bool states : {false, true})
                for (const bool bias : {true, false}) {
                    const auto net = make_net(layers, bias, false);
                    const Array data = random_array({3, 2, 3}, 1), start = random_array({layers, 2, 4}, 2);
                    Tape tape;
                    const Variable x = tape.variable(data), h0 = tape.variable(start);
                    const nn::RNNOutput out = states ? net(x, h0) : net(x);
                    Variable want = x;
                    std::vector<Variable> h_n;
                    for (std::size_t k = 0; k < net.layers.size(); ++k) {
                        auto cell = make_cell(k == 0 ? 3 : 4, bias);
                        cell.weight_ih = net.layers[k].weight_ih, cell.weight_hh = net.layers[k].weight_hh;
                        cell.bias_ih = net.layers[k].bias_ih, cell.bias_hh = net.layers[k].bias_hh;
                        const auto row = [](Variable all, std::int64_t t) {
                            return reshape(slice(all, {{t, t + 1}}), {all.shape()[1], all.shape()[2]});
                        };
                        Variable h;
                        std::vector<Variable> rows;
                        for (std::int64_t t = 0; t < 3; ++t) {
                            h = t > 0    ? cell(row(want, t), h)
                                : states ? cell(row(want, t), row(h0, static_cast<std::int64_t>(k)))
                                         : cell(row(want, t));
                            rows.push_back(h);
                        }
                        want = stack(rows);
                        h_n.push_back(h);
                    }
                    BOOST_TEST(apart(out.output, want) < 1e-13);
                    BOOST_TEST(apart(out.h_n, stack(h_n)) < 1e-13);
                    const auto loss = [](Variable a, Variable b) { return sum(square(a)) + sum(exp(b)); };
                    const Variable one = loss(out.output, out.h_n), two = loss(want, stack(h_n));
                    const Gradients g = grad(one, nn::parameters(net)), h = grad(two, nn::parameters(net));
                    for (std::size_t k = 0; k < g.size(); ++k)
                        BOOST_TEST(apart(g.gradient(k), h.gradient(k)) < 1e-12);
                    const Variable v = tape.constant(random_array({3, 2, 3}, 3));
                    BOOST_TEST(apart(hvp(one, x, v), hvp(two, x, v)) < 1e-11);

                    // The batch in front.
                    auto first = make_net(layers, bias, true);
                    first.layers = net.layers;
                    const nn::RNNOutput turned = first(transpose(x, 0, 1));
                    BOOST_TEST(apart(transpose(turned.output, 0, 1), net(x).output) == 0);
                    BOOST_TEST(apart(turned.h_n, net(x).h_n) == 0);
                }
    };
    constexpr DType wide = DType::float64;
    for (const Nonlinearity form : {Nonlinearity::tanh, Nonlinearity::relu})
        check(
            [=](std::int64_t layers, bool bias, bool first) {
                return nn::RNN(3, 4,
                               {.layers = layers,
                                .nonlinearity = form,
                                .bias = bias,
                                .batch_first = first,
                                .dtype = wide});
            },
            [=](std::int64_t in, bool bias) {
                return nn::RNNCell(in, 4, {.nonlinearity = form, .bias = bias, .dtype = wide});
            });
    check(
        [=](std::int64_t layers, bool bias, bool first) {
            return nn::GRU(3, 4, {.layers = layers, .bias = bias, .batch_first = first, .dtype = wide});
        },
        [=](std::int64_t in, bool bias) { return nn::GRUCell(in, 4, {.bias = bias, .dtype = wide}); });
}

BOOST_AUTO_TEST_CASE(parameters_have_pytorch_s_names_shapes_and_law)
{
    using Names = std::vector<std::string>;
    const nn::GRU gru(3, 4, {.layers = 2});
    BOOST_TEST((names_of(gru) == Names{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                                       "weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1"}));
    BOOST_TEST((names_of(nn::RNN(3, 4, {.bias = false})) == Names{"weight_ih_l0", "weight_hh_l0"}));
    BOOST_TEST((names_of(nn::GRUCell(3, 4)) == Names{"weight_ih", "weight_hh", "bias_ih", "bias_hh"}));
    BOOST_TEST((names_of(nn::RNNCell(3, 4, {.bias = false})) == Names{"weight_ih", "weight_hh"}));
    BOOST_TEST(to_string(gru.layers[0].weight_ih.shape()) == "[3, 12]");
    BOOST_TEST(to_string(gru.layers[1].weight_ih.shape()) == "[4, 12]");
    BOOST_TEST(to_string(nn::RNNCell(3, 4).weight_hh.shape()) == "[4, 4]");
    double largest = 0;
    const Array weights = nn::GRUCell(30, 16).weight_ih.array().cast(DType::float64);
    for (std::int64_t i = 0; i < weights.size(); ++i)
        largest = std::max(largest, std::abs(static_cast<const double*>(weights.data())[i]));
    BOOST_TEST((largest <= 0.25 && largest > 0.24));  // 1 / sqrt(16)

    Reader net;
    const std::string text = record(net, random_array({2, 3, 3}, 1, DType::float32)).text();
    BOOST_TEST(net.gru.layers[1].bias_hh.name() == "gru.bias_hh_l1");
    BOOST_TEST(text.find("  gru") != std::string::npos, text);
    Tape tape;
    const Variable y = nn::RNNCell(3, 2)(tape.variable(random_array({2, 3}, 1, DType::float32)));
    BOOST_TEST(tape.graph({y}).text().find("rnncell") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(compiled_steps_train_as_eager_ones)
{
    Reader eager;
    Reader compiled = nn::clone(eager);
    nn::Optimizer optimizer(nn::Adam{.rate = 0.01}, eager);
    nn::CompiledStep step = nn::compile(compiled, nn::mse_loss, nn::Adam{.rate = 0.01});
    for (unsigned k = 0; k < 12; ++k) {
        const Array x = random_array({5, 4, 3}, k, DType::float32),
                    t = random_array({5, 1}, 90 + k, DType::float32);
        Tape tape;
        const Variable loss = nn::mse_loss(eager(tape.variable(x)), tape.constant(t));
        const double want = loss.item();
        optimizer.step(grad(loss, optimizer.parameters()));
        BOOST_TEST(std::abs(step(x, t) - want) < 1e-5);
    }
    BOOST_TEST(step.counts().replayed > 6);
}

BOOST_AUTO_TEST_CASE(refusals_say_what_is_expected)
{
    Tape tape;
    const auto of = [&](const Shape& shape, DType dtype = DType::float64) {
        return tape.variable(random_array(shape, 1, dtype));
    };
    const Variable x = of({2, 3}), h = of({2, 4}), w = of({3, 12}), u = of({4, 12}), b = of({12});
    const std::size_t size = tape.size();
    BOOST_CHECK_NO_THROW(gru_cell(x, h, w, u, b, b));
    refuses<ShapeError>([&] { gru_cell(h, h, w, u, b, b); },
                        {"gru_cell", "x [2, 4]", "w_ih [3, 12]", "3 hidden"});
    refuses<ShapeError>([&] { gru_cell(x, x, w, u, b, b); }, {"gru_cell", "h [2, 3]", "[batch, hidden]"});
    refuses<ShapeError>([&] { gru_cell(x, h, w, u, b, h); }, {"gru_cell", "b_hh [2, 4]", "biases"});
    refuses<ShapeError>([&] { gru_cell(x, h, transpose(w), transpose(u)); },
                        {"gru_cell", "[12, 3]", "transposed"});
    refuses<ShapeError>([&] { rnn_cell(x, h, w, u); }, {"rnn_cell", "w_hh [4, 12]", "w_hh [hidden, hidden]"});
    refuses<ShapeError>([&] { lstm_cell(x, {h, h}, w, u); }, {"lstm_cell", "c [2, 4]", "4 hidden"});
    refuses<DtypeError>(
        [&] {
            gru_cell(of({2, 3}, DType::float32), h, w, u);
        },
        {"gru_cell", "x float32", "h float64"});
    static_cast<void>(size);

    refuses<ValueError>([] { nn::GRUCell(0, 3); }, {"GRUCell{0, 3}", "positive"});
    refuses<ValueError>([] { nn::RNN(2, 3, {.layers = 0}); }, {"RNN{2, 3}", "layers"});
    refuses<DtypeError>([] { nn::RNNCell(2, 3, {.dtype = DType::int64}); }, {"RNNCell{2, 3}", "int64"});
    const nn::GRU net(3, 4, {.dtype = DType::float64});
    refuses<ShapeError>([&] { net(x); }, {"GRU", "[2, 3]", "[steps, batch, 3]"});
    refuses<ShapeError>([&] { net(of({0, 2, 3})); }, {"GRU", "[0, 2, 3]", "at least one step"});
    refuses<ShapeError>([&] { net(of({2, 2, 3}), of({2, 2, 4})); }, {"GRU", "h0 [2, 2, 4]", "[1, 2, 4]"});
    refuses<DtypeError>([&] { net(of({2, 2, 3}, DType::float32)); }, {"GRU", "float32", "float64"});
}
