// The calls of fixtures/torch_core.txt that are about images.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "xgrad/autodiff/ops.hpp"

inline std::map<std::string, std::function<xgrad::Variable(std::span<const xgrad::Variable>)>> image_calls()
{
    using namespace xgrad;
    using In = std::span<const Variable>;
    std::map<std::string, std::function<Variable(In)>> t;
    const auto conv = [&](const std::string& name, const Conv2dOptions& options) {
        t["conv2d " + name] = [options](In in) {
            return tanh(in.size() == 3 ? conv2d(in[0], in[1], in[2], options)
                                       : conv2d(in[0], in[1], options));
        };
    };
    conv("plain", {});
    conv("stride padding", {.stride = {2, 3}, .padding = {1, 2}});
    conv("dilation", {.padding = {0, 1}, .dilation = {2, 3}});
    conv("groups", {.stride = {1, 2}, .padding = 1, .groups = 2});
    conv("depthwise", {.padding = 1, .groups = 3});
    conv("pointwise", {});
    conv("many outputs", {.stride = 2, .padding = 1});
    conv("long rows", {.padding = 1});
    conv("no bias", {.padding = 1});
    const auto pool = [&](const std::string& name, auto f) {
        t[name] = [f](In in) { return tanh(f(in[0])); };
    };
    pool("avg_pool2d 2", [](Variable x) { return avg_pool2d(x, {2}); });
    pool("avg_pool2d padded", [](Variable x) {
        return avg_pool2d(x, {.kernel = {3, 2}, .stride = Pair2d{2, 1}, .padding = 1});
    });
    pool("avg_pool2d not counted", [](Variable x) {
        return avg_pool2d(x, {.kernel = 3, .stride = 3, .padding = 1, .count_include_pad = false});
    });
    pool("max_pool2d 2", [](Variable x) { return max_pool2d(x, {2}); });
    pool("max_pool2d padded", [](Variable x) {
        return max_pool2d(x, {.kernel = {3, 2}, .stride = Pair2d{2, 1}, .padding = 1});
    });
    pool("max_pool2d dilated", [](Variable x) {
        return max_pool2d(x, {.kernel = 2, .stride = 1, .padding = 1, .dilation = {3, 2}});
    });
    t["avg_pool2d edge"] = [](In in) { return avg_pool2d(in[0], {2}); };
    t["max_pool2d edge"] = [](In in) { return max_pool2d(in[0], {2}); };
    t["max_pool2d padded edge"] = [](In in) {
        return max_pool2d(in[0], {.kernel = {3, 2}, .stride = Pair2d{2, 1}, .padding = 1});
    };
    t["flatten"] = [](In in) { return tanh(flatten(in[0])) * 2; };
    t["lenet"] = [](In in) {
        const Variable hidden = max_pool2d(tanh(conv2d(in[0], in[1], in[2], {.padding = 2})), {2});
        return mean(square(flatten(avg_pool2d(tanh(conv2d(hidden, in[3], in[4])), {2}))));
    };
    return t;
}
