// What ops that move elements or make arrays are meant to compute, and matrix products.
#pragma once

#include <limits>

#include "array.hpp"

namespace reference {

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

// What range(*slice(start, stop, step).indices(length)) is in Python; an end that is not given is the least int64.
inline Shape python_indices(std::int64_t start, std::int64_t stop, std::int64_t step, std::int64_t length)
{
    constexpr std::int64_t none = std::numeric_limits<std::int64_t>::min();
    const std::int64_t lower = step < 0 ? -1 : 0, upper = step < 0 ? length - 1 : length;
    const auto end = [&](std::int64_t at, std::int64_t otherwise) {
        if (at == none) return otherwise;
        if (at < 0) return at + length < lower ? lower : at + length;
        return at > upper ? upper : at;
    };
    Shape indices;
    const std::int64_t last = end(stop, step < 0 ? lower : upper);
    for (std::int64_t at = end(start, step < 0 ? upper : lower); step < 0 ? at > last : at < last;
         at += step) {
        indices.push_back(at);
        if (step > length || step < -length) break;
    }
    return indices;
}

inline std::vector<Values> slice(const Call& c)
{
    std::vector<Shape> indices;
    Shape shape;
    for (std::size_t k = 0; k < c.in[0].shape.size(); ++k) {
        const bool given = 3 * k < c.list.size();
        const std::int64_t none = std::numeric_limits<std::int64_t>::min();
        indices.push_back(python_indices(given ? c.list[3 * k] : none, given ? c.list[3 * k + 1] : none,
                                         given ? c.list[3 * k + 2] : 1, c.in[0].shape[k]));
        shape.push_back(static_cast<std::int64_t>(indices.back().size()));
    }
    Values out = zeros(shape);
    for (std::int64_t i = 0; i < count(shape); ++i) {
        const Shape at = unravel(i, shape);
        std::int64_t flat = 0;
        for (std::size_t k = 0; k < shape.size(); ++k)
            flat = flat * c.in[0].shape[k] + indices[k][static_cast<std::size_t>(at[k])];
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

inline const Rows shape_rows = {
    {"reshape",
     [](const Call& c) {
         Shape shape = c.list;
         std::int64_t known = 1;
         for (const std::int64_t length : shape) known *= length == -1 ? 1 : length;
         for (std::int64_t& length : shape)
             if (length == -1) length = known == 0 ? 0 : count(c.in[0].shape) / known;
         return std::vector{Values{shape, c.in[0].v}};
     }},
    {"require", [](const Call& c) { return std::vector{c.in[0]}; }},
    {"permute", permute},
    {"broadcast_to", broadcast_to},
    {"sum_to", sum_to},
    {"slice", slice},
    {"concat", concat},
    {"matmul", matmul},
    {"addmm",
     [](const Call& c) {
         Call product = c;
         product.in.erase(product.in.begin());
         std::vector<Values> sum = matmul(product);
         for (std::size_t i = 0; i < sum[0].v.size(); ++i) sum[0].v[i] += c.in[0].v[i];
         return sum;
     }},
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
};

}  // namespace reference
