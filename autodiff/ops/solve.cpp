// Linear equations: solve, solve_triangular, inv, matrix_power. Derivatives: Giles 2008, "Collected matrix derivative results
// for forward and reverse mode algorithmic differentiation".
#include <cstring>

#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/decompose.hpp"

namespace xgrad::detail {
namespace {

// Inputs: a [..., n, n] and b [..., n, k], whose leading axes broadcast.
void infer_solve(InferCall& call)
{
    need_square(call);
    if (call.dtype(1) != call.dtype(0)) call.fail_dtype(one_type);
    const Dims a = call.shape(0), b = call.shape(1);
    if (b.size() < 2) call.fail_shape("b [n] or [..., n, k] beside a [..., n, n]");
    if (b[b.size() - 2] != a.back())
        call.fail_shape("as many rows in b as a has: " + std::to_string(a.back()) + " meet " +
                            std::to_string(b[b.size() - 2]),
                        {{0, a.size() - 1}, {1, b.size() - 2}});
    const std::size_t rank = std::max(a.size(), b.size());
    ShortList shape(rank);
    for (std::size_t axis = 0; axis + 2 < rank; ++axis) {
        const std::int64_t p = axis < rank - a.size() ? 1 : a[axis - (rank - a.size())];
        const std::int64_t q = axis < rank - b.size() ? 1 : b[axis - (rank - b.size())];
        if (p != q && p != 1 && q != 1)
            call.fail_shape("leading axes that broadcast",
                            {{0, axis - (rank - a.size())}, {1, axis - (rank - b.size())}});
        shape[axis] = p == 1 ? q : p;
    }
    shape[rank - 2] = a.back();
    shape[rank - 1] = b.back();
    call.out[0] = {call.dtype(0), call.graph.intern(shape)};
}

// Solves each system of a batch: Info = f(n, k, a, x) with x = b at first.
template <class T, class F>
void run_systems(const KernelCall& call, double flops, F f)
{
    const Dims a = call.shape(0), b = call.shape(1), shape = call.shape();
    const std::int64_t n = a.back(), k = b.back();
    const kernels::Failure failure = kernels::each_matrix(matrices_in(shape), flops, [&](std::int64_t i) {
        T* const x = output<T>(call, 0) + i * n * k;
        std::copy_n(input<T>(call, 1) + matrix_of_operand(i, shape, b) * n * k, n * k, x);
        return f(n, k, input<T>(call, 0) + matrix_of_operand(i, shape, a) * n * n, x);
    });
    if (failure.matrix < 0) return;
    const bool triangular = call.node().op->name == "solve_triangular";
    refuse_matrix(call, a.first(a.size() - 2), matrix_of_operand(failure.matrix, shape, a),
                  triangular
                      ? "is singular: element " + std::to_string(failure.info) + " of " + std::to_string(n) +
                            " on its diagonal is 0"
                      : "is singular: pivot " + std::to_string(failure.info) + " of " + std::to_string(n) +
                            " is 0 (LAPACK's getrf), expected one that can be inverted");
}

bool bit(double flags, int which) { return (static_cast<int>(flags) & which) != 0; }

template <int thirds>
double system_flops(const Graph& graph, ValueId id)
{
    const Dims shape = graph.shape(id);
    const auto n = static_cast<double>(shape[shape.size() - 2]), k = static_cast<double>(shape.back());
    return static_cast<double>(matrices_in(shape)) *
           (thirds / 3.0 * cubed(n) + (thirds == 0 ? 1 : 2) * n * n * k);
}

// What a triangular solve does not read has no gradient.
Variable read_part(Variable x, double flags)
{
    const int off = bit(flags, unit_diagonal) ? 1 : 0;
    return bit(flags, lower) ? tril(x, -off) : triu(x, off);
}

}  // namespace

// node.a: 1 to solve with the transpose of a.
const Op& solve_op = row({
    .name = "solve",
    .formula = "x with a x = b",
    .gradient = "da = -(a^-T g) x^T, db = a^-T g",
    .elsewhere = {.numpy = "np.linalg.solve", .torch = "torch.linalg.solve", .jax = "jnp.linalg.solve"},
    .arity = 2,
    .inputs = {"a", "b"},
    .traits = {.may_throw = true, .linear = 2},
    .infer = infer_solve,
    .kernel =
        [](const KernelCall& call) {
            const bool transposed = call.node().a != 0;
            by_float(call.dtype(), [&]<class T>() {
                run_systems<T>(call, cubed(static_cast<double>(call.shape(0).back())),
                               [&](std::int64_t n, std::int64_t k, const T* a, T* x) {
                                   return kernels::solve<T>(transposed, n, k, a, x);
                               });
            });
        },
    .vjp =
        [](VjpCall& call) {
            const bool transposed = call.a() != 0;
            const Variable db = record_solve(call.in(0), call.g, !transposed);
            if (call.needs(1)) call.give(1, db);
            if (call.needs(0))
                call.give(0, -(transposed ? product(call.out(), db, false, true)
                                          : product(db, call.out(), false, true)));
        },
    .examples = examples_of_matrices,
    .saves = 0x81,
    .flops = system_flops<2>,
    .attributes = [](const Graph&, const Node& node) { return std::string(node.a != 0 ? "a.T" : ""); },
    .samples = {{{{{2, 1, 1}, 1, 2}, {{2, 1, 3}}}, [](auto in) { return solve(in[0], in[1]); }},
                {{{{3, 3}}, {{3, 2}}}, [](auto in) { return solve(in[0] + 5 * eye(in[0], 3), in[1]); }},
                {{{{3, 3}}, {{3}}}, [](auto in) { return solve(in[0] + 5 * eye(in[0], 3), in[1]); }},
                {{{{2, 3, 3}}, {{2, 3}}}, [](auto in) { return solve(in[0] - 5 * eye(in[0], 3), in[1]); }},
                {{{{2, 1, 2, 2}}, {{3, 2, 1}}},
                 [](auto in) { return solve(in[0] + 4 * eye(in[0], 2), in[1]); }},
                {{{{2, 2}}, {{3, 2, 2}}},
                 [](auto in) { return record_solve(in[0] + 4 * eye(in[0], 2), in[1], true); }},
                {{{{0, 0}}, {{0, 2}}}, [](auto in) { return solve(in[0], in[1]); }},
                {{{{2, 2}}, {{2, 0}}}, [](auto in) { return solve(in[0] + 4 * eye(in[0], 2), in[1]); }},
                {{{{0, 2, 2}}, {{2, 3}}}, [](auto in) { return solve(in[0], in[1]); }}},
});

// node.a: Triangular's bits.
const Op& solve_triangular_op = row({
    .name = "solve_triangular",
    .formula = "x with a x = b, of one triangle of a",
    .gradient = "da = -(a^-T g) x^T within the triangle, db = a^-T g",
    .elsewhere = {.numpy = "scipy.linalg.solve_triangular",
                  .torch = "torch.linalg.solve_triangular",
                  .jax = "jax.scipy.linalg.solve_triangular"},
    .arity = 2,
    .inputs = {"a", "b"},
    .traits = {.may_throw = true, .linear = 2},
    .infer = infer_solve,
    .kernel =
        [](const KernelCall& call) {
            const double flags = call.node().a;
            by_float(call.dtype(), [&]<class T>() {
                run_systems<T>(call,
                               static_cast<double>(call.shape(0).back() * call.shape().back()) *
                                   static_cast<double>(call.shape(0).back()),
                               [&](std::int64_t n, std::int64_t k, const T* a, T* x) {
                                   return kernels::solve_triangular<T>(
                                       bit(flags, lower), bit(flags, transposed), bit(flags, unit_diagonal),
                                       !bit(flags, unchecked), n, k, a, x);
                               });
            });
        },
    .vjp =
        [](VjpCall& call) {
            const Variable db =
                record_triangular(call.in(0), call.g, static_cast<int>(call.a()) ^ transposed);
            if (call.needs(1)) call.give(1, db);
            if (call.needs(0))
                call.give(0, read_part(-(bit(call.a(), transposed) ? product(call.out(), db, false, true)
                                                                   : product(db, call.out(), false, true)),
                                       call.a()));
        },
    .examples = examples_of_matrices,
    .saves = 0x81,
    .flops = system_flops<0>,
    .attributes =
        [](const Graph&, const Node& node) {
            return std::string(bit(node.a, lower) ? "lower" : "upper") +
                   (bit(node.a, transposed) ? ", a.T" : "") + (bit(node.a, unit_diagonal) ? ", unit" : "");
        },
    .samples =
        {{{{{3, 3}, 1, 2}, {{3, 2}}}, [](auto in) { return solve_triangular(in[0], in[1]); }},
         {{{{3, 3}, 1, 2}, {{3}}}, [](auto in) { return solve_triangular(in[0], in[1], {.lower = true}); }},
         {{{{2, 3, 3}, 1, 2}, {{2, 3}}},
          [](auto in) { return solve_triangular(in[0], in[1], {.lower = true, .transposed = true}); }},
         {{{{2, 1, 2, 2}}, {{3, 2, 2}}},
          [](auto in) {
              return solve_triangular(in[0], in[1], {.transposed = true, .unit_diagonal = true});
          }},
         {{{{3, 3}, -1, 1}, {{2, 3, 1}}},
          [](auto in) { return solve_triangular(in[0], in[1], {.lower = true, .unit_diagonal = true}); }},
         {{{{0, 0}}, {{0, 2}}}, [](auto in) { return solve_triangular(in[0], in[1]); }},
         {{{{1, 1}, 1, 2}, {{1}}}, [](auto in) { return solve_triangular(in[0], in[1]); }}},
});

// node.a: 1 for NaN where the matrix is singular.
const Op& inv_op = row({
    .name = "inv",
    .formula = "a^-1",
    .gradient = "-y^T g y^T",
    .elsewhere = {.numpy = "np.linalg.inv", .torch = "torch.linalg.inv", .jax = "jnp.linalg.inv"},
    .inputs = {"a"},
    .traits = {.may_throw = true},
    .infer = infer_square,
    .kernel =
        [](const KernelCall& call) {
            const Dims shape = call.shape();
            const std::int64_t n = shape.back();
            by_float(call.dtype(), [&]<class T>() {
                check_regular(
                    call, kernels::each_matrix(matrices_in(shape), 2 * cubed(static_cast<double>(n)),
                                               [&](std::int64_t i) -> kernels::Info {
                                                   T* const y = output<T>(call, 0) + i * n * n;
                                                   const kernels::Info info = kernels::inverse<T>(
                                                       n, input<T>(call, 0) + i * n * n, y);
                                                   if (info == 0 || call.node().a == 0) return info;
                                                   std::fill_n(y, n * n, std::numeric_limits<T>::quiet_NaN());
                                                   return 0;
                                               }));
            });
        },
    .vjp =
        [](VjpCall& call) {
            call.give(0, -product(product(call.out(), call.g, true, false), call.out(), false, true));
        },
    .examples = examples_of_matrices,
    .saves = 0x80,
    .flops = cubic_flops<6>,
    .samples = {{{{{2, 1, 1}, 1, 2}}, [](auto in) { return inv(in[0]); }},
                {{{{3, 3}}}, [](auto in) { return inv(in[0] + 5 * eye(in[0], 3)); }},
                {{{{2, 2, 2, 2}}}, [](auto in) { return inv(in[0] - 4 * eye(in[0], 2)); }},
                {{{{5, 5}, -1, 1}}, [](auto in) { return inv(in[0] + 5 * eye(in[0], 5)); }},
                {{{{1, 1}, 1, 2}}, [](auto in) { return inv(in[0]); }},
                {{{{0, 0}}}, [](auto in) { return inv(in[0]); }},
                {{{{0, 2, 2}}}, [](auto in) { return inv(in[0]); }}},
});

namespace {
const bool described = composed({
    {.name = "matrix_power",
     .formula = "a a ... a, n times; the inverse's for negative n",
     .gradient = "through the products",
     .elsewhere = {.numpy = "np.linalg.matrix_power",
                   .torch = "torch.linalg.matrix_power",
                   .jax = "jnp.linalg.matrix_power"},
     .samples = {{{{{3, 3}, -1, 1}}, [](auto in) { return matrix_power(in[0], 3); }},
                 {{{{2, 2, 2}, -1, 1}}, [](auto in) { return matrix_power(in[0], 6); }},
                 {{{{3, 3}, -1, 1}}, [](auto in) { return matrix_power(in[0] + 4 * eye(in[0], 3), -2); }},
                 {{{{2, 2}}}, [](auto in) { return matrix_power(in[0], 1); }},
                 {{{{2, 2, 2}}}, [](auto in) { return matrix_power(in[0], 0); }},
                 {{{{0, 0}}}, [](auto in) { return matrix_power(in[0], 5); }}}},
});

// A vector for each matrix, rather than matrices: PyTorch's rule.
bool is_vector(Variable a, Variable b)
{
    const Dims x = a.shape(), y = b.shape();
    return y.size() == 1 || (x.size() >= 2 && std::ranges::equal(y, x.first(x.size() - 1)));
}

template <class F>
Variable solve_shaped(const char* name, Variable a, Variable b, const F& record)
{
    if (!is_vector(a, b)) return record(b);
    return compose(name, a, [&] {
        const Dims shape = a.shape();
        if (b.shape().size() == 1 && (shape.size() < 2 || shape[shape.size() - 2] != b.shape()[0]))
            throw ShapeError(std::string(name) + ": got " + to_string(shape) + " " +
                             std::string(name_of(a.dtype())) + ", " + to_string(b.shape()) + " " +
                             std::string(name_of(b.dtype())) + ", expected a [..., n, n] beside b [n]");
        return squeeze(record(as_column(b)), {-1});
    });
}
}  // namespace

Variable record_solve(Variable a, Variable b, bool transposed)
{
    return Recorder::of(a).record(solve_op, a, b, transposed ? 1 : 0);
}
Variable record_triangular(Variable a, Variable b, int flags)
{
    return Recorder::of(a).record(solve_triangular_op, a, b, flags);
}
Variable inverse_or_nan(Variable a) { return Recorder::of(a).record(inv_op, a, 1); }

Variable solve(Variable a, Variable b)
{
    return solve_shaped("solve", a, b, [&](Variable columns) { return record_solve(a, columns, false); });
}
Variable solve_triangular(Variable a, Variable b, int flags)
{
    return solve_shaped("solve_triangular", a, b,
                        [&](Variable columns) { return record_triangular(a, columns, flags); });
}

void solve_rows() {}

}  // namespace xgrad::detail

namespace xgrad {

Variable inv(Variable a) { return detail::Recorder::of(a).record(detail::inv_op, a); }

Variable matrix_power(Variable a, std::int64_t n)
{
    const Dims shape = a.shape();
    if (shape.size() < 2 || shape[shape.size() - 1] != shape[shape.size() - 2])
        throw ShapeError("matrix_power: got " + to_string(shape) + ", expected square matrices [..., n, n]");
    if (!is_floating(a.dtype()))
        throw DtypeError("matrix_power: got " + to_string(shape) + " " + std::string(name_of(a.dtype())) +
                         ", expected float32 or float64 (cast() converts)");
    return detail::compose("matrix_power", a, [&]() -> Variable {
        if (n == 0) return broadcast_to(eye(a, shape.back()), detail::as_shape(shape));
        Variable square = n < 0 ? inv(a) : a, result;
        // Its absolute value as unsigned, which also holds that of the smallest number.
        for (std::uint64_t left = n < 0 ? -static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);;) {
            if (left & 1)
                result =
                    detail::Recorder::is_set(result) ? detail::product(result, square, false, false) : square;
            left >>= 1;
            if (left == 0) return result;
            square = detail::product(square, square, false, false);
        }
    });
}

}  // namespace xgrad
