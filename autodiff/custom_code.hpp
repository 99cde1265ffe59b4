// How a custom op's callables are looked at and called: which inputs they take, what they return. Internal.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/custom_lifetime.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// What a custom op's own code threw, if it was no error of this library (and not of xtensor's broadcasting).
class CustomOpError : public Error {
  public:
    using Error::Error;
};

/// What a vjp returns for an input that has no gradient.
struct NoGradient {};
inline constexpr NoGradient no_gradient{};

class CustomOp;

namespace detail {

struct CustomDefinition;

// ---------------------------------------------------------------- what the engine sees

/// What a parameter of a forward stands for.
enum class InputKind : std::uint8_t { floating, integer, boolean };
inline constexpr std::size_t most_custom_inputs = 8;  ///< beyond that a forward takes a span

/// An input as a kernel has it.
struct CustomOperand {
    const void* data;
    Dims shape;
    DType dtype;
};

/// Where results go.
class CustomResults {
  public:
    /// Memory for result k of that type and shape; null where it is not wanted.
    virtual void* room(std::size_t k, DType dtype, Dims shape) = 0;

  protected:
    ~CustomResults() = default;
};

using CustomRun = std::function<void(std::span<const CustomOperand>, CustomResults&)>;
/// A default-constructed Variable stands for no gradient.
using CustomVjp =
    std::function<std::vector<Variable>(Variable g, Variable out, std::span<const Variable> in)>;

/// A custom op with its types erased. float32 and float64 have forms of their own; empty: not taken.
struct CustomCode {
    std::string name;
    bool any = false;               ///< any number of inputs, all floating
    std::vector<InputKind> inputs;  ///< if not
    std::array<CustomRun, 2> forward;
    std::array<DType, 2> result = {};
    CustomVjp vjp;                        ///< in Variables
    std::array<CustomRun, 2> opaque_vjp;  ///< or of (g, value, inputs...)
    std::vector<std::uint8_t> gives;      ///< of an opaque one: whether it returns a gradient for each input
    const void* key = nullptr;            ///< of code without state: the same for the same code
};

template <class T>
inline constexpr std::size_t form_of = std::is_same_v<T, float> ? 0 : 1;

/// A view of memory that somebody else holds during a call.
template <element T>
View<T> borrow(const CustomOperand& operand);
extern template View<float> borrow<float>(const CustomOperand&);
extern template View<double> borrow<double>(const CustomOperand&);
extern template View<std::int64_t> borrow<std::int64_t>(const CustomOperand&);
extern template View<bool> borrow<bool>(const CustomOperand&);

std::string composed_name(std::string name);
Tape::ScopeGuard enter_composed(Variable x, const std::string& name);

// ---------------------------------------------------------------- storing what code returns

template <class R>
concept array_or_number = std::is_arithmetic_v<R> || xt::is_xexpression<R>::value;

template <class R>
struct ValueOf {
    using type = R;
};
template <class R>
requires xt::is_xexpression<R>::value struct ValueOf<R> {
    using type = typename R::value_type;
};

/// The element type in which a result is stored: a floating one takes the type of the inputs.
template <class T, class R>
struct Stored {
    using Value = std::remove_cv_t<typename ValueOf<R>::type>;
    static_assert(std::is_arithmetic_v<Value>,
                  "xgrad: custom_op: the elements of what is returned must be numbers");
    using type = std::conditional_t<std::is_floating_point_v<Value>, T,
                                    std::conditional_t<std::is_same_v<Value, bool>, bool, std::int64_t>>;
};

template <class E, class R>
void store(std::size_t k, const R& value, CustomResults& results)
{
    if constexpr (std::is_arithmetic_v<R>) {
        if (void* const at = results.room(k, dtype_of<E>, {})) *static_cast<E*>(at) = static_cast<E>(value);
    } else {
        using Out = xt::xarray_adaptor<xt::xbuffer_adaptor<E*, xt::no_ownership>>;
        const auto& lengths = value.shape();
        const Shape shape(lengths.begin(), lengths.end());
        void* const at = results.room(k, dtype_of<E>, shape);
        if (at == nullptr || element_count(shape) == 0) return;
        Out out(xt::xbuffer_adaptor<E*, xt::no_ownership>(static_cast<E*>(at),
                                                          static_cast<std::size_t>(element_count(shape))),
                typename Out::shape_type(shape.begin(), shape.end()));
        out.assign(value);  // to memory that the expression does not read
    }
}

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

// ---------------------------------------------------------------- gradients as they are returned

template <class R>
concept tuple_like = requires
{
    std::tuple_size<std::remove_cvref_t<R>>::value;
};

inline void collect(std::vector<Variable>& to, Variable gradient) { to.push_back(gradient); }
inline void collect(std::vector<Variable>& to, NoGradient) { to.emplace_back(); }
inline void collect(std::vector<Variable>& to, std::nullopt_t) { to.emplace_back(); }
inline void collect(std::vector<Variable>& to, const std::optional<Variable>& gradient)
{
    to.push_back(gradient.value_or(Variable()));
}

/// N: the number of inputs; 0: any.
template <std::size_t N, class R>
std::vector<Variable> gradients_of(const R& returned)
{
    std::vector<Variable> list;
    if constexpr (requires { collect(list, returned); }) {
        static_assert(
            N <= 1,
            "xgrad: custom_op: the vjp returns one gradient, the forward has several inputs: return "
            "std::tuple{...} with one for each (no_gradient where there is none)");
        collect(list, returned);
    } else if constexpr (tuple_like<R>) {
        static_assert(
            N == 0 || std::tuple_size_v<R> == N,
            "xgrad: custom_op: the vjp returns another number of gradients than the forward has inputs "
            "(no_gradient where there is none)");
        std::apply([&](const auto&... each) { (collect(list, each), ...); }, returned);
    } else {
        for (const auto& each : returned) collect(list, each);
    }
    return list;
}

template <class R>
inline constexpr bool gives_gradient = !std::is_same_v<R, NoGradient> && !std::is_same_v<R, std::nullopt_t>;
template <std::size_t N, class R>
std::vector<std::uint8_t> which_given()
{
    if constexpr (!gives_gradient<R>) {
        return {0};
    } else if constexpr (array_or_number<R>) {
        static_assert(
            N == 1,
            "xgrad: opaque_op: the vjp returns one gradient, the forward has several inputs: return "
            "std::tuple{...} with one for each (no_gradient where there is none)");
        return {1};
    } else if constexpr (tuple_like<R>) {
        static_assert(
            std::tuple_size_v<R> == N,
            "xgrad: opaque_op: the vjp returns another number of gradients than the forward has inputs "
            "(no_gradient where there is none)");
        return []<std::size_t... I>(std::index_sequence<I...>)
        {
            return std::vector<std::uint8_t>{gives_gradient<std::tuple_element_t<I, R>>...};
        }
        (std::make_index_sequence<N>());
    } else {
        return {};  // a list: one for each input
    }
}

template <class T, class R>
void store_gradient(std::size_t k, const R& gradient, CustomResults& results)
{
    if constexpr (array_or_number<R>)
        store<T>(k, gradient, results);
    else
        static_assert(!gives_gradient<R>,
                      "xgrad: opaque_op: a gradient is an xtensor expression, a number or no_gradient");
}
template <class T, class R>
void store_gradients(const R& returned, CustomResults& results)
{
    if constexpr (array_or_number<R> || !gives_gradient<R>) {
        store_gradient<T>(0, returned, results);
    } else if constexpr (tuple_like<R>) {
        [&]<std::size_t... I>(std::index_sequence<I...>)
        {
            (store_gradient<T>(I, std::get<I>(returned), results), ...);
        }
        (std::make_index_sequence<std::tuple_size_v<R>>());
    } else {
        std::size_t k = 0;
        for (const auto& each : returned) store_gradient<T>(k++, each, results);
    }
}

// ---------------------------------------------------------------- putting it together

/// One address for each kind of code.
template <class... F>
inline char code_key = 0;

template <class F>
class CustomForward {
    using Inputs = decltype(find_inputs<F>());
    static constexpr bool callable()
    {
        if constexpr (std::is_same_v<Inputs, NoInputs>)
            return false;
        else
            return Caller<Inputs>::template can<F, float> || Caller<Inputs>::template can<F, double>;
    }
    static_assert(callable(),
                  "xgrad: custom_op: the forward cannot be called: it is a const callable of one to eight "
                  "xtensor views, "
                  "[](const auto& x, const auto& y) { ... }, with View<std::int64_t> or View<bool> for "
                  "indices or masks "
                  "(among four inputs at most), or of std::span<const View<T>>; a function of Variables is a "
                  "composed_op");

