// Losses of outputs and targets: functions, and the structs of their options, which are callable too.
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void frame(Tape& tape)
{
    {
        //! [nn::Reduction]
        const Variable y = tape.variable(xt::xarray<double>{1., 5.});
        const xt::xarray<double> t = {1., 2.};
        show(nn::mse_loss(y, t));                       // 4.5  (the mean)
        show(nn::mse_loss(y, t, nn::Reduction::sum));   // 9
        show(nn::mse_loss(y, t, nn::Reduction::none));  // [0, 9]
        //! [nn::Reduction]
    }
    {
        //! [nn::Loss, nn::LossOf]
        const nn::Loss losses[] = {nn::mse_loss, nn::l1_loss, nn::huber_loss};  // any loss of two arguments
        const Variable y = tape.variable(3.), t = tape.constant(0.);
        show(losses[1](y, t));  // 3
        show(losses[2].name);   // huber_loss
        // callable with its options
        static_assert(std::same_as<decltype(nn::huber_loss), const nn::LossOf<nn::HuberLoss>>);
        //! [nn::Loss, nn::LossOf]
    }
    {
        //! [nn::TripleLossOf]
        static_assert(
            std::same_as<decltype(nn::triplet_margin_loss), const nn::TripleLossOf<nn::TripletMarginLoss>>);
        // losses of three arguments
        const Variable x1 = tape.variable(1.), x2 = tape.variable(3.), t = tape.constant(1.);
        show(nn::margin_ranking_loss(x1, x2, t, {.margin = 0.5}));  // 2.5
        //! [nn::TripleLossOf]
    }
    {
        //! [nn::LossOptions, nn::LossWeight]
        const Variable z = tape.variable(xt::xarray<double>{0., 0.});
        const xt::xarray<double> t = {1., 0.};
        const nn::LossWeight twice_and_not = xt::xarray<double>{2., 0.};  // an array, a Variable or a number
        const nn::LossOptions options{.weight = twice_and_not, .reduction = nn::Reduction::none};
        show(nn::binary_cross_entropy_with_logits(z, t, options));  // [1.386, 0]
        //! [nn::LossOptions, nn::LossWeight]
    }
    {
        //! [nn::l2]
        const Parameter w(xt::xarray<double>{3., 4.}, "w");
        const Variable loss = sum(w * tape.constant(xt::xarray<double>{1., 1.}));
        show(loss + nn::l2(loss, {w}, 0.1));    // 8.25  (7 and 0.1 / 2 times 25)
        show(grad(nn::l2(loss, {w}, 0.1), w));  // [0.3, 0.4]
        //! [nn::l2]
    }
}

void regression(Tape& tape)
{
    {
        //! [nn::mse_loss, nn::MSELoss]
        const Variable y = tape.variable(xt::xarray<double>{1., 5.});
        const xt::xarray<double> t = {1., 2.};
        show(nn::mse_loss(y, t));                                  // 4.5
        show(nn::MSELoss{.reduction = nn::Reduction::sum}(y, t));  // 9
        show(grad(nn::mse_loss(y, t), y));                         // [0, 3]  (2 (y - t) / n)
        //! [nn::mse_loss, nn::MSELoss]
    }
    {
        //! [nn::l1_loss, nn::L1Loss]
        const Variable y = tape.variable(xt::xarray<double>{1., 5.});
        show(nn::l1_loss(y, xt::xarray<double>{1., 2.}));   // 1.5
        show(nn::L1Loss{}(y, xt::xarray<double>{1., 2.}));  // 1.5
        //! [nn::l1_loss, nn::L1Loss]
    }
    {
        //! [nn::smooth_l1_loss, nn::SmoothL1Loss]
        const Variable y = tape.variable(xt::xarray<double>{1., 3.}), t = zeros_like(y);
        show(nn::smooth_l1_loss(y, t, {.beta = 2}));  // 1.125  (the mean of 1/4 and 2)
        show(nn::SmoothL1Loss{.beta = 2}(y, t));      // 1.125
        //! [nn::smooth_l1_loss, nn::SmoothL1Loss]
    }
    {
        //! [nn::huber_loss, nn::HuberLoss]
        const Variable y = tape.variable(xt::xarray<double>{1., 3.}), t = zeros_like(y);
        show(nn::huber_loss(y, t, {.delta = 2}));  // 2.25  (the mean of 1/2 and 4)
        const nn::HuberLoss loss{.delta = 2, .reduction = nn::Reduction::sum};  // to be passed around
        show(loss(y, t));                                                       // 4.5
        //! [nn::huber_loss, nn::HuberLoss]
    }
    {
        //! [nn::kl_div, nn::KLDivLoss]
        const Variable y = log(tape.variable(xt::xarray<double>{{0.5, 0.5}}));  // logarithms of probabilities
        const xt::xarray<double> t = {{1., 0.}};
        show(nn::kl_div(y, t, {.reduction = nn::Reduction::batchmean}));
        // 0.6931  (as the divergence is defined)
        show(nn::KLDivLoss{}(y, t));  // 0.3466  (the mean over all elements)
        //! [nn::kl_div, nn::KLDivLoss]
    }
    {
        //! [nn::poisson_nll_loss, nn::PoissonNLLLoss]
        const Variable y = tape.variable(0.);              // the logarithm of the expected count
        show(nn::poisson_nll_loss(y, tape.constant(3.)));  // 1  (e^y - t y)
        show(nn::PoissonNLLLoss{.log_input = false}(exp(y), tape.constant(3.)));  // 1
        //! [nn::poisson_nll_loss, nn::PoissonNLLLoss]
    }
    {
        //! [nn::gaussian_nll_loss, nn::GaussianNLLLoss]
        const Variable y = tape.variable(2.), var = tape.variable(4.);
        show(nn::gaussian_nll_loss(y, tape.constant(0.), var));              // 1.193  ((ln 4 + 4 / 4) / 2)
        show(nn::GaussianNLLLoss{.full = true}(y, tape.constant(0.), var));  // 2.112
        //! [nn::gaussian_nll_loss, nn::GaussianNLLLoss]
    }
}

