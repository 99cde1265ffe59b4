// Derivatives of functions: against closed forms, of higher order, in products, and what they refuse.
#define BOOST_TEST_MODULE transform
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <thread>

#include "support.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/autodiff/update.hpp"

using namespace xgrad;
using Vec = xt::xarray<double>;

namespace {

// A function of one number with its first three derivatives.
struct Known {
    const char* name;
    Variable (*f)(Variable);
    double (*value)(double);
    double (*first)(double);
    double (*second)(double);
    double (*third)(double);
    double low, high;
};
double s(double x) { return 1 / (1 + std::exp(-x)); }
const Known known[] = {
    {"x^3", [](Variable x) { return x * x * x; }, [](double x) { return x * x * x; },
     [](double x) { return 3 * x * x; }, [](double x) { return 6 * x; }, [](double) { return 6.; }, -2, 2},
    {"exp(-x^2)", [](Variable x) { return exp(-square(x)); }, [](double x) { return std::exp(-x * x); },
     [](double x) { return -2 * x * std::exp(-x * x); },
     [](double x) { return (4 * x * x - 2) * std::exp(-x * x); },
     [](double x) { return (12 * x - 8 * x * x * x) * std::exp(-x * x); }, -2, 2},
    {"ln x", [](Variable x) { return log(x); }, [](double x) { return std::log(x); },
     [](double x) { return 1 / x; }, [](double x) { return -1 / (x * x); },
     [](double x) { return 2 / (x * x * x); }, 0.3, 3},
    {"1 / x", [](Variable x) { return 1 / x; }, [](double x) { return 1 / x; },
     [](double x) { return -1 / (x * x); }, [](double x) { return 2 / (x * x * x); },
     [](double x) { return -6 / std::pow(x, 4); }, 0.3, 3},
    {"sqrt x", [](Variable x) { return sqrt(x); }, [](double x) { return std::sqrt(x); },
     [](double x) { return 0.5 / std::sqrt(x); }, [](double x) { return -0.25 * std::pow(x, -1.5); },
     [](double x) { return 0.375 * std::pow(x, -2.5); }, 0.3, 3},
    {"x^2.5", [](Variable x) { return pow(x, 2.5); }, [](double x) { return std::pow(x, 2.5); },
     [](double x) { return 2.5 * std::pow(x, 1.5); }, [](double x) { return 3.75 * std::sqrt(x); },
     [](double x) { return 1.875 / std::sqrt(x); }, 0.3, 3},
    {"2^x", [](Variable x) { return pow(2.0, x); }, [](double x) { return std::pow(2, x); },
     [](double x) { return M_LN2 * std::pow(2, x); }, [](double x) { return M_LN2 * M_LN2 * std::pow(2, x); },
     [](double x) { return std::pow(M_LN2, 3) * std::pow(2, x); }, -2, 2},
    {"tanh x", [](Variable x) { return tanh(x); }, [](double x) { return std::tanh(x); },
     [](double x) { return 1 - std::pow(std::tanh(x), 2); },
     [](double x) {
         const double t = std::tanh(x);
         return -2 * t * (1 - t * t);
     },
     [](double x) {
         const double t = std::tanh(x);
         return (1 - t * t) * (6 * t * t - 2);
     },
     -2, 2},
    {"sigmoid x", [](Variable x) { return sigmoid(x); }, s, [](double x) { return s(x) * (1 - s(x)); },
     [](double x) { return s(x) * (1 - s(x)) * (1 - 2 * s(x)); },
     [](double x) { return s(x) * (1 - s(x)) * (1 - 6 * s(x) + 6 * s(x) * s(x)); }, -3, 3},
    {"softplus x", [](Variable x) { return softplus(x); }, [](double x) { return std::log1p(std::exp(x)); },
     s, [](double x) { return s(x) * (1 - s(x)); },
     [](double x) { return s(x) * (1 - s(x)) * (1 - 2 * s(x)); }, -3, 3},
    {"logsumexp(x, 0)",
     [](Variable x) {
         return logsumexp(concat({reshape(x, {1}), zeros_like(reshape(x, {1}))}));
     },
     [](double x) { return std::log1p(std::exp(x)); }, s, [](double x) { return s(x) * (1 - s(x)); },
     [](double x) { return s(x) * (1 - s(x)) * (1 - 2 * s(x)); }, -3, 3},
    {"x ln(1 + x)", [](Variable x) { return x * log1p(x); }, [](double x) { return x * std::log1p(x); },
     [](double x) { return std::log1p(x) + x / (1 + x); },
     [](double x) { return 1 / (1 + x) + 1 / ((1 + x) * (1 + x)); },
     [](double x) { return -1 / ((1 + x) * (1 + x)) - 2 / std::pow(1 + x, 3); }, -0.5, 3},
};

// A small network: 3 inputs, 4 hidden units, one output; all 21 parameters in one vector.
Variable network(Variable p, Variable x, Variable t)
{
    const Variable w = reshape(slice(p, {{0, 12}}), {3, 4}), b = slice(p, {{12, 16}});
    const Variable v = reshape(slice(p, {{16, 20}}), {4, 1}), c = slice(p, {{20, 21}});
    return mean(logistic_loss_elementwise(reshape(matmul(tanh(matmul(x, w) + b), v) + c, {-1}), t));
}
struct Problem {
    Vec p = xt::zeros<double>({21}), x = xt::zeros<double>({5, 3}), t{1., -1., 1., 1., -1.};
    Problem()
    {
        for (std::size_t i = 0; i < 21; ++i) p.flat(i) = std::sin(1.7 * static_cast<double>(i) + 0.3);
        for (std::size_t i = 0; i < 15; ++i) x.flat(i) = std::cos(2.3 * static_cast<double>(i));
    }
};

}  // namespace

