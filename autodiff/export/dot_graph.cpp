// The picture of one graph.
#include <algorithm>

#include "autodiff/export/dot_emit.hpp"
#include "autodiff/export/dot_text.hpp"
#include "autodiff/export/dot_values.hpp"
#include "autodiff/passes/graph_copy.hpp"

namespace xgrad {
namespace {

using namespace detail;
}  // namespace

std::vector<std::string> detail::about(const Outline& outline, const DrawOptions& options)
{
    std::vector<std::string> lines = wrap(options.caption);
    std::string text;
    if (outline.parameters > 0) text += count_text(static_cast<double>(outline.parameters)) + " parameters, ";
    const bool batched = outline.batch > 1;
    text += flop_text(outline.flops / static_cast<double>(outline.batch)) + (batched ? " per sample" : "") +
            " forward.  " + std::string(name_of(outline.dtype)) +
            (batched ? ", batch " + std::to_string(outline.batch) : "");
    if (!outline.modules.folded.empty()) text += ".  " + outline.modules.folded;
    if (outline.hidden_backward > 0)
        text += ".  " + std::to_string(outline.hidden_backward) + " nodes of the backward part are not drawn";
    for (std::string& line : wrap(text)) lines.push_back(std::move(line));
    return lines;
}

void detail::check_options(const DrawOptions& options, std::size_t outputs)
{
    if (options.depth == 0 || options.depth < -1)
        throw ValueError("draw: depth " + std::to_string(options.depth) +
                         ": 1 closes the outermost modules, -1 none");
    if (options.forward_outputs < 1 ||
        static_cast<std::size_t>(options.forward_outputs) > std::max<std::size_t>(outputs, 1))
        throw ValueError("draw: forward_outputs is " + std::to_string(options.forward_outputs) +
                         ", expected 1 to " + std::to_string(std::max<std::size_t>(outputs, 1)) +
                         ", the number of outputs");
}

Picture draw(const Graph& graph, const DrawOptions& options)
{
    detail::check_options(options, graph.outputs().size());
    if (options.values)
        throw ValueError("draw: a graph has no values; draw the variables: draw(y, {.values = true})");
    const Graph shown = detail::without_checks(graph);
    const Outline outline(shown, options);
    Sheet sheet(options.theme, natural_width(outline) > widest);
    const Look look;
    emit_boxes(sheet, outline, look);
    emit_arrows(sheet, outline, look);
    sheet.caption(options.title, about(outline, options), legend_of(sheet, outline, look));
    return sheet.picture();
}

Picture draw(std::span<const Variable> outputs, const DrawOptions& options)
{
    if (outputs.empty()) throw ValueError("draw: no outputs");
    if (!options.values) return draw(outputs[0].tape().graph(outputs), options);
    if (outputs.size() != 1)
        throw ValueError("draw: values are drawn for one output, not " + std::to_string(outputs.size()));
    detail::check_options(options, 1);
    return detail::draw_values(outputs[0], options);
}

Picture draw(Variable y, const DrawOptions& options) { return draw(std::span(&y, 1), options); }

}  // namespace xgrad
