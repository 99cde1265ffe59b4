// Anomaly mode, find_anomaly(), statistics: the node, the element and the cause, forward and backward; nothing changes.
#define BOOST_TEST_MODULE anomaly
#include <boost/test/unit_test.hpp>

#include <limits>

#include "registry_cases.hpp"
#include "support.hpp"
#include "xgrad/autodiff/recorder.hpp"

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const double nan_value = std::numeric_limits<double>::quiet_NaN();

// Not inlined, so that it is on the stack.
constexpr int log_line = __LINE__ + 6;
[[gnu::noinline]] Variable cross_entropy_of(Variable z, Variable t)
{
    const auto scope = z.tape().scope("bce", "Naive");
    const Variable p = sigmoid(z);
    const Variable q = 1.0 - p;
    const Variable l = log(q);  // recorded on this line
    const Variable u = 1.0 - t;
    const Variable m = l * u;
    return -mean(m);
}

Array logits()
{
    xt::xarray<double> z = xt::zeros<double>({64});
    z(17) = 800;
    return z;
}
Array targets()
{
    xt::xarray<double> t = xt::zeros<double>({64});
    t(17) = 1;
    return t;
}

template <class F>
Anomaly caught(const F& f)
{
    try {
        f();
    } catch (const AnomalyError& error) {
        BOOST_TEST(error.what() == error.anomaly().text());
        return error.anomaly();
    }
    BOOST_FAIL("no AnomalyError");
    std::abort();
}
std::string op_of(const Anomaly& anomaly, ValueId id) { return std::string(anomaly.graph[id].op->name); }
std::string path_of(const Anomaly& anomaly, ValueId id)
{
    return anomaly.graph.path(anomaly.graph[id].scope);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_infinity_is_named_with_its_cause)
{
    Tape tape({.detect_anomaly = true});
    const Variable z = tape.variable(logits(), "z"), t = tape.constant(targets(), "t");
    const std::size_t before = tape.size();
    const Anomaly found = caught([&] { cross_entropy_of(z, t); });
    BOOST_TEST_MESSAGE(found.text());
    BOOST_TEST(!found.nan);
    BOOST_REQUIRE(found.infinity);
    const Anomaly::Birth& birth = *found.infinity;
    BOOST_TEST(op_of(found, birth.node) == "log");
    BOOST_TEST(path_of(found, birth.node) == "bce");
    BOOST_TEST(birth.gradient_of == no_value);
    BOOST_REQUIRE(birth.origin.size() == 4u);  // log, 1 - p, sigmoid, z
    BOOST_TEST(birth.origin[0].index == Shape{17});
    BOOST_TEST(birth.origin[0].value == -infinity);
    BOOST_TEST(birth.origin[0].operands == list({0}));
    BOOST_TEST(birth.origin[3].value == 800);
    BOOST_TEST(found.values[birth.node].infinities == 1);
    BOOST_TEST(found.values[birth.node].count == 64);
    says(found.text(), "log in bce made the first infinity", "-inf", "[17]", "1 of 64 elements (1.6 %)",
         "log(0)", "input 'z'", "800");
    // Recorded by this file's functions.
    BOOST_REQUIRE(!birth.recorded.empty());
    BOOST_TEST(birth.recorded[0].function.find("cross_entropy_of") != std::string::npos,
               birth.recorded[0].function);
    BOOST_TEST(birth.recorded[0].file == "anomaly_test.cpp");  // it is compiled with -g
    BOOST_TEST(birth.recorded[0].line == log_line);
    says(found.text(), "recorded by", "cross_entropy_of(xgrad::Variable, xgrad::Variable)");
    // The node is gone, and the tape can be used.
    BOOST_TEST(tape.size() > before);
    BOOST_TEST(values(z + z)[17] == 1600);
    BOOST_CHECK_NO_THROW(tape.graph({z}).verify());
}

