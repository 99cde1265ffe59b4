// An immutable array with its element type as a tag: how values enter and leave the library.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <xtensor/xarray.hpp>

#include "xgrad/autodiff/buffer.hpp"
#include "xgrad/autodiff/dtype.hpp"
#include "xgrad/autodiff/error.hpp"
#include "xgrad/autodiff/xtensor_eval.hpp"

namespace xgrad {

/// Lengths of the axes, slowest first (row-major). Empty: a scalar (0-d).
using Shape = std::vector<std::int64_t>;
/// A shape that somebody else holds.
using Dims = std::span<const std::int64_t>;

/// Most axes that an array may have (NumPy's limit).
inline constexpr std::size_t most_axes = 32;

/// True for a shape of more elements than memory can be addressed for (2^48), however its lengths multiply.
constexpr bool is_too_large(Dims shape)
{
    constexpr std::int64_t most = std::int64_t{1} << 48;
    std::int64_t count = 1;
    for (const std::int64_t length : shape) {
        if (length > most || (length > 1 && count > most / length)) return true;
        count *= length > 1 ? length : 1;
    }
    return false;
}

/// Number of elements of a shape.
constexpr std::int64_t element_count(Dims shape)
{
    std::int64_t count = 1;
    for (const std::int64_t length : shape) count *= length;
    return count;
}

/// "[64, 784]": how shapes are written in messages, dumps and pictures.
std::string to_string(Dims shape);

/// Holds the memory that a View shows.
struct Pin {
    Buffer buffer;
    void operator()() const {}  // by this xtensor tells an owner from an allocator
};

/// A read-only xtensor view of a value; it keeps the memory that it shows alive.
template <element T>
using View = xt::xarray_adaptor<xt::xbuffer_adaptor<const T*, xt::smart_ownership, Pin>>;

/// An immutable array of any shape and element type, held outside tapes. Copying shares the memory.
class Array {
  public:
    /// An empty float64 array of shape [0].
    Array() : Array(DType::float64, Shape{0}) {}

    /// An array of the given type and shape whose contents the caller writes through mutable_data().
    /// @throws ShapeError if a length is negative or there are more than 32 axes.
    Array(DType dtype, Shape shape);

    /// Copies an xtensor array.
    Array(const xt::xarray<float>& values);
    Array(const xt::xarray<double>& values);
    Array(const xt::xarray<std::int64_t>& values);
    Array(const xt::xarray<bool>& values);

    /// Evaluates and copies any other xtensor expression. Integers of any width become int64; float and double keep
    /// their type.
    template <class E>
    requires xt::is_xexpression<std::remove_cvref_t<E>>::value explicit(false) Array(const E& expression)
        : Array(evaluate(expression))
    {}

    /// A number as a 0-d array: Array(0.5f) is float32, Array(0.5) float64, Array(3) int64, Array(true) a mask.
    template <class T>
        requires std::is_arithmetic_v<T>
    explicit Array(T number)
        : Array(scalar(
              static_cast<std::conditional_t<
                  element<T>, T, std::conditional_t<std::is_integral_v<T>, std::int64_t, double>>>(number)))
    {}
    /// The same, with the element type named: Array::scalar<double>(1).
    template <element T>
    static Array scalar(T value)
    {
        Array result(dtype_of<T>, Shape{});
        *static_cast<T*>(result.mutable_data()) = value;
        return result;
    }

    DType dtype() const { return dtype_; }
    Dims shape() const { return shape_; }
    std::int64_t size() const { return element_count(shape_); }

    /// The values as a read-only xtensor view that keeps them alive.
    /// @throws DtypeError if T is not the array's element type.
    template <element T>
    View<T> value() const;

    /// The only element of an array of size 1.
    /// @throws ShapeError if there is not exactly one; DtypeError if T is not the array's element type.
    template <element T>
    T item() const;

    /// Rows `first`, ..., `last` - 1 along axis 0, copied.
    /// @throws ShapeError if they are not within the array.
    Array rows(std::int64_t first, std::int64_t last) const;

    /// The rows named by `indices`, in that order, copied.
    /// @throws ShapeError if one is not within the array.
    Array take(std::span<const std::int64_t> indices) const;

    /// The same values in another element type. Rounds; a float that becomes int64 is truncated.
    Array cast(DType dtype) const;

    const void* data() const { return buffer_.data(); }
    /// For whoever fills a new array; writing to one that is shared changes what others see.
    void* mutable_data() { return buffer_.data(); }
    const Buffer& buffer() const { return buffer_; }

    /// Takes a buffer that already holds the values.
    static Array adopt(Buffer buffer, DType dtype, Shape shape);

  private:
    Array(Buffer buffer, DType dtype, Shape shape)
        : buffer_(std::move(buffer)), shape_(std::move(shape)), dtype_(dtype)
    {}
    template <class E>
    static auto evaluate(const E& expression)
    {
        using Value = std::remove_cv_t<typename E::value_type>;
        static_assert(std::is_arithmetic_v<Value> && !std::is_same_v<Value, long double>,
                      "xgrad arrays hold float, double, integers or bool");
        if constexpr (element<Value>)
            return xt::xarray<Value>(expression);
        else
            return xt::xarray<std::int64_t>(xt::cast<std::int64_t>(expression));
    }

    Buffer buffer_;
    Shape shape_;
    DType dtype_ = DType::float64;
};

/// Prints the values as NumPy does, long axes shortened.
std::ostream& operator<<(std::ostream& out, const Array& array);
std::ostream& operator<<(std::ostream& out, const View<float>& view);
std::ostream& operator<<(std::ostream& out, const View<double>& view);
std::ostream& operator<<(std::ostream& out, const View<std::int64_t>& view);
std::ostream& operator<<(std::ostream& out, const View<bool>& view);

}  // namespace xgrad
