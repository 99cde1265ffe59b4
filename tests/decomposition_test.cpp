// Principal components against known planes and an eigenvalue solver of our own; non-negative factors against theorems.
#define BOOST_TEST_MODULE decomposition
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

using Numbers = std::vector<double>;

Array matrix(std::int64_t n, std::int64_t d, const Numbers& numbers, DType dtype = DType::float64)
{
    Array array(DType::float64, {n, d});
    std::copy(numbers.begin(), numbers.end(), static_cast<double*>(array.mutable_data()));
    return array.cast(dtype);
}

Array uniform(std::int64_t n, std::int64_t d, unsigned seed, double low = -1, double high = 1)
{
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution<double> draw(low, high);
    Numbers numbers(static_cast<std::size_t>(n * d));
    for (double& x : numbers) x = draw(engine);
    return matrix(n, d, numbers);
}

// Eigenvalues of a symmetric matrix, descending, by Jacobi's rotations.
Numbers eigenvalues(Numbers a, std::size_t n)
{
    for (int sweep = 0; sweep < 60; ++sweep)
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) {
                if (a[p * n + q] == 0) continue;
                const double angle = 0.5 * std::atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]);
                const double c = std::cos(angle), s = std::sin(angle);
                for (std::size_t k = 0; k < n; ++k) {
                    const double x = a[k * n + p], y = a[k * n + q];
                    a[k * n + p] = c * x - s * y;
                    a[k * n + q] = s * x + c * y;
                }
                for (std::size_t k = 0; k < n; ++k) {
                    const double x = a[p * n + k], y = a[q * n + k];
                    a[p * n + k] = c * x - s * y;
                    a[q * n + k] = s * x + c * y;
                }
            }
    Numbers diagonal(n);
    for (std::size_t k = 0; k < n; ++k) diagonal[k] = a[k * n + k];
    std::sort(diagonal.rbegin(), diagonal.rend());
    return diagonal;
}

// Sums of products of columns, about the mean if asked, over n.
Numbers second_moments(const Array& x, bool centred)
{
    const auto n = static_cast<std::size_t>(x.shape()[0]), d = static_cast<std::size_t>(x.shape()[1]);
    const Numbers at = values(x);
    Numbers mean(d, 0), result(d * d, 0);
    for (std::size_t i = 0; centred && i < n; ++i)
        for (std::size_t j = 0; j < d; ++j) mean[j] += at[i * d + j] / double(n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < d; ++j)
            for (std::size_t k = 0; k < d; ++k)
                result[j * d + k] += (at[i * d + j] - mean[j]) * (at[i * d + k] - mean[k]) / double(n);
    return result;
}

