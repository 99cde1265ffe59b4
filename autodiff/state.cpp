// The life of a recording: recycled storage, commits to parameters, rewinding, clearing, and snapshots as graphs.
#include <algorithm>
#include <cstring>
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
    if (!thread_is_ending) {
        recorder->next_free = thread_free.first;
        thread_free.first = recorder;
        return;
    }
    const std::lock_guard lock(shared_mutex);
    recorder->next_free = shared_free;
    shared_free = recorder;
}

// ---------------------------------------------------------------- commits

void Recorder::assign(const Parameter& slot, Variable value)
{
    check(value, "assign");
    if (!slot) throw ValueError("assign: the parameter handle is empty");
    const auto who = [&] { return "assign to parameter '" + slot.name() + "': "; };
    const Node& node = graph.nodes_[value.id_];
    if (node.dtype != slot.dtype())
        throw DtypeError(who() + "it is " + std::string(name_of(slot.dtype())) + ", the new value " +
                         std::string(name_of(node.dtype)));
    if (!std::ranges::equal(graph.list(node.shape), slot.shape()))
        throw ShapeError(who() + "it has shape " + to_string(slot.shape()) + ", the new value " +
                         to_string(graph.list(node.shape)));
    for (const auto& update : pending_)
        if (update.first == slot) throw ValueError(who() + "it already has an update in this step");
    pending_.emplace_back(slot, value.id_);
}

void Recorder::commit()
{
    check_parameters();
    const auto parent_of = [this](ValueId id) {
        return graph.nodes_[id].op == &output_op ? graph.nodes_[id].in[0] : id;
    };
    const auto leaf_of = [this](const Parameter& slot) {
        for (const Leaf& leaf : leaves_)
            if (leaf.parameter == slot) return leaf.id;
        return no_value;
    };
    // Values that another update still reads must not be overwritten early: such a row is computed beside its slot.
    std::vector<ValueId>&written = written_, &sorted = sorted_, &targets = targets_;
    written.clear();
    targets.clear();
    for (const auto& [slot, id] : pending_) written.push_back(leaf_of(slot));
    sorted = written;
    std::ranges::sort(sorted);
    const auto runs_in_place = [&](ValueId row) {
        if (!graph.nodes_[row].op->traits.update || values_[row] != nullptr) return false;
        for (int k = 0; k < graph.nodes_[row].op->outputs; ++k)
            if (graph.nodes_[row + static_cast<ValueId>(k)].flags & kept) return false;
        const std::span<const ValueId> inputs = graph.inputs(row);
        for (std::size_t at = 0; at < inputs.size(); ++at) {
            if (!std::ranges::binary_search(sorted, inputs[at])) continue;
            // Its own slot: inputs are p, g, m, v, ..., outputs p', m', v'.
            const ValueId output = row + static_cast<ValueId>(at == 0 ? 0 : at - 1);
            bool own = false;
            for (std::size_t i = 0; at != 1 && i < pending_.size(); ++i)
                own = own || (written[i] == inputs[at] && pending_[i].second == output);
            if (!own) return false;
        }
        return true;
    };

    const auto first_of_row = [&](std::size_t i) {
        for (std::size_t k = 0; k < i; ++k)
            if (parent_of(pending_[k].second) == parent_of(pending_[i].second)) return false;
        return true;
    };
    std::vector<std::uint8_t>& in_place = in_place_;
    in_place.assign(pending_.size(), 0);
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        const ValueId row = parent_of(pending_[i].second);
        in_place[i] = runs_in_place(row);
        if (!in_place[i])
            targets.push_back(pending_[i].second);
        else if (first_of_row(i))
            for (const ValueId in : graph.inputs(row)) targets.push_back(in);
    }
    compute(targets);
    // A slot that gets another slot's value as it is: taken aside, since that one may be written first.
    std::vector<Buffer> aside;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        const ValueId id = pending_[i].second;
        if (graph.nodes_[id].op != &parameter_op || !std::ranges::binary_search(sorted, id)) continue;
        aside.resize(pending_.size());
        aside[i] = Buffer(bytes_of(id));
        std::memcpy(aside[i].data(), values_[id], bytes_of(id));
    }

    // From here on nothing can fail.
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        const ValueId row = parent_of(pending_[i].second);
        if (!in_place[i] || !first_of_row(i)) continue;
        void* out[3] = {};
        Buffer unused[3];
        for (int k = 0; k < graph.nodes_[row].op->outputs; ++k) {
            const ValueId value = row + static_cast<ValueId>(k);
            for (const auto& update : pending_)
                if (update.second == value) out[k] = update.first.mutable_data();
            if (out[k] == nullptr) {
                unused[k] = Buffer(bytes_of(value));
                out[k] = unused[k].data();
            }
        }
        run_kernel(row, out);
    }
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        const auto& [slot, id] = pending_[i];
        if (!in_place[i])
            std::memcpy(slot.mutable_data(), i < aside.size() && aside[i] ? aside[i].data() : values_[id],
                        bytes_of(id));
        slot.wrote();
    }
    pending_.clear();
}

void Recorder::truncate(std::size_t size)
{
    if (size >= graph.size()) return;
    for (ValueId id = static_cast<ValueId>(size); id < graph.size(); ++id)
        if (values_[id] != nullptr) drop_memory(id);
    while (!pooled_.empty() && pooled_.back() >= size) pooled_.resize(pooled_.size() - 1);
    graph.truncate(size);
    values_.resize(size);
    if (pooled_.size() >
        2 * size + 64) {  // places below were computed again and again: one entry each will do
        std::sort(pooled_.begin(), pooled_.end());
        ValueId* const last = std::unique(pooled_.begin(), pooled_.end());
        pooled_.resize(
            static_cast<std::size_t>(std::lower_bound(pooled_.begin(), last, size) - pooled_.begin()));
    }
    std::erase_if(pending_, [size](const auto& update) { return update.second >= size; });
    if (std::erase_if(leaves_, [size](const Leaf& leaf) { return leaf.id >= size; }) > 0) leaf_table_.clear();
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
    scope = 0;
    lazy_ = false;
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

Graph Recorder::snapshot(std::span<const ValueId> outputs) const
{
    std::vector<std::uint8_t> needed(graph.size(), 0);
    for (const ValueId id : outputs) needed[id] = 1;
    for (const auto& update : pending_) needed[update.second] = 1;
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
        node.flags = 0;
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
    for (const auto& [slot, id] : pending_) result.add_update(slot, place[id]);
    std::vector<ValueId> ids;
    for (const ValueId id : outputs) ids.push_back(place[id]);
    result.set_outputs(std::move(ids));
    return result;
}

}  // namespace xgrad::detail
