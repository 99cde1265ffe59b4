// The calls of xgrad that stand beside PyTorch's for every function of arrays, on arrays of several shapes.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "xgrad/autodiff/ops.hpp"

namespace torch_arrays {
using namespace xgrad;
using Inputs = std::span<const Variable>;
using Call = Variable (*)(Inputs);
using Calls = std::map<std::string, std::function<Variable(Inputs)>>;

inline Variable number(Variable x) { return cast(x, DType::float64); }
inline Variable whole(Variable x) { return cast(x, DType::int64); }
inline std::int64_t count(Variable x) { return std::max<std::int64_t>(1, x.size()); }
inline Axes reversed_axes(Variable x)
{
    Axes axes;
    for (std::size_t k = x.shape().size(); k-- > 0;) axes.push_back(static_cast<std::int64_t>(k));
    return axes;
}

// As they are.
inline const std::map<std::string, Call>& plain()
{
    static const std::map<std::string, Call> table = {
        {"sin", [](Inputs x) { return sin(x[0]); }},
        {"cos", [](Inputs x) { return cos(x[0]); }},
        {"exp2", [](Inputs x) { return exp2(x[0]); }},
        {"cbrt", [](Inputs x) { return cbrt(x[0]); }},
        {"gelu_tanh", [](Inputs x) { return gelu(x[0], Approximate::tanh); }},
        {"isru", [](Inputs x) { return isru(x[0], 0.75); }},
        {"isrlu", [](Inputs x) { return isrlu(x[0], 0.75); }},
        {"elish", [](Inputs x) { return elish(x[0]); }},
        {"sqnl", [](Inputs x) { return sqnl(x[0]); }},
        {"cosine_squasher", [](Inputs x) { return cosine_squasher(x[0]); }},
        {"bent_identity", [](Inputs x) { return bent_identity(x[0]); }},
        {"gaussian", [](Inputs x) { return gaussian(x[0]); }},
        {"sinc", [](Inputs x) { return sinc(x[0]); }},
        {"ramp", [](Inputs x) { return ramp(x[0]); }},
        {"heaviside", [](Inputs x) { return heaviside(x[0], 0.5); }},
        {"nan_to_num given", [](Inputs x) { return nan_to_num(x[0], 7, 8, -9); }},
        {"cast", [](Inputs x) { return number(whole(x[0])) * x[0]; }},
        {"remainder", [](Inputs x) { return remainder(x[0], x[1]); }},
        {"floor_divide", [](Inputs x) { return floor_divide(x[0], x[1]); }},
        {"logical_and", [](Inputs x) { return number(logical_and(x[0] > 0, x[1] > 0)); }},
        {"logical_or", [](Inputs x) { return number(logical_or(x[0] > 0, x[1] > 0)); }},
        {"logical_xor", [](Inputs x) { return number(logical_xor(x[0] > 0, x[1] > 0)); }},
        {"logical_not", [](Inputs x) { return number(logical_not(x[0] > 0)); }},
        {"argmax kept", [](Inputs x) { return number(argmax(x[0], -1, true)); }},
        {"argmin kept", [](Inputs x) { return number(argmin(x[0], 0, true)); }},
        {"argmin all", [](Inputs x) { return number(argmin(x[0])); }},
        {"any", [](Inputs x) { return number(any(x[0] > 1, 1)); }},
        {"all", [](Inputs x) { return number(all(x[0] > -1, 0, true)); }},
        {"any edge", [](Inputs x) { return number(any(x[0])); }},
        {"all edge", [](Inputs x) { return number(all(x[0])); }},
        {"count_nonzero",
         [](Inputs x) {
             return number(count_nonzero(trunc(x[0]), {0, 1}));
         }},
        {"logsumexp axes",
         [](Inputs x) {
             return logsumexp(x[0], {0, -1}, true);
         }},
        {"median axes",
         [](Inputs x) {
             return median(x[0], x[0].shape().size() == 2 ? Axes{1} : Axes{1, -1});
         }},
        {"prod axes",
         [](Inputs x) {
             return prod(x[0], {0, -1});
         }},
        {"linear_scan", [](Inputs x) { return linear_scan(x[0], x[1]); }},
        {"eigvalsh", [](Inputs x) { return eigvalsh(x[0] + swapaxes(x[0], -1, -2)); }},
        {"argsort", [](Inputs x) { return number(argsort(x[0], -1, true)); }},
        {"sort edge", [](Inputs x) { return sort(x[0]); }},
        {"one_hot", [](Inputs x) { return one_hot(whole(x[0]), 3, DType::float64); }},
    };
    return table;
}

// Linear functions: y (y + 1) of their values y, so that they have second derivatives.
inline const std::map<std::string, Call>& linear_ones()
{
    static const std::map<std::string, Call> table = {
        {"clip", [](Inputs x) { return clip(x[0], -1, 0.5); }},
        {"nan_to_num", [](Inputs x) { return nan_to_num(x[0]); }},
        {"max axes",
         [](Inputs x) {
             return max(x[0], {0, -1}, true);
         }},
        {"min axes",
         [](Inputs x) {
             return min(x[0], {0, 1});
         }},
        {"median even", [](Inputs x) { return median(x[0], 1); }},
        {"diff", [](Inputs x) { return diff(x[0]); }},
        {"diff twice", [](Inputs x) { return diff(x[0], 2, 0); }},
        {"reshape rows",
         [](Inputs x) {
             return reshape(x[0], {2, -1});
         }},
        {"ravel", [](Inputs x) { return ravel(x[0]); }},
        {"flatten all", [](Inputs x) { return flatten(x[0], 0, 1); }},
        {"permute last first",
         [](Inputs x) {
             Axes order = reversed_axes(x[0]);
             std::reverse(order.begin() + 1, order.end());
             return permute(x[0], order);
         }},
        {"transpose all", [](Inputs x) { return transpose(x[0]); }},
        {"transpose order",
         [](Inputs x) {
             return transpose(x[0], {1, 0, -1});
         }},
        {"swapaxes", [](Inputs x) { return swapaxes(x[0], 0, -1); }},
        {"moveaxis", [](Inputs x) { return moveaxis(x[0], 0, -1); }},
        {"moveaxis two",
         [](Inputs x) {
             return moveaxis(x[0], {0, -1}, {1, 0});
         }},
        {"broadcast_to more",
         [](Inputs x) {
             Shape shape(x[0].shape().begin(), x[0].shape().end());
             shape.insert(shape.begin(), 2);
             return broadcast_to(x[0], shape);
         }},
        {"sum_to", [](Inputs x) { return sum_to(x[0], {x[0].shape().back()}); }},
        {"slice steps",
         [](Inputs x) {
             return slice(x[0], {{-1, 0, -2}});
         }},
        {"concat two",
         [](Inputs x) {
             return concat({x[0], x[1]}, -1);
         }},
        {"concatenate",
         [](Inputs x) {
             return concatenate({x[0], x[1]});
         }},
        {"stack last",
         [](Inputs x) {
             return stack({x[0], x[1]}, -1);
         }},
        {"split parts",
         [](Inputs x) {
             const std::vector<Variable> part = split(x[0], 2);
             return concat({part[1], part[0]});
         }},
        {"split at",
         [](Inputs x) {
             return split(x[0], {1, 2}, -1)[2];
         }},
        {"squeeze last", [](Inputs x) { return squeeze(x[0], -1); }},
        {"unsqueeze two",
         [](Inputs x) {
             return unsqueeze(x[0], {0, -1});
         }},
        {"expand_dims", [](Inputs x) { return expand_dims(x[0], -1); }},
        {"flip all", [](Inputs x) { return flip(x[0]); }},
        {"roll axes",
         [](Inputs x) {
             return roll(x[0], {1, -1}, {0, 1});
         }},
        {"repeat all", [](Inputs x) { return repeat(x[0], 2); }},
        {"repeat last", [](Inputs x) { return repeat(x[0], 2, -1); }},
        {"tile last", [](Inputs x) { return tile(x[0], 2); }},
        {"pad one", [](Inputs x) { return pad(x[0], 1, Padding::constant, 0.5); }},
        {"pad edges",
         [](Inputs x) {
             std::vector<std::pair<std::int64_t, std::int64_t>> widths(x[0].shape().size());
             widths[0] = {1, 1};
             return pad(x[0], widths, Padding::edge);
         }},
        {"pad mirror",
         [](Inputs x) {
             std::vector<std::pair<std::int64_t, std::int64_t>> widths(x[0].shape().size());
             widths[0] = {1, 3};
             return pad(x[0], widths, Padding::reflect);
         }},
        {"diag", [](Inputs x) { return diag(x[0]); }},
        {"diag up", [](Inputs x) { return diag(x[0], 1); }},
        {"diag down", [](Inputs x) { return diag(x[0], -2); }},
        {"linear", [](Inputs x) { return linear(x[0], x[1], x[2]); }},
        {"linear only", [](Inputs x) { return linear(x[0], x[1]); }},
        {"outer flat", [](Inputs x) { return outer(x[0], x[1]); }},
        {"dot any", [](Inputs x) { return dot(x[0], x[1]); }},
        {"vdot", [](Inputs x) { return vdot(x[0], x[1]); }},
        {"inner", [](Inputs x) { return inner(x[0], x[1]); }},
        {"kron", [](Inputs x) { return kron(x[0], x[1]); }},
        {"index_select at", [](Inputs x) { return index_select(x[0], 0, whole(x[1])); }},
        {"index_add at", [](Inputs x) { return index_add(x[0], 0, whole(x[1]), x[2]); }},
        {"embedding at", [](Inputs x) { return embedding(whole(x[0]), x[1]); }},
        {"gather at", [](Inputs x) { return gather(x[0], 0, whole(x[1])); }},
        {"scatter_add at", [](Inputs x) { return scatter_add(x[0], 0, whole(x[1]), x[2]); }},
        {"take_along_axis", [](Inputs x) { return take_along_axis(x[0], whole(x[1]), 0); }},
        {"take_along_axis broadcast", [](Inputs x) { return take_along_axis(x[0], whole(x[1]), 1); }},
        {"take", [](Inputs x) { return take(x[0], whole(x[1]), x[0].shape().size() > 1 ? 1 : 0); }},
        {"take flat", [](Inputs x) { return take(x[0], whole(x[1])); }},
        {"topk last", [](Inputs x) { return topk(x[0], 2, 0).values; }},
        {"maxout", [](Inputs x) { return maxout(x[0], 2); }},
    };
    return table;
}

// New arrays in shapes that x gives, times its sum.
inline const std::map<std::string, Call>& creations()
{
    static const std::map<std::string, Call> table = {
        {"full",
         [](Inputs x) {
             return full(x[0], {count(x[0]), 2}, 1.5);
         }},
        {"full_like", [](Inputs x) { return full_like(x[0], 2.5); }},
        {"zeros_like", [](Inputs x) { return zeros_like(x[0]); }},
        {"ones_like", [](Inputs x) { return ones_like(x[0]); }},
        {"zeros", [](Inputs x) { return zeros(x[0], {count(x[0])}); }},
        {"ones",
         [](Inputs x) {
             return ones(x[0], {2, count(x[0])});
         }},
        {"arange", [](Inputs x) { return number(arange(x[0], count(x[0]))); }},
        {"arange steps",
         [](Inputs x) { return arange(x[0], 1, static_cast<double>(count(x[0])) + 1.25, 0.5); }},
        {"eye", [](Inputs x) { return eye(x[0], count(x[0])); }},
        {"eye columns", [](Inputs x) { return eye(x[0], count(x[0]), count(x[0]) + 1); }},
        {"linspace", [](Inputs x) { return linspace(x[0], -1, 2, count(x[0]) + 1); }},
    };
    return table;
}

inline Calls calls()
{
    Calls all;
    for (const auto& [name, f] : plain()) all[name] = f;
    for (const auto& [name, f] : linear_ones())
        all[name] = [f = f](Inputs x) {
            const Variable y = f(x);
            return y * (y + 1);
        };
    for (const auto& [name, f] : creations()) all[name] = [f = f](Inputs x) { return f(x) * sum(x[0]); };
    for (const char* name : {"sin", "cos", "exp2", "heaviside", "nan_to_num given", "cbrt", "remainder"})
        all[std::string(name) + " edge"] = all[name];
    for (const char* name : {"sin", "cos", "exp2", "gelu_tanh", "isru", "isrlu", "elish", "sqnl",
                             "cosine_squasher", "bent_identity", "gaussian", "sinc", "ramp", "heaviside",
                             "clip", "nan_to_num", "nan_to_num given", "cast"})
        all[std::string(name) + " kinks"] = all[name];
    return all;
}

}  // namespace torch_arrays
