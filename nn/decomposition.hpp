// What the rows of a matrix are made of: principal components, and parts that are nowhere negative.
#pragma once

#include <cstdint>
#include <vector>

#include "xgrad/autodiff/array.hpp"

namespace xgrad::nn {

/// Options of pca().
struct PcaOptions {
    bool centre = true;  ///< take the mean off first. Without it: the truncated singular value decomposition
};

/// The directions along which rows vary most.
struct Pca {
    Array mean;  ///< [d]; zeros without PcaOptions::centre
    Array
        components;  ///< [k, d], orthonormal rows, the largest variance first; in each, the number that is largest in
                     ///< size is positive (a component's sign is arbitrary)
    Array variances;  ///< [min(n, d)]: of every component, also those left out: squared singular values / n
    double residual =
        0;  ///< mean squared distance of a row from its reconstruction: the sum of the variances left out

    /// Coordinates of rows, (x - mean) components.T: [m, d] to [m, k]. @throws ShapeError, DtypeError if x does not fit.
    Array project(const Array& x) const;
    /// Rows from coordinates, z components + mean: [m, k] to [m, d]. @throws ShapeError, DtypeError if z does not fit.
    Array reconstruct(const Array& z) const;
};

/// Principal components of the rows of x [n, d], by singular values (LAPACK's gesdd). Of all planes of k dimensions, theirs
/// has the least mean squared distance from the rows (Pearson 1901), and no matrix of rank k is nearer to x - mean (Eckart &
/// Young 1936). Variances are those of NumPy, divided by n. Computed in float64, returned in x's type.
/// @throws ShapeError unless x has two axes, a row and a column; DtypeError unless it is float32 or float64; ValueError
///         unless 1 <= components <= min(n, d), and with row and column for what is not finite.
Pca pca(const Array& x, std::int64_t components, const PcaOptions& options = {});

/// Options of nmf().
struct NmfOptions {
    std::int64_t iterations = 200;
    std::uint64_t seed = 0;  ///< of the random start
};

/// Rows as sums of parts: x is near weights components, and none of the three is negative anywhere.
struct Nmf {
    Array weights;     ///< [n, k]
    Array components;  ///< [k, d]
    /// Mean squared distance of a row from its reconstruction: at the start, then after each iteration. It never grows,
    /// but for rounding, and stays above that of pca(x, k, {.centre = false}).
    std::vector<double> errors;
};

/// Factors x [n, d] >= 0 into k parts by the multiplicative updates of Lee & Seung (Algorithms for non-negative matrix
/// factorization, NIPS 2000): H = H (W.T x) / (W.T W H), then W = W (x H.T) / (W H H.T), element by element. They end at a
/// point where no small change helps, not at the best factors. Computed in float64, returned in x's type.
/// @throws ShapeError unless x has two axes, a row and a column; DtypeError unless it is float32 or float64; ValueError
///         for components or iterations under 1, and with row and column for what is negative or not finite.
Nmf nmf(const Array& x, std::int64_t components, const NmfOptions& options = {});

}  // namespace xgrad::nn
