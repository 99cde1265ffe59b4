// Adaptive pooling of sequences and images: as many windows as are asked for.
#include "autodiff/kernels/pool.hpp"
#include "autodiff/ops/image.hpp"
#include "autodiff/ops/max_pool.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

extern const Op &adaptive_avg_pool1d_op, &adaptive_avg_pool2d_op, &adaptive_avg_pool1d_vjp_op,
    &adaptive_avg_pool2d_vjp_op, &adaptive_max_pool1d_op, &adaptive_max_pool2d_op,
    &adaptive_max_pool1d_index_op, &adaptive_max_pool2d_index_op;

namespace {

using kernels::AdaptiveShape;

// node.list: rows and columns of the value, -1 for those of x; of the gradient height and width of x.
constexpr std::size_t size_list = 2;

AdaptiveShape shape_of(Dims x, Dims y)
{
    const Space image = space_of(x), windows = space_of(y);
    return {x[0] * x[1], image.h, image.w, windows.h, windows.w};
}

template <std::size_t axes>
void infer_adaptive(InferCall& call)
{
    constexpr bool line = axes == 3;
    need_floating(call);
    const Dims x = call.shape(0), list = call.attribute();
    if (list.size() != size_list) call.fail_shape("rows and columns of the result");
    if (x.size() != axes)
        call.fail_shape(std::string(line ? "x [N, C, L]" : "x [N, C, H, W]") +
                        (x.size() + 1 == axes ? " (unsqueeze(x, 0) makes a batch of one)" : ""));
    const Space space = space_of(x);
    if (space.h < 1 || space.w < 1) call.fail_shape("x of at least one place");
    const auto size = [](std::int64_t asked, std::int64_t own) { return asked < 0 ? own : asked; };
    call.out[0] = {call.dtype(0), intern_space(call.graph, line, x[0], x[1], size(list[0], space.h),
                                               size(list[1], space.w))};
}
template <std::size_t axes>
void infer_index(InferCall& call)
{
    infer_adaptive<axes>(call);
    call.out[0].dtype = DType::int64;
}
template <std::size_t axes>
void infer_back(InferCall& call)
{
    need_floating(call);
    const Dims g = call.shape(0), list = call.attribute();
    if (list.size() != size_list) call.fail_shape("height and width of the gradient");
    if (g.size() != axes) call.fail_shape(axes == 3 ? "a cotangent [N, C, l]" : "a cotangent [N, C, h, w]");
    const Space windows = space_of(g);
    if (windows.h < 1 || windows.w < 1) call.fail_shape("a cotangent of at least one place");
    call.out[0] = {call.dtype(0), intern_space(call.graph, axes == 3, g[0], g[1], list[0], list[1])};
}

std::string size_text(const Graph& graph, const Node& node)
{
    const Dims list = graph.list(node.list);
    const auto text = [](std::int64_t size) { return size < 0 ? "all" : std::to_string(size); };
    return graph.list(node.shape).size() == 3 ? text(list[1]) : text(list[0]) + " x " + text(list[1]);
}
double input_flops(const Graph& graph, ValueId id)
{
    return static_cast<double>(graph.count(graph.inputs(id)[0]));
}

// run(part of the planes, its x, its y), for pointers of the types X and Y.
template <class X, class Y, class F>
void by_planes(const AdaptiveShape& all, const void* x, void* y, std::int64_t x_plane, std::int64_t y_plane,
               F run)
{
    kernels::by_planes(all, [&](const AdaptiveShape& part, std::int64_t first) {
        run(part, static_cast<const X*>(x) + first * x_plane, static_cast<Y*>(y) + first * y_plane);
    });
}

template <bool means>
void run_pool(const KernelCall& call)
{
    const AdaptiveShape s = shape_of(call.shape(0), call.shape());
    by_float(call.dtype(), [&]<class T>() {
        by_planes<T, T>(s, call.in[0], call.out[0], s.height * s.width, s.rows * s.columns,
                        means ? kernels::adaptive_avg_pool2d<T> : kernels::adaptive_max_pool2d<T>);
    });
}
void run_index(const KernelCall& call)
{
    const AdaptiveShape s = shape_of(call.shape(0), call.shape());
    by_float(call.dtype(0), [&]<class T>() {
        by_planes<T, std::int64_t>(s, call.in[0], call.out[0], s.height * s.width, s.rows * s.columns,
                                   kernels::adaptive_max_pool2d_index<T>);
    });
}
void run_back(const KernelCall& call)
{
    const AdaptiveShape s = shape_of(call.shape(), call.shape(0));
    by_float(call.dtype(), [&]<class T>() {
        by_planes<T, T>(s, call.in[0], call.out[0], s.rows * s.columns, s.height * s.width,
                        kernels::adaptive_avg_pool2d_vjp<T>);
    });
}

ListId list_of_space(Recorder& recorder, Dims shape)
{
    const Space space = space_of(shape);
    const std::int64_t list[] = {space.h, space.w};
    return recorder.graph.intern(list);
}

Op mean_row(std::string_view name, void (*infer)(InferCall&), Elsewhere elsewhere,
            std::vector<Sample> samples)
{
    return {.name = name,
            .formula =
                "mean of x from floor(r height / rows) up to ceil((r + 1) height / rows), columns "
                "likewise",
            .gradient = "g / (number of places) at all places of its window",
            .elsewhere = elsewhere,
            .traits = {.by_rows = 1, .linear = 1},
            .infer = infer,
            .kernel = run_pool<true>,
            .vjp =
                [](VjpCall& call) {
                    const Op& back =
                        call.shape(0).size() == 3 ? adaptive_avg_pool1d_vjp_op : adaptive_avg_pool2d_vjp_op;
                    call.give(0, call.recorder().record(back, call.g, 0, 0,
                                                        list_of_space(call.recorder(), call.shape(0))));
                },
            .saves = 0,
            .flops = input_flops,
            .attributes = size_text,
            .samples = std::move(samples)};
}
Op back_row(std::string_view name, std::string_view of, void (*infer)(InferCall&),
            std::vector<Sample> samples)
{
    return {.name = name,
            .formula = "each g at all places of its window, divided by their number",
            .derived_from = of,
            .traits = {.fixes_shape = true, .by_rows = 1, .linear = 1},
            .infer = infer,
            .kernel = run_back,
            .vjp =
                [](VjpCall& call) {
                    const Op& mean =
                        call.shape(0).size() == 3 ? adaptive_avg_pool1d_op : adaptive_avg_pool2d_op;
                    call.give(0, call.recorder().record(mean, call.g, 0, 0,
                                                        list_of_space(call.recorder(), call.shape(0))));
                },
            .saves = 0,
            .flops = input_flops,
            .attributes = size_text,
            .samples = std::move(samples)};
}
Op max_row(std::string_view name, void (*infer)(InferCall&), Elsewhere elsewhere, std::vector<Sample> samples)
{
    return {.name = name,
            .formula =
                "largest x from floor(r height / rows) up to ceil((r + 1) height / rows), columns "
                "likewise",
            .gradient = "g at the largest element of its window",
            .elsewhere = elsewhere,
            .traits = {.by_rows = 1, .moves = true, .kink = "the first of equal elements gets the gradient"},
            .infer = infer,
            .kernel = run_pool<false>,
            .vjp =
                [](VjpCall& call) {
                    const Op& op = call.shape(0).size() == 3 ? adaptive_max_pool1d_index_op
                                                             : adaptive_max_pool2d_index_op;
                    const Variable index = call.recorder().record(
                        op, call.in(0), 0, 0, list_of_space(call.recorder(), call.shape()));
                    call.give(0, back_to_places(call.g, index, call.shape(0)));
                },
            .saves = 1,
            .flops = input_flops,
            .attributes = size_text,
            .samples = std::move(samples)};
}
Op index_row(std::string_view name, std::string_view of, void (*infer)(InferCall&),
             std::vector<Sample> samples)
{
    return {.name = name,
            .formula = "place of the largest element of each window within its plane",
            .derived_from = of,
            .traits = {.by_rows = 1, .kink = "the first of equal elements; no gradient"},
            .infer = infer,
            .kernel = run_index,
            .vjp = [](VjpCall&) {},
            .saves = 0,
            .flops = input_flops,
            .attributes = size_text,
            .samples = std::move(samples)};
}

// For the samples: parts of the gradients by themselves.
Variable recorded(const Op& op, Variable x, std::int64_t h, std::int64_t w)
{
    Recorder& recorder = Recorder::of(x);
    const std::int64_t list[] = {h, w};
    return recorder.record(op, x, 0, 0, recorder.graph.intern(list));
}

#define XGRAD_POOL(f, ...) [](auto in) { return f(in[0], __VA_ARGS__); }
}  // namespace

