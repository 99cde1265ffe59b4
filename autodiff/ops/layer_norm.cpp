// Layer normalisation over the last axis.
#include "autodiff/kernels/layer_norm.hpp"

#include <algorithm>
#include <vector>

#include "autodiff/ops/by_rows.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
namespace {

// Inputs: x, weight, bias; the last one or two may be missing.
void infer_layer_norm(InferCall& call)
{
    need_floating(call);
    const Dims x = call.shape(0);
    if (x.empty()) call.fail_shape("an array of at least one axis");
    for (std::size_t k = 1; k < call.in.size(); ++k) {
        if (call.dtype(k) != call.dtype(0)) call.fail_dtype(one_type);
        const auto expected = [&] {
            return "a weight and a bias of shape [" + std::to_string(x.back()) +
                   "], the length of the last axis";
        };
        if (call.shape(k).size() != 1) call.fail_shape(expected());
        if (call.shape(k)[0] != x.back()) call.fail_shape(expected(), {{0, x.size() - 1}, {k, 0}});
    }
    const ListId rows = call.graph.intern(x.first(x.size() - 1));
    call.out[0] = {call.dtype(0), call.graph[call.in[0]].shape};
    call.out[1] = call.out[2] = {call.dtype(0), rows};
}

std::string epsilon_text(const Graph&, const Node& node) { return "epsilon " + number_text(node.a); }

double layer_norm_flops(const Graph& graph, ValueId id) { return 8.0 * static_cast<double>(graph.count(id)); }

}  // namespace

extern const Op& layer_norm_vjp_op;

// node.a: epsilon. Outputs: y, and the mean and 1 / deviation of each row, which the gradient wants.
const Op& layer_norm_op = row({
    .name = "layer_norm",
    .formula = "(x - mean x) / sqrt(var x + epsilon) weight + bias",
    .gradient =
        "h = (x - mean x) / sqrt(var x + epsilon), u = g weight: (u - mean u - h mean(u h)) / sqrt(var x + "
        "epsilon); sum g h; sum g",
    .elsewhere = {"", "F.layer_norm", ""},
    .arity = -1,
    .outputs = 3,
    .inputs = {"x", "weight", "bias"},
    .infer = infer_layer_norm,
    .kernel = run_all_rows,
    .rows = {.run =
                 [](const RowsCall& call) {
                     by_float(call.node.dtype, [&]<class T>() {
                         kernels::layer_norm<T>(input<T>(call, 0), input<T>(call, 1), input<T>(call, 2),
                                                output<T>(call, 0), output<T>(call, 1), output<T>(call, 2),
                                                call.rows, call.length, call.node.a);
                     });
                 },
             .in = {RowForm::full, RowForm::fixed},
             .out = {RowForm::full, RowForm::each}},
    .vjp =
        [](VjpCall& call) {
            // Nobody outside has the mean and the deviation, so no cotangent of theirs comes.
            Recorder& recorder = call.recorder();
            std::vector<Variable> in = {call.g, call.in(0), recorder.output(call.out(), 1),
                                        recorder.output(call.out(), 2)};
            if (call.count() > 1) in.push_back(call.in(1));
            const Variable dx =
                recorder.record(layer_norm_vjp_op, in, call.a(), static_cast<double>(call.count() - 1));
            for (std::size_t k = 0; k < call.count(); ++k)
                if (call.needs(k)) call.give(k, recorder.output(dx, k));
        },
    .saves = 3,
    .flops = layer_norm_flops,
    .attributes = epsilon_text,
    .samples = {{{{{3, 4}}, {{4}}, {{4}}}, [](auto in) { return layer_norm(in[0], in[1], in[2]); }},
                {{{{2, 3, 5}}, {{5}}}, [](auto in) { return layer_norm(in[0], in[1], 1e-3); }},
                {{{{4, 70}}, {{70}}, {{70}}}, [](auto in) { return layer_norm(in[0], in[1], in[2]); }},
                {{{{7}}}, [](auto in) { return layer_norm(in[0]); }}},
});

