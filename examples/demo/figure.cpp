// The figure of the error functions, drawn by gnuplot from values that the library's ops computed.
#include "figure.hpp"

#include <cmath>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

namespace demo {

common::Figure draw_losses(const std::string& folder)
{
    constexpr std::int64_t points = 241;
    Tape tape;
    // z = t y on [-2, 2] with t = 1.
    const Variable z = affine(arange(tape.constant(0.0), points, DType::float64), 4.0 / (points - 1), -2);
    const Variable t = ones_like(z);
    const auto at = z.value<double>();
    const auto hinge = nn::hinge_loss(z, t, nn::Reduction::none).value<double>();
    const auto logistic = (nn::logistic_loss(z, t, nn::Reduction::none) / std::log(2.0)).value<double>();
    const auto squared = nn::mse_loss(z, t, nn::Reduction::none).value<double>();
    const auto wrong = cast(z < 0.0, DType::float64).value<double>();

    common::Table table({"z", "wrong", "hinge", "logistic_over_ln2", "squared"});
    for (std::int64_t i = 0; i < points; ++i) table.add({at(i), wrong(i), hinge(i), logistic(i), squared(i)});
    table.save(folder + "/losses.csv");
    return common::draw_figure(folder, "losses", "losses");
}

}  // namespace demo
