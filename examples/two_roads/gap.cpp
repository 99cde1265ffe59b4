// Row 12: the other road. The dual, solved two variables at a time and one at a time, and Pegasos between the two.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "examples/common/figure.hpp"
#include "examples/common/referees.hpp"
#include "two_roads.hpp"

using namespace xgrad;

namespace two_roads {
namespace {

// How far alpha is outside of [0, C].
double outside_box(const nn::LinearFit& fit, double C)
{
    const auto alpha = fit.alpha.value<double>();
    double worst = 0;
    for (std::int64_t i = 0; i < fit.alpha.size(); ++i)
        worst = std::max({worst, -alpha(i, 0), alpha(i, 0) - C});
    return worst;
}

// The dual objective at alpha, by a loop of its own.
double dual_objective(const nn::Dataset& data, const nn::LinearFit& fit, bool penalised_bias)
{
    const auto x = data.x.value<double>(), t = data.t.value<double>(), alpha = fit.alpha.value<double>();
    double sum = 0, squares = 0, balance = 0;
    for (std::int64_t i = 0; i < data.size(); ++i) {
        sum += alpha(i, 0);
        balance += alpha(i, 0) * t(i, 0);
    }
    for (std::int64_t k = 0; k < data.x.shape()[1]; ++k) {
        double w = 0;
        for (std::int64_t i = 0; i < data.size(); ++i) w += alpha(i, 0) * t(i, 0) * x(i, k);
        squares += w * w;
    }
    if (penalised_bias) squares += balance * balance;
    return sum - squares / 2;
}

double balance(const nn::Dataset& data, const nn::LinearFit& fit)
{
    const auto t = data.t.value<double>(), alpha = fit.alpha.value<double>();
    double sum = 0;
    for (std::int64_t i = 0; i < data.size(); ++i) sum += alpha(i, 0) * t(i, 0);
    return std::abs(sum);
}

void save(const std::string& path, const nn::LinearFit& fit)
{
    common::Table table({"passes", "relative_gap"});
    for (const nn::FitPoint& point : fit.history)
        if (point.passes > 0 && point.gap > 0) table.add({point.passes, point.gap / fit.primal});
    table.save(path);
}

}  // namespace

void gap_over_work(common::Report& report)
{
    const std::string& folder = report.options().out;
    //! [dual]
    constexpr double C = 0.1;
    const nn::Dataset data = breast_cancer();
    const auto smo = nn::svm_smo(data, {.C = C, .tolerance = 1e-10});  // bias free, as LIBSVM
    // With a penalised bias, as LIBLINEAR: one variable of the dual at a time, and in the primal.
    const auto descent = nn::svm_coordinate_descent(data, {.C = C, .tolerance = 1e-10});
    const auto pegasos = nn::svm_pegasos(data, {.C = C, .max_epochs = 2000});
    //! [dual]

    struct Road {
        std::string name;
        const nn::LinearFit& fit;
        bool penalised_bias;
        double gap;
    };
    for (const Road& road : {Road{"smo", smo, false, 1e-6}, Road{"coordinate_descent", descent, true, 1e-6},
                             Road{"pegasos", pegasos, true, 1e-2}}) {
        // Both objectives by loops that are not the solvers'.
        const double primal = common::hinge_objective(data, road.fit, C, road.penalised_bias);
        const double dual = dual_objective(data, road.fit, road.penalised_bias);
        report.at_most(12, road.name + "_relative_duality_gap", (primal - dual) / primal, road.gap);
        report.at_least(12, road.name + "_gap_is_not_negative", (primal - dual) / primal, -1e-12);
        report.at_most(12, road.name + "_alpha_outside_0_to_c", outside_box(road.fit, C), 0);
        report.value(12, road.name + "_passes_over_the_data", road.fit.history.back().passes);
    }
    report.at_most(12, "smo_sum_of_alpha_t", balance(data, smo), 1e-10);

    const common::Libsvm libsvm = common::libsvm(data, C, 1e-9, folder);
    report.at_most(12, "smo_objective_vs_libsvm", std::abs(smo.dual - libsvm.objective) / libsvm.objective,
                   1e-6);
    report.at_most(12, "smo_weights_vs_libsvm", common::relative_difference(smo, libsvm.fit), 1e-4);
    const nn::LinearFit liblinear =
        common::liblinear(data, common::Liblinear::svm_dual_hinge, C, 1e-9, folder);
    report.at_most(12, "coordinate_descent_objective_vs_liblinear",
                   std::abs(descent.primal - liblinear.primal) / liblinear.primal, 1e-6);
    report.at_most(12, "coordinate_descent_weights_vs_liblinear",
                   common::relative_difference(descent, liblinear), 1e-4);

    save(folder + "/gap_smo.csv", smo);
    save(folder + "/gap_coordinate_descent.csv", descent);
    save(folder + "/gap_pegasos.csv", pegasos);
    // Back-propagation knows no dual: its distance from the optimum is known because SMO found that. A step takes two passes.
    const Trained by_gradient = train(data, C, 20000, 0.05, 5e-8);
    common::Table table({"passes", "relative_gap"});
    double next = 1;
    for (std::size_t i = 1; i < by_gradient.objective.size(); ++i) {
        if (static_cast<double>(i) < next) continue;
        next = std::max(static_cast<double>(i) + 1, static_cast<double>(i) * 1.05);
        table.add({2.0 * static_cast<double>(i), (by_gradient.objective[i] - smo.dual) / smo.dual});
    }
    table.save(folder + "/gap_back_propagation.csv");
    common::draw_figure(folder, "gap", "gap");
}

}  // namespace two_roads
