// Pictures of anomalies and statistics: golden text, what they show, light and dark.
#define BOOST_TEST_MODULE debugging_draw
#include <boost/test/unit_test.hpp>

#include "autodiff/export/theme.hpp"
#include "draw_support.hpp"

#include <xgrad/nn.hpp>

using namespace xgrad;
using namespace draw_support;

namespace {

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

// Cross-entropy as in the book, with its gradient: log(0) at [17], times 0.
Graph naive()
{
    Tape tape;
    const Variable z = tape.variable(logits(), "z"), t = tape.variable(targets(), "t");
    Variable loss;
    {
        const auto scope = tape.scope("bce", "Naive");
        const Variable q = 1.0 - sigmoid(z);
        const Variable l = log(q), u = 1.0 - t;
        loss = mean(u * l).named("loss");
    }
    return tape.graph({loss, grad(loss, z)});
}
Anomaly nan() { return find_anomaly(naive(), {logits(), targets()}).value(); }

// A gradient that is infinite: sqrt at 0.
Anomaly backward()
{
    Tape tape({.detect_anomaly = true});
    const Variable x = tape.variable(xt::xarray<double>{4., 0.}, "x");
    try {
        Variable y;
        {
            const auto scope = tape.scope("norm", "Norm");
            y = sum(sqrt(x) * 3.0).named("loss");
        }
        grad(y, x);
    } catch (const AnomalyError& error) {
        Anomaly anomaly = error.anomaly();
        anomaly.infinity->recorded.clear();  // the compiler's business
        anomaly.infinity->forward_recorded.clear();
        return anomaly;
    }
    BOOST_FAIL("no anomaly");
    std::abort();
}

// Layers of equal weights, by which gradients shrink or grow from one to the next; the last has ones.
struct Chain {
    Tape tape;
    std::vector<Parameter> weights;
    Variable loss;
    explicit Chain(double factor, std::size_t layers = 4)
    {
        Variable h = tape.variable(Array(xt::xarray<double>(xt::ones<double>({8, 2}))), "x");
        for (std::size_t k = 0; k < layers; ++k) {
            const std::string name = "layers." + std::to_string(k);
            const auto scope = tape.scope(name, "Linear");
            weights.emplace_back(
                Array(xt::xarray<double>(xt::ones<double>({2, 2}) * (k + 1 < layers ? factor : 1.0))),
                name + ".weight");
            h = relu(matmul(h, weights.back()));
        }
        loss = sum(h).named("loss");
    }
};

std::string fill_of(const Picture& picture, const std::string& title)
{
    const std::string& dot = picture.dot();
    std::size_t at = dot.find("label=<" + title + "<br/>");
    if (at == std::string::npos) at = dot.find("label=<<b>" + title + "</b><br/>");
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, "no node " << title);
    const std::size_t start = dot.rfind("[", at), end = dot.find("];", at);
    const std::string node = dot.substr(start, end - start);
    const std::size_t fill = node.find("fillcolor=\"");
    return fill == std::string::npos ? "#FFFFFF" : node.substr(fill + 11, 7);  // the default is not written
}
bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(pictures_are_the_golden_text)
{
    golden("anomaly", draw(nan(), {.backward = false}));
    golden("anomaly-dark", draw(nan(), {.theme = Theme::dark}));
    golden("anomaly-backward", draw(backward()));
    golden("gradient-norm",
           draw(statistics(Chain(0x1p-10).loss, {.gradients = true}), {.title = "Vanishing"}));
    golden("gradient-norm-dark", draw(statistics(Chain(0x1p10).loss, {.gradients = true}),
                                      {.theme = Theme::dark, .depth = 1, .title = "Exploding"}));
    golden("zeros", draw(statistics(Chain(-1, 2).loss), Measure::zeros));
}

