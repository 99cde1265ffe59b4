// The life of a recording: recycled storage, rewinding, clearing, and snapshots as graphs.
#include <algorithm>
#include <mutex>

#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

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
    recorder->generator.reset();
    recorder->mode_ = 0;
    recorder->watch_.reset();
    if (!thread_is_ending) {
        recorder->next_free = thread_free.first;
        thread_free.first = recorder;
        return;
    }
    const std::lock_guard lock(shared_mutex);
    recorder->next_free = shared_free;
    shared_free = recorder;
}

// ---------------------------------------------------------------- rewinding, clearing, snapshots

void Recorder::operands_from(std::size_t first)
{
    if (operands_end_ != first) operands_first_ = first;
    operands_end_ = graph.size();
}

void Recorder::truncate(std::size_t size, std::size_t updates)
{
    const std::size_t declared = pending_.size();
    if (updates < declared) pending_.resize(updates);
    std::erase_if(pending_, [size](const auto& update) { return update.second >= size; });
    if (pending_.size() < declared) {
        pending_table_.clear();
        for (std::uint32_t i = 0; i < pending_.size(); ++i) pending_table_.set(pending_[i].first.id(), i);
    }
    if (size >= graph.size()) return;
    for (ValueId id = static_cast<ValueId>(size); id < graph.size(); ++id)
        if (values_[id] != nullptr) drop_memory(id);
    drop_regions(size);
    while (!pooled_.empty() && pooled_.back() >= size) pooled_.resize(pooled_.size() - 1);
    graph.truncate(size);
    values_.resize(size);
    if (operands_end_ > size) operands_first_ = operands_end_ = size;
    if (pooled_.size() >
        2 * size + 64) {  // places below were computed again and again: one entry each will do
        std::sort(pooled_.begin(), pooled_.end());
        ValueId* const last = std::unique(pooled_.begin(), pooled_.end());
        pooled_.resize(
            static_cast<std::size_t>(std::lower_bound(pooled_.begin(), last, size) - pooled_.begin()));
    }
    if (std::erase_if(leaves_, [size](const Leaf& leaf) { return leaf.id >= size; }) > 0) {
        leaf_table_.clear();
        for (std::uint32_t i = 0; i < leaves_.size(); ++i) leaf_table_.insert(leaves_[i].parameter.id(), i);
    }
    ++epoch_;
}

void Recorder::clear()
{
    for (const ValueId id : pooled_)
        if (values_[id] != nullptr && (graph.nodes_[id].flags & in_pool)) {
            release(values_[id]);
            values_[id] = nullptr;
        }
    pooled_.clear();
    values_.clear();
    graph.clear();
    arena_.clear();
    leaves_.clear();
    leaf_table_.clear();
    pending_.clear();
    pending_table_.clear();
    regions_.clear();
    if (!calls_.empty()) calls_.clear();
    scope = 0;
    mode_ &= static_cast<std::uint8_t>(~lazy);
    watch_reads(false);
    operands_first_ = operands_end_ = 0;
    ++epoch_;
    ++recording_;
}

std::size_t Recorder::bytes() const
{
    return arena_.bytes() + graph.nodes_.capacity() * sizeof(Node) +
           graph.more_inputs_.capacity() * sizeof(ValueId) + (values_.capacity()) * sizeof(std::byte*) +
           pooled_.capacity() * sizeof(ValueId) + uses_.capacity() * sizeof(std::uint32_t) +
           order_.capacity() * sizeof(ValueId);
}

Graph Recorder::snapshot(std::span<const ValueId> outputs, bool updates, std::vector<ValueId>* place_to) const
{
    std::vector<std::uint8_t> needed(graph.size(), 0);
    for (const ValueId id : outputs) needed[id] = 1;
    if (updates)
        for (std::size_t i = 0; i < pending_.size(); ++i)
            if (!superseded(i)) needed[pending_[i].second] = 1;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;) {
        const Node& node = graph.nodes_[id];
        if (node.op == &output_op && needed[id]) needed[node.in[0]] = 1;
        if (!needed[id]) continue;
        for (const ValueId in : graph.inputs(id)) needed[in] = 1;
    }
    for (ValueId id = 0; id < graph.size(); ++id)  // a node's outputs stay together
        if (graph.nodes_[id].op == &output_op) needed[id] = needed[graph.nodes_[id].in[0]];

    Graph result;
    std::vector<ValueId> place(graph.size(), no_value);
    std::vector<ScopeId> scopes(graph.scopes_.size(), 0);
    std::vector<ValueId> inputs;
    const auto scope_of = [&](ScopeId id, auto&& self) -> ScopeId {  // as deep as modules are nested
        if (id == 0 || scopes[id] != 0) return scopes[id];
        const Scope& from = graph.scopes_[id];
        return scopes[id] = result.enter(self(from.parent, self), from.name, from.type);
    };
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!needed[id]) continue;
        Node node = graph.nodes_[id];
        node.shape = result.intern(graph.list(node.shape));
        node.list = result.intern(graph.list(node.list));
        node.scope = scope_of(node.scope, scope_of);
        node.birth = 0;
        node.flags &= lasting_flags;
        inputs.clear();
        for (const ValueId in : graph.inputs(id)) inputs.push_back(place[in]);
        place[id] = result.append(node, inputs);
        if (const std::string_view name = graph.name(id); !name.empty())
            result.set_name(place[id], std::string(name));
        if (node.op == &constant_op) {
            const Dims dims = graph.shape(id);
            result.add_constant(place[id], Array::adopt(Buffer::share(values_[id]), node.dtype,
                                                        Shape(dims.begin(), dims.end())));
        }
    }
    for (const Leaf& leaf : leaves_)
        if (needed[leaf.id]) result.add_parameter(place[leaf.id], leaf.parameter);
    if (updates)
        for (std::size_t i = 0; i < pending_.size(); ++i)
            if (!superseded(i)) result.add_update(pending_[i].first, place[pending_[i].second]);
    std::vector<ValueId> ids;
    for (const ValueId id : outputs) ids.push_back(place[id]);
    result.set_outputs(std::move(ids));
    if (place_to) *place_to = std::move(place);
    return result;
}

std::vector<Array> Recorder::inputs_of(std::span<const ValueId> place) const
{
    std::vector<Array> result;
    for (ValueId id = 0; id < place.size(); ++id) {
        if (place[id] == no_value || graph.nodes_[id].op != &input_op) continue;
        const Dims dims = graph.shape(id);
        result.push_back(
            Array::adopt(Buffer::share(values_[id]), graph.dtype(id), Shape(dims.begin(), dims.end())));
    }
    return result;
}

}  // namespace xgrad::detail
