// Gradients, products with Jacobians and Hessians, and graphs recorded again.
#include <algorithm>

#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad {

using detail::Recorder;

namespace {

std::string described(const Target& target)
{
    if (!target.is_parameter()) {
        const Recorder& recorder = Recorder::of(target.variable());
        const std::string_view name = recorder.graph.name(target.variable().id());
        return name.empty() ? "%" + std::to_string(target.variable().id()) : "'" + std::string(name) + "'";
    }
    const std::string& name = target.parameter().name();
    return "parameter '" + (name.empty() ? "#" + std::to_string(target.parameter().id()) : name) + "'";
}

void need_like(const char* who, const char* what, Variable given, Variable model)
{
    if (given.dtype() != model.dtype())
        throw DtypeError(std::string(who) + ": the " + what + " is " + std::string(name_of(given.dtype())) +
                         ", expected " + std::string(name_of(model.dtype())));
    if (!std::ranges::equal(given.shape(), model.shape()))
        throw ShapeError(std::string(who) + ": the " + what + " has shape " + to_string(given.shape()) +
                         ", expected " + to_string(model.shape()) +
                         detail::aligned_shapes(what, given.shape(), "expected", model.shape()));
}

// The cotangents of `wrt` as nodes without values; on failure the tape is as it was.
std::vector<Variable> pull_back(Variable y, std::span<const Target> wrt, Variable cotangent, Unused unused)
{
    Recorder& recorder = Recorder::of(y);
    std::vector<ValueId> ids;
    ids.reserve(wrt.size());
    for (const Target& target : wrt) {
        if (!target.is_parameter()) recorder.check(target.variable(), "grad");
        const Variable x = target.is_parameter() ? recorder.parameter(target.parameter()) : target.variable();
        if (!is_floating(x.dtype()))
            throw DtypeError("grad: " + described(target) + " is " + std::string(name_of(x.dtype())) +
                             "; gradients exist for float32 and float64");
        ids.push_back(x.id());
    }
    const ValueId output[] = {y.id()}, seed[] = {cotangent.id()};
    const std::vector<ValueId> found = recorder.reverse(output, seed, ids);
    std::vector<Variable> result;
    result.reserve(found.size());
    for (std::size_t k = 0; k < found.size(); ++k) {
        if (found[k] != no_value) {
            result.push_back(recorder.handle(found[k]));
        } else if (unused == Unused::error) {
            throw GradientError("grad: the output does not depend on " + described(wrt[k]));
        } else {
            const Recorder::Lazily lazily(recorder);
            result.push_back(zeros_like(recorder.handle(ids[k])));
        }
    }
    return result;
}

std::vector<Variable> computed(Variable y, std::span<const Target> wrt, const Variable* cotangent,
                               Unused unused)
{
    Recorder& recorder = Recorder::of(y);
    recorder.check_parameters();
    if (!is_floating(y.dtype()))
        throw DtypeError("grad: the output is " + std::string(name_of(y.dtype())) +
                         "; gradients exist for float32 and float64");
    if (cotangent == nullptr && recorder.graph.count(y.id()) != 1)
        throw GradientError("grad: the output has shape " + to_string(y.shape()) +
                            ", not one element; reduce it (sum, mean) or use vjp() with a cotangent");
    if (cotangent) {
        recorder.check(*cotangent, "vjp");
        need_like("vjp", "cotangent", *cotangent, y);
    }
    const std::size_t before = recorder.graph.size();
    try {
        const Variable seed = cotangent ? *cotangent : ones_like(y);
        if (!cotangent) recorder.mark_seed(seed);
        std::vector<Variable> result = pull_back(y, wrt, seed, unused);
        for (const Variable& gradient : result) recorder.mark_seed(gradient, false);
        std::vector<ValueId> targets;
        targets.reserve(result.size());
        for (const Variable& gradient : result) targets.push_back(gradient.id());
        if (!recorder.is_lazy()) recorder.compute(targets);
        return result;
    } catch (...) {
        recorder.truncate(before);
        throw;
    }
}

}  // namespace

// ---------------------------------------------------------------- Gradients

Variable Gradients::operator[](Variable x) const
{
    const Recorder& recorder = Recorder::of(x);
    for (std::size_t k = 0; k < targets_.size(); ++k)
        if (!targets_[k].is_parameter() && targets_[k].variable().id() == x.id() &&
            &Recorder::of(targets_[k].variable()) == &recorder)
            return gradients_[k];
    throw GradientError("gradients: no gradient was asked for with respect to " + described(x));
}

Variable Gradients::operator[](const Parameter& parameter) const
{
    for (std::size_t k = 0; k < targets_.size(); ++k)
        if (targets_[k].is_parameter() && targets_[k].parameter() == parameter) return gradients_[k];
    throw GradientError("gradients: no gradient was asked for with respect to " + described(parameter));
}

// ---------------------------------------------------------------- on a tape

Variable grad(Variable y, const Target& x, Unused unused)
{
    return computed(y, std::span(&x, 1), nullptr, unused)[0];
}
Gradients grad(Variable y, std::initializer_list<Target> wrt, Unused unused)
{
    return grad(y, std::vector<Target>(wrt), unused);
}
Gradients grad(Variable y, std::span<const Parameter> wrt, Unused unused)
{
    return grad(y, std::vector<Target>(wrt.begin(), wrt.end()), unused);
}
Gradients grad(Variable y, std::vector<Target> wrt, Unused unused)
{
    std::vector<Variable> gradients = computed(y, wrt, nullptr, unused);
    return Gradients(std::move(wrt), std::move(gradients));
}

Variable vjp(Variable y, const Target& x, Variable cotangent, Unused unused)
{
    return computed(y, std::span(&x, 1), &cotangent, unused)[0];
}
Gradients vjp(Variable y, std::initializer_list<Target> wrt, Variable cotangent, Unused unused)
{
    return vjp(y, std::vector<Target>(wrt), cotangent, unused);
}
Gradients vjp(Variable y, std::vector<Target> wrt, Variable cotangent, Unused unused)
{
    std::vector<Variable> gradients = computed(y, wrt, &cotangent, unused);
    return Gradients(std::move(wrt), std::move(gradients));
}

Variable jvp(Variable y, Variable x, Variable tangent)
{
    Recorder& recorder = Recorder::of(y);
    recorder.check(x, "jvp");
    recorder.check(tangent, "jvp");
    recorder.check_parameters();
    need_like("jvp", "tangent", tangent, x);
    const std::size_t before = recorder.graph.size();
    try {
        // u -> vjp(u) is linear; its own vjp is the jvp. The value of u is never read.
        Variable pulled, u;
        {
            const Recorder::Lazily lazily(recorder);
            u = detach(zeros_like(y));  // rules fold cotangents that are plain constants
            const Target wrt[] = {x};
            pulled = pull_back(y, wrt, u, Unused::zero)[0];
        }
        const Target wrt[] = {u};
        const Variable result = pull_back(pulled, wrt, tangent, Unused::zero)[0];
        const ValueId target[] = {result.id()};
        if (!recorder.is_lazy()) recorder.compute(target);
        return result;
    } catch (...) {
        recorder.truncate(before);
        throw;
    }
}

Variable hvp(Variable y, Variable x, Variable v)
{
    Recorder& recorder = Recorder::of(y);
    recorder.check(v, "hvp");
    need_like("hvp", "vector", v, x);
    const Variable gradient = grad(y, x);
    return vjp(gradient, x, v);
}

}  // namespace xgrad
