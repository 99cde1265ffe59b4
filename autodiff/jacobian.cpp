// Jacobians and Hessians: one sweep for each row or each column, put together.
#include <algorithm>

#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad {

using detail::Recorder;

namespace detail {
extern const Op& unslice_op;
}

namespace {

std::string type_text(Variable x) { return std::string(name_of(x.dtype())); }

Shape joined(Dims a, Dims b)
{
    Shape shape(a.begin(), a.end());
    shape.insert(shape.end(), b.begin(), b.end());
    return shape;
}

// An array of that shape with one 1, as nodes: only what a sweep is at lies in memory.
Variable one_hot(Recorder& recorder, Variable like, std::int64_t place)
{
    const std::int64_t where[] = {place, 1, like.size()};  // start, step, length
    const Variable one = full(like, {1}, 1);
    const Variable flat = recorder.record(detail::unslice_op, one, 0, 0, recorder.graph.intern(where));
    return reshape(flat, Shape(like.shape().begin(), like.shape().end()));
}

// Joined along a new axis; a node has 65535 inputs at most.
Variable stacked(std::span<const Variable> parts, std::int64_t axis)
{
    constexpr std::size_t most = 4096;
    if (parts.size() <= most) return stack(parts, axis);
    std::vector<Variable> stacks;
    for (std::size_t first = 0; first < parts.size(); first += most)
        stacks.push_back(stack(parts.subspan(first, std::min(most, parts.size() - first)), axis));
    return concat(stacks, axis);
}

Variable no_jacobian(Variable y, Variable x) { return full(x, joined(y.shape(), x.shape()), 0); }

// Row k is the vjp of y's element k: one sweep for all x.
std::vector<Variable> by_rows(Recorder& recorder, Variable y, std::span<const Variable> x)
{
    std::vector<ValueId> wrt;
    for (const Variable& target : x) wrt.push_back(target.id());
    std::vector<std::vector<Variable>> rows(x.size());
    std::vector<std::uint8_t> depends(x.size(), 0);
    for (std::int64_t k = 0; k < y.size(); ++k) {
        const ValueId output[] = {y.id()}, cotangent[] = {one_hot(recorder, y, k).id()};
        const std::vector<ValueId> found = recorder.reverse(output, cotangent, wrt);
        for (std::size_t i = 0; i < x.size(); ++i) {
            depends[i] |= found[i] != no_value;
            rows[i].push_back(found[i] != no_value ? recorder.handle(found[i]) : zeros_like(x[i]));
        }
        if (std::ranges::none_of(depends, [](std::uint8_t d) { return d != 0; })) break;
    }
    std::vector<Variable> result;
    for (std::size_t i = 0; i < x.size(); ++i)
        result.push_back(depends[i] ? reshape(stacked(rows[i], 0), joined(y.shape(), x[i].shape()))
                                    : no_jacobian(y, x[i]));
    return result;
}

// Column k is the jvp along x's element k: u -> vjp(u) is linear, and its own vjp is the jvp.
Variable by_columns(Recorder& recorder, Variable y, Variable x)
{
    const Variable u = detach(zeros_like(y));
    const ValueId output[] = {y.id()}, cotangent[] = {u.id()}, wrt[] = {x.id()};
    const ValueId pulled = recorder.reverse(output, cotangent, wrt)[0];
    if (pulled == no_value || x.size() == 0) return no_jacobian(y, x);
    std::vector<Variable> columns;
    for (std::int64_t k = 0; k < x.size(); ++k) {
        const ValueId from[] = {pulled}, direction[] = {one_hot(recorder, x, k).id()}, by[] = {u.id()};
        const ValueId found = recorder.reverse(from, direction, by)[0];
        if (found == no_value) return no_jacobian(y, x);
        columns.push_back(recorder.handle(found));
    }
    const Variable all = stacked(columns, static_cast<std::int64_t>(y.shape().size()));
    return cast(reshape(all, joined(y.shape(), x.shape())), x.dtype());
}

std::vector<Variable> emitted(Recorder& recorder, Variable y, std::span<const Variable> x, Mode mode)
{
    if (!is_floating(y.dtype()))
        throw DtypeError("jacobian: the output is " + type_text(y) +
                         "; derivatives exist for float32 and float64");
    std::int64_t inputs = 0;
    for (const Variable& target : x) {
        recorder.check(target, "jacobian");
        if (!is_floating(target.dtype()))
            throw DtypeError("jacobian: %" + std::to_string(target.id()) + " is " + type_text(target) +
                             "; derivatives exist for float32 and float64");
        inputs += target.size();
    }
    const std::size_t before = recorder.graph.size();
    try {
        std::vector<Variable> result;
        {
            const Recorder::Lazily lazily(recorder);
            if (mode == Mode::automatic) mode = inputs < y.size() ? Mode::forward : Mode::reverse;
            if (mode == Mode::reverse)
                result = by_rows(recorder, y, x);
            else
                for (const Variable& target : x) result.push_back(by_columns(recorder, y, target));
        }
        std::vector<ValueId> ids;
        for (const Variable& value : result) ids.push_back(value.id());
        if (!recorder.is_lazy()) recorder.compute(ids);
        return result;
    } catch (...) {
        recorder.truncate(before);
        throw;
    }
}

std::vector<Variable> variables_of(Recorder& recorder, std::span<const Target> wrt, const char* who)
{
    std::vector<Variable> x;
    for (const Target& target : wrt) {
        if (!target.is_parameter()) recorder.check(target.variable(), who);
        x.push_back(target.is_parameter() ? recorder.parameter(target.parameter()) : target.variable());
    }
    return x;
}

std::vector<Variable> blocks_of(Variable y, std::span<const Target> wrt, std::span<const Variable> x)
{
    const Gradients first = grad(y, std::vector<Target>(wrt.begin(), wrt.end()));
    std::vector<Variable> blocks;
    for (std::size_t i = 0; i < wrt.size(); ++i)
        for (const Variable& block : emitted(Recorder::of(y), first.gradient(i), x, Mode::reverse))
            blocks.push_back(block);
    return blocks;
}

}  // namespace

