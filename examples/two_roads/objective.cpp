// Row 5: linear output + hinge loss + L2, trained by back-propagation, minimises what LIBSVM minimises.
#include <cmath>
#include <cstdio>

#include <xgrad/autodiff.hpp>

#include "examples/common/data.hpp"
#include "examples/common/referees.hpp"
#include "two_roads.hpp"

using namespace xgrad;

namespace two_roads {

nn::Dataset breast_cancer()
{
    auto data = nn::read_csv<double>(common::data_file("breast_cancer.csv"),
                                     {.target = "diagnosis", .positive = "malignant"});
    nn::standardise(data);
    return data;
}

//! [gradient]
struct Line {
    nn::Linear out;
    explicit Line(std::int64_t features) : out(features, 1, {.dtype = DType::float64}) {}
    static constexpr auto members() { return std::tuple{field("out", &Line::out)}; }
    Variable operator()(Variable x) const { return out(x); }  // no activation: the hinge needs the sign
};

Trained train(const nn::Dataset& data, double C, int steps, double rate, double last_rate)
{
    const double scale = C * static_cast<double>(data.size());
    Line net(data.x.shape()[1]);
    nn::initialise(net, nn::zeros, /*seed=*/1);
    nn::Optimizer optimizer(nn::Adam{.rate = rate}, net);
    optimizer.schedule({.gamma = std::pow(last_rate / rate, 1.0 / steps)});
    auto step = nn::compile(
        [&](std::span<const Variable> in) {
            const Variable y = net(in[0]);
            return nn::hinge_loss(y, in[1]) + nn::l2(y, net, /*lambda=*/1 / scale);  // the bias is not in it
        },
        std::move(optimizer));
    Trained result;
    nn::Progress progress("back-propagation", steps);
    for (int i = 0; i < steps; ++i) {
        result.objective.push_back(scale * step(data.x, data.t));  // mean form to sum form
        progress.step("objective " + std::to_string(result.objective.back()));
    }
    result.fit.w = net.out.weight.array();
    result.fit.b = net.out.bias.value<double>()(0);
    return result;
}
//! [gradient]

void objective(common::Report& report)
{
    constexpr double C = 1;
    constexpr int steps = 40000;
    const nn::Dataset data = breast_cancer();
    const common::Libsvm libsvm = common::libsvm(data, C, 1e-9, report.options().out);
    // LIBSVM keeps its products of rows in float: its gap stays at some 1e-7, whatever eps.
    report.at_most(5, "libsvm_relative_duality_gap", libsvm.fit.gap / libsvm.fit.dual, 1e-6);
    const auto above = [&](const nn::LinearFit& fit, const nn::Dataset& set) {
        return (common::hinge_objective(set, fit, C) - libsvm.fit.dual) / libsvm.fit.dual;
    };

    const Trained trained = train(data, C, steps, 0.05, 5e-8);
    report.value(5, "objective_by_back_propagation", common::hinge_objective(data, trained.fit, C));
    report.value(5, "objective_by_libsvm", libsvm.fit.primal);
    report.at_most(
        5, "relative_to_libsvm",
        std::abs(common::hinge_objective(data, trained.fit, C) - libsvm.fit.primal) / libsvm.fit.primal,
        1e-5);
    report.at_least(5, "relative_to_libsvms_dual_bound", above(trained.fit, data), -1e-9);
    report.value(5, "relative_with_a_constant_rate", above(train(data, C, steps / 4, 0.05, 0.05).fit, data));

    // Shifted data are the same problem, for the bias takes up the shift; not so if the bias is penalised.
    nn::Dataset shifted = data;
    shifted.x = Array(xt::xarray<double>(data.x.value<double>() + 1.0));
    report.at_most(5, "shifted_data_relative_to_libsvm",
                   above(train(shifted, C, steps, 0.05, 5e-8).fit, shifted), 1e-5);
    report.at_least(5, "shifted_data_penalised_bias_is_off_by",
                    above(nn::svm_coordinate_descent(shifted, {.C = C}), shifted), 1e-4);
}

}  // namespace two_roads
