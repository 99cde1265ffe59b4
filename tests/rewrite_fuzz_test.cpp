// 500 random graphs through every rule of simplify(): values and gradients within what the rules state.

#define BOOST_TEST_MODULE rewrite_fuzz
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <map>
#include <random>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/autodiff/rewrite.hpp"

using namespace xgrad;

namespace {

constexpr double eps = 2.220446049250313e-16;
using Numbers = std::vector<double>;

// What a bounded rule is tried on: the plain form of values in [-3, 3] and what it says of its result, element by element:
// bound(the plain value y, the values u and t it was made of).
struct Plain {
    const char* rule;
    std::function<Variable(Variable u, Variable t)> form;
    std::function<double(double y, double u, double t)> bound;
};
constexpr double n = 3;  // length of the last axis
const std::vector<Plain> plain_forms = {
    {"log of softmax", [](Variable u, Variable) { return log(softmax(u)); },
     [](double y, double, double) { return (n + 8) * eps * (1 + std::abs(y)); }},
    {"exp of log_softmax", [](Variable u, Variable) { return exp(log_softmax(u, 0)); },
     [](double y, double, double) { return (4 + 8) * eps * (1 + std::abs(std::log(y))) * y; }},
    {"log of a sum of exp", [](Variable u, Variable) { return log(sum(exp(u), 1, true)) + u * 0.0; },
     [](double y, double, double) { return (n + 8) * eps * (1 + std::abs(y)); }},
    {"plain sigmoid", [](Variable u, Variable) { return 1.0 / (1.0 + exp(-u)); },
     [](double y, double u, double) { return 4 * eps * (1 + std::abs(u)) * y; }},
    {"plain softplus", [](Variable u, Variable) { return log(1.0 + exp(u)); },
     [](double, double u, double) { return 4 * eps * (1 + std::abs(u)); }},
    {"log of sigmoid", [](Variable u, Variable) { return log(sigmoid(u)); },
     [](double, double u, double) { return 4 * eps * (1 + std::abs(u)); }},
    {"exp of -softplus", [](Variable u, Variable) { return exp(-softplus(u)); },
     [](double y, double u, double) { return 4 * eps * (1 + std::abs(u)) * y; }},
    {"log of 1 - sigmoid", [](Variable u, Variable) { return log(1.0 - sigmoid(u)); },
     [](double, double u, double) { return 4 * eps * std::exp(std::abs(u)); }},
    {"sigmoid + cross-entropy",
     [](Variable u, Variable t) {
         const Variable s = sigmoid(u);
         return -(t * log(s) + (1.0 - t) * log(1.0 - s));
     },
     [](double, double u, double) { return 4 * eps * std::exp(std::abs(u)); }},
    {"sigmoid + cross-entropy",
     [](Variable u, Variable t) { return binary_cross_entropy_elementwise(sigmoid(u), t); },
     [](double, double u, double) { return 4 * eps * std::exp(std::abs(u)); }},
    {"softplus - t z", [](Variable u, Variable t) { return softplus(u) - t * u; },
     [](double, double u, double t) { return 4 * eps * (1 + std::abs(u)) * (1 + std::abs(t)); }},
    {"softplus of -t y", [](Variable u, Variable t) { return softplus(-(t * u)); },
     [](double, double u, double t) { return 2 * eps * (1 + std::abs(t * u)); }},
    {"log of exp", [](Variable u, Variable) { return log(exp(u)); },
     [](double, double u, double) { return 2 * eps * (1 + std::abs(u)); }},
    {"exp of log", [](Variable u, Variable) { return exp(log(abs(u) + 0.25)); },
     [](double y, double, double) { return 2 * eps * (2 + std::abs(std::log(y))) * y; }},
    {"log1p of expm1", [](Variable u, Variable) { return log1p(expm1(u)); },
     [](double, double u, double) { return 2 * eps * (1 + std::abs(u)) * std::exp(std::max(-u, 0.)); }},
    {"square of sqrt", [](Variable u, Variable) { return square(sqrt(square(u) + 0.25)); },
     [](double y, double, double) { return 2 * eps * y; }},
    {"x ^ 1", [](Variable u, Variable) { return pow(u, 1.0); },
     [](double, double u, double) { return 4 * eps * std::abs(u); }},
    {"x ^ 2", [](Variable u, Variable) { return pow(u, 2.0); },
     [](double, double u, double) { return 4 * eps * u * u; }},
};

// What keeps bits or the numbers: anywhere within the graph.
const std::vector<std::function<Variable(Variable, Variable)>> exact_forms = {
    [](Variable a, Variable) { return a * 1.0; },
    [](Variable a, Variable) { return a - 0.0; },
    [](Variable a, Variable) { return a + 0.0; },
    [](Variable a, Variable) { return a / 1.0; },
    [](Variable a, Variable) { return a + zeros_like(a); },
    [](Variable a, Variable) {
        return a + full(a, {4, 3}, -0.0);
    },
    [](Variable a, Variable) { return a - zeros_like(a); },
    [](Variable a, Variable) {
        return a - full(a, {4, 3}, -0.0);
    },
    [](Variable a, Variable) { return a * -1.0; },
    [](Variable a, Variable) { return 0.0 - a; },
    [](Variable a, Variable) { return -(-a); },
    [](Variable a, Variable b) { return a + (-b); },
    [](Variable a, Variable b) { return a - (-b); },
    [](Variable a, Variable b) { return -a - b; },
    [](Variable a, Variable b) { return (-a) * b; },
    [](Variable a, Variable b) { return (-a) / (abs(b) + 1.0); },
    [](Variable a, Variable b) { return a / (-(abs(b) + 1.0)); },
    [](Variable a, Variable) { return (-a) * 0.5 + 0.25; },
    [](Variable a, Variable) { return -(0.25 - a); },
    [](Variable a, Variable b) { return sum(-a, 0, true) * 0.25 + b; },
    [](Variable a, Variable b) { return mean(-a, 1, true) + b; },
    [](Variable a, Variable b) { return mean(mean(mean(a)), Axes{}) + b; },
    [](Variable a, Variable) { return tanh(a) * tanh(a); },
    [](Variable a, Variable) { return square(-a) * 0.25; },
    [](Variable a, Variable) { return abs(-a); },
    [](Variable a, Variable) { return relu(relu(a)); },
    [](Variable a, Variable) { return abs(abs(a)); },
    [](Variable a, Variable b) { return where(a > b, b, b); },
    [](Variable a, Variable b) { return where(a > b, tanh(a), b); },
    [](Variable a, Variable) { return transpose(transpose(a)); },
    [](Variable a, Variable) {
        return permute(a, {0, 1});
    },
    [](Variable a, Variable) {
        return reshape(reshape(a, {2, 6}), {4, 3});
    },
    [](Variable a, Variable) {
        return reshape(flatten(a, 0), {4, 3});
    },
    [](Variable a, Variable) {
        return flatten(reshape(a, {4, 3}), 1, 1);
    },
    [](Variable a, Variable b) {
        return broadcast_to(broadcast_to(mean(a, 0, true), {4, 3}), {4, 3}) + b;
    },
    [](Variable a, Variable b) {
        return sum(broadcast_to(broadcast_to(mean(a, 0), {1, 3}), {4, 3}) * b);
    },
    [](Variable a, Variable) { return a * (full(a, {}, 2) * full(a, {}, 0.25)); },
    [](Variable a, Variable) {
        return a + tanh(a.tape().constant(xt::xarray<double>{0.5, 1., -1.})) * 0.5;
    },
    [](Variable a, Variable) { return detach(detach(a)) * 0.5 + a; },
    [](Variable a, Variable) { return sign(sign(a)); },
    [](Variable a, Variable b) { return a * sigmoid(b); },
    [](Variable a, Variable b) { return a + b; },
    [](Variable a, Variable) { return sin(a); },
    [](Variable a, Variable) { return a * 0.7 - 0.1; },
};

struct Recorded {
    Graph graph;
    std::vector<std::size_t> forms;  // of each output but the first
};

// Nodes and inputs: a, b, t. Output 0 is made of exact forms alone; each further one is a plain form of two values.
Recorded random_graph(unsigned seed, const std::vector<Array>& inputs,
                      std::vector<std::pair<Numbers, Numbers>>& operands)
{
    std::mt19937_64 engine(seed);
    const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(engine() % count); };
    Tape tape({.training = false});
    std::vector<Variable> pool = {tape.variable(inputs[0], "a"), tape.variable(inputs[1], "b")};
    const Variable t = tape.variable(inputs[2], "t");
    const std::size_t length = 5 + pick(20);
    for (std::size_t k = 0; k < length; ++k) {
        // The latest values more often, so that graphs are deep; 3 tanh(x / 3) keeps numbers in [-3, 3].
        const auto value = [&] {
            return pool[pool.size() - 1 - std::min(pick(pool.size()), pick(pool.size()))];
        };
        const Variable a = value(), b = value();
        Variable made = exact_forms[pick(exact_forms.size())](a, b);
        if (made.shape().size() != 2) made = made + b;
        pool.push_back(3.0 * tanh(made * (1. / 3)));
    }
    std::vector<Variable> outputs = {pool.back() - pool[pick(pool.size())] * 0.5};
    Recorded result;
    for (int k = 0; k < 3; ++k) {
        const std::size_t form = pick(plain_forms.size());
        const Variable u = pool[pick(pool.size())];
        outputs.push_back(plain_forms[form].form(u, t));
        operands.emplace_back(values(u), values(t));
        result.forms.push_back(form);
    }
    outputs.insert(outputs.end(), {pool[0], pool[1], t});  // so that they all are inputs of the graph
    result.graph = tape.graph(outputs);
    return result;
}

