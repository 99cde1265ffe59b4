// Eigenvalues of symmetric matrices, singular values, the pseudo-inverse.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/decompose.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
namespace {

double spectral_flops(const Graph& graph, ValueId id)
{
    const Dims shape = graph.shape(graph.inputs(id)[0]);
    const auto m = static_cast<double>(shape[shape.size() - 2]), n = static_cast<double>(shape.back());
    return static_cast<double>(matrices_in(shape)) * 20 * m * n * std::min(m, n);
}

// x_j - x_i of a vector for each matrix, 1 on the diagonal.
Variable differences(Variable v, Variable identity) { return as_row(v) - as_column(v) + identity; }

Variable symmetric(Variable x) { return x + turned(x); }

// Giles 2008: v ((v^T g_v, its antisymmetric part) / (w_j - w_i) + diag(g_w)) v^T.
void pull_eigh(VjpCall& call)
{
    const Variable w = call.out(0), v = call.out(1);
    const auto gw = call.cotangent(0), gv = call.cotangent(1);
    if (!gv) return call.give(0, product(v * as_row(*gw), v, false, true));
    const Variable identity = eye(w, w.shape().back()), turn = product(v, *gv, true, false);
    Variable inner = (turn - turned(turn)) * 0.5 / differences(w, identity);
    if (gw) inner = inner + as_row(*gw) * identity;
    call.give(0, product(product(v, inner, false, false), v, false, true));
}

// Townsend 2016, "Differentiating the singular value decomposition", and for the further vectors of full matrices what keeps
// them orthogonal to the others: they turn as those do.
void pull_svd(VjpCall& call)
{
    const Variable s = call.out(1), all_u = call.out(0), all_vh = call.out(2);
    const auto gu = call.cotangent(0), gs = call.cotangent(1), gvh = call.cotangent(2);
    const std::int64_t m = rows_of(all_u), n = columns_of(all_vh), k = s.shape().back();
    const bool more_u = columns_of(all_u) > k, more_vh = rows_of(all_vh) > k;
    const auto first_columns = [&](Variable x) { return more_u ? block(x, {}, {0, k}) : x; };
    const auto first_rows = [&](Variable x) { return more_vh ? block(x, {0, k}, {}) : x; };
    const Variable u = first_columns(all_u), vh = first_rows(all_vh);
    if (!gu && !gvh) return call.give(0, product(u * as_row(*gs), vh, false, false));

    const Variable identity = eye(s, k);
    const Variable apart = (as_row(s) - as_column(s)) * (as_row(s) + as_column(s)) + identity;
    Variable inner;
    const auto add_inner = [&](Variable x) { inner = Recorder::is_set(inner) ? inner + x : x; };
    if (gs) add_inner(as_row(*gs) * identity);
    if (gu) {
        const Variable turn = product(u, first_columns(*gu), true, false);
        add_inner((turn - turned(turn)) / apart * as_row(s));
    }
    if (gvh) {
        const Variable turn = product(vh, first_rows(*gvh), false, true);
        add_inner((turn - turned(turn)) / apart * as_column(s));
    }
    Variable da = product(product(u, inner, false, false), vh, false, false);
    if (gu && m > k) {
        const Variable g = first_columns(*gu);
        Variable outside;  // what turns u out of its span
        if (more_u) {
            const Variable rest = block(all_u, {}, {k, m}), g_rest = block(*gu, {}, {k, m});
            outside =
                product(rest, product(rest, g, true, false) - product(g_rest, u, true, false), false, false);
        } else {
            outside = g - product(u, product(u, g, true, false), false, false);
        }
        da = da + product(outside / as_row(s), vh, false, false);
    }
    if (gvh && n > k) {
        const Variable g = first_rows(*gvh);
        Variable outside;
        if (more_vh) {
            const Variable rest = block(all_vh, {k, n}, {}), g_rest = block(*gvh, {k, n}, {});
            outside =
                product(product(g, rest, false, true) - product(vh, g_rest, false, true), rest, false, false);
        } else {
            outside = g - product(product(g, vh, false, true), vh, false, false);
        }
        da = da + product(u, outside / as_column(s), false, false);
    }
    call.give(0, da);
}

// What does not depend on signs.
Variable projectors(Variable x)
{
    const Eigh e = eigh(x);
    const Variable v = e.eigenvectors;
    return matmul(v * unsqueeze(tanh(e.eigenvalues), -2), transpose(v, -1, -2)) + square(v);
}
template <bool full>
Variable invariants(Variable x)
{
    const Svd f = svd(x, {.full_matrices = full});
    const std::int64_t k = f.s.shape().back();
    const Variable u = block(f.u, {}, {0, k}), vh = block(f.vh, {0, k}, {});
    Variable y = matmul(u * unsqueeze(tanh(f.s), -2), vh) + matmul(square(u), square(vh));
    if (full) {  // projectors on what the others leave
        const Variable left = block(f.u, {}, {k, rows_of(f.u)}), right = block(f.vh, {k, rows_of(f.vh)}, {});
        y = y + matmul(matmul(left, transpose(left, -1, -2)), y) +
            matmul(y, matmul(transpose(right, -1, -2), right));
    }
    return y;
}

}  // namespace

