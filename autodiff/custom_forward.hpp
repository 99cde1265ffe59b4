// A custom op's code put together from its callables: how a vjp's gradients are taken, what may stand in a call. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/custom_inputs.hpp"

namespace xgrad::detail {

// ---------------------------------------------------------------- gradients as they are returned

template <class R>
concept tuple_like = requires
{
    std::tuple_size<std::remove_cvref_t<R>>::value;
};

inline void add_returned(std::vector<Variable>& to, Variable gradient) { to.push_back(gradient); }
inline void add_returned(std::vector<Variable>& to, NoGradient) { to.emplace_back(); }
inline void add_returned(std::vector<Variable>& to, std::nullopt_t) { to.emplace_back(); }
inline void add_returned(std::vector<Variable>& to, const std::optional<Variable>& gradient)
{
    to.push_back(gradient.value_or(Variable()));
}

/// N: the number of inputs; 0: any.
template <std::size_t N, class R>
std::vector<Variable> gradients_of(const R& returned)
{
    std::vector<Variable> list;
    if constexpr (requires { add_returned(list, returned); }) {
        static_assert(
            N <= 1,
            "xgrad: custom_op: the vjp returns one gradient, the forward has several inputs: return "
            "std::tuple{...} with one for each (no_gradient where there is none)");
        add_returned(list, returned);
    } else if constexpr (tuple_like<R>) {
        static_assert(
            N == 0 || std::tuple_size_v<R> == N,
            "xgrad: custom_op: the vjp returns another number of gradients than the forward has inputs "
            "(no_gradient where there is none)");
        std::apply([&](const auto&... each) { (add_returned(list, each), ...); }, returned);
    } else {
        for (const auto& each : returned) add_returned(list, each);
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

}  // namespace xgrad::detail
