// Which tape the arguments of a custom op's call belong to. Internal.
#pragma once

#include <span>
#include <type_traits>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad::detail {

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

}  // namespace xgrad::detail
