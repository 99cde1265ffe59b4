// What the tests of the kernels share: numbers to try, and comparison with a long double result.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <tuple>
#include <vector>

using Real = long double;
using Shape = std::vector<std::int64_t>;
using Floats = std::tuple<float, double>;

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
