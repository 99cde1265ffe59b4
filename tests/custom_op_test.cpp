// Custom ops: their values and derivatives by every road, and who keeps them alive.
#define BOOST_TEST_MODULE custom_op
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <thread>

#include "custom_op_support.hpp"

namespace {

const auto opaque_cube = opaque_op(
    "opaque_cube", [](const auto& x) { return x * x * x; },
    [](const auto& g, const auto&, const auto& x) { return 3.0 * g * x * x; });
// The mean square: a forward that is not elementwise and returns a container.
const auto mean_square = custom_op(
    "mean_square",
    [](const auto& x) {
        xt::xarray<typename std::decay_t<decltype(x)>::value_type> rows = xt::mean(x * x, {1});
        return rows;
    },
    [](Variable g, Variable x) {
        const auto n = static_cast<double>(x.shape()[1]);
        return 2.0 / n * x * reshape(g, {-1, 1});
    });

std::size_t uses(const std::string& text, const std::string& part)
{
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

}  // namespace

// ---------------------------------------------------------------- values and derivatives

BOOST_AUTO_TEST_CASE(values_and_gradients_are_those_of_the_formula)
{
    Tape tape;
    const Variable x = tape.variable(x0), y = tape.variable(w0);
    const Variable z = scaled_exp(x, y);
    BOOST_TEST(to_string(z.shape()) == "[2, 3]");
    const Gradients g = grad(sum(z), {x, y});
    std::vector<double> value, dx, dy(3, 0.0);
    for (std::size_t i = 0; i < 6; ++i) {
        const double e = std::exp(x0.data()[i]), v = w0.data()[i % 3];
        value.push_back(e * v);
        dx.push_back(e * v);
        dy[i % 3] += e;  // y was broadcast
    }
    near(values(z), value, 1e-15);
    near(values(g[x]), dx, 1e-15);
    near(values(g[y]), dy, 1e-15);
}

BOOST_AUTO_TEST_CASE(derivatives_of_any_order_in_both_element_types)
{
    const auto check = [](auto zero, double tolerance) {
        using T = decltype(zero);
        Tape tape;
        const Variable x = tape.variable(xt::xarray<T>{T(1.5), T(-2)});
        const Variable y = cube(x);
        BOOST_TEST((y.dtype() == dtype_of<T>));
        near(values(y), {3.375, -8}, tolerance);
        const Variable d1 = grad(sum(y), x), d2 = grad(sum(d1), x), d3 = grad(sum(d2), x);
        near(values(d1), {6.75, 12}, tolerance);
        near(values(d2), {9, -12}, tolerance);
        near(values(d3), {6, 6}, tolerance);
        near(values(grad(sum(d3), x)), {0, 0}, tolerance);
        const Variable v = tape.constant(xt::xarray<T>{T(0.5), T(2)});
        near(values(jvp(y, x, v)), {3.375, 24}, tolerance);
        near(values(hvp(sum(y), x, v)), {4.5, -24}, tolerance);
        near(values(vjp(y, x, v)), {3.375, 24}, tolerance);
        near(values(grad([](Variable u) { return sum(cube(u)); })(x)), {6.75, 12}, tolerance);
    };
    check(0.0, 1e-14);
    check(0.0f, 1e-6);
}

BOOST_AUTO_TEST_CASE(the_public_checks_pass_and_find_a_wrong_vjp)
{
    BOOST_TEST(gradcheck(scaled_exp, {x0, w0}));
    BOOST_TEST(gradgradcheck(scaled_exp, {x0, w0}));
    BOOST_TEST(gradcheck(cube, x0));
    BOOST_TEST(gradgradcheck(cube, x0));
    BOOST_TEST(gradcheck(mean_square, x0));
    BOOST_TEST(gradgradcheck(mean_square, x0));
    BOOST_TEST(gradcheck(opaque_cube, x0));
    BOOST_CHECK_THROW(gradgradcheck(opaque_cube, x0), GradientError);
    BOOST_TEST(gradgradcheck(
        [](Variable x, Variable y) { return mean(grad(sum(scaled_exp(cube(x), y)), x)); }, {0.3 * x0, w0}));

    // Wrong in one element of the second input.
    const auto wrong = opaque_op(
        "wrong", [](const auto& x, const auto& y) { return x * y; },
        [](const auto& g, const auto& x, const auto& y) {
            xt::xarray<typename std::decay_t<decltype(x)>::value_type> dy = g * x;
            dy(1, 2) *= 2;
            return std::tuple{xt::eval(g * y), dy};
        });
    const GradcheckReport report = gradcheck(wrong, {x0, 2.0 * x0});
    BOOST_TEST(!report);
    BOOST_TEST(report.input == 1u);
    BOOST_TEST(report.element == 5);
    BOOST_TEST((report.index == std::vector<std::int64_t>{1, 2}));
    near(report.analytic, 2 * report.numeric, 1e-9);
    says(report.text(), "gradcheck failed", "input 1, element 5 [1, 2]");
}

BOOST_AUTO_TEST_CASE(an_op_without_a_vjp_has_no_gradient)
{
    const auto round_up = custom_op("round_up", [](const auto& x) { return xt::ceil(x); });
    Tape tape;
    const Variable x = tape.variable(w0);
    near(values(round_up(x / 2.0)), {2, -1, 1});
    const std::size_t size = tape.size();
    const Variable y = sum(round_up(x));
    says(message<GradientError>([&] { grad(y, x); }), "round_up", "has no gradient");
    BOOST_TEST(tape.size() == size + 2);
    // A mask: no derivative is asked for.
    const auto positive = custom_op("positive", [](const auto& v) { return v > 0; });
    const Variable mask = positive(x);
    BOOST_TEST((mask.dtype() == DType::boolean));
    near(values(grad(sum(where(mask, x, 0.0)), x)), {1, 0, 1});
}

BOOST_AUTO_TEST_CASE(operands_are_those_of_plus_and_times)
{
    Tape tape({.training = false});
    const Variable x = tape.variable(w0);
    const Parameter p(Array(xt::xarray<double>{1., 2., 3.}), "p");
    near(values(scaled_exp(x, 2)), values(2 * exp(x)), 1e-15);
    near(values(scaled_exp(x, p)), values(exp(x) * p), 1e-15);
    near(values(scaled_exp(0.5, x)), values(std::exp(0.5) * x), 1e-15);
    near(values(scaled_exp(x, w0 + 1.0)), values(exp(x) * (w0 + 1.0)), 1e-15);
    near(values(grad(sum(scaled_exp(x, p)), p)), values(exp(x)), 1e-15);
}

BOOST_AUTO_TEST_CASE(forwards_that_reduce_or_return_numbers_or_containers)
{
    Tape tape;
    const Variable x = tape.variable(x0);
    near(values(mean_square(x)), {(1 + .25 + 4) / 3, (.0625 + .5625 + 2.25) / 3}, 1e-15);
    // A number is 0-d, an integer is int64; a double is rounded to the type of a float input.
    const auto first = custom_op(
        "first", [](const auto& v) { return 2.0 * v(0, 0); },
        [](Variable g, Variable v) {
            return where(equal(v, slice(v, {{0, 1}, {0, 1}})), 2.0 * g, 0.0);
        });
    BOOST_TEST(to_string(first(x).shape()) == "[]");
    BOOST_TEST(first(x).item() == -2);
    near(values(grad(first(x), x)), {2, 0, 0, 0, 0, 0});
    const Variable f = tape.variable(xt::xarray<float>{{0.1f, 1.f}});
    BOOST_TEST((first(f).dtype() == DType::float32));
    BOOST_TEST(first(f).item() == double(0.2f));
    const auto sizes = custom_op("sizes", [](const auto& v) {
        xt::xarray<int> lengths = {int(v.shape()[0]), int(v.shape()[1])};
        return lengths;
    });
    BOOST_TEST((sizes(x).dtype() == DType::int64));
    near(values(sizes(x)), {2, 3});
    const auto transposed = custom_op(
        "transposed", [](const auto& v) { return xt::transpose(v); },
        [](Variable g, Variable) { return transpose(g); });
    BOOST_TEST(to_string(transposed(x).shape()) == "[3, 2]");
    near(values(transposed(x)), values(transpose(x)));
    BOOST_TEST(gradgradcheck(transposed, x0));
    // Empty and one element.
    BOOST_TEST(to_string(cube(tape.variable(xt::xarray<double>::from_shape({0, 3}))).shape()) == "[0, 3]");
    BOOST_TEST(cube(tape.variable(2.0)).item() == 8);
}

BOOST_AUTO_TEST_CASE(linear_algebra_of_xtensor_and_captured_attributes)
{
    const auto inverse = custom_op(
        "inverse", [](const auto& x) { return xt::linalg::inv(x); },
        [](Variable g, Variable out, Variable) {
            const Variable t = transpose(out);
            return -matmul(matmul(t, g), t);
        });
    const xt::xarray<double> m = {{2.0, 1.0}, {0.5, -1.0}};  // determinant -2.5
    Tape tape;
    const Variable x = tape.variable(m);
    near(values(inverse(x)), {0.4, 0.4, 0.2, -0.8}, 1e-15);
    near(values(matmul(inverse(x), x)), {1, 0, 0, 1}, 1e-15);
    BOOST_TEST(gradcheck(inverse, m));
    BOOST_TEST(gradgradcheck(inverse, m));
    const Variable f = tape.variable(xt::xarray<float>(xt::cast<float>(m)));
    near(values(grad(sum(inverse(f)), f)), values(grad(sum(inverse(x)), x)), 1e-6);
    says(message<CustomOpError>([&] {
             inverse(tape.variable(xt::xarray<double>{{1., 2.}, {2., 4.}}));
         }),
         "inverse (got [2, 2] float64)", "forward failed");

    std::vector<CustomOp> powers;
    for (const double p : {2.0, 3.5})
        powers.push_back(custom_op(
            "power", [p](const auto& v) { return xt::pow(v, p); },
            [p](Variable g, Variable, Variable v) { return p * g * pow(v, p - 1); }));
    const xt::xarray<double> positive = {0.5, 1.0, 2.0};
    const Variable u = tape.variable(positive);
    near(values(powers[0](u)), {0.25, 1, 4}, 1e-15);
    near(values(grad(sum(powers[1](u)), u)), {3.5 * std::pow(0.5, 2.5), 3.5, 3.5 * std::pow(2, 2.5)}, 1e-15);
    BOOST_TEST(gradgradcheck([&](Variable v) { return powers[1](powers[0](v)); }, positive));
}

// ---------------------------------------------------------------- inputs of other types, and many

BOOST_AUTO_TEST_CASE(indices_and_masks_are_taken_as_their_views)
{
    const auto pick = custom_op(
        "pick",
        [](const auto& x, const View<std::int64_t>& at, const View<bool>& sign) {
            return x(at(0)) * (sign(0) ? -1.0 : 1.0);
        },
        [](Variable g, Variable, Variable x, Variable at, Variable sign) {
            const Variable hit = equal(xt::arange<std::int64_t>(3), at);
            return std::tuple{where(logical_and(hit, sign), -g, where(hit, g, zeros_like(x))), no_gradient,
                              no_gradient};
        });
    Tape tape;
    const Variable x = tape.variable(w0), at = tape.constant(xt::xarray<std::int64_t>{1}),
                   sign = tape.constant(xt::xarray<bool>{true});
    const Variable y = pick(x, at, sign);
    BOOST_TEST(y.item() == 2);
    near(values(grad(y, x)), {0, -1, 0});
    BOOST_TEST(gradcheck(pick, {w0, xt::xarray<std::int64_t>{2}, xt::xarray<bool>{false}}));
    says(message<DtypeError>([&] { pick(x, x, sign); }), "pick", "int64 for input 1");
    says(message<DtypeError>([&] { pick(at, at, sign); }), "pick", "float32 or float64 for input 0");
    says(message<DtypeError>([&] { pick(x, at, at); }), "bool for input 2");

    // The opaque form, the index first and named.
    const auto take = opaque_op(
        "take", [](const View<std::int64_t>& at, const View<double>& x) { return x(at(0)); },
        [](const View<double>& g, const View<std::int64_t>& at, const View<double>& x) {
            xt::xarray<double> dx = xt::zeros_like(x);
            dx(at(0)) = g();
            return std::tuple{no_gradient, dx};
        });
    near(values(grad(take(at, x), x)), {0, 1, 0});
    says(message<DtypeError>([&] { take(at, tape.variable(xt::xarray<float>{1.f})); }), "take",
         "expected float64");
}

BOOST_AUTO_TEST_CASE(many_inputs)
{
    const auto five = opaque_op(
        "five",
        [](const auto& a, const auto& b, const auto& c, const auto& d, const auto& e) {
            return a * b * c + d * e;
        },
        [](const auto& g, const auto&, const auto& a, const auto& b, const auto& c, const auto& d,
           const auto& e) {
            return std::tuple{g * b * c, g * a * c, g * a * b, g * e, g * d};
        });
    const Array in[] = {w0, 2.0 * w0, w0 + 1.0, Array(xt::xarray<double>{2.0}), w0 - 3.0};
    BOOST_TEST(gradcheck(five, in));  // two nodes of gradients, one summed back
    Tape tape;
    std::vector<Variable> x;
    for (const Array& array : in) x.push_back(tape.variable(array));
    const std::string text = tape.graph({grad(sum(five(x[0], x[1], x[2], x[3], x[4])), x[3])}).text();
    BOOST_TEST(uses(text, "five_vjp") == 1u);  // the ones that nobody asks for are not made
    says(text, "five_vjp", "{of 3}");

    const auto total = custom_op(
        "total",
        []<class T>(std::span<const View<T>> in) {
            xt::xarray<T> sum = in[0];
            for (const View<T>& view : in.subspan(1)) sum += view;
            return sum;
        },
        [](Variable g, Variable, std::span<const Variable> in) {
            return std::vector<Variable>(in.size(), g);
        });
    BOOST_TEST(gradgradcheck(total, {in[0], in[1], in[2]}));
    BOOST_TEST(gradgradcheck(total, {in[0]}));
    near(values(total(x)), values(x[0] + x[1] + x[2] + x[3] + x[4]), 1e-15);
    const auto opaque_total = opaque_op(
        "opaque_total", []<class T>(std::span<const View<T>> in) { return xt::xarray<T>(in[0] + in[1]); },
        []<class T>(const View<T>& g, std::span<const View<T>> in) {
            return std::vector<xt::xarray<T>>(in.size(), g);
        });
    BOOST_TEST(gradcheck(opaque_total, {in[0], in[1]}));
}

// ---------------------------------------------------------------- opaque: first order

BOOST_AUTO_TEST_CASE(opaque_code_is_differentiated_once)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{1.5, -2.}), w = tape.variable(2.0);
    const Variable y = sum(opaque_cube(w * x));
    const Variable d = grad(y, x);
    near(values(d), {8 * 6.75, 8 * 12.}, 1e-14);
    near(values(grad(y, w)), {3 * 4 * (3.375 - 8)}, 1e-14);
    const Variable of_x = sum(d), v = tape.constant(xt::xarray<double>{1., 1.});
    const std::size_t size = tape.size();
    for (const auto& again : std::initializer_list<std::function<void()>>{
             [&] { grad(of_x, x); }, [&] { grad(of_x, w); }, [&] { vjp(d, x, v); }, [&] { jvp(y, x, v); }}) {
        says(message<GradientError>(again), "once_differentiable", "opaque_cube");
        BOOST_TEST(tape.size() == size);
    }
    says(message<GradientError>([&] { hvp(y, x, v); }), "once_differentiable", "opaque_cube");
    near(values(grad(y, x)), {54, 96}, 1e-14);
    // Broadcast inputs: the gradient is summed back.
    const auto product = opaque_op(
        "product", [](const auto& a, const auto& b) { return a * b; },
        [](const auto& g, const auto& a, const auto& b) {
            return std::tuple{g * b, g * a};
        });
    BOOST_TEST(gradcheck(product, {x0, w0}));
    BOOST_TEST(gradcheck(product, {xt::xarray<double>(xt::view(x0, xt::all(), xt::range(0, 1))), w0}));
    BOOST_TEST(gradcheck(product, {xt::xarray<double>(3.0), x0}));
}

