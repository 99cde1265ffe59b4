// Rules over graphs: what each of them does, what its guards refuse, and 500 random graphs through all of them.

#define BOOST_TEST_MODULE rewrite
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/autodiff/rewrite.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

constexpr double eps = 2.220446049250313e-16;

std::vector<Array> run(const Graph& graph, const std::vector<Array>& inputs)
{
    Tape tape({.generator = Generator(3)});
    std::vector<Variable> x;
    for (const Array& input : inputs) x.push_back(tape.variable(input));
    std::vector<Array> result;
    for (const Variable& y : graph(x)) result.push_back(y.array());
    return result;
}

Array uniform(const Shape& shape, double low, double high, unsigned seed)
{
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution<double> draw(low, high);
    Array array(DType::float64, shape);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = draw(engine);
    return array;
}

Graph graph_of(const std::function<Variable(Variable)>& f, const Array& x)
{
    Tape tape({.training = false});
    return tape.graph({f(tape.variable(x, "x"))});
}
Rewritten simplified(const std::function<Variable(Variable)>& f,
                     const Array& x = xt::xarray<double>{0.5, -2., 3.})
{
    return simplify(graph_of(f, x));
}
std::string body(const Graph& graph)  // the ops, leaves left out
{
    std::string text;
    for (ValueId id = 0; id < graph.size(); ++id)
        if (!graph[id].op->traits.leaf) text += (text.empty() ? "" : " ") + std::string(graph[id].op->name);
    return text;
}
std::string refusal(const Rewritten& result, const std::string& rule)
{
    for (const NotApplied& refused : result.log.refused)
        if (refused.rule == rule) return refused.reason;
    return "not refused";
}

}  // namespace

// ---------------------------------------------------------------- identities

BOOST_AUTO_TEST_CASE(identities_go)
{
    const Array x(xt::xarray<double>{{0.5, -2.}, {3., -0.}});
    const std::vector<std::pair<const char*, std::function<Variable(Variable)>>> cases = {
        {"x * 1, x - 0", [](Variable v) { return tanh(v) * 1.0; }},
        {"x + 0", [](Variable v) { return tanh(v) + 0.0; }},
        {"x * 1, x - 0", [](Variable v) { return tanh(v) - 0.0; }},
        {"neutral operand", [](Variable v) { return tanh(v) / 1.0; }},
        {"neutral operand", [](Variable v) { return ones_like(v) * tanh(v); }},
        {"neutral operand",
         [](Variable v) {
             return tanh(v) * xt::xarray<double>(xt::ones<double>({2, 2}));
         }},
        {"x + 0", [](Variable v) { return zeros_like(v) + tanh(v); }},
        {"x - 0", [](Variable v) { return tanh(v) - zeros_like(v); }},
        {"-(-x)", [](Variable v) { return -(-tanh(v)); }},
        {"x ^ 1", [](Variable v) { return pow(tanh(v), 1.0); }},
        {"double transpose", [](Variable v) { return transpose(transpose(tanh(v))); }},
        {"identical transpose",
         [](Variable v) {
             return permute(tanh(v), {0, 1});
         }},
        {"identical reshape",
         [](Variable v) {
             return reshape(reshape(tanh(v), {4}), {2, 2});
         }},
        {"identical reshape",
         [](Variable v) {
             return reshape(tanh(v), {-1, 2});
         }},
        {"one choice", [](Variable v) { return where(v > 0.0, tanh(v), tanh(v)); }},
        {"log of exp", [](Variable v) { return log(exp(tanh(v))); }},
    };
    for (const auto& [rule, f] : cases) BOOST_TEST_CONTEXT(rule)
        {
            const Rewritten result = simplified(f, x);
            BOOST_TEST(body(result.graph) == "tanh");
            BOOST_TEST(result.log.count(rule) >= 1u);
            result.graph.verify();
        }
}

