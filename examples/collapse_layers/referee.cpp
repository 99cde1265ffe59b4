// Plain loops over long double, and small tools to look into graphs.
#include <cmath>
#include <random>

#include "parts.hpp"

using namespace xgrad;

namespace collapse_layers {

Array uniform(Shape shape, unsigned seed, double low, double high)
{
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution<double> draw(low, high);
    Array array(DType::float64, std::move(shape));
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = draw(engine);
    return array;
}

std::vector<double> numbers(const Array& a)
{
    const auto* const data = static_cast<const double*>(a.data());
    return {data, data + a.size()};
}

PlainMap PlainMap::of(const nn::Linear& layer)
{
    const std::vector<double> w = numbers(layer.weight.array());
    const auto n = static_cast<std::size_t>(layer.weight.shape()[0]),
               m = static_cast<std::size_t>(layer.weight.shape()[1]);
    PlainMap map{n, m, {w.begin(), w.end()}, std::vector<long double>(m, 0)};
    if (layer.bias) {
        const std::vector<double> b = numbers(layer.bias.array());
        map.b.assign(b.begin(), b.end());
    }
    return map;
}

PlainMap PlainMap::scale(std::size_t n, double a, double c)
{
    PlainMap map{n, n, std::vector<long double>(n * n, 0), std::vector<long double>(n, c)};
    for (std::size_t i = 0; i < n; ++i) map.w[i * n + i] = a;
    return map;
}

PlainMap PlainMap::then(const PlainMap& next) const
{
    PlainMap both{n, next.m, std::vector<long double>(n * next.m, 0), next.b};
    for (std::size_t k = 0; k < m; ++k)
        for (std::size_t j = 0; j < next.m; ++j) {
            for (std::size_t i = 0; i < n; ++i)
                both.w[i * next.m + j] += w[i * m + k] * next.w[k * next.m + j];
            both.b[j] += b[k] * next.w[k * next.m + j];
        }
    return both;
}

std::vector<double> PlainMap::operator()(const Array& x) const
{
    const std::vector<double> at = numbers(x);
    std::vector<double> y;
    for (std::size_t r = 0; r < at.size() / n; ++r)
        for (std::size_t j = 0; j < m; ++j) {
            long double sum = b[j];
            for (std::size_t i = 0; i < n; ++i) sum += at[r * n + i] * w[i * m + j];
            y.push_back(static_cast<double>(sum));
        }
    return y;
}

double difference(const std::vector<double>& a, const std::vector<double>& b)
{
    if (a.size() != b.size()) return INFINITY;
    double distance = 0, length = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        distance += (a[i] - b[i]) * (a[i] - b[i]);
        length += b[i] * b[i];
    }
    return std::sqrt(length > 0 ? distance / length : distance);
}

double difference(const Array& a, const std::vector<long double>& b)
{
    return difference(numbers(a), std::vector<double>(b.begin(), b.end()));
}

std::vector<double> run(const Graph& graph, const Array& x)
{
    Tape tape({.training = false});
    return numbers(graph(tape.constant(x)).array());
}

std::vector<double> pulled_back(const Graph& graph, const Array& x, const Array& c)
{
    Tape tape({.training = false});
    const Variable at = tape.variable(x);
    return numbers(vjp(graph(at), at, tape.constant(c)).array());
}

std::string ops_of(const Graph& graph)
{
    std::string names;
    for (ValueId id = 0; id < graph.size(); ++id)
        if (!graph[id].op->traits.leaf) names += (names.empty() ? "" : " ") + std::string(graph[id].op->name);
    return names;
}

Leaves weight_and_bias(const Graph& graph)
{
    Leaves leaves;
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (graph[id].op->name == "matmul") leaves.weight = graph.constant(graph.inputs(id)[1]);
        if (graph[id].op->name == "add") leaves.bias = graph.constant(graph.inputs(id)[1]);
    }
    return leaves;
}

}  // namespace collapse_layers
