// Checkpoints: the same gradients bit by bit, in much less memory, eager and replayed; random draws, nesting, second
// derivatives, what is read or kept, and what fails.
#define BOOST_TEST_MODULE checkpoint
#include <boost/test/unit_test.hpp>

#include <functional>
#include <random>

#include "support.hpp"
#include "xgrad/autodiff/buffer.hpp"
#include "xgrad/autodiff/checkpoint.hpp"
#include "xgrad/autodiff/program.hpp"
#include "xgrad/draw.hpp"
#include "xgrad/nn.hpp"
#include "xgrad/nn/transform.hpp"

using namespace xgrad;
using Vec = xt::xarray<double>;

namespace {

// Layers of one width, each tanh(x W + b); blocks of `block` of them are checkpointed (0: none are).
struct Deep {
    std::vector<nn::Linear> layers;
    std::size_t block = 0;
    static constexpr auto members() { return std::tuple{field("layers", &Deep::layers)}; }

    Deep(int depth, std::int64_t width, std::size_t block, DType dtype = DType::float32) : block(block)
    {
        for (int k = 0; k < depth; ++k) layers.emplace_back(width, width, nn::LinearOptions{.dtype = dtype});
    }
    Variable run(Variable x, std::size_t first, std::size_t last) const
    {
        for (std::size_t k = first; k < last; ++k) x = tanh(layers[k](x));
        return x;
    }
    Variable operator()(Variable x) const
    {
        if (block == 0) return run(x, 0, layers.size());
        for (std::size_t k = 0; k < layers.size(); k += block)
            x = checkpoint([&](Variable h) { return run(h, k, std::min(k + block, layers.size())); }, x);
        return x;
    }
};

Array numbers(Shape shape, DType dtype, unsigned seed)
{
    Array array(DType::float64, std::move(shape));
    std::mt19937 random(seed);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = std::uniform_real_distribution<double>(-1, 1)(random);
    return array.cast(dtype);
}

struct Step {
    double loss;
    std::vector<Array> gradients;
    std::int64_t peak;
};
Step take_step(const Deep& net, const Array& x)
{
    const std::int64_t before = pool_statistics().bytes_in_use;
    reset_peak_bytes();
    Step step;
    {
        Tape tape;
        const Variable loss = mean(square(net(tape.constant(x))));
        const std::vector<Parameter> parameters = nn::parameters(net);
        const Gradients g = grad(loss, parameters);
        step.peak = pool_statistics().peak_bytes - before;
        step.loss = loss.item();
        for (const Parameter& p : parameters) step.gradients.push_back(g[p].array());
    }
    return step;
}

bool same(const std::vector<Array>& a, const std::vector<Array>& b)
{
    bool all = a.size() == b.size();
    for (std::size_t k = 0; all && k < a.size(); ++k) all = ::same(a[k], b[k]);
    return all;
}

}  // namespace

// ---------------------------------------------------------------- memory

BOOST_AUTO_TEST_CASE(a_network_of_100_layers_has_the_same_gradients_in_a_quarter_of_the_memory)
{
    for (const DType dtype : {DType::float32, DType::float64}) {
        Deep net(100, 32, 0, dtype);
        nn::initialise(net, nn::xavier_uniform, 1);
        const Array x = numbers({1024, 32}, dtype, 2);
        const Step plain = take_step(net, x);
        net.block = 10;
        const Step checked = take_step(net, x);
        BOOST_TEST(plain.loss == checked.loss);
        BOOST_TEST(same(plain.gradients, checked.gradients));
        BOOST_TEST(checked.peak > 0);
        BOOST_TEST(plain.peak >= 4 * checked.peak,
                   plain.peak << " bytes without, " << checked.peak << " with");
        BOOST_TEST_MESSAGE("peak of an eager step: " << plain.peak << " bytes, checkpointed " << checked.peak
                                                     << ": " << double(plain.peak) / double(checked.peak));
    }
}

