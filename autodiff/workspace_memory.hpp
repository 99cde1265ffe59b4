// What a workspace holds while it runs a plan. Internal.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <span>
#include <vector>

#include "autodiff/kernels/fused.hpp"
#include "autodiff/plan.hpp"

namespace xgrad {

struct Workspace::Memory {
    Memory(const detail::Plan& plan, std::optional<Generator> generator);

    void check(std::span<const Array* const> inputs) const;
    void bind(std::span<const Array* const> inputs);
    void draw();
    std::span<const Array> run(std::span<const Array* const> inputs);
    void run_step(const detail::Step& step);
    void run_group(const detail::Step& step);
    void expand_once(const detail::Group& group, void* const* at);
    struct Copies;
    class Turn;
    // What a thread needs to run blocks of a group; the first one's scratch is that of the plan's pointers.
    struct Thread {
        Buffer scratch;
        std::vector<void*> pointers;  // those of the group that runs
    };
    void run_rows(const detail::RowInstruction& rows, void* const* at, std::int64_t count,
                  std::int64_t length, bool last) const;
    void run_chunks(const detail::Step& step, std::int64_t parts);
    void run_blocks(const detail::Step& step, std::int64_t begin, std::int64_t end, Thread& thread,
                    kernels::RunningSum* to);
    Thread new_thread() const { return {Buffer(plan.scratch_bytes), std::vector<void*>(most_pointers)}; }

    const detail::Plan& plan;
    std::optional<Generator> generator;
    Buffer memory;
    std::vector<void*> pointers;    // of all steps
    std::size_t most_pointers = 0;  // of a group
    std::vector<Thread> threads;
    std::vector<const Array*> given;
    std::atomic<bool> running = false;
    std::vector<const void*> inputs;  // to which the pointers lead now
    std::vector<void*> parameters;
    std::vector<Array> outputs;
    std::vector<Node> random;               // nodes that draw, with the streams of this run
    std::vector<std::uint32_t> draws_as;    // for each of them the first one that draws the same
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

// A workspace runs once at a time: two threads in its memory would write over each other.
class Workspace::Memory::Turn {
  public:
    explicit Turn(Memory& memory) : memory_(memory)
    {
        if (memory_.running.exchange(true, std::memory_order_acquire))
            throw ValueError(
                "workspace: it is running in another thread; make a Workspace for each of them "
                "(they may share the Program)");
    }
    ~Turn() { memory_.running.store(false, std::memory_order_release); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    Memory& memory_;
};

}  // namespace xgrad
