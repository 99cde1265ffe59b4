// Principal components by LAPACK, through xtensor-blas: the one file of the library that includes it. Non-negative factors by
// ops on a tape.
#include "xgrad/nn/decomposition.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <xtensor-blas/xlinalg.hpp>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/autodiff/tape.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {
namespace {

// A matrix of finite numbers as float64.
Array checked(const char* who, const Array& x)
{
    const std::string start = std::string(who) + ": x ";
    if (x.dtype() != DType::float32 && x.dtype() != DType::float64)
        throw DtypeError(start + "is " + std::string(name_of(x.dtype())) + ", expected float32 or float64");
    if (x.shape().size() != 2 || x.size() == 0)
        throw ShapeError(start + "has shape " + to_string(x.shape()) +
                         ", expected [rows, columns], one of each at least");
    const Array wide = x.cast(DType::float64);
    const auto* data = static_cast<const double*>(wide.data());
    for (std::int64_t i = 0; i < x.size(); ++i)
        if (!std::isfinite(data[i]))
            throw ValueError(start + "is " + number_text(data[i]) + " in row " +
                             std::to_string(i / x.shape()[1]) + ", column " +
                             std::to_string(i % x.shape()[1]) + ", expected finite numbers");
    return wide;
}

// a b, a b.T: for few and small matrices; not differentiated.
Array product(const Array& a, const Array& b, bool transposed)
{
    Tape tape({.training = false});
    const Variable right = tape.constant(b);
    return matmul(tape.constant(a), transposed ? transpose(right) : right).array();
}

Array sum_of(const Array& a, const Array& row, double factor)
{
    Tape tape({.training = false});
    return (tape.constant(a) + factor * tape.constant(row)).array();
}

void must_fit(const char* who, const char* name, const Array& x, std::int64_t columns, DType dtype)
{
    const std::string start = std::string(who) + ": " + name;
    if (x.shape().size() != 2 || x.shape()[1] != columns)
        throw ShapeError(start + " has shape " + to_string(x.shape()) + ", expected [rows, " +
                         std::to_string(columns) + "]");
    if (x.dtype() != dtype)
        throw DtypeError(start + " is " + std::string(name_of(x.dtype())) + ", the components are " +
                         std::string(name_of(dtype)));
}

std::int64_t length(const Array& array, std::size_t axis) { return array.shape()[axis]; }

}  // namespace

Array Pca::project(const Array& x) const
{
    must_fit("Pca::project", "x", x, length(components, 1), components.dtype());
    return product(sum_of(x, mean, -1), components, true);
}

Array Pca::reconstruct(const Array& z) const
{
    must_fit("Pca::reconstruct", "z", z, length(components, 0), components.dtype());
    return sum_of(product(z, components, false), mean, 1);
}

Pca pca(const Array& x, std::int64_t components, const PcaOptions& options)
{
    const Array wide = checked("pca", x);
    const std::int64_t n = length(x, 0), d = length(x, 1), most = std::min(n, d);
    if (components < 1 || components > most)
        throw ValueError("pca: x " + to_string(x.shape()) + " has 1 to " + std::to_string(most) +
                         " components, not " + std::to_string(components));

    xt::xarray<double> rows = wide.value<double>();
    xt::xarray<double> mean = xt::zeros<double>({static_cast<std::size_t>(d)});
    if (options.centre) mean = xt::mean(rows, {0});
    rows -= mean;
    const auto [u, s, vt] = xt::linalg::svd(rows, /*full_matrices=*/false);

    Pca result;
    Array directions(DType::float64, {components, d}), variances(DType::float64, {most});
    auto* const direction = static_cast<double*>(directions.mutable_data());
    auto* const variance = static_cast<double*>(variances.mutable_data());
    for (std::int64_t k = 0; k < most; ++k) {
        variance[k] = s(k) * s(k) / static_cast<double>(n);
        if (k >= components) result.residual += variance[k];
    }
    for (std::int64_t k = 0; k < components; ++k) {
        std::int64_t largest = 0;
        for (std::int64_t j = 1; j < d; ++j)
            if (std::abs(vt(k, j)) > std::abs(vt(k, largest))) largest = j;
        const double sign = vt(k, largest) < 0 ? -1 : 1;
        for (std::int64_t j = 0; j < d; ++j) direction[k * d + j] = sign * vt(k, j);
    }
    result.mean = Array(mean).cast(x.dtype());
    result.components = directions.cast(x.dtype());
    result.variances = variances.cast(x.dtype());
    return result;
}

Nmf nmf(const Array& x, std::int64_t components, const NmfOptions& options)
{
    const Array rows = checked("nmf", x);
    const auto* const data = static_cast<const double*>(rows.data());
    double total = 0;
    for (std::int64_t i = 0; i < x.size(); ++i) {
        if (data[i] < 0)
            throw ValueError("nmf: x is " + number_text(data[i]) + " in row " +
                             std::to_string(i / length(x, 1)) + ", column " +
                             std::to_string(i % length(x, 1)) +
                             "; sums of parts that are not negative cannot be");
        total += data[i];
    }
    if (components < 1)
        throw ValueError("nmf: the number of components must be positive, got " + std::to_string(components));
    if (options.iterations < 1)
        throw ValueError("nmf: the number of iterations must be positive, got " +
                         std::to_string(options.iterations));

    // The start has about the size of x. (An element that is 0 stays 0: the start has none.)
    const double size =
        2 * std::sqrt(total / static_cast<double>(x.size()) / static_cast<double>(components));
    Nmf result;
    {
        Tape tape({.training = false, .generator = Generator(options.seed)});
        const Variable like = tape.constant(0.0);
        result.weights = random_uniform(like, {length(x, 0), components}, size / 16, size).array();
        result.components = random_uniform(like, {components, length(x, 1)}, size / 16, size).array();
    }
    // Each factor is scaled down where it makes the product too large, and up where too small. Where the denominator is 0
    // the element is without effect. What has died away to nothing is cut to 0, before arithmetic on it becomes slow.
    const auto scaled = [](Variable factor, Variable wanted, Variable got) {
        const Variable next = where(got > 0.0, factor * wanted / got, factor);
        return where(next > 1e-100, next, 0.0);
    };
    const auto error = [&](Variable in, Variable w, Variable h) {
        return sum(square(in - matmul(w, h))).item() / static_cast<double>(length(x, 0));
    };
    result.errors.reserve(static_cast<std::size_t>(options.iterations) + 1);
    for (std::int64_t i = 0; i < options.iterations; ++i) {
        Tape tape({.training = false});
        const Variable in = tape.constant(rows);
        Variable w = tape.constant(result.weights), h = tape.constant(result.components);
        if (i == 0) result.errors.push_back(error(in, w, h));
        const Variable wt = transpose(w);
        h = scaled(h, matmul(wt, in), matmul(matmul(wt, w), h));
        const Variable ht = transpose(h);
        w = scaled(w, matmul(in, ht), matmul(w, matmul(h, ht)));
        result.errors.push_back(error(in, w, h));
        result.weights = w.array();
        result.components = h.array();
    }
    result.weights = result.weights.cast(x.dtype());
    result.components = result.components.cast(x.dtype());
    return result;
}

}  // namespace xgrad::nn
