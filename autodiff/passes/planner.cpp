// Planning: which steps, in which order, and where every value lies.
#include "autodiff/passes/planner.hpp"

#include <algorithm>

#include "autodiff/passes/plan_group.hpp"
#include "autodiff/passes/plan_values.hpp"

namespace xgrad::detail {
namespace {

class Planner : PlanValues {
  public:
    explicit Planner(Plan& of) : PlanValues{of}
    {
        grouping = group_elementwise(graph());
        place_leaves();
        find_wanted();
        order_steps();
        place_outputs();
        place_updates();
        find_lifetimes();
        GroupPlans groups(*this);
        auto row = rows_.begin();
        const auto add_rows = [&](std::uint32_t step) {
            for (; row != rows_.end() && row->before == step; ++row) add_kernel(row->id);
        };
        for (std::uint32_t step = 0; step < order_.size(); ++step) {
            add_rows(step);
            make_step(step, groups);
        }
        finish_outputs();
        add_rows(static_cast<std::uint32_t>(order_.size()));
        finish_updates();
        lay_out_memory();
        report();
    }

  private:
    // ------------------------------------------------------------ order

    void find_wanted()
    {
        wanted.assign(graph().size(), 0);
        used.assign(graph().size(), 0);
        for (const ValueId id : graph().outputs()) wanted[id] = 1, ++used[root(id)];
        for (const auto& update : graph().updates()) wanted[update.second] = 1;
        for (ValueId id = static_cast<ValueId>(graph().size()); id-- > 0;) {
            if (!wanted[id]) continue;
            if (node(id).op == &output_op) {
                wanted[node(id).in[0]] = 1;
                continue;
            }
            for_reads(id, [&](ValueId in) { wanted[in] = 1, ++used[root(in)]; });
        }
    }

    // An optimizer's row that nothing else waits for runs on its own, as early as it may (schedule_rows).
    bool is_row(ValueId id) const
    {
        if (!node(id).op->traits.update) return false;
        for (int k = 0; k < node(id).op->outputs; ++k)
            if (used[id + static_cast<ValueId>(k)] > 0) return false;
        return true;
    }

    void order_steps()
    {
        step_of.assign(graph().size(), none);
        std::vector<std::uint32_t> group_at(graph().size(), none);
        for (std::uint32_t g = 0; g < grouping.position.size(); ++g) group_at[grouping.position[g]] = g;
        for (ValueId id = 0; id < graph().size(); ++id) {
            if (group_at[id] != none) {
                const auto step = static_cast<std::uint32_t>(order_.size());
                order_.push_back({id, group_at[id]});
                for (const ValueId member : grouping.members[group_at[id]])
                    for (int k = 0; k < node(member).op->outputs; ++k)
                        step_of[member + static_cast<ValueId>(k)] = step;
            }
            const Op& op = *node(id).op;
            if (is_grouped(id) || !wanted[id] || op.traits.leaf || op.traits.filled ||
                (op.traits.alias && op.kernel == nullptr))
                continue;
            if (is_row(id)) {
                rows_.push_back({id, none});
                continue;
            }
            for (int k = 0; k < op.outputs; ++k)
                step_of[id + static_cast<ValueId>(k)] = static_cast<std::uint32_t>(order_.size());
            order_.push_back({id, none});
        }
    }

    // ------------------------------------------------------------ lifetimes

