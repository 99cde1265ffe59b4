// Linear classifiers by solvers of their own: support vector machines along both roads (primal and dual), logistic
// regression, the perceptron, least squares.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "xgrad/nn/data.hpp"

namespace xgrad::nn {

/// How far a solver was after some work.
struct FitPoint {
    double passes = 0;  ///< work so far: products or sums of w with a row, divided by the number of rows
    double primal = 0, dual = 0;
    double gap = 0;  ///< primal - dual, see LinearFit::gap
};

/// A linear classifier y = x w + b, and what its solver knows of it. All numbers are float64, whatever the data are. One made
/// by hand holds a trained layer: LinearFit{.w = layer.weight.array(), .b = layer.bias.array().item<double>()}.
struct LinearFit {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();

    Array w;                ///< [features, 1], as the weight of Linear(features, 1)
    double b = 0;           ///< the bias
    Array alpha = {};       ///< [n, 1]: the dual variables; [0] where a solver has none
    double primal = none;   ///< the objective at w and b, in the form that the solver's description gives
    double dual = none;     ///< the dual objective at alpha: no w and b whatsoever gets below it
    double gap = none;      ///< primal - dual, summed from terms that are not negative: exact where small
    bool converged = true;  ///< the tolerance was reached
    std::int64_t iterations = 0;         ///< steps, epochs or updates, as the solver's description says
    std::vector<FitPoint> history = {};  ///< on the way, each point about 5 % more work than the one before

