// What every op is meant to compute, as naive long double loops: the table that the registry is checked against.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

#include "xgrad/autodiff/dtype.hpp"

namespace reference {

using Real = long double;
using Shape = std::vector<std::int64_t>;

/// An array of numbers, row-major.
struct Values {
    Shape shape;
    std::vector<Real> v;
};

/// A node as its reference sees it: operands, attributes, the element type of the first operand and of the result.
struct Call {
    std::vector<Values> in;
    double a = 0, b = 0;
    Shape list;
    xgrad::DType dtype = xgrad::DType::float64;
};

/// One Values for each output.
using Function = std::vector<Values> (*)(const Call&);

inline std::int64_t count(const Shape& shape)
{
    std::int64_t n = 1;
    for (const std::int64_t length : shape) n *= length;
    return n;
}
inline Values zeros(const Shape& shape)
{
    return {shape, std::vector<Real>(static_cast<std::size_t>(count(shape)), 0)};
}

/// The index along each axis of element `flat`.
inline Shape unravel(std::int64_t flat, const Shape& shape)
{
    Shape at(shape.size());
    for (std::size_t k = shape.size(); k-- > 0; flat /= shape[k]) at[k] = flat % shape[k];
    return at;
}
/// The element at an index whose leading axes the array may lack and whose axes of length 1 repeat (NumPy's rule).
inline std::size_t place(const Shape& at, const Shape& shape)
{
    std::int64_t flat = 0;
    for (std::size_t k = 0; k < shape.size(); ++k)
        flat = flat * shape[k] + (shape[k] == 1 ? 0 : at[at.size() - shape.size() + k]);
    return static_cast<std::size_t>(flat);
}
inline Shape joined(const Shape& x, const Shape& y)
{
    Shape out(std::max(x.size(), y.size()), 1);
    for (const Shape* s : {&x, &y})
        for (std::size_t k = 0; k < s->size(); ++k) {
            std::int64_t& length = out[out.size() - s->size() + k];
            if ((*s)[k] != 1) length = (*s)[k];
        }
    return out;
}
inline Real rounded(const Call& c, double x)
{
    return c.dtype == xgrad::DType::float32 ? static_cast<float>(x) : x;
}
inline Real constant(xgrad::DType t, double x)
{
    switch (t) {
    case xgrad::DType::float32: return static_cast<float>(x);
    case xgrad::DType::float64: return x;
    case xgrad::DType::int64: return static_cast<Real>(static_cast<std::int64_t>(x));
    case xgrad::DType::boolean: return x != 0;
    }
    return 0;
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

/// Along the axes: start from `first`, then take in each element; at the end `last`(value, how many).
template <class Take, class Last>
std::vector<Values> fold(const Call& c, Shape axes, bool keep, Real first, Take take, Last last)
{
    const Values& x = c.in[0];
    Shape kept = x.shape, dropped;
    std::int64_t group = 1;
    for (const std::int64_t axis : axes) {
        group *= kept[static_cast<std::size_t>(axis)];
        kept[static_cast<std::size_t>(axis)] = 1;
    }
    for (std::size_t k = 0; k < kept.size(); ++k)
        if (std::ranges::find(axes, static_cast<std::int64_t>(k)) == axes.end()) dropped.push_back(kept[k]);
    Values out = zeros(kept);
    std::ranges::fill(out.v, first);
    for (std::size_t i = 0; i < x.v.size(); ++i) {
        Real& o = out.v[place(unravel(static_cast<std::int64_t>(i), x.shape), kept)];
        o = take(o, x.v[i]);
    }
    for (Real& o : out.v) o = last(o, group);
    if (!keep) out.shape = dropped;
    return {out};
}

constexpr Real inf = std::numeric_limits<Real>::infinity();
constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
inline Real larger(Real x, Real y) { return std::isnan(x) || std::isnan(y) ? nan : std::max(x, y); }
inline Real smaller(Real x, Real y) { return std::isnan(x) || std::isnan(y) ? nan : std::min(x, y); }
inline Real softplus(Real x)
{
    return std::isnan(x) ? nan : std::max(x, Real(0)) + std::log1p(std::exp(-std::fabs(x)));
}
inline Real sigmoid(Real x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

/// Calls f(place of element k of the row) for each row along an axis; the row is `length` long.
template <class F>
void rows(const Shape& shape, std::int64_t axis, F f)
{
    std::int64_t outer = 1, inner = 1;
    for (std::size_t k = 0; k < shape.size(); ++k)
        (static_cast<std::int64_t>(k) < axis ? outer : inner) *=
            static_cast<std::int64_t>(k) == axis ? 1 : shape[k];
    const std::int64_t length = shape[static_cast<std::size_t>(axis)];
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t i = 0; i < inner; ++i)
            f([=](std::int64_t k) { return static_cast<std::size_t>((o * length + k) * inner + i); }, length,
              static_cast<std::size_t>(o * inner + i));
}
template <class At>
Real log_sum_exp(const Values& x, At at, std::int64_t length)
{
    Real most = -inf, sum = 0;
    for (std::int64_t k = 0; k < length; ++k) most = larger(most, x.v[at(k)]);
    if (std::isinf(most)) return most;
    for (std::int64_t k = 0; k < length; ++k) sum += std::exp(x.v[at(k)] - most);
    return most + std::log(sum);
}

inline std::vector<Values> softmax(const Call& c)
{
    Values out = zeros(c.in[0].shape);
    rows(out.shape, static_cast<std::int64_t>(c.a), [&](auto at, std::int64_t length, std::size_t) {
        const Real all = log_sum_exp(c.in[0], at, length);  // infinite: the ratio has no value
        for (std::int64_t k = 0; k < length; ++k)
            out.v[at(k)] = std::isinf(all) ? nan : std::exp(c.in[0].v[at(k)] - all);
    });
    return {out};
}
inline std::vector<Values> log_softmax(const Call& c)
{
    Values out = zeros(c.in[0].shape);
    rows(out.shape, static_cast<std::int64_t>(c.a), [&](auto at, std::int64_t length, std::size_t) {
        const Real all = log_sum_exp(c.in[0], at, length);
        for (std::int64_t k = 0; k < length; ++k)
            out.v[at(k)] = std::isinf(all) ? nan : c.in[0].v[at(k)] - all;
    });
    return {out};
}
inline std::vector<Values> logsumexp(const Call& c)
{
    Values out = fold(
        c, {static_cast<std::int64_t>(c.a)}, c.b != 0, 0, [](Real, Real) { return Real(0); },
        [](Real x, std::int64_t) { return x; })[0];
    rows(c.in[0].shape, static_cast<std::int64_t>(c.a), [&](auto at, std::int64_t length, std::size_t row) {
        out.v[row] = log_sum_exp(c.in[0], at, length);
    });
    return {out};
}
inline std::vector<Values> cross_entropy(const Call& c)
{
    Values out = zeros(c.in[1].shape);
    rows(c.in[0].shape, 1, [&](auto at, std::int64_t length, std::size_t row) {
        const Real all = log_sum_exp(c.in[0], at, length);  // minus log_softmax, infinities included
        out.v[row] = std::isinf(all) ? nan : all - c.in[0].v[at(static_cast<std::int64_t>(c.in[1].v[row]))];
    });
    return {out};
}

inline std::vector<Values> matmul(const Call& c)
{
    const auto matrix = [](Shape s, bool transposed) {
        if (transposed) std::swap(s[s.size() - 1], s[s.size() - 2]);
        return s;
    };
    const Values &x = c.in[0], &y = c.in[1];
    const Shape sx = matrix(x.shape, c.a != 0), sy = matrix(y.shape, c.b != 0);
    const std::int64_t inner = sx.back();
    Shape shape = joined(Shape(sx.begin(), sx.end() - 2), Shape(sy.begin(), sy.end() - 2));
    shape.push_back(sx[sx.size() - 2]);
    shape.push_back(sy.back());
    Values out = zeros(shape);
    for (std::int64_t i = 0; i < count(shape); ++i)
        for (std::int64_t k = 0; k < inner; ++k) {
            Shape left = unravel(i, shape), right = left;
            left.back() = k;
            right[right.size() - 2] = k;
            if (c.a != 0) std::swap(left[left.size() - 1], left[left.size() - 2]);
            if (c.b != 0) std::swap(right[right.size() - 1], right[right.size() - 2]);
            // A matrix axis of length 1 does not repeat, but its only index is 0 then.
            out.v[static_cast<std::size_t>(i)] += x.v[place(left, x.shape)] * y.v[place(right, y.shape)];
        }
    return {out};
}

inline std::vector<Values> arg_most(const Call& c)
{
    Values out = fold(
        c, c.list, false, 0, [](Real, Real) { return Real(0); }, [](Real x, std::int64_t) { return x; })[0];
    rows(c.in[0].shape, c.list[0], [&](auto at, std::int64_t length, std::size_t row) {
        std::int64_t best = 0;
        for (std::int64_t k = 1; k < length; ++k) {
            const Real x = c.in[0].v[at(k)], most = c.in[0].v[at(best)];
            if (!std::isnan(most) && (std::isnan(x) || x > most)) best = k;
        }
        out.v[row] = best;
    });
    return {out};
}

inline std::vector<Values> concat(const Call& c)
{
    const auto axis = static_cast<std::size_t>(c.a);
    Shape shape = c.in[0].shape;
    for (std::size_t k = 1; k < c.in.size(); ++k) shape[axis] += c.in[k].shape[axis];
    Values out = zeros(shape);
    std::int64_t start = 0;
    for (const Values& part : c.in) {
        for (std::int64_t i = 0; i < count(part.shape); ++i) {
            Shape at = unravel(i, part.shape);
            at[axis] += start;
            std::int64_t flat = 0;
            for (std::size_t k = 0; k < shape.size(); ++k) flat = flat * shape[k] + at[k];
            out.v[static_cast<std::size_t>(flat)] = part.v[static_cast<std::size_t>(i)];
        }
        start += part.shape[axis];
    }
    return {out};
}

inline std::vector<Values> slice(const Call& c)
{
    Shape shape;
    for (std::size_t k = 0; k < c.list.size(); k += 3) shape.push_back(c.list[k + 2]);
    Values out = zeros(shape);
    for (std::int64_t i = 0; i < count(shape); ++i) {
        const Shape at = unravel(i, shape);
        std::int64_t flat = 0;
        for (std::size_t k = 0; k < shape.size(); ++k)
            flat = flat * c.in[0].shape[k] + c.list[3 * k] + at[k] * c.list[3 * k + 1];
        out.v[static_cast<std::size_t>(i)] = c.in[0].v[static_cast<std::size_t>(flat)];
    }
    return {out};
}

inline std::vector<Values> permute(const Call& c)
{
    Shape shape;
    for (const std::int64_t axis : c.list) shape.push_back(c.in[0].shape[static_cast<std::size_t>(axis)]);
    Values out = zeros(shape);
    for (std::int64_t i = 0; i < count(shape); ++i) {
        const Shape at = unravel(i, shape);
        Shape from(at.size());
        for (std::size_t k = 0; k < at.size(); ++k) from[static_cast<std::size_t>(c.list[k])] = at[k];
        out.v[static_cast<std::size_t>(i)] = c.in[0].v[place(from, c.in[0].shape)];
    }
    return {out};
}
inline std::vector<Values> broadcast_to(const Call& c)
{
    Values out = zeros(c.list);
    for (std::int64_t i = 0; i < count(c.list); ++i)
        out.v[static_cast<std::size_t>(i)] = c.in[0].v[place(unravel(i, c.list), c.in[0].shape)];
    return {out};
}
inline std::vector<Values> sum_to(const Call& c)
{
    Values out = zeros(c.list);
    const Values& x = c.in[0];
    for (std::size_t i = 0; i < x.v.size(); ++i)
        out.v[place(unravel(static_cast<std::int64_t>(i), x.shape), c.list)] += x.v[i];
    return {out};
}

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

#define EACH(...) [](const Call& c) { return each(c, [&](__VA_ARGS__) -> Real
#define END ); \
    }

/// Ops whose values are drawn are checked by what they promise instead (see registry_test.cpp).
inline const std::map<std::string_view, Function>& table()
{
    static const std::map<std::string_view, Function> all = {{"add", EACH(Real x, Real y){return x + y;
}
END
}  // namespace reference
, {"sub", EACH(Real x, Real y){return x - y;
}
END
}
, {"mul", EACH(Real x, Real y){return x * y;
}
END
}
, {"div", EACH(Real x, Real y){return x / y;
}
END
}
, {"pow", EACH(Real x, Real y){return std::pow(x, y);
}
END
}
, {"maximum", EACH(Real x, Real y){return larger(x, y);
}
END
}
, {"minimum", EACH(Real x, Real y){return smaller(x, y);
}
END
}
, {"neg", EACH(Real x){return -x;
}
END
}
, {"affine", EACH(Real x){return rounded(c, c.a) * x + rounded(c, c.b);
}
END
}
, {"clamp", EACH(Real x){return smaller(larger(x, rounded(c, c.a)), rounded(c, c.b));
}
END
}
, {"detach", EACH(Real x){return x;
}
END
}
, {"exp", EACH(Real x){return std::exp(x);
}
END
}
, {"log", EACH(Real x){return std::log(x);
}
END
}
, {"log1p", EACH(Real x){return std::log1p(x);
}
END
}
, {"expm1", EACH(Real x){return std::expm1(x);
}
END
}
, {"sqrt", EACH(Real x){return std::sqrt(x);
}
END
}
, {"square", EACH(Real x){return x * x;
}
END
}
, {"abs", EACH(Real x){return std::fabs(x);
}
END
}
, {"sign", EACH(Real x){return std::isnan(x) ? nan : (x > 0) - (x < 0);
}
END
}
, {"tanh", EACH(Real x){return std::tanh(x);
}
END
}
, {"sigmoid", EACH(Real x){return sigmoid(x);
}
END
}
, {"softplus", EACH(Real x){return softplus(x);
}
END
}
, {"relu", EACH(Real x){return larger(x, 0);
}
END
}
, {"logistic_loss", EACH(Real y, Real t){return softplus(-(t * y));
}
END
}
, {"hinge_loss", EACH(Real y, Real t){return larger(1 - t * y, 0);
}
END
}
, {"binary_cross_entropy_with_logits",
   EACH(Real z, Real t){return (z > 0 ? z * (1 - t) : -z * t) + std::log1p(std::exp(-std::fabs(z)));
}
END
}
, {"binary_cross_entropy",
   EACH(Real p, Real t){return -(t * larger(std::log(p), -100) + (1 - t) * larger(std::log(1 - p), -100));
}
END
}
, {"equal", EACH(Real x, Real y){return x == y;
}
END
}
, {"not_equal", EACH(Real x, Real y){return x != y;
}
END
}
, {"less", EACH(Real x, Real y){return x < y;
}
END
}
, {"less_equal", EACH(Real x, Real y){return x <= y;
}
END
}
, {"greater", EACH(Real x, Real y){return x > y;
}
END
}
, {"greater_equal", EACH(Real x, Real y){return x >= y;
}
END
}
, {"logical_and", EACH(Real x, Real y){return x != 0 && y != 0;
}
END
}
, {"logical_or", EACH(Real x, Real y){return x != 0 || y != 0;
}
END
}
, {"logical_not", EACH(Real x){return x == 0;
}
END
}
, {"where", EACH(Real m, Real x, Real y){return m != 0 ? x : y;
}
END
}
, {"cast", EACH(Real x){const auto to = static_cast<xgrad::DType>(static_cast<int>(c.a));
return to == xgrad::DType::int64     ? std::trunc(x)
       : to == xgrad::DType::boolean ? Real(x != 0)
       : to == xgrad::DType::float32 ? Real(static_cast<float>(x))
                                     : x;
}
END
}
,
    {"sum",
     [](const Call& c) {
         return fold(
             c, c.list, c.a != 0, 0, [](Real s, Real x) { return s + x; },
             [](Real s, std::int64_t) { return s; });
     }},
    {"mean",
     [](const Call& c) {
         return fold(
             c, c.list, c.a != 0, 0, [](Real s, Real x) { return s + x; },
             [](Real s, std::int64_t n) { return s / static_cast<Real>(n); });
     }},
    {"max",
     [](const Call& c) {
         return fold(c, c.list, c.a != 0, -inf, larger, [](Real s, std::int64_t) { return s; });
     }},
    {"min",
     [](const Call& c) {
         return fold(c, c.list, c.a != 0, inf, smaller, [](Real s, std::int64_t) { return s; });
     }},
    {"argmax", arg_most},
    {"reshape",
     [](const Call& c) {
         return std::vector{Values{c.list, c.in[0].v}};
     }},
    {"permute", permute}, {"broadcast_to", broadcast_to}, {"sum_to", sum_to}, {"slice", slice},
    {"concat", concat}, {"matmul", matmul}, {"softmax", softmax}, {"log_softmax", log_softmax},
    {"logsumexp", logsumexp}, {"cross_entropy", cross_entropy},
    {"full",
     [](const Call& c) {
         Values v = zeros(c.list);
         std::ranges::fill(v.v, constant(c.dtype, c.a));
         return std::vector{v};
     }},
    {"arange",
     [](const Call& c) {
         Values v = zeros(c.list);
         for (std::size_t i = 0; i < v.v.size(); ++i) v.v[i] = static_cast<Real>(i);
         return std::vector{v};
     }},
    {"eye",
     [](const Call& c) {
         Values v = zeros(c.list);
         for (std::int64_t i = 0; i < c.list[0]; ++i) v.v[static_cast<std::size_t>(i * (c.list[0] + 1))] = 1;
         return std::vector{v};
     }},
    {"sgd_update", EACH(Real p, Real g, Real rate){return p - rate * g;
}
END
}
, {"sgd_momentum_update", momentum}, {"adam_update", adam},
}
;
return all;
}
#undef EACH
#undef END

}  // namespace reference
