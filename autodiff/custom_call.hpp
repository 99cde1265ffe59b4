// What the parts of custom ops share: definitions, their rows, and how errors of a user's code come out. Internal.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "xgrad/autodiff/custom.hpp"
#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// A row of a custom op. Nodes refer to it, and through it to the code.
struct CustomRow : Op {
    const CustomDefinition* definition = nullptr;
};

/// A custom op: its code and its rows. Never changes once it is made.
struct CustomDefinition : std::enable_shared_from_this<CustomDefinition> {
    CustomDefinition(CustomCode code, CustomOptions options);
    CustomDefinition(const CustomDefinition&) = delete;
    CustomDefinition& operator=(const CustomDefinition&) = delete;
    ~CustomDefinition();

    CustomCode code;
    CustomOptions options;
    CustomRow forward;
    std::string vjp_name;
    std::array<CustomRow, most_outputs> opaque;  ///< an opaque vjp that gives one gradient, two, ...
};

inline const CustomDefinition& definition_of(const Op& op)
{
    return *static_cast<const CustomRow&>(op).definition;
}

/// The rows of an opaque vjp: custom_opaque.cpp.
void make_opaque_rows(CustomDefinition& custom);

/// "cube in encoder (got [3] float32, [4] float32): "
std::string about(const Graph& graph, const Op& op, std::span<const ValueId> in, ScopeId scope);

/// An error of our own that passes through a user's code as it is.
struct Refusal {
    std::exception_ptr error;
    [[noreturn]] void rethrow() const { std::rethrow_exception(error); }
};
template <class E>
[[noreturn]] void refuse(const std::string& text)
{
    throw Refusal{std::make_exception_ptr(E(text))};
}

/// Within a handler: throws what was caught as an error of this library whose text begins with `where`.
[[noreturn]] void rethrow_as(const std::string& where);

/// @throws ValueError unless the name can be shown
void check_name(const char* who, const std::string& name);

/// Does an array of shape `from` broadcast to `to`?
bool broadcasts(Dims from, Dims to);

}  // namespace xgrad::detail
