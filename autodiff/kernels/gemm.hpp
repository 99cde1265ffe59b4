// Matrix products over row-major memory: the one door to BLAS.
#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// c = alpha * op(a) op(b) + beta * c, row-major, T float or double. op(a) is [m, k] and op(b) is [k, n]; a and b
/// are stored transposed when trans_a / trans_b is set, and lda, ldb, ldc are the distances between stored rows.
/// beta == 0 overwrites c, NaN included; k == 0 only scales c. c must not overlap a or b.
template <class T>
void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a,
          std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc);

}  // namespace xgrad::kernels
