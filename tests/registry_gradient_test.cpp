// The derivatives of every row of the registry: against finite differences, in both directions and once more, in
// float32, at kinks and ties.
#define BOOST_TEST_MODULE registry_gradient
#include <boost/test/unit_test.hpp>

#include "registry_cases.hpp"
#include "xgrad/autodiff/check.hpp"

namespace {

// Rows that have a gradient to check. What is drawn afresh at each call is checked in tape_test.cpp; detach means the
// zero that it gives.
std::vector<Case> differentiable()
{
    std::vector<Case> result;
    for (const Case& c : cases()) {
        const Op& op = *find_op(c.op);
        if (op.traits.stochastic || op.traits.update || c.op == "detach") continue;
        const std::vector<Array> inputs = draw(c.sample, DType::float64);
        const auto real = [](const Array& x) { return x.dtype() == DType::float64; };
        if (std::ranges::none_of(inputs, real)) continue;
        Tape tape;
        if (is_floating(c.sample.call(put(tape, inputs)).dtype())) result.push_back(c);
    }
    return result;
}

Function as_function(const Case& c)
{
    return [&c](Inputs x) { return c.sample.call(x); };
}

Array shifted(const Array& x, const Array& direction, double h)
{
    Array result(DType::float64, Shape(x.shape().begin(), x.shape().end()));
    for (std::int64_t i = 0; i < x.size(); ++i)
        static_cast<double*>(result.mutable_data())[i] =
            static_cast<const double*>(x.data())[i] + h * static_cast<const double*>(direction.data())[i];
    return result;
}

struct Slope {
    Real value;
    bool smooth;
};
// The derivative of f along `direction` of input k, element by element: central differences extrapolated to h = 0.
std::vector<Slope> slopes(const Function& f, const std::vector<Array>& inputs, std::size_t k,
                          const Array& direction)
{
    const auto at = [&](double h) {
        std::vector<Array> moved = inputs;
        moved[k] = shifted(inputs[k], direction, h);
        Tape tape;
        return numbers(f(put(tape, moved)).array());
    };
    constexpr int levels = 4;
    double h = 8e-3;
    const std::vector<Real> centre = at(0);
    std::vector<Slope> result(centre.size());
    std::vector<std::array<Real, levels>> slope(centre.size()),
        bend(centre.size());  // bend: how far the sides differ
    for (int level = 0; level < levels; ++level, h /= 2) {
        const std::vector<Real> above = at(h), below = at(-h);
        for (std::size_t i = 0; i < centre.size(); ++i) {
            auto &s = slope[i], &b = bend[i];
            const auto last = static_cast<std::size_t>(level);
            s[last] = (above[i] - below[i]) / (2 * Real(h));
            b[last] = (above[i] - 2 * centre[i] + below[i]) / Real(h);
            Real even = 4, odd = 2;
            for (std::size_t k = last; k-- > 0; even *= 4, odd *= 4) {
                s[k] = s[k + 1] + (s[k + 1] - s[k]) / (even - 1);
                b[k] = b[k + 1] + (b[k + 1] - b[k]) / (odd - 1);
            }
            result[i] = {s[0], (std::fabs(s[0] - s[1]) < 1e-7L && std::fabs(b[0]) < 1e-7L) ||
                                   !std::isfinite(centre[i])};
            if (!std::isfinite(centre[i])) result[i].value = reference::nan;
        }
    }
    return result;
}

Array random_like(Variable x, unsigned seed)
{
    std::mt19937 engine(seed);
    std::uniform_real_distribution<double> uniform(-1, 1);
    Array result(DType::float64, Shape(x.shape().begin(), x.shape().end()));
    for (std::int64_t i = 0; i < result.size(); ++i)
        static_cast<double*>(result.mutable_data())[i] = uniform(engine);
    return result;
}

}  // namespace

// ---------------------------------------------------------------- finite differences

BOOST_AUTO_TEST_CASE(gradients_are_finite_differences_to_1e_7)
{
    std::int64_t kinks = 0, elements = 0;
    double worst = 0;
    for (const Case& c : differentiable()) {
        const std::vector<Array> x = draw(c.sample, DType::float64);
        for (const Array& array : x) elements += array.size();
        for (const std::uint64_t seed : {1u, 2u}) {
            const GradcheckReport report = gradcheck(as_function(c), x, {.seed = seed});
            BOOST_TEST(report.passed, c.name << ": " << report);
            kinks += report.kinks;
            worst = std::max(worst, report.worst);
        }
    }
    BOOST_TEST_MESSAGE("largest error " << worst << " over " << elements << " elements, " << kinks / 2
                                        << " near kinks");
    BOOST_TEST(kinks < elements / 50);
}