double mean_squared_distance(const Array& x, const Array& y)
{
    const Numbers a = values(x), b = values(y);
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum / double(x.shape()[0]);
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

BOOST_AUTO_TEST_CASE(components_of_a_cross)
{
    // Two points at distance 5 along (3, 4)/5 on either side of (1, 2), two at distance 1 across.
    const Array x = matrix(4, 2, {4, 6, -2, -2, 1 + 0.8, 2 - 0.6, 1 - 0.8, 2 + 0.6});
    const nn::Pca two = nn::pca(x, 2);
    near(values(two.mean), {1, 2}, 1e-15);
    near(values(two.components), {0.6, 0.8, 0.8, -0.6}, 1e-15);
    near(values(two.variances), {12.5, 0.5}, 1e-14);
    BOOST_TEST(two.residual == 0);
    near(values(two.project(x)), {5, 0, -5, 0, 0, 1, 0, -1}, 1e-14);

    const nn::Pca one = nn::pca(x, 1);
    near(one.residual, 0.5, 1e-14);
    BOOST_TEST(one.variances.size() == 2);
    near(values(one.reconstruct(one.project(x))), {4, 6, -2, -2, 1, 2, 1, 2}, 1e-14);
}

BOOST_AUTO_TEST_CASE(variances_are_eigenvalues_of_the_covariance_and_the_residual_is_what_is_left)
{
    for (const bool centre : {true, false})
        for (const auto& [n, d] : {std::pair{40, 6}, {5, 9}, {1, 3}, {7, 1}}) {
            const Array x = uniform(n, d, 3, -1, 4);
            const std::int64_t most = std::min(n, d), kept = (most + 1) / 2;
            Numbers expected = eigenvalues(second_moments(x, centre), static_cast<std::size_t>(d));
            expected.resize(static_cast<std::size_t>(most));
            const nn::Pca result = nn::pca(x, kept, {.centre = centre});
            near(values(result.variances), expected, 1e-12);
            BOOST_TEST(result.residual == std::accumulate(expected.begin() + kept, expected.end(), 0.0),
                       boost::test_tools::tolerance(1e-10));
            near(mean_squared_distance(x, result.reconstruct(result.project(x))), result.residual, 1e-12);
            // Orthonormal, with the sign that is promised.
            const Numbers c = values(result.components);
            for (std::int64_t a = 0; a < kept; ++a) {
                double largest = 0;
                for (std::int64_t j = 0; j < d; ++j)
                    if (std::abs(c[std::size_t(a * d + j)]) > std::abs(largest))
                        largest = c[std::size_t(a * d + j)];
                BOOST_TEST(largest > 0);
                for (std::int64_t b = 0; b < kept; ++b) {
                    double dot = 0;
                    for (std::int64_t j = 0; j < d; ++j)
                        dot += c[std::size_t(a * d + j)] * c[std::size_t(b * d + j)];
                    near(dot, a == b, 1e-14);
                }
            }
        }
}

BOOST_AUTO_TEST_CASE(types_are_those_of_the_rows)
{
    const Array x = uniform(20, 4, 1), narrow = x.cast(DType::float32);
    const nn::Pca a = nn::pca(x, 2), b = nn::pca(narrow, 2);
    BOOST_TEST((b.components.dtype() == DType::float32));
    BOOST_TEST((b.project(narrow).dtype() == DType::float32));
    near(values(b.variances), values(a.variances), 1e-6);
    const nn::Nmf c = nn::nmf(uniform(6, 5, 1, 0, 1).cast(DType::float32), 2, {.iterations = 3});
    BOOST_TEST((c.weights.dtype() == DType::float32));
    BOOST_TEST(c.errors.size() == 4u);
}

BOOST_AUTO_TEST_CASE(factors_are_never_negative_and_errors_never_grow)
{
    for (const unsigned seed : {1u, 2u, 3u}) {
        const Array x = uniform(30, 12, seed, 0, 1);
        for (const std::int64_t k : {1, 3, 6}) {
            const nn::Nmf result = nn::nmf(x, k, {.iterations = 300, .seed = seed});
            BOOST_TEST(result.weights.shape()[1] == k);
            for (const Array& factor : {result.weights, result.components})
                for (const double v : values(factor)) BOOST_TEST(v >= 0);
            for (std::size_t i = 1; i < result.errors.size(); ++i)
                BOOST_TEST(result.errors[i] <= result.errors[i - 1] * (1 + 1e-13));
            const double least = nn::pca(x, k, {.centre = false}).residual;
            BOOST_TEST(result.errors.back() >= least * (1 - 1e-12));
            // Rank 1: the best factors are not negative anyway (Perron and Frobenius), and are found.
            if (k == 1) near(result.errors.back(), least, 1e-10);
            Tape tape;
            const Array again =
                matmul(tape.constant(result.weights), tape.constant(result.components)).array();
            near(mean_squared_distance(x, again), result.errors.back(), 1e-12);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_made_of_parts_is_taken_apart)
{
    // Three parts that share no column: the factors are unique but for order and scale.
    Numbers rows;
    std::mt19937_64 engine(5);
    std::uniform_real_distribution<double> draw(0, 1);
    const double parts[3][6] = {{1, 2, 0, 0, 0, 0}, {0, 0, 3, 1, 0, 0}, {0, 0, 0, 0, 1, 1}};
    for (int i = 0; i < 40; ++i) {
        const double w[3] = {draw(engine), draw(engine), draw(engine)};
        for (int j = 0; j < 6; ++j)
            rows.push_back(w[0] * parts[0][j] + w[1] * parts[1][j] + w[2] * parts[2][j]);
    }
    const nn::Nmf result = nn::nmf(matrix(40, 6, rows), 3, {.iterations = 3000});
    BOOST_TEST(result.errors.back() < 1e-6);  // the updates slow down as numbers go to 0
    const Numbers found = values(result.components);
    for (const auto& part : parts) {
        double best = 0;  // cosine with the nearest component
        for (std::size_t k = 0; k < 3; ++k) {
            double dot = 0, a = 0, b = 0;
            for (std::size_t j = 0; j < 6; ++j) {
                dot += part[j] * found[k * 6 + j];
                a += part[j] * part[j];
                b += found[k * 6 + j] * found[k * 6 + j];
            }
            best = std::max(best, dot / std::sqrt(a * b));
        }
        near(best, 1, 0.01);
    }
    // The same seed, the same factors; another seed, others. Nothing but zeros is no trouble.
    const Array x = uniform(8, 5, 9, 0, 1);
    BOOST_TEST(same(nn::nmf(x, 2, {.seed = 4}).weights, nn::nmf(x, 2, {.seed = 4}).weights));
    BOOST_TEST(!same(nn::nmf(x, 2, {.seed = 4}).weights, nn::nmf(x, 2, {.seed = 5}).weights));
    BOOST_TEST(nn::nmf(matrix(2, 2, {0, 0, 0, 0}), 1).errors.back() == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decomposed_is_refused)
{
    const Array x = uniform(4, 3, 1, 0, 1);
    says(message<ValueError>([&] { nn::pca(x, 4); }), "pca: x [4, 3] has 1 to 3 components, not 4");
    says(message<ValueError>([&] { nn::pca(x, 0); }), "not 0");
    says(message<ValueError>([&] {
             nn::pca(matrix(2, 2, {1, 2, not_a_number, 3}), 1);
         }),
         "pca: x is nan in row 1, column 0");
    says(message<ShapeError>([&] { nn::pca(Array(DType::float64, {3}), 1); }), "pca: x has shape [3]");
    says(message<ShapeError>([&] { nn::pca(Array(DType::float64, {0, 3}), 1); }), "[0, 3]");
    says(message<DtypeError>([&] { nn::pca(Array(DType::int64, {3, 3}), 1); }), "pca: x is int64");
    const nn::Pca plane = nn::pca(x, 2);
    says(message<ShapeError>([&] { plane.project(uniform(4, 2, 1)); }),
         "Pca::project: x has shape [4, 2], expected [rows, 3]");
    says(message<ShapeError>([&] { plane.reconstruct(x); }),
         "Pca::reconstruct: z has shape [4, 3], expected [rows, 2]");
    says(message<DtypeError>([&] { plane.project(x.cast(DType::float32)); }), "x is float32");
    says(message<ValueError>([&] {
             nn::nmf(matrix(2, 2, {1, 2, 3, -0.5}), 1);
         }),
         "nmf: x is -0.5 in row 1, column 1; sums of parts that are not negative cannot be");
    says(message<ValueError>([&] { nn::nmf(x, 0); }), "the number of components must be positive, got 0");
    says(message<ValueError>([&] { nn::nmf(x, 1, {.iterations = 0}); }), "the number of iterations");
    says(message<DtypeError>([&] { nn::nmf(Array(DType::boolean, {3, 3}), 1); }), "nmf: x is bool");
}
