// Convolution of sequences and images. Its gradients: ops/conv_grad.cpp.
#include "autodiff/ops/conv_shape.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

// What to do with an array that has not the axes that are asked for.
std::string axes_hint(Dims x, std::size_t axes)
{
    if (x.size() + 1 == axes)
        return axes == 3 ? " (unsqueeze(x, 0) makes a batch of one sequence [C, L])"
                         : " (unsqueeze(x, 0) makes a batch of one image [C, H, W])";
    if (x.size() < axes)
        return axes == 3 ? " (reshape(x, {-1, channels, length}) makes sequences of rows of numbers)"
                         : " (reshape(x, {-1, channels, height, width}) makes images of rows of numbers)";
    return axes == 3 && x.size() == 4 ? " (conv2d is for images)" : "";
}

void infer_conv(InferCall& call, std::size_t axes)
{
    const bool line = axes == 3;
    need_conv_types(call);
    need_conv_list(call, conv_list);
    if (call.in.size() < 2 || call.in.size() > 3 || call.shape(0).size() != axes ||
        call.shape(1).size() != axes)
        call.fail_shape((line ? "x [N, C, L] and a weight [O, C / groups, k]"
                              : "x [N, C, H, W] and a weight [O, C / groups, kh, kw]") +
                        (call.in.size() > 1 && call.shape(1).size() == axes ? axes_hint(call.shape(0), axes)
                                                                            : std::string()));
    const Dims weight = call.shape(1);
    const ConvShape s = conv_shape(call.attribute(), call.shape(0), weight);
    if (s.channels % s.groups != 0 || s.outputs % s.groups != 0)
        call.fail_shape("groups that divide the channels: " + std::to_string(s.channels) + " in and " +
                        std::to_string(s.outputs) + " out meet " + groups_text(s.groups));
    if (weight[1] != s.channels / s.groups)
        call.fail_shape("a weight for the channels of x: x has " + std::to_string(s.channels) +
                            " (axis 1), the weight is for " + std::to_string(weight[1] * s.groups) + " in " +
                            groups_text(s.groups) +
                            (s.width != weight[1] * s.groups ? ""
                             : line ? " (x seems to be [N, L, C]: permute(x, {0, 2, 1}))"
                                    : " (x seems to be [N, H, W, C]: permute(x, {0, 3, 1, 2}))"),
                        {{0, 1}, {1, 1}});
    need_bias(call, s.outputs, 0);
    check_window(call, s, line);
    call.out[0] = {call.dtype(0),
                   intern_space(call.graph, line, s.batch, s.outputs, s.out_height(), s.out_width())};
}

Op conv_row(std::string_view name, void (*infer)(InferCall&), std::string_view formula, Elsewhere elsewhere,
            std::vector<Sample> samples)
{
    Op op = conv_base(name, infer, formula, "x: conv_transpose of g with w; w: sum of g x; b: sum of g",
                      elsewhere, std::move(samples));
    op.kernel = [](const KernelCall& call) {
        const ConvShape s = conv_shape(call.attribute(), call.shape(0), call.shape(1));
        by_float(call.dtype(), [&]<class T>() {
            kernels::conv2d<T>(s, input<T>(call, 0), input<T>(call, 1),
                               call.in.size() == 3 ? input<T>(call, 2) : nullptr,
                               static_cast<T*>(call.out[0]));
        });
    };
    op.vjp = [](VjpCall& call) {
        Recorder& recorder = call.recorder();
        const Dims list = call.attribute(), shape = call.shape(0);
        const Space image = space_of(shape), kernel = space_of(call.shape(1));
        const ListId for_input = with_lengths<conv_list>(recorder, list, image.h, image.w),
                     for_weight = with_lengths<conv_list>(recorder, list, kernel.h, kernel.w);
        const Op &input_grad = conv_input_grad_op(shape), &weight_grad = conv_weight_grad_op(shape);
        if (call.needs(0)) call.give(0, recorder.record(input_grad, call.g, call.in(1), 0, 0, for_input));
        if (call.needs(1)) call.give(1, recorder.record(weight_grad, call.in(0), call.g, 0, 0, for_weight));
        give_bias(call);
    };
    op.flops = [](const Graph& graph, ValueId id) {
        return tap_flops(graph.count(id), graph.shape(graph.inputs(id)[1]));
    };
    op.attributes = conv_text;
    return op;
}

