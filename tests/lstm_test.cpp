// nn::LSTM and LSTMCell: against each other, names, options, states, other lengths, refusals, compiled steps.
#define BOOST_TEST_MODULE lstm
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <random>

#include "xgrad/autodiff.hpp"
#include "xgrad/autodiff/recorder.hpp"
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
    const Array a = x.array().cast(DType::float64), b = y.array().cast(DType::float64);
    double most = 0;
    for (std::int64_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(static_cast<const double*>(a.data())[i] -
                                       static_cast<const double*>(b.data())[i]));
    return most;
}

nn::LSTMCell cell_of(const nn::LSTM::Layer& layer)
{
    nn::LSTMCell cell(layer.weight_ih.shape()[0], layer.weight_hh.shape()[0], DType::float64);
    cell.weight_ih = layer.weight_ih;
    cell.weight_hh = layer.weight_hh;
    cell.bias_ih = layer.bias_ih;
    cell.bias_hh = layer.bias_hh;
    return cell;
}

// The same step by step. States [layers, batch, hidden]; null: 0.
nn::LSTMOutput by_cells(const nn::LSTM& net, Variable x, const Variable* h0 = nullptr,
                        const Variable* c0 = nullptr)
{
    const std::int64_t steps = x.shape()[0], batch = x.shape()[1],
                       hidden = net.layers[0].weight_hh.shape()[0];
    std::vector<Variable> rows, h_n, c_n;
    for (std::int64_t t = 0; t < steps; ++t)
        rows.push_back(reshape(slice(x, {{t, t + 1}}), {batch, x.shape()[2]}));
    for (std::size_t k = 0; k < net.layers.size(); ++k) {
        const nn::LSTMCell cell = cell_of(net.layers[k]);
        const auto from = static_cast<std::int64_t>(k);
        const auto start = [&](const Variable* all) {
            return all ? reshape(slice(*all, {{from, from + 1}}), {batch, hidden})
                       : full(x, {batch, hidden}, 0);
        };
        nn::LSTMState state{start(h0), start(c0)};
        for (Variable& row : rows) {
            state = cell(row, state);
            row = state.h;
        }
        h_n.push_back(reshape(state.h, {1, batch, hidden}));
        c_n.push_back(reshape(state.c, {1, batch, hidden}));
    }
    for (Variable& row : rows) row = reshape(row, {1, batch, hidden});
    return {concat(rows), concat(h_n), concat(c_n)};
}

// One number of everything that is returned, with another weight for each element.
Variable mixed(const nn::LSTMOutput& out)
{
    const auto weighted = [](Variable x, unsigned seed) {
        return sum(x * x.tape().constant(random_array(Shape(x.shape().begin(), x.shape().end()), seed)));
    };
    return weighted(out.output, 5) + weighted(out.h_n, 6) + weighted(out.c_n, 7);
}

template <class Error>
void refuses(const std::function<void()>& f, const std::string& part)
{
    try {
        f();
        BOOST_ERROR("no error that says " << part);
    } catch (const Error& error) {
        BOOST_TEST(std::string(error.what()).find(part) != std::string::npos, error.what()
                                                                                  << " lacks " << part);
    }
}