// ---------------------------------------------------------------- graphs own their ops

BOOST_AUTO_TEST_CASE(graphs_and_tapes_keep_an_op_alive_and_let_go_of_it)
{
    const auto factor = std::make_shared<double>(2.0);
    const std::weak_ptr<double> there = factor;
    const auto scaled = [&] {
        return custom_op(
            "scaled", [factor](const auto& x) { return *factor * x; },
            [factor](Variable g, Variable) { return *factor * g; });
    };
    BOOST_TEST(factor.use_count() == 1);
    Graph graph;
    std::optional<Program> program;
    {
        Tape tape;
        const Variable x = tape.variable(w0);
        const Variable y = scaled()(x);  // the handle is gone at once
        BOOST_TEST(factor.use_count() > 1);
        near(values(grad(sum(square(y)), x)), {24, -16, 4});
        graph = tape.graph({y, grad(sum(square(y)), x)});
        tape.clear();
    }
    BOOST_TEST(factor.use_count() > 1);
    graph.verify();
    says(graph.text(), "= scaled(%0)");
    {
        Tape tape;
        const auto mark = tape.mark();
        const Variable in[] = {tape.variable(w0)};
        near(values(graph(in)[0]), {6, -4, 1});
        program.emplace(graph);
        graph = Graph();
        near(values(in[0].tape().graph({in[0]})(in[0])), {3, -2, .5});
        tape.rewind(mark);
    }
    {
        Workspace workspace(*program);
        program.reset();
        const auto out = workspace.run({Array(w0 + 1.0)});
        near(values(out[0]), {8, -2, 3});
        near(values(out[1]), {32, -8, 12});
    }
    BOOST_TEST(factor.use_count() == 1);  // nobody holds it any more
    {
        Tape tape;
        const Variable x = tape.variable(w0);
        const auto mark = tape.mark();
        for (int i = 0; i < 3; ++i) {
            scaled()(x);
            BOOST_TEST(factor.use_count() > 1);
            tape.rewind(mark);
            BOOST_TEST(factor.use_count() == 1);
        }
    }
    BOOST_TEST(find_op("scaled") == nullptr);  // the registry is what it was
}

