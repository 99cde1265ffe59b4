// Synthetic data sets: two classes in the plane.
#include <cmath>
#include <numbers>
#include <vector>

#include "autodiff/kernels/random.hpp"
#include "nn/streams.hpp"
#include "xgrad/autodiff/error.hpp"
#include "xgrad/autodiff/text.hpp"
#include "xgrad/nn/data.hpp"

namespace xgrad::nn {
namespace {

struct Point {
    double x, y;
};

enum class Set : std::uint64_t { blobs, moons, circles, spirals };

// Points of the two classes in turn: place(s, positive) is where a class's point at s in [0, 1) lies without
// noise.
template <class Place>
Dataset make(Set set, const char* name, DType dtype, std::int64_t n, double noise, std::uint64_t seed,
             Place place)
{
    if (n < 2)
        throw ValueError(std::string(name) + ": at least 2 points are needed, got " + std::to_string(n));
    if (!(noise >= 0) || std::isinf(noise))
        throw ValueError(std::string(name) + ": the noise must be finite and not negative, got " +
                         number_text(noise));
    std::vector<double> along(static_cast<std::size_t>(n)), off(static_cast<std::size_t>(2 * n));
    const auto stream = [&](std::uint64_t k) {
        return detail::stream(detail::Draw::synthetic, 2 * static_cast<std::uint64_t>(set) + k);
    };
    kernels::uniform<double>(along.data(), n, seed, stream(0));
    kernels::normal<double>(off.data(), 2 * n, seed, stream(1));
    Array x(DType::float64, {n, 2}), t(DType::float64, {n, 1});
    auto* points = static_cast<double*>(x.mutable_data());
    auto* labels = static_cast<double*>(t.mutable_data());
    for (std::int64_t i = 0; i < n; ++i) {
        const bool positive = i % 2 == 1;
        const Point point = place(along[static_cast<std::size_t>(i)], positive);
        points[2 * i] = point.x + noise * off[static_cast<std::size_t>(2 * i)];
        points[2 * i + 1] = point.y + noise * off[static_cast<std::size_t>(2 * i + 1)];
        labels[i] = positive ? 1 : -1;
    }
    return {x.cast(dtype), t.cast(dtype), {"x1", "x2"}, {"negative", "positive"}, "class"};
}

using std::numbers::pi;

}  // namespace

template <real_element T>
Dataset make_blobs(std::int64_t n, double noise, std::uint64_t seed)
{
    return make(Set::blobs, "make_blobs", dtype_of<T>, n, noise, seed, [](double, bool positive) {
        return positive ? Point{2, 2} : Point{-2, -2};
    });
}

template <real_element T>
Dataset make_moons(std::int64_t n, double noise, std::uint64_t seed)
{
    return make(Set::moons, "make_moons", dtype_of<T>, n, noise, seed, [](double s, bool positive) {
        const double x = std::cos(pi * s), y = std::sin(pi * s);
        return positive ? Point{1 - x, 0.5 - y} : Point{x, y};
    });
}

template <real_element T>
Dataset make_circles(std::int64_t n, double noise, std::uint64_t seed)
{
    return make(Set::circles, "make_circles", dtype_of<T>, n, noise, seed, [](double s, bool positive) {
        const double radius = positive ? 0.5 : 1;
        return Point{radius * std::cos(2 * pi * s), radius * std::sin(2 * pi * s)};
    });
}

template <real_element T>
Dataset make_spirals(std::int64_t n, double noise, std::uint64_t seed)
{
    return make(Set::spirals, "make_spirals", dtype_of<T>, n, noise, seed, [](double s, bool positive) {
        const double radius = std::sqrt(s);  // evenly dense along the arm
        const double angle = 3 * pi * radius + (positive ? pi : 0);
        return Point{radius * std::cos(angle), radius * std::sin(angle)};
    });
}

template Dataset make_blobs<float>(std::int64_t, double, std::uint64_t);
template Dataset make_blobs<double>(std::int64_t, double, std::uint64_t);
template Dataset make_moons<float>(std::int64_t, double, std::uint64_t);
template Dataset make_moons<double>(std::int64_t, double, std::uint64_t);
template Dataset make_circles<float>(std::int64_t, double, std::uint64_t);
template Dataset make_circles<double>(std::int64_t, double, std::uint64_t);
template Dataset make_spirals<float>(std::int64_t, double, std::uint64_t);
template Dataset make_spirals<double>(std::int64_t, double, std::uint64_t);

}  // namespace xgrad::nn
