// Arrays of long doubles with NumPy's rules, and what a node looks like to its reference.
#pragma once

#include <algorithm>
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
    std::vector<Values> got;  ///< the outputs to be checked: for their signs, where the op is free to choose them
};

/// One Values for each output.
using Function = std::vector<Values> (*)(const Call&);
/// The references of some ops, by name.
using Rows = std::map<std::string_view, Function>;

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

constexpr Real inf = std::numeric_limits<Real>::infinity();
constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
inline Real larger(Real x, Real y) { return std::isnan(x) || std::isnan(y) ? nan : std::max(x, y); }
inline Real smaller(Real x, Real y) { return std::isnan(x) || std::isnan(y) ? nan : std::min(x, y); }

}  // namespace reference