BOOST_AUTO_TEST_CASE(what_is_no_identity_stays)
{
    const double inf = std::numeric_limits<double>::infinity(),
                 nan = std::numeric_limits<double>::quiet_NaN();
    const Array x(xt::xarray<double>{inf, nan, -0., 1.});
    for (const auto& f : {std::function<Variable(Variable)>([](Variable v) { return v * 0.0; }),
                          std::function<Variable(Variable)>([](Variable v) { return v - v; }),
                          std::function<Variable(Variable)>([](Variable v) { return v / v; }),
                          std::function<Variable(Variable)>([](Variable v) { return 0.0 * v + 1.0; })}) {
        const Graph graph = graph_of(f, x);
        const Rewritten result = simplify(graph);
        BOOST_TEST(result.graph.text() == graph.text());
        BOOST_TEST(result.log.applied.empty());
    }
    BOOST_TEST(body(simplified([](Variable v) { return 1.0 / tanh(v); }).graph) == "tanh full div");
    BOOST_TEST(body(simplified([](Variable v) { return 0.0 - pow(1.0, tanh(v)); }).graph) ==
               "tanh full pow neg");
    // x - 0 keeps the sign of a zero; x + 0 does not, and says so.
    BOOST_TEST((simplified([](Variable v) { return tanh(v) - 0.0; }).log.exactness() == Exactness::bitwise));
    BOOST_TEST(
        (simplified([](Variable v) { return tanh(v) + 0.0; }).log.exactness() == Exactness::sign_of_zero));
    BOOST_TEST(
        (simplified([](Variable v) { return log(softmax(v)); }).log.exactness() == Exactness::bounded));
}

BOOST_AUTO_TEST_CASE(a_neutral_operand_that_repeats_is_refused)
{
    const Rewritten result = simplified([](Variable v) { return v * full(v, {2, 3}, 1); });
    BOOST_TEST(body(result.graph) == "full mul");
    BOOST_TEST(refusal(result, "neutral operand") ==
               "what would stand for mul (%2) is [3] float64, not [2, 3] float64");
}

BOOST_AUTO_TEST_CASE(transposes_and_reshapes_compose)
{
    const Array x = uniform({2, 3, 4}, -1, 1, 1);
    const Rewritten p = simplified([](Variable v) { return permute(permute(v, {2, 0, 1}), {2, 0, 1}); }, x);
    BOOST_TEST(body(p.graph) == "permute");
    BOOST_TEST(p.graph.text().find("[1, 2, 0]") != std::string::npos);  // axis k is order2[order1[k]]
    const Rewritten three = simplified(
        [](Variable v) {
            return permute(permute(permute(v, {2, 0, 1}), {2, 0, 1}), {2, 0, 1});
        },
        x);
    BOOST_TEST(body(three.graph) == "");  // a cycle of three axes
    const Rewritten r = simplified(
        [](Variable v) {
            return reshape(reshape(flatten(v), {4, 6}), {8, -1});
        },
        x);
    BOOST_TEST(body(r.graph) == "reshape");
    // An open length behind the first axis is one with other numbers of rows: then this reshape is no identity.
    const Array square = uniform({3, 3}, -1, 1, 1);
    const Rewritten open = simplified([](Variable v) { return reshape(tanh(v), {3, -1}); }, square);
    BOOST_TEST(body(open.graph) == "tanh reshape");
    says(refusal(open, "identical reshape"), "leaves another length than the first open");
}

BOOST_AUTO_TEST_CASE(common_parts_and_constants)
{
    const Rewritten shared = simplified([](Variable v) { return tanh(v * 2.0) + tanh(v * 2.0); });
    BOOST_TEST(body(shared.graph) == "affine tanh add");
    BOOST_TEST(shared.log.count("common parts") == 2u);
    Tape tape({.generator = Generator(1)});
    const Variable x = tape.variable(xt::xarray<double>{1., 2.});
    const Graph noise = tape.graph({random_normal(x, {2}) + random_normal(x, {2})});
    BOOST_TEST(simplify(noise).graph.text() == noise.text());  // draws stay apart
    const Graph masks = tape.graph({dropout(x, 0.5) + dropout(x, 0.5)});
    BOOST_TEST(body(simplify(masks).graph) == "dropout_mask mul dropout_mask mul add");

    // Two draws from one stream, as a recomputation has them: a replay draws for each of them anew.
    Graph twins = tape.graph({random_normal(x, {2})});
    const ValueId one = twins.outputs()[0], two = twins.append(twins[one], {});
    Node total = twins[one];
    total.op = find_op("add");
    total.a = total.b = 0;
    total.list = 0;
    twins.set_outputs({twins.append(total, std::vector<ValueId>{one, two})});
    BOOST_TEST(simplify(twins).graph.text() == twins.text());

    const Rewritten constant = simplified([](Variable v) {
        const Variable c = v.tape().constant(xt::xarray<double>{1., 2., 3.});
        return v * (exp(c) + full(v, {3}, 2) * full(v, {}, 3));
    });
    BOOST_TEST(body(constant.graph) == "mul");
    BOOST_TEST(constant.log.count("constants") >= 3u);
    near(values(run(constant.graph, {xt::xarray<double>{1., 1., 1.}})[0]),
         list({std::exp(1.) + 6, std::exp(2.) + 6, std::exp(3.) + 6}), 1e-15);
    const auto wide = [](Variable v) {
        const Variable c = v.tape().constant(xt::xarray<double>{1., 2., 3.});
        return v * sum(broadcast_to(c, {5000, 3}), 0);
    };
    BOOST_TEST(refusal(simplified(wide), "constants").find("would become a constant of 15000 numbers") !=
               std::string::npos);
}