void margins(Tape& tape)
{
    {
        //! [nn::hinge_loss]
        const Variable y = tape.variable(xt::xarray<double>{2., -1.});
        show(nn::hinge_loss(y, xt::xarray<double>{1., 1.}));  // 1  (the mean of 0 and 2)
        //! [nn::hinge_loss]
    }
    {
        //! [nn::squared_hinge_loss, nn::SquaredHingeLoss]
        const Variable y = tape.variable(xt::xarray<double>{2., -1.});
        show(nn::squared_hinge_loss(y, xt::xarray<double>{1., 1.}));                    // 2
        show(nn::SquaredHingeLoss{nn::Reduction::sum}(y, xt::xarray<double>{1., 1.}));  // 4
        //! [nn::squared_hinge_loss, nn::SquaredHingeLoss]
    }
    {
        //! [nn::logistic_loss]
        const Variable y = tape.variable(xt::xarray<double>{0., 0.});
        show(nn::logistic_loss(y, xt::xarray<double>{1., -1.}));           // 0.6931
        show(grad(nn::logistic_loss(y, xt::xarray<double>{1., -1.}), y));  // [-0.25, 0.25]
        //! [nn::logistic_loss]
    }
    {
        //! [nn::soft_margin_loss, nn::SoftMarginLoss]
        const Variable y = tape.variable(0.);
        show(nn::soft_margin_loss(y, tape.constant(1.)));  // 0.6931  (logistic_loss by PyTorch's name)
        show(nn::SoftMarginLoss{}(y, tape.constant(1.)));  // 0.6931
        //! [nn::soft_margin_loss, nn::SoftMarginLoss]
    }
    {
        //! [nn::hinge_embedding_loss, nn::HingeEmbeddingLoss]
        const Variable distance = tape.variable(xt::xarray<double>{0.2, 0.2});
        show(nn::hinge_embedding_loss(distance, xt::xarray<double>{1., -1.}));
        // 0.5  (the mean of 0.2 and 0.8)
        show(nn::HingeEmbeddingLoss{.margin = 2}(distance, xt::xarray<double>{1., -1.}));  // 1
        //! [nn::hinge_embedding_loss, nn::HingeEmbeddingLoss]
    }
    {
        //! [nn::margin_ranking_loss, nn::MarginRankingLoss]
        const Variable x1 = tape.variable(xt::xarray<double>{3., 1.});
        const Variable x2 = tape.variable(xt::xarray<double>{1., 3.});
        show(nn::margin_ranking_loss(x1, x2, xt::xarray<double>{1., 1.}));  // 1  (the mean of 0 and 2)
        show(nn::MarginRankingLoss{.margin = 3}(x1, x2, xt::xarray<double>{1., 1.}));  // 3
        //! [nn::margin_ranking_loss, nn::MarginRankingLoss]
    }
    {
        //! [nn::triplet_margin_loss, nn::TripletMarginLoss]
        const Variable anchor = tape.variable(xt::xarray<double>{{0., 0.}});
        const xt::xarray<double> positive = {{3., 4.}}, negative = {{6., 8.}};
        show(nn::triplet_margin_loss(anchor, positive, negative));             // 0  (max(5 - 10 + 1, 0))
        show(nn::TripletMarginLoss{.margin = 7}(anchor, positive, negative));  // 2
        //! [nn::triplet_margin_loss, nn::TripletMarginLoss]
    }
    {
        //! [nn::cosine_embedding_loss, nn::CosineEmbeddingLoss]
        const Variable x1 = tape.variable(xt::xarray<double>{{1., 0.}, {1., 0.}});
        const xt::xarray<double> x2 = {{3., 4.}, {3., 4.}}, t = {1., -1.};
        show(nn::cosine_embedding_loss(x1, x2, t, nn::Reduction::none));  // [0.4, 0.6]  (1 - 3/5 and 3/5)
        show(nn::CosineEmbeddingLoss{.margin = 0.5}(x1, x2, t));          // 0.25
        //! [nn::cosine_embedding_loss, nn::CosineEmbeddingLoss]
    }
}