// As the user of a layer writes it.
struct Reader {
    nn::LSTM lstm{3, 4, {.layers = 2, .dtype = DType::float64}};
    nn::Linear out{4, 1, {.dtype = DType::float64}};
    static constexpr auto members()
    {
        return std::tuple{field("lstm", &Reader::lstm), field("out", &Reader::out)};
    }
    Variable operator()(Variable x) const { return out(slice(lstm(x).h_n, {{-1}})); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_layer_is_its_cells_step_by_step_with_gradients_of_both_orders)
{
    for (const std::int64_t layers : {1, 2, 3})
        for (const bool states : {false, true})
            for (const auto& [steps, batch] : {std::pair(4, 3), std::pair(1, 2), std::pair(3, 1)})
                BOOST_TEST_CONTEXT(layers << " layers, " << steps << " steps, batch " << batch << ", "
                                          << states)
                {
                    const nn::LSTM net(3, 4, {.layers = layers, .dtype = DType::float64});
                    const Array data = random_array({steps, batch, 3}, 1),
                                h = random_array({layers, batch, 4}, 2),
                                c = random_array({layers, batch, 4}, 3);
                    std::vector<std::vector<Variable>> found(2);
                    Tape tape;
                    const Variable x = tape.variable(data), h0 = tape.variable(h), c0 = tape.variable(c);
                    std::vector<Target> wrt;
                    for (const Parameter& parameter : parameters(net)) wrt.push_back(parameter);
                    wrt.push_back(x);
                    if (states) wrt.insert(wrt.end(), {h0, c0});
                    for (const bool cells : {false, true}) {
                        auto& all = found[cells];
                        const nn::LSTMOutput out = cells    ? by_cells(net, x, states ? &h0 : nullptr, &c0)
                                                   : states ? net(x, h0, c0)
                                                            : net(x);
                        const nn::LSTMOutput from_zero = by_cells(net, x);
                        const nn::LSTMOutput& used = cells && !states ? from_zero : out;
                        all = {used.output, used.h_n, used.c_n};
                        const Gradients first = grad(mixed(used), wrt);
                        Variable total = tape.constant(0.0);
                        for (std::size_t k = 0; k < wrt.size(); ++k) {
                            const Variable g = first.gradient(k);
                            all.push_back(g);
                            total +=
                                sum(g * tape.constant(random_array(Shape(g.shape().begin(), g.shape().end()),
                                                                   20 + static_cast<unsigned>(k))));
                        }
                        const Gradients second = grad(total, wrt);
                        for (std::size_t k = 0; k < wrt.size(); ++k) all.push_back(second.gradient(k));
                    }
                    BOOST_REQUIRE_EQUAL(found[0].size(), found[1].size());
                    for (std::size_t k = 0; k < found[0].size(); ++k)
                        BOOST_TEST(apart(found[0][k], found[1][k]) < 1e-12, "value " << k);
                }
}

BOOST_AUTO_TEST_CASE(options_names_and_initial_values_are_pytorch_s)
{
    nn::LSTM net(3, 16, {.layers = 2});
    std::vector<std::string> names;
    double most = 0, least = 0, total = 0;
    std::int64_t count = 0;
    for (const auto& [name, parameter] : named_parameters(net)) {
        names.push_back(name);
        for (const float v : parameter.value<float>()) {
            most = std::max(most, static_cast<double>(v)), least = std::min(least, static_cast<double>(v));
            total += static_cast<double>(v), ++count;
        }
    }
    const std::vector<std::string> expected = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                                               "weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
    BOOST_TEST((most <= 0.25 && most > 0.24 && least >= -0.25 && least < -0.24));
    BOOST_TEST(std::abs(total / static_cast<double>(count)) < 0.01);
    BOOST_TEST(net.layers[1].weight_ih.shape()[0] == 16);
    nn::initialise(net, nn::xavier_uniform, 1);
    for (const float v : net.layers[1].bias_hh.value<float>()) BOOST_TEST(v == 0);

    Tape tape;
    const nn::LSTM steps_first(3, 4, {.dtype = DType::float64});
    nn::LSTM batch_first(3, 4, {.batch_first = true, .dtype = DType::float64});
    batch_first.layers = steps_first.layers;
    const Variable x = tape.variable(random_array({5, 2, 3}, 1));
    const nn::LSTMOutput a = steps_first(x), b = batch_first(transpose(x, 0, 1));
    BOOST_TEST(apart(a.output, transpose(b.output, 0, 1)) == 0);
    BOOST_TEST((apart(a.h_n, b.h_n) == 0 && apart(a.c_n, b.c_n) == 0));
}

BOOST_AUTO_TEST_CASE(a_sequence_in_two_pieces_is_the_whole_one)
{
    Tape tape;
    const nn::LSTM net(2, 3, {.layers = 2, .dtype = DType::float64});
    const Variable x = tape.variable(random_array({6, 2, 2}, 1));
    const nn::LSTMOutput whole = net(x), first = net(slice(x, {{0, 2}}));
    const nn::LSTMOutput second = net(slice(x, {{2, {}}}), first.h_n, first.c_n);
    BOOST_TEST(apart(whole.output, concat({first.output, second.output})) < 1e-15);
    BOOST_TEST(apart(whole.c_n, second.c_n) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_recorded_graph_serves_other_lengths_and_batches)
{
    Reader net;
    const Graph graph = record(net, random_array({4, 3, 3}, 1));
    for (const auto& shape : {Shape{4, 3, 3}, Shape{7, 3, 3}, Shape{1, 5, 3}, Shape{2, 0, 3}}) {
        Tape tape({.training = false, .generator = {}});
        const Variable x = tape.variable(random_array(shape, 2));
        BOOST_TEST(apart(graph(x), net(x)) == 0);
    }
    BOOST_TEST(graph.text().find("lstm") != std::string::npos);
    BOOST_CHECK_NO_THROW(graph.verify());
}

BOOST_AUTO_TEST_CASE(a_compiled_step_is_the_recorded_one)
{
    Reader net;
    Reader other = nn::clone(net);
    const Array x = random_array({5, 3, 3}, 1), t = random_array({1, 3, 1}, 2);
    auto step = nn::compile(net, nn::mse_loss, nn::Sgd{.rate = 0.3});
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.3}, other);
    double first = 0, last = 0;
    for (int i = 0; i < 20; ++i) {
        last = step(x, t);
        if (i == 0) first = last;
        Tape tape;
        const Variable loss = nn::mse_loss(other(tape.constant(x)), t);
        BOOST_TEST(last == loss.item());
        optimizer.step(grad(loss, optimizer.parameters()));
    }
    BOOST_TEST(step.counts().replayed > 10);
    BOOST_TEST(last < first);
}

