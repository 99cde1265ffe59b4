// Mends xt::eval of xtensor 0.24 under g++ in C++20.
#pragma once

#include <cstddef>
#include <memory>

#include <xtensor/xtensor_forward.hpp>

#include <xtensor/xexpression_traits.hpp>

// xtensor asks whether __cplusplus is 201703L; in C++20 g++ then takes the svector of an xarray's shape, svector<size_t,
// 4>, for std::array<size_t, 4>: xt::eval(2.0 * a) becomes an xtensor of four axes of indeterminate lengths, without a
// word. This says which container belongs to such a shape. It is the answer that xtensor gives in C++17.
namespace xt::detail {

template <class X, std::size_t N>
struct xtype_for_shape<svector<X, N, std::allocator<X>, true>> {
    template <class T, layout_type L>
    using type = xarray<T, L>;
};

}  // namespace xt::detail
