// Linear models trained by back-propagation against independent solvers: Newton's method, and LIBSVM.
#define BOOST_TEST_MODULE linear_models
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

struct LinearModel {
    nn::Linear out{30, 1, {.dtype = DType::float64}};
    static constexpr auto members() { return std::tuple{field("out", &LinearModel::out)}; }
    Variable operator()(Variable x) const { return out(x); }
};

nn::Dataset breast_cancer()
{
    nn::Dataset data = nn::read_csv<double>(XGRAD_SOURCE_DIR "/examples/data/breast_cancer.csv",
                                            {.target = "diagnosis", .positive = "malignant"});
    nn::standardise(data);
    return data;
}

using Vector = std::vector<double>;

// Solves A x = b by Gaussian elimination with pivots.
Vector solve(std::vector<Vector> a, Vector b)
{
    const std::size_t n = b.size();
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k; i < n; ++i)
            if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
        std::swap(a[k], a[pivot]);
        std::swap(b[k], b[pivot]);
        for (std::size_t i = k + 1; i < n; ++i) {
            const double factor = a[i][k] / a[k][k];
            for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
            b[i] -= factor * b[k];
        }
    }
    for (std::size_t k = n; k-- > 0;) {
        for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
    return b;
}

// Newton's method for (lambda/2)|w|^2 + mean ln(1 + e^(-t(w.x + b))): 30 weights, then the bias (not penalised).
Vector newton_logistic(const nn::Dataset& data, double lambda)
{
    const auto x = data.x.value<double>();
    const auto t = data.t.value<double>();
    const std::size_t n = static_cast<std::size_t>(data.size()), d = 31;
    Vector w(d, 0.0);
    for (int iteration = 0; iteration < 50; ++iteration) {
        Vector gradient(d, 0.0);
        std::vector<Vector> hessian(d, Vector(d, 0.0));
        for (std::size_t i = 0; i < n; ++i) {
            Vector row(d, 1.0);
            double z = w[30];
            for (std::size_t k = 0; k < 30; ++k) {
                row[k] = x(i, k);
                z += w[k] * row[k];
            }
            const double p = 1 / (1 + std::exp(t(i, 0) * z));
            for (std::size_t j = 0; j < d; ++j) {
                gradient[j] -= t(i, 0) * p * row[j] / static_cast<double>(n);
                for (std::size_t k = 0; k < d; ++k)
                    hessian[j][k] += p * (1 - p) * row[j] * row[k] / static_cast<double>(n);
            }
        }
        for (std::size_t k = 0; k < 30; ++k) {
            gradient[k] += lambda * w[k];
            hessian[k][k] += lambda;
        }
        const Vector step = solve(hessian, gradient);
        double size = 0;
        for (std::size_t k = 0; k < d; ++k) {
            w[k] -= step[k];
            size = std::max(size, std::abs(step[k]));
        }
        if (size < 1e-14) break;
    }
    return w;
}

double hinge_objective(const nn::Dataset& data, const Vector& w, double b, double lambda)
{
    const auto x = data.x.value<double>();
    const auto t = data.t.value<double>();
    double loss = 0, norm = 0;
    for (std::int64_t i = 0; i < data.size(); ++i) {
        double y = b;
        for (std::size_t k = 0; k < 30; ++k) y += w[k] * x(i, k);
        loss += std::max(0.0, 1 - t(i, 0) * y);
    }
    for (const double weight : w) norm += weight * weight;
    return loss / static_cast<double>(data.size()) + lambda / 2 * norm;
}

// What svm-train says of the same problem with C = 1: the dual objective, and the primal one at its solution.
struct Libsvm {
    double dual = 0, primal = 0;
};
Libsvm libsvm(const nn::Dataset& data, double lambda)
{
    const std::string base = "linear_models_svm";
    const auto x = data.x.value<double>();
    const auto t = data.t.value<double>();
    std::ofstream file(base + ".txt");
    file.precision(17);
    for (std::int64_t i = 0; i < data.size(); ++i) {
        file << (t(i, 0) > 0 ? "+1" : "-1");
        for (std::size_t k = 0; k < 30; ++k) file << ' ' << k + 1 << ':' << x(i, k);
        file << '\n';
    }
    file.close();
    const std::string command =
        "svm-train -s 0 -t 0 -c 1 -e 1e-9 " + base + ".txt " + base + ".model > " + base + ".log";
    BOOST_REQUIRE_MESSAGE(std::system(command.c_str()) == 0,
                          "svm-train (Debian package libsvm-tools) did not run");
    Libsvm result;
    std::ifstream log(base + ".log");
    for (std::string line; std::getline(log, line);)
        if (line.rfind("obj = ", 0) == 0) result.dual = -std::atof(line.c_str() + 6);
    std::ifstream model(base + ".model");
    Vector w(30, 0.0);
    double rho = 0;
    bool vectors = false, positive_first = true;
    for (std::string line; std::getline(model, line);) {
        std::istringstream words(line);
        std::string word;
        if (!vectors) {
            words >> word;
            if (word == "rho") words >> rho;
            if (word == "label") {
                int first = 0;
                words >> first;
                positive_first = first == 1;
            }
            vectors = word == "SV";
            continue;
        }
        double coefficient = 0;
        words >> coefficient;
        while (words >> word) {
            const std::size_t colon = word.find(':');
            w[static_cast<std::size_t>(std::atoi(word.c_str())) - 1] +=
                coefficient * std::atof(word.c_str() + colon + 1);
        }
    }
    const double sign = positive_first ? 1 : -1;
    for (double& weight : w) weight *= sign;
    result.primal = hinge_objective(data, w, -rho * sign, lambda);
    result.dual /= static_cast<double>(data.size());  // LIBSVM's objective is ours times C n
    return result;
}

