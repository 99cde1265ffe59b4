// Checkpoints: what a function computes on the way is computed again by the backward pass instead of being kept.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "xgrad/autodiff/transform_functions.hpp"

namespace xgrad {
namespace detail {

// From here to close(), what is recorded is one stretch to be computed again. An exception leaves it as it is.
class CheckpointScope {
  public:
    explicit CheckpointScope(Variable x);
    void close(std::span<const Variable> results);

  private:
    Recorder* recorder_;
    std::size_t first_;
    std::uint64_t recording_;
};

// The first Variable among the arguments, to know the tape by.
template <class A>
void find_variable(Variable& found, bool& any, const A& argument)
{
    if (any) return;
    if constexpr (variable_like<A>) {
        found = argument;
        any = true;
    } else if constexpr (variable_range<A>) {
        for (const Variable& x : argument) return find_variable(found, any, x);
    }
}

// The Variables of a result: of itself, of a range, of a pair or tuple.
template <class R>
void collect(std::vector<Variable>& all, const R& result)
{
    if constexpr (variable_like<R>) {
        all.push_back(result);
    } else if constexpr (variable_range<R>) {
        all.insert(all.end(), std::begin(result), std::end(result));
    } else if constexpr (requires { std::tuple_size<R>::value; }) {
        std::apply([&](const auto&... part) { (collect(all, part), ...); }, result);
    } else {
        static_assert(variable_like<R>,
                      "xgrad: a checkpointed function returns a Variable, a range of them, or a "
                      "std::pair or std::tuple of these");
    }
}

}  // namespace detail

/// f(x...), a Variable, a range of Variables or a pair or tuple of these, without keeping what f computes on the way: only its results stay in
/// memory. A backward pass computes the rest again, just before it needs it, with the same random draws, so that
/// gradients have the same bits; it takes about one more run of f. So for plans too: what a Program or nn::compile
/// replays needs less memory. Checkpoints nest; parameters, variables and modules that f refers to get their gradients as
/// ever. A value within f that is asked for later is computed again.
/// As torch.utils.checkpoint and jax.checkpoint; a network of n layers in √n checkpoints of √n layers needs memory for
/// about 2 √n of them.
/// @throws what f throws.
template <transformable F, class... X>
    requires(sizeof...(X) > 0)
auto checkpoint(const F& f, const X&... x)
{
    static_assert(((variable_like<X> || detail::variable_range<X>) || ...),
                  "xgrad: checkpoint needs an argument that is a Variable or a range of them");
    Variable first;
    bool any = false;
    (detail::find_variable(first, any, x), ...);
    detail::CheckpointScope scope(first);
    auto result = f(x...);
    std::vector<Variable> all;
    detail::collect(all, result);
    scope.close(all);
    return result;
}
/// The same as a function: auto block = checkpoint(f); y = block(x).
template <transformable F>
auto checkpoint(F f)
{
    return [f = std::move(f)](const auto&... x) { return checkpoint(f, x...); };
}

}  // namespace xgrad