const Op& eigh_op = row({
    .name = "eigh",
    .formula = "a = v diag(w) v^T, v^T v = 1, of a symmetric a",
    .gradient = "v (f (v^T g_v) + diag(g_w)) v^T, f_ij = 1 / (w_j - w_i), 0 for i = j",
    .elsewhere = {.numpy = "np.linalg.eigh", .torch = "torch.linalg.eigh", .jax = "jnp.linalg.eigh"},
    .outputs = 2,
    .inputs = {"a"},
    .traits = {.may_throw = true, .kink = "of the eigenvectors not finite where eigenvalues are equal"},
    .infer =
        [](InferCall& call) {
            need_square(call);
            call.out[0] = {call.dtype(0), batch_and(call, call.shape(0), 1, {})};
            call.out[1] = {call.dtype(0), call.graph[call.in[0]].shape};
        },
    .kernel =
        [](const KernelCall& call) {
            const Dims shape = call.shape(0);
            const std::int64_t n = shape.back();
            by_float(call.dtype(), [&]<class T>() {
                check_spectrum(
                    call, kernels::each_matrix(matrices_in(shape), 9 * cubed(static_cast<double>(n)),
                                               [&](std::int64_t i) {
                                                   return kernels::eigh<T>(n, input<T>(call, 0) + i * n * n,
                                                                           output<T>(call, 0) + i * n,
                                                                           output<T>(call, 1) + i * n * n);
                                               }));
            });
        },
    .vjp = pull_eigh,
    .examples = examples_of_matrices,
    .saves = 0x80,
    .flops = cubic_flops<27>,
    .samples = {{{{{2, 1, 1}}}, [](auto in) { return eigh(in[0]).eigenvalues; }},
                {{{{3, 3}}}, [](auto in) { return eigh(symmetric(in[0])).eigenvalues; }},
                {{{{3, 3}}}, [](auto in) { return projectors(symmetric(in[0])); }},
                {{{{2, 2, 2}}}, [](auto in) { return projectors(symmetric(in[0])); }},
                {{{{4, 4}, -1, 1}}, [](auto in) { return square(eigh(symmetric(in[0])).eigenvectors); }},
                {{{{1, 1}}}, [](auto in) { return projectors(in[0]); }},
                {{{{0, 0}}}, [](auto in) { return eigh(in[0]).eigenvalues; }},
                {{{{0, 2, 2}}}, [](auto in) { return projectors(in[0]); }}},
});

