// Transforms of functions: what turns f into its derivative, as a function. They nest: grad(grad(f)), jacobian(grad(f)).
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/transform.hpp"

namespace xgrad {

/// Which arguments a transform differentiates with respect to, from 0 on: grad(f, argnums<1>), grad(f, argnums<0, 2>).
template <std::size_t... I>
struct Argnums {};
template <std::size_t... I>
inline constexpr Argnums<I...> argnums = {};

/// A value of a function with its gradient; both are Variables where there is one argument to differentiate by.
template <class G>
struct ValueAnd {
    Variable value;
    G grad;
};
using ValueAndGrad = ValueAnd<Variable>;
/// A function's value and its derivative along a tangent.
struct ValueAndTangent {
    Variable value, tangent;
};
/// A function's value, and what turns a cotangent of the value into those of the arguments, as often as it is called.
template <class P>
struct ValueAndPullback {
    Variable value;
    P pullback;
};

namespace detail {

/// A std::vector, std::array or std::span of Variables.
template <class R>
concept variable_range = !variable_like<R> && requires(const R& range)
{
    requires variable_like<decltype(*std::begin(range))>;
    std::end(range);
};

/// Something to call, rather than a Variable.
template <class F>
concept function_like = !variable_like<F> && (std::is_class_v<F> || std::is_pointer_v<F> || std::is_function_v<F>);

// The arguments that a function is differentiated by, as variables of their own: what else f reads of the caller's
// variables (they may be the very same) is constant to this derivative, and not to those around it.
class Primals {
  public:
    std::vector<Variable> all;

    template <std::size_t I, bool wanted, class A>
    decltype(auto) take(const A& argument)
    {
        if constexpr (!wanted) {
            return argument;
        } else if constexpr (variable_like<A>) {
            return take_one(I, argument);
        } else {
            static_assert(variable_range<A>, "xgrad: a function is differentiated by an argument that is a Variable "
                                             "or a range of them (choose another one by argnums<...>)");
            return take_all(I, {std::begin(argument), std::end(argument)});
        }
    }
    // Of what is there for all of them together, what belongs to argument I.
    template <class A>
    auto part(std::size_t I, const std::vector<Variable>& of) const
    {
        const Range at = find(I);
        if constexpr (variable_like<A>)
            return of[static_cast<std::size_t>(at.first)];
        else
            return std::vector<Variable>(of.begin() + at.first, of.begin() + at.first + at.count);
    }

    // Where argument I begins.
    std::size_t at(std::size_t I) const { return static_cast<std::size_t>(find(I).first); }

