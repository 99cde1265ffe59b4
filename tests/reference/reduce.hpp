// What reductions, softmax and its relatives are meant to compute.
#pragma once

#include <functional>

#include "array.hpp"

namespace reference {

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
inline std::vector<Values> arg_most(const Call& c)
{
    Values out = fold(
        c, c.list, c.a != 0, 0, [](Real, Real) { return Real(0); },
        [](Real x, std::int64_t) { return x; })[0];
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

inline const Rows reduce_rows = {
    {"sum",
     [](const Call& c) {
         return fold(c, c.list, c.a != 0, 0, std::plus<Real>(), [](Real s, std::int64_t) { return s; });
     }},
    {"mean",
     [](const Call& c) {
         return fold(c, c.list, c.a != 0, 0, std::plus<Real>(),
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
    {"softmax", softmax},
    {"log_softmax", log_softmax},
    {"logsumexp", logsumexp},
};

}  // namespace reference