BOOST_AUTO_TEST_CASE(the_first_nan_is_named_where_infinities_are_let_pass)
{
    Tape tape({.detect_anomaly = true, .allow_infinity = true});
    const Variable z = tape.variable(logits(), "z"), t = tape.constant(targets(), "t");
    const Anomaly found = caught([&] { cross_entropy_of(z, t); });
    BOOST_TEST_MESSAGE(found.text());
    BOOST_REQUIRE(found.nan);
    BOOST_REQUIRE(found.infinity);
    BOOST_TEST(op_of(found, found.nan->node) == "mul");
    BOOST_TEST(op_of(found, found.infinity->node) == "log");
    BOOST_TEST(&found.first() == &*found.infinity);
    BOOST_TEST(found.nan->origin[0].index == Shape{17});
    BOOST_TEST(found.nan->origin[0].operands == list({-infinity, 0}));
    says(found.text(), "log in bce made the first infinity", "then mul in bce made the first NaN",
         "mul(-inf, 0)");
}

BOOST_AUTO_TEST_CASE(a_gradient_names_its_forward_node)
{
    for (const bool allowed : {false, true}) {
        Tape tape({.detect_anomaly = true, .allow_infinity = allowed});
        const Variable x = tape.variable(xt::xarray<double>{{4., 1.}, {0., 9.}}, "x");
        Variable r, y;
        {
            const auto scope = tape.scope("norm", "Norm");
            r = sqrt(x);
            y = sum(r * 0.0);
        }
        const std::size_t size = tape.size();
        const Anomaly found = caught([&] { grad(y, x); });
        BOOST_TEST_MESSAGE(found.text());
        BOOST_TEST(tape.size() == size);
        const Anomaly::Birth& birth = allowed ? found.nan.value() : found.first();
        BOOST_REQUIRE(birth.gradient_of != no_value);
        BOOST_TEST(op_of(found, birth.gradient_of) == "sqrt");
        BOOST_TEST(path_of(found, birth.gradient_of) == "norm");
        BOOST_TEST(path_of(found, birth.node) == "norm");
        BOOST_TEST((found.graph[birth.node].flags & from_derivative) != 0);
        BOOST_TEST(birth.origin[0].index == (Shape{1, 0}));
        says(found.text(), "in the backward part", "in the gradient of", "sqrt in norm", "[1, 0]",
             "gradient asked for by", "recorded by");
        BOOST_TEST(values(r)[3] == 3);  // what was recorded is as it was
    }
}
BOOST_AUTO_TEST_CASE(what_is_given_may_be_infinite)
{
    Tape tape({.detect_anomaly = true});
    const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.}, "x");
    const Variable mask = tape.constant(xt::xarray<bool>{true, false, true});
    Variable p;
    BOOST_CHECK_NO_THROW(p = softmax(where(mask, x, -infinity)));
    BOOST_TEST(values(p)[1] == 0);
    BOOST_CHECK_NO_THROW(grad(sum(p * p), x));
    // Nothing but -inf: softmax makes a NaN of it.
    const Variable none = tape.constant(xt::xarray<bool>{false, false, false});
    const Anomaly found = caught([&] { softmax(where(none, x, -infinity)); });
    BOOST_TEST(op_of(found, found.nan.value().node) == "softmax");
    BOOST_TEST(!found.infinity);
    // A NaN that was given is reported where it is read, unless it is left out.
    const Variable bad = tape.variable(xt::xarray<double>{1., nan_value, 3.}, "bad");
    BOOST_CHECK_NO_THROW(where(not_equal(bad, bad), 0.0, bad));
    const Anomaly read = caught([&] { exp(bad); });
    says(read.text(), "exp", "input 'bad'", "[1]");
}

