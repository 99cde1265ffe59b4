// Rows of a weight by their numbers.
#include "autodiff/kernels/gather.hpp"
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/examples.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

void infer_embedding(InferCall& call)
{
    if (call.dtype(0) != DType::int64 || !is_floating(call.dtype(1)))
        call.fail_dtype("int64 numbers of rows and a float weight [rows, width]");
    const Dims index = call.shape(0), weight = call.shape(1);
    if (weight.size() != 2) call.fail_shape("a weight [rows, width]");
    if (index.size() + 1 > most_axes) call.fail_shape("numbers of at most 31 axes");
    ShortList shape;
    for (const std::int64_t length : index) shape.push_back(length);
    shape.push_back(weight[1]);
    call.out[0] = {call.dtype(1), call.graph.intern(shape)};
}

void check_rows(const std::int64_t* index, Dims shape, std::int64_t rows)
{
    const std::int64_t count = element_count(shape);
    for (std::int64_t i = 0; i < count; ++i) {
        if (index[i] >= 0 && index[i] < rows) continue;
        Shape at(shape.size());
        for (std::size_t axis = shape.size(), rest = static_cast<std::size_t>(i); axis-- > 0;) {
            at[axis] = static_cast<std::int64_t>(rest) % shape[axis];
            rest /= static_cast<std::size_t>(shape[axis]);
        }
        throw ValueError("embedding: index " + std::to_string(index[i]) + " (at " + to_string(at) +
                         ") is not one of the weight's rows, " +
                         (rows == 0 ? "of which there are none" : "0 .. " + std::to_string(rows - 1)));
    }
}

}  // namespace

extern const Op& embedding_vjp_op;

const Op& embedding_op = row({
    .name = "embedding",
    .formula = "weight[index]",
    .gradient = "dweight: row r is the sum of g where index = r",
    .elsewhere = {"", "F.embedding", ""},
    .arity = 2,
    .inputs = {"indices", "weight"},
    .traits = {.may_throw = true, .linear = 2},
    .infer = infer_embedding,
    .kernel =
        [](const KernelCall& call) {
            const auto* index = static_cast<const std::int64_t*>(call.in[0]);
            check_rows(index, call.shape(0), call.shape(1)[0]);
            kernels::gather_rows(call.in[1], index, call.out[0], 0, element_count(call.shape(0)),
                                 static_cast<std::size_t>(call.shape(1)[1]) * size_of(call.dtype()));
        },
    .vjp =
        [](VjpCall& call) {
            const Variable in[] = {call.g, call.in(0), call.in(1)};
            if (call.needs(1)) call.give(1, call.recorder().record(embedding_vjp_op, in));
        },
    .saves = 1,
    .flops = [](const Graph&, ValueId) { return 0.0; },
    .samples = {{{{{2, 3}, 0, 5, DType::int64}, {{5, 4}}}, [](auto in) { return embedding(in[0], in[1]); }},
                {{{{7}, 0, 3, DType::int64}, {{3, 2}}}, [](auto in) { return embedding(in[0], in[1]); }},
                {{{{}, 0, 3, DType::int64}, {{3, 1}}}, [](auto in) { return embedding(in[0], in[1]); }},
                {{{{0}, 0, 3, DType::int64}, {{3, 2}}}, [](auto in) { return embedding(in[0], in[1]); }}},
});

// Inputs: g, the numbers, and the weight for its shape alone.
const Op& embedding_vjp_op = row({
    .name = "embedding_vjp",
    .formula = "row r: the sum of g where index = r",
    .derived_from = "embedding",
    .arity = 3,
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            call.out[0] = {call.dtype(2), call.graph[call.in[2]].shape};
        },
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                kernels::scatter_add_rows<T>(static_cast<const T*>(call.in[0]),
                                             static_cast<const std::int64_t*>(call.in[1]),
                                             static_cast<T*>(call.out[0]), element_count(call.shape(1)),
                                             call.shape()[0], call.shape()[1]);
            });
        },
    .vjp =
        [](VjpCall& call) {
            if (call.needs(0)) call.give(0, embedding(call.in(1), call.g));
        },
    .examples = examples_of_embedding_vjp,
    .saves = 2,
});

void embedding_rows() {}

Variable embedding(Variable indices, Variable weight)
{
    return Recorder::of(indices).record(embedding_op, indices, weight);
}

}  // namespace xgrad::detail
