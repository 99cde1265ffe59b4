// One side of the benchmarks as a process that does what the lines on its standard input say, so that the driver can
// alternate between sides. C++17, because libtorch's side includes it too.
//
//   list                         names and modes, one workload a line, then "end"
//   prepare NAME MODE            makes it (its initial values afresh): "ok"
//   run K                        microseconds of one iteration, the mean of K
//   check K                      K iterations; "LOSS COUNT", then COUNT raw floats: loss and gradients of the last one
//   count K                      allocations by malloc and by the pool in K iterations: "MALLOCS BLOCKS"
//   about                        its version
//   (end of input)               ends the process
//
// As a program of its own:
//   WORKER once NAME MODE K      prepares and runs it K times, then prints peak memory and size of loaded libraries
//   WORKER trivial               the smallest program that differentiates something, then prints the same
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// What an iteration computed, for comparing sides: gradients in the order of the parameters, weights as [in, out].
struct Result {
    double loss = 0;
    std::vector<float> gradient;
};

/// One iteration. Fills the result if there is one; only iterations without are timed.
using Step = std::function<void(Result*)>;

/// A workload in one mode. Several steps: pieces that are timed one by one, each hot, and added up.
struct Workload {
    std::string name, mode;
    std::function<std::vector<Step>()> make;
};

/// Allocations so far.
struct Allocations {
    std::uint64_t mallocs = 0, blocks = 0;
};

/// What one side can do.
struct Side {
    std::vector<Workload> workloads;
    std::function<void()> trivial = {};
    std::function<Allocations()> allocations = {};
    std::string about = {};  ///< its version
};

namespace detail {

inline double timed(const Step& step, std::int64_t count)
{
    using Clock = std::chrono::steady_clock;
    for (std::int64_t i = 0; i <= count / 10; ++i)
        step(nullptr);  // the other sides have used the caches meanwhile
    const Clock::time_point start = Clock::now();
    for (std::int64_t i = 0; i < count; ++i) step(nullptr);
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count() /
           static_cast<double>(count);
}

inline const Workload& find(const Side& side, const std::string& name, const std::string& mode)
{
    for (const Workload& workload : side.workloads)
        if (workload.name == name && workload.mode == mode) return workload;
    throw std::runtime_error("there is no workload " + name + " " + mode);
}

/// Peak memory in KiB, and the bytes of the shared libraries that are mapped now.
inline void print_footprint()
{
    long peak = 0;
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0) peak = std::atol(line.c_str() + 6);
    std::set<std::string> libraries;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        const std::size_t path = line.find('/');
        if (path != std::string::npos && line.find(".so", path) != std::string::npos)
            libraries.insert(line.substr(path));
    }
    long long bytes = 0;
    for (const std::string& library : libraries) {
        struct stat file;
        if (stat(library.c_str(), &file) == 0) bytes += file.st_size;
    }
    std::printf("%ld %lld\n", peak, bytes);
}

inline void answer(const Side& side, std::vector<Step>& steps, std::istringstream& line)
{
    std::string command, name, mode;
    std::int64_t count = 0;
    line >> command;
    if (command == "list") {
        for (const Workload& workload : side.workloads)
            std::printf("%s %s\n", workload.name.c_str(), workload.mode.c_str());
        std::printf("end\n");
    } else if (command == "about") {
        std::printf("%s\n", side.about.c_str());
    } else if (command == "prepare" && line >> name >> mode) {
        steps.clear();
        steps = find(side, name, mode).make();
        std::printf("ok\n");
    } else if (command == "run" && line >> count) {
        double microseconds = 0;
        for (const Step& step : steps) microseconds += timed(step, count);
        std::printf("%.9g\n", microseconds);
    } else if (command == "check" && line >> count) {
        Result result;
        for (std::int64_t i = 0; i < count; ++i) steps.at(0)(i + 1 == count ? &result : nullptr);
        std::printf("%.9g %zu\n", result.loss, result.gradient.size());
        std::fwrite(result.gradient.data(), sizeof(float), result.gradient.size(), stdout);
    } else if (command == "count" && line >> count && side.allocations) {
        const Allocations before = side.allocations();
        for (std::int64_t i = 0; i < count; ++i) steps.at(0)(nullptr);
        const Allocations after = side.allocations();
        std::printf("%llu %llu\n", static_cast<unsigned long long>(after.mallocs - before.mallocs),
                    static_cast<unsigned long long>(after.blocks - before.blocks));
    } else {
        throw std::runtime_error("not understood: " + line.str());
    }
    std::fflush(stdout);
}

}  // namespace detail

/// The main() of a side.
inline int serve(const Side& side, int count, char** arguments)
{
    const std::vector<std::string> words(arguments + 1, arguments + count);
    if (words.size() == 4 && words[0] == "once") {
        const std::vector<Step> steps = detail::find(side, words[1], words[2]).make();
        for (int i = std::atoi(words[3].c_str()); i-- > 0;)
            for (const Step& step : steps) step(nullptr);
        detail::print_footprint();
        return 0;
    }
    if (words.size() == 1 && words[0] == "trivial" && side.trivial) {
        side.trivial();
        detail::print_footprint();
        return 0;
    }
    std::vector<Step> steps;
    for (std::string text; std::getline(std::cin, text);) {
        std::istringstream line(text);
        try {
            detail::answer(side, steps, line);
        } catch (const std::exception& error) {
            std::printf("error %s\n", error.what());
            std::fflush(stdout);
        }
    }
    return 0;
}

}  // namespace bench