const Op& adaptive_avg_pool2d_op =
    row(mean_row("adaptive_avg_pool2d", infer_adaptive<4>, {"", "F.adaptive_avg_pool2d", ""},
                 {{{{{2, 3, 4, 6}}}, XGRAD_POOL(adaptive_avg_pool2d, {2, 3})},
                  {{{{1, 2, 5, 7}}}, XGRAD_POOL(adaptive_avg_pool2d, {3, 4})},
                  {{{{2, 2, 5, 6}}}, XGRAD_POOL(adaptive_avg_pool2d, 1)},
                  {{{{1, 2, 3, 2}}}, XGRAD_POOL(adaptive_avg_pool2d, {5, 4})},
                  {{{{1, 2, 3, 5}}}, XGRAD_POOL(adaptive_avg_pool2d, {std::nullopt, 2})},
                  {{{{1, 1, 1, 1}}}, XGRAD_POOL(adaptive_avg_pool2d, 1)},
                  {{{{0, 2, 4, 4}}}, XGRAD_POOL(adaptive_avg_pool2d, 2)}}));
const Op& adaptive_avg_pool1d_op =
    row(mean_row("adaptive_avg_pool1d", infer_adaptive<3>, {"", "F.adaptive_avg_pool1d", ""},
                 {{{{{2, 3, 6}}}, XGRAD_POOL(adaptive_avg_pool1d, 3)},
                  {{{{1, 2, 7}}}, XGRAD_POOL(adaptive_avg_pool1d, 4)},
                  {{{{1, 2, 5}}}, XGRAD_POOL(adaptive_avg_pool1d, 1)},
                  {{{{1, 2, 3}}}, XGRAD_POOL(adaptive_avg_pool1d, 5)},
                  {{{{0, 2, 3}}}, XGRAD_POOL(adaptive_avg_pool1d, 2)}}));
