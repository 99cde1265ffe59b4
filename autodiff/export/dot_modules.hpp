// The modules of a picture: which scopes are frames, which are closed into one node, which are folded. Internal.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "autodiff/export/dot_parts.hpp"

namespace xgrad::detail {

struct Module {
    ScopeId parent = 0;        ///< the module around it, or 0
    int depth = 0;             ///< 1: outermost
    bool shown = false;        ///< a frame or a node of the picture; a module of one op is drawn as that op
    bool closed = false;       ///< one node
    int repeat = 1;            ///< of equal neighbours: how many it stands for
    std::string repeat_name;   ///< "layers.0–5"
    std::string name = {};     ///< the title of a frame that is no scope of the graph
    std::vector<ValueId> ops;  ///< forward ops in it and in the modules within
};

/// A stretch of nodes that a pass has merged or made: in a tower it has a frame of its own.
struct Stretch {
    std::vector<ValueId> nodes;
    std::string name;
};

/// "encoder.layers.0" and "encoder.layers.5" -> "encoder.layers.0–5".
std::string range_name(const std::string& first, const std::string& last);

struct Modules {
    /// Without `folds`, equal neighbours are drawn each: pictures of values, which differ.
    Modules(const Graph& graph, const Parts& parts, int depth, bool folds = true);

    std::vector<Module> modules;   ///< by scope
    std::vector<ScopeId> of;       ///< the innermost shown module of a node, 0: none
    std::vector<ValueId> same_as;  ///< the node drawn for a node of a folded copy; else the node itself
    std::vector<ValueId>
        chain;           ///< the last node of the closed elementwise chain that a node is in, or no_value
    std::string folded;  ///< one sentence for the caption; empty if nothing was folded

    /// For towers: frames that hold more than a stretch or a part of one, or all of the graph, are opened, so that the
    /// ends of stretches show. With `framed`, stretches are frames, in place of all that hold a part of one.
    void regroup(const Graph& graph, const Parts& parts, std::span<const Stretch> stretches, bool framed);
    /// The outermost closed module around a node, or 0.
    ScopeId closed_around(ValueId id) const;
    /// The node that stands for `id`, through folds within folds.
    ValueId drawn(ValueId id) const;
    /// Where it is in the model: "net.0".
    std::string path(const Graph& graph, ScopeId id) const;
    /// A title: "net.0  Linear".
    std::string title(const Graph& graph, ScopeId id) const;

  private:
    void fold(const Graph& graph, const Parts& parts, ScopeId parent);
    void close(const Graph& graph, const Parts& parts);
    std::size_t count(const Graph& graph, const Parts& parts) const;
};

}  // namespace xgrad::detail
