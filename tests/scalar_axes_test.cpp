// A 0-d array has one axis to be asked for, 0 or -1: itself. And whole numbers in functions that are mostly used on floats.
#define BOOST_TEST_MODULE scalar_axes
#include <boost/test/unit_test.hpp>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <xtensor/xarray.hpp>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

namespace {

struct Case {
    std::string name;
    std::function<Variable(Variable, std::int64_t)> call;
    std::function<double(double)> value;
    double slope;  // at any x but 0
};

}  // namespace

BOOST_AUTO_TEST_CASE(functions_along_the_axis_of_a_number)
{
    const auto same = [](double x) { return x; };
    const auto none = [](double) { return 0.0; };
    const std::vector<Case> cases = {
        {"sum", [](Variable x, std::int64_t a) { return sum(x, a); }, same, 1},
        {"sum kept", [](Variable x, std::int64_t a) { return sum(x, a, true); }, same, 1},
        {"mean", [](Variable x, std::int64_t a) { return mean(x, {a}); }, same, 1},
        {"max", [](Variable x, std::int64_t a) { return max(x, a); }, same, 1},
        {"min", [](Variable x, std::int64_t a) { return min(x, a, true); }, same, 1},
        {"amax", [](Variable x, std::int64_t a) { return amax(x, a); }, same, 1},
        {"amin", [](Variable x, std::int64_t a) { return amin(x, a); }, same, 1},
        {"prod", [](Variable x, std::int64_t a) { return prod(x, a); }, same, 1},
        {"median", [](Variable x, std::int64_t a) { return median(x, a); }, same, 1},
        {"logsumexp", [](Variable x, std::int64_t a) { return logsumexp(x, a); }, same, 1},
        {"cumsum", [](Variable x, std::int64_t a) { return cumsum(x, a); }, same, 1},
        {"cumprod", [](Variable x, std::int64_t a) { return cumprod(x, a); }, same, 1},
        {"sort", [](Variable x, std::int64_t a) { return sort(x, a); }, same, 1},
        {"topk", [](Variable x, std::int64_t a) { return topk(x, 1, a).values; }, same, 1},
        {"flip", [](Variable x, std::int64_t a) { return flip(x, a); }, same, 1},
        {"squeeze", [](Variable x, std::int64_t a) { return squeeze(x, a); }, same, 1},
        {"softmax", [](Variable x, std::int64_t a) { return softmax(x, a); }, [](double) { return 1.0; }, 0},
        {"log_softmax", [](Variable x, std::int64_t a) { return log_softmax(x, a); }, none, 0},
        {"var", [](Variable x, std::int64_t a) { return var(x, a); }, none, 0},
        {"std", [](Variable x, std::int64_t a) { return stddev(x, a); }, none, 0},
        {"norm", [](Variable x, std::int64_t a) { return norm(x, 2, a); },
         [](double x) { return std::abs(x); }, -1},
        {"gather",
         [](Variable x, std::int64_t a) { return gather(x, a, x.tape().constant(Array(std::int64_t{0}))); },
         same, 1},
    };
    for (const Case& one : cases)
        for (const std::int64_t axis : {0, -1}) {
            BOOST_TEST_CONTEXT(one.name << " along axis " << axis)
            {
                Tape tape;
                const Variable x = tape.variable(-1.5);
                const Variable y = one.call(x, axis);
                BOOST_TEST(y.shape().empty());
                BOOST_TEST(y.item() == one.value(-1.5));
                BOOST_TEST(grad(y, x).item() == one.slope);
                // Recorded in a graph of its own it does the same.
                BOOST_CHECK_NO_THROW(tape.graph({y}).verify());
            }
        }
    for (const Case& one : cases)
        for (const std::int64_t axis : {1, -2}) {
            BOOST_TEST_CONTEXT(one.name << " along axis " << axis)
            {
                Tape tape;
                const Variable x = tape.variable(-1.5);
                BOOST_CHECK_EXCEPTION(one.call(x, axis), ShapeError, [&](const ShapeError& error) {
                    return std::string(error.what()).find("axis " + std::to_string(axis)) !=
                           std::string::npos;
                });
            }
        }
}

