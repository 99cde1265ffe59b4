// Losses with their options: what they refuse and how they say it, weights of all kinds, labels that do not count.
// (Their values, gradients and second derivatives: torch_test.cpp.)

#define BOOST_TEST_MODULE loss_options
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <limits>

#include "support.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;
using nn::Reduction;

namespace {

constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();

using Matrix = xt::xarray<double>;
using Labels = xt::xarray<std::int64_t>;

const nn::Loss alike[] = {nn::mse_loss,
                          nn::l1_loss,
                          nn::smooth_l1_loss,
                          nn::huber_loss,
                          nn::kl_div,
                          nn::poisson_nll_loss,
                          nn::squared_hinge_loss,
                          nn::soft_margin_loss,
                          nn::hinge_embedding_loss,
                          nn::multilabel_soft_margin_loss};

}  // namespace

BOOST_AUTO_TEST_CASE(shapes_types_and_reductions_are_checked_by_name)
{
    Tape tape;
    const Variable y = tape.variable(0.5 * xt::ones<double>({3, 1})),
                   z = tape.variable(Matrix{{1., 2.}, {3., 4.}});
    const Variable flat = tape.variable(Matrix{1., 1., 1.});
    const Variable narrow = tape.variable(xt::ones<float>({3, 1}));
    const Variable labels = tape.constant(Labels{0, 1});
    const std::size_t size = tape.size();
    for (const nn::Loss& loss : alike) {
        says(message<ShapeError>([&] { loss(y, flat); }), loss.name, "[3, 1]", "[3]", "does not broadcast");
        says(message<DtypeError>([&] { loss(y, narrow); }), loss.name, "float64", "float32");
        if (std::string(loss.name) != "kl_div")
            says(message<ValueError>([&] { loss(y, y, Reduction::batchmean); }), loss.name, "batchmean",
                 "kl_div");
    }
    for (const nn::Loss& loss :
         {nn::Loss(nn::cross_entropy), nn::Loss(nn::nll_loss), nn::Loss(nn::multi_margin_loss)}) {
        says(message<ShapeError>([&] { loss(y, labels); }), loss.name, "[3, 1]", "[2]",
             "[n, classes] and [n]");
        says(message<DtypeError>([&] { loss(y, flat); }), loss.name, "float64", "int64");
        BOOST_CHECK_THROW(loss(z, labels, Reduction::batchmean), ValueError);
    }
    says(message<ShapeError>([&] { nn::margin_ranking_loss(y, y, flat); }), "margin_ranking_loss",
         "values x1", "labels", "[3, 1]", "[3]");
    says(message<ShapeError>([&] { nn::triplet_margin_loss(y, y, z); }), "triplet_margin_loss", "anchor",
         "negative", "[3, 1]", "[2, 2]");
    says(message<DtypeError>([&] { nn::triplet_margin_loss(y, narrow, y); }), "triplet_margin_loss",
         "positive", "float32");
    says(message<ShapeError>([&] { nn::cosine_embedding_loss(z, z, y / y); }), "cosine_embedding_loss",
         "[2, 2]", "[3, 1]");
    says(message<ShapeError>([&] { nn::gaussian_nll_loss(z, z, flat); }), "gaussian_nll_loss", "variances",
         "[2, 2]", "[3]");
    says(message<DtypeError>([&] { nn::gaussian_nll_loss(y, y, narrow); }), "gaussian_nll_loss", "float32");
    says(message<ShapeError>([&] { nn::kl_div(tape.variable(0.), tape.variable(1.), Reduction::batchmean); }),
         "kl_div", "batchmean", "[]");
    says(message<ShapeError>([&] {
             nn::multi_margin_loss(reshape(z, {1, 2, 2}), reshape(labels, {1, 2}));
         }),
         "multi_margin_loss", "[1, 2, 2]");
    BOOST_TEST(tape.size() <= size + 6);  // what the calls above made themselves, and nothing else
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused)
{
    Tape tape;
    const Variable y = tape.variable(Matrix{{.5, 1.}, {.5, 2.}}), one = ones_like(y);
    const Labels labels{0, 1};
    says(message<ValueError>([&] { nn::huber_loss(y, y, {.delta = 0}); }), "huber_loss", "delta is 0",
         "above 0");
    says(message<ValueError>([&] { nn::smooth_l1_loss(y, y, {.beta = -1}); }), "smooth_l1_loss",
         "beta is -1");
    BOOST_CHECK_THROW(nn::smooth_l1_loss(y, y, {.beta = nan_}), ValueError);
    says(message<ValueError>([&] { nn::poisson_nll_loss(y, y, {.eps = -1}); }), "poisson_nll_loss",
         "eps is -1");
    says(message<ValueError>([&] { nn::gaussian_nll_loss(y, y, y, {.eps = 0}); }), "gaussian_nll_loss",
         "eps is 0");
    says(message<ValueError>([&] { nn::triplet_margin_loss(y, y, y, {.p = 0}); }), "triplet_margin_loss",
         "p is 0");
    says(message<ValueError>([&] { nn::multi_margin_loss(y, labels, {.p = 3}); }), "multi_margin_loss",
         "p is 3", "1 or 2");
    says(message<ValueError>([&] { nn::cross_entropy(y, labels, {.label_smoothing = 1.5}); }),
         "cross_entropy", "label_smoothing is 1.5", "[0, 1]");
    says(message<ValueError>([&] { nn::cross_entropy(y, one, {.ignore_index = 1}); }), "cross_entropy",
         "ignore_index is 1", "probabilities");
    says(message<ValueError>([&] { nll_loss_rows(y, tape.constant(labels), {.label_smoothing = 0.1}); }),
         "nll_loss", "label_smoothing");
    // An option that a loss does not have.
    says(message<ValueError>([&] { nn::mse_loss(y, y, {.weight = 2}); }), "mse_loss", "no weight");
    says(message<ValueError>([&] { nn::binary_cross_entropy(one, one, {.pos_weight = 2}); }),
         "binary_cross_entropy", "no pos_weight");
    const nn::Loss loss = nn::cross_entropy;
    says(message<ValueError>([&] {
             loss(y, labels, {.weight = Matrix{1., 2.}});
         }),
         "cross_entropy", "no weight");
    // Weights that do not fit.
    says(message<ShapeError>([&] {
             nn::cross_entropy(y, labels, {.weight = Matrix{1., 2., 3.}});
         }),
         "cross_entropy", "weight has shape [3]", "expected [2]");
    says(message<DtypeError>([&] {
             nn::nll_loss(y, labels, {.weight = xt::xarray<float>{1.f, 2.f}});
         }),
         "nll_loss", "weight", "float32");
    says(message<ShapeError>([&] { nn::multi_margin_loss(y, labels, {.weight = 2}); }), "multi_margin_loss",
         "weight has shape []", "expected [2]");
    says(message<ShapeError>([&] {
             nn::binary_cross_entropy(one, one, {.weight = Matrix{1., 2., 3.}});
         }),
         "binary_cross_entropy", "weight has shape [3]", "[2, 2]");
    says(message<ShapeError>([&] {
             nn::binary_cross_entropy_with_logits(one, one, {.pos_weight = xt::ones<double>({1, 2, 2}) * 1.});
         }),
         "binary_cross_entropy_with_logits", "pos_weight has shape [1, 2, 2]");
}

