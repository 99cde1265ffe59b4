// Which inputs a custom op's callables take, and how they are called with views. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/custom_code.hpp"
#include "xgrad/autodiff/custom_lifetime.hpp"

namespace xgrad::detail {

// ---------------------------------------------------------------- which inputs a callable takes

template <class T, InputKind K>
using Element = std::conditional_t<K == InputKind::floating, T,
                                   std::conditional_t<K == InputKind::integer, std::int64_t, bool>>;

template <InputKind... K>
struct Kinds {
    static constexpr std::size_t size = sizeof...(K);
    static std::vector<InputKind> list() { return {K...}; }
    template <class F, class T, class... Before>
    static constexpr bool taken_by = std::is_invocable_v<const F&, Before..., const View<Element<T, K>>&...>;
};
struct AnyInputs {};
struct NoInputs {};

/// Digits of `code` to the base 3, the last input's the lowest.
template <std::size_t N, std::size_t code>
struct KindsOf {
    static constexpr std::size_t power(std::size_t k) { return k == 0 ? 1 : 3 * power(k - 1); }
    template <std::size_t... I>
    static Kinds<static_cast<InputKind>(code / power(N - 1 - I) % 3)...> of(std::index_sequence<I...>);
    using type = decltype(of(std::make_index_sequence<N>()));
};

// A function whose parameters are all named says by them what it takes.
template <class P>
constexpr InputKind kind_of()
{
    using Value = std::remove_cv_t<typename ValueOf<std::remove_cvref_t<P>>::type>;
    if constexpr (std::is_same_v<Value, bool>)
        return InputKind::boolean;
    else if constexpr (std::is_integral_v<Value>)
        return InputKind::integer;
    else
        return InputKind::floating;
}
template <class F>
struct Parameters {
    static constexpr bool named = false;
};
template <class F>
    requires requires { &F::operator(); }
struct Parameters<F> : Parameters<decltype(&F::operator())> {};
template <class R, class... P>
struct Parameters<R (*)(P...)> {
    static constexpr bool named = sizeof...(P) > 0 && (array_or_number<std::remove_cvref_t<P>> && ...);
    using kinds = Kinds<kind_of<P>()...>;
    using tuple = std::tuple<P...>;
};
template <class C, class R, class... P>
struct Parameters<R (C::*)(P...) const> : Parameters<R (*)(P...)> {};
template <class C, class R, class... P>
struct Parameters<R (C::*)(P...) const noexcept> : Parameters<R (*)(P...)> {};
template <class R, class... P>
struct Parameters<R (*)(P...) noexcept> : Parameters<R (*)(P...)> {};

// A generic one is asked: all inputs floating, from one to eight of them; then, up to four, with indices and masks
// among them. Only a number of arguments that fits looks into the code.
template <class F, std::size_t N, std::size_t code = 1>
auto find_mixed()
{
    using Asked = typename KindsOf<N, code>::type;
    if constexpr (Asked::template taken_by<F, double>)
        return Asked();
    else if constexpr (code + 1 < KindsOf<N, 0>::power(N))
        return find_mixed<F, N, code + 1>();
    else if constexpr (N < 4)
        return find_mixed<F, N + 1>();
    else
        return NoInputs();
}
template <class F, std::size_t N = 1>
auto find_floating()
{
    using Asked = typename KindsOf<N, 0>::type;
    if constexpr (Asked::template taken_by<F, double>)
        return Asked();
    else if constexpr (N < most_custom_inputs)
        return find_floating<F, N + 1>();
    else if constexpr (std::is_invocable_v<const F&, std::span<const View<double>>>)
        return AnyInputs();
    else
        return find_mixed<F, 1>();
}
template <class F>
auto find_inputs()
{
    if constexpr (Parameters<F>::named)
        return typename Parameters<F>::kinds();
    else
        return find_floating<F>();
}

// ---------------------------------------------------------------- calling

/// What parameter k of F is given for a view V: the view, or what a named parameter makes of it (an xt::xarray). It is
/// made outside the call, so that an expression that refers to it may be returned.
template <class F, std::size_t k, class V>
struct Held {
    using type = const V&;
};
template <class F, std::size_t k, class V>
    requires(Parameters<F>::named)
struct Held<F, k, V> {
    using Parameter = std::remove_cvref_t<std::tuple_element_t<k, typename Parameters<F>::tuple>>;
    using type = std::conditional_t<std::is_same_v<Parameter, V>, const V&, Parameter>;
};

/// Calls f with the views, and `then` with what it returned while all is there that an expression may refer to.
template <class F, class Then, class... V, std::size_t... I>
void call_with_views(const F& f, const std::tuple<V...>& views, const Then& then, std::index_sequence<I...>)
{
    const std::tuple<typename Held<F, I, V>::type...> held(std::get<I>(views)...);
    const std::uintptr_t floor = stack_floor();
    const auto look = [&](const auto& returned) {
        if (refers_to_local(returned, floor)) fail_local();
        then(returned);
    };
    look(call_apart(f, std::get<I>(held)...));
}

template <class Inputs>
struct Caller;

template <InputKind... K>
struct Caller<Kinds<K...>> {
    template <class F, class T>
    static constexpr bool can = Kinds<K...>::template taken_by<F, T>;
    template <class F, class T>
    using Returned = std::invoke_result_t<const F&, const View<Element<T, K>>&...>;
    // (g, value, inputs...) or (g, inputs...); Y is the type of the value's elements.
    template <class G, class T, class Y>
    static constexpr bool with_value = Kinds<K...>::template taken_by<G, T, const View<T>&, const View<Y>&>;
    template <class G, class T>
    static constexpr bool without_value = Kinds<K...>::template taken_by<G, T, const View<T>&>;