  private:
    struct Range {
        std::size_t argument;
        std::ptrdiff_t first, count;
    };
    Variable take_one(std::size_t argument, Variable x);
    std::vector<Variable> take_all(std::size_t argument, std::vector<Variable> x);
    Range find(std::size_t argument) const;
    std::vector<Range> ranges_;
};

template <std::size_t K, std::size_t... I>
inline constexpr bool is_among = ((K == I) || ...);

template <class F, std::size_t... I, class... X>
Variable call_on(const F& f, Primals& primals, Argnums<I...>, const X&... x)
{
    static_assert(sizeof...(I) > 0 && ((I < sizeof...(X)) && ...),
                  "xgrad: argnums<...> names an argument that the function is not given");
    return [&]<std::size_t... K>(std::index_sequence<K...>)->Variable
    {
        std::tuple<decltype(primals.take<K, is_among<K, I...>>(x))...> arguments{
            primals.take<K, is_among<K, I...>>(x)...};
        return std::apply(f, arguments);
    }
    (std::index_sequence_for<X...>{});
}

// One argument's part; or all of them, as an array where each is a Variable.
template <std::size_t... I, class... X>
auto packed(const Primals& primals, const std::vector<Variable>& parts, Argnums<I...>, std::tuple<X...>*)
{
    using All = std::tuple<X...>;
    if constexpr (sizeof...(I) == 1)
        return (primals.part<std::tuple_element_t<I, All>>(I, parts), ...);
    else if constexpr ((variable_like<std::tuple_element_t<I, All>> && ...))
        return std::array<Variable, sizeof...(I)>{primals.part<Variable>(I, parts)...};
    else
        return std::tuple{primals.part<std::tuple_element_t<I, All>>(I, parts)...};
}
template <class... X>
inline constexpr std::tuple<X...>* as_tuple = nullptr;

// What transforms of functions are made of, for several variables.
std::vector<Variable> gradients_of(Variable y, std::span<const Variable> x);
std::vector<Variable> pulled_back(Variable y, std::span<const Variable> x, Variable cotangent);
Variable pushed_forward(Variable y, std::span<const Variable> x, std::span<const Variable> tangents);
std::vector<Variable> hvps_of(Variable y, std::span<const Variable> x, std::span<const Variable> v);
std::vector<Variable> jacobians_of(Variable y, std::span<const Variable> x, Mode mode);
std::vector<Variable> hessians_of(Variable y, std::span<const Variable> x);  // row by row

template <std::size_t... I, class... X>
auto packed_blocks(const Primals& primals, const std::vector<Variable>& blocks, Argnums<I...>, std::tuple<X...>*)
{
    using All = std::tuple<X...>;
    const std::size_t n = primals.all.size();
    if constexpr (sizeof...(I) == 1 && (variable_like<std::tuple_element_t<I, All>> && ...)) {
        return blocks[0];
    } else if constexpr (sizeof...(I) == 1) {
        std::vector<std::vector<Variable>> rows;
        for (std::size_t i = 0; i < n; ++i)
            rows.emplace_back(blocks.begin() + static_cast<std::ptrdiff_t>(i * n),
                              blocks.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
        return rows;
    } else {
        static_assert((variable_like<std::tuple_element_t<I, All>> && ...),
                      "xgrad: hessian by several arguments takes Variables, or one range of them");
        const auto row = [&](std::size_t i) {
            const std::vector<Variable> of(blocks.begin() + static_cast<std::ptrdiff_t>(i * n),
                                           blocks.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
            return std::array<Variable, sizeof...(I)>{primals.part<Variable>(I, of)...};
        };
        return std::array{row(primals.at(I))...};
    }
}

}  // namespace detail

/// A function of Variables, of ranges of Variables (a std::vector, a std::span) and of anything else that the transform
/// need not look at.
template <class F>
concept transformable = detail::function_like<std::remove_cvref_t<F>>;

/// The derivative of a function whose value has one element, as a function: grad(f)(x), grad(grad(f))(x). It is with
/// respect to the first argument, or those named: grad(f, argnums<1>)(x, y), auto [gx, gy] = grad(f, argnums<0, 1>)(x, y).
/// The derivative by a range of Variables is a std::vector of as many. What f reads of other variables is constant to it.
/// @throws as grad() on a tape, when it is called.
template <transformable F, std::size_t... I>
auto grad(F f, Argnums<I...> by)
{
    return [f = std::move(f), by](const auto&... x) {
        detail::Primals primals;
        const Variable y = detail::call_on(f, primals, by, x...);
        return detail::packed(primals, detail::gradients_of(y, primals.all), by,
                              detail::as_tuple<std::remove_cvref_t<decltype(x)>...>);
    };
}
template <transformable F>
auto grad(F f)
{
    return grad(std::move(f), argnums<0>);
}

/// A function that returns f's value and its gradient: auto [y, g] = value_and_grad(f)(x).
template <transformable F, std::size_t... I>
auto value_and_grad(F f, Argnums<I...> by)
{
    return [f = std::move(f), by](const auto&... x) {
        detail::Primals primals;
        const Variable y = detail::call_on(f, primals, by, x...);
        auto gradient = detail::packed(primals, detail::gradients_of(y, primals.all), by,
                                       detail::as_tuple<std::remove_cvref_t<decltype(x)>...>);
        return ValueAnd<decltype(gradient)>{y, std::move(gradient)};
    };
}
template <transformable F>
auto value_and_grad(F f)
{
    return value_and_grad(std::move(f), argnums<0>);
}

/// The value of f and its pullback: auto [y, pull] = vjp(f, x); pull(cotangent) is the cotangent of x, an array or a
/// tuple of them for several arguments. It can be called as long as the tape lives.
template <transformable F, class... X>
    requires(sizeof...(X) > 0)
auto vjp(const F& f, const X&... x)
{
    return [&]<std::size_t... K>(std::index_sequence<K...>)
    {
        detail::Primals primals;
        const Variable y = detail::call_on(f, primals, argnums<K...>, x...);
        auto pull = [y, primals = std::move(primals)](Variable cotangent) {
            return detail::packed(primals, detail::pulled_back(y, primals.all, cotangent), argnums<K...>,
                                  detail::as_tuple<X...>);
        };
        return ValueAndPullback<decltype(pull)>{y, std::move(pull)};
    }
    (std::index_sequence_for<X...>{});
}

/// f's value and df/dx at x applied to a tangent (what jax.jvp and torch.func.jvp return).
template <transformable F>
ValueAndTangent value_and_jvp(const F& f, Variable x, Variable tangent)
{
    detail::Primals primals;
    const Variable y = detail::call_on(f, primals, argnums<0>, x);
    return {y, detail::pushed_forward(y, primals.all, {&tangent, 1})};
}
/// The same for several arguments: value_and_jvp(f, {x, y}, {u, v}).
template <transformable F, std::size_t N>
    requires(N > 1)
ValueAndTangent value_and_jvp(const F& f, const Variable (&x)[N], const Variable (&tangents)[N])
{
    return [&]<std::size_t... K>(std::index_sequence<K...>)->ValueAndTangent
    {
        detail::Primals primals;
        const Variable y = detail::call_on(f, primals, argnums<K...>, x[K]...);
        return {y, detail::pushed_forward(y, primals.all, tangents)};
    }
    (std::make_index_sequence<N>{});
}
/// The same for a function of a range of Variables.
template <transformable F, detail::variable_range X>
ValueAndTangent value_and_jvp(const F& f, const X& x, const std::vector<Variable>& tangents)
{
    detail::Primals primals;
    const Variable y = detail::call_on(f, primals, argnums<0>, x);
    return {y, detail::pushed_forward(y, primals.all, tangents)};
}
/// The derivative along the tangent alone.
template <transformable F>
Variable jvp(const F& f, Variable x, Variable tangent)
{
    return value_and_jvp(f, x, tangent).tangent;
}
template <transformable F, std::size_t N>
    requires(N > 1)
Variable jvp(const F& f, const Variable (&x)[N], const Variable (&tangents)[N])
{
    return value_and_jvp(f, x, tangents).tangent;
}
template <transformable F, detail::variable_range X>
Variable jvp(const F& f, const X& x, const std::vector<Variable>& tangents)
{
    return value_and_jvp(f, x, tangents).tangent;
}

/// The Hessian of f at x applied to v.
template <transformable F>
Variable hvp(const F& f, Variable x, Variable v)
{
    detail::Primals primals;
    const Variable y = detail::call_on(f, primals, argnums<0>, x);
    return detail::hvps_of(y, primals.all, {&v, 1})[0];
}
/// The same for several arguments: auto [hx, hy] = hvp(f, {x, y}, {u, v}).
template <transformable F, std::size_t N>
    requires(N > 1)
std::array<Variable, N> hvp(const F& f, const Variable (&x)[N], const Variable (&v)[N])
{
    return [&]<std::size_t... K>(std::index_sequence<K...>)->std::array<Variable, N>
    {
        detail::Primals primals;
        const Variable y = detail::call_on(f, primals, argnums<K...>, x[K]...);
        const std::vector<Variable> products = detail::hvps_of(y, primals.all, v);
        return {products[K]...};
    }
    (std::make_index_sequence<N>{});
}

/// The Jacobian as a function: jacobian(f)(x) has the shape of f(x) + the shape of x. Forward or reverse is chosen by
/// shape unless `mode` says.
template <transformable F, std::size_t... I>
auto jacobian(F f, Argnums<I...> by, Mode mode = Mode::automatic)
{
    return [f = std::move(f), by, mode](const auto&... x) {
        detail::Primals primals;
        const Variable y = detail::call_on(f, primals, by, x...);
        return detail::packed(primals, detail::jacobians_of(y, primals.all, mode), by,
                              detail::as_tuple<std::remove_cvref_t<decltype(x)>...>);
    };
}
template <transformable F>
auto jacobian(F f, Mode mode = Mode::automatic)
{
    return jacobian(std::move(f), argnums<0>, mode);
}
/// By columns (jax.jacfwd, torch.func.jacfwd), by rows (jacrev).
template <transformable F, std::size_t... I>
auto jacobian_forward(F f, Argnums<I...> by)
{
    return jacobian(std::move(f), by, Mode::forward);
}
template <transformable F>
auto jacobian_forward(F f)
{
    return jacobian(std::move(f), argnums<0>, Mode::forward);
}
template <transformable F, std::size_t... I>
auto jacobian_reverse(F f, Argnums<I...> by)
{
    return jacobian(std::move(f), by, Mode::reverse);
}
template <transformable F>
auto jacobian_reverse(F f)
{
    return jacobian(std::move(f), argnums<0>, Mode::reverse);
}

/// The Hessian of a function whose value has one element: hessian(f)(x) has the shape of x twice. With several
/// arguments h[i][j], the shape of argument i + the shape of argument j; likewise for a range of Variables.
template <transformable F, std::size_t... I>
auto hessian(F f, Argnums<I...> by)
{
    return [f = std::move(f), by](const auto&... x) {
        detail::Primals primals;
        const Variable y = detail::call_on(f, primals, by, x...);
        return detail::packed_blocks(primals, detail::hessians_of(y, primals.all), by,
                                     detail::as_tuple<std::remove_cvref_t<decltype(x)>...>);
    };
}
template <transformable F>
auto hessian(F f)
{
    return hessian(std::move(f), argnums<0>);
}

// ---------------------------------------------------------------- by parameters

/// Derivatives of f(x...) with respect to parameters that it reads: grad(f, {w, b})(x), or grad(f, nn::parameters(net)).
/// Gradients are looked up by parameter.
template <transformable F>
auto grad(F f, std::vector<Parameter> parameters)
{
    return [f = std::move(f), parameters = std::move(parameters)](const auto&... x) -> Gradients {
        return grad(f(x...), parameters);
    };
}
template <transformable F>
auto value_and_grad(F f, std::vector<Parameter> parameters)
{
    return [f = std::move(f), parameters = std::move(parameters)](const auto&... x) {
        const Variable y = f(x...);
        return ValueAnd<Gradients>{y, grad(y, parameters)};
    };
}
template <transformable F>
auto jacobian(F f, std::vector<Parameter> parameters, Mode mode = Mode::automatic)
{
    return [f = std::move(f), parameters = std::move(parameters), mode](const auto&... x) -> Gradients {
        return jacobian(f(x...), parameters, mode);
    };
}
template <transformable F>
auto hessian(F f, std::vector<Parameter> parameters)
{
    return [f = std::move(f), parameters = std::move(parameters)](const auto&... x) -> Hessian {
        return hessian(f(x...), parameters);
    };
}

}  // namespace xgrad
