// The vector functions against long double: within 4 ulp, special values exactly.

#define BOOST_TEST_MODULE kernels_vector_math
#include <boost/test/unit_test.hpp>

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/exp_tile.hpp"
#include "autodiff/kernels/special.hpp"
#include "autodiff/kernels/vector_math.hpp"
#include "kernels_support.hpp"

using namespace xgrad::kernels;

namespace {

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

// The loops that the dispatch can choose: each instruction set has vector functions of its own in libmvec.
#define XGRAD_LOOP(NAME, TARGET)                                                 \
    template <class T, class F>                                                  \
    TARGET [[gnu::flatten]] void NAME(const T* x, T* y, std::int64_t n, F f)     \
    {                                                                            \
        n = n / 16 * 16;                                                         \
        _Pragma("omp simd") for (std::int64_t i = 0; i < n; ++i) y[i] = f(x[i]); \
    }
XGRAD_LOOP(apply_baseline, )
XGRAD_LOOP(apply_v3, XGRAD_TARGET_V3)
XGRAD_LOOP(apply_v4, XGRAD_TARGET_V4)

template <class T, class F>
void apply(int level, const T* x, T* y, std::int64_t n, F f)
{
    if (level == 0) apply_baseline(x, y, n, f);
    if (level == 1) apply_v3(x, y, n, f);
    if (level == 2) apply_v4(x, y, n, f);
}
int levels() { return has_v4() ? 3 : has_v3() ? 2 : 1; }

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
    for (int level = 0; level < levels(); ++level) {
        apply(level, x.data(), y.data(), std::int64_t(x.size()), f);
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
        BOOST_TEST_MESSAGE(name << (sizeof(T) == 4 ? " float, level " : " double, level ") << level << ": "
                                << worst << " ulp");
    }
}

}  // namespace

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
    check(
        "tan", [](T x) { return vm::tan(x); }, [](Real x) { return std::tan(x); }, -20, 20);
    check(
        "asin", [](T x) { return vm::asin(x); }, [](Real x) { return std::asin(x); }, -1, 1);
    check(
        "acos", [](T x) { return vm::acos(x); }, [](Real x) { return std::acos(x); }, -1, 1);
    check(
        "atan", [](T x) { return vm::atan(x); }, [](Real x) { return std::atan(x); }, -20, 20);
    check(
        "sinh", [](T x) { return vm::sinh(x); }, [](Real x) { return std::sinh(x); }, -90, 90);
    check(
        "cosh", [](T x) { return vm::cosh(x); }, [](Real x) { return std::cosh(x); }, -90, 90);
    check(
        "asinh", [](T x) { return vm::asinh(x); }, [](Real x) { return std::asinh(x); }, -20, 20);
    check(
        "acosh", [](T x) { return vm::acosh(x); }, [](Real x) { return std::acosh(x); }, 1, 20);
    check(
        "atanh", [](T x) { return vm::atanh(x); }, [](Real x) { return std::atanh(x); }, -1, 1);
    check(
        "erfc", [](T x) { return vm::erfc(x); }, [](Real x) { return std::erfc(x); }, -6, 27);
    check(
        "log2", [](T x) { return vm::log2(x); }, [](Real x) { return std::log2(x); }, 0, 4);
    check(
        "log10", [](T x) { return vm::log10(x); }, [](Real x) { return std::log10(x); }, 0, 4);
    check(
        "exp2", [](T x) { return vm::exp2(x); }, [](Real x) { return std::exp2(x); }, -140, 127);
    check(
        "cbrt", [](T x) { return vm::cbrt(x); }, [](Real x) { return std::cbrt(x); }, -20, 20);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_s_exp_is_within_1_5_ulp_and_0_where_it_would_be_subnormal, T, Floats)
{
    const auto reference = [](Real x) {
        const Real least = exp_least<T>;
        return -std::fabs(x) < least ? Real(0) : std::exp(-std::fabs(x));
    };
    check_function<T>(
        "exp_negative", [](T x) { return exp_negative(-vm::abs(x)); }, reference, sizeof(T) == 4 ? -88 : -710,
        0, 1.5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(vector_pow_is_within_4_ulp_at_the_corners_too, T, Floats)
{
    const std::vector<T> corner{T(0),  T(-0.0), T(1),   T(-1),   T(2),      T(-2),    T(0.5),  T(-0.5), T(3),
                                T(-3), T(-2.5), inf<T>, -inf<T>, nan_of<T>, T(1e-30), T(1e30), T(1e10)};
    for (T exponent : corner) {
        std::vector<T> base = corner, y(32);
        base.resize(32, T(1.7));
        for (int level = 0; level < levels(); ++level) {
            apply(level, base.data(), y.data(), 32, [=](T x) { return vm::pow(x, exponent); });
            for (int i = 0; i < 32; ++i) {
                const Real want = std::pow(Real(base[i]), Real(exponent));
                BOOST_TEST(ulps(y[i], want) <= 4, base[i] << " ^ " << exponent << " is " << y[i]);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(functions_of_two_are_within_4_ulp, T, Floats)
{
    for (const T y :
         {T(0), T(-0.0), T(1), T(-1), T(0.3), T(-2.7), T(1e-20), T(1e20), inf<T>, -inf<T>, nan_of<T>}) {
        check_function<T>(
            "atan2", [=](T x) { return vm::atan2(y, x); }, [=](Real x) { return std::atan2(Real(y), x); },
            -20, 20);
        check_function<T>(
            "hypot", [=](T x) { return vm::hypot(x, y); }, [=](Real x) { return std::hypot(x, Real(y)); },
            -20, 20);
    }
}

// Numbers of float are computed in double.
BOOST_AUTO_TEST_CASE(gamma_functions_are_within_4_ulp)
{
    std::vector<double> at = random_values<double>(2000, 5, -20, 20);
    for (const double x : random_values<double>(4000, 6, -12, 6)) at.push_back(std::exp2(x));
    for (const double x :
         {1., 2., 1.4616321449683623, -0.5, -2.4570247382208, -3.9552942848584234, -5.6671624415568855,
          -0.504083008264455, -1.573498473162391, -1.5735, 1e3, 1e10, 1e300})
        at.push_back(x);
    double worst[4] = {};
    for (const double x : at) {
        if (x <= 0 && x == std::trunc(x)) continue;
        const Real log_gamma =
            x < 0 ? static_cast<Real>(boost::math::lgamma(boost::multiprecision::cpp_bin_float_100(x)))
                  : std::lgamma(Real(x));
        worst[0] = std::max(worst[0], ulps(xgrad::kernels::lgamma(x), log_gamma));
        // Near roots long double has too few digits. (Boost 1.74 is wrong at -1/2, -3/2, ... in the long types alone.)
        using Long = boost::multiprecision::cpp_bin_float_100;
        const Real psi = x < 0 && 2 * x != std::trunc(2 * x)
                             ? static_cast<Real>(boost::math::digamma(Long(x)))
                             : boost::math::digamma(Real(x));
        worst[1] = std::max(worst[1], ulps(polygamma(0, x), psi));
        if (x < -0.1) continue;
        worst[2] = std::max(worst[2], ulps(polygamma(1, x), boost::math::polygamma(1, Real(x))));
        if (x < 1e80)
            worst[3] = std::max(worst[3], ulps(polygamma(2, x), boost::math::polygamma(2, Real(x))));
    }
    for (const double ulp : worst) {
        BOOST_TEST_MESSAGE("gamma functions double: " << ulp << " ulp");
        BOOST_TEST(ulp <= 4);
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
