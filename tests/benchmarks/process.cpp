// fork, exec and pipes.
#include "process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& what)
{
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

// Starts a program; in < 0 or out < 0: as ours.
int start(const std::vector<std::string>& command, const Environment& environment, int in, int out)
{
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int pid = fork();
    if (pid < 0) fail("fork");
    if (pid > 0) return pid;
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    if (in >= 0) dup2(in, 0);
    if (out >= 0) dup2(out, 1);
    execvp(arguments[0], arguments.data());
    std::perror(arguments[0]);
    _exit(127);
}

struct Pipe {
    int end[2];
    Pipe()
    {
        if (pipe2(end, O_CLOEXEC) != 0) fail("pipe");
    }
};

}  // namespace

Process::Process(const std::string& program, const Environment& environment) : program_(program)
{
    std::signal(SIGPIPE, SIG_IGN);
    const Pipe in, out;
    pid_ = start({program}, environment, in.end[0], out.end[1]);
    close(in.end[0]);
    close(out.end[1]);
    to_ = fdopen(in.end[1], "w");
    from_ = fdopen(out.end[0], "r");
}

Process::~Process()
{
    std::fclose(to_);
    std::fclose(from_);
    waitpid(pid_, nullptr, 0);
}

std::string Process::ask(const std::string& line)
{
    std::fprintf(to_, "%s\n", line.c_str());
    std::fflush(to_);
    const std::string answer = read_line();
    if (answer.rfind("error ", 0) == 0) throw std::runtime_error(program_ + ": " + answer.substr(6));
    return answer;
}

std::string Process::read_line()
{
    std::string line;
    for (int c; (c = std::fgetc(from_)) != '\n'; line += static_cast<char>(c))
        if (c == EOF) throw std::runtime_error(program_ + " has ended");
    return line;
}

std::vector<float> Process::read_floats(std::size_t count)
{
    std::vector<float> values(count);
    if (std::fread(values.data(), sizeof(float), count, from_) != count)
        throw std::runtime_error(program_ + " has ended");
    return values;
}

Run run(const std::vector<std::string>& command, const Environment& environment)
{
    const Pipe out;
    const auto started = std::chrono::steady_clock::now();
    const int pid = start(command, environment, -1, out.end[1]);
    close(out.end[1]);
    Run result;
    char block[4096];
    for (ssize_t n; (n = read(out.end[0], block, sizeof block)) > 0;) result.output.append(block, block + n);
    close(out.end[0]);
    if (waitpid(pid, &result.status, 0) != pid) fail("waitpid");
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return result;
}

namespace {

cpu_set_t affinity()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) fail("sched_getaffinity");
    return set;
}
const cpu_set_t at_start = affinity();
cpu_set_t before_unpinning;

}  // namespace

int unpinned_cores() { return CPU_COUNT(&at_start); }

Unpinned::Unpinned()
{
    before_unpinning = affinity();
    sched_setaffinity(0, sizeof at_start, &at_start);
}
Unpinned::~Unpinned() { sched_setaffinity(0, sizeof before_unpinning, &before_unpinning); }

void pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(core), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fail("core " + std::to_string(core));
}

std::string program(const std::string& side)
{
    const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return (folder / ("bench-" + side)).string();
}

bool there(const std::string& side) { return std::filesystem::exists(program(side)); }

}  // namespace bench
