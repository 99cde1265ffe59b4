// The axes that an op works along, as one hands them in.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

namespace xgrad {

namespace detail {
template <class I>
concept axis = std::integral<I> && !std::same_as<I, bool>;
}  // namespace detail

/// A list of axes, {0, -1}; one number stands for a list of one, {} for no axes. They count from the end when negative. Reductions
/// take the axis 0, or -1, of a 0-d array for the array itself; so do softmax, cumulative functions, sorting and gather.
class Axes : public std::vector<std::int64_t> {
  public:
    Axes() = default;
    Axes(std::initializer_list<std::int64_t> axes) : vector(axes) {}
    Axes(std::vector<std::int64_t> axes) : vector(std::move(axes)) {}
    template <detail::axis I>
    Axes(I axis) : vector{static_cast<std::int64_t>(axis)}
    {}
    template <std::input_iterator It>
    Axes(It first, It last) : vector(first, last)
    {}
};

}  // namespace xgrad
