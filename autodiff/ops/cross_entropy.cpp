// Cross entropy of logits [rows, classes] and labels [rows], in one kernel.
#include <algorithm>
#include <string>
#include <vector>

#include "autodiff/kernels/softmax.hpp"
#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

double flops_of_rows(const Graph& graph, ValueId id)
{
    return 4.0 * static_cast<double>(graph.count(graph.inputs(id)[0]));
}
void infer_cross_entropy(InferCall& call)
{
    if (!is_floating(call.dtype(0)) || call.dtype(1) != DType::int64)
        call.fail_dtype("float logits [rows, classes] and int64 labels [rows]");
    const Dims z = call.shape(0), labels = call.shape(1);
    if (z.size() != 2 || labels.size() != 1) call.fail_shape("logits [rows, classes] and labels [rows]");
    if (labels[0] != z[0]) call.fail_shape("logits [rows, classes] and labels [rows]", {{0, 0}, {1, 0}});
    call.out[0] = {call.dtype(0), call.graph[call.in[1]].shape};
}
// Labels as the kernels take them, those of rows that do not count as 0, and how many count. node.a: the label that does
// not (ignore_index); node.b: 1 if losses are scaled so that their mean is that over the rows that count.
struct Labels {
    const std::int64_t* label;
    std::int64_t counted;
};
// Is every label a class, and none of them the one that does not count? The sign of what is or'ed says so.
bool all_count(const Node& node, const std::int64_t* label, std::int64_t rows, std::int64_t classes)
{
    const auto last = static_cast<std::uint64_t>(classes - 1);
    std::uint64_t outside = 0;  // unsigned: the difference may wrap
#pragma omp simd reduction(| : outside)
    for (std::int64_t i = 0; i < rows; ++i) {
        const auto each = static_cast<std::uint64_t>(label[i]);
        outside |= each | (last - each);
    }
    const auto ignored = static_cast<std::int64_t>(node.a);
    return outside >> 63 == 0 &&
           (ignored < 0 || ignored >= classes || std::find(label, label + rows, ignored) == label + rows);
}
Labels check_labels(const KernelCall& call, const std::int64_t* label, std::int64_t rows,
                    std::int64_t classes)
{
    if (all_count(call.node(), label, rows, classes)) return {label, rows};
    const auto ignored = static_cast<std::int64_t>(call.node().a);
    std::int64_t counted = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
        if (label[i] >= 0 && label[i] < classes && label[i] != ignored)
            ++counted;
        else if (label[i] != ignored)
            throw ValueError("cross_entropy: label " + std::to_string(label[i]) + " of row " +
                             std::to_string(i) + " (at [" + std::to_string(i) + "]) is not one of 0 .. " +
                             std::to_string(classes - 1) + " (nor ignore_index, " + std::to_string(ignored) +
                             ")");
    }
    if (counted == rows) return {label, rows};
    thread_local std::vector<std::int64_t> replaced;
    replaced.assign(label, label + rows);
    std::ranges::replace(replaced, ignored, std::int64_t{0});
    return {replaced.data(), counted};
}
// What a row's loss is multiplied by.
double scale_of(const Node& node, std::int64_t rows, std::int64_t counted)
{
    return node.b == 0 ? 1 : static_cast<double>(rows) / static_cast<double>(counted);
}
std::string ignored_text(const Graph&, const Node& node)
{
    return node.a == static_cast<double>(default_ignore_index)
               ? std::string()
               : "ignore " + std::to_string(static_cast<std::int64_t>(node.a));
}

}  // namespace

extern const Op& cross_entropy_vjp_op;

