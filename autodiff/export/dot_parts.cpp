// Which nodes are forward, which are not affine, and which forward node a gradient node belongs to.
#include "autodiff/export/dot_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "autodiff/export/dot_text.hpp"
#include "autodiff/passes/gradient_places.hpp"

namespace xgrad::detail {
namespace {

Leaf leaf_of(const Graph& graph, ValueId id)
{
    const Op& op = *graph[id].op;
    if (op.name == "input") return Leaf::data;
    if (op.name == "parameter") return Leaf::parameter;
    if (op.name == "constant" && graph[id].a != 0) return Leaf::parameter;  // what was one before a collapse
    if (op.name == "constant")  // data that is named, such as targets; other constants are part of a formula
        return !graph.name(id).empty() && graph.count(id) > 1 ? Leaf::data : Leaf::constant;
    return op.arity == 0 && !op.traits.stochastic ? Leaf::constant : Leaf::none;
}

// What an op varies with: data before parameters, so that x W is affine although both may change.
enum Varies : std::uint8_t { nothing, parameters, data };

// Affine in these of its inputs, all others fixed?
bool affine_in(const Traits& traits, const std::vector<std::size_t>& inputs)
{
    if (inputs.size() > 1 && !traits.jointly) return false;
    return std::ranges::all_of(inputs, [&](std::size_t k) { return k < 8 && (traits.linear >> k & 1); });
}

}  // namespace

Parts::Parts(const Graph& graph, int forward_outputs)
    : forward(graph.size()),
      nonlinear(graph.size()),
      leaf(graph.size()),
      place(graph.size(), no_value),
      further(graph.size())
{
    const std::size_t size = graph.size();
    for (ValueId id = 0; id < size; ++id) {
        further[id] = graph[id].op->name == "output";
        leaf[id] = further[id] ? Leaf::none : leaf_of(graph, id);
    }
    const std::span<const ValueId> outputs = graph.outputs();
    const std::size_t count =
        std::min(outputs.size(), static_cast<std::size_t>(std::max(forward_outputs, 0)));
    for (std::size_t k = 0; k < count; ++k) forward[outputs[k]] = 1;
    if (count == 0)  // nothing says what is forward: all that is no update
        for (ValueId id = 0; id < size; ++id) forward[id] = !graph[id].op->traits.update;
    for (ValueId id = static_cast<ValueId>(size); id-- > 0;)
        if (forward[id])
            for (const ValueId in : graph.inputs(id)) forward[in] = 1;

    for (ValueId id = 0; id < size;
         ++id)  // a further output that only gradients read comes with its row all the same
        if (further[id]) forward[id] = forward[graph.inputs(id)[0]];

    // Named constants are the data of a graph that has no inputs; beside inputs they do not vary.
    bool inputs_vary = false;
    for (ValueId id = 0; id < size; ++id) inputs_vary |= forward[id] && graph[id].op->name == "input";
    std::vector<Varies> varies(size, nothing);
    std::vector<std::size_t> moving;
    for (ValueId id = 0; id < size; ++id) {
        if (leaf[id] != Leaf::none) {
            if (leaf[id] == Leaf::parameter) varies[id] = parameters;
            if (leaf[id] == Leaf::data && (graph[id].op->name == "input" || !inputs_vary)) varies[id] = data;
            continue;
        }
        const std::span<const ValueId> inputs = graph.inputs(id);
        for (const ValueId in : inputs) varies[id] = std::max(varies[id], varies[in]);
        moving.clear();
        for (std::size_t k = 0; k < inputs.size(); ++k)
            if (varies[id] != nothing && varies[inputs[k]] == varies[id]) moving.push_back(k);
        nonlinear[id] = !further[id] && !affine_in(graph[id].op->traits, moving);
    }

    GradientSearch search{forward, std::vector<std::uint8_t>(size), std::vector<std::uint8_t>(size),
                          std::vector<std::uint8_t>(size)};
    for (ValueId id = 0; id < size; ++id) {
        has_backward = has_backward || !forward[id];
        search.op[id] = is_forward_op(id);
        search.constant[id] = leaf[id] == Leaf::constant;
        search.gradient[id] = !forward[id] && leaf[id] == Leaf::none && !graph[id].op->traits.update;
    }
    place = gradient_places(graph, search);
}

// ---------------------------------------------------------------- words

std::string parameter_name(const Graph& graph, ValueId id, ScopeId within)
{
    std::string name = graph[id].op->name == "parameter" ? graph.parameter(id).name() : std::string();
    if (name.empty()) name = graph.name(id);
    if (name.empty()) return "parameter";
    const std::string path = graph.path(within) + ".";
    return name.size() > path.size() && name.starts_with(path) ? name.substr(path.size()) : name;
}

namespace {
// "1/640" where four digits would not be the number itself.
std::string number(double x)
{
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.4g", x);
    const double n = std::round(1 / std::abs(x));
    const bool reciprocal =
        n >= 2 && n <= 1 << 20 &&
        (std::abs(x) == 1 / n || std::abs(x) == static_cast<double>(1 / static_cast<float>(n)));
    if (!reciprocal || std::strtod(digits, nullptr) == x) return value_text(x);
    return (x < 0 ? "\u2212" : "") + std::string("1/") + std::to_string(static_cast<int>(n));
}
}  // namespace

std::string constant_text(const Graph& graph, ValueId id)
{
    const Node& node = graph[id];
    if (!graph.name(id).empty()) return std::string(graph.name(id));
    if (node.op->name == "full") return number(node.a);
    if (node.op->name == "constant" && graph.count(id) == 1) {
        const Array& value = graph.constant(id);
        switch (value.dtype()) {
        case DType::float32: return number(value.item<float>());
        case DType::float64: return number(value.item<double>());
        case DType::int64: return number(static_cast<double>(value.item<std::int64_t>()));
        case DType::boolean: return value.item<bool>() ? "true" : "false";
        }
    }
    const std::string kind = node.op->name == "constant" ? "" : op_title(graph, id) + "  ";
    return kind + to_string(graph.shape(id));
}

namespace {
// Numbers with four digits and a minus that is one: "0.3536·x − 1" for "0.35355339059327373·x - 1".
std::string typeset_numbers(const std::string& text)
{
    std::string set;
    for (std::size_t k = 0; k < text.size();) {
        const char c = text[k];
        if (c >= '0' && c <= '9') {
            char* end = nullptr;
            set += value_text(std::strtod(text.c_str() + k, &end));
            k = static_cast<std::size_t>(end - text.c_str());
        } else {
            set += c == '-' ? std::string("\u2212") : std::string(1, c);
            ++k;
        }
    }
    return set;
}
}  // namespace

std::string op_title(const Graph& graph, ValueId id)
{
    std::string title = label_of(graph, id);
    if (const std::size_t end = title.find('\n'); end != std::string::npos) title.resize(end);
    return graph[id].op->label_is_attributes ? typeset_numbers(title) : title;
}

std::string shape_text(const Graph& graph, ValueId id, DType usual)
{
    std::string text = graph.shape(id).empty() ? "" : to_string(graph.shape(id));
    if (graph.dtype(id) == usual) return text;
    constexpr const char* names[dtype_count] = {"f32", "f64", "i64", "bool"};
    return text + (text.empty() ? "" : " ") + names[static_cast<std::size_t>(graph.dtype(id))];
}

DType usual_dtype(const Graph& graph)
{
    for (ValueId id = 0; id < graph.size(); ++id)
        if (is_floating(graph.dtype(id))) return graph.dtype(id);
    return DType::float64;
}

std::int64_t batch_of(const Graph& graph)
{
    for (ValueId id = 0; id < graph.size(); ++id)
        if (graph[id].op->name == "input" || (graph[id].op->name == "constant" && !graph.name(id).empty()))
            if (graph.shape(id).size() > 1) return graph.shape(id)[0];
    return 1;
}

}  // namespace xgrad::detail
