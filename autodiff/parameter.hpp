// Values that live outside tapes and change only at a commit: parameters and other state.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>

#include "xgrad/autodiff/array.hpp"

namespace xgrad {

namespace detail {
struct Slot {
    std::uint64_t id;
    Array value;
    std::atomic<std::uint64_t> version{0};
    std::string name;
    bool buffer = false;
};
/// Counts the writes to all slots, so that a tape can see with one load that nothing has changed.
extern std::atomic<std::uint64_t> slot_writes;
}  // namespace detail

/// A shared handle to a value outside any tape: a trainable parameter, or state such as an optimizer's moments.
/// Copying a Parameter shares the value (weight tying); clone() copies it. Tapes read its memory without copying.
class Parameter {
  public:
    /// Refers to nothing.
    Parameter() = default;
    /// A new parameter with a copy of these values.
    explicit Parameter(const Array& value, std::string name = {});
    /// A new parameter of zeros.
    Parameter(DType dtype, const Shape& shape, std::string name = {});

    /// State that a module carries beside what it learns: running statistics, counts. It is named, copied and listed with
    /// the module (nn::named_buffers), but it is none of nn::parameters() and no Optimizer takes it: assign() changes it.
    static Parameter buffer(const Array& value, std::string name = {});
    bool is_buffer() const { return slot_->buffer; }

    explicit operator bool() const { return slot_ != nullptr; }
    /// Two handles are equal when they share one value.
    friend bool operator==(const Parameter& a, const Parameter& b) { return a.slot_ == b.slot_; }

    /// Unique in the process and stable for the life of the value.
    std::uint64_t id() const { return slot_->id; }
    /// Counts the writes.
    std::uint64_t version() const { return slot_->version.load(std::memory_order_acquire); }
    DType dtype() const { return slot_->value.dtype(); }
    Dims shape() const { return slot_->value.shape(); }
    std::int64_t size() const { return slot_->value.size(); }
    /// For messages, dumps and pictures: "hidden.weight". nn::name_parameters() sets it from the module.
    const std::string& name() const { return slot_->name; }
    void set_name(std::string name) const { slot_->name = std::move(name); }

    /// The current values: a view that shows later commits too.
    /// @throws DtypeError if T is not the parameter's element type.
    template <element T>
    View<T> value() const
    {
        return slot_->value.value<T>();
    }
    /// A copy of the current values.
    Array array() const;
    /// The memory itself, for tapes: it changes at commits.
    const Array& storage() const { return slot_->value; }

    /// Replaces the values (a write: tapes that used the old ones become stale).
    /// @throws ShapeError, DtypeError if `value` differs from the parameter in shape or type.
    void assign(const Array& value) const;

    /// A new parameter with a copy of the values and the name.
    Parameter clone() const;

    /// For commits: the memory to write in place, then wrote() to count it.
    void* mutable_data() const { return slot_->value.mutable_data(); }
    void wrote() const;

    // Two parameters do not say on which tape: a sentence instead of a page of template errors.
    template <std::same_as<Parameter> P>
    friend void operator+(const P&, const P&)
    {
        refuse_arithmetic<P>();
    }
    template <std::same_as<Parameter> P>
    friend void operator-(const P&, const P&)
    {
        refuse_arithmetic<P>();
    }
    template <std::same_as<Parameter> P>
    friend void operator*(const P&, const P&)
    {
        refuse_arithmetic<P>();
    }
    template <std::same_as<Parameter> P>
    friend void operator/(const P&, const P&)
    {
        refuse_arithmetic<P>();
    }

  private:
    template <class P>
    static void refuse_arithmetic()
    {
        static_assert(!std::same_as<P, Parameter>,
                      "xgrad: two Parameters have no tape to be recorded on: use tape.parameter(w) for the "
                      "Variable of one");
    }
    std::shared_ptr<detail::Slot> slot_;
};

}  // namespace xgrad
