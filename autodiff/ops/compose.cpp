// Errors out of functions that are composed of other ops.
#include "autodiff/ops/compose.hpp"

#include <string>

namespace xgrad::detail {

void refuse(std::string_view function, Tape tape, const Tape::Mark& mark)
{
    tape.rewind(mark);
    const auto named = [&](const Error& error) {
        const std::string text = error.what(), name(function);
        return text.rfind(name + ":", 0) == 0 || text.rfind(name + " ", 0) == 0 ? text : name + ": " + text;
    };
    try {
        throw;
    } catch (const ShapeError& error) {
        throw ShapeError(named(error));
    } catch (const DtypeError& error) {
        throw DtypeError(named(error));
    } catch (const ValueError& error) {
        throw ValueError(named(error));
    }
}

}  // namespace xgrad::detail
