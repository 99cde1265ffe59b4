// What a row of the registry consists of: for those who write ops (docs/adding_an_op.md) and passes.
#include <cmath>

#include "shown.hpp"
using namespace xgrad;

namespace {

void facts(Tape& tape)
{
    {
        //! [Sample, SampleInput]
        const Sample& sample = find_op("matmul")->samples[0];                          // how tests call an op
        for (const SampleInput& input : sample.inputs) show(input.shape.size() >= 1);  // true
        show(sample.inputs.size());                                                    // 2
        //! [Sample, SampleInput]
    }
    {
        //! [traits_of, Continuity, Monotonicity]
        const Traits elu =
            traits_of(*find_op("elu"), /*a=*/0.75, /*b=*/0);  // what its row declares, for this alpha
        show(elu.low);                                        // -0.75
        show(*elu.continuity == Continuity::c0);              // true  (with alpha = 1 it is c1)
        show(std::string(name_of(*elu.monotonicity)));        // increasing
        show(elu.monotonicity == Monotonicity::increasing);   // true
        //! [traits_of, Continuity, Monotonicity]
    }
    {
        //! [input_name]
        show(input_name(*find_op("conv2d"), 1, 3));  // weight  (what messages call input 1 of 3)
        show(input_name(*find_op("mul"), 1, 2));     // y
        //! [input_name]
    }
    {
        //! [infer_node, InferCall, Inferred]
        Graph graph = tape.graph({ones(tape.variable(0.), {2, 3}), ones(tape.variable(0.), {3, 4})});
        InferCall call{graph,   *find_op("matmul"), graph.outputs(), /*a=*/0,
                       /*b=*/0, /*list=*/0,         /*scope=*/0,     {}};
        infer_node(call);  // the shape and the type of the value, before it is computed
        const Inferred& value = call.out[0];
        show(graph.list(value.shape));  // [2, 4]
        show(value.dtype);              // float64
        //! [infer_node, InferCall, Inferred]
    }
    {
        //! [InputAxis]
        Graph graph = tape.graph({ones(tape.variable(0.), {2, 3}), ones(tape.variable(0.), {4, 5})});
        const InferCall call{graph, *find_op("matmul"), graph.outputs(), 0, 0, 0, 0, {}};
        const InputAxis columns{.input = 0, .axis = 1}, rows{.input = 1, .axis = 0};
        try {
            call.fail_shape("lengths that fit", {columns, rows});
        } catch (const ShapeError& error) {
            show(error.what());
            // matmul: got [2, 3] float64, [4, 5] float64, expected lengths that fit
            //     x: [2, 3]
            //     y:    [4, 5]
            //            ^ 3 against 4
        }
        //! [InputAxis]
    }
    {
        //! [one_type]
        show(std::string(one_type).substr(0, 20));  // operands of one type  (what fail_dtype() says of two)
        //! [one_type]
    }
    {
        //! [AffineStep]
        const Graph graph = tape.graph({affine(tape.variable(1.), 3, -1)});
        const ValueId id = graph.outputs()[0];
        // as collapse_linear() sees it
        const std::optional<AffineStep> step = graph[id].op->affine(graph, id, 0);
        show(step->scale);  // 3
        show(step->shift);  // -1
        //! [AffineStep]
    }
    {
        //! [Switches]
        const Variable x = tape.variable(xt::xarray<double>{-2., 0., 3.});
        const Graph graph = tape.graph({relu(x)});
        const Node& node = graph[graph.outputs()[0]];
        const Switches switches = node.op->switches({&x, 1}, node);  // whose signs choose the piece
        show(sign(switches.values[0]));                              // [-1, 0, 1]
        //! [Switches]
    }
}

void kernels(Tape& tape)
{
    {
        //! [BlockKernel, BlockKernels]
        const BlockKernels& kernels = find_op("square")->blocks[static_cast<std::size_t>(DType::float64)];
        const BlockKernel kernel = kernels[0];  // every input full
        const Array x(xt::xarray<double>{1., 2., 3.});
        Array y(DType::float64, {3});
        const double attributes[] = {0, 0};
        kernel(y.mutable_data(), x.data(), nullptr, nullptr, attributes, 3);
        show(y);  // [1, 4, 9]
        //! [BlockKernel, BlockKernels]
    }
    {
        //! [KernelCall]
        const Array a(xt::xarray<double>{{1., 2.}, {3., 4.}});
        const Graph graph = tape.graph({matmul(tape.variable(a), tape.variable(a))});
        Array y(DType::float64, {2, 2});
        void* const out[] = {y.mutable_data()};
        const void* const in[] = {a.data(), a.data()};
        find_op("matmul")->kernel(KernelCall{.graph = graph, .id = graph.outputs()[0], .out = out, .in = in});
        show(y);  // [[7, 10], [15, 22]]
        //! [KernelCall]
    }
    {
        //! [RowsKernel, RowsCall, RowForm]
        const Graph graph = tape.graph({softmax(tape.variable(xt::xarray<double>{{0., 0.}, {0., 0.}}))});
        const RowsKernel& rows = find_op("softmax")->rows;  // takes some rows at a time
        show(rows.input(0) == RowForm::full);               // true
        const Array x(xt::xarray<double>{{0., 0.}, {0., std::log(3.)}});
        Array y(DType::float64, {2, 2});
        void* const out[] = {y.mutable_data()};
        const void* const in[] = {x.data()};
        rows.run(RowsCall{graph[graph.outputs()[0]], out, in, /*rows=*/2, /*length=*/2, /*state=*/nullptr,
                          /*last=*/true});
        show(y);  // [[0.5, 0.5], [0.25, 0.75]]
        //! [RowsKernel, RowsCall, RowForm]
    }
    {
        //! [MeasureCall]
        // finds a shape by computing: of custom ops alone
        void (*const measure)(MeasureCall&) = find_op("tanh")->measure;
        show(measure == nullptr);  // true
        //! [MeasureCall]
    }
    {
        //! [most_outputs]
        std::size_t most = 0;
        for (const Op* op : registry()) most = std::max(most, static_cast<std::size_t>(op->outputs));
        show(most <= most_outputs);  // true
        //! [most_outputs]
    }
}

void rules(Tape&)
{
    {
        //! [VjpCall]
        void (*const rule)(VjpCall&) = find_op("matmul")->vjp;  // gives each input its cotangent, in ops
        show(rule != nullptr);                                  // true
        //! [VjpCall]
    }
    {
        //! [ExamplesCall, Share]
        Share (*const rule)(ExamplesCall&) = find_op("matmul")->examples;  // what per_example_grad() asks for
        show(rule != nullptr);                                             // true
        show(Share::rows != Share::summed);
        // true  (rows that belong to an example, or a sum over all of them)
        //! [ExamplesCall, Share]
    }
}

const shown::Page page("Rows of ops", {facts, kernels, rules});

}  // namespace
