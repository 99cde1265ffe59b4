// Linear algebra: identities at sizes that LAPACK blocks, what is refused and in which words, singular and degenerate matrices,
// empty ones, batches, replay, gradients of single examples. (Values and gradients of small matrices: registry and torch tests.)
#define BOOST_TEST_MODULE linear_algebra
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <random>

#include "support.hpp"
#include "xgrad/autodiff/check.hpp"
#include "xgrad/autodiff/per_example.hpp"
#include "xgrad/autodiff/program.hpp"
#include "xgrad/autodiff/threads.hpp"
#include "xgrad/autodiff/transform.hpp"

using namespace xgrad;
using M = xt::xarray<double>;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN(),
                 inf = std::numeric_limits<double>::infinity();

Array numbers(Shape shape, unsigned seed = 1)
{
    Array array(DType::float64, std::move(shape));
    std::mt19937 random(seed);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = std::uniform_real_distribution<double>(-1, 1)(random);
    return array;
}
Variable turned(Variable x) { return transpose(x, -1, -2); }
// The largest element of |x - y|.
double distance(Variable x, Variable y)
{
    BOOST_REQUIRE(std::ranges::equal(x.shape(), y.shape()));
    return x.size() == 0 ? 0 : max(abs(x - y)).item();
}
Variable ones_on_diagonal(Variable like, std::int64_t n) { return eye(like, n) + 0 * like; }

void says(const std::function<void()>& f, const std::string& text)
{
    BOOST_CHECK_EXCEPTION(f(), ValueError, [&](const ValueError& error) {
        BOOST_TEST(std::string(error.what()) == text);
        return true;
    });
}
template <class E>
void refuses(const std::function<void()>& f, std::initializer_list<std::string> parts)
{
    BOOST_CHECK_EXCEPTION(f(), E, [&](const E& error) {
        for (const std::string& part : parts)
            BOOST_TEST(std::string(error.what()).find(part) != std::string::npos,
                       "\"" << error.what() << "\" lacks \"" << part << "\"");
        return true;
    });
}

}  // namespace

BOOST_AUTO_TEST_CASE(factors_and_inverses_multiply_to_what_they_came_from)
{
    for (const DType dtype : {DType::float64, DType::float32})
        for (const std::int64_t n : {1, 2, 5, 33, 130}) BOOST_TEST_CONTEXT(name_of(dtype) << ", " << n)
            {
                const double rounding = dtype == DType::float32 ? 6e-8 : 1.2e-16,
                             small = 100 * static_cast<double>(n) * rounding;
                Tape tape;
                const Variable x = tape.variable(numbers({2, n, n}).cast(dtype));
                const Variable one = ones_on_diagonal(x, n), a = x + 2 * std::sqrt(double(n)) * one;
                const Variable b = tape.variable(numbers({2, n, 3}, 2).cast(dtype));
                BOOST_TEST(distance(matmul(a, inv(a)), one) < small);
                BOOST_TEST(distance(matmul(a, solve(a, b)), b) < small);
                BOOST_TEST(distance(matmul(triu(a), solve_triangular(a, b)), b) < small);
                BOOST_TEST(distance(pinv(a), inv(a)) < small);
                const Variable p = matmul(x, turned(x)) + one, l = cholesky(p);
                BOOST_TEST(distance(matmul(l, turned(l)), p) < small);
                BOOST_TEST(distance(l, tril(l)) == 0);
                const auto [w, v] = eigh(p);
                BOOST_TEST(distance(matmul(v * unsqueeze(w, -2), turned(v)), p) < small);
                BOOST_TEST(distance(matmul(turned(v), v), one) < small);
                const SignLogdet d = slogdet(p);
                BOOST_TEST(distance(d.logabsdet, sum(log(w), -1)) < small);
                BOOST_TEST(distance(d.sign, ones_like(d.sign)) == 0);
                BOOST_TEST(distance(logdet(p), 2 * sum(log(diagonal(l, 0, -2, -1)), -1)) < small);
                if (n <= 5) BOOST_TEST(distance(det(p) / exp(d.logabsdet), ones_like(d.sign)) < small);
                for (const std::int64_t columns : {n, n / 2, n + 2}) {
                    const Variable y = tape.variable(numbers({2, n, columns}, 3).cast(dtype));
                    const std::int64_t k = std::min(n, columns);
                    const auto [q, r] = qr(y);
                    BOOST_TEST(distance(matmul(q, r), y) < small);
                    BOOST_TEST(distance(matmul(turned(q), q), ones_on_diagonal(matmul(turned(q), q), k)) <
                               small);
                    BOOST_TEST(distance(r, triu(r)) == 0);
                    const auto [u, s, vh] = svd(y, {.full_matrices = false});
                    BOOST_TEST(distance(matmul(u * unsqueeze(s, -2), vh), y) < small);
                    const Svd full = svd(y);
                    BOOST_TEST(distance(full.s, s) < small);
                    BOOST_TEST(distance(matmul(turned(full.u), full.u), one) < small);
                    BOOST_TEST((full.vh.shape().back() == columns && full.vh.shape()[1] == columns));
                }
            }
}