// ---------------------------------------------------------------- exp, log and their kin

BOOST_AUTO_TEST_CASE(exp_of_log_needs_a_sign)
{
    const auto refused = [](const std::function<Variable(Variable)>& f) {
        return refusal(simplified([&](Variable v) { return exp(log(f(v))); }), "exp of log");
    };
    BOOST_TEST(refused([](Variable v) { return v; }) ==
               "input ('x') may be negative: nothing is known of its range");
    says(refused([](Variable v) { return tanh(v); }), "may be negative", "at least -1");
    says(refused([](Variable v) { return exp(v) - 1.0; }), "may be negative");
    // Rules for what stands within come first, and get there by another way.
    BOOST_TEST(body(simplified([](Variable v) { return exp(log(sigmoid(v))); }).graph) == "sigmoid");
    BOOST_TEST(body(simplified([](Variable v) { return exp(log(exp(v))); }).graph) == "exp");
    for (const auto& f : {std::function<Variable(Variable)>([](Variable v) { return square(v); }),
                          std::function<Variable(Variable)>([](Variable v) { return abs(v) * 2.0 + 1.0; }),
                          std::function<Variable(Variable)>([](Variable v) { return sum(softplus(v)); }),
                          std::function<Variable(Variable)>([](Variable v) {
                              return reshape(tanh(v) + 1.0, {3, 1});
                          }),
                          std::function<Variable(Variable)>([](Variable v) {
                              return v.tape().constant(xt::xarray<double>{0., 2.});
                          })})
        BOOST_TEST(simplify(graph_of([&](Variable v) { return exp(log(f(v))) * sum(v); },
                                     xt::xarray<double>{0.5, -2., 3.}),
                            {.constants = false})
                       .log.count("exp of log") == 1u);
    const Array negative(xt::xarray<double>{-1.});
    BOOST_TEST(std::isnan(values(
        run(simplify(graph_of([](Variable v) { return exp(log(v)); }, negative)).graph, {negative})[0])[0]));
}

