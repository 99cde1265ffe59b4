// Functions that are composed of other ops. Internal.
#pragma once

#include <string_view>

#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

/// Drops what the function has recorded since the mark and throws the error that is being handled again, with the
/// function's name before its text. To be called in a handler of Error.
[[noreturn]] void refuse(std::string_view function, Tape tape, const Tape::Mark& mark);

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
