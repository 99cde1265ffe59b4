// Products of matrices and vectors; solvers, determinants, factorisations.

#include "shown.hpp"
using namespace xgrad;

namespace {

void products(Tape& tape)
{
    {
        //! [matmul]
        const Variable a = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        const Variable x = tape.variable(xt::xarray<double>{1., 1.});
        show(matmul(a, a));                // [[7, 10], [15, 22]]
        show(matmul(a, x));                // [3, 7]  (a vector)
        show(grad(sum(matmul(a, x)), x));  // [4, 6]  (the sums of the columns)
        //! [matmul]
    }
    {
        //! [linear]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}});
        const Variable w = tape.variable(xt::xarray<double>{{1., 0., 1.}, {0., 1., 1.}});  // [in, out]
        const Variable b = tape.variable(xt::xarray<double>{10., 20., 30.});
        show(linear(x, w, b));  // [[11, 22, 33]]
        show(linear(x, w));     // [[1, 2, 3]]
        //! [linear]
    }
    {
        //! [dot]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        const Variable y = tape.variable(xt::xarray<double>{4., 5., 6.});
        show(dot(x, y));           // 32
        show(grad(dot(x, y), x));  // [4, 5, 6]
        //! [dot]
    }
    {
        //! [vdot]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(vdot(x, x));  // 30  (of all elements, whatever the shape)
        //! [vdot]
    }
    {
        //! [inner]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        const Variable y = tape.variable(xt::xarray<double>{1., 1.});
        show(inner(x, y));  // [3, 7]  (over the last axes of both)
        //! [inner]
    }
    {
        //! [outer]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable y = tape.variable(xt::xarray<double>{3., 4., 5.});
        show(outer(x, y));  // [[3, 4, 5], [6, 8, 10]]
        //! [outer]
    }
    {
        //! [kron]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}});
        const Variable y = tape.variable(xt::xarray<double>{{1., 10.}});
        show(kron(x, y));  // [[1, 10, 2, 20]]
        //! [kron]
    }
    {
        //! [cross]
        const Variable x = tape.variable(xt::xarray<double>{1., 0., 0.});
        const Variable y = tape.variable(xt::xarray<double>{0., 1., 0.});
        show(cross(x, y));  // [0, 0, 1]
        //! [cross]
    }
    {
        //! [einsum]
        const Variable a = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        const Variable x = tape.variable(xt::xarray<double>{1., 10.});
        show(einsum("ij,j->i", {a, x}));  // [21, 43]  (a product with a vector)
        show(einsum("ii", {a}));          // 5  (the trace)
        show(einsum("ij->ji", {a}));      // [[1, 3], [2, 4]]
        //! [einsum]
    }
}

void parts(Tape& tape)
{
    {
        //! [tril, triu]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(tril(x));     // [[1, 0], [3, 4]]
        show(triu(x));     // [[1, 2], [0, 4]]
        show(triu(x, 1));  // [[0, 2], [0, 0]]
        //! [tril, triu]
    }
    {
        //! [diagonal, trace]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(diagonal(x));        // [1, 4]
        show(trace(x));           // 5
        show(grad(trace(x), x));  // [[1, 0], [0, 1]]
        //! [diagonal, trace]
    }
    {
        //! [diag]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(diag(x));        // [[1, 0], [0, 2]]
        show(diag(diag(x)));  // [1, 2]
        //! [diag]
    }
}

void solving(Tape& tape)
{
    {
        //! [solve]
        const Variable a = tape.variable(xt::xarray<double>{{2., 0.}, {0., 4.}});
        const Variable b = tape.variable(xt::xarray<double>{2., 2.});
        show(solve(a, b));                // [1, 0.5]
        show(grad(sum(solve(a, b)), b));  // [0.5, 0.25]  (the columns' sums of the inverse)
        //! [solve]
    }
    {
        //! [solve_triangular, SolveTriangularOptions]
        const Variable a = tape.variable(xt::xarray<double>{{2., 1.}, {5., 4.}});
        const Variable b = tape.variable(xt::xarray<double>{4., 8.});
        show(solve_triangular(a, b));  // [1, 2]  (reads the upper triangle: 2 x + y = 4, 4 y = 8)
        show(solve_triangular(a, b, {.lower = true}));  // [2, -0.5]  (2 x = 4, 5 x + 4 y = 8)
        //! [solve_triangular, SolveTriangularOptions]
    }
    {
        //! [inv]
        const Variable a = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(inv(a));  // [[-2, 1], [1.5, -0.5]]
        //! [inv]
    }
    {
        //! [pinv]
        const Variable a = tape.variable(xt::xarray<double>{{3.0, 0.0}, {4.0, 0.0}});
        show(pinv(a));  // [[0.12, 0.16], [0, 0]]  (a has no inverse; 3/25 and 4/25)
        //! [pinv]
    }
    {
        //! [matrix_power]
        const Variable a = tape.variable(xt::xarray<double>{{1., 1.}, {0., 1.}});
        show(matrix_power(a, 5));   // [[1, 5], [0, 1]]
        show(matrix_power(a, -2));  // [[1, -2], [0, 1]]
        //! [matrix_power]
    }
}

void determinants(Tape& tape)
{
    {
        //! [det]
        const Variable a = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(det(a));           // -2
        show(grad(det(a), a));  // [[4, -3], [-2, 1]]  (the cofactors)
        //! [det]
    }
    {
        //! [slogdet, SignLogdet]
        const Variable a = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        const SignLogdet d = slogdet(a);
        show(d.sign);       // -1
        show(d.logabsdet);  // 0.6931  (ln 2)
        //! [slogdet, SignLogdet]
    }
    {
        //! [logdet]
        const Variable a = tape.variable(xt::xarray<double>{{2., 0.}, {0., 4.}});
        show(logdet(a));           // 2.079  (ln 8)
        show(grad(logdet(a), a));  // [[0.5, 0], [0, 0.25]]  (the transposed inverse)
        //! [logdet]
    }
}

void factors(Tape& tape)
{
    {
        //! [cholesky]
        const Variable a = tape.variable(xt::xarray<double>{{4., 2.}, {2., 2.}});
        show(cholesky(a));  // [[2, 0], [1, 1]]
        //! [cholesky]
    }
    {
        //! [eigh, Eigh]
        const Variable a = tape.variable(xt::xarray<double>{{2., 1.}, {1., 2.}});
        const Eigh e = eigh(a);
        show(e.eigenvalues);           // [1, 3]
        show(square(e.eigenvectors));  // [[0.5, 0.5], [0.5, 0.5]]  (their signs are LAPACK's)
        //! [eigh, Eigh]
    }
    {
        //! [eigvalsh]
        const Variable a = tape.variable(xt::xarray<double>{{2., 1.}, {1., 2.}});
        show(eigvalsh(a));                // [1, 3]
        show(grad(max(eigvalsh(a)), a));  // [[0.5, 0.5], [0.5, 0.5]]  (v v^T)
        //! [eigvalsh]
    }
    {
        //! [svd, Svd, SvdOptions]
        const Variable a = tape.variable(xt::xarray<double>{{3., 0.}, {4., 0.}, {0., 2.}});
        const Svd full = svd(a), reduced = svd(a, {.full_matrices = false});
        show(full.s);                                     // [5, 2]
        show(full.u.shape());                             // [3, 3]
        show(reduced.u.shape());                          // [3, 2]
        show(matmul(reduced.u * reduced.s, reduced.vh));  // [[3, 0], [4, 0], [0, 2]]
        //! [svd, Svd, SvdOptions]
    }
    {
        //! [qr, Qr]
        const Variable a = tape.variable(xt::xarray<double>{{3., 5.}, {4., 0.}});
        const Qr f = qr(a);
        show(abs(f.r));                     // [[5, 3], [0, 4]]  (the signs of its rows are LAPACK's)
        show(matmul(transpose(f.q), f.q));  // [[1, 0], [0, 1]]
        show(matmul(f.q, f.r));             // [[3, 5], [4, 0]]
        //! [qr, Qr]
    }
}

const shown::Page page("Products and linear algebra", {products, parts, solving, determinants, factors});

}  // namespace
