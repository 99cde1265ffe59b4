// What the kernels promise, checked against naive long double loops, special values and published answers.

#define BOOST_TEST_MODULE kernels
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/gemm.hpp"
#include "autodiff/kernels/move.hpp"
#include "autodiff/kernels/random.hpp"
#include "autodiff/kernels/reduce.hpp"
#include "autodiff/kernels/softmax.hpp"
#include "autodiff/kernels/vector_math.hpp"

using namespace xgrad::kernels;
using Real = long double;
using Shape = std::vector<std::int64_t>;

namespace {

template <class T>
constexpr T inf = std::numeric_limits<T>::infinity();
template <class T>
constexpr T nan_of = std::numeric_limits<T>::quiet_NaN();

template <class T>
std::vector<T> random_values(std::int64_t n, unsigned seed = 1, double low = -2, double high = 2)
{
    std::mt19937 engine(seed);
    std::uniform_real_distribution<double> draw(low, high);
    std::vector<T> v(static_cast<std::size_t>(n));
    for (auto& x : v) x = T(draw(engine));
    return v;
}

/// Error in units in the last place of T; NaN and infinities must be met exactly.
template <class T>
double ulps(T got, Real want)
{
    constexpr double wrong = 1e30;
    if (std::isnan(want)) return std::isnan(got) ? 0 : wrong;
    if (std::isinf(T(want))) return got == T(want) ? 0 : wrong;
    if (!std::isfinite(got)) return wrong;
    using Limits = std::numeric_limits<T>;
    int exponent = Limits::min_exponent;
    if (T(want) != 0) std::frexp(T(want), &exponent);
    exponent = std::max(exponent, Limits::min_exponent);
    return double(std::fabs(Real(got) - want) / std::ldexp(Real(1), exponent - Limits::digits));
}

template <class T>
bool near(T got, Real want, double tolerance)
{
    if (std::isnan(want) || std::isinf(want)) return std::isnan(want) ? std::isnan(got) : Real(got) == want;
    return std::fabs(Real(got) - want) <= tolerance * std::max(Real(1), std::fabs(want));
}

template <class T>
constexpr double tight = sizeof(T) == 4 ? 2e-6 : 1e-14;

template <class T>
void check_near(const std::vector<T>& got, const std::vector<Real>& want, double tolerance, const char* what)
{
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i)
        if (!near(got[i], want[i], tolerance)) {
            BOOST_ERROR(what << ": element " << i << " is " << got[i] << ", expected " << want[i]);
            return;
        }
}

template <class T>
bool same_bits(const T* a, const T* b, std::size_t n)
{
    return std::memcmp(a, b, n * sizeof(T)) == 0;
}

template <class T, class F>
XGRAD_CLONES void apply(const T* x, T* y, std::int64_t n, F f)
{
    n = n / 16 * 16;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

template <class T, class F, class R>
void check_function(const char* name, F f, R reference, double low, double high, double limit = 4)
{
    std::vector<T> x;
    for (T s : {T(0), T(1e-10), T(1e-30), std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::min(),
                T(0.5), T(1), T(2), T(30), T(88), T(89), T(100), T(1000), T(1e8),
                std::numeric_limits<T>::max(), inf<T>, nan_of<T>})
        for (T sign : {T(1), T(-1)}) x.push_back(sign * s);
    for (T r : random_values<T>(20000, 3, low, high)) x.push_back(r);
    // Magnitudes down to the smallest numbers, where low and high allow the sign.
    for (double e : random_values<double>(20000, 4, std::numeric_limits<T>::min_exponent - 20, 3))
        x.push_back(T(std::exp2(e)) * (low < 0 && x.size() % 2 ? T(-1) : T(1)));
    x.resize(x.size() / 16 * 16 + 16, T(1));
    std::vector<T> y(x.size());
    apply(x.data(), y.data(), std::int64_t(x.size()), f);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Real want = reference(Real(x[i]));
        const double error = ulps(y[i], want);
        if (error > limit)
            BOOST_ERROR(name << "(" << x[i] << ") is " << y[i] << ", expected " << want << ": " << error
                             << " ulp");
        if (want == 0 && y[i] == 0 && std::signbit(want) != std::signbit(y[i]))
            BOOST_ERROR(name << "(" << x[i] << ") has the wrong sign of zero");
        worst = std::max(worst, error);
    }
    BOOST_TEST(worst <= limit);
    BOOST_TEST_MESSAGE(name << (sizeof(T) == 4 ? " float: " : " double: ") << worst << " ulp");
}

}  // namespace

