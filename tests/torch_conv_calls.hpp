// The calls of fixtures/torch_conv.txt: convolutions, pooling, resampling.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "xgrad/autodiff/ops.hpp"

namespace torch_conv {

using namespace xgrad;
using In = std::span<const Variable>;
using Calls = std::map<std::string, std::function<Variable(In)>>;

template <class F, class Options>
void add_conv(Calls& t, const std::string& name, F f, const Options& options)
{
    t[name] = [=](In in) { return f(in, options); };
    if (!name.starts_with("conv_transpose2d")) t[name + " no bias"] = t[name];
}
template <class F>
void add(Calls& t, const std::string& name, F f)
{
    t[name] = [f](In in) { return tanh(f(in[0])); };
}

inline void add_convolutions(Calls& t)
{
    const auto conv = [](In in, const Conv1dOptions& o) {
        return tanh(in.size() == 3 ? conv1d(in[0], in[1], in[2], o) : conv1d(in[0], in[1], o));
    };
    add_conv(t, "conv1d plain", conv, Conv1dOptions{});
    add_conv(t, "conv1d stride", conv, Conv1dOptions{.stride = 3, .padding = 2});
    add_conv(t, "conv1d dilation", conv, Conv1dOptions{.stride = 2, .padding = 1, .dilation = 3});
    add_conv(t, "conv1d groups", conv, Conv1dOptions{.padding = 1, .groups = 2});
    const auto line = [](In in, const ConvTranspose1dOptions& o) {
        return tanh(in.size() == 3 ? conv_transpose1d(in[0], in[1], in[2], o)
                                   : conv_transpose1d(in[0], in[1], o));
    };
    add_conv(t, "conv_transpose1d plain", line, ConvTranspose1dOptions{});
    add_conv(t, "conv_transpose1d stride", line,
             ConvTranspose1dOptions{.stride = 2, .padding = 1, .output_padding = 1});
    add_conv(
        t, "conv_transpose1d groups", line,
        ConvTranspose1dOptions{.stride = 3, .padding = 1, .output_padding = 2, .dilation = 2, .groups = 2});
    add_conv(t, "conv_transpose1d beyond the stride", line,
             ConvTranspose1dOptions{.padding = 1, .output_padding = 2, .dilation = 3});
    const auto image = [](In in, const ConvTranspose2dOptions& o) {
        return tanh(conv_transpose2d(in[0], in[1], in[2], o));
    };
    add_conv(t, "conv_transpose2d plain", image, ConvTranspose2dOptions{});
    add_conv(t, "conv_transpose2d pointwise", image, ConvTranspose2dOptions{});
    add_conv(t, "conv_transpose2d stride", image, ConvTranspose2dOptions{.stride = 2, .padding = 1});
    add_conv(
        t, "conv_transpose2d groups", image,
        ConvTranspose2dOptions{
            .stride = {3, 2}, .padding = {1, 0}, .output_padding = {2, 1}, .dilation = {1, 2}, .groups = 2});
    add_conv(t, "conv_transpose2d beyond the stride", image,
             ConvTranspose2dOptions{.padding = 1, .output_padding = {2, 1}, .dilation = {3, 2}});
}

inline void add_edges(Calls& t)
{
    const auto kernel = [](Variable x, const Shape& shape) {
        return reshape(x.tape().constant(xt::xarray<double>{.5, -1., 2., 1., .25, -.5}), shape);
    };
    t["conv1d edge"] = [=](In in) { return conv1d(in[0], kernel(in[0], {1, 2, 3}), {.padding = 1}); };
    t["conv_transpose1d edge"] = [=](In in) {
        return conv_transpose1d(in[0], kernel(in[0], {2, 1, 3}), {.stride = 2, .padding = 1});
    };
    t["conv_transpose2d edge"] = [=](In in) { return conv_transpose2d(in[0], kernel(in[0], {2, 1, 1, 3})); };
}

inline void add_pooling(Calls& t)
{
    using Avg1 = AvgPool1dOptions;
    using Max1 = MaxPool1dOptions;
    for (const auto& [name, o] : std::map<std::string, Avg1>{
             {"2", {2}},
             {"padded", {.kernel = 3, .stride = 2, .padding = 1}},
             {"ceil", {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true}},
             {"ceil not counted",
              {.kernel = 4, .stride = 3, .padding = 2, .ceil_mode = true, .count_include_pad = false}},
             {"apart", {.kernel = 2, .stride = 3, .ceil_mode = true}}}) {
        add(t, "avg_pool1d " + name, [o = o](Variable x) { return avg_pool1d(x, o); });
        add(t, "avg_pool2d also " + name, [o = o](Variable x) {
            return avg_pool2d(x, {.kernel = o.kernel,
                                  .stride = o.stride.value_or(o.kernel),
                                  .padding = o.padding,
                                  .ceil_mode = o.ceil_mode,
                                  .count_include_pad = o.count_include_pad});
        });
    }
    add(t, "avg_pool2d divisor", [](Variable x) {
        return avg_pool2d(
            x, {.kernel = {3, 2}, .stride = 2, .padding = 1, .ceil_mode = true, .divisor_override = 4});
    });
    add(t, "avg_pool2d larger",
        [](Variable x) { return avg_pool2d(x, {.kernel = 3, .stride = 2, .ceil_mode = true}); });
    for (const auto& [name, o] : std::map<std::string, Max1>{
             {"2", {2}},
             {"padded", {.kernel = 3, .stride = 2, .padding = 1}},
             {"ceil", {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true}},
             {"dilated ceil", {.kernel = 2, .stride = 2, .padding = 1, .dilation = 3, .ceil_mode = true}},
             {"apart", {.kernel = 2, .stride = 3, .ceil_mode = true}}}) {
        add(t, "max_pool1d " + name, [o = o](Variable x) { return max_pool1d(x, o); });
        add(t, "max_pool2d also " + name, [o = o](Variable x) {
            return max_pool2d(x, {.kernel = o.kernel,
                                  .stride = o.stride.value_or(o.kernel),
                                  .padding = o.padding,
                                  .dilation = o.dilation,
                                  .ceil_mode = o.ceil_mode});
        });
    }
    t["max_pool1d edge"] = [](In in) { return max_pool1d(in[0], 2); };
    t["avg_pool1d edge"] = [](In in) { return avg_pool1d(in[0], 2); };
    t["adaptive_avg_pool1d edge"] = [](In in) { return adaptive_avg_pool1d(in[0], 4); };
    t["adaptive_max_pool1d edge"] = [](In in) { return adaptive_max_pool1d(in[0], 4); };
    for (const std::int64_t size : {1, 3, 4}) {
        const std::string name = "_pool1d " + std::to_string(size);
        add(t, "adaptive_avg" + name, [size](Variable x) { return adaptive_avg_pool1d(x, size); });
        add(t, "adaptive_max" + name, [size](Variable x) { return adaptive_max_pool1d(x, size); });
    }
    for (const auto& [name, size] :
         std::map<std::string, OutputSize2d>{{"1", 1}, {"3 x 4", {3, 4}}, {"all x 2", {std::nullopt, 2}}}) {
        add(t, "adaptive_avg_pool2d " + name,
            [size = size](Variable x) { return adaptive_avg_pool2d(x, size); });
        add(t, "adaptive_max_pool2d " + name,
            [size = size](Variable x) { return adaptive_max_pool2d(x, size); });
    }
}

inline void add_resampling(Calls& t)
{
    for (const auto& [mode, which] :
         std::map<std::string, Interpolation>{{"nearest", Interpolation::nearest},
                                              {"linear", Interpolation::linear},
                                              {"bilinear", Interpolation::bilinear}})
        for (const bool aligned : {false, true}) {
            if (aligned && which == Interpolation::nearest) continue;
            const auto as = [&](const std::string& name, InterpolateOptions o) {
                o.mode = which, o.align_corners = aligned;
                add(t, "interpolate " + mode + (aligned ? " aligned " : " ") + name, [o](Variable x) {
                    InterpolateOptions fitting = o;
                    if (o.size && x.shape().size() == 3) fitting.size = o.size->h;
                    return interpolate(x, fitting);
                });
            };
            as("size 5", {.size = Pair2d(5, 3)});
            as("size 2", {.size = Pair2d{2, 2}});
            as("by 2", {.scale_factor = 2});
            as("by 1.7", {.scale_factor = 1.7});
        }
    add(t, "pixel_shuffle", [](Variable x) { return pixel_shuffle(x, 2); });
    add(t, "pixel_unshuffle", [](Variable x) { return pixel_unshuffle(x, 2); });
    const UnfoldOptions windows{.kernel = {2, 3}, .dilation = {2, 1}, .padding = {1, 0}, .stride = {2, 1}};
    add(t, "unfold", [windows](Variable x) { return unfold(x, windows); });
    add(t, "fold", [windows](Variable x) { return fold(x, {3, 4}, windows); });
}

inline Calls calls()
{
    Calls t;
    add_convolutions(t);
    add_edges(t);
    add_pooling(t);
    add_resampling(t);
    return t;
}

}  // namespace torch_conv
