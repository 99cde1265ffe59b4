// Rows from formulas: one generic callable for an op's value and one for each derivative, written once. Over numbers
// a callable is a vectorised block kernel; over Variables it emits nodes. Internal.
#pragma once

#include <bit>
#include <type_traits>
#include <utility>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/vector_math.hpp"
#include "xgrad/autodiff/ops.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

// ---------------------------------------------------------------- what formulas may call

// Over numbers. (Over Variables the same names are the public functions.)
namespace formula {
// Declared one by one: a using directive would be hidden by functions of the same name.
using kernels::vm::abs, kernels::vm::acos, kernels::vm::acosh, kernels::vm::asin, kernels::vm::asinh,
    kernels::vm::atan, kernels::vm::atan2, kernels::vm::atanh, kernels::vm::cbrt, kernels::vm::cos,
    kernels::vm::cosh, kernels::vm::erf, kernels::vm::erfc, kernels::vm::exp, kernels::vm::exp2,
    kernels::vm::expm1, kernels::vm::floor, kernels::vm::hypot, kernels::vm::log, kernels::vm::log10,
    kernels::vm::log1p, kernels::vm::log2, kernels::vm::pow, kernels::vm::sin, kernels::vm::sinh,
    kernels::vm::sqrt, kernels::vm::tan, kernels::vm::tanh, kernels::vm::trunc;

/// A constant in the type of x, so that float stays float; beside a Variable any number may stand.
template <class X>
XGRAD_INLINE constexpr auto number(const X&, double c)
{
    if constexpr (std::is_arithmetic_v<X>)
        return static_cast<X>(c);
    else
        return c;
}

template <class A, class B>
    requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B>)
XGRAD_INLINE std::common_type_t<A, B> where(bool condition, A yes, B no)
{
    using T = std::common_type_t<A, B>;
    return condition ? static_cast<T>(yes) : static_cast<T>(no);
}
template <std::floating_point T>
XGRAD_INLINE T sigmoid(T x)
{
    const T e = exp(-abs(x));  // never overflows, and keeps the small tail
    return (x >= 0 ? T(1) : e) / (1 + e);
}
template <std::floating_point T>
XGRAD_INLINE T softplus(T x)
{
    return log1p(exp(-abs(x))) + (((x > 0) | (x != x)) ? x : T(0));
}
template <class T>
    requires std::is_arithmetic_v<T> XGRAD_INLINE T maximum(T x, T y) { return ((x > y) | (x != x)) ? x : y; }
template <class T>
    requires std::is_arithmetic_v<T> XGRAD_INLINE T minimum(T x, T y) { return ((x < y) | (x != x)) ? x : y; }

/// Stands for an operand to find out, at compile time, which operands a formula reads and how many ops it has.
struct Probe {
    unsigned mask = 0;
    unsigned ops = 0;
};
template <class T>
concept probe_or_number = std::same_as<T, Probe> || std::is_arithmetic_v<T>;
template <class A, class B>
concept probes = probe_or_number<A> && probe_or_number<B> &&
    (std::same_as<A, Probe> || std::same_as<B, Probe>);

constexpr Probe as_probe(Probe p) { return p; }
template <class T>
    requires std::is_arithmetic_v<T>
constexpr Probe as_probe(T) { return {}; }
template <class... A>
constexpr Probe combine(A... a)
{
    return {(as_probe(a).mask | ...), (as_probe(a).ops + ...) + 1};
}
template <class A, class B>
    requires probes<A, B>