#define XGRAD_CONV(...) [](auto in) { return conv2d(__VA_ARGS__); }
#define XGRAD_CONV1(...) [](auto in) { return conv1d(__VA_ARGS__); }
}  // namespace

const Op& conv2d_op = row(conv_row(
    "conv2d", [](InferCall& call) { infer_conv(call, 4); },
    "b(o) + sum of w(o, c, i, j) x(n, c, r stride + i dilation - padding, q ...)",
    {"", "F.conv2d", "jax.lax.conv_general_dilated"},
    {{{{{2, 3, 5, 6}}, {{4, 3, 3, 2}}, {{4}}}, XGRAD_CONV(in[0], in[1], in[2])},
     {{{{2, 3, 5, 6}}, {{4, 3, 3, 2}}}, XGRAD_CONV(in[0], in[1], {.padding = {1, 2}})},
     {{{{2, 2, 7, 6}}, {{3, 2, 3, 3}}}, XGRAD_CONV(in[0], in[1], {.stride = {2, 3}, .padding = 1})},
     {{{{1, 2, 7, 8}}, {{2, 2, 2, 3}}}, XGRAD_CONV(in[0], in[1], {.padding = {0, 1}, .dilation = {2, 3}})},
     {{{{2, 4, 4, 5}}, {{6, 2, 2, 3}}, {{6}}}, XGRAD_CONV(in[0], in[1], in[2], {.groups = 2})},
     {{{{2, 3, 6, 7}}, {{3, 1, 3, 3}}, {{3}}},
      XGRAD_CONV(in[0], in[1], in[2], {.stride = {2, 1}, .padding = 1, .dilation = {1, 2}, .groups = 3})},
     {{{{2, 3, 2, 3}}, {{4, 3, 1, 1}}, {{4}}}, XGRAD_CONV(in[0], in[1], in[2])},
     {{{{2, 4, 3, 2}}, {{4, 2, 1, 1}}}, XGRAD_CONV(in[0], in[1], {.groups = 2})},
     {{{{2, 2, 3, 3}}, {{2, 2, 1, 1}}}, XGRAD_CONV(in[0], in[1], {.stride = 2, .padding = 2})},
     // More outputs than a vector has lanes, and fewer positions.
     {{{{1, 1, 3, 4}}, {{17, 1, 2, 2}}, {{17}}}, XGRAD_CONV(in[0], in[1], in[2])},
     {{{{1, 2, 4, 5}}, {{16, 2, 3, 2}}, {{16}}},
      XGRAD_CONV(in[0], in[1], in[2], {.stride = 2, .padding = 1})},
     // Rows longer than a vector.
     {{{{1, 1, 3, 19}}, {{7, 1, 2, 2}}}, XGRAD_CONV(in[0], in[1], {.padding = 1})},
     {{{{0, 2, 4, 4}}, {{3, 2, 3, 3}}, {{3}}}, XGRAD_CONV(in[0], in[1], in[2])},
     {{{{0, 2, 4, 4}}, {{3, 2, 3, 3}}}, XGRAD_CONV(in[0], in[1], {.stride = 2})},
     {{{{2, 0, 3, 3}}, {{2, 0, 2, 2}}, {{2}}}, XGRAD_CONV(in[0], in[1], in[2])},
     {{{{1, 1, 1, 1}}, {{1, 1, 1, 1}}}, XGRAD_CONV(in[0], in[1])},
     {{{{1, 1, 1, 1}}, {{2, 1, 3, 3}}}, XGRAD_CONV(in[0], in[1], {.padding = 1})},
     // Columns that only the padding has.
     {{{{1, 1, 2, 2}}, {{1, 1, 1, 2}}}, XGRAD_CONV(in[0], in[1], {.padding = {2, 4}})}}));