BOOST_AUTO_TEST_CASE(a_graph_is_called_on_other_shapes)
{
    Tape tape;
    const Variable x = tape.variable(x0);
    const Graph graph = tape.graph({mean_square(cube(x))});
    const Variable longer = tape.variable(xt::xarray<double>(xt::ones<double>({5, 4})));
    const Variable y = graph(longer);
    BOOST_TEST(to_string(y.shape()) == "[5]");
    near(values(y), {1, 1, 1, 1, 1});
    near(values(grad(sum(y), longer)), std::vector<double>(20, 1.5), 1e-15);
    tape.graph({y}).verify();
}

BOOST_AUTO_TEST_CASE(replay_gives_the_bits_of_eager_code)
{
    for (const bool opaque : {false, true}) {
        Tape tape;
        const Variable x = tape.variable(xt::xarray<float>(xt::cast<float>(x0)));
        const Variable y = scaled_exp((opaque ? opaque_cube : cube)(tanh(x)), x);
        const Variable z = mean_square(y);
        const Variable d = grad(sum(z), x);
        Program program(tape.graph({z, d}));
        Workspace workspace(program);
        const auto out = workspace.run({x.array()});
        BOOST_TEST(same(out[0], z.array()));
        BOOST_TEST(same(out[1], d.array()));
        // Other numbers.
        const Array other(xt::xarray<float>(xt::cast<float>(0.5 * x0)));
        const Variable u = tape.variable(other);
        const Variable w = mean_square(scaled_exp((opaque ? opaque_cube : cube)(tanh(u)), u));
        const auto again = workspace.run({other});
        BOOST_TEST(same(again[0], w.array()));
        BOOST_TEST(same(again[1], grad(sum(w), u).array()));
    }
    // Equal nodes are computed once.
    Tape tape;
    const Variable x = tape.variable(w0);
    const Program program(tape.graph({cube(x) + cube(x)}));
    BOOST_TEST(uses(program.graph().text(), "cube") == 1u);
}

