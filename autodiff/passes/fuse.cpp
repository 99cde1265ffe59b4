// Grouping: one pass over the nodes in order. A node joins a group whose values it reads if it may run at the group's
// place (all else that it reads is there by then), or if the group may wait for it (nobody else has read it yet).
#include "autodiff/passes/fuse.hpp"

#include <algorithm>
#include <numeric>

#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {
namespace {

constexpr std::uint32_t none = Grouping::none;

// Where a group stands while nodes are still being added.
struct Open {
    ValueId position;         // the node at whose place it runs
    ValueId first;            // the node that began it
    ValueId read = no_value;  // the first place where somebody else reads what it makes
    ListId shape;
    std::uint32_t merged_into = none;
    std::vector<ValueId> members;
};

class Grouper {
  public:
    explicit Grouper(const Graph& graph)
        : graph_(graph), group_of_(graph.size(), none), total_(graph.size(), 0)
    {}

    Grouping run()
    {
        for (ValueId id = 0; id < graph_.size(); ++id) {
            if (graph_[id].op->traits.leaf) continue;
            if (graph_.count(id) > 0 && (fits(id) || fits_by_rows(id)))
                add(id);
            else if (is_total(graph_, id) && group_at(graph_.inputs(id)[0]) != none && !is_result(id))
                add_total(id);
            else
                for (const ValueId in : graph_.inputs(id)) note_read(in, id);
        }
        return finished();
    }

  private:
    bool fits(ValueId id) const
    {
        const Node& node = graph_[id];
        const auto inputs = graph_.inputs(id);
        if (!node.op->traits.elementwise || node.arity > 3) return false;
        const auto type = static_cast<std::size_t>(graph_.dtype(inputs.back()));
        if (node.op->blocks[type][0] == nullptr || node.dtype == DType::int64) return false;
        return std::ranges::none_of(inputs, [&](ValueId in) { return graph_.dtype(in) == DType::int64; });
    }

    bool fits_by_rows(ValueId id) const
    {
        const RowsKernel& rows = graph_[id].op->rows;
        return rows.run != nullptr && (rows.fits == nullptr || rows.fits(graph_, id)) &&
               rows_of_block(graph_.shape(id).back(), 1) > 0;
    }

    std::uint32_t root(std::uint32_t group) const
    {
        while (groups_[group].merged_into != none) {
            const std::uint32_t next = groups_[group].merged_into;
            if (groups_[next].merged_into != none) groups_[group].merged_into = groups_[next].merged_into;
            group = next;
        }
        return group;
    }
    // The group that makes a value block by block; none for a total, which is there only when the group has ended.
    std::uint32_t group_at(ValueId id) const { return group_of_[id] == none ? none : root(group_of_[id]); }
    bool is_result(ValueId id) const { return total_[graph_.inputs(id)[0]]; }

    // From which place on a value is there: leaves always were.
    bool is_there(ValueId id, ValueId position) const
    {
        const Op& op = *graph_[id].op;
        if (op.traits.leaf && &op != &output_op) return true;
        const std::uint32_t group = group_at(id);
        return (group == none ? id : groups_[group].position) < position;
    }
    void note_read(ValueId value, ValueId at)
    {
        const std::uint32_t group = group_at(value);
        if (group != none) groups_[group].read = std::min(groups_[group].read, at);
    }

    // What an elementwise node reads: operands that are smaller are repeated by the group, but not its own values.
    std::vector<ValueId>& operands(ValueId id)
    {
        operands_.clear();
        for (const ValueId in : graph_.inputs(id))
            operands_.push_back(graph_[id].op->traits.elementwise ? unrepeated(graph_, in) : in);
        return operands_;
    }
    // Does the group make the operand block by block, as the reader wants it?
    bool joins(std::uint32_t group, ValueId operand, ValueId reader) const
    {
        if (group_at(operand) != group || total_[operand]) return false;
        const RowsKernel& rows = graph_[reader].op->rows;
        if (rows.run == nullptr) return graph_[operand].shape == groups_[group].shape && !by_row(operand);
        const auto inputs = graph_.inputs(reader);
        for (std::size_t k = 0; k < inputs.size(); ++k)
            if (inputs[k] == operand && rows.input(k) != (by_row(operand) ? RowForm::each : RowForm::full))
                return false;
        return true;
    }
    // One element for each row, made by a row-wise op.
    bool by_row(ValueId id) const
    {
        if (graph_[id].op != &output_op) return false;
        const ValueId maker = graph_[id].in[0];
        const RowsKernel& rows = graph_[maker].op->rows;
        return rows.run != nullptr && rows.output(id - maker) == RowForm::each;
    }

