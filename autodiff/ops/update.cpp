// One step of an optimizer as rows with several outputs, each one pass over the data.
#include <bit>
#include <cmath>

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/threads.hpp"
#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"
#include "xgrad/autodiff/update.hpp"

namespace xgrad::detail {
namespace {

// Inputs: p, g, the moments, then numbers of one element (rate, step).
template <std::size_t arrays>
void infer_update(InferCall& call)
{
    need_floating(call);
    for (std::size_t k = 1; k < call.in.size(); ++k) {
        if (call.dtype(k) != call.dtype(0))
            call.fail_dtype("one type for the parameter, its gradient and its state");
        if (k < arrays) {
            need_alike(call, 0, k, "a gradient and state of the parameter's shape");
        } else if (element_count(call.shape(k)) != 1) {
            call.fail_shape("a rate and a step of one element");
        }
    }
    for (Inferred& out : call.out) out = {call.dtype(0), call.graph[call.in[0]].shape};
}

// Outputs may be the memory of the inputs of the same name: each element is read before it is written.
template <class T>
XGRAD_CLONES void sgd(T* out, const T* p, const T* g, T rate, std::int64_t n)
{
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = p[i] - rate * g[i];
}
template <class T>
XGRAD_CLONES void sgd_momentum(T* out, T* out_m, const T* p, const T* g, const T* m, T rate, T mu,
                               std::int64_t n)
{
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        const T v = mu * m[i] + g[i];
        out_m[i] = v;
        out[i] = p[i] - rate * v;
    }
}
template <class T>
XGRAD_CLONES void sgd_nesterov(T* out, T* out_m, const T* p, const T* g, const T* m, T rate, T mu,
                               std::int64_t n)
{
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        const T v = mu * m[i] + g[i];
        const T step = g[i] + mu * v;
        out_m[i] = v;
        out[i] = p[i] - rate * step;
    }
}
struct AdamNumbers {
    double beta1, beta2, size, root, epsilon;
};
template <class T>
XGRAD_CLONES void adam(T* out, T* out_m, T* out_v, const T* p, const T* g, const T* m, const T* v,
                       const AdamNumbers& numbers, std::int64_t n)
{
    const T b1 = static_cast<T>(numbers.beta1), b2 = static_cast<T>(numbers.beta2);
    const T c1 = static_cast<T>(1 - numbers.beta1), c2 = static_cast<T>(1 - numbers.beta2);
    const T size = static_cast<T>(numbers.size), root = static_cast<T>(numbers.root);
    const T epsilon = static_cast<T>(numbers.epsilon);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        const T first = b1 * m[i] + c1 * g[i];
        const T second = b2 * v[i] + c2 * g[i] * g[i];
        const T step = size * first / (std::sqrt(second) * root + epsilon);
        out_m[i] = first;
        out_v[i] = second;
        out[i] = p[i] - step;
    }
}

// run(begin, count) for parts of a large parameter.
template <class F>
void by_parts(const KernelCall& call, F run)
{
    constexpr std::int64_t grain = 1 << 14;
    kernels::parallel_for(element_count(call.shape()), grain,
                          [&](std::int64_t begin, std::int64_t end) { run(begin, end - begin); });
}

}  // namespace

const Op& sgd_op = row({
    .name = "sgd_update",
    .formula = "p - rate g",
    .internal = true,
    .arity = 3,
    .traits = {.update = true},
    .infer = infer_update<2>,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                by_parts(call, [&](std::int64_t begin, std::int64_t n) {
                    sgd<T>(output<T>(call, 0) + begin, input<T>(call, 0) + begin, input<T>(call, 1) + begin,
                           *input<T>(call, 2), n);
                });
            });
        },
    .samples = {{{{{2, 3}}, {{2, 3}}, {{}, 0.1, 0.2}},
                 [](auto in) { return sgd_update(in[0], in[1], in[2]); }}},
});

