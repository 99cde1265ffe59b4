// What each role in a picture looks like: roles -> Graphviz attributes. Internal.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "autodiff/export/dot_text.hpp"
#include "xgrad/autodiff/export/picture.hpp"

namespace xgrad::detail {

/// The colours of a theme. Meaning is never in the colour alone: shape, outline or words say the same.
struct Palette {
    const char *paper, *ink, *ink2, *line, *hair, *faint;
    const char *module, *module2, *op, *op_line, *data, *parameter, *parameter_ink;
    const char *nonlinear, *nonlinear_line, *output, *output_ink;
    const char *gradient, *gradient_line, *lane;
    const char *touched, *touched_line, *wrong, *wrong_line;
    const char* ramp[9];  ///< for times: from paper to blue
    const char*
        magnitude[9];  ///< for norms, a decade a step: from the gradients' purple (large) into the paper
};
/// Which of the two reads better on a fill: ink or paper.
const char* text_on(const Palette& colours, const char* fill);
/// The first step of the ramp on which paper is read better than ink: 6 on light paper, 5 on dark.
int inverted_from(const Palette& colours);
const Palette& palette(Theme theme);

/// What a node is in the picture.
enum class Role {
    op,
    nonlinear,
    data,
    output,
    parameter,
    constant,
    module,
    gradient,
    gradient_out,
    state,
    note
};
/// What an arrow is.
enum class Line { data, parameter, constant, gradient, kept, barrier, hidden };

/// Attributes of a node, an edge or a graph; a later entry overrides an earlier one.
using Attributes = std::vector<std::pair<std::string, Text>>;

inline constexpr const char* font_name = "Helvetica,Arial,sans-serif";

Attributes graph_defaults(const Palette& colours, bool top_to_bottom);
Attributes node_defaults(const Palette& colours);
Attributes edge_defaults(const Palette& colours);
Attributes node_attributes(const Palette& colours, Role role);
Attributes edge_attributes(const Palette& colours, Line line);
/// A module's frame; `nested` within another module's.
Attributes cluster_attributes(const Palette& colours, bool nested);

}  // namespace xgrad::detail