BOOST_AUTO_TEST_CASE(a_compiled_training_step_is_the_eager_one)
{
    const xt::xarray<double> target = {{1., 0.}, {0., 1.}};
    for (const bool opaque : {false, true}) {
        const CustomOp& op = opaque ? opaque_cube : cube;
        nn::Linear eager_net(3, 2, {.dtype = DType::float64});
        nn::initialise(eager_net, nn::xavier_uniform, 1);
        nn::Linear net = nn::clone(eager_net);
        nn::Optimizer sgd(nn::Sgd{.rate = 0.01}, eager_net);
        auto step = nn::compile(
            [&](std::span<const Variable> in) { return nn::mse_loss(op(tanh(net(in[0]))), in[1]); },
            nn::Optimizer(nn::Sgd{.rate = 0.01}, net));
        for (int i = 0; i < 9; ++i) {
            Tape tape;
            const Variable loss = nn::mse_loss(op(tanh(eager_net(tape.constant(x0)))), tape.constant(target));
            const double expected = loss.item();
            sgd.step(grad(loss, sgd.parameters()));
            BOOST_TEST(step({x0, target}) == expected);
        }
        BOOST_TEST(step.counts().replayed > 0);
        BOOST_TEST(same(net.weight.array(), eager_net.weight.array()));
    }
}