BOOST_AUTO_TEST_CASE(a_replayed_step_has_the_same_gradients_in_a_quarter_of_the_memory)
{
    Deep net(100, 32, 0);
    nn::initialise(net, nn::xavier_uniform, 1);
    const Array x = numbers({1024, 32}, DType::float32, 2);
    const auto planned = [&] {
        Tape tape;
        const Variable in = tape.variable(x), loss = mean(square(net(in)));
        std::vector<Variable> outputs = {loss};
        const Gradients g = grad(loss, nn::parameters(net));
        for (std::size_t k = 0; k < g.size(); ++k) outputs.push_back(g.gradient(k));
        return Program(tape.graph(outputs));
    };
    const Program plain = planned();
    net.block = 10;
    const Program checked = planned();
    const std::size_t without = plain.report().planned_bytes, with = checked.report().planned_bytes;
    BOOST_TEST(without >= 4 * with, without << " bytes without, " << with << " with");
    BOOST_TEST_MESSAGE("memory of a plan: " << without << " bytes, checkpointed " << with << ": "
                                            << double(without) / double(with));
    Workspace one(plain), two(checked);
    const auto a = one.run({x}), b = two.run({x});
    BOOST_TEST(same({a.begin(), a.end()}, {b.begin(), b.end()}));
    const Step eager = take_step(net, x);
    BOOST_TEST(same({b.begin() + 1, b.end()}, eager.gradients));
}

BOOST_AUTO_TEST_CASE(a_compiled_step_trains_alike_in_less_memory)
{
    const Array x = numbers({512, 32}, DType::float32, 2), t = numbers({512, 32}, DType::float32, 3);
    std::vector<double> losses[2];
    std::vector<Array> weights[2];
    std::size_t bytes[2];
    for (const std::size_t block : {0u, 8u}) {
        Deep net(64, 32, block);
        nn::initialise(net, nn::xavier_uniform, 1);
        auto step = nn::compile(net, nn::mse_loss, nn::Adam{.rate = 1e-3});
        for (int k = 0; k < 10; ++k) losses[block > 0].push_back(step(x, t));
        for (const Parameter& p : nn::parameters(net)) weights[block > 0].push_back(p.array());
        bytes[block > 0] = step.report().planned_bytes;
    }
    BOOST_TEST(losses[0] == losses[1], boost::test_tools::per_element());
    BOOST_TEST(same(weights[0], weights[1]));
    BOOST_TEST(bytes[0] >= 3 * bytes[1], bytes[0] << " bytes without, " << bytes[1] << " with");
}

BOOST_AUTO_TEST_CASE(checkpoints_within_checkpoints_need_less_memory_still)
{
    Deep net(64, 32, 0);
    nn::initialise(net, nn::xavier_uniform, 1);
    std::int64_t peak[2];
    std::vector<Array> gradients;
    for (const bool nested : {false, true}) {
        const std::int64_t before = pool_statistics().bytes_in_use;
        reset_peak_bytes();
        Tape tape;
        Variable h = tape.constant(numbers({1024, 32}, DType::float32, 2));
        for (std::size_t k = 0; k < 64; k += 32)
            h = checkpoint(
                [&](Variable u) {
                    for (std::size_t j = k; j < k + 32; j += 6) {
                        const auto six = [&](Variable v) { return net.run(v, j, std::min(j + 6, k + 32)); };
                        u = nested ? checkpoint(six, u) : six(u);
                    }
                    return u;
                },
                h);
        gradients.push_back(grad(mean(square(h)), net.layers[0].weight).array());
        peak[nested] = pool_statistics().peak_bytes - before;
        BOOST_CHECK_NO_THROW(draw(tape.graph({grad(mean(square(h)), net.layers[0].weight)})).dot());
    }
    BOOST_TEST(::same(gradients[0], gradients[1]));
    BOOST_TEST(2 * peak[1] < peak[0], peak[0] << " bytes in one, " << peak[1] << " nested");
}

// A block whose first op could run together with what made its input: the plan must not run it that early.
BOOST_AUTO_TEST_CASE(what_is_computed_again_waits_for_the_backward_pass_in_a_plan)
{
    const auto planned = [](bool checked) {
        Tape tape;
        const Variable x = tape.variable(numbers({512, 64}, DType::float32, 2)),
                       w = tape.constant(numbers({64, 64}, DType::float32, 3));
        const auto block = [&](Variable h) {
            for (int k = 0; k < 8; ++k) h = h + matmul(layer_norm(tanh(gelu(h * 0.5))), w);
            return h;
        };
        Variable y = x;
        for (int k = 0; k < 8; ++k) y = checked ? checkpoint(block, y) : block(y);
        return Program(tape.graph({grad(mean(square(y)), x)}));
    };
    const Program plain = planned(false), checked = planned(true);
    const std::size_t without = plain.report().planned_bytes, with = checked.report().planned_bytes;
    BOOST_TEST(without >= 4 * with, without << " bytes without, " << with << " with");
    Workspace one(plain), two(checked);
    const Array x = numbers({512, 64}, DType::float32, 2);
    BOOST_TEST(::same(one.run({x})[0], two.run({x})[0]));
}