    // May the node run in this group? All that it reads is made by the group, or there in time.
    bool may_join(std::uint32_t group, ValueId id, const std::vector<ValueId>& operands) const
    {
        const Open& open = groups_[group];
        if (open.shape != graph_[id].shape) return false;
        // What is computed again waits for the backward pass.
        if ((graph_[id].flags & recomputed) && !(graph_[open.first].flags & lasting_flags)) return false;
        bool early = true;
        for (const ValueId operand : operands) {
            if (joins(group, operand, id)) continue;
            if (group_at(operand) == group) return false;  // a total, or a value of it that would be repeated
            early = early && is_there(operand, open.position);
        }
        return early || open.read == no_value;
    }

    void add(ValueId id)
    {
        const std::vector<ValueId>& read = operands(id);
        // The latest group among those that make an operand.
        std::uint32_t best = none;
        for (const ValueId operand : read) {
            const std::uint32_t group = group_at(operand);
            if (group == none || !may_join(group, id, read)) continue;
            if (best == none || groups_[group].position > groups_[best].position) best = group;
        }
        if (best == none) {
            best = static_cast<std::uint32_t>(groups_.size());
            groups_.push_back({id, id, no_value, graph_[id].shape, none, {}});
        }
        // Others that make an operand and that nobody has read yet wait and become part of it.
        for (const ValueId operand : read) {
            const std::uint32_t group = group_at(operand);
            if (group == none || group == best || !mergeable(group, best, id, read)) continue;
            merge(group, best);
        }
        Open& open = groups_[best];
        bool waits = false;
        for (const ValueId operand : read)
            if (!joins(best, operand, id)) {
                waits = waits || !is_there(operand, open.position);
                note_read(operand, open.position);
            }
        if (waits) {
            open.position = id;
            for (const ValueId operand : read)
                if (!joins(best, operand, id)) note_read(operand, id);
        }
        open.members.push_back(id);
        const Op& op = *graph_[id].op;
        for (int k = 0; k < op.outputs; ++k) {
            group_of_[id + static_cast<ValueId>(k)] = best;
            if (op.rows.run != nullptr && op.rows.output(static_cast<std::size_t>(k)) == RowForm::fixed)
                total_[id + static_cast<ValueId>(k)] = 1;
        }
    }

    bool mergeable(std::uint32_t group, std::uint32_t into, ValueId id,
                   const std::vector<ValueId>& read) const
    {
        // A total is there only when its group has ended.
        for (const ValueId operand : read)
            if (group_at(operand) == group && !joins(group, operand, id)) return false;
        return groups_[group].shape == groups_[into].shape && groups_[group].read == no_value &&
               groups_[group].position < groups_[into].position;
    }
    void merge(std::uint32_t group, std::uint32_t into)
    {
        Open &from = groups_[group], &to = groups_[into];
        if (from.members.size() > to.members.size()) from.members.swap(to.members);
        to.members.insert(to.members.end(), from.members.begin(), from.members.end());
        from.members.clear();
        from.merged_into = into;
    }

    void add_total(ValueId id)
    {
        const std::uint32_t group = group_at(graph_.inputs(id)[0]);
        groups_[group].members.push_back(id);
        group_of_[id] = group;
        total_[id] = 1;
    }

    Grouping finished()
    {
        Grouping result;
        result.group_of.assign(graph_.size(), none);
        for (Open& open : groups_) {
            if (open.merged_into != none) continue;
            const auto index = static_cast<std::uint32_t>(result.members.size());
            std::ranges::sort(open.members);
            for (const ValueId id : open.members) result.group_of[id] = index;
            result.position.push_back(open.position);
            result.members.push_back(std::move(open.members));
        }
        return result;
    }

    const Graph& graph_;
    std::vector<std::uint32_t> group_of_;
    std::vector<std::uint8_t> total_;
    mutable std::vector<Open> groups_;  // paths of merged_into get shorter while they are followed
    std::vector<ValueId> operands_;
};

}  // namespace

ValueId unrepeated(const Graph& graph, ValueId id)
{
    while (graph[id].op->traits.repeats) id = graph.inputs(id)[0];
    return id;
}

bool is_total(const Graph& graph, ValueId id)
{
    const Op& op = *graph[id].op;
    if (!op.traits.sums && !op.traits.averages) return false;
    const ValueId in = graph.inputs(id)[0];
    return is_floating(graph.dtype(id)) && graph.list(graph[id].list).size() == graph.shape(in).size() &&
           graph.count(in) > 1;
}

std::int64_t rows_of_block(std::int64_t length, std::size_t block_elements)
{
    constexpr std::int64_t lanes = 64, most = 1 << 14;  // elements: 64 KiB of floats
    const std::int64_t unit = lanes / std::gcd(length, lanes);
    if (length == 0 || unit * length > most) return 0;
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(block_elements) / (unit * length)) * unit;
}

Grouping group_elementwise(const Graph& graph) { return Grouper(graph).run(); }

}  // namespace xgrad::detail
