// What convolution, pooling and their gradients are meant to compute, element by element.
#pragma once

#include "pooling.hpp"

namespace reference {

/// Calls f(place in x or -1, place in the weight, place in y) for every product of a convolution.
template <class F>
void convolve(const Shape& list, const Shape& x, const Shape& weight, const Shape& y, F f)
{
    const std::int64_t inputs = weight[1], outputs = weight[0] / list[6];
    for (std::int64_t n = 0; n < y[0]; ++n)
        for (std::int64_t o = 0; o < y[1]; ++o)
            for (std::int64_t r = 0; r < y[2]; ++r)
                for (std::int64_t q = 0; q < y[3]; ++q)
                    for (std::int64_t c = 0; c < inputs; ++c)
                        for (std::int64_t i = 0; i < weight[2]; ++i)
                            for (std::int64_t j = 0; j < weight[3]; ++j)
                                f(place4(x, n, o / outputs * inputs + c, r * list[0] + i * list[4] - list[2],
                                         q * list[1] + j * list[5] - list[3]),
                                  place4(weight, o, c, i, j), place4(y, n, o, r, q));
}
inline std::vector<Values> conv2d(const Call& c)
{
    const Values &x = c.in[0], &w = c.in[1];
    Values y =
        zeros({x.shape[0], w.shape[0], windows(x.shape[2], w.shape[2], c.list[0], c.list[2], c.list[4]),
               windows(x.shape[3], w.shape[3], c.list[1], c.list[3], c.list[5])});
    if (c.in.size() == 3)
        for (std::size_t i = 0; i < y.v.size(); ++i)
            y.v[i] = c.in[2].v[static_cast<std::size_t>(unravel(static_cast<std::int64_t>(i), y.shape)[1])];
    convolve(c.list, x.shape, w.shape, y.shape, [&](std::int64_t at, std::int64_t k, std::int64_t to) {
        if (at >= 0)
            y.v[static_cast<std::size_t>(to)] +=
                x.v[static_cast<std::size_t>(at)] * w.v[static_cast<std::size_t>(k)];
    });
    return {y};
}
inline std::vector<Values> conv2d_input_grad(const Call& c)
{
    const Values &g = c.in[0], &w = c.in[1];
    Values dx = zeros({g.shape[0], w.shape[1] * c.list[6], c.list[7], c.list[8]});
    convolve(c.list, dx.shape, w.shape, g.shape, [&](std::int64_t at, std::int64_t k, std::int64_t to) {
        if (at >= 0)
            dx.v[static_cast<std::size_t>(at)] +=
                g.v[static_cast<std::size_t>(to)] * w.v[static_cast<std::size_t>(k)];
    });
    return {dx};
}
inline std::vector<Values> conv2d_weight_grad(const Call& c)
{
    const Values &x = c.in[0], &g = c.in[1];
    Values dw = zeros({g.shape[1], x.shape[1] / c.list[6], c.list[7], c.list[8]});
    convolve(c.list, x.shape, dw.shape, g.shape, [&](std::int64_t at, std::int64_t k, std::int64_t to) {
        if (at >= 0)
            dw.v[static_cast<std::size_t>(k)] +=
                g.v[static_cast<std::size_t>(to)] * x.v[static_cast<std::size_t>(at)];
    });
    return {dw};
}

inline std::vector<Values> flatten(const Call& c)
{
    Values y = c.in[0];
    y.shape.clear();
    for (std::size_t k = 0; k < c.in[0].shape.size(); ++k)
        if (static_cast<double>(k) > c.a && static_cast<double>(k) <= c.b)
            y.shape.back() *= c.in[0].shape[k];
        else
            y.shape.push_back(c.in[0].shape[k]);
    return {y};
}

/// x(n, c, r, q) w(c, o, i, j) added where each tap of each place of x leads, if that is within the value.
inline std::vector<Values> conv_transpose2d(const Call& c)
{
    const Values &x = c.in[0], &w = c.in[1];
    const std::int64_t groups = c.list[6], inputs = w.shape[0] / groups, outputs = w.shape[1];
    const auto length = [&](std::size_t k) {
        return (x.shape[k + 2] - 1) * c.list[k] - 2 * c.list[k + 2] + c.list[k + 4] * (w.shape[k + 2] - 1) +
               c.list[k + 7] + 1;
    };
    Values y = zeros({x.shape[0], outputs * groups, length(0), length(1)});
    if (c.in.size() == 3)
        for (std::size_t i = 0; i < y.v.size(); ++i)
            y.v[i] = c.in[2].v[static_cast<std::size_t>(unravel(static_cast<std::int64_t>(i), y.shape)[1])];
    for (std::size_t from = 0; from < x.v.size(); ++from) {
        const Shape at = unravel(static_cast<std::int64_t>(from), x.shape);
        for (std::int64_t o = 0; o < outputs; ++o)
            for (std::int64_t i = 0; i < w.shape[2]; ++i)
                for (std::int64_t j = 0; j < w.shape[3]; ++j) {
                    const std::int64_t to = place4(y.shape, at[0], at[1] / inputs * outputs + o,
                                                   at[2] * c.list[0] + i * c.list[4] - c.list[2],
                                                   at[3] * c.list[1] + j * c.list[5] - c.list[3]),
                                       k = place4(w.shape, at[1], o, i, j);
                    if (to >= 0)
                        y.v[static_cast<std::size_t>(to)] += x.v[from] * w.v[static_cast<std::size_t>(k)];
                }
    }
    return {y};
}

/// The same of sequences: images of height 1.
template <Function f>
std::vector<Values> of_line(const Call& c)
{
    Call images = c;
    for (Values& in : images.in)
        if (in.shape.size() == 3) in.shape.insert(in.shape.begin() + 2, 1);
    std::vector<Values> out = f(images);
    for (Values& y : out) y.shape.erase(y.shape.begin() + 2);
    return out;
}
template <Function f, std::size_t k>
std::vector<Values> output_of(const Call& c)
{
    return {f(c)[k]};
}

inline const Rows image_rows = {
    {"flatten", flatten},
    {"conv2d", conv2d},
    {"conv1d", of_line<conv2d>},
    {"conv2d_input_grad", conv2d_input_grad},
    {"conv1d_input_grad", of_line<conv2d_input_grad>},
    {"conv2d_weight_grad", conv2d_weight_grad},
    {"conv1d_weight_grad", of_line<conv2d_weight_grad>},
    {"conv_transpose2d", conv_transpose2d},
    {"conv_transpose1d", of_line<conv_transpose2d>},
    {"avg_pool2d", avg_pool2d},
    {"avg_pool1d", of_line<avg_pool2d>},
    {"avg_pool2d_vjp", avg_pool2d_vjp},
    {"avg_pool1d_vjp", of_line<avg_pool2d_vjp>},
    {"max_pool2d", output_of<largest, 0>},
    {"max_pool1d", of_line<output_of<largest, 0>>},
    {"max_pool2d_index", output_of<largest, 1>},
    {"max_pool1d_index", of_line<output_of<largest, 1>>},
    {"max_pool2d_vjp", max_pool2d_vjp},
    {"max_pool1d_vjp", of_line<max_pool2d_vjp>},
    {"max_pool2d_pick", max_pool2d_pick},
    {"max_pool1d_pick", of_line<max_pool2d_pick>},
    {"adaptive_avg_pool2d", adaptive_avg_pool2d},
    {"adaptive_avg_pool1d", of_line<adaptive_avg_pool2d>},
    {"adaptive_avg_pool2d_vjp", adaptive_avg_pool2d_vjp},
    {"adaptive_avg_pool1d_vjp", of_line<adaptive_avg_pool2d_vjp>},
    {"adaptive_max_pool2d", output_of<adaptive_largest, 0>},
    {"adaptive_max_pool1d", of_line<output_of<adaptive_largest, 0>>},
    {"adaptive_max_pool2d_index", output_of<adaptive_largest, 1>},
    {"adaptive_max_pool1d_index", of_line<output_of<adaptive_largest, 1>>},
};

}  // namespace reference