using Floats = std::tuple<float, double>;

BOOST_AUTO_TEST_CASE_TEMPLATE(vector_functions_are_within_4_ulp_and_keep_special_values, T, Floats)
{
    auto check = [](const char* name, auto f, auto reference, double low, double high) {
        check_function<T>(name, f, reference, low, high);
    };
    check(
        "exp", [](T x) { return vm::exp(x); }, [](Real x) { return std::exp(x); }, -110, 90);
    check(
        "log", [](T x) { return vm::log(x); }, [](Real x) { return std::log(x); }, 0, 4);
    check(
        "log1p", [](T x) { return vm::log1p(x); }, [](Real x) { return std::log1p(x); }, -1, 4);
    check(
        "expm1", [](T x) { return vm::expm1(x); }, [](Real x) { return std::expm1(x); }, -20, 20);
    check(
        "tanh", [](T x) { return vm::tanh(x); }, [](Real x) { return std::tanh(x); }, -5, 5);
    check(
        "sin", [](T x) { return vm::sin(x); }, [](Real x) { return std::sin(x); }, -20, 20);
    check(
        "cos", [](T x) { return vm::cos(x); }, [](Real x) { return std::cos(x); }, -20, 20);
    check(
        "erf", [](T x) { return vm::erf(x); }, [](Real x) { return std::erf(x); }, -5, 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(vector_pow_is_within_4_ulp_at_the_corners_too, T, Floats)
{
    const std::vector<T> corner{T(0),  T(-0.0), T(1),   T(-1),   T(2),      T(-2),    T(0.5),  T(-0.5), T(3),
                                T(-3), T(-2.5), inf<T>, -inf<T>, nan_of<T>, T(1e-30), T(1e30), T(1e10)};
    for (T exponent : corner) {
        std::vector<T> base = corner, y(32);
        base.resize(32, T(1.7));
        apply(base.data(), y.data(), 32, [=](T x) { return vm::pow(x, exponent); });
        for (int i = 0; i < 32; ++i) {
            const Real want = std::pow(Real(base[i]), Real(exponent));
            BOOST_TEST(ulps(y[i], want) <= 4, base[i] << " ^ " << exponent << " is " << y[i]);
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(max_and_min_of_two_propagate_nan, T, Floats)
{
    BOOST_TEST(vm::max(T(1), T(2)) == 2);
    BOOST_TEST(vm::min(T(1), T(2)) == 1);
    BOOST_TEST(vm::max(inf<T>, T(2)) == inf<T>);
    for (auto f : {vm::max<T>, vm::min<T>}) {
        BOOST_TEST(std::isnan(f(nan_of<T>, T(1))));
        BOOST_TEST(std::isnan(f(T(1), nan_of<T>)));
    }
}

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
    set_num_threads(1);
    BOOST_TEST(num_threads() == 1);
}

namespace {

/// Any reduction by the definition: NumPy's result, with the reduced axes removed.
template <class T>
std::vector<Real> naive_reduce(Reduction kind, const std::vector<T>& in, const Shape& shape,
                               std::uint32_t mask)
{
    std::int64_t kept = 1, reduced = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) (mask >> i & 1 ? reduced : kept) *= shape[i];
    const bool extreme = kind == Reduction::max || kind == Reduction::min;
    std::vector<Real> out(kept, kind == Reduction::max ? -inf<Real> : kind == Reduction::min ? inf<Real> : 0);
    for (std::int64_t at = 0; at < std::int64_t(in.size()); ++at) {
        std::int64_t rest = at, to = 0, step = 1;
        for (std::size_t i = shape.size(); i-- > 0; rest /= shape[i])
            if (!(mask >> i & 1)) {
                to += rest % shape[i] * step;
                step *= shape[i];
            }
        const Real x = in[at];
        if (!extreme)
            out[to] += x;
        else if (kind == Reduction::max ? x > out[to] : x < out[to])
            out[to] = x;
    }
    if (kind == Reduction::mean)
        for (auto& x : out) x /= reduced;
    return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(reductions_over_any_set_of_axes_agree_with_the_definition, T, Floats)
{
    const std::vector<Shape> shapes{{},
                                    {1},
                                    {7},
                                    {300},
                                    {3, 5},
                                    {1, 5},
                                    {5, 1},
                                    {70, 3},
                                    {3, 70},
                                    {131, 67},
                                    {1000, 1},
                                    {2, 3, 4},
                                    {5, 1, 7},
                                    {65, 2, 66},
                                    {2, 129, 3},
                                    {3, 4, 5, 6},
                                    {2, 3, 2, 3, 2, 3},
                                    {40, 30, 20, 2}};
    for (const auto& shape : shapes) {
        const auto in = random_values<T>(count(shape));
        for (std::uint32_t mask = 0; mask < 1u << shape.size(); ++mask)
            for (auto kind : {Reduction::sum, Reduction::mean, Reduction::max, Reduction::min}) {
                const auto want = naive_reduce(kind, in, shape, mask);
                std::vector<T> out(want.size(), T(99));
                reduce(kind, in.data(), out.data(), shape, mask);
                check_near(out, want, 10 * tight<T>, "reduce");
            }
    }
    for (std::int64_t n = 1; n <= 200; ++n)
        for (Shape shape : {Shape{3, n}, Shape{n, 3}, Shape{n, 40}, Shape{5, n, 2}})
            for (std::uint32_t mask : {1u, 2u}) {
                const auto in = random_values<T>(count(shape), unsigned(n));
                const auto want = naive_reduce(Reduction::sum, in, shape, mask);
                std::vector<T> out(want.size());
                reduce(Reduction::sum, in.data(), out.data(), shape, mask);
                check_near(out, want, 10 * tight<T>, "sum");
            }
}

BOOST_AUTO_TEST_CASE(integers_reduce_exactly)
{
    const std::int64_t big = std::int64_t(1) << 60;
    std::vector<std::int64_t> in{big, 1, -3, 7, 2, -big};
    std::int64_t out[3];
    reduce(Reduction::sum, in.data(), out, Shape{2, 3}, 2);
    BOOST_TEST((out[0] == big - 2 && out[1] == 9 - big));
    reduce(Reduction::max, in.data(), out, Shape{2, 3}, 1);
    BOOST_TEST((out[0] == big && out[1] == 2 && out[2] == -3));
    reduce(Reduction::min, in.data(), out, Shape{2, 3}, 3);
    BOOST_TEST(out[0] == -big);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(empty_reductions_give_0_or_nan, T, Floats)
{
    std::vector<T> out(3, T(5));
    reduce<T>(Reduction::sum, nullptr, out.data(), Shape{0, 3}, 1);
    BOOST_TEST((out == std::vector<T>{0, 0, 0}));
    reduce<T>(Reduction::mean, nullptr, out.data(), Shape{3, 0}, 2);
    BOOST_TEST((std::isnan(out[0]) && std::isnan(out[2])));
    reduce<T>(Reduction::sum, nullptr, nullptr, Shape{0, 3}, 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nan_anywhere_reaches_sum_max_and_min, T, Floats)
{
    for (std::int64_t n : {1, 2, 5, 63, 64, 65, 130, 1000})
        for (std::int64_t at : {std::int64_t(0), n / 2, n - 1})
            for (auto kind : {Reduction::sum, Reduction::mean, Reduction::max, Reduction::min})
                for (Shape shape : {Shape{n, 1, 1}, Shape{n, 2, 1}, Shape{n, 70, 1}}) {
                    std::vector<T> in(count(shape), T(1)), out(shape[1]);
                    in[at * shape[1]] = nan_of<T>;
                    reduce(kind, in.data(), out.data(), shape, 1);
                    BOOST_TEST(std::isnan(out[0]), n << " " << at);
                    if (shape[1] > 1) BOOST_TEST(!std::isnan(out[1]));
                }
}

BOOST_AUTO_TEST_CASE(a_million_floats_sum_to_within_a_millionth)
{
    const auto in = random_values<float>(1000000, 7, 0, 1);
    const double want = std::accumulate(in.begin(), in.end(), 0.0);
    for (Shape shape : {Shape{1000000, 1}, Shape{1000000 / 4, 4}, Shape{10000, 100}, Shape{1, 1000000}})
        for (auto mask : {1u, 2u, 3u}) {
            if (shape[mask == 1 ? 0 : 1] == 1) continue;
            std::vector<float> out(mask == 3 ? 1 : shape[mask == 1 ? 1 : 0]);
            reduce(Reduction::sum, in.data(), out.data(), shape, mask);
            const double got = std::accumulate(out.begin(), out.end(), 0.0);
            BOOST_TEST(std::fabs(got / want - 1) < 2e-7);
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bits_of_a_reduction_do_not_depend_on_alignment, T, Floats)
{
    const auto in = random_values<T>(40000);
    for (auto shape : {Shape{1, 777}, Shape{777, 9}, Shape{37, 130}})
        for (auto mask : {1u, 2u}) {
            std::vector<T> buffer(in.size() + 64), first(800), out(800);
            for (int shift = 0; shift < 17; ++shift) {
                std::copy(in.begin(), in.end(), buffer.begin() + shift);
                reduce(Reduction::sum, buffer.data() + shift, (shift ? out : first).data(), shape, mask);
                BOOST_TEST((shift == 0 || out == first));
            }
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sum_to_reverses_broadcasting, T, Floats)
{
    const std::vector<std::pair<Shape, Shape>> cases{{{2, 3, 4}, {4}},
                                                     {{2, 3, 4}, {3, 1}},
                                                     {{2, 3, 4}, {2, 1, 4}},
                                                     {{2, 3, 4}, {}},
                                                     {{2, 3, 4}, {1, 1, 1}},
                                                     {{2, 3, 4}, {2, 3, 4}},
                                                     {{5}, {1}},
                                                     {{}, {}},
                                                     {{0, 3}, {3}},
                                                     {{0, 3}, {1, 3}},
                                                     {{1, 3}, {1, 3}}};
    for (const auto& [from, to] : cases) {
        const auto in = random_values<T>(count(from));
        std::uint32_t mask = 0;
        for (std::size_t i = 0; i < from.size(); ++i)
            if (const auto lead = from.size() - to.size(); i < lead || to[i - lead] != from[i])
                mask |= 1u << i;
        std::vector<T> out(count(to), T(9));
        sum_to(in.data(), from, out.data(), to);
        check_near(out, naive_reduce(Reduction::sum, in, from, mask), tight<T>, "sum_to");
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(argmax_takes_the_first_and_a_nan_counts_as_the_largest, T, Floats)
{
    auto run = [](std::vector<T> in, bool smallest = false) {
        std::int64_t out = -1;
        (smallest ? argmin<T> : argmax<T>)(in.data(), &out, 1, std::int64_t(in.size()), 1);
        // The same numbers as a column of a matrix, beside a constant one.
        std::vector<T> pairs;
        for (T x : in) pairs.insert(pairs.end(), {x, T(0)});
        std::int64_t both[2];
        (smallest ? argmin<T> : argmax<T>)(pairs.data(), both, 1, std::int64_t(in.size()), 2);
        BOOST_TEST((both[0] == out && both[1] == 0));
        return out;
    };
    BOOST_TEST(run({1, 3, 3, 2}) == 1);
    BOOST_TEST(run({1, 3, 0, 0}, true) == 2);
    BOOST_TEST(run({5}) == 0);
    BOOST_TEST(run({1, nan_of<T>, inf<T>, nan_of<T>}) == 1);
    BOOST_TEST(run({1, nan_of<T>, -inf<T>, nan_of<T>}, true) == 1);
    BOOST_TEST(run({-inf<T>, -inf<T>}) == 0);
    for (std::int64_t n = 1; n < 150; ++n) {
        const auto x = random_values<T>(n, unsigned(n));
        BOOST_TEST(run(x) == std::max_element(x.begin(), x.end()) - x.begin());
        BOOST_TEST(run(x, true) == std::min_element(x.begin(), x.end()) - x.begin());
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(gradient_of_max_goes_to_the_ties_evenly_or_to_the_first, T, Floats)
{
    const std::vector<T> x{1, 3, 3, 2, 5, 4, 4, 5, 5}, y{3, 5, 5}, g{1, 6, 9};
    std::vector<T> dx(9);
    extreme_vjp(g.data(), x.data(), y.data(), dx.data(), 3, 3, 1, true);
    BOOST_TEST((dx == std::vector<T>{0, T(0.5), T(0.5), 0, 6, 0, 0, T(4.5), T(4.5)}));
    extreme_vjp(g.data(), x.data(), y.data(), dx.data(), 3, 3, 1, false);
    BOOST_TEST((dx == std::vector<T>{0, 1, 0, 0, 6, 0, 0, 9, 0}));
    const std::vector<T> top{4, 5, 5};
    extreme_vjp(g.data(), x.data(), top.data(), dx.data(), 1, 3, 3, true);
    BOOST_TEST((dx == std::vector<T>{0, 0, 0, 0, 3, 0, 1, 3, 9}));
    extreme_vjp(g.data(), x.data(), top.data(), dx.data(), 1, 3, 3, false);
    BOOST_TEST((dx == std::vector<T>{0, 0, 0, 0, 6, 0, 1, 0, 9}));
    const T n = nan_of<T>, with_nan[3]{1, n, 2};
    for (bool share : {true, false}) {
        extreme_vjp(g.data(), with_nan, &n, dx.data(), 1, 3, 1, share);
        BOOST_TEST((dx[0] == 0 && dx[1] == 1 && dx[2] == 0));
    }
}

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

namespace {

/// Calls f(flat index, multi-index) for every element of a shape.
template <class F>
void each_index(const Shape& shape, F f)
{
    Shape index(shape.size(), 0);
    for (std::int64_t at = 0; at < count(shape); ++at) {
        std::int64_t rest = at;
        for (std::size_t i = shape.size(); i-- > 0; rest /= shape[i]) index[i] = rest % shape[i];
        f(at, index);
    }
}

std::int64_t flat(const Shape& shape, const Shape& index)
{
    std::int64_t at = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) at = at * shape[i] + index[i];
    return at;
}

template <class E>
std::vector<E> numbered(std::int64_t n)
{
    std::vector<E> v(n);
    for (std::int64_t i = 0; i < n; ++i) v[i] = E(i * 2654435761 >> 3);
    return v;
}

}  // namespace

using Elements = std::tuple<std::uint8_t, std::uint32_t, std::uint64_t>;

BOOST_AUTO_TEST_CASE_TEMPLATE(permute_agrees_with_the_definition_for_every_order, E, Elements)
{
    for (Shape shape :
         {Shape{}, Shape{5}, Shape{0, 3}, Shape{3, 5}, Shape{40, 67}, Shape{129, 33}, Shape{2, 3, 4},
          Shape{17, 2, 19}, Shape{1, 5, 1}, Shape{2, 3, 4, 5}, Shape{18, 1, 3, 20}, Shape{2, 2, 3, 2, 3}}) {
        const auto in = numbered<E>(count(shape));
        Shape perm(shape.size());
        std::iota(perm.begin(), perm.end(), 0);
        do {
            Shape to;
            for (auto p : perm) to.push_back(shape[p]);
            std::vector<E> out(in.size()), want(in.size());
            each_index(to, [&](std::int64_t at, const Shape& index) {
                Shape from(shape.size());
                for (std::size_t i = 0; i < perm.size(); ++i) from[perm[i]] = index[i];
                want[at] = in[flat(shape, from)];
            });
            permute(in.data(), out.data(), sizeof(E), shape, perm);
            BOOST_TEST((out == want));
        } while (std::next_permutation(perm.begin(), perm.end()));
    }
}

namespace {

struct Cut {
    Shape in, start, step, out;
};
const std::vector<Cut> cuts{{{}, {}, {}, {}},
                            {{10}, {2}, {1}, {5}},
                            {{10}, {9}, {-1}, {10}},
                            {{10}, {8}, {-3}, {3}},
                            {{10}, {3}, {2}, {0}},
                            {{4, 6}, {1, 2}, {1, 1}, {2, 3}},
                            {{4, 6}, {0, 0}, {2, 1}, {2, 6}},
                            {{4, 6}, {3, 5}, {-1, -1}, {4, 6}},
                            {{4, 6}, {0, 3}, {1, 1}, {4, 1}},
                            {{3, 4, 5}, {0, 1, 0}, {1, 2, 1}, {3, 2, 5}},
                            {{3, 40, 50}, {2, 39, 1}, {-2, -3, 2}, {2, 13, 20}},
                            {{0, 4}, {0, 1}, {1, 1}, {0, 2}}};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(slice_agrees_with_the_definition_negative_steps_included, E, Elements)
{
    for (const auto& c : cuts) {
        const auto in = numbered<E>(count(c.in));
        std::vector<E> out(count(c.out)), want(count(c.out));
        each_index(c.out, [&](std::int64_t at, Shape index) {
            for (std::size_t i = 0; i < index.size(); ++i) index[i] = c.start[i] + index[i] * c.step[i];
            want[at] = in[flat(c.in, index)];
        });
        slice(in.data(), out.data(), sizeof(E), c.in, c.start, c.step, c.out);
        BOOST_TEST((out == want));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(unslice_is_the_adjoint_of_slice, T, Floats)
{
    for (const auto& c : cuts) {
        const auto g = random_values<T>(count(c.out));
        std::vector<T> dx(count(c.in), T(9)), back(g.size());
        unslice(g.data(), dx.data(), c.in, c.start, c.step, c.out);
        slice(dx.data(), back.data(), sizeof(T), c.in, c.start, c.step, c.out);
        BOOST_TEST((back == g));
        BOOST_TEST(std::count(dx.begin(), dx.end(), T(0)) == std::int64_t(dx.size() - g.size()));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(split_takes_apart_what_concat_joined, E, Elements)
{
    for (std::int64_t outer : {0, 1, 3})
        for (std::int64_t inner : {0, 1, 5}) {
            const std::vector<std::int64_t> lengths{2, 0, 1, 7};
            std::vector<std::vector<E>> parts;
            std::vector<Piece> pieces;
            for (auto length : lengths) parts.push_back(numbered<E>(outer * length * inner + 1));
            for (std::size_t i = 0; i < parts.size(); ++i) pieces.push_back({parts[i].data(), lengths[i]});
            std::vector<E> joined(outer * 10 * inner + 1);
            concat(pieces, joined.data(), sizeof(E), outer, inner);
            std::int64_t begin = 0;
            for (std::size_t i = 0; i < parts.size(); begin += lengths[i++]) {
                std::vector<E> back(parts[i].size(), parts[i].back());
                split_piece(joined.data(), back.data(), sizeof(E), outer, 10, inner, begin, lengths[i]);
                BOOST_TEST((back == parts[i]));
            }
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(broadcast_to_repeats_along_new_and_unit_axes, E, Elements)
{
    const std::vector<std::pair<Shape, Shape>> cases{{{}, {}},         {{}, {3, 4}},
                                                     {{4}, {3, 4}},    {{3, 1}, {3, 40}},
                                                     {{1, 4}, {3, 4}}, {{2, 1, 3}, {5, 2, 4, 3}},
                                                     {{1}, {0}},       {{1, 3, 1, 2}, {2, 3, 70, 2}},
                                                     {{7}, {7}},       {{2, 3}, {4, 5, 2, 3}}};
    for (const auto& c : cases) {
        const auto &from = c.first, &to = c.second;
        const auto in = numbered<E>(count(from));
        std::vector<E> out(count(to)), want(count(to));
        each_index(to, [&](std::int64_t at, const Shape& index) {
            Shape source(index.end() - std::ptrdiff_t(from.size()), index.end());
            for (std::size_t i = 0; i < from.size(); ++i) source[i] = from[i] == 1 ? 0 : source[i];
            want[at] = in[flat(from, source)];
        });
        broadcast_to(in.data(), out.data(), sizeof(E), from, to);
        BOOST_TEST((out == want));
    }
}

BOOST_AUTO_TEST_CASE(philox_gives_the_published_answers)
{
    using Four = std::array<std::uint32_t, 4>;
    // Random123, kat_vectors, philox4x32 10.
    BOOST_TEST((philox({0, 0, 0, 0}, {0, 0}) == Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    BOOST_TEST(
        (philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    BOOST_TEST((philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
                Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(uniform_values_are_philox_words)
{
    const std::uint64_t key = 0x299f31d0a4093822, stream = 0x0370734413198a2e;
    std::vector<float> x(300);
    uniform(x.data(), 300, key, stream);
    std::vector<double> d(300);
    uniform(d.data(), 300, key, stream);
    for (std::uint32_t i = 0; i < 300; ++i) {
        auto word = [&](std::uint32_t tile, std::uint32_t b, int w) {
            return philox({tile * 32 + b, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0})[w];
        };
        BOOST_TEST(x[i] == float(word(i / 128, i % 32, i % 128 / 32) >> 8) / 16777216.f);
        const int half = i % 64 / 32 * 2;
        const std::uint64_t bits =
            std::uint64_t(word(i / 64, i % 32, half) >> 5) << 26 | word(i / 64, i % 32, half + 1) >> 6;
        BOOST_TEST(d[i] == double(bits) / 9007199254740992.);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(random_elements_depend_on_their_index_alone, T, Floats)
{
    const std::int64_t n = 1000;
    auto check = [&](auto fill) {
        std::vector<T> whole(n), parts(n);
        fill(whole.data(), n, std::int64_t(0));
        std::mt19937 engine(3);
        for (std::int64_t at = 0; at < n;) {
            const auto take = std::min<std::int64_t>(n - at, engine() % 150);
            fill(parts.data() + at, take, at);
            at += take;
        }
        BOOST_TEST(same_bits(whole.data(), parts.data(), n));
    };
    check([](T* out, std::int64_t k, std::int64_t first) { uniform(out, k, 1, 2, first); });
    check([](T* out, std::int64_t k, std::int64_t first) { normal(out, k, 1, 2, first); });
    check([](T* out, std::int64_t k, std::int64_t first) { dropout_mask(out, k, 0.3, 1, 2, first); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(random_values_have_the_moments_of_their_distribution, T, Floats)
{
    const std::int64_t n = 1 << 20;
    std::vector<T> x(n);
    auto moment = [&](int p, double centre) {
        double s = 0;
        for (T v : x) s += std::pow(double(v) - centre, p);
        return s / double(n);
    };
    uniform(x.data(), n, 42, 7);
    BOOST_TEST((*std::min_element(x.begin(), x.end()) >= 0 && *std::max_element(x.begin(), x.end()) < 1));
    BOOST_TEST(std::fabs(moment(1, 0) - 0.5) < 2e-3);
    BOOST_TEST(std::fabs(moment(2, 0.5) - 1. / 12) < 1e-3);
    double neighbours = 0;
    for (std::int64_t i = 0; i + 1 < n; ++i) neighbours += (double(x[i]) - 0.5) * (double(x[i + 1]) - 0.5);
    BOOST_TEST(std::fabs(neighbours / double(n) * 12) < 5e-3);
    normal(x.data(), n, 42, 8);
    BOOST_TEST(std::all_of(x.begin(), x.end(), [](T v) { return std::isfinite(v); }));
    BOOST_TEST(std::fabs(moment(1, 0)) < 5e-3);
    BOOST_TEST(std::fabs(moment(2, 0) - 1) < 7e-3);
    BOOST_TEST(std::fabs(moment(3, 0)) < 2e-2);
    BOOST_TEST(std::fabs(moment(4, 0) - 3) < 5e-2);
    BOOST_TEST(std::fabs(double(std::count_if(x.begin(), x.end(), [](T v) { return v > 2; })) / double(n) -
                         0.02275) < 1e-3);
    dropout_mask(x.data(), n, 0.8, 42, 9);
    BOOST_TEST(std::fabs(double(std::count(x.begin(), x.end(), T(1.25))) / double(n) - 0.8) < 2e-3);
    BOOST_TEST(std::count(x.begin(), x.end(), T(1.25)) + std::count(x.begin(), x.end(), T(0)) == n);
    dropout_mask(x.data(), n, 1, 42, 9);
    BOOST_TEST(std::count(x.begin(), x.end(), T(1)) == n);
    dropout_mask(x.data(), n, 0, 42, 9);
    BOOST_TEST(std::count(x.begin(), x.end(), T(0)) == n);
}

BOOST_AUTO_TEST_CASE(keys_and_streams_give_unrelated_numbers)
{
    std::vector<float> a(1000), b(1000);
    for (auto [key, stream] :
         {std::pair<std::uint64_t, std::uint64_t>{2, 1}, {1, 2}, {1, std::uint64_t(1) << 32}}) {
        uniform(a.data(), 1000, 1, 1);
        uniform(b.data(), 1000, key, stream);
        int equal = 0;
        for (int i = 0; i < 1000; ++i) equal += a[i] == b[i];
        BOOST_TEST(equal < 3);
    }
}

BOOST_AUTO_TEST_CASE(randint_covers_its_range_evenly)
{
    std::vector<std::int64_t> x(70000), seen(7);
    randint(x.data(), 70000, -3, 4, 5, 6);
    for (auto v : x) ++seen.at(v + 3);
    for (auto s : seen) BOOST_TEST(std::abs(s - 10000) < 500);
    const auto low = std::numeric_limits<std::int64_t>::min(),
               high = std::numeric_limits<std::int64_t>::max();
    randint(x.data(), 1000, low, high, 5, 6);
    BOOST_TEST(std::count_if(x.begin(), x.begin() + 1000, [](auto v) { return v < 0; }) > 400);
    std::vector<std::int64_t> part(50);
    randint(part.data(), 50, low, high, 5, 6, 33);
    BOOST_TEST(std::equal(part.begin(), part.end(), x.begin() + 33));
}

BOOST_AUTO_TEST_CASE(permutation_is_one_and_all_are_equally_likely)
{
    for (std::int64_t n : {0, 1, 2, 63, 64, 65, 1000}) {
        std::vector<std::int64_t> p(n), sorted(n);
        permutation(p.data(), n, 1, 2);
        std::iota(sorted.begin(), sorted.end(), 0);
        BOOST_TEST(std::is_permutation(p.begin(), p.end(), sorted.begin()));
        if (n >= 63) BOOST_TEST((p != sorted));
    }
    int seen[64] = {};
    for (int i = 0; i < 60000; ++i) {
        std::int64_t p[3];
        permutation(p, 3, 1, std::uint64_t(i));
        ++seen[p[0] * 16 + p[1] * 4 + p[2]];
    }
    for (int s : seen) BOOST_TEST((s == 0 || std::abs(s - 10000) < 500));
}
