// Gradients of single examples: both routes against a loop over the examples, which of them is taken, and what is refused.
#define BOOST_TEST_MODULE per_example
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <random>

#include "support.hpp"
#include "xgrad/autodiff/per_example.hpp"
#include "xgrad/nn.hpp"
#include "xgrad/nn/transform.hpp"

using namespace xgrad;
using Vec = xt::xarray<double>;

namespace {

constexpr nn::LinearOptions wide = {.dtype = DType::float64};

Array numbers(Shape shape, unsigned seed)
{
    Array array(DType::float64, std::move(shape));
    std::mt19937 random(seed);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = std::uniform_real_distribution<double>(-1, 1)(random);
    return array;
}
Array labels(Shape shape, std::int64_t classes, unsigned seed)
{
    Array array(DType::int64, std::move(shape));
    std::mt19937 random(seed);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<std::int64_t*>(array.mutable_data())[i] = std::int64_t(random() % std::uint64_t(classes));
    return array;
}

using Loss = std::function<Variable(Variable, Variable)>;

// The gradient of each example alone, by a loop on fresh tapes.
std::vector<std::vector<double>> looped(const Loss& loss, const std::vector<Parameter>& parameters,
                                        const Array& x, const Array& t)
{
    std::vector<std::vector<double>> all(parameters.size());
    for (std::int64_t i = 0; i < x.shape()[0]; ++i) {
        Tape tape;
        const Gradients g =
            grad(loss(tape.constant(x.rows(i, i + 1)), tape.constant(t.rows(i, i + 1))), parameters);
        for (std::size_t k = 0; k < parameters.size(); ++k) {
            const std::vector<double> one = values(g[parameters[k]]);
            all[k].insert(all[k].end(), one.begin(), one.end());
        }
    }
    return all;
}

bool by_batch(const Loss& loss, const std::vector<Parameter>& parameters, const Array& x, const Array& t)
{
    Tape tape;
    try {
        per_example_grad(loss, parameters, PerExample::batch)(tape.constant(x), tape.constant(t));
        return true;
    } catch (const GradientError&) {
        return false;
    }
}

void check(const char* name, const Loss& loss, const std::vector<Parameter>& parameters, const Array& x,
           const Array& t, bool batch)
{
    BOOST_TEST_CONTEXT(name)
    {
        const auto want = looped(loss, parameters, x, t);
        BOOST_TEST(by_batch(loss, parameters, x, t) == batch);
        for (const PerExample how : {PerExample::automatic, PerExample::single}) {
            Tape tape;
            const Variable in = tape.constant(x), target = tape.constant(t);
            const Gradients g = per_example_grad(loss, parameters, how)(in, target);
            for (std::size_t k = 0; k < parameters.size(); ++k) {
                const Dims shape = g[parameters[k]].shape();
                BOOST_TEST(shape[0] == x.shape()[0]);
                BOOST_TEST(std::ranges::equal(shape.subspan(1), parameters[k].shape()));
                near(values(g[parameters[k]]), want[k], 1e-11);
            }
        }
    }
}

struct Mlp {
    nn::Linear hidden{5, 7, wide}, out{7, 3, wide};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Mlp::hidden), field("out", &Mlp::out)};
    }
    Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(dense_networks_go_by_the_batch)
{
    Mlp net;
    nn::initialise(net, nn::xavier_uniform, 1);
    const std::vector<Parameter> parameters = nn::parameters(net);
    const Array x = numbers({6, 5}, 1), t = numbers({6, 3}, 2), classes = labels({6}, 3, 3);
    for (const auto reduction : {nn::Reduction::mean, nn::Reduction::sum})
        check(
            "squares", [&](Variable x, Variable t) { return nn::mse_loss(net(x), t, reduction); }, parameters,
            x, t, true);
    check(
        "cross entropy", [&](Variable x, Variable t) { return nn::cross_entropy(net(x), t); }, parameters, x,
        classes, true);
    check(
        "softmax, by hand", [&](Variable x, Variable t) { return mean(square(softmax(net(x)) - t), 1); },
        parameters, x, t, true);
    check(
        "of one example", [&](Variable x, Variable t) { return nn::mse_loss(net(x), t); }, parameters,
        x.rows(0, 1), t.rows(0, 1), true);
    // A batch as large as the layer is wide.
    check(
        "5 examples", [&](Variable x, Variable t) { return nn::mse_loss(net(x), t); }, parameters,
        x.rows(0, 5), t.rows(0, 5), true);
    // Through a checkpoint.
    check(
        "checkpointed",
        [&](Variable x, Variable t) {
            return nn::mse_loss(net.out(checkpoint([&](Variable u) { return tanh(net.hidden(u)); }, x)), t);
        },
        parameters, x, t, true);
    Tape tape;  // by the module
    const Variable in = tape.constant(x), target = tape.constant(classes);
    const Gradients g = per_example_grad(net, nn::cross_entropy)(in, target);
    const Loss loss = [&](Variable x, Variable t) { return nn::cross_entropy(net(x), t); };
    near(values(g[net.hidden.weight]), looped(loss, {net.hidden.weight}, x, classes)[0], 1e-12);
    // Their mean is the gradient of the mean.
    near(values(mean(g[net.out.weight], 0)), values(grad(loss(in, target), net.out.weight)), 1e-13);
}

