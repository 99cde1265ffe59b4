// Finite differences against gradients.
#include "xgrad/autodiff/check.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "autodiff/kernels/random.hpp"
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
    c.resize(static_cast<std::size_t>(count));
    return c;
}

Array array_of(const std::vector<double>& values, Dims shape)
{
    Array array(DType::float64, Shape(shape.begin(), shape.end()));
    std::copy_n(values.data(), array.size(), static_cast<double*>(array.mutable_data()));
    return array;
}

Array copy_of(const Array& array)
{
    Array copy(array.dtype(), Shape(array.shape().begin(), array.shape().end()));
    std::memcpy(copy.mutable_data(), array.data(),
                static_cast<std::size_t>(array.size()) * size_of(array.dtype()));
    return copy;
}

// What is moved, one element at a time: copies of the inputs, or parameters where they are.
struct Place {
    std::string name;
    DType dtype;
    Shape shape;
    double* data;  // of float64
};

std::string name_of_parameter(const Parameter& parameter)
{
    const std::string& name = parameter.name();
    return "parameter '" + (name.empty() ? "#" + std::to_string(parameter.id()) : name) + "'";
}

// Finite differences take float64, and something to move.
void check_inputs(const std::string& who, std::span<const Array> inputs, const GradcheckOptions& options)
{
    bool any = false;
    const auto look = [&](const std::string& name, DType dtype, Dims shape) {
        if (dtype == DType::float32)
            throw DtypeError(who + ": " + name + " is float32 " + to_string(shape) +
                             ", expected float64 (finite differences in float32 tell nothing)");
        any |= dtype == DType::float64;
    };
    for (std::size_t k = 0; k < inputs.size(); ++k)
        look("input " + std::to_string(k), inputs[k].dtype(), inputs[k].shape());
    for (const Parameter& parameter : options.parameters) {
        if (!parameter) throw ValueError(who + ": a parameter is an empty handle");
        look(name_of_parameter(parameter), parameter.dtype(), parameter.shape());
    }
    if (inputs.empty())
        throw ValueError(who + ": no input is given; the function is recorded on the tape of one");
    if (!any) throw ValueError(who + ": there is nothing to check: no input is float64");
}

void check_value(const std::string& who, Variable y)
{
    if (y.dtype() != DType::float64)
        throw DtypeError(who + ": f returns " + to_string(y.shape()) + " " + std::string(name_of(y.dtype())) +
                         ", expected float64" +
                         (y.dtype() == DType::float32 ? "" : " (this type carries no gradient)"));
}

std::string at(const Place& place, std::int64_t element, const std::vector<std::int64_t>& index)
{
    return place.name + ", element " + std::to_string(element) +
           (index.size() < 2 ? "" : " " + to_string(index));
}

std::vector<std::int64_t> index_of(std::int64_t element, const Shape& shape)
{
    std::vector<std::int64_t> index(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0; element /= shape[axis])
        index[axis] = element % shape[axis];
    return index;
}

// A function at inputs that are moved about.
class Check {
  public:
    Check(std::string who, const Function& f, std::span<const Array> given, std::string last,
          const GradcheckOptions& options)
        : f_(f), options_(options)
    {
        report_.check = std::move(who);
        for (const Array& input : given) inputs_.push_back(copy_of(input));
        for (std::size_t k = 0; k < inputs_.size(); ++k) {
            const bool named = k + 1 == inputs_.size() && !last.empty();
            add(named ? last : "input " + std::to_string(k), inputs_[k].dtype(), inputs_[k].shape(),
                inputs_[k].mutable_data());
        }
        for (const Parameter& parameter : options.parameters)
            add(name_of_parameter(parameter), parameter.dtype(), parameter.shape(), parameter.mutable_data());
    }

