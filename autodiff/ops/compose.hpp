// Functions that are composed of other ops. Internal.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

/// Drops what the function has recorded since the mark and throws the error that is being handled again, with the
/// function's name before its text. To be called in a handler of Error.
[[noreturn]] void refuse(std::string_view function, Tape tape, const Tape::Mark& mark);

/// Refuses operands for their types or shapes: "dot in encoder: got [3] bool, [3] float64, expected ...".
[[noreturn]] void refuse_types(std::string_view function, std::initializer_list<Variable> operands,
                               const std::string& expected);
[[noreturn]] void refuse_shapes(std::string_view function, std::initializer_list<Variable> operands,
                                const std::string& expected);
/// Refuses operands that are not all float32 or all float64; that are not of one type, or bool. For functions that reshape
/// their operands, or combine them, before another op would refuse them: its message would show other shapes.
void need_floats(std::string_view function, std::initializer_list<Variable> operands);
void need_numbers(std::string_view function, std::initializer_list<Variable> operands);

/// body(), the work of a composed function: if an op in it refuses its operands, then nothing of the function stays on the
/// tape and the error names it.
template <class Body>
auto compose(std::string_view function, Variable like, const Body& body)
{
    Tape tape = like.tape();
    const Tape::Mark mark = tape.mark();
    try {
        return body();
    } catch (const Error&) {
        refuse(function, std::move(tape), mark);
    }
}

}  // namespace xgrad::detail
