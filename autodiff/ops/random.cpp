// Random arrays from the counter-based stream: a value depends on seed, stream and element alone.
#include <bit>
#include <cmath>
#include <limits>

#include "autodiff/kernels/random.hpp"
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
namespace {

// node.a, node.b: the bits of seed and stream; node.list: the element type, a real attribute's bits, then the shape.
void infer_random(InferCall& call)
{
    const Dims list = call.attribute();
    const Shape shape = as_shape(list.subspan(2));
    call.out[0] = {static_cast<DType>(list[0]), call.graph.intern(shape)};
}
std::uint64_t seed_of(const KernelCall& call) { return std::bit_cast<std::uint64_t>(call.node().a); }
std::uint64_t stream_of(const KernelCall& call) { return std::bit_cast<std::uint64_t>(call.node().b); }

std::string random_text(const Graph& graph, const Node& node)
{
    const double real = std::bit_cast<double>(graph.list(node.list)[1]);
    return (real != 0 ? number_text(real) + ", " : "") + "seed " +
           std::to_string(std::bit_cast<std::uint64_t>(node.a)) + ", stream " +
           std::to_string(std::bit_cast<std::uint64_t>(node.b));
}

Variable draw_random(const Op& op, Variable like, const Shape& shape, double real, const char* who)
{
    Recorder& recorder = Recorder::of(like);
    const std::string from = (op.name == who ? "" : std::string(who) + ": ") + std::string(op.name);
    if (!is_floating(like.dtype()))
        throw DtypeError(from + ": random numbers are float32 or float64, not " +
                         std::string(name_of(like.dtype())));
    Shape list = {static_cast<std::int64_t>(like.dtype()), std::bit_cast<std::int64_t>(real)};
    for (const std::int64_t length : shape) {
        if (length < 0) throw ShapeError(from + ": shape " + to_string(shape) + " has a negative length");
        list.push_back(length);
    }
    const auto [seed, stream] = recorder.next_stream();
    return recorder.record(op, std::span<const Variable>(), std::bit_cast<double>(seed),
                           std::bit_cast<double>(stream), recorder.graph.intern(list));
}

// The largest number of that type below x.
double below(double x, DType dtype)
{
    constexpr double least = -std::numeric_limits<double>::infinity();
    if (dtype == DType::float64) return std::nextafter(x, least);
    const float near = static_cast<float>(x);
    return static_cast<double>(near) < x ? near
                                         : std::nextafter(near, -std::numeric_limits<float>::infinity());
}

}  // namespace

const Op& random_uniform_op = row({
    .name = "random_uniform",
    .formula = "uniform on [0, 1)",
    .gradient = "0",
    .elsewhere = {"np.random.uniform", "torch.rand", "jax.random.uniform"},
    .arity = 0,
    .traits = {.stochastic = true, .fixes_shape = true, .low = 0, .high = 1},
    .infer = infer_random,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                kernels::uniform<T>(static_cast<T*>(call.out[0]), element_count(call.shape()), seed_of(call),
                                    stream_of(call));
            });
        },
    .vjp = [](VjpCall&) {},
    .attributes = random_text,
    .samples = {{{{{2}}},
                 [](auto in) {
                     return random_uniform(in[0], {3, 4});
                 }},
                {{{{2}}}, [](auto in) { return random_uniform(in[0], {5}, -1, 3); }}},
});

const Op& random_normal_op = row({
    .name = "random_normal",
    .formula = "normal with mean 0 and deviation 1",
    .gradient = "0",
    .elsewhere = {"np.random.normal", "torch.randn", "jax.random.normal"},
    .arity = 0,
    .traits = {.stochastic = true, .fixes_shape = true},
    .infer = infer_random,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                kernels::normal<T>(static_cast<T*>(call.out[0]), element_count(call.shape()), seed_of(call),
                                   stream_of(call));
            });
        },
    .vjp = [](VjpCall&) {},
    .attributes = random_text,
    .samples = {{{{{2}}},
                 [](auto in) {
                     return random_normal(in[0], {3, 4});
                 }},
                {{{{2}}}, [](auto in) { return random_normal(in[0], {5}, 1, 0.5); }}},
});

const Op& dropout_mask_op = row({
    .name = "dropout_mask",
    .formula = "0 with probability p, else 1 / (1 - p)",
    .internal = true,
    .arity = 0,
    .traits = {.stochastic = true, .fixes_shape = true, .low = 0},
    .infer = infer_random,
    .kernel =
        [](const KernelCall& call) {
            const double p = std::bit_cast<double>(call.attribute()[1]);
            by_float(call.dtype(), [&]<class T>() {
                kernels::dropout_mask<T>(static_cast<T*>(call.out[0]), element_count(call.shape()), 1 - p,
                                         seed_of(call), stream_of(call));
            });
        },
    .vjp = [](VjpCall&) {},
    .attributes = random_text,
    .samples = {{{{{2, 3}}}, [](auto in) { return dropout(in[0], 0.5); }}},
});

void random_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable random_uniform(Variable like, const Shape& shape, double low, double high)
{
    if (!(low <= high && std::isfinite(high - low)))
        throw ValueError("random_uniform: [" + number_text(low) + ", " + number_text(high) +
                         ") is not an interval: low <= high, both finite, is expected");
    const Variable u = draw_random(random_uniform_op, like, shape, 0, "random_uniform");
    if (low == 0 && high == 1) return u;
    const Variable x = affine(u, high - low, low);
    // low + (high - low) u may round up to high, which the interval leaves out.
    return low < high ? minimum(x, below(high, like.dtype())) : x;
}

Variable random_normal(Variable like, const Shape& shape, double mean, double deviation)
{
    if (!(deviation >= 0))
        throw ValueError("random_normal: the deviation " + number_text(deviation) + " is negative or NaN");
    const Variable z = draw_random(random_normal_op, like, shape, 0, "random_normal");
    return mean == 0 && deviation == 1 ? z : affine(z, deviation, mean);
}

Variable dropout(Variable x, double p)
{
    if (!(p >= 0 && p < 1))
        throw ValueError("dropout: the probability " + number_text(p) + " is not in [0, 1)");
    if (!Recorder::of(x).training || p == 0) return x;
    return mul(x, draw_random(dropout_mask_op, x, as_shape(x.shape()), p, "dropout"));
}

namespace {
const bool described =
    composed({{.name = "dropout",
               .formula = "while training 0 with probability p, else x / (1 - p)",
               .gradient = "g with the same zeros and factor",
               .elsewhere = {"", "F.dropout", ""},
               .traits = {.stochastic = true, .linear = 1},
               .samples = {
                   {{{{2, 3}}}, [](std::span<const Variable> in) { return dropout(in[0], 0.5); }},
                   {{{{}}}, [](std::span<const Variable> in) { return dropout(in[0], 0.25); }},
                   {{{{0, 2}}}, [](std::span<const Variable> in) { return dropout(in[0], 0.25); }},
                   {{{{3}}}, [](std::span<const Variable> in) { return dropout(in[0], 0); }},
               }}});
}  // namespace

}  // namespace xgrad
