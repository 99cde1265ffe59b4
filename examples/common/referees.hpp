// LIBSVM and LIBLINEAR as referees: run as programs (Debian packages libsvm-tools and liblinear-tools) on files in a folder.
#pragma once

#include <string>
#include <vector>

#include <xgrad/nn.hpp>

namespace common {

/// What svm-train finds for a linear kernel: the problem of nn::svm_smo. Labels -1 and +1, x in float64.
/// Its model file names each support vector by its features; they are found again in the data by these, so that w is computed
/// from the data's own numbers, not from the file's 8 digits.
/// `fit` has w, b, alpha, and the two objectives at these: LIBSVM's own duality gap is fit.primal - fit.dual.
struct Libsvm {
    xgrad::nn::LinearFit fit;
    double objective = 0;  ///< the dual objective that it prints
};
/// @throws xgrad::DataError if the program does not run or its model is not understood.
Libsvm libsvm(const xgrad::nn::Dataset& data, double C, double eps, const std::string& folder);

/// What liblinear-train finds with a bias that is penalised (-B 1): w, b and the objective there.
enum class Liblinear {
    logistic = 0,       ///< -s 0: logistic regression (primal)
    svm_dual_hinge = 3  ///< -s 3: support vector machine with hinge loss (dual): nn::svm_coordinate_descent
};
/// @throws as libsvm.
xgrad::nn::LinearFit liblinear(const xgrad::nn::Dataset& data, Liblinear solver, double C, double eps,
                               const std::string& folder);

/// (1/2) |w|^2 + C sum max(0, 1 - t y), by a loop that shares nothing with the library's solvers; b is penalised or not.
double hinge_objective(const xgrad::nn::Dataset& data, const xgrad::nn::LinearFit& fit, double C,
                       bool penalise_bias = false);

/// max_k |a_k - b_k| / max_k |b_k| over the weights and the bias.
double relative_difference(const xgrad::nn::LinearFit& a, const xgrad::nn::LinearFit& b);

}  // namespace common
