// The exact map of an affine stretch, to more digits than its element type has, and rounding bounds. Internal.
#pragma once

#include <vector>

#include "autodiff/passes/affine_chain.hpp"

namespace xgrad::detail {

/// A chain with the values of its operands (in the order of Chain::operands()).
struct ChainValues {
    const Graph& graph;
    const Chain& chain;
    std::vector<Array> operands;
};

/// x W' + b' of a chain, rounded once.
struct MergedMap {
    Array weight;  ///< [n, m]
    Array bias;    ///< [m]; zeros where there is none
    bool finite;
};
MergedMap merged_map(const ChainValues& values);

/// Bounds on |before - after| for each element; see Certificate for the formula.
struct ChainBounds {
    std::vector<double> value;                  ///< like the chain's output
    std::vector<double> input_gradient;         ///< like its input
    std::vector<std::vector<double>> operands;  ///< like each operand; symbolic mode only
};
/// For rows x [rows, n] of the chain's input and a cotangent [rows, m] of its output.
ChainBounds chain_bounds(const ChainValues& values, CollapseMode mode, const Array& x,
                         const Array& cotangent);

}  // namespace xgrad::detail
