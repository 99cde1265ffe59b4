// Leaves and constants: inputs, parameters, filled arrays; and the further outputs of ops that have several.
#include <cmath>

#include "xgrad/autodiff/ops.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace detail {

const Op& input_op = row({.name = "input", .arity = 0, .traits = {.leaf = true}});
const Op& parameter_op = row({.name = "parameter", .arity = 0, .traits = {.leaf = true}});
// node.a: 1 for what stands for parameters (a collapse's W' and b'): pictures show it as one.
const Op& constant_op = row({.name = "constant", .arity = 0, .traits = {.leaf = true}});
const Op& output_op = row({.name = "output",
                           .arity = 1,
                           .traits = {.leaf = true},
                           .attributes = [](const Graph&, const Node& node) { return number_text(node.a); }});

namespace {

// node.a: the value or the length; node.b: the element type.
void infer_filled(InferCall& call) { call.out[0] = {call.type_named_by(call.b), call.list}; }
void no_gradient(VjpCall&) {}

template <class T>
void fill(const KernelCall& call)
{
    const std::int64_t count = element_count(call.shape());
    T* const out = static_cast<T*>(call.out[0]);
    const T value = static_cast<T>(call.node().a);
    for (std::int64_t i = 0; i < count; ++i) out[i] = value;
}
template <class T>
void count_up(const KernelCall& call)
{
    const std::int64_t count = element_count(call.shape());
    T* const out = static_cast<T*>(call.out[0]);
    for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(i);
}
template <class T>
void identity(const KernelCall& call)
{
    const std::int64_t n = call.shape()[0];
    T* const out = static_cast<T*>(call.out[0]);
    for (std::int64_t i = 0; i < n * n; ++i) out[i] = static_cast<T>(i / n == i % n);
}

void run_full(const KernelCall& call)
{
    switch (call.dtype()) {
    case DType::float32: return fill<float>(call);
    case DType::float64: return fill<double>(call);
    case DType::int64: return fill<std::int64_t>(call);
    case DType::boolean: return fill<bool>(call);
    }
}
void run_arange(const KernelCall& call)
{
    switch (call.dtype()) {
    case DType::float32: return count_up<float>(call);
    case DType::float64: return count_up<double>(call);
    case DType::int64: return count_up<std::int64_t>(call);
    case DType::boolean: return;
    }
}
void run_eye(const KernelCall& call)
{
    switch (call.dtype()) {
    case DType::float32: return identity<float>(call);
    case DType::float64: return identity<double>(call);
    case DType::int64: return identity<std::int64_t>(call);
    case DType::boolean: return identity<bool>(call);
    }
}

}  // namespace

const Op& full_op = row({
    .name = "full",
    .formula = "c",
    .gradient = "0",
    .elsewhere = {"np.full", "torch.full", "jnp.full"},
    .arity = 0,
    .traits = {.fixes_shape = true, .filled = true},
    .infer = infer_filled,
    .kernel = run_full,
    .vjp = no_gradient,
    .attributes = [](const Graph&, const Node& node) { return number_text(node.a); },
    .samples = {{{{{2}}},
                 [](auto in) {
                     return full(in[0], {2, 3}, 1.5);
                 }},
                {{{{2}}}, [](auto in) { return full(in[0], {}, -2); }},
                {{{{2}}},
                 [](auto in) {
                     return full(in[0], {0, 3}, 1);
                 }}},
});

const Op& arange_op = row({
    .name = "arange",
    .formula = "0, 1, ..., n - 1",
    .gradient = "0",
    .elsewhere = {"np.arange", "torch.arange", "jnp.arange"},
    .arity = 0,
    .traits = {.fixes_shape = true, .low = 0},
    .infer = infer_filled,
    .kernel = run_arange,
    .vjp = no_gradient,
    .samples = {{{{{2}}}, [](auto in) { return arange(in[0], 5, in[0].dtype()); }},
                {{{{2}}}, [](auto in) { return arange(in[0], 0); }},
                {{{{2}}}, [](auto in) { return arange(in[0], 1, -1, -0.5); }}},
});

const Op& eye_op = row({
    .name = "eye",
    .formula = "1 on the diagonal",
    .gradient = "0",
    .elsewhere = {"np.eye", "torch.eye", "jnp.eye"},
    .arity = 0,
    .traits = {.fixes_shape = true, .low = 0, .high = 1},
    .infer = infer_filled,
    .kernel = run_eye,
    .vjp = no_gradient,
    .samples = {{{{{2}}}, [](auto in) { return eye(in[0], 3); }},
                {{{{2}}}, [](auto in) { return eye(in[0], 0); }}},
});

void leaf_rows() {}

Variable filled(Variable like, ListId shape, double value)
{
    return Recorder::of(like).record(full_op, std::span<const Variable>(), value,
                                     static_cast<double>(like.dtype()), shape);
}

namespace {
Variable make_array(const Op& op, Variable like, const Shape& shape, double value, DType dtype)
{
    Recorder& recorder = Recorder::of(like);
    for (const std::int64_t length : shape)
        if (length < 0)
            throw ShapeError(std::string(op.name) + ": shape " + to_string(shape) + " has a negative length");
    return recorder.record(op, std::span<const Variable>(), value, static_cast<double>(dtype),
                           recorder.graph.intern(shape));
}
}  // namespace

namespace {
// What lift() records goes again if the call that it is recorded for is refused.
template <class Record>
Variable as_operand(Variable like, Record record)
{
    Recorder& recorder = Recorder::of(like);
    const std::size_t first = recorder.graph.size();
    try {
        const Variable operand = record(recorder);
        if (recorder.graph.size() > first) recorder.operands_from(first);
        return operand;
    } catch (const Error&) {
        recorder.drop_call();  // the operands before this one
        throw;
    }
}
}  // namespace
Variable lift(Variable like, const Parameter& parameter)
{
    return as_operand(like, [&](Recorder& recorder) { return recorder.parameter(parameter); });
}
Variable lift(Variable like, const Array& array)
{
    return as_operand(like, [&](Recorder& recorder) { return recorder.leaf(constant_op, array, {}); });
}
void refuse_number(const std::string& number)
{
    throw ValueError("the number " + number +
                     " beside an int64 array has more than 53 bits: put it into an array");
}
namespace {
// An int64 array takes whole numbers within its range.
void check_number(DType dtype, double number, const char* who)
{
    if (dtype == DType::int64 && !(number == std::trunc(number) && number >= -0x1p63 && number < 0x1p63))
        throw DtypeError(who + number_text(number) +
                         " beside an int64 array is not a whole number within its range (cast "
                         "the array to float32 or float64 first)");
}
}  // namespace
Variable lift_number(Variable like, double number)
{
    return as_operand(like, [&](Recorder&) {
        check_number(like.dtype(), number, "the number ");
        return make_array(full_op, like, {}, number, like.dtype());
    });
}

}  // namespace detail

Variable full(Variable like, const Shape& shape, double value)
{
    detail::check_number(like.dtype(), value, "full: the number ");
    return detail::make_array(detail::full_op, like, shape, value, like.dtype());
}
Variable arange(Variable like, std::int64_t n, DType dtype)
{
    if (dtype == DType::boolean)
        throw DtypeError("arange: bool has no order; take int64, float32 or float64");
    return detail::make_array(detail::arange_op, like, {n}, static_cast<double>(n), dtype);
}
Variable eye(Variable like, std::int64_t n)
{
    return detail::make_array(detail::eye_op, like, {n, n}, static_cast<double>(n), like.dtype());
}

}  // namespace xgrad
