// What pooling and its gradients are meant to compute, element by element.
#pragma once

#include "array.hpp"

namespace reference {

/// The place of an element in an array with four axes, or -1 outside.
inline std::int64_t place4(const Shape& s, std::int64_t n, std::int64_t c, std::int64_t r, std::int64_t q)
{
    if (r < 0 || r >= s[2] || q < 0 || q >= s[3]) return -1;
    return ((n * s[1] + c) * s[2] + r) * s[3] + q;
}

/// How many windows begin and end within the padded axis; with `ceil` also one that begins before the padding behind the
/// elements and within a stride of the last that fits.
inline std::int64_t windows(std::int64_t length, std::int64_t kernel, std::int64_t stride,
                            std::int64_t padding, std::int64_t dilation, bool ceil = false)
{
    const std::int64_t beyond = ceil ? stride - 1 : 0;
    std::int64_t count = 0;
    while (count * stride + dilation * (kernel - 1) < length + 2 * padding + beyond &&
           (!ceil || count * stride < length + padding))
        ++count;
    return count;
}

/// For each window of planes `x` calls f(place in y, row, column) for every place of the window, also in the padding.
template <class F>
Shape pool(const Shape& list, const Shape& x, F f)
{
    const Shape y = {x[0], x[1], windows(x[2], list[0], list[2], list[4], list[6], list[8] != 0),
                     windows(x[3], list[1], list[3], list[5], list[7], list[8] != 0)};
    for (std::int64_t to = 0; to < count(y); ++to) {
        const Shape at = unravel(to, y);
        for (std::int64_t i = 0; i < list[0]; ++i)
            for (std::int64_t j = 0; j < list[1]; ++j)
                f(static_cast<std::size_t>(to), at, at[2] * list[2] + i * list[6] - list[4],
                  at[3] * list[3] + j * list[7] - list[5]);
    }
    return y;
}
/// How many places of each window count: all that are not beyond the padding, or those of the image alone.
inline std::vector<Real> counts(const Call& c, const Shape& x)
{
    std::vector<Real> n;
    pool(c.list, x, [&](std::size_t to, const Shape&, std::int64_t row, std::int64_t column) {
        n.resize(to + 1);
        const bool image = row >= 0 && row < x[2] && column >= 0 && column < x[3];
        if (c.list[9] != 0)
            n[to] = static_cast<Real>(c.list[9]);
        else
            n[to] += c.a != 0 ? (row < x[2] + c.list[4] && column < x[3] + c.list[5]) : image;
    });
    return n;
}
inline std::vector<Values> avg_pool2d(const Call& c)
{
    const Values& x = c.in[0];
    const std::vector<Real> n = counts(c, x.shape);
    Values y{{}, std::vector<Real>(n.size())};
    y.shape =
        pool(c.list, x.shape, [&](std::size_t to, const Shape& at, std::int64_t row, std::int64_t column) {
            const std::int64_t from = place4(x.shape, at[0], at[1], row, column);
            if (from >= 0) y.v[to] += x.v[static_cast<std::size_t>(from)] / n[to];
        });
    return {y};
}
inline std::vector<Values> avg_pool2d_vjp(const Call& c)
{
    const Values& g = c.in[0];
    Values dx = zeros({g.shape[0], g.shape[1], c.list[10], c.list[11]});
    const std::vector<Real> n = counts(c, dx.shape);
    pool(c.list, dx.shape, [&](std::size_t to, const Shape& at, std::int64_t row, std::int64_t column) {
        const std::int64_t from = place4(dx.shape, at[0], at[1], row, column);
        if (from >= 0) dx.v[static_cast<std::size_t>(from)] += g.v[to] / n[to];
    });
    return {dx};
}

// The value (first) and its place (second): the first of equal elements, the last NaN (as in PyTorch). A window that
// lies within the padding (dilation can lead there) has the value -inf and the place -1.
inline std::vector<Values> largest(const Call& c)
{
    const Values& x = c.in[0];
    Values y, index;
    index.shape = y.shape =
        pool(c.list, x.shape, [&](std::size_t to, const Shape& at, std::int64_t row, std::int64_t column) {
            const std::int64_t from = place4(x.shape, at[0], at[1], row, column);
            if (to >= y.v.size()) {
                y.v.resize(to + 1, -inf);
                index.v.resize(to + 1, -1);
            }
            if (from < 0) return;
            const Real v = x.v[static_cast<std::size_t>(from)];
            if (index.v[to] >= 0 && !(v > y.v[to]) && !std::isnan(v)) return;
            y.v[to] = v;
            index.v[to] = static_cast<Real>(row * x.shape[3] + column);
        });
    return {y, index};
}
inline std::vector<Values> max_pool2d_vjp(const Call& c)
{
    const Values &g = c.in[0], &index = c.in[1];
    Values dx = zeros({g.shape[0], g.shape[1], c.list[0], c.list[1]});
    for (std::size_t i = 0; i < g.v.size(); ++i) {
        const Shape at = unravel(static_cast<std::int64_t>(i), g.shape);
        const auto plane = (at[0] * g.shape[1] + at[1]) * c.list[0] * c.list[1];
        if (index.v[i] >= 0)
            dx.v[static_cast<std::size_t>(plane) + static_cast<std::size_t>(index.v[i])] += g.v[i];
    }
    return {dx};
}
inline std::vector<Values> max_pool2d_pick(const Call& c)
{
    const Values &x = c.in[0], &index = c.in[1];
    Values y = zeros(index.shape);
    for (std::size_t i = 0; i < y.v.size(); ++i) {
        const Shape at = unravel(static_cast<std::int64_t>(i), y.shape);
        const auto plane = (at[0] * x.shape[1] + at[1]) * x.shape[2] * x.shape[3];
        if (index.v[i] >= 0)
            y.v[i] = x.v[static_cast<std::size_t>(plane) + static_cast<std::size_t>(index.v[i])];
    }
    return {y};
}

/// f(place in y, place in x) for all that window (r, q) of adaptive pooling reads: those rows that lie, at least in part,
/// between r height / rows and (r + 1) height / rows; columns likewise.
template <class F>
void adaptive(const Shape& x, const Shape& y, F f)
{
    const auto meets = [](std::int64_t i, std::int64_t length, std::int64_t r, std::int64_t count) {
        return (i + 1) * count > r * length && i * count < (r + 1) * length;
    };
    for (std::int64_t to = 0; to < count(y); ++to) {
        const Shape at = unravel(to, y);
        for (std::int64_t i = 0; i < x[2]; ++i)
            for (std::int64_t j = 0; j < x[3]; ++j)
                if (meets(i, x[2], at[2], y[2]) && meets(j, x[3], at[3], y[3]))
                    f(static_cast<std::size_t>(to), static_cast<std::size_t>(place4(x, at[0], at[1], i, j)));
    }
}
inline Shape adaptive_shape(const Call& c)
{
    const Shape& x = c.in[0].shape;
    return {x[0], x[1], c.list[0] < 0 ? x[2] : c.list[0], c.list[1] < 0 ? x[3] : c.list[1]};
}
inline std::vector<Values> adaptive_avg_pool2d(const Call& c)
{
    Values y = zeros(adaptive_shape(c)), n = y;
    adaptive(c.in[0].shape, y.shape, [&](std::size_t to, std::size_t from) {
        y.v[to] += c.in[0].v[from];
        n.v[to] += 1;
    });
    for (std::size_t k = 0; k < y.v.size(); ++k) y.v[k] /= n.v[k];
    return {y};
}
inline std::vector<Values> adaptive_avg_pool2d_vjp(const Call& c)
{
    const Values& g = c.in[0];
    Values dx = zeros({g.shape[0], g.shape[1], c.list[0], c.list[1]}), n = zeros(g.shape);
    adaptive(dx.shape, g.shape, [&](std::size_t to, std::size_t) { n.v[to] += 1; });
    adaptive(dx.shape, g.shape, [&](std::size_t to, std::size_t from) { dx.v[from] += g.v[to] / n.v[to]; });
    return {dx};
}
/// The values, and their places within the plane.
inline std::vector<Values> adaptive_largest(const Call& c)
{
    const Values& x = c.in[0];
    Values y = zeros(adaptive_shape(c)), index = y;
    for (Real& v : index.v) v = -1;
    adaptive(x.shape, y.shape, [&](std::size_t to, std::size_t from) {
        if (index.v[to] >= 0 && !(x.v[from] > y.v[to]) && !std::isnan(x.v[from])) return;
        y.v[to] = x.v[from];
        index.v[to] = static_cast<Real>(static_cast<std::int64_t>(from) % (x.shape[2] * x.shape[3]));
    });
    return {y, index};
}

}  // namespace reference
