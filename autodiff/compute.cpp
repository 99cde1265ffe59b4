// Values: where they lie, and how missing ones are computed.
#include <algorithm>
#include <cstring>
#include <new>

#include "autodiff/elementwise_call.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

void Recorder::take_memory(ValueId id)
{
    Node& node = graph.nodes_[id];
    const std::size_t bytes =
        padded(static_cast<std::size_t>(graph.lists_.count(node.shape)) * size_of(node.dtype));
    if (bytes <= Arena::largest) {
        values_[id] = arena_.take(bytes ? bytes : alignment);
        node.flags |= in_arena;
    } else {
        try {
            values_[id] = take_block(bytes);
        } catch (const std::bad_alloc&) {
            const std::string path = graph.path(node.scope);
            throw MemoryError(std::string(node.op->name) + (path.empty() ? "" : " in " + path) +
                              ": no memory for its value, " + to_string(graph.shape(id)) + " " +
                              std::string(name_of(node.dtype)) + " (" + std::to_string(bytes >> 20) +
                              " MiB)");
        }
        node.flags |= in_pool;
        pooled_.push_back(id);
    }
}

void Recorder::drop_memory(ValueId id)
{
    Node& node = graph.nodes_[id];
    if (node.flags & in_arena) {
        const std::size_t bytes =
            padded(static_cast<std::size_t>(graph.lists_.count(node.shape)) * size_of(node.dtype));
        arena_.put(values_[id], bytes ? bytes : alignment);
    } else {
        release(values_[id]);
    }
    values_[id] = nullptr;
    node.flags &= static_cast<std::uint8_t>(~(in_arena | in_pool));
}

// Gives the memory of a value that nobody will read again to a new one of the same size.
bool Recorder::steal(ValueId id, ValueId from)
{
    Node &node = graph.nodes_[id], &old = graph.nodes_[from];
    if (old.shape != node.shape || size_of(old.dtype) != size_of(node.dtype) || (old.flags & kept))
        return false;
    std::byte* memory = values_[from];
    if (memory == nullptr) return false;
    if (old.flags & in_pool) {
        if (header_of(memory)->references.load(std::memory_order_acquire) != 1) return false;
        pooled_.push_back(id);
    }
    values_[id] = memory;
    values_[from] = nullptr;
    node.flags |= old.flags & (in_arena | in_pool);
    old.flags &= static_cast<std::uint8_t>(~(in_arena | in_pool));
    return true;
}

void Recorder::check_current(ValueId id)
{
    if (graph.nodes_[id].op != &parameter_op) return;
    for (const Leaf& leaf : leaves_)
        if (leaf.id == id && leaf.parameter.version() != leaf.version) check_parameters();
}

Array Recorder::array(ValueId id)
{
    check_current(id);
    std::byte* data = value(id);
    const Node& node = graph.nodes_[id];
    const Dims dims = graph.list(node.shape);
    Shape shape(dims.begin(), dims.end());
    ValueId from = id;
    while (graph.nodes_[from].op->traits.alias) from = graph.nodes_[from].in[0];
    // A parameter's memory is written again: an Array of it is a copy.
    if (node.flags & in_pool && graph.nodes_[from].op != &parameter_op)
        return Array::adopt(Buffer::share(data), node.dtype, std::move(shape));
    Array copy(node.dtype, std::move(shape));
    std::memcpy(copy.mutable_data(), data, bytes_of(id));
    return copy;
}

// Computes one node whose inputs are there. Its value is missing.
void Recorder::run(ValueId id)
{
    const Node& node = graph.nodes_[id];
    const Op& op = *node.op;
    if (op.traits.elementwise) {
        if (node.arity <= 2) {
            const ValueId x = node.in[0], y = node.in[node.arity - 1];
            const Node &nx = graph.nodes_[x], &ny = graph.nodes_[y];
            if (nx.shape == ny.shape) {
                const BlockKernel block = op.blocks[static_cast<std::size_t>(ny.dtype)][0];
                const std::byte *px = values_[x], *py = values_[y];
                make_room(id, x);
                // Integers run exactly: what lies in the padding might overflow.
                const std::size_t lanes = nx.dtype == DType::int64
                                              ? 1
                                              : alignment / std::max(size_of(node.dtype), size_of(nx.dtype));
                const std::size_t count = static_cast<std::size_t>(graph.lists_.count(node.shape));
                block(values_[id], px, py, nullptr, &node.a, (count + lanes - 1) / lanes * lanes);
                return;
            }
        }
        return run_broadcast(id);
    }
    if (op.traits.alias) {
        // A parameter's memory changes at a commit, what was computed from it does not.
        const ValueId from = node.in[0];
        if (op.kernel != nullptr) run_kernel(id, nullptr);  // a check
        if ((graph.nodes_[from].flags & in_pool) && graph.nodes_[from].op != &parameter_op) {
            retain(values_[from]);
            values_[id] = values_[from];
            graph.nodes_[id].flags |= in_pool;
            pooled_.push_back(id);
        } else {
            take_memory(id);
            std::memcpy(values_[id], values_[from], bytes_of(id));
        }
        return;
    }
    const ValueId parent = &op == &output_op ? node.in[0] : id;  // a further output is made with its node
    const int outputs = graph.nodes_[parent].op->outputs;
    void* out[most_outputs] = {};
    for (int k = 0; k < outputs; ++k) {
        const ValueId value = parent + static_cast<ValueId>(k);
        if (values_[value] == nullptr) take_memory(value);
        out[k] = values_[value];
    }
    run_kernel(parent, out);
}

