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

/// Options of collapse_linear() and certify().
struct CollapseOptions {
    CollapseMode mode = CollapseMode::constants;
    bool allow_dearer = false;  ///< merge although parameters or flops go up (784-32-784)
    bool allow_other_model_class =
        false;                  ///< merge trainable layers through a bottleneck (3-2-3), and the like
    std::uint64_t seed = 1;     ///< of the random inputs and cotangents that the certificate is measured on
    std::int64_t samples = 64;  ///< length of the batch axis of those inputs
};

/// Why a stretch, or a step of it, was left alone.
enum class RefusalReason {
    not_affine,         ///< a barrier: not affine along the last axis of one value that depends on the input
    used_elsewhere,     ///< the value within the stretch is read by others too, or is an output of the graph
    stochastic,         ///< the step is drawn anew at each run (dropout while training)
    dearer,             ///< more parameters or more flops afterwards (modes constants and parameters)
    other_model_class,  ///< W' and b', once trained, can be what the stretch cannot (mode parameters)
    not_finite,         ///< W' or b' overflows, or a factor divides by zero (modes constants and parameters)
};

/// One barrier or refused stretch.
struct Refusal {
    RefusalReason reason;
    std::vector<ValueId> nodes;  ///< in the graph before: the barrier, or the nodes that were not merged
    std::string text;            ///< one sentence: "relu (net.2) is not affine: relu'(0) = 0"
};

/// A difference that was measured, beside its bound.
struct Check {
    double error = 0;  ///< the largest difference met
    double bound = 0;  ///< the bound at that element
    double worst =
        0;  ///< largest difference / bound over all elements; infinite where a value is not a number
    bool holds() const { return worst <= 1; }
};

/// One merged stretch. Parameters are the numbers held in its parameters and constants, each leaf counted once.
struct Merged {
    std::vector<ValueId> before;  ///< its nodes in the graph before, in order
    std::vector<ValueId> after;  ///< the nodes that replace them in the graph after, without leaves, in order
    Shape weight;                ///< shape of W'
    Shape widths;                ///< lengths of the last axis: {784, 32, 784}
    std::string path;            ///< common module path ("encoder"); "0-2" where there is none
    std::int64_t parameters_before = 0, parameters_after = 0;
    double flops_before = 0, flops_after = 0;  ///< of the recorded batch, on the way of the data
    double weight_flops_after = 0;             ///< symbolic mode: of the products of weights, at each run
    Check value;                               ///< y against y' for identical inputs of the stretch
    Check input_gradient;                      ///< the same for the cotangent of the stretch's input
    Check parameter_gradient;                  ///< symbolic mode: every weight, factor and bias
};

/// What was done and how it was checked.
///
/// The bound. Let u be the unit roundoff of the element type, gamma_k = k u / (1 - k u), and let a stretch be steps
/// a_i = (a_{i-1} D_i) W_i + c_i, i = 1 .. s, with R_i = D_{i+1} W_{i+1} ... D_s W_s. Whatever the order of summation,
/// step i commits an error of at most e_i = gamma_{r_i} (|a_{i-1}| |D_i| |W_i| + |c_i|), r_i its number of roundings in
/// one element (inner length + elementwise operations), and later steps carry it to the output as e_i R_i. So both
///     before:  |y - x W' - b'| <= sum_i e_i |R_i|
///     after:   |y' - x W' - b'| <= |x| dW + db + gamma_{n+1} (|x| |W'| + |b'|)
/// hold for every element, where W', b' are the exact ones and dW, db bound the error of the stored ones: the first
/// line applied to the rows of the identity, with the unit roundoff of the wider type that W' was computed in, plus
/// one rounding (in symbolic mode with u itself). The bound is the sum of both; dy/dx is the same with transposed
/// weights, and gradients of weights are products of bounded factors. Running error analysis: Higham, Accuracy and
/// Stability of Numerical Algorithms, 2nd edition, sections 3.1, 3.3 and 3.5.
///
/// It is checked at each stretch, element by element, for identical inputs and cotangents of the stretch; what is not
/// in a stretch is checked to be node for node the same. From the graph's inputs to its outputs the difference is
/// bounded only if no two stretches follow one another and only merged nodes stand behind a merged one.
struct Certificate {
    std::string rule;  ///< "collapse_linear"
    CollapseMode mode = CollapseMode::constants;
    std::vector<Merged> merged;
    std::vector<Refusal> refusals;
    std::int64_t nodes_before = 0, nodes_after = 0;            ///< ops, leaves not counted
    std::int64_t parameters_before = 0, parameters_after = 0;  ///< numbers held in parameters and constants
    double flops_before = 0, flops_after = 0;  ///< on the way of the recorded batch; per sample: / batch
    double weight_flops_before = 0,
           weight_flops_after = 0;  ///< of what depends on parameters alone, at each run
    std::int64_t batch = 1;
    DType dtype = DType::float64;
    std::int64_t samples = 0;  ///< length of the batch axis that was measured with (see batch_replaced)
    bool batch_replaced =
        true;                ///< false: the graph runs only at the recorded shapes, and was measured there
    double value_error = 0;  ///< largest |y - y'| at the end of a stretch on random inputs
    double value_bound = 0;  ///< a rigorous rounding bound on it
    double input_gradient_error = 0;  ///< largest difference of dy/dx for one random cotangent
    double input_gradient_bound = 0;
    double parameter_gradient_error = 0;  ///< symbolic mode: over every parameter's gradient
    double parameter_gradient_bound = 0;
    Check end_to_end;                 ///< outputs of the graph; without a bound unless:
    bool end_to_end_bounded = false;  ///< the bound of end_to_end is rigorous
    bool same_elsewhere = true;       ///< all that was not merged is the same node for node
    /// True when every measured difference is within its bound, element by element, the outputs are finite where they
    /// were, and nothing else was changed.
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
/// elsewhere, is an output, or is stochastic. Refusals say why. A product followed by a sum is left as it is. Where a
/// stretch is refused as a whole, elementwise steps are still merged into the product that they follow, if that is
/// not refused too. Without anything to merge the result is the graph itself; else nodes that no output needs are
/// dropped (inputs are kept).
///
/// W' and b' are computed in double for float32 and in long double for float64, and rounded once; with the certificate
/// that costs a handful of such products (0.6 s and 4 s for 784-512-512-10).
///
/// A stretch without any parameter becomes constants in mode `parameters` too: nothing in it was trainable.
/// @throws GraphError if the graph has no output or no input, ValueError for a sample count under 1, DtypeError for
///         inputs that are not float32 or float64 (the certificate draws real numbers).
Collapsed collapse_linear(const Graph& graph, const CollapseOptions& options = {});

/// Measures again what collapse_linear() claims about two graphs: `merged` names the stretches (before, after) of its
/// certificate. Only the parts of the certificate that are measured or counted are filled; there are no refusals.
/// @throws GraphError if a stretch is not one in `before`; otherwise as collapse_linear().
Certificate certify(const Graph& before, const Graph& after, std::vector<Merged> merged,
                    const CollapseOptions& options = {});

}  // namespace xgrad
