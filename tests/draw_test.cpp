// Pictures: DOT as golden text, images that are well formed, names as written, limits and errors.
#define BOOST_TEST_MODULE draw
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>

#include <graphviz/cgraph.h>

using namespace xgrad;

namespace {

// ---------------------------------------------------------------- graphs to draw

Parameter parameter(const Shape& shape, const std::string& name)
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

std::vector<Layer> mlp()
{
    return {{"net.0", "Linear", 784, 128}, {"net.1", "ReLU"}, {"net.2", "Linear", 128, 10}};
}

// y = ln x1 + x1 x2 - tanh x2
Picture scalar(Theme theme = Theme::light)
{
    Tape tape;
    const Variable x1 = tape.variable(2.0, "x1"), x2 = tape.variable(5.0, "x2");
    // Compilers differ in which operand they evaluate first.
    const Variable tangent = tanh(x2), product = x1 * x2, logarithm = log(x1);
    const Variable y = (logarithm + product - tangent).named("y");
    return draw(y,
                {.theme = theme, .values = true, .title = "y = ln x1 + x1 x2 − tanh x2, with its gradient"});
}

const std::vector<std::string> hostile = {"x<y>",        "say \"hi\" & bye",    "back\\slash \\N \\G",
                                          "&lt; is <",   "net.a|b.{c}",         "Ångström 层 λ",
                                          "<b>bold</b>", "100% \\\"quoted\\\"", "-->"};

Picture names()
{
    Tape tape;
    Variable y = tape.variable(xt::xarray<double>{1., 2.}, hostile[0]);
    for (std::size_t k = 1; k < hostile.size(); ++k) {
        const auto scope = tape.scope("m" + std::to_string(k) + hostile[k], hostile[k]);
        y = relu(exp(y).named(hostile[k]));
    }
    return draw(sum(y).named("bad \xff\x01 bytes"), {.depth = 9, .title = hostile[2], .caption = hostile[7]});
}

std::vector<ValueId> ops(const Graph& graph)
{
    std::vector<ValueId> ids;
    for (ValueId id = 0; id < graph.size(); ++id)
        if (!graph[id].op->traits.leaf) ids.push_back(id);
    return ids;
}

void measured(Certificate& c, double parameters_before, double parameters_after, double flops_before,
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

Merged stretch(std::vector<ValueId> before, std::vector<ValueId> after, const std::string& path)
{
    Merged merged;
    merged.before = std::move(before);
    merged.after = std::move(after);
    merged.path = path;
    return merged;
}

Picture collapse()
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

Picture barrier()
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

Picture refused(RefusalReason reason, std::int64_t outer, std::int64_t inner)
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
Picture collapsed(CollapseMode mode)
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

std::string read(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Compares with tests/golden/<name>.dot, and that Graphviz reads it. XGRAD_WRITE_GOLDEN=1 writes the file instead.
void golden(const std::string& name, const Picture& picture)
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

// A small check that XML is well formed: tags balance, attributes are quoted, no stray & or control characters.
void well_formed(const std::string& xml)
{
    std::vector<std::string> open;
    for (std::size_t i = 0; i < xml.size();) {
        const unsigned char c = static_cast<unsigned char>(xml[i]);
        BOOST_REQUIRE(c >= 0x20 || c == '\n' || c == '\t' || c == '\r');
        if (c == '&') {
            const std::size_t end = xml.find(';', i);
            BOOST_REQUIRE(end != std::string::npos && end - i < 10);
        }
        if (c != '<') {
            ++i;
            continue;
        }
        if (xml.compare(i, 4, "<!--") == 0) {
            i = xml.find("-->", i) + 3;
            continue;
        }
        std::size_t end = i;
        for (char quote = 0; quote || xml[end] != '>'; ++end) {
            BOOST_REQUIRE(end + 1 < xml.size());
            if (quote ? xml[end] == quote : xml[end] == '"' || xml[end] == '\'') quote = quote ? 0 : xml[end];
        }
        const std::string tag = xml.substr(i + 1, end - i - 1);
        i = end + 1;
        if (tag[0] == '?' || tag[0] == '!' || tag.back() == '/') continue;
        if (tag[0] != '/') {
            open.push_back(tag.substr(0, tag.find_first_of(" \n")));
            continue;
        }
        BOOST_REQUIRE(!open.empty());
        BOOST_TEST(open.back() == tag.substr(1));
        open.pop_back();
    }
    BOOST_TEST(open.empty());
}

// The text that a reader of the SVG sees, entities resolved.
std::string visible(const std::string& svg)
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

std::string message_of(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(pictures_are_the_golden_text)
{
    golden("scalar", scalar());
    const Network net(mlp());
    golden("mlp-modules", draw(net.graph(), {.depth = 1, .title = "784-128-10 network: modules"}));
    golden("mlp-ops", draw(net.graph(), {.title = "784-128-10 network: modules and operations"}));
    golden("mlp-training", draw(net.training(), {.title = "784-128-10 network: one training step"}));
    golden("mlp-training-dark",
           draw(Network(mlp()).training(),
                {.theme = Theme::dark, .title = "784-128-10 network: one training step"}));
    golden("names", names());
    golden("collapse", collapse());
    golden("collapse-barrier", barrier());
    golden("collapse-refused-dearer", refused(RefusalReason::dearer, 784, 32));
    golden("collapse-refused-rank", refused(RefusalReason::other_model_class, 3, 2));
}

BOOST_AUTO_TEST_CASE(each_merged_stretch_has_a_frame_of_its_own)
{
    for (const CollapseMode mode :
         {CollapseMode::constants, CollapseMode::parameters, CollapseMode::symbolic}) {
        const std::string dot = collapsed(mode).dot();
        for (const char* title : {"A   net.0  Linear", "A   net.2  Linear", "A   net.0–2  merged",
                                  "B   net.4–5  merged", "A: net.0–2 (6-5-4)", "|Δ output|"})
            BOOST_TEST((dot.find(title) != std::string::npos), title);
        BOOST_TEST((dot.find("Sequential") == std::string::npos));
        BOOST_TEST((dot.find("flops on weights") != std::string::npos) == (mode == CollapseMode::symbolic));
    }
    const std::string text = visible(collapsed(CollapseMode::symbolic).svg());
    for (const char* part : {"after: 5, and 11 on weights", "W'  [6, 4]", "from 0.weight, 2.weight"})
        BOOST_TEST((text.find(part) != std::string::npos), part << " is not in:\n" << text);
}

BOOST_AUTO_TEST_CASE(of_a_long_stretch_the_ends_are_drawn)
{
    std::vector<Layer> layers;
    for (int k = 0; k < 40; ++k)
        layers.push_back({"layers." + std::to_string(k), "Linear", 3 + k % 2, 3 + (k + 1) % 2});
    const std::string text = visible(draw(collapse_linear(Network(layers).graph()).certificate, {}).svg());
    for (const char* part : {"layers.3  Linear", "64 more ops", "layers.36  Linear", "layers.0–39  merged"})
        BOOST_TEST((text.find(part) != std::string::npos), part << " is not in:\n" << text);
    BOOST_TEST((text.find("layers.20") == std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_tower_has_all_outputs)
{
    Tape tape;
    const Variable x = tape.variable(Array(xt::xarray<double>(xt::zeros<double>({5, 3}))), "x");
    const Variable h = linear(x, parameter({3, 3}, "W"), parameter({3}, "b"));
    const std::string text = visible(draw(collapse_linear(tape.graph({relu(h), tanh(h)})).certificate).svg());
    for (const char* part : {"y1", "y2", "relu", "tanh"})
        BOOST_TEST((text.find(part) != std::string::npos), part << " is not in:\n" << text);
}

BOOST_AUTO_TEST_CASE(the_same_graph_gives_the_same_bytes)
{
    const Network net(mlp());
    const Graph graph = net.training();
    const Picture first = draw(graph), second = draw(graph), other = draw(Network(mlp()).training());
    BOOST_TEST((first.dot() == second.dot()));
    BOOST_TEST((first.dot() == other.dot()));
    BOOST_TEST((first.svg() == second.svg()));
    BOOST_TEST((first.dot() != draw(graph, {.theme = Theme::dark}).dot()));
}

BOOST_AUTO_TEST_CASE(svg_is_well_formed_and_carries_ids_and_classes)
{
    for (const Picture& picture :
         {scalar(), scalar(Theme::dark), draw(Network(mlp()).training()), names(), collapse(), barrier()})
        well_formed(picture.svg());
    const std::string svg = draw(Network(mlp()).training()).svg();
    for (const char* part :
         {"class=\"node nonlin\"", "class=\"node op\"", "class=\"node grad\"", "class=\"node param\"",
          "class=\"cluster module\"", "class=\"cluster backward\"", "class=\"edge kept\"", "id=\"n1\""})
        BOOST_TEST((svg.find(part) != std::string::npos), part);
}

// How far down the page the nodes of a class begin: of each, the first text.
std::vector<double> heights(const std::string& svg, const std::string& what)
{
    std::vector<double> result;
    const std::string start = "class=\"node " + what + "\"";
    for (std::size_t i = svg.find(start); i != std::string::npos; i = svg.find(start, i + 1))
        result.push_back(std::stod(svg.substr(svg.find(" y=\"", i) + 4)));
    return result;
}

BOOST_AUTO_TEST_CASE(gradients_lie_under_the_forward_part)
{
    std::vector<Layer> one = {{"0", "Linear", 8, 3}}, three = mlp();
    three.push_back({"net.3", "Affine"});
    for (const std::vector<Layer>& layers : {one, mlp(), three}) {
        const std::string svg = draw(Network(layers).training()).svg();
        const std::vector<double> forward = heights(svg, "op"), backward = heights(svg, "grad");
        BOOST_REQUIRE(!forward.empty());
        BOOST_REQUIRE(!backward.empty());
        BOOST_TEST(*std::ranges::max_element(forward) < *std::ranges::min_element(backward));
        BOOST_TEST(std::stod(svg.substr(svg.find("width=\"") + 7)) <= 960);
    }
}

BOOST_AUTO_TEST_CASE(hostile_names_are_drawn_as_written)
{
    const std::string text = visible(names().svg());
    for (const std::string& name : hostile)
        BOOST_TEST((text.find(name) != std::string::npos), name << " is not in:\n" << text);
    BOOST_TEST((text.find("bad \uFFFD\uFFFD bytes") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(long_names_are_shortened_and_kept_whole_in_the_tooltip)
{
    Tape tape;
    const std::string name = "a_very_long_name_of_a_value_that_goes_on_for_ever";
    const Picture picture = draw(exp(tape.variable(1.0, name)));
    BOOST_TEST((picture.dot().find("a_very_long_na…on_for_ever") == std::string::npos));
    BOOST_TEST((picture.dot().find("a_very_long_na…goes_on_for_ever") != std::string::npos));
    BOOST_TEST((picture.dot().find("tooltip=" + name) != std::string::npos));
}

BOOST_AUTO_TEST_CASE(values_show_gradients_that_agree_with_calculus)
{
    const std::string text = visible(scalar().svg());
    for (const char* number : {"0.6931", "5.5", "× 0.5", "× 5", "× −1"})
        BOOST_TEST((text.find(number) != std::string::npos), number << " is not in:\n" << text);
    Tape tape;
    const Variable x = tape.variable(3.0, "x");
    const std::size_t size = tape.size() + 1;
    const Variable y = x * x;
    BOOST_TEST((visible(draw(y, {.values = true}).svg()).find("6") != std::string::npos));
    BOOST_TEST(tape.size() == size);  // nothing stays on the tape
    BOOST_TEST(y.item() == 9);
}

BOOST_AUTO_TEST_CASE(affine_and_not_affine_differ_in_shape)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{{1., 2.}}, "x");
    const Parameter w = parameter({2, 2}, "w");
    const auto hexagons = [](const Picture& picture) {
        std::size_t count = 0;
        for (std::size_t i = picture.dot().find("shape=hexagon"); i != std::string::npos;
             i = picture.dot().find("shape=hexagon", i + 1))
            ++count;
        return count;
    };
    BOOST_TEST(hexagons(draw(matmul(x, w) + 1.0)) == 0u);
    BOOST_TEST(hexagons(draw(x * 0.5)) == 0u);
    BOOST_TEST(hexagons(draw(x + x)) == 0u);
    BOOST_TEST(hexagons(draw(x * x)) == 1u);
    BOOST_TEST(hexagons(draw(matmul(x, transpose(x)))) == 1u);
    BOOST_TEST(hexagons(draw(relu(matmul(x, w)))) == 1u);
}

BOOST_AUTO_TEST_CASE(equal_neighbours_are_folded)
{
    std::vector<Layer> layers;
    for (int k = 0; k < 6; ++k) layers.push_back({"layers." + std::to_string(k), "Linear", 16, 16});
    const std::string dot = draw(Network(layers).graph()).dot();
    BOOST_TEST((dot.find("layers.0–5") != std::string::npos));
    BOOST_TEST((dot.find("× 6") != std::string::npos));
    BOOST_TEST((draw(Network({layers[0], layers[1]}).graph()).dot().find("× 2") == std::string::npos));
}

BOOST_AUTO_TEST_CASE(large_graphs_close_their_modules)
{
    std::vector<Layer> layers;
    for (int k = 0; k < 55; ++k) {
        layers.push_back({"m" + std::to_string(k), "Linear", 16 + k, 17 + k});
        layers.push_back({"a" + std::to_string(k), "Affine"});
        layers.push_back({"r" + std::to_string(k), "ReLU"});
    }
    const std::string dot = draw(Network(layers).graph()).dot();
    BOOST_TEST((dot.find("closed") != std::string::npos));
    BOOST_TEST((dot.find("class=module") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(two_threads_draw_at_once)
{
    const std::string training = draw(Network(mlp()).training()).svg(), two = collapse().svg();
    std::vector<std::string> results[2];
    const auto work = [&](int which) {
        for (int k = 0; k < 8; ++k)
            results[which].push_back((which == 0 ? draw(Network(mlp()).training()) : collapse()).svg());
    };
    std::thread first(work, 0), second(work, 1);
    first.join();
    second.join();
    for (const std::string& svg : results[0]) BOOST_TEST((svg == training));
    for (const std::string& svg : results[1]) BOOST_TEST((svg == two));
}

BOOST_AUTO_TEST_CASE(a_graph_too_large_to_lay_out_is_still_dot)
{
    Tape tape;
    Variable a = tape.variable(1.0, "a"), b = tape.variable(2.0, "b");
    for (int k = 0; k < 10000; ++k) {
        const Variable sum = a + b;
        b = a * b;
        a = sum;
    }
    const Picture picture = draw(a + b);
    BOOST_TEST(picture.dot().size() > 1000000u);
    const std::string message = message_of([&] { picture.svg(); });
    BOOST_CHECK_THROW(picture.save("large.png"), DrawError);
    BOOST_TEST((message.find(std::to_string(layout_limit)) != std::string::npos), message);
    BOOST_TEST((message.find(".dot") != std::string::npos), message);
    const std::filesystem::path file = std::filesystem::temp_directory_path() / "xgrad_draw_test_large.dot";
    picture.save(file.string());
    BOOST_TEST((read(file) == picture.dot()));
    std::filesystem::remove(file);
}

BOOST_AUTO_TEST_CASE(files_are_written_by_their_ending)
{
    const Picture picture = scalar();
    const std::filesystem::path folder = std::filesystem::temp_directory_path();
    for (const auto& [ending, start] :
         std::initializer_list<std::pair<std::string, std::string>>{{".svg", "<?xml"},
                                                                    {".png", "\x89PNG"},
                                                                    {".pdf", "%PDF"},
                                                                    {".gv", "digraph"},
                                                                    {".SVG", "<?xml"}}) {
        const std::filesystem::path file = folder / ("xgrad_draw_test" + ending);
        picture.save(file.string());
        BOOST_TEST((read(file).compare(0, start.size(), start) == 0), ending);
        std::filesystem::remove(file);
    }
    for (const char* path : {"picture.jpg", "picture", "svg", "a.svg/picture"}) {
        BOOST_CHECK_THROW(picture.save(path), ValueError);
        BOOST_TEST((message_of([&] { picture.save(path); }).find(".dot, .gv, .svg, .png or .pdf") !=
                    std::string::npos));
    }
    BOOST_CHECK_THROW(picture.save("/no/such/folder/picture.dot"), DataError);
}

BOOST_AUTO_TEST_CASE(wrong_options_are_refused)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x"), y = exp(x);
    BOOST_CHECK_THROW(draw(y, {.depth = 0}), ValueError);
    BOOST_CHECK_THROW(draw(y, {.depth = -2}), ValueError);
    BOOST_CHECK_THROW(draw(y, {.values = true}), ValueError);                // not scalar
    BOOST_CHECK_THROW(draw(tape.graph({y}), {.values = true}), ValueError);  // no values
    BOOST_CHECK_THROW(draw(std::span<const Variable>()), ValueError);
    Variable z = tape.variable(1.0, "z");
    for (int k = 0; k < 41; ++k) z = exp(z);
    BOOST_CHECK_THROW(draw(z, {.values = true}), ValueError);
}

BOOST_AUTO_TEST_CASE(text_that_graphviz_refuses_throws_its_message)
{
    BOOST_CHECK_THROW(Picture("digraph {", 1).svg(), DrawError);
    BOOST_TEST(message_of([] { Picture("digraph {", 1).svg(); }).find("syntax error") != std::string::npos);
    BOOST_CHECK_NO_THROW(scalar().svg());  // and the next picture is drawn
}

BOOST_AUTO_TEST_CASE(pages_hold_several_pictures)
{
    const std::string svg = scalar().svg();
    const std::string page = html_page("a < b", inline_svg(svg, "first-") + inline_svg(svg, "second-"));
    BOOST_TEST((page.find("<title>a &lt; b</title>") != std::string::npos));
    BOOST_TEST((page.find("prefers-color-scheme: dark") != std::string::npos));
    BOOST_TEST((page.find("id=\"first-n0\"") != std::string::npos));
    BOOST_TEST((page.find("id=\"second-n0\"") != std::string::npos));
    BOOST_TEST((page.find("id=\"n0\"") == std::string::npos));
    BOOST_TEST((page.find("<?xml") == std::string::npos));
    BOOST_TEST((page.find("href=\"http") == std::string::npos));
    well_formed(inline_svg(svg, "p-"));
    BOOST_CHECK_THROW(inline_svg("no picture", "p"), ValueError);
}
