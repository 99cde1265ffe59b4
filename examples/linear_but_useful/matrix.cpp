// Small matrices by plain loops.
#include <algorithm>
#include <cmath>
#include <random>

#include "parts.hpp"

using namespace xgrad;

namespace linear_but_useful {

Matrix::Matrix(const Array& array)
    : rows(static_cast<std::size_t>(array.shape()[0])), columns(static_cast<std::size_t>(array.shape()[1]))
{
    const auto* const data = static_cast<const double*>(array.data());
    at.assign(data, data + array.size());
}

Array Matrix::array() const
{
    Array result(DType::float64, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)});
    std::copy(at.begin(), at.end(), static_cast<double*>(result.mutable_data()));
    return result;
}

Matrix Matrix::transposed() const
{
    Matrix result(columns, rows);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) result(j, i) = (*this)(i, j);
    return result;
}

Matrix operator*(const Matrix& a, const Matrix& b)
{
    Matrix result(a.rows, b.columns);
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t k = 0; k < a.columns; ++k)
            for (std::size_t j = 0; j < b.columns; ++j) result(i, j) += a(i, k) * b(k, j);
    return result;
}

double distance(const Matrix& a, const Matrix& b)
{
    double largest = 0;
    for (std::size_t i = 0; i < a.at.size(); ++i) largest = std::max(largest, std::abs(a.at[i] - b.at[i]));
    return largest;
}

Matrix normal(std::size_t rows, std::size_t columns, double deviation, unsigned seed)
{
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> draw(0, deviation);
    Matrix result(rows, columns);
    for (double& x : result.at) x = draw(engine);
    return result;
}

Matrix orthonormal(std::size_t k, std::size_t n, unsigned seed)
{
    Matrix q = normal(k, n, 1, seed);
    for (std::size_t i = 0; i < k; ++i) {
        for (int again = 0; again < 2; ++again)
            for (std::size_t j = 0; j < i; ++j) {
                double dot = 0;
                for (std::size_t c = 0; c < n; ++c) dot += q(i, c) * q(j, c);
                for (std::size_t c = 0; c < n; ++c) q(i, c) -= dot * q(j, c);
            }
        double length = 0;
        for (std::size_t c = 0; c < n; ++c) length += q(i, c) * q(i, c);
        for (std::size_t c = 0; c < n; ++c) q(i, c) /= std::sqrt(length);
    }
    return q;
}

}  // namespace linear_but_useful
