// What lstm is meant to compute: each gate of each hidden unit by its own sum.
#pragma once

#include "array.hpp"

namespace reference {

inline std::vector<Values> lstm(const Call& c)
{
    const Values &x = c.in[0], &w_ih = c.in[1], &w_hh = c.in[2], &bias = c.in[3];
    const std::int64_t steps = x.shape[0], batch = x.shape[1], inputs = x.shape[2], hidden = w_hh.shape[0];
    Values h = zeros({steps, batch, hidden}), cells = h, gates = zeros({steps, batch, 4 * hidden});
    const auto state = [&](const Values& all, std::size_t start, std::int64_t t, std::int64_t b,
                           std::int64_t k) {
        if (t >= 0) return all.v[place({t, b, k}, all.shape)];
        return c.in.size() > 4 ? c.in[start].v[place({b, k}, c.in[start].shape)] : Real(0);
    };
    for (std::int64_t t = 0; t < steps; ++t)
        for (std::int64_t b = 0; b < batch; ++b) {
            for (std::int64_t k = 0; k < hidden; ++k) {
                Real gate[4];
                for (std::int64_t which = 0; which < 4; ++which) {
                    const std::int64_t column = which * hidden + k;
                    Real z = bias.v[static_cast<std::size_t>(column)];
                    for (std::int64_t p = 0; p < inputs; ++p)
                        z += x.v[place({t, b, p}, x.shape)] * w_ih.v[place({p, column}, w_ih.shape)];
                    for (std::int64_t p = 0; p < hidden; ++p)
                        z += state(h, 4, t - 1, b, p) * w_hh.v[place({p, column}, w_hh.shape)];
                    gate[which] = which == 2 ? std::tanh(z) : 1 / (1 + std::exp(-z));
                    gates.v[place({t, b, column}, gates.shape)] = gate[which];
                }
                const Real cell = gate[1] * state(cells, 5, t - 1, b, k) + gate[0] * gate[2];
                cells.v[place({t, b, k}, cells.shape)] = cell;
                h.v[place({t, b, k}, h.shape)] = gate[3] * std::tanh(cell);
            }
        }
    return {h, cells, gates};
}

inline const Rows lstm_rows = {{"lstm", lstm}};

}  // namespace reference
