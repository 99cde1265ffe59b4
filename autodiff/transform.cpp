// Gradients, and products with Jacobians and Hessians.
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

namespace {

std::vector<Target> targets_of(std::span<const Parameter> wrt) { return {wrt.begin(), wrt.end()}; }

Variable variable_of(Recorder& recorder, const Target& target, const char* who)
{
    if (target.is_parameter()) return recorder.parameter(target.parameter());
    recorder.check(target.variable(), who);
    return target.variable();
}

// One vector for each target, like it.
std::vector<ValueId> checked_vectors(Recorder& recorder, const char* who, const char* what,
                                     std::span<const Target> wrt, std::span<const Variable> vectors)
{
    if (wrt.size() != vectors.size())
        throw ShapeError(std::string(who) + ": got " + std::to_string(vectors.size()) + " " + what +
                         "s for " + std::to_string(wrt.size()) + " variables, expected one for each");
    std::vector<ValueId> ids;
    for (std::size_t k = 0; k < wrt.size(); ++k) {
        recorder.check(vectors[k], who);
        need_like(who, what, vectors[k], variable_of(recorder, wrt[k], who));
        ids.push_back(vectors[k].id());
    }
    return ids;
}

// Runs what `emit` appends and returns, or drops it if that fails.
template <class Emit>
std::vector<Variable> emitted(Recorder& recorder, const Emit& emit)
{
    const std::size_t before = recorder.graph.size();
    try {
        const std::vector<Variable> result = emit();
        std::vector<ValueId> ids;
        for (const Variable& value : result) ids.push_back(value.id());
        if (!recorder.is_lazy()) recorder.compute(ids);
        return result;
    } catch (...) {
        recorder.truncate(before);
        throw;
    }
}

Variable or_zeros(Recorder& recorder, ValueId id, Variable like)
{
    const Recorder::Lazily lazily(recorder);
    return id == no_value ? zeros_like(like) : recorder.handle(id);
}

}  // namespace

Variable jvp(Variable y, std::vector<Target> wrt, std::span<const Variable> tangents)
{
    Recorder& recorder = Recorder::of(y);
    recorder.check_parameters();
    if (!is_floating(y.dtype()))
        throw DtypeError("jvp: the output is " + std::string(name_of(y.dtype())) +
                         "; derivatives exist for float32 and float64");
    const std::vector<ValueId> directions = checked_vectors(recorder, "jvp", "tangent", wrt, tangents);
    return emitted(recorder, [&]() -> std::vector<Variable> {
        // u -> vjp(u) is linear; its own vjp is the jvp. The value of u is never read.
        const Recorder::Lazily lazily(recorder);
        const Variable u = detach(zeros_like(y));  // rules fold cotangents that are plain constants
        std::vector<ValueId> pulled;
        for (const Variable& part : pull_back(y, wrt, u, Unused::zero)) pulled.push_back(part.id());
        const ValueId by[] = {u.id()};
        return {or_zeros(recorder, recorder.reverse(pulled, directions, by)[0], y)};
    })[0];
}
Variable jvp(Variable y, const Target& x, Variable tangent)
{
    return jvp(y, std::vector<Target>{x}, std::span<const Variable>(&tangent, 1));
}
Variable jvp(Variable y, std::initializer_list<Target> wrt, std::initializer_list<Variable> tangents)
{
    return jvp(y, std::vector<Target>(wrt), std::span(tangents.begin(), tangents.size()));
}
Variable jvp(Variable y, std::span<const Parameter> wrt, std::span<const Variable> tangents)
{
    return jvp(y, targets_of(wrt), tangents);
}

Gradients hvp(Variable y, std::vector<Target> wrt, std::span<const Variable> v)
{
    Recorder& recorder = Recorder::of(y);
    recorder.check_parameters();
    const std::vector<ValueId> vectors = checked_vectors(recorder, "hvp", "vector", wrt, v);
    const std::vector<Variable> first = computed(y, wrt, nullptr, Unused::zero);
    std::vector<Variable> products = emitted(recorder, [&] {
        std::vector<ValueId> outputs, by;
        for (const Variable& gradient : first) outputs.push_back(gradient.id());
        for (const Target& target : wrt) by.push_back(variable_of(recorder, target, "hvp").id());
        const std::vector<ValueId> found = recorder.reverse(outputs, vectors, by);
        std::vector<Variable> result;
        for (std::size_t k = 0; k < found.size(); ++k)
            result.push_back(or_zeros(recorder, found[k], recorder.handle(by[k])));
        return result;
    });
    return Gradients(std::move(wrt), std::move(products));
}
Variable hvp(Variable y, const Target& x, Variable v)
{
    return hvp(y, std::vector<Target>{x}, std::span<const Variable>(&v, 1)).gradient(0);
}
Gradients hvp(Variable y, std::initializer_list<Target> wrt, std::initializer_list<Variable> v)
{
    return hvp(y, std::vector<Target>(wrt), std::span(v.begin(), v.size()));
}
Gradients hvp(Variable y, std::span<const Parameter> wrt, std::span<const Variable> v)
{
    return hvp(y, targets_of(wrt), v);
}

}  // namespace xgrad
