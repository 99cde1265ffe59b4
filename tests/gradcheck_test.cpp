// gradcheck and gradgradcheck: how they are called, that they find what is wrong and where, and what they refuse.
#define BOOST_TEST_MODULE gradcheck
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtensor/xmath.hpp>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

const xt::xarray<double> a = {{-1.0, 0.5, 2.0}, {0.25, -0.75, 1.5}}, b = {3.0, -2.0, 0.5};

Variable free_function(Variable x, Variable y) { return x * sin(y); }

// The gradient of x * y, with one wrong element of dy.
const auto wrong_product = opaque_op(
    "wrong_product", [](const auto& x, const auto& y) { return x * y; },
    [](const auto& g, const auto& x, const auto& y) {
        auto dy = xt::eval(g * x);
        dy(1, 0) += 0.125;
        return std::tuple{xt::eval(g * y), dy};
    });

}  // namespace

BOOST_AUTO_TEST_CASE(functions_are_called_as_they_are_written)
{
    BOOST_TEST(gradcheck([](Variable x) { return sum(tanh(x)); }, a));
    BOOST_TEST(gradcheck([](Variable x, Variable y) { return x * tanh(y); }, {a, b}));
    BOOST_TEST(gradcheck([](Variable x, Variable y, Variable z) { return x * y + z; }, {a, b, 2.0 * a}));
    BOOST_TEST(gradcheck([](auto x, auto y) { return sum(x * y); }, {a, b}));
    BOOST_TEST(gradcheck([](auto x) { return exp(x); }, a));
    BOOST_TEST(gradcheck([](std::span<const Variable> in) { return in[0] * in[1]; }, {a, b}));
    BOOST_TEST(gradcheck(free_function, {a, b}));
    BOOST_TEST(gradcheck(static_cast<Variable (*)(Variable)>(xgrad::sigmoid), a));
    const std::vector<Array> several = {a, b};
    BOOST_TEST(gradgradcheck(free_function, several));
    BOOST_TEST(gradgradcheck([](Variable x) { return sum(square(x) * x); }, a, {.tolerance = 1e-8}));
    const Function erased = [](std::span<const Variable> in) { return in[0] / in[1]; };
    BOOST_TEST(gradgradcheck(erased, {a, b}));
    // Indices and masks are left as they are.
    BOOST_TEST(gradcheck([](Variable x, Variable mask) { return where(mask, x, 0.0); }, {a, Array(a > 0.0)}));
    const GradcheckReport report = gradcheck([](Variable x) { return square(x); }, a);
    BOOST_TEST(report.elements == 6);
    BOOST_TEST(report.random_cotangent);
    BOOST_TEST(report.kinks == 0);
    says(message<ValueError>([] { gradcheck(free_function, {a}); }),
         "1 inputs were given, the function takes 2");
    says(message<ValueError>([] { gradcheck(free_function, {a, b, a}); }), "3 inputs", "takes 2");
}

BOOST_AUTO_TEST_CASE(the_wrong_element_is_reported)
{
    const GradcheckReport report = gradcheck(wrong_product, {a, 3.0 * a});
    BOOST_TEST(!report.passed);
    BOOST_TEST(!report);
    BOOST_TEST(report.input == 1u);
    BOOST_TEST(report.element == 3);
    BOOST_TEST((report.index == std::vector<std::int64_t>{1, 0}));
    near(report.analytic - report.numeric, 0.125, 1e-8);
    says(report.text(), "gradcheck failed: largest error 0.12", "at input 1, element 3 [1, 0]",
         "gradient " + std::to_string(report.analytic).substr(0, 6),
         "finite difference " + std::to_string(report.numeric).substr(0, 6), "random c");
    says(message<GradientError>([&] { report.throw_if_failed(); }), report.text());
    BOOST_TEST(gradcheck(free_function, {a, b}).throw_if_failed().passed);
    // One element: the numbers are the gradient itself.
    const GradcheckReport one = gradcheck([](Variable x, Variable y) { return sum(x * detach(y) * y); },
                                          {b, xt::xarray<double>{0.1, 4., 0.1}});
    BOOST_TEST(one.where == "input 1, element 1");
    near(one.analytic, -8, 1e-9);
    near(one.numeric, -16, 1e-9);
    // A NaN is wrong.
    const auto nan = custom_op(
        "nan", [](const auto& x) { return 2.0 * x; },
        [](Variable g, Variable) { return g * std::numeric_limits<double>::quiet_NaN(); });
    BOOST_TEST(!gradcheck(nan, b));
    // Several seeds, several cotangents.
    BOOST_TEST(gradcheck(free_function, {a, b}, {.seed = 1}).analytic !=
               gradcheck(free_function, {a, b}, {.seed = 2}).analytic);
}

