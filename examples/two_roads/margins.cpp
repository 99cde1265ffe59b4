// Row 11: support vectors. The rows on the margins or within decide all; without the others the answer is the same.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "examples/common/data.hpp"
#include "examples/common/figure.hpp"
#include "examples/common/referees.hpp"
#include "two_roads.hpp"

using namespace xgrad;

namespace two_roads {

void support_vectors(common::Report& report)
{
    const std::string& folder = report.options().out;
    //! [support]
    // Of the sum of the losses: the mean's lambda would change with the number of rows.
    constexpr double C = 1;
    const auto data =
        nn::read_csv<double>(common::data_file("iris.csv"), {.target = "species",
                                                             .positive = "virginica",
                                                             .only = {"versicolor", "virginica"},
                                                             .skip = {"sepal_length_cm", "sepal_width_cm"}});
    const auto svm = nn::svm_smo(data, {.C = C, .tolerance = 0});
    const auto rows = svm.support_vectors(data, /*tolerance=*/1e-6);  // t y <= 1 + 1e-6
    const auto again = nn::svm_smo(data.take(rows), {.C = C, .tolerance = 0});
    //! [support]

    report.at_most(11, "duality_gap", svm.gap, 1e-14);
    report.value(11, "rows", static_cast<double>(data.size()));
    report.value(11, "support_vectors", static_cast<double>(rows.size()));
    const auto moved = [&](const nn::LinearFit& a, const nn::LinearFit& b) {
        double sum = 0;
        for (std::int64_t k = 0; k < a.w.size(); ++k)
            sum += std::pow(a.w.value<double>()(k, 0) - b.w.value<double>()(k, 0), 2);
        return std::sqrt(sum);
    };
    report.at_most(11, "w_moves_without_the_others", moved(svm, again), 1e-6);

    report.value(11, "duality_gap_by_subtraction", svm.primal - svm.dual);
    // Those with alpha > 0 are among them; one of these taken away, and w does move.
    const auto alpha = svm.alpha.value<double>();
    std::size_t with_alpha = 0, marked = 0;
    std::vector<std::int64_t> without_one;
    for (std::int64_t i = 0; i < data.size(); ++i) {
        const bool is_marked = std::find(rows.begin(), rows.end(), i) != rows.end();
        with_alpha += alpha(i, 0) > 0;
        marked += alpha(i, 0) > 0 && is_marked;
    }
    report.holds(11, "all_with_positive_alpha_are_marked", with_alpha == marked);
    without_one.assign(rows.begin() + 1, rows.end());
    report.at_least(11, "w_moves_without_one_support_vector",
                    moved(svm, nn::svm_smo(data.take(without_one), {.C = C, .tolerance = 0})), 1e-3);

    const auto logistic = nn::logistic_regression(data, {.C = C});
    const auto logistic_again = nn::logistic_regression(data.take(rows), {.C = C});
    report.at_least(11, "logistic_w_moves_by_the_same_deletion", moved(logistic, logistic_again), 0.1);

    common::Table points({"petal_length", "petal_width", "label", "support"});
    for (std::int64_t i = 0; i < data.size(); ++i)
        points.add({data.x.value<double>()(i, 0), data.x.value<double>()(i, 1), data.t.value<double>()(i, 0),
                    double(std::find(rows.begin(), rows.end(), i) != rows.end())});
    points.save(folder + "/margins.csv");
    common::Table line({"w1", "w2", "b"});
    line.add({svm.w.value<double>()(0, 0), svm.w.value<double>()(1, 0), svm.b});
    line.save(folder + "/margins_line.csv");
    common::draw_figure(folder, "margins", "margins");
}

}  // namespace two_roads