BOOST_AUTO_TEST_CASE(an_anomaly_is_seen)
{
    for (const Theme theme : {Theme::light, Theme::dark}) {
        const detail::Palette& colours = detail::palette(theme);
        const Picture picture = draw(nan(), {.theme = theme, .caption = "said the user"});
        const std::string& dot = picture.dot();
        BOOST_TEST(fill_of(picture, "log") == colours.wrong);
        BOOST_TEST(fill_of(picture, "×") == colours.wrong_line);
        BOOST_TEST(contains(dot, "shape=octagon"));
        const std::string text = visible(picture.svg());
        for (const char* part :
             {"infinity is born here", "log(0) at [17]", "NaN is born here", "0 × (−inf) at [17]",
              "1 of 64 is −inf", "1 of 64 is NaN", "Where the NaN was born", "800 at [17]", "said the user",
              "first NaN (octagon)", "healthy (faded)"})
            BOOST_TEST(contains(text, part), part << " is not in:\n" << text);
        // Healthy nodes have lost their fill.
        BOOST_TEST(!contains(dot, std::string("fillcolor=\"") + colours.nonlinear));
        BOOST_TEST(!contains(dot, std::string("fillcolor=\"") + colours.data));
    }
    const Anomaly gradient = backward();
    const std::string text = visible(draw(gradient).svg());
    for (const char* part : {"sqrt_vjp", "in the gradient of √", "Where the first infinity was born"})
        BOOST_TEST(contains(text, part), part << " is not in:\n" << text);
    // A closed module that holds the node says so.
    const std::string closed = visible(draw(nan(), {.depth = 1, .backward = false}).svg());
    BOOST_TEST(contains(closed, "NaN is born here: ×"), closed);
    BOOST_CHECK_THROW(draw(Anomaly()), ValueError);
    BOOST_CHECK_THROW(draw(nan(), {.values = true}), ValueError);
    BOOST_CHECK_THROW(draw(nan(), {.depth = 0}), ValueError);
}

BOOST_AUTO_TEST_CASE(a_thrown_anomaly_is_drawn_as_it_was_caught)
{
    std::string first, second;
    for (std::string* dot : {&first, &second}) {
        Tape tape({.detect_anomaly = true});
        try {
            log(tape.variable(xt::xarray<double>{1., 0.}, "x"));
        } catch (const AnomalyError& error) {
            *dot = draw(error).dot();
        }
    }
    BOOST_TEST(first == second);
    BOOST_TEST(!contains(first, "0x"));  // no addresses
    BOOST_TEST(contains(first, "a_thrown_anomaly_is_drawn_as_it_was_caught"));
}

