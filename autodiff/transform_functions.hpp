// Transforms of functions: what turns f into its derivative, as a function. They nest: grad(grad(f)), jacobian(grad(f)).
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "xgrad/autodiff/transform_arguments.hpp"

namespace xgrad {

/// A value of a function with its gradient; both are Variables where there is one argument to differentiate by.
template <class G>
struct ValueAnd {
    Variable value;
    G grad;
};
/// A value and its gradient by one argument.
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