BOOST_AUTO_TEST_CASE(crossed_kinks_are_left_out_and_named)
{
    // 0.003 is nearer to the kink than the largest step.
    const xt::xarray<double> near_kink = {{1.0, -2.0}, {0.5, 0.003}};
    const GradcheckReport report = gradcheck([](Variable x) { return abs(x); }, near_kink);
    BOOST_TEST(report.passed);
    BOOST_TEST(report.kinks == 1);
    BOOST_TEST(report.elements == 3);
    BOOST_TEST(report.first_kink == "input 0, element 3 [1, 1]");
    says(report.text(), "gradcheck passed", "1 element left out", "kink", "input 0, element 3 [1, 1]");
    // A step that does not cross it.
    BOOST_TEST(gradcheck([](Variable x) { return abs(x); }, near_kink, {.step = 1e-4}).kinks == 0);
    // Two inputs that change places under maximum.
    const GradcheckReport two = gradcheck([](Variable x, Variable y) { return maximum(x, y); },
                                          {b, xt::xarray<double>{1.0, -2.0, 0.0}});
    BOOST_TEST(two.passed);
    BOOST_TEST(two.kinks == 2);
    BOOST_TEST(two.first_kink == "input 0, element 1");
    // A kink in the derivative is seen by the second check alone.
    const auto soft = [](Variable x) { return x * abs(x); };
    BOOST_TEST(gradcheck(soft, near_kink).passed);
    BOOST_TEST(gradgradcheck(soft, near_kink).kinks == 1);
    // Where nothing is left nothing has been shown.
    const GradcheckReport nothing =
        gradcheck([](Variable x) { return abs(x); }, xt::xarray<double>{0.0, 1e-3});
    BOOST_TEST(!nothing.passed);
    says(nothing.text(), "gradcheck failed: no element was compared", "2 elements left out",
         "first input 0, element 0");
}

BOOST_AUTO_TEST_CASE(parameters_are_checked_too)
{
    nn::Linear net(3, 2, {.dtype = DType::float64});
    nn::initialise(net, nn::xavier_uniform, 1);
    const Array before = net.weight.array();
    const std::uint64_t version = net.weight.version();
    const auto f = [&](Variable x) { return tanh(net(x)); };
    const GradcheckReport report = gradcheck(f, a, {.parameters = nn::parameters(net)});
    BOOST_TEST(report);
    BOOST_TEST(report.elements == 6 + 6 + 2);
    BOOST_TEST(gradgradcheck(f, a, {.parameters = nn::parameters(net)}));
    BOOST_TEST(gradcheck(net, a, {.parameters = nn::parameters(net)}));
    BOOST_TEST(same(net.weight.array(), before));
    BOOST_TEST(net.weight.version() == version);
    const auto wrong = [&](Variable x) {
        return sum(matmul(x, 2.0 * x.tape().parameter(net.weight) - detach(x.tape().parameter(net.weight))));
    };
    const GradcheckReport found = gradcheck(wrong, a, {.parameters = {net.weight}});
    BOOST_TEST(!found);
    says(found.text(), "parameter 'weight', element ", "[");
    BOOST_TEST(found.input == 1u);
    // Whatever f throws, they are what they were.
    for (int at = 5; at < 90; ++at) {
        int calls = 0;
        const auto failing = [&](Variable x) {
            if (++calls == at) throw std::runtime_error("enough");
            return net(x);
        };
        BOOST_CHECK_THROW(gradcheck(failing, a, {.parameters = nn::parameters(net)}), std::runtime_error);
    }
    BOOST_TEST(same(net.weight.array(), before));
    nn::Linear single(3, 2);
    says(message<DtypeError>(
             [&] { gradcheck([](Variable x) { return x; }, a, {.parameters = nn::parameters(single)}); }),
         "parameter 'weight' is float32 [3, 2]", "expected float64");
}