BOOST_AUTO_TEST_CASE(the_colour_is_the_decade_of_the_norm)
{
    const detail::Palette& colours = detail::palette(Theme::light);
    // d loss / d h_k falls by 2^-9 a layer; the weights' are what they are multiplied with.
    const Chain vanishing(0x1p-10);
    const Statistics s = statistics(vanishing.loss, {.gradients = true});
    const Picture picture = draw(s);
    for (ValueId id = 0; id < s.graph.size(); ++id) {
        if (s.graph[id].op->name != "input") continue;
        const double norm = s.gradients[id].norm;
        const int step = std::min(8, -static_cast<int>(std::floor(std::log10(norm))));
        BOOST_TEST(fill_of(picture, "x") == colours.magnitude[step]);
        BOOST_TEST(step == 8);
    }
    BOOST_TEST(fill_of(picture, "loss") == colours.magnitude[0]);
    const std::string text = visible(picture.svg());
    for (const char* part : {"parameters: from", "layers.0.weight", "smaller (paper)", "≥ 1"})
        BOOST_TEST(contains(text, part), part << " is not in:\n" << text);

    // Larger than 1: the darkest is the largest decade, and 1 fades.
    const Statistics large = statistics(Chain(0x1p10).loss, {.gradients = true});
    const Picture exploding = draw(large);
    double most = 0, of_x = 0;
    for (ValueId id = 0; id < large.graph.size(); ++id) {
        most = std::max(most, large.gradients[id].norm);
        if (large.graph[id].op->name == "input") of_x = large.gradients[id].norm;
    }
    const double steps = std::floor(std::log10(most)) - std::floor(std::log10(of_x));
    BOOST_TEST(fill_of(exploding, "x") == colours.magnitude[static_cast<int>(steps)]);
    BOOST_TEST(contains(exploding.dot(), colours.magnitude[0]));
    BOOST_TEST(fill_of(exploding, "loss") != colours.magnitude[0]);

    // Equal layers are not folded into one: their gradients differ.
    BOOST_TEST(!contains(visible(draw(s, {.depth = 1}).svg()), "× 4"));
    // What is not finite is an octagon.
    const Statistics inf = statistics(Chain(1e200).loss, {.gradients = true});
    BOOST_TEST(contains(draw(inf).dot(), "shape=octagon"));
    BOOST_TEST(contains(visible(draw(inf, Measure::not_finite).svg()), "100 %"));
    BOOST_CHECK_THROW(draw(statistics(vanishing.loss), Measure::gradient), ValueError);
    BOOST_CHECK_NO_THROW(draw(statistics(vanishing.loss)));
    BOOST_CHECK_THROW(draw(s, {.values = true}), ValueError);
    BOOST_CHECK_THROW(draw(Statistics{s.graph, {}, {}}), ValueError);
}

BOOST_AUTO_TEST_CASE(text_can_be_read_on_every_step)
{
    for (const Theme theme : {Theme::light, Theme::dark}) {
        const detail::Palette& colours = detail::palette(theme);
        // From PICTURES: one hue, fading into the paper; the ends are given.
        BOOST_TEST(std::string(colours.magnitude[0]) == (theme == Theme::light ? "#6B1F4C" : "#FFB3DC"));
        BOOST_TEST(std::string(colours.magnitude[8]) == colours.paper);
        const auto channel = [](const char* colour, int k) {
            return std::stoi(std::string(colour + 1 + 2 * k, 2), nullptr, 16);
        };
        for (int step = 0; step < 9; ++step)
            for (int k = 0; k < 3; ++k) {
                const double f = std::pow((8 - step) / 8.0, 1.15);
                const double want = channel(colours.paper, k) +
                                    f * (channel(colours.magnitude[0], k) - channel(colours.paper, k));
                BOOST_TEST(std::abs(channel(colours.magnitude[step], k) - want) <= 0.5001);
            }
        const auto light = [&](const char* colour) {
            double sum = 0;
            const double weights[] = {0.2126, 0.7152, 0.0722};
            for (int k = 0; k < 3; ++k) {
                const double c = channel(colour, k) / 255.0;
                sum += weights[k] * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
            }
            return sum + 0.05;
        };
        for (const char* fill : colours.magnitude) {
            const double a = light(fill), b = light(detail::text_on(colours, fill));
            BOOST_TEST(std::max(a, b) / std::min(a, b) >= 4.0, fill);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_training_step_is_drawn_with_its_gradients)
{
    nn::Sequential net(nn::Linear(4, 8), nn::ReLU{}, nn::Linear(8, 1));
    nn::initialise(net, nn::xavier_uniform, 1);
    auto step = nn::compile(net, nn::mse_loss, nn::Sgd{.rate = 0.1});
    const Array x = xt::xarray<float>(xt::ones<float>({3, 4})),
                t = xt::xarray<float>(xt::ones<float>({3, 1}));
    step(x, t);
    const Statistics s = step.statistics(x, t, {.gradients = true});
    const std::string text = visible(draw(s, {.title = "A step"}).svg());
    for (const char* part : {"backward", "in the backward part: norm of the value", "relu_vjp", "A step"})
        BOOST_TEST(contains(text, part), part << " is not in:\n" << text);
}
