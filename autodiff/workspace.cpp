// Running a plan: pointers are resolved once, then steps follow each other.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <utility>

#include "autodiff/elementwise_call.hpp"
#include "autodiff/kernels/fused.hpp"
#include "autodiff/kernels/threads.hpp"
#include "autodiff/plan.hpp"

namespace xgrad {

using detail::Expansion, detail::Group, detail::GroupReduction, detail::Instruction, detail::Location,
    detail::Plan, detail::Step;

struct Workspace::Memory {
    Memory(const Plan& plan, std::optional<Generator> generator);

    void check(std::span<const Array* const> inputs) const;
    void bind(std::span<const Array* const> inputs);
    void draw();
    void run_step(const Step& step);
    void run_group(const Step& step);
    void expand_once(const Group& group, void* const* at);
    struct Copies;
    // What a thread needs to run blocks of a group; the first one's scratch is that of the plan's pointers.
    struct Thread {
        Buffer scratch;
        std::vector<void*> pointers;  // those of the group that runs
    };
    void run_rows(const detail::RowInstruction& rows, void* const* at, std::int64_t count,
                  std::int64_t length, bool last) const;
    void run_chunks(const Step& step, std::int64_t parts);
    void run_blocks(const Step& step, std::int64_t begin, std::int64_t end, Thread& thread,
                    kernels::RunningSum* to);
    Thread new_thread() const { return {Buffer(plan.scratch_bytes), std::vector<void*>(most_pointers)}; }

    const Plan& plan;
    std::optional<Generator> generator;
    Buffer memory;
    std::vector<void*> pointers;    // of all steps
    std::size_t most_pointers = 0;  // of a group
    std::vector<Thread> threads;
    std::vector<const Array*> given;
    std::vector<const void*> inputs;  // to which the pointers lead now
    std::vector<void*> parameters;
    std::vector<Array> outputs;
    std::vector<Node> random;               // nodes that draw, with the streams of this run
    std::vector<kernels::RunningSum> sums;  // begun anew
    std::vector<kernels::RunningSum> chunk_sums;
    // Pointers into inputs, outputs and parameters, which may have to be set again.
    struct Bound {
        std::uint32_t pointer, index;
    };
    std::vector<Bound> to_inputs, to_outputs, to_parameters;

