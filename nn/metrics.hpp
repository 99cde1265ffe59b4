// How good a classifier's outputs are: accuracy, and the table of what was taken for what.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "xgrad/nn/data.hpp"

namespace xgrad::nn {

/// Counts of rows by their class (row of the table) and by the class that they were given (column).
struct ConfusionMatrix {
    std::vector<std::string> classes;  ///< names, in the order of the rows and columns
    Array counts;                      ///< int64 [classes, classes]

    /// The share of rows that are on the diagonal. @throws ValueError if there are no rows.
    double accuracy() const;
};

/// Compares a classifier's outputs y with the labels t:
///   y [n, 1] of float, t [n, 1] of -1 and +1: +1 is meant where y > 0 (a linear output, or labels);
///   y [n, classes] of float, t int64 [n]: the class of the largest output (the first of equal ones) is meant;
///   y int64 [n], t int64 [n]: the class itself.
/// The names stand for the classes 0, 1, ...; for -1, +1; without names the numbers do.
/// @throws ShapeError, DtypeError for other shapes and types; ValueError for another label, an output that is NaN, names
///         that are not as many as the classes.
ConfusionMatrix confusion_matrix(const Array& y, const Array& t,
                                 const std::vector<std::string>& classes = {});

/// The share of rows that are right; y and t as for confusion_matrix. @throws as confusion_matrix; ValueError for no rows.
double accuracy(const Array& y, const Array& t);

/// A table with the classes' names on both sides.
std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix);

}  // namespace xgrad::nn