// ---------------------------------------------------------------- random draws

BOOST_AUTO_TEST_CASE(dropout_is_drawn_alike_when_it_is_computed_again)
{
    const Array x = numbers({64, 40}, DType::float64, 5);
    const Parameter w(numbers({40, 40}, DType::float64, 6), "w");
    const auto model = [&](Variable h, bool checked) {
        const auto block = [&](Variable u) {
            return dropout(tanh(linear(dropout(u, 0.3), w)), 0.5) + random_normal(u, {64, 40});
        };
        for (int k = 0; k < 3; ++k) h = checked ? checkpoint(block, h) : block(h);
        return mean(square(h));
    };
    std::vector<Array> gradients;
    for (const bool checked : {false, true}) {
        Tape tape({.generator = Generator(7)});
        gradients.push_back(grad(model(tape.variable(x), checked), w).array());
    }
    BOOST_TEST(::same(gradients[0], gradients[1]));

    // Replays draw anew each time, but the same in both passes: w's gradient is that of an eager run on these streams.
    for (const bool again : {false, true}) {  // also as a graph recorded again on another tape
        std::vector<Array> runs[2];
        for (const bool checked : {false, true}) {
            Graph graph;
            {
                Tape tape({.generator = Generator(7)});
                const Variable in = tape.variable(x), loss = model(in, checked);
                graph = tape.graph({loss, grad(loss, w)});
            }
            if (again) {
                Tape tape({.generator = Generator(7)});
                const Variable in[] = {tape.variable(x)};
                graph = tape.graph(graph(in));
            }
            Workspace workspace(Program(graph), Generator(7));
            for (int k = 0; k < 3; ++k) runs[checked].push_back(workspace.run({x})[1]);
        }
        BOOST_TEST(same(runs[0], runs[1]));
        BOOST_TEST(!::same(runs[1][0], runs[1][1]));
        BOOST_TEST(::same(runs[1][0], gradients[0]));
    }
}

// ---------------------------------------------------------------- derivatives

BOOST_AUTO_TEST_CASE(second_derivatives_products_and_jacobians_go_through_checkpoints)
{
    const Parameter w(numbers({4, 4}, DType::float64, 6), "w");
    const auto inner = [&](Variable u) { return tanh(linear(u, w)); };
    const auto block = [&](Variable u) { return checkpoint(inner, sigmoid(inner(u))) + u; };
    std::vector<std::vector<Array>> found;
    for (const bool checked : {false, true}) {
        Tape tape;
        const Variable x = tape.variable(numbers({3, 4}, DType::float64, 1), "x"),
                       v = tape.constant(numbers({3, 4}, DType::float64, 2));
        const auto plain = [&](Variable u) { return inner(sigmoid(inner(u))) + u; };
        const auto f = [&](Variable u) {
            const Variable y = checked ? checkpoint(block, checkpoint(block, u)) : plain(plain(u));
            return y;
        };
        const auto loss = [&](Variable u) { return sum(square(f(u))); };
        const Variable y = loss(x), g = grad(y, w);
        found.push_back({g.array(), grad(sum(square(g)), w).array(), grad(sum(g * g), x).array(),
                         hvp(loss, x, v).array(), jvp(f, x, v).array(), jacobian_forward(f)(x).array(),
                         jacobian_reverse(f)(x).array(), hessian(loss)(x).array(),
                         grad([&](Variable u) { return sum(square(grad(loss)(u))); })(x).array()});
    }
    BOOST_REQUIRE_EQUAL(found[0].size(), found[1].size());
    for (std::size_t k = 0; k < found[0].size(); ++k)
        BOOST_TEST_CONTEXT("number " << k) near(values(found[1][k]), values(found[0][k]), 1e-13);
    BOOST_TEST(::same(found[0][0], found[1][0]));
}

BOOST_AUTO_TEST_CASE(a_gradient_within_a_checkpoint_and_a_checkpoint_around_a_gradient)
{
    std::vector<Array> found;
    for (const bool checked : {false, true}) {
        Tape tape;
        const Variable x = tape.variable(Vec{0.3, -0.7, 1.1});
        const auto f = [](Variable u) { return sum(tanh(u) * square(u)); };
        const auto penalty = [&](Variable u) {
            const auto inner = [&](Variable z) { return checked ? checkpoint(f, z) : f(z); };
            return square(grad(inner)(u));
        };
        const Variable y = sum(checked ? checkpoint(penalty, x) : penalty(x));
        found.push_back(grad(y, x).array());
    }
    near(values(found[1]), values(found[0]), 1e-14);
}