namespace {

// -(t ln s + (1 - t) ln(1 - s)) as people write it.
using Loss = std::function<Variable(Variable z, Variable t)>;
const std::vector<std::pair<const char*, Loss>>& spellings()
{
    static const std::vector<std::pair<const char*, Loss>> all = {
        {"textbook",
         [](Variable z, Variable t) {
             const Variable s = sigmoid(z);
             return -(t * log(s) + (1 - t) * log(1 - s));
         }},
        {"operands turned",
         [](Variable z, Variable t) {
             const Variable s = sigmoid(z);
             return -(log(1.0 - s) * (1.0 - t) + log(s) * t);
         }},
        {"two minus signs",
         [](Variable z, Variable t) {
             const Variable s = sigmoid(z);
             return -t * log(s) - (1 - t) * log(1 - s);
         }},
        {"log1p",
         [](Variable z, Variable t) {
             const Variable s = sigmoid(z);
             return -(t * log(s) + (1 - t) * log1p(-s));
         }},
        {"two sigmoids",
         [](Variable z, Variable t) { return -(t * log(sigmoid(z)) + (1 - t) * log(1 - sigmoid(z))); }},
        {"plain sigmoid",
         [](Variable z, Variable t) {
             const Variable s = 1.0 / (1.0 + exp(-z));
             return -(t * log(s) + (1 - t) * log(1 - s));
         }},
        {"times -1",
         [](Variable z, Variable t) {
             const Variable s = sigmoid(z);
             return (t * log(s) + (1 - t) * log(1 - s)) * -1.0;
         }},
        {"0 minus",
         [](Variable z, Variable t) {
             const Variable s = sigmoid(z);
             return 0.0 - t * log(s) - (1 - t) * log(1 - s);
         }},
        {"softplus", [](Variable z, Variable t) { return t * softplus(-z) + (1 - t) * softplus(z); }},
        {"t - 1",
         [](Variable z, Variable t) {
             const Variable s = sigmoid(z);
             return -(t * log(s)) + (t - 1) * log(1 - s);
         }},
        {"softplus - t z", [](Variable z, Variable t) { return softplus(z) - t * z; }},
        {"the op", [](Variable z, Variable t) { return binary_cross_entropy_elementwise(sigmoid(z), t); }},
        {"the loss",
         [](Variable z, Variable t) { return nn::binary_cross_entropy(sigmoid(z), t, nn::Reduction::none); }},
    };
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_sigmoid_moves_into_the_loss)
{
    const Array z(xt::xarray<double>{-3., 0.2, 5., 1.}), t(xt::xarray<double>{0., 1., 1., 0.25});
    const std::vector<std::pair<const char*, std::function<Variable(Variable)>>> ends = {
        {"elements", [](Variable v) { return v; }},
        {"mean", [](Variable v) { return mean(v); }},
        {"sum", [](Variable v) { return sum(v); }},
        {"sum / n", [](Variable v) { return sum(v) / 4.0; }},
        {"sum * 1/n", [](Variable v) { return sum(v) * 0.25; }},
    };
    for (const auto& [how, loss] : spellings())
        for (const auto& [end, reduce] : ends)
            for (const bool inside : {false, true})
                BOOST_TEST_CONTEXT(how << ", " << end << ", minus " << inside)
                {
                    Tape tape;
                    const Variable zv = tape.variable(z, "z"), tv = tape.variable(t, "t");
                    const Variable y = inside ? -reduce(-loss(zv, tv)) : reduce(loss(zv, tv));
                    const Rewritten result = simplify(tape.graph({y}));
                    const std::string ops = body(result.graph);
                    const std::string fused = "binary_cross_entropy_with_logits";
                    BOOST_TEST(ops.find(fused) != std::string::npos, ops);
                    for (const char* gone : {"sigmoid", "log(", "exp", "softplus", "neg"})
                        BOOST_TEST((ops == fused || ops.find(gone) == std::string::npos), ops);
                    near(values(run(result.graph, {z, t})[0]), values(y), 1e-14);
                }
    // A mean of negative terms: -mean(t ln s + ...), the most common of all.
    Tape tape;
    const Variable zv = tape.variable(z, "z"), tv = tape.variable(t, "t"), s = sigmoid(zv);
    const Rewritten mean_of = simplify(tape.graph({-mean(tv * log(s) + (1 - tv) * log(1 - s))}));
    BOOST_TEST(body(mean_of.graph) == "binary_cross_entropy_with_logits mean");
    // The log leads from the nodes that were written to the one that stands there now.
    const Application* last = nullptr;
    for (const Application& a : mean_of.log.applied)
        if (a.rule == "sigmoid + cross-entropy") last = &a;
    BOOST_REQUIRE(last != nullptr);
    BOOST_TEST(last->before.size() >= 7u);
    BOOST_TEST(last->after == std::vector<ValueId>{2}, boost::test_tools::per_element());
    says(mean_of.log.text(), "sigmoid + cross-entropy", "binary_cross_entropy_with_logits(z, t)",
         "4 eps e^|z|");
}

BOOST_AUTO_TEST_CASE(row_7_the_fused_loss_is_within_its_bound_and_right_at_800)
{
    std::vector<double> points;
    for (double z = -30; z <= 30; z += 0.37) points.push_back(z);
    const auto n = static_cast<std::int64_t>(points.size());
    Array z(DType::float64, {n});
    std::ranges::copy(points, static_cast<double*>(z.mutable_data()));
    for (const double label : {0., 1., 0.3}) {
        Tape tape;
        const Variable zv = tape.variable(z, "z"), t = tape.variable(xt::xarray<double>{label}, "t"),
                       s = sigmoid(zv);
        const Variable plain = -(t * log(s) + (1 - t) * log(1 - s));
        const Rewritten result = simplify(tape.graph({plain}));
        BOOST_TEST(result.log.count("sigmoid + cross-entropy") == 1u);
        const std::vector<Variable> inputs = {zv, t};
        const Variable fused = result.graph(inputs)[0], g = grad(sum(fused), zv);
        const std::vector<double> a = values(plain), b = values(fused), d = values(g);
        for (std::size_t i = 0; i < points.size(); ++i) {
            BOOST_TEST(std::abs(a[i] - b[i]) <= 4 * eps * std::exp(std::abs(points[i])));
            const long double exact = 1 / (1 + std::exp(-static_cast<long double>(points[i]))) - label;
            BOOST_TEST(std::abs(d[i] - static_cast<double>(exact)) <= 1e-15);
        }
    }
    const auto at = [](auto big) {
        using T = decltype(big);
        Tape tape;
        const Variable z = tape.variable(xt::xarray<T>{-big, big, -big, big}, "z"),
                       t = tape.variable(xt::xarray<T>{1, 0, 0, 1}, "t"), s = sigmoid(z);
        const Graph plain = tape.graph({-(t * log(s) + (1 - t) * log(1 - s))});
        const std::vector<Variable> inputs = {z, t};
        const Variable fused = simplify(plain).graph(inputs)[0];
        BOOST_TEST(values(fused) == list({800, 800, 0, 0}), boost::test_tools::per_element());
        BOOST_TEST(values(grad(sum(fused), z)) == list({-1, 1, 0, 0}), boost::test_tools::per_element());
        BOOST_TEST(!std::isfinite(values(plain(inputs)[0])[0] + values(plain(inputs)[0])[1]));
    };
    at(800.);
    at(800.f);
}

BOOST_AUTO_TEST_CASE(labels_of_minus_and_plus_one_become_the_logistic_loss)
{
    const Array y(xt::xarray<double>{-3., 0.2, 800., 1.}), t(xt::xarray<double>{1., -1., -1., 1.});
    for (const auto& [how, loss] : std::vector<std::pair<const char*, Loss>>{
             {"ln(1 + e^-ty)", [](Variable v, Variable l) { return log(1 + exp(-l * v)); }},
             {"log1p", [](Variable v, Variable l) { return log1p(exp(-(l * v))); }},
             {"-ln sigma", [](Variable v, Variable l) { return -log(sigmoid(v * l)); }},
             {"softplus", [](Variable v, Variable l) { return softplus(-v * l); }}})
        BOOST_TEST_CONTEXT(how)
        {
            Tape tape;
            const Rewritten result =
                simplify(tape.graph({mean(loss(tape.variable(y, "y"), tape.variable(t, "t")))}));
            BOOST_TEST(body(result.graph) == "logistic_loss mean");
            const double exact =
                (std::log1p(std::exp(3.)) + std::log1p(std::exp(.2)) + 800 + std::log1p(std::exp(-1.))) / 4;
            near(values(run(result.graph, {y, t})[0]), list({exact}), 1e-15);
        }
}

BOOST_AUTO_TEST_CASE(other_weights_are_no_cross_entropy)
{
    for (const auto& weight : {std::function<Variable(Variable)>([](Variable t) { return 0.9 - t; }),
                               std::function<Variable(Variable)>([](Variable t) { return t; }),
                               std::function<Variable(Variable)>([](Variable t) { return 1.0 - t * t; })}) {
        Tape tape;
        const Variable z = tape.variable(xt::xarray<double>{-3., 2.}),
                       t = tape.variable(xt::xarray<double>{1., 0.}), s = sigmoid(z);
        const Rewritten result = simplify(tape.graph({-mean(t * log(s) + weight(t) * log(1 - s))}));
        BOOST_TEST(result.log.count("sigmoid + cross-entropy") == 0u);
        BOOST_TEST(body(result.graph).find("log") ==
                   std::string::npos);  // the logarithms still are stable ones
    }
    // Labels that xtensor subtracted: two constants whose numbers fit, and two whose numbers do not.
    const xt::xarray<double> t = {1., 0.};
    for (const double one : {1., 0.9}) {
        Tape tape;
        const Variable z = tape.variable(xt::xarray<double>{-3., 2.}), s = sigmoid(z);
        const Rewritten result = simplify(tape.graph({-mean(t * log(s) + (one - t) * log(1 - s))}));
        BOOST_TEST(result.log.count("sigmoid + cross-entropy") == (one == 1 ? 1u : 0u));
    }
}

// ---------------------------------------------------------------- guards

BOOST_AUTO_TEST_CASE(values_that_others_read_and_outputs_stay)
{
    const Array x(xt::xarray<double>{0.5, -2., 3.});
    Tape tape;
    const Variable v = tape.variable(x, "x"), p = softmax(v), l = log(p), n = -v;
    const Graph both = tape.graph({l, p});
    const Rewritten result = simplify(both);
    BOOST_TEST(body(result.graph) == "softmax log_softmax");
    BOOST_TEST(same(run(result.graph, {x})[1], run(both, {x})[1]));
    // A sign is only moved if its node goes.
    const Rewritten sign = simplify(tape.graph({n * exp(v), n}));
    BOOST_TEST(body(sign.graph) == "neg exp mul");
    says(refusal(sign, "sign outwards"), "neg (%", "read by others too, or is an output");
    BOOST_TEST(body(simplify(tape.graph({n * exp(v)})).graph) == "exp mul neg");
}

BOOST_AUTO_TEST_CASE(outputs_keep_their_order_and_names)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x"), a = (tanh(x) * 1.0).named("a"),
                   b = (tanh(x) + 0.0).named("b"), c = (x * 1.0).named("c");
    const Rewritten result = simplify(tape.graph({b, a, c}));
    BOOST_REQUIRE_EQUAL(result.graph.outputs().size(), 3u);
    std::string names;
    for (const ValueId id : result.graph.outputs()) names += std::string(result.graph.name(id)) + " ";
    BOOST_TEST(names == "b a c ");
    says(refusal(result, "x * 1, x - 0"), "it is the output 'c', whose name would be lost");
    const Rewritten one = simplify(tape.graph({(exp(x) * 1.0).named("y")}));
    BOOST_TEST(body(one.graph) == "exp");
    BOOST_TEST(one.graph.name(one.graph.outputs()[0]) == "y");
}