    static constexpr std::size_t count()
    {
        if constexpr (std::is_same_v<Inputs, AnyInputs> || std::is_same_v<Inputs, NoInputs>)
            return 0;
        else
            return Inputs::size;
    }
    static constexpr std::size_t arity = count();

    template <class T>
    using Returned = std::remove_cvref_t<typename Caller<Inputs>::template Returned<F, T>>;
    template <class T>
    using Value = typename Stored<T, Returned<T>>::type;

    template <class T>
    static void add_form(CustomCode& code, const std::shared_ptr<const F>& f)
    {
        if constexpr (Caller<Inputs>::template can<F, T>) {
            static_assert(
                array_or_number<Returned<T>>,
                "xgrad: custom_op: the forward returns one array: an xtensor expression or a number");
            code.result[form_of<T>] = dtype_of<Value<T>>;
            code.forward[form_of<T>] = [f](std::span<const CustomOperand> in, CustomResults& results) {
                Caller<Inputs>::template call<T>(
                    *f, in, [&](const auto& returned) { store<Value<T>>(0, returned, results); });
            };
        }
    }
    template <class T, class G>
    static void add_opaque_form(CustomCode& code, const std::shared_ptr<const G>& vjp)
    {
        if constexpr (Caller<Inputs>::template can<F, T>) {
            using Call = Caller<Inputs>;
            static_assert(Call::template with_value<G, T, Value<T>> || Call::template without_value<G, T>,
                          "xgrad: opaque_op: the vjp cannot be called: it is a const callable of the "
                          "cotangent, the value "
                          "(or not) and the inputs, all xtensor views: [](const auto& g, const auto& out, "
                          "const auto& x) "
                          "{ ... }");
            code.opaque_vjp[form_of<T>] = [vjp](std::span<const CustomOperand> in, CustomResults& results) {
                Call::template call_vjp<T, Value<T>>(
                    *vjp, in, [&](const auto& returned) { store_gradients<T>(returned, results); });
            };
            using Gradients = typename decltype(Call::template vjp_result<G, T, Value<T>>())::type;
            code.gives = which_given<arity, Gradients>();
        }
    }

