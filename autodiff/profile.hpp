// Where the time of a run goes: each step of a program with its time, its arithmetic and the memory that it moves.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "xgrad/autodiff/graph.hpp"

namespace xgrad {

/// What Workspace::profile() measured. Printed, it is a table, the slowest step first; draw(profile) is the graph's
/// picture, coloured by time.
struct Profile {
    /// What runs as one: an op's kernel, a group of ops that were fused, or a copy of an output or a parameter.
    struct Step {
        std::vector<ValueId> nodes = {};  ///< the ops of `graph` that it computes; none for a copy
        std::string name = {};            ///< the op, or what a group holds: "tanh, mul x3, +7"
        std::string where = {};  ///< "net.0, backward": the module of its ops; of an update, the parameter
        double fastest = 0, median = 0;  ///< nanoseconds, over the runs
        double flops = 0;                ///< a multiply-add is two
        /// What it reads and writes of arrays in memory, in bytes, each once and as a whole: not what stays within a
        /// group. (An op that reads some rows of a table is charged for all of it.)
        double bytes = 0;

        double gflops() const { return fastest > 0 ? flops / fastest : 0; }  ///< GFLOP/s of the fastest run
        double gigabytes() const { return fastest > 0 ? bytes / fastest : 0; }  ///< GB/s, likewise
    };

    Graph graph;              ///< the program's: Program::graph()
    std::vector<Step> steps;  ///< in the order of a run
    int runs = 0;
    int threads = 1;  ///< what num_threads() was

    /// Sums over the steps. That of the fastest times is a little less than any whole run took.
    double fastest() const;
    double median() const;
    double flops() const;
    double bytes() const;

    /// The table: share of the total, times, arithmetic, memory, and the op with its shape and module. Of more than
    /// `most` steps the fastest ones are one line.
    std::string text(std::size_t most = 40) const;
};
std::ostream& operator<<(std::ostream& out, const Profile& profile);

}  // namespace xgrad