BOOST_AUTO_TEST_CASE(results_have_numpy_s_order_and_signs)
{
    // From NumPy 1.24: np.linalg.eigh, svd, qr of these.
    Tape tape;
    const Variable a = tape.variable(M{{2., 1.}, {1., 2.}});
    const auto [w, v] = eigh(a);
    const double half = std::sqrt(0.5);
    BOOST_TEST(distance(w, tape.constant(M{1., 3.})) < 1e-15);
    BOOST_TEST(distance(v, tape.constant(M{{-half, half}, {half, half}})) < 1e-15);
    const auto [u, s, vh] = svd(a);
    BOOST_TEST(distance(s, tape.constant(M{3., 1.})) < 2e-15);
    BOOST_TEST(distance(u, tape.constant(M{{-half, -half}, {-half, half}})) < 1e-15);
    BOOST_TEST(distance(vh, u) < 1e-15);
    const auto [q, r] = qr(tape.variable(M{{3., 5.}, {4., 0.}}));
    BOOST_TEST(distance(q, tape.constant(M{{-0.6, -0.8}, {-0.8, 0.6}})) < 1e-15);
    BOOST_TEST(distance(r, tape.constant(M{{-5., -3.}, {0., -4.}})) < 2e-15);
    // Only the lower triangle is read.
    const Variable lower = tape.variable(M{{2., 7.}, {1., 2.}});
    BOOST_TEST(distance(eigh(lower).eigenvalues, w) == 0);
    BOOST_TEST(distance(cholesky(lower), cholesky(a)) == 0);
    const Variable one_triangle = tape.variable(M{{2., 9.}, {1., 4.}});
    BOOST_TEST(
        distance(solve_triangular(one_triangle, M{2., 9.}, {.lower = true}), tape.constant(M{1., 2.})) == 0);
    BOOST_TEST(distance(solve_triangular(one_triangle, M{20., 8.}), tape.constant(M{1., 2.})) == 0);
}

BOOST_AUTO_TEST_CASE(a_vector_is_one_for_each_matrix)
{
    Tape tape;
    const Variable a = tape.variable(M{{{2., 0.}, {0., 4.}}, {{1., 1.}, {0., 1.}}});
    BOOST_TEST(distance(solve(a, M{2., 4.}), tape.constant(M{{1., 1.}, {-2., 4.}})) == 0);
    BOOST_TEST(distance(solve(a, M{{2., 4.}, {3., 1.}}), tape.constant(M{{1., 1.}, {2., 1.}})) == 0);
    BOOST_TEST(solve(a, M{{2., 4., 1.}, {3., 1., 1.}}).shape().size() == 3u);  // matrices [2, 3], broadcast
    const Parameter p(Array(M{{2., 0.}, {0., 4.}}), "p");
    BOOST_TEST(distance(solve(p, tape.variable(M{2., 4.})), tape.constant(M{1., 1.})) == 0);
    const M weights = {{2., 0.}, {0., 4.}};
    BOOST_TEST(distance(solve(weights, tape.variable(M{2., 4.})), tape.constant(M{1., 1.})) == 0);
}

// ---------------------------------------------------------------- refusals

