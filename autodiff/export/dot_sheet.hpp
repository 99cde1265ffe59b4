// A sheet to draw on: nodes, edges and clusters by role, kept in a libcgraph graph and written as DOT. Internal.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autodiff/export/theme.hpp"

namespace xgrad::detail {

/// Graphviz keeps state in globals: whoever calls libcgraph or libgvc holds this.
std::mutex& graphviz_mutex();

/// Collects what Graphviz would print while it lives. The mutex is held.
class GraphvizMessages {
  public:
    GraphvizMessages();
    ~GraphvizMessages();
    GraphvizMessages(const GraphvizMessages&) = delete;
    GraphvizMessages& operator=(const GraphvizMessages&) = delete;
    /// All of it, on one line; empty if there was none.
    static std::string text();
    /// True if one of them was an error, not a warning.
    static bool error();
};

/// Parses DOT text, with ids by order of appearance (libcgraph's own are addresses, which order its clusters).
/// The mutex is held; the result is an Agraph_t, or null, to be closed with agclose.
void* read_dot(std::string_view text);

class Sheet {
  public:
    Sheet(Theme theme, bool top_to_bottom, const Attributes& graph = {});
    ~Sheet();
    Sheet(const Sheet&) = delete;
    Sheet& operator=(const Sheet&) = delete;

    const Palette& colours() const { return colours_; }
    bool top_to_bottom() const { return top_to_bottom_; }

    /// A node in the innermost open cluster. Its key is its name in DOT and its id in SVG.
    void node(const std::string& key, Role role, const Text& label, const Attributes& more = {});
    void edge(const std::string& from, const std::string& to, Line line, const Attributes& more = {});
    /// Names the node that layout starts from, before any other is drawn.
    void first(const std::string& key);
    /// Puts nodes side by side. They are drawn already.
    void same_rank(std::span<const std::string> keys);
    void same_rank(std::initializer_list<std::string> keys)
    {
        same_rank(std::span(keys.begin(), keys.size()));
    }
    void begin_cluster(const std::string& key, const Attributes& attributes);
    void end_cluster();

    /// A shape on an arrow, lifted off it where arrows run from left to right.
    Text edge_label(std::string_view text) const;

    /// Title, grey lines and legend (colour, words) under the picture.
    void caption(std::string_view title, const std::vector<std::string>& lines,
                 const std::vector<std::pair<const char*, std::string>>& legend);

    /// Nodes and edges so far.
    std::size_t size() const { return size_; }
    /// The picture as it is now.
    Picture picture() const;

  private:
    struct Graphviz;
    std::unique_ptr<Graphviz> graph_;
    const Palette& colours_;
    bool top_to_bottom_;
    std::size_t size_ = 0;
};

}  // namespace xgrad::detail
