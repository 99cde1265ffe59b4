// Softmax, its relatives and cross entropy against the definition; special values as PyTorch has them.

#define BOOST_TEST_MODULE kernels_softmax
#include <boost/test/unit_test.hpp>

#include "autodiff/kernels/softmax.hpp"
#include "kernels_support.hpp"

using namespace xgrad::kernels;

namespace {

/// All softmax results of [outer, axis, inner] by the definition.
struct Naive {
    std::vector<Real> softmax, log_softmax, logsumexp, softmax_vjp, log_softmax_vjp, logsumexp_vjp;
};

template <class T>
Naive naive_softmax(const std::vector<T>& x, const std::vector<T>& g, std::int64_t outer, std::int64_t axis,
                    std::int64_t inner)
{
    Naive r;
    r.softmax.resize(x.size());
    r.log_softmax = r.softmax_vjp = r.log_softmax_vjp = r.logsumexp_vjp = r.softmax;
    r.logsumexp.resize(outer * inner);
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t j = 0; j < inner; ++j) {
            auto at = [&](std::int64_t a) { return (o * axis + a) * inner + j; };
            Real m = -inf<Real>, sum = 0, gy = 0, gsum = 0;
            for (std::int64_t a = 0; a < axis; ++a) m = std::max(m, Real(x[at(a)]));
            for (std::int64_t a = 0; a < axis; ++a) sum += std::exp(x[at(a)] - m);
            for (std::int64_t a = 0; a < axis; ++a) {
                r.softmax[at(a)] = std::exp(x[at(a)] - m) / sum;
                r.log_softmax[at(a)] = x[at(a)] - m - std::log(sum);
                gy += g[at(a)] * r.softmax[at(a)];
                gsum += g[at(a)];
            }
            for (std::int64_t a = 0; a < axis; ++a) {
                r.softmax_vjp[at(a)] = r.softmax[at(a)] * (g[at(a)] - gy);
                r.log_softmax_vjp[at(a)] = g[at(a)] - r.softmax[at(a)] * gsum;
                r.logsumexp_vjp[at(a)] = g[o * inner + j] * r.softmax[at(a)];
            }
            r.logsumexp[o * inner + j] = m + std::log(sum);
        }
    return r;
}