BOOST_AUTO_TEST_CASE(a_graph_is_looked_through_to_its_end)
{
    Tape tape;
    const Variable z = tape.variable(logits(), "z"), t = tape.variable(targets(), "t");
    const Variable loss = cross_entropy_of(z, t);
    const Graph graph = tape.graph({loss, grad(loss, z)});
    const std::optional<Anomaly> found = find_anomaly(graph, {logits(), targets()});
    BOOST_REQUIRE(found);
    BOOST_TEST_MESSAGE(found->text());
    BOOST_TEST(op_of(*found, found->infinity.value().node) == "log");
    BOOST_TEST(op_of(*found, found->nan.value().node) == "mul");
    BOOST_TEST(found->values.back().count > 0);
    BOOST_TEST(found->values[graph.outputs()[0]].nans == 1);
    // Planned, the same nodes are found.
    const std::optional<Anomaly> planned = find_anomaly(Program(graph).graph(), {logits(), targets()});
    BOOST_REQUIRE(planned);
    BOOST_TEST(op_of(*planned, planned->infinity.value().node) == "log");
    BOOST_TEST(path_of(*planned, planned->nan.value().node) == "bce");
    // With other inputs nothing is wrong.
    const Array fine = xt::xarray<double>(xt::zeros<double>({64}));
    BOOST_TEST(!find_anomaly(graph, {fine, targets()}));
    BOOST_CHECK_THROW(find_anomaly(graph, {fine}), ShapeError);
    BOOST_CHECK_THROW(find_anomaly(graph, {fine, Array(DType::float32, {64})}), DtypeError);
    says(message<ShapeError>([&] {
             find_anomaly(graph, {fine, Array(DType::float64, {63})});
         }),
         "'t'", "64", "63", "^^");
}

BOOST_AUTO_TEST_CASE(a_backward_node_of_a_graph_is_placed)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{4., 0.}, "x");
    Variable r;
    {
        const auto scope = tape.scope("norm", "Norm");
        r = sqrt(x);
    }
    const Variable y = sum(tanh(r));
    const Graph graph = tape.graph({y, grad(y, x)});
    const std::optional<Anomaly> found = find_anomaly(graph, {xt::xarray<double>{4., 0.}});
    BOOST_REQUIRE(found);
    BOOST_TEST_MESSAGE(found->text());
    const Anomaly::Birth& birth = found->infinity.value();
    BOOST_REQUIRE(birth.gradient_of != no_value);
    BOOST_TEST(op_of(*found, birth.gradient_of) == "sqrt");
    BOOST_TEST(birth.origin[0].index == Shape{1});
}

namespace {
struct Net {
    nn::Linear hidden{3, 4}, out{4, 1};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return out(sqrt(relu(hidden(x)))); }
};
}  // namespace

BOOST_AUTO_TEST_CASE(a_compiled_step_names_the_node_and_writes_nothing)
{
    const Array x = xt::xarray<double>(xt::ones<double>({2, 3})),
                t = xt::xarray<double>(xt::ones<double>({2, 1}));
    const auto make = [] {
        Net net{nn::Linear(3, 4, {.dtype = DType::float64}), nn::Linear(4, 1, {.dtype = DType::float64})};
        nn::initialise(net, nn::xavier_uniform, 1);
        // One unit is dead: the square root's derivative is infinite there, and relu's 0 makes a NaN of it.
        xt::xarray<double> w = net.hidden.weight.value<double>();
        for (std::size_t i = 0; i < 3; ++i) w(i, 2) = -1;
        net.hidden.weight.assign(Array(w));
        return net;
    };
    for (const bool adam : {false, true}) {
        Net net = make();
        const std::vector<double> before = values(net.hidden.weight), bias = values(net.out.bias);
        const nn::CompileOptions how{.detect_anomaly = true};
        auto step = adam ? nn::compile(net, nn::mse_loss, nn::Adam{.rate = 0.1}, how)
                         : nn::compile(net, nn::mse_loss, nn::Sgd{.rate = 0.1}, how);
        for (int k = 0; k < 2; ++k) {
            const Anomaly found = caught([&] { step(x, t); });
            BOOST_TEST_MESSAGE(found.text());
            const Anomaly::Birth& birth = found.first();
            BOOST_REQUIRE(birth.gradient_of != no_value);
            BOOST_TEST(op_of(found, birth.gradient_of) == "sqrt");
            BOOST_TEST(values(net.hidden.weight) == before);
            BOOST_TEST(values(net.out.bias) == bias);
        }
    }
    // A step that is replayed does not look; asked afterwards, it finds the node and writes nothing.
    Net net = make();
    auto step = nn::compile(net, nn::mse_loss, nn::Sgd{.rate = 0.1});
    BOOST_CHECK_THROW(step.find_anomaly(x, t), ValueError);
    BOOST_CHECK_THROW(step.statistics(x, t), ValueError);
    Net fresh = make();
    auto other = nn::compile(fresh, nn::mse_loss, nn::Sgd{.rate = 0.1});
    const Array wide = xt::xarray<double>(-xt::ones<double>({2, 3}));  // relu passes the unit
    other(wide, t);
    const std::vector<double> now = values(fresh.hidden.weight);
    const std::optional<Anomaly> found = other.find_anomaly(x, t);
    BOOST_REQUIRE(found);
    BOOST_TEST(op_of(*found, found->first().gradient_of) == "sqrt");
    BOOST_TEST(values(fresh.hidden.weight) == now);
    const Statistics statistics = other.statistics(x, t);
    BOOST_TEST(statistics.values.size() == other.graph().size());
    BOOST_TEST(values(fresh.hidden.weight) == now);
}

