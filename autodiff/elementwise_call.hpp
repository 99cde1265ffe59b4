// One elementwise node with NumPy's broadcasting, run over whole arrays. Internal.
#pragma once

#include "autodiff/kernels/broadcast.hpp"
#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

inline void run_elementwise(const Graph& graph, ValueId id, void* out, const void* const* in)
{
    const Node& node = graph[id];
    const std::span<const ValueId> inputs = graph.inputs(node);
    const DType dtype = graph.dtype(inputs.back());
    kernels::Broadcast call;
    call.blocks = node.op->blocks[static_cast<std::size_t>(dtype)].data();
    call.attributes = &node.a;
    call.position_free = node.op->traits.position_free;
    call.padded = dtype != DType::int64;  // what lies in the padding of integers might overflow
    call.shape = graph.list(node.shape);
    call.arity = inputs.size();
    call.out_bytes = size_of(node.dtype);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        call.shapes[k] = graph.shape(inputs[k]);
        call.in[k] = in[k];
        call.bytes[k] = size_of(graph.dtype(inputs[k]));
    }
    call.out = out;
    kernels::broadcast(call);
}

}  // namespace xgrad::detail
