// Row 29: parts that are nowhere negative beside principal components, on images of digits.
#include <algorithm>
#include <cmath>

#include "examples/common/data.hpp"
#include "parts.hpp"

using namespace xgrad;

namespace linear_but_useful {
namespace {

constexpr std::int64_t shown = 16, across = 8, side = 8;

// 8 x 8 images in two lines of eight, as a table of places and values; each image scaled to [-1, 1] by its largest number.
void save_images(const Matrix& images, const std::string& path)
{
    common::Table table({"column", "row", "value"});
    for (std::size_t k = 0; k < images.rows; ++k) {
        double size = 0;
        for (std::size_t p = 0; p < images.columns; ++p) size = std::max(size, std::abs(images(k, p)));
        for (std::size_t p = 0; p < images.columns; ++p)
            table.add({static_cast<double>(k % across * (side + 1) + p % side),
                       static_cast<double>(k / across * (side + 1) + p / side), images(k, p) / size});
    }
    table.save(path);
}

double least(const Array& a)
{
    const Matrix m(a);
    return *std::min_element(m.at.begin(), m.at.end());
}

}  // namespace

void parts_of_digits(common::Report& report)
{
    const std::string out = report.options().out;
    const nn::Dataset digits =
        nn::read_csv<double>(common::data_file("digits.csv"), {.target = "digit", .labels = true});
    const std::int64_t iterations = report.options().quick ? 150 : 1000;
    //! [parts]
    const nn::Nmf parts = nn::nmf(digits.x, 16, {.iterations = iterations, .seed = 3});
    const nn::Pca components = nn::pca(digits.x, 16);
    const double bound = nn::pca(digits.x, 16, {.centre = false}).residual;  // no matrix of rank 16 is nearer
    //! [parts]
    double growth = -INFINITY, nearest = INFINITY;
    for (std::size_t i = 1; i < parts.errors.size(); ++i)
        growth = std::max(growth, parts.errors[i] / parts.errors[i - 1] - 1);
    for (const double error : parts.errors) nearest = std::min(nearest, error / bound);
    report.at_most(29, "nmf_largest_growth_of_error", growth, 1e-12);
    report.at_least(29, "nmf_error_over_svd_bound", nearest, 1);
    report.value(29, "svd_error", bound);
    report.value(29, "nmf_error", parts.errors.back());
    report.value(29, "pca_error", components.residual);
    report.at_least(29, "least_number_of_the_parts", std::min(least(parts.components), least(parts.weights)),
                    0);
    report.at_most(29, "least_number_of_the_components", least(components.components), -0.1);
    // That the factors are what the errors say.
    const Matrix rows(digits.x), again = Matrix(parts.weights) * Matrix(parts.components);
    double error = 0;
    for (std::size_t i = 0; i < rows.at.size(); ++i)
        error += std::pow(rows.at[i] - again.at[i], 2) / static_cast<double>(rows.rows);
    report.at_most(29, "nmf_error_by_loops", std::abs(error / parts.errors.back() - 1), 1e-12);

    common::Table curve({"iteration", "nmf", "svd"});
    for (std::size_t i = 0; i < parts.errors.size(); ++i)
        curve.add({static_cast<double>(i), parts.errors[i], bound});
    curve.save(out + "/nmf.csv");
    save_images(Matrix(parts.components), out + "/parts.csv");
    save_images(Matrix(components.components), out + "/components.csv");
    common::draw_figure(out, "digit_parts", "digit_parts");
    static_assert(shown == 2 * across);
}

}  // namespace linear_but_useful
