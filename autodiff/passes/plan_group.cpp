// Groups: slots for what lives within them, memory for what others read, and operands that are repeated.
#include "autodiff/passes/plan_group.hpp"

#include <algorithm>

#include "autodiff/kernels/fused.hpp"

namespace xgrad::detail {
namespace {

constexpr std::uint32_t none = PlanValues::none;
constexpr std::size_t block_bytes =
    2048;  // slots this far apart do not meet in the cache, and a dozen fit into L1

class GroupPlanner {
  public:
    explicit GroupPlanner(PlanValues& values) : values_(values), locals_(values.graph().size()) {}

    // How an operand of a group lies beside the group's shape.
    enum class Form { full, number, single, wrapped, periodic, general };
    Form form_of(ValueId operand, const Group& group) const
    {
        const std::int64_t count = values_.graph().count(operand);
        if (values_.node(operand).op->traits.filled) return Form::number;
        if (count == group.elements) return Form::full;
        if (count == 1) return Form::single;
        const Dims whole = values_.graph().list(group.shape);
        Dims own = values_.graph().shape(operand);
        while (!own.empty() && own.front() == 1) own = own.subspan(1);
        if (std::ranges::equal(own, whole.last(own.size())))
            return count % group.block == 0 ? Form::wrapped : count <= 16384 ? Form::periodic : Form::general;
        return Form::general;
    }

    struct Slots {
        std::vector<std::uint32_t> free;
        std::uint32_t count = 0;
        std::uint32_t take()
        {
            if (free.empty()) return count++;
            const std::uint32_t slot = free.back();
            free.pop_back();
            return slot;
        }
    };

