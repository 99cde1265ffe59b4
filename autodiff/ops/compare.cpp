// Comparisons, logical ops on masks, choice, and conversion of element types.
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {
using namespace formula;

namespace {

void no_gradient(VjpCall&) {}

// A comparison: takes any element type, gives a mask; its derivative is zero.
template <class F>
Op comparison(F, Op base)
{
    base.arity = 2;
    base.traits.elementwise = true;
    base.result = DType::boolean;
    base.blocks = {blocks_of<F, 2, 0, float, bool>(), blocks_of<F, 2, 0, double, bool>(),
                   blocks_of<F, 2, 0, std::int64_t, bool>(), blocks_of<F, 2, 0, bool, bool>()};
    base.vjp = no_gradient;
    base.saves = 0;
    base.traits.low = 0;
    base.traits.high = 1;
    base.traits.jointly = true;
    base.traits.piecewise = 3;
    base.switches = [](std::span<const Variable> in, const Node&) {
        return is_floating(in[0].dtype()) ? Switches{{in[0] - in[1]}} : Switches{};
    };
    return base;
}

// An op on masks.
template <std::size_t arity, class F>
Op logical(F, Op base)
{
    base.arity = arity;
    base.traits.elementwise = true;
    base.blocks[static_cast<std::size_t>(DType::boolean)] = blocks_of<F, arity, 0, bool>();
    base.vjp = no_gradient;
    base.saves = 0;
    base.traits.low = 0;
    base.traits.high = 1;
    base.traits.jointly = true;
    base.traits.piecewise = 3;
    return base;
}

std::vector<Sample> mask_samples(Variable (*call)(Variable, Variable))
{
    return {{{{{2, 3}, 0, 2, DType::boolean}, {{3}, 0, 2, DType::boolean}},
             [call](auto in) { return call(in[0], in[1]); }},
            {{{{}, 0, 2, DType::boolean}, {{4}, 0, 2, DType::boolean}},
             [call](auto in) { return call(in[0], in[1]); }}};
}

}  // namespace

const Op& equal_op =
    row(comparison([](auto x, auto y) { return x == y; }, {.name = "equal",
                                                           .label = "==",
                                                           .formula = "x == y",
                                                           .gradient = "0",
                                                           .elsewhere = {"np.equal", "torch.eq", "jnp.equal"},
                                                           .traits = {.commutes = true},
                                                           .samples = binary_samples(&detail::equal)}));
const Op& not_equal_op = row(comparison([](auto x, auto y) { return x != y; },
                                        {.name = "not_equal",
                                         .label = "≠",
                                         .formula = "x != y",
                                         .gradient = "0",
                                         .elsewhere = {"np.not_equal", "torch.ne", "jnp.not_equal"},
                                         .traits = {.commutes = true},
                                         .samples = binary_samples(&detail::not_equal)}));
const Op& less_op =
    row(comparison([](auto x, auto y) { return x < y; }, {.name = "less",
                                                          .label = "<",
                                                          .formula = "x < y",
                                                          .gradient = "0",
                                                          .elsewhere = {"np.less", "torch.lt", "jnp.less"},
                                                          .samples = binary_samples(&detail::less)}));
const Op& less_equal_op = row(comparison([](auto x, auto y) { return x <= y; },
                                         {.name = "less_equal",
                                          .label = "≤",
                                          .formula = "x <= y",
                                          .gradient = "0",
                                          .elsewhere = {"np.less_equal", "torch.le", "jnp.less_equal"},
                                          .samples = binary_samples(&detail::less_equal)}));
const Op& greater_op = row(
    comparison([](auto x, auto y) { return x > y; }, {.name = "greater",
                                                      .label = ">",
                                                      .formula = "x > y",
                                                      .gradient = "0",
                                                      .elsewhere = {"np.greater", "torch.gt", "jnp.greater"},
                                                      .samples = binary_samples(&detail::greater)}));
const Op& greater_equal_op =
    row(comparison([](auto x, auto y) { return x >= y; },
                   {.name = "greater_equal",
                    .label = "≥",
                    .formula = "x >= y",
                    .gradient = "0",
                    .elsewhere = {"np.greater_equal", "torch.ge", "jnp.greater_equal"},
                    .samples = binary_samples(&detail::greater_equal)}));

const Op& logical_and_op =
    row(logical<2>([](auto x, auto y) { return x & y; },
                   {.name = "logical_and",
                    .label = "and",
                    .formula = "x and y",
                    .gradient = "0",
                    .elsewhere = {"np.logical_and", "torch.logical_and", "jnp.logical_and"},
                    .traits = {.commutes = true},
                    .samples = mask_samples(&detail::logical_and)}));
const Op& logical_or_op =
    row(logical<2>([](auto x, auto y) { return x | y; },
                   {.name = "logical_or",
                    .label = "or",
                    .formula = "x or y",
                    .gradient = "0",
                    .elsewhere = {"np.logical_or", "torch.logical_or", "jnp.logical_or"},
                    .traits = {.commutes = true},
                    .samples = mask_samples(&detail::logical_or)}));
const Op& logical_xor_op =
    row(logical<2>([](auto x, auto y) { return x ^ y; },
                   {.name = "logical_xor",
                    .label = "xor",
                    .formula = "x or y, not both",
                    .gradient = "0",
                    .elsewhere = {"np.logical_xor", "torch.logical_xor", "jnp.logical_xor"},
                    .traits = {.commutes = true},
                    .samples = mask_samples(&detail::logical_xor)}));
const Op& logical_not_op = row(logical<1>(
    [](auto x) { return !x; },
    {.name = "logical_not",
     .label = "not",
     .formula = "not x",
     .gradient = "0",
     .elsewhere = {"np.logical_not", "torch.logical_not", "jnp.logical_not"},
     .samples = {{{{{2, 3}, 0, 2, DType::boolean}}, [](auto in) { return xgrad::logical_not(in[0]); }}}}));

Variable equal(Variable x, Variable y) { return Recorder::of(x).record(equal_op, x, y); }
Variable not_equal(Variable x, Variable y) { return Recorder::of(x).record(not_equal_op, x, y); }
Variable less(Variable x, Variable y) { return Recorder::of(x).record(less_op, x, y); }
Variable less_equal(Variable x, Variable y) { return Recorder::of(x).record(less_equal_op, x, y); }
Variable greater(Variable x, Variable y) { return Recorder::of(x).record(greater_op, x, y); }
Variable greater_equal(Variable x, Variable y) { return Recorder::of(x).record(greater_equal_op, x, y); }
Variable logical_and(Variable x, Variable y) { return Recorder::of(x).record(logical_and_op, x, y); }
Variable logical_or(Variable x, Variable y) { return Recorder::of(x).record(logical_or_op, x, y); }
Variable logical_xor(Variable x, Variable y) { return Recorder::of(x).record(logical_xor_op, x, y); }

namespace {

struct Choose {
    template <class T>
    XGRAD_INLINE T operator()(bool condition, T x, T y) const
    {
        return condition ? x : y;
    }
};

template <class T>
BlockKernels choose_blocks()
{
    return {&block_3<Choose, 0, T, bool, T>};
}

void infer_where(InferCall& call)
{
    if (call.dtype(0) != DType::boolean) call.fail_dtype("a bool mask as its first argument");
    if (call.dtype(1) != call.dtype(2)) call.fail_dtype("two values of one type");
}

}  // namespace

const Op& where_op = row({
    .name = "where",
    .formula = "x where the mask is true, else y",
    .gradient = "dx = g where the mask is true, else 0; dy = g where it is false, else 0",
    .elsewhere = {"np.where", "torch.where", "jnp.where"},
    .arity = 3,
    .inputs = {"mask", "x", "y"},
    .traits = {.elementwise = true, .linear = 6, .jointly = true, .piecewise = 1},
    .infer = infer_where,
    .blocks = {choose_blocks<float>(), choose_blocks<double>(), choose_blocks<std::int64_t>(),
               choose_blocks<bool>()},
    .vjp =
        [](VjpCall& call) {
            const Variable zero = lift_number(call.g, 0);
            if (call.needs(1)) call.give(1, where(call.in(0), call.g, zero));
            if (call.needs(2)) call.give(2, where(call.in(0), zero, call.g));
        },
    .saves = 1,
    .samples = {{{{{2, 3}, 0, 2, DType::boolean}, {{2, 3}}, {{2, 3}}},
                 [](auto in) { return where(in[0], in[1], in[2]); }},
                {{{{3}, 0, 2, DType::boolean}, {{2, 3}}, {{2, 1}}},
                 [](auto in) { return where(in[0], in[1], in[2]); }},
                {{{{}, 0, 2, DType::boolean}, {{}}, {{3}}},
                 [](auto in) { return where(in[0], in[1], in[2]); }}},
});
Variable where(Variable condition, Variable x, Variable y)
{
    const Variable in[] = {condition, x, y};
    return Recorder::of(x).record(where_op, in);
}

namespace {

template <class To, class From>
XGRAD_CLONES void convert(To* out, const From* in, std::int64_t n)
{
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<To>(in[i]);
}
template <class To>
void convert_to(const KernelCall& call)
{
    const std::int64_t n = element_count(call.shape());
    To* const out = static_cast<To*>(call.out[0]);
    switch (call.dtype(0)) {
    case DType::float32: return convert(out, static_cast<const float*>(call.in[0]), n);
    case DType::float64: return convert(out, static_cast<const double*>(call.in[0]), n);
    case DType::int64: return convert(out, static_cast<const std::int64_t*>(call.in[0]), n);
    case DType::boolean: return convert(out, static_cast<const bool*>(call.in[0]), n);
    }
}

}  // namespace

const Op& cast_op = row({
    .name = "cast",
    .formula = "x in another element type",
    .gradient = "g, cast back; 0 through int64 and bool",
    .elsewhere = {"np.ndarray.astype", "torch.Tensor.to", "jax.Array.astype"},
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            call.out[0] = {call.type_named_by(call.a), call.graph[call.in[0]].shape};
        },
    .kernel =
        [](const KernelCall& call) {
            switch (call.dtype()) {
            case DType::float32: return convert_to<float>(call);
            case DType::float64: return convert_to<double>(call);
            case DType::int64: return convert_to<std::int64_t>(call);
            case DType::boolean: return convert_to<bool>(call);
            }
        },
    .vjp = [](VjpCall& call) { call.give(0, xgrad::cast(call.g, call.in(0).dtype())); },
    .saves = 0,
    .attributes =
        [](const Graph&, const Node& node) {
            return std::string(name_of(static_cast<DType>(static_cast<int>(node.a))));
        },
    .samples = {{{{{2, 3}}}, [](auto in) { return xgrad::cast(in[0], DType::float64); }},
                {{{{2, 3}}},
                 [](auto in) { return xgrad::cast(xgrad::cast(in[0], DType::int64), DType::float64); }}},
});

void compare_rows() {}

}  // namespace xgrad::detail

namespace xgrad {

Variable logical_not(Variable x) { return detail::Recorder::of(x).record(detail::logical_not_op, x); }

Variable cast(Variable x, DType dtype)
{
    if (x.dtype() == dtype) return x;
    return detail::Recorder::of(x).record(detail::cast_op, x, static_cast<double>(dtype));
}

}  // namespace xgrad
