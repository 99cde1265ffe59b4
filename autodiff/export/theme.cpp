// The two palettes (from Okabe-Ito, darkened so that text reads on them) and the attributes of every role.
#include "autodiff/export/theme.hpp"

#include <cmath>
#include <cstdlib>

namespace xgrad::detail {
namespace {

constexpr Palette light = {
    .paper = "#FFFFFF",
    .ink = "#1B2530",
    .ink2 = "#56626D",
    .line = "#7C8792",
    .hair = "#C3CBD2",
    .faint = "#A6AFB8",
    .module = "#F4F6F8",
    .module2 = "#E9EDF1",
    .op = "#FFFFFF",
    .op_line = "#56626D",
    .data = "#DCEBF6",
    .parameter = "#DDF0E8",
    .parameter_ink = "#0B5A43",
    .nonlinear = "#FBDDA0",
    .nonlinear_line = "#8F5F00",
    .output = "#1B2530",
    .output_ink = "#FFFFFF",
    .gradient = "#F7E6F0",
    .gradient_line = "#9A3F74",
    .lane = "#FCF6FA",
    .touched = "#CFE4F4",
    .touched_line = "#0072B2",
    .wrong = "#FBE0D0",
    .wrong_line = "#B84A00",
    .ramp = {"#FFFFFF", "#E4F1F9", "#CBE4F3", "#ABD3EB", "#86BFE1", "#5BA8D6", "#0072B2", "#00568A",
             "#003A60"},
    .magnitude = {"#6B1F4C", "#803F65", "#955E7E", "#A97D97", "#BC9AAE", "#CFB6C5", "#E1D2DB", "#F1EBEF",
                  "#FFFFFF"},
};
constexpr Palette dark = {
    .paper = "#12181E",
    .ink = "#E8EDF1",
    .ink2 = "#A9B6C1",
    .line = "#7F8D99",
    .hair = "#4A5966",
    .faint = "#5F6D79",
    .module = "#1A222A",
    .module2 = "#232D37",
    .op = "#12181E",
    .op_line = "#A9B6C1",
    .data = "#1D3A52",
    .parameter = "#153D31",
    .parameter_ink = "#86D8BC",
    .nonlinear = "#5A4108",
    .nonlinear_line = "#F0B429",
    .output = "#E8EDF1",
    .output_ink = "#12181E",
    .gradient = "#442338",
    .gradient_line = "#E79BC5",
    .lane = "#1E1820",
    .touched = "#12405F",
    .touched_line = "#56B4E9",
    .wrong = "#54260C",
    .wrong_line = "#FF8A4C",
    .ramp = {"#12181E", "#152A3B", "#173A55", "#174B70", "#185D8B", "#3E93C9", "#56B4E9", "#86CBF1",
             "#B9E2F9"},
    .magnitude = {"#FFB3DC", "#DD9DC1", "#BC87A6", "#9C728D", "#7D5E74", "#5F4A5C", "#423745", "#28262F",
                  "#12181E"},
};

}  // namespace

const Palette& palette(Theme theme) { return theme == Theme::dark ? dark : light; }
// The ramps leave out the middle, where neither is read well: contrast is 5 : 1 at least.
int inverted_from(const Palette& colours) { return &colours == &light ? 6 : 5; }

namespace {
// Relative luminance, as WCAG 2 defines it.
double luminance(const char* colour)
{
    double sum = 0;
    const double weights[] = {0.2126, 0.7152, 0.0722};
    for (int k = 0; k < 3; ++k) {
        const std::string digits(colour + 1 + 2 * k, 2);
        const double c = static_cast<double>(std::strtol(digits.c_str(), nullptr, 16)) / 255;
        sum += weights[k] * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}
double contrast(const char* a, const char* b)
{
    const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}
}  // namespace

const char* text_on(const Palette& colours, const char* fill)
{
    return contrast(fill, colours.ink) >= contrast(fill, colours.paper) ? colours.ink : colours.paper;
}

Attributes graph_defaults(const Palette& c, bool top_to_bottom)
{
    return {{"rankdir", {top_to_bottom ? "TB" : "LR"}},
            {"bgcolor", {c.paper}},
            {"fontname", {font_name}},
            {"fontsize", {"12"}},
            {"fontcolor", {c.ink}},
            {"ranksep", {top_to_bottom ? "0.2" : "0.28"}},
            {"nodesep", {top_to_bottom ? "0.25" : "0.16"}},
            {"pad", {"0.15"}},
            {"outputorder", {"edgesfirst"}},
            {"newrank", {"true"}},
            {"nslimit", {"1"}}};
}

Attributes node_defaults(const Palette& c)
{
    return {{"fontname", {font_name}},     {"fontsize", {"12"}},  {"fontcolor", {c.ink}}, {"shape", {"box"}},
            {"style", {"rounded,filled"}}, {"fillcolor", {c.op}}, {"color", {c.op_line}}, {"penwidth", {"1"}},
            {"margin", {"0.09,0.04"}},     {"width", {"0.3"}},    {"height", {"0.3"}}};
}

Attributes edge_defaults(const Palette& c)
{
    return {{"fontname", {font_name}}, {"fontsize", {"9.5"}}, {"fontcolor", {c.ink2}},
            {"color", {c.line}},       {"penwidth", {"1.1"}}, {"arrowhead", {"normal"}},
            {"arrowsize", {"0.55"}}};
}

Attributes node_attributes(const Palette& c, Role role)
{
    switch (role) {
    case Role::op: return {{"class", {"op"}}};
    case Role::nonlinear:
        return {{"class", {"nonlin"}},        {"shape", {"hexagon"}},        {"style", {"filled"}},
                {"fillcolor", {c.nonlinear}}, {"color", {c.nonlinear_line}}, {"margin", {"0,0"}}};
    case Role::data:
        return {{"class", {"data"}},
                {"shape", {"ellipse"}},
                {"style", {"filled"}},
                {"fillcolor", {c.data}},
                {"margin", {"0.05,0.02"}}};
    case Role::output:
        return {{"class", {"out"}},        {"shape", {"ellipse"}},        {"style", {"filled"}},
                {"fillcolor", {c.output}}, {"fontcolor", {c.output_ink}}, {"color", {c.output}},
                {"margin", {"0.05,0.02"}}};
    case Role::parameter:
        return {{"class", {"param"}},         {"style", {"filled"}},
                {"fillcolor", {c.parameter}}, {"fontcolor", {c.parameter_ink}},
                {"color", {c.parameter}},     {"penwidth", {"0"}},
                {"fontsize", {"10"}},         {"height", {"0.22"}},
                {"margin", {"0.06,0.02"}}};
    case Role::constant:
        return {{"class", {"const"}}, {"shape", {"plaintext"}}, {"style", {""}},
                {"fontsize", {"9"}},  {"fontcolor", {c.ink2}},  {"height", {"0.15"}},
                {"width", {"0.1"}},   {"margin", {"0.02,0.01"}}};
    case Role::module: return {{"class", {"module"}}, {"fillcolor", {c.module2}}, {"margin", {"0.13,0.07"}}};
    case Role::gradient:
        return {{"class", {"grad"}},
                {"style", {"rounded,filled,dashed"}},
                {"fillcolor", {c.gradient}},
                {"color", {c.gradient_line}}};
    case Role::gradient_out:
        return {{"class", {"gradout"}},      {"style", {"filled"}},
                {"fillcolor", {c.gradient}}, {"fontcolor", {c.gradient_line}},
                {"color", {c.gradient}},     {"penwidth", {"0"}},
                {"fontsize", {"10"}},        {"height", {"0.22"}},
                {"margin", {"0.06,0.02"}}};
    case Role::state:
        return {{"class", {"state"}},         {"style", {"filled"}},
                {"fillcolor", {c.parameter}}, {"fontcolor", {c.parameter_ink}},
                {"color", {c.gradient_line}}, {"penwidth", {"1"}},
                {"fontsize", {"10"}},         {"height", {"0.22"}},
                {"margin", {"0.06,0.02"}}};
    case Role::note:
        return {{"class", {"note"}},    {"shape", {"plaintext"}}, {"style", {""}},
                {"fontsize", {"10.5"}}, {"fontcolor", {c.ink2}},  {"margin", {"0.02,0.01"}}};
    }
    return {};
}

Attributes edge_attributes(const Palette& c, Line line)
{
    switch (line) {
    case Line::data: return {{"class", {"data"}}};
    case Line::parameter:
        return {{"class", {"param"}},
                {"color", {c.hair}},
                {"arrowsize", {"0.45"}},
                {"penwidth", {"1"}},
                {"dir", {"back"}}};
    case Line::constant:
        return {{"class", {"const"}},
                {"color", {c.hair}},
                {"arrowsize", {"0.4"}},
                {"penwidth", {"0.8"}},
                {"dir", {"back"}}};
    case Line::gradient:
        return {{"class", {"grad"}},
                {"color", {c.gradient_line}},
                {"fontcolor", {c.gradient_line}},
                {"style", {"dashed"}},
                {"dir", {"back"}}};
    case Line::kept:
        return {{"class", {"kept"}},
                {"color", {c.faint}},
                {"style", {"dotted"}},
                {"arrowsize", {"0.4"}},
                {"constraint", {"false"}}};
    case Line::barrier:
        return {
            {"class", {"barrier"}}, {"color", {c.wrong_line}}, {"penwidth", {"3"}}, {"arrowhead", {"none"}}};
    case Line::hidden: return {{"style", {"invis"}}};
    }
    return {};
}

Attributes cluster_attributes(const Palette& c, bool nested)
{
    return {{"class", {"module"}},   {"labelloc", {"t"}},
            {"labeljust", {"l"}},    {"fontsize", {"10.5"}},
            {"fontcolor", {c.ink2}}, {"style", {"rounded,filled"}},
            {"color", {c.hair}},     {"fillcolor", {nested ? c.module2 : c.module}},
            {"penwidth", {"1"}},     {"margin", {"8"}}};
}

}  // namespace xgrad::detail
