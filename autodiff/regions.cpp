// Checkpoints on a tape: stretches of nodes whose values are let go of, and that a reverse sweep emits again before it
// differentiates them. What is emitted again are nodes like any others, so that liveness, planning, pictures and
// derivatives of derivatives follow from the graph.
#include <algorithm>

#include "xgrad/autodiff/checkpoint.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

bool Recorder::is_leaf(ValueId id) const
{
    const Op* const op = graph.nodes_[id].op;
    return op->traits.leaf && op != &output_op;
}

void Recorder::close_region(ValueId first, std::span<const Variable> outputs)
{
    const ValueId end = static_cast<ValueId>(graph.size());
    if (first >= end) return;
    const auto index = static_cast<std::uint32_t>(regions_.size());
    for (std::size_t k = regions_.size(); k-- > 0 && regions_[k].first >= first;)
        if (regions_[k].parent == Region::none) regions_[k].parent = index;
    regions_.push_back({first, end, Region::none});

    std::vector<std::uint8_t> stays(end - first, 0);
    const auto stay = [&](ValueId id) {
        if (id >= first) stays[id - first] = 1;
    };
    for (const Variable& output : outputs) stay(output.id_);
    for (const auto& update : pending_) stay(update.second);
    for (ValueId id = first; id < end; ++id)
        if (values_[id] != nullptr && !stays[id - first] && !is_leaf(id) && !(graph.nodes_[id].flags & kept))
            drop_memory(id);
}

void Recorder::drop_regions(std::size_t size)
{
    while (!regions_.empty() && regions_.back().end > size) regions_.pop_back();
    for (Region& region : regions_)
        if (region.parent != Region::none && region.parent >= regions_.size()) region.parent = Region::none;
}

// The outermost region that holds the last node before `end`, else the last outermost one before it.
std::uint32_t Recorder::region_below(ValueId end) const
{
    const auto at = std::ranges::lower_bound(regions_, end, {}, &Region::end);
    std::uint32_t found = Region::none;
    auto region = static_cast<std::uint32_t>(at - regions_.begin());
    if (at == regions_.end()) region = Region::none;
    for (; region != Region::none; region = regions_[region].parent)
        if (regions_[region].first < end) found = region;
    if (found != Region::none || at == regions_.begin()) return found;
    // No region goes on beyond `end` from before it, so that the one before is an outermost one.
    return static_cast<std::uint32_t>(at - regions_.begin()) - 1;
}

ValueId Recorder::copy_node(ValueId id, std::span<const ValueId> inputs)
{
    const ValueId copy = static_cast<ValueId>(graph.size());
    for (int k = 0; k < graph.nodes_[id].op->outputs; ++k) {
        Node& node = graph.nodes_.next();
        node = graph.nodes_[id + static_cast<ValueId>(k)];
        node.birth = epoch_;
        node.flags = static_cast<std::uint8_t>((node.flags & from_derivative) | derivative_ | recomputed);
        if (k > 0) {
            node.in[0] = copy;
        } else if (inputs.size() <= 3) {
            std::ranges::copy(inputs, node.in);
        } else {
            node.in[0] = static_cast<ValueId>(graph.more_inputs_.size());
            for (const ValueId in : inputs) graph.more_inputs_.push_back(in);
        }
        graph.nodes_.commit_back();
        values_.push_back(nullptr);
    }
    return copy;
}

// The regions within one that was copied are regions of the copy too. `starts`: where the copies of nodes begin that
// stand at a place or after it.
void Recorder::copy_regions(std::uint32_t region, ValueId end, std::span<const ValueId> starts)
{
    const ValueId first = regions_[region].first;
    std::uint32_t inner = region;
    while (inner > 0 && regions_[inner - 1].first >= first) --inner;
    std::vector<std::uint32_t> copies(region - inner, Region::none);
    for (std::uint32_t k = inner; k < region; ++k) {
        const Region from = regions_[k];
        if (from.end > end) continue;
        const ValueId start = starts[from.first - first], stop = starts[from.end - first];
        if (start == stop) continue;
        copies[k - inner] = static_cast<std::uint32_t>(regions_.size());
        regions_.push_back({start, stop, Region::none});
    }
    for (std::uint32_t k = inner; k < region; ++k) {
        const std::uint32_t parent = regions_[k].parent;
        if (copies[k - inner] != Region::none && parent < region)
            regions_[copies[k - inner]].parent = copies[parent - inner];
    }
}

// Emits what a region's cotangents need of it once more, and sweeps over that instead. Leaves stay what they are; so
// does a value within the region that is itself differentiated with respect to.
void Recorder::pull_region(Sweep& sweep, std::uint32_t region, ValueId end)
{
    const ValueId first = regions_[region].first, low = std::max(first, sweep.low);
    std::vector<std::uint8_t> needed(end - first, 0);
    std::vector<ValueId> moved;  // their cotangents become those of their copies
    bool inner_sources = false;
    for (ValueId id = low; id < end; ++id) {
        if (!sweep.active[id - sweep.low] || is_leaf(id)) continue;
        if (sweep.is_source(id)) {
            inner_sources = true;
        } else if (sweep.cotangent(id) != no_value) {
            needed[id - first] = 1;
            moved.push_back(id);
        }
    }
    if (!moved.empty()) {
        const auto stays = [&](ValueId id) { return id < first || is_leaf(id) || sweep.is_source(id); };
        for (ValueId id = end; id-- > first;) {
            if (!needed[id - first]) continue;
            const bool further = graph.nodes_[id].op == &output_op;  // its input is its node
            for (const ValueId in : graph.inputs(id))
                if (further || !stays(in)) needed[in - first] = 1;
        }
        const ValueId copies = static_cast<ValueId>(graph.size());
        std::vector<ValueId> place(end - first + most_outputs), starts(end - first + 1), inputs;
        for (ValueId id = first; id < end; ++id) {
            starts[id - first] = static_cast<ValueId>(graph.size());
            const Op& op = *graph.nodes_[id].op;
            if (!needed[id - first] || &op == &output_op) continue;
            inputs.clear();
            for (const ValueId in : graph.inputs(id)) inputs.push_back(stays(in) ? in : place[in - first]);
            const ValueId copy = copy_node(id, inputs);
            for (int k = 0; k < op.outputs; ++k)
                place[id - first + static_cast<ValueId>(k)] = copy + static_cast<ValueId>(k);
        }
        starts[end - first] = static_cast<ValueId>(graph.size());
        copy_regions(region, end, starts);
        const ValueId copies_end = static_cast<ValueId>(graph.size());
        sweep.grow(copies_end);
        sweep.spread(graph, copies, copies_end);
        for (const ValueId id : moved)
            std::swap(sweep.cotangents[place[id - first] - sweep.low], sweep.cotangents[id - sweep.low]);
        descend(sweep, copies, copies_end);
    }
    if (inner_sources) descend(sweep, low, end, false);
}

}  // namespace xgrad::detail

namespace xgrad::detail {

CheckpointScope::CheckpointScope(Variable x)
    : recorder_(&Recorder::of(x)), first_(recorder_->graph.size()), recording_(recorder_->recording())
{}

void CheckpointScope::close(std::span<const Variable> results)
{
    // Whoever cleared the tape or rewound it to before has nothing left to let go of.
    if (recorder_->recording() != recording_ || recorder_->graph.size() <= first_) return;
    for (const Variable& result : results) recorder_->check(result, "checkpoint");
    recorder_->close_region(static_cast<ValueId>(first_), results);
}

}  // namespace xgrad::detail
