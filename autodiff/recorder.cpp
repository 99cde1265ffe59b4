// Recording and execution: how a node is appended, where its value lies, and how missing values are computed.
#include <algorithm>
#include <cstring>
#include <mutex>

#include "autodiff/kernels/broadcast.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

// ---------------------------------------------------------------- arena

void Arena::enter(std::size_t chunk)
{
    chunk_ = chunk;
    next_ = chunks_[chunk].data;
    end_ = next_ + chunks_[chunk].bytes;
}

void Arena::grow(std::size_t bytes)
{
    if (next_ != nullptr && chunk_ + 1 < chunks_.size()) return enter(chunk_ + 1);
    if (next_ == nullptr && !chunks_.empty()) return enter(0);
    constexpr std::size_t first = std::size_t{1} << 16, most = std::size_t{1} << 22;
    const std::size_t size = std::max(bytes, chunks_.empty() ? first : std::min(most, 2 * chunks_.back().bytes));
    void* memory = std::aligned_alloc(alignment, size);
    if (!memory) throw std::bad_alloc();
    chunks_.push_back({static_cast<std::byte*>(memory), size});
    total_ += size;
    enter(chunks_.size() - 1);
}

void Arena::clear()
{
    std::fill(std::begin(free_), std::end(free_), nullptr);
    if (!chunks_.empty()) enter(0);
}

void Arena::rewind(const Position& position)
{
    std::fill(std::begin(free_), std::end(free_), nullptr);  // some of it lies beyond the mark
    if (chunks_.empty() || position.next == nullptr) return clear();
    enter(position.chunk);
    next_ = position.next;
}

Arena::~Arena()
{
    for (const Chunk& chunk : chunks_) std::free(chunk.data);
}

// ---------------------------------------------------------------- recycled recorders

namespace {

// Recorders are never freed, so that a stale handle can always look whether it is one.
std::mutex shared_mutex;
Recorder* shared_free = nullptr;
thread_local bool thread_is_ending = false;

struct ThreadFree {
    Recorder* first = nullptr;
    ~ThreadFree()
    {
        thread_is_ending = true;
        const std::lock_guard lock(shared_mutex);
        while (Recorder* recorder = first) {
            first = recorder->next_free;
            recorder->next_free = shared_free;
            shared_free = recorder;
        }
    }
};
thread_local ThreadFree thread_free;

std::atomic<std::uint64_t> default_stream{0};

}  // namespace

Recorder* Recorder::acquire()
{
    if (!thread_is_ending && thread_free.first) {
        Recorder* recorder = thread_free.first;
        thread_free.first = recorder->next_free;
        return recorder;
    }
    {
        const std::lock_guard lock(shared_mutex);
        if (Recorder* recorder = shared_free) {
            shared_free = recorder->next_free;
            return recorder;
        }
    }
    return new Recorder;
}

void Recorder::give_back(Recorder* recorder) noexcept
{
    recorder->clear();
    if (!thread_is_ending) {
        recorder->next_free = thread_free.first;
        thread_free.first = recorder;
        return;
    }
    const std::lock_guard lock(shared_mutex);
    recorder->next_free = shared_free;
    shared_free = recorder;
}

// ---------------------------------------------------------------- recording

Node& Recorder::begin_node(const Op& op)
{
    check_writes();
    Node& node = graph.nodes_.next();
    node.op = &op;
    node.scope = scope;
    node.birth = epoch_;
    node.flags = 0;
    return node;
}