BOOST_AUTO_TEST_CASE(an_update_that_is_not_finite_is_not_written)
{
    Tape tape({.detect_anomaly = true});
    const Parameter p(xt::xarray<double>{1., -1e308}, "p");
    const Variable x = tape.parameter(p);
    nn::Optimizer optimizer(nn::Sgd{.rate = 1.5e308}, std::vector<Parameter>{p});
    const Gradients gradients = grad(sum(x), std::vector<Target>{p});
    for (int k = 0; k < 2; ++k) {
        const Anomaly found = caught([&] {
            if (k == 0) optimizer.assign(gradients);
            tape.commit();
        });
        BOOST_TEST_MESSAGE(found.text());
        BOOST_TEST(op_of(found, found.first().node) == "sgd_update");
        BOOST_TEST(values(p) == list({1, -1e308}));
    }
}

BOOST_AUTO_TEST_CASE(a_tape_that_looks_gives_the_same_numbers)
{
    const auto run = [](bool look) {
        Tape tape({.generator = Generator(3), .detect_anomaly = look});
        const Parameter w(xt::xarray<double>{{0.1, 0.2}, {0.3, -0.4}}, "w");
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        const Variable y = mean(square(tanh(matmul(dropout(x, 0.5), w)) + logsumexp(x, 1, true)));
        const Variable g = grad(y, w);
        nn::Optimizer optimizer(nn::Adam{.rate = 0.1}, std::vector<Parameter>{w});
        optimizer.assign(grad(y, std::vector<Target>{w}));
        tape.commit();
        std::vector<double> all = values(g), after = values(w);
        all.push_back(y.item());
        all.insert(all.end(), after.begin(), after.end());
        return all;
    };
    BOOST_TEST(run(true) == run(false));
}

BOOST_AUTO_TEST_CASE(mark_rewind_and_clear_in_anomaly_mode)
{
    Tape tape({.detect_anomaly = true});
    for (int round = 0; round < 3; ++round) {
        const Variable x = tape.variable(xt::xarray<double>{0., 1.}, "x");
        const Tape::Mark mark = tape.mark();
        exp(exp(x));
        grad(sum(x * x), x);
        tape.rewind(mark);
        const Anomaly found = caught([&] { log(x); });
        BOOST_TEST(op_of(found, found.first().node) == "log");
        const Anomaly second = caught([&] { grad(sum(sqrt(x)), x); });
        BOOST_TEST(op_of(second, second.first().gradient_of) == "sqrt");
        tape.clear();
    }
    // The next tape, which gets this one's memory, does not look.
    {
        Tape other = std::move(tape);
    }
    Tape plain;
    BOOST_CHECK_NO_THROW(log(plain.variable(xt::xarray<double>{0., 1.})));
}

