// Parameters: identity, versions and assignment.
#include <cstring>

#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/parameter.hpp"

namespace xgrad {

namespace detail {
std::atomic<std::uint64_t> slot_writes{0};
}

namespace {
std::atomic<std::uint64_t> next_id{1};

Array copy_of(const Array& value)
{
    Array copy(value.dtype(), Shape(value.shape().begin(), value.shape().end()));
    std::memcpy(copy.mutable_data(), value.data(),
                static_cast<std::size_t>(value.size()) * size_of(value.dtype()));
    return copy;
}
}  // namespace

Parameter::Parameter(const Array& value, std::string name) : slot_(std::make_shared<detail::Slot>())
{
    slot_->id = next_id.fetch_add(1, std::memory_order_relaxed);
    slot_->value = copy_of(value);
    slot_->name = std::move(name);
}

Parameter::Parameter(DType dtype, const Shape& shape, std::string name)
{
    Array zeros(dtype, shape);
    std::memset(zeros.mutable_data(), 0, static_cast<std::size_t>(zeros.size()) * size_of(dtype));
    *this = Parameter(zeros, std::move(name));
}

Parameter Parameter::buffer(const Array& value, std::string name)
{
    Parameter result(value, std::move(name));
    result.slot_->buffer = true;
    return result;
}

void Parameter::assign(const Array& value) const
{
    const std::string who = "assign to parameter '" + name() + "': ";
    if (value.dtype() != dtype())
        throw DtypeError(who + "it is " + std::string(name_of(dtype())) + ", the new value " +
                         std::string(name_of(value.dtype())) + " (cast it first)");
    if (!std::equal(value.shape().begin(), value.shape().end(), shape().begin(), shape().end()))
        throw ShapeError(who + "it has shape " + to_string(shape()) + ", the new value " +
                         to_string(value.shape()) +
                         detail::aligned_shapes("parameter", shape(), "value", value.shape()));
    std::memcpy(mutable_data(), value.data(), static_cast<std::size_t>(size()) * size_of(dtype()));
    wrote();
}

Array Parameter::array() const { return copy_of(slot_->value); }

Parameter Parameter::clone() const
{
    return is_buffer() ? buffer(slot_->value, slot_->name) : Parameter(slot_->value, slot_->name);
}

void Parameter::wrote() const
{
    slot_->version.fetch_add(1, std::memory_order_release);
    detail::slot_writes.fetch_add(1, std::memory_order_release);
}

}  // namespace xgrad