// Inputs: g, x, mean and 1 / deviation of each row, weight if there is one. node.a: epsilon; node.b: how many of weight
// and bias there are. Outputs: the gradients of x, weight and bias; those of absent ones are empty.
const Op& layer_norm_vjp_op = row({
    .name = "layer_norm_vjp",
    .formula = "h = (x - mean) rstd, u = g weight: rstd (u - mean u - h mean(u h)), sum g h, sum g",
    .derived_from = "layer_norm",
    .arity = -1,
    .outputs = 3,
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            const std::int64_t none[] = {0};
            const ListId empty = call.graph.intern(none);
            call.out[0] = {call.dtype(1), call.graph[call.in[1]].shape};
            for (int k = 1; k < 3; ++k)
                call.out[static_cast<std::size_t>(k)] = {call.dtype(1),
                                                         call.b >= k ? call.graph[call.in[4]].shape : empty};
        },
    .kernel = run_all_rows,
    .rows = {.run =
                 [](const RowsCall& call) {
                     by_float(call.node.dtype, [&]<class T>() {
                         kernels::layer_norm_vjp<T>(input<T>(call, 0), input<T>(call, 1), input<T>(call, 2),
                                                    input<T>(call, 3), input<T>(call, 4), output<T>(call, 0),
                                                    call.state, call.rows, call.length);
                         if (call.last && call.node.b >= 1)
                             kernels::finish_layer_norm_vjp<T>(
                                 call.state, output<T>(call, 1),
                                 call.node.b >= 2 ? output<T>(call, 2) : nullptr, call.length);
                     });
                 },
             .in = {RowForm::full, RowForm::full, RowForm::each, RowForm::each, RowForm::fixed},
             .out = {RowForm::full, RowForm::fixed},
             .state = [](const Graph& graph, ValueId id) -> std::size_t {
                 if (graph[id].b < 1) return 0;
                 const std::int64_t n = graph.shape(id).back();
                 return graph.dtype(id) == DType::float32 ? kernels::layer_norm_state_bytes<float>(n)
                                                          : kernels::layer_norm_state_bytes<double>(n);
             }},
    .expand_all =
        [](std::span<const Variable> in, const Node& node) {
            // From x itself: the mean and the deviation that stand among the inputs depend on it.
            const Variable g = in[0], x = in[1];
            const auto last = static_cast<std::int64_t>(x.shape().size()) - 1;
            const auto over_rows = [&](Variable v) {
                Axes axes;
                for (std::int64_t axis = 0; axis < last; ++axis) axes.push_back(axis);
                return axes.empty() ? v * 1 : sum(v, axes);
            };
            const Variable centred = x - mean(x, last, true);
            const Variable deviation = sqrt(mean(square(centred), last, true) + node.a);
            const Variable h = centred / deviation;
            const Variable u = in.size() > 4 ? g * in[4] : g;
            std::vector<Variable> out = {(u - mean(u, last, true) - h * mean(u * h, last, true)) / deviation};
            if (node.b >= 1) out.push_back(over_rows(g * h));
            if (node.b >= 2) out.push_back(over_rows(g));
            return out;
        },
    .flops = [](const Graph& graph, ValueId id) { return 14.0 * static_cast<double>(graph.count(id)); },
    .attributes = epsilon_text,
});

void layer_norm_rows() {}

Variable layer_norm_of(std::span<const Variable> in, double epsilon)
{
    if (!(epsilon >= 0))
        throw ValueError("layer_norm: epsilon is " + number_text(epsilon) + ", expected a number from 0 on");
    return Recorder::of(in[0]).record(layer_norm_op, in, epsilon);
}

}  // namespace xgrad::detail

namespace xgrad {

Variable layer_norm(Variable x, double epsilon) { return detail::layer_norm_of({&x, 1}, epsilon); }

}  // namespace xgrad