// ---------------------------------------------------------------- on a tape

Gradients jacobian(Variable y, std::vector<Target> wrt, Mode mode)
{
    Recorder& recorder = Recorder::of(y);
    recorder.check_parameters();
    const std::vector<Variable> x = variables_of(recorder, wrt, "jacobian");
    std::vector<Variable> found = emitted(recorder, y, x, mode);
    return Gradients(std::move(wrt), std::move(found));
}
Variable jacobian(Variable y, const Target& x, Mode mode)
{
    return jacobian(y, std::vector<Target>{x}, mode).gradient(0);
}
Gradients jacobian(Variable y, std::initializer_list<Target> wrt, Mode mode)
{
    return jacobian(y, std::vector<Target>(wrt), mode);
}
Gradients jacobian(Variable y, std::span<const Parameter> wrt, Mode mode)
{
    return jacobian(y, std::vector<Target>(wrt.begin(), wrt.end()), mode);
}

Hessian hessian(Variable y, std::vector<Target> wrt)
{
    const std::vector<Variable> x = variables_of(Recorder::of(y), wrt, "hessian");
    std::vector<Variable> blocks = blocks_of(y, wrt, x);
    return Hessian(std::move(wrt), std::move(blocks));
}
Variable hessian(Variable y, const Target& x) { return hessian(y, std::vector<Target>{x}).block(0, 0); }
Hessian hessian(Variable y, std::initializer_list<Target> wrt)
{
    return hessian(y, std::vector<Target>(wrt));
}
Hessian hessian(Variable y, std::span<const Parameter> wrt)
{
    return hessian(y, std::vector<Target>(wrt.begin(), wrt.end()));
}

std::size_t Hessian::place(const Target& target) const
{
    for (std::size_t k = 0; k < targets_.size(); ++k) {
        const Target& known = targets_[k];
        if (known.is_parameter() != target.is_parameter()) continue;
        if (known.is_parameter() ? known.parameter() == target.parameter()
                                 : known.variable().id() == target.variable().id() &&
                                       &Recorder::of(known.variable()) == &Recorder::of(target.variable()))
            return k;
    }
    throw GradientError("hessian: no second derivative was asked for with respect to " +
                        (target.is_parameter() ? "parameter '" + target.parameter().name() + "'"
                                               : "%" + std::to_string(target.variable().id())));
}

Variable Hessian::operator()(const Target& a, const Target& b) const { return block(place(a), place(b)); }

Variable Hessian::matrix() const
{
    if (targets_.empty()) throw ValueError("hessian: it is with respect to nothing, so there is no matrix");
    // An off-diagonal block's rows are one thing's elements and its columns the other's.
    Recorder& recorder = Recorder::of(blocks_[0]);
    const std::vector<Variable> x = variables_of(recorder, targets_, "hessian");
    std::vector<Variable> rows;
    for (std::size_t i = 0; i < x.size(); ++i) {
        std::vector<Variable> row;
        for (std::size_t j = 0; j < x.size(); ++j)
            row.push_back(reshape(block(i, j), {x[i].size(), x[j].size()}));
        rows.push_back(concat(row, 1));
    }
    return concat(rows, 0);
}

// ---------------------------------------------------------------- for functions

namespace detail {
namespace {
std::vector<Target> as_targets(std::span<const Variable> x) { return {x.begin(), x.end()}; }
std::vector<Variable> all_of(const Gradients& gradients)
{
    std::vector<Variable> result;
    for (std::size_t k = 0; k < gradients.size(); ++k) result.push_back(gradients.gradient(k));
    return result;
}
}  // namespace

Variable Primals::take_one(std::size_t argument, Variable x)
{
    ranges_.push_back({argument, static_cast<std::ptrdiff_t>(all.size()), 1});
    all.push_back(identity(x));
    return all.back();
}
std::vector<Variable> Primals::take_all(std::size_t argument, std::vector<Variable> x)
{
    ranges_.push_back(
        {argument, static_cast<std::ptrdiff_t>(all.size()), static_cast<std::ptrdiff_t>(x.size())});
    for (Variable& part : x) all.push_back(part = identity(part));
    return x;
}
Primals::Range Primals::find(std::size_t argument) const
{
    return *std::ranges::find(ranges_, argument, &Range::argument);
}

std::vector<Variable> gradients_of(Variable y, std::span<const Variable> x)
{
    return all_of(grad(y, as_targets(x)));
}
std::vector<Variable> pulled_back(Variable y, std::span<const Variable> x, Variable cotangent)
{
    return all_of(vjp(y, as_targets(x), cotangent));
}
Variable pushed_forward(Variable y, std::span<const Variable> x, std::span<const Variable> tangents)
{
    return jvp(y, as_targets(x), tangents);
}
std::vector<Variable> hvps_of(Variable y, std::span<const Variable> x, std::span<const Variable> v)
{
    return all_of(hvp(y, as_targets(x), v));
}
std::vector<Variable> jacobians_of(Variable y, std::span<const Variable> x, Mode mode)
{
    return all_of(jacobian(y, as_targets(x), mode));
}
std::vector<Variable> hessians_of(Variable y, std::span<const Variable> x)
{
    return blocks_of(y, as_targets(x), x);
}

}  // namespace detail
}  // namespace xgrad
