// Loops on several cores: a small pool of threads that waits between loops, spinning for a moment, then asleep.
#pragma once

#include <algorithm>
#include <cstdint>

namespace xgrad::kernels {

/// How many threads a loop or a product may use, the caller's included (at least 1). Holds for the whole process. At
/// first as many as OpenBLAS would take: OPENBLAS_NUM_THREADS or OMP_NUM_THREADS, else the processors there are.
/// OpenBLAS itself is set to one thread: products are split here, by threads that do not spin for long.
void set_num_threads(int count);
int num_threads();

/// Calls work(context, part, thread) for each part in [0, parts), on up to `threads` threads that are numbered from 0
/// (the caller) on; returns when all are done. Where another loop runs already (of another thread, or around this one)
/// the caller does all of them by itself. `work` must not throw.
void run_parts(std::int64_t parts, int threads, void (*work)(void* context, std::int64_t part, int thread),
               void* context);
/// The same for work(part, thread).
template <class F>
void for_parts(std::int64_t parts, int threads, F&& work)
{
    run_parts(
        parts, threads,
        [](void* at, std::int64_t part, int thread) { (*static_cast<decltype(&work)>(at))(part, thread); },
        &work);
}

/// work(begin, end) for stretches that cover [0, count), each but the last a multiple of `grain`; small loops and
/// those of one thread are one call. A grain should take some microseconds at least.
template <class F>
void parallel_for(std::int64_t count, std::int64_t grain, F&& work)
{
    const std::int64_t grains = (count + grain - 1) / grain;
    // More parts than threads, so that one that is held up does not hold up all.
    const int threads = num_threads();
    const std::int64_t parts = std::min<std::int64_t>(grains / 2, 4 * std::int64_t{threads});
    if (parts <= 1 || threads == 1) return work(std::int64_t{0}, count);
    for_parts(parts, threads, [&](std::int64_t part, int) {
        work(grains * part / parts * grain, std::min(grains * (part + 1) / parts * grain, count));
    });
}

}  // namespace xgrad::kernels
