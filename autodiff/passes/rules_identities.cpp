// Rules of arithmetic: neutral operands, signs, powers. x * 0 and x - x are no rules: NaN and inf must survive.
#include <algorithm>

#include "autodiff/passes/rules.hpp"
#include "xgrad/autodiff/ops.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {
namespace {

// Which input of an elementwise op of two is the number that leaves the other one as it is; -1 if none.
int neutral_input(const Match& m)
{
    const Traits& traits = m.node("r").op->traits;
    if (!traits.elementwise) return -1;
    if (m.number("y") == traits.neutral[1]) return 1;
    return m.number("x") == traits.neutral[0] ? 0 : -1;
}

// The same op with the same attributes on something else.
Variable again(const Match& m, std::string_view name, Variable x)
{
    const Node& node = m.node(name);
    return Recorder::of(x).record(*node.op, x, node.a, node.b, node.list);
}

Rule to(std::string name, std::string pattern, Variable (*rewrite)(const Match&),
        Exactness exactness = Exactness::bitwise)
{
    Rule rule{.name = std::move(name), .pattern = std::move(pattern), .rewrite = rewrite};
    rule.exactness = exactness;
    return rule;
}
// What moves a sign outwards: only where the node that had it goes.
Rule moves_sign(std::string pattern, Variable (*rewrite)(const Match&),
                Exactness exactness = Exactness::bitwise)
{
    Rule rule = to("sign outwards", std::move(pattern), rewrite, exactness);
    rule.inner_once = true;
    return rule;
}

Variable x_of(const Match& m) { return m["x"]; }
Variable minus_x(const Match& m) { return -m["x"]; }

}  // namespace

void add_identities(std::vector<Rule>& rules)
{
    using enum Exactness;
    rules.push_back({.name = "neutral operand",
                     .pattern = "r: *(x, y)",
                     .rewrite = [](const Match& m) { return m[neutral_input(m) == 1 ? "x" : "y"]; },
                     .fits = [](const Match& m) { return neutral_input(m) >= 0; }});
    rules.push_back(to("x * 1, x - 0", "affine(x, 1, -0)", x_of));
    rules.push_back(to("x + 0", "affine(x, 1, 0)", x_of, sign_of_zero));
    rules.push_back(to("x + 0", "add(x, 0)", x_of, sign_of_zero));
    rules.push_back(to("x + -0", "add(x, -0)", x_of));
    rules.push_back(to("x - 0", "sub(x, 0)", x_of));
    rules.push_back(to("x - -0", "sub(x, -0)", x_of, sign_of_zero));
    rules.push_back(to("x * -1", "affine(x, -1, -0)", minus_x));
    rules.push_back(to("0 - x", "affine(x, -1, 0)", minus_x, sign_of_zero));

    rules.push_back(to("-(-x)", "neg(neg(x))", x_of));
    rules.push_back(to("x + (-y)", "add(x, neg(y))", [](const Match& m) { return m["x"] - m["y"]; }));
    rules.push_back(to("x - (-y)", "sub(x, neg(y))", [](const Match& m) { return m["x"] + m["y"]; }));
    rules.push_back(moves_sign(
        "sub(neg(x), y)", [](const Match& m) { return -(m["x"] + m["y"]); }, sign_of_zero));
    rules.push_back(moves_sign("mul(neg(x), y)", [](const Match& m) { return -(m["x"] * m["y"]); }));
    rules.push_back(moves_sign("div(neg(x), y)", [](const Match& m) { return -(m["x"] / m["y"]); }));
    rules.push_back(moves_sign("div(x, neg(y))", [](const Match& m) { return -(m["x"] / m["y"]); }));
    rules.push_back(moves_sign("a: affine(neg(x))",
                               [](const Match& m) { return affine(m["x"], -m.node("a").a, m.node("a").b); }));
    Rule scaled = to(
        "-(a x + b)", "neg(s: affine(x))",
        [](const Match& m) {
            return affine(m["x"], -m.node("s").a, m.node("s").b == 0 ? -0.0 : -m.node("s").b);
        },
        sign_of_zero);
    scaled.inner_once = true;
    scaled.fits = [](const Match& m) { return m.node("s").a < 0; };
    rules.push_back(std::move(scaled));
    Rule reduced = moves_sign(
        "r: *(neg(x))", [](const Match& m) { return -again(m, "r", m["x"]); }, sign_of_zero);
    reduced.fits = [](const Match& m) {
        const Traits& traits = m.node("r").op->traits;
        return traits.sums || traits.averages;
    };
    rules.push_back(std::move(reduced));

    rules.push_back({.name = "sum over no axes",
                     .pattern = "r: *(x)",
                     .rewrite = x_of,
                     .fits =
                         [](const Match& m) {
                             const Node& node = m.node("r");
                             const bool reduces = node.op->traits.sums || node.op->traits.averages;
                             return reduces && m.graph().list(node.list).empty();
                         },
                     .exactness = sign_of_zero});
    rules.push_back(to("square", "mul(x, x)", [](const Match& m) { return square(m["x"]); }));
    for (const char* op : {"square", "abs"})
        rules.push_back({.name = "even function of -x",
                         .pattern = "r: " + std::string(op) + "(neg(x))",
                         .rewrite = [](const Match& m) { return again(m, "r", m["x"]); }});
    for (const char* op : {"relu", "abs", "sign", "detach"})
        rules.push_back({.name = "the same function twice",
                         .pattern = std::string(op) + "(r: " + op + "(x))",
                         .rewrite = [](const Match& m) { return m["r"]; }});
    rules.push_back(to("one choice", "where(c, x, x)", x_of));

    rules.push_back({.name = "x ^ 1",
                     .pattern = "pow(x, 1)",
                     .rewrite = x_of,
                     .exactness = bounded,
                     .bound = "within the rounding of pow: 4 eps |x|"});
    rules.push_back({.name = "x ^ 2",
                     .pattern = "pow(x, 2)",
                     .rewrite = [](const Match& m) { return square(m["x"]); },
                     .exactness = bounded,
                     .bound = "within the rounding of pow: 4 eps x^2"});
}

}  // namespace xgrad::detail