    void make_group(std::uint32_t index, std::uint32_t step)
    {
        const std::vector<ValueId>& all = values_.grouping.members[index];
        std::vector<ValueId> members;  // without what nobody wants
        for (const ValueId id : all)
            if (values_.wanted[id]) members.push_back(id);
        if (members.empty()) return;

        Group group{};
        group.shape = values_.node(members.front()).shape;
        group.elements = values_.graph().count(members.front());
        std::size_t widest = 1;
        for (const ValueId id : members)
            if (!values_.is_total_of_group(id)) {
                widest = std::max(widest, size_of(values_.graph().dtype(id)));
                values_.for_reads(
                    id, [&](ValueId in) { widest = std::max(widest, size_of(values_.graph().dtype(in))); });
            }
        group.lanes = static_cast<std::uint32_t>(alignment / widest);
        group.block = static_cast<std::uint32_t>(block_bytes / widest);
        group.length = 1;
        if (std::ranges::any_of(members, [&](ValueId id) { return values_.is_row_of_group(id); })) {
            group.length = values_.graph().list(group.shape).back();
            group.block = static_cast<std::uint32_t>(rows_of_block(group.length, group.block) * group.length);
        }
        const bool small = group.elements <= static_cast<std::int64_t>(group.block);
        slot_bytes_ = small ? padded(static_cast<std::size_t>(group.elements) * widest)
                            : (group.block * widest + block_bytes - 1) / block_bytes * block_bytes;
        group.moves = !small;
        group.first_row_instruction = static_cast<std::uint32_t>(values_.plan.row_instructions.size());
        group.first_instruction = static_cast<std::uint32_t>(values_.plan.instructions.size());
        group.first_expansion = static_cast<std::uint32_t>(values_.plan.expansions.size());
        group.first_reduction = static_cast<std::uint32_t>(values_.plan.reductions.size());
        first_ = static_cast<std::uint32_t>(values_.plan.pointers.size());
        ++group_;
        Slots slots;

        const auto end = static_cast<std::uint32_t>(members.size());
        find_last_readers(members);
        std::size_t dead = 0;
        for (std::uint32_t i = 0; i < end; ++i) {
            const ValueId id = members[i];
            if (values_.is_total_of_group(id)) {
                add_total(id, step);
                continue;
            }
            Instruction instruction{};
            const std::span<const ValueId> inputs = values_.graph().inputs(id);
            if (values_.is_row_of_group(id)) {
                instruction.in[0] = add_rows(id, i, step, group, slots);
                values_.plan.instructions.push_back(instruction);
                for (; dead < dying_.size() && dying_[dead].first <= i; ++dead)
                    free_slot(dying_[dead].second, slots);
                for (int k = 0; k < values_.node(id).op->outputs; ++k)
                    if (const ValueId out = id + static_cast<ValueId>(k); local(out).last == none)
                        free_slot(out, slots);
                continue;
            }
            std::size_t form = 0;
            for (std::size_t k = 0; k < inputs.size(); ++k) {
                const ValueId in = unrepeated(values_.graph(), inputs[k]);
                instruction.in[k] = operand(in, id, k, group, form);
            }
            const auto type = static_cast<std::size_t>(values_.graph().dtype(inputs.back()));
            instruction.run = values_.node(id).op->blocks[type][form];
            instruction.attributes = &values_.node(id).a;
            // The memory of a value that is read here for the last time may be taken over by the result.
            while (dead < dying_.size() && dying_[dead].first < i) ++dead;
            const std::size_t first_dead = dead;
            for (; dead < dying_.size() && dying_[dead].first == i; ++dead)
                if (const ValueId gone = dying_[dead].second;
                    size_of(values_.graph().dtype(gone)) == size_of(values_.graph().dtype(id)))
                    free_slot(gone, slots);
            instruction.out = result(id, step, i, group, slots);
            for (std::size_t d = first_dead; d < dead; ++d) free_slot(dying_[d].second, slots);
            if (local(id).last == none) free_slot(id, slots);
            values_.plan.instructions.push_back(instruction);
        }
        group.instructions =
            static_cast<std::uint32_t>(values_.plan.instructions.size()) - group.first_instruction;
        group.expansions = static_cast<std::uint32_t>(values_.plan.expansions.size()) - group.first_expansion;
        group.reductions = static_cast<std::uint32_t>(values_.plan.reductions.size()) - group.first_reduction;
        group.row_instructions =
            static_cast<std::uint32_t>(values_.plan.row_instructions.size()) - group.first_row_instruction;

        Step made{};
        made.kind = Step::group;
        made.first_pointer = first_;
        made.pointers = static_cast<std::uint32_t>(values_.plan.pointers.size()) - first_;
        made.index = static_cast<std::uint32_t>(values_.plan.groups.size());
        values_.plan.steps.push_back(made);
        values_.plan.groups.push_back(group);
        values_.plan.members.push_back(std::move(members));
        values_.plan.scratch_bytes =
            std::max(values_.plan.scratch_bytes, slots.count * slot_bytes_ + extra_bytes_);
        // What was taken for repeated operands lies behind the slots.
        for (std::size_t p = first_; p < values_.plan.pointers.size(); ++p) {
            Location& at = values_.plan.pointers[p].at;
            if (at.kind == Location::scratch && at.index == 1)
                at = {Location::scratch, 0, at.offset + slots.count * slot_bytes_};
        }
        extra_bytes_ = 0;
    }

    // When each value is read last within the group (at its end, if a total takes it up), and who dies when: slots are
    // given back after their last reader.
    void find_last_readers(const std::vector<ValueId>& members)
    {
        const auto end = static_cast<std::uint32_t>(members.size());
        dying_.clear();
        std::vector<ValueId>& read = read_;
        read.clear();
        for (std::uint32_t i = 0; i < end; ++i) {
            const std::uint32_t when = values_.is_total_of_group(members[i]) ? end : i;
            values_.for_reads(members[i], [&](ValueId in) {
                Local& at = local(in);
                if (at.last == none) read.push_back(in);
                at.last = at.last == none ? when : std::max(at.last, when);
            });
        }
        for (const ValueId id : read) {
            const std::uint32_t when = local(id).last;
            dying_.emplace_back(when, id);
            std::uint32_t& latest =
                local(values_.root(id)).last_of_root;  // it may be read under several names
            latest = latest == none ? when : std::max(latest, when);
        }
        std::ranges::sort(dying_);
    }

