// Timing the steps of a plan, on copies of what they write.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>

#include "autodiff/kernels/threads.hpp"
#include "autodiff/workspace_memory.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {

using detail::Plan;

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
    std::vector<const Array*> given;
    for (const Array& array : inputs) given.push_back(&array);
    return profile(given, runs);
}

Profile Workspace::profile(std::span<const Array* const> inputs, int runs)
{
    using Clock = std::chrono::steady_clock;
    const Memory::Turn turn(*memory_);
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
