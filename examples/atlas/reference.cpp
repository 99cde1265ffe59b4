// Formulas for Boost.Multiprecision's numbers of 50 digits.
#include "reference.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>
#include <map>

namespace atlas {
namespace {

namespace mp = boost::multiprecision;
using Real = mp::number<mp::cpp_bin_float<50>, mp::et_off>;
// x mod 2 pi of x = 1e308 takes 308 digits more.
using Wide = mp::number<mp::cpp_bin_float<400>, mp::et_off>;

Real exponential(const Real& t) { return t < -1000000 ? Real(0) : Real(exp(t)); }
Real hyperbolic_tangent(const Real& t)
{
    if (t > 1000) return 1;
    if (t < -1000) return -1;
    if (abs(t) < 1e-10) return t * (1 - t * t / 3);  // to 1e-41
    const Real up = exponential(t), down = exponential(-t);
    return (up - down) / (up + down);
}
Real logistic(const Real& t)
{
    return t < 0 ? Real(exponential(t) / (1 + exponential(t))) : Real(1 / (1 + exponential(-t)));
}
// e^t - 1 without loss near 0.
Real exponential_minus_1(const Real& t)
{
    if (abs(t) > 1e-8) return exponential(t) - 1;
    return t * (1 + t / 2 * (1 + t / 3 * (1 + t / 4 * (1 + t / 5))));
}
// ln(1 + e^t)
Real log_of_1_plus_exp(const Real& t)
{
    const Real small = exponential(-abs(t)), above = t > 0 ? t : Real(0);
    if (small > 1e-8) return above + log(1 + small);
    return above + small * (1 - small * (Real(1) / 2 - small * (Real(1) / 3 - small * (Real(1) / 4))));
}
const Real& pi()
{
    static const Real value = 4 * atan(Real(1));
    return value;
}
// The normal distribution: its series near 0, a continued fraction in the tails (Abramowitz & Stegun 7.1.5, 7.1.14).
Real normal_distribution(const Real& x)
{
    const Real z = abs(x) / sqrt(Real(2)), q = z * z;
    Real tail;  // erfc(z) / 2
    if (z < 4) {
        mp::number<mp::cpp_bin_float<80>, mp::et_off> term(z), sum(z), square(q);  // loses 14 digits
        for (int n = 1; n < 200; ++n) {
            term *= -square / n;
            sum += term / (2 * n + 1);
        }
        tail = (1 - 2 * Real(sum) / sqrt(pi())) / 2;
    } else {
        Real fraction = z;
        for (int k = 400; k >= 1; --k) fraction = z + Real(k) / 2 / fraction;
        tail = exponential(-q) / (2 * sqrt(pi()) * fraction);
    }
    return x < 0 ? tail : Real(1 - tail);
}
Real normal_density(const Real& x) { return exponential(-x * x / 2) / sqrt(2 * pi()); }

// sin and cos of any double.
struct Circle {
    Real sin, cos;
};
Circle circle(double x)
{
    if (std::abs(x) < 100) return {mp::sin(Real(x)), mp::cos(Real(x))};
    static const Wide turn = 8 * atan(Wide(1));
    const Wide turns = floor(Wide(x) / turn);
    const Real rest(Wide(x) - turns * turn);
    return {mp::sin(rest), mp::cos(rest)};
}

struct Pair {
    Real f, slope;
};
using Formula = Pair (*)(double);

Pair straight(double x, double low, double high, double factor, double shift)  // the slope at the bounds is 0
{
    const Real y = Real(x) * factor + shift;
    const Real below = Real(low), above = Real(high);
    return y <= below ? Pair{below, 0} : y >= above ? Pair{above, 0} : Pair{y, factor};
}
Pair two_slopes(double x, double slope) { return x > 0 ? Pair{x, 1} : Pair{Real(x) * slope, slope}; }
// factor (e^x - 1) below 0, `above` x from there on.
Pair exponential_unit(double x, const Real& above, const Real& factor)
{
    if (x > 0) return {above * x, above};
    return {factor * exponential_minus_1(x), factor * exponential(x)};
}
Pair times_sigmoid(double x)
{
    const Real s = logistic(x);
    return {x * s, s + x * s * logistic(-Real(x))};
}
// x tanh(u): u and its derivative
Pair times_tanh(double x, const Real& u, const Real& du)
{
    const Real t = hyperbolic_tangent(u), e = exponential(-2 * abs(u)),
               one_minus_square = 4 * e / ((1 + e) * (1 + e));
    return {x * t, t + x * one_minus_square * du};
}
const Real& selu_scale()  // Klambauer et al. 2017, equation 14
{
    static const Real value("1.05070098735548049341933498529460");
    return value;
}
const Real& selu_alpha()
{
    static const Real value("1.67326324235437728481704296436989");
    return value;
}

const std::map<std::string, Formula>& formulas()
{
    static const std::map<std::string, Formula> all = {
        {"identity",
         [](double x) {
             return Pair{x, 1};
         }},
        {"affine",
         [](double x) {
             return Pair{Real(x) / 2 + 1, Real(1) / 2};
         }},
        {"step",
         [](double x) {
             return Pair{x >= 0 ? 1 : 0, 0};
         }},
        {"ramp", [](double x) { return straight(x, 0, 1, 1, 0); }},
        {"hardsigmoid",
         [](double x) {
             Pair p = straight(x, 0, 6, 1, 3);
             return Pair{p.f / 6, p.slope / 6};
         }},
        {"hardtanh", [](double x) { return straight(x, -1, 1, 1, 0); }},
        {"relu6", [](double x) { return straight(x, 0, 6, 1, 0); }},
        {"sigmoid",
         [](double x) {
             return Pair{logistic(x), logistic(x) * logistic(-Real(x))};
         }},
        {"tanh",
         [](double x) {
             const Real e = exponential(-2 * abs(Real(x)));
             return Pair{hyperbolic_tangent(x), 4 * e / ((1 + e) * (1 + e))};
         }},
        {"atan",
         [](double x) {
             return Pair{atan(Real(x)), 1 / (1 + Real(x) * x)};
         }},
        {"softsign",
         [](double x) {
             const Real d = 1 + abs(Real(x));
             return Pair{x / d, 1 / (d * d)};
         }},
        {"isru",
         [](double x) {
             const Real root = sqrt(1 + Real(x) * x);
             return Pair{x / root, 1 / (root * root * root)};
         }},
        {"sqnl",
         [](double x) {
             const Real t = abs(Real(x));
             if (t >= 2) return Pair{x < 0 ? -1 : 1, 0};
             return Pair{x - x * t / 4, 1 - t / 2};
         }},
        {"cosine_squasher",
         [](double x) {
             if (abs(Real(x)) >= pi() / 2) return Pair{x < 0 ? 0 : 1, 0};
             return Pair{(1 + sin(Real(x))) / 2, cos(Real(x)) / 2};
         }},
        {"relu", [](double x) { return two_slopes(x, 0); }},
        {"leaky_relu", [](double x) { return two_slopes(x, 0.01); }},
        {"prelu", [](double x) { return two_slopes(x, 0.25); }},
        {"elu", [](double x) { return exponential_unit(x, 1, 1); }},
        {"celu", [](double x) { return exponential_unit(x, 1, 1); }},
        {"selu", [](double x) { return exponential_unit(x, selu_scale(), selu_scale() * selu_alpha()); }},
        {"isrlu",
         [](double x) {
             if (x >= 0) return Pair{x, 1};
             const Real root = sqrt(1 + Real(x) * x);
             return Pair{x / root, 1 / (root * root * root)};
         }},
        {"softplus",
         [](double x) {
             return Pair{log_of_1_plus_exp(x), logistic(x)};
         }},
        {"silu", [](double x) { return times_sigmoid(x); }},
        {"gelu",
         [](double x) {
             const Real p = normal_distribution(x);
             return Pair{x * p, p + x * normal_density(x)};
         }},
        {"gelu_tanh",
         [](double x) {  // (1 + tanh u) / 2 = 1 / (1 + e^-2u)
             const Real c = 2 * sqrt(2 / pi()), k("0.044715"), v = c * (x + k * x * x * x);
             const Real s = logistic(v);
             return Pair{x * s, s + x * s * logistic(-v) * c * (1 + 3 * k * x * x)};
         }},
        {"mish", [](double x) { return times_tanh(x, log_of_1_plus_exp(x), logistic(x)); }},
        {"hardswish",
         [](double x) {
             const Real u = x;
             if (x < -3) return Pair{0, 0};
             if (x > 3) return Pair{u, 1};
             return Pair{u * (u + 3) / 6, (2 * u + 3) / 6};
         }},
        {"elish",
         [](double x) {
             if (x >= 0) return times_sigmoid(x);
             const Real s = logistic(x), h = exponential_minus_1(x);
             return Pair{h * s, (h + 1) * s + h * s * logistic(-Real(x))};
         }},
        {"bent_identity",
         [](double x) {
             const Real root = sqrt(Real(x) * x + 1);
             return Pair{Real(x) * x / (root + 1) / 2 + x, x / (2 * root) + 1};
         }},
        {"gaussian",
         [](double x) {
             const Real y = exponential(-Real(x) * x);
             return Pair{y, -2 * x * y};
         }},
        {"sin",
         [](double x) {
             const Circle c = circle(x);
             return Pair{c.sin, c.cos};
         }},
        {"sinc",
         [](double x) {
             const Real q = Real(x) * x;
             if (q < 1e-16)  // to 1e-48
                 return Pair{1 - q / 6 * (1 - q / 20 * (1 - q / 42)),
                             -x / Real(3) * (1 - q / 10 * (1 - q / 28))};
             const Circle c = circle(x);
             return Pair{c.sin / x, (c.cos - c.sin / x) / x};
         }},
        {"square",
         [](double x) {
             return Pair{Real(x) * x, 2 * Real(x)};
         }},
    };
    return all;
}

double rounded(const Real& x)
{
    constexpr double most = std::numeric_limits<double>::max();
    if (abs(x) > most)
        return x < 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    return static_cast<double>(x);
}

}  // namespace

std::array<std::vector<double>, 2> reference(const std::string& name, const std::vector<double>& x)
{
    const Formula formula = formulas().at(name);
    std::array<std::vector<double>, 2> result;
    for (const double at : x) {
        const Pair p = formula(at);
        result[0].push_back(rounded(p.f));
        result[1].push_back(rounded(p.slope));
    }
    return result;
}

std::vector<double> reference_of_vector(const std::string& name, const std::vector<double>& x)
{
    std::vector<double> result;
    if (name == "glu") {
        const std::size_t half = x.size() / 2;
        for (std::size_t k = 0; k < half; ++k) result.push_back(rounded(x[k] * logistic(x[half + k])));
        return result;
    }
    const double largest = *std::max_element(x.begin(), x.end());
    Real sum = 0;
    for (const double at : x) sum += exponential(Real(at) - largest);
    for (const double at : x) {
        const Real shifted = Real(at) - largest;
        result.push_back(
            rounded(name == "softmax" ? Real(exponential(shifted) / sum) : Real(shifted - log(sum))));
    }
    return result;
}

}  // namespace atlas
