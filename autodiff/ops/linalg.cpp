// Matrix products.
#include <cstring>

#include "autodiff/kernels/gemm.hpp"
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/examples.hpp"
#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

// node.a, node.b: 1 when the first, the second operand is read transposed (in its last two axes); no copy is made.
struct Sizes {
    std::int64_t rows, columns;
};
Sizes matrix_of(Dims shape, bool transposed)
{
    const std::int64_t rows = shape[shape.size() - 2], columns = shape[shape.size() - 1];
    return transposed ? Sizes{columns, rows} : Sizes{rows, columns};
}

// The product of inputs `first` and `first` + 1.
template <std::size_t first>
void infer_product(InferCall& call)
{
    need_floating(call);
    for (std::size_t k = 1; k < call.in.size(); ++k)
        if (call.dtype(k) != call.dtype(0)) call.fail_dtype(one_type);
    const Dims x = call.shape(first), y = call.shape(first + 1);
    if (x.size() < 2 || y.size() < 2) call.fail_shape("matrices (at least 2-D)");
    const Sizes a = matrix_of(x, call.a != 0), b = matrix_of(y, call.b != 0);
    if (a.columns != b.rows)
        call.fail_shape(
            "equal inner lengths: " + std::to_string(a.columns) + " columns meet " + std::to_string(b.rows) +
                " rows",
            {{first, x.size() - (call.a != 0 ? 2 : 1)}, {first + 1, y.size() - (call.b != 0 ? 1 : 2)}});
    // Leading axes broadcast.
    const std::size_t rank = std::max(x.size(), y.size());
    if (rank > most_axes) call.fail_shape("at most 32 axes");
    ShortList shape(rank);
    for (std::size_t axis = 0; axis + 2 < rank; ++axis) {
        const std::int64_t p = axis < rank - x.size() ? 1 : x[axis - (rank - x.size())];
        const std::int64_t q = axis < rank - y.size() ? 1 : y[axis - (rank - y.size())];
        if (p != q && p != 1 && q != 1)
            call.fail_shape("leading axes that broadcast",
                            {{first, axis - (rank - x.size())}, {first + 1, axis - (rank - y.size())}});
        shape[axis] = p == 1 ? q : p;
    }
    shape[rank - 2] = a.rows;
    shape[rank - 1] = b.columns;
    call.out[0] = {call.dtype(0), call.graph.intern(shape)};
    if (first == 1 && call.graph[call.in[0]].shape != call.out[0].shape)
        call.fail_shape("a first operand of the product's shape " + to_string(Dims(shape)));
}

// out = beta out + the product of inputs `first` and `first` + 1.
template <std::size_t first, class T>
void run_products(const KernelCall& call)
{
    constexpr T beta = first;
    const Dims x = call.shape(first), y = call.shape(first + 1), shape = call.shape();
    const bool tx = call.node().a != 0, ty = call.node().b != 0;
    const Sizes a = matrix_of(x, tx), b = matrix_of(y, ty);
    const T* const px = static_cast<const T*>(call.in[first]);
    const T* const py = static_cast<const T*>(call.in[first + 1]);
    T* const out = static_cast<T*>(call.out[0]);
    const std::int64_t lda = x[x.size() - 1], ldb = y[y.size() - 1];
    const std::int64_t batch = element_count(shape.subspan(0, shape.size() - 2));
    if (y.size() == 2 && !tx) {  // one product over all leading axes
        kernels::gemm<T>(false, ty, batch * a.rows, b.columns, a.columns, 1, px, lda, py, ldb, beta, out,
                         b.columns);
        return;
    }
    const std::size_t leading = shape.size() - 2;
    const std::int64_t step_x = a.rows * a.columns, step_y = b.rows * b.columns, step = a.rows * b.columns;
    for (std::int64_t i = 0; i < batch; ++i) {
        // The place of batch i in each operand, whose leading axes may be repeated.
        std::int64_t rest = i, place_x = 0, place_y = 0, stride_x = 1, stride_y = 1;
        for (std::size_t axis = leading; axis-- > 0;) {
            const std::int64_t at = rest % shape[axis];
            rest /= shape[axis];
            const auto own = [&](Dims dims) {
                const std::size_t missing = shape.size() - dims.size();
                return axis < missing ? 1 : dims[axis - missing];
            };
            if (own(x) != 1) place_x += at * stride_x;
            if (own(y) != 1) place_y += at * stride_y;
            stride_x *= own(x);
            stride_y *= own(y);
        }
        kernels::gemm<T>(tx, ty, a.rows, b.columns, a.columns, 1, px + place_x * step_x, lda,
                         py + place_y * step_y, ldb, beta, out + i * step, b.columns);
    }
}

}  // namespace

