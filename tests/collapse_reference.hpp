// Networks recorded on a tape, and beside them what they compute as plain long double loops.
#pragma once

#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "xgrad/autodiff.hpp"

namespace collapse_reference {

using namespace xgrad;
using Real = long double;

inline std::vector<Real> numbers(const Array& array)
{
    std::vector<Real> v;
    for (std::int64_t i = 0; i < array.size(); ++i)
        v.push_back(array.dtype() == DType::float32 ? Real(static_cast<const float*>(array.data())[i])
                                                    : Real(static_cast<const double*>(array.data())[i]));
    return v;
}

inline Array array_of(DType dtype, const Shape& shape, const std::function<double()>& next)
{
    Array array(dtype, shape);
    for (std::int64_t i = 0; i < array.size(); ++i)
        if (dtype == DType::float32)
            static_cast<float*>(array.mutable_data())[i] = static_cast<float>(next());
        else
            static_cast<double*>(array.mutable_data())[i] = next();
    return array;
}
inline Array random_array(DType dtype, const Shape& shape, std::size_t seed, double low = -1, double high = 1)
{
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution<double> draw(low, high);
    return array_of(dtype, shape, [&] { return draw(engine); });
}
inline Array perturbed(const Array& array, std::size_t place, double by)
{
    std::size_t i = 0;
    const std::vector<Real> v = numbers(array);
    return array_of(array.dtype(), Shape(array.shape().begin(), array.shape().end()), [&] {
        const double x = static_cast<double>(v[i]) + (i == place ? by : 0);
        ++i;
        return x;
    });
}

inline double size(const std::vector<Real>& v)
{
    Real sum = 0;
    for (const Real x : v) sum += x * x;
    return static_cast<double>(std::sqrt(sum));
}
/// |a - b| / |b| in the Euclidean norm; infinite if the lengths differ.
inline double distance(const std::vector<Real>& a, const std::vector<Real>& b)
{
    if (a.size() != b.size()) return INFINITY;
    std::vector<Real> d;
    for (std::size_t i = 0; i < a.size(); ++i) d.push_back(a[i] - b[i]);
    return size(d) / size(b);
}
inline double largest_difference(const std::vector<Real>& a, const std::vector<Real>& b)
{
    Real largest = a.size() == b.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        largest = std::max(largest, std::abs(a[i] - b[i]));
    return static_cast<double>(largest);
}

/// The value of a node that depends on no input.
inline std::vector<Real> values_of(const Graph& graph, ValueId id)
{
    Graph part = graph;
    part.set_outputs({id});
    Tape tape;
    std::vector<Variable> x;
    for (const ValueId in : graph.input_ids())
        x.push_back(
            tape.variable(Array(graph.dtype(in), Shape(graph.shape(in).begin(), graph.shape(in).end()))));
    return numbers(part(x)[0].array());
}

/// Value of a graph, and what a cotangent becomes at x and at parameters.
inline std::vector<std::vector<Real>> pulled(const Graph& graph, const Array& x, const Array& cotangent,
                                             const std::vector<Parameter>& wrt)
{
    Tape tape;
    const Variable in = tape.variable(x);
    const Variable y = graph(in);
    std::vector<Target> targets = {in};
    for (const Parameter& p : wrt) targets.push_back(p);
    const Gradients g = vjp(y, targets, tape.variable(cotangent));
    std::vector<std::vector<Real>> all = {numbers(y.array())};
    for (std::size_t k = 0; k < g.size(); ++k) all.push_back(numbers(g.gradient(k).array()));
    return all;
}

/// x W + b.
struct Map {
    std::size_t n, m;
    std::vector<Real> weight, bias;
};
inline std::vector<Real> run(const Map& map, const Array& x)
{
    const std::vector<Real> in = numbers(x);
    std::vector<Real> y;
    for (std::size_t r = 0; r < in.size() / map.n; ++r)
        for (std::size_t j = 0; j < map.m; ++j) {
            Real sum = map.bias[j];
            for (std::size_t i = 0; i < map.n; ++i) sum += in[r * map.n + i] * map.weight[i * map.m + j];
            y.push_back(sum);
        }
    return y;
}

/// Layers one after another, each recorded in a scope of its number and applied to rows of long doubles.
struct Net {
    enum class Side { multiply, divide };
    using Row = std::vector<Real>;
    struct Layer {
        std::function<Variable(Variable)> record;
        std::function<Row(const Row&)> plain;
        bool affine = true, product = false, adds = false;
        std::size_t nodes = 1;
    };

    Net(DType dtype, std::size_t seed) : dtype(dtype), engine(seed) {}

    DType dtype;
    std::mt19937_64 engine;
    std::vector<Layer> layers;
    std::vector<Parameter> parameters;
    std::size_t first_width = 0, width = 0;

