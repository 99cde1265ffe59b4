// Arrays: construction from xtensor, row selection, conversion and printing.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "xgrad/autodiff/array.hpp"

namespace xgrad {
namespace {

template <class T>
Array copy_of(const xt::xarray<T>& values)
{
    Array result(dtype_of<T>, Shape(values.shape().begin(), values.shape().end()));
    if (values.size() != 0) std::memcpy(result.mutable_data(), values.data(), values.size() * sizeof(T));
    return result;
}

template <class To, class From>
void convert(To* out, const From* in, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<To>(in[i]);
}

template <class From>
void convert_from(Array& out, const From* in)
{
    const std::int64_t count = out.size();
    switch (out.dtype()) {
    case DType::float32: return convert(static_cast<float*>(out.mutable_data()), in, count);
    case DType::float64: return convert(static_cast<double*>(out.mutable_data()), in, count);
    case DType::int64: return convert(static_cast<std::int64_t*>(out.mutable_data()), in, count);
    case DType::boolean: return convert(static_cast<bool*>(out.mutable_data()), in, count);
    }
}

// ---------------------------------------------------------------- printing

constexpr std::int64_t shown_at_each_end = 3;
constexpr std::int64_t shown_in_full = 1000;  // NumPy's threshold

std::string text_of(const void* data, DType dtype, std::int64_t index)
{
    std::ostringstream out;
    switch (dtype) {
    case DType::float32: out << std::setprecision(6) << static_cast<const float*>(data)[index]; break;
    case DType::float64: out << std::setprecision(8) << static_cast<const double*>(data)[index]; break;
    case DType::int64: out << static_cast<const std::int64_t*>(data)[index]; break;
    case DType::boolean: out << (static_cast<const bool*>(data)[index] ? "true" : "false"); break;
    }
    return out.str();
}

// Calls visit(index) for each of the first and last few indices of an axis, and skip() where some are left out.
template <class Visit, class Skip>
void shown_indices(std::int64_t length, bool shorten, Visit visit, Skip skip)
{
    for (std::int64_t i = 0; i < length; ++i) {
        if (shorten && length > 2 * shown_at_each_end && i == shown_at_each_end) {
            skip();
            i = length - shown_at_each_end;
        }
        visit(i);
    }
}

struct Printer {
    std::ostream& out;
    const void* data;
    DType dtype;
    Dims shape;
    bool shorten;
    std::size_t width = 0;

    // Axis by axis; the depth is the number of axes, not the size of a graph.
    template <class Leaf>
    void walk(std::size_t axis, std::int64_t offset, Leaf leaf)
    {
        if (axis == shape.size()) return leaf(offset);
        const std::int64_t stride = element_count(shape.subspan(axis + 1));
        shown_indices(
            shape[axis], shorten, [&](std::int64_t i) { walk(axis + 1, offset + i * stride, leaf); }, [] {});
    }
    void measure()
    {
        walk(0, 0,
             [&](std::int64_t offset) { width = std::max(width, text_of(data, dtype, offset).size()); });
    }
    void print(std::size_t axis, std::int64_t offset)
    {
        if (axis == shape.size()) {
            out << std::setw(static_cast<int>(shape.empty() ? 0 : width)) << text_of(data, dtype, offset);
            return;
        }
        const std::int64_t stride = element_count(shape.subspan(axis + 1));
        const bool innermost = axis + 1 == shape.size();
        const std::string separator =
            innermost ? ", " : "," + std::string(shape.size() - axis - 1, '\n') + std::string(axis + 1, ' ');
        out << '[';
        bool first = true;
        shown_indices(
            shape[axis], shorten,
            [&](std::int64_t i) {
                if (!first) out << separator;
                first = false;
                print(axis + 1, offset + i * stride);
            },
            [&] {
                out << separator << "...";
                first = false;
            });
        out << ']';
    }
};

std::ostream& print(std::ostream& out, const void* data, DType dtype, Dims shape)
{
    Printer printer{out, data, dtype, shape, element_count(shape) > shown_in_full};
    printer.measure();
    printer.print(0, 0);
    return out;
}

template <class V>
std::ostream& print_view(std::ostream& out, const V& view)
{
    const Shape shape(view.shape().begin(), view.shape().end());
    return print(out, view.data(), dtype_of<std::remove_cv_t<typename V::value_type>>, shape);
}

}  // namespace

std::string to_string(Dims shape)
{
    std::string text = "[";
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (axis) text += ", ";
        text += std::to_string(shape[axis]);
    }
    return text + "]";
}

