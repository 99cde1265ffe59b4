// What elementwise losses are meant to compute, and cross entropy with labels that do not count.
#pragma once

#include <cmath>
#include <limits>

#include "elementwise.hpp"
#include "reduce.hpp"

namespace reference {

/// An intermediate result that the op's type does not hold is infinite.
inline Real held(const Call& c, Real x)
{
    const Real most = c.dtype == xgrad::DType::float32 ? Real(std::numeric_limits<float>::max())
                                                       : Real(std::numeric_limits<double>::max());
    return std::fabs(x) > most ? std::copysign(inf, x) : x;
}

inline std::vector<Values> smooth_l1_loss(const Call& c)
{
    const Real beta = rounded(c, c.a);
    return each(c, [beta](Real y, Real t) {
        const Real d = std::fabs(y - t);
        return d < beta ? d * d / (2 * beta) : d - beta / 2;
    });
}
inline std::vector<Values> huber_loss(const Call& c)
{
    const Real delta = rounded(c, c.a);
    return each(c, [delta](Real y, Real t) {
        const Real d = std::fabs(y - t);
        return d < delta ? d * d / 2 : delta * (d - delta / 2);
    });
}
inline std::vector<Values> hinge_embedding_loss(const Call& c)
{
    const Real margin = rounded(c, c.a);
    return each(c, [margin](Real y, Real t) { return t > 0 ? y : larger(margin - y, 0); });
}
inline std::vector<Values> kl_div(const Call& c)
{
    return each(c, [](Real y, Real t) { return t == 0 ? -t * y : t < 0 ? nan : t * (std::log(t) - y); });
}
inline std::vector<Values> kl_div_log_target(const Call& c)
{
    // In the type e^t can be 0.
    return each(c, [&c](Real y, Real t) { return rounded(c, std::exp(t)) * held(c, t - y); });
}
inline std::vector<Values> poisson_nll_loss(const Call& c)
{
    return each(c, [&c](Real y, Real t) {
        const Real e = held(c, std::exp(y));
        return std::isinf(e) ? e + 0 * t : e - t * y;
    });
}
inline std::vector<Values> poisson_nll_loss_rate(const Call& c)
{
    const Real eps = rounded(c, c.a);
    return each(c, [&c, eps](Real y, Real t) {
        const Real rate = c.dtype == xgrad::DType::float32 ? Real(static_cast<float>(y + eps))
                                                           : Real(static_cast<double>(y + eps));
        return y - held(c, t * std::log(rate));
    });
}

// a: the label that does not count; b: 1 if losses are scaled so that their mean is over those that do.
inline std::vector<Values> cross_entropy(const Call& c)
{
    Values out = zeros(c.in[1].shape);
    Real counted = 0;
    for (const Real label : c.in[1].v) counted += label != c.a ? 1 : 0;
    const Real scale = c.b == 0 ? 1 : static_cast<Real>(out.v.size()) / counted;
    rows(c.in[0].shape, 1, [&](auto at, std::int64_t length, std::size_t row) {
        if (c.in[1].v[row] == c.a) {
            out.v[row] = 0 * scale;
            return;
        }
        const Real all = log_sum_exp(c.in[0], at, length);  // minus log_softmax, infinities included
        out.v[row] =
            std::isinf(all) ? nan : scale * (all - c.in[0].v[at(static_cast<std::int64_t>(c.in[1].v[row]))]);
    });
    return {out};
}

inline const Rows loss_rows = {
    {"smooth_l1_loss", smooth_l1_loss},
    {"huber_loss", huber_loss},
    {"hinge_embedding_loss", hinge_embedding_loss},
    {"squared_hinge_loss", elementwise([](Real y, Real t) {
         const Real margin = larger(1 - t * y, 0);
         return margin * margin;
     })},
    {"kl_div", kl_div},
    {"kl_div_log_target", kl_div_log_target},
    {"poisson_nll_loss", poisson_nll_loss},
    {"poisson_nll_loss_rate", poisson_nll_loss_rate},
    {"cross_entropy", cross_entropy},
    {"require_labels", [](const Call& c) { return std::vector{c.in[0]}; }},
};

}  // namespace reference
