// The calls of xgrad that stand beside PyTorch's for rearranging, indexing, cumulative ops and einsum.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "xgrad/autodiff/ops.hpp"

namespace torch_core_arrays {
using namespace xgrad;
using Inputs = std::span<const Variable>;
using Calls = std::map<std::string, std::function<Variable(Inputs)>>;

inline Calls calls()
{
    constexpr double inf = std::numeric_limits<double>::infinity();
    const auto picked = [](Variable like) {
        return like.tape().constant(xt::xarray<std::int64_t>{2, 0, 0, 3});
    };
    const auto places = [](Variable like) {
        return like.tape().constant(xt::xarray<std::int64_t>{{{1, 0, 1}, {2, 2, 0}}, {{0, 0, 0}, {3, 1, 2}}});
    };
    const std::map<std::string, std::function<Variable(Variable)>> one = {
        {"cumsum", [](Variable x) { return cumsum(x, 1); }},
        {"cumsum flat", [](Variable x) { return cumsum(x); }},
        {"cumprod", [](Variable x) { return cumprod(x, -2); }},
        {"cumprod 0", [](Variable x) { return cumprod(x, 0); }},
        {"prod", [](Variable x) { return prod(x); }},
        {"prod 1", [](Variable x) { return prod(x, {1}); }},
        {"prod 0 kept", [](Variable x) { return prod(x, {0}, true); }},
        {"prod 0 2",
         [](Variable x) {
             return prod(x, {-1, 0});
         }},
        {"var", [](Variable x) { return var(x); }},
        {"var 1", [](Variable x) { return var(x, 1, {.ddof = 1}); }},
        {"var 0 2",
         [](Variable x) {
             return var(x, {0, 2}, {.keepdims = true});
         }},
        {"std", [](Variable x) { return stddev(x); }},
        {"std 1", [](Variable x) { return xgrad::std(x, {1}, {.ddof = 1}); }},
        {"norm", [](Variable x) { return norm(x); }},
        {"norm 1", [](Variable x) { return norm(x, 1); }},
        {"norm 3", [](Variable x) { return norm(x, 3, {1}); }},
        {"norm inf", [](Variable x) { return norm(x, inf, {0}, true); }},
        {"norm 2 axes",
         [](Variable x) {
             return norm(x, 2, {0, 2});
         }},
        {"index_select", [=](Variable x) { return index_select(x, 1, picked(x)); }},
        {"index_add",
         [=](Variable x) {
             return index_add(full(x, {2, 5}, 0), 1, picked(x), x);
         }},
        {"gather", [=](Variable x) { return gather(x, 1, places(x)); }},
        {"scatter_add",
         [=](Variable x) {
             return scatter_add(full(x, {2, 4, 3}, 1), 1, places(x), x);
         }},
        {"sort", [](Variable x) { return sort(x, 0); }},
        {"sort down", [](Variable x) { return sort(x, -1, true); }},
        {"topk", [](Variable x) { return topk(x, 2, 1).values; }},
        {"topk least", [](Variable x) { return topk(x, 3, 0, false).values; }},
        {"median", [](Variable x) { return median(x); }},
        {"median 1", [](Variable x) { return median(x, 1); }},
        {"squeeze", [](Variable x) { return squeeze(x); }},
        {"unsqueeze", [](Variable x) { return unsqueeze(x, -2); }},
        {"flip",
         [](Variable x) {
             return flip(x, {0, 2});
         }},
        {"roll", [](Variable x) { return roll(x, 2, 1); }},
        {"roll flat", [](Variable x) { return roll(x, -4); }},
        {"repeat", [](Variable x) { return repeat(x, 3, 1); }},
        {"tile",
         [](Variable x) {
             return tile(x, {2, 1, 3});
         }},
        {"pad",
         [](Variable x) {
             return pad(x, {{0, 3}, {1, 2}}, Padding::constant, 0.5);
         }},
        {"pad reflect",
         [](Variable x) {
             return pad(x, {{0, 0}, {0, 0}, {2, 1}}, Padding::reflect);
         }},
        {"pad edge",
         [](Variable x) {
             return pad(x, {{0, 0}, {0, 0}, {2, 1}}, Padding::edge);
         }},
        {"tril", [](Variable x) { return tril(x, -1); }},
        {"triu", [](Variable x) { return triu(x, 1); }},
        {"diagonal", [](Variable x) { return diagonal(x, 1); }},
        {"diagonal axes", [](Variable x) { return diagonal(x, -1, 2, 0); }},
        {"trace", [](Variable x) { return trace(x); }},
        {"argmin", [](Variable x) { return cast(argmin(x, 1), DType::float64) + sum(x) * 0; }},
    };
    Calls all;
    for (const auto& [name, f] : one) all[name] = [f = f](Inputs x) { return exp(f(x[0]) / 4); };
    for (const char* name : {"cumprod", "prod 1", "prod", "norm"})
        all[std::string(name) + " zeros"] = [f = one.at(name)](Inputs x) { return f(x[0]); };
    all["cumprod zeros"] = [](Inputs x) { return cumprod(x[0], 1); };
    all["std zero"] = [](Inputs x) { return stddev(x[0], {.ddof = 1}); };
    all["norm of zeros"] = [](Inputs x) { return norm(x[0]); };
    using Several = Variable (*)(Inputs);
    for (const auto& [name, f] : std::map<std::string, Several>{
             {"outer", [](Inputs x) { return outer(x[0], x[1]); }},
             {"dot", [](Inputs x) { return dot(x[0], x[1]); }},
             {"dot matrices", [](Inputs x) { return dot(x[0], x[1]); }},
             {"dot further", [](Inputs x) { return dot(x[0], x[1]); }},
             {"cross", [](Inputs x) { return cross(x[0], x[1]); }},
             {"einsum product", [](Inputs x) { return einsum("ij,jk->ik", x); }},
             {"einsum batch", [](Inputs x) { return einsum("bij,bkj->bik", x); }},
             {"einsum implied", [](Inputs x) { return einsum("ba,cb", x); }},
             {"einsum dots", [](Inputs x) { return einsum("...i,ij->...j", x); }},
             {"einsum outer", [](Inputs x) { return einsum("i,j->ji", x); }},
             {"einsum bilinear", [](Inputs x) { return einsum("ni,ijk,nj->nk", x); }},
             {"einsum diagonal", [](Inputs x) { return einsum("iij->ij", x); }},
             {"einsum trace", [](Inputs x) { return einsum("ii", x); }},
             {"einsum sums", [](Inputs x) { return einsum("ij,kl->k", x); }}})
        all[name] = [f = f](Inputs x) { return exp(f(x) / 4); };
    return all;
}

}  // namespace torch_core_arrays
