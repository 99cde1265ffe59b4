// One process with one thread, one with as many as there are cores, in turns.
#include "threads.hpp"

#include <iostream>
#include <sstream>
#include <string>
#include <thread>

#include "process.hpp"

namespace bench {
namespace {

struct Entry {
    std::string workload;
    double goal;  // of time over the time of one thread
};

// Large steps gain, small ones lose nothing.
const std::vector<Entry> entries = {{"mlp_64x784_512_512_10", 1 / 1.6},
                                    {"mlp_256x784_512_512_10_adam", 1 / 1.6},
                                    {"lenet_mnist_b64", 1},
                                    {"lstm_b32_t50_h128", 1},
                                    {"attention_b8_t128_d256_h4", 1},
                                    {"elementwise_1e6", 1},
                                    {"deep_narrow", 1.02},
                                    {"hvp_mlp", 1.02},
                                    {"logreg_569x30", 1.02},
                                    {"chain_scalar", 1.02}};

double time_of(Process& process, long iterations)
{
    return std::stod(process.ask("run " + std::to_string(iterations)));
}

}  // namespace

void threads_rows(bool quick, std::vector<Row>& rows)
{
    const std::string count = std::to_string(unpinned_cores());
    if (count == "1") return;
    const Unpinned while_measuring;
    Process one(program("xgrad"), {{"OPENBLAS_NUM_THREADS", "1"}});
    Process all(program("xgrad"), {{"OPENBLAS_NUM_THREADS", count}});
    for (const Entry& entry : entries) {
        std::cerr << "threads." << entry.workload << '\n';
        for (Process* process : {&one, &all}) process->ask("prepare " + entry.workload + " replay");
        const double slice = quick ? 6e3 : 2e4;  // microseconds
        const long iterations = std::max(1L, static_cast<long>(slice / time_of(one, 1)));
        for (Process* process : {&one, &all}) time_of(*process, iterations);
        std::vector<double> ratios, times;
        for (int round = 0; round < (quick ? 15 : 31); ++round) {
            const double single = time_of(one, iterations);
            times.push_back(time_of(all, iterations));
            ratios.push_back(times.back() / single);
        }
        const Estimate ratio = estimate(ratios);
        Row row{"threads." + entry.workload, "replay", "x one thread"};
        row.ours = ratio.low;  // goals speak of an interval's lower end
        row.goals = {{Against::fixed, entry.goal}};
        std::ostringstream note;
        note.precision(3);
        note << count << " threads: " << ratio.median << " [" << ratio.low << ", " << ratio.high << "], "
             << estimate(times).median << " us";
        row.note = note.str();
        rows.push_back(row);
    }
}

}  // namespace bench