const Op& cross_entropy_op = row({
    .name = "cross_entropy",
    .formula = "ln sum_j e^(z_j) - z_label",
    .gradient = "g (softmax(z) - one_hot(label))",
    .elsewhere = {"", "F.cross_entropy", "optax.softmax_cross_entropy_with_integer_labels"},
    .arity = 2,
    .inputs = {"logits", "labels"},
    .traits = {.may_throw = true, .position_free = false, .low = 0},
    .infer = infer_cross_entropy,
    .kernel =
        [](const KernelCall& call) {
            const std::int64_t rows = call.shape(0)[0], classes = call.shape(0)[1];
            const auto* given = input<std::int64_t>(call, 1);
            const auto checked = check_labels(call, given, rows, classes);
            const auto* const label = checked.label;
            const std::int64_t counted = checked.counted;
            by_float(call.dtype(), [&]<class T>() {
                T* const loss = output<T>(call, 0);
                if (counted > 0 || rows == 0)
                    kernels::cross_entropy<T>(input<T>(call, 0), label, loss, rows, classes);
                if (counted == rows) return;
                const T scale = static_cast<T>(scale_of(call.node(), rows, counted));
                const T none = counted > 0 ? T(0) : 0 * scale;  // NaN, if a mean over nothing is asked for
                const auto ignored = static_cast<std::int64_t>(call.node().a);
                for (std::int64_t i = 0; i < rows; ++i)
                    loss[i] = given[i] == ignored ? none : scale * loss[i];
            });
        },
    .vjp =
        [](VjpCall& call) {
            const Variable in[] = {call.g, call.in(0), call.in(1)};
            call.give(0, call.recorder().record(cross_entropy_vjp_op, in, call.a(), call.b()));
        },
    .saves = 3,
    .flops = flops_of_rows,
    .attributes = ignored_text,
    .samples = {{{{{3, 4}}, {{3}, 0, 4, DType::int64}},
                 [](auto in) { return cross_entropy_rows(in[0], in[1]); }},
                {{{{3, 4}}, {{3}, 0, 4, DType::int64}},
                 [](auto in) { return cross_entropy_rows(in[0], in[1], 1); }},
                {{{{7, 3}}, {{7}, 0, 3, DType::int64}},
                 [](auto in) { return cross_entropy_for_mean(in[0], in[1], 1); }}},
});

const Op& cross_entropy_vjp_op = row({
    .name = "cross_entropy_vjp",
    .formula = "g (softmax(z) - one_hot(label))",
    .derived_from = "cross_entropy",
    .arity = 3,
    .traits = {.position_free = false, .linear = 1},
    .infer = infer_like<1>,
    .kernel =
        [](const KernelCall& call) {
            const std::int64_t rows = call.shape()[0], classes = call.shape()[1];
            const auto* given = input<std::int64_t>(call, 2);
            const auto checked = check_labels(call, given, rows, classes);
            const auto* const label = checked.label;
            const std::int64_t counted = checked.counted;
            by_float(call.dtype(), [&]<class T>() {
                T* const dz = output<T>(call, 0);
                if (counted > 0 || rows == 0)
                    kernels::cross_entropy_vjp<T>(input<T>(call, 0), input<T>(call, 1), label, dz, rows,
                                                  classes);
                if (counted == rows) return;
                const T scale = static_cast<T>(scale_of(call.node(), rows, counted));
                const auto ignored = static_cast<std::int64_t>(call.node().a);
                for (std::int64_t i = 0; i < rows * classes; ++i)
                    dz[i] = given[i / classes] == ignored ? T(0) : scale * dz[i];
            });
        },
    .expand =
        [](std::span<const Variable> in, const Node& node) {
            const std::int64_t rows = in[1].shape()[0], classes = in[1].shape()[1];
            const Variable hot =
                cast(equal(reshape(in[2], {rows, 1}), arange(in[1], classes)), in[1].dtype());
            const Variable counts = not_equal(in[2], node.a);
            Variable g = in[0];
            if (node.b != 0) g = g * (static_cast<double>(rows) / sum(cast(counts, in[1].dtype())));
            return reshape(where(counts, g, 0), {rows, 1}) * (softmax(in[1]) - hot);
        },
    .flops = flops_of_rows,
    .attributes = ignored_text,
});

void cross_entropy_family() {}

}  // namespace xgrad::detail

namespace xgrad {
using detail::Recorder;

Variable cross_entropy_rows(Variable z, Variable labels, std::int64_t ignore_index)
{
    return Recorder::of(z).record(detail::cross_entropy_op, z, labels, static_cast<double>(ignore_index));
}
Variable detail::cross_entropy_for_mean(Variable z, Variable labels, std::int64_t ignore_index)
{
    return Recorder::of(z).record(detail::cross_entropy_op, z, labels, static_cast<double>(ignore_index), 1);
}

}  // namespace xgrad
