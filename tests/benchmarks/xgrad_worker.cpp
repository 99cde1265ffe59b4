// xgrad's side as a process. Counts calls of malloc (glibc lets a program put its own in place).
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "curves.hpp"
#include "workloads.hpp"
#include "xgrad/autodiff.hpp"

namespace {
std::uint64_t mallocs = 0;  // benchmarks run on one thread
}

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes)
{
    ++mallocs;
    return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes)
{
    ++mallocs;
    return __libc_calloc(count, bytes);
}
void* realloc(void* block, std::size_t bytes)
{
    ++mallocs;
    return __libc_realloc(block, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes)
{
    ++mallocs;
    return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes)
{
    ++mallocs;
    *block = __libc_memalign(alignment, bytes);
    return *block ? 0 : ENOMEM;
}
}

int main(int count, char** arguments)
{
    if (count == 4 && std::string_view(arguments[1]) == "curve") {  // WORKER curve NAME SIZE
        const bench::CurvePoint point = bench::curve_point(arguments[2], std::atoll(arguments[3]));
        std::printf("%.9g %.9g %.9g %.9g\n", point.eager_us, point.bytes, point.plan_us, point.replay_us);
        return 0;
    }
    bench::Side side;
    side.workloads = bench::workloads();
    side.trivial = [] {
        xgrad::Tape tape;
        const xgrad::Variable x = tape.variable(3.0);
        if (grad(x * x, x).item() != 6) std::abort();
    };
    side.allocations = [] {
        return bench::Allocations{mallocs, xgrad::pool_statistics().system_allocations};
    };
    return bench::serve(side, count, arguments);
}
