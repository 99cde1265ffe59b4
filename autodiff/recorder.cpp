// Recording: how a node is appended, inferred and checked.
#include <algorithm>

#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

Node& Recorder::begin_node(const Op& op)
{
    check_writes();
    Node& node = graph.nodes_.next();
    node.op = &op;
    node.scope = scope;
    node.birth = epoch_;
    node.flags = derivative_;
    return node;
}

// The node's inputs and attributes stand; what follows infers it, appends it and computes it.
Variable Recorder::finish(const Op& op, ValueId id)
try {
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
                if (mode_ == 0) [[likely]]
                    evaluate_or_drop(id);
                else if (mode_ & watched)
                    finish_watched(op, id);
                return handle(id);
            }
        }
    }
    if (op.owner != nullptr) [[unlikely]] {
        if (op.measure != nullptr) return finish_measured(op, id);
        graph.own(id, op);
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
    if (mode_ == 0 && !op.traits.update)  // an update waits for the commit, which runs it in place
        evaluate_or_drop(id);
    else if (mode_ & watched)
        finish_watched(op, id);
    return handle(id);
} catch (const Error&) {
    drop_call();
    throw;
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
    if (in.size() > 65535)
        throw ShapeError(std::string(op.name) + ": " + std::to_string(in.size()) +
                         " inputs, at most 65535 are possible");
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

Variable Recorder::leaf(const Op& op, const Array& value, std::string_view name, double a)
{
    const ListId shape = graph.intern(value.shape());
    Node& node = begin_node(op);
    node.in[0] = node.in[1] = node.in[2] = no_value;
    node.arity = 0;
    node.a = a;
    node.b = 0;
    node.list = 0;
    node.shape = shape;
    node.dtype = value.dtype();
    node.flags = in_pool;
    const ValueId id = static_cast<ValueId>(graph.nodes_.size());
    graph.nodes_.commit_back();
    values_.push_back(Buffer(value.buffer()).detach());
    pooled_.push_back(id);
    if (!name.empty()) graph.set_name(id, std::string(name));
    if (mode_ & watched) [[unlikely]] {
        note(id);
        inspect(id);
    }
    return handle(id);
}

Variable Recorder::parameter(const Parameter& parameter)
{
    if (!parameter) throw ValueError("parameter: the handle is empty");
    check_writes();
    if (const std::uint32_t place = leaf_table_.find(parameter.id()); place != IdTable::none)
        return handle(leaves_[place].id);
    const std::uint64_t version = parameter.version();
    const Variable x = leaf(parameter_op, parameter.storage(), {});
    leaf_table_.insert(parameter.id(), static_cast<std::uint32_t>(leaves_.size()));
    leaves_.push_back({parameter, x.id_, version});
    return x;
}

void Recorder::check_parameters()
{
    const std::uint64_t writes = slot_writes.load(std::memory_order_acquire);
    for (const Leaf& leaf : leaves_)
        if (leaf.parameter.version() != leaf.version) {
            const std::string& name = leaf.parameter.name();
            throw StaleError(
                "tape: parameter '" + (name.empty() ? "#" + std::to_string(leaf.parameter.id()) : name) +
                "' has changed since this tape used it (an optimizer's step or assign()): start a new "
                "Tape for the next step");
        }
    seen_writes_ = writes;
}

namespace {
std::atomic<std::uint64_t> default_stream{0};
}
std::pair<std::uint64_t, std::uint64_t> next_stream(const std::optional<Generator>& generator)
{
    if (generator) return {generator->seed(), generator->next_stream()};
    return {0, default_stream.fetch_add(1, std::memory_order_relaxed)};
}

std::string Recorder::what_was_read() const
{
    if (read_.empty()) return {};
    std::vector<std::uint8_t> varies(graph.size(), 0);
    for (ValueId id = 0; id < graph.size(); ++id) {
        const Op& op = *graph[id].op;
        varies[id] = &op == &input_op || &op == &parameter_op || op.traits.stochastic;
        for (const ValueId in : graph.inputs(id)) varies[id] |= varies[in];
    }
    for (const ValueId id : read_) {
        if (id >= graph.size() || !varies[id]) continue;
        const std::string path = graph.path(graph[id].scope);
        return "a value was read while the step was recorded: " + std::string(graph[id].op->name) + " " +
               to_string(graph.shape(id)) + (path.empty() ? "" : " in " + path);
    }
    return {};
}

ScopeId Recorder::enter_call(const std::string& name)
{
    std::vector<std::size_t>& begins = calls_[std::to_string(scope) + " " + name];
    while (!begins.empty() && begins.back() >= graph.size()) begins.pop_back();  // rewound since
    begins.push_back(graph.size());
    return graph.enter(scope, begins.size() == 1 ? name : name + "_" + std::to_string(begins.size()), name);
}

// ---------------------------------------------------------------- handles

void Recorder::fail_stale(Variable x)
{
    if (x.recorder_ == nullptr)
        throw StaleError("variable: it was never set (a default-constructed Variable)");
    throw StaleError("variable %" + std::to_string(x.id_) +
                     ": its tape was cleared, rewound past it or destroyed since it was recorded");
}

void Recorder::fail_handle(Variable x, const char* who)
{
    drop_call();
    if (x.recorder_ == nullptr || !x.recorder_->holds(x)) fail_stale(x);
    throw GraphError(std::string(who) + ": the operands were recorded on two different tapes");
}

}  // namespace xgrad::detail