BOOST_AUTO_TEST_CASE(weights_that_are_shared_scaled_factored_or_cut_out_of_one)
{
    const Parameter w(numbers({4, 4}, 1), "w"), u(numbers({4, 2}, 2), "u"), v(numbers({2, 4}, 3), "v"),
        p(numbers({20}, 4), "p"), b(numbers({4}, 5), "b"), s(numbers({}, 6), "s");
    const Array x = numbers({5, 4}, 7), t = numbers({5, 4}, 8);
    check(
        "tied", [&](Variable x, Variable t) { return nn::mse_loss(linear(tanh(linear(x, w)), w), t); }, {w},
        x, t, true);
    check(
        "factored",
        [&](Variable x, Variable t) {
            const Variable product = matmul(x.tape().parameter(u), x.tape().parameter(v));
            return nn::mse_loss(tanh(matmul(x, product)), t);
        },
        {u, v}, x, t, true);
    check(
        "transposed, scaled",
        [&](Variable x, Variable t) {
            const Variable weight = transpose(x.tape().parameter(w)) * 0.5 + 1.0;
            return nn::mse_loss(matmul(x, weight) * s + b, t);
        },
        {w, b, s}, x, t, true);
    check(
        "cut out",
        [&](Variable x, Variable t) {
            const Variable all = x.tape().parameter(p);
            return nn::mse_loss(matmul(x, reshape(slice(all, {{0, 16}}), {4, 4})) + slice(all, {{16, 20}}),
                                t);
        },
        {p}, x, t, true);
    const auto use = [](Variable x, const Parameter& p) { return x.tape().parameter(p); };
    check(
        "elementwise",
        [&](Variable x, Variable t) { return mean(square(sin(x * b) / (1 + square(use(x, b))) - t), 1); },
        {b}, x, t, true);
    check(
        "sines of a weight",
        [&](Variable x, Variable t) { return nn::mse_loss(x * sin(use(x, b) * s) + exp(use(x, s)), t); },
        {b, s}, x, t, true);
    // As many examples as outputs, whose axes change places.
    check(
        "sideways",
        [&](Variable x, Variable t) { return nn::mse_loss(transpose(matmul(use(x, w), transpose(x))), t); },
        {w}, x.rows(0, 4), t.rows(0, 4), false);
    check(
        "unused", [&](Variable x, Variable t) { return nn::mse_loss(x * b, t); }, {b, w}, x, t, true);
}

BOOST_AUTO_TEST_CASE(images_sequences_and_words)
{
    const Parameter w(numbers({4, 2, 3, 3}, 1), "w"), b(numbers({4}, 2), "b"),
        v(numbers({4, 2, 2, 2}, 3), "v"), out(numbers({16, 3}, 4), "out");
    const Array images = numbers({5, 2, 8, 8}, 5), classes = labels({5}, 3, 6);
    check(
        "convolutions",
        [&](Variable x, Variable t) {
            Variable h = max_pool2d(relu(conv2d(x, w, b, {.padding = 1})), {.kernel = 2});
            h = avg_pool2d(tanh(conv2d(h, x.tape().parameter(v), {.padding = 1, .groups = 2})),
                           {.kernel = 2});
            return nn::cross_entropy(linear(flatten(h), out), t);
        },
        {w, b, v, out}, images, classes, true);

    nn::Embedding words(11, 8, DType::float64);
    const Parameter qkv(numbers({8, 24}, 1), "qkv"), gain(numbers({8}, 2), "gain"),
        bias(numbers({8}, 3), "bias"), last(numbers({8, 3}, 4), "last");
    const Array text = labels({4, 6}, 11, 5), topics = labels({4}, 3, 6);
    check(
        "a transformer's layer",
        [&](Variable x, Variable t) {
            Variable h = words(x);
            h = layer_norm(h + self_attention(linear(h, qkv), 2), h.tape().parameter(gain),
                           h.tape().parameter(bias));
            return nn::cross_entropy(mean(linear(gelu(h), last), 1), t);
        },
        {words.weight, qkv, gain, bias, last}, text, topics, true);
    const Array frames = numbers({4, 6, 8}, 7), next = numbers({4, 6, 3}, 8);
    check(
        "a loss at every step",
        [&](Variable x, Variable t) { return nn::mse_loss(linear(layer_norm(x), last), t); }, {last}, frames,
        next, true);
    nn::LSTM recurrent(8, 3, {.batch_first = true, .dtype = DType::float64});
    check(
        "lstm: one at a time", [&](Variable x, Variable t) { return nn::mse_loss(recurrent(x).output, t); },
        nn::parameters(recurrent), frames, next, false);
}