BOOST_AUTO_TEST_CASE(an_op_made_at_each_step_is_the_same_one_if_it_captures_nothing)
{
    const auto loss_with = [](auto make) {
        return [make](std::span<const Variable> in) { return sum(make()(in[0])); };
    };
    nn::Linear net(3, 2, {.dtype = DType::float64});
    const auto fresh = [] {
        return custom_op(
            "twice", [](const auto& x) { return 2.0 * x; }, [](Variable g, Variable) { return 2.0 * g; });
    };
    auto step =
        nn::compile([&](std::span<const Variable> in) { return loss_with(fresh)(in) + sum(net(in[0])); },
                    nn::Optimizer(nn::Sgd{.rate = 0.01}, net));
    for (int i = 0; i < 5; ++i) step({x0});
    BOOST_TEST(step.counts().replayed > 0);

    const auto capturing = [] {
        return custom_op(
            "by", [by = 2.0](const auto& x) { return by * x; }, [](Variable g, Variable) { return 2.0 * g; });
    };
    auto other =
        nn::compile([&](std::span<const Variable> in) { return loss_with(capturing)(in) + sum(net(in[0])); },
                    nn::Optimizer(nn::Sgd{.rate = 0.01}, net));
    other({x0});
    says(message<StaleError>([&] { other({x0}); }), "by", "make a custom op once, outside the loss function");
}