Array::Array(DType dtype, Shape shape) : shape_(std::move(shape)), dtype_(dtype)
{
    if (shape_.size() > most_axes)
        throw ShapeError("array: " + std::to_string(shape_.size()) + " axes, at most 32 are possible");
    if (is_too_large(shape_)) throw ShapeError("array: shape " + to_string(shape_) + " is too large");
    for (const std::int64_t length : shape_)
        if (length < 0) throw ShapeError("array: shape " + to_string(shape_) + " has a negative length");
    const std::size_t bytes = static_cast<std::size_t>(element_count(shape_)) * size_of(dtype);
    buffer_ = Buffer(bytes);
    // Kernels run over the padding too; what lay there before might be subnormal numbers, which are slow.
    std::memset(buffer_.data() + bytes, 0, padded(bytes) - bytes);
}

Array::Array(const xt::xarray<float>& values) : Array(copy_of(values)) {}
Array::Array(const xt::xarray<double>& values) : Array(copy_of(values)) {}
Array::Array(const xt::xarray<std::int64_t>& values) : Array(copy_of(values)) {}
Array::Array(const xt::xarray<bool>& values) : Array(copy_of(values)) {}

Array Array::adopt(Buffer buffer, DType dtype, Shape shape)
{
    return Array(std::move(buffer), dtype, std::move(shape));
}

template <element T>
View<T> Array::value() const
{
    if (dtype_ != dtype_of<T>)
        throw DtypeError("value<" + std::string(name_of(dtype_of<T>)) + ">: the array is " +
                         std::string(name_of(dtype_)) + " " + to_string(shape_));
    using Storage = xt::xbuffer_adaptor<const T*, xt::smart_ownership, Pin>;
    typename View<T>::shape_type shape(shape_.size());
    std::copy(shape_.begin(), shape_.end(), shape.begin());
    return View<T>(
        Storage(reinterpret_cast<const T*>(buffer_.data()), static_cast<std::size_t>(size()), Pin{buffer_}),
        shape);
}

template <element T>
T Array::item() const
{
    if (size() != 1) throw ShapeError("item: the array has shape " + to_string(shape_) + ", not one element");
    return value<T>().data()[0];
}

template View<float> Array::value<float>() const;
template View<double> Array::value<double>() const;
template View<std::int64_t> Array::value<std::int64_t>() const;
template View<bool> Array::value<bool>() const;
template float Array::item<float>() const;
template double Array::item<double>() const;
template std::int64_t Array::item<std::int64_t>() const;
template bool Array::item<bool>() const;

Array Array::rows(std::int64_t first, std::int64_t last) const
{
    if (shape_.empty() || first < 0 || last < first || last > shape_[0])
        throw ShapeError("rows: " + std::to_string(first) + " to " + std::to_string(last) +
                         " are not within an array of shape " + to_string(shape_));
    Shape shape = shape_;
    shape[0] = last - first;
    Array result(dtype_, shape);
    const std::size_t row =
        static_cast<std::size_t>(element_count(Dims(shape_).subspan(1))) * size_of(dtype_);
    std::memcpy(result.mutable_data(), buffer_.data() + static_cast<std::size_t>(first) * row,
                static_cast<std::size_t>(last - first) * row);
    return result;
}

Array Array::take(std::span<const std::int64_t> indices) const
{
    if (shape_.empty()) throw ShapeError("take: a scalar has no rows");
    Shape shape = shape_;
    shape[0] = static_cast<std::int64_t>(indices.size());
    Array result(dtype_, shape);
    const std::size_t row =
        static_cast<std::size_t>(element_count(Dims(shape_).subspan(1))) * size_of(dtype_);
    auto* out = static_cast<std::byte*>(result.mutable_data());
    for (const std::int64_t index : indices) {
        if (index < 0 || index >= shape_[0])
            throw ShapeError("take: row " + std::to_string(index) + " is not within an array of shape " +
                             to_string(shape_));
        std::memcpy(out, buffer_.data() + static_cast<std::size_t>(index) * row, row);
        out += row;
    }
    return result;
}

Array Array::cast(DType dtype) const
{
    if (dtype == dtype_) return *this;
    Array result(dtype, shape_);
    switch (dtype_) {
    case DType::float32: convert_from(result, static_cast<const float*>(data())); break;
    case DType::float64: convert_from(result, static_cast<const double*>(data())); break;
    case DType::int64: convert_from(result, static_cast<const std::int64_t*>(data())); break;
    case DType::boolean: convert_from(result, static_cast<const bool*>(data())); break;
    }
    return result;
}

std::ostream& operator<<(std::ostream& out, const Array& array)
{
    return print(out, array.data(), array.dtype(), array.shape());
}
std::ostream& operator<<(std::ostream& out, const View<float>& view) { return print_view(out, view); }
std::ostream& operator<<(std::ostream& out, const View<double>& view) { return print_view(out, view); }
std::ostream& operator<<(std::ostream& out, const View<std::int64_t>& view) { return print_view(out, view); }
std::ostream& operator<<(std::ostream& out, const View<bool>& view) { return print_view(out, view); }

}  // namespace xgrad
