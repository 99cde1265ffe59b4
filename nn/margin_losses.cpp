// Losses that ask for a margin: what they refuse, and their reductions.
#include "xgrad/nn/margin_losses.hpp"

#include "autodiff/ops/compose.hpp"
#include "nn/loss_checks.hpp"

namespace xgrad::nn {
using namespace detail;
using xgrad::detail::compose;

Variable SquaredHingeLoss::compute(Variable y, Variable t) const
{
    check_reduction(name, reduction, y);
    check_alike(name, y, t);
    t = require(t, Requirement::squared_hinge_labels);
    return reduce(name, squared_hinge_loss_elementwise(y, t), reduction);
}

Variable SoftMarginLoss::compute(Variable y, Variable t) const
{
    check_reduction(name, reduction, y);
    check_alike(name, y, t);
    t = require(t, Requirement::soft_margin_labels);
    return reduce(name, soft_margin_loss_elementwise(y, t), reduction);
}

Variable HingeEmbeddingLoss::compute(Variable y, Variable t) const
{
    check_reduction(name, reduction, y);
    check_alike(name, y, t);
    t = require(t, Requirement::hinge_embedding_labels);
    return reduce(name, hinge_embedding_loss_elementwise(y, t, margin), reduction);
}

Variable MarginRankingLoss::compute(Variable x1, Variable x2, Variable t) const
{
    check_reduction(name, reduction, x1);
    check_alike(name, {"values x1", x1}, {"values x2", x2});
    check_alike(name, {"values x1", x1}, {"labels", t});
    t = require(t, Requirement::ranking_labels);
    return reduce(name, margin_ranking_loss_elementwise(x1, x2, t, margin), reduction);
}

Variable TripletMarginLoss::compute(Variable anchor, Variable positive, Variable negative) const
{
    check_reduction(name, reduction, anchor);
    return reduce(name,
                  triplet_margin_loss_rows(anchor, positive, negative,
                                           {.margin = margin, .p = p, .eps = eps, .swap = swap}),
                  reduction);
}

Variable CosineEmbeddingLoss::compute(Variable x1, Variable x2, Variable t) const
{
    check_reduction(name, reduction, x1);
    return compose(name, x1, [&] {
        if (is_floating(t.dtype())) t = require(t, Requirement::cosine_labels);
        return reduce(name, cosine_embedding_loss_rows(x1, x2, t, margin), reduction);
    });
}

}  // namespace xgrad::nn
