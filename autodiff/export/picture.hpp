// Pictures of graphs: DOT text through libcgraph, images through libgvc.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "xgrad/autodiff/anomaly.hpp"
#include "xgrad/autodiff/error.hpp"
#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/passes/collapse_linear.hpp"
#include "xgrad/autodiff/profile.hpp"
#include "xgrad/autodiff/statistics.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// Graphviz refuses a picture: too large to lay out, a plugin is missing, or an error of its own (its message is
/// part of the text).
class DrawError : public Error {
  public:
    using Error::Error;
};

/// Colours for white or for dark paper. The layout is the same.
enum class Theme { light, dark };

/// What a picture shows, and how.
struct DrawOptions {
    Theme theme = Theme::light;
    /// Modules nested this deep are closed into one node: 1 closes the outermost ones. -1: every op is drawn, but a
    /// picture of over 200 nodes closes modules, deepest first, until 60 or fewer remain.
    int depth = -1;
    /// Gradients and updates as a second lane under the forward part.
    bool backward = true;
    /// Value and gradient in each node, the local derivative on each arrow. For scalar graphs of up to 40 nodes, drawn
    /// from variables (a Graph alone has no values).
    bool values = false;
    /// How many of the graph's outputs belong to the forward part, from 1 to all of them: the first ones. What only
    /// the others need is the backward part. (A certificate's picture has a forward part alone.)
    int forward_outputs = 1;
    /// Bold, under the picture: a sentence that states what is seen.
    std::string title = {};
    /// Grey, under the title, before what the picture says about itself. Lines end with '\n'.
    std::string caption = {};
};

/// A drawn graph: DOT text that depends on the graph and the options alone, and images of it.
class Picture {
  public:
    /// Takes DOT text; `size` is what its layout costs: nodes + edges.
    Picture(std::string dot, std::size_t size) : dot_(std::move(dot)), size_(size) {}

    const std::string& dot() const { return dot_; }
    /// The picture as an SVG document. Nodes carry their ids ("n12") and classes ("nonlin"), so that it can be restyled.
    /// @throws DrawError if the picture is too large to lay out (see layout_limit), or Graphviz refuses it.
    std::string svg() const;
    /// Writes a file: .dot, .gv, .svg, .png or .pdf, by its ending.
    /// @throws ValueError for another ending, DataError if the file cannot be written, DrawError as svg().
    void save(const std::string& path) const;

  private:
    std::string dot_;
    std::size_t size_;
};

/// Pictures of more nodes and arrows than this are not laid out: their DOT can be saved, an image throws DrawError.
/// Layout takes 0.2 s at this size for graphs with short arrows, several seconds where most arrows are long, and grows
/// faster than its square.
inline constexpr std::size_t layout_limit = 1500;

/// The graph from left to right: modules as boxes, parameters beside their ops, what is not affine as hexagons, the
/// backward part as a second lane; from top to bottom where it would be too wide to read.
/// @throws ValueError for a depth of 0 or under -1, a number of forward outputs that is not within 1 and the number of
///         outputs, or `values` (draw the variables instead).
Picture draw(const Graph& graph, const DrawOptions& options = {});

/// Two towers, before and after, with what was merged, what stopped it and the proof. @throws ValueError as above, but
/// for `values`, which a certificate has none of.
Picture draw(const Certificate& certificate, const DrawOptions& options = {});

/// The graph of a profile, coloured by time: the darker (on dark paper: the brighter), the larger the share of a run,
/// with the time written into each node. Ops that were fused have one time together: they show it beside a letter, the
/// same for all of them. Closed modules show the sum of their ops; of a group that goes beyond them, the share of its ops,
/// marked with ≈. @throws ValueError as for a graph.
Picture draw(const Profile& profile, const DrawOptions& options = {});

/// Where a NaN or an infinity was born: the node that made the first NaN is filled (an octagon), the one that made the first
/// infinity tinted, what is not finite after them dashed, all else faded; arrows carry the elements that it comes from.
/// Modules that are alike are drawn each. @throws ValueError as for a graph.
Picture draw(const Anomaly& anomaly, const DrawOptions& options = {});
/// The same for what anomaly mode threw.
Picture draw(const AnomalyError& error, const DrawOptions& options = {});

/// What a picture of statistics is coloured by.
enum class Measure {
    gradient,   ///< the norm of the gradient by each node; of a node of the backward part, of its value
    norm,       ///< the norm of each value
    zeros,      ///< the share of zeros in each value: units that are dead
    not_finite  ///< the share of NaN and infinities
};

/// The graph with a number in each node, and a colour: it fades into the paper as a norm does, a decade a step (from 1, or
/// from the largest norm where that is more), or as the share does. A closed module shows the gradient of its parameters
/// together, or else what its last op shows. Modules that are alike are drawn each.
/// @throws ValueError as for a graph; for Measure::gradient if the statistics have no gradients.
Picture draw(const Statistics& statistics, Measure measure, const DrawOptions& options = {});
/// Coloured by the gradient if there are gradients, else by the norm.
Picture draw(const Statistics& statistics, const DrawOptions& options = {});

/// What these variables were computed from. With options.values: a single y whose graph is scalar.
/// @throws ValueError as for a graph; if options.values is set and there are several outputs, a value of more than one
///         element or more than 40 nodes; DtypeError if it is set, with the gradients, and y has none (a mask).
Picture draw(std::span<const Variable> outputs, const DrawOptions& options = {});
Picture draw(Variable y, const DrawOptions& options = {});

}  // namespace xgrad
