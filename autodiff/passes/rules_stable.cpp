// Rules that take exp and log together: fewer roundings, and right where the plain form overflows. The plain form's own
// terms are what the bounds speak of; where it gives inf or NaN although the value exists, the new one gives the value.
#include <algorithm>
#include <cstring>

#include "autodiff/passes/rules.hpp"
#include "xgrad/autodiff/ops.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

Rule bounded(std::string name, std::string pattern, Variable (*rewrite)(const Match&), std::string bound)
{
    return {.name = std::move(name),
            .pattern = std::move(pattern),
            .rewrite = rewrite,
            .exactness = Exactness::bounded,
            .bound = std::move(bound)};
}

// Whether y is 1 - x: recorded so, or two constants whose numbers are.
bool is_complement(const Match& m, ValueId x, ValueId y)
{
    const Graph& graph = m.graph();
    const auto behind = [&](ValueId id) {
        while (graph[id].op->traits.alias && graph[id].op->kernel != nullptr) id = graph.inputs(id)[0];
        return id;
    };
    x = behind(x);
    y = behind(y);
    const Node& node = graph[y];
    if (node.op->traits.filled && graph[x].op->traits.filled) return node.a == 1 - graph[x].a;
    if (node.op->name == "affine") return node.a == -1 && node.b == 1 && behind(graph.inputs(y)[0]) == x;
    if (node.op->name == "sub")
        return graph[graph.inputs(y)[0]].op->traits.filled && graph[graph.inputs(y)[0]].a == 1 &&
               behind(graph.inputs(y)[1]) == x;
    if (node.op != &constant_op || graph[x].op != &constant_op || graph[x].shape != node.shape ||
        graph[x].dtype != node.dtype)
        return false;
    Recorder& recorder = Recorder::of(m.root());
    const Array a = recorder.array(x), b = recorder.array(y);
    const auto all = [&]<class T>(const T* u, const T* v) {
        return std::equal(u, u + a.size(), v, [](T p, T q) { return q == T(1) - p; });
    };
    return a.dtype() == DType::float32
               ? all(static_cast<const float*>(a.data()), static_cast<const float*>(b.data()))
               : all(static_cast<const double*>(a.data()), static_cast<const double*>(b.data()));
}

Variable with_logits(Variable z, Variable t) { return binary_cross_entropy_with_logits_elementwise(z, t); }

constexpr const char* row_7 = "value within 4 eps e^|z| of the plain form, gradient sigma(z) - t to 2 eps";

bool is_data(const Match& m, std::string_view name)
{
    const Graph& graph = m.graph();
    ValueId id = m[name].id();
    while (graph[id].op->traits.alias) id = graph.inputs(id)[0];
    return graph[id].op == &input_op || graph[id].op == &constant_op;
}

}  // namespace

