// Functions that are composed of other ops. Internal.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

/// A call of a function that records other ops: where it records, and from which node on.
struct Call {
    explicit Call(Variable like);
    Recorder& recorder;
    std::size_t start;  ///< its operands too, if they were recorded for it
};
/// Drops what the call has recorded and throws the error that is being handled again, with the function's name before its
/// text. To be called in a handler of Error.
[[noreturn]] void refuse(std::string_view function, const Call& call);

/// Drops what was recorded for a call that is refused before it records anything else: its operands.
void drop_operands(Variable like);
template <class Error>
[[noreturn]] void fail(Variable like, const std::string& text)
{
    drop_operands(like);
    throw Error(text);
}
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
    const Call call(like);
    try {
        return body();
    } catch (const Error&) {
        refuse(function, call);
    }
}

/// Does a function along this axis take the array as one of length 1? So a 0-d array has its axis 0.
inline bool is_scalar_along(Variable x, std::int64_t axis) { return x.shape().empty() && is_whole(axis); }
/// body([1]) of such an array, 0-d again.
template <class Body>
Variable on_scalar(std::string_view function, Variable x, const Body& body)
{
    return compose(function, x, [&] { return reshape(body(reshape(x, {1})), {}); });
}

}  // namespace xgrad::detail