void Recorder::run_kernel(ValueId id, void* const* out)
{
    const Op& op = *graph.nodes_[id].op;
    const std::span<const ValueId> inputs = graph.inputs(id);
    constexpr std::size_t few = 8;
    const void* in[few];
    std::vector<const void*> many;
    const void** pointers = in;
    if (inputs.size() > few) {
        many.resize(inputs.size());
        pointers = many.data();
    }
    for (std::size_t k = 0; k < inputs.size(); ++k) pointers[k] = values_[inputs[k]];
    op.kernel(KernelCall{
        graph, id, {out, out ? static_cast<std::size_t>(op.outputs) : 0}, {pointers, inputs.size()}});
}

// Memory for a value: that of its first input where nobody will read it again (the kernel then works in place).
void Recorder::make_room(ValueId id, ValueId first)
{
    if (first != overwritable_ || !steal(id, first)) take_memory(id);
}

void Recorder::run_broadcast(ValueId id)
{
    const std::span<const ValueId> inputs = graph.inputs(id);
    const void* in[3];
    for (std::size_t k = 0; k < inputs.size(); ++k) in[k] = values_[inputs[k]];
    make_room(id, inputs[0]);
    run_elementwise(graph, id, values_[id], in);
}

// Computes the value of a node that was just appended.
void Recorder::evaluate(ValueId id)
{
    for (const ValueId in : graph.inputs(id))
        if (values_[in] == nullptr) [[unlikely]]
            return compute({&id, 1});  // one that was released, or never computed
    const Node& node = graph.nodes_[id];
    overwritable_ = node.arity > 0 && (graph.nodes_[graph.inputs(node)[0]].flags & temporary)
                        ? graph.inputs(node)[0]
                        : no_value;
    run(id);
    overwritable_ = no_value;
}

// The same; a node whose kernel fails is dropped again.
void Recorder::evaluate_or_drop(ValueId id)
{
    try {
        evaluate(id);
    } catch (...) {
        overwritable_ = no_value;
        truncate(id);
        throw;
    }
}

// A value may be computed again only as long as the parameters that it was computed from are what they were.
void Recorder::check_order()
{
    for (const ValueId id : order_)
        for (const ValueId in : graph.inputs(id)) {
            if (graph.nodes_[in].op != &parameter_op) continue;
            for (const Leaf& leaf : leaves_)
                if (leaf.id == in && leaf.parameter.version() != leaf.version)
                    throw StaleError(
                        "value of %" + std::to_string(id) + " (" + std::string(graph[id].op->name) +
                        "): it was released (after a gradient, or as an update written in place) and "
                        "cannot be computed again, since parameter '" +
                        leaf.parameter.name() +
                        "' has changed; keep(x) before grad() or commit() keeps a value");
        }
}

void Recorder::compute(std::span<const ValueId> targets)
{
    constexpr std::uint32_t is_target = 0x80000000u, counter = 0x7fffffffu;
    ValueId high = 0, low = no_value;
    for (const ValueId id : targets)
        if (values_[id] == nullptr) high = std::max(high, id), low = std::min(low, id);
    if (low == no_value) return;
    if (computing_)
        throw GraphError(
            "a custom op's code read a value of the tape that is computing it: make that value an input of "
            "the op");
    const struct Computing {
        bool& flag;
        ~Computing() { flag = false; }
    } computing{computing_ = true};

    // Backwards: which nodes are needed, and how often each of them is used among those.
    uses_.resize(graph.size());
    order_.clear();
    std::uint32_t* const uses = uses_.data();
    std::fill(uses + low, uses + high + 1, 0u);
    for (const ValueId id : targets)
        if (values_[id] == nullptr) uses[id] |= is_target;
    // A further output is made from what its node is made from, whether or not the node still has its own value.
    const auto sources = [&](ValueId id) {
        return graph.inputs(graph.nodes_[id].op == &output_op ? graph.nodes_[id].in[0] : id);
    };
    const auto need = [&](ValueId id) {
        if (id < low) {
            std::fill(uses + id, uses + low, 0u);
            low = id;
        }
        ++uses[id];
    };
    for (ValueId id = high + 1; id-- > low;) {
        if (uses[id] == 0 || values_[id] != nullptr) continue;
        order_.push_back(id);
        for (const ValueId in : sources(id))
            if (values_[in] == nullptr) need(in);
    }
    if (slot_writes.load(std::memory_order_acquire) != seen_writes_) check_order();

    // Forwards: run them, and let go of what only they used.
    const bool looking = mode_ & watched;
    for (std::size_t i = order_.size(); i-- > 0;) {
        const ValueId id = order_[i];
        const std::span<const ValueId> inputs = sources(id);
        if (graph.nodes_[id].op->traits.elementwise) {
            // At its last use the first input gives up its memory: gradients are added up in place.
            const ValueId first = inputs[0];
            overwritable_ = first >= low && uses[first] == 1 ? first : no_value;
        }
        if (values_[id] == nullptr) {  // a further output may have come with its node
            run(id);
            if (looking) [[unlikely]]
                inspect(id);
        }
        overwritable_ = no_value;
        for (const ValueId in : inputs) {
            if (in < low || uses[in] == 0) continue;
            if ((--uses[in] & counter) == 0 && !(uses[in] & is_target) && values_[in] != nullptr &&
                !(graph.nodes_[in].flags & kept))
                drop_memory(in);
        }
    }
}

}  // namespace xgrad::detail