void classes(Tape& tape)
{
    {
        //! [nn::binary_cross_entropy, nn::BCELoss]
        const Variable p = tape.variable(xt::xarray<double>{0.5, 0.5});
        show(nn::binary_cross_entropy(p, xt::xarray<double>{1., 0.}));  // 0.6931
        show(nn::BCELoss{.weight = 2}(p, xt::xarray<double>{1., 0.}));  // 1.386
        //! [nn::binary_cross_entropy, nn::BCELoss]
    }
    {
        //! [nn::binary_cross_entropy_with_logits, nn::BCEWithLogitsLoss]
        const Variable z = tape.variable(xt::xarray<double>{0., -1000.});
        const xt::xarray<double> t = {1., 1.};
        show(nn::binary_cross_entropy_with_logits(z, t, nn::Reduction::none));  // [0.6931, 1000]
        show(nn::BCEWithLogitsLoss{.pos_weight = 2, .reduction = nn::Reduction::none}(z, t));
        // [1.386, 2000]
        //! [nn::binary_cross_entropy_with_logits, nn::BCEWithLogitsLoss]
    }
    {
        //! [nn::cross_entropy, nn::CrossEntropyLoss]
        const Variable z = tape.variable(xt::xarray<double>{{0., 0.}, {1000., 0.}});
        const xt::xarray<std::int64_t> labels = {1, 0};
        show(nn::cross_entropy(z, labels));           // 0.3466  (the mean of ln 2 and 0)
        show(grad(nn::cross_entropy(z, labels), z));  // [[0.25, -0.25], [0, 0]]
        show(nn::cross_entropy(z, xt::xarray<double>{{0.5, 0.5}, {1., 0.}}));
        // 0.3466  (targets that are probabilities)
        show(nn::CrossEntropyLoss{.ignore_index = 0}(z, labels));  // 0.6931  (the second row does not count)
        //! [nn::cross_entropy, nn::CrossEntropyLoss]
    }
    {
        //! [nn::nll_loss, nn::NLLLoss]
        const Variable log_p = log_softmax(tape.variable(xt::xarray<double>{{0., 0.}}));
        const xt::xarray<std::int64_t> labels = {1};
        show(nn::nll_loss(log_p, labels));   // 0.6931
        show(nn::NLLLoss{}(log_p, labels));  // 0.6931
        //! [nn::nll_loss, nn::NLLLoss]
    }
    {
        //! [nn::multi_margin_loss, nn::MultiMarginLoss]
        const Variable x = tape.variable(xt::xarray<double>{{1., 1.5, 0.}});
        const xt::xarray<std::int64_t> labels = {0};
        show(nn::multi_margin_loss(x, labels));        // 0.5  ((1.5 + 0) / 3)
        show(nn::MultiMarginLoss{.p = 2}(x, labels));  // 0.75
        //! [nn::multi_margin_loss, nn::MultiMarginLoss]
    }
    {
        //! [nn::multilabel_soft_margin_loss, nn::MultiLabelSoftMarginLoss]
        const Variable z = tape.variable(xt::xarray<double>{{0., 0., 1000.}});
        show(nn::multilabel_soft_margin_loss(z, xt::xarray<double>{{1., 0., 1.}}));  // 0.4621  (2 ln 2 / 3)
        show(nn::MultiLabelSoftMarginLoss{}(z, xt::xarray<double>{{1., 0., 1.}}));   // 0.4621
        //! [nn::multilabel_soft_margin_loss, nn::MultiLabelSoftMarginLoss]
    }
}

const shown::Page page("Losses", {frame, regression, margins, classes});

}  // namespace
