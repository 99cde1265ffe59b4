// Convolution of images: the op and its two gradients. Each one's derivative is written with the other two.
#include "autodiff/kernels/conv.hpp"

#include "autodiff/ops/examples.hpp"
#include "autodiff/ops/image.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

using kernels::ConvShape;

// node.list: stride, padding, dilation (rows and columns of each), groups; of the gradients also two lengths that their
// inputs do not tell: of the image, of the kernel.
constexpr std::size_t plain_list = 7;

ConvShape options_of(Dims list)
{
    ConvShape s{};
    s.stride_h = list[0], s.stride_w = list[1], s.pad_h = list[2], s.pad_w = list[3];
    s.dilation_h = list[4], s.dilation_w = list[5], s.groups = list[6];
    return s;
}
void put_image(ConvShape& s, Dims x) { s.batch = x[0], s.channels = x[1], s.height = x[2], s.width = x[3]; }
void put_weight(ConvShape& s, Dims weight)
{
    s.outputs = weight[0], s.kernel_h = weight[2], s.kernel_w = weight[3];
}
ConvShape shape_of(Dims list, Dims x, Dims weight)
{
    ConvShape s = options_of(list);
    put_image(s, x);
    put_weight(s, weight);
    return s;
}
// Of the gradient of the input, from the cotangent and the weight.
ConvShape shape_from_cotangent(Dims list, Dims g, Dims weight)
{
    const std::int64_t x[] = {g[0], weight[1] * list[6], list[7], list[8]};
    return shape_of(list, x, weight);
}
// Of the gradient of the weight, from the image and the cotangent.
ConvShape shape_from_both(Dims list, Dims x, Dims g)
{
    const std::int64_t weight[] = {g[1], 0, list[7], list[8]};
    return shape_of(list, x, weight);
}

void need_one_type(InferCall& call)
{
    need_floating(call);
    for (std::size_t k = 1; k < call.in.size(); ++k)
        if (call.dtype(k) != call.dtype(0)) call.fail_dtype(one_type);
}
void need_list(InferCall& call, std::size_t size)
{
    const Dims list = call.attribute();
    if (list.size() != size || std::min({list[0], list[1], list[4], list[5], list[6]}) < 1)
        call.fail_shape("strides, paddings, dilations and groups");
}

void infer_conv(InferCall& call)
{
    need_one_type(call);
    need_list(call, plain_list);
    if (call.in.size() < 2 || call.in.size() > 3 || call.shape(0).size() != 4 || call.shape(1).size() != 4)
        call.fail_shape(
            "x [N, C, H, W] and a weight [O, C / groups, kh, kw]" +
            (call.in.size() > 1 && call.shape(0).size() < 4
                 ? " (reshape(x, {-1, channels, height, width}) makes images of rows of numbers, and a batch "
                   "of one image)"
                 : std::string()));
    const Dims weight = call.shape(1);
    const ConvShape s = shape_of(call.attribute(), call.shape(0), weight);
    const std::string groups = std::to_string(s.groups) + (s.groups == 1 ? " group" : " groups");
    if (s.channels % s.groups != 0 || s.outputs % s.groups != 0)
        call.fail_shape("groups that divide the channels: " + std::to_string(s.channels) + " in and " +
                        std::to_string(s.outputs) + " out meet " + groups);
    if (weight[1] != s.channels / s.groups)
        call.fail_shape("a weight for the channels of x: x has " + std::to_string(s.channels) +
                            " (axis 1), the weight is for " + std::to_string(weight[1] * s.groups) + " in " +
                            groups +
                            (call.shape(0)[3] == weight[1] * s.groups
                                 ? " (x seems to be [N, H, W, C]: permute(x, {0, 3, 1, 2}))"
                                 : ""),
                        {{0, 1}, {1, 1}});
    if (call.in.size() == 3) {
        const auto expected = [&] {
            return "a bias [" + std::to_string(s.outputs) + "], one number for each output channel";
        };
        if (call.shape(2).size() != 1) call.fail_shape(expected());
        if (call.shape(2)[0] != s.outputs) call.fail_shape(expected(), {{1, 0}, {2, 0}});
    }
    check_window(call, s);
    const std::int64_t out[] = {s.batch, s.outputs, s.out_height(), s.out_width()};
    call.out[0] = {call.dtype(0), call.graph.intern(out)};
}

