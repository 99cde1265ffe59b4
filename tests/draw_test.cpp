// What pictures show: DOT as golden text, modules, gradients, values, names, merged stretches.
#define BOOST_TEST_MODULE draw
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "draw_support.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;
using namespace draw_support;

namespace {

// How far down the page the nodes of a class begin: of each, the first text.
std::vector<double> heights(const std::string& svg, const std::string& what)
{
    std::vector<double> result;
    const std::string start = "class=\"node " + what + "\"";
    for (std::size_t i = svg.find(start); i != std::string::npos; i = svg.find(start, i + 1))
        result.push_back(std::stod(svg.substr(svg.find(" y=\"", i) + 4)));
    return result;
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
    for (const Theme theme : {Theme::light, Theme::dark}) {
        const std::string name = theme == Theme::light ? "profile" : "profile-dark";
        golden(name,
               draw(made_up(net.training()), {.theme = theme, .title = "Where the time of a step goes"}));
    }
    golden("profile-modules", draw(made_up(net.training()), {.depth = 1}));
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

BOOST_AUTO_TEST_CASE(a_gradient_is_named_after_what_it_is_of)
{
    // What the outputs are called, by number.
    const auto titles = [](const Graph& graph, const DrawOptions& options = {}) {
        const std::string svg = draw(graph, options).svg();
        std::string text;
        for (std::size_t k = 0; k < graph.outputs().size(); ++k) {
            const std::size_t node = svg.find("id=\"nout" + std::to_string(k) + "\"");
            text += (k ? "|" : "") + visible(svg.substr(node, svg.find("</g>", node) - node));
            text.pop_back();
        }
        return text;
    };
    Tape tape;
    const Variable a = tape.variable(2.0, "a"), b = tape.variable(3.0, "b"), y = tanh(a * b - 5.5) * a;
    const Gradients g = grad(y, {a, b});
    BOOST_TEST(titles(tape.graph({y, g[a], g[b]})) == "y|∂a|∂b");
    BOOST_TEST(titles(tape.graph({y, g[b], g[a]})) == "y|∂b|∂a");
    BOOST_TEST(titles(tape.graph({y, a - 0.1 * g[a]})) == "y|y2");
    const Variable other = exp(a) * b;
    BOOST_TEST(titles(tape.graph({y, grad(other, a)})) == "y|gradient");
    BOOST_TEST(titles(tape.graph({y, other, g[a], grad(other, b)}), {.forward_outputs = 2}) ==
               "y1|y2|∂y1/∂a|∂y2/∂b");
    const Variable plus = a + b;
    BOOST_TEST(titles(tape.graph({plus, grad(plus, a)})) == "y|∂a = ∂b");
    BOOST_TEST(titles(tape.graph({y, hvp(y, a, b)})) == "y|gradient");

    const Variable u = tape.variable(xt::xarray<double>{1., 2.}, "u"),
                   v = tape.variable(xt::xarray<double>{3., 4.}, "v"), h = exp(u).named("h"), s = sum(h * v);
    const Gradients gs = grad(s, {u, v, h});
    BOOST_TEST(titles(tape.graph({s, gs[u], gs[v], gs[h]})) == "y|∂u|∂v|∂h");
    const Parameter w = parameter({2}, "w");
    const Variable loss = mean(square(tanh(u * tape.parameter(w)))), gw = grad(loss, w);
    BOOST_TEST(titles(tape.graph({loss, gw})) == "y|∂w");
    const Variable next = tape.parameter(w) - 0.1 * gw;
    BOOST_TEST(titles(tape.graph({loss, next})) == "y|y2");
    tape.assign(w, next);
    BOOST_TEST(titles(tape.graph({loss, gw})) == "loss|∂w");
}

BOOST_AUTO_TEST_CASE(each_value_that_the_backward_part_reads_has_one_dotted_arrow)
{
    // The dotted arrows as "reader<-value", each with as many + as it has strokes.
    const auto arrows = [](const std::string& svg) {
        std::string text;
        const std::string start = "class=\"edge kept\"";
        for (std::size_t i = svg.find(start); i != std::string::npos; i = svg.find(start, i + 1)) {
            const std::string edge = svg.substr(i, svg.find("</g>", i) - i);
            const std::size_t title = edge.find("<title>") + 7;
            std::string ends = edge.substr(title, edge.find("</title>") - title);
            ends.replace(ends.find("&#45;&gt;"), 9, "<-");
            text += ends;
            for (std::size_t k = edge.find("<path"); k != std::string::npos; k = edge.find("<path", k + 1))
                text += "+";
            text += " ";
        }
        return text;
    };
    Tape tape;
    const Variable a = tape.variable(2.0, "a"), b = tape.variable(3.0, "b"), y = exp(a) * b;
    const Gradients g = grad(y, {a, b});
    const Graph graph = tape.graph({y, g[a], g[b]});
    BOOST_TEST(arrows(draw(graph).svg()) == "n5<-n1+ n6<-n2+ n7<-n2+ ");
    const std::string modules = arrows(draw(Network(mlp()).training(), {.depth = 1}).svg());
    BOOST_TEST(std::ranges::count(modules, '+') == 4, modules);  // x, relu twice, and what square reads
}

// Layer normalisation has outputs that only its gradient reads: its place among the modules is its own all the same.
BOOST_AUTO_TEST_CASE(each_closed_module_has_a_backward_box_of_its_own)
{
    const nn::TransformerEncoderLayer layer(8, 2, {.feedforward = 16, .dropout = 0});
    const nn::Linear head(8, 2);
    nn::Sequential net(layer, head);
    Tape tape;
    const Variable x = tape.variable(xt::xarray<float>(xt::ones<float>({2, 3, 8})));
    const Variable loss = sum(square(net(x)));
    const Gradients g = grad(loss, nn::parameters(net));
    std::vector<Variable> outputs = {loss};
    for (std::size_t k = 0; k < g.size(); ++k) outputs.push_back(g.gradient(k));
    const std::string dot = draw(tape.graph(outputs), {.depth = 1, .backward = true}).dot();
    const auto ops_of = [&](const std::string& title) {
        const std::size_t at = dot.rfind(title + "<br/>");  // the label of its last box
        BOOST_REQUIRE(at != std::string::npos);
        const std::size_t end = dot.find(" gradient op", at);
        BOOST_REQUIRE(end != std::string::npos);
        const std::size_t start = dot.find_last_of(">", end) + 1;
        return std::stoi(dot.substr(start, end - start));
    };
    BOOST_TEST(ops_of("1  Linear") == 5);  // two products, two flattened operands, the bias' sum
    BOOST_TEST(ops_of("0  TransformerEncoderLayer") > 15);
}

BOOST_AUTO_TEST_CASE(seeds_are_reciprocals_and_delta_is_explained)
{
    const std::string text = visible(draw(Network(mlp()).training()).svg());
    for (const char* part : {"1/640", "x.T δ", "δ: gradient that comes in, h: value that is read"})
        BOOST_TEST((text.find(part) != std::string::npos), part << " is not in:\n" << text);
    Tape tape;
    const Variable x = tape.variable(2.0, "x"), third = full(x, {}, -1.0 / 3), tenth = full(x, {}, 0.1),
                   other = full(x, {}, 0.3333);
    const std::string numbers = visible(draw(where(x > 1.0, third * tenth, other)).svg());
    for (const char* part : {"−1/3", "0.1", "0.3333"})
        BOOST_TEST((numbers.find(part) != std::string::npos), part << " is not in:\n" << numbers);
    BOOST_TEST((numbers.find("δ") == std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_certificate_names_merged_ops_beside_modules)
{
    const auto line = [](int beside) {
        const Network net({{"0", "Linear", 4, 3}, {"1", "Linear", 3, 2}});
        Variable y = net.y;
        for (int k = 0; k < beside; ++k) y = affine(y, 0.5, 0.1);
        std::ostringstream text;
        text << collapse_linear(net.tape.graph({y})).certificate;
        const std::size_t start = text.str().find("merged");
        return text.str().substr(start, text.str().find(" (", start) - start);
    };
    BOOST_TEST(line(0) == "merged modules 0 to 1");
    BOOST_TEST(line(1) == "merged modules 0 to 1 and %9 affine");
    BOOST_TEST(line(2) == "merged modules 0 to 1, %9 affine and %10 affine");
    BOOST_TEST(line(4) == "merged modules 0 to 1 and 4 ops between and beside them");
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

BOOST_AUTO_TEST_CASE(names_of_any_length_are_read_by_graphviz)
{
    for (const char* letter : {"x", "&", "\\", "\u00E9"}) {
        std::string name;
        for (int k = 0; k < 20000; ++k) name += letter;
        std::vector<Layer> layers;
        for (int k = 0; k < 4; ++k)
            layers.push_back({name + std::to_string(k), "Linear", 6, 6, "weight" + name, "bias" + name});
        layers.push_back({name + "relu", "ReLU"});
        for (const char* last : {"a", "b"}) layers.push_back({name + last, "Linear", 6, 6});
        const Network net(layers);
        const Picture modules = draw(net.graph());
        for (const char* last : {"…", "0", "3", "a  Linear", "b  Linear"})  // still told apart
            BOOST_TEST((modules.dot().find(last) != std::string::npos), last);
        const Certificate certificate = collapse_linear(net.graph(), {.allow_dearer = true}).certificate;
        const Certificate kept = collapse_linear(net.graph(), {.mode = CollapseMode::parameters}).certificate;
        Tape tape;
        const Variable x = tape.variable(2.0, name);
        const auto scope = tape.scope(name, name);
        const Variable y = exp(exp(x).named(name)).named(name);
        for (const Picture& picture :
             {modules, draw(net.graph(), {.depth = 1, .title = name, .caption = name}), draw(net.training()),
              draw(certificate), draw(kept), draw(y),
              draw(y, {.values = true, .title = name + " " + name})}) {
            Agraph_t* const graph = agmemread(picture.dot().c_str());
            BOOST_REQUIRE(graph);
            agclose(graph);
            BOOST_CHECK_NO_THROW(picture.svg());
        }
    }
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

BOOST_AUTO_TEST_CASE(masks_among_scalars_have_values_alone)
{
    Tape tape;
    const Variable x = tape.variable(3.0, "x"), mask = x > 1.0;
    const std::string refused = message_of([&] { draw(mask, {.values = true}); });
    BOOST_TEST(refused.starts_with("draw: y is bool, which has no gradient"), refused);
    BOOST_CHECK_NO_THROW(draw(mask, {.backward = false, .values = true}));
    const Variable twice = x * 2.0, y = where(mask, twice, x);
    const std::string text = visible(draw(y, {.values = true}).svg());
    for (const char* number : {"6", "× 2", "× 1", "× 0"})
        BOOST_TEST((text.find(number) != std::string::npos), number << " is not in:\n" << text);
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
    const Variable c = tape.constant(xt::xarray<double>{{3., 4.}}, "c");
    BOOST_TEST(hexagons(draw(x * c)) == 0u);
    BOOST_TEST(hexagons(draw(x * c * x)) == 1u);
    BOOST_TEST(hexagons(draw(c * c)) == 1u);  // all the data that there is
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
