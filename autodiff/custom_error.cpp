// Errors of a user's code, as errors of this library that say which custom op it was and what it was given.
#include <new>

#include "autodiff/custom_call.hpp"

namespace xgrad::detail {

std::string about(const Graph& graph, const Op& op, std::span<const ValueId> in, ScopeId scope)
{
    std::string text(op.name);
    if (const std::string path = graph.path(scope); !path.empty()) text += " in " + path;
    text += " (got ";
    for (std::size_t k = 0; k < in.size(); ++k)
        text +=
            (k ? ", " : "") + to_string(graph.shape(in[k])) + " " + std::string(name_of(graph.dtype(in[k])));
    return text + "): ";
}

void rethrow_as(const std::string& where)
{
    try {
        throw;
    } catch (const ShapeError& error) {
        throw ShapeError(where + error.what());
    } catch (const DtypeError& error) {
        throw DtypeError(where + error.what());
    } catch (const ValueError& error) {
        throw ValueError(where + error.what());
    } catch (const StaleError& error) {
        throw StaleError(where + error.what());
    } catch (const GradientError& error) {
        throw GradientError(where + error.what());
    } catch (const GraphError& error) {
        throw GraphError(where + error.what());
    } catch (const MemoryError& error) {
        throw MemoryError(where + error.what());
    } catch (const DataError& error) {
        throw DataError(where + error.what());
    } catch (const xt::broadcast_error& error) {
        throw ShapeError(where + error.what());
    } catch (const std::bad_alloc&) {
        throw MemoryError(where + "no memory");
    } catch (const std::exception& error) {
        throw CustomOpError(where + error.what());
    } catch (...) {
        throw CustomOpError(where + "it threw what is no std::exception");
    }
}

void fail_local()
{
    throw CustomOpError(
        "it returned an xtensor expression that refers to a local variable of it, a number perhaps, or to a "
        "parameter "
        "taken by value: these are gone; return xt::eval(...) of it (inputs taken by const auto& and "
        "captures are "
        "there)");
}

void check_name(const char* who, const std::string& name)
{
    if (name.empty())
        throw ValueError(std::string(who) + ": the name is empty: pictures and messages show it");
    for (const char c : name)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            throw ValueError(std::string(who) +
                             ": the name has control characters: it stands in one line of a dump");
}

bool broadcasts(Dims from, Dims to)
{
    if (from.size() > to.size()) return false;
    for (std::size_t axis = 0; axis < from.size(); ++axis) {
        const std::int64_t a = from[axis], b = to[to.size() - from.size() + axis];
        if (a != b && a != 1) return false;
    }
    return true;
}

}  // namespace xgrad::detail
