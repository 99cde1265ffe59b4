// Finds xtensor expressions that refer to what is gone: local variables of the code that returned them. (Under
// AddressSanitizer these lie elsewhere, and it reports them by itself.) Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>
#include <type_traits>

#include <xtensor/xarray.hpp>

namespace xgrad::detail {

/// Calls f in a frame of its own. What lies below stack_floor() afterwards, within reason, were its local variables.
template <class F, class... X>
[[gnu::noinline]] decltype(auto) call_apart(const F& f, const X&... x)
{
    return f(x...);
}
[[gnu::noinline]] inline std::uintptr_t stack_floor()
{
    // Between the caller's frame and what this points to are two words: the way back, and the caller's own pointer.
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) + 2 * sizeof(void*);
}

inline bool was_local(const void* at, std::uintptr_t floor)
{
    constexpr std::uintptr_t window = 1 << 15;  // frames are smaller, what is below may be another's memory
    const auto address = reinterpret_cast<std::uintptr_t>(at);
    return address < floor && floor - address < window;
}

template <class E>
concept has_arguments = requires(const E& e)
{
    e.arguments();
};
template <class E>
concept has_expression = requires(const E& e)
{
    e.expression();
};
template <class E>
concept has_parts = requires
{
    std::tuple_size<E>::value;
};

/// Does the expression, or the tuple of them, refer to a local variable of the code that returned it? In a lazy
/// expression operands are references to what was a variable, numbers too.
template <class E>
bool refers_to_local(const E& e, std::uintptr_t floor)
{
    if (was_local(std::addressof(e), floor)) return true;
    const auto any = [floor](const auto&... each) { return (refers_to_local(each, floor) || ...); };
    if constexpr (has_parts<E>)
        return std::apply(any, e);
    else if constexpr (has_arguments<E>)
        return std::apply(any, e.arguments());
    else if constexpr (has_expression<E>)
        return refers_to_local(e.expression(), floor);
    else
        return false;
}

/// @throws CustomOpError
[[noreturn]] void fail_local();

}  // namespace xgrad::detail