BOOST_AUTO_TEST_CASE(places_along_the_axis_of_a_number)
{
    Tape tape;
    const Variable x = tape.variable(-1.5);
    for (const std::int64_t axis : {0, -1})
        for (const Variable& place :
             {argmax(x, axis), argmin(x, axis, true), argsort(x, axis), topk(x, 1, axis).indices}) {
            BOOST_TEST(place.shape().empty());
            BOOST_TEST((place.dtype() == DType::int64));
            BOOST_TEST(place.array().item<std::int64_t>() == 0);
        }
    BOOST_TEST(all(x, 0).array().item<bool>());
    BOOST_TEST(count_nonzero(x, -1).array().item<std::int64_t>() == 1);
    BOOST_TEST(softmax(x, {}).shape().empty());
}

namespace {
using Whole = xt::xarray<std::int64_t>;
Whole whole(Variable x) { return x.value<std::int64_t>(); }
}  // namespace

BOOST_AUTO_TEST_CASE(whole_numbers)
{
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    Tape tape;
    const Variable x = tape.constant(Whole{{3, -7, 3}, {5, least, 0}});
    BOOST_TEST((whole(argmax(x, 1)) == Whole{0, 0}));
    BOOST_TEST((whole(argmax(x, 0)) == Whole{1, 0, 0}));
    BOOST_TEST((whole(argmin(x, 1)) == Whole{1, 1}));
    BOOST_TEST(argmin(x).array().item<std::int64_t>() == 4);
    BOOST_TEST(argmax(x).array().item<std::int64_t>() == 3);
    BOOST_CHECK_THROW(argmax(x > 0, 1), DtypeError);
    BOOST_CHECK_THROW(argmin(x > 0), DtypeError);

    const Variable y = tape.constant(Whole{{2, -3, 4}, {0, 5, -1}});
    BOOST_TEST(prod(y, 1).value<std::int64_t>()(0) == -24);
    BOOST_TEST((whole(prod(y, 0)) == Whole{0, -15, -4}));
    BOOST_TEST((whole(cumprod(y, 1)) == Whole{{2, -6, -24}, {0, 0, 0}}));
    BOOST_TEST(prod(y).array().item<std::int64_t>() == 0);

    // C's rest; NumPy gives 0 for x / 0.
    const Variable a = tape.constant(Whole{7, -7, 7, -7, 5, least}),
                   b = tape.constant(Whole{3, 3, -3, -3, 0, -1});
    BOOST_TEST((whole(fmod(a, b)) == Whole{1, -1, 1, -1, 0, 0}));
    BOOST_TEST((whole(fmod(a, 4)) == Whole{3, -3, 3, -3, 1, 0}));

    const Variable base = tape.constant(Whole{2, -2, 0, 1, -1, -1, 3, 2}),
                   power = tape.constant(Whole{10, 3, 0, -5, -2, -3, -1, 63});
    BOOST_TEST((whole(pow(base, power)) == Whole{1024, -8, 1, 1, 1, -1, 0, least}));
    BOOST_TEST((whole(pow(base, 2)) == Whole{4, 4, 0, 1, 1, 1, 9, 4}));
}

