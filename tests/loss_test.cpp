// Losses: known values, what they refuse, and the L2 penalty.

#define BOOST_TEST_MODULE loss
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "support.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;
using nn::Reduction;

namespace {

using Doubles = std::vector<double>;

template <class T = double>
Array column(const Doubles& values)
{
    Array result(dtype_of<T>, {std::int64_t(values.size()), 1});
    for (std::size_t i = 0; i < values.size(); ++i) static_cast<T*>(result.mutable_data())[i] = T(values[i]);
    return result;
}

// The loss with each reduction against expected values of the elements.
void check_loss(const nn::Loss& loss, const Array& y, const Array& t, const Doubles& want,
                double tolerance = 1e-15)
{
    Tape tape;
    const Variable v = tape.variable(y);
    double total = 0;
    for (const double w : want) total += w;
    near(values(loss(v, t, Reduction::none)), want, tolerance);
    near(values(loss(v, t, Reduction::sum)), {total}, tolerance);
    near(values(loss(v, t)), {total / double(want.size())}, tolerance);
    near(values(loss(v, tape.constant(t), Reduction::mean)), {total / double(want.size())}, tolerance);
}

}  // namespace

BOOST_AUTO_TEST_CASE(hinge_of_a_margin)
{
    // z = t y = -2, 0, 1 -> 3, 1, 0, with either label.
    check_loss(nn::hinge_loss, column({-2, 0, 1, 2, -0., -1}), column({1, 1, 1, -1, -1, -1}),
               {3, 1, 0, 3, 1, 0});
    Tape tape;
    const Variable y = tape.variable(column({-2, 0, 1, 3}));
    const Variable loss = nn::hinge_loss(y, column({1, 1, 1, 1}), Reduction::sum);
    near(values(grad(loss, y)), {-1, -1, 0, 0}, 1e-15);
}

BOOST_AUTO_TEST_CASE(logistic_of_a_margin_does_not_overflow)
{
    check_loss(nn::logistic_loss, column({-800, 800, 0, 800, -800}), column({1, 1, 1, -1, -1}),
               {800, 0, std::log(2.), 800, 0});
    // torch.nn.functional.soft_margin_loss([[.3], [-2.], [4.]], [[1.], [-1.], [1.]], reduction="none"),
    // float64
    check_loss(nn::logistic_loss, column({.3, -2, 4}), column({1, -1, 1}),
               {0.55435524446852702, 0.1269280110429726, 0.018149927917809779});
    for (const DType dtype : {DType::float32, DType::float64}) {
        Tape tape;
        const Variable y = tape.variable(column({-800, 0, 800}).cast(dtype));
        const Variable loss = nn::logistic_loss(y, column({1, 1, 1}).cast(dtype), Reduction::sum);
        BOOST_TEST(loss.item() == 800 + std::log(2.), boost::test_tools::tolerance(1e-6));
        near(values(grad(loss, y)), {-1, -0.5, 0}, 1e-15);
    }
}

BOOST_AUTO_TEST_CASE(binary_cross_entropy_of_logits)
{
    // torch.nn.functional.binary_cross_entropy_with_logits(
    //     [-800., -2., 0., .5, 800.], [0., 1., .5, .25, 1.], reduction="none"), float64
    const Array z = column({-800, -2, 0, .5, 800}), t = column({0, 1, .5, .25, 1});
    check_loss(nn::binary_cross_entropy_with_logits, z, t,
               {0, 2.1269280110429727, 0.69314718055994529, 0.84907698418010669, 0});
    Tape tape;
    const Variable logits = tape.variable(z);
    const Variable loss = nn::binary_cross_entropy_with_logits(logits, t, Reduction::sum);
    const auto s = [](double x) { return 1 / (1 + std::exp(-x)); };
    near(values(grad(loss, logits)), {0, s(-2) - 1, 0, s(.5) - .25, 0}, 1e-15);
}

BOOST_AUTO_TEST_CASE(binary_cross_entropy_of_probabilities)
{
    // torch.nn.functional.binary_cross_entropy([0., .1, .5, .9, 1.], [1., 0., .5, .25, 1.],
    // reduction="none"), float64
    check_loss(nn::binary_cross_entropy, column({0, .1, .5, .9, 1}), column({1, 0, .5, .25, 1}),
               {100, 0.10536051565782628, 0.69314718055994529, 1.7532789486599909, 0});
}