BOOST_AUTO_TEST_CASE(gradients_of_gradients_are_finite_differences_to_1e_7)
{
    std::int64_t kinks = 0, elements = 0;
    double worst = 0;
    for (const Case& c : differentiable()) {
        const std::vector<Array> x = draw(c.sample, DType::float64, 3);
        for (const Array& array : x) elements += array.size();
        const GradcheckReport report = gradgradcheck(as_function(c), x);
        BOOST_TEST(report.passed, c.name << ": " << report);
        kinks += report.kinks;
        worst = std::max(worst, report.worst);
    }
    BOOST_TEST_MESSAGE("largest error " << worst << " over " << elements << " elements, " << kinks
                                        << " near kinks");
    BOOST_TEST(kinks < elements / 20);
}

BOOST_AUTO_TEST_CASE(jacobian_vector_products_are_finite_differences_to_1e_7)
{
    std::size_t skipped = 0, elements = 0;
    for (const Case& c : differentiable())
        for (std::size_t k = 0; k < c.sample.inputs.size(); ++k) {
            const std::vector<Array> inputs = draw(c.sample, DType::float64, 5);
            if (inputs[k].dtype() != DType::float64) continue;
            Tape tape;
            const std::vector<Variable> x = put(tape, inputs);
            const Variable y = c.sample.call(x);
            const Array tangent = random_like(x[k], 9), cotangent = random_like(y, 10);
            const Variable along = jvp(y, x[k], tape.constant(tangent));
            const std::vector<Real> got = numbers(along.array());
            const std::vector<Slope> want = slopes(as_function(c), inputs, k, tangent);
            BOOST_REQUIRE_EQUAL(got.size(), want.size());
            for (std::size_t i = 0; i < got.size(); ++i) {
                skipped += !want[i].smooth, ++elements;
                BOOST_TEST(
                    (!want[i].smooth || std::isnan(want[i].value) || near(got[i], want[i].value, 1e-7L)),
                    c.name << ", input " << k << "[" << i << "]: " << got[i] << ", not " << want[i].value);
            }
            // <c, J v> = <J' c, v>
            const std::vector<Real> back = numbers(vjp(y, x[k], tape.constant(cotangent)).array());
            Real left = 0, right = 0;
            for (std::size_t i = 0; i < got.size(); ++i) left += numbers(cotangent)[i] * got[i];
            for (std::size_t i = 0; i < back.size(); ++i) right += back[i] * numbers(tangent)[i];
            BOOST_TEST((std::isnan(left) || near(left, right, 1e-12L)),
                       c.name << ": " << left << " against " << right);
        }
    BOOST_TEST_MESSAGE(elements << " elements, " << skipped << " near kinks");
    BOOST_TEST(skipped < elements / 50);
}

BOOST_AUTO_TEST_CASE(a_wrong_gradient_is_found)
{
    const Array x[] = {Array(xt::xarray<double>{0.5, -1., 2.})};
    const Function half = [](Inputs in) { return in[0] * detach(in[0]); };
    const GradcheckReport report = gradcheck(half, x);
    BOOST_TEST(!report.passed);
    BOOST_TEST(std::abs(report.numeric - 2 * report.analytic) < 1e-6);
    BOOST_TEST(report.text().find("gradcheck failed: largest error") == 0u);
    BOOST_TEST(gradcheck([](Inputs in) { return square(in[0]); }, x).passed);
    // Right to first order, wrong to second: d(g) is cut off.
    const Function once = [](Inputs in) {
        return in[0] * detach(square(in[0])) * 3 - 2 * detach(in[0] * square(in[0]));
    };
    const Array ones[] = {Array(xt::xarray<double>{1., 1.})};
    BOOST_TEST(!gradgradcheck(once, ones).passed);
    // A kink is left out and counted; where nothing is left, nothing has been shown.
    const Array zero[] = {Array(xt::xarray<double>{0., 1.})};
    BOOST_TEST(gradcheck([](Inputs in) { return abs(in[0]); }, zero).kinks == 1);
    BOOST_TEST(gradcheck([](Inputs in) { return abs(in[0]); }, zero).passed);
    const Array only[] = {Array(xt::xarray<double>{0.})};
    BOOST_TEST(!gradcheck([](Inputs in) { return abs(in[0]); }, only).passed);
    const Array f32[] = {Array(xt::xarray<float>{1.f})};
    BOOST_CHECK_THROW(gradcheck(half, f32), DtypeError);
}