    Parameter parameter(const Shape& shape, double low = -0.7, double high = 0.7)
    {
        const std::string name = std::to_string(layers.size()) + (shape.size() == 2 ? ".weight" : ".bias");
        parameters.emplace_back(random_array(dtype, shape, engine(), low, high), name);
        return parameters.back();
    }
    static std::int64_t length(std::size_t n) { return static_cast<std::int64_t>(n); }
    void starts_with(std::size_t n)
    {
        if (first_width == 0) first_width = n;
        width = n;
    }
    double rounded(double x) const { return dtype == DType::float32 ? static_cast<float>(x) : x; }

    void linear(std::size_t n, std::size_t m, bool with_bias = true)
    {
        starts_with(n);
        width = m;
        const Parameter w = parameter({length(n), length(m)});
        const Parameter b = with_bias ? parameter({length(m)}) : Parameter();
        layers.push_back(
            {[=](Variable x) { return with_bias ? xgrad::linear(x, w, b) : xgrad::linear(x, w); },
             [=](const Row& x) {
                 const Row weight = numbers(w.array());
                 Row y = with_bias ? numbers(b.array()) : Row(m, 0);
                 for (std::size_t i = 0; i < n; ++i)
                     for (std::size_t j = 0; j < m; ++j) y[j] += x[i] * weight[i * m + j];
                 return y;
             },
             true, true, with_bias, with_bias ? 2u : 1u});
    }
    void elementwise(std::function<Variable(Variable)> record, std::function<Real(Real, std::size_t)> plain,
                     bool affine, bool adds = false)
    {
        layers.push_back({std::move(record),
                          [plain](Row x) {
                              for (std::size_t j = 0; j < x.size(); ++j) x[j] = plain(x[j], j);
                              return x;
                          },
                          affine, false, adds, 1});
    }
    void scale_and_shift(double a, double c)
    {
        const Real ra = rounded(a), rc = rounded(c);
        elementwise([=](Variable x) { return affine(x, a, c); },
                    [=](Real x, std::size_t) { return ra * x + rc; }, true, c != 0);
    }
    void factor(std::size_t n, Side side = Side::multiply)
    {
        if (n > 1) starts_with(n);
        const Parameter f = parameter({length(n)}, 0.5, 1.5);
        elementwise([=](Variable x) { return side == Side::divide ? x / f : f * x; },
                    [=](Real x, std::size_t j) {
                        const Real v = numbers(f.array())[n == 1 ? 0 : j];
                        return side == Side::divide ? x / v : x * v;
                    },
                    true);
    }
    void bias(std::size_t n)
    {
        if (n > 1) starts_with(n);
        const Parameter b = parameter({length(n)});
        elementwise([=](Variable x) { return x + b; },
                    [=](Real x, std::size_t j) { return x + numbers(b.array())[n == 1 ? 0 : j]; }, true,
                    true);
    }
    void subtract_from_bias(std::size_t n)
    {
        if (n > 1) starts_with(n);
        const Parameter b = parameter({length(n)});
        elementwise([=](Variable x) { return b - x; },
                    [=](Real x, std::size_t j) { return numbers(b.array())[n == 1 ? 0 : j] - x; }, true,
                    true);
    }
    void relu()
    {
        elementwise([](Variable x) { return xgrad::relu(x); },
                    [](Real x, std::size_t) { return x > 0 ? x : 0; }, false);
    }
    void tanh()
    {
        elementwise([](Variable x) { return xgrad::tanh(x); },
                    [](Real x, std::size_t) { return std::tanh(x); }, false);
    }

    /// Recorded on a batch, with input "x" and output "y".
    Graph graph(std::int64_t batch, bool training = false) const
    {
        Tape tape({.training = training});
        Variable x = tape.variable(random_array(dtype, {batch, length(first_width)}, 99), "x");
        for (std::size_t k = 0; k < layers.size(); ++k) {
            const auto scope = tape.scope(std::to_string(k), "Layer");
            x = layers[k].record(x);
        }
        return tape.graph({x.named("y")});
    }
    /// One row through all layers.
    Row plain(Row x) const
    {
        for (const Layer& layer : layers) x = layer.plain(x);
        return x;
    }
    /// The affine map: what it does to zero and to the rows of the identity.
    Map map() const
    {
        const Row zero(first_width, 0);
        Map map{first_width, width, {}, plain(zero)};
        for (std::size_t i = 0; i < first_width; ++i) {
            // Without the biases: differences would cancel.
            Row row = zero;
            row[i] = 1;
            for (const Layer& layer : layers) {
                const Row with = layer.plain(row), without = layer.plain(Row(row.size(), 0));
                row = with;
                for (std::size_t j = 0; j < row.size(); ++j) row[j] -= without[j];
            }
            map.weight.insert(map.weight.end(), row.begin(), row.end());
        }
        return map;
    }
};

}  // namespace collapse_reference
