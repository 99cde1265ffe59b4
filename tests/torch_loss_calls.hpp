// The calls of xgrad that stand beside PyTorch's for losses; labels, signs and weights are those of fixtures/loss_cases.py.
#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/nn/loss.hpp"

namespace torch_loss {
using namespace xgrad;
using Inputs = std::span<const Variable>;
using Calls = std::map<std::string, std::function<Variable(Inputs)>>;
using nn::Reduction;

inline Array made(DType dtype, const Shape& shape, const std::function<double(std::int64_t)>& f)
{
    Array result(DType::float64, shape);
    for (std::int64_t i = 0; i < result.size(); ++i) static_cast<double*>(result.mutable_data())[i] = f(i);
    return result.cast(dtype);
}
inline Array row(std::initializer_list<double> values)
{
    return made(DType::float64, {std::int64_t(values.size())},
                [&](std::int64_t i) { return values.begin()[i]; });
}
inline Array whole(std::initializer_list<double> values) { return row(values).cast(DType::int64); }

// +1, -1, -1, +1, ...: for y, or for its rows.
inline Array signs(Variable y, bool rows = false)
{
    const Shape shape(y.shape().begin(), y.shape().end() - (rows ? 1 : 0));
    return made(DType::float64, shape,
                [&](std::int64_t i) { return shape.empty() || (i * 2 + 1) % 3 % 2 != 0 ? 1. : -1.; });
}
inline Array weights(std::int64_t n)
{
    return made(DType::float64, {n}, [](std::int64_t i) { return 0.5 + 0.25 * double(i); });
}
inline std::int64_t last(Variable y) { return y.shape().back(); }
inline std::int64_t classes(Variable x) { return x.shape()[x.shape().size() > 1 ? 1 : 0]; }
inline Array labels(Variable x, std::optional<std::int64_t> left_out = {})
{
    Shape shape(x.shape().begin(), x.shape().end());
    shape.erase(shape.begin() + (shape.size() > 1));
    return made(DType::int64, shape, [&](std::int64_t i) {
        return double(left_out && i % 3 == 1 ? *left_out : (2 * i + 1) % classes(x));
    });
}

inline Calls calls()
{
    constexpr double inf = std::numeric_limits<double>::infinity();
    Calls t;
    const std::map<std::string, Reduction> reductions = {{"mean", Reduction::mean},
                                                         {"sum", Reduction::sum},
                                                         {"none", Reduction::none},
                                                         {"batchmean", Reduction::batchmean}};
    using Call = std::function<Variable(Inputs, Reduction)>;
    const auto add = [&](const std::string& name, const Call& call, bool batchmean = false) {
        for (const auto& [word, how] : reductions)
            if (how != Reduction::batchmean || batchmean)
                t[name + " " + word] = [call, how = how](Inputs x) { return call(x, how); };
    };
    add("mse_loss", [](Inputs x, Reduction r) { return nn::mse_loss(x[0], x[1], r); });
    add("l1_loss", [](Inputs x, Reduction r) { return nn::l1_loss(x[0], x[1], r); });
    add("smooth_l1_loss", [](Inputs x, Reduction r) { return nn::smooth_l1_loss(x[0], x[1], r); });
    add("smooth_l1_loss beta",
        [](Inputs x, Reduction r) { return nn::smooth_l1_loss(x[0], x[1], {.beta = 0.3, .reduction = r}); });
    add("huber_loss", [](Inputs x, Reduction r) { return nn::huber_loss(x[0], x[1], r); });
    add("huber_loss delta",
        [](Inputs x, Reduction r) { return nn::huber_loss(x[0], x[1], {.delta = 0.5, .reduction = r}); });
    add("binary_cross_entropy weight", [](Inputs x, Reduction r) {
        return nn::binary_cross_entropy(x[0], x[1], {.weight = weights(last(x[0])), .reduction = r});
    });
    add("binary_cross_entropy_with_logits weights", [](Inputs x, Reduction r) {
        const Array w = weights(last(x[0]));
        return nn::binary_cross_entropy_with_logits(
            x[0], x[1], {.weight = w, .pos_weight = 3. * w.value<double>(), .reduction = r});
    });
    add(
        "kl_div", [](Inputs x, Reduction r) { return nn::kl_div(x[0], x[1], r); }, true);
    add(
        "kl_div log",
        [](Inputs x, Reduction r) { return nn::KLDivLoss{.log_target = true, .reduction = r}(x[0], x[1]); },
        true);
    add("poisson_nll_loss", [](Inputs x, Reduction r) { return nn::poisson_nll_loss(x[0], x[1], r); });
    add("poisson_nll_loss full", [](Inputs x, Reduction r) {
        return nn::poisson_nll_loss(x[0], x[1], {.full = true, .reduction = r});
    });
    add("poisson_nll_loss rate", [](Inputs x, Reduction r) {
        return nn::poisson_nll_loss(x[0], x[1], {.log_input = false, .eps = 1e-3, .reduction = r});
    });
    add("multilabel_soft_margin_loss",
        [](Inputs x, Reduction r) { return nn::multilabel_soft_margin_loss(x[0], x[1], r); });
    add("multilabel_soft_margin_loss weight", [](Inputs x, Reduction r) {
        return nn::multilabel_soft_margin_loss(x[0], x[1], {.weight = weights(last(x[0])), .reduction = r});
    });
    add("gaussian_nll_loss",
        [](Inputs x, Reduction r) { return nn::gaussian_nll_loss(x[0], x[1], x[2], r); });
    add("gaussian_nll_loss full", [](Inputs x, Reduction r) {
        return nn::gaussian_nll_loss(x[0], x[1], x[2], {.full = true, .eps = 0.2, .reduction = r});
    });

    add("squared_hinge_loss",
        [](Inputs x, Reduction r) { return nn::squared_hinge_loss(x[0], signs(x[0]), r); });
    add("soft_margin_loss", [](Inputs x, Reduction r) { return nn::soft_margin_loss(x[0], signs(x[0]), r); });
    add("hinge_embedding_loss",
        [](Inputs x, Reduction r) { return nn::hinge_embedding_loss(x[0], signs(x[0]), r); });
    add("hinge_embedding_loss margin", [](Inputs x, Reduction r) {
        return nn::hinge_embedding_loss(x[0], signs(x[0]), {.margin = 0.4, .reduction = r});
    });
    add("margin_ranking_loss",
        [](Inputs x, Reduction r) { return nn::margin_ranking_loss(x[0], x[1], signs(x[0]), r); });
    add("margin_ranking_loss margin", [](Inputs x, Reduction r) {
        return nn::margin_ranking_loss(x[0], x[1], signs(x[0]), {.margin = 0.7, .reduction = r});
    });

    add("triplet_margin_loss",
        [](Inputs x, Reduction r) { return nn::triplet_margin_loss(x[0], x[1], x[2], r); });
    add("triplet_margin_loss p1", [](Inputs x, Reduction r) {
        return nn::triplet_margin_loss(x[0], x[1], x[2], {.margin = 2, .p = 1, .reduction = r});
    });
    add("triplet_margin_loss swap", [](Inputs x, Reduction r) {
        return nn::triplet_margin_loss(x[0], x[1], x[2],
                                       {.margin = 0.5, .p = 3, .eps = 1e-3, .swap = true, .reduction = r});
    });
    add("triplet_margin_loss inf", [](Inputs x, Reduction r) {
        return nn::triplet_margin_loss(x[0], x[1], x[2], {.p = inf, .reduction = r});
    });
    add("cosine_embedding_loss",
        [](Inputs x, Reduction r) { return nn::cosine_embedding_loss(x[0], x[1], signs(x[0], true), r); });
    add("cosine_embedding_loss margin", [](Inputs x, Reduction r) {
        return nn::cosine_embedding_loss(x[0], x[1], signs(x[0], true), {.margin = -0.4, .reduction = r});
    });

    add("cross_entropy", [](Inputs x, Reduction r) { return nn::cross_entropy(x[0], labels(x[0]), r); });
    add("cross_entropy left out",
        [](Inputs x, Reduction r) { return nn::cross_entropy(x[0], labels(x[0], -100), r); });
    add("cross_entropy ignore", [](Inputs x, Reduction r) {
        return nn::cross_entropy(x[0], labels(x[0], 0), {.ignore_index = 0, .reduction = r});
    });
    add("cross_entropy weight", [](Inputs x, Reduction r) {
        return nn::cross_entropy(x[0], labels(x[0]), {.weight = weights(classes(x[0])), .reduction = r});
    });
    add("cross_entropy smooth", [](Inputs x, Reduction r) {
        return nn::cross_entropy(x[0], labels(x[0]), {.label_smoothing = 0.1, .reduction = r});
    });
    add("cross_entropy all", [](Inputs x, Reduction r) {
        return nn::cross_entropy(
            x[0], labels(x[0], 0),
            {.weight = weights(classes(x[0])), .label_smoothing = 0.3, .ignore_index = 0, .reduction = r});
    });
    add("cross_entropy soft", [](Inputs x, Reduction r) { return nn::cross_entropy(x[0], x[1], r); });
    add("cross_entropy soft all", [](Inputs x, Reduction r) {
        return nn::cross_entropy(x[0], x[1],
                                 {.weight = weights(classes(x[0])), .label_smoothing = 0.3, .reduction = r});
    });
    add("nll_loss", [](Inputs x, Reduction r) { return nn::nll_loss(sin(x[0]), labels(x[0]), r); });
    add("nll_loss all", [](Inputs x, Reduction r) {
        return nn::nll_loss(sin(x[0]), labels(x[0], -7),
                            {.weight = weights(classes(x[0])), .ignore_index = -7, .reduction = r});
    });
    add("multi_margin_loss",
        [](Inputs x, Reduction r) { return nn::multi_margin_loss(x[0], labels(x[0]), r); });
    add("multi_margin_loss all", [](Inputs x, Reduction r) {
        return nn::multi_margin_loss(
            x[0], labels(x[0]), {.p = 2, .margin = 0.6, .weight = weights(classes(x[0])), .reduction = r});
    });
    add("multi_margin_loss squares", [](Inputs x, Reduction r) {
        return nn::multi_margin_loss(x[0], labels(x[0]), {.p = 2, .reduction = r});
    });

    constexpr Reduction none = Reduction::none;
    const auto zero = [](Variable y) { return zeros_like(y); };
    const auto smooth = [=](Inputs x) {
        return nn::smooth_l1_loss(x[0], zero(x[0]), {.beta = 0.5, .reduction = none});
    };
    const auto huber = [=](Inputs x) {
        return nn::huber_loss(x[0], zero(x[0]), {.delta = 0.5, .reduction = none});
    };
    t.insert({
        {"mse_loss edge", [=](Inputs x) { return nn::mse_loss(x[0], zero(x[0]), none); }},
        {"l1_loss edge", [=](Inputs x) { return nn::l1_loss(x[0], zero(x[0]), none); }},
        {"smooth_l1_loss edge", smooth},
        {"smooth_l1_loss corner", smooth},
        {"huber_loss edge", huber},
        {"huber_loss corner", huber},
        {"hinge_embedding_loss edge",
         [](Inputs x) {
             return nn::hinge_embedding_loss(x[0], row({1, -1, -1, -1, -1, -1, -1, 1}),
                                             {.margin = 0.5, .reduction = none});
         }},
        {"margin_ranking_loss edge",
         [=](Inputs x) {
             return nn::margin_ranking_loss(x[0], zero(x[0]), row({1, 1, -1, -1, 1, -1}),
                                            {.margin = 1, .reduction = none});
         }},
        {"multi_margin_loss edge",
         [](Inputs x) {
             return nn::multi_margin_loss(x[0], whole({0, 1, 0, 2}), none);
         }},
        {"cosine_embedding_loss edge",
         [](Inputs x) {
             return nn::cosine_embedding_loss(x[0], x[1], row({1, -1, -1, 1, -1}), none);
         }},
        {"triplet_margin_loss edge",
         [](Inputs x) { return nn::triplet_margin_loss(x[0], x[1], x[2], {.eps = 0, .reduction = none}); }},
        {"triplet_margin_loss swap edge",
         [](Inputs x) {
             return nn::triplet_margin_loss(x[0], x[1], x[2], {.eps = 0, .swap = true, .reduction = none});
         }},
        {"kl_div edge",
         [](Inputs x) {
             return nn::kl_div(x[0], row({0, 0.5, 1, 0.5, 1, 0}), none);
         }},
        {"kl_div log edge",
         [](Inputs x) {
             return nn::kl_div(x[0], row({-1e3, -0.5, -inf, 0}), {.log_target = true, .reduction = none});
         }},
        {"poisson_nll_loss edge",
         [](Inputs x) {
             return nn::poisson_nll_loss(x[0], row({0, 1, 1.5, 2, 0}), {.full = true, .reduction = none});
         }},
        {"poisson_nll_loss rate edge",
         [](Inputs x) {
             return nn::poisson_nll_loss(x[0], row({0, 1, 2}), {.log_input = false, .reduction = none});
         }},
        {"gaussian_nll_loss edge",
         [](Inputs x) {
             return nn::gaussian_nll_loss(x[0], row({1, 0.5, 0, 0}), x[1], {.eps = 1e-3, .reduction = none});
         }},
        {"soft_margin_loss edge",
         [](Inputs x) {
             return nn::soft_margin_loss(x[0], row({1, -1, 1, -1}), none);
         }},
        {"binary_cross_entropy_with_logits pos_weight edge",
         [](Inputs x) {
             return nn::binary_cross_entropy_with_logits(x[0], row({1, 0.5, 1, 0, 0.3}),
                                                         {.pos_weight = 3, .reduction = none});
         }},
        {"cross_entropy nothing counts",
         [](Inputs x) {
             return nn::cross_entropy(x[0], whole({-100, -100}));
         }},
        {"cross_entropy all nothing counts",
         [](Inputs x) {
             return nn::cross_entropy(x[0], whole({-100, -100}),
                                      {.weight = row({1, 2}), .label_smoothing = 0.1});
         }},
        {"cross_entropy far",
         [](Inputs x) {
             return nn::cross_entropy(x[0], whole({1, 0}),
                                      {.weight = row({1, 2}), .label_smoothing = 0.1, .reduction = none});
         }},
    });
    return t;
}

}  // namespace torch_loss
