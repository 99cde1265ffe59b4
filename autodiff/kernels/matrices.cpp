// Solvers and determinants of one matrix. LAPACK's matrices are column-major: what it sees of a row-major matrix is the
// transpose.
#include "autodiff/kernels/matrices.hpp"

#include <limits>

#include "autodiff/kernels/lapack.hpp"
#include "autodiff/kernels/matrix_tools.hpp"

namespace xgrad::kernels {
namespace {

using lapack::Int, lapack::scratch;

void blas_trsm(CBLAS_UPLO part, CBLAS_TRANSPOSE trans, CBLAS_DIAG diagonal, Int n, Int k, const float* a,
               float* x)
{
    cblas_strsm(CblasRowMajor, CblasLeft, part, trans, diagonal, n, k, 1, a, n, x, k);
}
void blas_trsm(CBLAS_UPLO part, CBLAS_TRANSPOSE trans, CBLAS_DIAG diagonal, Int n, Int k, const double* a,
               double* x)
{
    cblas_dtrsm(CblasRowMajor, CblasLeft, part, trans, diagonal, n, k, 1, a, n, x, k);
}

enum Slot { factor_slot, pivot_slot };

/// p l u of the transpose of a, in memory of the thread. In row-major terms its lower triangle holds u^T =: l' and its upper one
/// l^T =: u', of diagonal 1: a = l' u' p^T.
template <class T>
struct Factors {
    T* lu;
    Int* pivots;
    Info zero;  ///< the first pivot that is zero, or 0

    Factors(std::int64_t n, const T* a)
        : lu(scratch<T, factor_slot>(static_cast<std::size_t>(n * n))),
          pivots(scratch<Int, pivot_slot>(static_cast<std::size_t>(n)))
    {
        std::copy_n(a, n * n, lu);
        zero = n == 0 ? 0 : lapack::getrf(static_cast<Int>(n), lu, pivots);
    }
};

template <class T>
void swap_rows(const Int* pivots, std::int64_t i, std::int64_t k, T* x)
{
    const std::int64_t other = pivots[i] - 1;
    if (other != i) std::swap_ranges(x + i * k, x + (i + 1) * k, x + other * k);
}

}  // namespace

template <class T>
Info cholesky(std::int64_t n, const T* a, T* l)
{
    bool nan = false;
    for (std::int64_t i = 0; i < n; ++i) {
        std::copy_n(a + i * n, i + 1, l + i * n);
        std::fill(l + i * n + i + 1, l + (i + 1) * n, T(0));
        nan = nan || any_nan(l + i * n, i + 1);
    }
    if (nan) {
        for (std::int64_t i = 0; i < n; ++i)
            std::fill_n(l + i * n, i + 1, std::numeric_limits<T>::quiet_NaN());
        return 0;
    }
    return n == 0 ? 0 : lapack::potrf(static_cast<Int>(n), l);  // to it, the lower triangle is the upper one
}

template <class T>
Info solve_triangular(bool lower, bool transposed, bool unit, bool checked, std::int64_t n, std::int64_t k,
                      const T* a, T* x)
{
    if (checked && !unit)
        for (std::int64_t i = 0; i < n; ++i)
            if (a[i * n + i] == T(0)) return i + 1;
    if (n > 0 && k > 0)
        blas_trsm(lower ? CblasLower : CblasUpper, transposed ? CblasTrans : CblasNoTrans,
                  unit ? CblasUnit : CblasNonUnit, static_cast<Int>(n), static_cast<Int>(k), a, x);
    return 0;
}

template <class T>
Info solve(bool transposed, std::int64_t n, std::int64_t k, const T* a, T* x)
{
    if (any_nan(a, n * n)) {
        std::fill_n(x, n * k, std::numeric_limits<T>::quiet_NaN());
        return 0;
    }
    const Factors<T> f(n, a);
    if (f.zero != 0) return f.zero;
    if (n == 0 || k == 0) return 0;
    const auto solve_part = [&](CBLAS_UPLO part, CBLAS_TRANSPOSE trans) {
        blas_trsm(part, trans, part == CblasUpper ? CblasUnit : CblasNonUnit, static_cast<Int>(n),
                  static_cast<Int>(k), f.lu, x);
    };
    if (transposed) {  // a^T = p u'^T l'^T
        for (std::int64_t i = 0; i < n; ++i) swap_rows(f.pivots, i, k, x);
        solve_part(CblasUpper, CblasTrans);
        solve_part(CblasLower, CblasTrans);
    } else {
        solve_part(CblasLower, CblasNoTrans);
        solve_part(CblasUpper, CblasNoTrans);
        for (std::int64_t i = n; i-- > 0;) swap_rows(f.pivots, i, k, x);
    }
    return 0;
}

template <class T>
Info inverse(std::int64_t n, const T* a, T* y)
{
    if (any_nan(a, n * n)) {
        std::fill_n(y, n * n, std::numeric_limits<T>::quiet_NaN());
        return 0;
    }
    const Factors<T> f(n, a);
    if (f.zero != 0) return f.zero;
    if (n == 0) return 0;
    std::copy_n(f.lu, n * n, y);
    return lapack::getri(static_cast<Int>(n), y, f.pivots);
}

template <class T>
T determinant(std::int64_t n, const T* a)
{
    if (any_nan(a, n * n)) return std::numeric_limits<T>::quiet_NaN();
    const Factors<T> f(n, a);
    if (f.zero != 0) return 0;
    long double product = 1;  // its range is beyond that of any product but of very many
    for (std::int64_t i = 0; i < n; ++i) {
        product *= f.lu[i * n + i];
        if (f.pivots[i] != i + 1) product = -product;
    }
    return static_cast<T>(product);
}

template <class T>
void sign_and_log(std::int64_t n, const T* a, T* sign, T* log)
{
    *sign = 1;
    *log = 0;
    if (any_nan(a, n * n)) {
        *sign = *log = std::numeric_limits<T>::quiet_NaN();
        return;
    }
    const Factors<T> f(n, a);
    if (f.zero != 0) {
        *sign = 0;
        *log = -std::numeric_limits<T>::infinity();
        return;
    }
    for (std::int64_t i = 0; i < n; ++i) {
        const T pivot = f.lu[i * n + i];
        if ((pivot < 0) != (f.pivots[i] != i + 1)) *sign = -*sign;
        *log += std::log(std::abs(pivot));
    }
}

#define XGRAD_INSTANTIATE(T)                                                                          \
    template Info cholesky(std::int64_t, const T*, T*);                                               \
    template Info solve_triangular(bool, bool, bool, bool, std::int64_t, std::int64_t, const T*, T*); \
    template Info solve(bool, std::int64_t, std::int64_t, const T*, T*);                              \
    template Info inverse(std::int64_t, const T*, T*);                                                \
    template T determinant(std::int64_t, const T*);                                                   \
    template void sign_and_log(std::int64_t, const T*, T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