BOOST_AUTO_TEST_CASE(what_cannot_be_done_is_said_and_changes_nothing)
{
    Tape tape;
    const Variable singular = tape.variable(M{{1., 2.}, {2., 4.}}), b = tape.variable(M{1., 1.});
    const Variable batch = tape.variable(M{{{1., 0.}, {0., 1.}}, {{0., 0.}, {0., 1.}}, {{0., 0.}, {0., 0.}}});
    const Variable negative = tape.variable(M{{{4., 2.}, {2., 3.}}, {{1., 2.}, {2., 1.}}});
    const Variable broken = tape.variable(M{{1., not_a_number}, {not_a_number, 1.}}),
                   wide = tape.variable(M{{1., 2., 3.}, {4., 5., 6.}});
    const Variable whole = tape.constant(xt::xarray<std::int64_t>{{1, 2}, {3, 4}});
    const std::size_t size = tape.size();
    says(
        [&] { inv(singular); },
        "inv: the matrix is singular: pivot 2 of 2 is 0 (LAPACK's getrf), expected one that can be inverted");
    {
        const auto guard = tape.scope("whiten");
        says([&] { inv(batch); },
             "inv in whiten: matrix [1] of the batch [3] is singular: pivot 1 of 2 is 0 (LAPACK's getrf), "
             "expected one "
             "that can be inverted");
    }
    says([&] { solve(singular, b); },
         "solve: the matrix is singular: pivot 2 of 2 is 0 (LAPACK's getrf), expected one that can be "
         "inverted");
    says(
        [&] {
            solve(reshape(batch, {3, 1, 2, 2}), M{{1., 2.}, {3., 4.}});
        },
        "solve: matrix [1, 0] of the batch [3, 1] is singular: pivot 1 of 2 is 0 (LAPACK's getrf), expected "
        "one that can "
        "be inverted");
    says(
        [&] {
            solve_triangular(batch, M{1., 1.});
        },
        "solve_triangular: matrix [1] of the batch [3] is singular: element 1 of 2 on its diagonal is 0");
    says([&] { matrix_power(singular, -2); },
         "matrix_power: inv: the matrix is singular: pivot 2 of 2 is 0 (LAPACK's getrf), expected one that "
         "can be inverted");
    says([&] { cholesky(negative); },
         "cholesky: matrix [1] of the batch [2] is not positive definite: its leading minor of order 2 of 2 "
         "is not "
         "positive (LAPACK's potrf met pivot 2 <= 0)");
    for (const auto& [name, f] : std::vector<std::pair<std::string, std::function<void(Variable)>>>{
             {"svd", [](Variable x) { svd(x); }},
             {"eigh", [](Variable x) { eigh(x); }},
             {"pinv", [](Variable x) { pinv(x); }},
             {"eigvalsh: eigh", [](Variable x) { eigvalsh(x); }}}) {
        says([&] { f(broken); },
             name + ": the matrix has an element that is NaN or infinite, expected finite ones");
    }
    for (const auto& f : std::vector<std::function<void(Variable)>>{
             [](Variable x) { inv(x); }, [](Variable x) { det(x); }, [](Variable x) { slogdet(x); },
             [](Variable x) { logdet(x); }, [](Variable x) { cholesky(x); }, [](Variable x) { eigh(x); },
             [](Variable x) { matrix_power(x, 2); },
             [=](Variable x) {
                 solve(x, M{1., 1.});
             }}) {
        refuses<ShapeError>([&] { f(wide); }, {"[2, 3]", "square"});
        refuses<ShapeError>([&] { f(b); }, {"[2]", "[..., n, n]"});
        refuses<DtypeError>([&] { f(whole); }, {"int64", "[2, 2]"});
    }
    refuses<ShapeError>([&] { svd(b); }, {"svd", "[2]", "matrices [..., m, n]"});
    refuses<ShapeError>([&] { qr(b); }, {"qr", "[2]", "matrices [..., m, n]"});
    refuses<ShapeError>([&] { solve(singular, M{1., 2., 3.}); }, {"solve", "[2, 2]", "[3]"});
    refuses<ShapeError>([&] { solve(singular, numbers({3, 1})); }, {"solve", "2 meet 3"});
    refuses<ShapeError>([&] { solve(batch, numbers({2, 2, 1})); }, {"solve", "leading axes that broadcast"});
    refuses<DtypeError>(
        [&] {
            solve(singular, xt::xarray<float>{1.f, 2.f});
        },
        {"solve", "float32", "float64"});
    refuses<ValueError>([&] { pinv(singular, -1.); }, {"pinv", "rtol is -1"});
    refuses<ValueError>([&] { pinv(singular, not_a_number); }, {"pinv", "rtol is nan"});
    // Constants, views and intermediate values that the calls above recorded, but no matrix.
    BOOST_TEST(tape.graph({b}).text().find("inv") == std::string::npos);
    const std::size_t before = tape.size();
    for (int k = 0; k < 3; ++k) {
        BOOST_CHECK_THROW(inv(singular), ValueError);
        BOOST_CHECK_THROW(solve(singular, b), ValueError);
        BOOST_CHECK_THROW(eigvalsh(broken), ValueError);
    }
    BOOST_TEST(tape.size() == before);
    BOOST_TEST(before > size);
}