// Random graphs, of which random stretches are checkpoints within checkpoints: gradients by everything in sight.
BOOST_AUTO_TEST_CASE(random_graphs_with_random_checkpoints_have_the_same_gradients)
{
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::vector<Array> found[2];
        for (const bool checked : {false, true}) {
            std::mt19937 random(seed);
            const auto pick = [&](std::size_t n) { return random() % n; };
            Tape tape({.generator = Generator(seed)});
            const Parameter w(numbers({5, 5}, DType::float64, seed), "w");
            const Variable x = tape.variable(numbers({6, 5}, DType::float64, seed + 1));
            std::vector<Variable> seen = {x};
            const std::function<Variable(Variable, int)> part = [&](Variable h, int depth) -> Variable {
                for (int k = 0; k < 4; ++k) {
                    const Variable other = seen[pick(seen.size())];
                    switch (pick(depth < 3 ? 9 : 7)) {
                    case 0: h = tanh(h * other); break;
                    case 1: h = linear(h, w) + other; break;
                    case 2: h = layer_norm(h); break;
                    case 3: h = softmax(h) - h; break;
                    case 4: h = dropout(h, 0.25); break;
                    case 5: h = reshape(reshape(h, {5, 6}), {6, 5}) / (1 + square(other)); break;
                    case 6: h = slice(concat({h, other}), {{2, 8}}); break;
                    default: {
                        const auto f = [&, depth](Variable u) { return part(u, depth + 1); };
                        h = checked ? checkpoint(f, h) : f(h);
                    }
                    }
                    if (pick(3) == 0) seen.push_back(h);  // also what is within a checkpoint
                }
                return h;
            };
            const Variable y = part(part(x, 0), 0);
            const Variable middle = seen[pick(seen.size())];
            const Variable loss = mean(square(y)) + mean(y * seen[pick(seen.size())]);
            const Gradients g = grad(loss, {x, w, middle});
            for (std::size_t k = 0; k < 3; ++k) found[checked].push_back(g.gradient(k).array());
            found[checked].push_back(grad(loss, x).array());
            found[checked].push_back(grad(sum(square(grad(loss, w))), w).array());
            tape.graph({g[x], g[w]}).verify();
        }
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            for (std::size_t k = 0; k < found[0].size(); ++k)
                near(values(found[1][k]), values(found[0][k]), 1e-11);
            BOOST_TEST(::same(found[0][3], found[1][3]));
        }
    }
}

// ---------------------------------------------------------------- what is read, kept, or fails

BOOST_AUTO_TEST_CASE(a_value_within_is_computed_again_when_it_is_asked_for_or_kept)
{
    Tape tape;
    const Parameter w(numbers({200, 200}, DType::float64, 1), "w");
    const Variable x = tape.variable(numbers({100, 200}, DType::float64, 2));
    Variable within, kept;
    const std::int64_t before = pool_statistics().bytes_in_use;
    const Variable y = checkpoint(
        [&](Variable u) {
            within = tanh(linear(u, w));
            kept = keep(sin(within));
            return exp(kept * 0.1);
        },
        x);
    const std::int64_t one = 100 * 200 * 8;
    const std::int64_t held = pool_statistics().bytes_in_use - before;
    BOOST_TEST((held >= 2 * one && held < 3 * one),
               held);  // y and what was kept (blocks are up to a quarter larger)
    const Array first = within.array();
    near(values(sin(within)), values(kept));
    near(values(grad(sum(y), within)), values(exp(kept * 0.1) * 0.1 * cos(within)), 1e-14);
    // Once w has changed it cannot be computed again, and says so.
    Tape fresh;
    const Variable z =
        checkpoint([&](Variable u) { return sum(within = tanh(linear(u, w))); }, fresh.variable(x.array()));
    w.assign(numbers({200, 200}, DType::float64, 3));
    BOOST_TEST(std::isfinite(z.item()));
    says(message<StaleError>([&] { within.array(); }), "cannot be computed again",
         "parameter 'w' has changed");
    BOOST_CHECK_THROW(grad(z, w), StaleError);
}

