// Axes and shapes as ops need them: negative axes, kept and dropped lengths. Internal.
#pragma once

#include <algorithm>
#include <string>

#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/ops.hpp"

namespace xgrad::detail {

/// An axis counted from the front. @throws ShapeError
inline std::int64_t normal_axis(const char* op, std::int64_t axis, Dims shape)
{
    const auto rank = static_cast<std::int64_t>(shape.size());
    if (axis < -rank || axis >= rank)
        throw ShapeError(std::string(op) + ": axis " + std::to_string(axis) + " does not exist in shape " +
                         to_string(shape));
    return axis < 0 ? axis + rank : axis;
}

/// Is this the axis of a 0-d array, which stands for the array itself?
inline bool is_whole(std::int64_t axis) { return axis == 0 || axis == -1; }

/// A list of at most most_axes lengths or axes, kept in place: recording makes several for a node.
class ShortList {
  public:
    ShortList() = default;
    explicit ShortList(std::size_t size) : size_(size) { std::fill_n(values_, size, std::int64_t{0}); }
    void push_back(std::int64_t value) { values_[size_++] = value; }
    std::size_t size() const { return size_; }
    std::int64_t& operator[](std::size_t k) { return values_[k]; }
    std::int64_t operator[](std::size_t k) const { return values_[k]; }
    std::int64_t* begin() { return values_; }
    std::int64_t* end() { return values_ + size_; }
    const std::int64_t* begin() const { return values_; }
    const std::int64_t* end() const { return values_ + size_; }
    bool empty() const { return size_ == 0; }
    std::int64_t front() const { return values_[0]; }
    std::int64_t back() const { return values_[size_ - 1]; }
    operator Dims() const { return {values_, size_}; }

  private:
    std::size_t size_ = 0;
    std::int64_t values_[most_axes];
};

/// Axes counted from the front, in ascending order; none of a 0-d array, which is its own axis 0.
/// @throws ShapeError, also for one that is named twice
inline ShortList normal_axes(const char* op, Dims axes, Dims shape)
{
    ShortList result;
    if (shape.empty() && axes.size() == 1 && is_whole(axes[0])) return result;
    for (const std::int64_t axis : axes.first(std::min(axes.size(), most_axes)))
        result.push_back(normal_axis(op, axis, shape));
    std::ranges::sort(result);
    if (axes.size() > most_axes || std::ranges::adjacent_find(result) != result.end())
        throw ShapeError(std::string(op) + ": axes " + to_string(axes) + " name one twice (shape " +
                         to_string(shape) + ", axes counted from the end when negative)");
    return result;
}
/// 0, 1, ..., rank - 1.
inline ShortList all_axes(std::size_t rank)
{
    ShortList axes(rank);
    for (std::size_t k = 0; k < rank; ++k) axes[k] = static_cast<std::int64_t>(k);
    return axes;
}

inline bool contains(Dims axes, std::size_t axis)
{
    return std::ranges::find(axes, static_cast<std::int64_t>(axis)) != axes.end();
}

/// The shape with these axes as length 1, or without them.
inline ShortList reduced_shape(Dims shape, Dims axes, bool keepdims)
{
    ShortList result;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (!contains(axes, axis))
            result.push_back(shape[axis]);
        else if (keepdims)
            result.push_back(1);
    }
    return result;
}

inline std::uint32_t mask_of(Dims axes)
{
    std::uint32_t mask = 0;
    for (const std::int64_t axis : axes) mask |= 1u << axis;
    return mask;
}

/// An array as [outer, axis, inner] around the axes first ... last.
struct Split {
    std::int64_t outer, axis, inner;
};
inline Split split_at(Dims shape, std::int64_t first, std::int64_t last)
{
    const auto part = [&](std::int64_t from, std::int64_t to) {
        return element_count(
            shape.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
    };
    return {part(0, first), part(first, last + 1), part(last + 1, static_cast<std::int64_t>(shape.size()))};
}

inline Shape as_shape(Dims shape) { return Shape(shape.begin(), shape.end()); }

/// "axes 0, 2": for dumps.
inline std::string axes_text(Dims axes)
{
    std::string text = axes.size() == 1 ? "axis " : "axes ";
    for (std::size_t k = 0; k < axes.size(); ++k) text += (k ? ", " : "") + std::to_string(axes[k]);
    return text;
}

/// Refuses what is not float32 or float64.
inline void need_floating(InferCall& call)
{
    for (std::size_t k = 0; k < call.in.size(); ++k)
        if (!is_floating(call.dtype(k))) call.fail_dtype("float32 or float64 (cast() converts)");
}

/// Refuses axes that the first input does not have: a node may be recorded again on another shape.
inline void need_axes(InferCall& call, Dims axes)
{
    const auto rank = static_cast<std::int64_t>(call.shape(0).size());
    for (const std::int64_t axis : axes)
        if (axis < 0 || axis >= rank) call.fail_shape("an array with an axis " + std::to_string(axis));
}
inline void need_axis(InferCall& call, double axis)
{
    if (!(axis >= 0 && axis < static_cast<double>(call.shape(0).size())))
        call.fail_shape("an array with an axis " + std::to_string(static_cast<std::int64_t>(axis)));
}

/// Refuses two inputs of unequal shapes; the first axis where they differ is marked.
inline void need_alike(InferCall& call, std::size_t k, std::size_t other, const char* expected)
{
    const Dims x = call.shape(k), y = call.shape(other);
    if (std::ranges::equal(x, y)) return;
    if (x.size() != y.size()) call.fail_shape(expected);
    const auto axis = static_cast<std::size_t>(std::ranges::mismatch(x, y).in1 - x.begin());
    call.fail_shape(expected, {{k, axis}, {other, axis}});
}

/// Calls f.template operator()<T>() with float or double.
template <class F>
void by_float(DType dtype, F f)
{
    if (dtype == DType::float32)
        f.template operator()<float>();
    else
        f.template operator()<double>();
}

/// Input and output k of a kernel's call.
template <class T>
const T* input(const KernelCall& call, std::size_t k)
{
    return static_cast<const T*>(call.in[k]);
}
template <class T>
T* output(const KernelCall& call, std::size_t k)
{
    return static_cast<T*>(call.out[k]);
}

/// The value is like input k: its type and shape.
template <std::size_t k>
void infer_like(InferCall& call)
{
    call.out[0] = {call.dtype(k), call.graph[call.in[k]].shape};
}

}  // namespace xgrad::detail
