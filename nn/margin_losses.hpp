// Losses that ask for a margin: of two classes, of pairs and of triples. Functions and structs of options that are
// callable, as in xgrad/nn/regression_losses.hpp; what all have in common stands in xgrad/nn/loss.hpp.
#pragma once

#include "xgrad/nn/loss_options.hpp"

namespace xgrad::nn {

/// max(1 - t y, 0)^2 for labels t in {-1, +1}.
struct SquaredHingeLoss {
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "squared_hinge_loss";
    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return compute(y, xgrad::detail::lift(y, t));
    }
    Variable compute(Variable y, Variable t) const;
};
/// SquaredHingeLoss as a function: squared_hinge_loss(y, t).
inline constexpr LossOf<SquaredHingeLoss> squared_hinge_loss;

/// ln(1 + e^(-t y)) for labels t in {-1, +1}: logistic_loss by PyTorch's name. Does not overflow.
struct SoftMarginLoss {
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "soft_margin_loss";
    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return compute(y, xgrad::detail::lift(y, t));
    }
    Variable compute(Variable y, Variable t) const;
};
/// SoftMarginLoss as a function: soft_margin_loss(y, t), which is logistic_loss.
inline constexpr LossOf<SoftMarginLoss> soft_margin_loss;

/// y for the label +1, max(margin - y, 0) for -1, where y is a distance.
struct HingeEmbeddingLoss {
    double margin = 1;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "hinge_embedding_loss";
    template <operand T>
    Variable operator()(Variable y, const T& t) const
    {
        return compute(y, xgrad::detail::lift(y, t));
    }
    Variable compute(Variable y, Variable t) const;
};
/// HingeEmbeddingLoss as a function: hinge_embedding_loss(y, t, {.margin = 2}).
inline constexpr LossOf<HingeEmbeddingLoss> hinge_embedding_loss;

/// max(margin - t (x1 - x2), 0), called with (x1, x2, t): x1 should be the larger one for the label +1, x2 for -1.
struct MarginRankingLoss {
    double margin = 0;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "margin_ranking_loss";
    template <operand A, operand T>
    Variable operator()(Variable x1, const A& x2, const T& t) const
    {
        return compute(x1, xgrad::detail::lift(x1, x2), xgrad::detail::lift(x1, t));
    }
    Variable compute(Variable x1, Variable x2, Variable t) const;
};
/// MarginRankingLoss as a function: margin_ranking_loss(x1, x2, t, {.margin = 0.5}).
inline constexpr TripleLossOf<MarginRankingLoss> margin_ranking_loss;

/// max(d(anchor, positive) - d(anchor, negative) + margin, 0) with d(a, b) = |a - b + eps|_p, for arrays [n, d] of one
/// shape (or [d], or with more axes in front); the losses have the shape [n]. `swap` takes d(positive, negative) instead of
/// d(anchor, negative) where it is the smaller one. @throws ValueError unless p > 0.
struct TripletMarginLoss {
    double margin = 1;
    double p = 2;
    double eps = 1e-6;
    bool swap = false;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "triplet_margin_loss";
    template <operand A, operand B>
    Variable operator()(Variable anchor, const A& positive, const B& negative) const
    {
        return compute(anchor, xgrad::detail::lift(anchor, positive), xgrad::detail::lift(anchor, negative));
    }
    Variable compute(Variable anchor, Variable positive, Variable negative) const;
};
/// TripletMarginLoss as a function: triplet_margin_loss(anchor, positive, negative, {.margin = 0.5}).
inline constexpr TripleLossOf<TripletMarginLoss> triplet_margin_loss;

/// 1 - c for the label +1, max(c - margin, 0) for -1, with the cosine c of x1 and x2, called with (x1, x2, t) of the shapes
/// [n, d], [n, d] and [n] (or [d], [d] and []).
struct CosineEmbeddingLoss {
    double margin = 0;
    Reduction reduction = Reduction::mean;

    static constexpr const char* name = "cosine_embedding_loss";
    template <operand A, operand T>
    Variable operator()(Variable x1, const A& x2, const T& t) const
    {
        return compute(x1, xgrad::detail::lift(x1, x2), xgrad::detail::lift(x1, t));
    }
    Variable compute(Variable x1, Variable x2, Variable t) const;
};
/// CosineEmbeddingLoss as a function: cosine_embedding_loss(x1, x2, t, {.margin = 0.5}).
inline constexpr TripleLossOf<CosineEmbeddingLoss> cosine_embedding_loss;

}  // namespace xgrad::nn
