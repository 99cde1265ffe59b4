// The arguments of functions that transforms differentiate: which of them, as variables of their own, and what belongs to
// each of the results. What transform_functions.hpp is built on.
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
/// Which arguments to differentiate by, from 0: grad(f, argnums<0, 2>).
template <std::size_t... I>
inline constexpr Argnums<I...> argnums = {};

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
concept function_like =
    !variable_like<F> && (std::is_class_v<F> || std::is_pointer_v<F> || std::is_function_v<F>);

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
            static_assert(variable_range<A>,
                          "xgrad: a function is differentiated by an argument that is a Variable "
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
auto packed_blocks(const Primals& primals, const std::vector<Variable>& blocks, Argnums<I...>,
                   std::tuple<X...>*)
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

}  // namespace xgrad