BOOST_AUTO_TEST_CASE(several_threads_share_an_op_and_a_program)
{
    Tape tape;
    const Variable x = tape.variable(x0);
    const Variable y = sum(opaque_cube(scaled_exp(x, x)));
    const Program program(tape.graph({grad(y, x)}));
    const std::vector<double> expected = values(grad(y, x));
    std::vector<std::thread> threads;
    std::vector<std::vector<double>> eager(4), replayed(4);
    for (std::size_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            Workspace workspace(program);
            for (int i = 0; i < 50; ++i) {
                Tape own;
                const Variable u = own.variable(x0);
                const auto here = custom_op(
                    "here", [](const auto& v) { return v + 0.0; }, [](Variable g, Variable) { return g; });
                eager[t] = values(grad(sum(opaque_cube(scaled_exp(here(u), u))), u));
                replayed[t] = values(workspace.run({x0})[0]);
            }
        });
    for (std::thread& thread : threads) thread.join();
    for (std::size_t t = 0; t < 4; ++t) {
        near(eager[t], expected, 1e-15);
        near(replayed[t], expected, 1e-15);
    }
}

// ---------------------------------------------------------------- shapes without values

BOOST_AUTO_TEST_CASE(a_node_that_is_not_computed_asks_for_its_shape_alone)
{
    int runs = 0, asked = 0;
    const auto make = [&](bool with_shape) {
        CustomOptions options;
        if (with_shape)
            options.shape = [&asked](std::span<const Shape> in) {
                ++asked;
                return in[0];
            };
        return custom_op(
            "counted",
            [&runs](const auto& x) {
                ++runs;
                return xt::eval(2.0 * x);
            },
            [](Variable g, Variable) { return 2.0 * g; }, options);
    };
    for (const bool with_shape : {false, true}) {
        const auto counted = make(with_shape);
        // Its place is in another op's vjp, which is recorded without being computed.
        const auto outer = custom_op(
            "outer", [](const auto& x) { return 4.0 * x; },
            [counted](Variable g, Variable) { return counted(counted(g)); });
        runs = asked = 0;
        Tape tape;
        const Variable x = tape.variable(w0);
        const Variable y = sum(outer(x));
        const Variable d = grad(y, x);
        near(values(d), {4, 4, 4});
        BOOST_TEST((with_shape ? runs == 2 : runs > 2));
        BOOST_TEST((with_shape ? asked > 0 : asked == 0));
        tape.graph({d}).verify();
        BOOST_TEST(gradgradcheck(outer, w0));
        near(values(jvp(outer(x), x, tape.constant(w0))), {12, -8, 2});
    }
    const auto lying = custom_op(
        "lying", [](const auto& x) { return 2.0 * x; },
        CustomOptions{.shape = [](std::span<const Shape>) { return Shape{7}; }});
    Tape tape;
    const Variable x = tape.variable(w0);
    says(message<ShapeError>([&] { lying(x); }), "lying",
         "returned [3], expected [7] as its shape function says");
    BOOST_TEST(tape.size() == 1u);
    const auto negative = custom_op("negative", [](const auto& v) { return 2.0 * v; },
                                    {.shape = [](std::span<const Shape>) { return Shape{-1}; }});
    says(message<ShapeError>([&] { negative(x); }), "negative", "[-1]");
}