    void note_read(ValueId id, std::uint32_t step)
    {
        const ValueId from = root(id);
        last_read[from] = last_read[from] == none ? step : std::max(last_read[from], step);
        if (step_of[from] != none && step_of[from] != step) outside[from] = 1;
    }
    void find_lifetimes()
    {
        last_read.assign(graph().size(), none);
        outside.assign(graph().size(), 0);
        const auto end = static_cast<std::uint32_t>(order_.size());
        for (std::uint32_t step = 0; step < order_.size(); ++step) {
            const auto [id, group] = order_[step];
            if (group == none) {
                for_reads(id, [&](ValueId in) { note_read(in, step); });
                continue;
            }
            for (const ValueId member : grouping.members[group])
                for_reads(member, [&](ValueId in) { note_read(in, step); });
        }
        for (const ValueId id : graph().outputs()) note_read(id, end);
        schedule_rows();
        for (const Row& row : rows_)
            for (const ValueId in : graph().inputs(row.id)) note_read(in, row.before);
        for (const auto& update : graph().updates())
            if (!is_in_place(update.second)) note_read(update.second, end);
    }
    // A row that writes its slots in place runs as soon as its gradient is there, so that gradients need not all lie in
    // memory at once: when nobody reads the slots any more, and nothing is left that may refuse its input.
    void schedule_rows()
    {
        const auto end = static_cast<std::uint32_t>(order_.size());
        std::uint32_t safe = 0;
        for (std::uint32_t step = 0; step < end; ++step)
            if (const Op& op = *node(order_[step].first).op;
                op.traits.may_throw || op.traits.alias || op.owner != nullptr)
                safe = step + 1;
        std::vector<std::uint32_t> free_from(plan.parameters.size(), safe);  // slots
        for (ValueId id = 0; id < graph().size(); ++id)
            if (plan.place[id].kind == Location::parameter && last_read[id] != none)
                free_from[plan.place[id].index] =
                    std::max(free_from[plan.place[id].index], std::min(last_read[id] + 1, end));
        for (Row& row : rows_) {
            row.before = safe;
            for (int k = 0; k < node(row.id).op->outputs; ++k) {
                const Location& slot = plan.place[row.id + static_cast<ValueId>(k)];
                row.before =
                    std::max(row.before, slot.kind == Location::parameter ? free_from[slot.index] : end);
            }
            for (const ValueId in : graph().inputs(row.id))
                if (const std::uint32_t made = step_of[root(in)]; made != none)
                    row.before = std::max(row.before, made + 1);
        }
        std::ranges::stable_sort(rows_, {}, &Row::before);
    }

    // The first time that a value is an output it is made where the output lies.
    void place_outputs()
    {
        for (std::uint32_t k = 0; k < graph().outputs().size(); ++k) {
            const ValueId from = root(graph().outputs()[k]);
            if (step_of[from] != none && plan.place[from].kind == Location::none)
                plan.place[from] = {Location::output, k, 0};
        }
    }

    // Rows write their slots while they run, unless another update reads those too.
    void place_updates()
    {
        std::unordered_map<ValueId, int> times;
        for (const auto& update : graph().updates()) ++times[update.second];
        std::unordered_map<std::uint32_t, int> readers;  // rows and updates that read a parameter
        const auto count = [&](ValueId id) {
            const Location& at = plan.place[root(id)];
            if (at.kind == Location::parameter) ++readers[at.index];
        };
        for (const Row& row : rows_)
            for (const ValueId in : graph().inputs(row.id)) count(in);
        for (const auto& [slot, id] : graph().updates())
            if (step_of[root(id)] == none) count(id);
        for (const auto& [slot, id] : graph().updates()) {
            const std::uint32_t parameter = parameter_index(slot);
            plan.written.push_back(parameter);
            const ValueId row = maker(id);
            if (!node(row).op->traits.update || step_of[row] != none || times[id] > 1 ||
                plan.place[id].kind != Location::none)
                continue;
            const int own = static_cast<int>(std::ranges::count_if(graph().inputs(row), [&](ValueId in) {
                return plan.place[root(in)] == Location{Location::parameter, parameter, 0};
            }));
            const bool matches = reads_as_its_slot(row, id, parameter);
            if (own == (matches ? 1 : 0) && readers[parameter] == own)
                plan.place[id] = {Location::parameter, parameter, 0};
        }
    }
    // Inputs are p, g, m, v, ..., outputs p', m', v'.
    bool reads_as_its_slot(ValueId row, ValueId output, std::uint32_t parameter) const
    {
        const std::size_t k = output - row;
        const std::size_t at = k == 0 ? 0 : k + 1;
        return at < graph().inputs(row).size() &&
               plan.place[root(graph().inputs(row)[at])] == Location{Location::parameter, parameter, 0};
    }

    // Until now the offset of a value in memory is the number of its storage.
    void lay_out_memory()
    {
        plan.memory_bytes = lay_out(lifetimes);
        const auto settle = [&](Location& at) {
            if (at.kind == Location::memory) at = {Location::memory, 0, lifetimes[at.index].offset};
        };
        for (Pointer& pointer : plan.pointers) settle(pointer.at);
        for (Location& at : plan.place) settle(at);
    }

    // ------------------------------------------------------------ steps

