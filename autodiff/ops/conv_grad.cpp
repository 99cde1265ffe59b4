// The two gradients of convolution. Each one's derivative is written with the other one and the convolution.
#include "autodiff/ops/conv_shape.hpp"
#include "autodiff/ops/examples.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

// The cotangent's shape must be that of the value.
void need_cotangent(InferCall& call, const ConvShape& s, Dims g)
{
    const bool line = g.size() == 3;
    check_window(call, s, line);
    const Space got = space_of(g);
    if (g[0] != s.batch || g[1] != s.outputs || got.h != s.out_height() || got.w != s.out_width())
        call.fail_shape("a cotangent " +
                        to_string(call.graph.list(intern_space(call.graph, line, s.batch, s.outputs,
                                                               s.out_height(), s.out_width()))));
}

void infer_input_grad(InferCall& call, std::size_t axes)
{
    need_conv_types(call);
    need_conv_list(call, conv_list + 2);
    const Dims g = call.shape(0), weight = call.shape(1);
    if (g.size() != axes || weight.size() != axes || weight[0] % call.attribute()[6] != 0)
        call.fail_shape(axes == 3 ? "a cotangent [N, O, l] and a weight [O, C / groups, k]"
                                  : "a cotangent [N, O, h, w] and a weight [O, C / groups, kh, kw]");
    const ConvShape s = conv_shape_from_cotangent(call.attribute(), g, weight);
    need_cotangent(call, s, g);
    call.out[0] = {call.dtype(0),
                   intern_space(call.graph, axes == 3, s.batch, s.channels, s.height, s.width)};
}

void infer_weight_grad(InferCall& call, std::size_t axes)
{
    need_conv_types(call);
    need_conv_list(call, conv_list + 2);
    const Dims x = call.shape(0), g = call.shape(1);
    const std::int64_t groups = call.attribute()[6];
    if (x.size() != axes || g.size() != axes || x[1] % groups != 0 || g[1] % groups != 0)
        call.fail_shape(axes == 3 ? "x [N, C, L] and a cotangent [N, O, l]"
                                  : "x [N, C, H, W] and a cotangent [N, O, h, w]");
    const ConvShape s = conv_shape_from_both(call.attribute(), x, g);
    need_cotangent(call, s, g);
    call.out[0] = {call.dtype(0), intern_space(call.graph, axes == 3, s.outputs, s.channels / s.groups,
                                               s.kernel_h, s.kernel_w)};
}

// Inputs: the cotangent, the weight. node.list: also H and W, which the cotangent does not tell.
Op input_grad_row(std::string_view name, std::string_view of, void (*infer)(InferCall&),
                  std::vector<Sample> samples)
{
    return {
        .name = name,
        .formula = "x's cotangent: sum of w(o, c, i, j) g(n, o, r, q) over the windows that read the place",
        .derived_from = of,
        .arity = 2,
        .traits = {.fixes_shape = true, .by_rows = 1, .linear = 3},
        .infer = infer,
        .kernel =
            [](const KernelCall& call) {
                const ConvShape s = conv_shape_from_cotangent(call.attribute(), call.shape(0), call.shape(1));
                by_float(call.dtype(), [&]<class T>() {
                    kernels::conv2d_input_grad<T>(s, input<T>(call, 0), input<T>(call, 1),
                                                  static_cast<T*>(call.out[0]));
                });
            },
        .vjp = give_transposed,
        .saves = 3,
        .flops =
            [](const Graph& graph, ValueId id) {
                return tap_flops(graph.count(graph.inputs(id)[0]), graph.shape(graph.inputs(id)[1]));
            },
        .attributes = conv_text,
        .samples = std::move(samples),
    };
}

