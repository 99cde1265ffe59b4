// Transposed convolution of sequences and images: what the gradient of a convolution's input computes, with a bias. Its own
// gradients are the convolution and the gradient of a convolution's weight.
#include <algorithm>

#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/conv_shape.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

// node.list: as conv2d's, and output_padding (rows, columns).
constexpr std::size_t transpose_list = conv_list + 2;

/// The convolution whose input's gradient this is: its image is our value, its value our x.
ConvShape shape_of(Dims list, Dims x, Dims weight)
{
    ConvShape s = conv_options(list);
    const Space from = space_of(x);
    put_weight(s, weight);
    const auto length = [](std::int64_t n, std::int64_t stride, std::int64_t pad, std::int64_t dilation,
                           std::int64_t kernel, std::int64_t more) {
        return (n - 1) * stride - 2 * pad + dilation * (kernel - 1) + more + 1;
    };
    s.batch = x[0], s.channels = weight[1] * s.groups;
    s.height = length(from.h, s.stride_h, s.pad_h, s.dilation_h, s.kernel_h, list[7]);
    s.width = length(from.w, s.stride_w, s.pad_w, s.dilation_w, s.kernel_w, list[8]);
    return s;
}

void infer_transpose(InferCall& call, std::size_t axes)
{
    const bool line = axes == 3;
    need_conv_types(call);
    need_conv_list(call, transpose_list);
    const bool batch_lacks = call.in.size() > 1 && call.shape(0).size() + 1 == axes;
    if (call.in.size() < 2 || call.in.size() > 3 || call.shape(0).size() != axes ||
        call.shape(1).size() != axes)
        call.fail_shape(std::string(line ? "x [N, C, l] and a weight [C, O / groups, k]"
                                         : "x [N, C, h, w] and a weight [C, O / groups, kh, kw]") +
                        (batch_lacks ? " (unsqueeze(x, 0) makes a batch of one)" : ""));
    const Dims x = call.shape(0), weight = call.shape(1);
    const ConvShape s = shape_of(call.attribute(), x, weight);
    if (x[1] != weight[0])
        call.fail_shape("a weight for the channels of x: x has " + std::to_string(x[1]) +
                            " (axis 1), the weight is for " + std::to_string(weight[0]) +
                            " (axis 0; a weight is [in, out / groups, ...] here)",
                        {{0, 1}, {1, 0}});
    if (weight[0] % s.groups != 0)
        call.fail_shape("groups that divide the channels: " + std::to_string(weight[0]) + " in meet " +
                        groups_text(s.groups));
    need_bias(call, s.channels, 1);
    if (s.kernel_h < 1 || s.kernel_w < 1) call.fail_shape("a kernel of at least one element");
    const Space from = space_of(x);
    if (from.h < 1 || from.w < 1) call.fail_shape("x of at least one place");
    if (s.height < 1 || s.width < 1)
        call.fail_shape(
            "a result of at least one place, which padding " + pair_text(line ? s.pad_w : s.pad_h, s.pad_w) +
            " cuts down to " +
            (line ? std::to_string(s.width) : std::to_string(s.height) + " x " + std::to_string(s.width)));
    call.out[0] = {call.dtype(0), intern_space(call.graph, line, s.batch, s.channels, s.height, s.width)};
}

Op transpose_row(std::string_view name, void (*infer)(InferCall&), std::string_view formula,
                 Elsewhere elsewhere, std::vector<Sample> samples)
{
    Op op = conv_base(name, infer, formula, "x: conv of g with w; w: sum of x g; b: sum of g", elsewhere,
                      std::move(samples));
    op.kernel = [](const KernelCall& call) {
        const ConvShape s = shape_of(call.attribute(), call.shape(0), call.shape(1));
        by_float(call.dtype(), [&]<class T>() {
            T* y = static_cast<T*>(call.out[0]);
            kernels::conv2d_input_grad<T>(s, input<T>(call, 0), input<T>(call, 1), y);
            if (call.in.size() < 3) return;
            const T* const bias = input<T>(call, 2);
            const std::int64_t plane = s.height * s.width;
            for (std::int64_t n = 0; n < s.batch; ++n)
                for (std::int64_t o = 0; o < s.channels; ++o, y += plane)
                    std::for_each(y, y + plane, [b = bias[o]](T& value) { value += b; });
        });
    };
    op.vjp = [](VjpCall& call) {
        give_transposed(call);
        give_bias(call);
    };
    op.flops = [](const Graph& graph, ValueId id) {
        return tap_flops(graph.count(graph.inputs(id)[0]), graph.shape(graph.inputs(id)[1]));
    };
    op.attributes = [](const Graph& graph, const Node& node) {
        const Dims list = graph.list(node.list);
        std::string text = conv_text(graph, node);
        if (list[7] == 0 && list[8] == 0) return text;
        const bool line = graph.list(node.shape).size() == 3;
        return text + (text.empty() ? "" : ", ") + "output padding " +
               pair_text(line ? list[8] : list[7], list[8]);
    };
    return op;
}

