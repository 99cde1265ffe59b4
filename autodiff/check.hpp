// Checking gradients against finite differences.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// Options of gradcheck() and gradgradcheck().
struct GradcheckOptions {
    double step =
        1e-3;  ///< finest step of the Richardson-extrapolated central difference, relative to max(1, |x|)
    double tolerance = 1e-7;  ///< on |analytic - numeric| / max(1, |numeric|)
    std::uint64_t seed = 1;   ///< of the random cotangent, where there is one, and of random ops within f
    /// Checked too, after the inputs: nn::parameters(net). Each is moved and put back bit for bit, which counts as no
    /// write; no other thread may use them meanwhile. Float64.
    std::vector<Parameter> parameters = {};
};

/// What gradcheck() found.
struct GradcheckReport {
    bool passed = false;              ///< within the tolerance wherever they converge, which is somewhere
    double worst = 0;                 ///< largest error met, relative to max(1, |numeric|)
    std::size_t input = 0;            ///< where: which input (after them a cotangent, then parameters),
    std::int64_t element = 0;         ///< which of its elements (flat),
    std::vector<std::int64_t> index;  ///< the same as an index along each axis,
    std::string where;  ///< and in words: "input 1, element 5 [1, 2]" (the index from two axes up);
    double analytic = 0, numeric = 0;  ///< and the two values there
    std::int64_t elements = 0;         ///< elements compared
    std::int64_t kinks =
        0;  ///< elements left out because finite differences do not converge there: a kink is near
    std::string first_kink;           ///< where the first of them is
    bool random_cotangent = false;    ///< the two values are of sum(c * f), c random: f has several elements
    std::string why;                  ///< what else is wrong with f, which was then not compared
    std::string check = "gradcheck";  ///< or "gradgradcheck"

    /// Passed: BOOST_TEST(gradcheck(f, x)) says what was wrong.
    explicit operator bool() const { return passed; }
    /// @throws GradientError with text() unless passed.
    const GradcheckReport& throw_if_failed() const;
    /// One sentence: worst entry, its index and both values; what was left out.
    std::string text() const;
};
std::ostream& operator<<(std::ostream& out, const GradcheckReport& report);

/// A function of several variables, recorded on the tape of its arguments.
using Function = std::function<Variable(std::span<const Variable>)>;

namespace detail {
inline constexpr std::size_t most_checked_arguments = 8;
template <std::size_t>
using EachVariable = Variable;

template <class F, std::size_t... I>
constexpr bool takes_variables(std::index_sequence<I...>)
{
    return std::is_invocable_r_v<Variable, const F&, EachVariable<I>...>;
}
/// How many Variables f takes, looked for from one to eight; 0 if none of these.
template <class F, std::size_t N = 1>
constexpr std::size_t fewest_variables()
{
    if constexpr (takes_variables<F>(std::make_index_sequence<N>()))
        return N;
    else if constexpr (N < most_checked_arguments)
        return fewest_variables<F, N + 1>();
    else
        return 0;
}
[[noreturn]] void fail_argument_count(std::size_t given, std::size_t taken);

template <class F>
Variable call_with(const F& f, std::span<const Variable> in)
{
    const auto call = [&]<std::size_t... I>(std::index_sequence<I...>)->Variable { return f(in[I]...); };
    const auto from = [&](const auto& self, auto count) -> Variable {
        constexpr std::size_t n = decltype(count)::value;
        if constexpr (n > most_checked_arguments) {
            fail_argument_count(in.size(), fewest_variables<F>());
        } else {
            if constexpr (takes_variables<F>(std::make_index_sequence<n>()))
                if (in.size() == n) return call(std::make_index_sequence<n>());
            return self(self, std::integral_constant<std::size_t, n + 1>());
        }
    };
    return from(from, std::integral_constant<std::size_t, fewest_variables<F>()>());
}

GradcheckReport check_gradient(const Function& f, std::span<const Array> inputs,
                               const GradcheckOptions& options);
GradcheckReport check_second(const Function& f, std::span<const Array> inputs,
                             const GradcheckOptions& options);

/// A callable that is checked: of Variables, or of a span of them.
template <class F>
Function checked_function(const F& f)
{
    if constexpr (fewest_variables<F>() > 0) {
        return [&f](std::span<const Variable> in) { return call_with(f, in); };
    } else {
        static_assert(
            std::is_invocable_r_v<Variable, const F&, std::span<const Variable>>,
            "xgrad: gradcheck: the function takes one to eight Variables, or std::span<const Variable>, and "
            "returns a Variable");
        return [&f](std::span<const Variable> in) -> Variable { return f(in); };
    }
}
}  // namespace detail

/// Compares the gradient of f, which the tape gives, with central differences in float64, element by element:
///
///     gradcheck([](Variable x, Variable y) { return x * tanh(y); }, {x0, y0})
///     gradcheck([](Variable x) { return sum(square(x)); }, x0)
///
/// f is a function of one to eight Variables, or of a std::span<const Variable>; inputs are Arrays or xtensor arrays.
/// Where f has several elements it is sum(c * f) that is compared, c random. Inputs of indices and masks are left as
/// they are. Random ops draw the same numbers at each call.
/// Central differences at steps h, h/2, h/4, h/8 are extrapolated (Richardson), so that their own error is far below
/// 1e-7. Where they do not converge, or the two sides have different slopes, a kink was crossed: such elements are
/// left out, counted and named. An f that gives different values at the same inputs fails the check.
/// @throws DtypeError unless floating inputs, parameters and the value are float64; ValueError for nothing to check,
///         another number of inputs than f takes, or a value whose shape depends on numbers; what f and its gradient
///         throw.
template <class F>
GradcheckReport gradcheck(const F& f, std::span<const Array> inputs, const GradcheckOptions& options = {})
{
    return detail::check_gradient(detail::checked_function(f), inputs, options);
}
template <class F>
GradcheckReport gradcheck(const F& f, std::initializer_list<Array> inputs,
                          const GradcheckOptions& options = {})
{
    return gradcheck(f, std::span(inputs.begin(), inputs.size()), options);
}
template <class F>
GradcheckReport gradcheck(const F& f, const Array& x, const GradcheckOptions& options = {})
{
    return gradcheck(f, std::span(&x, 1), options);
}

/// The same for the gradient of the gradient: sum(d * grad of sum(c * f)), by the inputs and by the cotangent c, which
/// is how jvp() and hvp() use the rules.
template <class F>
GradcheckReport gradgradcheck(const F& f, std::span<const Array> inputs, const GradcheckOptions& options = {})
{
    return detail::check_second(detail::checked_function(f), inputs, options);
}
template <class F>
GradcheckReport gradgradcheck(const F& f, std::initializer_list<Array> inputs,
                              const GradcheckOptions& options = {})
{
    return gradgradcheck(f, std::span(inputs.begin(), inputs.size()), options);
}
template <class F>
GradcheckReport gradgradcheck(const F& f, const Array& x, const GradcheckOptions& options = {})
{
    return gradgradcheck(f, std::span(&x, 1), options);
}

}  // namespace xgrad