// The cotangent's shape must be that of the value.
void need_cotangent(InferCall& call, const ConvShape& s, Dims g)
{
    check_window(call, s);
    if (g[0] != s.batch || g[1] != s.outputs || g[2] != s.out_height() || g[3] != s.out_width())
        call.fail_shape("a cotangent [" + std::to_string(s.batch) + ", " + std::to_string(s.outputs) + ", " +
                        std::to_string(s.out_height()) + ", " + std::to_string(s.out_width()) + "]");
}

void infer_input_grad(InferCall& call)
{
    need_one_type(call);
    need_list(call, plain_list + 2);
    const Dims g = call.shape(0), weight = call.shape(1);
    if (g.size() != 4 || weight.size() != 4 || weight[0] % call.attribute()[6] != 0)
        call.fail_shape("a cotangent [N, O, h, w] and a weight [O, C / groups, kh, kw]");
    const ConvShape s = shape_from_cotangent(call.attribute(), g, weight);
    need_cotangent(call, s, g);
    const std::int64_t out[] = {s.batch, s.channels, s.height, s.width};
    call.out[0] = {call.dtype(0), call.graph.intern(out)};
}

void infer_weight_grad(InferCall& call)
{
    need_one_type(call);
    need_list(call, plain_list + 2);
    const Dims x = call.shape(0), g = call.shape(1);
    const std::int64_t groups = call.attribute()[6];
    if (x.size() != 4 || g.size() != 4 || x[1] % groups != 0 || g[1] % groups != 0)
        call.fail_shape("x [N, C, H, W] and a cotangent [N, O, h, w]");
    const ConvShape s = shape_from_both(call.attribute(), x, g);
    need_cotangent(call, s, g);
    const std::int64_t out[] = {s.outputs, s.channels / s.groups, s.kernel_h, s.kernel_w};
    call.out[0] = {call.dtype(0), call.graph.intern(out)};
}

std::string conv_text(const Graph& graph, const Node& node)
{
    const Dims list = graph.list(node.list);
    std::string text;
    const auto say = [&](const char* name, std::int64_t h, std::int64_t w, std::int64_t usual) {
        if (h == usual && w == usual) return;
        text += (text.empty() ? "" : ", ") + std::string(name) + " " + pair_text(h, w);
    };
    say("stride", list[0], list[1], 1);
    say("padding", list[2], list[3], 0);
    say("dilation", list[4], list[5], 1);
    say("groups", list[6], list[6], 1);
    return text;
}

// Two operations for each tap of each element of the convolution's value.
double tap_flops(std::int64_t count, std::int64_t taps)
{
    return 2.0 * static_cast<double>(count) * static_cast<double>(taps);
}

}  // namespace

extern const Op &conv2d_input_grad_op, &conv2d_weight_grad_op;

namespace {
ListId list_of(Recorder& recorder, const Conv2dOptions& o)
{
    check_option("conv2d", "stride", o.stride, 1);
    check_option("conv2d", "padding", o.padding, 0);
    check_option("conv2d", "dilation", o.dilation, 1);
    check_option("conv2d", "groups", o.groups, 1);
    const std::int64_t list[] = {o.stride.h,   o.stride.w,   o.padding.h, o.padding.w,
                                 o.dilation.h, o.dilation.w, o.groups};
    return recorder.graph.intern(list);
}
// For the samples: the gradients by themselves.
Variable input_grad(Variable g, Variable weight, const Conv2dOptions& options, std::int64_t h, std::int64_t w)
{
    Recorder& recorder = Recorder::of(g);
    const ListId list = list_of(recorder, options);
    return recorder.record(conv2d_input_grad_op, g, weight, 0, 0,
                           with_lengths<plain_list>(recorder, recorder.graph.list(list), h, w));
}
Variable weight_grad(Variable x, Variable g, const Conv2dOptions& options, std::int64_t h, std::int64_t w)
{
    Recorder& recorder = Recorder::of(x);
    const ListId list = list_of(recorder, options);
    return recorder.record(conv2d_weight_grad_op, x, g, 0, 0,
                           with_lengths<plain_list>(recorder, recorder.graph.list(list), h, w));
}

#define XGRAD_CONV(...) [](auto in) { return conv2d(__VA_ARGS__); }
}  // namespace

