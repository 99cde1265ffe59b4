// The element types that a value can have, as tags.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace xgrad {

/// Element type of a value. float32 and float64 carry gradients; int64 (indices) and boolean (masks) do not.
enum class DType : std::uint8_t { float32, float64, int64, boolean };

/// How many element types there are: the length of tables indexed by DType.
inline constexpr std::size_t dtype_count = 4;

/// C++ element types that have a tag.
template <class T>
concept element = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int64_t> ||
    std::same_as<T, bool>;

/// The tag of a C++ element type.
template <element T>
inline constexpr DType dtype_of = std::same_as<T, float>          ? DType::float32
                                  : std::same_as<T, double>       ? DType::float64
                                  : std::same_as<T, std::int64_t> ? DType::int64
                                                                  : DType::boolean;

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype)
{
    constexpr std::size_t sizes[dtype_count] = {4, 8, 8, 1};
    return sizes[static_cast<std::size_t>(dtype)];
}

/// "float32", "float64", "int64" or "bool", as in NumPy.
constexpr std::string_view name_of(DType dtype)
{
    constexpr std::string_view names[dtype_count] = {"float32", "float64", "int64", "bool"};
    return names[static_cast<std::size_t>(dtype)];
}

/// True for the types that carry gradients.
constexpr bool is_floating(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

}  // namespace xgrad