const Op& adaptive_max_pool2d_op =
    row(max_row("adaptive_max_pool2d", infer_adaptive<4>, {"", "F.adaptive_max_pool2d", ""},
                {{{{{2, 3, 4, 6}}}, XGRAD_POOL(adaptive_max_pool2d, {2, 3})},
                 {{{{1, 2, 5, 7}}}, XGRAD_POOL(adaptive_max_pool2d, {3, 4})},
                 {{{{2, 2, 5, 6}}}, XGRAD_POOL(adaptive_max_pool2d, 1)},
                 {{{{1, 2, 3, 5}}}, XGRAD_POOL(adaptive_max_pool2d, {2, std::nullopt})},
                 {{{{0, 2, 4, 4}}}, XGRAD_POOL(adaptive_max_pool2d, 2)}}));
const Op& adaptive_max_pool1d_op =
    row(max_row("adaptive_max_pool1d", infer_adaptive<3>, {"", "F.adaptive_max_pool1d", ""},
                {{{{{2, 3, 6}}}, XGRAD_POOL(adaptive_max_pool1d, 3)},
                 {{{{1, 2, 7}}}, XGRAD_POOL(adaptive_max_pool1d, 4)},
                 {{{{1, 2, 3}}}, XGRAD_POOL(adaptive_max_pool1d, 5)}}));
#undef XGRAD_POOL

const Op& adaptive_avg_pool2d_vjp_op = row(back_row(
    "adaptive_avg_pool2d_vjp", "adaptive_avg_pool2d", infer_back<4>,
    {{{{{1, 2, 2, 3}}}, [](auto in) { return recorded(adaptive_avg_pool2d_vjp_op, in[0], 5, 7); }},
     {{{{0, 2, 2, 3}}}, [](auto in) { return recorded(adaptive_avg_pool2d_vjp_op, in[0], 4, 7); }}}));
const Op& adaptive_avg_pool1d_vjp_op = row(
    back_row("adaptive_avg_pool1d_vjp", "adaptive_avg_pool1d", infer_back<3>,
             {{{{{1, 2, 3}}}, [](auto in) { return recorded(adaptive_avg_pool1d_vjp_op, in[0], 1, 7); }}}));
const Op& adaptive_max_pool2d_index_op = row(index_row(
    "adaptive_max_pool2d_index", "adaptive_max_pool2d", infer_index<4>,
    {{{{{1, 2, 5, 7}}}, [](auto in) { return recorded(adaptive_max_pool2d_index_op, in[0], 2, 3); }}}));
const Op& adaptive_max_pool1d_index_op = row(index_row(
    "adaptive_max_pool1d_index", "adaptive_max_pool1d", infer_index<3>,
    {{{{{1, 2, 7}}}, [](auto in) { return recorded(adaptive_max_pool1d_index_op, in[0], 1, 3); }}}));

void adaptive_pool_rows() {}

namespace {
Variable adaptive(const Op& op, Variable x, OutputSize2d output, bool line)
{
    for (const auto& size : {output.h, output.w})
        if (size && (*size < 1 || *size >= std::int64_t{1} << 31)) {
            const auto text = [](const std::optional<std::int64_t>& n) {
                return n ? std::to_string(*n) : std::string("all");
            };
            throw ValueError(
                std::string(op.name) + ": output must be positive, not " +
                (line || output.h == output.w ? text(size) : text(output.h) + " x " + text(output.w)));
        }
    Recorder& recorder = Recorder::of(x);
    const std::int64_t list[] = {output.h.value_or(-1), output.w.value_or(-1)};
    return recorder.record(op, x, 0, 0, recorder.graph.intern(list));
}
}  // namespace

}  // namespace xgrad::detail

namespace xgrad {
using namespace detail;

Variable adaptive_avg_pool1d(Variable x, std::int64_t output)
{
    return adaptive(adaptive_avg_pool1d_op, x, {1, output}, true);
}
Variable adaptive_avg_pool2d(Variable x, OutputSize2d output)
{
    return adaptive(adaptive_avg_pool2d_op, x, output, false);
}
Variable adaptive_max_pool1d(Variable x, std::int64_t output)
{
    return adaptive(adaptive_max_pool1d_op, x, {1, output}, true);
}
Variable adaptive_max_pool2d(Variable x, OutputSize2d output)
{
    return adaptive(adaptive_max_pool2d_op, x, output, false);
}

}  // namespace xgrad