// Inputs: x, weight, and the bias if there is one.
const Op& conv2d_op = row({
    .name = "conv2d",
    .formula = "b(o) + sum of w(o, c, i, j) x(n, c, r stride + i dilation - padding, q ...)",
    .arity = -1,
    .inputs = {"x", "weight", "bias"},
    .traits = {.linear = 7},
    .infer = infer_conv,
    .kernel =
        [](const KernelCall& call) {
            const ConvShape s = shape_of(call.attribute(), call.shape(0), call.shape(1));
            by_float(call.dtype(), [&]<class T>() {
                kernels::conv2d<T>(s, input<T>(call, 0), input<T>(call, 1),
                                   call.in.size() == 3 ? input<T>(call, 2) : nullptr,
                                   static_cast<T*>(call.out[0]));
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const Dims list = call.attribute(), x = call.shape(0), weight = call.shape(1);
            const ListId for_input = with_lengths<plain_list>(recorder, list, x[2], x[3]),
                         for_weight = with_lengths<plain_list>(recorder, list, weight[2], weight[3]);
            if (call.needs(0))
                call.give(0, recorder.record(conv2d_input_grad_op, call.g, call.in(1), 0, 0, for_input));
            if (call.needs(1))
                call.give(1, recorder.record(conv2d_weight_grad_op, call.in(0), call.g, 0, 0, for_weight));
            if (call.count() == 3 && call.needs(2)) call.give(2, sum(call.g, {0, 2, 3}));
        },
    .saves = 3,
    .flops =
        [](const Graph& graph, ValueId id) {
            const Dims weight = graph.shape(graph.inputs(id)[1]);
            return tap_flops(graph.count(id), weight[1] * weight[2] * weight[3]);
        },
    .attributes = conv_text,
    .samples =
        {{{{{2, 3, 5, 6}}, {{4, 3, 3, 2}}, {{4}}}, XGRAD_CONV(in[0], in[1], in[2])},
         {{{{2, 3, 5, 6}}, {{4, 3, 3, 2}}}, XGRAD_CONV(in[0], in[1], {.padding = {1, 2}})},
         {{{{2, 2, 7, 6}}, {{3, 2, 3, 3}}}, XGRAD_CONV(in[0], in[1], {.stride = {2, 3}, .padding = 1})},
         {{{{1, 2, 7, 8}}, {{2, 2, 2, 3}}},
          XGRAD_CONV(in[0], in[1], {.padding = {0, 1}, .dilation = {2, 3}})},
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
         {{{{1, 1, 2, 2}}, {{1, 1, 1, 2}}}, XGRAD_CONV(in[0], in[1], {.padding = {2, 4}})}},
});
#undef XGRAD_CONV

// Inputs: the cotangent, the weight. node.list: also H and W, which the cotangent does not tell.
const Op& conv2d_input_grad_op = row({
    .name = "conv2d_input_grad",
    .formula = "x's cotangent: sum of w(o, c, i, j) g(n, o, r, q) over the windows that read the place",
    .derived_from = "conv2d",
    .arity = 2,
    .traits = {.fixes_shape = true, .by_rows = 1, .linear = 3},
    .infer = infer_input_grad,
    .kernel =
        [](const KernelCall& call) {
            const ConvShape s = shape_from_cotangent(call.attribute(), call.shape(0), call.shape(1));
            by_float(call.dtype(), [&]<class T>() {
                kernels::conv2d_input_grad<T>(s, input<T>(call, 0), input<T>(call, 1),
                                              static_cast<T*>(call.out[0]));
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const Dims list = call.attribute(), weight = call.shape(1);
            const ListId plain = without_lengths<plain_list>(recorder, list),
                         for_weight = with_lengths<plain_list>(recorder, list, weight[2], weight[3]);
            if (call.needs(0)) call.give(0, recorder.record(conv2d_op, call.g, call.in(1), 0, 0, plain));
            if (call.needs(1))
                call.give(1, recorder.record(conv2d_weight_grad_op, call.g, call.in(0), 0, 0, for_weight));
        },
    .saves = 3,
    .flops =
        [](const Graph& graph, ValueId id) {
            const Dims weight = graph.shape(graph.inputs(id)[1]);
            return tap_flops(graph.count(graph.inputs(id)[0]), weight[1] * weight[2] * weight[3]);
        },
    .attributes = conv_text,
    .samples = {{{{{2, 4, 3, 5}}, {{4, 3, 3, 2}}},
                 [](auto in) { return input_grad(in[0], in[1], {}, 5, 6); }},
                {{{{1, 4, 2, 3}}, {{4, 1, 3, 2}}},
                 [](auto in) {
                     return input_grad(in[0], in[1], {.stride = {3, 2}, .padding = 1, .groups = 2}, 6, 5);
                 }}},
});

// Inputs: x, the cotangent. node.list: also kh and kw.
const Op& conv2d_weight_grad_op = row({
    .name = "conv2d_weight_grad",
    .formula = "the weight's cotangent: sum of g(n, o, r, q) x(n, c, r stride + i dilation - padding, q ...)",
    .derived_from = "conv2d",
    .arity = 2,
    .traits = {.fixes_shape = true, .linear = 3},
    .infer = infer_weight_grad,
    .kernel =
        [](const KernelCall& call) {
            const ConvShape s = shape_from_both(call.attribute(), call.shape(0), call.shape(1));
            by_float(call.dtype(), [&]<class T>() {
                kernels::conv2d_weight_grad<T>(s, input<T>(call, 0), input<T>(call, 1),
                                               static_cast<T*>(call.out[0]));
            });
        },
    .vjp =
        [](VjpCall& call) {
            Recorder& recorder = call.recorder();
            const Dims list = call.attribute(), x = call.shape(0);
            const ListId plain = without_lengths<plain_list>(recorder, list),
                         for_input = with_lengths<plain_list>(recorder, list, x[2], x[3]);
            if (call.needs(0))
                call.give(0, recorder.record(conv2d_input_grad_op, call.in(1), call.g, 0, 0, for_input));
            if (call.needs(1)) call.give(1, recorder.record(conv2d_op, call.in(0), call.g, 0, 0, plain));
        },
    .examples = examples_of_conv2d_weight_grad,
    .saves = 3,
    .flops =
        [](const Graph& graph, ValueId id) {
            const Dims weight = graph.shape(id);
            return tap_flops(graph.count(graph.inputs(id)[1]), weight[1] * weight[2] * weight[3]);
        },
    .attributes = conv_text,
    .samples = {{{{{2, 3, 5, 6}}, {{2, 4, 3, 5}}},
                 [](auto in) { return weight_grad(in[0], in[1], {}, 3, 2); }},
                {{{{1, 2, 6, 5}}, {{1, 4, 2, 3}}},
                 [](auto in) {
                     return weight_grad(in[0], in[1], {.stride = {3, 2}, .padding = 1, .groups = 2}, 3, 2);
                 }}},
});

void conv_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable conv2d(Variable x, Variable weight, const Conv2dOptions& options)
{
    Recorder& recorder = Recorder::of(x);
    return recorder.record(conv2d_op, x, weight, 0, 0, list_of(recorder, options));
}
Variable conv2d(Variable x, Variable weight, Variable bias, const Conv2dOptions& options)
{
    Recorder& recorder = Recorder::of(x);
    const Variable in[] = {x, weight, bias};
    return recorder.record(conv2d_op, in, 0, 0, list_of(recorder, options));
}
Variable conv2d(Variable x, const Parameter& weight, const Conv2dOptions& options)
{
    return conv2d(x, lift(x, weight), options);
}
Variable conv2d(Variable x, const Parameter& weight, const Parameter& bias, const Conv2dOptions& options)
{
    return conv2d(x, lift(x, weight), lift(x, bias), options);
}

}  // namespace xgrad
