// Derivatives on a tape: gradients, products with Jacobians and Hessians, Jacobians, Hessians. Those of functions, which
// are built from these, stand in transform_functions.hpp.
#pragma once

#include <initializer_list>
#include <span>
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
/// @throws ShapeError, DtypeError unless the tangent has x's shape and type; GradientError if an op on the way has no
///         gradient; StaleError.
Variable jvp(Variable y, const Target& x, Variable tangent);
/// The same with respect to several things at once, with a tangent for each: the sum of the products.
Variable jvp(Variable y, std::initializer_list<Target> wrt, std::initializer_list<Variable> tangents);
Variable jvp(Variable y, std::span<const Parameter> wrt, std::span<const Variable> tangents);
Variable jvp(Variable y, std::vector<Target> wrt, std::span<const Variable> tangents);

/// The Hessian-vector product d2y/dx2 . v for a y of one element.
Variable hvp(Variable y, const Target& x, Variable v);
/// The same with respect to several things at once: rows of blocks times the vectors together.
Gradients hvp(Variable y, std::initializer_list<Target> wrt, std::initializer_list<Variable> v);
Gradients hvp(Variable y, std::span<const Parameter> wrt, std::span<const Variable> v);
Gradients hvp(Variable y, std::vector<Target> wrt, std::span<const Variable> v);

/// How a Jacobian is computed. It is the same either way, up to rounding.
enum class Mode {
    automatic,  ///< forward if x has fewer elements than y, else reverse
    forward,    ///< by columns: one jvp for each element of x
    reverse     ///< by rows: one vjp for each element of y
};

/// dy / dx, shape of y + shape of x, as a Variable like any other (it can be differentiated). Where y does not depend
/// on x it is 0. Costs one sweep over what y was computed by for each row or each column, whichever are fewer.
/// @throws DtypeError unless both are float32 or float64; GradientError if an op on the way has no gradient; ShapeError
///         if the result has too many axes; StaleError.
Variable jacobian(Variable y, const Target& x, Mode mode = Mode::automatic);
/// With respect to several things: J[a] has the shape of y + the shape of a.
Gradients jacobian(Variable y, std::initializer_list<Target> wrt, Mode mode = Mode::automatic);
Gradients jacobian(Variable y, std::span<const Parameter> wrt, Mode mode = Mode::automatic);
Gradients jacobian(Variable y, std::vector<Target> wrt, Mode mode = Mode::automatic);
/// By columns (jax.jacfwd, torch.func.jacfwd), by rows (jacrev).
inline Variable jacobian_forward(Variable y, const Target& x) { return jacobian(y, x, Mode::forward); }
/// The same, row by row: one backward sweep for each element of y.
inline Variable jacobian_reverse(Variable y, const Target& x) { return jacobian(y, x, Mode::reverse); }

/// Second derivatives with respect to several things: h(a, b) is d2y / da db.
class Hessian {
  public:
    Hessian(std::vector<Target> targets, std::vector<Variable> blocks)
        : targets_(std::move(targets)), blocks_(std::move(blocks))
    {}
    /// The block of shape of a + shape of b. @throws GradientError if one of them was not asked for.
    Variable operator()(const Target& a, const Target& b) const;
    std::size_t size() const { return targets_.size(); }
    const Target& target(std::size_t i) const { return targets_[i]; }
    Variable block(std::size_t i, std::size_t j) const { return blocks_[i * targets_.size() + j]; }
    /// All of it as one matrix [n, n]: the elements of all things asked for, in order.
    /// @throws DtypeError if they are not of one type; ValueError if there are none.
    Variable matrix() const;

  private:
    std::size_t place(const Target& target) const;
    std::vector<Target> targets_;
    std::vector<Variable> blocks_;
};

/// d2y / dx2 for a y of one element: shape of x + shape of x.
/// @throws as grad() and jacobian().
Variable hessian(Variable y, const Target& x);
Hessian hessian(Variable y, std::initializer_list<Target> wrt);
Hessian hessian(Variable y, std::span<const Parameter> wrt);
Hessian hessian(Variable y, std::vector<Target> wrt);

}  // namespace xgrad

#include "xgrad/autodiff/transform_functions.hpp"
