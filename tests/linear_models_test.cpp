// The solvers of linear classifiers, against theory: optimality conditions, solutions known in closed form, bounds of theorems;
// and what they refuse. (LIBSVM and LIBLINEAR: examples/two_roads, examples/logistic_regression.)
#define BOOST_TEST_MODULE linear_models
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support.hpp"
#include "xgrad/nn/folds.hpp"
#include "xgrad/nn/linear_models.hpp"

using namespace xgrad;

namespace {

using Vector = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();

Array matrix(const std::vector<Vector>& rows)
{
    Array result(DType::float64,
                 {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows.front().size())});
    auto* to = static_cast<double*>(result.mutable_data());
    for (const Vector& row : rows) to = std::copy(row.begin(), row.end(), to);
    return result;
}

nn::Dataset rows(const std::vector<Vector>& x, const Vector& t)
{
    std::vector<Vector> labels;
    for (const double label : t) labels.push_back({label});
    return {.x = matrix(x), .t = matrix(labels)};
}

// Two clouds that overlap.
nn::Dataset overlapping() { return nn::make_blobs<double>(60, 2.5, 7); }
// Two clouds that a line separates.
nn::Dataset apart() { return nn::make_blobs<double>(60, 0.6, 7); }

double t_of(const nn::Dataset& data, std::size_t i) { return values(data.t)[i]; }

// sum_i coefficient_i t_i (x_i, 1): w, and the sum of coefficient t.
Vector weighted_sum(const nn::Dataset& data, const Vector& coefficient)
{
    const Vector x = values(data.x), t = values(data.t);
    const std::size_t d = x.size() / t.size();
    Vector sum(d + 1, 0.0);
    for (std::size_t i = 0; i < t.size(); ++i) {
        for (std::size_t k = 0; k < d; ++k) sum[k] += coefficient[i] * t[i] * x[i * d + k];
        sum[d] += coefficient[i] * t[i];
    }
    return sum;
}

// Karush, Kuhn and Tucker: alpha = 0 beyond the margin, C within it, anything between on it.
void check_conditions(const nn::Dataset& data, const nn::LinearFit& fit, double C, double tolerance)
{
    const Vector alpha = values(fit.alpha), y = values(fit.decision_function(data.x));
    BOOST_REQUIRE_EQUAL(alpha.size(), y.size());
    for (std::size_t i = 0; i < alpha.size(); ++i) {
        const double z = t_of(data, i) * y[i];
        BOOST_TEST((alpha[i] >= 0 && alpha[i] <= C));
        BOOST_TEST(alpha[i] * std::max(0.0, z - 1) <= tolerance * C);
        BOOST_TEST((C - alpha[i]) * std::max(0.0, 1 - z) <= tolerance * C);
    }
}

}  // namespace

// ---------------------------------------------------------------- support vector machines

BOOST_AUTO_TEST_CASE(two_points_have_the_svm_that_one_can_write_down)
{
    // Points at 0 and 2 on a line: w = 1, b = -1, and alpha = 1/2 each where C lets it.
    const nn::Dataset data = rows({{0.}, {2.}}, {-1, 1});
    for (const nn::LinearFit& fit :
         {nn::svm_smo(data, {.C = 10, .tolerance = 1e-12}), nn::svm_hard_margin(data)}) {
        near(values(fit.w), {1});
        near(fit.b, -1);
        near(values(fit.alpha), {0.5, 0.5});
        near(fit.primal, 0.5);
        near(fit.dual, 0.5);
        near(fit.margin(data), 1);
        BOOST_TEST(fit.converged);
    }
    // C = 1/10 binds: w = sum alpha t x = 0.2, and the bias lies between the two; the objective is 0.02 + 0.1 (2 - 0.4).
    const nn::LinearFit bound = nn::svm_smo(data, {.C = 0.1, .tolerance = 1e-12});
    near(values(bound.alpha), {0.1, 0.1});
    near(values(bound.w), {0.2});
    near(bound.primal, 0.18);
}

BOOST_AUTO_TEST_CASE(a_penalised_bias_gives_another_svm)
{
    // Points at 1 and 3: w + b <= -1 and 3 w + b >= 1 with the least w^2 + b^2 is w = 1, b = -2 (a free bias would cost nothing).
    const nn::LinearFit fit =
        nn::svm_coordinate_descent(rows({{1.}, {3.}}, {-1, 1}), {.C = 100, .tolerance = 1e-12});
    near(values(fit.w), {1}, 1e-5);
    near(fit.b, -2, 1e-5);
    near(values(fit.alpha), {3.5, 1.5}, 1e-5);
    near(fit.primal, 2.5, 1e-5);
    BOOST_TEST(fit.converged);
}

