// A graph planned once and replayed many times: no allocation, no dispatch, no recording.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xgrad/autodiff/array.hpp"
#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/profile.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

namespace detail {
struct Plan;
}

/// What was planned. Printed, it is a page of these numbers.
struct ProgramReport {
    /// Number of nodes before and after one pass.
    struct Pass {
        std::string name;
        std::size_t before = 0, after = 0;
    };
    std::vector<Pass> passes;

    std::size_t steps = 0;       ///< what a run goes through: groups, kernels, updates, copies
    std::size_t groups = 0;      ///< stretches of elementwise and row-wise ops that run block by block
    std::size_t fused_ops = 0;   ///< ops within them
    std::size_t fused_rows = 0;  ///< of those: row-wise ones (softmax and the like)
    std::size_t fused_sums = 0;  ///< of those: sums and means over everything
    std::size_t kernels = 0;     ///< ops that run by themselves
    std::size_t updates = 0;     ///< optimizer updates, run once nothing can fail
    std::size_t copies = 0;      ///< of outputs and parameters that are made elsewhere
    /// Ops that run together, block by block.
    struct Group {
        std::size_t ops = 0;
        std::string names;  ///< "tanh, mul x3, +7"
        Shape shape;
    };
    std::vector<Group> largest_groups;  ///< up to five, the largest first

    std::size_t planned_bytes = 0;   ///< memory of intermediate values, laid out by liveness
    std::size_t naive_bytes = 0;     ///< the same if each of them had its own
    std::size_t unfused_bytes = 0;   ///< the same if what lives within groups only had memory too
    std::size_t scratch_bytes = 0;   ///< blocks of values that live within a group only; for each thread
    std::size_t constant_bytes = 0;  ///< arrays that the plan holds
    std::size_t parameters_read = 0, parameters_written = 0;
    std::size_t bytes_read = 0, bytes_written = 0;  ///< of those parameters
    double flops = 0;                               ///< floating point operations of a run
    std::string text() const;
};
std::ostream& operator<<(std::ostream& out, const ProgramReport& report);

/// A graph as an immutable plan: dead nodes gone, common ones shared, constants computed, elementwise stretches fused
/// to run block by block in cache, and memory laid out by liveness. Copying shares. Threads may share one, each with
/// a Workspace of its own.
class Program {
  public:
    /// Plans what the graph's outputs and updates need. The graph's parameters are read and written where they are.
    /// @throws GraphError if the graph breaks an invariant.
    explicit Program(const Graph& graph);

    /// The simplified graph that is run.
    const Graph& graph() const;
    std::size_t input_count() const;
    std::size_t output_count() const;
    ProgramReport report() const;

    const detail::Plan& plan() const { return *plan_; }

  private:
    std::shared_ptr<const detail::Plan> plan_;
};

/// The memory for one run of a Program at a time.
class Workspace {
  public:
    /// Random ops draw anew at each run, from this generator (absent: the one that the process shares).
    explicit Workspace(Program program, std::optional<Generator> generator = {});
    Workspace(Workspace&&) noexcept;
    Workspace& operator=(Workspace&&) noexcept;
    ~Workspace();

    /// Runs the program on these inputs (in the order of Graph::input_ids()) and writes what it assigns to
    /// parameters. The outputs stay as they are for whoever copies an Array; the span is valid until the next run.
    /// @throws ShapeError, DtypeError for an input unlike the recorded one, ValueError if it is running in another
    ///         thread, and what the ops throw; parameters are then as they were.
    std::span<const Array> run(std::span<const Array> inputs);
    std::span<const Array> run(std::span<const Array* const> inputs);
    std::span<const Array> run(std::initializer_list<Array> inputs)
    {
        return run(std::span(inputs.begin(), inputs.size()));
    }

    /// Times each step over that many runs, after one that is not counted. Optimizer updates run too, but on copies
    /// of the parameters that the program writes, made anew for each run: the parameters keep their bits and their
    /// counts of writes. Random ops draw, but no generator moves on. The next run() gives what it would have given
    /// without this; of outputs that the last one returned, those that nobody has copied are overwritten. What reading
    /// the clock takes (some 20 ns a step) is taken off.
    /// @throws ValueError for less than one run, and what run() throws.
    Profile profile(std::span<const Array> inputs, int runs = 20);
    Profile profile(std::span<const Array* const> inputs, int runs = 20);
    Profile profile(std::initializer_list<Array> inputs, int runs = 20)
    {
        return profile(std::span(inputs.begin(), inputs.size()), runs);
    }

    const Program& program() const { return program_; }

  private:
    struct Memory;
    Program program_;
    std::unique_ptr<Memory> memory_;
};

}  // namespace xgrad
