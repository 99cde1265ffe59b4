// Losses in training: replays beside eager steps, what replays refuse, outputs far away.

#define BOOST_TEST_MODULE loss_training
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

#include "support.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;
using nn::Reduction;

namespace {
using Matrix = xt::xarray<double>;
using Labels = xt::xarray<std::int64_t>;
}  // namespace

BOOST_AUTO_TEST_CASE(structs_of_options_are_losses)
{
    struct Net {
        nn::Linear layer{2, 2, {.dtype = DType::float64}};
        static constexpr auto members() { return std::tuple{field("layer", &Net::layer)}; }
        Variable operator()(Variable x) const { return layer(x); }
    };
    const Net net;
    const Array x(Matrix{{1., 2.}, {3., 4.}}), t(Matrix{{0., 1.}, {1., 0.}});
    Tape tape;
    const Variable y = net(tape.constant(x));
    BOOST_TEST(nn::HuberLoss{.delta = .5}(y, t).item() == nn::huber_loss(y, t, {.delta = .5}).item());
    BOOST_TEST(nn::MSELoss{Reduction::sum}(y, t).item() == nn::mse_loss(y, t, Reduction::sum).item());
    BOOST_TEST(nn::BCEWithLogitsLoss{.pos_weight = 2}(y, t).item() ==
               nn::binary_cross_entropy_with_logits(y, t, {.pos_weight = 2}).item());
    BOOST_TEST(nn::BCELoss{.reduction = Reduction::sum}(sigmoid(y), t).item() ==
               nn::binary_cross_entropy(sigmoid(y), t, Reduction::sum).item());
    const auto [loss, gradients] =
        value_and_grad(net, nn::HuberLoss{.delta = .5})(tape.constant(x), tape.constant(t));
    BOOST_TEST(loss.item() == nn::huber_loss(y, t, {.delta = .5}).item());
    near(values(gradients[net.layer.bias]), values(grad(nn::huber_loss(y, t, {.delta = .5}), net.layer.bias)),
         1e-15);
    const Array labels(Labels{1, 0});
    const double smooth = nn::cross_entropy(y, labels, {.label_smoothing = .1}).item(),
                 absolute = nn::l1_loss(y, t).item();
    auto step = nn::compile(net, nn::CrossEntropyLoss{.label_smoothing = .1}, nn::Sgd{.rate = 1e-30});
    for (int i = 0; i < 4; ++i) near(step(x, labels), smooth, 1e-15);
    auto other = nn::compile(net, nn::l1_loss, nn::Sgd{.rate = 1e-30});
    near(other(x, t), absolute, 1e-15);
}

BOOST_AUTO_TEST_CASE(gradients_of_single_examples)
{
    Tape tape;
    const Parameter w(Matrix{{.5, -.2, .1}, {.3, .4, -.6}});
    const Matrix x{{1., -2.}, {.5, .25}, {-1., 3.}}, t{{.1, .9, .5}, {.3, .2, .7}, {1., .6, .4}};
    const Labels labels{2, 0, 1};
    const std::pair<nn::Loss, Array> losses[] = {
        {nn::cross_entropy, labels}, {nn::nll_loss, labels}, {nn::multi_margin_loss, labels},
        {nn::cross_entropy, t},      {nn::huber_loss, t},    {nn::kl_div, t}};
    for (const auto& [loss, target] : losses) BOOST_TEST_CONTEXT(loss.name)
        {
            const auto f = [&loss = loss, &w](Variable in, Variable to) {
                return loss(log_softmax(matmul(in, w)), to);
            };
            const Variable all = per_example_grad(f, {w})(tape.constant(x), tape.constant(target))[w];
            for (std::int64_t i = 0; i < 3; ++i) {
                const Variable one =
                    f(tape.constant(Array(x).rows(i, i + 1)), tape.constant(target.rows(i, i + 1)));
                near(values(reshape(slice(all, {{i, i + 1}}), {6})), values(reshape(grad(one, w), {6})),
                     1e-14);
            }
        }
}