BOOST_AUTO_TEST_CASE(smo_meets_the_conditions_of_the_optimum)
{
    const nn::Dataset data = overlapping();
    for (const double C : {0.01, 1.0, 100.0}) {
        const nn::LinearFit fit = nn::svm_smo(data, {.C = C, .tolerance = 1e-12});
        BOOST_TEST(fit.converged);
        check_conditions(data, fit, C, 1e-8);
        const Vector sum = weighted_sum(data, values(fit.alpha));
        near({values(fit.w)[0], values(fit.w)[1]}, {sum[0], sum[1]}, 1e-10);
        BOOST_TEST(std::abs(sum[2]) <= 1e-10 * C);  // the bias is free
        BOOST_TEST(fit.gap >= 0);
        near(fit.primal - fit.dual, fit.gap, 1e-9);
    }
}

BOOST_AUTO_TEST_CASE(coordinate_descent_and_pegasos_meet_the_conditions_with_the_bias_among_the_weights)
{
    const nn::Dataset data = overlapping();
    const nn::LinearFit descent = nn::svm_coordinate_descent(data, {.C = 1, .tolerance = 1e-12});
    BOOST_TEST(descent.converged);
    check_conditions(data, descent, 1, 1e-8);
    const nn::LinearFit pegasos = nn::svm_pegasos(data, {.C = 1, .tolerance = 1e-2, .max_epochs = 20000});
    BOOST_TEST(pegasos.converged);
    for (const nn::LinearFit& fit : {descent, pegasos}) {
        const Vector sum = weighted_sum(data, values(fit.alpha));
        near({values(fit.w)[0], values(fit.w)[1], fit.b}, sum, 1e-10);
        near(fit.primal - fit.dual, fit.gap, 1e-9);
        for (const double a : values(fit.alpha)) BOOST_TEST((a >= 0 && a <= 1));
    }
    // Weak duality: every dual is below every primal of the same problem.
    BOOST_TEST(pegasos.dual <= descent.primal);
    BOOST_TEST(descent.dual <= pegasos.primal);
    BOOST_TEST(pegasos.primal <= descent.primal * (1 + 1.1e-2));
}

BOOST_AUTO_TEST_CASE(the_gap_shrinks_with_the_work_and_the_history_says_so)
{
    const nn::LinearFit fit = nn::svm_smo(overlapping(), {.tolerance = 1e-10});
    BOOST_REQUIRE(fit.history.size() >= 3);
    BOOST_TEST(fit.history.front().passes == 0);
    BOOST_TEST(fit.history.front().dual == 0);
    for (std::size_t k = 1; k < fit.history.size(); ++k) {
        BOOST_TEST(fit.history[k].passes >= fit.history[k - 1].passes);
        BOOST_TEST(fit.history[k].dual >= fit.history[k - 1].dual - 1e-12);  // each pair raises it
    }
    BOOST_TEST(fit.history.back().gap == fit.gap);
    const nn::LinearFit stopped = nn::svm_smo(overlapping(), {.tolerance = 1e-10, .max_iterations = 3});
    BOOST_TEST(!stopped.converged);
    BOOST_TEST(stopped.iterations == 3);
}

BOOST_AUTO_TEST_CASE(a_free_bias_takes_up_a_shift_of_the_data)
{
    const nn::Dataset data = overlapping();
    nn::Dataset shifted = data;
    shifted.x = Array(xt::xarray<double>(data.x.value<double>() + 5.0));
    const nn::LinearFit a = nn::svm_smo(data, {.tolerance = 1e-13}),
                        b = nn::svm_smo(shifted, {.tolerance = 1e-13});
    near(values(b.w), values(a.w), 1e-5);
    near(b.primal, a.primal, 1e-9);
    const nn::LinearFit c = nn::svm_coordinate_descent(data, {.tolerance = 1e-9}),
                        d = nn::svm_coordinate_descent(shifted, {.tolerance = 1e-9});
    BOOST_TEST(std::abs(d.primal - c.primal) > 1e-3);
}

BOOST_AUTO_TEST_CASE(the_hard_margin_is_canonical_and_its_alpha_balances)
{
    const nn::Dataset data = apart();
    const nn::LinearFit fit = nn::svm_hard_margin(data, {.tolerance = 1e-12});
    const Vector y = values(fit.decision_function(data.x)), w = values(fit.w);
    double smallest = infinity;
    for (std::size_t i = 0; i < y.size(); ++i) smallest = std::min(smallest, t_of(data, i) * y[i]);
    near(smallest, 1, 1e-9);
    near(fit.margin(data), 1 / std::hypot(w[0], w[1]), 1e-9);
    near(fit.gap, fit.primal - fit.dual, 1e-9);
    const Vector sum = weighted_sum(data, values(fit.alpha));
    near({sum[0], sum[1], sum[2]}, {w[0], w[1], 0}, 1e-5);
    // A large C is the same thing.
    near(values(nn::svm_smo(data, {.C = 1e6, .tolerance = 1e-12}).w), w, 1e-5);
}