template <class Loss>
double train(LinearModel& model, const nn::Dataset& data, nn::Optimizer optimizer, int steps,
             const Loss& loss)
{
    double last = 0;
    for (int step = 0; step < steps; ++step) {
        Tape tape;
        const Variable value = loss(model(tape.constant(data.x)), tape.constant(data.t));
        last = value.item();
        optimizer.step(grad(value, optimizer.parameters()));
    }
    return last;
}

constexpr double lambda = 1e-2;

// How far a linear model trained with a loss and L2 ends from Newton's weights, relative to the largest of these.
template <class Loss>
double distance_from_newton(const Loss& loss)
{
    const nn::Dataset data = breast_cancer();
    const Vector expected = newton_logistic(data, lambda);
    LinearModel model;
    nn::initialise(model, nn::zeros, 1);
    train(model, data, nn::Optimizer(nn::Sgd{.rate = 0.4, .momentum = 0.9}, model), 6000,
          [&](Variable y, Variable t) { return loss(y, t) + nn::l2(y, model, lambda); });
    Vector got = values(model.out.weight);
    got.push_back(model.out.bias.value<double>()(0));
    double error = 0, size = 0;
    for (std::size_t k = 0; k < got.size(); ++k) {
        error = std::max(error, std::abs(got[k] - expected[k]));
        size = std::max(size, std::abs(expected[k]));
    }
    return error / size;
}

}  // namespace

BOOST_AUTO_TEST_CASE(row_1_a_linear_layer_with_logistic_loss_and_l2_finds_newtons_weights_to_1e_6)
{
    const double error = distance_from_newton([](Variable y, Variable t) { return nn::logistic_loss(y, t); });
    BOOST_TEST_MESSAGE("RESULT 1 weights_relative_error " << error);
    BOOST_TEST(error <= 1e-6);
}

BOOST_AUTO_TEST_CASE(row_1_sigmoid_with_cross_entropy_is_the_same_model)
{
    const double error = distance_from_newton(
        [](Variable y, Variable t) { return nn::binary_cross_entropy(sigmoid(y), 0.5 * t + 0.5); });
    BOOST_TEST_MESSAGE("RESULT 1 weights_relative_error_cross_entropy " << error);
    BOOST_TEST(error <= 1e-6);
}

BOOST_AUTO_TEST_CASE(row_5_linear_output_with_hinge_and_l2_reaches_libsvms_objective_to_1e_5)
{
    const nn::Dataset data = breast_cancer();
    const double lambda = 1.0 / static_cast<double>(data.size());  // 1 / (C n) with C = 1
    const Libsvm reference = libsvm(data, lambda);
    BOOST_TEST_MESSAGE("RESULT 5 libsvm_primal " << reference.primal << " libsvm_dual " << reference.dual
                                                 << " duality_gap " << reference.primal - reference.dual);
    // The primal value is computed from svm-train's model file, which holds 8 digits of each feature.
    BOOST_TEST_REQUIRE(std::abs(reference.primal - reference.dual) <= 1e-6 * reference.dual);

    LinearModel model;
    nn::initialise(model, nn::zeros, 1);
    nn::Optimizer optimizer(nn::Adam{.rate = 0.05}, model);
    constexpr int steps = 40000;
    optimizer.schedule({.gamma = std::pow(1e-6, 1.0 / steps)});
    train(model, data, std::move(optimizer), steps,
          [&](Variable y, Variable t) { return nn::hinge_loss(y, t) + nn::l2(y, model, lambda); });
    const double reached =
        hinge_objective(data, values(model.out.weight), model.out.bias.value<double>()(0), lambda);
    const double relative = (reached - reference.dual) / reference.dual;
    BOOST_TEST_MESSAGE("RESULT 5 objective " << reached << " relative_to_libsvm " << relative);
    BOOST_TEST(relative >= -1e-9);  // no point of the primal lies below the dual optimum
    BOOST_TEST(relative <= 1e-5);
}