Variable product(Variable x, Variable y, bool transpose_x, bool transpose_y);
Variable addmm(Variable c, Variable x, Variable y);

namespace {

// Of a row whose operands are inputs `first` and `first` + 1: C = A' B' with A' = A or its transpose: dA' = G B'.T, dB' = A'.T G.
template <std::size_t first>
void pull_product(VjpCall& call)
{
    const bool tx = call.a() != 0, ty = call.b() != 0;
    const Variable g = call.g, x = call.in(first), y = call.in(first + 1);
    if (call.needs(first)) call.give(first, tx ? product(y, g, ty, true) : product(g, y, false, !ty));
    if (!call.needs(first + 1)) return;
    if (call.shape(first + 1).size() == 2 && call.shape(first).size() > 2 && !tx) {
        // A weight used by a whole batch: one product over all rows instead of one a matrix and a sum.
        const Dims dims = call.shape(first);
        const std::int64_t count =
            element_count(dims.first(dims.size() - 1));  // -1 would not do: lengths may be 0
        const Shape flat_x = {count, dims.back()}, flat_g = {count, call.shape().back()};
        const Variable rows = reshape(x, flat_x), columns = reshape(g, flat_g);
        call.give(first + 1, ty ? product(columns, rows, true, false) : product(rows, columns, true, false));
        return;
    }
    call.give(first + 1, ty ? product(g, x, true, tx) : product(x, g, !tx, false));
}

template <std::size_t first>
double product_flops(const Graph& graph, ValueId id)
{
    const Node& node = graph[id];
    const Sizes a = matrix_of(graph.shape(graph.inputs(node)[first]), node.a != 0);
    return 2.0 * static_cast<double>(graph.count(id)) * static_cast<double>(a.columns);
}

std::string product_text(const Graph&, const Node& node)
{
    return std::string(node.a != 0 ? "x.T" : "") + (node.a != 0 && node.b != 0 ? ", " : "") +
           (node.b != 0 ? "y.T" : "");
}

std::optional<AffineStep> product_step(const Graph& graph, ValueId id, std::size_t which)
{
    const Node& node = graph[id];
    if (which != 0 || node.a != 0 || node.b != 0 || graph.shape(graph.inputs(node)[1]).size() != 2)
        return std::nullopt;
    return AffineStep{.weight = graph.inputs(node)[1]};
}

}  // namespace

extern const Op& addmm_op;

const Op& matmul_row = row({
    .name = "matmul",
    .formula = "x y, the product of the last two axes",
    .gradient = "dx = g y.T, dy = x.T g",
    .elsewhere = {"np.matmul", "torch.matmul", "jnp.matmul"},
    .arity = 2,
    .traits = {.linear = 3},
    .infer = infer_product<0>,
    .kernel =
        [](const KernelCall& call) { by_float(call.dtype(), [&]<class T>() { run_products<0, T>(call); }); },
    .vjp = pull_product<0>,
    .plus = []() -> const Op& { return addmm_op; },
    .examples = examples_of_product,
    .affine = product_step,
    .flops = product_flops<0>,
    .attributes = product_text,
    .samples = {{{{{2, 3}}, {{3, 4}}}, [](auto in) { return matmul(in[0], in[1]); }},
                {{{{3}}, {{3, 2}}}, [](auto in) { return matmul(in[0], in[1]); }},
                {{{{2, 3}}, {{3}}}, [](auto in) { return matmul(in[0], in[1]); }},
                {{{{3}}, {{3}}}, [](auto in) { return matmul(in[0], in[1]); }},
                {{{{2, 2, 3}}, {{3, 2}}}, [](auto in) { return matmul(in[0], in[1]); }},
                {{{{2, 3}}, {{2, 3, 2}}}, [](auto in) { return matmul(in[0], in[1]); }},
                {{{{2, 1, 2, 3}}, {{3, 3, 2}}}, [](auto in) { return matmul(in[0], in[1]); }},
                {{{{3, 2}}, {{3, 4}}}, [](auto in) { return product(in[0], in[1], true, false); }},
                {{{{2, 3}}, {{4, 3}}}, [](auto in) { return product(in[0], in[1], false, true); }},
                {{{{3, 2}}, {{4, 3}}}, [](auto in) { return product(in[0], in[1], true, true); }},
                {{{{2, 3, 2}}, {{2, 4, 3}}}, [](auto in) { return product(in[0], in[1], true, true); }},
                {{{{0, 3}}, {{3, 4}}}, [](auto in) { return matmul(in[0], in[1]); }},
                {{{{2, 0}}, {{0, 4}}}, [](auto in) { return matmul(in[0], in[1]); }}},
});