    std::uint32_t relative(std::uint32_t pointer) const { return pointer - first_; }
    Location extra(std::size_t bytes)
    {
        const Location at{Location::scratch, 1, extra_bytes_};
        extra_bytes_ += padded(bytes);
        return at;
    }

    // The pointer through which an instruction reads an operand; made when it is first read.
    std::uint32_t operand(ValueId id, ValueId reader, std::size_t place, Group& group, std::size_t& form)
    {
        const std::size_t bytes = size_of(values_.graph().dtype(id));
        const Form how = form_of(id, group);
        const Node& by = values_.node(reader);
        // One element beside a full operand has a kernel form of its own.
        if ((how == Form::single || how == Form::number) && by.arity == 2 && form == 0 &&
            group.elements > 1 && by.op->traits.position_free) {
            const std::size_t wanted = std::size_t{1} << place;
            const auto inputs = values_.graph().inputs(reader);
            const ValueId other = unrepeated(values_.graph(), inputs[1 - place]);
            const Form beside = form_of(other, group);
            const auto type = static_cast<std::size_t>(values_.graph().dtype(inputs.back()));
            if (beside != Form::single && beside != Form::number && by.op->blocks[type][wanted] != nullptr) {
                form = wanted;
                std::uint32_t& single = local(id).single;
                if (single == none)
                    single = relative(
                        values_.add_pointer(how == Form::number ? values_.number(id) : values_.whole(id)));
                return single;
            }
        }
        std::uint32_t& pointer = local(id).pointer;
        if (pointer != none) return pointer;
        Expansion expansion{};
        expansion.bytes = static_cast<std::uint8_t>(bytes);
        expansion.shape = values_.node(id).shape;
        switch (how) {
        case Form::full:
            return pointer = relative(values_.add_pointer(values_.whole(id),
                                                          static_cast<std::uint32_t>(bytes * group.block)));
        case Form::number:
            if (group.elements <= static_cast<std::int64_t>(alignment / bytes))
                return pointer = relative(values_.add_pointer(values_.number(id)));
            [[fallthrough]];
        case Form::single:
            expansion.kind = Expansion::single;
            expansion.from =
                relative(values_.add_pointer(how == Form::number ? values_.number(id) : values_.whole(id)));
            expansion.to = relative(values_.add_pointer(extra(group.block * bytes)));
            break;
        case Form::wrapped:
            expansion.kind = Expansion::periodic;
            expansion.period = values_.graph().count(id);
            expansion.from = expansion.to = relative(values_.add_pointer(values_.whole(id)));
            group.moves = true;
            break;
        case Form::periodic:
            expansion.kind = Expansion::periodic;
            expansion.period = values_.graph().count(id);
            expansion.from = relative(values_.add_pointer(values_.whole(id)));
            expansion.to = relative(values_.add_pointer(
                extra((static_cast<std::size_t>(expansion.period) + group.block + group.lanes) * bytes)));
            group.moves = true;
            break;
        case Form::general:
            expansion.kind = Expansion::general;
            expansion.from = relative(values_.add_pointer(values_.whole(id)));
            expansion.to = relative(values_.add_pointer(extra(group.block * bytes), 0, true));
            group.moves = true;
            break;
        }
        values_.plan.expansions.push_back(expansion);
        return pointer = expansion.to;
    }