BOOST_AUTO_TEST_CASE(scopes_inputs_updates_and_parameters_stay)
{
    Tape tape;
    const Parameter w(xt::xarray<double>{1., 2.}, "w"), slot(xt::xarray<double>{0., 0.}, "slot");
    const Variable unused = tape.variable(xt::xarray<double>{1.}, "unused"),
                   x = tape.variable(xt::xarray<double>{1., 2.}, "x");
    Variable y;
    {
        const auto guard = tape.scope("net.head", "Head");
        y = log(softmax(x * w * 1.0));
    }
    tape.assign(slot, y + 0.0);
    const Rewritten result = simplify(tape.graph({y, unused}));
    BOOST_TEST(result.graph.input_ids().size() == 2u);
    BOOST_TEST((result.graph.parameters()[0].second == w));
    BOOST_REQUIRE_EQUAL(result.graph.updates().size(), 1u);
    BOOST_TEST((result.graph.updates()[0].second == result.graph.outputs()[0]));
    BOOST_TEST(result.graph.path(result.graph[result.graph.outputs()[0]].scope) == "net.head");
    BOOST_TEST(result.log.applied.at(0).path == "net.head");
}

BOOST_AUTO_TEST_CASE(gradients_in_a_graph_are_rewritten_and_stay_marked)
{
    Tape tape;
    const Array at = uniform({4, 3}, -1, 1, 2);
    const Variable x = tape.variable(at, "x"), y = sum(log(softmax(x * 1.0)) * sigmoid(x));
    const Graph graph = tape.graph({y, grad(y, x)});
    const Rewritten result = simplify(graph);
    BOOST_TEST(result.graph.size() < graph.size());
    const std::vector<Array> before = run(graph, {at}), after = run(result.graph, {at});
    near(values(after[0]), values(before[0]), 1e-14);
    near(values(after[1]), values(before[1]), 1e-13);
    Tape other;  // a gradient holds on to its shapes: the graph is not run at others
    const Variable more = other.variable(uniform({5, 3}, -1, 1, 2));
    const auto call = [&](const Graph& g) { return message<ShapeError>([&] { g(std::span(&more, 1)); }); };
    says(call(graph), "is part of a gradient");
    says(call(result.graph), "is part of a gradient");
}

