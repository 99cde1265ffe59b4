// What losses are made of: the loss of each element or row, without a mean. See also nn_losses.cpp.
#include <cmath>

#include "shown.hpp"
using namespace xgrad;

namespace {

void regression(Tape& tape)
{
    {
        //! [mse_loss_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{1., 5.});
        const Variable t = tape.variable(xt::xarray<double>{1., 2.});
        show(mse_loss_elementwise(y, t));  // [0, 9]
        //! [mse_loss_elementwise]
    }
    {
        //! [l1_loss_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{1., 5.});
        const Variable t = tape.variable(xt::xarray<double>{1., 2.});
        show(l1_loss_elementwise(y, t));                // [0, 3]
        show(grad(sum(l1_loss_elementwise(y, t)), y));  // [0, 1]  (0 at the kink)
        //! [l1_loss_elementwise]
    }
    {
        //! [smooth_l1_loss_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{1., 3.}), t = zeros_like(y);
        show(smooth_l1_loss_elementwise(y, t, 2));
        // [0.25, 2]  (y^2 / (2 beta) below beta, then |y| - beta / 2)
        //! [smooth_l1_loss_elementwise]
    }
    {
        //! [huber_loss_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{1., 3.}), t = zeros_like(y);
        show(huber_loss_elementwise(y, t, 2));
        // [0.5, 4]  (y^2 / 2 below delta, then delta (|y| - delta / 2))
        show(grad(sum(huber_loss_elementwise(y, t, 2)), y));  // [1, 2]  (never over delta)
        //! [huber_loss_elementwise]
    }
    {
        //! [kl_div_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{std::log(0.5), std::log(0.5)});
        const Variable t = tape.variable(xt::xarray<double>{1., 0.});
        show(kl_div_elementwise(y, t));  // [0.6931, 0]  (t (ln t - y); 0 where t is)
        //! [kl_div_elementwise]
    }
    {
        //! [poisson_nll_loss_elementwise, PoissonOptions]
        const Variable y = tape.variable(xt::xarray<double>{0.0}), t = tape.variable(xt::xarray<double>{3.0});
        show(poisson_nll_loss_elementwise(y, t));                             // [1]  (e^y - t y)
        show(poisson_nll_loss_elementwise(exp(y), t, {.log_input = false}));  // [1]  (y - t ln y)
        //! [poisson_nll_loss_elementwise, PoissonOptions]
    }
    {
        //! [gaussian_nll_loss_elementwise, GaussianOptions]
        const Variable y = tape.variable(2.), t = tape.variable(0.), var = tape.variable(1.);
        show(gaussian_nll_loss_elementwise(y, t, var));                  // 2  ((ln 1 + 4 / 1) / 2)
        show(gaussian_nll_loss_elementwise(y, t, var, {.full = true}));  // 2.919  (with ln(2 pi) / 2)
        //! [gaussian_nll_loss_elementwise, GaussianOptions]
    }
}

void margins(Tape& tape)
{
    {
        //! [logistic_loss_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{0., -1000.}), t = ones_like(y);
        show(logistic_loss_elementwise(y, t));  // [0.6931, 1000]  (ln(1 + e^(-t y)))
        //! [logistic_loss_elementwise]
    }
    {
        //! [soft_margin_loss_elementwise]
        const Variable y = tape.variable(0.), t = tape.variable(-1.);
        show(soft_margin_loss_elementwise(y, t));  // 0.6931  (the same by PyTorch's name)
        //! [soft_margin_loss_elementwise]
    }
    {
        //! [hinge_loss_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{-1., 1., 3.}), t = ones_like(y);
        show(hinge_loss_elementwise(y, t));                // [2, 0, 0]
        show(grad(sum(hinge_loss_elementwise(y, t)), y));  // [-1, 0, 0]  (0 at the kink)
        //! [hinge_loss_elementwise]
    }
    {
        //! [squared_hinge_loss_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{-1., 1.}), t = ones_like(y);
        show(squared_hinge_loss_elementwise(y, t));  // [4, 0]
        //! [squared_hinge_loss_elementwise]
    }
    {
        //! [hinge_embedding_loss_elementwise]
        const Variable y = tape.variable(xt::xarray<double>{0.2, 0.2});
        const Variable t = tape.variable(xt::xarray<double>{1., -1.});
        show(hinge_embedding_loss_elementwise(y, t));
        // [0.2, 0.8]  (a distance: small is good for 1, bad for -1)
        //! [hinge_embedding_loss_elementwise]
    }
    {
        //! [margin_ranking_loss_elementwise]
        const Variable x1 = tape.variable(2.), x2 = tape.variable(1.);
        show(margin_ranking_loss_elementwise(x1, x2, tape.constant(1.)));
        // 0  (x1 is the larger one, as t = 1 says)
        show(margin_ranking_loss_elementwise(x1, x2, tape.constant(-1.), 0.5));  // 1.5
        //! [margin_ranking_loss_elementwise]
    }
}

void probabilities(Tape& tape)
{
    {
        //! [binary_cross_entropy_elementwise]
        const Variable p = tape.variable(xt::xarray<double>{0.5, 1.}), t = ones_like(p);
        show(binary_cross_entropy_elementwise(p, t));  // [0.6931, 0]
        //! [binary_cross_entropy_elementwise]
    }
    {
        //! [binary_cross_entropy_with_logits_elementwise]
        const Variable z = tape.variable(xt::xarray<double>{0., -1000.}), t = ones_like(z);
        show(binary_cross_entropy_with_logits_elementwise(z, t));
        // [0.6931, 1000]  (of sigmoid(z), without overflow)
        //! [binary_cross_entropy_with_logits_elementwise]
    }
    {
        //! [cross_entropy_rows, default_ignore_index]
        const Variable z = tape.variable(xt::xarray<double>{{0., 0.}, {1000., 0.}, {0., 0.}});
        const Variable labels = tape.constant(xt::xarray<std::int64_t>{0, 1, default_ignore_index});
        show(cross_entropy_rows(z, labels));  // [0.6931, 1000, 0]  (the last row does not count)
        //! [cross_entropy_rows, default_ignore_index]
    }
    {
        //! [LabelOptions]
        const Variable z = tape.variable(xt::xarray<double>{{0., 0.}});
        const Variable w = tape.variable(xt::xarray<double>{3., 1.});
        const Variable labels = tape.constant(xt::xarray<std::int64_t>{0});
        show(cross_entropy_rows(z, labels, {.weight = w}));             // [2.079]  (3 ln 2)
        show(cross_entropy_rows(z, labels, {.label_smoothing = 0.1}));  // [0.6931]
        //! [LabelOptions]
    }
    {
        //! [soft_cross_entropy_rows]
        const Variable z = tape.variable(xt::xarray<double>{{0., 0.}});
        const Variable t = tape.variable(xt::xarray<double>{{0.3, 0.7}});
        show(soft_cross_entropy_rows(z, t));                // [0.6931]  (-sum t log_softmax(z))
        show(grad(sum(soft_cross_entropy_rows(z, t)), z));  // [[0.2, -0.2]]  (softmax(z) - t)
        //! [soft_cross_entropy_rows]
    }
    {
        //! [nll_loss_rows]
        const Variable x = tape.variable(xt::xarray<double>{{-1., -2.}});
        const Variable labels = tape.constant(xt::xarray<std::int64_t>{1});
        show(nll_loss_rows(x, labels));  // [2]
        //! [nll_loss_rows]
    }
    {
        //! [multi_margin_loss_rows, MultiMarginOptions]
        const Variable x = tape.variable(xt::xarray<double>{{1., 1.5, 0.}});
        const Variable labels = tape.constant(xt::xarray<std::int64_t>{0});
        show(multi_margin_loss_rows(x, labels));  // [0.5]  ((max(1 - 1 + 1.5, 0) + max(1 - 1 + 0, 0)) / 3)
        show(multi_margin_loss_rows(x, labels, {.p = 2}));  // [0.75]
        //! [multi_margin_loss_rows, MultiMarginOptions]
    }
    {
        //! [multilabel_soft_margin_loss_rows]
        const Variable x = tape.variable(xt::xarray<double>{{0., 0.}, {100., -100.}});
        const Variable t = tape.constant(xt::xarray<double>{{1., 0.}, {1., 1.}});
        show(multilabel_soft_margin_loss_rows(
            x, t));  // [0.6931, 50]  (ln 2; one of two classes is wrong by 100)
        //! [multilabel_soft_margin_loss_rows]
    }
}

void vectors(Tape& tape)
{
    {
        //! [triplet_margin_loss_rows, TripletOptions]
        const Variable anchor = tape.variable(xt::xarray<double>{{0., 0.}});
        const Variable positive = tape.variable(xt::xarray<double>{{3., 4.}});
        const Variable negative = tape.variable(xt::xarray<double>{{6., 8.}});
        show(triplet_margin_loss_rows(anchor, positive, negative));  // [0]  (max(5 - 10 + 1, 0))
        show(triplet_margin_loss_rows(anchor, positive, negative, {.margin = 7}));  // [2]
        //! [triplet_margin_loss_rows, TripletOptions]
    }
    {
        //! [cosine_embedding_loss_rows]
        const Variable x1 = tape.variable(xt::xarray<double>{{1., 0.}});
        const Variable x2 = tape.variable(xt::xarray<double>{{3., 4.}});
        show(cosine_embedding_loss_rows(x1, x2, tape.constant(xt::xarray<double>{1.0})));
        // [0.4]  (1 - cosine 3/5)
        show(cosine_embedding_loss_rows(x1, x2, tape.constant(xt::xarray<double>{-1.0})));  // [0.6]
        //! [cosine_embedding_loss_rows]
    }
}

const shown::Page page("Losses of single elements", {regression, margins, probabilities, vectors});

}  // namespace
