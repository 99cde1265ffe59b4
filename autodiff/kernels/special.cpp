// Special functions, by Boost.Math and libm.
#include "autodiff/kernels/special.hpp"

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>

namespace xgrad::kernels {
namespace {

// Values instead of exceptions.
using Quiet = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::pole_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<true>>;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Left of 0 both functions have a root between any two poles, where terms that are much larger cancel: near it they are computed
// in 50 digits, so that what is left of them has 16.
using Long = boost::multiprecision::cpp_bin_float_50;
constexpr double near_root = 0.02;

}  // namespace

double lgamma(double x)
{
    int sign;
    const double y = ::lgamma_r(x, &sign);
    if (x < 0 && std::abs(y) < near_root) return static_cast<double>(boost::math::lgamma(Long(x)));
    return y;
}

double polygamma(int n, double x)
{
    if (std::isnan(x) || x == -inf) return nan;
    if (x == inf) return n == 0 ? inf : n % 2 ? 0.0 : -0.0;
    if (x == 0 && n == 0) return std::copysign(inf, -x);
    if (x <= 0 && x == std::trunc(x)) return n == 0 ? nan : n % 2 ? inf : -inf;
    if (n > 0) return boost::math::polygamma(n, x, Quiet());
    const double y = boost::math::digamma(x, Quiet());
    return x < 0 && std::abs(y) < near_root ? static_cast<double>(boost::math::digamma(Long(x))) : y;
}

}  // namespace xgrad::kernels