namespace {

struct Trained {
    const char* name;
    std::function<Variable(Variable y, std::span<const Variable> in)> loss;
};

// Losses of y [4, 3] with signs in[1] [4, 3], labels in[2] [4], values in [0, 1] in[3] [4, 3].
const std::vector<Trained>& trained()
{
    using In = std::span<const Variable>;
    static const std::vector<Trained> all = {
        {"l1", [](Variable y, In in) { return nn::l1_loss(y, in[3]); }},
        {"smooth_l1", [](Variable y, In in) { return nn::smooth_l1_loss(y, in[3], {.beta = .3}); }},
        {"huber", [](Variable y, In in) { return nn::huber_loss(y, in[3], {.delta = .3}); }},
        {"bce",
         [](Variable y, In in) { return nn::binary_cross_entropy(sigmoid(y), in[3], {.weight = in[3]}); }},
        {"bce_with_logits",
         [](Variable y, In in) {
             return nn::binary_cross_entropy_with_logits(y, in[3], {.weight = in[3], .pos_weight = 2});
         }},
        {"kl_div", [](Variable y, In in) { return nn::kl_div(log_softmax(y), in[3], Reduction::batchmean); }},
        {"kl_div log",
         [](Variable y, In in) { return nn::kl_div(log_softmax(y), in[3], {.log_target = true}); }},
        {"poisson", [](Variable y, In in) { return nn::poisson_nll_loss(y, in[3] * 3, {.full = true}); }},
        {"poisson rate",
         [](Variable y, In in) { return nn::poisson_nll_loss(exp(y), in[3], {.log_input = false}); }},
        {"gaussian", [](Variable y, In in) { return nn::gaussian_nll_loss(y, in[1], in[3], {.eps = .2}); }},
        {"squared_hinge", [](Variable y, In in) { return nn::squared_hinge_loss(y, in[1]); }},
        {"soft_margin", [](Variable y, In in) { return nn::soft_margin_loss(y, in[1]); }},
        {"hinge_embedding", [](Variable y, In in) { return nn::hinge_embedding_loss(y, in[1]); }},
        {"margin_ranking",
         [](Variable y, In in) { return nn::margin_ranking_loss(y, in[3], in[1], {.margin = .5}); }},
        {"triplet",
         [](Variable y, In in) { return nn::triplet_margin_loss(y, in[3], in[1], {.swap = true}); }},
        {"cosine",
         [](Variable y, In in) {
             return nn::cosine_embedding_loss(y, in[3], reshape(slice(in[1], {{}, {0, 1}}), {4}));
         }},
        {"cross_entropy", [](Variable y, In in) { return nn::cross_entropy(y, in[2]); }},
        {"cross_entropy with all",
         [](Variable y, In in) {
             return nn::cross_entropy(y, in[2],
                                      {.weight = Array(Matrix{1., 2., 3.}).cast(y.dtype()),
                                       .label_smoothing = .1,
                                       .ignore_index = 0});
         }},
        {"cross_entropy of probabilities",
         [](Variable y, In in) { return nn::cross_entropy(y, in[3], {.label_smoothing = .1}); }},
        {"nll", [](Variable y, In in) { return nn::nll_loss(log_softmax(y), in[2], {.ignore_index = 1}); }},
        {"multi_margin", [](Variable y, In in) { return nn::multi_margin_loss(y, in[2], {.p = 2}); }},
        {"multilabel_soft_margin",
         [](Variable y, In in) { return nn::multilabel_soft_margin_loss(y, in[3]); }},
    };
    return all;
}

std::vector<Array> batch(DType dtype)
{
    const Matrix x{{.5, -1., 2.}, {1.5, .25, -.5}, {-2., .75, 1.}, {.1, .2, -.3}},
        signs{{1., -1., 1.}, {-1., -1., 1.}, {1., 1., -1.}, {-1., 1., 1.}},
        unit{{.1, .9, .5}, {.3, .2, .7}, {1., .6, .4}, {.8, .05, .15}};
    return {Array(x).cast(dtype), Array(signs).cast(dtype), Array(Labels{2, 1, 0, 1}),
            Array(unit).cast(dtype)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(replays_train_as_eager_steps_do)
{
    for (const DType dtype : {DType::float32, DType::float64})
        for (const Trained& t : trained()) BOOST_TEST_CONTEXT(t.name << ", " << name_of(dtype))
            {
                const Array start = Array(Matrix{{.5, -.2, .1}, {.3, .4, -.6}, {-.1, .2, .7}}).cast(dtype);
                const Parameter compiled(start), eager(start);
                const std::vector<Array> in = batch(dtype);
                nn::CompiledStep step = nn::compile(
                    [&](std::span<const Variable> x) { return t.loss(matmul(x[0], compiled), x); },
                    nn::Optimizer(nn::Sgd{.rate = .1}, {compiled}));
                nn::Optimizer optimizer(nn::Sgd{.rate = .1}, {eager});
                const double tolerance = dtype == DType::float32 ? 1e-5 : 1e-13;
                for (int i = 0; i < 6; ++i) {
                    Tape tape;
                    std::vector<Variable> x;
                    for (const Array& array : in) x.push_back(tape.constant(array));
                    const Variable loss = t.loss(matmul(x[0], eager), x);
                    optimizer.step(grad(loss, optimizer.parameters()));
                    near(step(in), loss.item(), tolerance);
                }
                BOOST_TEST(step.counts().replayed > 0);
                near(values(compiled), values(eager), tolerance);
            }
}

BOOST_AUTO_TEST_CASE(replays_refuse_what_losses_are_not_defined_for)
{
    struct Refused {
        const char* name;
        std::size_t input;
        double value;
        const char* text;
    };
    const Refused refused[] = {
        {"squared_hinge", 1, 0, "squared_hinge_loss: label 0 at [0, 1]"},
        {"hinge_embedding", 1, 0, "hinge_embedding_loss: label 0 at [0, 1]"},
        {"margin_ranking", 1, 2, "margin_ranking_loss: label 2 at [0, 1]"},
        {"kl_div", 3, -1, "kl_div: target -1 at [0, 1]"},
        {"gaussian", 3, -1, "gaussian_nll_loss: variance -1 at [0, 1]"},
        {"cross_entropy", 2, 3, "cross_entropy: label 3 of row 1"},
        {"cross_entropy with all", 2, 3, "cross_entropy: label 3 at [1]"},
        {"nll", 2, -1, "nll_loss: label -1 at [1] is not one of 0 .. 2 (nor ignore_index, 1)"},
        {"multi_margin", 2, 3, "multi_margin_loss: label 3 at [1]"},
    };
    for (const Refused& r : refused) BOOST_TEST_CONTEXT(r.name)
        {
            const auto t = std::ranges::find(trained(), std::string(r.name),
                                             [](const Trained& each) { return std::string(each.name); });
            BOOST_REQUIRE(t != trained().end());
            const Parameter w(Matrix{{.5, -.2, .1}, {.3, .4, -.6}, {-.1, .2, .7}});
            nn::CompiledStep step =
                nn::compile([&](std::span<const Variable> x) { return t->loss(matmul(x[0], w), x); },
                            nn::Optimizer(nn::Sgd{.rate = .1}, {w}));
            std::vector<Array> in = batch(DType::float64);
            for (int i = 0; i < 5; ++i) step(in);
            const std::vector<double> before = values(w);
            std::vector<double> numbers = values(in[r.input]);
            numbers[1] = r.value;
            Array bad(DType::float64, Shape(in[r.input].shape().begin(), in[r.input].shape().end()));
            std::ranges::copy(numbers, static_cast<double*>(bad.mutable_data()));
            in[r.input] = bad.cast(in[r.input].dtype());
            const auto replayed = step.counts().replayed;
            says(message<ValueError>([&] { step(in); }), r.text);
            BOOST_TEST(step.counts().replayed >= replayed);
            BOOST_TEST(values(w) == before, boost::test_tools::per_element());
        }
}

BOOST_AUTO_TEST_CASE(far_away_nothing_overflows)
{
    for (const DType dtype : {DType::float32, DType::float64}) {
        const Array far = Array(Matrix{{1e3, -1e3}, {-1e3, 1e3}}).cast(dtype),
                    signs = Array(Matrix{{1., 1.}, {-1., -1.}}).cast(dtype),
                    unit = Array(Matrix{{1., .25}, {0., .5}}).cast(dtype);
        const Labels labels{1, 1};
        const std::pair<const char*, std::function<Variable(Variable)>> losses[] = {
            {"mse", [&](Variable y) { return nn::mse_loss(y, signs); }},
            {"l1", [&](Variable y) { return nn::l1_loss(y, signs); }},
            {"smooth_l1", [&](Variable y) { return nn::smooth_l1_loss(y, signs); }},
            {"huber", [&](Variable y) { return nn::huber_loss(y, signs); }},
            {"bce",
             [&](Variable y) { return nn::binary_cross_entropy_with_logits(y, unit, {.pos_weight = 4}); }},
            {"hinge", [&](Variable y) { return nn::squared_hinge_loss(y, signs); }},
            {"soft_margin", [&](Variable y) { return nn::soft_margin_loss(y, signs); }},
            {"embedding", [&](Variable y) { return nn::hinge_embedding_loss(y, signs); }},
            {"ranking", [&](Variable y) { return nn::margin_ranking_loss(y, -y, signs); }},
            {"triplet", [&](Variable y) { return nn::triplet_margin_loss(y, -y, signs); }},
            {"cosine",
             [&](Variable y) {
                 return nn::cosine_embedding_loss(y, y * .5 + 1, Array(Matrix{1., -1.}).cast(dtype));
             }},
            {"cross_entropy",
             [&](Variable y) { return nn::cross_entropy(y, labels, {.label_smoothing = .1}); }},
            {"soft cross_entropy", [&](Variable y) { return nn::cross_entropy(y, unit); }},
            {"multi_margin", [&](Variable y) { return nn::multi_margin_loss(y, labels, {.p = 2}); }},
            {"multilabel", [&](Variable y) { return nn::multilabel_soft_margin_loss(y, unit); }},
            {"gaussian", [&](Variable y) { return nn::gaussian_nll_loss(y, signs, unit); }},
            {"poisson", [&](Variable y) { return nn::poisson_nll_loss(y * .05, unit, {.full = true}); }},
        };
        for (const auto& [name, loss] : losses) BOOST_TEST_CONTEXT(name << ", " << name_of(dtype))
            {
                Tape tape;
                const Variable y = tape.variable(far), total = loss(y);
                BOOST_TEST(std::isfinite(total.item()));
                for (const double g : values(grad(total, y))) BOOST_TEST(std::isfinite(g));
            }
    }
}