BOOST_AUTO_TEST_CASE(nan_goes_through_and_stays_in_its_matrix)
{
    Tape tape;
    const Variable x = tape.variable(M{{{2., not_a_number}, {not_a_number, 2.}}, {{2., 1.}, {1., 2.}}});
    const auto count_nan = [](Variable y) { return sum(cast(isnan(y), DType::int64)).item(); };
    BOOST_TEST(count_nan(inv(x)) == 4);
    BOOST_TEST(count_nan(det(x)) == 1);
    BOOST_TEST(count_nan(logdet(x)) == 1);
    BOOST_TEST(count_nan(slogdet(x).sign) == 1);
    BOOST_TEST(count_nan(solve(x, M{1., 1.})) == 2);
    BOOST_TEST(count_nan(cholesky(x)) == 3);  // zeros above the diagonal
    BOOST_TEST(count_nan(grad(sum(det(x)), x)) == 4);
    BOOST_TEST(count_nan(matrix_power(x, 0)) == 0);
}

// ---------------------------------------------------------------- singular and degenerate matrices

BOOST_AUTO_TEST_CASE(det_of_singular_matrices_has_right_derivatives)
{
    // Products of thin matrices: n x n of rank r, rounded to numbers that doubles hold exactly.
    for (const auto& [n, rank] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {1, 0}, {2, 0}, {2, 1}, {3, 0}, {3, 1}, {3, 2}, {4, 1}, {4, 2}, {4, 3}, {5, 4}})
        BOOST_TEST_CONTEXT(n << " x " << n << " of rank " << rank)
        {
            Tape tape;
            const auto whole = [&](Shape shape, unsigned seed) {
                return cast(cast(tape.variable(numbers(shape, seed)) * 4, DType::int64), DType::float64);
            };
            const Array a = matmul(whole({n, rank}, 7), whole({rank, n}, 8)).array();
            BOOST_TEST(gradcheck([](Variable x) { return det(x); }, a));
            BOOST_TEST(gradgradcheck([](Variable x) { return det(x); }, a));
        }
    // The cofactors themselves: of rank n - 1 one product of vectors, of less nothing.
    Tape tape;
    const Variable x = tape.variable(M{{1., 2., 3.}, {4., 5., 6.}, {5., 7., 9.}});
    BOOST_TEST(distance(grad(det(x), x), tape.constant(M{{3., -6., 3.}, {3., -6., 3.}, {-3., 6., -3.}})) <
               1e-13);
    const Variable zero = tape.variable(M{{0., 0.}, {0., 0.}});
    const Variable g = grad(det(zero), zero);
    BOOST_TEST(distance(g, tape.constant(M{{0., 0.}, {0., 0.}})) == 0);
    BOOST_TEST(distance(grad(sum(g * M{{1., 2.}, {3., 4.}}), zero), tape.constant(M{{4., -3.}, {-2., 1.}})) <
               1e-14);
    // Beyond the range of a pivot: 1e200^2 1e-200^2.
    const Variable far = tape.variable(
        M{{1e200, 0., 0., 0.}, {0., 1e200, 0., 0.}, {0., 0., 1e-200, 0.}, {0., 0., 0., 1e-200}});
    BOOST_TEST(std::abs(det(far).item() - 1) < 1e-14);
}