#define XGRAD_CONV(...) [](auto in) { return conv_transpose2d(__VA_ARGS__); }
#define XGRAD_CONV1(...) [](auto in) { return conv_transpose1d(__VA_ARGS__); }
}  // namespace

const Op& conv_transpose2d_op = row(transpose_row(
    "conv_transpose2d", [](InferCall& call) { infer_transpose(call, 4); },
    "b(o) + sum of w(c, o, i, j) x(n, c, r, q) over the places r stride + i dilation - padding, q ...",
    {"", "F.conv_transpose2d", "jax.lax.conv_transpose"},
    {{{{{2, 3, 4, 3}}, {{3, 4, 3, 2}}, {{4}}}, XGRAD_CONV(in[0], in[1], in[2])},
     {{{{2, 3, 3, 4}}, {{3, 2, 4, 4}}, {{2}}}, XGRAD_CONV(in[0], in[1], in[2], {.stride = 2, .padding = 1})},
     {{{{1, 2, 3, 2}}, {{2, 3, 3, 2}}},
      XGRAD_CONV(in[0], in[1], {.stride = {3, 2}, .padding = {1, 0}, .output_padding = {2, 1}})},
     {{{{2, 4, 3, 2}}, {{4, 3, 2, 2}}, {{6}}},
      XGRAD_CONV(in[0], in[1], in[2], {.stride = {1, 2}, .padding = 1, .dilation = {3, 1}, .groups = 2})},
     {{{{2, 3, 2, 3}}, {{3, 1, 3, 3}}}, XGRAD_CONV(in[0], in[1], {.groups = 3})},
     {{{{2, 3, 2, 3}}, {{3, 5, 1, 1}}, {{5}}}, XGRAD_CONV(in[0], in[1], in[2])},
     // A place that no tap reaches has the bias alone.
     {{{{1, 1, 2, 2}}, {{1, 2, 1, 1}}, {{2}}},
      XGRAD_CONV(in[0], in[1], in[2], {.stride = 3, .output_padding = 1})},
     // output_padding beyond the stride, which the dilation allows.
     {{{{1, 2, 3, 3}}, {{2, 2, 2, 3}}, {{2}}},
      XGRAD_CONV(in[0], in[1], in[2], {.padding = 1, .output_padding = {2, 1}, .dilation = {3, 2}})},
     {{{{0, 2, 3, 3}}, {{2, 3, 2, 2}}, {{3}}}, XGRAD_CONV(in[0], in[1], in[2], {.stride = 2})},
     {{{{2, 0, 3, 3}}, {{0, 2, 2, 2}}, {{2}}}, XGRAD_CONV(in[0], in[1], in[2], {.stride = 2})},
     {{{{2, 0, 3, 3}}, {{0, 2, 2, 2}}, {{2}}}, XGRAD_CONV(in[0], in[1], in[2])},
     {{{{1, 1, 1, 1}}, {{1, 1, 1, 1}}}, XGRAD_CONV(in[0], in[1])}}));

const Op& conv_transpose1d_op = row(transpose_row(
    "conv_transpose1d", [](InferCall& call) { infer_transpose(call, 3); },
    "b(o) + sum of w(c, o, j) x(n, c, q) over the places q stride + j dilation - padding",
    {"", "F.conv_transpose1d", "jax.lax.conv_transpose"},
    {{{{{2, 3, 4}}, {{3, 4, 3}}, {{4}}}, XGRAD_CONV1(in[0], in[1], in[2])},
     {{{{2, 3, 5}}, {{3, 2, 4}}}, XGRAD_CONV1(in[0], in[1], {.stride = 2, .padding = 1})},
     {{{{1, 4, 3}}, {{4, 3, 3}}, {{6}}},
      XGRAD_CONV1(in[0], in[1], in[2],
                  {.stride = 3, .padding = 2, .output_padding = 1, .dilation = 2, .groups = 2})},
     {{{{1, 1, 3}}, {{1, 1, 2}}}, XGRAD_CONV1(in[0], in[1], {.output_padding = 2, .dilation = 3})},
     {{{{0, 2, 3}}, {{2, 3, 2}}, {{3}}}, XGRAD_CONV1(in[0], in[1], in[2])},
     {{{{1, 1, 1}}, {{1, 1, 1}}}, XGRAD_CONV1(in[0], in[1])}}));