// The node's inputs and attributes stand; what follows infers it, appends it and computes it.
Variable Recorder::finish(const Op& op, ValueId id)
{
    auto& nodes = graph.nodes_;
    Node& node = nodes[id];  // one beyond the last until it is committed
    if (op.outputs == 1) [[likely]] {
        if (op.traits.elementwise && node.arity <= 2) {
            const Node &x = nodes[node.in[0]], &y = nodes[node.in[node.arity - 1]];
            if (x.shape == y.shape && x.dtype == y.dtype && op.blocks[static_cast<std::size_t>(x.dtype)][0]) {
                node.shape = x.shape;
                node.dtype = op.result ? *op.result : x.dtype;
                nodes.commit_back();
                values_.push_back(nullptr);
                if (!lazy_) evaluate(id);
                return handle(id);
            }
        }
    }
    InferCall call{graph, op, graph.inputs(node), node.a, node.b, node.list, node.scope, {}};
    infer_node(call);
    Node& inferred = nodes[id];
    inferred.dtype = call.out[0].dtype;
    inferred.shape = call.out[0].shape;
    nodes.commit_back();
    values_.push_back(nullptr);
    for (int k = 1; k < op.outputs; ++k) {
        Node& extra = nodes.next();
        extra = nodes[id];
        extra.op = &output_op;
        extra.in[0] = id;
        extra.in[1] = extra.in[2] = no_value;
        extra.arity = 1;
        extra.a = k;
        extra.dtype = call.out[static_cast<std::size_t>(k)].dtype;
        extra.shape = call.out[static_cast<std::size_t>(k)].shape;
        nodes.commit_back();
        values_.push_back(nullptr);
    }
    if (!lazy_ && !op.traits.update) {  // an update waits for the commit, which runs it in place
        try {
            evaluate(id);
        } catch (...) {
            truncate(id);
            throw;
        }
    }
    return handle(id);
}

Variable Recorder::record(const Op& op, Variable x, double a, double b, ListId list)
{
    check(x, op.name.data());
    Node& node = begin_node(op);
    node.in[0] = x.id_;
    node.in[1] = node.in[2] = no_value;
    node.arity = 1;
    node.a = a;
    node.b = b;
    node.list = list;
    return finish(op, static_cast<ValueId>(graph.nodes_.size()));
}

Variable Recorder::record(const Op& op, Variable x, Variable y, double a, double b, ListId list)
{
    check(x, op.name.data());
    check(y, op.name.data());
    Node& node = begin_node(op);
    node.in[0] = x.id_;
    node.in[1] = y.id_;
    node.in[2] = no_value;
    node.arity = 2;
    node.a = a;
    node.b = b;
    node.list = list;
    return finish(op, static_cast<ValueId>(graph.nodes_.size()));
}

Variable Recorder::record(const Op& op, std::span<const Variable> in, double a, double b, ListId list)
{
    for (const Variable& x : in) check(x, op.name.data());
    Node& node = begin_node(op);
    node.arity = static_cast<std::uint16_t>(in.size());
    if (in.size() <= 3) {
        node.in[0] = node.in[1] = node.in[2] = no_value;
        for (std::size_t k = 0; k < in.size(); ++k) node.in[k] = in[k].id_;
    } else {
        auto& more = graph.more_inputs_;
        node.in[0] = static_cast<ValueId>(more.size());
        node.in[1] = node.in[2] = no_value;
        for (const Variable& x : in) more.push_back(x.id_);
    }
    node.a = a;
    node.b = b;
    node.list = list;
    return finish(op, static_cast<ValueId>(graph.nodes_.size()));
}

Variable Recorder::leaf(const Op& op, const Array& value, std::string_view name)
{
    const ListId shape = graph.intern(value.shape());
    Node& node = begin_node(op);
    node.in[0] = node.in[1] = node.in[2] = no_value;
    node.arity = 0;
    node.a = node.b = 0;
    node.list = 0;
    node.shape = shape;
    node.dtype = value.dtype();
    node.flags = in_pool;
    const ValueId id = static_cast<ValueId>(graph.nodes_.size());
    graph.nodes_.commit_back();
    values_.push_back(Buffer(value.buffer()).detach());
    pooled_.push_back(id);
    if (!name.empty()) graph.set_name(id, std::string(name));
    return handle(id);
}

