// Running groups: stretches of elementwise and row-wise ops, block by block, on several threads where they are large.
#include <algorithm>
#include <cstring>

#include "autodiff/kernels/threads.hpp"
#include "autodiff/workspace_memory.hpp"

namespace xgrad {

using detail::Expansion, detail::Group, detail::GroupReduction, detail::Instruction, detail::Plan,
    detail::Step;

namespace {

// A block as whole vectors.
std::size_t whole(std::int64_t n, const Group& group)
{
    return static_cast<std::size_t>((n + group.lanes - 1) / group.lanes * group.lanes);
}

// Into how many parts a group is split between threads.
std::int64_t parts_of(const Group& group)
{
    constexpr std::int64_t worth = 1 << 17;  // elements times ops: some 10 microseconds
    if (group.in_order || (group.reductions > 0 && kernels::sum_chunk % group.block != 0)) return 1;
    const std::int64_t work = group.elements * std::int64_t{group.instructions};
    const int threads = work < 2 * worth ? 1 : kernels::num_threads();
    return threads == 1 ? 1
                        : std::min({work / worth, group.elements / group.block, 4 * std::int64_t{threads}});
}
}  // namespace

void Workspace::Memory::expand_once(const Group& group, void* const* at)
{
    for (std::uint32_t e = 0; e < group.expansions; ++e) {
        const Expansion& expansion = plan.expansions[group.first_expansion + e];
        if (expansion.kind == Expansion::single)
            kernels::repeat_element(at[expansion.from], at[expansion.to], expansion.bytes, group.block);
        else if (expansion.kind == Expansion::periodic && expansion.from != expansion.to)
            kernels::repeat_elements(at[expansion.from], expansion.period, at[expansion.to], expansion.bytes,
                                     expansion.period + group.block + group.lanes);
    }
}

void Workspace::Memory::run_rows(const detail::RowInstruction& rows, void* const* at, std::int64_t count,
                                 std::int64_t length, bool last) const
{
    constexpr std::size_t most = 8;
    void* operands[2 * most];
    const std::uint32_t* const which = plan.row_operands.data() + rows.first_operand;
    for (std::uint32_t k = 0; k < rows.outputs + rows.inputs; ++k) operands[k] = at[which[k]];
    const Node& node = plan.graph[rows.node];
    node.op->rows.run({node,
                       {operands, rows.outputs},
                       {operands + rows.outputs, rows.inputs},
                       count,
                       length,
                       rows.state_bytes > 0 ? static_cast<std::byte*>(at[rows.state]) : nullptr,
                       last});
}

void Workspace::Memory::run_group(const Step& step)
{
    const Group& group = plan.groups[step.index];
    const Instruction* const first = plan.instructions.data() + group.first_instruction;
    const Instruction* const last = first + group.instructions;
    const GroupReduction* const reductions = plan.reductions.data() + group.first_reduction;
    void* const* const fixed = pointers.data() + step.first_pointer;
    if (group.expansions > 0) expand_once(group, fixed);
    for (std::uint32_t r = 0; r < group.row_instructions; ++r)
        if (const detail::RowInstruction& rows = plan.row_instructions[group.first_row_instruction + r];
            rows.state_bytes > 0)
            std::memset(fixed[rows.state], 0, rows.state_bytes);
    if (!group.moves) {
        const std::size_t n = whole(group.elements, group);
        for (const Instruction* i = first; i != last; ++i)
            if (i->run != nullptr)
                i->run(fixed[i->out], fixed[i->in[0]], fixed[i->in[1]], fixed[i->in[2]], i->attributes, n);
            else
                run_rows(plan.row_instructions[i->in[0]], fixed, group.elements / group.length, group.length,
                         true);
        for (std::uint32_t r = 0; r < group.reductions; ++r)
            reductions[r].add(sums[r], fixed[reductions[r].in], group.elements);
    } else if (const std::int64_t parts = parts_of(group); parts <= 1) {
        run_blocks(step, 0, group.elements, threads[0], sums.data());
    } else if (group.reductions > 0) {
        run_chunks(step, parts);
    } else {
        const int count = kernels::num_threads();
        while (static_cast<int>(threads.size()) < count) threads.push_back(new_thread());
        const std::int64_t blocks = (group.elements + group.block - 1) / group.block;
        kernels::for_parts(parts, count, [&](std::int64_t part, int thread) {
            run_blocks(step, blocks * part / parts * group.block,
                       std::min(blocks * (part + 1) / parts * group.block, group.elements),
                       threads[static_cast<std::size_t>(thread)], nullptr);
        });
    }
    for (std::uint32_t r = 0; r < group.reductions; ++r)
        reductions[r].finish(sums[r], fixed[reductions[r].out], reductions[r].divisor);
}

// A group with totals: each chunk has sums of its own, which are merged in their order, so that the bits do not depend on
// the number of threads.
void Workspace::Memory::run_chunks(const Step& step, std::int64_t parts)
{
    const Group& group = plan.groups[step.index];
    const GroupReduction* const reductions = plan.reductions.data() + group.first_reduction;
    const std::int64_t chunks = group.elements / kernels::sum_chunk;
    chunk_sums.assign(static_cast<std::size_t>(chunks) * group.reductions, {});
    const int count = kernels::num_threads();
    while (static_cast<int>(threads.size()) < count) threads.push_back(new_thread());
    kernels::for_parts(parts, count, [&](std::int64_t part, int thread) {
        for (std::int64_t c = chunks * part / parts; c < chunks * (part + 1) / parts; ++c)
            run_blocks(step, c * kernels::sum_chunk, (c + 1) * kernels::sum_chunk,
                       threads[static_cast<std::size_t>(thread)],
                       chunk_sums.data() + static_cast<std::size_t>(c) * group.reductions);
    });
    for (std::int64_t c = 0; c < chunks; ++c)
        for (std::uint32_t r = 0; r < group.reductions; ++r)
            reductions[r].merge(sums[r], chunk_sums[static_cast<std::size_t>(c) * group.reductions + r]);
    run_blocks(step, chunks * kernels::sum_chunk, group.elements, threads[0], sums.data());
}

void Workspace::Memory::run_blocks(const Step& step, std::int64_t begin, std::int64_t end, Thread& thread,
                                   kernels::RunningSum* to)
{
    const Group& group = plan.groups[step.index];
    const Instruction* const first = plan.instructions.data() + group.first_instruction;
    const Instruction* const last = first + group.instructions;
    const GroupReduction* const reductions = plan.reductions.data() + group.first_reduction;
    const detail::Pointer* const how = plan.pointers.data() + step.first_pointer;
    void* const* const fixed = pointers.data() + step.first_pointer;
    void** const at = thread.pointers.data();
    for (std::uint32_t p = 0; p < step.pointers; ++p)
        at[p] = how[p].own ? thread.scratch.data() + how[p].at.offset
                           : static_cast<std::byte*>(fixed[p]) +
                                 std::size_t{how[p].step} * static_cast<std::size_t>(begin / group.block);
    for (std::int64_t start = begin; start < end; start += group.block) {
        const std::int64_t n = std::min<std::int64_t>(group.block, end - start);
        for (std::uint32_t e = 0; e < group.expansions; ++e) {
            const Expansion& x = plan.expansions[group.first_expansion + e];
            if (x.kind == Expansion::periodic)
                at[x.to] = static_cast<std::byte*>(fixed[x.to]) + (start % x.period) * x.bytes;
            else if (x.kind == Expansion::general)
                kernels::repeat_block(at[x.from], plan.graph.list(x.shape), plan.graph.list(group.shape),
                                      start, n, at[x.to], x.bytes);
        }
        const std::size_t count = whole(n, group);
        for (const Instruction* i = first; i != last; ++i)
            if (i->run != nullptr)
                i->run(at[i->out], at[i->in[0]], at[i->in[1]], at[i->in[2]], i->attributes, count);
            else
                run_rows(plan.row_instructions[i->in[0]], at, n / group.length, group.length,
                         start + n == group.elements);
        for (std::uint32_t r = 0; r < group.reductions; ++r)
            reductions[r].add(to[r], at[reductions[r].in], n);
        for (std::uint32_t p = 0; p < step.pointers; ++p)
            at[p] = static_cast<std::byte*>(at[p]) + how[p].step;
    }
}

}  // namespace xgrad
