// How the examples of a batch go through the ops of a backward pass. A value of `rows` keeps them apart along its first
// axis. Where that axis is summed over, a rule emits the summands instead, [examples] + shape; what is linear in such a
// sum is linear in its summands.
#include "autodiff/ops/examples.hpp"

#include <algorithm>

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad {

Variable ExamplesCall::in(std::size_t k) const { return recorder.handle(recorder.graph.inputs(id)[k]); }
Variable ExamplesCall::out() const { return recorder.handle(id); }
const Node& ExamplesCall::node() const { return recorder.graph[id]; }
Dims ExamplesCall::attribute() const { return recorder.graph.list(node().list); }

Variable ExamplesCall::by_example(std::size_t k) const
{
    const Variable x = in(k);
    const Dims shape = x.shape();
    Shape split = {examples, shape[0] / examples};
    split.insert(split.end(), shape.begin() + 1, shape.end());
    return reshape(x, split);
}

namespace detail {
namespace {

Dims shape_of(const ExamplesCall& call) { return call.recorder.graph.shape(call.id); }
Dims shape_of(const ExamplesCall& call, std::size_t k)
{
    return call.recorder.graph.shape(call.recorder.graph.inputs(call.id)[k]);
}

// [examples] + shape
Shape with_examples(const ExamplesCall& call, Dims shape)
{
    Shape result = {call.examples};
    result.insert(result.end(), shape.begin(), shape.end());
    return result;
}

// The same op with summands in place of the sums, which broadcasting lets have an axis in front.
Share recorded_again(ExamplesCall& call)
{
    std::vector<Variable> in;
    for (std::size_t k = 0; k < call.shares.size(); ++k)
        in.push_back(call.shares[k] == Share::summed ? call.summands[k] : call.in(k));
    const Node node = call.node();
    return call.summed(call.recorder.record(*node.op, in, node.a, node.b, node.list));
}

Share elementwise(ExamplesCall& call)
{
    const Op& op = *call.node().op;
    const Dims shape = shape_of(call);
    std::size_t sums = 0, rows = 0, last_sum = 0;
    for (std::size_t k = 0; k < call.shares.size(); ++k) {
        if (call.shares[k] == Share::rows) {
            const Dims x = shape_of(call, k);
            if (x.size() != shape.size() || shape.empty() || x[0] != shape[0]) return Share::unknown;
            ++rows;
        } else if (call.shares[k] == Share::summed) {
            if (!std::ranges::equal(shape_of(call, k), shape)) return Share::unknown;
            ++sums;
            last_sum = k;
        }
    }
    if (sums == 0) return Share::rows;
    if (rows > 0) return Share::unknown;
    if (op.traits.jointly ? sums != call.shares.size() : sums > 1 || !(op.traits.linear >> last_sum & 1))
        return Share::unknown;
    if (op.affine != nullptr) {  // a number that is added would be added to each summand
        const auto step = op.affine(call.recorder.graph, call.id, last_sum);
        if (step && step->shift != 0) return Share::unknown;
    }
    return recorded_again(call);
}

// A sum or a mean along axes.
Share reduction(ExamplesCall& call)
{
    const Node node = call.node();
    const Dims axes = call.attribute();
    const bool rows = call.shares[0] == Share::rows;
    if (rows && !contains(axes, 0)) return Share::rows;
    if (node.op->traits.averages) return Share::unknown;  // of examples: no derivative emits that
    Axes behind;                                          // the axes of an array with the examples in front
    for (const std::int64_t axis : axes) behind.push_back(axis + 1);
    return call.summed(sum(rows ? call.by_example(0) : call.summands[0], behind, node.a != 0));
}

// An op along the last axis: rows stay apart unless there is but one axis.
Share row_wise(ExamplesCall& call)
{
    const RowsKernel& kernel = call.node().op->rows;
    if (kernel.fits != nullptr && !kernel.fits(call.recorder.graph, call.id)) return Share::unknown;
    const std::size_t rank = shape_of(call).size();
    if (rank < 2 || kernel.output(0) != RowForm::full) return Share::unknown;
    for (std::size_t k = 0; k < call.shares.size(); ++k) {
        if (call.shares[k] == Share::whole) continue;
        if (call.shares[k] != Share::rows || kernel.input(k) == RowForm::fixed) return Share::unknown;
    }
    return Share::rows;
}

}  // namespace

Share examples_of_traits(ExamplesCall& call)
{
    const Op& op = *call.node().op;
    if (op.traits.elementwise) return elementwise(call);
    if (op.traits.sums || op.traits.averages) return reduction(call);
    if (op.traits.by_rows != 0) {
        for (std::size_t k = 0; k < call.shares.size(); ++k)
            if (call.shares[k] != Share::whole &&
                (call.shares[k] != Share::rows || !(op.traits.by_rows >> k & 1)))
                return Share::unknown;
        return Share::rows;
    }
    if (op.rows.run != nullptr) return row_wise(call);
    return Share::unknown;
}

Share examples_of_reshape(ExamplesCall& call)
{
    const Dims shape = shape_of(call);
    if (call.shares[0] == Share::summed)
        return call.summed(reshape(call.summands[0], with_examples(call, shape)));
    // In order, each example is a stretch of elements: whole rows if their number can be divided by the examples'.
    return !shape.empty() && shape[0] > 0 && shape[0] % call.examples == 0 ? Share::rows : Share::unknown;
}

Share examples_of_permute(ExamplesCall& call)
{
    const Dims order = call.attribute();
    if (call.shares[0] == Share::rows) return !order.empty() && order[0] == 0 ? Share::rows : Share::unknown;
    Axes behind = {0};
    for (const std::int64_t axis : order) behind.push_back(axis + 1);
    return call.summed(permute(call.summands[0], behind));
}

Share examples_of_broadcast_to(ExamplesCall& call)
{
    const Dims from = shape_of(call, 0), to = shape_of(call);
    if (call.shares[0] == Share::rows)
        return from.size() == to.size() && from[0] == to[0] ? Share::rows : Share::unknown;
    Shape aligned(to.size() - from.size(), 1);
    aligned.insert(aligned.end(), from.begin(), from.end());
    return call.summed(
        broadcast_to(reshape(call.summands[0], with_examples(call, aligned)), with_examples(call, to)));
}

Share examples_of_sum_to(ExamplesCall& call)
{
    const Dims from = shape_of(call, 0), to = shape_of(call);
    Shape aligned(from.size() - to.size(), 1);
    aligned.insert(aligned.end(), to.begin(), to.end());
    Variable x;
    if (call.shares[0] == Share::rows) {
        if (to.size() == from.size() && to[0] == from[0]) return Share::rows;
        x = call.by_example(0);
        aligned.insert(aligned.begin(), call.examples);
    } else {
        x = call.summands[0];
        aligned.insert(aligned.begin(), call.examples);
    }
    return call.summed(reshape(sum_to(x, aligned), with_examples(call, to)));
}

// Along the first axis everything is taken.
Share examples_of_slice(ExamplesCall& call)
{
    const Dims from = shape_of(call, 0), list = call.attribute();
    if (call.shares[0] == Share::rows) {
        const bool all = list.empty() || (shape_of(call)[0] == from[0] && list[2] == 1);
        return all ? Share::rows : Share::unknown;
    }
    Shape behind = {0, call.examples, 1};
    behind.insert(behind.end(), list.begin(), list.end());
    return call.summed(
        call.recorder.record(*call.node().op, call.summands[0], 0, 0, call.recorder.graph.intern(behind)));
}
Share examples_of_unslice(ExamplesCall& call)
{
    const Dims from = shape_of(call, 0), list = call.attribute();  // start, step and length of each axis
    if (call.shares[0] == Share::rows)
        return list[0] == 0 && list[1] == 1 && list[2] == from[0] ? Share::rows : Share::unknown;
    Shape behind = {0, 1, call.examples};
    behind.insert(behind.end(), list.begin(), list.end());
    return call.summed(
        call.recorder.record(*call.node().op, call.summands[0], 0, 0, call.recorder.graph.intern(behind)));
}

// matmul: node.a and node.b say which operand's last two axes are exchanged.
Share examples_of_product(ExamplesCall& call)
{
    const Node node = call.node();
    const Dims x = shape_of(call, 0), y = shape_of(call, 1);
    const bool tx = node.a != 0, ty = node.b != 0;
    const Share sx = call.shares[0], sy = call.shares[1];
    if (sx == Share::summed || sy == Share::summed) {
        // Of two operands of as many axes at most, the sum's may have one more in front.
        const bool fits =
            sx == Share::whole ? x.size() <= y.size() : sy == Share::whole && y.size() <= x.size();
        return fits ? recorded_again(call) : Share::unknown;
    }
    if (x.size() > 2 || y.size() > 2) {  // a batch of matrices, over the examples in front
        const std::size_t rank = std::max(x.size(), y.size());
        const auto goes_along = [&](Share share, Dims dims) {
            return share == Share::whole || (dims.size() == rank && dims[0] == shape_of(call)[0]);
        };
        return goes_along(sx, x) && goes_along(sy, y) ? Share::rows : Share::unknown;
    }
    if (sx == Share::rows && !tx && sy == Share::whole) return Share::rows;
    // The examples are what is summed over: x.T g, one outer product an example.
    const bool over_x = tx && (sx == Share::rows || sx == Share::whole);
    const bool over_y = !ty && (sy == Share::rows || sy == Share::whole);
    if (over_x && over_y && x[0] == y[0] && x[0] % call.examples == 0) {
        const Variable in[] = {call.by_example(0), call.by_example(1)};
        return call.summed(call.recorder.record(*node.op, in, node.a, node.b));
    }
    return Share::unknown;
}

Share examples_of_attention(ExamplesCall& call)
{
    const bool apart = std::ranges::none_of(call.shares, [](Share s) { return s == Share::summed; });
    return apart && shape_of(call).size() > 2 ? Share::rows : Share::unknown;
}

// Inputs: g, the indices and the weight. Every example gets rows of its own in one weight that is as often as long.
Share examples_of_embedding_vjp(ExamplesCall& call)
{
    if (call.shares[0] != Share::rows || call.shares[1] != Share::whole) return Share::unknown;
    const Dims index = shape_of(call, 1), weight = shape_of(call);
    if (index.empty() || index[0] % call.examples != 0) return Share::unknown;
    const std::int64_t count = element_count(index);
    const Variable indices = reshape(call.in(1), {call.examples, count / call.examples});
    const Variable first = reshape(arange(indices, call.examples), {-1, 1}) * weight[0];
    const Variable in[] = {reshape(call.in(0), {count, weight[1]}), reshape(indices + first, {count}),
                           full(call.in(0), {call.examples * weight[0], weight[1]}, 0)};
    return call.summed(
        reshape(call.recorder.record(*call.node().op, in), {call.examples, weight[0], weight[1]}));
}

// Inputs: x and g, images or sequences; groups times as many, one for each of them and each group.
Share examples_of_conv_weight_grad(ExamplesCall& call)
{
    if (call.shares[0] == Share::summed || call.shares[1] == Share::summed) return Share::unknown;
    if (shape_of(call, 0)[0] != call.examples || shape_of(call, 1)[0] != call.examples) return Share::unknown;
    const Dims list = call.attribute();
    Shape grouped(list.begin(), list.end());
    grouped[6] *= call.examples;  // behind stride, padding and dilation, two each
    const auto channels_of_all = [&](std::size_t k) {
        const Dims shape = shape_of(call, k);
        Shape one(shape.begin(), shape.end());
        one[1] *= one[0], one[0] = 1;
        return reshape(call.in(k), one);
    };
    const Variable in[] = {channels_of_all(0), channels_of_all(1)};
    const Variable weights =
        call.recorder.record(*call.node().op, in, 0, 0, call.recorder.graph.intern(grouped));
    return call.summed(reshape(weights, with_examples(call, shape_of(call))));
}

}  // namespace detail
}  // namespace xgrad