BOOST_AUTO_TEST_CASE(values_outside_are_named_with_their_place)
{
    Tape tape;
    const Variable y = tape.variable(Matrix{{.5, .5}, {.5, .5}});
    const Matrix wrong{{1., -1.}, {-1., 0.}}, negative{{1., 1.}, {-2., 1.}};
    for (const nn::Loss& loss : {nn::Loss(nn::squared_hinge_loss), nn::Loss(nn::soft_margin_loss),
                                 nn::Loss(nn::hinge_embedding_loss)})
        says(message<ValueError>([&] { loss(y, wrong); }), loss.name, "label 0 at [1, 1]", "-1 or +1");
    says(message<ValueError>([&] { nn::margin_ranking_loss(y, y, wrong); }), "margin_ranking_loss",
         "label 0 at [1, 1]");
    says(message<ValueError>([&] {
             nn::cosine_embedding_loss(y, y, Matrix{1., .5});
         }),
         "cosine_embedding_loss", "label 0.5 at [1]");
    says(message<ValueError>([&] { nn::kl_div(y, negative); }), "kl_div", "target -2 at [1, 0]",
         "log_target");
    BOOST_CHECK_NO_THROW(nn::kl_div(y, negative, {.log_target = true}));
    says(message<ValueError>([&] { nn::poisson_nll_loss(y, negative); }), "poisson_nll_loss",
         "target -2 at [1, 0]");
    says(message<ValueError>([&] { nn::poisson_nll_loss(tape.variable(negative), y, {.log_input = false}); }),
         "poisson_nll_loss", "output -2 at [1, 0]", "log_input");
    says(message<ValueError>([&] { nn::gaussian_nll_loss(y, y, negative); }), "gaussian_nll_loss",
         "variance -2 at [1, 0]");
    says(message<ValueError>([&] { nn::multilabel_soft_margin_loss(y, negative); }),
         "multilabel_soft_margin_loss", "target -2 at [1, 0]");
    const Variable z = tape.variable(Matrix{{1., 2., 3.}, {4., 5., 6.}});
    const Labels labels{2, 3};
    const std::size_t size = tape.size();
    says(message<ValueError>([&] { nn::nll_loss(z, labels); }), "nll_loss: label 3 at [1]", "0 .. 2",
         "ignore_index, -100");
    says(message<ValueError>([&] { nn::multi_margin_loss(z, labels); }), "multi_margin_loss: label 3 at [1]");
    says(message<ValueError>([&] { nn::cross_entropy(z, labels); }), "cross_entropy: label 3", "[1]", "-100");
    says(message<ValueError>([&] { nn::cross_entropy(z, labels, {.label_smoothing = .1}); }),
         "cross_entropy: label 3 at [1]");
    says(message<ValueError>([&] {
             nn::cross_entropy(reshape(z, {1, 3, 2}), Labels{{1, -1}});
         }),
         "cross_entropy: label -1 at [0, 1]");
    BOOST_TEST(tape.size() <= size + 6);  // the labels, as constants, and the reshape
    BOOST_CHECK_NO_THROW(nn::cross_entropy(z, labels, {.ignore_index = 3}));
}