template <class T>
void check_softmax(std::int64_t outer, std::int64_t axis, std::int64_t inner, double spread)
{
    const auto n = outer * axis * inner;
    const auto x = random_values<T>(n, unsigned(n + 1), -spread, spread), g = random_values<T>(n, 5);
    const auto want = naive_softmax(x, g, outer, axis, inner);
    std::vector<T> y(n), ly(n), dx(n), s(outer * inner);
    // The gradients take y as it was rounded: where x is large its logarithm has lost digits by then.
    const double loose = 20 * tight<T> * std::max(1., spread);
    softmax(x.data(), y.data(), outer, axis, inner);
    check_near(y, want.softmax, 2 * tight<T>, "softmax");
    log_softmax(x.data(), ly.data(), outer, axis, inner);
    check_near(ly, want.log_softmax, 2 * tight<T>, "log_softmax");
    logsumexp(x.data(), s.data(), outer, axis, inner);
    check_near(s, want.logsumexp, 2 * tight<T>, "logsumexp");
    softmax_vjp(g.data(), y.data(), dx.data(), outer, axis, inner);
    check_near(dx, want.softmax_vjp, 20 * tight<T>, "softmax_vjp");
    log_softmax_vjp(g.data(), ly.data(), dx.data(), outer, axis, inner);
    check_near(dx, want.log_softmax_vjp, loose, "log_softmax_vjp");
    logsumexp_vjp(g.data(), x.data(), s.data(), dx.data(), outer, axis, inner);
    check_near(dx, want.logsumexp_vjp, loose, "logsumexp_vjp");
    auto in_place = x;
    softmax(in_place.data(), in_place.data(), outer, axis, inner);
    BOOST_TEST((in_place == y));
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_and_its_relatives_agree_with_the_definition_for_every_size, T, Floats)
{
    for (std::int64_t axis = 1; axis <= 67; ++axis) {
        check_softmax<T>(3, axis, 1, 5);
        check_softmax<T>(2, axis, 3, 5);
        check_softmax<T>(2, 3, axis + 1, 5);
    }
    check_softmax<T>(2, 10000, 1, 5);
    check_softmax<T>(2, 9, 200, 5);
    check_softmax<T>(1, 300, 1, 1e4);
    check_softmax<T>(1, 30, 20, 1e4);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_treats_infinities_and_nan_as_pytorch_does, T, Floats)
{
    const T i = inf<T>, n = nan_of<T>;
    for (std::int64_t inner : {1, 2, 70}) {
        auto rows = [&](std::vector<T> x, auto f, bool reduces = false) {
            std::vector<T> in, out(x.size() * inner), first;
            for (T v : x) in.insert(in.end(), inner, v);
            f(in.data(), out.data(), 1, std::int64_t(x.size()), inner);
            for (std::size_t a = 0; a < (reduces ? 1 : x.size()); ++a) first.push_back(out[a * inner]);
            return first;
        };
        auto all_nan = [](const std::vector<T>& v) {
            return std::all_of(v.begin(), v.end(), [](T x) { return std::isnan(x); });
        };
        BOOST_TEST((rows({0, -i, 0, -i}, softmax<T>) == std::vector<T>{T(0.5), 0, T(0.5), 0}));
        BOOST_TEST(all_nan(rows({0, i, 1}, softmax<T>)));
        BOOST_TEST(all_nan(rows({-i, -i}, softmax<T>)));
        BOOST_TEST(all_nan(rows({0, n, 1}, softmax<T>)));
        BOOST_TEST(rows({0, -i}, log_softmax<T>)[1] == -i);
        BOOST_TEST(all_nan(rows({0, i}, log_softmax<T>)));
        BOOST_TEST(rows({-i, -i, -i}, logsumexp<T>, true)[0] == -i);
        BOOST_TEST(rows({1, i, -i}, logsumexp<T>, true)[0] == i);
        BOOST_TEST(std::isnan(rows({1, i, n}, logsumexp<T>, true)[0]));
        BOOST_TEST(rows({T(1e4), T(-1e4)}, softmax<T>)[0] == 1);
        std::vector<T> x(3 * inner, -i), g(inner, T(1)), y(inner, -i), dx(3 * inner, T(7));
        logsumexp_vjp(g.data(), x.data(), y.data(), dx.data(), 1, 3, inner);
        BOOST_TEST((dx == std::vector<T>(3 * inner, T(0))));
    }
    T out[2] = {5, 5};
    logsumexp<T>(nullptr, out, 2, 0, 1);
    BOOST_TEST((out[0] == -i && out[1] == -i));
    softmax<T>(nullptr, nullptr, 0, 3, 1);
    softmax_vjp<T>(nullptr, nullptr, nullptr, 0, 3, 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bits_of_a_softmax_row_do_not_depend_on_its_place, T, Floats)
{
    for (std::int64_t axis = 1; axis <= 67; ++axis) {
        const auto row = random_values<T>(axis, unsigned(axis), -9, 9);
        std::vector<T> x(20 * axis + 20), y(x.size()), first(axis), s(40), first_s(1);
        softmax(row.data(), first.data(), 1, axis, 1);
        logsumexp(row.data(), first_s.data(), 1, axis, 1);
        for (int shift : {0, 1, 3}) {
            for (int r = 0; r < 20; ++r) std::copy(row.begin(), row.end(), x.begin() + shift + r * axis);
            softmax(x.data() + shift, y.data() + shift, 20, axis, 1);
            logsumexp(x.data() + shift, s.data() + shift, 20, axis, 1);
            for (int r = 0; r < 20; ++r)
                BOOST_TEST(
                    (same_bits(&y[shift + r * axis], first.data(), axis) && s[shift + r] == first_s[0]));
        }
        // The same column, many times side by side.
        std::vector<T> wide(3 * axis), out(3 * axis);
        for (std::int64_t j = 0; j < axis; ++j)
            for (int a = 0; a < 3; ++a) wide[a * axis + j] = T(a) / 3;
        softmax(wide.data(), out.data(), 1, 3, axis);
        for (std::int64_t i = 0; i < 3 * axis; ++i) BOOST_TEST((axis == 1 || out[i] == out[i / axis * axis]));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cross_entropy_and_its_gradient_agree_with_the_definition, T, Floats)
{
    for (std::int64_t classes : {1, 2, 3, 10, 16, 17, 67, 1000})
        for (double spread : {3., 1e4}) {
            const std::int64_t rows = 5;
            const auto z = random_values<T>(rows * classes, 8, -spread, spread),
                       g = random_values<T>(rows, 9);
            std::vector<std::int64_t> label(rows);
            std::vector<T> loss(rows), dz(z.size());
            std::vector<Real> want(rows), want_dz(z.size());
            const auto s = naive_softmax(z, z, rows, classes, 1);
            for (std::int64_t r = 0; r < rows; ++r) {
                label[r] = r * 7 % classes;
                want[r] = -s.log_softmax[r * classes + label[r]];
                for (std::int64_t c = 0; c < classes; ++c)
                    want_dz[r * classes + c] = g[r] * (s.softmax[r * classes + c] - (c == label[r]));
            }
            cross_entropy(z.data(), label.data(), loss.data(), rows, classes);
            check_near(loss, want, 2 * tight<T>, "cross_entropy");
            cross_entropy_vjp(g.data(), z.data(), label.data(), dz.data(), rows, classes);
            check_near(dz, want_dz, 4 * tight<T>, "cross_entropy_vjp");
        }
    const T z[4]{0, -inf<T>, inf<T>, 0};
    const std::int64_t label[2]{1, 0};
    T loss[2];
    cross_entropy(z, label, loss, 2, 2);
    BOOST_TEST((loss[0] == inf<T> && std::isnan(loss[1])));
}

// Short rows run many at a time: alone, in the middle of others and at their end a row has the same bits.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_row_s_bits_do_not_depend_on_the_others, T, Floats)
{
    for (const std::int64_t n : {1, 2, 3, 10, 16, 24, 25, 40}) {
        constexpr std::int64_t rows = 131;
        const auto x = random_values<T>(rows * n, 7, -9, 9), g = random_values<T>(rows * n, 8, -2, 2);
        const auto per_row = random_values<T>(rows, 9, -2, 2);
        std::vector<std::int64_t> label(rows);
        for (std::int64_t r = 0; r < rows; ++r) label[r] = r % n;
        const auto all = [&](std::int64_t first, std::int64_t count) {
            std::vector<T> out(static_cast<std::size_t>(count * (4 * n + 1)));
            T* at = out.data();
            const T *const from = x.data() + first * n, *const of = g.data() + first * n;
            softmax(from, at, count, n, 1);
            softmax_vjp(of, from, at + count * n, count, n, 1);
            log_softmax(from, at + 2 * count * n, count, n, 1);
            cross_entropy_vjp(per_row.data() + first, from, label.data() + first, at + 3 * count * n, count,
                              n);
            cross_entropy(from, label.data() + first, at + 4 * count * n, count, n);
            return out;
        };
        const std::vector<T> together = all(0, rows);
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::vector<T> alone = all(r, 1);
            bool same = alone[4 * n] == together[rows * 4 * n + r];
            for (std::int64_t part = 0; part < 4; ++part)
                for (std::int64_t k = 0; k < n; ++k)
                    same &= alone[part * n + k] == together[(part * rows + r) * n + k];
            BOOST_TEST(same, "row " << r << " of length " << n);
        }
    }
}