BOOST_AUTO_TEST_CASE(what_is_no_function_of_its_inputs_fails)
{
    double counter = 0;
    const auto counting = [&](Variable x) { return x * (counter += 1.0); };
    const GradcheckReport report = gradcheck(counting, b);
    BOOST_TEST(!report);
    says(report.text(), "gradcheck failed", "two calls gave 3 and 6 for element 0");
    says(gradgradcheck(counting, b).text(), "gradgradcheck failed", "two calls");
    // Random ops draw the same numbers at each call.
    BOOST_TEST(gradcheck([](Variable x) { return dropout(x, 0.5) * tanh(x); }, a));
    BOOST_TEST(gradgradcheck([](Variable x) { return square(dropout(x, 0.5)); }, a));
}

BOOST_AUTO_TEST_CASE(second_derivatives_by_inputs_and_by_the_cotangent)
{
    // x^3 whose gradient is right and whose second one is cut.
    const auto cut = custom_op(
        "cut", [](const auto& x) { return x * x * x; },
        [](Variable g, Variable x) { return 3.0 * g * square(detach(x)); });
    BOOST_TEST(gradcheck(cut, b));
    const GradcheckReport by_input = gradgradcheck(cut, b);
    BOOST_TEST(!by_input);
    says(by_input.text(), "gradgradcheck failed", "input 0, element");
    // Right by x, but cut by its cotangent, which is how jvp() would come out wrong.
    const auto blunt = custom_op(
        "blunt", [](const auto& x) { return 2.0 * x; }, [](Variable g, Variable) { return 2.0 * detach(g); });
    BOOST_TEST(gradcheck(blunt, b));
    const GradcheckReport by_cotangent = gradgradcheck(blunt, b);
    BOOST_TEST(!by_cotangent);
    says(by_cotangent.text(), "gradgradcheck failed", "the cotangent, element");
    says(message<GradientError>([] { gradgradcheck(wrong_product, {a, a}); }), "once_differentiable");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_checked_is_refused)
{
    const auto identity = [](Variable x) { return x * 1.0; };
    for (const bool second : {false, true}) {
        const auto check = [&](auto f, const Array& x) {
            return second ? gradgradcheck(f, x) : gradcheck(f, x);
        };
        const std::string who = second ? "gradgradcheck: " : "gradcheck: ";
        says(message<DtypeError>([&] {
                 check(identity, xt::xarray<float>{1.f, 2.f});
             }),
             who + "input 0 is float32 [2], expected float64", "finite differences");
        says(message<ValueError>([&] { check(identity, xt::xarray<int>{1, 2}); }), who, "nothing to check");
        says(message<DtypeError>([&] { check([](Variable x) { return greater(x, 0.0); }, b); }),
             who + "f returns [3] bool, expected float64", "no gradient");
        says(message<DtypeError>([&] { check([](Variable x) { return cast(x, DType::float32); }, b); }),
             who + "f returns [3] float32");
    }
    says(message<ValueError>(
             [&] { gradcheck([](std::span<const Variable> in) { return in[0]; }, std::vector<Array>()); }),
         "no input is given");
    const auto rounded = custom_op("rounded", [](const auto& x) { return xt::round(x); });
    BOOST_CHECK_THROW(gradcheck(rounded, b), GradientError);
    const auto positive = [](Variable x) {
        const auto v = x.value<double>();
        return slice(x, {{0, 1 + (v(0) > 3.0)}});
    };
    says(message<ValueError>([&] { gradcheck(positive, b); }), "its shape depends on numbers");
    // Nothing in it, nothing wrong with it.
    BOOST_TEST(gradcheck(identity, xt::xarray<double>::from_shape({0, 3})));
    BOOST_TEST(gradgradcheck(identity, xt::xarray<double>::from_shape({0, 3})));
}
