// The parts of the experiment: networks with one hidden layer whose weights are set or trained, and what they
// are measured with.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

#include "examples/common/figure.hpp"
#include "examples/common/report.hpp"

namespace universal {

void constructions(
    common::Report& report);            // row 31: nets of steps and ramps with set weights, and their rates
void training(common::Report& report);  // row 31: what training finds, by size and seed; draws rates.svg
void squasher(common::Report& report);  // row 32: the cosine squasher and its Fourier network
void squares(common::Report& report);   // row 33: square units, and the wall at 4/175

using Activation = xgrad::Variable (*)(xgrad::Variable);
using Function = std::function<xgrad::Variable(xgrad::Variable)>;

//! [network]
/// y = c + sum over k of v(k) bend(w(k) x + b(k)): one hidden layer, a linear output.
struct OneHidden {
    xgrad::nn::Linear hidden, out;
    Activation bend;

    OneHidden(std::int64_t units, Activation bend)
        : hidden(1, units, {.dtype = xgrad::DType::float64}),
          out(units, 1, {.dtype = xgrad::DType::float64}),
          bend(bend)
    {}
    static constexpr auto members()
    {
        return std::tuple{xgrad::field("hidden", &OneHidden::hidden), xgrad::field("out", &OneHidden::out)};
    }
    xgrad::Variable operator()(xgrad::Variable x) const { return out(bend(hidden(x))); }
};
//! [network]

/// The network with these weights, one of each for a unit.
OneHidden network(Activation bend, const std::vector<double>& w, const std::vector<double>& b,
                  const std::vector<double>& v, double c);

/// A network to be trained: slopes w uniform on +-steep, the places where its units bend, -b / w, uniform on
/// [low, high], and Glorot's output weights.
OneHidden random_network(std::int64_t units, Activation bend, double steep, double low, double high,
                         std::uint64_t seed);

/// Numbers as a column [n, 1], and back.
xgrad::Array column(const std::vector<double>& numbers);
std::vector<double> numbers(const xgrad::Array& array);
/// The network's outputs for many x, by the model as it is.
std::vector<double> values(const Function& net, const std::vector<double>& x);
/// n + 1 points from a to b, both included.
std::vector<double> grid(double a, double b, int n);

/// What is trained on, or measured with: points, what is wanted there, and weights that sum to 1.
struct Sample {
    std::vector<double> x, t = {}, weight = {};
};
/// The weighted mean of (net(x) - t)^2.
double mean_square(const Function& net, const Sample& sample);
/// Adam on the weighted mean square, with a rate that decays to a thousandth.
void train(const Function& net, std::vector<xgrad::Parameter> parameters, const Sample& sample, int steps,
           double rate);

/// The rule of Gauss and Legendre on [-1, 1] with weights that sum to 1 (means, not integrals): exact for
/// polynomials up to degree 2 n - 1. Computed by Newton's method on the Legendre polynomial. `t` is f at the
/// points.
Sample gauss_legendre(int n, double (*f)(double));

}  // namespace universal