BOOST_AUTO_TEST_CASE(several_outputs_of_one_op_pass_through)
{
    Tape tape;
    const Array x = uniform({3, 2, 4}, -1, 1, 1);
    const Variable v = tape.variable(x, "x");
    const auto p = [&](Shape shape, unsigned seed) {
        return tape.parameter(Parameter(uniform(shape, -1, 1, seed)));
    };
    const LstmStates s = lstm(v * 1.0, p({4, 8}, 2), p({2, 8}, 3), p({8}, 4));
    const Graph graph = tape.graph({s.cells * 1.0, s.hidden});
    const Rewritten result = simplify(graph);
    BOOST_TEST(result.log.count("x * 1, x - 0") == 2u);
    BOOST_TEST(same(run(result.graph, {x})[0], run(graph, {x})[0]));
    BOOST_TEST(same(run(result.graph, {x})[1], run(graph, {x})[1]));
}

// ---------------------------------------------------------------- rules of one's own

BOOST_AUTO_TEST_CASE(a_user_writes_a_rule)
{
    const Rule silu{.name = "silu",
                    .pattern = "mul(x, s: sigmoid(x))",
                    .rewrite = [](const Match& m) { return m["x"] - m["x"] * sigmoid(-m["x"]); },
                    .conditions = {[](const Match& m) {
                        return m["x"].size() > 2 ? std::string() : m.describe("s") + " has under 3 elements";
                    }}};
    const auto f = [](Variable v) { return sigmoid(v * 3.0) * (v * 3.0); };
    const Rewritten result = rewrite(graph_of(f, xt::xarray<double>{1., 2., 3.}), {silu});
    BOOST_TEST(result.log.count("silu") == 1u);
    BOOST_TEST(body(result.graph) == "affine neg sigmoid mul sub");
    BOOST_TEST(refusal(rewrite(graph_of(f, xt::xarray<double>{1., 2.}), {silu}), "silu") ==
               "sigmoid (%3) has under 3 elements");
    const Rewritten nothing = rewrite(graph_of(f, xt::xarray<double>{1., 2.}), std::initializer_list<Rule>{},
                                      {.share = false, .constants = false});
    BOOST_TEST(nothing.log.applied.empty());
}