// ---------------------------------------------------------------- composed ops

BOOST_AUTO_TEST_CASE(a_composed_op_is_a_scope)
{
    const auto swish = composed_op("swish", [](Variable x, double b = 1.0) { return x * sigmoid(b * x); });
    Tape tape;
    const Variable x = tape.variable(w0);
    const Variable y = swish(x);
    near(values(y), values(x * sigmoid(x)));
    const std::string text = tape.graph({y}).text();
    says(text, "mul(%0, %2)  [3] float64  swish");
    const auto outer =
        composed_op("outer", [&](std::span<const Variable> in) { return swish(in[0]) + in[1]; });
    const std::vector<Variable> two = {x, y};
    says(tape.graph({outer(two)}).text(), "outer.swish", "add", "float64  outer\n");
    const auto wrong = composed_op("wrong", [](Variable a, Variable b) { return matmul(a, b); });
    says(message<ShapeError>([&] { wrong(tape.variable(x0), x0 * x); }), "matmul in wrong", "[2, 3]");
    BOOST_TEST(gradgradcheck([&](Variable v) { return swish(v, 2.0); }, w0));
    BOOST_CHECK_THROW(composed_op("a.b", [](Variable v) { return v; }), ValueError);
    BOOST_CHECK_THROW(composed_op("", [](Variable v) { return v; }), ValueError);
    near(values(x + 1.0), {4, -1, 1.5});
    says(tape.graph({x + 1.0}).text(), "float64\n");  // the scope has ended
    // Each call is a box of its own, and a rewound one leaves its name free.
    Tape calls;
    const Variable u = calls.variable(w0);
    const auto mark = calls.mark();
    for (int i = 0; i < 3; ++i) {
        calls.rewind(mark);
        const std::string twice = calls.graph({swish(swish(u))}).text();
        BOOST_TEST(uses(twice, "  swish\n") == 3u);
        BOOST_TEST(uses(twice, "  swish_2\n") == 3u);
    }
    const Graph graph = calls.graph({swish(u)});
    says(calls.graph({graph(u)}).text(), "  swish_3\n");
}
