// Matrix products: BLAS for most, matrix-vector forms where a side is 1, a plain loop for the tiniest.

#include "autodiff/kernels/gemm.hpp"

#include <cblas.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/threads.hpp"

namespace xgrad::kernels {

namespace {

CBLAS_TRANSPOSE flag(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

// BLAS counts in int.
using Int = blasint;

void blas_gemm(bool ta, bool tb, Int m, Int n, Int k, float alpha, const float* a, Int lda, const float* b,
               Int ldb, float beta, float* c, Int ldc)
{
    cblas_sgemm(CblasRowMajor, flag(ta), flag(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void blas_gemm(bool ta, bool tb, Int m, Int n, Int k, double alpha, const double* a, Int lda, const double* b,
               Int ldb, double beta, double* c, Int ldc)
{
    cblas_dgemm(CblasRowMajor, flag(ta), flag(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void blas_gemv(bool ta, Int rows, Int columns, float alpha, const float* a, Int lda, const float* x, Int incx,
               float beta, float* y, Int incy)
{
    cblas_sgemv(CblasRowMajor, flag(ta), rows, columns, alpha, a, lda, x, incx, beta, y, incy);
}

void blas_gemv(bool ta, Int rows, Int columns, double alpha, const double* a, Int lda, const double* x,
               Int incx, double beta, double* y, Int incy)
{
    cblas_dgemv(CblasRowMajor, flag(ta), rows, columns, alpha, a, lda, x, incx, beta, y, incy);
}

/// c *= beta, where 0 overwrites whatever is there.
template <class T>
void scale(std::int64_t m, std::int64_t n, T beta, T* c, std::int64_t ldc)
{
    if (beta == T(1)) return;
    if (ldc == n) {  // one row, not m calls of memset
        n *= m;
        m = 1;
    }
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == T(0) ? T(0) : beta * c[i * ldc + j];
}

/// c += alpha * op(a) op(b) by the definition; (ai, ak) and (bk, bj) are the steps between elements.
template <class T>
void plain(std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a, std::int64_t ai,
           std::int64_t ak, const T* b, std::int64_t bk, std::int64_t bj, T beta, T* c, std::int64_t ldc)
{
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
            T sum = 0;
            for (std::int64_t p = 0; p < k; ++p) sum += a[i * ai + p * ak] * b[p * bk + j * bj];
            T& to = c[i * ldc + j];
            to = beta == T(0) ? alpha * sum : alpha * sum + beta * to;
        }
}

/// y[j] = sum_i x[i] a[i][j] for a few columns: BLAS spends most of its time on the frame of such a call. The sums stay
/// in registers, four rows at a time; what is read beyond the columns (the next row) is thrown away, so the last row
/// is added by itself. Needs columns <= width <= lda + columns, so that no read leaves the matrix.
template <class T, int width>
XGRAD_CLONES void narrow_transposed(const T* a, std::int64_t lda, const T* x, std::int64_t rows,
                                    std::int64_t columns, T* y)
{
    T sums[4][width] = {};
    std::int64_t i = 0;
    for (; i + 4 < rows; i += 4)
        for (int r = 0; r < 4; ++r) {
            const T* const row = a + (i + r) * lda;
            const T factor = x[i + r];
#pragma omp simd
            for (int j = 0; j < width; ++j) sums[r][j] += factor * row[j];
        }
    for (int j = 0; j < width; ++j) sums[0][j] = (sums[0][j] + sums[1][j]) + (sums[2][j] + sums[3][j]);
    for (; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j) sums[0][j] += x[i] * a[i * lda + j];
    for (std::int64_t j = 0; j < columns; ++j) y[j] = sums[0][j];
}

/// A vector of 32 bytes, and how the sums of its elements are gathered from as many vectors: pairs, pairs of pairs.
template <class T>
struct Wide;
template <>
struct Wide<float> {
    typedef float Vector __attribute__((vector_size(32)));
    typedef std::int32_t Mask __attribute__((vector_size(32)));
    static constexpr int lanes = 8;
    static XGRAD_INLINE void sums(Vector (&v)[8], float* y)
    {
        const auto pairs = [](const Vector& a, const Vector& b, Vector& to) XGRAD_INLINE_LAMBDA {
            to = __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14) +
                 __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
        };
        Vector two[4], a, b;
        for (int k = 0; k < 4; ++k) pairs(v[2 * k], v[2 * k + 1], two[k]);
        pairs(two[0], two[1], a);
        pairs(two[2], two[3], b);
        const Vector all = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
                           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
        std::memcpy(y, &all, sizeof all);
    }
};
template <>
struct Wide<double> {
    typedef double Vector __attribute__((vector_size(32)));
    typedef std::int64_t Mask __attribute__((vector_size(32)));
    static constexpr int lanes = 4;
    static XGRAD_INLINE void sums(Vector (&v)[4], double* y)
    {
        const auto pairs = [](const Vector& a, const Vector& b, Vector& to) XGRAD_INLINE_LAMBDA {
            to = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
        };
        Vector a, b;
        pairs(v[0], v[1], a);
        pairs(v[2], v[3], b);
        const Vector all =
            __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
        std::memcpy(y, &all, sizeof all);
    }
};

/// y[i] = sum_j a[i][j] x[j] for short rows: BLAS takes one row at a time and pays for its ends. As many rows as a
/// vector has elements are summed side by side; what is read beyond a row (the next one) is masked out, so the last
/// rows are copied aside. Needs lanes <= columns <= short_row.
constexpr std::int64_t short_row = 128;
template <class T>
XGRAD_CLONES void narrow_rows(const T* a, std::int64_t lda, const T* x, std::int64_t rows,
                              std::int64_t columns, T* y)
{
    using Vector = typename Wide<T>::Vector;
    using Mask = typename Wide<T>::Mask;
    constexpr int lanes = Wide<T>::lanes;
    const std::int64_t chunks = (columns - 1) / lanes;  // but for the last one
    T factor[short_row] = {};
    std::copy_n(x, columns, factor);
    Mask within;
    for (int j = 0; j < lanes; ++j) within[j] = chunks * lanes + j < columns ? -1 : 0;
    const auto block = [&](const T* from, std::int64_t step, T* to) XGRAD_INLINE_LAMBDA {
        Vector sums[lanes] = {}, row, f;
        for (std::int64_t c = 0; c < chunks; ++c) {
            std::memcpy(&f, factor + c * lanes, sizeof f);
            for (int r = 0; r < lanes; ++r) {
                std::memcpy(&row, from + r * step + c * lanes, sizeof row);
                sums[r] += row * f;
            }
        }
        std::memcpy(&f, factor + chunks * lanes, sizeof f);
        for (int r = 0; r < lanes; ++r) {
            std::memcpy(&row, from + r * step + chunks * lanes, sizeof row);
            sums[r] += reinterpret_cast<Vector>(reinterpret_cast<Mask>(row) & within) * f;
        }
        Wide<T>::sums(sums, to);
    };
    std::int64_t i = 0;
    for (; i + lanes < rows; i += lanes) block(a + i * lda, lda, y + i);
    T last[lanes * short_row], sums[lanes];
    const std::int64_t step = (chunks + 1) * lanes;
    std::fill_n(last, lanes * step, T(0));
    for (std::int64_t r = 0; i + r < rows; ++r) std::copy_n(a + (i + r) * lda, columns, last + r * step);
    block(last, step, sums);
    std::copy_n(sums, rows - i, y + i);
}

/// Columns that fit into the registers of narrow_transposed: two vectors of 64 bytes.
template <class T>
constexpr int narrow = 128 / static_cast<int>(sizeof(T));

/// Below this many multiplications a BLAS call costs more than the loop.
constexpr std::int64_t tiny = 64;

/// The longer side of c is split: what BLAS packs anew for each part is then the smaller operand.
template <class T>
void split_gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha,
                const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc)
{
    constexpr std::int64_t worth = 1 << 21;  // multiply-adds: some 40 microseconds
    constexpr std::int64_t grain = 32;       // rows or columns of BLAS's own blocks
    const bool rows = m >= n;
    const std::int64_t side = rows ? m : n;
    const std::int64_t parts =
        m * n * k < worth ? 1 : std::min<std::int64_t>(num_threads(), side / (2 * grain));
    const auto product = [&](std::int64_t begin, std::int64_t end) {
        if (rows)
            blas_gemm(trans_a, trans_b, Int(end - begin), Int(n), Int(k), alpha,
                      a + begin * (trans_a ? 1 : lda), Int(lda), b, Int(ldb), beta, c + begin * ldc,
                      Int(ldc));
        else
            blas_gemm(trans_a, trans_b, Int(m), Int(end - begin), Int(k), alpha, a, Int(lda),
                      b + begin * (trans_b ? ldb : 1), Int(ldb), beta, c + begin, Int(ldc));
    };
    if (parts <= 1) return product(0, side);
    const std::int64_t grains = (side + grain - 1) / grain;
    for_parts(parts, static_cast<int>(parts), [&](std::int64_t i, int) {
        product(grains * i / parts * grain, std::min(grains * (i + 1) / parts * grain, side));
    });
}

}  // namespace

template <class T>
void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a,
          std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc)
{
    if (m == 0 || n == 0) return;
    if (k == 0) return scale(m, n, beta, c, ldc);
    if (m * n * k <= tiny)
        return plain(m, n, k, alpha, a, trans_a ? 1 : lda, trans_a ? lda : 1, b, trans_b ? 1 : ldb,
                     trans_b ? ldb : 1, beta, c, ldc);
    num_threads();  // BLAS has one thread from now on
    if ((n == 1 || m == 1) && beta != T(0)) {
        // A vector that is added to another one has the bits of the vector by itself.
        static thread_local std::vector<T> product;
        product.resize(static_cast<std::size_t>(m * n));
        gemm(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, T(0), product.data(), n);
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) {
                T& to = c[i * ldc + j];
                to = beta * to + product[static_cast<std::size_t>(i * n + j)];
            }
        return;
    }
    if (n == 1 || m == 1) {
        if (n == 1 && trans_a && alpha == T(1) && beta == T(0) && k >= 8 && (trans_b || ldb == 1) &&
            ldc == 1) {
            constexpr int most = narrow<T>;
            if (m > most / 2 && m <= most && lda >= most / 2)
                return narrow_transposed<T, most>(a, lda, b, k, m, c);
            if (m > most / 4 && m <= most / 2 && lda >= most / 4)
                return narrow_transposed<T, most / 2>(a, lda, b, k, m, c);
            if (m <= most / 4 && lda + m >= most / 4)
                return narrow_transposed<T, most / 4>(a, lda, b, k, m, c);
        }
        if (n == 1 && !trans_a && alpha == T(1) && beta == T(0) && k >= Wide<T>::lanes && k <= short_row &&
            m >= Wide<T>::lanes && (trans_b || ldb == 1) && ldc == 1)
            return narrow_rows<T>(a, lda, b, m, k, c);
        scale(m, n, beta, c, ldc);  // gemv may multiply by beta == 0, which keeps NaN
        if (n == 1)
            return blas_gemv(trans_a, Int(trans_a ? k : m), Int(trans_a ? m : k), alpha, a, Int(lda), b,
                             Int(trans_b ? 1 : ldb), beta, c, Int(ldc));
        return blas_gemv(!trans_b, Int(trans_b ? n : k), Int(trans_b ? k : n), alpha, b, Int(ldb), a,
                         Int(trans_a ? lda : 1), beta, c, 1);
    }
    split_gemm(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, float, const float*, std::int64_t,
                   const float*, std::int64_t, float, float*, std::int64_t);
template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, double, const double*, std::int64_t,
                   const double*, std::int64_t, double, double*, std::int64_t);

}  // namespace xgrad::kernels