  public:
    static CustomCode alone(std::string name, F forward)
    {
        CustomCode code;
        code.name = std::move(name);
        code.any = std::is_same_v<Inputs, AnyInputs>;
        if constexpr (arity > 0) code.inputs = Inputs::list();
        const auto f = std::make_shared<const F>(std::move(forward));
        add_form<float>(code, f);
        add_form<double>(code, f);
        if constexpr (std::is_empty_v<F>) code.key = &code_key<F>;
        return code;
    }
    template <class G>
    static CustomCode with_vjp(std::string name, F forward, G vjp)
    {
        using Several = std::span<const Variable>;
        CustomCode code = alone(std::move(name), std::move(forward));
        constexpr int form = form_of_vjp<G>(std::make_index_sequence<arity>());
        static_assert(
            form > 0,
            "xgrad: custom_op: the vjp cannot be called: it is a const callable of Variables, the cotangent, "
            "the "
            "value (or not) and each input: [](Variable g, Variable out, Variable x) { ... }, or of "
            "(g, out, std::span<const Variable> x); one in xtensor code is an opaque_op");
        code.vjp = [vjp = std::move(vjp)](Variable g, Variable out, Several x) {
            const auto call = [&]<std::size_t... I>(std::index_sequence<I...>)
            {
                if constexpr (form == 1)
                    return gradients_of<arity>(vjp(g, out, x[I]...));
                else if constexpr (form == 2)
                    return gradients_of<arity>(vjp(g, x[I]...));
                else if constexpr (form == 3)
                    return gradients_of<arity>(vjp(g, out, x));
                else
                    return gradients_of<arity>(vjp(g, x));
            };
            return call(std::make_index_sequence<arity>());
        };
        code.key = nullptr;
        if constexpr (std::is_empty_v<F> && std::is_empty_v<G>) code.key = &code_key<F, G>;
        return code;
    }
    template <class G>
    static CustomCode with_opaque_vjp(std::string name, F forward, G vjp)
    {
        CustomCode code = alone(std::move(name), std::move(forward));
        const auto shared = std::make_shared<const G>(std::move(vjp));
        add_opaque_form<float>(code, shared);
        add_opaque_form<double>(code, shared);
        code.key = nullptr;
        if constexpr (std::is_empty_v<F> && std::is_empty_v<G>) code.key = &code_key<F, G, NoGradient>;
        return code;
    }