BOOST_AUTO_TEST_CASE(support_vectors_are_those_on_the_margins_or_within)
{
    const nn::LinearFit fit{.w = matrix({{1.}}), .b = 0};
    const nn::Dataset data = rows({{1.}, {1 + 1e-7}, {1.1}, {-0.5}, {-2.}, {0.5}}, {1, 1, 1, -1, -1, -1});
    const std::vector<std::int64_t> expected = {0, 1, 3, 5}, strict = {0, 3, 5};
    BOOST_TEST(fit.support_vectors(data) == expected, boost::test_tools::per_element());
    BOOST_TEST(fit.support_vectors(data, 0) == strict, boost::test_tools::per_element());
    near(fit.margin(data), -0.5);
    near(values(fit.predict(data.x)), {1, 1, 1, -1, -1, 1});
}

// ---------------------------------------------------------------- logistic regression, perceptron, least squares

BOOST_AUTO_TEST_CASE(logistic_regression_is_where_the_gradient_vanishes)
{
    const nn::Dataset data = overlapping();
    for (const bool penalise : {false, true}) {
        const nn::LinearFit fit = nn::logistic_regression(data, {.C = 0.7, .penalise_bias = penalise});
        BOOST_TEST(fit.converged);
        // w = sum alpha t x with alpha = C / (1 + e^(t y)); the same for b where it pays, else the sum is 0.
        const Vector y = values(fit.decision_function(data.x));
        Vector alpha(y.size());
        double objective = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
            const double z = t_of(data, i) * y[i];
            alpha[i] = 0.7 / (1 + std::exp(z));
            objective += 0.7 * std::log(1 + std::exp(-z));
        }
        const Vector sum = weighted_sum(data, alpha);
        near(sum, {values(fit.w)[0], values(fit.w)[1], penalise ? fit.b : 0}, 1e-10);
        near(values(fit.alpha), alpha);
        for (const double w : {values(fit.w)[0], values(fit.w)[1], penalise ? fit.b : 0})
            objective += w * w / 2;
        near(fit.primal, objective);
    }
}

BOOST_AUTO_TEST_CASE(without_a_penalty_logistic_regression_needs_classes_that_overlap)
{
    // Of 4 rows at x = 1 three are +1, at x = 0 one: p(1) = 3/4, p(0) = 1/4, so b = -ln 3 and w = 2 ln 3.
    const nn::Dataset data =
        rows({{0.}, {0.}, {0.}, {0.}, {1.}, {1.}, {1.}, {1.}}, {1, -1, -1, -1, 1, 1, 1, -1});
    const nn::LinearFit fit = nn::logistic_regression(data, {.C = infinity});
    near(values(fit.w), {2 * std::log(3)});
    near(fit.b, -std::log(3));
    says(message<ValueError>([] { nn::logistic_regression(apart(), {.C = infinity}); }),
         "a line separates the classes", "no minimum", "give a finite C");
    const nn::Dataset twice = rows({{0., 0.}, {0., 0.}, {1., 1.}, {1., 1.}}, {1, -1, 1, -1});
    says(message<ValueError>([&] { nn::logistic_regression(twice, {.C = infinity}); }),
         "depend on one another");
    BOOST_TEST(nn::logistic_regression(twice, {.C = 1}).converged);
}

BOOST_AUTO_TEST_CASE(logistic_regression_stands_large_numbers)
{
    const nn::Dataset far = rows({{-800.}, {-900.}, {800.}, {-1000.}}, {-1, 1, 1, -1});
    const nn::LinearFit fit = nn::logistic_regression(far, {.C = 1e4});
    BOOST_TEST(fit.converged);
    BOOST_TEST(std::isfinite(fit.primal));
}

BOOST_AUTO_TEST_CASE(the_perceptron_errs_no_more_often_than_novikoff_allows)
{
    const nn::Dataset data = apart();
    const nn::LinearFit fit = nn::perceptron(data, {.seed = 3});
    BOOST_TEST(fit.converged);
    BOOST_TEST(fit.primal == 0);
    BOOST_TEST(fit.margin(data) > 0);
    // Updates <= (R / margin)^2 with the bias as one more weight. The hard margin's (w, b) is one line with t y >= 1, so
    // the margin of the best one is at least 1 / |(w, b)|.
    const nn::LinearFit svm = nn::svm_hard_margin(data);
    const Vector w = values(svm.w), x = values(data.x);
    double radius = 0;
    for (std::size_t i = 0; i < x.size(); i += 2)
        radius = std::max(radius, x[i] * x[i] + x[i + 1] * x[i + 1] + 1);
    BOOST_TEST(static_cast<double>(fit.iterations) <= radius * (w[0] * w[0] + w[1] * w[1] + svm.b * svm.b));
    BOOST_TEST(!nn::perceptron(overlapping(), {.max_epochs = 20}).converged);
    BOOST_TEST((same(nn::perceptron(data, {.seed = 3}).w, fit.w)));
}