#undef XGRAD_CONV
#undef XGRAD_CONV1

void conv_transpose_rows() {}

namespace {

Variable record_transpose(const Op& op, std::span<const Variable> given, const ConvOptions& o, Pair2d more)
{
    const std::string name(op.name);
    const bool line = &op == &conv_transpose1d_op;
    checked(name.c_str(), line, o);
    check_option(name.c_str(), "output_padding", more, 0, line);
    if (more.h >= std::max(o.stride.h, o.dilation.h) || more.w >= std::max(o.stride.w, o.dilation.w))
        throw ValueError(name + ": output_padding must be less than the stride or the dilation, " +
                         pair_text(line ? more.w : more.h, more.w) + " meets stride " +
                         pair_text(line ? o.stride.w : o.stride.h, o.stride.w) + " and dilation " +
                         pair_text(line ? o.dilation.w : o.dilation.h, o.dilation.w));
    std::vector<Variable> in(given.begin(), given.end());
    Recorder& recorder = Recorder::of(in[0]);
    const std::int64_t list[] = {
        o.stride.h, o.stride.w, o.padding.h, o.padding.w, o.dilation.h, o.dilation.w, o.groups, 0, 0};
    const auto record = [&](Pair2d last) {
        Shape all(std::begin(list), std::end(list));
        all[7] = last.h, all[8] = last.w;
        return recorder.record(op, in, 0, 0, recorder.graph.intern(all));
    };
    const Pair2d steps(more.h / o.stride.h, more.w / o.stride.w);
    if ((steps.h == 0 && steps.w == 0) || in[0].shape().size() != (line ? 3u : 4u)) return record(more);
    // Further places of a whole stride are those of an x that goes on with zeros.
    return compose(name, in[0], [&] {
        std::vector<std::pair<std::int64_t, std::int64_t>> widths = {
            {0, 0}, {0, 0}, {0, steps.h}, {0, steps.w}};
        if (line) widths.erase(widths.begin() + 2);
        in[0] = pad(in[0], widths);
        return record({more.h % o.stride.h, more.w % o.stride.w});
    });
}
Variable transpose_of(std::span<const Variable> in, const ConvTranspose1dOptions& o)
{
    return record_transpose(conv_transpose1d_op, in, line_options(o.stride, o.padding, o.dilation, o.groups),
                            {0, o.output_padding});
}
Variable transpose_of(std::span<const Variable> in, const ConvTranspose2dOptions& o)
{
    return record_transpose(conv_transpose2d_op, in, {o.stride, o.padding, o.dilation, o.groups},
                            o.output_padding);
}
template <class Options>
Variable transpose_of(std::initializer_list<Variable> in, const Options& options)
{
    return transpose_of(std::span(in.begin(), in.size()), options);
}

}  // namespace
}  // namespace xgrad::detail

namespace xgrad {
using detail::transpose_of, detail::lift;

Variable conv_transpose1d(Variable x, Variable weight, const ConvTranspose1dOptions& options)
{
    return transpose_of({x, weight}, options);
}
Variable conv_transpose1d(Variable x, Variable weight, Variable bias, const ConvTranspose1dOptions& options)
{
    return transpose_of({x, weight, bias}, options);
}
Variable conv_transpose1d(Variable x, const Parameter& weight, const ConvTranspose1dOptions& options)
{
    return transpose_of({x, lift(x, weight)}, options);
}
Variable conv_transpose1d(Variable x, const Parameter& weight, const Parameter& bias,
                          const ConvTranspose1dOptions& options)
{
    return transpose_of({x, lift(x, weight), lift(x, bias)}, options);
}
Variable conv_transpose2d(Variable x, Variable weight, const ConvTranspose2dOptions& options)
{
    return transpose_of({x, weight}, options);
}
Variable conv_transpose2d(Variable x, Variable weight, Variable bias, const ConvTranspose2dOptions& options)
{
    return transpose_of({x, weight, bias}, options);
}
Variable conv_transpose2d(Variable x, const Parameter& weight, const ConvTranspose2dOptions& options)
{
    return transpose_of({x, lift(x, weight)}, options);
}
Variable conv_transpose2d(Variable x, const Parameter& weight, const Parameter& bias,
                          const ConvTranspose2dOptions& options)
{
    return transpose_of({x, lift(x, weight), lift(x, bias)}, options);
}

}  // namespace xgrad