BOOST_AUTO_TEST_CASE(elements_are_found_through_broadcasting)
{
    Tape tape({.detect_anomaly = true});
    xt::xarray<double> column = xt::ones<double>({2, 1});
    column(1, 0) = 0;
    const Variable x = tape.variable(column, "x"), y = tape.variable(xt::xarray<double>{1., 0., 2.}, "y");
    const Anomaly found = caught([&] { log(reshape(broadcast_to(x + y, {4, 2, 3}), {4, 6})); });
    const std::vector<Anomaly::Element>& origin = found.first().origin;
    BOOST_REQUIRE(origin.size() == 6u);  // log, reshape, broadcast_to, add, y, x
    BOOST_TEST(origin[0].index == (Shape{0, 4}));
    BOOST_TEST(origin[1].index == (Shape{0, 4}));
    BOOST_TEST(origin[2].index == (Shape{0, 1, 1}));
    BOOST_TEST(origin[3].index == (Shape{1, 1}));
    BOOST_TEST(origin[3].operands == list({0, 0}));
    BOOST_TEST(origin[4].index == (Shape{1}));
    BOOST_TEST(origin[5].index == (Shape{1, 0}));
    BOOST_TEST(op_of(found, origin[5].node) == "input");
}

BOOST_AUTO_TEST_CASE(an_op_that_mixes_elements_shows_its_inputs)
{
    Tape tape({.detect_anomaly = true});
    const Variable x = tape.variable(xt::xarray<float>{{3e38f, 1.f}, {3e38f, 2.f}}, "x");
    const Anomaly found = caught([&] { sum(x, {0}); });
    BOOST_TEST_MESSAGE(found.text());
    BOOST_TEST(op_of(found, found.first().node) == "sum");
    says(found.text(), "sum made the first infinity: inf at [0]", "1 to 3e+38", "x: %0 [2, 2]");
}

BOOST_AUTO_TEST_CASE(no_row_makes_infinities_on_the_way_to_finite_numbers)
{
    for (const Op* op : registry())
        for (const Sample& sample : op->samples) {
            const std::vector<Array> arrays = draw(sample, DType::float64);
            const auto run = [&](bool look) {
                Tape tape({.generator = Generator(1), .detect_anomaly = look});
                const std::vector<Variable> in = put(tape, arrays);
                const Variable y = sample.call(in);
                std::vector<Array> all = {y.array()};
                if (!is_floating(y.dtype())) return all;
                std::vector<Target> targets;
                for (const Variable& x : in)
                    if (is_floating(x.dtype())) targets.push_back(x);
                if (op->traits.update || targets.empty()) return all;
                const Gradients gradients = grad(sum(y), targets);
                for (std::size_t k = 0; k < gradients.size(); ++k)
                    all.push_back(gradients.gradient(k).array());
                return all;
            };
            const std::vector<Array> plain = run(false);
            if (!std::ranges::all_of(plain, [](const Array& a) { return statistics(a).finite(); })) continue;
            std::vector<Array> watched;
            BOOST_CHECK_NO_THROW(watched = run(true));
            BOOST_REQUIRE_MESSAGE(watched.size() == plain.size(), op->name);
            for (std::size_t k = 0; k < plain.size(); ++k) BOOST_TEST(same(plain[k], watched[k]), op->name);
        }
}

