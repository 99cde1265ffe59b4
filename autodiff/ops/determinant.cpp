// Determinants and their logarithms. The derivative of det is the matrix of cofactors, which any matrix has.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/decompose.hpp"

namespace xgrad::detail {

extern const Op &cofactor_op, &cofactor_vjp_op, &slogdet_op;

namespace {

void infer_determinant(InferCall& call)
{
    need_square(call);
    for (int k = 0; k < call.op.outputs; ++k)
        call.out[static_cast<std::size_t>(k)] = {call.dtype(0), batch_and(call, call.shape(0), 2, {})};
}

// Runs f(matrix i of the first input, i) for the whole batch.
template <class T, class F>
void run_batch(const KernelCall& call, double thirds, F f)
{
    const Dims shape = call.shape(0);
    const std::int64_t n = shape.back();
    check_spectrum(call, kernels::each_matrix(matrices_in(shape), thirds / 3 * cubed(static_cast<double>(n)),
                                              [&](std::int64_t i) -> kernels::Info { return f(n, i); }));
}

Variable matrix_like(Variable numbers) { return as_column(as_column(numbers)); }

}  // namespace

const Op& det_op = row({
    .name = "det",
    .formula = "the determinant of a",
    .gradient = "g times the matrix of cofactors",
    .elsewhere = {.numpy = "np.linalg.det", .torch = "torch.linalg.det", .jax = "jnp.linalg.det"},
    .inputs = {"a"},
    .infer = infer_determinant,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                run_batch<T>(call, 2, [&](std::int64_t n, std::int64_t i) {
                    output<T>(call, 0)[i] = kernels::determinant<T>(n, input<T>(call, 0) + i * n * n);
                    return 0;
                });
            });
        },
    .vjp =
        [](VjpCall& call) {
            call.give(0, matrix_like(call.g) * call.recorder().record(cofactor_op, call.in(0)));
        },
    .examples = examples_of_matrices,
    .saves = 1,
    .flops = cubic_flops<2>,
    .samples = {{{{{3, 3}}}, [](auto in) { return det(in[0]); }},
                {{{{2, 2, 2}}}, [](auto in) { return det(in[0]); }},
                {{{{2, 1, 4, 4}, -1, 1}}, [](auto in) { return det(in[0]); }},
                {{{{1, 1}}}, [](auto in) { return det(in[0]); }},
                {{{{0, 0}}}, [](auto in) { return det(in[0]); }},
                {{{{2, 0, 0}}}, [](auto in) { return det(in[0]); }},
                {{{{0, 3, 3}}}, [](auto in) { return det(in[0]); }},
                // Of rank 2 and of rank 1.
                {{{{3, 2}}, {{2, 3}}}, [](auto in) { return det(matmul(in[0], in[1])); }},
                {{{{3, 1}}, {{1, 3}}}, [](auto in) { return det(matmul(in[0], in[1])); }}},
});

const Op& cofactor_op = row({
    .name = "cofactor",
    .formula = "det(a) a^-T, where a can be inverted",
    .derived_from = "det",
    .inputs = {"a"},
    .traits = {.may_throw = true},
    .infer = infer_square,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                run_batch<T>(call, 6, [&](std::int64_t n, std::int64_t i) {
                    return kernels::cofactors<T>(n, input<T>(call, 0) + i * n * n,
                                                 output<T>(call, 0) + i * n * n);
                });
            });
        },
    .vjp = [](VjpCall& call) { call.give(0, call.recorder().record(cofactor_vjp_op, call.in(0), call.g)); },
    .examples = examples_of_matrices,
    .saves = 1,
    .flops = cubic_flops<6>,
});

