// What ops that pick, add and sort by numbers, and scans, are meant to compute.
#pragma once

#include "array.hpp"

namespace reference {

// Calls f(place in x, place in the picked array, place in index) for each element that is picked along axis c.a.
template <class F>
void picks(const Values& x, const Values& index, std::size_t axis, bool whole, F f)
{
    Shape shape = x.shape;
    shape[axis] = whole ? index.shape[0] : index.shape[axis];
    for (std::int64_t i = 0; i < count(shape); ++i) {
        Shape at = unravel(i, shape);
        const auto number = whole ? static_cast<std::size_t>(at[axis]) : static_cast<std::size_t>(i);
        at[axis] = static_cast<std::int64_t>(index.v[number]);
        f(place(at, x.shape), static_cast<std::size_t>(i));
    }
}

template <bool whole>
std::vector<Values> pick(const Call& c)
{
    const auto axis = static_cast<std::size_t>(c.a);
    Shape shape = c.in[0].shape;
    shape[axis] = whole ? c.in[1].shape[0] : c.in[1].shape[axis];
    Values out = zeros(shape);
    picks(c.in[0], c.in[1], axis, whole,
          [&](std::size_t from, std::size_t to) { out.v[to] = c.in[0].v[from]; });
    return {out};
}
template <bool whole>
std::vector<Values> add_at(const Call& c)
{
    Values out = c.in[0];
    picks(c.in[0], c.in[1], static_cast<std::size_t>(c.a), whole,
          [&](std::size_t to, std::size_t from) { out.v[to] += c.in[2].v[from]; });
    return {out};
}

inline std::vector<Values> argsort(const Call& c)
{
    Values out = zeros(c.in[0].shape);
    rows(out.shape, static_cast<std::int64_t>(c.a), [&](auto at, std::int64_t length, std::size_t) {
        // The place of an element is the number of those that stand before it.
        for (std::int64_t i = 0; i < length; ++i) {
            const Real x = c.in[0].v[at(i)];
            std::int64_t before = 0;
            for (std::int64_t j = 0; j < length; ++j) {
                const Real y = c.in[0].v[at(j)];
                const bool same = x == y || (std::isnan(x) && std::isnan(y));
                const bool less = std::isnan(x) ? !std::isnan(y) : c.b != 0 ? y > x : y < x;
                before += same ? j < i : less;
            }
            out.v[at(before)] = i;
        }
    });
    return {out};
}

template <class F>
std::vector<Values> scanned(const Call& c, F f)
{
    Values out = zeros(c.in[0].shape);
    rows(out.shape, static_cast<std::int64_t>(c.a), [&](auto at, std::int64_t length, std::size_t) {
        Real y = 0;
        for (std::int64_t k = 0; k < length; ++k) {
            const std::size_t here = at(c.b != 0 ? length - 1 - k : k);
            y = out.v[here] = f(here, y, k == 0);
        }
    });
    return {out};
}

inline const Rows index_rows = {
    {"index_select", pick<true>},
    {"gather", pick<false>},
    {"index_add", add_at<true>},
    {"scatter_add", add_at<false>},
    {"argsort", argsort},
    {"cumsum",
     [](const Call& c) { return scanned(c, [&](std::size_t k, Real y, bool) { return y + c.in[0].v[k]; }); }},
    {"linear_scan",
     [](const Call& c) {
         return scanned(c, [&](std::size_t k, Real y, bool first) {
             return first ? c.in[1].v[k] : c.in[0].v[k] * y + c.in[1].v[k];
         });
     }},
};

}  // namespace reference