    GradcheckReport run()
    {
        differentiate();
        if (!report_.why.empty()) return report_;
        if (cotangent_.empty()) {  // there is nothing whose derivative could be wrong
            report_.passed = true;
            return report_;
        }
        for (std::size_t k = 0; k < places_.size(); ++k) {
            if (places_[k].dtype != DType::float64) continue;
            const std::int64_t count = element_count(places_[k].shape);
            for (std::int64_t i = 0; i < count; ++i) compare(k, i);
        }
        report_.passed = report_.worst <= options_.tolerance && (report_.elements > 0 || report_.kinks == 0);
        return report_;
    }

    Check(const Check&) = delete;

  private:
    void add(std::string name, DType dtype, Dims shape, void* data)
    {
        places_.push_back(
            {std::move(name), dtype, Shape(shape.begin(), shape.end()), static_cast<double*>(data)});
    }

    // Random ops draw the same numbers each time.
    Tape fresh_tape() const { return Tape({.generator = Generator(options_.seed)}); }

    Variable call(Tape& tape, std::vector<Variable>& x) const
    {
        x.clear();
        for (const Array& input : inputs_) x.push_back(tape.variable(input));
        return f_(x);
    }

    std::vector<double> values() const
    {
        Tape tape = fresh_tape();
        std::vector<Variable> x;
        const Array y = call(tape, x).array();
        const auto* data = static_cast<const double*>(y.data());
        if (static_cast<std::size_t>(y.size()) != cotangent_.size())
            throw ValueError(report_.check + ": f returned " + to_string(y.shape()) +
                             " and then as many as " + std::to_string(cotangent_.size()) +
                             " elements: its shape depends on numbers");
        return {data, data + y.size()};
    }

    // sum(c * f(x)), the sum in long double so that it adds nothing to the error.
    long double objective() const
    {
        const std::vector<double> y = values();
        long double sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i) sum += static_cast<long double>(cotangent_[i]) * y[i];
        return sum;
    }

    // The gradients that the tape gives; and is f a function at all?
    void differentiate()
    {
        Tape tape = fresh_tape();
        std::vector<Variable> x;
        const Variable y = call(tape, x);
        check_value(report_.check, y);
        cotangent_ = cotangent_of(y.size(), options_.seed);
        report_.random_cotangent = y.size() > 1;
        std::vector<Target> targets;
        for (const Variable& variable : x)
            if (is_floating(variable.dtype())) targets.emplace_back(variable);
        for (const Parameter& parameter : options_.parameters)
            if (is_floating(parameter.dtype())) targets.emplace_back(parameter);
        const Array before = y.array();
        const Gradients gradients = vjp(y, targets, tape.constant(array_of(cotangent_, y.shape())));
        std::size_t next = 0;
        for (const Place& place : places_)
            analytic_.push_back(place.dtype == DType::float64 ? gradients.gradient(next++).array() : Array());

        const std::vector<double> again = values();
        const auto* const first = static_cast<const double*>(before.data());
        for (std::size_t i = 0; i < again.size(); ++i)
            if (again[i] != first[i] && !(std::isnan(again[i]) && std::isnan(first[i]))) {
                report_.why = "f is not a function of its inputs: two calls gave " + number_text(first[i]) +
                              " and " + number_text(again[i]) + " for element " + std::to_string(i) +
                              " (it reads something that changes)";
                return;
            }
    }

    struct Difference {
        double value;
        bool smooth;
    };

    // Central differences at h, h/2, h/4, h/8 extrapolated to h = 0; smooth tells whether they converge, and whether
    // both sides then agree.
    Difference difference(double& element) const
    {
        const double x = element;
        const struct Restore {  // whatever f throws: a parameter is the user's
            double& element;
            double value;
            ~Restore() { element = value; }
        } restore{element, x};
        constexpr int levels = 4;
        double slope[levels], bend[levels];  // bend: how much the slopes of the two sides differ
        double h = 8 * options_.step * std::max(1.0, std::abs(x));
        const long double centre = objective();
        for (int level = 0; level < levels; ++level, h /= 2) {
            const volatile double up = x + h, down = x - h;
            element = up;
            const long double above = objective();
            element = down;
            const long double below = objective();
            element = x;
            slope[level] = static_cast<double>((above - below) / (static_cast<long double>(up) - down));
            bend[level] = static_cast<double>((above - centre) / (static_cast<long double>(up) - x) -
                                              (centre - below) / (static_cast<long double>(x) - down));
            double even = 1, odd = 0.5;
            // Richardson: the slope's error has even powers of h, the bend odd ones
            for (int older = level; older-- > 0;) {
                even *= 4;
                odd *= 4;
                slope[older] = slope[older + 1] + (slope[older + 1] - slope[older]) / (even - 1);
                bend[older] = bend[older + 1] + (bend[older + 1] - bend[older]) / (odd - 1);
            }
        }
        // slope[1] does without the largest step: a kink between the steps sets the two apart. A kink at x leaves a
        // bend.
        const double allowed = options_.tolerance * std::max(1.0, std::abs(slope[0]));
        return {slope[0], std::abs(slope[0] - slope[1]) <= allowed && std::abs(bend[0]) <= allowed};
    }

    void compare(std::size_t k, std::int64_t i)
    {
        const Place& place = places_[k];
        const Difference numeric = difference(place.data[i]);
        if (!numeric.smooth) {
            if (report_.kinks++ == 0) report_.first_kink = at(place, i, index_of(i, place.shape));
            return;
        }
        ++report_.elements;
        const double value = static_cast<const double*>(analytic_[k].data())[i];
        double error = std::abs(value - numeric.value) / std::max(1.0, std::abs(numeric.value));
        if (!(error >= 0)) error = std::numeric_limits<double>::infinity();  // NaN
        if (error < report_.worst) return;
        report_.worst = error;
        report_.input = k;
        report_.element = i;
        report_.index = index_of(i, place.shape);
        report_.where = at(place, i, report_.index);
        report_.analytic = value;
        report_.numeric = numeric.value;
    }

    const Function& f_;
    const GradcheckOptions& options_;
    std::vector<Array> inputs_;
    std::vector<Place> places_;
    std::vector<double> cotangent_;
    std::vector<Array> analytic_;
    GradcheckReport report_;
};

}  // namespace