Variable Recorder::parameter(const Parameter& parameter)
{
    if (!parameter) throw ValueError("parameter: the handle is empty");
    check_writes();
    // Open addressing from the parameter's id to its leaf; the table belongs to this tape, so no lock is needed.
    const std::uint64_t key = parameter.id();
    if (leaf_table_.size() < 2 * (leaves_.size() + 1)) {
        leaf_table_.assign(std::max<std::size_t>(16, 4 * (leaves_.size() + 1)), {0, 0});
        const std::size_t mask = std::bit_ceil(leaf_table_.size()) - 1;
        leaf_table_.resize(mask + 1);
        for (std::uint32_t i = 0; i < leaves_.size(); ++i) {
            std::size_t at = leaves_[i].parameter.id() * 0x9e3779b97f4a7c15u >> 20 & mask;
            while (leaf_table_[at].first) at = (at + 1) & mask;
            leaf_table_[at] = {leaves_[i].parameter.id(), i};
        }
    }
    const std::size_t mask = leaf_table_.size() - 1;
    std::size_t at = key * 0x9e3779b97f4a7c15u >> 20 & mask;
    for (; leaf_table_[at].first; at = (at + 1) & mask)
        if (leaf_table_[at].first == key) return handle(leaves_[leaf_table_[at].second].id);

    const std::uint64_t version = parameter.version();
    const Variable x = leaf(parameter_op, parameter.array(), {});
    leaf_table_[at] = {key, static_cast<std::uint32_t>(leaves_.size())};
    leaves_.push_back({parameter, x.id_, version});
    return x;
}

void Recorder::check_parameters()
{
    const std::uint64_t writes = slot_writes.load(std::memory_order_acquire);
    for (const Leaf& leaf : leaves_)
        if (leaf.parameter.version() != leaf.version) {
            const std::string& name = leaf.parameter.name();
            throw StaleError("tape: parameter '" + (name.empty() ? "#" + std::to_string(leaf.parameter.id()) : name) +
                             "' has changed since this tape used it (an optimizer's step or assign()): start a new "
                             "Tape for the next step");
        }
    seen_writes_ = writes;
}

std::pair<std::uint64_t, std::uint64_t> Recorder::next_stream()
{
    if (generator) return {generator->seed(), generator->next_stream()};
    return {0, default_stream.fetch_add(1, std::memory_order_relaxed)};
}

// ---------------------------------------------------------------- handles

void Recorder::fail_stale(Variable x)
{
    if (x.recorder_ == nullptr) throw StaleError("variable: it was never set (a default-constructed Variable)");
    throw StaleError("variable %" + std::to_string(x.id_) +
                     ": its tape was cleared, rewound past it or destroyed since it was recorded");
}

void Recorder::fail_handle(Variable x, const char* who) const
{
    if (x.recorder_ == nullptr || !x.recorder_->holds(x)) fail_stale(x);
    throw GraphError(std::string(who) + ": the operands were recorded on two different tapes");
}

// ---------------------------------------------------------------- values

void Recorder::take_memory(ValueId id)
{
    Node& node = graph.nodes_[id];
    const std::size_t bytes = padded(static_cast<std::size_t>(graph.lists_.count(node.shape)) * size_of(node.dtype));
    if (bytes <= Arena::largest) {
        values_[id] = arena_.take(bytes ? bytes : alignment);
        node.flags |= in_arena;
    } else {
        values_[id] = take_block(bytes);
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
    if (old.shape != node.shape || size_of(old.dtype) != size_of(node.dtype) || (old.flags & kept)) return false;
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

Array Recorder::array(ValueId id)
{
    std::byte* data = value(id);
    const Node& node = graph.nodes_[id];
    const Dims dims = graph.list(node.shape);
    Shape shape(dims.begin(), dims.end());
    if (node.flags & in_pool) {
        if (node.op == &parameter_op) {
            for (const Leaf& leaf : leaves_)
                if (leaf.id == id && leaf.parameter.version() != leaf.version) check_parameters();
        }
        return Array::adopt(Buffer::share(data), node.dtype, std::move(shape));
    }
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
                const Block block = op.blocks[static_cast<std::size_t>(ny.dtype)][0];
                const std::byte *px = values_[x], *py = values_[y];
                make_room(id, x);
                const std::size_t lanes = alignment / std::max(size_of(node.dtype), size_of(nx.dtype));
                const std::size_t count = static_cast<std::size_t>(graph.lists_.count(node.shape));
                block(values_[id], px, py, nullptr, &node.a, (count + lanes - 1) / lanes * lanes);
                return;
            }
        }
        return run_broadcast(id);
    }
    if (op.traits.alias) {
        const ValueId from = node.in[0];
        if (graph.nodes_[from].flags & in_pool) {
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
    void* out[3] = {};
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
    op.kernel(KernelCall{graph, id, {out, static_cast<std::size_t>(op.outputs)}, {pointers, inputs.size()}});
}

// Memory for a value: that of its first input where nobody will read it again (the kernel then works in place).
void Recorder::make_room(ValueId id, ValueId first)
{
    if (first != overwritable_ || !steal(id, first)) take_memory(id);
}

void Recorder::run_broadcast(ValueId id)
{
    const Node& node = graph.nodes_[id];
    const Op& op = *node.op;
    const std::span<const ValueId> inputs = graph.inputs(node);
    kernels::Broadcast call;
    call.blocks = op.blocks[static_cast<std::size_t>(graph.dtype(inputs.back()))].data();
    call.attributes = &node.a;
    call.position_free = op.traits.position_free;
    call.shape = graph.list(node.shape);
    call.arity = inputs.size();
    call.out_bytes = size_of(node.dtype);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        call.shapes[k] = graph.shape(inputs[k]);
        call.in[k] = values_[inputs[k]];
        call.bytes[k] = size_of(graph.dtype(inputs[k]));
    }
    make_room(id, inputs[0]);
    call.out = values_[id];
    kernels::broadcast(call);
}