    // A row-wise op, the group's member `place`: the number of its RowInstruction.
    std::uint32_t add_rows(ValueId id, std::uint32_t place, std::uint32_t step, Group& group, Slots& slots)
    {
        const Op& op = *values_.node(id).op;
        const std::span<const ValueId> inputs = values_.graph().inputs(id);
        RowInstruction rows{};
        rows.node = id;
        rows.outputs = static_cast<std::uint32_t>(op.outputs);
        rows.inputs = static_cast<std::uint32_t>(inputs.size());
        std::vector<std::uint32_t> reads, pointers;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const ValueId in = inputs[k];
            if (op.rows.input(k) == RowForm::full) {
                std::size_t form = 1;  // whole blocks, whatever it is
                reads.push_back(operand(in, id, k, group, form));
            } else {
                const bool each = op.rows.input(k) == RowForm::each;
                std::uint32_t& pointer = each ? local(in).each : local(in).fixed;
                if (pointer == none)
                    pointer =
                        relative(values_.add_pointer(values_.whole(in), each ? step_of_each(in, group) : 0));
                reads.push_back(pointer);
            }
        }
        // The first result, and no other, may take over the memory of an operand that is read here for the last time.
        for (std::size_t k = 0; k < inputs.size() && !stays(id); ++k)
            if (op.rows.input(k) == RowForm::full && local(inputs[k]).slot != none &&
                local(inputs[k]).last == place &&
                values_.graph().dtype(inputs[k]) == values_.graph().dtype(id)) {
                free_slot(inputs[k], slots);
                break;
            }
        for (std::uint32_t k = 0; k < rows.outputs; ++k)
            pointers.push_back(result_of_rows(id + k, op.rows.output(k), step, group, slots));
        pointers.insert(pointers.end(), reads.begin(), reads.end());
        if (op.rows.state != nullptr) {
            group.in_order = true;
            rows.state_bytes = op.rows.state(values_.graph(), id);
            rows.state = relative(values_.add_pointer(extra(rows.state_bytes)));
        }
        rows.first_operand = static_cast<std::uint32_t>(values_.plan.row_operands.size());
        values_.plan.row_operands.insert(values_.plan.row_operands.end(), pointers.begin(), pointers.end());
        values_.plan.row_instructions.push_back(rows);
        return static_cast<std::uint32_t>(values_.plan.row_instructions.size() - 1);
    }
    std::uint32_t step_of_each(ValueId id, const Group& group) const
    {
        return static_cast<std::uint32_t>(group.block / group.length) *
               static_cast<std::uint32_t>(size_of(values_.graph().dtype(id)));
    }
    bool stays(ValueId id) const
    {
        return values_.outside[id] || values_.plan.place[id].kind == Location::output;
    }
    std::uint32_t result_of_rows(ValueId id, RowForm form, std::uint32_t step, const Group& group,
                                 Slots& slots)
    {
        std::uint32_t& pointer = form == RowForm::full   ? local(id).pointer
                                 : form == RowForm::each ? local(id).each
                                                         : local(id).fixed;
        if (form == RowForm::fixed || stays(id)) {
            values_.make_sure_of_place(id, step);
            const std::size_t bytes = size_of(values_.graph().dtype(id));
            const auto moves = form == RowForm::full   ? static_cast<std::uint32_t>(bytes * group.block)
                               : form == RowForm::each ? step_of_each(id, group)
                                                       : 0;
            return pointer = relative(values_.add_pointer(values_.plan.place[id], moves));
        }
        const std::uint32_t slot = slots.take();
        local(id).slot = slot;
        return pointer = relative(values_.add_pointer({Location::scratch, 0, slot * slot_bytes_}, 0, true));
    }

    std::uint32_t result(ValueId id, std::uint32_t step, std::uint32_t i, const Group& group, Slots& slots)
    {
        const auto bytes = static_cast<std::uint32_t>(size_of(values_.graph().dtype(id)) * group.block);
        if (!stays(id)) {
            const std::uint32_t slot = slots.take();
            local(id).slot = slot;
            return local(id).pointer =
                       relative(values_.add_pointer({Location::scratch, 0, slot * slot_bytes_}, 0, true));
        }
        if (values_.plan.place[id].kind == Location::none) {
            const std::uint32_t taken = overwritable(id, i, step, group);
            if (taken != none) {
                values_.storage_of[id] = taken;
                values_.lifetimes[taken].last =
                    std::max(values_.lifetimes[taken].last, values_.last_of(id, step));
                values_.plan.place[id] = {Location::memory, taken, 0};
                values_.naive_bytes += padded(values_.bytes_of(id));
            } else {
                values_.take_memory(id, step, values_.last_of(id, step));
            }
        }
        return local(id).pointer = relative(values_.add_pointer(values_.plan.place[id], bytes));
    }