constexpr Probe operator+(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe operator-(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe operator*(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe operator/(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe operator<(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe operator>(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe operator<=(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe operator>=(A a, B b) { return combine(a, b); }
constexpr Probe operator-(Probe a) { return combine(a); }
constexpr Probe exp(Probe a) { return combine(a); }
constexpr Probe log(Probe a) { return combine(a); }
constexpr Probe sin(Probe a) { return combine(a); }
constexpr Probe cos(Probe a) { return combine(a); }
constexpr Probe sinh(Probe a) { return combine(a); }
constexpr Probe cosh(Probe a) { return combine(a); }
constexpr Probe sqrt(Probe a) { return combine(a); }
constexpr Probe abs(Probe a) { return combine(a); }
constexpr Probe trunc(Probe a) { return combine(a); }
constexpr Probe floor(Probe a) { return combine(a); }
constexpr Probe expm1(Probe a) { return combine(a); }
constexpr Probe softplus(Probe a) { return combine(a); }
constexpr Probe sigmoid(Probe a) { return combine(a); }
constexpr Probe tanh(Probe a) { return combine(a); }
constexpr Probe erf(Probe a) { return combine(a); }
constexpr Probe erfc(Probe a) { return combine(a); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe pow(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe maximum(A a, B b) { return combine(a, b); }
template <class A, class B>
    requires probes<A, B>
constexpr Probe minimum(A a, B b) { return combine(a, b); }
template <class A, class B>
constexpr Probe where(Probe condition, A yes, B no)
{
    return combine(condition, yes, no);
}
}  // namespace formula
using formula::Probe;

// ---------------------------------------------------------------- block kernels

/// Formulas are called with their operands and, where the op has attributes, those as numbers of the same type.
template <class F, std::size_t attribute_count, class T, class... X>
XGRAD_INLINE auto call_formula(T a, T b, X... x)
{
    if constexpr (attribute_count == 0)
        return F{}(x...);
    else if constexpr (attribute_count == 1)
        return F{}(x..., a);
    else
        return F{}(x..., a, b);
}

/// How an element lies in memory. The padding of a mask holds any byte, which a bool must not be read from.
template <class T>
using Stored = std::conditional_t<std::same_as<T, bool>, unsigned char, T>;

// The loops are marked simd: operands either are the memory of the result or do not overlap it.
template <class F, std::size_t attribute_count, class Out, class X>
XGRAD_CLONES [[gnu::flatten]] void block_1(void* out, const void* x, const void*, const void*,
                                           const double* attributes, std::size_t n)
{
    Out* const o = static_cast<Out*>(out);
    const Stored<X>* const px = static_cast<const Stored<X>*>(x);
    const X a = attribute_count > 0 ? static_cast<X>(attributes[0]) : X(0);
    const X b = attribute_count > 1 ? static_cast<X>(attributes[1]) : X(0);
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        o[i] = static_cast<Out>(call_formula<F, attribute_count, X>(a, b, static_cast<X>(px[i])));
}

template <class F, std::size_t attribute_count, class Out, class X, unsigned single>
XGRAD_CLONES [[gnu::flatten]] void block_2(void* out, const void* x, const void* y, const void*,
                                           const double* attributes, std::size_t n)
{
    Out* const o = static_cast<Out*>(out);
    const Stored<X>* const px = static_cast<const Stored<X>*>(x);
    const Stored<X>* const py = static_cast<const Stored<X>*>(y);
    const X a = attribute_count > 0 ? static_cast<X>(attributes[0]) : X(0);
    const X b = attribute_count > 1 ? static_cast<X>(attributes[1]) : X(0);
    if constexpr (single == 0) {
#pragma omp simd
        for (std::size_t i = 0; i < n; ++i)
            o[i] = static_cast<Out>(
                call_formula<F, attribute_count, X>(a, b, static_cast<X>(px[i]), static_cast<X>(py[i])));
    } else if constexpr (single == 1) {
        const X x0 = static_cast<X>(px[0]);
#pragma omp simd
        for (std::size_t i = 0; i < n; ++i)
            o[i] = static_cast<Out>(call_formula<F, attribute_count, X>(a, b, x0, static_cast<X>(py[i])));
    } else {
        const X y0 = static_cast<X>(py[0]);
#pragma omp simd
        for (std::size_t i = 0; i < n; ++i)
            o[i] = static_cast<Out>(call_formula<F, attribute_count, X>(a, b, static_cast<X>(px[i]), y0));
    }
}

template <class F, std::size_t attribute_count, class Out, class First, class X>
XGRAD_CLONES [[gnu::flatten]] void block_3(void* out, const void* x, const void* y, const void* z,
                                           const double* attributes, std::size_t n)
{
    Out* const o = static_cast<Out*>(out);
    const Stored<First>* const px = static_cast<const Stored<First>*>(x);
    const Stored<X>* const py = static_cast<const Stored<X>*>(y);
    const Stored<X>* const pz = static_cast<const Stored<X>*>(z);
    const X a = attribute_count > 0 ? static_cast<X>(attributes[0]) : X(0);
    const X b = attribute_count > 1 ? static_cast<X>(attributes[1]) : X(0);
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        o[i] = static_cast<Out>(call_formula<F, attribute_count, X>(
            a, b, static_cast<First>(px[i]), static_cast<X>(py[i]), static_cast<X>(pz[i])));
}

/// The blocks of a formula of `arity` operands of type T.
template <class F, std::size_t arity, std::size_t attribute_count, class T, class Out = T>
BlockKernels blocks_of()
{
    if constexpr (arity == 1)
        return {&block_1<F, attribute_count, Out, T>};
    else if constexpr (arity == 2)
        return {&block_2<F, attribute_count, Out, T, 0>, &block_2<F, attribute_count, Out, T, 1>,
                &block_2<F, attribute_count, Out, T, 2>};
    else
        return {&block_3<F, attribute_count, Out, T, T>};
}

// ---------------------------------------------------------------- derivatives

/// A derivative formula G over (g, inputs..., value) restricted to the operands that it reads.
template <class G, unsigned mask, std::size_t operands, std::size_t attribute_count>
struct Restricted {
    static constexpr std::size_t used = static_cast<std::size_t>(std::popcount(mask));

    template <class... X>
    XGRAD_INLINE auto operator()(X... x) const
    {
        return call(std::make_index_sequence<operands>{}, x...);
    }

  private:
    template <std::size_t... i, class X0, class... X>
    XGRAD_INLINE static auto call(std::index_sequence<i...>, X0 x0, X... x)
    {
        // The first `used` arguments are operands, the rest attributes.
        const X0 first[] = {x0, static_cast<X0>(x)...};
        if constexpr (attribute_count == 0)
            return G{}(pick<i>(first)...);
        else if constexpr (attribute_count == 1)
            return G{}(pick<i>(first)..., first[used]);
        else
            return G{}(pick<i>(first)..., first[used], first[used + 1]);
    }
    template <std::size_t i, class X>
    XGRAD_INLINE static X pick(const X* operand)
    {
        if constexpr ((mask >> i & 1) != 0)
            return operand[std::popcount(mask & ((1u << i) - 1))];
        else
            return X{};
    }
};

/// One derivative of a row: either a node or two of plain ops, or a fused op of its own.
template <class G, std::size_t arity, std::size_t attribute_count>
struct Derivative {
    static constexpr std::size_t operands = arity + 2;  // g, the inputs, the value

    template <std::size_t... i>
    static constexpr Probe probe(std::index_sequence<i...>)
    {
        if constexpr (attribute_count == 0)
            return G{}(Probe{1u << i}...);
        else if constexpr (attribute_count == 1)
            return G{}(Probe{1u << i}..., 1.0);
        else
            return G{}(Probe{1u << i}..., 1.0, 1.0);
    }
    static constexpr Probe found = formula::as_probe(probe(std::make_index_sequence<operands>{}));
    static constexpr unsigned mask = found.mask;
    static constexpr bool fused = found.ops > 1;
    using Formula = Restricted<G, mask, operands, attribute_count>;
    static inline const Op* op = nullptr;  // the fused op

    static Variable operand(const VjpCall& call, std::size_t i)
    {
        return i == 0 ? call.g : i == operands - 1 ? call.out() : call.in(i - 1);
    }
    template <std::size_t... i>
    static Variable emit_plain(const VjpCall& call, std::index_sequence<i...>)
    {
        const auto pick = [&](std::size_t k) { return (mask >> k & 1) ? operand(call, k) : Variable(); };
        if constexpr (attribute_count == 0)
            return G{}(pick(i)...);
        else if constexpr (attribute_count == 1)
            return G{}(pick(i)..., call.a());
        else
            return G{}(pick(i)..., call.a(), call.b());
    }
    static Variable emit(const VjpCall& call)
    {
        if constexpr (!fused) {
            return emit_plain(call, std::make_index_sequence<operands>{});
        } else {
            Variable in[Formula::used];
            std::size_t count = 0;
            for (std::size_t i = 0; i < operands; ++i)
                if (mask >> i & 1) in[count++] = operand(call, i);
            Recorder& recorder = call.recorder();
            if constexpr (Formula::used == 2)
                return recorder.record(*op, in[0], in[1], call.a(), call.b());
            else
                return recorder.record(*op, std::span<const Variable>(in, Formula::used), call.a(), call.b());
        }
    }
    // The fused op over Variables: its own gradient comes from this.
    template <std::size_t... i>
    static Variable expand_with(std::span<const Variable> in, const Node& node, std::index_sequence<i...>)
    {
        if constexpr (attribute_count == 0)
            return Formula{}(in[i]...);
        else
            return expand_attributes(in, node, std::make_index_sequence<operands>{});
    }
    template <std::size_t... i>
    static Variable expand_attributes(std::span<const Variable> in, const Node& node,
                                      std::index_sequence<i...>)
    {
        const auto pick = [&](std::size_t k) {
            return (mask >> k & 1) ? in[static_cast<std::size_t>(std::popcount(mask & ((1u << k) - 1)))]
                                   : Variable();
        };
        if constexpr (attribute_count == 1)
            return G{}(pick(i)..., node.a);
        else
            return G{}(pick(i)..., node.a, node.b);
    }
    static Variable expand(std::span<const Variable> in, const Node& node)
    {
        return expand_with(in, node, std::make_index_sequence<Formula::used>{});
    }
    /// Registers the fused op.
    static void make(std::string_view name, const Op& forward)
    {
        if constexpr (fused) {
            static_assert(Formula::used <= 3, "a fused derivative reads at most three operands");
            Op derived;
            derived.name = name;
            derived.arity = static_cast<int>(Formula::used);
            derived.traits.elementwise = true;
            derived.traits.position_free = forward.traits.position_free;
            derived.traits.linear = 1;  // in g
            derived.blocks[0] = blocks_of<Formula, Formula::used, attribute_count, float>();
            derived.blocks[1] = blocks_of<Formula, Formula::used, attribute_count, double>();
            derived.expand = &expand;
            derived.derived_from = forward.name;
            op = &row(std::move(derived));
        }
    }
    /// Bit k: reads input k; bit 7: reads the value.
    static constexpr std::uint8_t saves()
    {
        std::uint8_t bits = 0;
        for (std::size_t k = 0; k < arity; ++k)
            if (mask >> (k + 1) & 1) bits |= static_cast<std::uint8_t>(1u << k);
        if (mask >> (arity + 1) & 1) bits |= 0x80;
        return bits;
    }
};

/// A row of one input: value f(x), derivative g(cotangent, x, value); each followed by the attributes, if any.
template <std::size_t attribute_count = 0, class F, class G>
Op unary(F, G, Op base)
{
    using D = Derivative<G, 1, attribute_count>;
    base.arity = 1;
    base.traits.elementwise = true;
    base.blocks[0] = blocks_of<F, 1, attribute_count, float>();
    base.blocks[1] = blocks_of<F, 1, attribute_count, double>();
    base.saves = D::saves();
    D::make(base.vjp_names[0], base);
    base.vjp = [](VjpCall& call) { call.give(0, D::emit(call)); };
    return base;
}

/// A row of two inputs: value f(x, y), derivatives gx, gy (cotangent, x, y, value).
template <std::size_t attribute_count = 0, class F, class GX, class GY>
Op binary(F, GX, GY, Op base)
{
    using DX = Derivative<GX, 2, attribute_count>;
    using DY = Derivative<GY, 2, attribute_count>;
    base.arity = 2;
    base.traits.elementwise = true;
    base.blocks[0] = blocks_of<F, 2, attribute_count, float>();
    base.blocks[1] = blocks_of<F, 2, attribute_count, double>();
    base.saves = DX::saves() | DY::saves();
    DX::make(base.vjp_names[0], base);
    DY::make(base.vjp_names[1], base);
    base.vjp = [](VjpCall& call) {
        if (call.needs(0)) call.give(0, DX::emit(call));
        if (call.needs(1)) call.give(1, DY::emit(call));
    };
    return base;
}

/// Adds the int64 kernel to a row whose formula is meant for integers too.
template <std::size_t arity, std::size_t attribute_count = 0, class F>
Op with_integers(F, Op base)
{
    base.blocks[static_cast<std::size_t>(DType::int64)] =
        blocks_of<F, arity, attribute_count, std::int64_t>();
    return base;
}

// ---------------------------------------------------------------- samples

/// Shapes that every elementwise row is tried on.
std::vector<Sample> unary_samples(Variable (*call)(Variable), double low = -2, double high = 2);
/// The same with NumPy's broadcasting between two inputs.
std::vector<Sample> binary_samples(Binary call, double low = -2, double high = 2, double low_y = -2,
                                   double high_y = 2);

}  // namespace xgrad::detail