BOOST_AUTO_TEST_CASE(results_may_be_several_and_arguments_ranges)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2., 3.}), y = tape.variable(Vec{4., 5., 6.});
    const auto [a, b] = checkpoint(
        [](Variable u, Variable v) {
            return std::pair{tanh(u) * v, sin(v)};
        },
        x, y);
    const Gradients g = grad(sum(a * b), {x, y});
    const Gradients h = grad(sum(tanh(x) * y * sin(y)), {x, y});
    near(values(g[x]), values(h[x]));
    near(values(g[y]), values(h[y]));
    const std::vector<Variable> both = {x, y};
    const std::vector<Variable> parts = checkpoint(
        [](std::span<const Variable> in, double factor) {
            return std::vector<Variable>{in[0] * in[1] * factor, exp(in[0])};
        },
        both, 2.0);
    near(values(grad(sum(parts[0]) + sum(parts[1]), x)),
         {8 + std::exp(1), 10 + std::exp(2), 12 + std::exp(3)});
    near(values(checkpoint([](Variable u) { return u; }, x)), {1, 2, 3});  // nothing recorded
    const auto squared = checkpoint([](Variable u) { return u * u; });
    near(values(grad(sum(squared(x)), x)), {2, 4, 6});
    BOOST_CHECK_THROW(checkpoint([](Variable u) { return u; }, Variable()), StaleError);
}

BOOST_AUTO_TEST_CASE(an_exception_or_a_rewind_within_leaves_the_tape_usable)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2., 3.});
    BOOST_CHECK_THROW(checkpoint(
                          [](Variable u) {
                              return matmul(tanh(u), Variable(u.tape().constant(Vec{1., 2.})));
                          },
                          x),
                      ShapeError);
    near(values(grad(sum(tanh(x) * x), x)), values(grad(sum(x * tanh(x)), x)));
    const Tape::Mark mark = tape.mark();
    const Variable y = checkpoint([](Variable u) { return tanh(sin(u)); }, x);
    near(values(grad(sum(y), x)), values(cos(x) * (1 - square(tanh(sin(x))))), 1e-14);
    tape.rewind(mark);
    BOOST_CHECK_THROW(y.item(), StaleError);
    const Variable z = checkpoint([](Variable u) { return exp(sin(u)); }, x);
    near(values(grad(sum(z), x)), values(cos(x) * exp(sin(x))), 1e-14);
    checkpoint(
        [&](Variable u) {
            tape.rewind(mark);
            return u;
        },
        x);
    near(values(grad(sum(exp(x)), x)), {std::exp(1), std::exp(2), std::exp(3)});
}

BOOST_AUTO_TEST_CASE(state_assigned_within_is_written_once)
{
    const Parameter average(Vec{0., 0.}, "average"), w(Vec{2., 3.}, "w");
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2.});
    const Variable y = checkpoint(
        [&](Variable u) {
            const Variable h = u * w;
            tape.assign(average, h * 0.5);
            return tanh(h);
        },
        x);
    const Variable g = grad(sum(y), w);
    tape.commit();
    near(values(average), {1, 3});
    near(values(g), {1 - std::pow(std::tanh(2.), 2), 2 * (1 - std::pow(std::tanh(6.), 2))});
}

BOOST_AUTO_TEST_CASE(a_checkpointed_module_is_a_module)
{
    nn::Sequential net(nn::Checkpoint(nn::Sequential(nn::Linear(3, 8), nn::Tanh{}, nn::Linear(8, 8))),
                       nn::Tanh{}, nn::Checkpoint(nn::Linear(8, 1)));
    nn::Sequential plain(nn::Sequential(nn::Linear(3, 8), nn::Tanh{}, nn::Linear(8, 8)), nn::Tanh{},
                         nn::Linear(8, 1));
    nn::initialise(net, nn::xavier_uniform, 4);
    nn::initialise(plain, nn::xavier_uniform, 4);
    const auto names = nn::named_parameters(net), others = nn::named_parameters(plain);
    BOOST_REQUIRE_EQUAL(names.size(), others.size());
    Tape tape;
    const Variable x = tape.constant(numbers({5, 3}, DType::float32, 1));
    const auto loss = [](Variable y) { return mean(square(y)); };
    const Gradients a = grad(net, loss)(x), b = grad(plain, loss)(x);
    for (std::size_t k = 0; k < names.size(); ++k) {
        BOOST_TEST(names[k].first == others[k].first);
        BOOST_TEST(::same(a[names[k].second].array(), b[others[k].second].array()));
    }
}
