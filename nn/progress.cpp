// The progress bar.
#include "xgrad/nn/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "xgrad/autodiff/error.hpp"

namespace xgrad::nn {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds interval{100};

std::string duration_text(double seconds)
{
    char text[32];
    if (seconds < 60)
        std::snprintf(text, sizeof text, "%.1f s", seconds);
    else if (seconds < 3600)
        std::snprintf(text, sizeof text, "%d:%02d min", int(seconds) / 60, int(seconds) % 60);
    else
        std::snprintf(text, sizeof text, "%.0f:%02d h", seconds / 3600 - 0.5, int(seconds / 60) % 60);
    return text;
}

}  // namespace

Progress::Progress(std::string title, std::int64_t total)
    : title_(std::move(title)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      next_(start_ + interval)
{
    if (total < 0) throw ValueError("Progress: the total must not be negative, got " + std::to_string(total));
}

Progress::~Progress()
{
    try {
        finish();
    } catch (...) {  // out of memory: there is no bar then
    }
}

void Progress::step(std::string_view note)
{
    ++done_;
    if (!note.empty()) note_ = note;
    if (!terminal_) return;
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + interval;
    show(false);
}

void Progress::finish()
{
    if (finished_) return;
    finished_ = true;
    show(true);
}

void Progress::show(bool last)
{
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const double share = total_ > 0 ? std::min(1.0, double(done_) / double(total_)) : 1;
    std::string line = title_;
    if (terminal_) {
        constexpr int width = 30;
        const int full = int(share * width);
        line +=
            " [" + std::string(std::size_t(full), '#') + std::string(std::size_t(width - full), '-') + "]";
    }
    line += " " + std::to_string(done_) + "/" + std::to_string(total_) + "  ";
    if (last || share == 0)
        line += duration_text(seconds);
    else
        line += "ETA " + duration_text(seconds * (1 - share) / share);
    if (!note_.empty()) line += "  " + note_;
    const std::size_t length = line.size();
    if (terminal_) {
        if (length < shown_) line.append(shown_ - length, ' ');
        line.insert(0, 1, '\r');
    }
    shown_ = length;
    if (last) line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
}

}  // namespace xgrad::nn