  private:
    template <std::size_t I>
    using Each = Variable;
    /// How a vjp in Variables is called; 0: it cannot be.
    template <class G, std::size_t... I>
    static constexpr int form_of_vjp(std::index_sequence<I...>)
    {
        using Several = std::span<const Variable>;
        if constexpr (arity > 0) {
            if constexpr (std::is_invocable_v<const G&, Variable, Variable, Each<I>...>)
                return 1;
            else if constexpr (std::is_invocable_v<const G&, Variable, Each<I>...>)
                return 2;
            else if constexpr (std::is_invocable_v<const G&, Variable, Variable, Several>)
                return 3;
            else if constexpr (std::is_invocable_v<const G&, Variable, Several>)
                return 4;
            else
                return 0;
        } else {
            if constexpr (std::is_invocable_v<const G&, Variable, Variable, Several>)
                return 3;
            else if constexpr (std::is_invocable_v<const G&, Variable, Several>)
                return 4;
            else
                return 0;
        }
    }
};

// ---------------------------------------------------------------- arguments of a call

/// The Variable on whose tape a call is recorded: one that carries gradients, if there is one.
template <class... X>
Variable first_variable(const X&... x)
{
    Variable found;
    bool any = false, floating = false;
    const auto look = [&](const auto& argument) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(argument)>, Variable>)
            if (!any || (!floating && is_floating(argument.dtype()))) {
                found = argument;
                any = true;
                floating = is_floating(argument.dtype());
            }
    };
    (look(x), ...);
    return found;
}

/// The first Variable among the arguments, or within one that is a list of them. @throws ValueError for empty lists
template <class... X>
Variable tape_of(const X&... x)
{
    static_assert(
        ((std::is_same_v<X, Variable> || std::is_convertible_v<const X&, std::span<const Variable>>) || ...),
        "xgrad: composed_op: it is called with a Variable, or a span or vector of them");
    Variable found;
    bool any = false;
    const auto look = [&](const auto& argument) {
        using A = std::remove_cvref_t<decltype(argument)>;
        if constexpr (std::is_same_v<A, Variable>) {
            if (!any) found = argument, any = true;
        } else if constexpr (std::is_convertible_v<const A&, std::span<const Variable>>) {
            const std::span<const Variable> list = argument;
            if (!any && !list.empty()) found = list[0], any = true;
        }
    };
    (look(x), ...);
    return found;
}

}  // namespace detail
}  // namespace xgrad