const Op& conv1d_op =
    row(conv_row("conv1d", [](InferCall& call) { infer_conv(call, 3); },
                 "b(o) + sum of w(o, c, j) x(n, c, q stride + j dilation - padding)",
                 {"", "F.conv1d", "jax.lax.conv_general_dilated"},
                 {{{{{2, 3, 7}}, {{4, 3, 3}}, {{4}}}, XGRAD_CONV1(in[0], in[1], in[2])},
                  {{{{2, 3, 8}}, {{4, 3, 3}}}, XGRAD_CONV1(in[0], in[1], {.stride = 3, .padding = 2})},
                  {{{{1, 2, 9}}, {{2, 2, 3}}, {{2}}},
                   XGRAD_CONV1(in[0], in[1], in[2], {.stride = 2, .padding = 1, .dilation = 3})},
                  {{{{2, 4, 6}}, {{6, 2, 2}}, {{6}}}, XGRAD_CONV1(in[0], in[1], in[2], {.groups = 2})},
                  {{{{2, 3, 5}}, {{6, 1, 3}}}, XGRAD_CONV1(in[0], in[1], {.padding = 1, .groups = 3})},
                  {{{{2, 3, 4}}, {{5, 3, 1}}, {{5}}}, XGRAD_CONV1(in[0], in[1], in[2])},
                  {{{{1, 1, 37}}, {{17, 1, 5}}, {{17}}}, XGRAD_CONV1(in[0], in[1], in[2], {.padding = 2})},
                  {{{{0, 2, 5}}, {{3, 2, 3}}, {{3}}}, XGRAD_CONV1(in[0], in[1], in[2])},
                  {{{{2, 0, 3}}, {{2, 0, 2}}, {{2}}}, XGRAD_CONV1(in[0], in[1], in[2])},
                  {{{{1, 1, 1}}, {{1, 1, 1}}}, XGRAD_CONV1(in[0], in[1])},
                  {{{{1, 1, 2}}, {{1, 1, 2}}}, XGRAD_CONV1(in[0], in[1], {.padding = 4})}}));
#undef XGRAD_CONV
#undef XGRAD_CONV1

void conv_rows() {}

namespace {
Variable record_conv(const Op& op, std::span<const Variable> in, const ConvOptions& options)
{
    Recorder& recorder = Recorder::of(in[0]);
    return recorder.record(op, in, 0, 0, list_of(recorder, options));
}
Variable conv_of(std::span<const Variable> in, const Conv1dOptions& o)
{
    return record_conv(conv1d_op, in,
                       checked("conv1d", true, line_options(o.stride, o.padding, o.dilation, o.groups)));
}
Variable conv_of(std::span<const Variable> in, const Conv2dOptions& o)
{
    return record_conv(conv2d_op, in, checked("conv2d", false, {o.stride, o.padding, o.dilation, o.groups}));
}
template <class Options>
Variable conv_of(std::initializer_list<Variable> in, const Options& options)
{
    return conv_of(std::span(in.begin(), in.size()), options);
}
}  // namespace

}  // namespace xgrad::detail

namespace xgrad {
using detail::conv_of, detail::lift;

Variable conv1d(Variable x, Variable weight, const Conv1dOptions& options)
{
    return conv_of({x, weight}, options);
}
Variable conv1d(Variable x, Variable weight, Variable bias, const Conv1dOptions& options)
{
    return conv_of({x, weight, bias}, options);
}
Variable conv1d(Variable x, const Parameter& weight, const Conv1dOptions& options)
{
    return conv_of({x, lift(x, weight)}, options);
}
Variable conv1d(Variable x, const Parameter& weight, const Parameter& bias, const Conv1dOptions& options)
{
    return conv_of({x, lift(x, weight), lift(x, bias)}, options);
}
Variable conv2d(Variable x, Variable weight, const Conv2dOptions& options)
{
    return conv_of({x, weight}, options);
}
Variable conv2d(Variable x, Variable weight, Variable bias, const Conv2dOptions& options)
{
    return conv_of({x, weight, bias}, options);
}
Variable conv2d(Variable x, const Parameter& weight, const Conv2dOptions& options)
{
    return conv_of({x, lift(x, weight)}, options);
}
Variable conv2d(Variable x, const Parameter& weight, const Parameter& bias, const Conv2dOptions& options)
{
    return conv_of({x, lift(x, weight), lift(x, bias)}, options);
}

}  // namespace xgrad
