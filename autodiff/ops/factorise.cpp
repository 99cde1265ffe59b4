// Cholesky's factorisation and q r.
#include "autodiff/ops/decompose.hpp"

namespace xgrad::detail {
namespace {

// Of a lower or upper triangle with the halved diagonal.
Variable half_diagonal(Variable triangle, Variable strict) { return (triangle + strict) * 0.5; }

// q [..., m, n], r [..., n, n]: da = (g_q + q c) r^-T, c the symmetric matrix with the lower triangle of r g_r^T - g_q^T q.
Variable pull_tall_qr(Variable q, Variable r, std::optional<Variable> gq, std::optional<Variable> gr)
{
    Variable m;
    if (gr) m = product(r, *gr, false, true);
    if (gq) {
        const Variable mq = product(*gq, q, true, false);
        m = gr ? m - mq : -mq;
    }
    const Variable symmetric = tril(m) + turned(tril(m, -1));
    const Variable rest = product(q, symmetric, false, false);
    return turned(record_triangular(r, turned(gq ? *gq + rest : rest), unchecked));
}

Variable symmetric_positive(Variable x) { return product(x, x, false, true) + eye(x, rows_of(x)); }

}  // namespace

const Op& cholesky_op = row({
    .name = "cholesky",
    .formula = "the lower triangular l with l l^T = a",
    .gradient = "(s + s^T) / 2, s = l^-T p l^-1, p the lower triangle of l^T g with half its diagonal",
    .elsewhere = {.numpy = "np.linalg.cholesky",
                  .torch = "torch.linalg.cholesky",
                  .jax = "jnp.linalg.cholesky"},
    .inputs = {"a"},
    .traits = {.may_throw = true},
    .infer = infer_square,
    .kernel =
        [](const KernelCall& call) {
            const Dims shape = call.shape();
            const std::int64_t n = shape.back();
            by_float(call.dtype(), [&]<class T>() {
                const kernels::Failure failure = kernels::each_matrix(
                    matrices_in(shape), cubed(static_cast<double>(n)) / 3, [&](std::int64_t i) {
                        return kernels::cholesky<T>(n, input<T>(call, 0) + i * n * n,
                                                    output<T>(call, 0) + i * n * n);
                    });
                if (failure.matrix >= 0)
                    refuse_matrix(call, shape.first(shape.size() - 2), failure.matrix,
                                  "is not positive definite: its leading minor of order " +
                                      std::to_string(failure.info) + " of " + std::to_string(n) +
                                      " is not positive (LAPACK's potrf met pivot " +
                                      std::to_string(failure.info) + " <= 0)");
            });
        },
    .vjp =
        [](VjpCall& call) {
            // Murray 2016, "Differentiation of the Cholesky decomposition".
            const Variable l = call.out(), lg = product(l, call.g, true, false);
            const Variable y =
                record_triangular(l, half_diagonal(tril(lg), tril(lg, -1)), lower | transposed);
            const Variable s = record_triangular(l, turned(y), lower | transposed);
            call.give(0, (s + turned(s)) * 0.5);
        },
    .examples = examples_of_matrices,
    .saves = 0x80,
    .flops = cubic_flops<1>,
    .samples = {{{{{3, 1, 1}, 0.5, 2}}, [](auto in) { return cholesky(in[0]); }},
                {{{{3, 3}}}, [](auto in) { return cholesky(symmetric_positive(in[0])); }},
                {{{{2, 2, 2}}}, [](auto in) { return cholesky(symmetric_positive(in[0])); }},
                {{{{2, 1, 4, 3}, -1, 1}}, [](auto in) { return cholesky(symmetric_positive(in[0])); }},
                {{{{1, 1}, 0.5, 2}}, [](auto in) { return cholesky(in[0]); }},
                {{{{0, 0}}}, [](auto in) { return cholesky(in[0]); }},
                {{{{0, 2, 2}}}, [](auto in) { return cholesky(in[0]); }}},
});

const Op& qr_op = row({
    .name = "qr",
    .formula = "a = q r, q^T q = 1, r upper triangular",
    .gradient =
        "(g_q + q c) r^-T, c the symmetric matrix with the lower triangle of r g_r^T - g_q^T q (m >= n)",
    .elsewhere = {.numpy = "np.linalg.qr", .torch = "torch.linalg.qr", .jax = "jnp.linalg.qr"},
    .outputs = 2,
    .inputs = {"a"},
    .traits = {.kink = "not finite where the first min(m, n) columns are dependent"},
    .infer =
        [](InferCall& call) {
            need_matrices(call);
            const Dims shape = call.shape(0);
            const std::int64_t m = shape[shape.size() - 2], n = shape.back(), k = std::min(m, n);
            call.out[0] = {call.dtype(0), batch_and(call, shape, 2, {m, k})};
            call.out[1] = {call.dtype(0), batch_and(call, shape, 2, {k, n})};
        },
    .kernel =
        [](const KernelCall& call) {
            const Dims shape = call.shape(0);
            const std::int64_t m = shape[shape.size() - 2], n = shape.back(), k = std::min(m, n);
            by_float(call.dtype(), [&]<class T>() {
                kernels::each_matrix(
                    matrices_in(shape), 4.0 * static_cast<double>(m * n * k), [&](std::int64_t i) {
                        kernels::qr<T>(m, n, input<T>(call, 0) + i * m * n, output<T>(call, 0) + i * m * k,
                                       output<T>(call, 1) + i * k * n);
                        return 0;
                    });
            });
        },
    .vjp =
        [](VjpCall& call) {
            const Variable q = call.out(0), r = call.out(1);
            auto gq = call.cotangent(0), gr = call.cotangent(1);
            const std::int64_t m = rows_of(q), n = columns_of(r);
            if (m >= n) return call.give(0, pull_tall_qr(q, r, gq, gr));
            // a = [x, y], r = [u, q^T y]: x has the factors q and u.
            std::optional<Variable> gu;
            Variable gy = zeros_like(block(call.in(0), {}, {m, n}));
            if (gr) {
                const Variable gv = block(*gr, {}, {m, n}),
                               from_v = product(block(call.in(0), {}, {m, n}), gv, false, true);
                gu = block(*gr, {}, {0, m});
                gy = product(q, gv, false, false);
                gq = gq ? *gq + from_v : from_v;
            }
            call.give(0, concat({pull_tall_qr(q, block(r, {}, {0, m}), gq, gu), gy}, -1));
        },
    .examples = examples_of_matrices,
    .flops =
        [](const Graph& graph, ValueId id) {
            const Dims shape = graph.shape(graph.inputs(id)[0]);
            const auto m = static_cast<double>(shape[shape.size() - 2]),
                       n = static_cast<double>(shape.back());
            return static_cast<double>(matrices_in(shape)) * 4 * m * n * std::min(m, n);
        },
    .samples = {{{{{3, 3}}}, [](auto in) { return qr(in[0]).q; }},
                {{{{3, 3}}}, [](auto in) { return qr(in[0]).r; }},
                {{{{2, 4, 2}}},
                 [](auto in) {
                     const Qr f = qr(in[0]);
                     return matmul(square(f.q), f.r);
                 }},
                {{{{2, 4}}},
                 [](auto in) {
                     const Qr f = qr(in[0]);
                     return matmul(square(f.q), f.r);
                 }},
                {{{{2, 2, 3}}}, [](auto in) { return qr(in[0]).q; }},
                {{{{2, 3}}}, [](auto in) { return square(qr(in[0]).r); }},
                {{{{1, 1}, 1, 2}}, [](auto in) { return qr(in[0]).r; }},
                {{{{0, 3}}}, [](auto in) { return qr(in[0]).r; }},
                {{{{3, 0}}}, [](auto in) { return qr(in[0]).q; }},
                {{{{0, 2, 2}}}, [](auto in) { return qr(in[0]).r; }}},
});

void factorise_rows() {}

}  // namespace xgrad::detail

namespace xgrad {

Variable cholesky(Variable a) { return detail::Recorder::of(a).record(detail::cholesky_op, a); }

Qr qr(Variable a)
{
    detail::Recorder& recorder = detail::Recorder::of(a);
    const Variable q = recorder.record(detail::qr_op, a);
    return {q, recorder.output(q, 1)};
}

}  // namespace xgrad