    void make_step(std::uint32_t step, GroupPlans& groups)
    {
        const auto [id, group] = order_[step];
        if (group != none) return groups.add(group, step);
        if (node(id).op->traits.takes_over) take_over(id, step);
        if (!node(id).op->traits.alias)  // else a check
            for (int k = 0; k < node(id).op->outputs; ++k)
                make_sure_of_place(id + static_cast<ValueId>(k), step);
        add_kernel(id);
    }
    // The value in the memory of its first input, if nobody reads that any more.
    void take_over(ValueId id, std::uint32_t step)
    {
        const ValueId from = root(graph().inputs(id)[0]);
        if (plan.place[id].kind != Location::none || plan.place[from].kind != Location::memory) return;
        const std::uint32_t storage = storage_of[from];
        if (last_read[from] != step || used[from] != 1 || lifetimes[storage].last != step) return;
        storage_of[id] = storage;
        lifetimes[storage].last = last_of(id, step);
        plan.place[id] = plan.place[from];
        naive_bytes += padded(bytes_of(id));
    }
    void add_kernel(ValueId id)
    {
        const Op& op = *node(id).op;
        Step step{};
        step.kind = op.traits.elementwise ? Step::elementwise : Step::kernel;
        step.node = id;
        step.first_pointer = static_cast<std::uint32_t>(plan.pointers.size());
        const auto end = static_cast<std::uint32_t>(order_.size());
        for (int k = 0; k < (op.traits.alias ? 0 : op.outputs); ++k) {
            const ValueId out = id + static_cast<ValueId>(k);
            make_sure_of_place(out, end);
            add_pointer(plan.place[out]);
        }
        for (const ValueId in : graph().inputs(id)) add_pointer(whole(in));
        step.pointers = static_cast<std::uint32_t>(plan.pointers.size()) - step.first_pointer;
        plan.steps.push_back(step);
    }
    void add_copy(Location to, Location from, std::size_t bytes)
    {
        Step step{};
        step.kind = Step::copy;
        step.first_pointer = add_pointer(to);
        add_pointer(from);
        step.pointers = 2;
        step.bytes = bytes;
        plan.steps.push_back(step);
    }
    void finish_outputs()
    {
        for (std::uint32_t k = 0; k < graph().outputs().size(); ++k) {
            const ValueId id = graph().outputs()[k];
            const Location to{Location::output, k, 0}, from = whole(id);
            if (!(from == to)) add_copy(to, from, bytes_of(id));
        }
        // A slot that gets another slot's value as it is: taken aside, since that one may be written first.
        for (const auto& [slot, id] : graph().updates()) {
            const Location from = whole(id);
            if (from.kind != Location::parameter || step_of[root(id)] != none || is_in_place(id)) continue;
            const auto end = static_cast<std::uint32_t>(order_.size());
            const auto [at, is_new] = aside_.try_emplace(id, Location{});
            if (!is_new) continue;
            at->second = {Location::memory, static_cast<std::uint32_t>(lifetimes.size()), 0};
            lifetimes.push_back({bytes_of(id), end, end});
            add_copy(at->second, from, bytes_of(id));
        }
    }
    // Does a row write this value into its slot?
    bool is_in_place(ValueId id) const
    {
        return node(maker(id)).op->traits.update && plan.place[id].kind == Location::parameter;
    }
    void finish_updates()
    {
        for (const auto& [slot, id] : graph().updates()) {
            if (is_in_place(id)) continue;
            const auto aside = aside_.find(id);
            add_copy({Location::parameter, parameter_index(slot), 0},
                     aside == aside_.end() ? whole(id) : aside->second, bytes_of(id));
        }
    }

    void report()
    {
        ProgramReport& report = plan.report;
        report.updates = rows_.size();
        report.naive_bytes = naive_bytes;
        for (ValueId id = 0; id < graph().size(); ++id)
            if (const Traits& traits = node(id).op->traits; wanted[id] && !traits.leaf && !traits.filled)
                report.flops += flops_of(graph(), id);
        report_plan(plan);
    }

    std::unordered_map<ValueId, Location> aside_;
    std::vector<std::pair<ValueId, std::uint32_t>> order_;  // node, and group or none
    struct Row {
        ValueId id;
        std::uint32_t before;  ///< the step that it runs before
    };
    std::vector<Row> rows_;
};

}  // namespace

void make_plan(Plan& plan, Graph graph)
{
    plan.graph = std::move(graph);
    Planner{plan};
}

}  // namespace xgrad::detail
