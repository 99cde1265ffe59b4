// Row 13: four ways to draw a line between two classes. The SVM's is the one with the widest margin.
#include <algorithm>
#include <cmath>
#include <limits>

#include "examples/common/data.hpp"
#include "examples/common/figure.hpp"
#include "two_roads.hpp"

using namespace xgrad;

namespace two_roads {
namespace {

struct Point {
    double x, y;
};

double distance_to_segment(Point p, Point a, Point b)
{
    const double dx = b.x - a.x, dy = b.y - a.y, squares = dx * dx + dy * dy;
    double s = squares > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / squares : 0;
    s = std::clamp(s, 0.0, 1.0);
    return std::hypot(p.x - a.x - s * dx, p.y - a.y - s * dy);
}

// Half the distance of the two classes' convex hulls, which is the widest margin there can be: the nearest points of two hulls
// that do not meet are a row and a row or a row and a segment between two rows, so all of these are tried.
double widest_margin(const nn::Dataset& data)
{
    const auto x = data.x.value<double>(), t = data.t.value<double>();
    std::vector<Point> sides[2];
    for (std::int64_t i = 0; i < data.size(); ++i) sides[t(i, 0) > 0].push_back({x(i, 0), x(i, 1)});
    double smallest = std::numeric_limits<double>::infinity();
    for (int side = 0; side < 2; ++side)
        for (const Point& p : sides[side])
            for (const Point& a : sides[1 - side])
                for (const Point& b : sides[1 - side])
                    smallest = std::min(smallest, distance_to_segment(p, a, b));
    return smallest / 2;
}

double length(const nn::LinearFit& fit)
{
    return std::hypot(fit.w.value<double>()(0, 0), fit.w.value<double>()(1, 0));
}

}  // namespace

void four_lines(common::Report& report)
{
    const std::string& folder = report.options().out;
    //! [lines]
    const auto data =
        nn::read_csv<double>(common::data_file("iris.csv"), {.target = "species",
                                                             .positive = "setosa",
                                                             .only = {"setosa", "versicolor"},
                                                             .skip = {"petal_length_cm", "petal_width_cm"}});
    const auto svm = nn::svm_hard_margin(data, {.tolerance = 1e-12});
    const auto perceptron = nn::perceptron(data, {.max_epochs = 100'000, .seed = 1});
    const auto squares = nn::least_squares(data);
    const auto logistic = nn::logistic_regression(data, {.C = 1});
    //! [lines]

    const double widest = svm.margin(data);
    report.equals(13, "svm_margin_is_half_the_distance_of_the_hulls", widest, widest_margin(data), 1e-9);
    struct Line {
        std::string name;
        const nn::LinearFit& fit;
    };
    common::Table table({"w1", "w2", "b"});
    for (const Line& line : {Line{"svm", svm}, Line{"perceptron", perceptron}, Line{"least_squares", squares},
                             Line{"logistic", logistic}}) {
        table.add({line.fit.w.value<double>()(0, 0), line.fit.w.value<double>()(1, 0), line.fit.b});
        report.value(13, line.name + "_margin_in_cm", line.fit.margin(data));
        if (&line.fit != &svm)
            report.at_least(13, "svm_margin_less_that_of_" + line.name, widest - line.fit.margin(data),
                            -1e-6);
    }
    report.holds(13, "perceptron_separates", perceptron.converged && perceptron.margin(data) > 0);

    // The weaker the penalty, the longer the logistic w, without end; its line turns towards the SVM's (Rosset et al. 2003).
    double before = 0;
    bool longer = true, wider = true, below = true;
    double margin_before = -1;
    for (const double C : {1e2, 1e4, 1e6, 1e8}) {
        const auto fit = nn::logistic_regression(data, {.C = C, .max_iterations = 1000});
        longer = longer && length(fit) > before + 5;
        wider = wider && fit.margin(data) > margin_before;
        below = below && fit.margin(data) <= widest + 1e-6;
        before = length(fit);
        margin_before = fit.margin(data);
        report.value(13, "logistic_length_of_w_at_c_1e" + std::to_string(std::lround(std::log10(C))), before);
    }
    report.holds(13, "logistic_w_grows_by_more_than_5_at_each_100_fold_c", longer);
    report.holds(13, "logistic_margin_grows_towards_the_svms", wider && below);

    common::Table points({"sepal_length", "sepal_width", "label"});
    for (std::int64_t i = 0; i < data.size(); ++i)
        points.add(
            {data.x.value<double>()(i, 0), data.x.value<double>()(i, 1), data.t.value<double>()(i, 0)});
    points.save(folder + "/lines_points.csv");
    table.save(folder + "/lines.csv");
    common::draw_figure(folder, "lines", "lines");
}

}  // namespace two_roads
