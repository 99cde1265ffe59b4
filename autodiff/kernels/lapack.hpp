// LAPACK over column-major matrices, float and double: the one door to it. Workspaces belong to the thread and are kept.
#pragma once

#include <cblas.h>

#include <vector>

namespace xgrad::kernels::lapack {

// BLAS and LAPACK count in int.
using Int = blasint;

// What is returned is LAPACK's info: 0, or what it met.

/// Cholesky's factor in the upper triangle: a = u^T u. Reads the upper triangle, leaves the lower one.
template <class T>
Int potrf(Int n, T* a);
/// a = p l u in place; pivots[i] (from 1 on) is the row that row i changed places with.
template <class T>
Int getrf(Int n, T* a, Int* pivots);
/// From getrf's result the inverse, in place.
template <class T>
Int getri(Int n, T* a, const Int* pivots);
/// From getrf's result an estimate of 1 / (norm of a, norm of the inverse), in the 1-norm; `norm` is that of a.
template <class T>
T gecon(Int n, const T* a, T norm);
/// Eigenvalues, ascending, and eigenvectors (in place) of a symmetric matrix, whose lower triangle is read.
template <class T>
Int syevd(Int n, T* a, T* w);
/// a [m, n] = u diag(s) vt; a is overwritten. full: u [m, m], vt [n, n]; else [m, k], [k, n], k = min(m, n).
template <class T>
Int gesdd(bool full, Int m, Int n, T* a, T* s, T* u, T* vt);
/// a [m, n] = q r: r in the upper triangle, Householder vectors below it.
template <class T>
Int geqrf(Int m, Int n, T* a, T* tau);
/// From geqrf's result the k columns of q [m, k], in place.
template <class T>
Int orgqr(Int m, Int k, T* a, const T* tau);

/// Memory for n elements that stays with the thread; each `slot` is a piece of its own.
template <class T, int slot>
T* scratch(std::size_t n)
{
    static thread_local std::vector<T> memory;
    if (memory.size() < n) memory.resize(n);
    return memory.data();
}

}  // namespace xgrad::kernels::lapack