BOOST_AUTO_TEST_CASE(statistics_are_those_of_the_definition)
{
    const ValueStatistics s =
        statistics(Array(xt::xarray<double>{3., 0., -4., nan_value, infinity, 0., -infinity, 1.}));
    BOOST_TEST(s.count == 8);
    BOOST_TEST(s.zeros == 2);
    BOOST_TEST(s.nans == 1);
    BOOST_TEST(s.infinities == 2);
    BOOST_TEST(s.min == -4);
    BOOST_TEST(s.max == 3);
    BOOST_TEST(s.mean == 0);
    near(s.norm, std::sqrt(26.0));
    BOOST_TEST(s.zero_share() == 0.25);
    BOOST_TEST(s.nonfinite_share() == 0.375);
    near(statistics(Array(xt::xarray<double>{3e200, 4e200})).norm / 1e200, 5);  // no square overflows
    const ValueStatistics mask = statistics(Array(xt::xarray<bool>{true, false, false, true}));
    BOOST_TEST(mask.mean == 0.5);
    BOOST_TEST(mask.zeros == 2);
    BOOST_TEST(statistics(Array(DType::float64, {0, 3})).count == 0);
    BOOST_TEST(std::isnan(statistics(Array(xt::xarray<double>{nan_value})).max));
}

BOOST_AUTO_TEST_CASE(statistics_of_a_graph_are_those_of_its_values_and_gradients)
{
    Tape tape;
    const Array x0 = xt::xarray<double>{{1., -2., 3.}, {-4., 5., -6.}};
    const Parameter w(xt::xarray<double>{{1., -1.}, {2., 0.5}, {-3., 0.}}, "w");
    const Variable x = tape.variable(x0, "x");
    Variable h, r, y;
    {
        const auto scope = tape.scope("layer", "Linear");
        h = matmul(x, w);
        r = relu(h);
    }
    y = sum(r * r);
    const std::size_t size = tape.size();
    const Statistics s = statistics(y, {.gradients = true});
    BOOST_TEST(tape.size() == size);
    BOOST_TEST_MESSAGE(s.text());
    const auto place = [&](std::string_view op) {
        for (ValueId id = 0; id < s.graph.size(); ++id)
            if (s.graph[id].op->name == op) return id;
        return no_value;
    };
    const auto agrees = [&](const ValueStatistics& found, Variable value) {
        const ValueStatistics want = statistics(value.array());
        BOOST_TEST(found.count == want.count);
        BOOST_TEST(found.zeros == want.zeros);
        BOOST_TEST(found.min == want.min);
        BOOST_TEST(found.norm == want.norm);
    };
    agrees(s.values[place("matmul")], h);
    agrees(s.values[place("relu")], r);
    agrees(s.values[place("input")], x);
    agrees(s.gradients[place("matmul")], grad(y, h));
    agrees(s.gradients[place("relu")], grad(y, r));
    agrees(s.gradients[place("parameter")], grad(y, w));
    near(s.gradients[s.graph.outputs()[0]].norm, 1.0);
    says(s.text(), "gradient", "zeros", "not finite", "matmul  [2, 2]  layer", "relu", "'x'",
         "parameter  [3, 2]  w");
    // Without gradients, of a graph with other inputs.
    const Statistics zero = statistics(tape.graph({y}), {xt::xarray<double>(xt::zeros<double>({2, 3}))});
    BOOST_TEST(zero.gradients.empty());
    BOOST_TEST(zero.values[place("relu")].zero_share() == 1);
    BOOST_TEST((zero.text().find("gradient") == std::string::npos));
    BOOST_CHECK_THROW(statistics(h, {.gradients = true}), GradientError);
    // A parameter that has changed since: the recorded values are gone.
    w.assign(w.array());
    BOOST_CHECK_THROW(statistics(y), StaleError);
}

BOOST_AUTO_TEST_CASE(random_ops_draw_what_they_drew)
{
    Tape tape({.generator = Generator(5)});
    const Variable x = tape.variable(xt::xarray<double>(xt::ones<double>({100})));
    const Variable d = dropout(x, 0.5);
    const Statistics s = statistics(sum(d));
    for (ValueId id = 0; id < s.graph.size(); ++id)
        if (s.graph[id].op == tape.recorder().graph[d.id()].op && id > 0)
            BOOST_TEST(s.values[id].zeros == statistics(d.array()).zeros);
}
