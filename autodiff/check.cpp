// Finite differences against gradients.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <ostream>

#include "autodiff/kernels/random.hpp"
#include "xgrad/autodiff/check.hpp"
#include "xgrad/autodiff/text.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad {
namespace {

// 1 for one element, random for several.
std::vector<double> cotangent_of(std::int64_t count, std::uint64_t seed)
{
    if (count == 1) return {1.0};
    std::vector<double> c(static_cast<std::size_t>((count + 7) / 8 * 8));
    kernels::uniform<double>(c.data(), count, seed, 0);
    for (double& x : c) x = 2 * x - 1;
    return c;
}

std::vector<Variable> on_tape(Tape& tape, std::span<const Array> inputs)
{
    std::vector<Variable> x;
    for (const Array& input : inputs) x.push_back(tape.variable(input));
    return x;
}

Array copy_of(const Array& array)
{
    Array copy(array.dtype(), Shape(array.shape().begin(), array.shape().end()));
    std::memcpy(copy.mutable_data(), array.data(),
                static_cast<std::size_t>(array.size()) * size_of(array.dtype()));
    return copy;
}

// sum(c * f(x)), the sum in long double so that it adds nothing to the error.
long double objective(const Function& f, std::span<const Array> inputs, const std::vector<double>& c)
{
    Tape tape;
    const std::vector<Variable> x = on_tape(tape, inputs);
    const Array y = f(x).array();
    const double* values = static_cast<const double*>(y.data());
    long double sum = 0;
    for (std::int64_t i = 0; i < y.size(); ++i)
        sum += static_cast<long double>(c[static_cast<std::size_t>(i)]) * values[i];
    return sum;
}

struct Difference {
    double value;
    bool smooth;
};

// Central differences at h, h/2, h/4, h/8 extrapolated to h = 0; smooth tells whether they converge, and whether both
// sides then agree.
Difference difference(const Function& f, std::vector<Array>& inputs, std::size_t k, std::int64_t i,
                      const std::vector<double>& c, const GradcheckOptions& options)
{
    double& element = static_cast<double*>(inputs[k].mutable_data())[i];
    const double x = element;
    constexpr int levels = 4;
    double slope[levels], bend[levels];  // bend: how much the slopes of the two sides differ
    double h = 8 * options.step * std::max(1.0, std::abs(x));
    const long double centre = objective(f, inputs, c);
    for (int level = 0; level < levels; ++level, h /= 2) {
        const volatile double up = x + h, down = x - h;
        element = up;
        const long double above = objective(f, inputs, c);
        element = down;
        const long double below = objective(f, inputs, c);
        element = x;
        slope[level] = static_cast<double>((above - below) / (static_cast<long double>(up) - down));
        bend[level] = static_cast<double>((above - centre) / (static_cast<long double>(up) - x) -
                                          (centre - below) / (static_cast<long double>(x) - down));
        double even = 1, odd = 0.5;
        for (int older = level;
             older-- > 0;) {  // Richardson: the slope's error has even powers of h, the bend odd ones
            even *= 4;
            odd *= 4;
            slope[older] = slope[older + 1] + (slope[older + 1] - slope[older]) / (even - 1);
            bend[older] = bend[older + 1] + (bend[older + 1] - bend[older]) / (odd - 1);
        }
    }
    // slope[1] does without the largest step: a kink between the steps sets the two apart. A kink at x leaves a bend.
    const double allowed = options.tolerance * std::max(1.0, std::abs(slope[0]));
    return {slope[0], std::abs(slope[0] - slope[1]) <= allowed && std::abs(bend[0]) <= allowed};
}

GradcheckReport compare(const Function& f, std::span<const Array> given, const GradcheckOptions& options)
{
    std::vector<Array> inputs;
    for (const Array& input : given) {
        if (input.dtype() == DType::float32)
            throw DtypeError(
                "gradcheck: inputs are float64 (finite differences in float32 tell nothing); got float32 " +
                to_string(input.shape()));
        inputs.push_back(copy_of(input));
    }
    GradcheckReport report;
    std::vector<Array> analytic;
    std::vector<double> c;
    {
        Tape tape;
        const std::vector<Variable> x = on_tape(tape, inputs);
        const Variable y = f(x);
        c = cotangent_of(y.size(), options.seed);
        report.random_cotangent = y.size() > 1;
        Array cotangent(DType::float64, Shape(y.shape().begin(), y.shape().end()));
        std::copy_n(c.data(), y.size(), static_cast<double*>(cotangent.mutable_data()));
        const Variable seed = tape.constant(cotangent);
        for (const Variable& variable : x)
            analytic.push_back(is_floating(variable.dtype()) ? vjp(y, variable, seed).array() : Array());
    }
    std::int64_t compared = 0;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        if (inputs[k].dtype() != DType::float64) continue;
        for (std::int64_t i = 0; i < inputs[k].size(); ++i) {
            const Difference numeric = difference(f, inputs, k, i, c, options);
            if (!numeric.smooth) {
                ++report.kinks;
                continue;
            }
            ++compared;
            const double value = static_cast<const double*>(analytic[k].data())[i];
            double error = std::abs(value - numeric.value) / std::max(1.0, std::abs(numeric.value));
            if (!(error >= 0)) error = std::numeric_limits<double>::infinity();  // NaN
            if (error >= report.worst) {
                report.worst = error;
                report.input = k;
                report.element = i;
                report.analytic = value;
                report.numeric = numeric.value;
            }
        }
    }
    report.passed = report.worst <= options.tolerance && (compared > 0 || report.kinks == 0);
    return report;
}

}  // namespace

std::string GradcheckReport::text() const
{
    std::string text = passed ? "gradcheck passed" : "gradcheck failed";
    text += ": largest error " + number_text(worst) + " at input " + std::to_string(input) + ", element " +
            std::to_string(element) + " (gradient " + number_text(analytic) + ", finite difference " +
            number_text(numeric) + (random_cotangent ? ", both of sum(c * f) with random c)" : ")");
    if (kinks > 0)
        text += "; " + std::to_string(kinks) +
                " elements left out, where finite differences do not converge (a kink is near)";
    return text;
}

std::ostream& operator<<(std::ostream& out, const GradcheckReport& report) { return out << report.text(); }

GradcheckReport gradcheck(const Function& f, std::span<const Array> inputs, const GradcheckOptions& options)
{
    return compare(f, inputs, options);
}

GradcheckReport gradgradcheck(const Function& f, std::span<const Array> inputs,
                              const GradcheckOptions& options)
{
    // The gradient, with a cotangent of its own, as a function; all its parts laid end to end.
    const Function gradient = [&f, &options](std::span<const Variable> x) {
        const Variable y = f(x);
        Array cotangent(DType::float64, Shape(y.shape().begin(), y.shape().end()));
        const std::vector<double> c = cotangent_of(y.size(), options.seed + 1);
        std::copy_n(c.data(), y.size(), static_cast<double*>(cotangent.mutable_data()));
        const Variable seed = x[0].tape().constant(cotangent);
        std::vector<Variable> parts;
        for (const Variable& variable : x)
            if (is_floating(variable.dtype())) parts.push_back(reshape(vjp(y, variable, seed), {-1}));
        return concat(parts);
    };
    return compare(gradient, inputs, options);
}

}  // namespace xgrad