// ---------------------------------------------------------------- closed forms

BOOST_AUTO_TEST_CASE(derivatives_to_third_order_are_the_closed_forms)
{
    for (const Known& f : known)
        for (double at = f.low; at <= f.high; at += (f.high - f.low) / 5)
            BOOST_TEST_CONTEXT(f.name << " at " << at)
            {
                Tape tape;
                const Variable x = tape.variable(at);
                near(f.f(x).item(), f.value(at));
                near(grad(f.f)(x).item(), f.first(at));
                near(grad(grad(f.f))(x).item(), f.second(at), 1e-11);
                near(grad(grad(grad(f.f)))(x).item(), f.third(at), 1e-10);
                const auto [value, slope] = value_and_grad(f.f)(x);
                near(value.item(), f.value(at));
                near(slope.item(), f.first(at));
                near(jvp(f.f, x, tape.constant(2.0)).item(), 2 * f.first(at));
                near(hvp(f.f, x, tape.constant(2.0)).item(), 2 * f.second(at), 1e-11);
                near(jvp([&](Variable u) { return jvp(f.f, u, tape.constant(1.0)); }, x, tape.constant(1.0))
                         .item(),
                     f.second(at), 1e-11);
                near(grad([&](Variable u) { return jvp(f.f, u, tape.constant(1.0)); })(x).item(),
                     f.second(at), 1e-11);
                // jvp of a vjp whose cotangent is an array of one constant
                near(vjp(vjp(f.f(x), x, ones_like(x)), x, ones_like(x)).item(), f.second(at), 1e-11);
            }
}

BOOST_AUTO_TEST_CASE(the_derivative_with_respect_to_a_cotangent_is_the_jvp)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2., 3.}), y = square(x), s = sum(x);
    for (const Variable c : {ones_like(y), tape.variable(Vec{1., 1., 1.})})
        near(values(vjp(vjp(y, x, c), c, tape.constant(Vec{1., 10., 100.}))), {2, 40, 600});
    for (const Variable c : {ones_like(s), tape.variable(1.0)})
        near(values(vjp(vjp(s, x, c), c, tape.constant(Vec{1., 10., 100.}))), {111});
}

BOOST_AUTO_TEST_CASE(y_is_ln_x1_plus_x1_x2)
{
    Tape tape;
    const Variable x1 = tape.variable(2.0, "x1"), x2 = tape.variable(5.0, "x2");
    const Variable y = log(x1) + x1 * x2;
    near(y.item(), std::log(2) + 10);
    const Gradients g = grad(y, {x1, x2});
    near(g[x1].item(), 5.5);
    near(g[x2].item(), 2);
    BOOST_TEST(g.size() == 2u);
    near(grad(g[x1], x2).item(), 1);
    near(grad(g[x1], x1).item(), -0.25);
    near(jvp(y, x1, tape.constant(1.0)).item(), 5.5);
}