namespace detail {

GradcheckReport check_gradient(const Function& f, std::span<const Array> inputs,
                               const GradcheckOptions& options)
{
    check_inputs("gradcheck", inputs, options);
    return Check("gradcheck", f, inputs, {}, options).run();
}

GradcheckReport check_second(const Function& f, std::span<const Array> inputs,
                             const GradcheckOptions& options)
{
    check_inputs("gradgradcheck", inputs, options);
    // The gradient as a function of the inputs and of its cotangent; all its parts laid end to end.
    const std::size_t count = inputs.size();
    const Function gradient = [&](std::span<const Variable> x) {
        const Variable y = f(x.first(count));
        std::vector<Target> targets;
        for (const Variable& variable : x.first(count))
            if (is_floating(variable.dtype())) targets.emplace_back(variable);
        for (const Parameter& parameter : options.parameters) targets.emplace_back(parameter);
        const Gradients gradients = vjp(y, targets, x[count]);
        std::vector<Variable> parts;
        for (std::size_t k = 0; k < gradients.size(); ++k)
            parts.push_back(reshape(gradients.gradient(k), {-1}));
        return concat(parts);
    };
    std::vector<Array> all(inputs.begin(), inputs.end());
    {
        Tape tape({.generator = Generator(options.seed)});
        std::vector<Variable> x;
        for (const Array& input : inputs) x.push_back(tape.variable(input));
        const Variable y = f(x);
        check_value("gradgradcheck", y);
        all.push_back(array_of(cotangent_of(y.size(), options.seed + 1), y.shape()));
    }
    return Check("gradgradcheck", gradient, all, "the cotangent", options).run();
}

}  // namespace detail
}  // namespace xgrad
