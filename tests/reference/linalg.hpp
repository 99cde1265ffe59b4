// What linear algebra is meant to compute, matrix by matrix: elimination, Householder's reflections, Jacobi's rotations. Signs
// that an op is free to choose are those that it chose.
#pragma once

#include <utility>

#include "array.hpp"

namespace reference {

struct Matrix {
    std::int64_t m = 0, n = 0;
    std::vector<Real> v;
    Matrix(std::int64_t m, std::int64_t n) : m(m), n(n), v(static_cast<std::size_t>(m * n), 0) {}
    Real& operator()(std::int64_t i, std::int64_t j) { return v[static_cast<std::size_t>(i * n + j)]; }
    Real operator()(std::int64_t i, std::int64_t j) const { return v[static_cast<std::size_t>(i * n + j)]; }
};

inline Matrix identity(std::int64_t n)
{
    Matrix e(n, n);
    for (std::int64_t i = 0; i < n; ++i) e(i, i) = 1;
    return e;
}
inline Matrix turned(const Matrix& a)
{
    Matrix t(a.n, a.m);
    for (std::int64_t i = 0; i < a.m; ++i)
        for (std::int64_t j = 0; j < a.n; ++j) t(j, i) = a(i, j);
    return t;
}
inline Matrix times(const Matrix& a, const Matrix& b)
{
    Matrix c(a.m, b.n);
    for (std::int64_t i = 0; i < a.m; ++i)
        for (std::int64_t j = 0; j < b.n; ++j)
            for (std::int64_t k = 0; k < a.n; ++k) c(i, j) += a(i, k) * b(k, j);
    return c;
}

// a^-1 b by elimination with the largest pivots, and the determinant of a.
inline std::pair<Matrix, Real> eliminate(Matrix a, Matrix b)
{
    Real det = 1;
    for (std::int64_t k = 0; k < a.n; ++k) {
        std::int64_t best = k;
        for (std::int64_t i = k; i < a.n; ++i)
            if (std::fabs(a(i, k)) > std::fabs(a(best, k))) best = i;
        if (best != k) det = -det;
        for (std::int64_t j = 0; j < a.n; ++j) std::swap(a(k, j), a(best, j));
        for (std::int64_t j = 0; j < b.n; ++j) std::swap(b(k, j), b(best, j));
        det *= a(k, k);
        if (a(k, k) == 0) continue;
        for (std::int64_t i = 0; i < a.n; ++i) {
            if (i == k) continue;
            const Real f = a(i, k) / a(k, k);
            for (std::int64_t j = 0; j < a.n; ++j) a(i, j) -= f * a(k, j);
            for (std::int64_t j = 0; j < b.n; ++j) b(i, j) -= f * b(k, j);
        }
    }
    for (std::int64_t i = 0; i < a.n; ++i)
        for (std::int64_t j = 0; j < b.n; ++j) b(i, j) /= a(i, i);
    return {b, det};
}

// Columns of a [m >= n] made orthogonal by rotations (Hestenes): a = u diag(s) v^T, s descending.
struct Singular {
    Matrix u;
    std::vector<Real> s;
    Matrix v;
};
inline Singular singular(Matrix a)
{
    Matrix v = identity(a.n);
    for (int sweep = 0; sweep < 60; ++sweep)
        for (std::int64_t p = 0; p < a.n; ++p)
            for (std::int64_t q = p + 1; q < a.n; ++q) {
                Real pp = 0, qq = 0, pq = 0;
                for (std::int64_t i = 0; i < a.m; ++i)
                    pp += a(i, p) * a(i, p), qq += a(i, q) * a(i, q), pq += a(i, p) * a(i, q);
                if (pq == 0) continue;
                const Real angle = std::atan2(2 * pq, pp - qq) / 2, c = std::cos(angle), s = std::sin(angle);
                for (Matrix* x : {&a, &v})
                    for (std::int64_t i = 0; i < x->m; ++i) {
                        const Real left = (*x)(i, p), right = (*x)(i, q);
                        (*x)(i, p) = c * left + s * right;
                        (*x)(i, q) = c * right - s * left;
                    }
            }
    std::vector<std::pair<Real, std::int64_t>> order;
    for (std::int64_t j = 0; j < a.n; ++j) {
        Real sum = 0;
        for (std::int64_t i = 0; i < a.m; ++i) sum += a(i, j) * a(i, j);
        order.push_back({-std::sqrt(sum), j});
    }
    std::sort(order.begin(), order.end());
    Singular result{Matrix(a.m, a.n), {}, Matrix(a.n, a.n)};
    for (std::int64_t j = 0; j < a.n; ++j) {
        const auto [s, from] = order[static_cast<std::size_t>(j)];
        result.s.push_back(-s);
        for (std::int64_t i = 0; i < a.m; ++i) result.u(i, j) = a(i, from) / -s;
        for (std::int64_t i = 0; i < a.n; ++i) result.v(i, j) = v(i, from);
    }
    return result;
}

inline Real along(const Matrix& a, std::int64_t j, const Matrix& b, std::int64_t k)
{
    Real sum = 0;
    for (std::int64_t i = 0; i < a.m; ++i) sum += a(i, j) * b(i, k);
    return sum;
}

// Columns k, k + 1, ... of `got`, made orthogonal to the first k of x and to each other, behind those.
inline Matrix completed(const Matrix& x, const Matrix& got)
{
    Matrix all = got;
    for (std::int64_t j = 0; j < got.n; ++j)
        if (j < x.n) {
            for (std::int64_t i = 0; i < x.m; ++i) all(i, j) = x(i, j);
        } else {
            for (std::int64_t before = 0; before < j; ++before) {
                const Real part = along(all, before, all, j);
                for (std::int64_t i = 0; i < x.m; ++i) all(i, j) -= part * all(i, before);
            }
            const Real length = std::sqrt(along(all, j, all, j));
            for (std::int64_t i = 0; i < x.m; ++i) all(i, j) /= length;
        }
    return all;
}

/// Outputs of a batch: f(matrices of the inputs, matrices that were got) for each matrix. Shapes are those that were got: they
/// are checked by linear_algebra_test.cpp.
using Batch = std::vector<Matrix>;
inline Matrix matrix_at(const Values& x, const Shape& batch, std::int64_t i, std::size_t axes)
{
    const Shape at = unravel(i, batch);
    const std::size_t rank = x.shape.size();
    const std::int64_t n = axes > 0 ? x.shape[rank - 1] : 1, m = axes > 1 ? x.shape[rank - 2] : 1;
    const Shape own(x.shape.begin(), x.shape.end() - static_cast<std::ptrdiff_t>(axes));
    Matrix result(m, n);
    const std::size_t from = place(at, own) * static_cast<std::size_t>(m * n);
    std::copy_n(x.v.begin() + static_cast<std::ptrdiff_t>(from), m * n, result.v.begin());
    return result;
}
template <class F>
std::vector<Values> by_matrix(const Call& c, std::vector<std::size_t> axes, F f)
{
    std::vector<Values> out;
    for (const Values& got : c.got) out.push_back(zeros(got.shape));
    const Shape& first = c.got[0].shape;
    const Shape batch(first.begin(), first.end() - static_cast<std::ptrdiff_t>(axes[0]));
    for (std::int64_t i = 0; i < count(batch); ++i) {
        Batch in, got;
        for (const Values& x : c.in) in.push_back(matrix_at(x, batch, i, 2));
        for (std::size_t k = 0; k < out.size(); ++k) got.push_back(matrix_at(c.got[k], batch, i, axes[k]));
        const Batch values = f(in, got);
        for (std::size_t k = 0; k < out.size(); ++k)
            std::copy(values[k].v.begin(), values[k].v.end(),
                      out[k].v.begin() + i * static_cast<std::ptrdiff_t>(values[k].v.size()));
    }
    return out;
}

inline std::vector<Values> solve(const Call& c)
{
    return by_matrix(c, {2}, [&](const Batch& in, const Batch&) {
        return Batch{eliminate(c.a != 0 ? turned(in[0]) : in[0], in[1]).first};
    });
}
inline std::vector<Values> solve_triangular(const Call& c)
{
    const int flags = static_cast<int>(c.a);  // 1: lower, 2: transposed, 4: of diagonal 1
    return by_matrix(c, {2}, [&](const Batch& in, const Batch&) {
        Matrix a = in[0];
        for (std::int64_t i = 0; i < a.n; ++i)
            for (std::int64_t j = 0; j < a.n; ++j)
                if (i == j ? (flags & 4) != 0 : (flags & 1) != 0 ? j > i : j < i) a(i, j) = i == j;
        return Batch{eliminate((flags & 2) != 0 ? turned(a) : a, in[1]).first};
    });
}
inline std::vector<Values> inv(const Call& c)
{
    return by_matrix(c, {2}, [](const Batch& in, const Batch&) {
        return Batch{eliminate(in[0], identity(in[0].n)).first};
    });
}
inline std::vector<Values> det(const Call& c)
{
    return by_matrix(c, {0}, [](const Batch& in, const Batch&) {
        Matrix d(1, 1);
        d(0, 0) = eliminate(in[0], Matrix(in[0].n, 0)).second;
        return Batch{d};
    });
}
inline std::vector<Values> slogdet(const Call& c)
{
    return by_matrix(c, {0, 0}, [](const Batch& in, const Batch&) {
        const Real det = eliminate(in[0], Matrix(in[0].n, 0)).second;
        Matrix sign(1, 1), log(1, 1);
        sign(0, 0) = det > 0 ? 1 : -1;
        log(0, 0) = std::log(std::fabs(det));
        return Batch{sign, log};
    });
}
inline std::vector<Values> cholesky(const Call& c)
{
    return by_matrix(c, {2}, [](const Batch& in, const Batch&) {
        Matrix l(in[0].n, in[0].n);
        for (std::int64_t i = 0; i < l.n; ++i)
            for (std::int64_t j = 0; j <= i; ++j) {
                Real rest = in[0](i, j);
                for (std::int64_t k = 0; k < j; ++k) rest -= l(i, k) * l(j, k);
                l(i, j) = i == j ? std::sqrt(rest) : rest / l(j, j);
            }
        return Batch{l};
    });
}

// By reflections, as LAPACK defines them: r_jj = -sign(x_jj) |x_j|; the last row of a square matrix stays as it is.
inline std::vector<Values> qr(const Call& c)
{
    return by_matrix(c, {2, 2}, [](const Batch& in, const Batch&) {
        Matrix r = in[0], q = identity(in[0].m);
        const std::int64_t k = std::min(r.m, r.n);
        for (std::int64_t j = 0; j < std::min(k, r.m - 1); ++j) {
            Matrix v(r.m, 1);
            for (std::int64_t i = j; i < r.m; ++i) v(i, 0) = r(i, j);
            const Real length = std::sqrt(along(v, 0, v, 0));
            v(j, 0) += v(j, 0) < 0 ? -length : length;
            const Real square = along(v, 0, v, 0);
            Matrix h = identity(r.m);
            for (std::int64_t a = 0; a < r.m; ++a)
                for (std::int64_t b = 0; b < r.m; ++b) h(a, b) -= 2 * v(a, 0) * v(b, 0) / square;
            r = times(h, r);
            q = times(q, h);
        }
        Matrix first_q(r.m, k), first_r(k, r.n);
        for (std::int64_t i = 0; i < r.m; ++i)
            for (std::int64_t j = 0; j < k; ++j) first_q(i, j) = q(i, j);
        for (std::int64_t i = 0; i < k; ++i)
            for (std::int64_t j = i; j < r.n; ++j) first_r(i, j) = r(i, j);
        return Batch{first_q, first_r};
    });
}

// The eigenvalues of a + t, all positive, are its singular values: a symmetric one's singular vectors are its eigenvectors.
inline std::vector<Values> eigh(const Call& c)
{
    return by_matrix(c, {1, 2}, [](const Batch& in, const Batch& got) {
        Matrix a = in[0], w(1, a.n), v(a.n, a.n);
        Real shift = 1;
        for (std::int64_t i = 0; i < a.n; ++i)
            for (std::int64_t j = 0; j < a.n; ++j)
                shift += std::fabs(a(i, j) = in[0](std::max(i, j), std::min(i, j)));
        for (std::int64_t i = 0; i < a.n; ++i) a(i, i) += shift;
        const Singular f = singular(a);
        for (std::int64_t j = 0; j < a.n; ++j) {
            const std::int64_t from = a.n - 1 - j;
            w(0, j) = f.s[static_cast<std::size_t>(from)] - shift;
            const Real sign = along(f.v, from, got[1], j) < 0 ? -1 : 1;
            for (std::int64_t i = 0; i < a.n; ++i) v(i, j) = sign * f.v(i, from);
        }
        return Batch{w, v};
    });
}

// node.a: full matrices. got: u, s, vh.
inline std::vector<Values> svd(const Call& c)
{
    return by_matrix(c, {2, 1, 2}, [](const Batch& in, const Batch& got) {
        const bool wide = in[0].m < in[0].n;
        Singular f = singular(wide ? turned(in[0]) : in[0]);
        if (wide) std::swap(f.u, f.v);
        Matrix s(1, static_cast<std::int64_t>(f.s.size()));
        s.v = f.s;
        for (std::int64_t j = 0; j < s.n; ++j)
            if (along(f.u, j, got[0], j) < 0) {
                for (std::int64_t i = 0; i < f.u.m; ++i) f.u(i, j) = -f.u(i, j);
                for (std::int64_t i = 0; i < f.v.m; ++i) f.v(i, j) = -f.v(i, j);
            }
        return Batch{completed(f.u, got[0]), s, turned(completed(f.v, turned(got[2])))};
    });
}

inline std::vector<Values> pinv(const Call& c)
{
    return by_matrix(c, {2}, [&](const Batch& in, const Batch&) {
        const bool wide = in[0].m < in[0].n;
        Singular f = singular(wide ? turned(in[0]) : in[0]);
        const Real cutoff = c.a >= 0 ? Real(c.a) : Real(1e-6);  // no sample lies between
        for (std::int64_t j = 0; j < f.v.n; ++j)
            for (std::int64_t i = 0; i < f.v.m; ++i) {
                const Real s = f.s[static_cast<std::size_t>(j)];
                f.v(i, j) = s > cutoff * f.s[0] ? f.v(i, j) / s : 0;
            }
        const Matrix y = times(f.v, turned(f.u));
        return Batch{wide ? turned(y) : y};
    });
}

inline const Rows linalg_rows = {
    {"solve", solve},     {"solve_triangular", solve_triangular},
    {"inv", inv},         {"det", det},
    {"slogdet", slogdet}, {"cholesky", cholesky},
    {"qr", qr},           {"eigh", eigh},
    {"svd", svd},         {"pinv", pinv},
};

}  // namespace reference
