// Initialisers.
#include "xgrad/nn/init.hpp"

#include <algorithm>
#include <cmath>

#include "autodiff/kernels/random.hpp"
#include "nn/init_fill.hpp"
#include "nn/streams.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {
namespace detail {
namespace {

// Draws through `draw(out, n)` in double and writes scale * z + shift in the parameter's type.
template <class Draw>
void fill(Parameter& parameter, double scale, double shift, Draw draw)
{
    const Dims shape = parameter.shape();
    Array values(DType::float64, Shape(shape.begin(), shape.end()));
    auto* data = static_cast<double*>(values.mutable_data());
    const std::int64_t n = values.size();
    draw(data, n);
    for (std::int64_t i = 0; i < n; ++i) data[i] = scale * data[i] + shift;
    parameter.assign(values.cast(parameter.dtype()));
}

void fill_constant(Parameter& parameter, double value)
{
    fill(parameter, 0, value, [](double* out, std::int64_t n) { std::fill(out, out + n, 0.0); });
}

}  // namespace

void fill_uniform(Parameter& parameter, double low, double high, std::uint64_t key, std::uint64_t stream)
{
    fill(parameter, high - low, low,
         [&](double* out, std::int64_t n) { kernels::uniform<double>(out, n, key, stream); });
}

void fill_normal(Parameter& parameter, double mean, double deviation, std::uint64_t key, std::uint64_t stream)
{
    fill(parameter, deviation, mean,
         [&](double* out, std::int64_t n) { kernels::normal<double>(out, n, key, stream); });
}

bool is_bias(const std::string& name)
{
    const std::size_t dot = name.rfind('.');
    const auto last = std::string_view(name).substr(dot == std::string::npos ? 0 : dot + 1);
    return last == "bias" || last.starts_with("bias_");
}

void initialise(std::span<const std::pair<std::string, Parameter>> named, const Initialiser& initialiser,
                std::uint64_t seed)
{
    using Rule = Initialiser::Rule;
    using Law = Initialiser::Law;
    for (std::size_t index = 0; index < named.size(); ++index) {
        Parameter parameter = named[index].second;
        if (is_bias(named[index].first)) {
            fill_constant(parameter, 0);
            continue;
        }
        const Dims shape = parameter.shape();
        if (shape.size() < 2) continue;
        const std::uint64_t stream = detail::stream(Draw::initialise, index);
        double a = initialiser.a, b = initialiser.b;
        if (initialiser.rule != Rule::fixed) {
            const bool matrix = shape.size() == 2;
            const auto field = static_cast<double>(element_count(shape.subspan(2)));
            const double fan_in = static_cast<double>(shape[matrix ? 0 : 1]) * field;
            const double fan_out = static_cast<double>(shape[matrix ? 1 : 0]) * field;
            const double variance = a / (initialiser.rule == Rule::fan_in ? fan_in : fan_in + fan_out);
            b = std::sqrt(initialiser.law == Law::uniform ? 3 * variance : variance);
            a = initialiser.law == Law::uniform ? -b : 0;
        }
        switch (initialiser.law) {
        case Law::uniform: fill_uniform(parameter, a, b, seed, stream); break;
        case Law::normal: fill_normal(parameter, a, b, seed, stream); break;
        case Law::constant: fill_constant(parameter, a); break;
        }
    }
}

}  // namespace detail

Initialiser uniform(double low, double high)
{
    if (!(low < high))
        throw ValueError("uniform: the bounds must be low < high, got " + number_text(low) + " and " +
                         number_text(high));
    return {Initialiser::Rule::fixed, Initialiser::Law::uniform, low, high};
}

Initialiser normal(double mean, double deviation)
{
    if (!(deviation > 0))
        throw ValueError("normal: the deviation must be positive, got " + number_text(deviation));
    return {Initialiser::Rule::fixed, Initialiser::Law::normal, mean, deviation};
}

}  // namespace xgrad::nn