BOOST_AUTO_TEST_CASE(bad_rules_are_refused_in_words)
{
    const Graph graph = graph_of([](Variable v) { return tanh(v); }, xt::xarray<double>{1., 2.});
    const std::string text = graph.text();
    const auto wrong = [&](const std::string& pattern) {
        return message<ValueError>([&] {
            rewrite(
                graph,
                {Rule{.name = "r", .pattern = pattern, .rewrite = [](const Match& m) { return m.root(); }}});
        });
    };
    says(wrong("tahn(x)"), "'tahn(x)'", "there is no 'tahn'");
    says(wrong("tanh(x"), "',' or ')'");
    says(wrong("tanh(x, y)"), "tanh has 1 inputs");
    says(wrong("x"), "a rule replaces nodes");
    says(wrong("add(x)"), "2 inputs of add");
    const auto with = [&](auto f) { return Rule{.name = "r", .pattern = "tanh(x)", .rewrite = f}; };
    says(message<GraphError>(
             [&] { rewrite(graph, {with([](const Match& m) { return tanh(m["x"] * 2.0); })}); }),
         "come to no end", "'r'");
    says(message<GraphError>([&] { rewrite(graph, {with([](const Match& m) { return m["z"]; })}); }),
         "no name 'z'");
    const Rewritten shape = rewrite(graph, {with([](const Match& m) { return sum(m["x"]); })});
    BOOST_TEST(shape.graph.text() == text);
    BOOST_TEST(refusal(shape, "r") == "what would stand for tanh (%1) is [] float64, not [2] float64");
    BOOST_TEST(graph.text() == text);
}

BOOST_AUTO_TEST_CASE(a_large_graph_takes_linear_time_and_the_result_is_deterministic)
{
    Tape tape;
    Variable y = tape.variable(xt::xarray<double>{1., 2.}, "x");
    for (int i = 0; i < 30000; ++i) y = i % 3 == 0 ? -(-(y * 1.0)) : i % 3 == 1 ? tanh(y) : -y * y;
    const Graph graph = tape.graph({y});
    const Rewritten result = simplify(graph);
    BOOST_TEST(result.log.nodes_after <= 45001u);
    BOOST_TEST(simplify(graph).log.text() == result.log.text());
    BOOST_TEST(simplify(graph).graph.text() == result.graph.text());
    BOOST_TEST(simplify(result.graph).log.applied.empty());  // nothing is left to do
}