BOOST_AUTO_TEST_CASE(cross_entropy_of_rows)
{
    // torch.nn.functional.cross_entropy([[2., -1., .5], [0., 3., -2.], [1., 1., 1.]], [0, 2, 1]), float64
    const Array z(xt::xarray<double>{{2., -1., .5}, {0., 3., -2.}, {1., 1., 1.}});
    const Array labels(xt::xarray<std::int64_t>{0, 2, 1});
    check_loss(nn::cross_entropy, z, labels, {0.24131129665715703, 5.0549852353771474, 1.0986122886681098});
    Tape tape;
    const Variable large = tape.variable(Array(xt::xarray<double>{{1000., 0.}}));
    BOOST_TEST(nn::cross_entropy(large, Array(xt::xarray<std::int64_t>{1})).item() == 1000);
    const Variable v = tape.variable(z);
    says(message<ValueError>([&] {
             nn::cross_entropy(v, Array(xt::xarray<std::int64_t>{0, 3, -1}));
         }),
         "cross_entropy", "label 3", "[1]", "0 .. 2");
    says(message<ShapeError>([&] {
             nn::cross_entropy(v, column<std::int64_t>({0, 1, 2}));
         }),
         "cross_entropy", "[3, 3]", "[3, 1]");
    says(message<DtypeError>([&] {
             nn::cross_entropy(v, Array(xt::xarray<double>{0., 1., 2.}));
         }),
         "cross_entropy", "float64", "int64");
}

BOOST_AUTO_TEST_CASE(squared_error)
{
    check_loss(nn::mse_loss, column({.3, -2, 4}), column({1, -1, 1}), {.49, 1, 9});
}

BOOST_AUTO_TEST_CASE(wrong_labels_are_named)
{
    Tape tape;
    const Variable y = tape.variable(Array(xt::xarray<double>{{0.5, 0.5}, {0.5, 0.5}}));
    const Array zero_one(xt::xarray<double>{{1., -1.}, {-1., 0.}});
    const double nan = std::numeric_limits<double>::quiet_NaN();
    says(message<ValueError>([&] { nn::hinge_loss(y, zero_one); }), "hinge_loss", "label 0", "[1, 1]",
         "-1 or +1");
    says(message<ValueError>([&] { nn::logistic_loss(y, zero_one); }), "logistic_loss", "label 0", "[1, 1]",
         "-1 or +1");
    BOOST_CHECK_THROW(nn::logistic_loss(y, Array(xt::xarray<double>{{1., nan}, {1., 1.}})), ValueError);
    says(message<ValueError>([&] { nn::binary_cross_entropy_with_logits(y, zero_one); }),
         "binary_cross_entropy_with_logits", "target -1", "[0, 1]", "[0, 1]");
    const Array good(xt::xarray<double>{{0., 1.}, {.5, 0.}});
    BOOST_CHECK_NO_THROW(nn::binary_cross_entropy(y, good));
    for (const double bad : {1.5, -0.1, nan}) {
        const Variable p = tape.variable(Array(xt::xarray<double>{{0.5, bad}, {0.5, 0.5}}));
        says(message<ValueError>([&] { nn::binary_cross_entropy(p, good); }), "binary_cross_entropy",
             "output", "[0, 1]", "probability");
    }
}

BOOST_AUTO_TEST_CASE(shapes_and_types_must_be_equal)
{
    Tape tape;
    const Variable y = tape.variable(column({.5, .5, .5}));
    const Array flat(xt::xarray<double>{1., 1., 1.});
    const std::size_t size = tape.size();
    for (const nn::Loss& loss : {nn::hinge_loss, nn::logistic_loss, nn::binary_cross_entropy,
                                 nn::binary_cross_entropy_with_logits, nn::mse_loss}) {
        says(message<ShapeError>([&] { loss(y, flat, Reduction::mean); }), loss.name, "[3, 1]", "[3]");
        says(message<DtypeError>([&] {
                 loss(y, column<float>({1, 1, 1}), Reduction::mean);
             }),
             loss.name, "float64", "float32");
        BOOST_CHECK_THROW(loss(y, 1.0, Reduction::mean), ShapeError);
    }
    BOOST_TEST(tape.size() <= size + 15);  // the refused targets are constants there, and nothing else
    BOOST_TEST(nn::mse_loss(y, xt::ones<double>({3, 1}) * 0.5).item() == 0);  // an xtensor expression
    BOOST_TEST(nn::mse_loss(y, y + 1).item() == 1);
}

BOOST_AUTO_TEST_CASE(l2_leaves_biases_out)
{
    struct Net {
        nn::Linear layer{2, 2, {.dtype = DType::float64}};
        Parameter scale{Array(xt::xarray<double>{3.})};
        static constexpr auto members()
        {
            return std::tuple{field("layer", &Net::layer), field("scale", &Net::scale)};
        }
    };
    Net net;
    net.layer.weight.assign(Array(xt::xarray<double>{{1., 2.}, {-2., 4.}}));
    net.layer.bias.assign(Array(xt::xarray<double>{100., 100.}));
    Tape tape;
    const Variable loss = tape.variable(1.0);
    BOOST_TEST(nn::l2(loss, net, 0.5).item() == 0.25 * (25 + 9));
    BOOST_TEST(nn::l2(loss, std::vector{net.layer.bias, net.scale}, 2).item() == 20009);
    BOOST_TEST(nn::l2(loss, {net.scale}, 2).item() == 9);
    BOOST_TEST(nn::l2(loss, std::vector<Parameter>{}, 2).item() == 0);
    const Variable total = loss + nn::l2(loss, net, 0.5);
    near(values(grad(total, net.layer.weight)), {.5, 1, -1, 2}, 1e-15);
    BOOST_CHECK_THROW(nn::l2(loss, net, -1), ValueError);
}
