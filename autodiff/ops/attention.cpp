// Attention: one row over packed projections, which are read where they stand, and the same composed of other ops.
#include "autodiff/kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autodiff/kernels/threads.hpp"
#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/examples.hpp"
#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {

Variable product(Variable x, Variable y, bool transpose_x, bool transpose_y);

namespace {

// node.a: the number of heads; node.b: 1 for a causal mask.
void infer_attention(InferCall& call)
{
    need_floating(call);
    const Dims x = call.shape(0);
    const auto heads = static_cast<std::int64_t>(call.a);
    if (x.size() < 2) call.fail_shape("projections [..., steps, 3 * heads * width]");
    if (heads < 1 || x.back() % (3 * heads) != 0)
        call.fail_shape("projections [..., steps, 3 * heads * width] with " + std::to_string(heads) +
                        " heads: a last axis that 3 * " + std::to_string(heads) + " divides");
    ShortList y, p;
    for (const std::int64_t length : x.first(x.size() - 2)) y.push_back(length), p.push_back(length);
    if (p.size() + 3 > most_axes) call.fail_shape("at most 31 axes");
    const std::int64_t steps = x[x.size() - 2];
    y.push_back(steps), y.push_back(x.back() / 3);
    p.push_back(heads), p.push_back(steps), p.push_back(steps);
    call.out[0] = {call.dtype(0), call.graph.intern(y)};
    call.out[1] = {call.dtype(0), call.graph.intern(p)};
}

kernels::AttentionSizes sizes_of(Dims qkv, const Node& node)
{
    const auto heads = static_cast<std::int64_t>(node.a);
    return {qkv[qkv.size() - 2], heads, qkv.back() / (3 * heads), node.b != 0};
}
std::int64_t places(Dims qkv, const Node& node)
{
    return element_count(qkv.first(qkv.size() - 2)) * static_cast<std::int64_t>(node.a);
}

std::string attention_text(const Graph&, const Node& node)
{
    return number_text(node.a) + (node.a == 1 ? " head" : " heads") + (node.b != 0 ? ", causal" : "");
}
// A product of [steps, width] and [width, steps] for every head, `count` times.
double products(const Graph& graph, ValueId id, ValueId qkv, double count)
{
    const Dims x = graph.shape(qkv);
    const kernels::AttentionSizes s = sizes_of(x, graph[id]);
    return count * 2.0 * static_cast<double>(places(x, graph[id])) * static_cast<double>(s.steps * s.steps) *
           static_cast<double>(s.width);
}

// The steps that a causal mask lets be seen, [rows, columns].
Variable seen(Variable like, std::int64_t rows, std::int64_t columns)
{
    return greater_equal(reshape(arange(like, rows), {rows, 1}), arange(like, columns));
}
// softmax(scale q k.T), masked.
Variable weights(Variable q, Variable k, double scale, bool causal, std::optional<Variable> mask)
{
    Variable scores = product(q, k, false, true) * scale;
    const double never = -std::numeric_limits<double>::infinity();
    if (mask) scores = mask->dtype() == DType::boolean ? where(*mask, scores, never) : scores + *mask;
    if (causal)
        scores = where(seen(scores, scores.shape()[scores.shape().size() - 2], scores.shape().back()), scores,
                       never);
    return softmax(scores);
}

// Heads that are worth handing to another thread: some 10 microseconds.
std::int64_t heads_at_once(const kernels::AttentionSizes& sizes)
{
    constexpr double worth = 1 << 19;  // multiply-adds
    const double work = static_cast<double>(sizes.steps * sizes.steps) * static_cast<double>(2 * sizes.width);
    return static_cast<std::int64_t>(std::clamp(worth / std::max(work, 1.0), 1.0, 1e9));
}

}  // namespace

extern const Op& self_attention_vjp_op;

