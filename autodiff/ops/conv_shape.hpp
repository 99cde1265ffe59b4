// What the rows of convolution share: options as attributes, and shapes as kernels take them. A sequence [N, C, L] is an
// image of height 1; each function has a row for either, so that messages and recordings name the one that was called and
// no reshape fixes a length. Internal.
#pragma once

#include "autodiff/kernels/conv.hpp"
#include "autodiff/ops/image.hpp"

namespace xgrad::detail {

using kernels::ConvShape;

// ops/conv.cpp, ops/conv_grad.cpp
extern const Op &conv1d_op, &conv2d_op, &conv1d_input_grad_op, &conv2d_input_grad_op, &conv1d_weight_grad_op,
    &conv2d_weight_grad_op;
/// The rows for arrays like x, by its number of axes.
inline const Op& conv_op(Dims x) { return x.size() == 3 ? conv1d_op : conv2d_op; }
inline const Op& conv_input_grad_op(Dims x)
{
    return x.size() == 3 ? conv1d_input_grad_op : conv2d_input_grad_op;
}
inline const Op& conv_weight_grad_op(Dims x)
{
    return x.size() == 3 ? conv1d_weight_grad_op : conv2d_weight_grad_op;
}

/// node.list: stride, padding, dilation (rows and columns of each), groups; of the gradients also two lengths that their
/// inputs do not tell: of the image, of the kernel; of transposes the output_padding.
constexpr std::size_t conv_list = 7;

inline ConvShape conv_options(Dims list)
{
    ConvShape s{};
    s.stride_h = list[0], s.stride_w = list[1], s.pad_h = list[2], s.pad_w = list[3];
    s.dilation_h = list[4], s.dilation_w = list[5], s.groups = list[6];
    return s;
}
inline void put_weight(ConvShape& s, Dims weight)
{
    const Space kernel = space_of(weight);
    s.outputs = weight[0], s.kernel_h = kernel.h, s.kernel_w = kernel.w;
}
/// Of the convolution of x.
inline ConvShape conv_shape(Dims list, Dims x, Dims weight)
{
    ConvShape s = conv_options(list);
    const Space image = space_of(x);
    s.batch = x[0], s.channels = x[1], s.height = image.h, s.width = image.w;
    put_weight(s, weight);
    return s;
}
/// Of the gradient of the input, from the cotangent and the weight.
inline ConvShape conv_shape_from_cotangent(Dims list, Dims g, Dims weight)
{
    ConvShape s = conv_options(list);
    s.batch = g[0], s.channels = weight[1] * list[6], s.height = list[7], s.width = list[8];
    put_weight(s, weight);
    return s;
}
/// Of the gradient of the weight, from the image and the cotangent.
inline ConvShape conv_shape_from_both(Dims list, Dims x, Dims g)
{
    ConvShape s = conv_options(list);
    const Space image = space_of(x);
    s.batch = x[0], s.channels = x[1], s.height = image.h, s.width = image.w;
    s.outputs = g[1], s.kernel_h = list[7], s.kernel_w = list[8];
    return s;
}

inline void need_conv_types(InferCall& call)
{
    need_floating(call);
    for (std::size_t k = 1; k < call.in.size(); ++k)
        if (call.dtype(k) != call.dtype(0)) call.fail_dtype(one_type);
}
inline void need_conv_list(InferCall& call, std::size_t size)
{
    const Dims list = call.attribute();
    if (list.size() != size || std::min({list[0], list[1], list[4], list[5], list[6]}) < 1)
        call.fail_shape("strides, paddings, dilations and groups");
}
/// Refuses a bias (input 2, if there is one) that is not one number for each output channel; these are axis `axis` of the
/// weight.
inline void need_bias(InferCall& call, std::int64_t outputs, std::size_t axis)
{
    if (call.in.size() != 3) return;
    const auto expected = [&] {
        return "a bias [" + std::to_string(outputs) + "], one number for each output channel";
    };
    if (call.shape(2).size() != 1) call.fail_shape(expected());
    if (call.shape(2)[0] != outputs) call.fail_shape(expected(), {{1, axis}, {2, 0}});
}
/// "2 groups"
inline std::string groups_text(std::int64_t groups)
{
    return std::to_string(groups) + (groups == 1 ? " group" : " groups");
}

/// The options that are not the usual ones, for dumps and pictures.
inline std::string conv_text(const Graph& graph, const Node& node)
{
    const Dims list = graph.list(node.list);
    const bool line = graph.list(node.shape).size() == 3;
    std::string text;
    const auto say = [&](const char* name, std::int64_t h, std::int64_t w, std::int64_t usual) {
        if ((line || h == usual) && w == usual) return;
        text += (text.empty() ? "" : ", ") + std::string(name) + " " + pair_text(line ? w : h, w);
    };
    say("stride", list[0], list[1], 1);
    say("padding", list[2], list[3], 0);
    say("dilation", list[4], list[5], 1);
    say("groups", list[6], list[6], 1);
    return text;
}

/// Two operations for each tap of each of these elements.
inline double tap_flops(std::int64_t count, Dims weight)
{
    const Space kernel = space_of(weight);
    return 2.0 * static_cast<double>(count) * static_cast<double>(weight[1] * kernel.h * kernel.w);
}

/// What the rows of convolutions and of their transposes have in common. Inputs: x, weight, and the bias if there is one.
inline Op conv_base(std::string_view name, void (*infer)(InferCall&), std::string_view formula,
                    std::string_view gradient, Elsewhere elsewhere, std::vector<Sample> samples)
{
    return {.name = name,
            .formula = formula,
            .gradient = gradient,
            .elsewhere = elsewhere,
            .arity = -1,
            .inputs = {"x", "weight", "bias"},
            .traits = {.by_rows = 1, .linear = 7},
            .infer = infer,
            .saves = 3,
            .samples = std::move(samples)};
}
/// The gradient of a bias, one number for each output channel.
inline void give_bias(VjpCall& call)
{
    if (call.count() == 3 && call.needs(2))
        call.give(2, sum(call.g, call.shape(0).size() == 3 ? Axes{0, 2} : Axes{0, 2, 3}));
}

/// The gradients of a transposed convolution, which is itself the gradient of one by its input.
inline void give_transposed(VjpCall& call)
{
    Recorder& recorder = call.recorder();
    const Dims list = call.attribute(), shape = call.shape(0);
    const Space kernel = space_of(call.shape(1));
    const ListId plain = without_lengths<conv_list>(recorder, list),
                 for_weight = with_lengths<conv_list>(recorder, list, kernel.h, kernel.w);
    const Op &conv = conv_op(shape), &weight_grad = conv_weight_grad_op(shape);
    if (call.needs(0)) call.give(0, recorder.record(conv, call.g, call.in(1), 0, 0, plain));
    if (call.needs(1)) call.give(1, recorder.record(weight_grad, call.g, call.in(0), 0, 0, for_weight));
}

/// Options as a list. @throws ValueError, in the name of the function `op`.
struct ConvOptions {
    Pair2d stride, padding, dilation;
    std::int64_t groups;
};
/// Of a sequence: the rows of an image are left alone.
inline ConvOptions line_options(std::int64_t stride, std::int64_t padding, std::int64_t dilation,
                                std::int64_t groups)
{
    return {{1, stride}, {0, padding}, {1, dilation}, groups};
}
inline ConvOptions checked(const char* op, bool line, const ConvOptions& o)
{
    check_option(op, "stride", o.stride, 1, line);
    check_option(op, "padding", o.padding, 0, line);
    check_option(op, "dilation", o.dilation, 1, line);
    check_option(op, "groups", o.groups, 1);
    return o;
}
inline ListId list_of(Recorder& recorder, const ConvOptions& o)
{
    const std::int64_t list[] = {o.stride.h,   o.stride.w,   o.padding.h, o.padding.w,
                                 o.dilation.h, o.dilation.w, o.groups};
    return recorder.graph.intern(list);
}

}  // namespace xgrad::detail