// node.a: 1 for full matrices. Outputs: u, s, vh.
const Op& svd_op = row({
    .name = "svd",
    .formula = "a = u diag(s) vh, u^T u = 1, vh vh^T = 1",
    .gradient =
        "u (diag(g_s) + ((u^T g_u - g_u^T u) s_j + s_i (vh g_vh^T - g_vh vh^T)) / (s_j^2 - s_i^2)) vh + ...",
    .elsewhere = {.numpy = "np.linalg.svd", .torch = "torch.linalg.svd", .jax = "jnp.linalg.svd"},
    .outputs = 3,
    .inputs = {"a"},
    .traits =
        {.may_throw = true,
         .kink =
             "of u and vh not finite where singular values are equal (or 0, of a matrix that is not square)"},
    .infer =
        [](InferCall& call) {
            need_matrices(call);
            const Dims shape = call.shape(0);
            const std::int64_t m = shape[shape.size() - 2], n = shape.back(), k = std::min(m, n);
            const bool full = call.a != 0;
            call.out[0] = {call.dtype(0), batch_and(call, shape, 2, {m, full ? m : k})};
            call.out[1] = {call.dtype(0), batch_and(call, shape, 2, {k})};
            call.out[2] = {call.dtype(0), batch_and(call, shape, 2, {full ? n : k, n})};
        },
    .kernel =
        [](const KernelCall& call) {
            const Dims shape = call.shape(0);
            const std::int64_t m = shape[shape.size() - 2], n = shape.back(), k = std::min(m, n);
            const bool full = call.node().a != 0;
            by_float(call.dtype(), [&]<class T>() {
                check_spectrum(
                    call, kernels::each_matrix(
                              matrices_in(shape), 20.0 * static_cast<double>(m * n * k), [&](std::int64_t i) {
                                  return kernels::svd<T>(full, m, n, input<T>(call, 0) + i * m * n,
                                                         output<T>(call, 0) + i * m * (full ? m : k),
                                                         output<T>(call, 1) + i * k,
                                                         output<T>(call, 2) + i * n * (full ? n : k));
                              }));
            });
        },
    .vjp = pull_svd,
    .examples = examples_of_matrices,
    .saves = 0x80,
    .flops = spectral_flops,
    .attributes = [](const Graph&, const Node& node) { return std::string(node.a != 0 ? "full" : ""); },
    .samples = {{{{{3, 2}}}, [](auto in) { return svd(in[0]).s; }},
                {{{{3, 3}}}, [](auto in) { return invariants<true>(in[0]); }},
                {{{{4, 2}}}, [](auto in) { return invariants<false>(in[0]); }},
                {{{{2, 2, 3}}}, [](auto in) { return invariants<false>(in[0]); }},
                {{{{4, 2}}}, [](auto in) { return invariants<true>(in[0]); }},
                {{{{2, 2, 4}}}, [](auto in) { return invariants<true>(in[0]); }},
                {{{{1, 1}, 1, 2}}, [](auto in) { return invariants<true>(in[0]); }},
                {{{{0, 2}}}, [](auto in) { return svd(in[0], {.full_matrices = false}).s; }},
                {{{{0, 3, 2}}}, [](auto in) { return svd(in[0]).s; }}},
});

