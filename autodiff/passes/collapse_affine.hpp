// Merging affine stretches of any form: with branches that meet again, transposes, reshapes and means.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "xgrad/autodiff/passes/collapse_linear.hpp"

namespace xgrad {

/// One merged stretch: from one value to another, row by row y = x W' + b' of what lies behind the first axis.
///
/// The bound. Let u be the unit roundoff, gamma_k = k u / (1 - k u), and let |G| be the stretch with |weights|, |factors|
/// and |biases| in place of their values and sums in place of differences: then M = |G|(|x|) is the sum of the sizes of
/// all terms of y. A term meets at most K roundings on its way, K the sum over the nodes of the lengths they add up, and
/// W', b' are computed by the same operations; so
///     |y_before - y_after| <= 2 (gamma_K + gamma_(n+2)) M
/// for every element, and likewise for dy/dx with the transposed |G| (Higham, Accuracy and Stability of Numerical
/// Algorithms, 2nd edition, sections 3.1 and 3.5).
struct AffineStretch {
    std::vector<ValueId> before;  ///< its nodes in the graph before, in order
    std::vector<ValueId> after;   ///< the nodes that replace them, without leaves
    Shape weight;                 ///< shape of W'
    std::string path;             ///< common module path
    double flops_before = 0, flops_after = 0;
    Check value;           ///< y against y' for random identical inputs of the stretch, with the bound
    Check input_gradient;  ///< the same for dy/dx of one random cotangent
};

/// The result: a graph to use as a model, what was merged and what was not.
struct AffineCollapsed {
    Graph graph;
    std::vector<AffineStretch> merged;
    std::vector<Refusal> refusals;
    /// True when every measured difference is within its bound.
    bool holds() const;
};
std::ostream& operator<<(std::ostream& out, const AffineCollapsed& collapsed);

/// Merges every stretch of nodes between one value and another that is affine in it and treats the rows (the first axis)
/// alike: products with weights, sums, scales, x + f(x) and other branches that meet again, transposes, reshapes and
/// means or sums of the axes behind the first one, slices and joins, dropout outside of training. W' and b' are constants:
/// for inference. A value within a stretch that others read, or that is an output, ends it; so does what is not affine,
/// joins rows, or is stochastic. A stretch that would have more flops afterwards is refused unless options.allow_dearer.
/// collapse_linear() merges chains with a sharper bound, and for training too.
/// @throws ValueError for another mode than CollapseMode::constants; otherwise as collapse_linear()
AffineCollapsed collapse_affine(const Graph& graph, const CollapseOptions& options = {});

}  // namespace xgrad