BOOST_AUTO_TEST_CASE(a_check_of_one_element_reports_the_gradient_itself)
{
    const Array x0(xt::xarray<double>{0.5}), y0(xt::xarray<double>{2.});
    const Function cut = [](Inputs in) { return sum(in[0] * detach(in[0]) * in[1]); };
    const GradcheckReport one = gradcheck(cut, {x0, y0});
    BOOST_TEST(one.analytic == 1.0);
    BOOST_TEST(std::abs(one.numeric - 2) < 1e-6);
    BOOST_TEST(one.text().find("random") == std::string::npos);
    // Its derivative: 0 instead of 2 y.
    const GradcheckReport second = gradgradcheck([](Variable x) { return x * detach(x); }, x0);
    BOOST_TEST(second.analytic == 0.0);
    BOOST_TEST(std::abs(second.numeric - 1) < 1e-6);
    const Array two(xt::xarray<double>{0.5, 1.});
    const GradcheckReport several = gradcheck([](Inputs in) { return square(in[0]); }, {two});
    BOOST_TEST(several.passed);
    BOOST_TEST(several.text().find("both of sum(c * f) with random c") != std::string::npos);
    BOOST_TEST(gradgradcheck([](Inputs in) { return square(in[0]); }, {two}).passed);
}

BOOST_AUTO_TEST_CASE(float32_gradients_are_float64_ones_to_100_roundings)
{
    Real worst = 0;
    for (const Case& c : differentiable()) {
        std::vector<std::vector<Real>> found[2];
        for (const DType dtype : floats) {
            Tape tape;
            const std::vector<Variable> x = put(tape, draw(c.sample, dtype));
            const Variable y = c.sample.call(x);
            const Array cotangent = random_like(y, 4).cast(DType::float32).cast(y.dtype());
            for (const Variable& v : x)
                if (is_floating(v.dtype()))
                    found[dtype == DType::float64].push_back(
                        numbers(vjp(y, v, tape.constant(cotangent)).array()));
        }
        for (std::size_t k = 0; k < found[0].size(); ++k)
            for (std::size_t i = 0; i < found[0][k].size(); ++i) {
                const Real low = found[0][k][i], high = found[1][k][i];
                worst = std::max(worst, std::fabs(low - high) / std::max(Real(1), std::fabs(high)) /
                                            epsilon(DType::float32));
                BOOST_TEST(near(low, high, 100 * epsilon(DType::float32)),
                           c.name << ", input " << k << "[" << i << "]");
            }
    }
    BOOST_TEST_MESSAGE("largest difference " << worst << " roundings");
}

// ---------------------------------------------------------------- facts that passes rely on

BOOST_AUTO_TEST_CASE(ranges_and_linearity_hold_where_they_are_claimed)
{
    for (const Case& c : cases()) {
        const Op& op = *find_op(c.op);
        if (op.traits.stochastic || op.traits.update) continue;
        for (const unsigned seed : {1u, 2u, 3u}) {
            const std::vector<Array> p = draw(c.sample, DType::float64, seed),
                                     q = draw(c.sample, DType::float64, seed + 50);
            const auto value = [&](const std::vector<Array>& in) {
                Tape tape;
                return numbers(c.sample.call(put(tape, in)).array());
            };
            const std::vector<Real> y = value(p);
            const bool alone = [&] {  // the sample's value is this op's own
                Tape tape;
                const Variable v = c.sample.call(put(tape, p));
                const Graph graph = tape.graph({v});
                return graph.size() == p.size() + 1 && graph[v.id()].op == &op;
            }();
            if (!alone) continue;
            for (const Real x : y)
                BOOST_TEST((std::isnan(x) || (x >= op.traits.low && x <= op.traits.high)),
                           c.name << ": " << x);
            for (std::size_t k = 0; k < p.size(); ++k) {
                if (!(op.traits.linear >> k & 1) || p[k].dtype() != DType::float64) continue;
                std::vector<Array> other = p, between = p;
                other[k] = q[k];
                between[k] = Array(DType::float64, Shape(p[k].shape().begin(), p[k].shape().end()));
                for (std::int64_t i = 0; i < p[k].size(); ++i)
                    static_cast<double*>(between[k].mutable_data())[i] =
                        0.25 * static_cast<const double*>(p[k].data())[i] +
                        0.75 * static_cast<const double*>(q[k].data())[i];
                const std::vector<Real> y1 = value(other), ym = value(between);
                for (std::size_t i = 0; i < y.size(); ++i)
                    BOOST_TEST((std::isnan(y[i]) || near(ym[i], 0.25L * y[i] + 0.75L * y1[i], 1e-13L)),
                               c.name << " in " << k);
            }
        }
    }
}

// ---------------------------------------------------------------- kinks and ties