// Computes the value of a node that was just appended.
void Recorder::evaluate(ValueId id)
{
    for (const ValueId in : graph.inputs(id))
        if (values_[in] == nullptr) [[unlikely]]
            return compute({&id, 1});  // one that was released, or never computed
    const Node& node = graph.nodes_[id];
    overwritable_ = node.arity > 0 && (graph.nodes_[graph.inputs(node)[0]].flags & temporary) ? graph.inputs(node)[0]
                                                                                             : no_value;
    run(id);
    overwritable_ = no_value;
}

// A value may be computed again only as long as the parameters that it was computed from are what they were.
void Recorder::check_order()
{
    for (const ValueId id : order_)
        for (const ValueId in : graph.inputs(id)) {
            if (graph.nodes_[in].op != &parameter_op) continue;
            for (const Leaf& leaf : leaves_)
                if (leaf.id == in && leaf.parameter.version() != leaf.version)
                    throw StaleError("value of %" + std::to_string(id) + " (" + std::string(graph[id].op->name) +
                                     "): it was released after the gradient and cannot be computed again, since "
                                     "parameter '" + leaf.parameter.name() +
                                     "' has changed; keep(x) before grad() keeps a value");
        }
}

void Recorder::compute(std::span<const ValueId> targets)
{
    constexpr std::uint32_t is_target = 0x80000000u, counter = 0x7fffffffu;
    ValueId high = 0, low = no_value;
    for (const ValueId id : targets)
        if (values_[id] == nullptr) high = std::max(high, id), low = std::min(low, id);
    if (low == no_value) return;

    // Backwards: which nodes are needed, and how often each of them is used among those.
    uses_.resize(graph.size());
    order_.clear();
    std::uint32_t* const uses = uses_.data();
    std::fill(uses + low, uses + high + 1, 0u);
    for (const ValueId id : targets)
        if (values_[id] == nullptr) uses[id] |= is_target;
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
        for (const ValueId in : graph.inputs(id))
            if (values_[in] == nullptr) need(in);
    }
    if (slot_writes.load(std::memory_order_acquire) != seen_writes_) check_order();

    // Forwards: run them, and let go of what only they used.
    for (std::size_t i = order_.size(); i-- > 0;) {
        const ValueId id = order_[i];
        if (values_[id] != nullptr) continue;  // a further output, made with its node
        const std::span<const ValueId> inputs = graph.inputs(id);
        if (graph.nodes_[id].op->traits.elementwise) {
            // At its last use the first input gives up its memory: gradients are added up in place.
            const ValueId first = inputs[0];
            overwritable_ = first >= low && uses[first] == 1 ? first : no_value;
        }
        run(id);
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