    // The storage of an operand in memory that is read here for the last time, element by element.
    std::uint32_t overwritable(ValueId id, std::uint32_t i, std::uint32_t step, const Group& group)
    {
        for (const ValueId in : values_.graph().inputs(id)) {
            const ValueId read = unrepeated(values_.graph(), in), from = values_.root(read);
            if (values_.storage_of[from] == none || values_.plan.place[from].kind != Location::memory)
                continue;
            const Lifetime& lifetime = values_.lifetimes[values_.storage_of[from]];
            if (lifetime.last != step || lifetime.first == step || form_of(read, group) != Form::full)
                continue;
            if (size_of(values_.graph().dtype(from)) != size_of(values_.graph().dtype(id))) continue;
            if (local(from).last_of_root <= i) return values_.storage_of[from];
        }
        return none;
    }

    void add_total(ValueId id, std::uint32_t step)
    {
        values_.make_sure_of_place(id, step);
        const ValueId in = values_.graph().inputs(id)[0];
        GroupReduction reduction{};
        const bool single = values_.graph().dtype(id) == DType::float32;
        reduction.add = single ? kernels::add_block<float> : kernels::add_block<double>;
        reduction.merge = single ? kernels::merge_sum<float> : kernels::merge_sum<double>;
        reduction.finish = single ? kernels::finish_sum<float> : kernels::finish_sum<double>;
        reduction.in = local(in).pointer;
        reduction.out = relative(values_.add_pointer(values_.plan.place[id]));
        reduction.divisor =
            values_.node(id).op->traits.averages ? static_cast<double>(values_.graph().count(in)) : 1;
        values_.plan.reductions.push_back(reduction);
    }

    void free_slot(ValueId id, Slots& slots)
    {
        std::uint32_t& slot = local(id).slot;
        if (slot == none) return;
        slots.free.push_back(slot);
        slot = none;
    }

    // What is known of a value within the group that is being planned.
    struct Local {
        std::uint32_t group = 0;            // whose facts these are
        std::uint32_t pointer = none;       // of the group, whole blocks
        std::uint32_t single = none;        // of the group, one element
        std::uint32_t each = none;          // of the group, an element for each row
        std::uint32_t fixed = none;         // of the group, for row-wise ops that read it as it is
        std::uint32_t slot = none;          // while it is taken
        std::uint32_t last = none;          // the member that reads it last
        std::uint32_t last_of_root = none;  // the same for everybody who reads its memory
    };
    Local& local(ValueId id)
    {
        Local& at = locals_[id];
        if (at.group != group_) at = {.group = group_};
        return at;
    }

    PlanValues& values_;
    std::vector<Local> locals_;
    std::uint32_t group_ = 0;  // counts the groups
    std::uint32_t first_ = 0;  // the group's first pointer
    std::size_t slot_bytes_ = 0, extra_bytes_ = 0;
    std::vector<std::pair<std::uint32_t, ValueId>> dying_;  // when, who
    std::vector<ValueId> read_;
};

}  // namespace

struct GroupPlans::Planner : GroupPlanner {
    using GroupPlanner::GroupPlanner;
};
GroupPlans::GroupPlans(PlanValues& values) : planner_(std::make_unique<Planner>(values)) {}
GroupPlans::~GroupPlans() = default;
void GroupPlans::add(std::uint32_t group, std::uint32_t step) { planner_->make_group(group, step); }

}  // namespace xgrad::detail
