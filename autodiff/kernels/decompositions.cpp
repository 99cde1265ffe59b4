// Eigenvalues, singular values, q r, the pseudo-inverse and cofactors of one matrix. Where the result has signs of LAPACK's
// choice, LAPACK is given the matrix in its own layout, as NumPy and PyTorch do, so that the signs are theirs.
#include <limits>

#include "autodiff/kernels/gemm.hpp"
#include "autodiff/kernels/lapack.hpp"
#include "autodiff/kernels/matrices.hpp"
#include "autodiff/kernels/matrix_tools.hpp"

namespace xgrad::kernels {
namespace {

using lapack::Int, lapack::scratch;

enum Slot { matrix_slot = 10, left_slot, right_slot, values_slot, more_slot, product_slot };

template <class T, int slot>
T* matrix(std::int64_t rows, std::int64_t columns)
{
    return scratch<T, slot>(static_cast<std::size_t>(rows * columns));
}

/// The transpose of a [n, n] as LAPACK sees it in row-major memory: a^T = u diag(s) vt with column-major u, vt; in row-major
/// terms a = vt' diag(s) u', where vt' = vt and u' = u read by rows.
template <class T>
struct Spectrum {
    T *s, *first, *second;  ///< a = first diag(s) second, row-major
    Info info;
    long double sign;  ///< of det(first) det(second)

    Spectrum(std::int64_t n, const T* a)
        : s(matrix<T, values_slot>(n, 1)),
          first(matrix<T, right_slot>(n, n)),
          second(matrix<T, left_slot>(n, n))
    {
        T* const copy = matrix<T, matrix_slot>(n, n);
        std::copy_n(a, n * n, copy);
        info = lapack::gesdd(true, static_cast<Int>(n), static_cast<Int>(n), copy, s, second, first);
        sign = (determinant(n, first) < 0) == (determinant(n, second) < 0) ? 1 : -1;
    }
};

}  // namespace

template <class T>
Info eigh(std::int64_t n, const T* a, T* w, T* v)
{
    if (n == 0) return 0;
    T* const copy = matrix<T, matrix_slot>(n, n);
    for (std::int64_t i = 0; i < n; ++i) {
        if (!all_finite(a + i * n, i + 1)) return not_finite;
        for (std::int64_t j = 0; j <= i; ++j) copy[j * n + i] = a[i * n + j];
    }
    const Info info = lapack::syevd(static_cast<Int>(n), copy, w);
    transpose_to(n, n, copy, v);
    return info;
}

template <class T>
Info svd(bool full, std::int64_t m, std::int64_t n, const T* a, T* u, T* s, T* vh)
{
    if (!all_finite(a, m * n)) return not_finite;
    const std::int64_t k = std::min(m, n), columns = full ? m : k, rows = full ? n : k;
    if (k == 0) {  // full matrices of nothing are identities
        for (auto [to, size] : {std::pair(u, columns), std::pair(vh, rows)}) {
            std::fill_n(to, size * size, T(0));
            for (std::int64_t i = 0; i < size; ++i) to[i * size + i] = 1;
        }
        return 0;
    }
    T* const copy = matrix<T, matrix_slot>(m, n);
    T* const left = matrix<T, left_slot>(m, columns);
    T* const right = matrix<T, right_slot>(rows, n);
    transpose_to(m, n, a, copy);
    const Info info = lapack::gesdd(full, static_cast<Int>(m), static_cast<Int>(n), copy, s, left, right);
    transpose_to(columns, m, left, u);
    transpose_to(n, rows, right, vh);
    return info;
}

template <class T>
void qr(std::int64_t m, std::int64_t n, const T* a, T* q, T* r)
{
    const std::int64_t k = std::min(m, n);
    if (k == 0) return;
    T* const copy = matrix<T, matrix_slot>(m, n);
    T* const tau = matrix<T, values_slot>(k, 1);
    transpose_to(m, n, a, copy);
    lapack::geqrf(static_cast<Int>(m), static_cast<Int>(n), copy, tau);
    for (std::int64_t i = 0; i < k; ++i)
        for (std::int64_t j = 0; j < n; ++j) r[i * n + j] = j < i ? T(0) : copy[j * m + i];
    lapack::orgqr(static_cast<Int>(m), static_cast<Int>(k), copy, tau);
    transpose_to(k, m, copy, q);
}

template <class T>
Info pseudo_inverse(std::int64_t m, std::int64_t n, const T* a, T* y, T cutoff)
{
    const std::int64_t k = std::min(m, n);
    T* const u = matrix<T, more_slot>(m, k);
    T* const vh = matrix<T, product_slot>(k, n);
    T* const s = scratch<T, values_slot>(static_cast<std::size_t>(k));
    const Info info = svd(false, m, n, a, u, s, vh);
    if (info != 0) return info;
    for (std::int64_t i = 0; i < k; ++i) {
        const T factor = s[i] > cutoff * s[0] ? 1 / s[i] : T(0);
        for (std::int64_t j = 0; j < n; ++j) vh[i * n + j] *= factor;
    }
    gemm<T>(true, true, n, m, k, 1, vh, std::max<std::int64_t>(n, 1), u, std::max<std::int64_t>(k, 1), 0, y,
            m);
    return 0;
}

// With a = f diag(s) h: c = det(f) det(h) f diag(p) h, p_i the product of the other singular values: a polynomial in s, exact for
// any rank. The inverse, which is cheaper, serves where a is far from singular.
template <class T>
Info cofactors(std::int64_t n, const T* a, T* c)
{
    if (n == 0) return 0;
    if (!all_finite(a, n * n)) {
        std::fill_n(c, n * n, std::numeric_limits<T>::quiet_NaN());
        return 0;
    }
    T* const lu = matrix<T, matrix_slot>(n, n);
    Int* const pivots = scratch<Int, values_slot>(static_cast<std::size_t>(n));
    T norm = 0;  // 1-norm of what LAPACK sees, the transpose
    for (std::int64_t i = 0; i < n; ++i) {
        T sum = 0;
        for (std::int64_t j = 0; j < n; ++j) sum += std::abs(a[i * n + j]);
        norm = std::max(norm, sum);
    }
    std::copy_n(a, n * n, lu);
    const Info zero = lapack::getrf(static_cast<Int>(n), lu, pivots);
    if (zero == 0 &&
        lapack::gecon(static_cast<Int>(n), lu, norm) > std::cbrt(std::numeric_limits<T>::epsilon())) {
        long double det = 1;
        for (std::int64_t i = 0; i < n; ++i) {
            det *= lu[i * n + i];
            if (pivots[i] != i + 1) det = -det;
        }
        lapack::getri(static_cast<Int>(n), lu, pivots);
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j < n; ++j) c[i * n + j] = static_cast<T>(det * lu[j * n + i]);
        return 0;
    }
    const Spectrum<T> f(n, a);
    if (f.info != 0) return f.info;
    long double before = f.sign;
    for (std::int64_t i = 0; i < n; before *= f.s[i++]) {
        long double product = before;
        for (std::int64_t j = i + 1; j < n; ++j) product *= f.s[j];
        for (std::int64_t j = 0; j < n; ++j)
            f.second[i * n + j] = static_cast<T>(f.second[i * n + j] * product);
    }
    gemm<T>(false, false, n, n, n, 1, f.first, n, f.second, n, 0, c, n);
    return 0;
}

