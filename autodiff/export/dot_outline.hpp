// What is drawn of a graph before anything is placed: boxes, arrows and the main line through them. Internal.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "autodiff/export/dot_gradients.hpp"
#include "autodiff/export/dot_modules.hpp"
#include "xgrad/autodiff/export/picture.hpp"

namespace xgrad::detail {

struct Box {
    enum class Kind { op, module, chain, data, parameter, constant, output, gradient, gradient_out, state };
    Kind kind = Kind::op;
    ValueId id = no_value;  ///< the node it is, or the last of those it stands for
    ScopeId module = 0;     ///< the frame that it is in; of a closed module: the module
    std::string key;        ///< "n12"
    std::string title;
    std::vector<std::string> lines;  ///< small, under the title
    bool nonlinear = false;
    bool weights = false;  ///< a chain of ops on parameters alone: what became of the weights of a stretch
    int count = 1;         ///< ops that it stands for
    int beside =
        -1;  ///< drawn in one rank with that box (a parameter; a gradient under what it differentiates)
    bool spine = false;  ///< on the main line
};

struct Arrow {
    int from, to;
    ValueId value;  ///< what flows
    bool kept;      ///< a forward value that the backward part reads
};

struct Outline {
    /// Without `folds`, equal neighbours are drawn each.
    explicit Outline(const Graph& graph, const DrawOptions& options, bool folds = true)
        : Outline(graph, options, "n", {}, false, false, folds)
    {}
    /// A tower (see Modules::regroup). With `framed`, what a stretch computes from parameters alone is one box; else
    /// the middle of a long stretch is one.
    Outline(const Graph& graph, const DrawOptions& options, const std::string& prefix,
            std::span<const Stretch> stretches, bool framed)
        : Outline(graph, options, prefix, stretches, framed, true, true)
    {}

    const Graph& graph;
    Parts parts;
    Modules modules;
    DType dtype;
    std::int64_t batch;
    std::vector<Box> boxes;
    std::vector<Arrow> arrows;
    std::vector<int> box_of;          ///< by node; -1: not drawn
    std::vector<int> main_line;       ///< boxes from the first input to the first output
    std::size_t hidden_backward = 0;  ///< backward nodes that are not drawn, the forward part being too large

    std::int64_t parameters = 0;  ///< elements, of the forward part
    double flops = 0;             ///< of the forward part
    std::int64_t weight_ops = 0;  ///< ops within boxes of weights

    bool is_backward(int box) const
    {
        const Box::Kind kind = boxes[static_cast<std::size_t>(box)].kind;
        return kind == Box::Kind::gradient || kind == Box::Kind::gradient_out || kind == Box::Kind::state;
    }
    /// "784 → 128": lengths of what enters and leaves a module, without the batch.
    std::string sizes(ScopeId module) const;

  private:
    Outline(const Graph& graph, const DrawOptions& options, const std::string& prefix,
            std::span<const Stretch> stretches, bool framed, bool tower, bool folds);
    int add(Box box);
    void fold_weights(std::span<const Stretch> stretches);
    void elide(std::span<const Stretch> stretches);
    Box weights_box(ValueId end) const;
    void draw_forward(const DrawOptions& options);
    void draw_leaf(ValueId id);
    int draw_op(ValueId id, const DrawOptions& options);
    int draw_module(ScopeId scope);
    void connect();
    void draw_outputs(const DrawOptions& options);
    void draw_backward(const DrawOptions& options);
    void draw_in_lane(ValueId leaf);
    void draw_updates();
    std::string output_title(ValueId id) const;
    std::string gradient_of(std::size_t output, std::span<const Derivative> known,
                            std::size_t forward_outputs) const;
    void find_main_line();
    void count_all();

    std::string prefix_;
    std::size_t forward_outputs_;
    std::map<ScopeId, int> module_box_;
    std::map<ValueId, int> chain_box_;
    std::set<ValueId> weight_ends_, elided_ends_;
};

}  // namespace xgrad::detail