// Outputs: y, and the weights, which the gradient wants.
const Op& self_attention_op = row({
    .name = "self_attention",
    .formula = "softmax(q k.T / sqrt(width)) v for each head of x = [q, k, v]",
    .gradient = "ds = p (dp - sum(dp p)) / sqrt(width), dp = g v.T: dq = ds k, dk = ds.T q, dv = p.T g",
    .outputs = 2,
    .traits = {.position_free = false},
    .infer = infer_attention,
    .kernel =
        [](const KernelCall& call) {
            const Dims x = call.shape(0);
            by_float(call.dtype(), [&]<class T>() {
                const auto sizes = sizes_of(x, call.node());
                kernels::parallel_for(
                    places(x, call.node()), heads_at_once(sizes), [&](std::int64_t begin, std::int64_t end) {
                        kernels::attention<T>(static_cast<const T*>(call.in[0]), static_cast<T*>(call.out[0]),
                                              static_cast<T*>(call.out[1]), begin, end, sizes);
                    });
            });
        },
    .vjp =
        [](VjpCall& call) {
            // Nobody outside has the weights, so no cotangent of theirs comes.
            Recorder& recorder = call.recorder();
            const Variable in[] = {call.g, call.in(0), recorder.output(call.out(), 1)};
            call.give(0, recorder.record(self_attention_vjp_op, in, call.a(), call.b()));
        },
    .saves = 1,
    .flops = [](const Graph& graph, ValueId id) { return products(graph, id, graph.inputs(id)[0], 2); },
    .attributes = attention_text,
    .samples = {{{{{3, 6}}}, [](auto in) { return self_attention(in[0], 1); }},
                {{{{2, 3, 12}}}, [](auto in) { return self_attention(in[0], 2); }},
                {{{{2, 3, 6}}}, [](auto in) { return self_attention(in[0], 2, true); }},
                {{{{1, 5, 24}}}, [](auto in) { return self_attention(in[0], 1, true); }}},
});

const Op& self_attention_vjp_op = row({
    .name = "self_attention_vjp",
    .formula = "dp = g v.T, ds = p (dp - sum(dp p)) / sqrt(width): [ds k, ds.T q, p.T g]",
    .derived_from = "self_attention",
    .arity = 3,
    .traits = {.position_free = false, .linear = 1},
    .infer = infer_like<1>,
    .kernel =
        [](const KernelCall& call) {
            const Dims x = call.shape(1);
            by_float(call.dtype(), [&]<class T>() {
                const auto sizes = sizes_of(x, call.node());
                kernels::parallel_for(
                    places(x, call.node()), heads_at_once(sizes), [&](std::int64_t begin, std::int64_t end) {
                        kernels::attention_vjp<T>(static_cast<const T*>(call.in[0]),
                                                  static_cast<const T*>(call.in[1]),
                                                  static_cast<const T*>(call.in[2]),
                                                  static_cast<T*>(call.out[0]), begin, end, sizes);
                    });
            });
        },
    .expand =
        [](std::span<const Variable> in, const Node& node) {
            // From x itself: the weights that stand among the inputs depend on it.
            const Shape shape = as_shape(in[1].shape());
            const kernels::AttentionSizes s = sizes_of(shape, node);
            const std::int64_t parts = 3 * s.heads, batch = places(shape, node) / s.heads;
            const double scale = 1 / std::sqrt(static_cast<double>(s.width));
            // [batch, steps, parts, width] <-> [batch, parts, steps, width]
            const auto apart = [&](Variable x, std::int64_t count) {
                return transpose(reshape(x, {batch, s.steps, count, s.width}), 1, 2);
            };
            const Variable x = apart(in[1], parts), g = apart(in[0], s.heads);
            const auto part = [&](std::int64_t k) {
                return slice(x, {{}, {k * s.heads, (k + 1) * s.heads}});
            };
            const Variable q = part(0), k = part(1), v = part(2);
            const Variable p = weights(q, k, scale, s.causal, std::nullopt);
            const Variable dp = product(g, v, false, true);
            const Variable ds = p * (dp - sum(dp * p, -1, true)) * scale;
            const Variable joined =
                concat({matmul(ds, k), product(ds, q, true, false), product(p, g, true, false)}, 1);
            return reshape(transpose(joined, 1, 2), shape);
        },
    .examples = examples_of_attention,
    .flops = [](const Graph& graph, ValueId id) { return products(graph, id, graph.inputs(id)[1], 4); },
    .attributes = attention_text,
});

