// Custom ops as the engine runs them: a definition holds the rows that nodes refer to; graphs own the definition.
#include "xgrad/autodiff/custom.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include "autodiff/custom_call.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad {
namespace detail {

template <element T>
View<T> borrow(const CustomOperand& operand)
{
    using Storage = xt::xbuffer_adaptor<const T*, xt::smart_ownership, Pin>;
    typename View<T>::shape_type shape(operand.shape.begin(), operand.shape.end());
    return View<T>(Storage(static_cast<const T*>(operand.data),
                           static_cast<std::size_t>(element_count(operand.shape)), Pin{}),
                   shape);
}
template View<float> borrow<float>(const CustomOperand&);
template View<double> borrow<double>(const CustomOperand&);
template View<std::int64_t> borrow<std::int64_t>(const CustomOperand&);
template View<bool> borrow<bool>(const CustomOperand&);

namespace {

// ---------------------------------------------------------------- the forward's row

// Float or double: the type of the floating inputs; of none: double.
template <class Types>
std::size_t form_of_inputs(std::size_t count, const Types& type)
{
    for (std::size_t k = 0; k < count; ++k)
        if (type(k) == DType::float32) return form_of<float>;
    return form_of<double>;
}

// Element types as the forward takes them, and the shape: of the shape function, or as it was found.
void infer_forward(InferCall& call)
{
    const CustomDefinition& custom = definition_of(call.op);
    const CustomCode& code = custom.code;
    if (!code.any && call.in.size() != code.inputs.size())
        call.fail_shape(std::to_string(code.inputs.size()) +
                        (code.inputs.size() == 1 ? " input" : " inputs, as many as its forward has"));
    const DType* like = nullptr;
    DType types[2] = {};
    for (std::size_t k = 0; k < call.in.size(); ++k) {
        const InputKind kind = code.any ? InputKind::floating : code.inputs[k];
        const DType type = call.dtype(k);
        const std::string which = " for input " + std::to_string(k);
        if (kind == InputKind::integer && type != DType::int64) call.fail_dtype("int64" + which);
        if (kind == InputKind::boolean && type != DType::boolean) call.fail_dtype("bool" + which);
        if (kind != InputKind::floating) continue;
        if (!is_floating(type))
            call.fail_dtype("float32 or float64" + which +
                            " (a forward takes indices as View<std::int64_t>, masks as "
                            "View<bool>)");
        if (like != nullptr && type != *like) call.fail_dtype(one_type);
        types[0] = type;
        like = types;
    }
    const std::size_t form = form_of_inputs(call.in.size(), [&](std::size_t k) { return call.dtype(k); });
    if (!code.forward[form])
        call.fail_dtype(form == form_of<float> ? "float64 (the forward does not take views of float)"
                                               : "float32 (the forward does not take views of double)");
    call.out[0].dtype = code.result[form];
    if (!custom.options.shape) {
        call.out[0].shape = call.list;
        return;
    }
    std::vector<Shape> shapes;
    for (std::size_t k = 0; k < call.in.size(); ++k) {
        const Dims dims = call.shape(k);
        shapes.emplace_back(dims.begin(), dims.end());
    }
    Shape shape;
    try {
        shape = custom.options.shape(shapes);
    } catch (...) {
        rethrow_as(about(call.graph, call.op, call.in, call.scope) + "its shape function failed: ");
    }
    if (std::ranges::any_of(shape, [](std::int64_t length) { return length < 0; }))
        call.fail_shape("lengths that are not negative from its shape function, which gave " +
                        to_string(shape));
    call.out[0].shape = call.graph.intern(shape);
}

void run_forward(const Graph& graph, const Op& op, std::span<const ValueId> in,
                 std::span<const void* const> data, ScopeId scope, CustomResults& results)
{
    std::vector<CustomOperand> operands;
    for (std::size_t k = 0; k < in.size(); ++k)
        operands.push_back({data[k], graph.shape(in[k]), graph.dtype(in[k])});
    const std::size_t form = form_of_inputs(in.size(), [&](std::size_t k) { return graph.dtype(in[k]); });
    try {
        definition_of(op).code.forward[form](operands, results);
    } catch (const Refusal& refusal) {
        refusal.rethrow();
    } catch (...) {
        rethrow_as(about(graph, op, in, scope) + "its forward failed: ");
    }
}

// Memory for a value that was recorded: the shape must be what it was.
class Planned final : public CustomResults {
  public:
    Planned(const KernelCall& call, const Op& op) : call_(call), op_(op) {}
    void* room(std::size_t, DType, Dims shape) override
    {
        if (!std::ranges::equal(shape, call_.shape()))
            refuse<ShapeError>(
                about(call_.graph, op_, call_.graph.inputs(call_.id), call_.node().scope) +
                "its forward returned " + to_string(shape) + ", expected " + to_string(call_.shape()) +
                (definition_of(op_).options.shape
                     ? " as its shape function says"
                     : " as it was recorded: the shape depends on the shapes of the inputs alone"));
        return call_.out[0];
    }

  private:
    const KernelCall& call_;
    const Op& op_;
};

void forward_kernel(const KernelCall& call)
{
    const Op& op = *call.node().op;
    Planned results(call, op);
    run_forward(call.graph, op, call.graph.inputs(call.id), call.in, call.node().scope, results);
}

class Measured final : public CustomResults {
  public:
    explicit Measured(MeasureCall& call) : call_(call) {}
    void* room(std::size_t, DType, Dims shape) override
    {
        try {
            return call_.room(shape);
        } catch (const Error&) {
            throw Refusal{std::current_exception()};
        }
    }