BOOST_AUTO_TEST_CASE(labels_that_do_not_count)
{
    for (const DType dtype : {DType::float32, DType::float64}) {
        Tape tape;
        const Variable z = tape.variable(
            Array(Matrix{{1., 2., -1.}, {.5, 0., 3.}, {-2., 1., 1.}, {0., 0., 2.}}).cast(dtype));
        const Variable few = index_select(z, 0, tape.constant(Labels{0, 2}));
        const double tolerance = dtype == DType::float32 ? 1e-6 : 1e-14;
        const Labels some{1, -100, 0, -100}, kept{1, 0};
        const Array w = Array(Matrix{.5, 2., 1.}).cast(dtype);
        const std::function<Variable(Variable, const Labels&, Reduction)> losses[] = {
            [](Variable x, const Labels& t, Reduction r) { return nn::cross_entropy(x, t, r); },
            [&](Variable x, const Labels& t, Reduction r) {
                return nn::cross_entropy(x, t, {.weight = w, .label_smoothing = .2, .reduction = r});
            },
            [&](Variable x, const Labels& t, Reduction r) {
                return nn::nll_loss(log_softmax(x), t, {.weight = w, .reduction = r});
            }};
        for (const auto& loss : losses) {
            for (const Reduction how : {Reduction::mean, Reduction::sum}) {
                const Variable all = loss(z, some, how);
                near(all.item(), loss(few, kept, how).item(), tolerance);
                const std::vector<double> g = values(grad(all, z)),
                                          f = values(grad(loss(few, kept, how), few));
                for (const std::size_t i : {3, 4, 5, 9, 10, 11}) BOOST_TEST(g[i] == 0);
                for (std::size_t i = 0; i < 3; ++i) {
                    near(g[i], f[i], tolerance);
                    near(g[6 + i], f[3 + i], tolerance);
                }
            }
            BOOST_TEST(values(loss(z, some, Reduction::none))[1] == 0);
            const Labels none{-100, -100, -100, -100};
            const Variable nothing = loss(z, none, Reduction::mean);
            BOOST_TEST(std::isnan(nothing.item()));
            for (const double g : values(grad(nothing, z))) BOOST_TEST(g == 0);
            BOOST_TEST(loss(z, none, Reduction::sum).item() == 0);
        }
        // Without labels to leave out it is what it was: two nodes.
        const std::size_t size = tape.size();
        const Variable loss = nn::cross_entropy(z, tape.constant(Labels{0, 1, 2, 0}));
        BOOST_TEST(tape.size() == size + 3);
        says(tape.graph({loss}).text(), "cross_entropy", "mean");
    }
}