BOOST_AUTO_TEST_CASE(least_squares_leaves_residuals_across_the_columns)
{
    const nn::Dataset data = overlapping();
    const nn::LinearFit fit = nn::least_squares(data);
    const Vector y = values(fit.decision_function(data.x)), t = values(data.t), x = values(data.x);
    double sums[3] = {0, 0, 0}, squares = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double r = t[i] - y[i];
        sums[0] += r * x[2 * i];
        sums[1] += r * x[2 * i + 1];
        sums[2] += r;
        squares += r * r;
    }
    for (const double sum : sums) BOOST_TEST(std::abs(sum) <= 1e-11);
    near(fit.primal, squares / 2);
    // Any numbers may be fitted: y = 3 x - 2.
    const nn::LinearFit exact = nn::least_squares(rows({{0.}, {1.}, {5.}}, {-2, 1, 13}));
    near(values(exact.w), {3});
    near(exact.b, -2);
    says(message<ValueError>([] {
             nn::least_squares(rows({{1., 2.}, {2., 4.}, {3., 6.}}, {1, 2, 3}));
         }),
         "column 1 of x", "depends on those before it");
    says(message<ValueError>([] { nn::least_squares(rows({{4.}, {4.}}, {1, 2})); }), "column 0 of x");
}

// ---------------------------------------------------------------- what is refused, and float32

BOOST_AUTO_TEST_CASE(data_that_no_solver_can_use_are_refused_with_the_reason)
{
    const auto fit = [](const nn::Dataset& data) { return [data] { nn::svm_smo(data); }; };
    says(message<ValueError>(fit(rows({{1.}, {2.}}, {0, 1}))), "svm_smo", "t is 0 in row 0", "-1 or +1");
    says(message<ValueError>(fit(rows({{1.}, {2.}}, {1, 1}))), "all 2 labels are +1", "both classes");
    says(message<ValueError>(fit(rows({{1.}, {NAN}}, {-1, 1}))), "column 0 of x is nan in row 1");
    says(message<ShapeError>(fit(rows({{1.}, {2.}}, {-1, 1, 1}))), "[3, 1]", "[2, 1]");
    nn::Dataset classes = rows({{1.}, {2.}}, {-1, 1});
    classes.t = Array(xt::xarray<std::int64_t>{0, 1});
    says(message<DtypeError>(fit(classes)), "int64", "[2]", ".positive");
    nn::Dataset flat = rows({{1.}, {2.}}, {-1, 1});
    flat.x = Array(xt::xarray<double>{1., 2.});
    says(message<ShapeError>(fit(flat)), "[2]", "[n, features]");
    const nn::Dataset good = rows({{1.}, {2.}}, {-1, 1});
    says(message<ValueError>([&] { nn::svm_smo(good, {.C = 0}); }), "C must be positive and finite, got 0");
    says(message<ValueError>([&] { nn::svm_smo(good, {.C = infinity}); }), "svm_hard_margin");
    says(message<ValueError>([&] { nn::svm_smo(good, {.tolerance = -1}); }), "tolerance");
    says(message<ValueError>([&] { nn::svm_pegasos(good, {.max_epochs = 0}); }), "svm_pegasos", "max_epochs");
    says(message<ShapeError>([&] {
             nn::svm_smo(good).predict(matrix({Vector{1., 2.}}));
         }),
         "[1, 2]", "1 weights");
}

BOOST_AUTO_TEST_CASE(the_hard_margin_refuses_what_no_line_separates)
{
    says(message<ValueError>([] { nn::svm_hard_margin(overlapping()); }), "svm_hard_margin", "separates");
    says(message<ValueError>([] {
             nn::svm_hard_margin(rows({{1.}, {1.}}, {-1, 1}));
         }),
         "equal but for their labels");
    // XOR: the hulls cross in one point.
    says(message<ValueError>([] {
             nn::svm_hard_margin(rows({{0., 0.}, {1., 1.}, {0., 1.}, {1., 0.}}, {-1, -1, 1, 1}));
         }),
         "no line separates the classes");
}

BOOST_AUTO_TEST_CASE(float32_data_are_solved_in_float64)
{
    nn::Dataset data = overlapping();
    data.x = data.x.cast(DType::float32);
    nn::Dataset wide = data;
    wide.x = data.x.cast(DType::float64);
    data.t = data.t.cast(DType::float32);
    BOOST_TEST(same(nn::svm_smo(data).w, nn::svm_smo(wide).w));
    BOOST_TEST((nn::svm_smo(data).w.dtype() == DType::float64));
}