BOOST_AUTO_TEST_CASE(gradients_add_up_over_fan_out_repeated_use_and_broadcasting)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2., 3.}), b = tape.variable(2.0);
    const Variable m = tape.constant(Vec{{1., 1., 1.}, {2., 2., 2.}});
    near(values(grad(sum(x + x + x * x), x)), {4, 6, 8});
    near(values(grad(sum(x * m), x)), {3, 3, 3});
    near(values(grad(sum(b * m * x), b)), {18});
    near(values(grad(sum(m / (b * b)), b)), {-2 * 9 / 8.});
    near(values(grad(sum(concat({x, x * 2, x})), x)), {4, 4, 4});
    near(values(grad(sum(matmul(reshape(x, {3, 1}), reshape(x, {1, 3}))), x)), {12, 12, 12});
    Variable y = x;
    for (int i = 0; i < 30; ++i) y = y + y;  // 2^30 paths, 30 nodes
    near(values(grad(sum(y), x)), std::vector<double>(3, 1073741824.));
    near(values(vjp(x, x, x)), {1, 2, 3});  // the identity
    near(values(grad(sum(x), x)), {1, 1, 1});
    near(values(grad(b, b)), {1});
    const Variable one = tape.variable(Vec(xt::ones<double>({1, 1})));  // one element of any shape will do
    near(values(grad(one * 3, one)), {3});
    BOOST_TEST((grad(one * 3, one).shape().size() == 2u));
    const Variable z = x * 2.0;  // with respect to an intermediate
    near(values(grad(sum(z * z), z)), {4, 8, 12});
    const Gradients both = grad(sum(z * x), {x, z, x});
    near(values(both[x]), {4, 8, 12});
    near(values(both[z]), {1, 2, 3});
}

// ---------------------------------------------------------------- Hessians

BOOST_AUTO_TEST_CASE(a_network_s_hessian_by_hvp_is_symmetric_and_that_of_finite_differences)
{
    const Problem problem;
    constexpr std::size_t n = 21;
    const auto with = [&](const Vec& p, auto use) {
        Tape tape;
        const Variable x = tape.constant(problem.x), t = tape.constant(problem.t), w = tape.variable(p);
        return use(tape, network(w, x, t), w);
    };
    const auto gradient = [&](const Vec& p) {
        return with(p, [](Tape&, Variable y, Variable w) { return values(grad(y, w)); });
    };
    std::vector<std::vector<double>> hessian;
    for (std::size_t j = 0; j < n; ++j) {
        Vec e = xt::zeros<double>({n});
        e(j) = 1;
        hessian.push_back(with(problem.p, [&](Tape& tape, Variable y, Variable w) {
            return values(hvp(y, w, tape.constant(e)));
        }));
        // The same by differentiating twice, and forwards over reverse.
        near(with(problem.p, [&](Tape& tape, Variable y,
                                 Variable w) { return values(grad(sum(grad(y, w) * tape.constant(e)), w)); }),
             hessian[j], 1e-13);
        near(with(problem.p, [&](Tape& tape, Variable y,
                                 Variable w) { return values(jvp(grad(y, w), w, tape.constant(e))); }),
             hessian[j], 1e-13);
    }
    for (std::size_t j = 0; j < n; ++j) {
        std::vector<double> column(n), numeric(n);
        const double h = 1e-2;  // central differences at h and h / 2, extrapolated
        const auto slope = [&](double step) {
            Vec up = problem.p, down = problem.p;
            up(j) += step, down(j) -= step;
            std::vector<double> a = gradient(up), b = gradient(down);
            for (std::size_t i = 0; i < n; ++i) a[i] = (a[i] - b[i]) / (2 * step);
            return a;
        };
        const auto coarse = slope(h), middle = slope(h / 2), fine = slope(h / 4);
        for (std::size_t i = 0; i < n; ++i) {
            const double r1 = middle[i] + (middle[i] - coarse[i]) / 3,
                         r2 = fine[i] + (fine[i] - middle[i]) / 3;
            numeric[i] = r2 + (r2 - r1) / 15;
            column[i] = hessian[i][j];
        }
        near(hessian[j], column, 1e-13);
        near(hessian[j], numeric, 1e-10);
    }
}

// ---------------------------------------------------------------- what does not depend, and what is refused

