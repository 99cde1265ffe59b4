// Networks from lists of weights, their outputs, their training; the Gauss-Legendre rule.
#include "parts.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include <xtensor/xtensor.hpp>

using namespace xgrad;

namespace universal {

Array column(const std::vector<double>& numbers)
{
    xt::xtensor<double, 2> result = xt::zeros<double>({numbers.size(), std::size_t{1}});
    std::copy(numbers.begin(), numbers.end(), result.begin());
    return Array(result);
}

std::vector<double> numbers(const Array& array)
{
    const auto view = array.value<double>();
    return std::vector<double>(view.begin(), view.end());
}

OneHidden network(Activation bend, const std::vector<double>& w, const std::vector<double>& b,
                  const std::vector<double>& v, double c)
{
    const std::size_t n = w.size();
    xt::xtensor<double, 2> weight = xt::zeros<double>({std::size_t{1}, n});
    xt::xtensor<double, 1> bias = xt::zeros<double>({n});
    std::copy(w.begin(), w.end(), weight.begin());
    std::copy(b.begin(), b.end(), bias.begin());
    OneHidden net(static_cast<std::int64_t>(n), bend);
    net.hidden.weight.assign(weight);
    net.hidden.bias.assign(bias);
    net.out.weight.assign(column(v));
    net.out.bias.assign(xt::xtensor<double, 1>{c});
    return net;
}

OneHidden random_network(std::int64_t units, Activation bend, double steep, double low, double high,
                         std::uint64_t seed)
{
    OneHidden net(units, bend);
    nn::initialise(net, nn::xavier_uniform, seed);
    std::mt19937_64 bits(seed);
    const auto uniform = [&](double a, double b) {
        return a + (b - a) * static_cast<double>(bits() >> 11) * 0x1p-53;
    };
    std::vector<double> w, b;
    for (std::int64_t k = 0; k < units; ++k) {
        w.push_back(uniform(-steep, steep));
        b.push_back(-w.back() * uniform(low, high));
    }
    return network(bend, w, b, numbers(net.out.weight.array()), 0);
}

std::vector<double> values(const Function& net, const std::vector<double>& x)
{
    constexpr std::size_t at_once =
        2048;  // the hidden layer of all points together would not fit into a cache
    std::vector<double> y;
    for (std::size_t begin = 0; begin < x.size(); begin += at_once) {
        const std::size_t end = std::min(x.size(), begin + at_once);
        Tape tape;
        const std::vector<double> some(x.begin() + static_cast<std::ptrdiff_t>(begin),
                                       x.begin() + static_cast<std::ptrdiff_t>(end));
        const std::vector<double> more = numbers(net(tape.constant(column(some))).array());
        y.insert(y.end(), more.begin(), more.end());
    }
    return y;
}

std::vector<double> grid(double a, double b, int n)
{
    std::vector<double> x;
    for (int i = 0; i <= n; ++i) x.push_back(i < n ? a + (b - a) * i / n : b);
    return x;
}

double mean_square(const Function& net, const Sample& sample)
{
    const std::vector<double> y = values(net, sample.x);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += sample.weight[i] * std::pow(y[i] - sample.t[i], 2);
    return sum;
}

void train(const Function& net, std::vector<Parameter> parameters, const Sample& sample, int steps,
           double rate)
{
    nn::Optimizer optimizer(nn::Adam{.rate = rate}, std::move(parameters));
    optimizer.schedule({.gamma = std::pow(1e-3, 1.0 / steps)});
    auto step =
        nn::compile([&](std::span<const Variable> in) { return sum(in[2] * square(net(in[0]) - in[1])); },
                    std::move(optimizer));
    const Array data[] = {column(sample.x), column(sample.t), column(sample.weight)};
    for (int k = 0; k < steps; ++k) step(data);
}

Sample gauss_legendre(int n, double (*f)(double))
{
    Sample rule;
    for (int i = 0; i < n; ++i) {
        long double x = -std::cos(std::numbers::pi_v<long double> * (i + 0.75L) / (n + 0.5L)), slope = 0;
        for (int k = 0; k < 100; ++k) {
            long double p = 1, before = 0;  // the Legendre polynomials of degree j and j - 1 at x
            for (int j = 0; j < n; ++j) {
                const long double next = ((2 * j + 1) * x * p - j * before) / (j + 1);
                before = p, p = next;
            }
            slope = n * (x * p - before) / (x * x - 1);
            const long double change = p / slope;
            x -= change;
            if (std::abs(change) < 1e-18L) break;
        }
        rule.x.push_back(static_cast<double>(x));
        rule.weight.push_back(
            static_cast<double>(1 / ((1 - x * x) * slope * slope)));  // half of the usual weight
        rule.t.push_back(f(rule.x.back()));
    }
    return rule;
}

}  // namespace universal
