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
        struct Net {
            nn::Linear hidden{4, 8}, out{8, 1};
            static constexpr auto members()
            {
                return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
            }
            Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
        };
        const Graph graph = record(Net(), xt::xarray<float>(xt::ones<float>({1, 4})));
        const std::string ops = draw(graph).dot(),
                          modules = draw(graph, {.depth = 1, .title = "Two layers"}).dot();
        show(contains(ops, "matmul"));      // true
        show(contains(modules, "matmul"));  // false  (modules are closed into one node each)
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