// node.a: momentum; node.b: 1 for Nesterov's correction.
const Op& sgd_momentum_op = row({
    .name = "sgd_momentum_update",
    .formula = "m' = mu m + g, p' = p - rate m' (Nesterov: p - rate (g + mu m'))",
    .internal = true,
    .arity = 4,
    .outputs = 2,
    .traits = {.update = true},
    .infer = infer_update<3>,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                const auto run = call.node().b != 0 ? sgd_nesterov<T> : sgd_momentum<T>;
                by_parts(call, [&](std::int64_t begin, std::int64_t n) {
                    run(output<T>(call, 0) + begin, output<T>(call, 1) + begin, input<T>(call, 0) + begin,
                        input<T>(call, 1) + begin, input<T>(call, 2) + begin, *input<T>(call, 3),
                        static_cast<T>(call.node().a), n);
                });
            });
        },
    .flops = [](const Graph& graph, ValueId id) { return 4.0 * static_cast<double>(graph.count(id)); },
    .attributes =
        [](const Graph&, const Node& node) {
            return "momentum " + number_text(node.a) + (node.b != 0 ? ", Nesterov" : "");
        },
    .samples =
        {{{{{2, 3}}, {{2, 3}}, {{2, 3}}, {{}, 0.1, 0.2}},
          [](auto in) { return sgd_momentum_update(in[0], in[1], in[2], in[3], 0.9, false).parameter; }},
         {{{{5}}, {{5}}, {{5}}, {{}, 0.1, 0.2}},
          [](auto in) { return sgd_momentum_update(in[0], in[1], in[2], in[3], 0.9, true).momentum; }}},
});

// node.a, node.b: the decay rates; node.list: the bits of epsilon.
const Op& adam_op = row({
    .name = "adam_update",
    .formula = "Adam: moments by exponential means, step by the bias-corrected ratio",
    .internal = true,
    .arity = 6,
    .outputs = 3,
    .traits = {.update = true},
    .infer = infer_update<4>,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                const double step = *input<T>(call, 5), b1 = call.node().a, b2 = call.node().b;
                const AdamNumbers numbers{b1, b2, *input<T>(call, 4) / (1 - std::pow(b1, step)),
                                          1 / std::sqrt(1 - std::pow(b2, step)),
                                          std::bit_cast<double>(call.attribute()[0])};
                by_parts(call, [&](std::int64_t begin, std::int64_t n) {
                    adam<T>(output<T>(call, 0) + begin, output<T>(call, 1) + begin,
                            output<T>(call, 2) + begin, input<T>(call, 0) + begin, input<T>(call, 1) + begin,
                            input<T>(call, 2) + begin, input<T>(call, 3) + begin, numbers, n);
                });
            });
        },
    .flops = [](const Graph& graph, ValueId id) { return 12.0 * static_cast<double>(graph.count(id)); },
    .attributes =
        [](const Graph& graph, const Node& node) {
            return "betas " + number_text(node.a) + ", " + number_text(node.b) + ", epsilon " +
                   number_text(std::bit_cast<double>(graph.list(node.list)[0]));
        },
    .samples = {{{{{2, 3}}, {{2, 3}}, {{2, 3}}, {{2, 3}, 0.1, 1}, {{}, 0.1, 0.2}, {{}, 2, 2}},
                 [](auto in) {
                     return adam_update(in[0], in[1], in[2], in[3], in[4], in[5], 0.9, 0.999, 1e-8).parameter;
                 }}},
});

void update_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

Variable sgd_update(Variable p, Variable g, Variable rate)
{
    const Variable in[] = {p, g, rate};
    return Recorder::of(p).record(detail::sgd_op, in);
}

MomentumUpdate sgd_momentum_update(Variable p, Variable g, Variable m, Variable rate, double mu,
                                   bool nesterov)
{
    Recorder& recorder = Recorder::of(p);
    const Variable in[] = {p, g, m, rate};
    const Variable result = recorder.record(detail::sgd_momentum_op, in, mu, nesterov ? 1 : 0);
    return {result, recorder.output(result, 1)};
}

AdamUpdate adam_update(Variable p, Variable g, Variable m, Variable v, Variable rate, Variable step,
                       double beta1, double beta2, double epsilon)
{
    Recorder& recorder = Recorder::of(p);
    const Variable in[] = {p, g, m, v, rate, step};
    const std::int64_t list[] = {std::bit_cast<std::int64_t>(epsilon)};
    const Variable result = recorder.record(detail::adam_op, in, beta1, beta2, recorder.graph.intern(list));
    return {result, recorder.output(result, 1), recorder.output(result, 2)};
}

}  // namespace xgrad