BOOST_AUTO_TEST_CASE(the_gradient_of_one_output_alone_is_right)
{
    // Cells only, hidden states only, the last step only: the reverse sweep meets some of the outputs.
    const nn::LSTM net(2, 3, {.dtype = DType::float64});
    const Array data = random_array({3, 2, 2}, 1);
    const auto gradients = [&](auto pick) {
        Tape tape;
        const Variable x = tape.variable(data);
        return apart(grad(pick(net(x)), x), grad(pick(by_cells(net, x)), x));
    };
    BOOST_TEST(gradients([](const nn::LSTMOutput& out) { return sum(out.c_n); }) < 1e-14);
    BOOST_TEST(gradients([](const nn::LSTMOutput& out) { return sum(square(out.h_n)); }) < 1e-14);
    BOOST_TEST(gradients([](const nn::LSTMOutput& out) { return sum(out.output); }) < 1e-14);
    // With respect to an output that is no input of its own op.
    Tape tape;
    const Variable x = tape.variable(data);
    const Variable w = tape.variable(random_array({2, 12}, 2)), u = tape.variable(random_array({3, 12}, 3)),
                   b = tape.variable(random_array({12}, 4));
    const LstmStates states = lstm(x, w, u, b);
    const Variable loss = sum(square(states.cells) * states.hidden);
    BOOST_TEST(apart(grad(loss, states.cells), 2 * states.cells * states.hidden) < 1e-15);
    BOOST_TEST(apart(grad(loss, states.hidden), square(states.cells)) < 1e-15);
}

BOOST_AUTO_TEST_CASE(nan_and_large_numbers_come_through)
{
    for (const DType dtype : {DType::float32, DType::float64}) {
        Tape tape;
        const auto numbers = [&](const Shape& shape, double value) {
            Array array(DType::float64, shape);
            std::fill_n(static_cast<double*>(array.mutable_data()), array.size(), value);
            return tape.variable(array.cast(dtype));
        };
        const auto w = numbers({1, 16}, 1), u = numbers({4, 16}, 0), b = numbers({16}, 0);
        const auto last = [&](double x) {
            const LstmStates states = lstm(numbers({2, 1, 1}, x), w, u, b);
            return std::pair(sum(slice(states.hidden, {{-1}})).item() / 4, grad(sum(states.hidden), w));
        };
        BOOST_TEST(std::isnan(last(NAN).first));
        BOOST_TEST(std::abs(last(1e30).first - std::tanh(2.0)) < 1e-6);  // all gates open: c = 2
        BOOST_TEST(last(-1e30).first == 0);                              // all gates closed
        BOOST_TEST(std::abs(last(INFINITY).first - std::tanh(2.0)) < 1e-6);
        const Array g = last(-1e30).second.array().cast(DType::float64);
        for (std::int64_t i = 0; i < g.size(); ++i)
            BOOST_TEST(std::isfinite(static_cast<const double*>(g.data())[i]));
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_by_name)
{
    refuses<ValueError>([] { nn::LSTM(0, 4); }, "LSTM{0, 4}");
    refuses<ValueError>([] { nn::LSTM(3, 4, {.layers = 0}); }, "the number of layers");
    refuses<ValueError>([] { nn::LSTMCell(3, -1); }, "LSTMCell{3, -1}");
    refuses<DtypeError>([] { nn::LSTM(3, 4, {.dtype = DType::int64}); }, "int64");

    nn::LSTM net(3, 4, {.dtype = DType::float64});
    net.scope.path = "encoder";
    Tape tape;
    const auto input = [&](const Shape& shape, DType dtype = DType::float64) {
        return tape.variable(random_array(shape, 1, dtype));
    };
    const Variable x = input({5, 2, 3});
    refuses<ShapeError>([&] { net(input({5, 2, 7})); }, "with 7 inputs and 4 hidden");
    refuses<ShapeError>([&] { net(input({5, 3})); }, "x [steps, batch, inputs]");
    refuses<ShapeError>([&] { net(input({0, 2, 3})); }, "at least one step");
    refuses<ShapeError>([&] { net(input({5, 2, 7})); }, "lstm in encoder");
    refuses<DtypeError>([&] { net(input({5, 2, 3}, DType::float32)); }, "float32");
    refuses<ShapeError>(
        [&] {
            net(x, input({1, 3, 4}), input({1, 3, 4}));
        },
        "h0 and c0 [batch, hidden]: [2, 4]");
    refuses<ShapeError>([&] { net(x, input({2, 4}), input({2, 4})); }, "LSTM encoder: got states [2, 4]");
    refuses<ShapeError>([&] { net(x, input({2, 2, 4}), input({2, 2, 4})); }, "with 1 layers");
    const Variable in[] = {x, input({3, 16}), input({4, 16}), input({16}), input({2, 4})};
    refuses<ShapeError>([&] { tape.recorder().record(*find_op("lstm"), in); }, "both h0 and c0 or none");
    refuses<ShapeError>([&] { lstm(x, in[1], input({4, 12}), in[3]); }, "[4, 12]");
}
