// Elements to the places that indices name within the planes of an array, and back: the gradients of max pooling, linear and
// each other's transposes.
#include "autodiff/kernels/pool.hpp"
#include "autodiff/ops/image.hpp"
#include "autodiff/ops/max_pool.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

extern const Op &max_pool1d_vjp_op, &max_pool2d_vjp_op, &max_pool1d_pick_op, &max_pool2d_pick_op;

namespace {

// node.list: height and width of a plane.
constexpr std::size_t plane_list = 2;

void need_indices(InferCall& call)
{
    if (!is_floating(call.dtype(0)) || call.dtype(1) != DType::int64)
        call.fail_dtype("float32 or float64 beside int64 indices");
    if (call.attribute().size() != plane_list) call.fail_shape("height and width of a plane");
}
std::int64_t count_behind_channels(Dims shape)
{
    const Space space = space_of(shape);
    return space.h * space.w;
}
std::string plane_text(const Graph& graph, const Node& node)
{
    const Dims list = graph.list(node.list);
    return graph.list(node.shape).size() == 3
               ? "length " + std::to_string(list[1])
               : "plane " + std::to_string(list[0]) + " x " + std::to_string(list[1]);
}
ListId list_of_plane(Recorder& recorder, Dims shape)
{
    const Space space = space_of(shape);
    const std::int64_t list[] = {space.h, space.w};
    return recorder.graph.intern(list);
}

template <std::size_t axes>
void infer_back(InferCall& call)
{
    need_indices(call);
    need_alike(call, 0, 1, "an index for each element of the cotangent");
    const Dims g = call.shape(0), list = call.attribute();
    if (g.size() != axes) call.fail_shape(axes == 3 ? "a cotangent [N, C, l]" : "a cotangent [N, C, h, w]");
    call.out[0] = {call.dtype(0), intern_space(call.graph, axes == 3, g[0], g[1], list[0], list[1])};
}
// Inputs: the cotangent, the indices.
Op back_row(std::string_view name, std::string_view of, void (*infer)(InferCall&),
            std::vector<Sample> samples)
{
    return {
        .name = name,
        .formula = "each g at the place of its index, 0 elsewhere",
        .derived_from = of,
        .arity = 2,
        .traits = {.fixes_shape = true, .by_rows = 3, .linear = 1},
        .infer = infer,
        .kernel =
            [](const KernelCall& call) {
                const Dims g = call.shape(0);
                by_float(call.dtype(), [&]<class T>() {
                    kernels::scatter_planes<T>(static_cast<const T*>(call.in[0]),
                                               static_cast<const std::int64_t*>(call.in[1]),
                                               static_cast<T*>(call.out[0]), g[0] * g[1],
                                               count_behind_channels(g), count_behind_channels(call.shape()));
                });
            },
        .vjp =
            [](VjpCall& call) {
                Recorder& recorder = call.recorder();
                const Op& pick = call.shape(0).size() == 3 ? max_pool1d_pick_op : max_pool2d_pick_op;
                call.give(0, recorder.record(pick, call.g, call.in(1), 0, 0,
                                             recorder.graph.intern(call.attribute())));
            },
        .saves = 2,
        .flops = [](const Graph& graph,
                    ValueId id) { return static_cast<double>(graph.count(graph.inputs(id)[0])); },
        .attributes = plane_text,
        .samples = std::move(samples),
    };
}

template <std::size_t axes>
void infer_pick(InferCall& call)
{
    need_indices(call);
    const Dims x = call.shape(0), index = call.shape(1), list = call.attribute();
    if (x.size() != axes || index.size() != axes || x[0] != index[0] || x[1] != index[1] ||
        space_of(x).h != list[0] || space_of(x).w != list[1])
        call.fail_shape(axes == 3 ? "values [N, C, L] and indices [N, C, l]"
                                  : "values [N, C, H, W] and indices [N, C, h, w]");
    call.out[0] = {call.dtype(0), call.graph[call.in[1]].shape};
}
// Inputs: values of the image's shape, the indices.
Op pick_row(std::string_view name, std::string_view of, void (*infer)(InferCall&),
            std::vector<Sample> samples)
{
    return {
        .name = name,
        .formula = "the element at each index",
        .derived_from = of,
        .arity = 2,
        .traits = {.by_rows = 3, .linear = 1},
        .infer = infer,
        .kernel =
            [](const KernelCall& call) {
                const Dims x = call.shape(0), index = call.shape(1);
                by_float(call.dtype(), [&]<class T>() {
                    kernels::gather_planes<T>(static_cast<const T*>(call.in[0]),
                                              static_cast<const std::int64_t*>(call.in[1]),
                                              static_cast<T*>(call.out[0]), x[0] * x[1],
                                              count_behind_channels(index), count_behind_channels(x));
                });
            },
        .vjp =
            [](VjpCall& call) {
                Recorder& recorder = call.recorder();
                const Op& back = call.shape(0).size() == 3 ? max_pool1d_vjp_op : max_pool2d_vjp_op;
                call.give(0, recorder.record(back, call.g, call.in(1), 0, 0,
                                             recorder.graph.intern(call.attribute())));
            },
        .saves = 2,
        .flops = [](const Graph&, ValueId) { return 0.0; },
        .attributes = plane_text,
        .samples = std::move(samples),
    };
}

// For the samples.
Variable pick(const Op& op, Variable x, Variable index, std::int64_t h, std::int64_t w)
{
    Recorder& recorder = Recorder::of(x);
    const std::int64_t list[] = {h, w};
    return recorder.record(op, x, index, 0, 0, recorder.graph.intern(list));
}

}  // namespace

Variable back_to_places(Variable g, Variable index, Dims shape)
{
    Recorder& recorder = Recorder::of(g);
    return recorder.record(shape.size() == 3 ? max_pool1d_vjp_op : max_pool2d_vjp_op, g, index, 0, 0,
                           list_of_plane(recorder, shape));
}

const Op& max_pool2d_vjp_op =
    row(back_row("max_pool2d_vjp", "max_pool2d", infer_back<4>,
                 {{{{{1, 2, 2, 3}}, {{1, 2, 2, 3}, -1, 28, DType::int64}}, [](auto in) {
                       return back_to_places(in[0], in[1], Shape{1, 2, 4, 7});
                   }}}));
const Op& max_pool1d_vjp_op = row(back_row("max_pool1d_vjp", "max_pool1d", infer_back<3>,
                                           {{{{{2, 2, 3}}, {{2, 2, 3}, -1, 7, DType::int64}}, [](auto in) {
                                                 return back_to_places(in[0], in[1], Shape{2, 2, 7});
                                             }}}));
const Op& max_pool2d_pick_op =
    row(pick_row("max_pool2d_pick", "max_pool2d", infer_pick<4>,
                 {{{{{1, 2, 4, 7}}, {{1, 2, 2, 3}, -1, 28, DType::int64}},
                   [](auto in) { return pick(max_pool2d_pick_op, in[0], in[1], 4, 7); }}}));
const Op& max_pool1d_pick_op = row(pick_row("max_pool1d_pick", "max_pool1d", infer_pick<3>,
                                            {{{{{2, 2, 7}}, {{2, 2, 3}, -1, 7, DType::int64}}, [](auto in) {
                                                  return pick(max_pool1d_pick_op, in[0], in[1], 1, 7);
                                              }}}));

}  // namespace xgrad::detail
