// Linear algebra of one row-major matrix: factorisations, solvers, determinants, by LAPACK. T is float or double.
#pragma once

#include <cstdint>
#include <mutex>

#include "autodiff/kernels/threads.hpp"

namespace xgrad::kernels {

/// What LAPACK met, 0 if nothing: the place of a pivot (from 1 on), or how often an iteration did not converge.
using Info = std::int64_t;
/// Instead: an element is not finite.
inline constexpr Info not_finite = -1;

/// The lower triangle l with l l^T = a, zeros above; the lower triangle of a is read. Info: the order of the leading minor that
/// is not positive.
template <class T>
Info cholesky(std::int64_t n, const T* a, T* l);

/// x [n, k], which holds b, becomes a^-1 b, or a^-T b. Info: the place of a zero on the diagonal, if that is not allowed.
template <class T>
Info solve_triangular(bool lower, bool transposed, bool unit, bool checked, std::int64_t n, std::int64_t k,
                      const T* a, T* x);
/// The same for any a. Info: the pivot that is zero.
template <class T>
Info solve(bool transposed, std::int64_t n, std::int64_t k, const T* a, T* x);
/// The inverse. Info: the pivot that is zero; then y is not written.
template <class T>
Info inverse(std::int64_t n, const T* a, T* y);
/// The pseudo-inverse y [n, m] of a [m, n]; singular values up to `cutoff` times the largest one are taken for 0.
template <class T>
Info pseudo_inverse(std::int64_t m, std::int64_t n, const T* a, T* y, T cutoff);

template <class T>
T determinant(std::int64_t n, const T* a);
/// Sign of the determinant and the logarithm of its absolute value.
template <class T>
void sign_and_log(std::int64_t n, const T* a, T* sign, T* log);
/// The derivative of the determinant: the matrix of cofactors, whatever the rank.
template <class T>
Info cofactors(std::int64_t n, const T* a, T* c);
/// The derivative of <g, cofactors(a)>, whatever the rank.
template <class T>
Info cofactors_vjp(std::int64_t n, const T* g, const T* a, T* da);

/// Eigenvalues w, ascending, and eigenvectors (columns of v) of a symmetric a, whose lower triangle is read.
template <class T>
Info eigh(std::int64_t n, const T* a, T* w, T* v);
/// a [m, n] = u s vh; full: u [m, m], vh [n, n], else [m, k], [k, n].
template <class T>
Info svd(bool full, std::int64_t m, std::int64_t n, const T* a, T* u, T* s, T* vh);
/// a [m, n] = q [m, k] r [k, n].
template <class T>
void qr(std::int64_t m, std::int64_t n, const T* a, T* q, T* r);

/// The first matrix of a batch that did not allow an operation.
struct Failure {
    std::int64_t matrix = -1;  ///< -1: none
    Info info = 0;
};
/// Info = work(i) for each of `count` matrices, on several cores if that is worth it; `flops` is what one takes.
template <class F>
Failure each_matrix(std::int64_t count, double flops, F&& work)
{
    constexpr double worth = 1e5;
    Failure first;
    std::mutex mutex;
    const auto grain = static_cast<std::int64_t>(worth / (flops + 1000)) + 1;
    parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            if (const Info info = work(i)) {
                const std::lock_guard lock(mutex);
                if (first.matrix < 0 || i < first.matrix) first = {i, info};
                return;
            }
    });
    return first;
}

}  // namespace xgrad::kernels
