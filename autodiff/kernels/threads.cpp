// The pool. A loop is published under a number; threads take its parts one by one, so that one that comes late or is held
// up takes fewer, and the caller never waits for a thread that has not begun.
#include "autodiff/kernels/threads.hpp"

#include <cblas.h>

#include <atomic>
#include <thread>
#include <vector>

namespace xgrad::kernels {
namespace {

void pause()
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

class Pool {
  public:
    ~Pool() { stop(); }

    void run(int threads, std::int64_t parts, void (*work)(void*, std::int64_t, int), void* context)
    {
        if (threads <= 1 || parts <= 1 || busy_.exchange(true, std::memory_order_acquire)) {
            for (std::int64_t part = 0; part < parts; ++part) work(context, part, 0);
            return;
        }
        if (static_cast<int>(workers_.size()) != threads - 1) resize(threads - 1);
        // Nobody works now: a late thread sees either the old number, of which no part is left, or all of the new loop.
        const std::uint32_t number = number_.load(std::memory_order_relaxed) + 1;
        work_.store(work, std::memory_order_relaxed);
        context_.store(context, std::memory_order_relaxed);
        parts_.store(static_cast<std::uint32_t>(parts), std::memory_order_relaxed);
        done_.store(0, std::memory_order_relaxed);
        next_.store(std::uint64_t{number} << 32, std::memory_order_release);
        number_.store(number, std::memory_order_seq_cst);
        if (asleep_.load(std::memory_order_seq_cst) > 0) number_.notify_all();
        take_parts(number, 0);
        for (int i = 0; done_.load(std::memory_order_acquire) < parts; ++i)
            if (i < 4000)
                pause();
            else
                std::this_thread::yield();
        busy_.store(false, std::memory_order_release);
    }

    // Waits until no loop runs, and ends the threads: the next loop makes as many as it wants.
    void stop()
    {
        while (busy_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
        resize(0);
        busy_.store(false, std::memory_order_release);
    }

  private:
    void resize(int count)
    {
        ending_.store(true, std::memory_order_relaxed);
        number_.fetch_add(1, std::memory_order_seq_cst);
        number_.notify_all();
        for (std::thread& worker : workers_) worker.join();
        workers_.clear();
        ending_.store(false, std::memory_order_relaxed);
        for (int i = 0; i < count; ++i)
            workers_.emplace_back(
                [this, i, seen = number_.load(std::memory_order_relaxed)] { serve(seen, i + 1); });
    }

    void take_parts(std::uint32_t number, int thread)
    {
        std::uint64_t next = next_.load(std::memory_order_acquire);
        for (;;) {
            const auto work = work_.load(std::memory_order_relaxed);
            void* const context = context_.load(std::memory_order_relaxed);
            const std::uint32_t parts = parts_.load(std::memory_order_relaxed);
            if (next >> 32 != number || static_cast<std::uint32_t>(next) >= parts) return;
            // What was read belongs to this loop if it still has a part to give.
            if (!next_.compare_exchange_weak(next, next + 1, std::memory_order_acq_rel)) continue;
            work(context, static_cast<std::uint32_t>(next), thread);
            done_.fetch_add(1, std::memory_order_release);
            ++next;
        }
    }

    void serve(std::uint32_t seen, int thread)
    {
        for (;;) {
            // Some 20 microseconds of spinning, then as long again and more giving way to others, then sleep.
            for (int i = 0; number_.load(std::memory_order_acquire) == seen; ++i) {
                if (i < 1000) {
                    pause();
                } else if (i < 1200) {
                    std::this_thread::yield();
                } else {
                    asleep_.fetch_add(1, std::memory_order_seq_cst);
                    number_.wait(seen, std::memory_order_seq_cst);
                    asleep_.fetch_sub(1, std::memory_order_seq_cst);
                }
            }
            seen = number_.load(std::memory_order_acquire);
            if (ending_.load(std::memory_order_relaxed)) return;
            take_parts(seen, thread);
        }
    }

    std::atomic<bool> busy_{false}, ending_{false};
    std::atomic<std::uint32_t> number_{0};  // of the newest loop
    std::atomic<int> asleep_{0};
    alignas(64) std::atomic<std::uint64_t> next_{0};  // number of the loop, and its next part
    std::atomic<void (*)(void*, std::int64_t, int)> work_{nullptr};
    std::atomic<void*> context_{nullptr};
    std::atomic<std::uint32_t> parts_{0};
    alignas(64) std::atomic<std::int64_t> done_{0};
    std::vector<std::thread> workers_;
};

Pool& pool()
{
    static Pool pool;
    return pool;
}

std::atomic<int>& threads()
{
    static std::atomic<int> threads = [] {
        const int count = openblas_get_num_threads();
        openblas_set_num_threads(1);
        return count < 1 ? 1 : count;
    }();
    return threads;
}

}  // namespace

void set_num_threads(int count) { threads().store(count, std::memory_order_relaxed); }

int num_threads() { return threads().load(std::memory_order_relaxed); }

void run_parts(std::int64_t parts, int threads, void (*work)(void*, std::int64_t, int), void* context)
{
    pool().run(threads, parts, work, context);
}

}  // namespace xgrad::kernels
