// Commits: what a recording declared for state slots is computed and written, all or nothing.
#include <algorithm>
#include <cstring>

#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

void Recorder::assign(const Parameter& slot, Variable value) { declare(slot, value, false); }
void Recorder::assign_again(const Parameter& slot, Variable value) { declare(slot, value, true); }

Variable Recorder::next_value(const Parameter& slot)
{
    const std::uint32_t update = pending_table_.find(slot.id());
    return update == IdTable::none ? parameter(slot) : handle(pending_[update].second);
}

void Recorder::declare(const Parameter& slot, Variable value, bool again)
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
                         to_string(graph.list(node.shape)) +
                         aligned_shapes("parameter", slot.shape(), "value", graph.list(node.shape)));
    if (!again && pending_table_.find(slot.id()) != IdTable::none)
        throw ValueError(who() + "it already has an update in this step");
    // One that is taken over stays: rewinding to before this one makes it count again.
    pending_table_.set(slot.id(), static_cast<std::uint32_t>(pending_.size()));
    pending_.emplace_back(slot, value.id_);
}

// The node that makes a value: further outputs come with their node.
ValueId Recorder::row_of(ValueId id) const
{
    return graph.nodes_[id].op == &output_op ? graph.nodes_[id].in[0] : id;
}

// The update that writes a value, if exactly one does. by_value_ lists (value, update) by value.
std::size_t Recorder::only_update_of(ValueId value) const
{
    const auto first = std::ranges::lower_bound(by_value_, value, {}, &ByValue::value);
    if (first == by_value_.end() || first->value != value) return no_value;
    const auto next = first + 1;
    return next != by_value_.end() && next->value == value ? no_value : first->update;
}

// Can an optimizer's row write its slots while it runs? Not if anybody else still reads them, or gets the value too.
bool Recorder::runs_in_place(ValueId row) const
{
    const Op& op = *graph.nodes_[row].op;
    if (!op.traits.update || values_[row] != nullptr) return false;
    if (mode_ & watched) return false;  // what it gives is looked at before anything is written
    for (int k = 0; k < op.outputs; ++k) {
        const ValueId value = row + static_cast<ValueId>(k);
        if (graph.nodes_[value].flags & kept) return false;
        const auto first = std::ranges::lower_bound(by_value_, value, {}, &ByValue::value);
        if (by_value_.end() - first > 1 && first[1].value == value) return false;
    }
    const std::span<const ValueId> inputs = graph.inputs(row);
    for (std::size_t at = 0; at < inputs.size(); ++at) {
        if (!std::ranges::binary_search(sorted_, inputs[at])) continue;
        // A slot that is written. Its own it may be: inputs are p, g, m, v, ..., outputs p', m', v'.
        if (at == 1) return false;
        const std::size_t update = only_update_of(row + static_cast<ValueId>(at == 0 ? 0 : at - 1));
        if (update == no_value || written_[update] != inputs[at]) return false;
    }
    return true;
}

void Recorder::commit()
{
    check_parameters();
    // Values that another update still reads must not be overwritten early: such a row is computed beside its slot.
    written_.clear();
    by_value_.clear();
    for (std::uint32_t i = 0; i < pending_.size(); ++i) {
        const std::uint32_t leaf = leaf_table_.find(pending_[i].first.id());
        written_.push_back(leaf == IdTable::none ? no_value : leaves_[leaf].id);
        if (!superseded(i)) by_value_.push_back({pending_[i].second, i});
    }
    sorted_ = written_;
    std::ranges::sort(sorted_);
    std::ranges::sort(by_value_, {},
                      [](const ByValue& entry) { return std::pair(entry.value, entry.update); });

    targets_.clear();
    rows_.clear();
    in_place_.assign(pending_.size(), 0);
    for (const auto& [value, update] : by_value_) {
        const ValueId row = row_of(value);
        if (!rows_.empty() && rows_.back() == row) {
            in_place_[update] = 1;
        } else if (runs_in_place(row)) {
            in_place_[update] = 1;
            rows_.push_back(row);
            for (const ValueId in : graph.inputs(row)) targets_.push_back(in);
        } else {
            targets_.push_back(value);
        }
    }
    compute(targets_);
    // A slot that gets another slot's value as it is: taken aside, since that one may be written first.
    std::vector<Buffer> aside;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        const ValueId id = pending_[i].second;
        if (superseded(i)) continue;
        if (graph.nodes_[id].op != &parameter_op || !std::ranges::binary_search(sorted_, id)) continue;
        aside.resize(pending_.size());
        aside[i] = Buffer(bytes_of(id));
        std::memcpy(aside[i].data(), values_[id], bytes_of(id));
    }
    // An output that no slot gets needs memory all the same.
    std::size_t most = 0;
    for (const ValueId row : rows_)
        for (int k = 0; k < graph.nodes_[row].op->outputs; ++k)
            if (only_update_of(row + static_cast<ValueId>(k)) == no_value)
                most = std::max(most, padded(bytes_of(row + static_cast<ValueId>(k))));
    const Buffer unused = most > 0 ? Buffer(3 * most) : Buffer();

    // From here on nothing can fail.
    for (const ValueId row : rows_) {
        void* out[3] = {};
        for (int k = 0; k < graph.nodes_[row].op->outputs; ++k) {
            const std::size_t update = only_update_of(row + static_cast<ValueId>(k));
            out[k] = update == no_value ? unused.data() + static_cast<std::size_t>(k) * most
                                        : pending_[update].first.mutable_data();
        }
        run_kernel(row, out);
    }
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        const auto& [slot, id] = pending_[i];
        if (superseded(i)) continue;
        if (!in_place_[i])
            std::memcpy(slot.mutable_data(), i < aside.size() && aside[i] ? aside[i].data() : values_[id],
                        bytes_of(id));
        slot.wrote();
    }
    pending_.clear();
    pending_table_.clear();
}

}  // namespace xgrad::detail
