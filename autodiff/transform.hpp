// Derivatives: gradients on a tape, and transforms of functions.
#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/ops.hpp"

namespace xgrad {

/// What to do about a gradient with respect to something that the output does not depend on.
enum class Unused { zero, error };

/// Something to differentiate with respect to: a Variable, or a Parameter of the tape.
class Target {
  public:
    Target(Variable x) : variable_(x) {}
    Target(const Parameter& parameter) : parameter_(parameter) {}
    bool is_parameter() const { return static_cast<bool>(parameter_); }
    const Variable& variable() const { return variable_; }
    const Parameter& parameter() const { return parameter_; }

  private:
    Variable variable_;
    Parameter parameter_;
};

/// Gradients by what they are with respect to. They are Variables like any other.
class Gradients {
  public:
    Gradients() = default;
    Gradients(std::vector<Target> targets, std::vector<Variable> gradients)
        : targets_(std::move(targets)), gradients_(std::move(gradients))
    {}
    /// @throws GradientError if it was not asked for.
    Variable operator[](Variable x) const;
    Variable operator[](const Parameter& parameter) const;
    std::size_t size() const { return gradients_.size(); }
    const Target& target(std::size_t i) const { return targets_[i]; }
    Variable gradient(std::size_t i) const { return gradients_[i]; }

  private:
    std::vector<Target> targets_;
    std::vector<Variable> gradients_;
};

/// d y / d x for a y of one element.
/// @throws GradientError if y has more (give a cotangent) or an op on the way has no gradient; StaleError if a
///         parameter has changed since; with Unused::error, if y does not depend on x (else the gradient is 0).
Variable grad(Variable y, const Target& x, Unused unused = Unused::zero);
/// The gradients with respect to several things at once.
Gradients grad(Variable y, std::initializer_list<Target> wrt, Unused unused = Unused::zero);
Gradients grad(Variable y, std::span<const Parameter> wrt, Unused unused = Unused::zero);
Gradients grad(Variable y, std::vector<Target> wrt, Unused unused = Unused::zero);

/// The vector-Jacobian product: sum_i cotangent_i dy_i / dx, for y of any shape.
/// @throws ShapeError, DtypeError unless the cotangent has y's shape and type.
Variable vjp(Variable y, const Target& x, Variable cotangent, Unused unused = Unused::zero);
Gradients vjp(Variable y, std::initializer_list<Target> wrt, Variable cotangent,
              Unused unused = Unused::zero);
Gradients vjp(Variable y, std::vector<Target> wrt, Variable cotangent, Unused unused = Unused::zero);

/// The Jacobian-vector product dy/dx . tangent on a tape: a vjp of a vjp.
/// @throws ShapeError, DtypeError unless the tangent has x's shape and type.
Variable jvp(Variable y, Variable x, Variable tangent);
/// The Hessian-vector product d2y/dx2 . v for a y of one element.
Variable hvp(Variable y, Variable x, Variable v);

template <class F>
concept function_of_variable = std::is_invocable_r_v<Variable, F, Variable>;

/// A function's value and gradient.
struct ValueAndGrad {
    Variable value, grad;
};

/// The derivative of a function of one variable, as a function: grad(f)(x); nests: grad(grad(f))(x).
template <function_of_variable F>
auto grad(F f)
{
    return [f = std::move(f)](Variable x) { return grad(f(x), x); };
}
/// A function that returns f(x) and its gradient.
template <function_of_variable F>
auto value_and_grad(F f)
{
    return [f = std::move(f)](Variable x) {
        const Variable y = f(x);
        return ValueAndGrad{y, grad(y, x)};
    };
}
/// df/dx at x applied to a tangent.
template <function_of_variable F>
Variable jvp(const F& f, Variable x, Variable tangent)
{
    return jvp(f(x), x, tangent);
}
/// The Hessian of f at x applied to v.
template <function_of_variable F>
Variable hvp(const F& f, Variable x, Variable v)
{
    return hvp(f(x), x, v);
}

}  // namespace xgrad