// node.a: the cutoff, beside the largest singular value.
const Op& pinv_op = row({
    .name = "pinv",
    .formula = "v diag(1 / s) u^T of the singular values that count",
    .gradient = "-y^T g y^T + (1 - a y) g^T y y^T + y^T y g^T (1 - y a)",
    .elsewhere = {.numpy = "np.linalg.pinv", .torch = "torch.linalg.pinv", .jax = "jnp.linalg.pinv"},
    .inputs = {"a"},
    .traits = {.may_throw = true, .kink = "that among matrices of the same rank"},
    .infer =
        [](InferCall& call) {
            need_matrices(call);
            const Dims shape = call.shape(0);
            call.out[0] = {call.dtype(0), batch_and(call, shape, 2, {shape.back(), shape[shape.size() - 2]})};
        },
    .kernel =
        [](const KernelCall& call) {
            const Dims shape = call.shape(0);
            const std::int64_t m = shape[shape.size() - 2], n = shape.back();
            by_float(call.dtype(), [&]<class T>() {
                const double given = call.node().a;
                const T cutoff = given >= 0
                                     ? static_cast<T>(given)
                                     : static_cast<T>(std::max(m, n)) * std::numeric_limits<T>::epsilon();
                check_spectrum(call, kernels::each_matrix(matrices_in(shape),
                                                          20.0 * static_cast<double>(m * n * std::min(m, n)),
                                                          [&](std::int64_t i) {
                                                              return kernels::pseudo_inverse<T>(
                                                                  m, n, input<T>(call, 0) + i * m * n,
                                                                  output<T>(call, 0) + i * m * n, cutoff);
                                                          }));
            });
        },
    .vjp =
        [](VjpCall& call) {
            const Variable a = call.in(0), y = call.out(), g = call.g;
            const Variable left = product(g, product(y, y, false, true), true, false);   // g^T y y^T
            const Variable right = product(product(y, y, true, false), g, false, true);  // y^T y g^T
            call.give(0, left - product(product(a, y, false, false), left, false, false) + right -
                             product(product(right, y, false, false), a, false, false) -
                             product(product(y, g, true, false), y, false, true));
        },
    .examples = examples_of_matrices,
    .flops = spectral_flops,
    .attributes =
        [](const Graph&, const Node& node) {
            return node.a >= 0 ? "rtol " + number_text(node.a) : std::string();
        },
    .samples = {{{{{3, 2}}}, [](auto in) { return pinv(in[0]); }},
                {{{{2, 2, 3}}}, [](auto in) { return pinv(in[0]); }},
                {{{{3, 3}}}, [](auto in) { return pinv(in[0] + 4 * eye(in[0], 3), 1e-3); }},
                {{{{3, 2}}, {{2, 4}}}, [](auto in) { return pinv(matmul(in[0], in[1]), 1e-5); }},
                {{{{1, 1}, 1, 2}}, [](auto in) { return pinv(in[0]); }},
                {{{{0, 2}}}, [](auto in) { return pinv(in[0]); }}},
});

namespace {
const bool described = composed({
    {.name = "eigvalsh",
     .formula = "the eigenvalues of a symmetric a",
     .gradient = "v diag(g) v^T",
     .elsewhere = {.numpy = "np.linalg.eigvalsh",
                   .torch = "torch.linalg.eigvalsh",
                   .jax = "jnp.linalg.eigvalsh"},
     .samples = {{{{{2, 1, 1}}}, [](auto in) { return eigvalsh(in[0]); }},
                 {{{{3, 3}}}, [](auto in) { return eigvalsh(symmetric(in[0])); }}}},
});
}  // namespace

void spectral_rows() {}

}  // namespace xgrad::detail

namespace xgrad {

Eigh eigh(Variable a)
{
    detail::Recorder& recorder = detail::Recorder::of(a);
    const Variable w = recorder.record(detail::eigh_op, a);
    return {w, recorder.output(w, 1)};
}

Variable eigvalsh(Variable a)
{
    return detail::compose("eigvalsh", a, [&] { return eigh(a).eigenvalues; });
}

Svd svd(Variable a, SvdOptions options)
{
    detail::Recorder& recorder = detail::Recorder::of(a);
    const Variable u = recorder.record(detail::svd_op, a, options.full_matrices ? 1 : 0);
    return {u, recorder.output(u, 1), recorder.output(u, 2)};
}

Variable pinv(Variable a, std::optional<double> rtol)
{
    if (rtol && !(*rtol >= 0))
        throw ValueError("pinv: rtol is " + number_text(*rtol) + ", expected a number from 0 on");
    return detail::Recorder::of(a).record(detail::pinv_op, a, rtol.value_or(-1));
}

}  // namespace xgrad
