// Ops of one's own: composed of others, or xtensor code with a derivative beside it. See docs/custom_ops.md.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/custom_arguments.hpp"
#include "xgrad/autodiff/custom_forward.hpp"
#include "xgrad/autodiff/ops.hpp"

namespace xgrad {

/// What is known of a custom op beside its code.
struct CustomOptions {
    /// The shape of the value from those of the inputs. Absent: what the forward returns says it. Worth giving where
    /// the forward is dear and returns an array (not an xtensor expression) and the op is used in another one's vjp
    /// or in a compiled step: such a node is recorded without being computed, but for its shape the forward must run.
    std::function<Shape(std::span<const Shape> inputs)> shape = {};
};

/// An op made by custom_op() or opaque_op(): a function of Variables. A cheap handle: copying shares, and the
/// graphs and tapes that use an op keep it alive. Threads may share one.
class CustomOp {
  public:
    /// Records the op. At least one argument is a Variable; numbers, Arrays, xtensor expressions and Parameters beside
    /// it become what they become beside + and *.
    /// @throws ShapeError for another number of inputs than the forward takes, and for shapes that do not broadcast;
    ///         DtypeError for element types that it does not take; CustomOpError for what else it throws. The tape
    ///         is then as it was.
    template <operand... X>
        requires(variable_like<X> || ...)
    Variable operator()(const X&... x) const
    {
        const Variable like = detail::first_variable(x...);
        const Variable inputs[] = {detail::lift(like, x)...};
        return (*this)(std::span<const Variable>(inputs));
    }
    Variable operator()(std::span<const Variable> inputs) const;
    const std::string& name() const;

    explicit CustomOp(std::shared_ptr<const detail::CustomDefinition> definition)
        : definition_(std::move(definition))
    {}

  private:
    std::shared_ptr<const detail::CustomDefinition> definition_;
};

namespace detail {
template <class T>
concept not_options = !std::is_same_v<std::remove_cvref_t<T>, CustomOptions>;

CustomOp make_custom(CustomCode code, CustomOptions options);
}  // namespace detail

/// An op from xtensor code and its derivative as a function of Variables:
///
///     const auto scaled_exp = custom_op("scaled_exp",
///         [](const auto& x, const auto& y) { return xt::exp(x) * y; },
///         [](Variable g, Variable out, Variable x, Variable y) { return std::tuple{g * out, g * exp(x)}; });
///     Variable z = scaled_exp(x, y);
///
/// `forward` is called with a read-only xtensor view of each input, in float and in double, and returns an xtensor
/// expression, an array or a number; what it returns is rounded to the inputs' type. An input of indices or of a
/// mask is a parameter of type View<std::int64_t> or View<bool>. For any number of inputs it takes
/// std::span<const View<T>>. It is a function of its inputs alone: equal ones are computed once in a planned program,
/// its shape depends on their shapes, and it must not change anything (several threads may run it at once). What
/// it captures belongs to the op.
///
/// `vjp` gets the cotangent g of the value, the value and the inputs (it may leave out the value), and returns a
/// gradient for each input: a Variable for one, a std::tuple, std::array or std::vector for several; no_gradient
/// where there is none. It consists of ops, so it is differentiated like any other: grad, jvp, hvp of any order. A
/// gradient of the shape of the value is summed back to that of a broadcast input.
///
/// Lambdas that capture nothing make the same op each time under one name.
/// @throws ValueError for an empty name or one with control characters; errors of a wrong vjp come from grad():
///         ShapeError, DtypeError and GradientError (the number of gradients).
template <class Forward, detail::not_options Vjp>
CustomOp custom_op(std::string name, Forward forward, Vjp vjp, CustomOptions options = {})
{
    using Code = detail::CustomForward<Forward>;
    return detail::make_custom(Code::with_vjp(std::move(name), std::move(forward), std::move(vjp)),
                               std::move(options));
}
/// The same without a derivative: grad() through it throws GradientError.
template <class Forward>
CustomOp custom_op(std::string name, Forward forward, CustomOptions options = {})
{
    return detail::make_custom(detail::CustomForward<Forward>::alone(std::move(name), std::move(forward)),
                               std::move(options));
}

/// An op whose derivative, too, is xtensor code: `vjp` is called with views of the cotangent, the value and the inputs
/// (it may leave out the value), and returns an expression for each input. There is nothing in it to differentiate:
/// grad() and vjp() of the gradient, and so jvp() and hvp(), throw GradientError ("once_differentiable").
template <class Forward, detail::not_options Vjp>
CustomOp opaque_op(std::string name, Forward forward, Vjp vjp, CustomOptions options = {})
{
    using Code = detail::CustomForward<Forward>;
    return detail::make_custom(Code::with_opaque_vjp(std::move(name), std::move(forward), std::move(vjp)),
                               std::move(options));
}

/// A function of Variables under a name; see composed_op().
template <class F>
class ComposedOp {
  public:
    ComposedOp(std::string name, F f) : name_(detail::composed_name(std::move(name))), f_(std::move(f)) {}
    /// What the function returns. Its ops belong to a scope of the op's name, "swish"; of a second call within the
    /// same module it is "swish_2".
    template <class... X>
        requires std::is_invocable_v<const F&, X...> std::invoke_result_t<const F&, X...>
    operator()(X&&... x) const
    {
        const auto guard = detail::enter_composed(detail::tape_of(x...), name_);
        return f_(std::forward<X>(x)...);
    }
    const std::string& name() const { return name_; }

  private:
    std::string name_;
    F f_;
};

/// A function made of ops, under a name: pictures show what it records as one box of that name, messages say where it
/// was. It needs no derivative, and is as fast as its ops.
///
///     const auto swish = composed_op("swish", [](Variable x) { return x * sigmoid(x); });
///
/// @throws ValueError for an empty name or one with a dot (which would be a path) or control characters.
template <class F>
ComposedOp<F> composed_op(std::string name, F f)
{
    return ComposedOp<F>(std::move(name), std::move(f));
}

}  // namespace xgrad