BOOST_AUTO_TEST_CASE(a_function_that_reads_a_value_runs_for_each_example)
{
    const Parameter p(xt::xarray<double>{{.5, -1.}, {2., .25}, {1., 3.}});
    const auto f = [&](Variable x) {
        const Variable loss = sum(matmul(x, p), {1});
        return x.value<double>()(0, 0) > 0 ? loss * 2. : loss;
    };
    const xt::xarray<double> x = {{1., 1., 1.}, {-1., 1., 1.}};
    Tape tape;
    const Gradients g = per_example_grad(f, {p}, PerExample::single)(tape.constant(x));
    near(values(g[p]), {2, 2, 2, 2, 2, 2, -1, -1, 1, 1, 1, 1});
}

BOOST_AUTO_TEST_CASE(anomaly_mode_sees_the_single_examples)
{
    Tape tape({.detect_anomaly = true});
    const Parameter p(xt::xarray<double>{0.});
    const Variable x = tape.variable(xt::xarray<double>{0., 1.});
    const std::string text = message<AnomalyError>(
        [&] { per_example_grad([&](Variable u) { return sqrt(u * p); }, {p}, PerExample::single)(x); });
    BOOST_TEST(text.find("sqrt") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(on_a_tape_they_are_the_jacobian_and_can_be_differentiated)
{
    Mlp net;
    nn::initialise(net, nn::xavier_uniform, 1);
    Tape tape;
    const Variable x = tape.variable(numbers({6, 5}, 1), "x"), t = tape.constant(numbers({6, 3}, 2));
    const Variable losses = mean(square(net(x) - t), 1);
    for (const PerExample how : {PerExample::automatic, PerExample::batch, PerExample::single}) {
        const Gradients g = per_example_grad(losses, nn::parameters(net), how),
                        j = jacobian(losses, nn::parameters(net));
        for (const Parameter& p : nn::parameters(net)) near(values(g[p]), values(j[p]), 1e-12);
        const Variable norm = sum(square(g[net.hidden.weight])), same = sum(square(j[net.hidden.weight]));
        near(values(grad(norm, net.out.weight)), values(grad(same, net.out.weight)), 1e-11);
        near(values(grad(norm, x)), values(grad(same, x)), 1e-11);
    }
    // With respect to x: no sum over the examples, but a Jacobian all the same.
    near(values(per_example_grad(losses, x)), values(jacobian(losses, x)), 1e-14);
    // A vector over the examples, added to the transpose: the other axis is the one that is summed.
    const Variable square4 = tape.variable(numbers({4, 4}, 3)), b = tape.variable(numbers({4}, 4));
    const Variable sideways = mean(square(transpose(transpose(square4) + b)), 1);
    near(values(per_example_grad(sideways, b)), values(jacobian(sideways, b)), 1e-14);
    // Losses that mix the examples.
    const Variable y = net(x), mixed = mean(square(y - mean(y, 0, true)), 1);
    const Variable also_mixed =
        mean(square(net(x) - mean(net(x), 0, true)), 1);  // by sums of one network's outputs
    near(values(per_example_grad(also_mixed, net.out.weight)), values(jacobian(mixed, net.out.weight)),
         1e-13);
    near(values(per_example_grad(mixed, net.out.weight)), values(jacobian(mixed, net.out.weight)), 1e-13);
    says(message<GradientError>([&] { per_example_grad(mixed, net.out.weight, PerExample::batch); }),
         "per_example_grad: not by one backward pass", "does not tell the examples apart",
         "PerExample::single");
    says(message<GradientError>([&] { per_example_grad(losses, x, PerExample::batch); }),
         "is not a sum over the examples");
}

BOOST_AUTO_TEST_CASE(what_is_refused)
{
    Mlp net;
    Tape tape;
    const Variable x = tape.constant(numbers({6, 5}, 1)), t = tape.constant(numbers({6, 3}, 2)),
                   few = tape.constant(numbers({5, 3}, 2));
    const auto loss = [&](Variable x, Variable t) { return nn::mse_loss(net(x), t); };
    const std::size_t size = tape.size();
    says(message<ShapeError>([&] { per_example_grad(net(x), net.out.bias); }), "per_example_grad",
         "losses have shape [6, 3]", "[n]");
    BOOST_CHECK_THROW(per_example_grad(loss(x, t), net.out.bias), ShapeError);
    BOOST_CHECK_THROW(per_example_grad(loss, {net.out.bias})(x, few), ShapeError);
    BOOST_CHECK_THROW(per_example_grad(argmax(net(x), 1), net.out.bias), DtypeError);
    const auto scaled = [&](Variable x, Variable t) { return nn::mse_loss(net(x), t) * 2.0; };
    says(message<GradientError>([&] { per_example_grad(scaled, {net.out.bias}, PerExample::batch)(x, t); }),
         "neither the losses of 6 examples nor their mean or sum");
    near(values(per_example_grad(scaled, {net.out.bias})(x, t)[net.out.bias]),
         values(2.0 * per_example_grad(loss, {net.out.bias})(x, t)[net.out.bias]), 1e-13);
    // One at a time is not differentiated again, and says so rather than to return zeros.
    const Variable g = per_example_grad(loss, {net.out.bias}, PerExample::single)(x, t)[net.out.bias];
    says(message<GradientError>([&] { grad(sum(square(g)), net.out.bias); }), "once_differentiable",
         "has no gradient");
    BOOST_TEST(tape.size() > size);
    // No examples.
    const Variable none = tape.constant(numbers({0, 5}, 1)), nothing = tape.constant(numbers({0, 3}, 1));
    for (const PerExample how : {PerExample::automatic, PerExample::single})
        BOOST_TEST(
            (per_example_grad(loss, {net.out.bias}, how)(none, nothing)[net.out.bias].shape()[0] == 0));
}

// Both routes are measured. Dense layers gain; convolutions cost the same one image at a time.
BOOST_AUTO_TEST_CASE(the_batch_s_route_is_not_the_dearer_one)
{
    set_num_threads(1);
    const auto seconds = [](const auto& f) {
        double best = 1e9;
        for (int k = 0; k < 5; ++k) {
            const auto start = std::chrono::steady_clock::now();
            f();
            best = std::min(best,
                            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
        return best;
    };
    const auto compare = [&](const char* name, const Loss& loss, const std::vector<Parameter>& parameters,
                             const Array& x, const Array& t) {
        double time[2];
        for (const PerExample how : {PerExample::batch, PerExample::single})
            time[how == PerExample::single] = seconds([&] {
                Tape tape;
                per_example_grad(loss, parameters, how)(tape.constant(x), tape.constant(t));
            });
        BOOST_TEST_MESSAGE(name << ": " << 1e3 * time[0] << " ms by the batch, " << 1e3 * time[1]
                                << " ms one at a time");
        BOOST_TEST(time[0] < 1.5 * time[1], name);  // other programs run beside this one
    };
    nn::Linear a(64, 128, wide), b(128, 10, wide);
    compare(
        "64-128-10, 64 examples", [&](Variable x, Variable t) { return nn::cross_entropy(b(tanh(a(x))), t); },
        {a.weight, a.bias, b.weight, b.bias}, numbers({64, 64}, 1), labels({64}, 10, 2));
    const Parameter w(numbers({8, 1, 5, 5}, 1), "w"), v(numbers({16, 8, 3, 3}, 2), "v"),
        out(numbers({16 * 25, 10}, 3), "out");
    compare(
        "two convolutions, 32 images",
        [&](Variable x, Variable t) {
            Variable h = max_pool2d(relu(conv2d(x, x.tape().parameter(w), {.padding = 2})), {.kernel = 2});
            h = max_pool2d(relu(conv2d(h, x.tape().parameter(v))), {.kernel = 2});
            return nn::cross_entropy(linear(flatten(slice(h, {{}, {}, {0, 5}, {0, 5}})), out), t);
        },
        {w, v, out}, numbers({32, 1, 28, 28}, 1), labels({32}, 10, 2));
}