BOOST_AUTO_TEST_CASE(what_the_output_does_not_depend_on_has_a_zero_gradient_or_an_error_if_asked)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2.}, "weights"), y = tape.variable(Vec{3., 4.});
    const Parameter stranger(Vec{1., 2., 3.}, "bias");
    const Variable z = sum(y * detach(x));
    const Variable later = exp(x);
    for (const Variable& v : {x, later}) {
        near(values(grad(z, v)), {0, 0});
        near(values(jvp(z, v, v)), {0});
    }
    near(values(grad(z, stranger)), {0, 0, 0});
    near(values(grad(sum(sign(x)), x)), {0, 0});
    near(values(hvp(sum(x), x, y)), {0, 0});
    near(values(hvp(z, x, y)), {0, 0});
    const std::size_t size = tape.size();
    says(message<GradientError>([&] { grad(z, x, Unused::error); }),
         "the output does not depend on 'weights'");
    says(message<GradientError>([&] { grad(z, later, Unused::error); }), "does not depend on %");
    says(message<GradientError>([&] { grad(z, stranger, Unused::error); }),
         "does not depend on parameter 'bias'");
    says(message<GradientError>([&] { grad(z, {y, x}, Unused::error); }), "'weights'");
    BOOST_TEST(tape.size() == size);
    near(values(grad(z, y, Unused::error)), {1, 2});
}

BOOST_AUTO_TEST_CASE(what_has_no_meaning_is_refused_and_leaves_the_tape_as_it_was)
{
    Tape tape, other;
    const Variable x = tape.variable(Vec{1., 2.}, "x"), y = x * x, mask = x > 1.0;
    const Variable foreign = other.variable(Vec{1., 2.}), scalar = tape.constant(1.0),
                   narrow = tape.constant(xt::xarray<float>{1.f, 2.f});
    const Variable step = sum(sgd_update(y, x, scalar)),
                   whole = tape.constant(xt::xarray<std::int64_t>{1, 2});
    const Parameter counts(DType::int64, {2}, "counts");
    const std::size_t size = tape.size(), other_size = other.size();
    const auto refuses = [&](const std::string& text, const std::string& part) {
        says(text, part);
        BOOST_TEST(tape.size() == size);
        BOOST_TEST(other.size() == other_size);
    };
    refuses(message<GradientError>([&] { grad(y, x); }),
            "grad: the output has shape [2], not one element; reduce it (sum, mean) or use vjp() with a "
            "cotangent");
    refuses(message<GradientError>([&] { grad(y, {x}); }), "not one element");
    refuses(message<GradientError>([&] { hvp(y, x, x); }), "not one element");
    refuses(message<ShapeError>([&] { vjp(y, x, scalar); }), "vjp: the cotangent has shape [], expected [2]");
    refuses(message<DtypeError>([&] { vjp(y, x, narrow); }),
            "vjp: the cotangent is float32, expected float64");
    refuses(message<ShapeError>([&] { jvp(y, x, scalar); }), "jvp: the tangent has shape [], expected [2]");
    refuses(message<DtypeError>([&] { jvp(y, x, narrow); }), "jvp: the tangent is float32, expected float64");
    refuses(message<ShapeError>([&] { hvp(scalar, x, scalar); }),
            "hvp: the vector has shape [], expected [2]");
    refuses(message<DtypeError>([&] { vjp(mask, x, x); }), "the output is bool");
    refuses(message<DtypeError>([&] { vjp(y, whole, x); }),
            "is int64; gradients exist for float32 and float64");
    refuses(message<DtypeError>([&] { jvp(y, whole, whole); }), "is int64");
    refuses(message<DtypeError>([&] { vjp(y, {counts}, x); }), "parameter 'counts' is int64");
    refuses(message<GraphError>([&] { vjp(y, foreign, x); }), "two different tapes");
    refuses(message<GraphError>([&] { vjp(y, x, foreign); }), "two different tapes");
    refuses(message<GradientError>([&] { grad(step, x); }), "grad: sgd_update has no gradient; detach()");
    refuses(message<GradientError>([&] { jvp(step, x, x); }), "sgd_update has no gradient");
    refuses(message<GradientError>([&] { hvp(step, x, x); }), "sgd_update has no gradient");
    near(values(grad(sum(y), x)), {2, 4});
}

