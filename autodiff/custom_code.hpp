// A custom op's code as the engine sees it, with its types erased, and how what it returns is stored.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// What a custom op's own code threw, if it was no error of this library (and not of xtensor's broadcasting).
class CustomOpError : public Error {
  public:
    using Error::Error;
};

/// What a vjp returns for an input that has no gradient.
struct NoGradient {};
/// What a vjp returns for an input without a gradient.
inline constexpr NoGradient no_gradient{};

class CustomOp;

namespace detail {

struct CustomDefinition;

// ---------------------------------------------------------------- what the engine sees

/// What a parameter of a forward stands for.
enum class InputKind : std::uint8_t { floating, integer, boolean };
inline constexpr std::size_t most_custom_inputs = 8;  ///< beyond that a forward takes a span

/// An input as a kernel has it.
struct CustomOperand {
    const void* data;
    Dims shape;
    DType dtype;
};

/// Where results go.
class CustomResults {
  public:
    /// Memory for result k of that type and shape; null where it is not wanted.
    virtual void* room(std::size_t k, DType dtype, Dims shape) = 0;

  protected:
    ~CustomResults() = default;
};

using CustomRun = std::function<void(std::span<const CustomOperand>, CustomResults&)>;
/// A default-constructed Variable stands for no gradient.
using CustomVjp =
    std::function<std::vector<Variable>(Variable g, Variable out, std::span<const Variable> in)>;

/// A custom op with its types erased. float32 and float64 have forms of their own; empty: not taken.
struct CustomCode {
    std::string name;
    bool any = false;               ///< any number of inputs, all floating
    std::vector<InputKind> inputs;  ///< if not
    std::array<CustomRun, 2> forward;
    std::array<DType, 2> result = {};
    CustomVjp vjp;                        ///< in Variables
    std::array<CustomRun, 2> opaque_vjp;  ///< or of (g, value, inputs...)
    std::vector<std::uint8_t> gives;      ///< of an opaque one: whether it returns a gradient for each input
    const void* key = nullptr;            ///< of code without state: the same for the same code
};

template <class T>
inline constexpr std::size_t form_of = std::is_same_v<T, float> ? 0 : 1;

/// A view of memory that somebody else holds during a call.
template <element T>
View<T> borrow(const CustomOperand& operand);
extern template View<float> borrow<float>(const CustomOperand&);
extern template View<double> borrow<double>(const CustomOperand&);
extern template View<std::int64_t> borrow<std::int64_t>(const CustomOperand&);
extern template View<bool> borrow<bool>(const CustomOperand&);

std::string composed_name(std::string name);
Tape::ScopeGuard enter_composed(Variable x, const std::string& name);

// ---------------------------------------------------------------- storing what code returns

template <class R>
concept array_or_number = std::is_arithmetic_v<R> || xt::is_xexpression<R>::value;

template <class R>
struct ValueOf {
    using type = R;
};
template <class R>
requires xt::is_xexpression<R>::value struct ValueOf<R> {
    using type = typename R::value_type;
};

/// The element type in which a result is stored: a floating one takes the type of the inputs.
template <class T, class R>
struct Stored {
    using Value = std::remove_cv_t<typename ValueOf<R>::type>;
    static_assert(std::is_arithmetic_v<Value>,
                  "xgrad: custom_op: the elements of what is returned must be numbers");
    using type = std::conditional_t<std::is_floating_point_v<Value>, T,
                                    std::conditional_t<std::is_same_v<Value, bool>, bool, std::int64_t>>;
};

template <class E, class R>
void store(std::size_t k, const R& value, CustomResults& results)
{
    if constexpr (std::is_arithmetic_v<R>) {
        if (void* const at = results.room(k, dtype_of<E>, {})) *static_cast<E*>(at) = static_cast<E>(value);
    } else {
        using Out = xt::xarray_adaptor<xt::xbuffer_adaptor<E*, xt::no_ownership>>;
        const auto& lengths = value.shape();
        const Shape shape(lengths.begin(), lengths.end());
        void* const at = results.room(k, dtype_of<E>, shape);
        if (at == nullptr || element_count(shape) == 0) return;
        Out out(xt::xbuffer_adaptor<E*, xt::no_ownership>(static_cast<E*>(at),
                                                          static_cast<std::size_t>(element_count(shape))),
                typename Out::shape_type(shape.begin(), shape.end()));
        out.assign(value);  // to memory that the expression does not read
    }
}

}  // namespace detail
}  // namespace xgrad