  private:
    MeasureCall& call_;
};

void measure_forward(MeasureCall& call)
{
    Measured results(call);
    run_forward(call.graph, call.op, call.in, call.data, call.scope, results);
}

// ---------------------------------------------------------------- the vjp in Variables

void forward_vjp(VjpCall& call)
{
    Recorder& recorder = call.recorder();
    const ValueId id = call.out().id();
    const Op& op = *recorder.graph[id].op;
    const auto where = [&] {
        return about(recorder.graph, op, recorder.graph.inputs(id), recorder.graph[id].scope);
    };
    std::vector<Variable> in;
    for (std::size_t k = 0; k < call.count(); ++k) in.push_back(call.in(k));
    std::vector<Variable> gradients;
    try {
        gradients = definition_of(op).code.vjp(call.g, call.out(), in);
    } catch (...) {
        rethrow_as(where() + "its vjp failed: ");
    }
    if (gradients.size() != in.size())
        throw GradientError(where() + "its vjp returned " + std::to_string(gradients.size()) +
                            " gradients, expected " + std::to_string(in.size()) +
                            ", one for each input (no_gradient where there is none)");
    for (std::size_t k = 0; k < in.size(); ++k) {
        const Variable gradient = gradients[k];
        if (!Recorder::is_set(gradient)) continue;
        const auto which = [&] { return where() + "its vjp returned for input " + std::to_string(k) + " "; };
        try {
            recorder.check(gradient, "vjp");
        } catch (...) {
            rethrow_as(which() + "a Variable that is not on this tape: ");
        }
        if (!is_floating(in[k].dtype()))
            throw GradientError(which() + "a gradient, but " + std::string(name_of(in[k].dtype())) +
                                " carries none: return no_gradient there");
        if (gradient.dtype() != in[k].dtype())
            throw DtypeError(which() + to_string(gradient.shape()) + " " +
                             std::string(name_of(gradient.dtype())) + ", expected " +
                             std::string(name_of(in[k].dtype())) + " as the input");
        const Dims shape = gradient.shape(), wanted = in[k].shape();
        if (!std::ranges::equal(shape, wanted) &&
            !(std::ranges::equal(shape, call.shape()) && broadcasts(wanted, shape)))
            throw ShapeError(which() + "a gradient of shape " + to_string(shape) + ", expected " +
                             to_string(wanted) + " as the input");
        call.give(k, gradient);
    }
}

}  // namespace

// ---------------------------------------------------------------- definitions

CustomDefinition::CustomDefinition(CustomCode c, CustomOptions o) : code(std::move(c)), options(std::move(o))
{
    forward.definition = this;
    forward.name = code.name;
    forward.arity = code.any ? -1 : static_cast<int>(code.inputs.size());
    forward.infer = infer_forward;
    forward.kernel = forward_kernel;
    forward.owner = [](const Op& op) -> std::shared_ptr<const void> {
        return definition_of(op).shared_from_this();
    };
    if (!options.shape) forward.measure = measure_forward;
    if (code.vjp) forward.vjp = forward_vjp;
    if (code.opaque_vjp[0] || code.opaque_vjp[1]) make_opaque_rows(*this);
}

namespace {
// Code that captures nothing is the same op each time it is made under one name.
struct Shared {
    std::mutex mutex;
    std::map<std::pair<const void*, std::string>, std::weak_ptr<const CustomDefinition>> ops;
};
Shared& shared()
{
    static Shared* const all = new Shared;  // ops may outlive what is destroyed at the end of the process
    return *all;
}
}  // namespace

CustomDefinition::~CustomDefinition()
{
    if (code.key == nullptr) return;
    const std::lock_guard lock(shared().mutex);
    const auto at = shared().ops.find({code.key, code.name});
    if (at != shared().ops.end() && at->second.expired()) shared().ops.erase(at);
}

CustomOp make_custom(CustomCode code, CustomOptions options)
{
    check_name("custom_op", code.name);
    if (options.shape) code.key = nullptr;
    if (code.key == nullptr)
        return CustomOp(std::make_shared<const CustomDefinition>(std::move(code), std::move(options)));
    const std::lock_guard lock(shared().mutex);
    auto& place = shared().ops[{code.key, code.name}];
    if (auto there = place.lock()) return CustomOp(std::move(there));
    auto made = std::make_shared<const CustomDefinition>(std::move(code), std::move(options));
    place = made;
    return CustomOp(std::move(made));
}

std::string composed_name(std::string name)
{
    check_name("composed_op", name);
    if (name.find('.') != std::string::npos)
        throw ValueError("composed_op: the name '" + name +
                         "' has a dot, by which paths are read: choose one without");
    return name;
}

Tape::ScopeGuard enter_composed(Variable x, const std::string& name)
{
    Recorder& recorder = Recorder::of(x);
    const ScopeId outer = recorder.scope;
    recorder.scope = recorder.enter_call(name);
    return {&recorder, outer};
}

}  // namespace detail

Variable CustomOp::operator()(std::span<const Variable> inputs) const
{
    if (inputs.empty())
        throw ShapeError(
            name() + ": it was called with an empty list: at least one Variable says which tape records it");
    return detail::Recorder::of(inputs[0]).record(definition_->forward, inputs);
}

const std::string& CustomOp::name() const { return definition_->code.name; }

}  // namespace xgrad
