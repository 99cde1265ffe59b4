// Pictures of graphs, and pages that show them.
#include <filesystem>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void pictures(Tape& tape)
{
    {
        //! [draw, Picture]
        const Variable x = tape.variable(2., "x");
        // or of a Graph, a Certificate, a Profile, Statistics, an Anomaly
        const Picture picture = draw(tanh(x) * 3);
        show(picture.dot().starts_with("digraph"));  // true
        show(contains(picture.svg(), "tanh"));       // true
        picture.save("tanh.svg");                    // .svg, .png, .pdf, .dot or .gv
        show(std::filesystem::exists("tanh.svg"));   // true
        //! [draw, Picture]
    }
    {
        //! [DrawOptions]
        const nn::Sequential net(nn::Linear(4, 8), nn::Tanh(), nn::Linear(8, 1));
        const Graph graph = record(net, xt::xarray<float>(xt::ones<float>({1, 4})));
        const DrawOptions closed{.depth = 1, .title = "Two layers", .caption = "each module is one node"};
        show(contains(draw(graph).dot(), "matmul"));          // true
        show(contains(draw(graph, closed).dot(), "matmul"));  // false
        //! [DrawOptions]
    }
    {
        //! [Theme]
        const Variable y = exp(tape.variable(2., "x"));
        show(draw(y, {.theme = Theme::dark}).dot() == draw(y).dot());
        // false  (other colours, the same layout)
        //! [Theme]
    }
    {
        //! [Measure]
        const Variable x = tape.variable(xt::xarray<double>{-1., 2.}, "x");
        const Statistics numbers = statistics(sum(relu(x)), {.gradients = true});
        show(contains(draw(numbers, Measure::zeros).dot(), "share of zeros"));  // true
        show(contains(draw(numbers, Measure::gradient).dot(), "share of zeros"));
        // false  (the norm of gradients)
        //! [Measure]
    }
    {
        //! [Drawing, RegionDrawOptions, RegionMark]
        const Graph graph = tape.graph({sum(relu(tape.variable(xt::xarray<double>{0., 0.}))) - 0.5});
        const Array origin(xt::xarray<double>{0., 0.});
        const Array u(xt::xarray<double>{1., 0.});
        const Array v(xt::xarray<double>{0., 1.});
        const Drawing drawing =
            draw(linear_regions(graph, origin, u, v),
                 {.marks = {RegionMark{.s = 0.5, .t = 0.5, .kind = 1}}, .title = "Four regions"});
        show(contains(drawing.svg(), "Four regions"));  // true
        //! [Drawing, RegionDrawOptions, RegionMark]
    }
    {
        //! [html_page, inline_svg]
        const std::string svg = draw(exp(tape.variable(2., "x"))).svg();
        const std::string page =
            html_page("A < B", "<h1>Two pictures</h1>" + inline_svg(svg, "a") + inline_svg(svg, "b"));
        show(page.starts_with("<!DOCTYPE html>"));  // true  (one file, nothing is loaded from elsewhere)
        show(contains(page, "A &lt; B"));           // true  (a title is text, the body HTML)
        //! [html_page, inline_svg]
    }
}

const shown::Page page("Pictures", {pictures});

}  // namespace