// What a call takes as operands goes again if the call is refused.
BOOST_AUTO_TEST_CASE(refused_calls_leave_nothing)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{{1., 2., 3.}, {4., 5., 6.}}),
                   whole = tape.constant(Whole{1, 2}), v = tape.variable(xt::xarray<double>{1., 2., 3.});
    const xt::xarray<double> three = {1., 2., 3.};
    const Parameter narrow_weight(DType::float64, {3, 2}, "narrow");
    const Variable mask = x > 0, total = sum(v);
    const xt::xarray<double> four = {1., 2., 3., 4.};
    const xt::xarray<float> narrow = {1.f, 2.f, 3.f};
    const Parameter w(DType::float64, {4, 2}, "w"), u(DType::float64, {4}, "u");
    const std::vector<std::pair<const char*, std::function<void()>>> calls = {
        {"add", [&] { x + four; }},
        {"narrow", [&] { x* narrow; }},
        {"parameter", [&] { x - u; }},
        {"maximum", [&] { maximum(four, x); }},
        {"where", [&] { where(mask, x, four); }},
        {"number", [&] { whole + 0.5; }},
        {"matmul", [&] { matmul(x, w); }},
        {"linear", [&] { linear(x, w, u); }},
        {"pow", [&] { pow(x, four); }},
        {"layer_norm", [&] { layer_norm(x, u, u); }},
        {"solve", [&] { solve(x, four); }},
        {"rnn_cell", [&] { rnn_cell(x, v, w, w); }},
        {"gru_cell", [&] { gru_cell(x, v, w, w); }},
        {"conv1d", [&] { conv1d(x, w); }},
        {"embedding", [&] { embedding(x, w); }},
        {"prelu", [&] { prelu(x, u); }},
        {"hinge_loss of other labels",
         [&] {
             nn::hinge_loss(v, xt::xarray<double>{0., 1., 0.});
         }},
        {"hinge_loss of other shapes", [&] { nn::hinge_loss(v, four); }},
        {"cross_entropy",
         [&] {
             nn::cross_entropy(x, xt::xarray<std::int64_t>{0, 3});
         }},
        {"cross_entropy of fractions",
         [&] {
             nn::cross_entropy(x, xt::xarray<double>{0., 1.});
         }},
        {"mse_loss", [&] { nn::mse_loss(x, narrow); }},
        {"huber_loss", [&] { nn::huber_loss(v, three, {.delta = -1}); }},
        {"smooth_l1_loss", [&] { nn::smooth_l1_loss(v, three, {.beta = -1}); }},
        {"batchmean", [&] { nn::mse_loss(v, three, nn::Reduction::batchmean); }},
        {"batchmean of a margin", [&] { nn::squared_hinge_loss(v, three, nn::Reduction::batchmean); }},
        {"an empty handle", [&] { linear(x, narrow_weight, Parameter()); }},
        {"multilabel", [&] { nn::multilabel_soft_margin_loss(total, xt::xarray<double>(1.)); }},
        {"batch_norm", [&] { batch_norm(x, Parameter(), Parameter(), u, u); }},
        {"group_norm", [&] { group_norm(x, 2, v, v); }},
    };
    for (const auto& [name, call] : calls) {
        const std::size_t before = tape.size();
        BOOST_CHECK_THROW(call(), Error);
        BOOST_TEST(tape.size() == before, name << " leaves " << tape.size() - before);
    }
    // The parameter's leaf that another call made stays, and works.
    const Variable y = matmul(tape.constant(xt::xarray<double>{{1., 1., 1., 1.}}), w);
    const std::size_t before = tape.size();
    BOOST_CHECK_THROW(matmul(x, w), ShapeError);
    BOOST_TEST(tape.size() == before);
    BOOST_TEST(grad(sum(y), w).value<double>()(0, 0) == 1);
}

// But never what the user holds: a parameter's leaf, a mark, an update that was declared.
BOOST_AUTO_TEST_CASE(refused_calls_keep_what_others_refer_to)
{
    Tape tape;
    const Variable y = tape.variable(xt::xarray<double>{1., 2., 3.});
    const Parameter t(DType::float64, {3}, "t"), slot(DType::float64, {3}, "slot");
    t.assign(Array(xt::xarray<double>{7., 8., 9.}));
    // As code does that throws between its operands and its op.
    xgrad::detail::lift(y, t);
    const Variable leaf = tape.parameter(t);
    tape.assign(slot, leaf);
    BOOST_CHECK_THROW((y + xt::xarray<double>{1., 2.}), ShapeError);
    BOOST_TEST(leaf.value<double>()(0) == 7);
    xgrad::detail::lift(y, Array(xt::xarray<double>{1., 2., 3.}));
    const Tape::Mark mark = tape.mark();
    BOOST_CHECK_THROW((y + xt::xarray<double>{1., 2.}), ShapeError);
    BOOST_CHECK_NO_THROW(tape.rewind(mark));
    tape.commit();
    BOOST_TEST(slot.value<double>()(2) == 9);
}