BOOST_AUTO_TEST_CASE(both_ways_to_cofactors_agree)
{
    // Near the bound between them (a condition of some 1e5) the inverse and the singular values give the same.
    for (const double smallest : {1e-3, 4e-6, 1e-7, 1e-12}) {
        Tape tape;
        const std::int64_t n = 6;
        const Variable q = qr(tape.variable(numbers({n, n}, 4))).q,
                       p = qr(tape.variable(numbers({n, n}, 5))).q;
        const M values = {1., 0.9, 0.8, 0.7, 0.6, smallest};
        const Variable a = keep(tape.variable(matmul(q * values, p).array()));
        M others = {0.9 * 0.8 * 0.7 * 0.6 * smallest, 0.8 * 0.7 * 0.6 * smallest, 0.9 * 0.7 * 0.6 * smallest,
                    0.9 * 0.8 * 0.6 * smallest,       0.9 * 0.8 * 0.7 * smallest, 0.9 * 0.8 * 0.7 * 0.6};
        const Variable want = matmul(q * others, p) * (det(q) * det(p));
        BOOST_TEST(distance(grad(det(a), a), want) < 1e-11);
    }
}

BOOST_AUTO_TEST_CASE(third_derivatives_of_det)
{
    // det of 3 x 3: x00 x11 x22 + ..., whose third derivative by these three is 1.
    Tape tape;
    const Variable x = tape.variable(M{{2., 1., 0.5}, {0., 3., 1.}, {1., 0., 1.}});
    const auto part = [](Variable m, std::int64_t i, std::int64_t j) {
        return sum(slice(m, {{i, i + 1}, {j, j + 1}}));
    };
    const Variable first = part(grad(det(x), x), 0, 0), second = part(grad(first, x), 1, 1);
    BOOST_TEST(std::abs(first.item() - 3) < 1e-13);
    BOOST_TEST(std::abs(second.item() - 1) < 1e-13);
    BOOST_TEST(std::abs(part(grad(second, x), 2, 2).item() - 1) < 1e-12);
    BOOST_TEST(std::abs(part(grad(second, x), 1, 2).item()) < 1e-12);
}

BOOST_AUTO_TEST_CASE(logarithms_of_determinants_that_are_not_positive)
{
    Tape tape;
    const Variable x = tape.variable(M{{{1., 2.}, {3., 4.}}, {{1., 2.}, {2., 4.}}, {{2., 1.}, {1., 2.}}});
    const Variable y = logdet(x);
    const auto v = y.value<double>();
    BOOST_TEST((std::isnan(v(0)) && v(1) == -inf && std::abs(v(2) - std::log(3)) < 1e-15));
    const auto [sign, log] = slogdet(x);
    BOOST_TEST(
        (sign.value<double>()(0) == -1 && sign.value<double>()(1) == 0 && sign.value<double>()(2) == 1));
    BOOST_TEST((std::abs(log.value<double>()(0) - std::log(2)) < 1e-15 && log.value<double>()(1) == -inf));
    const Variable g = grad(sum(y), x);  // 0 where negative, NaN where singular, a^-T
    const auto d = g.value<double>();
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < 2; ++j) {
            BOOST_TEST(d(0, i, j) == 0);
            BOOST_TEST(std::isnan(d(1, i, j)));
            BOOST_TEST(std::abs(d(2, i, j) - (i == j ? 2. : -1.) / 3) < 1e-15);
        }
}

BOOST_AUTO_TEST_CASE(equal_values_leave_their_own_gradient_finite)
{
    Tape tape;
    const auto finite = [](Variable x) {
        return sum(cast(isfinite(x), DType::int64)).item() == double(x.size());
    };
    const Variable x = tape.variable(M{{2., 0., 0.}, {0., 2., 0.}, {0., 0., 1.}});
    const M weights = {{1., 2., 3.}, {4., 5., 6.}, {7., 8., 9.}};
    BOOST_TEST(distance(grad(sum(eigh(x).eigenvalues), x), eye(x, 3)) < 1e-15);
    BOOST_TEST(distance(grad(sum(svd(x).s), x), eye(x, 3)) < 1e-15);
    BOOST_TEST(!finite(grad(sum(square(eigh(x).eigenvectors) * weights), x)));
    BOOST_TEST(!finite(grad(sum(square(svd(x).u) * weights), x)));
    const Variable dependent = tape.variable(M{{1., 0.}, {2., 0.}, {0., 0.}});
    BOOST_TEST(!finite(grad(sum(square(qr(dependent).q)) + sum(qr(dependent).r), dependent)));
    BOOST_TEST(finite(grad(sum(svd(dependent).s), dependent)));
}

