// Special functions, by Boost.Math and libm.
#include "autodiff/kernels/special.hpp"

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
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

}  // namespace

double lgamma(double x)
{
    int sign;
    return ::lgamma_r(x, &sign);
}

double polygamma(int n, double x)
{
    if (std::isnan(x) || x == -inf) return nan;
    if (x == inf) return n == 0 ? inf : n % 2 ? 0.0 : -0.0;
    if (x == 0 && n == 0) return std::copysign(inf, -x);
    if (x <= 0 && x == std::trunc(x)) return n == 0 ? nan : n % 2 ? inf : -inf;
    return n == 0 ? boost::math::digamma(x, Quiet()) : boost::math::polygamma(n, x, Quiet());
}

}  // namespace xgrad::kernels
