// What elementwise ops and optimizer updates are meant to compute.
#pragma once

#include <bit>
#include <type_traits>

#include "array.hpp"

namespace reference {

inline Real rounded(const Call& c, double x)
{
    return c.dtype == xgrad::DType::float32 ? static_cast<float>(x) : x;
}

template <class F>
std::vector<Values> each(const Call& c, F f)
{
    Shape shape = c.in[0].shape;
    for (const Values& x : c.in) shape = joined(shape, x.shape);
    Values out = zeros(shape);
    for (std::int64_t i = 0; i < count(shape); ++i) {
        const Shape at = unravel(i, shape);
        const auto x = [&](std::size_t k) { return c.in[k].v[place(at, c.in[k].shape)]; };
        Real& o = out.v[static_cast<std::size_t>(i)];
        if constexpr (std::is_invocable_v<F, Real>)
            o = f(x(0));
        else if constexpr (std::is_invocable_v<F, Real, Real>)
            o = f(x(0), x(1));
        else
            o = f(x(0), x(1), x(2));
    }
    return {out};
}

/// The row of an op that is `f` of its operands, element by element.
template <class F>
constexpr Function elementwise(F)
{
    static_assert(std::is_empty_v<F>, "made anew where it is called: a lambda without captures");
    return [](const Call& c) { return each(c, F{}); };
}

inline Real softplus(Real x)
{
    return std::isnan(x) ? nan : std::max(x, Real(0)) + std::log1p(std::exp(-std::fabs(x)));
}
inline Real sigmoid(Real x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

inline std::vector<Values> adam(const Call& c)
{
    Values p = c.in[0], m = c.in[2], v = c.in[3];
    const Real b1 = c.a, b2 = c.b, rate = c.in[4].v[0], step = c.in[5].v[0],
               epsilon = std::bit_cast<double>(c.list[0]);
    for (std::size_t i = 0; i < p.v.size(); ++i) {
        const Real g = c.in[1].v[i];
        m.v[i] = b1 * m.v[i] + (1 - b1) * g;
        v.v[i] = b2 * v.v[i] + (1 - b2) * g * g;
        p.v[i] -= rate * (m.v[i] / (1 - std::pow(b1, step))) /
                  (std::sqrt(v.v[i] / (1 - std::pow(b2, step))) + epsilon);
    }
    return {p, m, v};
}
inline std::vector<Values> momentum(const Call& c)
{
    Values p = c.in[0], m = c.in[2];
    for (std::size_t i = 0; i < p.v.size(); ++i) {
        m.v[i] = Real(c.a) * m.v[i] + c.in[1].v[i];
        p.v[i] -= c.in[3].v[0] * (c.b != 0 ? c.in[1].v[i] + Real(c.a) * m.v[i] : m.v[i]);
    }
    return {p, m};
}

inline std::vector<Values> cast(const Call& c)
{
    const auto to = static_cast<xgrad::DType>(static_cast<int>(c.a));
    return each(c, [to](Real x) {
        switch (to) {
        case xgrad::DType::int64: return std::trunc(x);
        case xgrad::DType::boolean: return Real(x != 0);
        case xgrad::DType::float32: return Real(static_cast<float>(x));
        case xgrad::DType::float64: break;
        }
        return x;
    });
}

inline const Rows elementwise_rows = {
    {"add", elementwise([](Real x, Real y) { return x + y; })},
    {"sub", elementwise([](Real x, Real y) { return x - y; })},
    {"mul", elementwise([](Real x, Real y) { return x * y; })},
    {"div", elementwise([](Real x, Real y) { return x / y; })},
    {"pow", elementwise([](Real x, Real y) { return std::pow(x, y); })},
    {"maximum", elementwise([](Real x, Real y) { return larger(x, y); })},
    {"minimum", elementwise([](Real x, Real y) { return smaller(x, y); })},
    {"neg", elementwise([](Real x) { return -x; })},
    {"affine",
     [](const Call& c) { return each(c, [&](Real x) { return rounded(c, c.a) * x + rounded(c, c.b); }); }},
    {"clamp",
     [](const Call& c) {
         return each(c, [&](Real x) { return smaller(larger(x, rounded(c, c.a)), rounded(c, c.b)); });
     }},
    {"identity", elementwise([](Real x) { return x; })},
    {"detach", elementwise([](Real x) { return x; })},
    {"cast", cast},
    {"exp", elementwise([](Real x) { return std::exp(x); })},
    {"log", elementwise([](Real x) { return std::log(x); })},
    {"log1p", elementwise([](Real x) { return std::log1p(x); })},
    {"expm1", elementwise([](Real x) { return std::expm1(x); })},
    {"sqrt", elementwise([](Real x) { return std::sqrt(x); })},
    {"square", elementwise([](Real x) { return x * x; })},
    {"abs", elementwise([](Real x) { return std::fabs(x); })},
    {"sign", elementwise([](Real x) { return std::isnan(x) ? nan : (x > 0) - (x < 0); })},
    {"sin", elementwise([](Real x) { return std::sin(x); })},
    {"cos", elementwise([](Real x) { return std::cos(x); })},
    {"tanh", elementwise([](Real x) { return std::tanh(x); })},
    {"sigmoid", elementwise([](Real x) { return sigmoid(x); })},
    {"softplus", elementwise([](Real x) { return softplus(x); })},
    {"relu", elementwise([](Real x) { return larger(x, 0); })},
    {"logistic_loss", elementwise([](Real y, Real t) { return softplus(-(t * y)); })},
    {"hinge_loss", elementwise([](Real y, Real t) { return larger(1 - t * y, 0); })},
    {"binary_cross_entropy_with_logits", elementwise([](Real z, Real t) {
         return (z > 0 ? z * (1 - t) : -z * t) + std::log1p(std::exp(-std::fabs(z)));
     })},
    {"binary_cross_entropy", elementwise([](Real p, Real t) {
         return -(t * larger(std::log(p), -100) + (1 - t) * larger(std::log(1 - p), -100));
     })},
    {"equal", elementwise([](Real x, Real y) { return x == y; })},
    {"not_equal", elementwise([](Real x, Real y) { return x != y; })},
    {"less", elementwise([](Real x, Real y) { return x < y; })},
    {"less_equal", elementwise([](Real x, Real y) { return x <= y; })},
    {"greater", elementwise([](Real x, Real y) { return x > y; })},
    {"greater_equal", elementwise([](Real x, Real y) { return x >= y; })},
    {"logical_and", elementwise([](Real x, Real y) { return x != 0 && y != 0; })},
    {"logical_or", elementwise([](Real x, Real y) { return x != 0 || y != 0; })},
    {"logical_xor", elementwise([](Real x, Real y) { return (x != 0) != (y != 0); })},
    {"logical_not", elementwise([](Real x) { return x == 0; })},
    {"where", elementwise([](Real m, Real x, Real y) { return m != 0 ? x : y; })},
    {"sgd_update", elementwise([](Real p, Real g, Real rate) { return p - rate * g; })},
    {"sgd_momentum_update", momentum},
    {"adam_update", adam},
};

}  // namespace reference
