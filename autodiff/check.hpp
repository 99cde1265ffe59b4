// Checking gradients against finite differences.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

struct GradcheckOptions {
    double step =
        1e-3;  ///< finest step of the Richardson-extrapolated central difference, relative to max(1, |x|)
    double tolerance = 1e-7;  ///< on |analytic - numeric| / max(1, |numeric|)
    std::uint64_t seed = 1;   ///< of the random cotangent, where there is one
};

/// What gradcheck() found.
struct GradcheckReport {
    bool passed = false;               ///< within the tolerance wherever they converge, which is somewhere
    double worst = 0;                  ///< largest error met, relative to max(1, |numeric|)
    std::size_t input = 0;             ///< where: which input,
    std::int64_t element = 0;          ///< which of its elements (flat),
    double analytic = 0, numeric = 0;  ///< and the two values there
    std::int64_t kinks =
        0;  ///< elements left out because finite differences do not converge there: a kink is near
    bool random_cotangent = false;  ///< the two values are of sum(c * f), c random: f has several elements
    std::string text() const;
};
std::ostream& operator<<(std::ostream& out, const GradcheckReport& report);

/// A function of several variables, recorded on the tape of its arguments.
using Function = std::function<Variable(std::span<const Variable>)>;

/// Compares the gradient of sum(c * f(x...)) with central differences in float64, element by element; c is random,
/// but 1 where f has one element, so that what is reported is then the gradient itself.
/// Central differences at steps h, h/2, h/4 are extrapolated (Richardson), so that their own error is far below 1e-7.
/// @throws DtypeError unless every floating input is float64.
GradcheckReport gradcheck(const Function& f, std::span<const Array> inputs,
                          const GradcheckOptions& options = {});

/// The same for the gradient of the gradient.
GradcheckReport gradgradcheck(const Function& f, std::span<const Array> inputs,
                              const GradcheckOptions& options = {});

/// Both at a list of Arrays: gradcheck(f, {x0, y0}).
inline GradcheckReport gradcheck(const Function& f, std::initializer_list<Array> inputs,
                                 const GradcheckOptions& options = {})
{
    return gradcheck(f, std::span(inputs.begin(), inputs.size()), options);
}
inline GradcheckReport gradgradcheck(const Function& f, std::initializer_list<Array> inputs,
                                     const GradcheckOptions& options = {})
{
    return gradgradcheck(f, std::span(inputs.begin(), inputs.size()), options);
}

/// Both for a function of one variable: gradcheck([](Variable x) { return tanh(x); }, x0).
template <class F>
    requires std::is_invocable_r_v<Variable, const F&, Variable> GradcheckReport
    gradcheck(const F& f, const Array& x, const GradcheckOptions& options = {})
    {
        return gradcheck([&f](std::span<const Variable> in) -> Variable { return f(in[0]); },
                         std::span(&x, 1), options);
    }
template <class F>
    requires std::is_invocable_r_v<Variable, const F&, Variable> GradcheckReport
    gradgradcheck(const F& f, const Array& x, const GradcheckOptions& options = {})
    {
        return gradgradcheck([&f](std::span<const Variable> in) -> Variable { return f(in[0]); },
                             std::span(&x, 1), options);
    }

}  // namespace xgrad