    void set(const std::vector<Bound>& bound, std::uint32_t index, void* to)
    {
        auto at = std::ranges::lower_bound(bound, index, {}, &Bound::index);
        for (; at != bound.end() && at->index == index; ++at) pointers[at->pointer] = to;
    }
};

namespace {
Array output_like(const Graph& graph, ValueId id)
{
    const Dims dims = graph.shape(id);
    return Array(graph.dtype(id), Shape(dims.begin(), dims.end()));
}

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

Workspace::Memory::Memory(const Plan& p, std::optional<Generator> from)
    : plan(p),
      generator(std::move(from)),
      memory(plan.memory_bytes),
      pointers(plan.pointers.size()),
      inputs(plan.inputs.size(), nullptr),
      parameters(plan.parameters.size(), nullptr)
{
    for (const ValueId id : plan.graph.outputs()) outputs.push_back(output_like(plan.graph, id));
    for (const ValueId id : plan.random) random.push_back(plan.graph[id]);
    std::size_t sums_needed = 0;
    for (const Step& step : plan.steps)
        if (step.kind == Step::group) most_pointers = std::max<std::size_t>(most_pointers, step.pointers);
    threads.push_back(new_thread());
    for (const Group& group : plan.groups) sums_needed = std::max<std::size_t>(sums_needed, group.reductions);
    sums.resize(sums_needed);
    for (std::uint32_t i = 0; i < pointers.size(); ++i) {
        const Location& at = plan.pointers[i].at;
        switch (at.kind) {
        case Location::none: break;
        case Location::memory: pointers[i] = memory.data() + at.offset; break;
        case Location::scratch: pointers[i] = threads[0].scratch.data() + at.offset; break;
        case Location::constant: pointers[i] = const_cast<void*>(plan.constants[at.index].data()); break;
        case Location::input: to_inputs.push_back({i, at.index}); break;
        case Location::output: to_outputs.push_back({i, at.index}); break;
        case Location::parameter: to_parameters.push_back({i, at.index}); break;
        }
    }
    for (auto* bound : {&to_inputs, &to_outputs, &to_parameters})
        std::ranges::stable_sort(*bound, {}, &Bound::index);
    for (std::uint32_t k = 0; k < outputs.size(); ++k) set(to_outputs, k, outputs[k].mutable_data());
}

void Workspace::Memory::check(std::span<const Array* const> given) const
{
    if (given.size() != plan.inputs.size())
        throw ShapeError("program: it has " + std::to_string(plan.inputs.size()) + " inputs, " +
                         std::to_string(given.size()) + " were given");
    for (std::size_t k = 0; k < given.size(); ++k) {
        const ValueId id = plan.inputs[k];
        const auto which = [&] {
            const std::string_view name = plan.graph.name(id);
            return "program: input " + std::to_string(k) +
                   (name.empty() ? "" : " '" + std::string(name) + "'");
        };
        if (given[k]->dtype() != plan.graph.dtype(id))
            throw DtypeError(which() + " is " + std::string(name_of(given[k]->dtype())) +
                             ", it was planned for " + std::string(name_of(plan.graph.dtype(id))));
        if (!std::ranges::equal(given[k]->shape(), plan.graph.shape(id)))
            throw ShapeError(which() + " has shape " + to_string(given[k]->shape()) +
                             ", it was planned for " + to_string(plan.graph.shape(id)));
    }
}

void Workspace::Memory::bind(std::span<const Array* const> given)
{
    for (std::uint32_t k = 0; k < given.size(); ++k)
        if (inputs[k] != given[k]->data()) {
            inputs[k] = given[k]->data();
            set(to_inputs, k, const_cast<void*>(inputs[k]));
        }
    for (std::uint32_t k = 0; k < parameters.size(); ++k)
        if (void* const data = plan.parameters[k].mutable_data(); parameters[k] != data) {
            parameters[k] = data;
            set(to_parameters, k, data);
        }
    // An output that somebody has kept stays as it is.
    for (std::uint32_t k = 0; k < outputs.size(); ++k)
        if (detail::header_of(outputs[k].buffer().data())->references.load(std::memory_order_acquire) > 1) {
            outputs[k] = output_like(plan.graph, plan.graph.outputs()[k]);
            set(to_outputs, k, outputs[k].mutable_data());
        }
}

void Workspace::Memory::draw()
{
    for (Node& node : random) {
        const auto [seed, stream] = detail::next_stream(generator);
        node.a = std::bit_cast<double>(seed);
        node.b = std::bit_cast<double>(stream);
    }
}

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

void Workspace::Memory::run_step(const Step& step)
{
    void* const* const at = pointers.data() + step.first_pointer;
    switch (step.kind) {
    case Step::group: return run_group(step);
    case Step::copy: std::memcpy(at[0], at[1], step.bytes); return;
    case Step::elementwise: return detail::run_elementwise(plan.graph, step.node, at[0], at + 1);
    case Step::kernel: break;
    }
    const Node& node = plan.graph[step.node];
    const auto outputs_count = static_cast<std::size_t>(step.pointers - node.arity);
    KernelCall call{plan.graph, step.node, {at, outputs_count}, {at + outputs_count, node.arity}};
    if (node.op->traits.stochastic) {
        const auto place = std::ranges::lower_bound(plan.random, step.node) - plan.random.begin();
        call.own = &random[static_cast<std::size_t>(place)];
    }
    node.op->kernel(call);
}

Workspace::Workspace(Program program, std::optional<Generator> generator)
    : program_(std::move(program)), memory_(std::make_unique<Memory>(program_.plan(), std::move(generator)))
{}
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

std::span<const Array> Workspace::run(std::span<const Array> inputs)
{
    memory_->given.clear();
    for (const Array& array : inputs) memory_->given.push_back(&array);
    return run(memory_->given);
}

std::span<const Array> Workspace::run(std::span<const Array* const> inputs)
{
    Memory& memory = *memory_;
    const Plan& plan = memory.plan;
    memory.check(inputs);
    memory.bind(inputs);
    memory.draw();
    for (const Step& step : plan.steps) memory.run_step(step);
    for (const std::uint32_t k : plan.written) plan.parameters[k].wrote();
    return memory.outputs;
}

// Leads the pointers to parameters that are written to copies, for as long as it lives.
struct Workspace::Memory::Copies {
    explicit Copies(Memory& of) : memory(of)
    {
        for (const std::uint32_t k : memory.plan.written) arrays.push_back(memory.plan.parameters[k].array());
        for (std::size_t i = 0; i < arrays.size(); ++i)
            memory.set(memory.to_parameters, memory.plan.written[i], arrays[i].mutable_data());
    }
    ~Copies()
    {
        for (const std::uint32_t k : memory.plan.written)
            memory.parameters[k] = nullptr;  // bound by the next run
    }
    Copies(const Copies&) = delete;
    Copies& operator=(const Copies&) = delete;
    void renew()
    {
        for (std::size_t i = 0; i < arrays.size(); ++i) {
            const Array& from = memory.plan.parameters[memory.plan.written[i]].storage();
            std::memcpy(arrays[i].mutable_data(), from.data(),
                        static_cast<std::size_t>(from.size()) * size_of(from.dtype()));
        }
    }
    Memory& memory;
    std::vector<Array> arrays;
};

Profile Workspace::profile(std::span<const Array> inputs, int runs)
{
    memory_->given.clear();
    for (const Array& array : inputs) memory_->given.push_back(&array);
    return profile(memory_->given, runs);
}

Profile Workspace::profile(std::span<const Array* const> inputs, int runs)
{
    using Clock = std::chrono::steady_clock;
    if (runs < 1) throw ValueError("profile: " + std::to_string(runs) + " runs, expected at least one");
    Memory& memory = *memory_;
    const Plan& plan = memory.plan;
    memory.check(inputs);
    memory.bind(inputs);
    Memory::Copies copies(memory);
    std::uint64_t stream = 0;
    for (Node& node : memory.random) {  // run() sets these anew
        node.a = std::bit_cast<double>(std::uint64_t{0});
        node.b = std::bit_cast<double>(stream++);
    }
    const auto since = [](Clock::time_point start) {
        return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    };
    double clock = since(Clock::now());
    for (int k = 0; k < 100; ++k) clock = std::min(clock, since(Clock::now()));

    Profile profile = detail::describe(plan);
    profile.runs = runs;
    profile.threads = kernels::num_threads();
    std::vector<std::vector<double>> times(plan.steps.size());
    for (int run = -1; run < runs; ++run) {
        copies.renew();
        for (std::size_t i = 0; i < plan.steps.size(); ++i) {
            const Clock::time_point start = Clock::now();
            memory.run_step(plan.steps[i]);
            const double took = std::max(since(start) - clock, 0.0);
            if (run >= 0) times[i].push_back(took);
        }
    }
    for (std::size_t i = 0; i < times.size(); ++i) {
        std::ranges::sort(times[i]);
        profile.steps[i].fastest = times[i].front();
        profile.steps[i].median = (times[i][(times[i].size() - 1) / 2] + times[i][times[i].size() / 2]) / 2;
    }
    return profile;
}

}  // namespace xgrad
