// Images: layout and rendering through libgvc.
#include "autodiff/export/layout.hpp"

#include <memory>

#include "autodiff/export/dot_sheet.hpp"

#include <graphviz/gvc.h>  // last: its macros (SQRT2) break xtensor

namespace xgrad::detail {
namespace {

// One context for the process, never freed: a second one after the first was freed reads memory that is gone.
GVC_t* context()
{
    static GVC_t* const context = gvContext();
    return context;
}

struct Layout {
    explicit Layout(std::string_view dot)
    {
        graph = static_cast<Agraph_t*>(read_dot(dot));
        if (!graph) throw DrawError("draw: Graphviz cannot read the picture: " + GraphvizMessages::text());
        if (!context()) throw DrawError("draw: Graphviz cannot start");
        laid_out = gvLayout(context(), graph, "dot") == 0;
    }
    ~Layout()
    {
        if (laid_out) gvFreeLayout(context(), graph);
        agclose(graph);
    }
    Layout(const Layout&) = delete;
    Layout& operator=(const Layout&) = delete;
    Agraph_t* graph;
    bool laid_out;
};

}  // namespace

std::string render(std::string_view dot, const std::string& format)
{
    const std::lock_guard lock(graphviz_mutex());
    const GraphvizMessages gather;
    const Layout layout(dot);
    if (!layout.laid_out || GraphvizMessages::error())
        throw DrawError(
            "draw: Graphviz cannot lay out the picture (is its layout plugin 'dot' installed?): " +
            GraphvizMessages::text());
    char* data = nullptr;
    unsigned length = 0;
    const int result = gvRenderData(context(), layout.graph, format.c_str(), &data, &length);
    const std::unique_ptr<char, decltype(&gvFreeRenderData)> owner(data, gvFreeRenderData);
    if (result != 0 || !data)
        throw DrawError("draw: Graphviz cannot render " + format +
                        " (is a plugin for it installed?): " + GraphvizMessages::text());
    return std::string(data, length);
}

}  // namespace xgrad::detail