const Op& addmm_op = row({
    .name = "addmm",
    .formula = "c + x y, the product of the last two axes",
    .gradient = "dc = g, dx = g y.T, dy = x.T g",
    .elsewhere = {"", "torch.addmm", ""},
    .internal = true,
    .arity = 3,
    .inputs = {"c", "x", "y"},
    .traits = {.takes_over = true, .linear = 7},
    .infer = infer_product<1>,
    .kernel =
        [](const KernelCall& call) {
            if (call.out[0] != call.in[0])
                std::memcpy(call.out[0], call.in[0],
                            static_cast<std::size_t>(element_count(call.shape())) * size_of(call.dtype()));
            by_float(call.dtype(), [&]<class T>() { run_products<1, T>(call); });
        },
    .vjp =
        [](VjpCall& call) {
            call.give(0, call.g);
            pull_product<1>(call);
        },
    .saves = 6,
    .flops = [](const Graph& graph,
                ValueId id) { return product_flops<1>(graph, id) + static_cast<double>(graph.count(id)); },
    .attributes = product_text,
    .samples = {{{{{2, 4}}, {{2, 3}}, {{3, 4}}}, [](auto in) { return addmm(in[0], in[1], in[2]); }},
                {{{{2, 2, 2}}, {{2, 2, 3}}, {{3, 2}}}, [](auto in) { return addmm(in[0], in[1], in[2]); }},
                {{{{3, 2, 4}}, {{3, 2, 2}}, {{1, 2, 4}}}, [](auto in) { return addmm(in[0], in[1], in[2]); }},
                {{{{2, 0}}, {{2, 3}}, {{3, 0}}}, [](auto in) { return addmm(in[0], in[1], in[2]); }},
                {{{{2, 4}}, {{2, 0}}, {{0, 4}}}, [](auto in) { return addmm(in[0], in[1], in[2]); }}},
});

Variable product(Variable x, Variable y, bool transpose_x, bool transpose_y)
{
    return Recorder::of(x).record(matmul_row, x, y, transpose_x ? 1 : 0, transpose_y ? 1 : 0);
}

Variable matmul(Variable x, Variable y)
{
    const std::size_t rank_x = x.shape().size(), rank_y = y.shape().size();
    if (rank_x >= 2 && rank_y >= 2) return product(x, y, false, false);
    const auto refuse = [&](const char* expected, bool inner) {
        const Recorder& recorder = Recorder::of(x);
        const std::string path = recorder.graph.path(recorder.scope);
        const ShapeRow rows[] = {
            {"x", x.shape(), inner ? static_cast<int>(rank_x) - 1 : no_axis},
            {"y", y.shape(), inner ? static_cast<int>(rank_y) - (rank_y == 1 ? 1 : 2) : no_axis}};
        fail<ShapeError>(x, "matmul" + (path.empty() ? "" : " in " + path) + ": got " + to_string(x.shape()) +
                                " " + std::string(name_of(x.dtype())) + ", " + to_string(y.shape()) + " " +
                                std::string(name_of(y.dtype())) + ", expected " + expected +
                                aligned_shapes(rows));
    };
    if (rank_x == 0 || rank_y == 0) refuse("arrays of at least one axis (use * for a scalar)", false);
    // A 1-D operand is a row (first) or a column (second), whose axis does not appear in the result.
    const std::int64_t inner_x = x.shape().back(),
                       inner_y = rank_y == 1 ? y.shape()[0] : y.shape()[rank_y - 2];
    if (inner_x != inner_y) refuse("equal inner lengths", true);
    const Variable row = rank_x == 1 ? reshape(x, {1, -1}) : x;
    const Variable column = rank_y == 1 ? reshape(y, {-1, 1}) : y;
    const Variable z = product(row, column, false, false);
    Shape shape = as_shape(z.shape());
    if (rank_y == 1) shape.pop_back();
    if (rank_x == 1) shape.erase(shape.end() - (rank_y == 1 ? 1 : 2));
    // The first length stays open, so that a recorded graph fits other numbers of rows.
    if (!shape.empty() && element_count(Dims(shape).subspan(1)) > 0) shape[0] = -1;
    return reshape(z, shape);
}

Variable addmm(Variable c, Variable x, Variable y)
{
    const Variable in[] = {c, x, y};
    return Recorder::of(c).record(addmm_op, in);
}

void linalg_rows() {}

}  // namespace xgrad::detail