    /// x w + b for rows x [n, features]: [n, 1]. @throws ShapeError for another number of features; DtypeError unless x is
    /// float32 or float64.
    Array decision_function(const Array& x) const;
    /// +1 where the decision function is positive, else -1: [n, 1]. @throws as above.
    Array predict(const Array& x) const;
    /// The smallest t y / |w|: the distance of the line from the row next to it; negative if a row is on the wrong side.
    /// @throws as svm_smo.
    double margin(const Dataset& data) const;
    /// The rows with t y <= 1 + tolerance, in order: those on the margins or within. @throws as svm_smo.
    std::vector<std::int64_t> support_vectors(const Dataset& data, double tolerance = 1e-6) const;
};

// ---------------------------------------------------------------- support vector machines
//
// min (1/2) |w|^2 + C sum_i max(0, 1 - t_i (x_i w + b)), the form of LIBSVM and scikit-learn: C weighs the *sum* of the losses.
// The mean form (lambda/2) |w|^2 + mean loss has the same solution for lambda = 1 / (C n). Its dual is
// max sum alpha - (1/2) |sum_i alpha_i t_i x_i|^2 with 0 <= alpha_i <= C and, as b is free, sum_i alpha_i t_i = 0.

/// Options of svm_smo().
struct SvmOptions {
    double C = 1;
    double tolerance =
        1e-6;  ///< stop when gap <= tolerance * primal; 0: go on as long as numbers still change
    std::int64_t max_iterations = 1'000'000;
};

/// The dual, two variables at a time (SMO: Platt 1998), chosen by second-order information (Fan, Chen & Lin 2005), with a bias
/// that is not penalised: the problem that LIBSVM's C-SVC with a linear kernel solves. An iteration changes one pair and
/// takes two passes. LIBSVM's eps bounds the violation of a condition, `tolerance` here the duality gap.
/// @throws ShapeError unless x is [n, features] and t [n, 1], with as many rows; DtypeError unless both are float32 or
///         float64; ValueError unless x is finite, each label -1 or +1 and both occur; for an option out of range.
LinearFit svm_smo(const Dataset& data, const SvmOptions& options = {});

/// Options of svm_hard_margin().
struct HardMarginOptions {
    double tolerance = 1e-6;
    std::int64_t max_iterations = 1'000'000;
};

/// min (1/2) |w|^2 with t_i (x_i w + b) >= 1 for all rows: the widest gap between two classes that a line separates. By the
/// same solver with C without bound; w and b are scaled so that the smallest t y is 1, so margin() is 1 / |w|.
/// @throws as svm_smo; ValueError if no line separates the classes (or only one with a margin below 1e-9 of the data's
///         size), or none was found in max_iterations.
LinearFit svm_hard_margin(const Dataset& data, const HardMarginOptions& options = {});

/// Options of svm_coordinate_descent().
struct CoordinateDescentOptions {
    double C = 1;
    double tolerance = 1e-6;  ///< as in SvmOptions
    std::int64_t max_epochs = 100'000;
    std::uint64_t seed = 0;  ///< of the order of the rows, a new one in each epoch
};

/// The dual, one variable at a time (Hsieh et al. 2008). That takes a bias that is *penalised*, as the weight of a feature
/// that is 1: min (1/2) (|w|^2 + b^2) + C sum_i max(0, 1 - t_i y_i), the problem of LIBLINEAR's -s 3 -B 1. An iteration is an
/// epoch. @throws as svm_smo.
LinearFit svm_coordinate_descent(const Dataset& data, const CoordinateDescentOptions& options = {});

/// Options of svm_pegasos().
struct PegasosOptions {
    double C = 1;
    double tolerance = 1e-3;  ///< as in SvmOptions
    std::int64_t max_epochs = 1'000;
    std::uint64_t seed = 0;  ///< as above
};

/// The primal of svm_coordinate_descent (same objective, penalised bias) by stochastic subgradients of step 1 / (lambda k),
/// lambda = 1 / (C n) (Pegasos: Shalev-Shwartz et al. 2011, without the projection). As each epoch meets every row once,
/// alpha_i = C (share of the epochs in which row i was within the margin) is a point of the dual and
/// w = sum_i alpha_i t_i x_i: this road too knows its gap. An iteration is an epoch. @throws as svm_smo.
LinearFit svm_pegasos(const Dataset& data, const PegasosOptions& options = {});

// ---------------------------------------------------------------- other roads to a line

/// Options of logistic_regression().
struct LogisticRegressionOptions {
    double C = 1;                ///< infinity: no penalty
    bool penalise_bias = false;  ///< as LIBLINEAR's -s 0 -B 1 does
    double tolerance = 1e-12;    ///< stop when a step is at most that, relative to the largest weight
    std::int64_t max_iterations = 100;
};

/// min (1/2) |w|^2 + C sum_i ln(1 + e^(-t_i y_i)) by Newton's method with a line search; without a penalty (C infinite) the sum
/// of the losses alone. alpha_i = C / (1 + e^(t_i y_i)) (C taken as 1 if infinite), all of
/// them positive. An iteration is a step.
/// @throws as svm_smo; without a penalty ValueError if a line separates the classes (the loss then has no minimum: the
///         longer w, the smaller it is) or columns of x depend on one another.
LinearFit logistic_regression(const Dataset& data, const LogisticRegressionOptions& options = {});

/// Options of perceptron().
struct PerceptronOptions {
    std::int64_t max_epochs = 1'000;
    std::uint64_t seed = 0;  ///< of the order of the rows, a new one in each epoch
};

/// Rosenblatt's rule: for each row with t y <= 0, w += t x and b += t, until an epoch has none (Novikoff 1962: if a line
/// separates the classes). The objective is sum_i max(0, -t_i y_i); iterations are updates; converged: a line was found
/// that separates the classes. @throws as svm_smo.
LinearFit perceptron(const Dataset& data, const PerceptronOptions& options = {});

/// min (1/2) sum_i (y_i - t_i)^2 for any numbers t [n, 1], by Householder's QR.
/// @throws as svm_smo (t may be any finite numbers); ValueError if the columns of x and a column of ones depend on one
///         another, with the first that depends on those before it.
LinearFit least_squares(const Dataset& data);

}  // namespace xgrad::nn
