// Recording an op whose value's shape is known only once it has been computed: a custom op's forward.
#include <functional>
#include <vector>

#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {

// The node's inputs and attributes stand, one beyond the last node; the op's code says how large its value is.
Variable Recorder::finish_measured(const Op& op, ValueId id)
{
    Node node = graph.nodes_[id];
    const std::span<const ValueId> given = graph.inputs(node);
    const std::vector<ValueId> in(given.begin(), given.end());  // what the code records would move them
    node.list = 0;
    InferCall types{graph, op, in, node.a, node.b, node.list, node.scope, {}};
    infer_node(types);
    node.dtype = types.out[0].dtype;
    compute(in);
    std::vector<const void*> data;
    for (const ValueId input : in) data.push_back(values_[input]);
    // While nothing is to be computed, the code only says how large its value would be.
    const bool nothing = is_lazy();
    const std::function<void*(Dims)> room = [&](Dims shape) -> void* {
        if (graph.size() != id)
            throw GraphError(
                "a custom op's forward recorded on the tape that runs it: it takes numbers and returns "
                "numbers; "
                "a function of Variables is a composed_op");
        node.shape = node.list = graph.intern(shape);
        types.list = node.list;
        infer_node(types);  // not too large
        graph.nodes_.push_back(node);
        values_.push_back(nullptr);
        graph.own(id, op);
        if (nothing) return nullptr;
        take_memory(id);
        return values_[id];
    };
    MeasureCall call{graph, op, in, data, node.scope, room};
    try {
        op.measure(call);
        if (mode_ & watched) [[unlikely]] {
            note(id);
            if (!nothing) inspect(id);
        }
    } catch (...) {
        overwritable_ = no_value;
        truncate(id);
        throw;
    }
    return handle(id);
}

}  // namespace xgrad::detail
