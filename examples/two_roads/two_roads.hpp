// The parts of the example: each measures the claims of one or two rows of docs/experiments.md and draws their figure.
#pragma once

#include <vector>

#include <xgrad/nn.hpp>

#include "examples/common/report.hpp"

namespace two_roads {

/// The breast cancer data, standardised, malignant = +1.
xgrad::nn::Dataset breast_cancer();

/// One road: a linear output trained by back-propagation with hinge loss and L2, lambda = 1 / (C n).
struct Trained {
    xgrad::nn::LinearFit fit;
    std::vector<double> objective;  ///< before each step, in the SVM's form: (1/2)|w|^2 + C sum of hinges
};
Trained train(const xgrad::nn::Dataset& data, double C, int steps, double rate, double last_rate);

/// Row 5: back-propagation reaches the SVM's objective, which LIBSVM finds too; what a penalised bias would do.
void objective(common::Report& report);
/// Row 12: the dual solvers against LIBSVM and LIBLINEAR; the duality gap over work of all roads.
void gap_over_work(common::Report& report);
/// Row 11: the rows that matter, and that no other does.
void support_vectors(common::Report& report);
/// Row 13: four lines between two classes; the SVM's has the widest margin.
void four_lines(common::Report& report);
/// Row 10: accuracy of SVM and logistic regression, fold by fold.
void alike(common::Report& report);

}  // namespace two_roads