BOOST_AUTO_TEST_CASE(gradients_are_looked_up_by_what_was_asked_for)
{
    Tape tape, other;
    const Variable x = tape.variable(Vec{1., 2.}, "x"), y = tape.variable(Vec{3., 4.}, "y");
    const Variable twin = other.variable(Vec{1., 2.}, "twin");  // the same place in another tape
    const Parameter p(Vec{5., 6.}, "p"), q(Vec{7., 8.}, "q");
    const Variable loss = sum(x * y * tape.parameter(p) * tape.parameter(q));
    const Gradients g = grad(loss, {x, p});
    near(values(g[x]), {105, 192});
    near(values(g[p]), {21, 64});
    near(values(g[p.clone() == p ? p.clone() : p]), {21, 64});
    // Braces ask for Gradients, of one thing too, whatever the compiler; no braces for a Variable.
    static_assert(std::same_as<decltype(grad(y, {y})), Gradients> &&
                  std::same_as<decltype(grad(y, {p})), Gradients>);
    static_assert(std::same_as<decltype(vjp(y, {y}, y)), Gradients> &&
                  std::same_as<decltype(vjp(y, p, y)), Variable>);
    static_assert(std::same_as<decltype(grad(y, y)), Variable> &&
                  std::same_as<decltype(grad(y, p)), Variable>);
    says(message<GradientError>([&] { g[y]; }), "no gradient was asked for with respect to 'y'");
    says(message<GradientError>([&] { g[q]; }), "with respect to parameter 'q'");
    BOOST_CHECK_THROW(g[p.clone()], GradientError);
    BOOST_CHECK_THROW(g[twin], GradientError);
    BOOST_CHECK_THROW(g[Variable()], StaleError);
    BOOST_TEST(!g.target(0).is_parameter());
    BOOST_TEST((g.target(1).parameter() == p));
    near(values(g.gradient(1)), {21, 64});
    const std::vector<Parameter> both = {p, q};
    near(values(grad(loss, both)[q]), {15, 48});
    near(values(vjp(loss, {x, q}, tape.constant(2.0))[q]), {30, 96});
    BOOST_TEST(Gradients().size() == 0u);
    BOOST_TEST(grad(loss, std::vector<Target>{}).size() == 0u);
    tape.clear();
    BOOST_CHECK_THROW(g[x], StaleError);
}

// ---------------------------------------------------------------- graphs recorded again

BOOST_AUTO_TEST_CASE(a_graph_recorded_again_is_the_same_function)
{
    const Parameter w(Vec{2., 3.}, "w");
    Graph graph;
    {
        Tape tape;
        const Variable x = tape.variable(Vec{1., 2.}, "x");
        const auto scope = tape.scope("net");
        graph = tape.graph({tanh(x * w) + Vec{0.5, 0.25}, grad(sum(square(x) * w), x)});
    }
    BOOST_CHECK_NO_THROW(graph.verify());
    Tape tape;
    const Variable x = tape.variable(Vec{3., 4.}), in[] = {x};
    const std::vector<Variable> y = graph(in);
    BOOST_REQUIRE(y.size() == 2u);
    near(values(y[0]), {std::tanh(6) + 0.5, std::tanh(12) + 0.25});
    near(values(y[1]), {12, 24});
    near(values(grad(sum(y[1]), w)), {6, 8});  // parameters keep their identity
    BOOST_TEST(tape.graph({y[0]}).text().find("net") != std::string::npos);
    const std::size_t size = tape.size();
    const Variable wide = tape.variable(Vec{1., 2., 3.}), two[] = {x, x}, single[] = {wide};
    BOOST_CHECK_THROW(graph(two), ShapeError);
    BOOST_CHECK_THROW(graph(single), ShapeError);
    BOOST_CHECK_THROW(graph(x), ShapeError);  // two outputs
    BOOST_TEST(tape.size() == size + 1);
}

// ---------------------------------------------------------------- threads

BOOST_AUTO_TEST_CASE(two_threads_with_two_tapes_share_parameters_and_never_meet)
{
    const Problem problem;
    const Parameter p(problem.p, "p");
    const auto work = [&](std::vector<double>& result) {
        for (int i = 0; i < 200; ++i) {
            Tape tape;
            const Variable w = tape.parameter(p);
            const Variable y = network(w, tape.constant(problem.x), tape.constant(problem.t));
            result = values(hvp(y, w, w));
            const Parameter own(problem.p);  // writes to other slots do not disturb the other thread's tape
            own.assign(problem.p);
        }
    };
    std::vector<double> alone, one, two;
    work(alone);
    std::thread a([&] { work(one); }), b([&] { work(two); });
    a.join();
    b.join();
    BOOST_TEST((one == alone));
    BOOST_TEST((two == alone));
}