    template <class T, class F, class Then>
    static void call(const F& f, std::span<const CustomOperand> in, const Then& then)
    {
        call_with_views(f, views<T>(in, indices), then, indices);
    }
    template <class T, class Y, class G, class Then>
    static void call_vjp(const G& vjp, std::span<const CustomOperand> in, const Then& then)
    {
        constexpr auto with = std::make_index_sequence<sizeof...(K) + 2>();
        constexpr auto without = std::make_index_sequence<sizeof...(K) + 1>();
        const std::tuple x = views<T>(in.subspan(2), indices);
        const std::tuple g(borrow<T>(in[0]));
        if constexpr (with_value<G, T, Y>)
            call_with_views(vjp, std::tuple_cat(g, std::tuple(borrow<Y>(in[1])), x), then, with);
        else
            call_with_views(vjp, std::tuple_cat(g, x), then, without);
    }
    template <class G, class T, class Y>
    static auto vjp_result()
    {
        if constexpr (with_value<G, T, Y>)
            return std::type_identity<std::remove_cvref_t<std::invoke_result_t<
                const G&, const View<T>&, const View<Y>&, const View<Element<T, K>>&...>>>();
        else
            return std::type_identity<std::remove_cvref_t<
                std::invoke_result_t<const G&, const View<T>&, const View<Element<T, K>>&...>>>();
    }

  private:
    static constexpr auto indices = std::make_index_sequence<sizeof...(K)>();
    template <class T, std::size_t... I>
    static std::tuple<View<Element<T, K>>...> views(std::span<const CustomOperand> in,
                                                    std::index_sequence<I...>)
    {
        return {borrow<Element<T, K>>(in[I])...};
    }
};

template <>
struct Caller<AnyInputs> {
    template <class T>
    using Views = std::span<const View<T>>;
    template <class F, class T>
    static constexpr bool can = std::is_invocable_v<const F&, Views<T>>;
    template <class F, class T>
    using Returned = std::invoke_result_t<const F&, Views<T>>;
    template <class G, class T, class Y>
    static constexpr bool with_value =
        std::is_invocable_v<const G&, const View<T>&, const View<Y>&, Views<T>>;
    template <class G, class T>
    static constexpr bool without_value = std::is_invocable_v<const G&, const View<T>&, Views<T>>;

    template <class T, class F, class Then>
    static void call(const F& f, std::span<const CustomOperand> in, const Then& then)
    {
        const std::vector<View<T>> x = views<T>(in);
        call_with_views(f, std::tuple(Views<T>(x)), then, std::make_index_sequence<1>());
    }
    template <class T, class Y, class G, class Then>
    static void call_vjp(const G& vjp, std::span<const CustomOperand> in, const Then& then)
    {
        const std::vector<View<T>> x = views<T>(in.subspan(2));
        const View<T> g = borrow<T>(in[0]);
        if constexpr (with_value<G, T, Y>)
            call_with_views(vjp, std::tuple(g, borrow<Y>(in[1]), Views<T>(x)), then,
                            std::make_index_sequence<3>());
        else
            call_with_views(vjp, std::tuple(g, Views<T>(x)), then, std::make_index_sequence<2>());
    }
    template <class G, class T, class Y>
    static auto vjp_result()
    {
        if constexpr (with_value<G, T, Y>)
            return std::type_identity<std::remove_cvref_t<
                std::invoke_result_t<const G&, const View<T>&, const View<Y>&, Views<T>>>>();
        else
            return std::type_identity<
                std::remove_cvref_t<std::invoke_result_t<const G&, const View<T>&, Views<T>>>>();
    }

  private:
    template <class T>
    static std::vector<View<T>> views(std::span<const CustomOperand> in)
    {
        std::vector<View<T>> list;
        for (const CustomOperand& operand : in) list.push_back(borrow<T>(operand));
        return list;
    }
};

}  // namespace xgrad::detail