BOOST_AUTO_TEST_CASE(kinks_and_ties_have_the_documented_gradient)
{
    struct Kink {
        const char* claim;
        Variable (*f)(Variable);
        xt::xarray<double> x, gradient;
    };
    const std::vector<Kink> kinks = {
        {"relu'(0) = 0", [](Variable x) { return relu(x); }, {-1., -0., 0., 1.}, {0., 0., 0., 1.}},
        {"abs'(0) = 0", [](Variable x) { return abs(x); }, {-1., -0., 0., 1.}, {-1., 0., 0., 1.}},
        {"sign' = 0", [](Variable x) { return sign(x); }, {-1., 0., 1.}, {0., 0., 0.}},
        {"clamp passes at its bounds",
         [](Variable x) { return clamp(x, -1, 1); },
         {-2., -1., 0., 1., 2.},
         {0., 1., 1., 1., 0.}},
        {"maximum shares ties", [](Variable x) { return maximum(x, 1.); }, {0., 1., 2.}, {0., 0.5, 1.}},
        {"maximum shares ties, second argument",
         [](Variable x) { return maximum(1., x); },
         {0., 1., 2.},
         {0., 0.5, 1.}},
        {"minimum shares ties", [](Variable x) { return minimum(x, 1.); }, {0., 1., 2.}, {1., 0.5, 0.}},
        {"minimum shares ties, second argument",
         [](Variable x) { return minimum(1., x); },
         {0., 1., 2.},
         {1., 0.5, 0.}},
        {"maximum(x, x) passes once", [](Variable x) { return maximum(x, x); }, {3.}, {1.}},
        {"max() shares ties",
         [](Variable x) { return max(x); },
         {2., 1., 2., 2.},
         {1. / 3, 0., 1. / 3, 1. / 3}},
        {"min() shares ties", [](Variable x) { return min(x); }, {1., 2., 1.}, {0.5, 0., 0.5}},
        {"amax shares ties", [](Variable x) { return amax(x, {0}); }, {2., 2., 1.}, {0.5, 0.5, 0.}},
        {"amin shares ties", [](Variable x) { return amin(x, {0}); }, {2., 1., 1.}, {0., 0.5, 0.5}},
        {"max along an axis gives all to the first",
         [](Variable x) { return max(x, 0); },
         {1., 2., 2.},
         {0., 1., 0.}},
        {"min along an axis gives all to the first",
         [](Variable x) { return min(x, 0); },
         {1., 1., 2.},
         {1., 0., 0.}},
        {"max_pool2d gives all to the first",
         [](Variable x) {
             return max_pool2d(reshape(x, {1, 1, 2, 3}), {.kernel = {2, 3}});
         },
         {1., 2., 2., 0., 2., 1.},
         {0., 1., 0., 0., 0., 0.}},
        {"hinge' = 0 at t y = 1",
         [](Variable x) { return hinge_loss_elementwise(x, ones_like(x)); },
         {0., 1., 2.},
         {-1., 0., 0.}},
        {"pow(x, 0)' = 0", [](Variable x) { return pow(x, 0.); }, {0., 1., -1.}, {0., 0., 0.}},
        {"pow(x, 1)' = 1 at 0", [](Variable x) { return pow(x, 1.); }, {0., -2.}, {1., 1.}},
        {"pow(x, 2)' at negative x", [](Variable x) { return pow(x, 2.); }, {0., -3.}, {0., -6.}},
        {"pow(0, y)' = 0", [](Variable x) { return pow(0., x); }, {0., 1., 2.}, {0., 0., 0.}},
        {"where gives to the chosen side",
         [](Variable x) { return where(x > 0., x * 2., x * 3.); },
         {-1., 0., 1.},
         {3., 3., 2.}},
        {"detach cuts", [](Variable x) { return x * detach(x); }, {3.}, {3.}},
        {"cast to int64 cuts",
         [](Variable x) { return x * cast(cast(x, DType::int64), x.dtype()); },
         {3.5},
         {3.}},
    };
    for (const Kink& kink : kinks) BOOST_TEST_CONTEXT(kink.claim)
        {
            Tape tape;
            const Variable x = tape.variable(kink.x), g = grad(sum(kink.f(x)), x);
            const std::vector<Real> got = numbers(g.array());
            for (std::size_t i = 0; i < kink.gradient.size(); ++i)
                BOOST_TEST(near(got[i], kink.gradient(i), 1e-15L), "element " << i << ": " << got[i]);
            const Variable narrow = tape.variable(Array(kink.x).cast(DType::float32));
            const std::vector<Real> low = numbers(grad(sum(kink.f(narrow)), narrow).array());
            for (std::size_t i = 0; i < low.size(); ++i) BOOST_TEST(near(low[i], got[i], 1e-7L));
        }
    for (const Op* op : registry())  // rows whose reader must know which derivative is meant say so
        for (const std::string_view name :
             {"relu", "abs", "sign", "clamp", "maximum", "minimum", "max", "min", "hinge_loss", "max_pool2d"})
            if (op->name == name) BOOST_TEST(!op->traits.kink.empty(), name);
}
