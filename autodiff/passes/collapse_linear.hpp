// Merging stretches of affine nodes into one product and one sum, with a proof.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "xgrad/autodiff/graph.hpp"

namespace xgrad {

/// What becomes of the parameters of a merged stretch.
enum class CollapseMode {
    constants,   ///< W' and b' are computed now and are constants: for inference
    parameters,  ///< W' and b' are new trainable parameters
    symbolic,    ///< W1 W2 ... stays in the graph: the old parameters train
};

struct CollapseOptions {
    CollapseMode mode = CollapseMode::constants;
    bool allow_dearer = false;             ///< merge although parameters or flops go up (784-32-784)
    bool allow_other_model_class = false;  ///< merge trainable layers through a bottleneck (3-2-3)
    std::uint64_t seed = 1;                ///< of the random inputs that the certificate is measured on
    std::int64_t samples = 64;             ///< how many of them
};

/// Why a stretch, or a step of it, was left alone.
enum class RefusalReason { not_affine, used_elsewhere, stochastic, dearer, other_model_class };

/// One barrier or refused stretch.
struct Refusal {
    RefusalReason reason;
    std::vector<ValueId> nodes;  ///< in the graph before: the barrier, or the nodes that were not merged
    std::string text;            ///< one sentence: "relu (net.2) is not affine: relu'(0) = 0"
};

/// One merged stretch.
struct Merged {
    std::vector<ValueId> before;  ///< its nodes in the graph before, in order
    std::vector<ValueId> after;   ///< the nodes that replace them in the graph after
    Shape weight;                 ///< shape of W'
    std::string path;             ///< common module path
    std::int64_t parameters_before = 0, parameters_after = 0;
    double flops_before = 0, flops_after = 0;  ///< of the recorded batch
};

/// What was done and how it was checked.
struct Certificate {
    std::string rule;  ///< "collapse_linear"
    CollapseMode mode = CollapseMode::constants;
    std::vector<Merged> merged;
    std::vector<Refusal> refusals;
    std::int64_t nodes_before = 0, nodes_after = 0;  ///< ops, leaves not counted
    std::int64_t parameters_before = 0, parameters_after = 0;
    double flops_before = 0, flops_after = 0;  ///< of the recorded batch; per sample: / batch
    std::int64_t batch = 1;
    DType dtype = DType::float64;
    std::int64_t samples = 0;
    double value_error = 0;  ///< largest |y - y'| on random inputs
    double value_bound = 0;  ///< a rigorous rounding bound on it
    double input_gradient_error = 0;  ///< largest difference of dy/dx for one random cotangent
    double input_gradient_bound = 0;
    double parameter_gradient_error = 0;  ///< symbolic mode: over every parameter's gradient
    double parameter_gradient_bound = 0;
    /// True when every measured error is within its bound.
    bool holds() const;
    Graph before, after;  ///< the two graphs
};

/// Prints it as a short report.
std::ostream& operator<<(std::ostream& out, const Certificate& certificate);

/// The result: a graph to use as a model (see apply()) and its certificate.
struct Collapsed {
    Graph graph;
    Certificate certificate;
};

/// Merges every stretch of affine nodes of `graph` (matrix products with parameters or constants, sums, scalings,
/// affine activations) into one product and one sum: y = x W' + b'. A stretch ends at what is not affine, is used
/// elsewhere, is an output, or is stochastic. Refusals say why.
/// @throws GraphError if the graph has no output, ValueError for a sample count under 1.
Collapsed collapse_linear(const Graph& graph, const CollapseOptions& options = {});

}  // namespace xgrad
