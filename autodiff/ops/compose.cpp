// Errors out of functions that are composed of other ops.
#include "autodiff/ops/compose.hpp"

#include <string>

#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {

namespace {

std::string call_text(std::string_view function, std::initializer_list<Variable> operands)
{
    const Recorder& recorder = Recorder::of(*operands.begin());
    const std::string path = recorder.graph.path(recorder.scope);
    std::string text(function);
    if (!path.empty()) text += " in " + path;
    const char* before = ": got ";
    for (const Variable& x : operands) {
        text += before + to_string(x.shape()) + " " + std::string(name_of(x.dtype()));
        before = ", ";
    }
    return text + ", expected ";
}

bool of_one_type(std::initializer_list<Variable> operands)
{
    for (const Variable& x : operands)
        if (x.dtype() != operands.begin()->dtype()) return false;
    return true;
}

}  // namespace

void refuse_types(std::string_view function, std::initializer_list<Variable> operands,
                  const std::string& expected)
{
    fail<DtypeError>(*operands.begin(), call_text(function, operands) + expected);
}
void refuse_shapes(std::string_view function, std::initializer_list<Variable> operands,
                   const std::string& expected)
{
    fail<ShapeError>(*operands.begin(), call_text(function, operands) + expected);
}
void need_floats(std::string_view function, std::initializer_list<Variable> operands)
{
    for (const Variable& x : operands)
        if (!is_floating(x.dtype())) refuse_types(function, operands, "float32 or float64 (cast() converts)");
    if (!of_one_type(operands)) refuse_types(function, operands, one_type);
}
void need_numbers(std::string_view function, std::initializer_list<Variable> operands)
{
    for (const Variable& x : operands)
        if (x.dtype() == DType::boolean)
            refuse_types(function, operands, "float32, float64 or int64 (cast() converts)");
    if (!of_one_type(operands)) refuse_types(function, operands, one_type);
}

void drop_operands(Variable like) { Recorder::of(like).drop_call(); }

Call::Call(Variable like) : recorder(Recorder::of(like)), start(recorder.call_start()) {}

void refuse(std::string_view function, const Call& call)
{
    call.recorder.truncate(call.start);
    const auto named = [&](const Error& error) {
        const std::string text = error.what(), name(function);
        if (text.rfind(name + ":", 0) == 0 || text.rfind(name + " ", 0) == 0) return text;
        // An axis is the caller's own; other shapes may be those of a step in between, which its name tells.
        const std::size_t colon = text.find(": ax");
        return name + (colon < text.find(' ') ? text.substr(colon) : ": " + text);
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
