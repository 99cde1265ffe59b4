// Rules of shapes: transposes, reshapes and repetitions after one another. All of them keep the bits.
#include <algorithm>

#include "autodiff/passes/rules.hpp"
#include "xgrad/autodiff/ops.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {
namespace {

Dims list_of(const Match& m, std::string_view name) { return m.graph().list(m.node(name).list); }

bool keeps_order(const Match& m)
{
    const Dims order = list_of(m, "p");
    for (std::size_t k = 0; k < order.size(); ++k)
        if (order[k] != static_cast<std::int64_t>(k)) return false;
    return true;
}

bool keeps_shape(const Match& m) { return std::ranges::equal(m.root().shape(), m["x"].shape()); }

// A reshape with an open length behind the first axis: with another number of rows it is no identity.
std::string rows_are_free(const Match& m)
{
    const Dims list = list_of(m, "r");
    const auto open = std::ranges::find(list, -1);
    if (open == list.end() || open == list.begin()) return {};
    return m.describe("r") + " to " + to_string(list) +
           " leaves another length than the first open: with other numbers of rows it changes the shape";
}

}  // namespace

void add_shape_rules(std::vector<Rule>& rules)
{
    rules.push_back(
        {.name = "double transpose", .pattern = "p: permute(q: permute(x))", .rewrite = [](const Match& m) {
             const Dims outer = list_of(m, "p"), inner = list_of(m, "q");
             Axes order;
             for (const std::int64_t axis : outer) order.push_back(inner[static_cast<std::size_t>(axis)]);
             return permute(m["x"], order);
         }});
    rules.push_back({.name = "identical transpose",
                     .pattern = "p: permute(x)",
                     .rewrite = [](const Match& m) { return m["x"]; },
                     .fits = keeps_order});
    for (const char* inner : {"reshape", "flatten"})
        rules.push_back({.name = "double reshape",
                         .pattern = "r: reshape(" + std::string(inner) + "(x))",
                         .rewrite = [](const Match& m) {
                             const Dims list = list_of(m, "r");
                             return reshape(m["x"], Shape(list.begin(), list.end()));
                         }});
    rules.push_back({.name = "identical reshape",
                     .pattern = "r: reshape(x)",
                     .rewrite = [](const Match& m) { return m["x"]; },
                     .conditions = {rows_are_free},
                     .fits = keeps_shape});
    rules.push_back({.name = "identical reshape",
                     .pattern = "f: flatten(x)",
                     .rewrite = [](const Match& m) { return m["x"]; },
                     .fits = [](const Match& m) { return m.node("f").a == m.node("f").b; }});
    rules.push_back({.name = "double repetition",
                     .pattern = "r: broadcast_to(broadcast_to(x))",
                     .rewrite = [](const Match& m) {
                         const Dims shape = m.root().shape();
                         return broadcast_to(m["x"], Shape(shape.begin(), shape.end()));
                     }});
}

}  // namespace xgrad::detail
