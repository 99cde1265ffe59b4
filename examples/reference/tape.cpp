// What records, what is recorded, and what it becomes.
#include <sstream>

#include "shown.hpp"
#include "xgrad/autodiff/update.hpp"
using namespace xgrad;

namespace {

void recording(Tape& tape)
{
    {
        //! [Tape, Tape::Mark]
        Tape tape;  // a recording scope; values are computed as they are recorded
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        const Variable t = tape.constant(xt::xarray<double>{0., 1.}, "t");
        show(x - t);  // [1, 1]
        const Tape::Mark mark = tape.mark();
        show(exp(x).size() == 2 && tape.size() == 4);  // true
        tape.rewind(mark);                             // drops what was recorded since
        show(tape.size());                             // 3
        //! [Tape, Tape::Mark]
    }
    {
        //! [TapeOptions]
        Tape evaluation({.training = false});
        const Variable x = evaluation.variable(xt::xarray<double>{1., 2.});
        show(dropout(x, 0.9));        // [1, 2]
        show(evaluation.training());  // false
        //! [TapeOptions]
    }
    {
        //! [Variable]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}}, "x");
        const Variable y = sum(x * x).named("y");
        show(y.item());                 // 30  (the only element, as a double)
        show(x.value<double>()(1, 0));  // 3  (the value as an xtensor view)
        show(x.shape());                // [2, 2]
        show(x.dtype());                // float64
        show(x.size());                 // 4
        //! [Variable]
    }
    {
        //! [operator<<]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.5});
        std::ostringstream out;
        out << x << " and " << x.array();  // as NumPy prints; reports and logs are pages
        show(out.str());                   // [  1, 2.5] and [  1, 2.5]
        //! [operator<<]
    }
    {
        //! [keep]
        const Variable x = tape.variable(2.);
        const Variable between = keep(x * x);        // is not released by grad(), so reading it costs nothing
        show(grad(exp(between), x) / exp(between));  // 4
        show(between);                               // 4
        //! [keep]
    }
    {
        //! [Parameter]
        const Parameter w(xt::xarray<double>{1., 2.}, "w");  // lives outside of tapes; copies share it
        Tape step;
        const Variable loss = sum(w * step.constant(xt::xarray<double>{3., 4.}));
        show(loss);           // 11
        show(grad(loss, w));  // [3, 4]
        step.assign(w, w - 0.5 * grad(loss, w));
        step.commit();    // writes what was assigned
        show(w.array());  // [-0.5, 0]
        //! [Parameter]
    }
}

void graphs(Tape& tape)
{
    {
        //! [Graph]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        const Graph graph = tape.graph({sum(tanh(x) * 2)});  // what the output needs, as data
        show(graph.text());
        // %0 = input  [2] float64  'x'
        // %1 = tanh(%0)  [2] float64
        // %2 = affine(%1) {2·x}  [2] float64
        // %3 = sum(%2) {axis 0}  [] float64
        // return %3
        show(graph(x * 0));  // 0  (a function like any other)
        //! [Graph]
    }
    {
        //! [Node, ValueId]
        const Graph graph = tape.graph({tanh(tape.variable(xt::xarray<double>{1., 2.}))});
        const ValueId last = graph.outputs()[0];  // a node's place, and the name of its value
        const Node& node = graph[last];
        show(std::string(node.op->name));  // tanh
        show(graph.inputs(last)[0]);       // 0
        show(graph.shape(last));           // [2]
        //! [Node, ValueId]
    }
    {
        //! [ListId]
        const Graph graph = tape.graph({sum(tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}}), 1)});
        // lists of integers are kept once and have a number
        const ListId axes = graph[graph.outputs()[0]].list;
        show(graph.list(axes));  // [1]
        //! [ListId]
    }
    {
        //! [Scope, ScopeId, Tape::ScopeGuard]
        const Variable x = tape.variable(1.);
        // what follows belongs to this module
        const Tape::ScopeGuard guard = tape.scope("encoder.hidden", "Linear");
        const Graph graph = tape.graph({x * 2});
        const ScopeId id = graph[graph.outputs()[0]].scope;
        const Scope& scope = graph.scope(id);
        show(scope.name + " is a " + scope.type);  // hidden is a Linear
        show(graph.path(id));                      // encoder.hidden
        //! [Scope, ScopeId, Tape::ScopeGuard]
    }
    {
        //! [no_value]
        const Variable x = tape.variable(1.);
        show(x.id() == no_value);           // false
        show(Variable().id() == no_value);  // true  (refers to nothing)
        //! [no_value]
    }
    {
        //! [from_derivative, recomputed, lasting_flags]
        const Variable x = tape.variable(2.);
        const Graph graph = tape.graph({grad(exp(x) * x, x)});
        std::size_t derived = 0;
        for (ValueId id = 0; id < graph.size(); ++id) derived += (graph[id].flags & from_derivative) != 0;
        show(derived > 0 && derived < graph.size());            // true  (some nodes were emitted by grad)
        show(lasting_flags == (from_derivative | recomputed));  // true  (checkpoint() sets the other one)
        //! [from_derivative, recomputed, lasting_flags]
    }
}

