// Points in space, the feet of their perpendiculars on two planes, and a patch of each, projected for the picture in 3-D.
#include <algorithm>
#include <array>
#include <cmath>

#include "parts.hpp"

using namespace xgrad;

namespace linear_but_useful {
namespace {

// Looks at the points from the side: coordinates along v1, v2, v3 become places on paper, and whether a point is nearer to
// the reader than its foot on a plane.
struct Camera {
    using Place = std::array<double, 3>;
    Place toward{0.32, -0.70, 0.64}, right{}, up{};

    Camera()
    {
        const auto unit = [](Place p) {
            const double length = std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
            return Place{p[0] / length, p[1] / length, p[2] / length};
        };
        toward = unit(toward);
        // v1, the longest, to the right and a little upwards.
        const Place along = unit({1 - toward[0] * toward[0], -toward[0] * toward[1], -toward[0] * toward[2]});
        const Place across = {toward[1] * along[2] - toward[2] * along[1],
                              toward[2] * along[0] - toward[0] * along[2],
                              toward[0] * along[1] - toward[1] * along[0]};
        const double c = std::cos(0.35), s = std::sin(0.35);
        for (std::size_t k = 0; k < 3; ++k) {
            right[k] = c * along[k] - s * across[k];
            up[k] = s * along[k] + c * across[k];
        }
    }
    static double dot(const Place& a, const Place& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
    std::vector<double> operator()(const Place& p) const { return {dot(p, right), dot(p, up)}; }
};

}  // namespace

void draw_planes(common::Report& report, const Array& x, const Array& classes)
{
    const std::string out = report.options().out;
    const nn::Pca all = nn::pca(x, 3);
    const Array coordinates = all.project(x);
    const Matrix z(coordinates), v(all.components);
    const auto kind = classes.value<std::int64_t>();
    const Camera camera;
    common::Table table(
        {"x", "y", "kind", "foot12_x", "foot12_y", "in_front12", "foot13_x", "foot13_y", "in_front13"});
    std::array<double, 3> low{}, high{};
    for (std::size_t r = 0; r < z.rows; ++r) {
        const Camera::Place point{z(r, 0), z(r, 1), z(r, 2)};
        std::vector<double> row = camera(point);
        row.push_back(static_cast<double>(kind(r)));
        for (const std::size_t left_out : {std::size_t{2}, std::size_t{1}}) {
            Camera::Place foot = point;
            foot[left_out] = 0;
            const std::vector<double> at = camera(foot);
            row.insert(row.end(), {at[0], at[1], point[left_out] * camera.toward[left_out] > 0 ? 1.0 : 0.0});
        }
        table.add(row);
        for (std::size_t k = 0; k < 3; ++k) {
            low[k] = std::min(low[k], point[k]);
            high[k] = std::max(high[k], point[k]);
        }
    }
    table.save(out + "/points.csv");

    // Patches: the outline, then lines across.
    for (const std::size_t second : {std::size_t{1}, std::size_t{2}}) {
        common::Table patch({"x", "y"});
        const auto add = [&](double p, double q) {
            Camera::Place place{};
            place[0] = 1.06 * (low[0] + p * (high[0] - low[0]));
            place[second] = 1.1 * (low[1] + q * (high[1] - low[1]));  // as wide as the points are along v2
            patch.add(camera(place));
        };
        for (const auto& [p, q] : {std::pair{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}) add(p, q);
        patch.gap();
        for (int i = 1; i < 12; ++i) {
            add(i / 12.0, 0), add(i / 12.0, 1);
            patch.gap();
        }
        for (int i = 1; i < 4; ++i) {
            add(0, i / 4.0), add(1, i / 4.0);
            patch.gap();
        }
        patch.save(out + (second == 1 ? "/plane12.csv" : "/plane13.csv"));
    }
    // One centimetre along each measurement.
    common::Table axes({"x", "y"});
    for (std::size_t i = 0; i < 3; ++i) axes.add(camera({v(0, i), v(1, i), v(2, i)}));
    axes.save(out + "/axes.csv");
    common::draw_figure(out, "plane", "plane");
}

}  // namespace linear_but_useful