// Inputs: a and g.
const Op& cofactor_vjp_op = row({
    .name = "cofactor_vjp",
    .formula = "det(a) (sum(g b) b - b g^T b), b = a^-T, where a can be inverted",
    .derived_from = "det",
    .arity = 2,
    .inputs = {"a", "g"},
    .traits = {.may_throw = true, .linear = 2},
    .infer = infer_square,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                run_batch<T>(call, 60, [&](std::int64_t n, std::int64_t i) {
                    return kernels::cofactors_vjp<T>(n, input<T>(call, 1) + i * n * n,
                                                     input<T>(call, 0) + i * n * n,
                                                     output<T>(call, 0) + i * n * n);
                });
            });
        },
    // The inverse is wanted from the third derivative on alone.
    .expand = [](std::span<const Variable> in, const Node&) -> Variable {
        const Variable b = turned(inv(in[0])), g = in[1];
        return matrix_like(det(in[0])) *
               (sum(g * b, {-2, -1}, true) * b - product(product(b, g, false, true), b, false, false));
    },
    .examples = examples_of_matrices,
    .flops = cubic_flops<60>,
});

const Op& slogdet_op = row({
    .name = "slogdet",
    .formula = "sign and logarithm of |det a|",
    .gradient = "g a^-T of the logarithm, 0 of the sign",
    .elsewhere = {.numpy = "np.linalg.slogdet", .torch = "torch.linalg.slogdet", .jax = "jnp.linalg.slogdet"},
    .outputs = 2,
    .inputs = {"a"},
    .traits = {.kink = "NaN where a is singular"},
    .infer = infer_determinant,
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                run_batch<T>(call, 2, [&](std::int64_t n, std::int64_t i) {
                    kernels::sign_and_log<T>(n, input<T>(call, 0) + i * n * n, output<T>(call, 0) + i,
                                             output<T>(call, 1) + i);
                    return 0;
                });
            });
        },
    .vjp =
        [](VjpCall& call) {
            const auto g = call.cotangent(1);
            if (g) call.give(0, matrix_like(*g) * turned(inverse_or_nan(call.in(0))));
        },
    .examples = examples_of_matrices,
    .saves = 1,
    .flops = cubic_flops<2>,
    .samples = {{{{{2, 1, 1}, 1, 2}}, [](auto in) { return slogdet(in[0]).logabsdet; }},
                {{{{3, 3}}}, [](auto in) { return slogdet(in[0] + 5 * eye(in[0], 3)).logabsdet; }},
                {{{{2, 3, 3}}}, [](auto in) { return slogdet(in[0] - 5 * eye(in[0], 3)).logabsdet; }},
                {{{{2, 2, 2}}},
                 [](auto in) {
                     const SignLogdet s = slogdet(in[0] - 4 * eye(in[0], 2));
                     return s.sign * square(s.logabsdet);
                 }},
                {{{{0, 0}}}, [](auto in) { return slogdet(in[0]).logabsdet; }}},
});

namespace {
const bool described = composed({
    {.name = "logdet",
     .formula = "ln det a",
     .gradient = "g a^-T",
     .elsewhere = {.torch = "torch.logdet"},
     .traits = {.kink = "NaN where a is singular; 0 where the determinant is negative, and ln det a is NaN"},
     .samples = {{{{{2, 1, 1}, 1, 2}}, [](auto in) { return logdet(in[0]); }},
                 {{{{3, 3}}}, [](auto in) { return logdet(in[0] + 5 * eye(in[0], 3)); }},
                 {{{{2, 2, 2}}}, [](auto in) { return logdet(in[0] - 4 * eye(in[0], 2)); }},
                 {{{{0, 0}}}, [](auto in) { return logdet(in[0]); }}}},
});
}  // namespace

void determinant_rows() {}

}  // namespace xgrad::detail

namespace xgrad {

Variable det(Variable a) { return detail::Recorder::of(a).record(detail::det_op, a); }

SignLogdet slogdet(Variable a)
{
    detail::Recorder& recorder = detail::Recorder::of(a);
    const Variable sign = recorder.record(detail::slogdet_op, a);
    return {sign, recorder.output(sign, 1)};
}

Variable logdet(Variable a)
{
    return detail::compose("logdet", a, [&] {
        const SignLogdet parts = slogdet(a);
        return where(parts.sign < 0, std::numeric_limits<double>::quiet_NaN(), parts.logabsdet);
    });
}

}  // namespace xgrad
