// The parts of the experiment: how deep linear nets learn, the plane that a bottleneck finds, parts beside components.
#pragma once

#include <vector>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/figure.hpp"
#include "examples/common/report.hpp"

namespace linear_but_useful {

inline constexpr auto no_bias = xgrad::nn::LinearOptions{.bias = false, .dtype = xgrad::DType::float64};

void learning_curves(
    common::Report& report);  // row 27: singular modes of deep linear nets, one after the other
void best_plane(
    common::Report& report);  // rows 28, 29: the 3-2-3 bottleneck, its saddles, the free 3 x 3 layer
/// Writes plane.svg: centred points x [n, 3] with their classes, beside the plane of v1 and v2 and that of v1 and v3.
void draw_planes(common::Report& report, const xgrad::Array& x, const xgrad::Array& classes);
void parts_of_digits(common::Report& report);  // row 29: non-negative factors beside principal components

/// A small matrix for plain loops.
struct Matrix {
    std::size_t rows = 0, columns = 0;
    std::vector<double> at = {};

    Matrix(std::size_t n, std::size_t m) : rows(n), columns(m), at(n * m, 0.0) {}
    explicit Matrix(const xgrad::Array& array);
    double& operator()(std::size_t i, std::size_t j) { return at[i * columns + j]; }
    double operator()(std::size_t i, std::size_t j) const { return at[i * columns + j]; }
    xgrad::Array array() const;
    Matrix transposed() const;
};
Matrix operator*(const Matrix& a, const Matrix& b);
/// The largest |a - b|.
double distance(const Matrix& a, const Matrix& b);
/// Normal numbers of mean 0.
Matrix normal(std::size_t rows, std::size_t columns, double deviation, unsigned seed);
/// k orthonormal rows of length n, at random (Gram-Schmidt, twice).
Matrix orthonormal(std::size_t k, std::size_t n, unsigned seed);

}  // namespace linear_but_useful