void updates(Tape& tape)
{
    {
        //! [sgd_update, sgd_momentum_update, MomentumUpdate]
        const Variable p = tape.variable(xt::xarray<double>{1.0}), g = tape.constant(xt::xarray<double>{2.0});
        const Variable rate = tape.constant(0.5), m = zeros_like(p);
        show(sgd_update(p, g, rate));  // [0]  (p - rate g; an optimizer of your own assigns and commits it)
        const MomentumUpdate next = sgd_momentum_update(p, g, m, rate, /*mu=*/0.9, /*nesterov=*/false);
        show(next.momentum);   // [2]
        show(next.parameter);  // [0]
        //! [sgd_update, sgd_momentum_update, MomentumUpdate]
    }
    {
        //! [adam_update, AdamUpdate]
        const Variable p = tape.variable(xt::xarray<double>{1.0});
        const Variable g = tape.constant(xt::xarray<double>{1000.0});
        const Variable rate = tape.constant(0.1), step = tape.constant(1.), zero = zeros_like(p);
        const AdamUpdate next = adam_update(p, g, zero, zero, rate, step, 0.9, 0.999, 1e-8);
        show(next.parameter);  // [0.9]
        show(next.first);      // [100]  (0.9 times 0 + 0.1 times 1000)
        //! [adam_update, AdamUpdate]
    }
}

void registry_of_ops(Tape& tape)
{
    {
        //! [registry, Op]
        std::size_t trigonometric = 0;
        for (const Op* op : registry())  // every op of the library, by name
            trigonometric += op->name == "sin" || op->name == "cos" || op->name == "tan";
        show(trigonometric);  // 3
        //! [registry, Op]
    }
    {
        //! [find_op, Traits, Elsewhere]
        const Op* relu_row = find_op("relu");        // or null
        show(std::string(relu_row->formula));        // max(x, 0)
        show(std::string(relu_row->traits.kink));    // relu'(0) = 0
        show(relu_row->traits.low);                  // 0  (no value is below it)
        show(std::string(relu_row->elsewhere.jax));  // jax.nn.relu
        //! [find_op, Traits, Elsewhere]
    }
    {
        //! [label_of]
        const Graph graph = tape.graph({affine(tape.variable(1.), 0.5, 0.1)});
        show(label_of(graph, graph.outputs()[0]));  // 0.5·x + 0.1  (what pictures write into the node)
        //! [label_of]
    }
    {
        //! [flops_of]
        const Variable a = zeros(tape.variable(0.), {10, 20}), b = zeros(a, {20, 30});
        const Graph graph = tape.graph({matmul(a, b)});
        show(flops_of(graph, graph.outputs()[0]));  // 1.2e+04  (2 times 10 x 20 x 30)
        //! [flops_of]
    }
    {
        //! [set_num_threads, num_threads]
        set_num_threads(1);   // of the whole process: how many threads a large loop may use
        show(num_threads());  // 1
        //! [set_num_threads, num_threads]
    }
}

const shown::Page page("Tapes, variables, parameters, graphs", {recording, graphs, updates, registry_of_ops});

}  // namespace
