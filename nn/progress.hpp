// A progress bar for long loops, on the terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace xgrad::nn {

/// Shows how far a loop has come and when it will be done, on stderr: one line that is written over, at most
/// ten times a second, on a terminal; elsewhere (a log file) a single line at the end.
class Progress {
  public:
    /// @throws ValueError if total is negative.
    Progress(std::string title, std::int64_t total);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    /// Ends the line, if finish() has not.
    ~Progress();

    /// One more is done; the note stands behind the bar ("loss 0.12").
    void step(std::string_view note = {});
    void finish();

  private:
    void show(bool last);

    std::string title_, note_;
    std::int64_t total_, done_ = 0;
    bool terminal_, finished_ = false;
    std::size_t shown_ = 0;  // characters on the line
    std::chrono::steady_clock::time_point start_, next_;
};

}  // namespace xgrad::nn