BOOST_AUTO_TEST_CASE(one_loss_written_in_several_ways)
{
    Tape tape;
    const Variable z = tape.variable(Matrix{{1., 2., -1.}, {.5, 0., 3.}}),
                   two = tape.variable(Matrix{{1., 2.}, {3., -1.}});
    const Labels labels{2, 0};
    const double plain = nn::cross_entropy(z, labels).item();
    near(nn::nll_loss(log_softmax(z), labels).item(), plain);
    near(nn::cross_entropy(z, Matrix{{0., 0., 1.}, {1., 0., 0.}}).item(), plain);
    near(nn::cross_entropy(z, labels, {.weight = Matrix{1., 1., 1.}}).item(), plain);
    // Further axes: the classes are axis 1.
    const Variable deep = reshape(transpose(z), {1, 3, 2});
    near(nn::cross_entropy(deep, Labels{{2, 0}}).item(), plain);
    BOOST_TEST(nn::cross_entropy(deep, Labels{{2, 0}}, Reduction::none).shape().size() == 2u);
    // Smoothing: the target is spread.
    near(nn::cross_entropy(z, labels, {.label_smoothing = .3}).item(),
         nn::cross_entropy(z, Matrix{{.1, .1, .8}, {.8, .1, .1}}).item());
    // A single example.
    const Variable one = tape.variable(Matrix{1., 2., -1.});
    BOOST_TEST(nn::cross_entropy(one, Array(2), Reduction::none).shape().empty());
    near(nn::cross_entropy(one, Array(2)).item(), nn::cross_entropy(reshape(one, {1, 3}), Labels{2}).item());
    // pos_weight counts positive examples so many times.
    const Matrix t{{1., 0.}, {0., 1.}};
    near(nn::binary_cross_entropy_with_logits(two, t, {.pos_weight = 3, .reduction = Reduction::sum}).item(),
         nn::binary_cross_entropy_with_logits(two, t, Reduction::sum).item() +
             2 * (std::log1p(std::exp(-1.)) + std::log1p(std::exp(1.))));
    // smooth_l1 with beta is huber with delta, divided by it; huber with a large delta is half of mse.
    const Variable y = two;
    near(values(nn::smooth_l1_loss(y, t, {.beta = .7, .reduction = Reduction::none})),
         values(nn::huber_loss(y, t, {.delta = .7, .reduction = Reduction::none}) * (1 / .7)));
    near(nn::huber_loss(y, t, {.delta = 100}).item(), nn::mse_loss(y, t).item() / 2);
    BOOST_TEST(nn::smooth_l1_loss(y, t, {.beta = 0}).item() == nn::l1_loss(y, t).item());
    // The divergence of a distribution from itself is 0.
    const Matrix p{{.25, .75}, {.5, .5}};
    near(nn::kl_div(log(tape.variable(p)), p, Reduction::batchmean).item(), 0);
    near(nn::kl_div(log(tape.variable(p)), xt::log(p), {.log_target = true}).item(), 0);
    // A number as the variance.
    near(nn::gaussian_nll_loss(y, t, 1.).item(), nn::mse_loss(y, t).item() / 2);
}

BOOST_AUTO_TEST_CASE(weights_may_be_of_any_kind)
{
    Tape tape;
    const Variable z = tape.variable(Matrix{{1., 2.}, {.5, -1.}});
    const Labels labels{1, 0};
    const Matrix w{1., 3.};
    const double want = nn::cross_entropy(z, labels, {.weight = w}).item();
    BOOST_TEST(nn::cross_entropy(z, labels, {.weight = Array(w)}).item() == want);
    BOOST_TEST(nn::cross_entropy(z, labels, {.weight = w + 0.}).item() == want);
    const Variable v = tape.variable(w);
    const Variable loss = nn::cross_entropy(z, labels, {.weight = v, .reduction = Reduction::sum});
    near(values(grad(loss, v)),
         {nn::cross_entropy(z, Labels{-100, 0}).item(), nn::cross_entropy(z, Labels{1, -100}).item()});
    // -(3 a + 1 b) / (3 + 1)
    const std::vector<double> each = values(nn::cross_entropy(z, labels, Reduction::none));
    near(want, (3 * each[0] + each[1]) / 4);
    const Variable p = tape.variable(Matrix{{.5, .25}, {.5, .5}});
    const Matrix t{{1., 0.}, {0., 1.}};
    BOOST_TEST(nn::binary_cross_entropy(p, t, {.weight = 2}).item() ==
               2 * nn::binary_cross_entropy(p, t).item());
}

BOOST_AUTO_TEST_CASE(empty_batches)
{
    Tape tape;
    const Variable y = tape.variable(Array(DType::float64, {0, 3}));
    const Array labels(DType::int64, {0}), same(DType::float64, {0, 3}), none(DType::float64, {0});
    for (const nn::Loss& loss : alike) {
        BOOST_TEST(std::isnan(loss(y, same).item()), loss.name);
        BOOST_TEST(loss(y, same, Reduction::sum).item() == 0);
    }
    for (const nn::Loss& loss :
         {nn::Loss(nn::cross_entropy), nn::Loss(nn::nll_loss), nn::Loss(nn::multi_margin_loss)}) {
        BOOST_TEST(std::isnan(loss(y, labels).item()), loss.name);
        BOOST_TEST(loss(y, labels, Reduction::sum).item() == 0);
        BOOST_TEST(loss(y, labels, Reduction::none).size() == 0);
    }
    BOOST_TEST(nn::triplet_margin_loss(y, y, y, Reduction::sum).item() == 0);
    BOOST_TEST(nn::cosine_embedding_loss(y, y, none, Reduction::sum).item() == 0);
}
