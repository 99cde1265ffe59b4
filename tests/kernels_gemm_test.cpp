// Matrix products against the definition.

#define BOOST_TEST_MODULE kernels_gemm
#include <boost/test/unit_test.hpp>

#include <array>

#include "autodiff/kernels/gemm.hpp"
#include "kernels_support.hpp"

using namespace xgrad::kernels;

BOOST_AUTO_TEST_CASE_TEMPLATE(gemm_agrees_with_the_definition_for_every_flag_and_size, T, Floats)
{
    const std::vector<std::array<std::int64_t, 3>> sizes{
        {0, 3, 2},   {3, 0, 2},   {3, 2, 0}, {1, 1, 1}, {1, 7, 5},   {7, 1, 5},   {1, 1, 40},
        {1, 40, 33}, {40, 1, 33}, {4, 4, 4}, {5, 6, 7}, {17, 33, 9}, {64, 31, 65}};
    for (auto [m, n, k] : sizes)
        for (int flags = 0; flags < 4; ++flags)
            for (T beta : {T(0), T(1), T(-0.5)}) {
                const bool ta = flags & 1, tb = flags & 2;
                const std::int64_t lda = (ta ? m : k) + 3, ldb = (tb ? k : n) + 2, ldc = n + 1;
                const auto a = random_values<T>((ta ? k : m) * lda + 1, 1),
                           b = random_values<T>((tb ? n : k) * ldb + 1, 2);
                auto c = random_values<T>(m * ldc + 1, 3);
                if (beta == 0)
                    for (std::int64_t i = 0; i < m; ++i) std::fill_n(&c[i * ldc], n, nan_of<T>);
                std::vector<Real> want(c.begin(), c.end());
                for (std::int64_t i = 0; i < m; ++i)
                    for (std::int64_t j = 0; j < n; ++j) {
                        Real sum = 0;
                        for (std::int64_t p = 0; p < k; ++p)
                            sum += Real(ta ? a[p * lda + i] : a[i * lda + p]) *
                                   (tb ? b[j * ldb + p] : b[p * ldb + j]);
                        Real& w = want[i * ldc + j];
                        w = Real(T(1.5)) * sum + (beta == 0 ? Real(0) : beta * w);
                    }
                gemm(ta, tb, m, n, k, T(1.5), a.data(), lda, b.data(), ldb, beta, c.data(), ldc);
                check_near(c, want, 20 * tight<T>, "gemm");
            }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products_with_one_column_agree_for_every_length_and_keep_their_rows_apart, T,
                              Floats)
{
    for (const bool ta : {false, true})
        for (std::int64_t m = 1; m <= 140; m += m < 40 ? 1 : 33)
            for (std::int64_t k = 1; k <= 140; k += k < 40 ? 1 : 9)
                for (const std::int64_t gap : {0, 3}) {
                    const std::int64_t lda = (ta ? m : k) + gap, stored = ta ? k : m;
                    // Not an element more than the matrix: the address sanitizer sees what is read beyond.
                    std::vector<T> a = random_values<T>(lda * (stored - 1) + (ta ? m : k), 1);
                    const auto b = random_values<T>(k, 2);
                    if (!ta && m > 2) a[lda] = nan_of<T>;  // its row alone is NaN
                    std::vector<T> c(m, nan_of<T>);
                    std::vector<Real> want(m);
                    for (std::int64_t i = 0; i < m; ++i)
                        for (std::int64_t p = 0; p < k; ++p)
                            want[i] += Real(ta ? a[p * lda + i] : a[i * lda + p]) * b[p];
                    gemm(ta, false, m, 1, k, T(1), a.data(), lda, b.data(), 1, T(0), c.data(), 1);
                    if (!ta && m > 2) {
                        BOOST_REQUIRE(std::isnan(c[1]));
                        c[1] = 0, want[1] = 0;
                    }
                    check_near(c, want, 20 * tight<T>, "gemm with one column");
                }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_product_that_is_added_has_the_bits_of_the_sum_up_to_an_inner_length_of_256, T,
                              Floats)
{
    for (const bool ta : {false, true})
        for (const bool tb : {false, true})
            for (const std::int64_t m : {1, 2, 8, 31, 64, 128})
                for (const std::int64_t n : {1, 2, 10, 31, 64, 200})
                    for (const std::int64_t k : {1, 3, 16, 65, 128, 256}) {
                        const auto a = random_values<T>(m * k, 1), b = random_values<T>(n * k, 2);
                        const auto before = random_values<T>(m * n, 3);
                        std::vector<T> sum = before, product(before.size());
                        const auto run = [&](T beta, std::vector<T>& c) {
                            gemm(ta, tb, m, n, k, T(1), a.data(), ta ? m : k, b.data(), tb ? k : n, beta,
                                 c.data(), n);
                        };
                        run(T(1), sum);
                        run(T(0), product);
                        for (std::size_t i = 0; i < product.size(); ++i) product[i] = before[i] + product[i];
                        BOOST_REQUIRE(sum == product);
                    }
}