BOOST_AUTO_TEST_CASE(empty_and_single)
{
    Tape tape;
    const Variable none = tape.variable(numbers({0, 0})), nothing = tape.variable(numbers({0, 3, 3})),
                   nones = tape.variable(numbers({2, 0, 0})), tall = tape.variable(numbers({3, 0})),
                   one = reshape(tape.variable(4.0), {1, 1});
    BOOST_TEST(det(none).item() == 1);
    BOOST_TEST(logdet(none).item() == 0);
    BOOST_TEST((det(nones).size() == 2 && sum(det(nones)).item() == 2));
    BOOST_TEST((inv(nothing).size() == 0 && det(nothing).size() == 0 && cholesky(nothing).shape()[1] == 3));
    BOOST_TEST((eigh(nones).eigenvalues.shape()[0] == 2 && eigh(nones).eigenvectors.size() == 0));
    const Svd f = svd(tall);
    BOOST_TEST((f.s.size() == 0 && f.vh.size() == 0));
    BOOST_TEST(distance(f.u, eye(f.u, 3)) == 0);
    BOOST_TEST((qr(tall).q.size() == 0 && qr(tall).r.size() == 0 && qr(tall).q.shape()[0] == 3));
    BOOST_TEST((pinv(tall).shape()[0] == 0 && pinv(tall).shape()[1] == 3));
    BOOST_TEST(grad(det(none), none).size() == 0);
    BOOST_TEST((det(one).item() == 4 && inv(one).item() == 0.25 && cholesky(one).item() == 2));
    BOOST_TEST(
        (svd(one).s.item() == 4 && eigh(one).eigenvalues.item() == 4 && std::abs(qr(one).r.item()) == 4));
    BOOST_TEST((grad(det(one), one).item() == 1 && grad(logdet(one), one).item() == 0.25));
    BOOST_TEST(matrix_power(one, -2).item() == 0.0625);
}

// ---------------------------------------------------------------- uses

BOOST_AUTO_TEST_CASE(a_replay_refuses_what_the_recording_would)
{
    Tape tape;
    const Array good(M{{4., 1.}, {1., 3.}}), bad(M{{1., 2.}, {2., 4.}});
    const Variable x = tape.variable(good);
    const Variable y = sum(inv(x)) + logdet(x) + sum(qr(x).r) + sum(square(eigh(x).eigenvectors)) + svd(x).s;
    Program program(tape.graph({y, grad(sum(y), x)}));
    Workspace workspace(program);
    const auto out = workspace.run({good});
    const std::vector<double> first = values(out[0]), want = values(y.array());
    BOOST_TEST(first == want, boost::test_tools::per_element());
    BOOST_CHECK_THROW(workspace.run({bad}), ValueError);
    BOOST_TEST(values(workspace.run({good})[0]) == want, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gradients_of_single_examples_of_a_batch_of_matrices)
{
    const Parameter w(numbers({3, 3}, 9), "w");
    const auto losses = [&](Variable x) {
        const Variable a = matmul(matmul(x, w), turned(x)) + 8 * eye(x, 3);
        return logdet(a) + det(inv(a)) + sum(solve(a, x), {1, 2}) + sum(svd(a).s, -1) + sum(qr(a).r, {1, 2});
    };
    const Array x = numbers({4, 3, 3}, 10);
    Tape tape;
    const Gradients all =
        per_example_grad([&](Variable v) { return losses(v); }, {w}, PerExample::batch)(tape.constant(x));
    for (std::int64_t i = 0; i < 4; ++i) {
        Tape alone;
        const std::vector<double> want =
            values(grad(sum(losses(alone.constant(x.rows(i, i + 1)))), w).array());
        const std::vector<double> got = values(slice(all[w], {{i, i + 1}}).array());
        for (std::size_t k = 0; k < want.size(); ++k) BOOST_TEST(std::abs(got[k] - want[k]) < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(results_do_not_depend_on_the_number_of_threads)
{
    const Array x = numbers({40, 12, 12}, 3);
    const auto run = [&] {
        Tape tape;
        const Variable a = tape.variable(x);
        return values(
            concat({reshape(inv(a + 6 * eye(a, 12)), {-1}), reshape(svd(a).u, {-1}), det(a)}).array());
    };
    const int before = num_threads();
    set_num_threads(1);
    const auto one = run();
    set_num_threads(3);
    const auto three = run();
    set_num_threads(before);
    BOOST_TEST(one == three);
}