// With g' = f^T g h^T and p_ij the product of the singular values but s_i and s_j: da = det(f) det(h) f e h, where
// e_ii = sum_j p_ij g'_jj (j != i) and e_ij = -p_ij g'_ji.
template <class T>
Info cofactors_vjp(std::int64_t n, const T* g, const T* a, T* da)
{
    if (n == 0) return 0;
    if (!all_finite(a, n * n)) {
        std::fill_n(da, n * n, std::numeric_limits<T>::quiet_NaN());
        return 0;
    }
    const Spectrum<T> f(n, a);
    if (f.info != 0) return f.info;
    T* const turned = matrix<T, more_slot>(n, n);
    T* const e = matrix<T, product_slot>(n, n);
    gemm<T>(true, false, n, n, n, 1, f.first, n, g, n, 0, e, n);
    gemm<T>(false, true, n, n, n, 1, e, n, f.second, n, 0, turned, n);
    std::fill_n(e, n * n, T(0));
    long double before =
        f.sign;  // the product of the values before i; then of those up to j but i; then of all but i and j
    for (std::int64_t i = 0; i < n; before *= f.s[i++]) {
        long double after = 1;  // the values from j + 1 on, taken up from the end
        long double* const behind = matrix<long double, values_slot>(n + 1, 1);
        for (std::int64_t j = n; j-- > i;) behind[j] = after, after *= f.s[j];
        long double others = before;
        for (std::int64_t j = i + 1; j < n; others *= f.s[j++]) {
            const long double p = others * behind[j];
            e[i * n + i] += static_cast<T>(p * turned[j * n + j]);
            e[j * n + j] += static_cast<T>(p * turned[i * n + i]);
            e[i * n + j] = static_cast<T>(-p * turned[j * n + i]);
            e[j * n + i] = static_cast<T>(-p * turned[i * n + j]);
        }
    }
    gemm<T>(false, false, n, n, n, 1, f.first, n, e, n, 0, turned, n);
    gemm<T>(false, false, n, n, n, 1, turned, n, f.second, n, 0, da, n);
    return 0;
}

#define XGRAD_INSTANTIATE(T)                                                   \
    template Info eigh(std::int64_t, const T*, T*, T*);                        \
    template Info svd(bool, std::int64_t, std::int64_t, const T*, T*, T*, T*); \
    template void qr(std::int64_t, std::int64_t, const T*, T*, T*);            \
    template Info pseudo_inverse(std::int64_t, std::int64_t, const T*, T*, T); \
    template Info cofactors(std::int64_t, const T*, T*);                       \
    template Info cofactors_vjp(std::int64_t, const T*, const T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