struct Ran {
    std::vector<Numbers> outputs, gradients;
};
Ran ran(const Graph& graph, const std::vector<Array>& inputs)
{
    Tape tape({.training = false});
    std::vector<Variable> x;
    for (const Array& input : inputs) x.push_back(tape.variable(input));
    Ran result;
    const std::vector<Variable> y = graph(x);
    for (const Variable& v : y) result.outputs.push_back(values(keep(v)));
    for (std::size_t k = 0; k + 3 < y.size(); ++k) {
        const Gradients g = grad(sum(y[k] * y[k]), {x[0], x[1]});
        for (std::size_t i = 0; i < 2; ++i) result.gradients.push_back(values(g.gradient(i)));
    }
    return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(five_hundred_random_graphs)
{
    std::map<std::string, int> fired;
    int exact = 0;
    double worst = 0;
    for (unsigned seed = 1; seed <= 500; ++seed) BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937_64 engine(seed);
            std::uniform_real_distribution<double> draw(-2, 2);
            std::vector<Array> inputs;
            for (int k = 0; k < 3; ++k) {
                Array array(DType::float64, {4, 3});
                for (std::int64_t i = 0; i < 12; ++i)
                    static_cast<double*>(array.mutable_data())[i] =
                        k < 2 ? draw(engine) : static_cast<double>(engine() % 5) / 4;
                inputs.push_back(array);
            }
            std::vector<std::pair<Numbers, Numbers>> operands;
            const Recorded recorded = random_graph(seed, inputs, operands);
            const Rewritten result = simplify(recorded.graph);
            result.graph.verify();
            for (const Application& a : result.log.applied) ++fired[a.rule];
            BOOST_TEST(result.graph.size() <= recorded.graph.size());
            for (const Application& a : result.log.applied) {
                BOOST_TEST(!a.before.empty());
                for (const ValueId id : a.before) BOOST_TEST(id < recorded.graph.size());
                for (const ValueId id : a.after) BOOST_TEST(id < result.graph.size());
            }
            BOOST_TEST(simplify(result.graph).log.applied.empty());

            const Ran before = ran(recorded.graph, inputs), after = ran(result.graph, inputs);
            // The rules that keep numbers: not a bit of difference (a zero may change its sign).
            BOOST_TEST(before.outputs[0] == after.outputs[0], boost::test_tools::per_element());
            exact += before.outputs[0] == after.outputs[0];
            for (std::size_t k = 0; k < recorded.forms.size(); ++k) {
                const Plain& form = plain_forms[recorded.forms[k]];
                BOOST_TEST_CONTEXT(form.rule)
                for (std::size_t i = 0; i < 12; ++i) {
                    const double y = before.outputs[k + 1][i], d = std::abs(y - after.outputs[k + 1][i]);
                    const double bound = form.bound(y, operands[k].first[i], operands[k].second[i]);
                    BOOST_TEST(d <= bound);
                    if (d > 0) worst = std::max(worst, d / bound);
                }
            }
            for (std::size_t k = 0; k < before.gradients.size(); ++k) {
                double size = 1;
                for (const double g : before.gradients[k]) size = std::max(size, std::abs(g));
                for (std::size_t i = 0; i < 12; ++i)
                    BOOST_TEST(std::abs(before.gradients[k][i] - after.gradients[k][i]) <= 1e-12 * size);
            }
        }
    BOOST_TEST(exact == 500);
    BOOST_TEST_MESSAGE("largest difference / bound: " << worst);
    for (const Rule& rule : simplification_rules())
        BOOST_TEST(fired[rule.name] >= 20, rule.name << " fired " << fired[rule.name] << " times");
    for (const char* name : {"common parts", "constants"}) BOOST_TEST(fired[name] >= 20);
}
