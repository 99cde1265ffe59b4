// Linear algebra over the last two axes: factorisations, solvers, determinants. Names and conventions are those of
// numpy.linalg and torch.linalg. Included by ops.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include "xgrad/autodiff/ops.hpp"

namespace xgrad {

// All of these take float32 or float64 and work on every matrix of the leading axes by itself: [..., n, n] is a batch of
// matrices. They are computed by LAPACK. A matrix that does not allow the operation is refused with a ValueError that names
// it and what LAPACK met; shapes that do not fit are a ShapeError, other types a DtypeError. NaN goes through, but for
// eigh() and svd(), which refuse what is not finite.

// ---------------------------------------------------------------- solving

namespace detail {
/// Bits of solve_triangular's attribute; `unchecked`: a zero on the diagonal gives infinities instead of an error.
enum Triangular : int { lower = 1, transposed = 2, unit_diagonal = 4, unchecked = 8 };
Variable solve(Variable a, Variable b);
Variable solve_triangular(Variable a, Variable b, int flags);
}  // namespace detail

/// x with a x = b, for a [..., n, n] and b [..., n, k], or vectors b [n] or [..., n] (one for each matrix: b has the shape of
/// a without its last axis). Leading axes are broadcast. d/db = a^-T g, d/da = -(a^-T g) x^T.
/// @throws ValueError for a singular matrix; ShapeError, DtypeError
template <class A, class B>
    requires operands<A, B> Variable solve(A&& a, B&& b) { return detail::apply(detail::solve, a, b); }

/// How solve_triangular() reads a; the defaults are SciPy's.
struct SolveTriangularOptions {
    bool lower = false;          ///< the lower triangle of a is read, else the upper one
    bool transposed = false;     ///< solves a^T x = b instead
    bool unit_diagonal = false;  ///< the diagonal is not read, but taken to be 1
};
/// x with a x = b, where only one triangle of a is read; the other one has gradient 0. Shapes as in solve().
/// @throws ValueError for a zero on the diagonal; ShapeError, DtypeError
template <class A, class B>
    requires operands<A, B> Variable solve_triangular(A&& a, B&& b, SolveTriangularOptions options = {})
    {
        const int flags = (options.lower ? detail::lower : 0) |
                          (options.transposed ? detail::transposed : 0) |
                          (options.unit_diagonal ? detail::unit_diagonal : 0);
        if constexpr (variable_like<A>)
            return detail::solve_triangular(a, detail::lift(a, b), flags);
        else
            return detail::solve_triangular(detail::lift(b, a), b, flags);
    }

/// The inverse y of a [..., n, n]; da = -y^T g y^T. @throws ValueError for a singular matrix; ShapeError, DtypeError
Variable inv(Variable a);
/// The Moore-Penrose inverse [..., n, m] of a [..., m, n]: singular values up to rtol times the largest one count as 0 (absent:
/// max(m, n) times the type's epsilon, as in PyTorch). The gradient (Golub & Pereyra 1973) is that among matrices of one rank.
/// @throws ValueError for what is not finite, or a negative rtol; ShapeError, DtypeError
Variable pinv(Variable a, std::optional<double> rtol = {});
/// a a ... a, n times; the identity for 0, the inverse's power for negative n. @throws ValueError, ShapeError, DtypeError
Variable matrix_power(Variable a, std::int64_t n);

// ---------------------------------------------------------------- determinants

/// The determinant [...] of a [..., n, n]; 1 of an empty matrix. d/da is the matrix of cofactors, also where a is singular
/// (PyTorch 1.13 gives 0 there unless asked for a graph of the gradient); so is the second derivative. A third one needs an
/// inverse, and refuses singular matrices.
Variable det(Variable a);
/// What slogdet() returns: the determinant is sign exp(logabsdet).
struct SignLogdet {
    Variable sign;       ///< -1, 0 or 1; carries no gradient
    Variable logabsdet;  ///< ln |det a|, -inf where a is singular
};
/// Sign and logarithm of the determinant, which neither overflow nor underflow. d logabsdet/da = a^-T, NaN where a is
/// singular.
SignLogdet slogdet(Variable a);
/// ln det a: NaN with gradient 0 where the determinant is negative, -inf where it is 0, as torch.logdet. For a positive
/// definite matrix, 2 sum(log(diagonal of cholesky(a))) is cheaper.
Variable logdet(Variable a);

// ---------------------------------------------------------------- factorisations

/// The lower triangular l with l l^T = a, for symmetric positive definite a [..., n, n], of which the lower triangle is read.
/// The gradient is PyTorch's: symmetric, that of a function of symmetric matrices (Murray 2016).
/// @throws ValueError where a is not positive definite (naming the leading minor); ShapeError, DtypeError
Variable cholesky(Variable a);

/// What eigh() returns.
struct Eigh {
    Variable eigenvalues;   ///< [..., n], ascending
    Variable eigenvectors;  ///< [..., n, n], the columns; orthonormal
};
/// The eigenvalues w and eigenvectors v of a symmetric a [..., n, n], of which the lower triangle is read: a = v diag(w) v^T.
/// The sign of an eigenvector is LAPACK's, as in NumPy; only what does not depend on it (v_i v_i^T, squares, v f(w) v^T) has a
/// derivative that means anything. The gradient (Giles 2008) is symmetric. Where eigenvalues are equal, that of the
/// eigenvectors is not finite, as in PyTorch; a gradient of the eigenvalues alone is finite everywhere.
/// @throws ValueError for what is not finite; ShapeError, DtypeError
Eigh eigh(Variable a);
/// The eigenvalues alone, ascending.
Variable eigvalsh(Variable a);

/// How svd() is taken.
struct SvdOptions {
    bool full_matrices =
        true;  ///< square u and vh (NumPy's and PyTorch's default), else of k = min(m, n) vectors
};
/// What svd() returns: a = u[:, :k] diag(s) vh[:k, :].
struct Svd {
    Variable u;   ///< [..., m, m], or [..., m, k]
    Variable s;   ///< [..., k], descending, not negative
    Variable vh;  ///< [..., n, n], or [..., k, n]
};
/// The singular value decomposition of a [..., m, n]: svd(a, {.full_matrices = false}) for the reduced one. Signs are
/// LAPACK's, as in NumPy: only what does not depend on them has a derivative that means anything (u_i vh_i, projectors, s).
/// The gradient (Townsend 2016) of u and vh is not finite where singular values are equal or, for a matrix that is not square,
/// 0, as in PyTorch; a gradient of s alone always is. What the further vectors of full matrices span has its right gradient.
/// @throws ValueError for what is not finite; ShapeError, DtypeError
Svd svd(Variable a, SvdOptions options = {});

/// What qr() returns.
struct Qr {
    Variable q;  ///< [..., m, k], orthonormal columns
    Variable r;  ///< [..., k, n], upper triangular
};
/// a = q r for a [..., m, n], with k = min(m, n): NumPy's and PyTorch's mode "reduced". The signs of r's diagonal are LAPACK's.
/// The gradient (Walter & Lehmann 2012, Seeger et al. 2017) wants the first k columns to be independent, and is not finite
/// otherwise. @throws ShapeError, DtypeError
Qr qr(Variable a);

}  // namespace xgrad
