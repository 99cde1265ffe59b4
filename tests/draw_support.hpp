// Graphs to draw, and what a reader of a picture sees: for the tests of pictures.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>

#include <graphviz/cgraph.h>

namespace draw_support {

using namespace xgrad;

// ---------------------------------------------------------------- graphs to draw

inline Parameter parameter(const Shape& shape, const std::string& name)
{
    return Parameter(DType::float64, shape, name);
}

struct Layer {
    std::string scope, type;  // "Linear": in -> out; "ReLU"; "Affine": 0.5 x + 0.1
    std::int64_t in = 0, out = 0;
    std::string weight = "weight", bias = "bias";
};

struct Network {
    Tape tape;
    std::vector<Parameter> parameters;
    Variable x, y;

    explicit Network(const std::vector<Layer>& layers)
    {
        x = y = tape.variable(
            Array(xt::xarray<double>(xt::zeros<double>({64, static_cast<int>(layers.front().in)}))), "x");
        for (const Layer& layer : layers) {
            const auto scope = tape.scope(layer.scope, layer.type);
            if (layer.type == "ReLU") {
                y = relu(y);
            } else if (layer.type == "Affine") {
                y = affine(y, 0.5, 0.1);
            } else {
                parameters.push_back(parameter({layer.in, layer.out}, layer.scope + "." + layer.weight));
                parameters.push_back(parameter({layer.out}, layer.scope + "." + layer.bias));
                y = linear(y, parameters[parameters.size() - 2], parameters.back());
            }
        }
    }
    Graph graph() const { return tape.graph({y}); }
    // With a loss and the gradients of all parameters.
    Graph training() const
    {
        const Variable loss = mean(square(y)).named("loss");
        const Gradients gradients = grad(loss, std::span<const Parameter>(parameters));
        std::vector<Variable> outputs = {loss};
        for (std::size_t k = 0; k < gradients.size(); ++k) outputs.push_back(gradients.gradient(k));
        return tape.graph(outputs);
    }
};

inline std::vector<Layer> mlp()
{
    return {{"net.0", "Linear", 784, 128}, {"net.1", "ReLU"}, {"net.2", "Linear", 128, 10}};
}

// y = ln x1 + x1 x2 - tanh x2
inline Picture scalar(Theme theme = Theme::light)
{
    Tape tape;
    const Variable x1 = tape.variable(2.0, "x1"), x2 = tape.variable(5.0, "x2");
    // Compilers differ in which operand they evaluate first.
    const Variable tangent = tanh(x2), product = x1 * x2, logarithm = log(x1);
    const Variable y = (logarithm + product - tangent).named("y");
    return draw(y,
                {.theme = theme, .values = true, .title = "y = ln x1 + x1 x2 − tanh x2, with its gradient"});
}

inline const std::vector<std::string> hostile = {"x<y>",        "say \"hi\" & bye",    "back\\slash \\N \\G",
                                                 "&lt; is <",   "net.a|b.{c}",         "Ångström 层 λ",
                                                 "<b>bold</b>", "100% \\\"quoted\\\"", "-->"};

inline Picture names()
{
    Tape tape;
    Variable y = tape.variable(xt::xarray<double>{1., 2.}, hostile[0]);
    for (std::size_t k = 1; k < hostile.size(); ++k) {
        const auto scope = tape.scope("m" + std::to_string(k) + hostile[k], hostile[k]);
        y = relu(exp(y).named(hostile[k]));
    }
    return draw(sum(y).named("bad \xff\x01 bytes"), {.depth = 9, .title = hostile[2], .caption = hostile[7]});
}

inline std::vector<ValueId> ops(const Graph& graph)
{
    std::vector<ValueId> ids;
    for (ValueId id = 0; id < graph.size(); ++id)
        if (!graph[id].op->traits.leaf) ids.push_back(id);
    return ids;
}

// A profile with made-up times: products by themselves, what lies between them as groups; step k takes (k + 1)^2 us.
inline Profile made_up(const Graph& graph)
{
    Profile profile;
    profile.graph = graph;
    profile.runs = 20;
    bool open = false;
    for (const ValueId id : ops(graph)) {
        if (graph[id].op->traits.filled) continue;
        const std::string name(graph[id].op->name);
        const bool product = name == "matmul";
        if (product || !open) {
            profile.steps.push_back({.name = name, .where = graph.path(graph[id].scope)});
            open = !product;
        } else {
            profile.steps.back().name += ", " + name;
        }
        profile.steps.back().nodes.push_back(id);
    }
    for (std::size_t k = 0; k < profile.steps.size(); ++k) {
        const double time = 1e3 * static_cast<double>((k + 1) * (k + 1));
        profile.steps[k].fastest = time;
        profile.steps[k].median = 1.25 * time;
    }
    return profile;
}

inline void measured(Certificate& c, double parameters_before, double parameters_after, double flops_before,
                     double flops_after)
{
    c.rule = "collapse_linear";
    c.batch = c.samples = 64;
    c.nodes_before = static_cast<std::int64_t>(ops(c.before).size());
    c.nodes_after = static_cast<std::int64_t>(ops(c.after).size());
    c.parameters_before = static_cast<std::int64_t>(parameters_before);
    c.parameters_after = static_cast<std::int64_t>(parameters_after);
    c.flops_before = 64 * flops_before;
    c.flops_after = 64 * flops_after;
    c.value_error = 2.9e-15;
    c.value_bound = 8.4e-10;
    c.input_gradient_error = 3.9e-16;
    c.input_gradient_bound = 1e-12;
    c.end_to_end = {c.value_error, c.value_bound, 0};
    c.end_to_end_bounded = true;
}

inline Merged stretch(std::vector<ValueId> before, std::vector<ValueId> after, const std::string& path)
{
    Merged merged;
    merged.before = std::move(before);
    merged.after = std::move(after);
    merged.path = path;
    return merged;
}

inline Picture collapse()
{
    Certificate c;
    c.before = Network({{"net.0", "Linear", 784, 512, "W1", "b1"},
                        {"net.1", "Affine"},
                        {"net.2", "Linear", 512, 256, "W2", "b2"},
                        {"net.3", "Linear", 256, 10, "W3", "b3"}})
                   .graph();
    c.after = Network({{"net", "Linear", 784, 10, "W'", "b'"}}).graph();
    measured(c, 535818, 7850, 1.07e6, 15700);
    c.merged = {stretch(ops(c.before), ops(c.after), "net.0–net.3")};
    return draw(c, {.title = "Three linear layers and an affine activation are one layer"});
}

inline Picture barrier()
{
    Certificate c;
    c.before = Network({{"net.0", "Linear", 64, 128, "W1", "b1"},
                        {"net.1", "Linear", 128, 64, "W2", "b2"},
                        {"net.2", "ReLU"},
                        {"net.3", "Linear", 64, 64, "W3", "b3"},
                        {"net.4", "Linear", 64, 10, "W4", "b4"}})
                   .graph();
    c.after =
        Network({{"A", "Linear", 64, 64, "W'", "b'"}, {"net.2", "ReLU"}, {"B", "Linear", 64, 10, "W'", "b'"}})
            .graph();
    measured(c, 21386, 4810, 42600, 9610);
    const auto b = ops(c.before), a = ops(c.after);
    c.merged = {stretch({b[0], b[1], b[2], b[3]}, {a[0], a[1]}, "net.0, net.1"),
                stretch({b[5], b[6], b[7], b[8]}, {a[3], a[4]}, "net.3, net.4")};
    c.end_to_end = {6.1e-15, 0, 0};
    c.end_to_end_bounded = false;
    c.refusals = {{RefusalReason::not_affine, {b[4]}, "relu (net.2) is not affine: relu'(0) = 0"}};
    return draw(c, {.title = "A ReLU stops the collapse: each side of it collapses by itself"});
}

inline Picture refused(RefusalReason reason, std::int64_t outer, std::int64_t inner)
{
    Certificate c;
    c.before = c.after =
        Network({{"net.0", "Linear", outer, inner, "A", "a"}, {"net.1", "Linear", inner, outer, "B", "b"}})
            .graph();
    measured(c, 0, 0, 0, 0);
    c.mode = CollapseMode::parameters;
    c.refusals = {{reason, ops(c.before), "net.0 to net.1 stay as they are"}};
    return draw(c, {.title = "A bottleneck is left alone"});
}

// What collapse_linear() itself says of two stretches within one module.
inline Picture collapsed(CollapseMode mode)
{
    Tape tape;
    const Variable x = tape.variable(Array(xt::xarray<double>(xt::zeros<double>({64, 6}))), "x");
    std::vector<Parameter> parameters;
    const auto layer = [&](Variable v, const std::string& name, std::int64_t in, std::int64_t out) {
        const auto scope = tape.scope(name, "Linear");
        parameters.push_back(parameter({in, out}, "net." + name + ".weight"));
        parameters.push_back(parameter({out}, "net." + name + ".bias"));
        return linear(v, parameters[parameters.size() - 2], parameters.back());
    };
    const auto net = tape.scope("net", "Sequential");
    const Variable hidden = relu(layer(affine(layer(x, "0", 6, 5), 0.5, 0.1), "2", 5, 4));
    const Variable y = layer(layer(hidden, "4", 4, 3), "5", 3, 1);
    return draw(collapse_linear(tape.graph({y}), {.mode = mode}).certificate);
}

// ---------------------------------------------------------------- checks

inline std::string read(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Compares with tests/golden/<name>.dot, and that Graphviz reads it. XGRAD_WRITE_GOLDEN=1 writes the file instead.
inline void golden(const std::string& name, const Picture& picture)
{
    const std::filesystem::path path =
        std::filesystem::path(XGRAD_SOURCE_DIR) / "tests" / "golden" / (name + ".dot");
    if (std::getenv("XGRAD_WRITE_GOLDEN")) std::ofstream(path, std::ios::binary) << picture.dot();
    BOOST_TEST((read(path) == picture.dot()), name << ": the picture differs from " << path);
    Agraph_t* const graph = agmemread(picture.dot().c_str());
    BOOST_REQUIRE_MESSAGE(graph, name << ": Graphviz does not read its own text");
    BOOST_TEST(agnnodes(graph) > 0);
    agclose(graph);
}

// The text that a reader of the SVG sees, entities resolved.
inline std::string visible(const std::string& svg)
{
    std::string text;
    for (std::size_t i = svg.find("<text"); i != std::string::npos; i = svg.find("<text", i)) {
        i = svg.find('>', i) + 1;
        text += svg.substr(i, svg.find("</text>", i) - i) + "\n";
    }
    for (const auto& [entity, c] :
         std::initializer_list<std::pair<std::string, std::string>>{{"&lt;", "<"},
                                                                    {"&gt;", ">"},
                                                                    {"&quot;", "\""},
                                                                    {"&#39;", "'"},
                                                                    {"&#45;", "-"},
                                                                    {"&#160;", " "},
                                                                    {"&amp;", "&"}})
        for (std::size_t i = text.find(entity); i != std::string::npos; i = text.find(entity, i + c.size()))
            text.replace(i, entity.size(), c);
    return text;
}

inline std::string message_of(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace draw_support
