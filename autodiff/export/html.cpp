// Offline pages with pictures.
#include "xgrad/autodiff/export/html.hpp"

#include <array>

#include "autodiff/export/dot_text.hpp"
#include "autodiff/export/theme.hpp"

namespace xgrad {
namespace {

using detail::Palette;

std::string property(const std::string& selector, const std::string& declarations)
{
    return "  " + selector + " { " + declarations + " }\n";
}

// Rules that give an SVG drawn in the light theme the colours of the dark one. Colours that stand in the SVG itself are
// matched by value: an attribute selector finds every shape and text that has the light colour.
std::string recolour(const Palette& from, const Palette& to)
{
    using Colour = const char* Palette::*;
    constexpr std::array<Colour, 23> colours = {
        &Palette::ink,          &Palette::ink2,          &Palette::line,       &Palette::hair,
        &Palette::faint,        &Palette::module,        &Palette::module2,    &Palette::data,
        &Palette::parameter,    &Palette::parameter_ink, &Palette::nonlinear,  &Palette::nonlinear_line,
        &Palette::gradient,     &Palette::gradient_line, &Palette::lane,       &Palette::touched,
        &Palette::touched_line, &Palette::wrong,         &Palette::wrong_line, &Palette::op_line,
        &Palette::paper,        &Palette::output,        &Palette::output_ink};
    std::string rules;
    for (const Colour colour : colours) {
        std::string lower = from.*colour;
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        const std::string old = lower, next = to.*colour;
        rules += property(".xgrad [fill=\"" + old + "\"]", "fill: " + next);
        rules += property(".xgrad [stroke=\"" + old + "\"]", "stroke: " + next);
    }
    // What is named by role: black is what Graphviz leaves out, white is both paper and the ink of outputs.
    rules += property(".xgrad .graph text:not([fill])", "fill: " + std::string(to.ink));
    rules += property(".xgrad .node.out text", "fill: " + std::string(to.output_ink));
    return rules;
}

}  // namespace

std::string html_page(std::string_view title, std::string_view body)
{
    const Palette &light = detail::palette(Theme::light), &dark = detail::palette(Theme::dark);
    const auto page = [](const Palette& c) {
        // Whatever is wider than the page pans, and a shade at its edge says that there is more.
        const std::string paper = c.paper, shade = c.faint;
        return property("body", "background: " + paper + "; color: " + c.ink) +
               property("a", "color: " + std::string(c.touched_line)) +
               property("small, figcaption, th", "color: " + std::string(c.ink2)) +
               property("pre, code", "background: " + std::string(c.module)) +
               property("td, th, hr", "border-color: " + std::string(c.hair)) +
               property("figure, .wide",
                        "background: linear-gradient(to right, " + paper +
                            " 60%, transparent) left / 40px 100% local, " + "linear-gradient(to left, " +
                            paper + " 60%, transparent) right / 40px 100% local, " +
                            "linear-gradient(to right, " + shade + ", transparent) left / 10px 100%, " +
                            "linear-gradient(to left, " + shade + ", transparent) right / 10px 100%; " +
                            "background-repeat: no-repeat");
    };
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
           detail::html(title) + "</title>\n<style>\n" +
           property("body",
                    "font: 16px/1.5 Helvetica, Arial, sans-serif; max-width: 1280px; margin: 2em auto; "
                    "padding: 0 1em") +
           property("p, ul, ol", "max-width: 46em") + property("h1, h2, h3", "line-height: 1.25") +
           property(
               "pre",
               "padding: 0.8em; border-radius: 6px; overflow-x: auto; font-size: 14px; max-width: 60em") +
           property("figure, .wide", "margin: 1em 0; overflow-x: auto") +
           property("table", "border-collapse: collapse; font-variant-numeric: tabular-nums") +
           property("td, th",
                    "padding: 0.2em 0.8em; border-bottom: 1px solid; text-align: left; white-space: nowrap") +
           property("svg.xgrad",
                    "display: block; width: var(--w); max-width: 100%; min-width: calc(0.75 * var(--w)); "
                    "height: auto") +
           property(
               "svg.xgrad > g.graph > polygon:first-of-type, svg.xgrad > g > rect, "
               ".xgrad .side > polygon",
               "fill: none") +
           "@media (max-width: 700px) {\n" + property("pre", "font-size: 12px") + "}\n" +
           property(".on-dark", "display: none") + page(light) + "@media (prefers-color-scheme: dark) {\n" +
           page(dark) + recolour(light, dark) + property(".on-light", "display: none") +
           property(".on-dark", "display: block") + "}\n</style>\n</head>\n<body>\n" + std::string(body) +
           "\n</body>\n</html>\n";
}

std::string inline_svg(std::string_view svg, std::string_view prefix)
{
    const std::size_t start = svg.find("<svg");
    if (start == std::string_view::npos) throw ValueError("inline_svg: this is no SVG document");
    svg.remove_prefix(start);
    const std::string name = detail::html(prefix);
    std::string result = "<svg class=\"xgrad\"";
    // Its natural width, for the page's style sheet: "495pt", or pixels.
    if (std::size_t at = svg.substr(0, svg.find('>')).find(" width=\""); at != std::string_view::npos) {
        at += std::string_view(" width=\"").size();
        std::string width(svg.substr(at, svg.find('"', at) - at));
        if (width.find_first_not_of("0123456789.") == std::string::npos) width += "px";
        result += " style=\"--w: " + detail::html(width) + "\"";
    }
    bool in_tag = true;
    for (std::size_t i = 4; i < svg.size();) {
        const std::string_view rest = svg.substr(i);
        if (rest.starts_with("<!--")) {
            i += std::min(rest.find("-->"), rest.size() - 3) + 3;
            continue;
        }
        if (rest[0] == '<') in_tag = true;
        if (rest[0] == '>') in_tag = false;
        bool matched = false;
        for (const std::string_view reference : {" id=\"", " href=\"#", " xlink:href=\"#", "url(#"})
            if (in_tag && rest.starts_with(reference)) {
                result += reference;
                result += name;
                i += reference.size();
                matched = true;
                break;
            }
        if (!matched) {
            result += rest[0];
            ++i;
        }
    }
    return result;
}

}  // namespace xgrad