// Inputs: x, the cotangent. node.list: also kh and kw.
Op weight_grad_row(std::string_view name, std::string_view of, void (*infer)(InferCall&),
                   std::vector<Sample> samples)
{
    return {
        .name = name,
        .formula =
            "the weight's cotangent: sum of g(n, o, r, q) x(n, c, r stride + i dilation - padding, "
            "q ...)",
        .derived_from = of,
        .arity = 2,
        .traits = {.fixes_shape = true, .linear = 3},
        .infer = infer,
        .kernel =
            [](const KernelCall& call) {
                const ConvShape s = conv_shape_from_both(call.attribute(), call.shape(0), call.shape(1));
                by_float(call.dtype(), [&]<class T>() {
                    kernels::conv2d_weight_grad<T>(s, input<T>(call, 0), input<T>(call, 1),
                                                   static_cast<T*>(call.out[0]));
                });
            },
        .vjp =
            [](VjpCall& call) {
                Recorder& recorder = call.recorder();
                const Dims list = call.attribute(), shape = call.shape(0);
                const Space image = space_of(shape);
                const ListId plain = without_lengths<conv_list>(recorder, list),
                             for_input = with_lengths<conv_list>(recorder, list, image.h, image.w);
                const Op &conv = conv_op(shape), &input_grad = conv_input_grad_op(shape);
                if (call.needs(0))
                    call.give(0, recorder.record(input_grad, call.in(1), call.g, 0, 0, for_input));
                if (call.needs(1)) call.give(1, recorder.record(conv, call.in(0), call.g, 0, 0, plain));
            },
        .examples = examples_of_conv_weight_grad,
        .saves = 3,
        .flops = [](const Graph& graph,
                    ValueId id) { return tap_flops(graph.count(graph.inputs(id)[1]), graph.shape(id)); },
        .attributes = conv_text,
        .samples = std::move(samples),
    };
}

// For the samples: the gradients by themselves, of images and of sequences.
Variable record(const Op& op, Variable x, Variable y, const ConvOptions& o, std::int64_t h, std::int64_t w)
{
    Recorder& recorder = Recorder::of(x);
    return recorder.record(
        op, x, y, 0, 0, with_lengths<conv_list>(recorder, recorder.graph.list(list_of(recorder, o)), h, w));
}
const ConvOptions usual{1, 0, 1, 1}, in_groups{{3, 2}, 1, 1, 2};

}  // namespace

const Op& conv2d_input_grad_op =
    row(input_grad_row("conv2d_input_grad", "conv2d", [](InferCall& call) { infer_input_grad(call, 4); },
                       {{{{{2, 4, 3, 5}}, {{4, 3, 3, 2}}},
                         [](auto in) { return record(conv2d_input_grad_op, in[0], in[1], usual, 5, 6); }},
                        {{{{1, 4, 2, 3}}, {{4, 1, 3, 2}}}, [](auto in) {
                             return record(conv2d_input_grad_op, in[0], in[1], in_groups, 6, 5);
                         }}}));

const Op& conv1d_input_grad_op = row(input_grad_row(
    "conv1d_input_grad", "conv1d", [](InferCall& call) { infer_input_grad(call, 3); },
    {{{{{2, 4, 5}}, {{4, 3, 2}}},
      [](auto in) { return record(conv1d_input_grad_op, in[0], in[1], line_options(1, 0, 1, 1), 1, 6); }},
     {{{{1, 4, 3}}, {{4, 1, 2}}},
      [](auto in) { return record(conv1d_input_grad_op, in[0], in[1], line_options(2, 1, 1, 2), 1, 5); }}}));

const Op& conv2d_weight_grad_op =
    row(weight_grad_row("conv2d_weight_grad", "conv2d", [](InferCall& call) { infer_weight_grad(call, 4); },
                        {{{{{2, 3, 5, 6}}, {{2, 4, 3, 5}}},
                          [](auto in) { return record(conv2d_weight_grad_op, in[0], in[1], usual, 3, 2); }},
                         {{{{1, 2, 6, 5}}, {{1, 4, 2, 3}}}, [](auto in) {
                              return record(conv2d_weight_grad_op, in[0], in[1], in_groups, 3, 2);
                          }}}));

const Op& conv1d_weight_grad_op = row(weight_grad_row(
    "conv1d_weight_grad", "conv1d", [](InferCall& call) { infer_weight_grad(call, 3); },
    {{{{{2, 3, 6}}, {{2, 4, 5}}},
      [](auto in) { return record(conv1d_weight_grad_op, in[0], in[1], line_options(1, 0, 1, 1), 1, 2); }},
     {{{{1, 2, 5}}, {{1, 4, 3}}},
      [](auto in) { return record(conv1d_weight_grad_op, in[0], in[1], line_options(2, 1, 1, 2), 1, 2); }}}));

}  // namespace xgrad::detail
