// Child processes that answer lines (worker.hpp says which), and programs that run once.
#pragma once

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Environment variables to set in a child.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// A side that runs and answers.
class Process {
  public:
    /// @throws std::runtime_error if it cannot be started.
    Process(const std::string& program, const Environment& environment);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    /// Sends one line and returns the answer's. @throws std::runtime_error if the side says so or is gone.
    std::string ask(const std::string& line);
    /// What follows an answer.
    std::string read_line();
    std::vector<float> read_floats(std::size_t count);

  private:
    int pid_;
    std::FILE *to_, *from_;
    std::string program_;
};

/// How a program that ran once went.
struct Run {
    double seconds = 0;  ///< wall time, start to end
    int status = 0;
    std::string output;
};
Run run(const std::vector<std::string>& command, const Environment& environment = {});

/// Binds this process and what it starts to one core. @throws std::runtime_error
void pin(int core);

/// How many cores this process could use before it was bound to one.
int unpinned_cores();
/// While it lives, this process and what it starts may use them all again.
struct Unpinned {
    Unpinned();
    ~Unpinned();
};

/// The program of a side ("xgrad", "libtorch", "floors"), beside the running one; and whether it was built.
std::string program(const std::string& side);
bool there(const std::string& side);

}  // namespace bench