void add_stable_rules(std::vector<Rule>& rules)
{
    // ---- softmax and sums of exponentials
    rules.push_back(bounded(
        "log of softmax", "log(s: softmax(x))",
        [](const Match& m) { return log_softmax(m["x"], static_cast<std::int64_t>(m.node("s").a)); },
        "within (n + 8) eps (1 + |value|) where the plain form is finite, n the length of the axis"));
    rules.push_back(bounded(
        "exp of log_softmax", "exp(s: log_softmax(x))",
        [](const Match& m) { return softmax(m["x"], static_cast<std::int64_t>(m.node("s").a)); },
        "within (n + 8) eps (1 + |log value|) value + 2 m, n the length of the axis, m the smallest normal "
        "number"));
    Rule total = bounded(
        "log of a sum of exp", "log(s: *(exp(x)))",
        [](const Match& m) {
            const Node& sum = m.node("s");
            return logsumexp(m["x"], m.graph().list(sum.list)[0], sum.a != 0);
        },
        "within (n + 8) eps (1 + |value|) where the plain form is finite, n the length of the axis");
    total.fits = [](const Match& m) {
        return m.node("s").op->traits.sums && m.graph().list(m.node("s").list).size() == 1;
    };
    rules.push_back(std::move(total));

    // ---- sigmoid, softplus
    rules.push_back(bounded(
        "plain sigmoid", "div(1, affine(exp(neg(z)), 1, 1))", [](const Match& m) { return sigmoid(m["z"]); },
        "within 4 eps (1 + |z|) value"));
    for (const char* plain : {"log(affine(exp(x), 1, 1))", "log1p(exp(x))"})
        rules.push_back(bounded(
            "plain softplus", plain, [](const Match& m) { return softplus(m["x"]); },
            "within 4 eps (1 + |x|) where the plain form is finite"));
    rules.push_back(bounded(
        "exp of -softplus", "exp(neg(softplus(x)))", [](const Match& m) { return sigmoid(-m["x"]); },
        "within 4 eps (1 + |x|) value"));
    rules.push_back(bounded(
        "log of sigmoid", "log(sigmoid(z))", [](const Match& m) { return -softplus(-m["z"]); },
        "within 4 eps (1 + |z|) where the plain form is finite"));
    for (const char* plain : {"log(affine(sigmoid(z), -1, 1))", "log1p(neg(sigmoid(z)))"})
        rules.push_back(bounded(
            "log of 1 - sigmoid", plain, [](const Match& m) { return -softplus(m["z"]); },
            "within 4 eps e^|z| of the plain form"));

    // ---- the sigmoid moves into the loss: labels 0 and 1
    rules.push_back(bounded(
        "sigmoid + cross-entropy", "binary_cross_entropy(sigmoid(z), t)",
        [](const Match& m) { return with_logits(m["z"], m["t"]); },
        std::string(row_7) + "; the plain form cuts logarithms off at -100"));
    Rule entropy = bounded(
        "sigmoid + cross-entropy", "add(mul(t, softplus(neg(z))), mul(u, softplus(z)))",
        [](const Match& m) {
            const bool first = is_complement(m, m["t"].id(), m["u"].id());
            return first ? with_logits(m["z"], m["t"]) : with_logits(m["z"], 1 - m["u"]);
        },
        row_7);
    entropy.fits = [](const Match& m) {
        return is_complement(m, m["t"].id(), m["u"].id()) || is_complement(m, m["u"].id(), m["t"].id());
    };
    rules.push_back(std::move(entropy));
    Rule turned = bounded(
        "sigmoid + cross-entropy", "sub(mul(t, softplus(neg(z))), mul(a: affine(t, 1, -1), softplus(z)))",
        [](const Match& m) { return with_logits(m["z"], m["t"]); }, row_7);
    rules.push_back(std::move(turned));
    rules.push_back(bounded(
        "softplus - t z", "sub(softplus(z), mul(t, z))",
        [](const Match& m) { return with_logits(m["z"], m["t"]); }, "within 4 eps (1 + |z|)(1 + |t|)"));
    // ---- labels -1 and +1
    Rule logistic = bounded(
        "softplus of -t y", "softplus(neg(mul(t, y)))",
        [](const Match& m) {
            return is_data(m, "t") ? logistic_loss_elementwise(m["y"], m["t"])
                                   : logistic_loss_elementwise(m["t"], m["y"]);
        },
        "within 2 eps (1 + |t y|)");
    logistic.fits = [](const Match& m) { return is_data(m, "t") || is_data(m, "y"); };
    rules.push_back(std::move(logistic));

    // ---- inverse functions
    rules.push_back(bounded(
        "log of exp", "log(exp(x))", [](const Match& m) { return m["x"]; },
        "within 2 eps (1 + |x|) where exp(x) is a normal number; x itself where it overflows or is lost"));
    Rule back = bounded(
        "exp of log", "exp(log(x))", [](const Match& m) { return m["x"]; }, "within 2 eps (2 + |log x|) x");
    back.conditions = {not_negative("x")};
    rules.push_back(std::move(back));
    rules.push_back(bounded(
        "log1p of expm1", "log1p(expm1(x))", [](const Match& m) { return m["x"]; },
        "within 2 eps (1 + |x|) e^max(-x, 0) where expm1(x) is finite and over -1"));
    Rule root = bounded(
        "square of sqrt", "square(sqrt(x))", [](const Match& m) { return m["x"]; }, "within 2 eps x");
    root.conditions = {not_negative("x")};
    rules.push_back(std::move(root));
}

}  // namespace xgrad::detail

namespace xgrad {

std::span<const Rule> simplification_rules()
{
    static const std::vector<Rule> rules = [] {
        std::vector<Rule> all;
        detail::add_stable_rules(all);
        detail::add_identities(all);
        detail::add_shape_rules(all);
        return all;
    }();
    return rules;
}

}  // namespace xgrad
