// What compiling costs: baseline.cpp and user.cpp in turn, medians of user time and of the compiler's memory.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace compile_time {

/// User time of the compiler and its parts, and the largest of them.
struct Cost {
    double seconds = 0, megabytes = 0;
};

/// Medians, and the median of the paired ratios of time.
struct Measured {
    Cost baseline, user;
    double ratio = 0;
};

inline Cost run(const std::vector<std::string>& command)
{
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    int status = 0;
    rusage usage{};
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
        throw std::runtime_error("failed: " + command[0] + " " + command.back());
    return {static_cast<double>(usage.ru_utime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec),
            static_cast<double>(usage.ru_maxrss) * 1024 / 1e6};
}

inline bool available(const std::string& compiler)
{
    return std::system((compiler + " --version > /dev/null 2>&1").c_str()) == 0;
}

inline double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

inline Cost medians(const std::vector<Cost>& costs)
{
    std::vector<double> seconds, megabytes;
    for (const Cost& cost : costs) {
        seconds.push_back(cost.seconds);
        megabytes.push_back(cost.megabytes);
    }
    return {median(seconds), median(megabytes)};
}

/// Compiles both files `times` times, alternating. @throws std::runtime_error if one does not compile.
inline Measured measure(const std::string& compiler, int times)
{
    const std::string root = XGRAD_SOURCE_DIR, folder = root + "/tests/compile_time/";
    const auto compile = [&](const std::string& file) {
        return run({compiler, "-std=c++20", "-O2", "-I" + root + "/include", "-c", "-o", "/dev/null",
                    folder + file});
    };
    compile("baseline.cpp");  // both files' headers are in the page cache from now on
    compile("user.cpp");
    std::vector<Cost> baseline, user;
    std::vector<double> ratios;
    for (int i = 0; i < times; ++i) {
        baseline.push_back(compile("baseline.cpp"));
        user.push_back(compile("user.cpp"));
        ratios.push_back(user.back().seconds / baseline.back().seconds);
    }
    return {medians(baseline), medians(user), median(ratios)};
}

}  // namespace compile_time
