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
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

namespace detail {
struct Plan;
}

/// What was planned.
struct ProgramReport {
    /// Number of nodes before and after one pass.
    struct Pass {
        std::string name;
        std::size_t before = 0, after = 0;
    };
    std::vector<Pass> passes;
    std::size_t steps = 0;          ///< what a run goes through: groups, kernels, copies
    std::size_t groups = 0;         ///< stretches of elementwise ops that run block by block
    std::size_t fused_ops = 0;      ///< ops within them
    std::size_t planned_bytes = 0;  ///< memory of intermediate values, laid out by liveness
    std::size_t naive_bytes = 0;    ///< the same if every value had its own
    std::size_t scratch_bytes = 0;  ///< blocks of values that live within a group only
    double flops = 0;               ///< floating point operations of a run
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
    /// @throws ShapeError, DtypeError for an input unlike the recorded one, and what the ops throw; parameters are
    ///         then as they were.
    std::span<const Array> run(std::span<const Array> inputs);
    std::span<const Array> run(std::span<const Array* const> inputs);
    std::span<const Array> run(std::initializer_list<Array> inputs)
    {
        return run(std::span(inputs.begin(), inputs.size()));
    }

    /// Nanoseconds of each step in the fastest of several runs that write no parameter.
    struct StepTime {
        std::vector<ValueId> nodes;  ///< of the program's graph
        std::string name;
        double nanoseconds = 0;
    };
    std::vector<StepTime> profile(std::span<const Array> inputs, int runs = 10);

    const Program& program() const { return program_; }

  private:
    struct Memory;
    Program program_;
    std::unique_ptr<Memory> memory_;
};

}  // namespace xgrad
