// Row 10: SVM and logistic regression have about the same accuracy; fold by fold, so that no lucky split decides.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "examples/common/data.hpp"
#include "examples/common/figure.hpp"
#include "two_roads.hpp"

using namespace xgrad;

namespace two_roads {
namespace {

struct Summary {
    double mean = 0, deviation = 0;
};
Summary summary(const std::vector<double>& values)
{
    Summary s;
    for (const double v : values) s.mean += v / static_cast<double>(values.size());
    for (const double v : values) s.deviation += (v - s.mean) * (v - s.mean);
    s.deviation = std::sqrt(s.deviation / static_cast<double>(values.size() - 1));
    return s;
}

// Accuracies in percent, fold after fold.
struct Accuracies {
    std::vector<double> svm, logistic;
};

Accuracies cross_validate(const nn::Dataset& data, std::uint64_t seed)
{
    Accuracies result;
    //! [folds]
    constexpr double C = 1;
    for (auto& [train, test] : nn::folds(data, 5, seed, {.stratified = true})) {
        nn::standardise(train, test);  // by the training folds alone
        const auto svm = nn::svm_smo(train, {.C = C, .tolerance = 1e-4});
        const auto logistic = nn::logistic_regression(train, {.C = C});
        result.svm.push_back(100 * nn::accuracy(svm.decision_function(test.x), test.t));
        result.logistic.push_back(100 * nn::accuracy(logistic.decision_function(test.x), test.t));
    }
    //! [folds]
    return result;
}

}  // namespace

void alike(common::Report& report)
{
    struct Set {
        std::string name, file;
        nn::CsvOptions options;
    };
    const std::vector<Set> sets = {
        {"breast_cancer", "breast_cancer.csv", {.target = "diagnosis", .positive = "malignant"}},
        {"iris",
         "iris.csv",
         {.target = "species", .positive = "virginica", .only = {"versicolor", "virginica"}}},
        {"digits_3_8", "digits.csv", {.target = "digit", .positive = "8", .only = {"3", "8"}}}};
    common::Table table({"set", "seed", "fold", "svm", "logistic"});
    nn::Progress progress("5 folds, 3 seeds, 3 data sets", 9);
    for (std::size_t k = 0; k < sets.size(); ++k) {
        const nn::Dataset data = nn::read_csv<double>(common::data_file(sets[k].file), sets[k].options);
        double worst = 0;
        for (const std::uint64_t seed : {1, 2, 3}) {
            const Accuracies a = cross_validate(data, seed);
            std::vector<double> differences;
            std::printf("%-14s seed %d ", sets[k].name.c_str(), static_cast<int>(seed));
            for (std::size_t fold = 0; fold < a.svm.size(); ++fold) {
                differences.push_back(a.svm[fold] - a.logistic[fold]);
                std::printf(" %6.2f / %6.2f", a.svm[fold], a.logistic[fold]);
                table.add({double(k), double(seed), double(fold), a.svm[fold], a.logistic[fold]});
            }
            const Summary svm = summary(a.svm), logistic = summary(a.logistic), both = summary(differences);
            std::printf("   mean %.2f +- %.2f / %.2f +- %.2f (svm / logistic, %%)\n", svm.mean, svm.deviation,
                        logistic.mean, logistic.deviation);
            worst = std::max(worst, std::abs(both.mean));
            if (seed == 1) {
                report.value(10, sets[k].name + "_svm_percent", svm.mean);
                report.value(10, sets[k].name + "_logistic_percent", logistic.mean);
                report.value(10, sets[k].name + "_spread_of_fold_differences", both.deviation);
            }
            progress.step();
        }
        report.at_most(10, sets[k].name + "_largest_mean_difference_of_3_seeds_in_points", worst, 2);
    }
    table.save(report.options().out + "/folds.csv");
}

}  // namespace two_roads
