// The parts of the experiment, one for each row, and the referee that they share: products of matrices by plain loops.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/report.hpp"

namespace collapse_layers {

using xgrad::Array;
using xgrad::Graph;
using xgrad::Variable;

inline constexpr auto float64 = xgrad::nn::LinearOptions{.dtype = xgrad::DType::float64};

void maps(common::Report& report);                // row 15: linear is not affine is not non-linear
void affine_activations(common::Report& report);  // row 24: f(x) = a x + c collapses too
void output_layers(common::Report& report);  // row 25: what stands on either side of a ReLU, and the head
void one_layer(common::Report& report);      // row 26: y = x W' + b', with pictures and a certificate

/// Uniform numbers in [low, high).
Array uniform(xgrad::Shape shape, unsigned seed, double low = -1, double high = 1);
/// Gives every parameter, biases too, values uniform on +-2 / sqrt(first axis): a matrix keeps about the length of a row.
template <xgrad::nn::module_like M>
void fill(M& net, unsigned seed)
{
    for (const xgrad::Parameter& p : xgrad::nn::parameters(net)) {
        const double size = p.shape().size() == 2 ? 1.7 / std::sqrt(static_cast<double>(p.shape()[0])) : 1;
        p.assign(uniform({p.shape().begin(), p.shape().end()}, seed++, -size, size));
    }
}

/// y = x w + b in long double, composed by plain loops: what the library's results are held against.
struct PlainMap {
    std::size_t n, m;
    std::vector<long double> w, b;  // [n, m], [m]

    static PlainMap of(const xgrad::nn::Linear& layer);
    static PlainMap scale(std::size_t n, double a, double c);
    /// First this map, then the other.
    PlainMap then(const PlainMap& next) const;
    /// The map of every row of x [rows, n].
    std::vector<double> operator()(const Array& x) const;
};

/// |a - b| / |b|, Euclidean norms; |a - b| if b is 0.
double difference(const std::vector<double>& a, const std::vector<double>& b);
double difference(const Array& a, const std::vector<long double>& b);
std::vector<double> numbers(const Array& a);
/// What a graph makes of an array.
std::vector<double> run(const Graph& graph, const Array& x);
/// d(sum of c y)/dx of a graph.
std::vector<double> pulled_back(const Graph& graph, const Array& x, const Array& c);
/// "matmul add relu": the ops of a graph in order, without its leaves.
std::string ops_of(const Graph& graph);
/// The constants of a graph that is one product and one sum: y = x weight + bias.
struct Leaves {
    Array weight, bias;
};
Leaves weight_and_bias(const Graph& graph);

}  // namespace collapse_layers