void attention_rows() {}

}  // namespace xgrad::detail

namespace xgrad {

Variable self_attention(Variable qkv, std::int64_t heads, bool causal)
{
    using namespace detail;
    return Recorder::of(qkv).record(self_attention_op, qkv, static_cast<double>(heads), causal ? 1 : 0);
}

Variable scaled_dot_product_attention(Variable q, Variable k, Variable v, const AttentionOptions& options)
{
    using namespace detail;
    need_floats("scaled_dot_product_attention", {q, k, v});
    const std::size_t rank_q = q.shape().size(), rank_k = k.shape().size();
    if (rank_q < 2 || rank_k < 2 || q.shape().back() != k.shape().back()) {
        const bool width = rank_q > 0 && rank_k > 0 && q.shape().back() != k.shape().back();
        const ShapeRow rows[] = {{"q", q.shape(), width ? static_cast<int>(rank_q) - 1 : no_axis},
                                 {"k", k.shape(), width ? static_cast<int>(rank_k) - 1 : no_axis}};
        throw ShapeError("scaled_dot_product_attention: q " + to_string(q.shape()) + " and k " +
                         to_string(k.shape()) + ", expected [..., steps, width] of one width" +
                         aligned_shapes(rows));
    }
    const std::size_t rank_v = v.shape().size();
    if (rank_v < 2 || v.shape()[rank_v - 2] != k.shape()[rank_k - 2]) {
        const int axis_k = rank_v < 2 ? no_axis : static_cast<int>(rank_k) - 2,
                  axis_v = rank_v < 2 ? no_axis : static_cast<int>(rank_v) - 2;
        const ShapeRow rows[] = {{"k", k.shape(), axis_k}, {"v", v.shape(), axis_v}};
        throw ShapeError("scaled_dot_product_attention: k " + to_string(k.shape()) + " and v " +
                         to_string(v.shape()) + ", expected as many steps in v as in k" +
                         aligned_shapes(rows));
    }
    const double scale =
        options.scale ? *options.scale : 1 / std::sqrt(static_cast<double>(q.shape().back()));
    return compose("scaled_dot_product_attention", q, [&] {
        return matmul(dropout(weights(q, k, scale, options.causal, options.mask), options.dropout), v);
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = detail::composed(
    {{.name = "scaled_dot_product_attention",
      .formula = "softmax(scale q k.T + mask) v",
      .gradient = "dv = p.T g, ds = p (dp - sum(dp p)), dp = g v.T: dq = scale ds k, dk = scale ds.T q",
      .elsewhere = {"", "F.scaled_dot_product_attention", "jax.nn.dot_product_attention"},
      .arity = 3,
      .inputs = {"q", "k", "v"},
      .samples = {
          {{{{2, 3, 4}}, {{2, 4, 4}}, {{2, 4, 2}}},
           [](Inputs in) { return scaled_dot_product_attention(in[0], in[1], in[2]); }},
          {{{{3, 2}}, {{3, 2}}, {{3, 2}}},
           [](Inputs in) {
               return scaled_dot_product_attention(in[0], in[1], in[2], {.causal = true, .scale = 0.5});
           }},
          {{{{3, 2}}, {{4, 2}}, {{4, 3}}, {{3, 4}}},
           [](Inputs in) { return scaled_dot_product_attention(in[0], in[1], in[2], {.mask = in[3]}); }},
          {{{{2, 2, 2}}, {{2, 3, 2}}, {{2, 3, 2}}},
           [](Inputs in) {
               const Variable seen =
                   in[0].tape().constant(xt::xarray<bool>{{true, false, true}, {false, true, true}});
               return scaled_dot_product_attention(in[0], in[1], in[2], {.mask = seen});
           }},
          {{{{0, 2}}, {{3, 2}}, {{3, 2}}},
           [](Inputs in) { return scaled_dot_product_attention(in[0], in[1], in[2]); }}}}});
}  // namespace

}  // namespace xgrad
